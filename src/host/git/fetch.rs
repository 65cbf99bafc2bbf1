//! Reads trees of local repositories for `builtins.fetchGit`, without changing them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use git2::{
    Commit, ErrorCode, Object, Oid, Reference, Repository, Status, StatusOptions, TreeWalkMode, TreeWalkResult,
};

use super::{NodeKind, RevisionFiles, node_kind};
use crate::source::{Files, GitError, GitRequest, GitTree, MovedFiles};

/// The files that decide what belongs in an archive of the tree.
const ATTRIBUTES: &str = ".gitattributes";

impl From<git2::Error> for GitError {
    fn from(_: git2::Error) -> Self {
        Self::OnlyNix
    }
}

/// Reads the tree that `request` asks for. Symlinks that lead out of it, and changed files, are read through `real`.
pub(in crate::host) fn tree(
    request: &GitRequest<'_>,
    real: &'static (impl Files + Copy),
) -> Result<GitTree, GitError> {
    let top = request.repository;
    if !top.exists() {
        return Err(GitError::Failed(format!("Git repository {top:?} does not exist.")));
    }
    let repository = Repository::open(top).map_err(|error| match error.code() {
        ErrorCode::NotFound => {
            GitError::Failed(format!("Failed to fetch git repository 'file://{}'", top.display()))
        }
        _ => GitError::OnlyNix,
    })?;
    if repository.is_shallow() && !request.shallow || rules_beside_the_tree(&repository) {
        return Err(GitError::OnlyNix);
    }
    let named = named_commit(&repository, request)?;
    if named.is_none() && !repository.is_bare() {
        return work_tree(&repository, request, real);
    }
    let commit = match named {
        Some(commit) => commit,
        None => repository.head()?.peel_to_commit()?,
    };
    committed(&repository, &commit, request, *real)
}

/// The commit that is requested by name or hash.
fn named_commit<'r>(repository: &'r Repository, request: &GitRequest<'_>) -> Result<Option<Commit<'r>>, GitError> {
    let found: Object<'r> = match (request.revision, request.reference) {
        (Some(revision), _) => {
            repository.find_object(Oid::from_str(revision)?, None).map_err(|error| match error.code() {
                ErrorCode::NotFound => GitError::Failed(format!(
                    "getting Git object '{revision}': {} (libgit2 error code = 9)",
                    error.message()
                )),
                _ => GitError::OnlyNix,
            })?
        }
        (None, Some(name)) if !Reference::is_valid_name(&format!("refs/heads/{name}")) => {
            return Err(GitError::Failed(format!("invalid Git branch/tag name '{name}'")));
        }
        (None, Some(name)) => repository.revparse_single(name).map_err(|error| match error.code() {
            ErrorCode::NotFound => GitError::Failed(format!(
                "resolving Git reference '{name}': {} (libgit2 error code = 4)",
                error.message()
            )),
            _ => GitError::OnlyNix,
        })?,
        (None, None) => return Ok(None),
    };
    Ok(Some(found.peel_to_commit()?))
}

fn count(repository: &Repository, commit: &Commit<'_>, request: &GitRequest<'_>) -> Result<i64, GitError> {
    if request.shallow {
        return Ok(0);
    }
    let mut walk = repository.revwalk()?;
    walk.push(commit.id())?;
    let mut count = 0;
    for step in walk {
        step?;
        count += 1;
    }
    Ok(count)
}

/// The tree of a commit.
fn committed(
    repository: &Repository,
    commit: &Commit<'_>,
    request: &GitRequest<'_>,
    outside: impl Files + 'static,
) -> Result<GitTree, GitError> {
    let mut plain = true;
    commit
        .tree()?
        .walk(TreeWalkMode::PreOrder, |_, entry| {
            let is_rule = entry.name().ok() == Some(ATTRIBUTES)
                && repository.find_blob(entry.id()).map_or(true, |blob| leaves_out(blob.content()));
            // Nix shows a submodule as an empty directory, and handles names that are not UTF-8 differently from us.
            plain &= !is_rule && node_kind(entry.filemode()) != NodeKind::Submodule && entry.name().is_ok();
            if plain { TreeWalkResult::Ok } else { TreeWalkResult::Abort }
        })
        .or_else(|error| if plain { Err(error) } else { Ok(()) })?;
    if !plain {
        return Err(GitError::OnlyNix);
    }
    let top = repository.path().to_path_buf();
    let hash = commit.id().to_string();
    let files = RevisionFiles::open(&top, &hash, Box::new(outside)).map_err(|_| GitError::OnlyNix)?;
    Ok(GitTree {
        files: Rc::new(files),
        top,
        commit: Some(hash),
        changed: false,
        count: count(repository, commit, request)?,
        time: commit.time().seconds(),
    })
}

/// The work tree: its commit if nothing has changed, otherwise its tracked files.
fn work_tree(
    repository: &Repository,
    request: &GitRequest<'_>,
    real: &'static (impl Files + Copy),
) -> Result<GitTree, GitError> {
    let commit = match repository.head() {
        Ok(head) => Some(head.peel_to_commit()?),
        Err(error) if error.code() == ErrorCode::UnbornBranch => None,
        Err(_) => return Err(GitError::OnlyNix),
    };
    let mut options = StatusOptions::new();
    options.include_unmodified(true).include_untracked(false).include_ignored(false).exclude_submodules(true);
    let mut tracked = BTreeSet::new();
    let mut changed = false;
    for entry in &repository.statuses(Some(&mut options))? {
        let (path, status) = (entry.path().map(PathBuf::from).map_err(|_| GitError::OnlyNix)?, entry.status());
        changed |= status != Status::CURRENT;
        if !status.intersects(Status::INDEX_DELETED | Status::WT_DELETED) {
            tracked.insert(path);
        }
    }
    if let (Some(commit), false) = (&commit, changed) {
        return committed(repository, commit, request, *real);
    }
    let top = request.repository;
    let leaves_out = |path: &Path| std::fs::read(top.join(path)).map_or(true, |content| leaves_out(&content));
    let has_rules = tracked.iter().any(|path| path.ends_with(ATTRIBUTES) && leaves_out(path));
    if has_rules || !repository.submodules()?.is_empty() {
        return Err(GitError::OnlyNix);
    }
    Ok(GitTree {
        files: Rc::new(MovedFiles::new(real, top, top, Some(tracked.into_iter().collect()))),
        top: top.to_path_buf(),
        time: commit.as_ref().map_or(0, |commit| commit.time().seconds()),
        commit: commit.map(|commit| commit.id().to_string()),
        changed: true,
        count: 0,
    })
}

/// Whether the repository's own attributes may exclude files.
fn rules_beside_the_tree(repository: &Repository) -> bool {
    std::fs::read(repository.commondir().join("info/attributes")).is_ok_and(|content| leaves_out(&content))
}

/// Whether attributes exclude files from archives. Only Nix knows what is left then.
fn leaves_out(attributes: &[u8]) -> bool {
    String::from_utf8_lossy(attributes).contains("export-ignore")
}
