//! Reads a git revision for the evaluator: the files that the work tree would hold if that revision were checked out.
//!
//! Implements [`Files`] over the objects of the repository. Nothing is checked out, fetched or written, and no program
//! is run. Paths are those of the work tree, so that both sides of a comparison use the same names.
//!
//! Invariants:
//! - Below the top level everything comes from the revision, and submodules from the commit that it names.
//! - For a symlink that leads out of the top level, the `outside` view decides: it is refused, or the real file is
//!   read.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use git2::{ErrorCode, ObjectType, Oid, Repository, StatusOptions};

use crate::source::{FileKind, Files, RevisionError, Tracked};

pub(super) mod fetch;

/// The number of symlinks that Linux follows in one path (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// One revision of a work tree.
pub struct RevisionFiles {
    top: PathBuf,
    /// `top` without symlinks, as git knows it.
    real_top: PathBuf,
    root: Node,
    outside: Box<dyn Files>,
}

/// An entry of a tree.
#[derive(Clone)]
struct Node {
    repository: Rc<Repository>,
    object: Oid,
    kind: NodeKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeKind {
    Tree,
    File { executable: bool },
    Link,
    Submodule,
}

/// What a path resolves to.
enum Resolved {
    Inside(Node),
    Outside(PathBuf),
}

impl RevisionFiles {
    /// Opens the revision `name` (gitrevisions(7)) of the work tree `top`; what is not below `top` is read through
    /// `outside`.
    ///
    /// # Errors
    ///
    /// If the repository has no such revision, or cannot be read.
    pub fn open(top: &Path, name: &str, outside: Box<dyn Files>) -> Result<Self, RevisionError> {
        let failed = |error: git2::Error| RevisionError::Git {
            top: top.to_path_buf(),
            is_of_another_user: error.code() == ErrorCode::Owner,
            source: error.into(),
        };
        let repository = Repository::open(top).map_err(failed)?;
        let object = match repository.revparse_single(name).and_then(|object| object.peel(ObjectType::Tree)) {
            Ok(tree) => tree.id(),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {
                return Err(RevisionError::Unknown {
                    name: name.to_owned(),
                    top: top.to_path_buf(),
                    shallow: repository.is_shallow(),
                    branches: branches(&repository),
                });
            }
            Err(error) => return Err(failed(error)),
        };
        let root = Node { repository: Rc::new(repository), object, kind: NodeKind::Tree };
        let real_top = top.canonicalize().unwrap_or_else(|_| top.to_path_buf());
        Ok(Self { top: top.to_path_buf(), real_top, root, outside })
    }

    /// Resolves `path`. A symlink as its last component is followed only if `follow` is set.
    fn resolve(&self, path: &Path, follow: bool) -> io::Result<Resolved> {
        let Ok(below) = path.strip_prefix(&self.top) else {
            return Ok(Resolved::Outside(path.to_path_buf()));
        };
        let mut rest: VecDeque<OsString> = names(below);
        // The resolved components so far, starting at the top level.
        let mut way: Vec<(OsString, Node)> = Vec::new();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                if way.pop().is_none() {
                    let parent = self.top.parent().unwrap_or(&self.top);
                    return Ok(Resolved::Outside(parent.join(rest.iter().collect::<PathBuf>())));
                }
                continue;
            }
            let here = way.last().map_or(&self.root, |(_, node)| node);
            let below: PathBuf = way.iter().map(|(name, _)| name).collect();
            let node = self.entry(here, &below, &name)?;
            if node.kind != NodeKind::Link || (rest.is_empty() && !follow) {
                way.push((name, node));
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many symlinks"));
            }
            let target = PathBuf::from(OsString::from_vec(node.blob()?));
            let mut target_rest = if target.is_absolute() {
                let Ok(below) = target.strip_prefix(&self.top) else {
                    return Ok(Resolved::Outside(target.join(rest.iter().collect::<PathBuf>())));
                };
                way.clear();
                names(below)
            } else {
                names(&target)
            };
            target_rest.append(&mut rest);
            rest = target_rest;
        }
        Ok(Resolved::Inside(way.pop().map_or_else(|| self.root.clone(), |(_, node)| node)))
    }

    /// The entry `name` of the directory `directory`, which lies at `below`.
    fn entry(&self, directory: &Node, below: &Path, name: &OsString) -> io::Result<Node> {
        let directory = directory.directory(&self.real_top.join(below))?;
        let tree = directory.repository.find_tree(directory.object).map_err(broken)?;
        let entry = tree.get_name_bytes(name.as_bytes()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let kind = node_kind(entry.filemode());
        Ok(Node { repository: Rc::clone(&directory.repository), object: entry.id(), kind })
    }
}

impl Node {
    /// The content of a file, or the target of a symlink.
    fn blob(&self) -> io::Result<Vec<u8>> {
        self.repository.find_blob(self.object).map(|blob| blob.content().to_vec()).map_err(broken)
    }

    /// Returns a directory as it is, and a submodule (at `path`) as the root of its own repository.
    fn directory(&self, path: &Path) -> io::Result<Self> {
        match self.kind {
            NodeKind::Tree => Ok(self.clone()),
            NodeKind::Submodule => submodule(self, path),
            NodeKind::File { .. } | NodeKind::Link => Err(io::Error::from(io::ErrorKind::NotADirectory)),
        }
    }
}

impl Files for RevisionFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.resolve(path, true)? {
            Resolved::Inside(node) => match node.kind {
                NodeKind::File { .. } | NodeKind::Link => node.blob(),
                NodeKind::Tree | NodeKind::Submodule => Err(io::Error::from(io::ErrorKind::IsADirectory)),
            },
            Resolved::Outside(path) => self.outside.read(&path),
        }
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        match self.resolve(path, false)? {
            Resolved::Inside(node) => Ok(file_kind(node.kind)),
            Resolved::Outside(path) => self.outside.kind(&path),
        }
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let directory = match self.resolve(path, true)? {
            Resolved::Inside(node) => {
                let below = path.strip_prefix(&self.top).unwrap_or(path);
                node.directory(&self.real_top.join(below))?
            }
            Resolved::Outside(path) => return self.outside.read_dir(&path),
        };
        let tree = directory.repository.find_tree(directory.object).map_err(broken)?;
        let mut entries = BTreeMap::new();
        for entry in &tree {
            let name = String::from_utf8(entry.name_bytes().to_vec())
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a file name is not UTF-8"))?;
            entries.insert(name, file_kind(node_kind(entry.filemode())));
        }
        Ok(entries.into_iter().collect())
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        match self.resolve(path, false)? {
            Resolved::Inside(node) if node.kind == NodeKind::Link => {
                Ok(PathBuf::from(OsString::from_vec(node.blob()?)))
            }
            Resolved::Inside(_) => Err(io::Error::from(io::ErrorKind::InvalidInput)),
            Resolved::Outside(path) => self.outside.read_link(&path),
        }
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        match self.resolve(path, true)? {
            Resolved::Inside(node) => Ok(node.kind != NodeKind::File { executable: false }),
            Resolved::Outside(path) => self.outside.is_executable(&path),
        }
    }
}

/// The paths that git tracks in the work tree `top` and its submodules, according to the index, relative to `top`;
/// `None` without a repository.
pub fn tracked(top: &Path) -> Option<Tracked> {
    tracked_paths(top).map(Tracked::from_iter)
}

/// The commit that the work tree `top` is at, with `-dirty` if tracked files differ from it; `None` without one.
pub(super) fn head(top: &Path) -> Option<String> {
    let repository = Repository::open(top).ok()?;
    let commit = repository.head().ok()?.peel_to_commit().ok()?.id();
    let mut options = StatusOptions::new();
    options.include_untracked(false).include_ignored(false).exclude_submodules(true);
    let is_dirty = repository.statuses(Some(&mut options)).map_or(true, |changes| !changes.is_empty());
    Some(if is_dirty { format!("{commit}-dirty") } else { commit.to_string() })
}

fn tracked_paths(top: &Path) -> Option<Vec<PathBuf>> {
    let index = Repository::open(top).and_then(|repository| repository.index()).ok()?;
    let mut paths = Vec::with_capacity(index.len());
    for entry in index.iter() {
        let path = PathBuf::from(OsString::from_vec(entry.path));
        let is_submodule = i32::try_from(entry.mode).is_ok_and(|mode| node_kind(mode) == NodeKind::Submodule);
        // A submodule that is not checked out is an empty directory.
        let inside = if is_submodule { tracked_paths(&top.join(&path)) } else { None };
        match inside {
            Some(inside) => paths.extend(inside.into_iter().map(|below| path.join(below))),
            None => paths.push(path),
        }
    }
    Some(paths)
}

/// Finds the commit of a submodule at `path`: in the submodule's own clone, or in the one that git keeps for it.
fn submodule(node: &Node, path: &Path) -> io::Result<Node> {
    let around = &node.repository;
    let below = around.workdir().and_then(|top| path.strip_prefix(top).ok()).and_then(Path::to_str);
    let named = below.and_then(|below| around.find_submodule(below).ok()?.name().ok().map(str::to_owned));
    // The name comes from a file of the repository, so it must not lead elsewhere.
    let inside = |name: &str| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let kept = named.into_iter().chain(below.map(str::to_owned)).filter(|name| inside(name));
    let kept = kept.map(|name| around.commondir().join("modules").join(name));
    // Opened as bare, since the work tree of git's own clone may not exist.
    let opened = kept.map(Repository::open_bare);
    for repository in std::iter::once(Repository::open(path)).chain(opened) {
        let Ok(repository) = repository else { continue };
        let tree = repository.find_commit(node.object).and_then(|commit| commit.tree().map(|tree| tree.id()));
        if let Ok(object) = tree {
            return Ok(Node { repository: Rc::new(repository), object, kind: NodeKind::Tree });
        }
    }
    let message = format!(
        "commit {} of the submodule {} is missing; fetch it with `git submodule update --init`",
        node.object,
        path.display()
    );
    // Not `NotFound`: the files must not count as absent (`builtins.pathExists`).
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

/// The components of a relative path, without `.`.
fn names(path: &Path) -> VecDeque<OsString> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(name).collect()
}

/// The kind of an entry by its mode (gitdatamodel(7)).
fn node_kind(mode: i32) -> NodeKind {
    match mode {
        0o040_000 => NodeKind::Tree,
        0o120_000 => NodeKind::Link,
        0o160_000 => NodeKind::Submodule,
        mode => NodeKind::File { executable: mode & 0o100 != 0 },
    }
}

fn file_kind(kind: NodeKind) -> FileKind {
    match kind {
        NodeKind::Tree | NodeKind::Submodule => FileKind::Directory,
        NodeKind::File { .. } => FileKind::Regular,
        NodeKind::Link => FileKind::Symlink,
    }
}

fn broken(error: git2::Error) -> io::Error {
    io::Error::other(format!("git: {}", error.message()))
}

/// The names of all branches, including remote ones.
fn branches(repository: &Repository) -> Vec<String> {
    let branches = repository.branches(None).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        branches.filter_map(|(branch, _)| branch.name().ok().flatten().map(str::to_owned)).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests;
