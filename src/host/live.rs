//! Changes a container while it runs: its mounts, the addresses of its interfaces, its system.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::guest::{self, Answer, GuestError};
use super::systemd::BusError;
use super::waiting::GaveUp;
use super::{atomic_file, bind_source, guest_system, kill_point, machined, netlink, systemd};
use crate::apply::{BusCall, HostError, Operation, Switched};
use crate::model::ContainerName;
use crate::model::spec::Bind;
use crate::render::interface::Pair;
use crate::render::paths;
use crate::state::{ActiveState, Health, Machine, NoSwitch};

/// The exit code of `switch-to-configuration` if only a restart will do (nixpkgs
/// `pkgs/by-name/sw/switch-to-configuration-ng`).
const RESTART_WANTED: u8 = 100;
/// What it prints if one of NixOS's checks finds that a switch inhibitor differs; it then exits with 1.
const INHIBITED: &str = "'switchInhibitors' failed";
/// Its exit code if it is done but units have failed, including those that had failed before.
const UNITS_FAILED: u8 = 4;

/// How many of the last lines of its output an error shows.
const LOG_LINES: usize = 20;

/// How long a guest that has reported that it is ready may still be busy starting.
const SETTLING: Duration = Duration::from_secs(5);

/// Whether its unit runs or is starting.
pub(super) fn is_running(name: &ContainerName) -> Result<bool, HostError> {
    let units = systemd::units(&[name.unit()]).map_err(bus(BusCall::State(name.clone())))?;
    let state = units.into_iter().next().flatten().map(|unit| unit.active);
    Ok(matches!(state, Some(ActiveState::Active | ActiveState::Reloading | ActiveState::Activating)))
}

/// Mounts a path of the host in the guest, unless the guest sees that path there already.
pub(super) fn bind(name: &ContainerName, bind: &Bind) -> Result<(), HostError> {
    let look = |source| HostError::File { what: "look at", path: bind.host.clone().into(), source };
    // What a symlink leads to is looked up once, so that the note says what was mounted.
    let resolved = Path::new(&bind.host).canonicalize().map_err(look)?;
    let host = resolved.metadata().map_err(look)?;
    if !guest::sees(&machine(name)?, &bind.mount, &host).map_err(refused(name))? {
        kill_point::reach("mount");
        let call = BusCall::Mount(name.clone(), bind.host.clone(), bind.mount.clone());
        let source = resolved.to_str().unwrap_or(&bind.host);
        machined::bind_mount(name.as_str(), source, &bind.mount, bind.read_only).map_err(bus(call))?;
        kill_point::reach("mounted");
    }
    bind_source::note(name, &bind.host, resolved).map_err(|source| HostError::File {
        what: "write",
        path: paths::bound_sources(name),
        source,
    })
}

/// Changes the addresses of an interface on both ends, and attaches it to its bridge again.
pub(super) fn readdress(name: &ContainerName, from: &Pair, to: &Pair) -> Result<(), HostError> {
    netlink::readdress(&paths::namespace(name), from, to).map_err(|source| HostError::Netlink {
        name: name.clone(),
        interface: to.host.name.clone(),
        source: source.into(),
    })
}

/// Makes the guest switch to another system, as `nixos-rebuild test` does on a host.
pub(super) fn switch_guest(name: &ContainerName, system: &Path) -> Result<Switched, HostError> {
    let machine = machine(name)?;
    let runs = guest::current_system(&machine).and_then(|system| guest_system::read(&system));
    if let Some(obstacle) = guest_system::read(system).and_then(|wanted| wanted.obstacle(runs.as_ref())) {
        return Ok(Switched::RestartWanted(obstacle));
    }
    let program = system.join("bin/switch-to-configuration");
    let program = program.to_string_lossy();
    kill_point::reach("switch guest");
    let Answer { status, output } = guest::call(&machine, &[&program, "test"]).map_err(refused(name))?;
    kill_point::reach("guest switched");
    for line in &output {
        tracing::info!("{name}: {line}");
    }
    match status {
        0 => Ok(Switched::Done),
        UNITS_FAILED => Ok(Switched::UnitsFailed),
        RESTART_WANTED => Ok(Switched::RestartWanted(NoSwitch::Asked)),
        // NixOS of 2025 compared its inhibitors in another way, which only it can do.
        1 if output.iter().any(|line| line.contains(INHIBITED)) => {
            Ok(Switched::RestartWanted(NoSwitch::Inhibited(Vec::new())))
        }
        status => {
            let (name, system) = (name.clone(), system.to_owned());
            let log = output[output.len().saturating_sub(LOG_LINES)..].to_vec();
            Err(HostError::GuestSwitch { name, system, status: status.into(), log })
        }
    }
}

/// The system that the guest runs, as it says itself.
pub(super) fn running_system(name: &ContainerName) -> Option<PathBuf> {
    let system = guest::current_system(&machine(name).ok()?)?;
    system.is_dir().then_some(system)
}

/// Records what the container runs with.
pub(super) fn note_running(name: &ContainerName, record: &str) -> Result<(), HostError> {
    let path = paths::booted(name);
    atomic_file::write(&path, record.as_bytes(), 0o644).map_err(|source| HostError::File {
        what: "write",
        path,
        source,
    })
}

/// The running guest's health; `None` if it gives no answer.
pub(super) fn health(name: &ContainerName) -> Option<Health> {
    let machine = machined::find(name.as_str()).ok().flatten().filter(|machine| machine.unit == name.unit())?;
    guest::health(&machine, SETTLING)
}

fn machine(name: &ContainerName) -> Result<Machine, HostError> {
    let machines = machined::machines().map_err(bus(BusCall::Find(name.clone())))?;
    let found = machines.into_iter().find(|machine| machine.name == name.as_str() && machine.unit == name.unit());
    found.ok_or_else(|| HostError::NotRunning { name: name.clone() })
}

fn bus(call: BusCall) -> impl FnOnce(BusError) -> HostError {
    move |source| HostError::Bus { call, source: source.into() }
}

fn refused(name: &ContainerName) -> impl FnOnce(GuestError) -> HostError {
    let name = name.clone();
    move |error| match error {
        GuestError::GaveUp { what, reason: GaveUp::CutShort, .. } => {
            HostError::StoppedWaiting { operation: Operation::Command(what, name) }
        }
        source => HostError::Guest { name, source: source.into() },
    }
}
