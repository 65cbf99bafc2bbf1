//! Requests for git repositories on this machine, as `builtins.fetchGit` makes them.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::Files;

/// A tree to read from a repository: a revision, or the work tree if the request names none.
#[derive(Debug, Clone, Copy)]
pub struct GitRequest<'a> {
    /// The absolute path of the repository's top directory.
    pub repository: &'a Path,
    /// A branch, a tag or another name of a commit.
    pub reference: Option<&'a str>,
    /// A commit, by its hash.
    pub revision: Option<&'a str>,
    /// Whether a shallow clone will do; its commits are then not counted.
    pub shallow: bool,
}

/// The requested tree.
pub struct GitTree {
    /// Reads the tree below `top`.
    pub files: Rc<dyn Files>,
    /// The directory that holds the tree.
    pub top: PathBuf,
    /// The commit that the tree is, or started from if it has changes; `None` before the first commit.
    pub commit: Option<String>,
    /// Whether the tree differs from that commit.
    pub changed: bool,
    /// How many commits its history has.
    pub count: i64,
    /// The commit's time, in seconds since the epoch.
    pub time: i64,
}

/// Why a tree is unavailable.
#[derive(Debug)]
pub enum GitError {
    /// Only Nix can tell.
    OnlyNix,
    /// The request fails, with Nix's message.
    Failed(String),
}
