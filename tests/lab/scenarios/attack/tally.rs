//! Counts the events of a run and prints them as a table.

use std::collections::BTreeMap;
use std::fmt;

use super::event::Kind;

/// Everything that is wrong after one event, in words.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) not_converged: Vec<String>,
    pub(super) touched: Vec<String>,
    pub(super) lost: Vec<String>,
}

/// The counts for one kind of event.
#[derive(Debug, Default)]
struct Counts {
    events: usize,
    not_converged: usize,
    touched: usize,
    lost: usize,
}

/// The counts for all kinds of events.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<Kind, Counts>);

impl Findings {
    pub(super) fn is_empty(&self) -> bool {
        [&self.not_converged, &self.touched, &self.lost].iter().all(|list| list.is_empty())
    }
}

impl Tally {
    pub(super) fn add(&mut self, kind: Kind, findings: &Findings) {
        let counts = self.0.entry(kind).or_default();
        counts.events += 1;
        counts.not_converged += usize::from(!findings.not_converged.is_empty());
        counts.touched += usize::from(!findings.touched.is_empty());
        counts.lost += findings.lost.len();
    }

    /// Whether every planned event happened and none left anything wrong.
    pub(super) fn is_clean(&self) -> bool {
        let all_kinds = Kind::ALL.iter().all(|(kind, _)| self.0.contains_key(kind));
        all_kinds && self.0.values().all(|counts| counts.not_converged + counts.touched + counts.lost == 0)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, list) in [
            ("not converged", &self.not_converged),
            ("host data touched", &self.touched),
            ("PIDs lost", &self.lost),
        ] {
            for text in list {
                writeln!(f, "  {what}: {}", text.trim_end().replace('\n', "\n    "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| | events | converged | not converged | host data touched | PIDs lost |\n|---|---|---|---|---|---|"
        )?;
        for (kind, counts) in &self.0 {
            let Counts { events, not_converged, touched, lost } = counts;
            let converged = events - not_converged;
            writeln!(f, "| {} | {events} | {converged} | {not_converged} | {touched} | {lost} |", kind.name())?;
        }
        Ok(())
    }
}
