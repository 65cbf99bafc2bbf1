//! Prepares the sources of bind mounts before anything stops.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::live_host::LiveHost;
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::model::spec::ContainerSpec;
use crate::plan::{Action, Plan};

/// Mounts what the sources of the containers that start or change lie on, and creates those that are to be created.
///
/// A container's unit requires these mounts and its launcher creates these sources, too. But when it starts, what ran before
/// has stopped already.
///
/// # Errors
///
/// What could not be mounted or created, and the sources that are still missing then.
pub(super) fn prepare(host: &dyn LiveHost, plan: &Plan) -> Result<(), Vec<Diagnostic>> {
    let sources = sources(plan);
    let absent = host.absent_mounts(&sources.keys().cloned().collect());
    let mut findings = Vec::new();
    let mut mounted = BTreeSet::new();
    for (source, mounts) in &absent {
        for mount in mounts.iter().filter(|mount| mounted.insert(&mount.unit)) {
            if let Err(error) = host.mount(mount) {
                let name = sources[source];
                let mut diagnostic = Diagnostic::caused_by(Code::MissingHostPath, &error);
                diagnostic.message =
                    format!("`{name}`: cannot mount {}: {}", mount.at.display(), diagnostic.message);
                let help = format!("nothing was stopped; see `systemctl status {}`", mount.unit);
                findings.push(diagnostic.help(help));
            }
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let missing = host.missing_paths(&sources.keys().cloned().collect());
    let new: BTreeMap<_, _> =
        started(plan).flat_map(|(_, spec)| &spec.new_sources).map(|it| (&it.path, it)).collect();
    for source in &missing {
        let name = sources[source];
        let finding = match new.get(source) {
            Some(new) => host.create_source(new).err().map(|error| {
                let mut diagnostic = Diagnostic::caused_by(Code::MissingHostPath, &error);
                diagnostic.message = format!("`{name}`: {}", diagnostic.message);
                diagnostic.help("nothing was stopped; fix the cause, then run `switch` again")
            }),
            // Any other was reported before.
            None => absent.contains_key(source).then(|| {
                let message = format!("`{name}`: {} does not exist on what is mounted there", source.display());
                let help = "nothing was stopped; create it, or correct `hostPath`";
                Diagnostic::error(Code::MissingHostPath, message).help(help)
            }),
        };
        findings.extend(finding);
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// The sources of the containers that start or change while they run, each with one of these containers.
fn sources(plan: &Plan) -> BTreeMap<PathBuf, &ContainerName> {
    let all =
        started(plan).flat_map(|(name, spec)| spec.binds.iter().map(move |bind| (bind.host.clone().into(), name)));
    all.collect()
}

/// The containers that start or change while they run, as they are to be.
fn started(plan: &Plan) -> impl Iterator<Item = (&ContainerName, &ContainerSpec)> {
    plan.order.nodes().filter_map(|(_, action)| {
        let (Action::Start(name) | Action::Reload(name)) = action else { return None };
        Some((name, &plan.targets.get(name)?.record.as_ref()?.spec))
    })
}
