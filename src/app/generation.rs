//! The generation that a switch records.

use std::collections::BTreeMap;
use std::path::Path;

use super::configuration::Configuration;
use super::context::Context;
use super::disk::git_top_level;
use super::live_host::LiveHost;
use crate::apply::{HostError, files};
use crate::diag::{Code, Diagnostic};
use crate::model::{ContainerName, FORMAT_VERSION, Manifest};
use crate::render::paths;
use crate::state::{Activation, Generation, Record, Snapshot};

/// The generation to record: the containers of this configuration, and with `--only` the other ones as they were.
pub(super) fn generation(cx: &Context<'_>, configuration: &Configuration, snapshot: &Snapshot) -> Generation {
    let checked = configuration.check();
    let positions = Some(configuration.positions(cx.sources));
    let manifest = Manifest { positions, ..configuration.manifest.clone() };
    let side = configuration.side(Some(&checked.spec), cx.sources);
    let (records, guests) = (side.records(), side.guests());
    let file = cx.disk.canonicalize(&configuration.file).unwrap_or_else(|| configuration.file.clone());
    // The file has another path in the store whenever the host's configuration changes.
    let host = Path::new(paths::HOST_MANIFEST);
    let file = if cx.disk.canonicalize(host).as_ref() == Some(&file) { host.to_owned() } else { file };
    let generation = Generation {
        number: 0,
        recorded: Some(cx.clock.now()),
        revision: git_top_level(cx.disk, &file).and_then(|top| cx.disk.head(&top)),
        source: file.to_string_lossy().into_owned(),
        manifest,
        records,
        nat: checked.spec.nat.clone(),
        guests,
    };
    with_others(cx, generation, snapshot)
}

/// With `--only`, `generation` with all other containers as they are in the current generation.
pub(super) fn with_others(cx: &Context<'_>, mut generation: Generation, snapshot: &Snapshot) -> Generation {
    if cx.only.is_empty() {
        return generation;
    }
    let Generation { manifest, records, guests, .. } = &mut generation;
    records.retain(|name, _| cx.covers(name));
    guests.retain(|name, _| cx.covers(name));
    manifest.containers.retain(|name, _| cx.covers(name));
    let Some(current) = &snapshot.generation else { return generation };
    for (name, record) in current.records.iter().filter(|(name, _)| !cx.covers(name)) {
        manifest.containers.insert(name.clone(), record.container.clone());
        records.insert(name.clone(), record.clone());
        guests.extend(current.guests.get(name).map(|guest| (name.clone(), guest.clone())));
    }
    generation
}

/// Updates the records if the plan is empty.
///
/// They may be outdated even so: a guest's key changes when its configuration is reworded without changing the system. And
/// what is current may have been tested, but does not boot.
pub(super) fn record_quietly(
    host: &dyn LiveHost,
    snapshot: &Snapshot,
    generation: &Generation,
    activation: Activation,
) -> Result<(), Vec<Diagnostic>> {
    let changed = |error: HostError| vec![Diagnostic::caused_by(Code::Host, &error)];
    for (name, record) in &generation.records {
        let written = snapshot.containers.get(name).and_then(|observed| observed.written.as_ref());
        if written.is_some_and(|written| written.guest_key != record.guest_key) {
            host.install(name, &files(record)).map_err(changed)?;
        }
    }
    let former = snapshot.generation.as_ref();
    let is_recorded = former.is_some_and(|former| {
        is_same(former, generation)
            && former.guests.keys().eq(generation.guests.keys())
            && former.manifest.format_version == FORMAT_VERSION
    });
    let is_nothing = former.is_none() && generation.records.is_empty() && !snapshot.is_generation_lost;
    match former.filter(|_| is_recorded) {
        Some(former) if activation.boots() && snapshot.boot_generation != Some(former.number) => {
            host.activate_generation(former.number, activation).map_err(changed)
        }
        None if !is_nothing => host.record_generation(generation, activation).map(drop).map_err(changed),
        _ => Ok(()),
    }
}

/// Whether two generations come from the same source, and bring up the same containers.
pub(super) fn is_same(one: &Generation, other: &Generation) -> bool {
    let keys = |records: &BTreeMap<ContainerName, Record>| -> BTreeMap<_, _> {
        let key = |record: &Record| (record.guest_key.clone(), record.spec.clone());
        records.iter().map(|(name, record)| (name.clone(), key(record))).collect()
    };
    keys(&one.records) == keys(&other.records) && one.source == other.source && one.nat == other.nat
}
