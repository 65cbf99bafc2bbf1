//! Prepares the sources of bind mounts before anything stops.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::live_host::LiveHost;
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::plan::{Action, Plan};

/// Mounts what the sources of the containers that start or change lie on.
///
/// A container's unit requires these mounts, too. But when it starts, what ran before has stopped already.
///
/// # Errors
///
/// What could not be mounted, and the sources that are still missing then.
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
    if findings.is_empty() {
        let missing = host.missing_paths(&absent.into_keys().collect());
        findings.extend(missing.iter().map(|source| {
            let message =
                format!("`{}`: {} does not exist on what is mounted there", sources[source], source.display());
            let help = "nothing was stopped; create it, or correct `hostPath`";
            Diagnostic::error(Code::MissingHostPath, message).help(help)
        }));
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// The sources of the containers that start or change while they run, each with one of these containers.
fn sources(plan: &Plan) -> BTreeMap<PathBuf, &ContainerName> {
    let mut sources = BTreeMap::new();
    for (_, action) in plan.order.nodes() {
        let (Action::Start(name) | Action::Reload(name)) = action else { continue };
        let record = plan.targets.get(name).and_then(|target| target.record.as_ref());
        sources.extend(record.iter().flat_map(|it| &it.spec.binds).map(|bind| (PathBuf::from(&bind.host), name)));
    }
    sources
}
