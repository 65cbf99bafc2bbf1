//! How a running container differs from its written files, from the current generation, and from its firewall rules.
//!
//! Takes: a [`Snapshot`]. Gives: one short phrase for each difference, for `status`. A plan to the current generation shows the
//! same differences, since both compare what [`ObservedContainer::acts_as`] returns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::cost::Disruption;
use super::state_view::StateView;
use super::version::Version;
use super::{drift, reasons};
use crate::diag::Diagnostic;
use crate::model::ContainerName;
use crate::model::spec::Ports;
use crate::render::nft::RuleLine;
use crate::state::{ObservedContainer, Owner, Record, Snapshot};

/// For each container, its forwards that the kernel lacks, as `tcp:8080`.
pub(crate) type MissingForwards = BTreeMap<ContainerName, Vec<String>>;

/// The forwards that were applied but are not in the kernel; empty if the rules cannot be observed.
pub(crate) fn missing_forwards(snapshot: &Snapshot) -> MissingForwards {
    let mut missing = MissingForwards::new();
    for line in StateView::host(snapshot).missing_rules() {
        let (container, protocol, ports) = match line {
            RuleLine::Forward { container: Some(container), protocol, host_port, .. } => {
                (container, protocol, Ports::one(host_port))
            }
            RuleLine::Own { container: Some(container), protocol, ports, .. } => (container, protocol, ports),
            RuleLine::Forward { .. } | RuleLine::Own { .. } | RuleLine::Nat { .. } | RuleLine::Rule(_) => continue,
        };
        missing.entry(container).or_default().push(format!("{}:{ports}", protocol.as_str()));
    }
    for ports in missing.values_mut() {
        // There is one forward for each address family.
        ports.dedup();
    }
    missing
}

/// How the container `name` has drifted, and how it differs from what the next boot starts.
pub(crate) fn of(name: &ContainerName, snapshot: &Snapshot, missing: &MissingForwards) -> Vec<String> {
    let Some(container) = snapshot.containers.get(name).filter(|container| container.owner == Owner::Ours) else {
        return Vec::new();
    };
    let mut standing: Vec<String> =
        drift::of(name, snapshot).into_iter().map(|drift| drift.as_str().to_owned()).collect();
    if let Some(mask) = &container.damage.mask {
        standing.push(format!("is masked by {}, so systemd does not start it", mask.display()));
    }
    if let Some(ports) = missing.get(name) {
        standing.push(format!("no rule forwards {}", ports.join(", ")));
    }
    if let (Some(acts), Some(written)) = (container.acts_as(), &container.written) {
        let former = options(&acts, written, Disruption::Reload);
        if !former.is_empty() {
            standing.push(format!("keeps its former {} until it is restarted", former.join(", ")));
        }
    }
    let boots = snapshot.generation.as_ref().map(|generation| generation.records.get(name));
    match boots {
        None if !snapshot.is_generation_lost => {}
        None | Some(None) => standing.push("is not in the current generation".to_owned()),
        Some(Some(boots)) => {
            let others = next(container).map(|next| options(&next, boots, Disruption::None)).unwrap_or_default();
            if !others.is_empty() {
                standing.push(format!("the next boot changes its {}", others.join(", ")));
            }
        }
    }
    standing
}

/// How what is written on the host beside containers differs from what was written: files that guard interfaces, the generation, the
/// directories.
pub(crate) fn of_host(snapshot: &Snapshot) -> Vec<Diagnostic> {
    drift::of_host(snapshot)
}

/// What the container's next start uses, if known.
fn next(container: &ObservedContainer) -> Option<Cow<'_, Record>> {
    container.written.as_ref().map(Cow::Borrowed).or_else(|| container.acts_as())
}

/// The options that differ between two records, if the change costs at least `least`.
fn options(before: &Record, after: &Record, least: Disruption) -> Vec<String> {
    let [before, after] = [before, after].map(|record| Version::recorded(Cow::Borrowed(record)));
    let reasons = reasons::reasons(&before, &after).into_iter();
    let mut options: Vec<String> =
        reasons.filter(|reason| reason.disruption >= least).map(|reason| reason.option).collect();
    options.dedup();
    options
}
