//! `eval`: the typed model of a configuration.

use std::collections::BTreeMap;

use serde::Serialize;

use super::configuration::Configuration;
use super::context::Context;
use super::failed;
use super::load::{load_hosts, load_to_show};
use super::only::{Scope, covered, require_known};
use super::options::ConfigOptions;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::locations::Locations;
use crate::model::path::OptionPath;
use crate::model::{ContainerName, GUEST_KEY, Manifest};
use crate::modules::Guests;

/// Which parts of a configuration to show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Show {
    /// The position of each option.
    pub positions: bool,
    /// The guests' own options.
    pub guest: bool,
    /// All hosts of the flake.
    pub all_hosts: bool,
}

/// A model in the form that is printed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// The model.
    Model(Box<Manifest>),
    /// The model as JSON, with additions.
    More(serde_json::Value),
    /// The models of all hosts.
    Hosts {
        /// By name.
        hosts: BTreeMap<String, Shown>,
    },
}

/// The model of a configuration, or the models of all its hosts, and whether part of that failed (`--keep-going`).
///
/// # Errors
///
/// What keeps the configuration from being evaluated.
pub fn eval(cx: &Context<'_>, config: &ConfigOptions, show: Show) -> Result<(Shown, bool), Vec<Diagnostic>> {
    let mut has_failed = false;
    // The output for a configuration that fails as a whole.
    let wrong = |errors: &[Diagnostic]| {
        cx.ui.findings(errors);
        Shown::More(failed::whole(errors, cx.sources))
    };
    let shown = if show.all_hosts {
        let (hosts, notes) = load_hosts(cx, config, show.guest)?;
        if !config.keep_going {
            let errors: Vec<_> = hosts.values().filter_map(|host| host.as_ref().err()).flatten().cloned().collect();
            if !errors.is_empty() {
                return Err(errors);
            }
        }
        cx.ui.findings(&notes);
        require_known_in(cx, hosts.values().filter_map(|host| host.as_ref().ok()))?;
        let mut shown_hosts = BTreeMap::new();
        for (host, loaded) in hosts {
            let (shown, fails) = match loaded {
                Ok(configuration) => shown(cx, config, show, configuration),
                Err(errors) => (wrong(&errors), true),
            };
            has_failed |= fails;
            shown_hosts.insert(host, shown);
        }
        Shown::Hosts { hosts: shown_hosts }
    } else {
        let (shown, fails) = match load_to_show(cx, config, Guests::all_if(show.guest)) {
            Ok(configuration) => {
                require_known_in(cx, [&configuration])?;
                shown(cx, config, show, configuration)
            }
            // The command line is wrong, not the configuration.
            Err(errors) if !config.keep_going || errors.iter().any(|error| error.code == Code::Usage) => {
                return Err(errors);
            }
            Err(errors) => (wrong(&errors), true),
        };
        has_failed |= fails;
        shown
    };
    Ok((shown, has_failed))
}

/// Shows the findings about a configuration. Returns the model to print, and whether part of it failed.
fn shown(cx: &Context<'_>, config: &ConfigOptions, show: Show, mut configuration: Configuration) -> (Shown, bool) {
    let Show { positions, guest, .. } = show;
    let findings = covered(cx, &configuration, configuration.findings.clone());
    cx.ui.findings(&findings);
    let others = leave_out_others(cx, &mut configuration);
    let all = positions.then(|| {
        let mut all = configuration.positions(cx.sources);
        for (name, view) in configuration.guests.iter().filter(|_| guest) {
            let options = OptionPath::new(["containers", name.as_str(), "config"]);
            let inside = Locations::read(&view.spans, cx.sources).positions();
            all.extend(inside.into_iter().map(|(path, position)| (format!("{options}.{path}"), position)));
        }
        all.retain(|path, _| !others.iter().any(|other| is_within(path, other)));
        all
    });
    configuration.manifest.positions = all;
    if !positions && !guest && !config.keep_going {
        return (Shown::Model(Box::new(configuration.manifest)), false);
    }
    let mut json = configuration.manifest.to_json();
    for (name, view) in std::mem::take(&mut configuration.guests) {
        json["containers"][name.as_str()][GUEST_KEY] = view.with_extra_config().options;
    }
    if !config.keep_going {
        return (Shown::More(json), false);
    }
    let of_guests = failed::in_place(&configuration, &mut json, cx.sources);
    cx.ui.findings(&of_guests);
    let fails = findings.iter().chain(&of_guests).any(|finding| finding.severity == Severity::Error);
    (Shown::More(json), fails)
}

/// Fails if no configuration has a container that `--only` names, unless one has containers with unknown names.
fn require_known_in<'a>(
    cx: &Context<'_>,
    configurations: impl IntoIterator<Item = &'a Configuration>,
) -> Result<(), Vec<Diagnostic>> {
    let manifests: Vec<_> = configurations.into_iter().map(|configuration| &configuration.manifest).collect();
    if manifests.iter().any(|manifest| manifest.more_containers.is_some()) {
        return Ok(());
    }
    require_known(cx, manifests.iter().flat_map(|manifest| manifest.containers.keys()), Scope::Configuration)
}

/// Removes the containers that `--only` excludes, and returns their option paths.
fn leave_out_others(cx: &Context<'_>, configuration: &mut Configuration) -> Vec<String> {
    if cx.only.is_empty() {
        return Vec::new();
    }
    let Manifest { containers, misnamed, .. } = &mut configuration.manifest;
    let names = containers.keys().filter(|name| !cx.covers(name)).map(ContainerName::as_str);
    let names = names.chain(misnamed.keys().map(String::as_str));
    let others = names.map(|name| OptionPath::new(["containers", name]).to_string()).collect();
    containers.retain(|name, _| cx.covers(name));
    misnamed.clear();
    configuration.guests.retain(|name, _| cx.covers(name));
    others
}

/// Whether `path` is `of` or an option below it.
fn is_within(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
