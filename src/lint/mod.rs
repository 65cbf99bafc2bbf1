//! Lints: what evaluates, but is probably not meant.
//!
//! Takes: a [`Subject`], which is a manifest with the views of its host and guests. Gives: findings with all conflicting
//! locations, each under a code that `docs/lints.md` explains. Lints do not look at the running host; `plan::facts` does.
//!
//! Invariants:
//! - Unknown values cause no findings, nor do lists that may have more elements than are known.
//! - Errors are for what cannot work; everything else is a warning.
//! - The same input gives the same findings in the same order.

mod addresses;
mod assertions;
mod bridges;
mod devices;
mod egress;
mod forwards;
mod interfaces;
mod module;
mod mounts;
mod names;
mod openings;
mod own_forwards;
mod proxies;
mod renamed;
mod resolver;
mod secrets;
mod services;
pub(crate) mod silence;
mod subject;
mod versions;

pub(crate) use module::module_not_imported;
pub use subject::Subject;

use crate::diag::Diagnostic;
use crate::model::Manifest;
use crate::model::view::View;

/// Runs all lints on `subject`.
pub fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    // No container runs then, which has a finding of its own.
    if subject.manifest.boot.enable_containers.known() == Some(&false) {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(addresses::lint(subject));
    found.extend(names::lint(subject));
    found.extend(assertions::lint(subject));
    found.extend(interfaces::lint(subject));
    found.extend(forwards::lint(subject));
    found.extend(own_forwards::lint(subject));
    found.extend(egress::lint(subject));
    found.extend(bridges::lint(subject));
    for each in subject.containers() {
        found.extend(resolver::lint(subject, &each));
        found.extend(devices::lint(subject, &each));
        found.extend(versions::lint(subject, &each));
    }
    found.extend(proxies::lint(subject));
    found.extend(mounts::lint(subject));
    found.extend(secrets::lint(subject));
    found.extend(renamed::lint(subject));
    found
}

/// Whether the host forwards or proxies to guests: then they must be linted even if they did not change.
pub fn leads_to_guests(manifest: &Manifest, host: &View) -> bool {
    let forwards = &manifest.networking.nat.forward_ports;
    forwards.known().is_none_or(|forwards| !forwards.is_empty()) || proxies::leads_anywhere(host)
}
