//! `--only`: names that no container has, and findings that are about others.

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use super::configuration::Configuration;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::{ContainerName, natural_order};
use crate::source::Pos;
use crate::state::Snapshot;

/// The names of all containers that are configured, or are or were on the host.
pub(super) fn names<'a>(configuration: &'a Configuration, snapshot: &'a Snapshot) -> BTreeSet<&'a ContainerName> {
    let recorded = snapshot.generation.iter().flat_map(|generation| generation.records.keys());
    configuration.manifest.containers.keys().chain(snapshot.containers.keys()).chain(recorded).collect()
}

/// Where the names of `--only` are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// What a host is to be brought to, and the host.
    ConfigurationAndHost,
    /// Two configurations.
    BothSides,
    /// One configuration.
    Configuration,
}

/// Fails unless each name of `--only` is one of `names`: no result for a name that nobody has would say anything.
///
/// # Errors
///
/// One finding for each name that is not there.
pub(super) fn must_be<'a>(
    session: &Session<'_>,
    names: impl IntoIterator<Item = &'a ContainerName>,
    among: Among,
) -> Result<(), Vec<Diagnostic>> {
    if session.global.only.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = names.into_iter().map(ContainerName::as_str).collect();
    let missing = session.global.only.iter().filter(|name| !names.contains(name.as_str()));
    let errors: Vec<_> = missing.map(|name| nobody(name, &names, among)).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn nobody(name: &ContainerName, names: &BTreeSet<&str>, among: Among) -> Diagnostic {
    let whereabouts = match among {
        Among::ConfigurationAndHost => ", neither in the configuration nor on this host",
        Among::BothSides => ", neither before nor after",
        Among::Configuration => " in the configuration",
    };
    let diagnostic =
        Diagnostic::error(Code::Usage, format!("`--only`: there is no container `{name}`{whereabouts}"));
    match suggestion(name, names, "there are") {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The name of `names` that was probably meant, else what there is, after the words `there_are`; nothing where there is none.
pub(super) fn suggestion(name: &ContainerName, names: &BTreeSet<&str>, there_are: &str) -> Option<String> {
    /// More names than this are a screenful.
    const MOST: usize = 12;
    let distance = |other: &&str| strsim::damerau_levenshtein(name.as_str(), other);
    if let Some(other) = names.iter().copied().min_by_key(distance).filter(|other| distance(other) <= 2) {
        return Some(format!("did you mean `{other}`?"));
    }
    let mut known: Vec<&str> = names.iter().copied().collect();
    known.sort_by(|a, b| natural_order(a).cmp(&natural_order(b)));
    let more = known.len().saturating_sub(MOST);
    known.truncate(MOST);
    match (known.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(format!("{there_are}: {}", known.join(", "))),
        (false, more) => Some(format!("{there_are}: {}, and {more} more", known.join(", "))),
    }
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
