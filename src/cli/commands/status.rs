//! `status`: shows the containers of this host, as a table or as JSON.

use std::time::Duration;

use crate::app::{self, Row, Status, of_units};
use crate::cli::output::{self, Stream};
use crate::cli::session::{Outcome, Session};
use crate::cli::table::{self, Column, table};
use crate::host::linux::Linux;
use crate::model::ContainerName;
use crate::render::nft::Traffic;
use crate::state::{LastSwitch, Owner, SwitchOutcome};

/// Prints the containers `names`, or all containers and machines.
pub(in crate::cli) fn status(session: &Session<'_>, names: &[ContainerName], json: bool) -> Outcome {
    let status = app::status(&session.context(), &Linux, names)?;
    let text = if json { format!("{:#}\n", as_json(&status)) } else { as_table(session, &status) };
    show(session, &text, status)
}

/// Prints them again and again, until the reader leaves or a signal ends the program.
pub(in crate::cli) fn watch(
    session: &Session<'_>,
    names: &[ContainerName],
    json: bool,
    interval: Duration,
) -> Outcome {
    // ECMA-48: the cursor to the top left, and everything erased.
    let clear = if session.terminal.fancy_results && !json { "\u{1b}[H\u{1b}[2J" } else { "" };
    loop {
        let status = app::status(&session.context(), &Linux, names)?;
        let text = if json { format!("{}\n", as_json(&status)) } else { as_table(session, &status) };
        show(session, &format!("{clear}{text}"), status)?;
        if !output::lost(Stream::Results).is_nothing() {
            return Ok(0);
        }
        std::thread::sleep(interval);
    }
}

/// Prints a status, and what there is to say about it.
fn show(session: &Session<'_>, text: &str, status: Status) -> Outcome {
    session.terminal.result(text);
    session.terminal.findings(status.finding.as_slice(), session.sources);
    if status.unknown.is_empty() { Ok(0) } else { Err(status.unknown) }
}

fn as_json(status: &Status) -> serde_json::Value {
    let last_switch = status.last_switch.as_ref().map(|(last, how)| last_switch(last, *how));
    serde_json::json!({ "format_version": 1, "containers": status.rows, "last_switch": last_switch })
}

fn as_table(session: &Session<'_>, status: &Status) -> String {
    let lines: Vec<_> = status.rows.iter().map(|row| line(row, session.global.verbose > 0)).collect();
    table(&COLUMNS, &lines, session.terminal.width, session.terminal.fancy_results)
}

/// The last switch as JSON.
fn last_switch(last: &LastSwitch, outcome: SwitchOutcome) -> serde_json::Value {
    serde_json::json!({
        "begun": last.begun,
        "ended": last.ended,
        "source": last.source,
        "outcome": outcome,
        "messages": last.messages,
    })
}

/// The columns. On a narrow terminal, those that help least to find a container or its problem are left out first.
const COLUMNS: [Column; 8] = [
    Column { heading: "NAME", expendable: 0 },
    Column { heading: "STATE", expendable: 0 },
    Column { heading: "OWNER", expendable: 3 },
    Column { heading: "ADDRESSES", expendable: 1 },
    Column { heading: "PORTS", expendable: 2 },
    Column { heading: "TRAFFIC", expendable: 6 },
    Column { heading: "UPTIME", expendable: 4 },
    Column { heading: "MEMORY", expendable: 5 },
];

/// The row for the table; `verbose` adds the guest system.
fn line(row: &Row, verbose: bool) -> table::Row {
    let owner = match row.owner {
        Owner::Ours => "ours",
        Owner::Native => "native",
        Owner::Foreign => "foreign",
    };
    let failed = row.failed_units.as_deref().filter(|units| !units.is_empty());
    let failed = failed.map(|units| format!("failed units: {}", of_units(units)));
    let reason = row.reason.as_ref().map(|reason| format!("reason: {reason}"));
    let drift = (!row.drift.is_empty()).then(|| format!("drift: {}", row.drift.join("; ")));
    let system = row.system.as_ref().filter(|_| verbose).map(|system| format!("system: {system}"));
    table::Row {
        cells: vec![
            vec![row.name.clone()],
            vec![row.state.to_owned()],
            vec![owner.to_owned()],
            row.addresses.clone(),
            row.ports.clone(),
            row.traffic.iter().map(|traffic| traffic.map_or_else(|| String::from("-"), passed)).collect(),
            row.uptime_seconds.map(app::duration).into_iter().collect(),
            row.memory_bytes.map(|bytes| format!("{} MiB", bytes >> 20)).into_iter().collect(),
        ],
        colour: colour(row.state).map(|colour| (1, colour)),
        notes: failed.into_iter().chain(reason).chain(drift).chain(system).collect(),
    }
}

/// What passed through a forward.
fn passed(Traffic { packets, bytes }: Traffic) -> String {
    let unit = if packets == 1 { "packet" } else { "packets" };
    format!("{packets} {unit}, {}", app::size(bytes))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::FailedUnit;

    fn machine(name: &str) -> Row {
        Row {
            name: name.to_owned(),
            state: "running",
            failed_units: None,
            reason: None,
            owner: Owner::Foreign,
            system: None,
            addresses: vec![String::from("10.0.0.1")],
            ports: Vec::new(),
            traffic: Vec::new(),
            uptime_seconds: None,
            memory_bytes: None,
            drift: Vec::new(),
        }
    }

    #[test]
    fn what_is_unknown_is_a_dash() {
        let lines = ["c1", "c2", "c10"].map(|name| line(&machine(name), true));
        insta::assert_snapshot!(table(&COLUMNS, &lines, None, false), @r"
        NAME  STATE    OWNER    ADDRESSES  PORTS  TRAFFIC  UPTIME  MEMORY
        c1    running  foreign  10.0.0.1   -      -        -       -
        c2    running  foreign  10.0.0.1   -      -        -       -
        c10   running  foreign  10.0.0.1   -      -        -       -
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
            traffic: vec![
                Some(Traffic { packets: 1, bytes: 60 }),
                Some(Traffic { packets: 70_000, bytes: 90 << 20 }),
                None,
            ],
            uptime_seconds: Some(8_000_000),
            memory_bytes: Some(312 << 20),
            drift: vec![String::from("keeps its former path until it is restarted")],
        };
        insta::assert_snapshot!(table(&COLUMNS, &[line(&row, true)], Some(80), true).replace('\x1b', "␛"), @r"
        NAME        STATE    OWNER  ADDRESSES       PORTS         UPTIME   MEMORY
        mailserver  ␛[32mrunning␛[0m  ours   192.168.100.11  tcp:25->25    92d 14h  312 MiB
                                    fd00:7:2::11    tcp:587->587
                                                    tcp:993->993
            drift: keeps its former path until it is restarted
            system: /nix/store/0000-nixos-system-mailserver
        No room for TRAFFIC; `--json` shows all columns.
        ");
        insta::assert_snapshot!(table(&COLUMNS, &[line(&row, false)], Some(110), false), @r"
        NAME        STATE    OWNER  ADDRESSES       PORTS         TRAFFIC                  UPTIME   MEMORY
        mailserver  running  ours   192.168.100.11  tcp:25->25    1 packet, 60 B           92d 14h  312 MiB
                                    fd00:7:2::11    tcp:587->587  70000 packets, 90.0 MiB
                                                    tcp:993->993  -
            drift: keeps its former path until it is restarted
        ");
        insta::assert_snapshot!(table(&COLUMNS, &[line(&row, false)], Some(50), false), @r"
        NAME        STATE    ADDRESSES       PORTS
        mailserver  running  192.168.100.11  tcp:25->25
                             fd00:7:2::11    tcp:587->587
                                             tcp:993->993
            drift: keeps its former path until it is
              restarted
        No room for OWNER, TRAFFIC, UPTIME, MEMORY;
          `--json` shows all columns.
        ");
        let states = [
            ("degraded", "\x1b[33mdegraded\x1b[0m"),
            ("failed", "\x1b[31mfailed\x1b[0m"),
            ("stopped", "  stopped  "),
        ];
        for (state, shown) in states {
            let line = line(&Row { state, ..row.clone() }, false);
            assert!(table(&COLUMNS, &[line], None, true).contains(shown), "{state}");
        }
    }

    #[test]
    fn a_row_says_what_failed() {
        let row = machine("wasabi");
        let units = ["nginx.service", "var-lib.mount"]
            .map(|unit| FailedUnit { unit: unit.to_owned(), result: "timeout".to_owned() });
        let degraded = Row { state: "degraded", failed_units: Some(units.to_vec()), ..row.clone() };
        let failed = Row { state: "failed", reason: Some(String::from("exit-code, status 1")), ..row };
        insta::assert_snapshot!(table(&COLUMNS, &[line(&degraded, false), line(&failed, false)], None, false), @r"
        NAME    STATE     OWNER    ADDRESSES  PORTS  TRAFFIC  UPTIME  MEMORY
        wasabi  degraded  foreign  10.0.0.1   -      -        -       -
            failed units: nginx.service (timeout), var-lib.mount (timeout)
        wasabi  failed    foreign  10.0.0.1   -      -        -       -
            reason: exit-code, status 1
        ");
        let json = serde_json::to_value(&degraded).expect("JSON");
        assert_eq!(json["failed_units"][1], serde_json::json!({ "unit": "var-lib.mount", "result": "timeout" }));
    }
}
