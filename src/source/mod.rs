//! Source texts and positions in them.
//!
//! Takes: paths. Gives: texts, [`Pos`] and [`Span`], and from those the file, line and column that people read.
//!
//! All texts are laid end to end in one address space of bytes, so that a position is a single `u32` that fits into
//! every value and attribute; lines and columns are computed only when something is printed.
//!
//! Invariants:
//! - A text, once added, never moves and never changes.
//! - The world is read only through [`Files`]; this layer opens nothing itself.

mod files;
mod git;
mod map;
mod mounted;
mod moved;
mod tracked;

pub use files::{FileKind, Files, MemoryFiles};
pub use git::{GitError, GitRequest, GitTree};
pub use map::{Location, Pos, SourceFile, SourceMap, Span};
pub use mounted::MountedFiles;
pub use moved::MovedFiles;
pub use tracked::Tracked;
