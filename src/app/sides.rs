//! Loads both sides of a plan that compares with something else than the live host (contract §6, *Against what*).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::configuration::Configuration;
use super::context::Context;
use super::load::{hosts_of, hosts_of_revision, load, load_revision};
use super::options::ConfigOptions;
use super::target::Reference;
use crate::diag::{Code, Diagnostic, Severity};
use crate::lint;
use crate::model::{Container, ContainerName};
use crate::modules::{Guests, Seen};
use crate::plan::{self, Endpoint, EndpointKind, StateView};
use crate::source::SourceMap;

/// The argument of `--from`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Baseline<'a> {
    /// A file, directory, flake output or manifest.
    Path(&'a str),
    /// A git revision.
    Revision(&'a str),
}

impl<'a> Baseline<'a> {
    /// Parses the argument: an existing path wins over a revision, unless the argument starts with `rev:`.
    fn new(cx: &Context<'_>, text: &'a str) -> Self {
        let Context { environment, disk, .. } = *cx;
        let exists = |path: &Path| disk.exists(path);
        if let Some(revision) = text.strip_prefix("rev:") {
            return Self::Revision(revision);
        }
        let named = Reference::parse(text, environment, exists);
        let is_host = |reference: &Reference| match reference.host {
            Some(_) => disk.is_directory(&reference.path) || reference.path.ends_with("hive.nix"),
            None => text.starts_with("path:") || text.starts_with("git+file:") || text.contains('?'),
        };
        if exists(Path::new(text)) || named.is_ok_and(|reference| is_host(&reference) && exists(&reference.path)) {
            Self::Path(text)
        } else {
            Self::Revision(text)
        }
    }
}

/// The former side of a plan.
pub(super) enum Before {
    /// A configuration.
    Present {
        /// Its name in the plan.
        endpoint: Endpoint,
        /// The configuration.
        configuration: Box<Configuration>,
    },
    /// Nothing was configured there.
    Absent {
        /// Its name in the plan.
        endpoint: Endpoint,
        /// The configuration that does not exist there.
        what: String,
    },
}

impl Before {
    /// The view that the plan compares.
    pub(super) fn side<'a>(&'a self, sources: &'a SourceMap) -> StateView<'a> {
        match self {
            Self::Present { endpoint, configuration } => configuration.side_called(endpoint.clone(), None, sources),
            Self::Absent { endpoint, what } => StateView::absent(endpoint.clone(), what),
        }
    }
}

/// Loads both sides of a plan without a host: the configuration that `from` names, and `config` as it is now.
///
/// The errors of both sides are reported in one run, and each says which side it is about. A guest is evaluated only if
/// something is to be reported about it ([`left_out`]), since evaluating guests may be most of the work.
pub(super) fn sides(
    cx: &Context<'_>,
    config: &ConfigOptions,
    from: &str,
) -> Result<(Before, Configuration), Vec<Diagnostic>> {
    let mut after = None;
    // Pauses the evaluation of the former side until the other side is loaded as well, and both know which guests they share.
    let mut same_after = |before: Seen<'_>| {
        let root = cx.sources.root();
        let mut same = BTreeSet::new();
        let mut same_before = |after: Seen<'_>| {
            let keys = before.guest_keys.iter();
            let is_same = |(name, key): &(&ContainerName, &String)| after.guest_keys.get(*name) == Some(*key);
            same = keys.filter(is_same).map(|(name, _)| name.clone()).collect();
            left_out(before, after, &same)
        };
        after = Some(load(cx, config, true, Guests::Without(&mut same_before)));
        if let Some(root) = root {
            cx.sources.set_root(root);
        }
        same
    };
    let before = before(cx, config, &Baseline::new(cx, from), Guests::Without(&mut same_after));
    // If the former side failed or has no guests, all guests are new and must be evaluated.
    let guests = Guests::all_if(before.is_ok());
    let after = after.unwrap_or_else(|| load(cx, config, true, guests));
    match (before, after) {
        (Ok(mut before), Ok(mut after)) => {
            // Guests in a manifest include the options that NixOS itself sets in them.
            if let Before::Present { configuration: before, .. } = &mut before {
                match (before.is_manifest(), after.is_manifest()) {
                    (true, false) => show_extra_config(&mut after),
                    (false, true) => show_extra_config(before),
                    _ => {}
                }
            }
            Ok((before, after))
        }
        (before, after) => {
            let mut findings = on_side("before", from, before.err().map(|findings| as_neither(cx, from, findings)));
            findings.extend(on_side("after", &config.config, after.err()));
            Err(findings)
        }
    }
}

fn show_extra_config(configuration: &mut Configuration) {
    for view in configuration.guests.values_mut() {
        *view = std::mem::take(view).with_extra_config();
    }
}

/// The guests that need no evaluation: they are the `same` on both sides, nothing around them changed, and no host option
/// refers to them, so that no lint can report anything new.
fn left_out(before: Seen<'_>, after: Seen<'_>, same: &BTreeSet<ContainerName>) -> BTreeSet<ContainerName> {
    if lint::leads_to_guests(after.manifest, after.host) || !is_same_host(before, after) {
        return BTreeSet::new();
    }
    let (before, after) = (before.manifest, after.manifest);
    let has_same_settings =
        |name: &ContainerName| before.services.settings(name.as_str()) == after.services.settings(name.as_str());
    let is_same = |name: &&ContainerName| match (before.containers.get(*name), after.containers.get(*name)) {
        (Some(before), Some(after)) => is_same_container(before, after) && has_same_settings(name),
        _ => false,
    };
    same.iter().filter(is_same).cloned().collect()
}

/// Whether two containers with the same guest have equal options, apart from `path`.
fn is_same_container(before: &Container, after: &Container) -> bool {
    before.is_same_but_for_path(after)
}

/// Whether the host is equal apart from its containers.
fn is_same_host(before: Seen<'_>, after: Seen<'_>) -> bool {
    let parts = |seen: Seen<'_>| {
        let mut parts = serde_json::json!([&seen.manifest.networking, &seen.manifest.boot, &seen.host.options]);
        plan::strip_positions(&mut parts);
        parts
    };
    parts(before) == parts(after)
}

/// Hosts, each with whether it exists before and after.
type Sided = BTreeMap<String, (bool, bool)>;

/// The hosts that a flake has on either side, and notes about hosts that are unknown.
pub(super) fn hosts(
    cx: &Context<'_>,
    config: &ConfigOptions,
    from: &str,
) -> Result<(Sided, Vec<Diagnostic>), Vec<Diagnostic>> {
    for given in [config.config.as_str(), from] {
        if !cx.disk.exists(Path::new(given)) && given.contains('#') {
            let message = format!("`{given}` names one host, but `--all-hosts` means all of them");
            return Err(vec![Diagnostic::error(Code::Usage, message).help("remove `#HOST`, or `--all-hosts`")]);
        }
    }
    let (before, mut notes) = match Baseline::new(cx, from) {
        Baseline::Path(path) => hosts_of(cx, &at(config, path))?,
        Baseline::Revision(revision) => hosts_of_revision(cx, config, revision)?,
    };
    let (after, of_after) = hosts_of(cx, config)?;
    notes.extend(of_after);
    let names = before.union(&after);
    Ok((names.map(|name| (name.clone(), (before.contains(name), after.contains(name)))).collect(), notes))
}

/// Loads both sides of one host of a flake. The second side is `None` if the host no longer exists.
pub(super) fn sides_of_host(
    cx: &Context<'_>,
    config: &ConfigOptions,
    from: &str,
    (host, there): (&str, (bool, bool)),
) -> Result<(Before, Option<Configuration>), Vec<Diagnostic>> {
    let from_host = match Baseline::new(cx, from) {
        Baseline::Path(path) => format!("{path}#{host}"),
        Baseline::Revision(_) => from.to_owned(),
    };
    let config = at(config, &format!("{}#{host}", config.config));
    match there {
        (true, true) => sides(cx, &config, &from_host).map(|(before, after)| (before, Some(after))),
        (true, false) => Ok((before(cx, &config, &Baseline::new(cx, &from_host), Guests::None)?, None)),
        (false, _) => {
            let kind = match Baseline::new(cx, from) {
                Baseline::Path(_) => EndpointKind::File,
                Baseline::Revision(_) => EndpointKind::Revision,
            };
            let endpoint = Endpoint { kind, name: from.to_owned() };
            let before = Before::Absent { endpoint, what: format!("the host `{host}`") };
            Ok((before, Some(load(cx, &config, true, Guests::All)?)))
        }
    }
}

/// These arguments with another configuration.
fn at(config: &ConfigOptions, path: &str) -> ConfigOptions {
    ConfigOptions { config: path.to_owned(), ..config.clone() }
}

fn before(
    cx: &Context<'_>,
    config: &ConfigOptions,
    from: &Baseline<'_>,
    guests: Guests<'_>,
) -> Result<Before, Vec<Diagnostic>> {
    match *from {
        Baseline::Path(path) => {
            let configuration = load(cx, &at(config, path), true, guests)?;
            Ok(Before::Present { endpoint: configuration.endpoint(), configuration: Box::new(configuration) })
        }
        Baseline::Revision(revision) => {
            let endpoint = Endpoint { kind: EndpointKind::Revision, name: revision.to_owned() };
            Ok(match load_revision(cx, config, revision, guests)? {
                Some(configuration) => Before::Present { endpoint, configuration: Box::new(configuration) },
                None => Before::Absent { endpoint, what: config.config.clone() },
            })
        }
    }
}

/// Adapts the errors of a `--from` argument that is neither an existing path nor a revision.
fn as_neither(cx: &Context<'_>, from: &str, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if !matches!(Baseline::new(cx, from), Baseline::Revision(revision) if revision == from) {
        return findings;
    }
    let is_of_git =
        |finding: &Diagnostic| matches!(finding.code, Code::Unreadable | Code::Usage) && finding.labels.is_empty();
    findings
        .into_iter()
        .map(|finding| match is_of_git(&finding) {
            true => Diagnostic { message: format!("no such file, and {}", finding.message), ..finding },
            false => finding,
        })
        .collect()
}

/// The errors of one side, with the side named in each message.
fn on_side(side: &str, name: &str, findings: Option<Vec<Diagnostic>>) -> Vec<Diagnostic> {
    let errors = findings.into_iter().flatten().filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|finding| Diagnostic { message: format!("{side} (`{name}`): {}", finding.message), ..finding })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::disk::RealDisk;
    use crate::host::memory::{MemoryClock, MemoryUi};
    use crate::host::process::environment;
    use crate::source::SourceMap;

    #[test]
    fn what_exists_comes_before_revisions() {
        let (environment, sources, ui) = (environment(), SourceMap::new(), MemoryUi::new());
        let cx = Context {
            environment: &environment,
            disk: &RealDisk,
            clock: &MemoryClock::default(),
            sources: &sources,
            only: &[],
            ui: &ui,
        };
        let table = [
            (".", Baseline::Path(".")),
            ("Cargo.toml", Baseline::Path("Cargo.toml")),
            ("src#web", Baseline::Path("src#web")),
            ("rev:Cargo.toml", Baseline::Revision("Cargo.toml")),
            ("origin/main", Baseline::Revision("origin/main")),
            ("HEAD~2", Baseline::Revision("HEAD~2")),
            ("nowhere#web", Baseline::Revision("nowhere#web")),
        ];
        for (text, from) in table {
            assert_eq!(Baseline::new(&cx, text), from, "{text}");
        }
    }
}
