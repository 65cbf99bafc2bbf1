//! The sources of bind mounts: creates missing ones, and notes what symlinks among them led to when they were mounted.
//!
//! A mount shows the file or directory that a symlink led to when it was made. Tools that deploy secrets (agenix, sops-nix) let
//! such a symlink lead to a new directory each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, renameat2};
use nix::unistd::{Group, User};

use super::{atomic_file, kill_point};
use crate::model::ContainerName;
use crate::model::spec::NewSource;
use crate::render::paths;

/// Why a source could not be created.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub(crate) enum SourceError {
    #[error("the host has no user `{0}`")]
    NoUser(String),
    #[error("the host has no group `{0}`")]
    NoGroup(String),
    #[error("it is a symlink that leads nowhere")]
    Dangling,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Creates a source with its owner and mode; missing parents become root's, with mode 0755. One that exists is left as it is.
///
/// The directory appears under its name only when it is complete, so that a killed run leaves none with a wrong owner.
pub(super) fn create(new: &NewSource) -> Result<(), SourceError> {
    let path = &new.path;
    match (fs::metadata(path), fs::symlink_metadata(path)) {
        (Ok(_), _) => return Ok(()),
        (Err(error), _) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        (Err(_), Ok(_)) => return Err(SourceError::Dangling),
        (Err(_), Err(_)) => {}
    }
    let (user, group) = (user(&new.user)?, group(&new.group)?);
    let parent = path.parent().ok_or(io::Error::from(io::ErrorKind::InvalidInput))?;
    create_parents(parent)?;
    remove_dead(parent)?;
    kill_point::reach("create source");
    let prefix = format!("{}{}-", atomic_file::PREFIX, std::process::id());
    let made =
        tempfile::Builder::new().prefix(&prefix).permissions(Permissions::from_mode(0o700)).tempdir_in(parent)?;
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits()).open(made.path())?;
    fchown(&opened, Some(user), Some(group))?;
    opened.set_permissions(Permissions::from_mode(new.mode))?;
    opened.sync_all()?;
    match renameat2(AT_FDCWD, made.path(), AT_FDCWD, path, RenameFlags::RENAME_NOREPLACE) {
        Ok(()) => _ = made.keep(),
        // Another container with this source was faster.
        Err(Errno::EEXIST) => {}
        Err(errno) => return Err(io::Error::from(errno).into()),
    }
    tracing::info!("created {}", path.display());
    kill_point::reach("source created");
    Ok(File::open(parent)?.sync_all()?)
}

/// Creates a directory and its parents with a mode of 0755, whatever this process's umask is. Those that exist stay as they are.
fn create_parents(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent() {
        create_parents(parent)?;
    }
    match DirBuilder::new().mode(0o755).create(directory) {
        Ok(()) => fs::set_permissions(directory, Permissions::from_mode(0o755)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes the unfinished directories of killed runs.
fn remove_dead(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(atomic_file::PREFIX)?.split_once('-'));
        if process.is_some_and(|(process, _)| !Path::new("/proc").join(process).exists()) {
            // Only an empty directory can be one of ours.
            _ = fs::remove_dir(entry.path());
        }
    }
    Ok(())
}

fn user(name: &str) -> Result<u32, SourceError> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let user = User::from_name(name).map_err(io::Error::from)?;
    user.map(|user| user.uid.as_raw()).ok_or_else(|| SourceError::NoUser(name.to_owned()))
}

fn group(name: &str) -> Result<u32, SourceError> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let group = Group::from_name(name).map_err(io::Error::from)?;
    group.map(|group| group.gid.as_raw()).ok_or_else(|| SourceError::NoGroup(name.to_owned()))
}

/// What symlinks among the sources led to, by the path that the configuration names.
type Led = BTreeMap<PathBuf, PathBuf>;

/// Notes what the symlinks among the sources of a container that is about to start lead to.
pub(super) fn note_all<'a>(name: &ContainerName, sources: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let resolved = sources.filter_map(|source| Some((PathBuf::from(source), fs::canonicalize(source).ok()?)));
    write(name, &resolved.filter(|(source, resolved)| is_symlink(source, resolved)).collect())
}

/// Notes what a source that was mounted in a running container led to.
pub(super) fn note(name: &ContainerName, source: &str, resolved: PathBuf) -> io::Result<()> {
    let (source, former) = (PathBuf::from(source), read(name));
    let mut led = former.clone();
    match is_symlink(&source, &resolved) {
        true => led.insert(source, resolved),
        false => led.remove(&source),
    };
    if led == former { Ok(()) } else { write(name, &led) }
}

/// The sources of a running container that lead elsewhere than was noted. One that leads nowhere any more is missing, which is
/// another matter.
pub(super) fn moved(name: &ContainerName) -> BTreeSet<PathBuf> {
    let is_moved = |source: &Path, resolved: &Path| fs::canonicalize(source).is_ok_and(|now| now != resolved);
    read(name)
        .into_iter()
        .filter(|(source, resolved)| is_moved(source, resolved))
        .map(|(source, _)| source)
        .collect()
}

/// Whether a symlink, or one of its directories, made a source another path than was written.
fn is_symlink(source: &Path, resolved: &Path) -> bool {
    !source.components().eq(resolved.components())
}

/// A note that is missing or damaged says nothing.
fn read(name: &ContainerName) -> Led {
    let bytes = fs::read(paths::bound_sources(name)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn write(name: &ContainerName, led: &Led) -> io::Result<()> {
    let path = paths::bound_sources(name);
    if led.is_empty() {
        return atomic_file::remove(&path);
    }
    atomic_file::write(&path, serde_json::to_string(led).map_err(io::Error::other)?.as_bytes(), 0o644)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn a_source_appears_complete_and_one_that_exists_stays_as_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let own = fs::metadata(directory.path()).expect("there");
        let at = |path: &str| directory.path().join(path);
        let new = |path: &str, mode| NewSource {
            path: at(path),
            user: own.uid().to_string(),
            group: own.gid().to_string(),
            mode,
        };
        let mode = |path: &str| fs::metadata(at(path)).expect("there").mode() & 0o7777;

        create(&new("a/b/c", 0o2750)).expect("created");
        assert_eq!((mode("a"), mode("a/b"), mode("a/b/c")), (0o755, 0o755, 0o2750));
        create(&new("a/b/c", 0o700)).expect("there");
        assert_eq!(mode("a/b/c"), 0o2750);

        let mut child = std::process::Command::new("true").spawn().expect("started");
        child.wait().expect("ended");
        let remains = at("a/b").join(format!("{}{}-abc", atomic_file::PREFIX, child.id()));
        fs::create_dir(&remains).expect("made");
        create(&new("a/b/d", 0o755)).expect("created");
        assert!(!remains.exists());

        symlink("nowhere", at("link")).expect("linked");
        assert!(matches!(create(&new("link", 0o755)), Err(SourceError::Dangling)));
        let nobody = NewSource { user: "nobody-of-that-name".into(), ..new("e", 0o755) };
        assert!(matches!(create(&nobody), Err(SourceError::NoUser(_))));
        let names =
            fs::read_dir(directory.path()).expect("listed").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, ["a", "link"]);
    }
}
