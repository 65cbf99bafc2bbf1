//! `doctor`: shows what containers need of this host, and what is wrong with it.

use crate::app::{self, Check};
use crate::cli::session::{Outcome, Session, require_root};
use crate::cli::table::{Column, Row, table};
use crate::diag::{Severity, render};
use crate::host::linux::Linux;

/// The columns.
const COLUMNS: [Column; 3] = [
    Column { heading: "CHECK", expendable: 0 },
    Column { heading: "STATE", expendable: 0 },
    Column { heading: "DETAIL", expendable: 1 },
];

/// Prints each check, then the findings. Fails if one of them is an error.
pub(in crate::cli) fn doctor(session: &Session<'_>, json: bool) -> Outcome {
    require_root("doctor")?;
    let checks = app::doctor(&session.context(), &Linux)?;
    if json {
        let checks: Vec<_> = checks.iter().map(|check| as_json(session, check)).collect();
        let json = serde_json::json!({ "format_version": 1, "checks": checks });
        session.terminal.result(&format!("{json:#}\n"));
    } else {
        let rows: Vec<Row> = checks.iter().map(row).collect();
        session.terminal.result(&table(&COLUMNS, &rows, session.terminal.width, session.terminal.fancy_results));
        let findings: Vec<_> = checks.iter().flat_map(|check| check.findings.iter().cloned()).collect();
        session.terminal.findings(&findings, session.sources);
    }
    Ok(u8::from(checks.iter().any(|check| check.severity() == Some(Severity::Error))))
}

/// The word for how a check went.
fn state(check: &Check) -> &'static str {
    check.severity().map_or("ok", Severity::as_str)
}

fn as_json(session: &Session<'_>, check: &Check) -> serde_json::Value {
    let diagnostics: Vec<_> = check.findings.iter().map(|it| render::finding(it, session.sources)).collect();
    serde_json::json!({
        "check": check.subject,
        "state": state(check),
        "detail": check.detail,
        "diagnostics": diagnostics,
    })
}

fn row(check: &Check) -> Row {
    // ECMA-48: green, yellow, red.
    let colour = match check.severity() {
        None | Some(Severity::Note) => 32,
        Some(Severity::Warning) => 33,
        Some(Severity::Error) => 31,
    };
    Row {
        cells: [check.subject, state(check), &check.detail].map(|cell| vec![cell.to_owned()]).into(),
        colour: Some((1, colour)),
        notes: Vec::new(),
    }
}
