//! What a switch needs of the host, found before the first build and the first stop, and said together.
//!
//! Takes: the host, and the plan as it is before anything was built. Gives: the lock and what was observed, or everything that
//! is in the way, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::build;
use crate::apply::files;
use crate::cli::configuration::Configuration;
use crate::cli::only::about_covered;
use crate::cli::{Session, failure};
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::linux::{Linux, Lock, LockError};
use crate::host::ready::{NoRoom, Room, fixed, lacking, unusable_roots};
use crate::model::ContainerName;
use crate::plan::facts::{self, BeforeBuild};
use crate::plan::{Action, Plan, program};
use crate::render::paths;
use crate::state::{Generation, Probe, ProbeError, Snapshot};

/// What is set aside for the files of a container whose system has not been built, and for its part of the generation.
const UNBUILT: usize = 16 << 10;

/// Locks the host and looks at it.
pub(super) fn begin() -> Result<(Lock, Snapshot), Vec<Diagnostic>> {
    let lock = match Linux::new().lock() {
        Err(error @ LockError::Held { .. }) => {
            return Err(vec![failure(Code::Locked, &error).help("wait until it is done")]);
        }
        lock => lock,
    };
    match (lock, Linux::new().snapshot()) {
        (Ok(lock), Ok(snapshot)) => Ok((lock, snapshot)),
        (lock, snapshot) => {
            let mut findings: Vec<_> = snapshot.err().iter().map(not_observed).collect();
            let rooms = lacking(&directories().map(|directory| room(directory, 1)));
            match lock {
                // The lock is in one of these: the same cause is not said twice.
                Err(error) if rooms.iter().all(|lack| !lack.directory.starts_with(paths::STATE)) => {
                    findings.push(failure(Code::Host, &error));
                }
                _ => {}
            }
            findings.extend(rooms.iter().map(no_room));
            Err(findings)
        }
    }
}

/// Fails with all that is missing for `plan`, which was made before anything was built.
pub(super) fn before_build(
    session: &Session<'_>,
    configuration: &Configuration,
    snapshot: &Snapshot,
    plan: &Plan,
    generation: &Generation,
) -> Result<(), Vec<Diagnostic>> {
    let host = Linux::new();
    let spec = configuration.check_model().spec;
    let missing =
        facts::missing(&configuration.manifest, &spec, &configuration.spans, &BeforeBuild(&host), snapshot);
    let mut missing = about_covered(session, configuration, missing);
    missing.retain(|finding| finding.severity == Severity::Error);
    missing.extend(obstacles(configuration, snapshot, plan));
    missing.extend(build::obstacle(session, configuration));
    if !plan.is_empty() {
        missing.extend(lacking(&rooms(plan, generation, snapshot)).iter().map(no_room));
    }
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// The directories in which every switch writes.
fn directories() -> [PathBuf; 5] {
    let run = Path::new(paths::RUN);
    [
        paths::generations(),
        run.join("conf"),
        paths::records(),
        paths::booted_records(),
        Path::new(paths::UNITS).to_owned(),
    ]
}

fn room(directory: PathBuf, bytes: usize) -> Room {
    Room { directory, bytes, optional: false }
}

/// Where the plan is about to write, and how much.
fn rooms(plan: &Plan, generation: &Generation, snapshot: &Snapshot) -> Vec<Room> {
    let (mut units, mut confs, mut records) = (0, 0, 0);
    for target in plan.targets.values() {
        match &target.record {
            Some(record) => {
                let files = files(record);
                units += files.unit.len();
                confs += files.conf.len();
                records += files.record.len();
            }
            // One of each; a container that goes has none, and needs none.
            None => records += UNBUILT,
        }
    }
    let json = serde_json::to_vec(generation).expect("a generation has string keys only").len();
    // It is written with line breaks and indentation.
    let sizes = [json * 2 + plan.builds.len() * UNBUILT, confs, records, records, units];
    let mut rooms: Vec<Room> =
        directories().into_iter().zip(sizes).map(|(directory, bytes)| room(directory, bytes.max(1))).collect();
    // Where it is read-only, as on NixOS, the file below /run has to do.
    rooms.push(Room { directory: paths::CONFS.into(), bytes: 1, optional: true });
    let is_of_store = |record: &crate::state::Record| record.spec.system.starts_with("/nix/store");
    if !plan.builds.is_empty() || generation.records.values().any(is_of_store) {
        rooms.push(room(paths::GC_ROOTS.into(), 1));
    }
    if plan.order.nodes().any(|(_, action)| matches!(action, Action::Start(_))) {
        // With the modes that they have: the launcher makes those that are missing.
        let roots = [paths::ROOTS, paths::EPHEMERAL_ROOTS, paths::NAMESPACES].map(Path::new);
        rooms.extend(roots.into_iter().filter(|path| path.exists()).map(|path| room(path.to_owned(), 1)));
    }
    if plan.order.nodes().any(|(_, action)| *action == Action::RenewProgram) {
        let directory = Path::new(paths::PROGRAM).parent().unwrap_or(Path::new(paths::STATE));
        rooms.push(room(directory.to_owned(), snapshot.program.bytes));
    }
    rooms
}

/// What is in the way of `plan`, as far as that can be seen without writing anything.
pub(super) fn obstacles(configuration: &Configuration, snapshot: &Snapshot, plan: &Plan) -> Vec<Diagnostic> {
    let mut obstacles: Vec<_> = program::obstacle(plan, snapshot).into_iter().collect();
    if !plan.is_empty() {
        obstacles.extend(fixed(&replaced(plan)).into_iter().map(|path| immutable(path)));
        obstacles.extend(unusable_roots(&roots(plan, configuration)).into_iter().map(|path| no_root(path)));
    }
    obstacles
}

/// The files that the plan replaces or removes, where they are there.
fn replaced(plan: &Plan) -> Vec<PathBuf> {
    let of_container = |name: &ContainerName| {
        let (unit, record, booted) = (paths::unit(name), paths::record(name), paths::booted(name));
        [unit, paths::outranking_unit(name), paths::conf(name), paths::conf_target(name), record, booted]
    };
    let of_host = plan.order.nodes().filter_map(|(_, action)| match action {
        Action::RenewProgram => Some(PathBuf::from(paths::PROGRAM)),
        Action::WriteBootService => Some(paths::boot_service()),
        _ => None,
    });
    plan.targets.keys().flat_map(of_container).chain(of_host).chain([paths::boot_generation()]).collect()
}

fn immutable(path: &Path) -> Diagnostic {
    let path = path.display();
    let message = format!("cannot replace {path}: it is immutable");
    Diagnostic::error(Code::Host, message).help(format!("if that is not on purpose: `chattr -ia {path}`"))
}

/// The kept roots of what the plan starts.
fn roots(plan: &Plan, configuration: &Configuration) -> Vec<PathBuf> {
    let starts = plan.order.nodes().filter_map(|(_, action)| match action {
        Action::Start(name) => Some(name),
        _ => None,
    });
    let is_kept = |name: &&ContainerName| {
        let container = configuration.manifest.containers.get(*name);
        container.is_some_and(|container| container.ephemeral.known() == Some(&false))
    };
    starts.filter(is_kept).map(paths::root).collect()
}

fn no_root(path: &Path) -> Diagnostic {
    let message = format!("no guest can start in {}: it is not a directory", path.display());
    let help = "move away what is in the place of the container's root, or bring back what its symlink leads to";
    Diagnostic::error(Code::Host, message).help(help)
}

fn no_room(lack: &NoRoom) -> Diagnostic {
    let directory = lack.directory.display();
    let diagnostic = failure(Code::Host, lack);
    match lack.source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            diagnostic.help(format!("make room on its file system (`df -h {directory}`)"))
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            diagnostic.help(format!("mount it writable (`findmnt -T {directory}` shows what it is on)"))
        }
        io::ErrorKind::PermissionDenied => diagnostic
            .help(format!("if it is immutable (`lsattr -d {directory}`), take that off: `chattr -i {directory}`")),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            diagnostic.help("something that is not a directory is in its place: move it away")
        }
        _ => diagnostic,
    }
}

/// Why the host could not be looked at, with what to do about it.
pub(super) fn not_observed(error: &ProbeError) -> Diagnostic {
    let diagnostic = failure(Code::NotObserved, error);
    match error {
        ProbeError::Bus { service: "systemd-machined", .. } => diagnostic.help(
            "it comes with systemd-nspawn (on Debian and Ubuntu in the package systemd-container); \
             `systemctl status systemd-machined` says what is wrong with it",
        ),
        ProbeError::Bus { .. } => diagnostic.help(
            "the system bus has to run: `systemctl start dbus.socket`, where it is not installed install dbus",
        ),
        ProbeError::Corrupt { .. } => {
            diagnostic.help("a later version wrote it: use that one, or remove the file if nothing of it is needed")
        }
        ProbeError::Netlink { .. } | ProbeError::Nft { .. } | ProbeError::Read { .. } => diagnostic,
    }
}
