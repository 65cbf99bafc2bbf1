//! Detects damage to our files and directories that their text does not show: masks, units that outrank ours, owners,
//! modes, and garbage collector roots.
//!
//! [`directories`] are repaired whenever the host is locked; for the rest, a plan names the damage and a switch repairs
//! it.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::sys::statvfs::{FsFlags, statvfs};

use crate::model::ContainerName;
use crate::render::paths;
use crate::state::{Damage, Generation, Record};

/// What is known about a container of ours that matters for its files.
pub(super) struct Known<'a> {
    /// The file from which systemd read its unit.
    pub(super) fragment: Option<&'a Path>,
    pub(super) written: Option<&'a Record>,
    pub(super) booted: Option<&'a Record>,
    pub(super) generation: Option<&'a Generation>,
}

/// Inspects the files of a container of ours, except for their text.
pub(super) fn of(name: &ContainerName, known: &Known<'_>) -> Damage {
    let files = [(paths::unit(name), 0o644), (paths::conf_target(name), 0o444), (paths::record(name), 0o644)];
    Damage {
        mask: None,
        is_outranked: known.fragment == Some(&paths::outranking_unit(name)),
        is_unlinked: is_unlinked(name),
        has_other_access: files.iter().any(|(path, mode)| has_other_access(path, *mode)),
        is_unheld: is_unheld(name, known),
    }
}

/// Returns `fragment` if it is a mask, which keeps systemd from starting the unit. Our own unit, emptied, is not a
/// mask.
pub(super) fn mask(name: &ContainerName, fragment: &Path) -> Option<PathBuf> {
    let metadata = fs::symlink_metadata(fragment).ok()?;
    let is_mask = if metadata.is_symlink() {
        fs::canonicalize(fragment).is_ok_and(|target| target == Path::new("/dev/null"))
    } else {
        metadata.is_file() && metadata.len() == 0 && fragment != paths::unit(name)
    };
    is_mask.then(|| fragment.to_owned())
}

/// Whether a file of ours is not a regular file, or has another owner or mode than it was given; false if it is
/// missing.
pub(super) fn has_other_access(path: &Path, mode: u32) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| {
        !metadata.is_file() || metadata.uid() != 0 || metadata.permissions().mode() & 0o7777 != mode
    })
}

/// Whether the `.conf` is not our symlink, although it could be one.
fn is_unlinked(name: &ContainerName) -> bool {
    match fs::read_link(paths::conf(name)) {
        Ok(target) => target != paths::conf_target(name),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => false,
        Err(error) if error.kind() == io::ErrorKind::NotFound => !is_read_only(Path::new(paths::CONFS)),
        Err(_) => true,
    }
}

/// Whether a directory (or its nearest existing parent) is on a read-only file system.
fn is_read_only(directory: &Path) -> bool {
    let there = directory.ancestors().find(|path| path.exists());
    there.is_some_and(|path| statvfs(path).is_ok_and(|statistics| statistics.flags().contains(FsFlags::ST_RDONLY)))
}

/// Whether a root is missing or wrong that holds what the container runs, what its next start needs, or what the next
/// boot needs.
fn is_unheld(name: &ContainerName, known: &Known<'_>) -> bool {
    let target = |root: &str| fs::read_link(paths::gc_root(root)).ok();
    let is_lost = |roots: &[&Option<PathBuf>], record: &Record| {
        let system = &record.spec.system;
        system.starts_with("/nix/store") && !roots.iter().any(|root| root.as_ref() == Some(system))
    };
    let (current, booted) = (target(&paths::current_root(name)), target(&paths::booted_root(name)));
    let boots = known.generation.and_then(|generation| {
        let root = target(&paths::generation_root(generation.number, name));
        Some(is_lost(&[&root], generation.records.get(name)?))
    });
    known.written.is_some_and(|record| is_lost(&[&current], record))
        // A container that was changed while it runs uses the system that was written last.
        || known.booted.is_some_and(|record| is_lost(&[&booted, &current], record))
        || boots == Some(true)
}

/// Our directories in which users other than root could replace files that root executes or trusts.
pub(super) fn directories() -> Vec<PathBuf> {
    let run = Path::new(paths::RUN);
    let program = Path::new(paths::PROGRAM).parent().unwrap_or(Path::new(paths::STATE));
    let all: [&Path; 8] = [
        Path::new(paths::STATE),
        program,
        &paths::generations(),
        run,
        &run.join("conf"),
        &paths::records(),
        &paths::booted_records(),
        Path::new(paths::GC_ROOTS),
    ];
    all.into_iter().filter(|path| is_open(path)).map(Path::to_owned).collect()
}

fn is_open(directory: &Path) -> bool {
    fs::metadata(directory).is_ok_and(|metadata| {
        metadata.is_dir() && (metadata.uid() != 0 || metadata.permissions().mode() & OTHERS != 0)
    })
}

/// Write permission for the group and others.
const OTHERS: u32 = 0o022;

/// Removes other users' write access to our directories. Failures are logged.
pub(super) fn close_directories() {
    for directory in directories() {
        match close(&directory) {
            Ok(()) => {
                tracing::warn!(
                    "users other than root could write to {}; its owner and mode have been fixed",
                    directory.display()
                )
            }
            Err(error) => tracing::warn!(
                "users other than root can write to {}, which could not be fixed: {error}",
                directory.display()
            ),
        }
    }
}

fn close(directory: &Path) -> io::Result<()> {
    let mode = fs::metadata(directory)?.permissions().mode() & 0o7777;
    chown(directory, Some(0), None)?;
    fs::set_permissions(directory, fs::Permissions::from_mode(mode & !OTHERS))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::apply::Host;
    use crate::host::atomic_file;
    use crate::host::launch::tests::record;
    use crate::host::linux::Linux;
    use crate::host::netns::tests::empty_host;
    use crate::model::spec::Network;

    fn look(record: &Record) -> Damage {
        let known = Known { fragment: None, written: Some(record), booted: Some(record), generation: None };
        of(&record.spec.name, &known)
    }

    #[test]
    fn each_damage_is_seen_and_what_is_installed_again_has_none() {
        if !crate::host::namespaces::is_root("to give files to other users") {
            return;
        }
        empty_host(|| {
            let record = record("wasabi", Network::Host);
            let name = &record.spec.name;
            let install = || {
                for root in [paths::current_root(name), paths::booted_root(name)] {
                    Linux::new().add_gc_root(&root, &record.spec.system).expect("held");
                }
                Linux::new().install(name, &crate::apply::files(&record)).expect("installed");
                assert_eq!(look(&record), Damage::default());
            };
            let mode = |path: PathBuf, mode| {
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
            };
            let replace = |path: PathBuf| {
                fs::rename(&path, "/moved").expect("moved");
                symlink("/moved", path).expect("a symlink");
            };
            let access = || Damage { has_other_access: true, ..Damage::default() };
            let unlinked = || Damage { is_unlinked: true, ..Damage::default() };
            let unheld = || Damage { is_unheld: true, ..Damage::default() };
            type Case<'a> = (&'a dyn Fn(), Damage);
            let cases: [Case<'_>; 9] = [
                (&|| mode(paths::unit(name), 0o666), access()),
                (&|| mode(paths::record(name), 0o600), access()),
                (&|| chown(paths::conf_target(name), Some(33), None).expect("given"), access()),
                (&|| replace(paths::unit(name)), access()),
                (&|| fs::remove_file(paths::conf(name)).expect("removed"), unlinked()),
                (&|| atomic_file::write(&paths::conf(name), b"X=1", 0o644).expect("written"), unlinked()),
                (&|| atomic_file::link(Path::new("/nowhere"), &paths::conf(name)).expect("linked"), unlinked()),
                (&|| fs::remove_file(paths::gc_root(&paths::current_root(name))).expect("removed"), unheld()),
                (
                    &|| {
                        let root = paths::gc_root(&paths::current_root(name));
                        atomic_file::link(Path::new("/nix/store/4-other"), &root).expect("linked");
                    },
                    unheld(),
                ),
            ];
            install();
            for (number, (damage, expected)) in cases.into_iter().enumerate() {
                damage();
                assert_eq!(look(&record), expected, "case {number}");
                install();
            }
        });
    }

    #[test]
    fn what_runs_and_what_boots_is_held_by_roots_of_their_own() {
        empty_host(|| {
            let (mut written, runs) = (record("wasabi", Network::Host), record("wasabi", Network::Host));
            let name = &runs.spec.name;
            written.spec.system = "/nix/store/4-new".into();
            let hold = |root: String, record: &Record| {
                Linux::new().add_gc_root(&root, &record.spec.system).expect("held");
            };
            hold(paths::current_root(name), &written);
            let is_unheld = |booted: Option<&Record>| {
                let known = Known { fragment: None, written: Some(&written), booted, generation: None };
                super::is_unheld(name, &known)
            };
            assert!(!is_unheld(None) && !is_unheld(Some(&written)), "it was changed while it ran");
            assert!(is_unheld(Some(&runs)));
            hold(paths::booted_root(name), &runs);
            assert!(!is_unheld(Some(&runs)));
            // A system outside the store needs no root.
            written.spec.system = "/opt/system".into();
            let known = Known { fragment: None, written: Some(&written), booted: None, generation: None };
            assert!(!super::is_unheld(name, &known));
        });
    }

    #[test]
    fn a_mask_is_a_symlink_to_null_or_an_empty_file_that_outranks_ours() {
        empty_host(|| {
            let name = ContainerName::new("a").expect("a good name");
            let (ours, above) = (paths::unit(&name), paths::outranking_unit(&name));
            // Only the path of the target matters.
            atomic_file::write(Path::new("/dev/null"), b"", 0o666).expect("written");
            for (path, is_mask) in [(&ours, false), (&above, true)] {
                atomic_file::write(path, b"", 0o644).expect("written");
                assert_eq!(mask(&name, path), is_mask.then(|| path.clone()));
                atomic_file::link(Path::new("/dev/null"), path).expect("linked");
                assert_eq!(mask(&name, path).as_ref(), Some(path));
                atomic_file::write(path, b"[Unit]\n", 0o644).expect("written");
                assert_eq!(mask(&name, path), None);
            }
            assert_eq!(mask(&name, Path::new("/nowhere")), None);
        });
    }

    #[test]
    fn directories_are_closed_to_others_and_keep_what_else_their_mode_says() {
        if !crate::host::namespaces::is_root("to give files to other users") {
            return;
        }
        empty_host(|| {
            for (path, mode, closed) in
                [(paths::STATE, 0o777, 0o755), (paths::RUN, 0o720, 0o700), (paths::GC_ROOTS, 0o700, 0o700)]
            {
                fs::create_dir_all(path).expect("made");
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
                chown(path, Some(if closed == mode { 0 } else { 33 }), None).expect("given");
                assert_eq!(directories(), if closed == mode { vec![] } else { vec![PathBuf::from(path)] });
                close_directories();
                let metadata = fs::metadata(path).expect("there");
                assert_eq!((metadata.permissions().mode() & 0o7777, metadata.uid()), (closed, 0), "{path}");
            }
        });
    }
}
