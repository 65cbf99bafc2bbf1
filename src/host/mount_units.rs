//! Mounts that the host's configuration names: which of them are not there, and mounting them.
//!
//! They are units (systemd.mount(5)), which systemd also generates from fstab(5). A mount that somebody made by hand has a unit
//! without a file, and is none of these.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::systemd::{self, BusError, Job, JobError, JobFailure, LoadedUnit};
use crate::apply::HostError;
use crate::state::{AbsentMount, ActiveState};

/// The mounts that `paths` lie on and that are not there, outermost first. A symlink counts as what it leads to, too.
///
/// # Errors
///
/// If systemd cannot be reached.
pub(super) fn absent(paths: &BTreeSet<PathBuf>) -> Result<BTreeMap<PathBuf, Vec<AbsentMount>>, BusError> {
    let mut points: BTreeMap<&Path, BTreeMap<PathBuf, String>> = BTreeMap::new();
    for path in paths {
        let resolved = std::fs::canonicalize(path).ok();
        let all = mount_points(path).into_iter().chain(resolved.iter().flat_map(|path| mount_points(path)));
        points.insert(path, all.collect());
    }
    let named: BTreeSet<&str> = points.values().flat_map(BTreeMap::values).map(String::as_str).collect();
    // Most paths lie on no such mount, and loading a unit costs a call each.
    let known: Vec<String> =
        systemd::files(".mount")?.into_iter().filter(|name| named.contains(name.as_str())).collect();
    if known.is_empty() {
        return Ok(BTreeMap::new());
    }
    let states: BTreeMap<String, LoadedUnit> = known.iter().cloned().zip(systemd::loaded(&known)?).collect();
    let mut absent = BTreeMap::new();
    for (path, points) in points {
        let mounts: Vec<AbsentMount> = points
            .into_iter()
            .filter_map(|(at, unit)| {
                let state = states.get(&unit)?;
                let has_failed = !state.is_usable || state.active == ActiveState::Failed;
                (!is_up(*state)).then_some(AbsentMount { unit, at, has_failed })
            })
            .collect();
        if !mounts.is_empty() {
            absent.insert(path.to_owned(), mounts);
        }
    }
    Ok(absent)
}

/// Starts the unit of a mount, and waits until it is mounted.
///
/// # Errors
///
/// If it is not mounted afterwards.
pub(super) fn start(mount: &AbsentMount) -> Result<(), HostError> {
    let failed = |result: String, log| HostError::Job { unit: mount.unit.clone(), job: "start", result, log };
    let unanswered = |error: BusError| failed(error.to_string(), Vec::new());
    match systemd::run(&mount.unit, Job::Start).map_err(unanswered)? {
        Err(JobError::Failed(JobFailure { result, log, .. })) => Err(failed(result, log)),
        Err(JobError::GaveUp(reason)) => Err(failed(reason.to_string(), Vec::new())),
        // A unit whose condition does not hold has started, and mounted nothing.
        Ok(()) => match systemd::loaded(std::slice::from_ref(&mount.unit)).map_err(unanswered)?.first() {
            Some(state) if is_up(*state) => Ok(()),
            _ => Err(failed(String::from("nothing mounted"), Vec::new())),
        },
    }
}

fn is_up(unit: LoadedUnit) -> bool {
    matches!(unit.active, ActiveState::Active | ActiveState::Reloading)
}

/// The directories at which a file system may be mounted so that `path` lies on it, with the names that their units have.
fn mount_points(path: &Path) -> Vec<(PathBuf, String)> {
    // systemd ignores paths with `..` in RequiresMountsFor=.
    if path.components().any(|part| part == Component::ParentDir) {
        return Vec::new();
    }
    let points = path.ancestors().filter(|point| point.parent().is_some());
    points.map(|point| (point.components().collect(), unit_name(point))).collect()
}

/// The name of the mount unit for a path other than `/` (systemd.unit(5), *String Escaping for Inclusion in Unit Names*).
fn unit_name(path: &Path) -> String {
    let names = path.components().filter(|part| matches!(part, Component::Normal(_)));
    let names: Vec<&[u8]> = names.map(|part| part.as_os_str().as_bytes()).collect();
    let mut unit = String::new();
    for (index, byte) in names.join(&b'/').into_iter().enumerate() {
        match byte {
            b'/' => unit.push('-'),
            b'.' if index > 0 => unit.push('.'),
            b':' | b'_' => unit.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => unit.push(byte.into()),
            byte => write!(unit, "\\x{byte:02x}").expect("writing to a string does not fail"),
        }
    }
    unit + ".mount"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_have_the_names_that_systemd_escape_gives_them() {
        // `systemd-escape --path --suffix=mount PATH`
        let table = [
            ("/srv/data", "srv-data.mount"),
            ("/srv//data/", "srv-data.mount"),
            ("/srv/my-data_1", r"srv-my\x2ddata_1.mount"),
            ("/.hidden/a.b", r"\x2ehidden-a.b.mount"),
            ("/ü %", r"\xc3\xbc\x20\x25.mount"),
        ];
        for (path, unit) in table {
            assert_eq!(unit_name(Path::new(path)), unit, "{path}");
        }
        let points = mount_points(Path::new("/srv/data/"));
        assert_eq!(points, [("/srv/data".into(), "srv-data.mount".into()), ("/srv".into(), "srv.mount".into())]);
        assert_eq!(mount_points(Path::new("/srv/../etc")), []);
        assert_eq!(mount_points(Path::new("/")), []);
    }
}
