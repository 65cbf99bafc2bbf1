//! `generations`, `rollback` and `confirm`.

use super::build::watch_signals;
use super::switch::{apply_options, exit_code_of, hold_off_rebuilds};
use crate::app::{self, LiveHost as _, duration};
use crate::cli::args::{ApplyArgs, DegradedArgs, RestartArgs};
use crate::cli::session::{Outcome, Session, require_root};
use crate::cli::table::{self, Column, table};
use crate::diag::{Code, Diagnostic};
use crate::host::linux::Linux;
use crate::state::GenerationEntry;

/// Prints all generations.
pub(in crate::cli) fn generations(session: &Session<'_>, json: bool) -> Outcome {
    let entries = app::generations(&Linux)?;
    let text = if json {
        let generations: Vec<_> = entries.iter().map(as_json).collect();
        format!("{:#}\n", serde_json::json!({ "format_version": 1, "generations": generations }))
    } else {
        let now = session.context().clock.now();
        let rows: Vec<_> = entries.iter().map(|entry| row(entry, now, session.global.verbose > 0)).collect();
        table(&COLUMNS, &rows, session.terminal.width, session.terminal.fancy_results)
    };
    session.terminal.result(&text);
    Ok(0)
}

/// Goes back to a former generation.
pub(in crate::cli) fn rollback(
    session: &Session<'_>,
    number: Option<u32>,
    (yes, apply): (bool, &ApplyArgs),
    restart: &RestartArgs,
    degraded: DegradedArgs,
) -> Outcome {
    require_root("rollback")?;
    watch_signals()?;
    let _rebuilds = hold_off_rebuilds(apply.wait)?;
    let how = apply_options(yes, apply, restart.restart_mode.into());
    Ok(exit_code_of(&app::rollback(&session.context(), &Linux, number, &how)?, degraded.degraded))
}

/// Confirms what another process has applied.
pub(in crate::cli) fn confirm(session: &Session<'_>) -> Outcome {
    require_root("confirm")?;
    let failed = |error: std::io::Error| vec![Diagnostic::caused_by(Code::Host, &error)];
    if Linux.confirm().map_err(failed)? {
        session.terminal.progress("Confirmed.");
        return Ok(0);
    }
    let error = Diagnostic::error(Code::Usage, "nothing waits to be confirmed");
    Err(vec![error.help("`switch --confirm SECONDS` waits that long; after that, it has gone back")])
}

/// Goes back from a switch that was not confirmed.
pub(in crate::cli) fn undo(session: &Session<'_>, former: u32) -> Outcome {
    require_root("internal undo")?;
    watch_signals()?;
    app::undo_unconfirmed(&session.context(), &Linux, former)?;
    Ok(0)
}

const COLUMNS: [Column; 6] = [
    Column { heading: "GENERATION", expendable: 0 },
    Column { heading: "RECORDED", expendable: 1 },
    Column { heading: "STATE", expendable: 0 },
    Column { heading: "CONTAINERS", expendable: 2 },
    Column { heading: "SOURCE", expendable: 4 },
    Column { heading: "REVISION", expendable: 3 },
];

/// The words for what a generation is at the moment.
fn states(entry: &GenerationEntry) -> Vec<&'static str> {
    let states = [(entry.is_current, "current"), (entry.boots, "boots next"), (entry.has_booted, "booted")];
    states.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect()
}

/// The row for the table; `verbose` adds the guest systems.
fn row(entry: &GenerationEntry, now: u64, verbose: bool) -> table::Row {
    let state = states(entry).join(", ");
    match &entry.summary {
        Ok(summary) => {
            let recorded = summary.recorded.map(|time| format!("{} ago", duration(now.saturating_sub(time))));
            // A commit is known by its first digits; `-dirty` stays.
            let revision = summary.revision.as_ref().map(|revision| match revision.split_at_checked(12) {
                Some((start, rest)) if rest.ends_with("-dirty") => format!("{start}-dirty"),
                Some((start, _)) => start.to_owned(),
                None => revision.clone(),
            });
            let cells = [
                entry.number.to_string(),
                recorded.unwrap_or_default(),
                state,
                summary.systems.len().to_string(),
                summary.source.clone(),
                revision.unwrap_or_default(),
            ];
            let systems = summary.systems.iter().filter(|_| verbose);
            let notes = systems.map(|(name, system)| format!("{name}: {}", system.display())).collect();
            table::Row { cells: cells.map(filled).to_vec(), colour: None, notes }
        }
        Err(reason) => {
            let mut cells = vec![String::new(); COLUMNS.len()];
            (cells[0], cells[2]) =
                (entry.number.to_string(), [state.as_str(), "damaged"].join(" ").trim().to_owned());
            table::Row {
                cells: cells.into_iter().map(filled).collect(),
                colour: None,
                notes: vec![format!("cannot be read: {reason}")],
            }
        }
    }
}

/// A cell with this text, or an empty one.
fn filled(text: String) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { vec![text] }
}

fn as_json(entry: &GenerationEntry) -> serde_json::Value {
    let summary = entry.summary.as_ref().ok();
    let containers = summary.map(|summary| {
        let systems = summary.systems.iter();
        systems.map(|(name, system)| (name.to_string(), serde_json::json!({ "system": system }))).collect()
    });
    let containers: Option<serde_json::Map<_, _>> = containers;
    serde_json::json!({
        "number": entry.number,
        "recorded": summary.and_then(|summary| summary.recorded),
        "current": entry.is_current,
        "boots": entry.boots,
        "booted": entry.has_booted,
        "source": summary.map(|summary| &summary.source),
        "revision": summary.and_then(|summary| summary.revision.as_ref()),
        "containers": containers,
        "error": entry.summary.as_ref().err(),
    })
}
