//! Requests for git repositories on this machine, as `builtins.fetchGit` and `plan --from REVISION` make them.

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

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// The configuration is not in a repository.
    #[error("{} is not in a git repository", path.display())]
    NoRepository {
        /// The path of the configuration.
        path: PathBuf,
    },
    /// The repository has no such revision.
    #[error("`{name}` is not a revision of the git repository {}", top.display())]
    Unknown {
        /// The name of the revision.
        name: String,
        /// The repository's top level.
        top: PathBuf,
        /// Whether the clone is shallow.
        shallow: bool,
        /// The branches that the repository has.
        branches: Vec<String>,
    },
    /// The repository exists, but cannot be read.
    #[error("cannot read the git repository {}", top.display())]
    Git {
        /// The repository's top level.
        top: PathBuf,
        /// Whether that is because it belongs to another user.
        is_of_another_user: bool,
        /// The error of libgit2.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
