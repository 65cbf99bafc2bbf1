//! `status`: the containers of this host, and how its last switch ended.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::context::Context;
use super::live_host::LiveHost;
use super::only::no_such_container;
use super::plan::observe;
use super::{ahead, boot_service, last_switch};
use crate::diag::{Code, Diagnostic};
use crate::model::spec::{Forward, Network, Ports, Private};
use crate::model::{ContainerName, natural_order};
use crate::plan::standing;
use crate::render::nft::{Counters, Traffic};
use crate::state::{
    ActiveState, FailedUnit, Health, LastSwitch, Machine, ObservedContainer, Owner, Record, Rules, Snapshot,
    SwitchOutcome,
};

/// The containers of a host, and how its last switch ended.
#[derive(Debug)]
pub struct Status {
    /// The containers and machines.
    pub rows: Vec<Row>,
    /// The last switch, and how it ended.
    pub last_switch: Option<(LastSwitch, SwitchOutcome)>,
    /// What there is to say about the last switch.
    pub finding: Option<Diagnostic>,
    /// Errors about names that no container has.
    pub unknown: Vec<Diagnostic>,
}

/// Observes the containers `names`, or all containers and machines.
///
/// # Errors
///
/// Why the host cannot be observed.
pub fn status(cx: &Context<'_>, host: &dyn LiveHost, names: &[ContainerName]) -> Result<Status, Vec<Diagnostic>> {
    let mut snapshot = observe(host)?;
    if snapshot.systemd {
        let failed = |error| vec![Diagnostic::caused_by(Code::NotObserved, &error)];
        host.details(&mut snapshot).map_err(failed)?;
    }
    let wanted: Vec<_> = names.iter().chain(cx.only).cloned().collect();
    let condition = Condition::of(host, &snapshot);
    let mut rows = rows(&snapshot, &condition, &wanted, cx.clock.now());
    if let Some(declared) = ahead::declared(cx) {
        for (name, observed) in &snapshot.containers {
            let row = rows.iter_mut().find(|row| row.name == name.as_str());
            row.into_iter().for_each(|row| row.drift.extend(ahead::of(name, observed, &declared)));
        }
    }
    let unknown = wanted.iter().filter(|name| !rows.iter().any(|row| row.name == name.as_str()));
    let unknown = unknown.map(|name| no_such_container(name, &snapshot)).collect();
    if !snapshot.systemd {
        let note = Diagnostic::note(Code::NotObserved, "systemd does not run here, so there are no containers");
        cx.ui.findings(&[note]);
    }
    let last_switch = last_switch::observe(host);
    if snapshot.boot_service.is_enabled {
        // Without a boot service, `switch` warns instead.
        cx.ui.findings(&boot_service::warning(&snapshot.boot_service));
    }
    let finding = last_switch.as_ref().and_then(|(last, how)| last_switch::finding(last, *how, cx.clock.now()));
    Ok(Status { rows, last_switch, finding, unknown })
}

/// The state of containers beyond what the host's systemd knows about their units.
#[derive(Debug, Default)]
struct Condition {
    /// The health of each guest that could be asked.
    healths: BTreeMap<ContainerName, Health>,
    /// Why containers that are not running failed.
    failures: BTreeMap<ContainerName, String>,
}

impl Condition {
    fn of(host: &dyn LiveHost, snapshot: &Snapshot) -> Self {
        if !snapshot.systemd {
            return Self::default();
        }
        // Only root can ask guests, so this is empty for other users.
        Self { healths: host.healths(snapshot), failures: host.failures(snapshot) }
    }
}

/// A container or machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The container or machine.
    pub name: String,
    /// `running`, `degraded`, `starting`, `stopping`, `failed`, `stopped` or `not loaded`.
    pub state: &'static str,
    /// The failed units of the guest. `None` if it is not running or cannot be asked.
    pub failed_units: Option<Vec<FailedUnit>>,
    /// Why the container failed, if it did.
    pub reason: Option<String>,
    /// Who owns it.
    pub owner: Owner,
    /// The guest system that it runs, or would run.
    pub system: Option<String>,
    /// The addresses that the guest has, or would have.
    pub addresses: Vec<String>,
    /// The host ports forwarded to it, as `tcp:8080->80`, or `tcp:203.0.113.1:8000-8010->80` by an option of ours.
    pub ports: Vec<String>,
    /// What passed through each of these forwards, in the same order. `None` if the rules cannot be read or lack it.
    pub traffic: Vec<Option<Traffic>>,
    /// How long it has been up.
    pub uptime_seconds: Option<u64>,
    /// Memory in use, if the host accounts for it.
    pub memory_bytes: Option<u64>,
    /// How it differs from the current generation, from its written files, and from what the host's own configuration declares. Empty if
    /// it does not, or if that is unknown.
    pub drift: Vec<String>,
}

/// The rows of a snapshot, or only those of `names`: containers first, in natural order.
fn rows(snapshot: &Snapshot, condition: &Condition, names: &[ContainerName], now: u64) -> Vec<Row> {
    let missing = standing::missing_forwards(snapshot);
    let counters = match &snapshot.rules {
        Ok(Rules::Present(listing)) => Counters::read(listing),
        _ => Counters::default(),
    };
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted.as_str() == name);
    let containers =
        snapshot.containers.iter().filter(|(name, _)| wanted(name.as_str())).map(|(name, container)| {
            let drift = standing::of(name, snapshot, &missing);
            Row { drift, ..container_row(name, container, (condition, &counters), now) }
        });
    let machines = snapshot.foreign.iter().filter(|machine| wanted(&machine.name)).map(machine_row);
    let [mut containers, mut machines]: [Vec<Row>; 2] = [containers.collect(), machines.collect()];
    for rows in [&mut containers, &mut machines] {
        rows.sort_by(|a, b| natural_order(&a.name).cmp(&natural_order(&b.name)));
    }
    containers.append(&mut machines);
    containers
}

fn container_row(
    name: &ContainerName,
    container: &ObservedContainer,
    (condition, counters): (&Condition, &Counters),
    now: u64,
) -> Row {
    let (health, failure) = (condition.healths.get(name), condition.failures.get(name));
    let acts = container.acts_as();
    let record = acts.as_deref().or(container.written.as_ref());
    let observed = container.machine.as_ref().map(reachable).unwrap_or_default();
    let (ports, traffic) = record.map(|record| forwards(record, counters)).unwrap_or_default().into_iter().unzip();
    let since = container.unit.as_ref().filter(|_| container.is_running()).and_then(|unit| unit.active_since);
    Row {
        name: name.to_string(),
        state: state(container, health, failure.is_some()),
        failed_units: health.map(|health| health.failed.iter().cloned().collect()),
        reason: failure.cloned(),
        owner: container.owner,
        system: record.map(|record| record.spec.system.display().to_string()),
        addresses: if observed.is_empty() { record.map(addresses).unwrap_or_default() } else { observed },
        ports,
        traffic,
        uptime_seconds: since.map(|micros| now.saturating_sub(micros / 1_000_000)),
        memory_bytes: container.unit.as_ref().and_then(|unit| unit.memory),
        drift: Vec::new(),
    }
}

fn machine_row(machine: &Machine) -> Row {
    Row {
        name: machine.name.clone(),
        state: "running",
        failed_units: None,
        reason: None,
        owner: Owner::Foreign,
        system: None,
        addresses: reachable(machine),
        ports: Vec::new(),
        traffic: Vec::new(),
        uptime_seconds: None,
        memory_bytes: None,
        drift: Vec::new(),
    }
}

/// The addresses of a machine without link-local ones, which mean nothing without their interface.
fn reachable(machine: &Machine) -> Vec<String> {
    let is_link_local =
        |address: &&IpAddr| matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    machine.addresses.iter().filter(|address| !is_link_local(address)).map(ToString::to_string).collect()
}

fn state(container: &ObservedContainer, health: Option<&Health>, has_failed: bool) -> &'static str {
    match container.unit.as_ref().map(|unit| unit.active) {
        Some(ActiveState::Active | ActiveState::Reloading) if health.is_some_and(Health::is_degraded) => "degraded",
        Some(ActiveState::Active | ActiveState::Reloading) => "running",
        Some(ActiveState::Activating) => "starting",
        Some(ActiveState::Deactivating) => "stopping",
        Some(ActiveState::Failed) => "failed",
        // After a failed start the unit is stopped, and systemd forgets the failure.
        Some(ActiveState::Inactive) if has_failed => "failed",
        Some(ActiveState::Inactive | ActiveState::Maintenance) => "stopped",
        None => "not loaded",
    }
}

fn addresses(record: &Record) -> Vec<String> {
    let Network::Private(Private { veth: Some(veth), .. }) = &record.spec.network else { return Vec::new() };
    let four = veth.local4.iter().map(ToString::to_string);
    four.chain(veth.local6.iter().map(ToString::to_string)).collect()
}

/// The ports that are forwarded to the guest, and what passed through each.
fn forwards(record: &Record, counters: &Counters) -> Vec<(String, Option<Traffic>)> {
    let Network::Private(Private { veth: Some(veth), forwards, own_forwards, .. }) = &record.spec.network else {
        return Vec::new();
    };
    let plain = forwards.iter().map(|forward| {
        let Forward { protocol, host_port, container_port } = forward;
        let traffic = counters.of(*protocol, Ports::one(*host_port));
        (format!("{}:{host_port}->{container_port}", protocol.as_str()), traffic)
    });
    let addresses = [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
    let own = own_forwards.iter().map(|forward| {
        let taken = addresses.into_iter().flatten().filter(|address| forward.is_for(address.is_ipv6()));
        (forward.to_string(), counters.of_own(forward, taken))
    });
    plain.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::MemoryHost;
    use crate::state::{Damage, Probe as _, Unit};

    fn machine(name: &str) -> Machine {
        Machine {
            name: name.to_owned(),
            class: String::from("container"),
            service: String::from("systemd-nspawn"),
            leader: 42,
            unit: format!("machine-{name}.scope"),
            addresses: vec!["10.0.0.1".parse().expect("an address"), "fe80::1".parse().expect("an address")],
        }
    }

    #[test]
    fn foreign_machines_are_listed_c2_before_c10_without_addresses_of_links() {
        let foreign = ["c1", "c10", "c2"].map(machine).to_vec();
        let empty = MemoryHost::new().snapshot().expect("a host without containers");
        let rows = rows(&Snapshot { foreign, ..empty }, &Condition::default(), &[], 0);
        let shown: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.addresses.concat())).collect();
        assert_eq!(shown, ["c1", "c2", "c10"].map(|name| (name, String::from("10.0.0.1"))));
    }

    #[test]
    fn the_state_depends_on_the_unit_the_guest_and_the_last_start() {
        let unit = |active| Unit { fragment: None, is_unread: false, active, active_since: None, memory: None };
        let container = |active| ObservedContainer {
            owner: Owner::Ours,
            unit: Some(unit(active)),
            machine: None,
            written: None,
            missing_program: None,
            guest_network: None,
            moved_sources: Default::default(),
            booted: None,
            is_hooked: false,
            unit_text: None,
            start_text: None,
            conf_text: None,
            damage: Damage::default(),
        };
        let well = Health::default();
        let ill = Health { failed: [FailedUnit { unit: String::new(), result: String::new() }].into() };
        #[rustfmt::skip]
        let table = [
            (ActiveState::Active,     Some(&well), false, "running"),
            (ActiveState::Active,     Some(&ill),  false, "degraded"),
            (ActiveState::Reloading,  Some(&ill),  false, "degraded"),
            // The guest's health is unknown.
            (ActiveState::Active,     None,        false, "running"),
            (ActiveState::Activating, Some(&ill),  false, "starting"),
            (ActiveState::Inactive,   None,        true,  "failed"),
            (ActiveState::Inactive,   None,        false, "stopped"),
            (ActiveState::Failed,     None,        false, "failed"),
        ];
        for (active, health, has_failed, expected) in table {
            assert_eq!(state(&container(active), health, has_failed), expected, "{active:?}");
        }
    }
}
