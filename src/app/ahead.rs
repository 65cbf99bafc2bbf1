//! How containers differ from what the host's own NixOS configuration declares, if our module is in it.

use serde_json::Value;

use super::context::Context;
use crate::model::{ContainerName, Manifest};
use crate::render::paths;
use crate::state::{ObservedContainer, Owner};

/// What the host's configuration declares; `None` on a host without our module.
pub(super) fn declared(cx: &Context<'_>) -> Option<Manifest> {
    let text = cx.disk.files().read(paths::HOST_MANIFEST.as_ref()).ok()?;
    let manifest = Manifest::from_json(serde_json::from_slice(&text).ok()?);
    let mut manifest = manifest.inspect_err(|error| tracing::warn!("{}: {error}", paths::HOST_MANIFEST)).ok()?;
    manifest.services.remove_defaults();
    Some(manifest)
}

/// The words for how a container of ours differs from what is `declared`; `None` if it does not.
pub(super) fn of(name: &ContainerName, observed: &ObservedContainer, declared: &Manifest) -> Option<String> {
    let acts = observed.acts_as();
    let record = acts.as_deref().or(observed.written.as_ref()).filter(|_| observed.owner == Owner::Ours)?;
    let Some(container) = declared.containers.get(name) else {
        return Some(String::from("the host's configuration does not declare it"));
    };
    let options = |container| match serde_json::to_value(container) {
        Ok(Value::Object(options)) => options,
        _ => serde_json::Map::new(),
    };
    let (mut is, mut wanted) = (options(&record.container), options(container));
    is.extend(record.settings.clone());
    wanted.extend(declared.services.settings(name.as_str()).cloned().unwrap_or_default());
    let mut differing: Vec<&str> = is
        .keys()
        .chain(wanted.keys())
        .filter(|option| is.get(*option) != wanted.get(*option))
        .map(String::as_str)
        .collect();
    differing.sort_unstable();
    differing.dedup();
    (!differing.is_empty()).then(|| format!("ahead of the host's configuration: {}", differing.join(", ")))
}
