//! Revisions of git repositories.

use std::path::PathBuf;

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
