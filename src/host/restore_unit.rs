//! Installs and removes `container-rebuild-restore@UNIT.service` ([`restore_unit`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{atomic_file, bus, systemd};
use crate::render::{paths, restore_unit};
use crate::state::ActiveState;

/// A file that could not be written or removed.
type Failed = (PathBuf, io::Error);

/// The mark that systemd has not read what was written. No container has an underscore in its name.
const MARK: &str = "_restore";

/// The files and symlinks that exist, with their texts and targets.
pub(super) fn files() -> BTreeMap<PathBuf, String> {
    let file = paths::restore_unit();
    let text = fs::read_to_string(&file).ok().map(|text| (file, text));
    text.into_iter().chain(links()).collect()
}

fn links() -> impl Iterator<Item = (PathBuf, String)> {
    let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    let wants = entries(Path::new(paths::UNITS)).map(|entry| entry.path());
    let wants = wants.filter(|path| path.extension().is_some_and(|extension| extension == "wants"));
    let links = wants.flat_map(move |directory| entries(&directory).map(|entry| entry.path()).collect::<Vec<_>>());
    let links = links.filter(|link| instance(link).is_some());
    links.filter_map(|link| {
        let target = fs::read_link(&link).ok()?;
        Some((link, target.display().to_string()))
    })
}

/// The instance that a symlink starts.
fn instance(link: &Path) -> Option<&str> {
    // The file of all instances lies among the units.
    let name = link.file_name().filter(|_| link.parent() != Some(Path::new(paths::UNITS)))?.to_str()?;
    name.strip_prefix(paths::RESTORE_UNIT)?.starts_with('@').then_some(name)
}

/// Makes exactly these files. Returns whether systemd has to read unit files.
///
/// # Errors
///
/// If one cannot be written or removed.
pub(super) fn install(units: &BTreeSet<String>) -> Result<bool, Failed> {
    let (wanted, there) = (restore_unit::files(units), files());
    let mark = paths::unread_units().join(MARK);
    // Before each change: if this run is killed right after it, the next one makes systemd read it.
    let note = || atomic_file::write(&mark, b"", 0o644).map_err(at(&mark));
    for path in there.keys().filter(|path| !wanted.contains_key(*path)) {
        note()?;
        if let Some(instance) = instance(path) {
            // One that waits for the lock, which we hold, is killed, and counts as failed.
            systemd::stop_for_good(instance);
        }
        atomic_file::remove(path).map_err(at(path))?;
        if let Some(directory) = path.parent().filter(|directory| *directory != Path::new(paths::UNITS)) {
            // Others may have symlinks there.
            _ = fs::remove_dir(directory);
        }
    }
    for (path, text) in wanted.iter().filter(|(path, text)| there.get(*path) != Some(*text)) {
        note()?;
        match instance(path) {
            Some(_) => atomic_file::link(Path::new(text), path),
            None => atomic_file::write(path, text.as_bytes(), 0o644),
        }
        .map_err(at(path))?;
    }
    Ok(mark.exists())
}

/// Starts the instances of those units of the host that are active. They find nothing to do now.
pub(super) fn follow(units: &BTreeSet<String>) {
    if units.is_empty() || !bus::is_booted_with_systemd() {
        return;
    }
    let names: Vec<String> = units.iter().map(|unit| format!("{unit}.service")).collect();
    let started = systemd::loaded(&names).and_then(|states| {
        let active = units.iter().zip(states).filter(|(_, unit)| unit.active == ActiveState::Active);
        systemd::begin(&active.map(|(unit, _)| restore_unit::instance(unit)).collect::<Vec<_>>())
    });
    if let Err(error) = started {
        tracing::warn!(%error, "cannot start the units that put back what restarts of other units take away");
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Failed {
    move |source| (path.to_owned(), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn the_files_follow_the_units() {
        empty_host(|| {
            let units = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
            let (one, two) = (units(&["nftables"]), units(&["nftables", "br0-netdev"]));
            let others = Path::new(paths::UNITS).join("nftables.service.wants/theirs.service");
            atomic_file::link(Path::new("/theirs"), &others).expect("a symlink");
            assert!(!install(&BTreeSet::new()).expect("nothing to do"));
            for wanted in [&one, &two, &one] {
                assert!(install(wanted).expect("installed"), "systemd has read nothing");
                assert_eq!(files(), restore_unit::files(wanted));
            }
            assert!(!Path::new(paths::UNITS).join("br0-netdev.service.wants").exists());
            fs::remove_file(paths::unread_units().join(MARK)).expect("noted");
            assert!(!install(&one).expect("nothing to do"));
            assert!(install(&BTreeSet::new()).expect("removed"));
            assert!(files().is_empty() && others.is_symlink() && !paths::restore_unit().exists());
        });
    }
}
