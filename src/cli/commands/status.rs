//! `status`: what runs, as a table or as JSON.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::plan::observe;
use crate::cli::{Outcome, Session, failure};
use crate::diag::{Code, Diagnostic};
use crate::host::linux::Linux;
use crate::model::ContainerName;
use crate::model::spec::{Network, Private};
use crate::plan::{self, Drift};
use crate::state::{ActiveState, Machine, ObservedContainer, Owner, Probe, Record, Snapshot};

/// Prints the containers `names`, or all containers and machines.
pub(in crate::cli) fn status(session: &Session<'_>, names: &[ContainerName], json: bool) -> Outcome {
    let mut snapshot = observe()?;
    if snapshot.systemd {
        Linux::new().details(&mut snapshot).map_err(|error| vec![failure(Code::NotObserved, &error)])?;
    }
    let wanted: Vec<_> = names.iter().chain(&session.global.only).cloned().collect();
    let rows = rows(&snapshot, &wanted, SystemTime::now());
    let unknown: Vec<_> = names.iter().filter(|name| !rows.iter().any(|row| row.name == name.as_str())).collect();
    if !snapshot.systemd {
        let note = Diagnostic::note(Code::NotObserved, "systemd does not run here: there are no containers");
        session.terminal.findings(&[note], session.sources);
    }
    let text = if json {
        let rows = serde_json::json!({ "format_version": 1, "containers": rows });
        format!("{rows:#}\n")
    } else {
        table(&rows)
    };
    session.terminal.result(&text);
    if unknown.is_empty() {
        return Ok(0);
    }
    Err(unknown.into_iter().map(|name| super::lifecycle::no_such_container(name, &snapshot)).collect())
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Row {
    /// The container or machine.
    name: String,
    /// `running`, `starting`, `stopping`, `failed`, `stopped` or `not loaded`.
    state: &'static str,
    /// Who brought it up.
    owner: Owner,
    /// The system that it runs, or would run.
    system: Option<String>,
    /// Addresses that the guest has, or would have.
    addresses: Vec<String>,
    /// Host ports that lead into it, as `tcp:8080->80`.
    ports: Vec<String>,
    /// How long it has been up.
    uptime_seconds: Option<u64>,
    /// Memory in use, where the host accounts for it.
    memory_bytes: Option<u64>,
    /// How it differs from the generation that boots and from what was written for it; nothing where it does not, or
    /// where that is not known.
    drift: Vec<&'static str>,
}

/// All rows of a snapshot, containers first, or those of `names`.
fn rows(snapshot: &Snapshot, names: &[ContainerName], now: SystemTime) -> Vec<Row> {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted.as_str() == name);
    let containers = snapshot
        .containers
        .iter()
        .filter(|(name, _)| wanted(name.as_str()))
        .map(|(name, container)| container_row(name, container, snapshot, now));
    let machines = snapshot.foreign.iter().filter(|machine| wanted(&machine.name)).map(machine_row);
    containers.chain(machines).collect()
}

fn container_row(name: &ContainerName, container: &ObservedContainer, snapshot: &Snapshot, now: SystemTime) -> Row {
    let record = if container.is_running() { container.booted.as_ref() } else { None };
    let record = record.or(container.written.as_ref());
    let observed = container.machine.as_ref().map(reachable).unwrap_or_default();
    let since = container.unit.as_ref().filter(|_| container.is_running()).and_then(|unit| unit.active_since);
    Row {
        name: name.to_string(),
        state: state(container),
        owner: container.owner,
        system: record.map(|record| record.spec.system.display().to_string()),
        addresses: if observed.is_empty() { record.map(addresses).unwrap_or_default() } else { observed },
        ports: record.map(ports).unwrap_or_default(),
        uptime_seconds: since.map(|micros| {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            now.saturating_sub(micros / 1_000_000)
        }),
        memory_bytes: container.unit.as_ref().and_then(|unit| unit.memory),
        drift: drift(name, container, snapshot),
    }
}

fn machine_row(machine: &Machine) -> Row {
    Row {
        name: machine.name.clone(),
        state: "running",
        owner: Owner::Foreign,
        system: None,
        addresses: reachable(machine),
        ports: Vec::new(),
        uptime_seconds: None,
        memory_bytes: None,
        drift: Vec::new(),
    }
}

/// The addresses of a machine that lead to it from elsewhere; one of its link says nothing without the link.
fn reachable(machine: &Machine) -> Vec<String> {
    let is_of_link = |address: &&IpAddr| matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    machine.addresses.iter().filter(|address| !is_of_link(address)).map(ToString::to_string).collect()
}

fn state(container: &ObservedContainer) -> &'static str {
    match container.unit.as_ref().map(|unit| unit.active) {
        Some(ActiveState::Active | ActiveState::Reloading) => "running",
        Some(ActiveState::Activating) => "starting",
        Some(ActiveState::Deactivating) => "stopping",
        Some(ActiveState::Failed) => "failed",
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

fn drift(name: &ContainerName, container: &ObservedContainer, snapshot: &Snapshot) -> Vec<&'static str> {
    let mut drift: Vec<_> = plan::drift::of(name, snapshot).into_iter().map(Drift::as_str).collect();
    if let (Owner::Ours, Some(generation)) = (container.owner, &snapshot.generation) {
        match generation.records.get(name) {
            None => drift.push("is not in the generation that boots"),
            Some(wanted) if container.booted.as_ref().is_some_and(|booted| booted.spec != wanted.spec) => {
                drift.push("runs something else than will boot");
            }
            Some(_) => {}
        }
    }
    drift
}

/// The rows as a table; columns are as wide as their widest entry.
fn table(rows: &[Row]) -> String {
    const HEADINGS: [&str; 9] =
        ["NAME", "STATE", "OWNER", "ADDRESSES", "PORTS", "UPTIME", "MEMORY", "DRIFT", "SYSTEM"];
    let or_dash = |text: String| if text.is_empty() { String::from("-") } else { text };
    let cells: Vec<[String; 9]> = rows
        .iter()
        .map(|row| {
            let owner = match row.owner {
                Owner::Ours => "ours",
                Owner::Native => "native",
                Owner::Foreign => "foreign",
            };
            [
                row.name.clone(),
                row.state.to_owned(),
                owner.to_owned(),
                or_dash(row.addresses.join(" ")),
                or_dash(row.ports.join(" ")),
                or_dash(row.uptime_seconds.map(duration).unwrap_or_default()),
                or_dash(row.memory_bytes.map(|bytes| format!("{} MiB", bytes >> 20)).unwrap_or_default()),
                or_dash(row.drift.join("; ")),
                or_dash(row.system.clone().unwrap_or_default()),
            ]
        })
        .collect();
    let mut widths = HEADINGS.map(str::len);
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let body = cells.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(line(HEADINGS.to_vec())).chain(body).collect()
}

/// A time as people say it: its two largest units.
fn duration(seconds: u64) -> String {
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

    #[test]
    fn a_foreign_machine_is_shown_and_times_are_short() {
        let machine = Machine {
            name: String::from("other"),
            class: String::from("container"),
            service: String::from("systemd-nspawn"),
            leader: 42,
            unit: String::from("machine-other.scope"),
            addresses: vec!["10.0.0.1".parse().expect("an address"), "fe80::1".parse().expect("an address")],
        };
        insta::assert_snapshot!(table(&[machine_row(&machine)]), @r"
        NAME   STATE    OWNER    ADDRESSES  PORTS  UPTIME  MEMORY  DRIFT  SYSTEM
        other  running  foreign  10.0.0.1   -      -       -       -      -
        ");
        let table = [(5, "5s"), (65, "1min 5s"), (3700, "1h 1min"), (90_000, "1d 1h")];
        for (seconds, shown) in table {
            assert_eq!(duration(seconds), shown);
        }
    }
}
