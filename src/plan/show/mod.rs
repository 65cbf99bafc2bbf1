//! A plan for readers: [`json()`] for programs, [`text()`] for people.
//!
//! Both show the same plan, and neither decides anything.

mod json;
mod text;

pub use json::json;
pub use text::{Style, text};
