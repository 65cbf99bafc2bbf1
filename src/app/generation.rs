//! The generation that a switch records.

use std::collections::BTreeMap;

use super::configuration::Configuration;
use super::context::Context;
use super::live_host::LiveHost;
use crate::apply::{HostError, files};
use crate::diag::{Code, Diagnostic};
use crate::model::{ContainerName, FORMAT_VERSION, Manifest};
use crate::state::{Generation, Record, Snapshot};

/// The generation to record: the containers of this configuration, and with `--only` the other ones as they were.
pub(super) fn generation(cx: &Context<'_>, configuration: &Configuration, snapshot: &Snapshot) -> Generation {
    let checked = configuration.check();
    let positions = Some(configuration.positions(cx.sources));
    let mut manifest = Manifest { positions, ..configuration.manifest.clone() };
    let side = configuration.side(Some(&checked.spec), cx.sources);
    let (mut records, mut guests) = (side.records(), side.guests());
    if !cx.only.is_empty() {
        let former = snapshot.generation.as_ref();
        records.retain(|name, _| cx.covers(name));
        guests.retain(|name, _| cx.covers(name));
        manifest.containers.retain(|name, _| cx.covers(name));
        for (name, record) in former.into_iter().flat_map(|former| &former.records) {
            if !cx.covers(name) {
                manifest.containers.insert(name.clone(), record.container.clone());
                records.insert(name.clone(), record.clone());
                guests
                    .extend(former.and_then(|former| former.guests.get(name)).map(|it| (name.clone(), it.clone())));
            }
        }
    }
    let file = &configuration.file;
    let source = cx.disk.canonicalize(file).unwrap_or_else(|| file.clone()).to_string_lossy().into_owned();
    Generation { number: 0, source, manifest, records, nat: checked.spec.nat.clone(), guests }
}

/// Updates the records if the plan is empty.
///
/// They may be outdated even so: a guest's key changes when its configuration is reworded without changing the system.
pub(super) fn record_quietly(
    host: &dyn LiveHost,
    snapshot: &Snapshot,
    generation: &Generation,
) -> Result<(), Vec<Diagnostic>> {
    let keys = |records: &BTreeMap<ContainerName, Record>| -> BTreeMap<_, _> {
        records
            .iter()
            .map(|(name, record)| (name.clone(), (record.guest_key.clone(), record.spec.clone())))
            .collect()
    };
    let changed = |error: HostError| vec![Diagnostic::caused_by(Code::Host, &error)];
    for (name, record) in &generation.records {
        let written = snapshot.containers.get(name).and_then(|observed| observed.written.as_ref());
        if written.is_some_and(|written| written.guest_key != record.guest_key) {
            host.install(name, &files(record)).map_err(changed)?;
        }
    }
    let former = snapshot.generation.as_ref();
    let is_recorded = former.is_some_and(|former| {
        keys(&former.records) == keys(&generation.records)
            && former.source == generation.source
            && former.nat == generation.nat
            && former.guests.keys().eq(generation.guests.keys())
            && former.manifest.format_version == FORMAT_VERSION
    });
    let is_nothing = former.is_none() && generation.records.is_empty() && !snapshot.is_generation_lost;
    if !is_recorded && !is_nothing {
        host.record_generation(generation).map_err(changed)?;
    }
    Ok(())
}
