//! Checks everything that a switch needs from the host, before the first build and the first stop.
//!
//! Takes: the host, and the plan made before the build. Gives: the lock and the observed state, or all obstacles
//! together, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::build;
use super::configuration::Configuration;
use super::context::Context;
use super::live_host::{LiveHost, Lock, LockError, NoRoom, Room};
use super::only::about_covered;
use super::stage::Stage;
use super::ui::Work;
use crate::apply::{Builder, files};
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::ContainerName;
use crate::plan::facts::BeforeBuild;
use crate::plan::{Action, Plan, program};
use crate::render::paths;
use crate::state::{Generation, ProbeError, Snapshot};

/// The bytes to reserve for the files of a container that is not built yet, and for its part of the generation.
const UNBUILT: usize = 16 << 10;

/// Takes the lock that everything which changes the host holds.
///
/// # Errors
///
/// Why it is not to be had.
pub fn lock(host: &dyn LiveHost) -> Result<Lock, Vec<Diagnostic>> {
    host.lock(false).map_err(|error| {
        let diagnostic = Diagnostic::caused_by(Code::Locked, &error);
        vec![match error {
            LockError::Held { .. } => diagnostic.help("wait until it has finished"),
            LockError::File { .. } => diagnostic,
        }]
    })
}

/// Locks the host, after waiting for others that change it if `waits`, and observes it.
pub(super) fn begin(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    waits: bool,
) -> Result<(Lock, Snapshot), Vec<Diagnostic>> {
    let _stage = Stage::Plan.begin();
    let lock = match host.lock(false) {
        Err(error @ LockError::Held { .. }) if waits => {
            let _waiting = cx.ui.begin(Work::Whole(&format!("waiting: {error}")));
            host.lock(true)
        }
        Err(error @ LockError::Held { .. }) => {
            let help = "wait until it has finished, or run this with `--wait`";
            return Err(vec![Diagnostic::caused_by(Code::Locked, &error).help(help)]);
        }
        lock => lock,
    };
    match (lock, host.snapshot()) {
        (Ok(lock), Ok(snapshot)) => Ok((lock, snapshot)),
        (lock, snapshot) => {
            let mut findings: Vec<_> = snapshot.err().iter().map(not_observed).collect();
            let rooms = host.lacking(&directories().map(|directory| room(directory, 1)));
            match lock {
                // The lock file is in one of these directories: do not report the same cause twice.
                Err(error) if rooms.iter().all(|lack| !lack.directory.starts_with(paths::STATE)) => {
                    findings.push(Diagnostic::caused_by(Code::Host, &error));
                }
                _ => {}
            }
            findings.extend(rooms.iter().map(no_room));
            Err(findings)
        }
    }
}

/// Fails if anything is missing for `plan`, which was made before the build. Reports everything that is missing.
pub(super) fn before_build(
    cx: &Context<'_>,
    (host, builder): (&dyn LiveHost, &dyn Builder),
    configuration: &Configuration,
    (snapshot, plan): (&Snapshot, &Plan),
    generation: &Generation,
) -> Result<(), Vec<Diagnostic>> {
    let spec = configuration.check_model().spec;
    let missing = configuration.missing(&spec, &BeforeBuild(host), snapshot);
    let mut missing = about_covered(cx, configuration, missing);
    missing.retain(|finding| finding.severity == Severity::Error);
    missing.extend(obstacles(host, configuration, snapshot, plan));
    missing.extend(build::obstacle(cx, builder, configuration));
    if !plan.is_empty() {
        missing.extend(host.lacking(&rooms(host, plan, generation, snapshot)).iter().map(no_room));
    }
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// The directories that every switch writes to.
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

/// The directories that the plan writes to, and how many bytes.
fn rooms(host: &dyn LiveHost, plan: &Plan, generation: &Generation, snapshot: &Snapshot) -> Vec<Room> {
    let (mut units, mut confs, mut records) = (0, 0, 0);
    for target in plan.targets.values() {
        match &target.record {
            Some(record) => {
                let files = files(record);
                units += files.unit.len();
                confs += files.conf.len();
                records += files.record.len();
            }
            // Not built yet, or to be removed; the latter needs no room, but reserving it does no harm.
            None => records += UNBUILT,
        }
    }
    let json = serde_json::to_vec(generation).expect("a generation has string keys only").len();
    // The generation is written indented, which takes up to twice the space.
    let sizes = [json * 2 + plan.builds.len() * UNBUILT, confs, records, records, units];
    let mut rooms: Vec<Room> =
        directories().into_iter().zip(sizes).map(|(directory, bytes)| room(directory, bytes.max(1))).collect();
    // Optional: where /etc is read-only, as on NixOS, the file below /run is enough.
    rooms.push(Room { directory: paths::CONFS.into(), bytes: 1, optional: true });
    let is_of_store = |record: &crate::state::Record| record.spec.system.starts_with("/nix/store");
    if !plan.builds.is_empty() || generation.records.values().any(is_of_store) {
        rooms.push(room(paths::GC_ROOTS.into(), 1));
    }
    if plan.order.nodes().any(|(_, action)| matches!(action, Action::Start(_))) {
        // Only existing directories: the launcher creates missing ones with the right mode.
        let roots = [paths::ROOTS, paths::EPHEMERAL_ROOTS, paths::NAMESPACES].map(Path::new);
        rooms.extend(roots.into_iter().filter(|path| host.exists(path)).map(|path| room(path.to_owned(), 1)));
    }
    if plan.order.nodes().any(|(_, action)| *action == Action::RenewProgram) {
        let directory = Path::new(paths::PROGRAM).parent().unwrap_or(Path::new(paths::STATE));
        rooms.push(room(directory.to_owned(), snapshot.program.bytes));
    }
    rooms
}

/// What prevents `plan`, as far as that can be seen without writing anything.
pub(super) fn obstacles(
    host: &dyn LiveHost,
    configuration: &Configuration,
    snapshot: &Snapshot,
    plan: &Plan,
) -> Vec<Diagnostic> {
    let mut obstacles: Vec<_> = program::obstacle(plan.program.as_ref(), snapshot).into_iter().collect();
    if !plan.is_empty() {
        obstacles.extend(host.immutable(&replaced(plan)).iter().map(|path| immutable(path)));
        obstacles.extend(host.unusable_roots(&roots(plan, configuration)).iter().map(|path| no_root(path)));
    }
    obstacles
}

/// The files that the plan replaces or removes, if they exist.
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
    Diagnostic::error(Code::Host, message).help(format!("unless that is intended, run `chattr -ia {path}`"))
}

/// The kept roots of the containers that the plan starts.
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
    let message = format!("cannot use {} as a root: it is not a directory", path.display());
    let help = "move it away, or restore the target of the symlink";
    Diagnostic::error(Code::Host, message).help(help)
}

fn no_room(lack: &NoRoom) -> Diagnostic {
    let directory = lack.directory.display();
    let diagnostic = Diagnostic::caused_by(Code::Host, lack);
    match lack.source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            diagnostic.help(format!("free space on its file system (`df -h {directory}`)"))
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            diagnostic.help(format!("remount its file system writable (see `findmnt -T {directory}`)"))
        }
        io::ErrorKind::PermissionDenied => diagnostic
            .help(format!("if it is immutable (see `lsattr -d {directory}`), run `chattr -i {directory}`")),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            diagnostic.help("a file of that name exists, but is not a directory: move it away")
        }
        _ => diagnostic,
    }
}

/// Why the host could not be observed, and what to do about it.
pub(super) fn not_observed(error: &ProbeError) -> Diagnostic {
    let diagnostic = Diagnostic::caused_by(Code::NotObserved, error);
    match error {
        ProbeError::Bus { service: "systemd-machined", .. } => diagnostic.help(
            "it comes with systemd-nspawn (on Debian and Ubuntu: the package systemd-container); \
             see `systemctl status systemd-machined`",
        ),
        ProbeError::Bus { .. } => diagnostic.help(
            "start the system bus with `systemctl start dbus.socket`, after installing dbus if it is missing",
        ),
        ProbeError::Corrupt { .. } => {
            diagnostic.help("a later version wrote it: use that version, or remove the file if you do not need it")
        }
        ProbeError::Netlink { .. } | ProbeError::Nft { .. } | ProbeError::Read { .. } => diagnostic,
    }
}
