//! Renders a plan: [`json()`] for programs, [`text()`] for people, [`markdown()`] for a review, and [`dot()`] for a picture of
//! the order.
//!
//! All formats show the same plan, and none decides anything.
//!
//! Invariant: text from a configuration can neither control a terminal nor become markup.

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
