//! x
pub mod declarations;
pub mod types;
