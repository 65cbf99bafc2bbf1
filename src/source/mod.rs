//! Source texts and positions in them.
//!
//! Given a path, it supplies the text, [`Pos`] and [`Span`], and from those the file, line and column that people
//! read.
//!
//! All texts lie end to end in one address space, so that a position is a single `u32` that fits into every value and
//! attribute; lines and columns are computed only for printing.
//!
//! Invariants:
//! - Once added, a text never moves or changes.
//! - This layer opens no files itself: it reads only through [`Files`].

mod files;
mod map;
mod mounted;
mod moved;
mod revision;
mod tracked;

pub use files::{FileKind, Files, GitError, GitRequest, GitTree, MemoryFiles};
pub use map::{Location, Pos, SourceFile, SourceMap, Span};
pub use mounted::MountedFiles;
pub use moved::MovedFiles;
pub use revision::RevisionError;
pub use tracked::Tracked;
