//! What happens to the rules, of which there is one set for the whole host.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cost::Row;
use super::diff;
use super::side::Side;
use super::{Change, Options, Reason, option};
use crate::model::ContainerName;
use crate::model::spec::{NatSpec, Network};
use crate::render::nft::{RuleLine, RulesDifference, Ruleset, Sysctl};
use crate::state::Owner;

/// What changes of the rules.
#[derive(Debug, Clone, Default)]
pub struct FirewallChange {
    /// Whether they are to be replaced, or a sysctl to be set for them.
    pub changed: bool,
    /// What is not there yet.
    pub added: Vec<RuleLine>,
    /// What is there and not wanted any more.
    pub removed: Vec<RuleLine>,
    /// All rules that are wanted.
    pub ruleset: Ruleset,
    sources: Sources,
}

/// What the rules of both sides are made of.
#[derive(Debug, Clone, Default)]
struct Sources {
    wanted: BTreeMap<ContainerName, Network>,
    former: BTreeMap<ContainerName, Network>,
    nat: NatSpec,
    former_ruleset: Ruleset,
}

impl FirewallChange {
    /// The rules to be loaded, and the sysctls that go with them. Containers that are `stale` did not get what is planned for
    /// them: those that had rules before have them still.
    pub fn with_stale(&self, stale: &BTreeSet<&ContainerName>) -> (Ruleset, Vec<Sysctl>) {
        let Sources { wanted, former, nat, former_ruleset } = &self.sources;
        let network =
            |(name, network)| (name, former.get(name).filter(|_| stale.contains(name)).unwrap_or(network));
        let ruleset = Ruleset::of(wanted.iter().map(network), nat);
        let sysctls = [ruleset.sysctls(), ruleset.released(former_ruleset)].concat();
        (ruleset, sysctls)
    }
}

/// Compares the rules of both sides.
pub(super) fn change(from: &Side, to: &Side, options: &Options) -> FirewallChange {
    let networks = from.networks();
    let former = from.ruleset_of(&networks);
    let sources = sources(from, &networks, to, options);
    let ruleset = Ruleset::of(&sources.wanted, &sources.nat);
    let mut difference = match &from.listing {
        // What is wanted is what the records have: that has been compared.
        Some(_) if ruleset == former => from.rules_drift.clone(),
        Some(listing) => ruleset.differences(listing),
        None if ruleset == former => RulesDifference::default(),
        None => ruleset.differences(&former.listing()),
    };
    name_containers(&mut difference.added, &ruleset);
    name_containers(&mut difference.removed, &former);
    let sysctls = ruleset.sysctls();
    // A link's own sysctl is set with the link; only those of the whole host can be seen from here.
    let is_off = |sysctl: &&Sysctl| match (sysctl.name.as_str(), from.forwarding) {
        ("net.ipv4.conf.all.forwarding", Some((on, _))) | ("net.ipv6.conf.all.forwarding", Some((_, on))) => !on,
        _ => false,
    };
    let off = sysctls.iter().filter(is_off);
    difference.added.extend(off.map(|sysctl| RuleLine::Rule(format!("sysctl {} = {}", sysctl.name, sysctl.value))));
    FirewallChange {
        changed: !difference.is_empty(),
        added: difference.added,
        removed: difference.removed,
        ruleset,
        sources: Sources { former_ruleset: former, ..sources },
    }
}

/// What the wanted rules are made of. What is not known, and what `--only` leaves alone, stays as it was.
fn sources(
    from: &Side,
    former: &BTreeMap<&ContainerName, Cow<'_, Network>>,
    to: &Side,
    options: &Options,
) -> Sources {
    let former = former.iter().map(|(&name, network)| (name.clone(), Network::clone(network)));
    let former: BTreeMap<_, _> = former.collect();
    let mut networks = former.clone();
    networks.retain(|name, _| !options.covers(name) || to.containers.contains_key(name));
    for (name, configured) in &to.containers {
        let ours = from.containers.get(name).is_none_or(|is| is.owner == Owner::Ours);
        let network = configured.written.as_ref().and_then(|wanted| wanted.network());
        if let (true, true, Some(network)) = (ours, options.covers(name), network) {
            networks.insert(name.clone(), network.into_owned());
        }
    }
    let nat = match (&from.nat_spec, &to.nat_spec) {
        (Some(nat), _) if options.only.is_some() => nat,
        (_, Some(nat)) | (Some(nat), None) => nat,
        (None, None) => &Default::default(),
    };
    Sources { wanted: networks, former, nat: nat.clone(), former_ruleset: Ruleset::default() }
}

/// A listing does not say whose address a forward leads to; those who made the rules know.
pub(super) fn name_containers(lines: &mut [RuleLine], known: &Ruleset) {
    for line in lines {
        if let RuleLine::Forward { container, protocol, host_port, .. } = line {
            let target = known
                .forwards()
                .iter()
                .find(|target| (target.protocol, target.host_port) == (*protocol, *host_port));
            *container = target.map(|target| target.container.clone());
        }
    }
}

/// The change of the host itself: `networking.nat`.
///
/// The rules in the kernel decide whether there is any; the options only say why.
pub(super) fn host_change(from: &Side, to: &Side, options: &Options, firewall: &FirewallChange) -> Option<Change> {
    let after = to.nat.as_ref().filter(|_| options.only.is_none())?;
    let before = from.nat.clone().unwrap_or_default();
    let json = |nat| serde_json::to_value(nat).expect("the model has string keys only");
    let (before, after): (Value, Value) = (json(&before), json(after));
    let mut reasons: Vec<Reason> = diff::differences(&before, &after, false, &|_| false)
        .into_iter()
        .map(|difference| {
            let old_position = from.nat_places.position(&difference.path);
            let position = to.nat_places.position(&difference.path).or_else(|| old_position.clone());
            let option = format!("networking.nat.{}", option::path(&difference.path));
            let diff::Difference { before, after, may, .. } = difference;
            Reason { option, before, after, position, old_position, may, disruption: Row::Rules.cost() }
        })
        .collect();
    if from.listing.is_some() && !firewall.changed {
        reasons.retain(|reason| reason.may);
    }
    (!reasons.is_empty()).then(|| Change {
        container: None,
        verbs: vec![],
        disruption: Row::Rules.cost(),
        may: reasons.iter().all(|reason| reason.may),
        wipes_root: false,
        stays_stale: None,
        keeps: vec![],
        drift: vec![],
        reasons,
    })
}
