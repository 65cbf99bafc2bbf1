//! `status`: shows the containers of this host, as a table or as JSON.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::plan::observe;
use super::{health, last_switch};
use crate::cli::table::{self, Column, table};
use crate::cli::{Outcome, Session, failure};
use crate::diag::{Code, Diagnostic};
use crate::host::linux::Linux;
use crate::host::look;
use crate::model::spec::{Network, Private};
use crate::model::{ContainerName, natural_order};
use crate::plan::standing;
use crate::state::{ActiveState, FailedUnit, Health, Machine, ObservedContainer, Owner, Probe, Record, Snapshot};

/// Prints the containers `names`, or all containers and machines.
pub(in crate::cli) fn status(session: &Session<'_>, names: &[ContainerName], json: bool) -> Outcome {
    let mut snapshot = observe()?;
    if snapshot.systemd {
        Linux::new().details(&mut snapshot).map_err(|error| vec![failure(Code::NotObserved, &error)])?;
    }
    let wanted: Vec<_> = names.iter().chain(&session.global.only).cloned().collect();
    let condition = Condition::of(&snapshot);
    let rows = rows(&snapshot, &condition, &wanted, SystemTime::now());
    let unknown: Vec<_> = wanted.iter().filter(|name| !rows.iter().any(|row| row.name == name.as_str())).collect();
    if !snapshot.systemd {
        let note = Diagnostic::note(Code::NotObserved, "systemd does not run here, so there are no containers");
        session.terminal.findings(&[note], session.sources);
    }
    let last = last_switch::observe();
    if snapshot.boot_service.is_enabled {
        // Without a boot service, `switch` warns instead.
        session.terminal.findings(&super::boot::warning(&snapshot.boot_service), session.sources);
    }
    let text = if json {
        let last_switch = last.as_ref().map(|(last, how)| last_switch::json(last, *how));
        let rows = serde_json::json!({ "format_version": 1, "containers": rows, "last_switch": last_switch });
        format!("{rows:#}\n")
    } else {
        let lines: Vec<_> = rows.iter().map(|row| row.line(session.global.verbose > 0)).collect();
        table(&COLUMNS, &lines, session.terminal.width, session.terminal.fancy_results)
    };
    session.terminal.result(&text);
    let said = last.as_ref().and_then(|(last, how)| last_switch::finding(last, *how));
    session.terminal.findings(said.as_slice(), session.sources);
    if unknown.is_empty() {
        return Ok(0);
    }
    Err(unknown.into_iter().map(|name| super::lifecycle::no_such_container(name, &snapshot)).collect())
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
    fn of(snapshot: &Snapshot) -> Self {
        if !snapshot.systemd {
            return Self::default();
        }
        // Only root can ask guests, so this is empty for other users.
        Self { healths: look::healths(snapshot), failures: look::failures(snapshot) }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Row {
    /// The container or machine.
    name: String,
    /// `running`, `degraded`, `starting`, `stopping`, `failed`, `stopped` or `not loaded`.
    state: &'static str,
    /// The failed units of the guest. `None` if it is not running or cannot be asked.
    failed_units: Option<Vec<FailedUnit>>,
    /// Why the container failed, if it did.
    reason: Option<String>,
    /// Who owns it.
    owner: Owner,
    /// The guest system that it runs, or would run.
    system: Option<String>,
    /// The addresses that the guest has, or would have.
    addresses: Vec<String>,
    /// The host ports forwarded to it, as `tcp:8080->80`.
    ports: Vec<String>,
    /// How long it has been up.
    uptime_seconds: Option<u64>,
    /// Memory in use, if the host accounts for it.
    memory_bytes: Option<u64>,
    /// How it differs from the boot generation and from its written files. Empty if it does not, or if that is unknown.
    drift: Vec<String>,
}

/// The columns. On a narrow terminal, those that help least to find a container or its problem are left out first.
const COLUMNS: [Column; 7] = [
    Column { heading: "NAME", expendable: 0 },
    Column { heading: "STATE", expendable: 0 },
    Column { heading: "OWNER", expendable: 3 },
    Column { heading: "ADDRESSES", expendable: 1 },
    Column { heading: "PORTS", expendable: 2 },
    Column { heading: "UPTIME", expendable: 4 },
    Column { heading: "MEMORY", expendable: 5 },
];

impl Row {
    /// The row for the table; `verbose` adds the guest system.
    fn line(&self, verbose: bool) -> table::Row {
        let owner = match self.owner {
            Owner::Ours => "ours",
            Owner::Native => "native",
            Owner::Foreign => "foreign",
        };
        let failed = self.failed_units.as_deref().filter(|units| !units.is_empty());
        let failed = failed.map(|units| format!("failed units: {}", health::words(units)));
        let reason = self.reason.as_ref().map(|reason| format!("reason: {reason}"));
        let drift = (!self.drift.is_empty()).then(|| format!("drift: {}", self.drift.join("; ")));
        let system = self.system.as_ref().filter(|_| verbose).map(|system| format!("system: {system}"));
        table::Row {
            cells: vec![
                vec![self.name.clone()],
                vec![self.state.to_owned()],
                vec![owner.to_owned()],
                self.addresses.clone(),
                self.ports.clone(),
                self.uptime_seconds.map(duration).into_iter().collect(),
                self.memory_bytes.map(|bytes| format!("{} MiB", bytes >> 20)).into_iter().collect(),
            ],
            colour: colour(self.state).map(|colour| (1, colour)),
            notes: failed.into_iter().chain(reason).chain(drift).chain(system).collect(),
        }
    }
}

/// The colour of a state (ECMA-48): green for healthy, yellow for degraded or in transition, red for failed.
fn colour(state: &str) -> Option<u8> {
    match state {
        "running" => Some(32),
        "degraded" | "starting" | "stopping" => Some(33),
        "failed" => Some(31),
        _ => None,
    }
}

/// The rows of a snapshot, or only those of `names`: containers first, in natural order.
fn rows(snapshot: &Snapshot, condition: &Condition, names: &[ContainerName], now: SystemTime) -> Vec<Row> {
    let missing = standing::missing_forwards(snapshot);
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted.as_str() == name);
    let containers =
        snapshot.containers.iter().filter(|(name, _)| wanted(name.as_str())).map(|(name, container)| {
            let drift = standing::of(name, snapshot, &missing);
            Row { drift, ..container_row(name, container, condition, now) }
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
    condition: &Condition,
    now: SystemTime,
) -> Row {
    let (health, failure) = (condition.healths.get(name), condition.failures.get(name));
    let acts = container.acts_as();
    let record = acts.as_deref().or(container.written.as_ref());
    let observed = container.machine.as_ref().map(reachable).unwrap_or_default();
    let since = container.unit.as_ref().filter(|_| container.is_running()).and_then(|unit| unit.active_since);
    Row {
        name: name.to_string(),
        state: state(container, health, failure.is_some()),
        failed_units: health.map(|health| health.failed.iter().cloned().collect()),
        reason: failure.cloned(),
        owner: container.owner,
        system: record.map(|record| record.spec.system.display().to_string()),
        addresses: if observed.is_empty() { record.map(addresses).unwrap_or_default() } else { observed },
        ports: record.map(ports).unwrap_or_default(),
        uptime_seconds: since.map(|micros| {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            now.saturating_sub(micros / 1_000_000)
        }),
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
        uptime_seconds: None,
        memory_bytes: None,
        drift: Vec::new(),
    }
}

/// The addresses of a machine without link-local ones, which mean nothing without their interface.
fn reachable(machine: &Machine) -> Vec<String> {
    let is_of_link = |address: &&IpAddr| matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    machine.addresses.iter().filter(|address| !is_of_link(address)).map(ToString::to_string).collect()
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

fn ports(record: &Record) -> Vec<String> {
    let Network::Private(Private { forwards, .. }) = &record.spec.network else { return Vec::new() };
    forwards
        .iter()
        .map(|forward| format!("{}:{}->{}", forward.protocol.as_str(), forward.host_port, forward.container_port))
        .collect()
}

/// Formats a duration by its two largest units.
pub(super) fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}min {}s", seconds % 60),
        (0, ..) => format!("{hours}h {minutes}min"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::MemoryHost;
    use crate::state::{Damage, Unit};

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
    fn foreign_machines_are_shown_c2_before_c10() {
        let foreign = ["c1", "c10", "c2"].map(machine).to_vec();
        let empty = MemoryHost::new().snapshot().expect("a host without containers");
        let rows = rows(&Snapshot { foreign, ..empty }, &Condition::default(), &[], UNIX_EPOCH);
        let lines: Vec<_> = rows.iter().map(|row| row.line(true)).collect();
        insta::assert_snapshot!(table(&COLUMNS, &lines, None, false), @r"
        NAME  STATE    OWNER    ADDRESSES  PORTS  UPTIME  MEMORY
        c1    running  foreign  10.0.0.1   -      -       -
        c2    running  foreign  10.0.0.1   -      -       -
        c10   running  foreign  10.0.0.1   -      -       -
        ");
    }

    #[test]
    fn a_container_of_many_ports_and_addresses_fits_into_80_columns() {
        let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let row = Row {
            name: String::from("mailserver"),
            state: "running",
            failed_units: Some(Vec::new()),
            reason: None,
            owner: Owner::Ours,
            system: Some(String::from("/nix/store/0000-nixos-system-mailserver")),
            addresses: text(&["192.168.100.11", "fd00:7:2::11"]),
            ports: text(&["tcp:25->25", "tcp:587->587", "tcp:993->993"]),
            uptime_seconds: Some(8_000_000),
            memory_bytes: Some(312 << 20),
            drift: vec![String::from("keeps its former path until it is restarted")],
        };
        insta::assert_snapshot!(table(&COLUMNS, &[row.line(true)], Some(80), true).replace('\x1b', "␛"), @r"
        NAME        STATE    OWNER  ADDRESSES       PORTS         UPTIME   MEMORY
        mailserver  ␛[32mrunning␛[0m  ours   192.168.100.11  tcp:25->25    92d 14h  312 MiB
                                    fd00:7:2::11    tcp:587->587
                                                    tcp:993->993
            drift: keeps its former path until it is restarted
            system: /nix/store/0000-nixos-system-mailserver
        ");
        insta::assert_snapshot!(table(&COLUMNS, &[row.line(false)], Some(50), false), @r"
        NAME        STATE    ADDRESSES       PORTS
        mailserver  running  192.168.100.11  tcp:25->25
                             fd00:7:2::11    tcp:587->587
                                             tcp:993->993
            drift: keeps its former path until it is
              restarted
        No room for OWNER, UPTIME, MEMORY; `--json` shows
          all columns.
        ");
        let states = [
            ("degraded", "\x1b[33mdegraded\x1b[0m"),
            ("failed", "\x1b[31mfailed\x1b[0m"),
            ("stopped", "  stopped  "),
        ];
        for (state, shown) in states {
            let line = Row { state, ..row.clone() }.line(false);
            assert!(table(&COLUMNS, &[line], None, true).contains(shown), "{state}");
        }
    }

    #[test]
    fn a_row_says_what_failed() {
        let row = machine_row(&machine("wasabi"));
        let units = ["nginx.service", "var-lib.mount"]
            .map(|unit| FailedUnit { unit: unit.to_owned(), result: "timeout".to_owned() });
        let degraded = Row { state: "degraded", failed_units: Some(units.to_vec()), ..row.clone() };
        let failed = Row { state: "failed", reason: Some(String::from("exit-code, status 1")), ..row };
        insta::assert_snapshot!(table(&COLUMNS, &[degraded.line(false), failed.line(false)], None, false), @r"
        NAME    STATE     OWNER    ADDRESSES  PORTS  UPTIME  MEMORY
        wasabi  degraded  foreign  10.0.0.1   -      -       -
            failed units: nginx.service (timeout), var-lib.mount (timeout)
        wasabi  failed    foreign  10.0.0.1   -      -       -
            reason: exit-code, status 1
        ");
        let json = serde_json::to_value(&degraded).expect("JSON");
        assert_eq!(json["failed_units"][1], serde_json::json!({ "unit": "var-lib.mount", "result": "timeout" }));
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
            booted: None,
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

    #[test]
    fn times_are_short() {
        for (seconds, shown) in [(5, "5s"), (65, "1min 5s"), (3700, "1h 1min"), (90_000, "1d 1h")] {
            assert_eq!(duration(seconds), shown);
        }
    }
}
