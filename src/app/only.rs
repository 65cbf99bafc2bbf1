//! `--only`: rejects unknown names, and filters findings about other containers.

use std::collections::{BTreeMap, BTreeSet};

use super::configuration::Configuration;
use super::context::Context;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::{ContainerName, natural_order};
use crate::source::Pos;
use crate::state::Snapshot;

/// The names of all containers in the configuration, on the host, or in the last generation.
pub(super) fn names<'a>(configuration: &'a Configuration, snapshot: &'a Snapshot) -> BTreeSet<&'a ContainerName> {
    let recorded = snapshot.generation.iter().flat_map(|generation| generation.records.keys());
    configuration.manifest.containers.keys().chain(snapshot.containers.keys()).chain(recorded).collect()
}

/// Where the names of `--only` are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In the configuration and on the host.
    ConfigurationAndHost,
    /// In a generation and on the host.
    GenerationAndHost,
    /// In two configurations.
    BothSides,
    /// In one configuration.
    Configuration,
}

/// Fails unless each name of `--only` is one of `names`, since a result for an unknown name would be misleading.
///
/// # Errors
///
/// One finding for each unknown name.
pub(crate) fn require_known<'a>(
    cx: &Context<'_>,
    names: impl IntoIterator<Item = &'a ContainerName>,
    scope: Scope,
) -> Result<(), Vec<Diagnostic>> {
    if cx.only.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = names.into_iter().map(ContainerName::as_str).collect();
    let missing = cx.only.iter().filter(|name| !names.contains(name.as_str()));
    let errors: Vec<_> = missing.map(|name| unknown_name(name, &names, scope)).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn unknown_name(name: &ContainerName, names: &BTreeSet<&str>, scope: Scope) -> Diagnostic {
    let whereabouts = match scope {
        Scope::ConfigurationAndHost => " in the configuration or on this host",
        Scope::GenerationAndHost => " in that generation or on this host",
        Scope::BothSides => " on either side of the plan",
        Scope::Configuration => " in the configuration",
    };
    let diagnostic = Diagnostic::error(Code::Usage, format!("`--only`: no container `{name}`{whereabouts}"));
    match suggestion(name, names, "known containers") {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// A suggestion for an unknown name: the most similar of `names`, or else a list of them after `heading`. `None` if there are
/// no names.
pub(super) fn suggestion(name: &ContainerName, names: &BTreeSet<&str>, heading: &str) -> Option<String> {
    /// More names than this would fill the screen.
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
        (false, 0) => Some(format!("{heading}: {}", known.join(", "))),
        (false, more) => Some(format!("{heading}: {}, and {more} more", known.join(", "))),
    }
}

/// Filters `findings` of `configuration`: drops warnings and notes that are only about containers that `--only` excludes.
///
/// Errors stay, whichever container they are about, since they forbid applying the configuration.
pub(crate) fn covered(
    cx: &Context<'_>,
    configuration: &Configuration,
    findings: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let of_others = of_others(cx, configuration);
    let stays = |finding: &Diagnostic| finding.severity == Severity::Error || !of_others(finding);
    findings.into_iter().filter(stays).collect()
}

/// Filters `findings`: drops everything that is only about containers that `--only` excludes, errors included.
pub(super) fn about_covered(
    cx: &Context<'_>,
    configuration: &Configuration,
    findings: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let of_others = of_others(cx, configuration);
    findings.into_iter().filter(|finding| !of_others(finding)).collect()
}

/// Whether a finding is only about containers that `--only` excludes.
fn of_others(cx: &Context<'_>, configuration: &Configuration) -> impl Fn(&Diagnostic) -> bool {
    let owners = if cx.only.is_empty() { BTreeMap::new() } else { owners(configuration) };
    let left_out: BTreeSet<Pos> = owners
        .into_iter()
        .filter(|(_, names)| !names.iter().any(|name| cx.covers(name)))
        .map(|(pos, _)| pos)
        .collect();
    move |finding| {
        !finding.labels.is_empty() && finding.labels.iter().all(|label| left_out.contains(&label.span.start))
    }
}

/// The containers whose options are set at each position.
fn owners(configuration: &Configuration) -> BTreeMap<Pos, BTreeSet<&ContainerName>> {
    let mut owners: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for name in configuration.manifest.containers.keys() {
        for span in configuration.spans.within(&["containers", name.as_str()]) {
            owners.entry(span.start).or_default().insert(name);
        }
    }
    for (name, view) in &configuration.guests {
        for span in view.spans.within(&[]) {
            owners.entry(span.start).or_default().insert(name);
        }
    }
    owners
}

/// The error about a name that no container on this host has.
pub(super) fn no_such_container(name: &ContainerName, snapshot: &Snapshot) -> Diagnostic {
    let recorded = snapshot.generation.iter().flat_map(|generation| generation.records.keys());
    let known = snapshot.containers.keys().chain(recorded).map(ContainerName::as_str).collect();
    let help = suggestion(name, &known, "this host has")
        .unwrap_or_else(|| String::from("this host has no containers; `container-rebuild switch` creates them"));
    Diagnostic::error(Code::Usage, format!("no container `{name}` on this host")).help(help)
}
