//! Git repositories on this machine, as `builtins.fetchGit` asks for them.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::Files;

/// What is wanted of a repository: a revision, or the work tree as it is where none is named.
#[derive(Debug, Clone, Copy)]
pub struct GitRequest<'a> {
    /// Its top level, absolute.
    pub repository: &'a Path,
    /// A branch, a tag or another name of a revision.
    pub reference: Option<&'a str>,
    /// A commit, by its hash.
    pub revision: Option<&'a str>,
    /// Whether its history may be cut off; it is then not counted.
    pub shallow: bool,
}

/// The tree that was asked for.
pub struct GitTree {
    /// Reads it below `top`.
    pub files: Rc<dyn Files>,
    /// Where it is.
    pub top: PathBuf,
    /// The commit that it is, or that it was before it was changed; none where nothing was committed yet.
    pub commit: Option<String>,
    /// Whether it is that commit no more.
    pub changed: bool,
    /// How many commits led to it.
    pub count: i64,
    /// When it was committed, in seconds.
    pub time: i64,
}

/// Why there is no such tree.
#[derive(Debug)]
pub enum GitError {
    /// Nix alone can tell.
    OnlyNix,
    /// It fails, in Nix's words.
    Failed(String),
}
