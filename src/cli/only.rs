//! `--only`: names that nobody has, and findings that are about others.

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use super::configuration::Configuration;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::ContainerName;
use crate::source::Pos;
use crate::state::Snapshot;

/// The names of all containers that are configured, or are or were on the host.
pub(super) fn names<'a>(configuration: &'a Configuration, snapshot: &'a Snapshot) -> BTreeSet<&'a ContainerName> {
    let recorded = snapshot.generation.iter().flat_map(|generation| generation.records.keys());
    configuration.manifest.containers.keys().chain(snapshot.containers.keys()).chain(recorded).collect()
}

/// A warning for each name of `--only` that no container has on either side: that nothing changes for it says nothing. No
/// error, for a switch that removed a container may be run again.
pub(super) fn nobody(session: &Session<'_>, names: &BTreeSet<&ContainerName>) -> Vec<Diagnostic> {
    let unknown = session.global.only.iter().filter(|name| !names.contains(name));
    let warning = |name: &ContainerName| {
        let message = format!("`--only`: there is no container `{name}`, neither before nor after");
        let distance = |other: &&&ContainerName| strsim::damerau_levenshtein(name.as_str(), other.as_str());
        let closest = names.iter().min_by_key(distance).filter(|other| distance(other) <= 2);
        let diagnostic = Diagnostic::warning(Code::Usage, message);
        match closest {
            Some(other) => diagnostic.help(format!("did you mean `{other}`?")),
            None => diagnostic,
        }
    };
    unknown.map(warning).collect()
}

/// `findings` of `configuration` without the warnings and notes whose every place is of containers that `--only` leaves
/// out. What forbids applying it is said whosever it is.
pub(super) fn covered(
    session: &Session<'_>,
    configuration: &Configuration,
    findings: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let of_others = of_others(session, configuration);
    let stays = |finding: &Diagnostic| finding.severity == Severity::Error || !of_others(finding);
    findings.into_iter().filter(stays).collect()
}

/// `findings` without those whose every place is of containers that `--only` leaves out.
pub(super) fn about_covered(
    session: &Session<'_>,
    configuration: &Configuration,
    findings: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let of_others = of_others(session, configuration);
    findings.into_iter().filter(|finding| !of_others(finding)).collect()
}

/// Whether a finding is about nothing but containers that `--only` leaves out.
fn of_others(session: &Session<'_>, configuration: &Configuration) -> impl Fn(&Diagnostic) -> bool {
    let owners = if session.global.only.is_empty() { BTreeMap::new() } else { owners(configuration) };
    let left_out: BTreeSet<Pos> = owners
        .into_iter()
        .filter(|(_, names)| !names.iter().any(|name| session.covers(name)))
        .map(|(pos, _)| pos)
        .collect();
    move |finding| {
        !finding.labels.is_empty() && finding.labels.iter().all(|label| left_out.contains(&label.span.start))
    }
}

/// Of which containers it is that something is said at a place.
fn owners(configuration: &Configuration) -> BTreeMap<Pos, BTreeSet<&ContainerName>> {
    let mut owners: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for name in configuration.manifest.containers.keys() {
        for span in configuration.spans.within(&["containers", name.as_str()]) {
            owners.entry(span.start).or_default().insert(name);
        }
    }
    for (name, view) in &configuration.guests {
        for span in view.places.within(&[]) {
            owners.entry(span.start).or_default().insert(name);
        }
    }
    owners
}
