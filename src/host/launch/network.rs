//! Sets up a container's network before its guest starts, and takes it down afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::error::LaunchError;
use crate::host::netlink::{self, HardwareAddresses};
use crate::host::waiting::ENDLESS;
use crate::host::{managers, netns, notify, sysctl};
use crate::model::ContainerName;
use crate::model::spec::{ContainerSpec, NatSpec, Network, Private};
use crate::render::interface::{self, End, Pair};
use crate::render::nft::Ruleset;
use crate::render::{nspawn, paths};
use crate::state::Record;

/// Creates what can be created before systemd-nspawn runs. Returns whether [`fill`] must do the rest once nspawn has
/// created the namespace.
pub(super) fn prepare(spec: &ContainerSpec) -> Result<bool, LaunchError> {
    let private = match &spec.network {
        Network::Private(private) if private.has_interfaces() => private,
        Network::Named(namespace) => {
            wait_for_namespace(Path::new(namespace))?;
            return Ok(false);
        }
        Network::Private(_) | Network::Host => return Ok(false),
    };
    wait_for_interfaces(&interface::pairs(&spec.name, &spec.network), private)?;
    if let Err((path, error)) = managers::leave_alone_at_start(&spec.name, &spec.network) {
        // Most hosts have no network manager that would matter.
        tracing::warn!("cannot write {}: {error}", path.display());
    }
    if nspawn::is_made_by_nspawn(spec) {
        return Ok(true);
    }
    netns::create(&paths::namespace(&spec.name))?;
    fill(spec)?;
    Ok(false)
}

/// Creates all interfaces in the container's namespace, complete with addresses and routes.
pub(super) fn fill(spec: &ContainerSpec) -> Result<(), LaunchError> {
    let Network::Private(private) = &spec.network else { return Ok(()) };
    let pairs = interface::pairs(&spec.name, &spec.network);
    let namespace = paths::namespace(&spec.name);
    netlink::set_lo_up(&namespace)?;
    let machine = machine_id();
    let hardware = |end, index| machine.map(|machine| interface::hardware_address(machine, end, &spec.name, index));
    for pair in &pairs {
        let (host, guest) = match pair.extra {
            None => (hardware(End::Host, 0), hardware(End::Guest, 0)),
            Some(index) => (hardware(End::ExtraHost, index), hardware(End::ExtraGuest, index)),
        };
        let hardware = HardwareAddresses { host, guest: pair.veth.hardware.or(guest) };
        netlink::connect(pair, &namespace, hardware)?;
        if pair.veth.bridge.is_none() {
            // A host that forwards IPv6 may accept router advertisements on new interfaces, but a guest must not become
            // the host's router.
            let name = &pair.host.name;
            sysctl::refuse_advertisements(name).map_err(|source| LaunchError::Sysctl {
                name: format!("net.ipv6.conf.{name}.accept_ra"),
                source,
            })?;
        }
    }
    for (index, passed) in (0..).zip(&private.macvlans) {
        let hardware = hardware(End::Macvlan, index);
        netlink::give_macvlan(&passed.host, &interface::macvlan(passed), &namespace, hardware)?;
    }
    for passed in &private.interfaces {
        netlink::give(&passed.host, interface::moved(passed), &namespace)?;
    }
    // An interface's sysctls are as new as the interface; the rules that need them may be loaded already. The host's own are set when
    // rules are loaded, after their former values were noted.
    let sysctls = Ruleset::of([(&spec.name, &spec.network)], &NatSpec::default()).sysctls();
    for sysctl in sysctls.into_iter().filter(|sysctl| !sysctl.is_of_host()) {
        sysctl::set(&sysctl).map_err(|source| LaunchError::Sysctl { name: sysctl.name, source })?;
    }
    Ok(())
}

/// Waits until all host interfaces that the container needs exist; at boot they may be late.
///
/// systemd limits how long a start may take (`TimeoutStartSec=`), and is told what the start is waiting for. If it sets
/// no limit, [`ENDLESS`] applies.
fn wait_for_interfaces(pairs: &[Pair], private: &Private) -> Result<(), LaunchError> {
    let bridges =
        pairs.iter().filter(|pair| !pair.veth.creates_bridge).filter_map(|pair| pair.veth.bridge.as_ref());
    let passed = private.macvlans.iter().chain(&private.interfaces).map(|passed| &passed.host);
    let wanted: BTreeSet<&String> = bridges.chain(passed).collect();
    let (mut said, begun) = (None, Instant::now());
    while !wanted.is_empty() {
        let links = netlink::interfaces()?;
        let Some(missing) = wanted.iter().find(|link| !links.contains_key(link.as_str())) else { break };
        if said != Some(*missing) {
            notify::status(&format!("waiting for the interface `{missing}`"));
            said = Some(*missing);
        }
        if begun.elapsed() > ENDLESS {
            return Err(too_long(format!("the interface `{missing}`")));
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Waits in the same way until the namespace that the container joins exists.
fn wait_for_namespace(path: &Path) -> Result<(), LaunchError> {
    if !path.exists() {
        notify::status(&format!("waiting for the network namespace {}", path.display()));
    }
    let begun = Instant::now();
    while !path.exists() {
        if begun.elapsed() > ENDLESS {
            return Err(too_long(format!("the network namespace {}", path.display())));
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

fn too_long(what: String) -> LaunchError {
    LaunchError::Waited { what, seconds: ENDLESS.as_secs() }
}

/// The ID of this machine (machine-id(5)); `None` if it has none yet.
fn machine_id() -> Option<[u8; 16]> {
    let id = fs::read_to_string("/etc/machine-id").ok()?;
    data_encoding::HEXLOWER_PERMISSIVE.decode(id.trim().as_bytes()).ok()?.try_into().ok()
}

/// Takes back the host interfaces that the guest was given, and deletes its own.
///
/// `records` are what the container may have been started with.
pub(super) fn empty(name: &ContainerName, records: impl Iterator<Item = Record>) -> Result<(), LaunchError> {
    let namespace = paths::namespace(name);
    // A killed run may have created the file, but not mounted a namespace on it.
    if netns::within(&namespace, || ()).is_err() {
        return Ok(());
    }
    let given = records.flat_map(|record| match record.spec.network {
        Network::Private(private) => private.interfaces,
        Network::Host | Network::Named(_) => Vec::new(),
    });
    let given = given.map(|passed| (interface::moved(&passed).to_owned(), passed.host)).collect();
    Ok(netlink::empty(&namespace, &given)?)
}
