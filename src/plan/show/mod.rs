//! A plan for readers: [`json()`] for programs, [`text()`] for people, [`markdown()`] for a review, [`dot()`] for a
//! picture of the order.
//!
//! All show the same plan, and none decides anything.
//!
//! Invariant: what a configuration says can neither act on a terminal nor become markup.

mod dot;
pub mod hosts;
mod json;
mod markdown;
mod text;
mod words;

pub use dot::dot;
pub use json::{json, schema};
pub use markdown::markdown;
pub use text::{Style, text};
