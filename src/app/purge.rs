//! `purge`: deletes the kept state of containers that are no longer configured.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::live_host::{KeptState, LiveHost};
use super::only::suggestion;
use super::plan::observe;
use super::ready::lock;
use super::size::size;
use crate::apply::HostError;
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::render::paths;
use crate::state::{Generation, Owner, Snapshot};

/// Shows what the containers have kept, asks unless `yes`, and deletes it. Returns whether it did.
///
/// # Errors
///
/// If a container is still configured or runs, or has kept nothing; then nothing is deleted. Afterwards, what could not be
/// deleted.
pub fn purge(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    names: &[ContainerName],
    yes: bool,
) -> Result<bool, Vec<Diagnostic>> {
    let _lock = lock(host)?;
    let snapshot = observe(host)?;
    let failed = |error: HostError| Diagnostic::caused_by(Code::Host, &error);
    let (mut kept, mut errors) = (Vec::new(), Vec::new());
    for name in names.iter().collect::<BTreeSet<_>>() {
        match in_use(host, name, &snapshot) {
            Some(error) => errors.push(error),
            None => match host.kept_state(name) {
                Ok(Some(state)) => kept.push((name, state)),
                Ok(None) => errors.push(nothing(name, &snapshot)),
                Err(error) => errors.push(failed(error)),
            },
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for (name, state) in &kept {
        cx.ui.progress(&shown(name, state));
    }
    for note in rollbacks(host, &kept) {
        cx.ui.progress(&note);
    }
    if !yes && !cx.ui.consent("Delete this for good?")? {
        cx.ui.progress("Nothing was deleted.");
        return Ok(false);
    }
    for (name, _) in &kept {
        match host.purge(name) {
            Ok(()) => cx.ui.progress(&format!("{name}: deleted")),
            Err(error) => errors.push(failed(error)),
        }
    }
    if errors.is_empty() { Ok(true) } else { Err(errors) }
}

/// The error about a container whose state is still needed.
fn in_use(host: &dyn LiveHost, name: &ContainerName, snapshot: &Snapshot) -> Option<Diagnostic> {
    let recorded = |generation: &Generation| generation.records.contains_key(name);
    let boots = snapshot.boot_generation.and_then(|number| host.generation(number).ok().flatten());
    let (why, help) = if snapshot.generation.iter().chain(&boots).any(recorded) {
        ("is still configured", "remove it from the configuration and run `switch` first")
    } else if snapshot.containers.get(name).is_some_and(|container| container.owner == Owner::Ours) {
        ("is still on this host, though not configured", "run `switch` first, which removes it")
    } else if snapshot.containers.contains_key(name)
        || snapshot.foreign.iter().any(|machine| machine.name == name.as_str())
        || host.exists(&paths::conf(name))
    {
        ("belongs to somebody else", "`nixos-container destroy` deletes an imperative container")
    } else {
        return None;
    };
    Some(Diagnostic::error(Code::Usage, format!("`{name}` {why}")).help(help))
}

/// The error about a container that has kept nothing.
fn nothing(name: &ContainerName, snapshot: &Snapshot) -> Diagnostic {
    let is_left = |kept: &&ContainerName| !snapshot.containers.contains_key(*kept);
    let left = snapshot.roots.iter().flat_map(|roots| roots.keys()).filter(is_left);
    let left: BTreeSet<&str> = left.map(ContainerName::as_str).collect();
    let error = Diagnostic::error(Code::Usage, format!("`{name}` has kept nothing"));
    match suggestion(name, &left, "removed containers that have") {
        Some(help) => error.help(help),
        None => error,
    }
}

fn shown(name: &ContainerName, kept: &KeptState) -> String {
    let directories: Vec<_> = kept.directories.iter().map(|directory| directory.display().to_string()).collect();
    format!("{name}: {} in {} files: {}", size(kept.bytes), kept.files, directories.join(", "))
}

/// Notes about generations that would start these containers with empty roots.
fn rollbacks(host: &dyn LiveHost, kept: &[(&ContainerName, KeptState)]) -> Vec<String> {
    let generations = host.generations().unwrap_or_default();
    let note = |name: &ContainerName| {
        let has = |systems: &BTreeMap<ContainerName, _>| systems.contains_key(name);
        let with = generations.iter().filter(|entry| entry.summary.as_ref().is_ok_and(|it| has(&it.systems)));
        let numbers: Vec<_> = with.map(|entry| entry.number.to_string()).collect();
        (!numbers.is_empty()).then(|| {
            format!("{name}: a rollback to generation {} would start it with an empty root", numbers.join(", "))
        })
    };
    kept.iter().filter_map(|(name, _)| note(name)).collect()
}
