//! Decides what happens to the firewall rules, which are one ruleset for the whole host.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::change::{Change, Reason};
use super::cost::Row;
use super::decide::Decisions;
use super::holders::Holders;
use super::request::Options;
use super::state_view::StateView;
use super::{diff, option};
use crate::model::ContainerName;
use crate::model::spec::{Forward, NatSpec, Network, OwnForward, Private};
use crate::render::interface;
use crate::render::nft::{RuleLine, RulesDifference, Ruleset, Sysctl};
use crate::state::Owner;

/// How the firewall rules change.
#[derive(Debug, Clone, Default)]
pub struct FirewallChange {
    /// Whether the rules are replaced, or a sysctl is set for them.
    pub changed: bool,
    /// Rules that the host lacks.
    pub added: Vec<RuleLine>,
    /// Rules of the host that are no longer wanted.
    pub removed: Vec<RuleLine>,
    /// All wanted rules.
    pub ruleset: Ruleset,
    /// All rules that the host has before, if known.
    pub standing: Option<Ruleset>,
    /// The forwards that our table has before, whether or not we made them.
    pub found: BTreeSet<RuleLine>,
    /// Containers whose rules change without having to wait for another step of theirs.
    pub(super) in_place: BTreeSet<ContainerName>,
    /// Whether any rules change that do not belong to a container's own firewall step.
    pub(super) of_host: bool,
    pub(super) wanted: BTreeMap<ContainerName, Network>,
    pub(super) former: BTreeMap<ContainerName, Network>,
    pub(super) nat: NatSpec,
    pub(super) former_nat: NatSpec,
    /// The networks with which containers run before.
    pub(super) running: BTreeMap<ContainerName, Network>,
    /// The addresses that each container has before.
    pub(super) held: BTreeMap<ContainerName, BTreeSet<IpAddr>>,
}

impl FirewallChange {
    /// The rules that a container keeps after its outdated forwards are withdrawn.
    pub(super) fn withdrawn(&self, name: &ContainerName) -> Option<Network> {
        Some(kept(self.former.get(name)?, self.wanted.get(name)?))
    }

    /// Whether a container loses any rules.
    pub(super) fn loses(&self, name: &ContainerName) -> bool {
        match (self.former.get(name), self.withdrawn(name)) {
            (Some(former), Some(kept)) => *former != kept,
            (Some(_), None) => self.changes(name),
            (None, _) => false,
        }
    }

    /// Whether the rules of a container change.
    pub(super) fn changes(&self, name: &ContainerName) -> bool {
        self.changed && self.part(name, self.former.get(name)) != self.part(name, self.wanted.get(name))
    }

    /// The part of the rules that exists because of a container: interfaces that they list, and forwards.
    fn part(&self, name: &ContainerName, network: Option<&Network>) -> Option<(BTreeSet<String>, Ruleset)> {
        let own = [(name, network?)];
        let forwards = Ruleset::of(own, &NatSpec::default());
        let mut interfaces = BTreeSet::new();
        for (ruleset, nat) in
            self.standing.iter().map(|it| (it, &self.former_nat)).chain([(&self.ruleset, &self.nat)])
        {
            // The rules list the interfaces of all containers, or none.
            if let Network::Private(Private { veth: Some(veth), .. }) = own[0].1
                && ruleset.has_links()
            {
                interfaces.insert(interface::way_in(name, veth));
            }
            interfaces.extend(ruleset.isolates(own, nat));
        }
        (!interfaces.is_empty() || !forwards.is_empty()).then_some((interfaces, forwards))
    }

    /// Fills in [`Self::in_place`] and [`Self::of_host`].
    fn assign_steps(&mut self, decisions: &Decisions<'_>, drifted: bool) {
        let addresses = |network: Option<&Network>| network.map(Network::addresses);
        let is_in_place = |name: &&ContainerName| match decisions.steps.get(*name) {
            Some(steps) if steps.stop || steps.start || steps.reload || steps.create || steps.remove => false,
            Some(_) => addresses(self.former.get(*name)) == addresses(self.wanted.get(*name)),
            None => true,
        };
        let names: BTreeSet<&ContainerName> = self.former.keys().chain(self.wanted.keys()).collect();
        let changed = || names.iter().copied().filter(|name| self.changes(name));
        let in_place: BTreeSet<ContainerName> = changed().filter(is_in_place).cloned().collect();
        let has_own = changed().any(|name| !in_place.contains(name) && decisions.steps.contains_key(name));
        self.of_host = self.changed && (drifted || self.nat != self.former_nat || !in_place.is_empty() || !has_own);
        self.in_place = in_place;
    }
}

/// Compares the rules before and after.
pub(super) fn change(
    from: &StateView,
    to: &StateView,
    options: &Options,
    decisions: &Decisions<'_>,
) -> FirewallChange {
    let networks = from.networks();
    let former = from.ruleset_of(&networks);
    let (wanted, nat) = wanted(from, &networks, to, options);
    let held = finally_held(from, decisions);
    let holders = Holders::new(&held);
    let gives = |holder: &ContainerName, address| match wanted.get(holder) {
        Some(network) => network.addresses().contains(&address),
        None => !networks.contains_key(holder),
    };
    let running = from.running_networks().into_iter();
    let running: BTreeMap<_, _> = running.map(|(name, network)| (name.clone(), network.into_owned())).collect();
    let stops = |name: &ContainerName| decisions.steps.get(name).is_some_and(|steps| steps.stop || steps.remove);
    let ruleset = Ruleset::leading(&wanted, &nat, |name, address| holders.lets(name, address, gives))
        .and_isolate(running.iter().filter(|(name, _)| !stops(name)), &Ruleset::default());
    let mut difference = match &from.listing {
        // The wanted rules are those of the records, which were compared with the kernel already.
        Some(_) if ruleset == former => from.rules_drift.clone(),
        Some(listing) => ruleset.differences(listing),
        None if ruleset == former => RulesDifference::default(),
        None => ruleset.differences(&former.listing()),
    };
    ruleset.name_containers(&mut difference.added);
    former.name_containers(&mut difference.removed);
    let (given, taken) = handed_over(&former, &ruleset);
    difference.added.extend(given);
    difference.removed.extend(taken);
    name_holders(&mut difference.added, wanted.iter());
    name_holders(&mut difference.removed, networks.iter().map(|(name, network)| (*name, &**network)));
    let sysctls = ruleset.sysctls();
    let before = former.sysctls();
    let is_off = |sysctl: &&Sysctl| !from.has(sysctl).unwrap_or_else(|| before.contains(sysctl));
    let off: Vec<_> = sysctls.iter().filter(is_off).collect();
    let line = |sysctl: &&Sysctl| RuleLine::Rule(format!("sysctl {} = {}", sysctl.name, sysctl.value));
    difference.added.extend(off.iter().map(line));
    let listing = from.listing.as_deref();
    let found = listing.map_or_else(|| former.listing(), Value::clone);
    let found = Ruleset::default().differences(&found).removed.into_iter();
    let is_drifted = !from.rules_drift.is_empty();
    let standing = if difference.is_empty() { Some(ruleset.clone()) } else { (!is_drifted).then_some(former) };
    let mut change = FirewallChange {
        changed: !difference.is_empty(),
        added: difference.added,
        removed: difference.removed,
        ruleset,
        standing,
        found: found.filter(leads_somewhere).collect(),
        in_place: BTreeSet::new(),
        of_host: false,
        wanted,
        former: networks.iter().map(|(&name, network)| (name.clone(), Network::clone(network))).collect(),
        nat,
        former_nat: from.nat_spec.clone().unwrap_or_default(),
        running,
        held: from.held(),
    };
    change.assign_steps(decisions, is_drifted);
    change
}

/// The forwards that are the same to the kernel, and lead to another container: it gets the address and the port of a former one. Gives
/// the lines that are added, and those that are removed.
///
/// They count as changes, since such a forward must not lead to the former container when that stops.
fn handed_over(former: &Ruleset, wanted: &Ruleset) -> (Vec<RuleLine>, Vec<RuleLine>) {
    /// The lines of all rules, with and without the containers' names.
    fn lines(rules: &Ruleset) -> BTreeMap<RuleLine, RuleLine> {
        let bare = Ruleset::default().differences(&rules.listing()).removed;
        let mut named = bare.clone();
        rules.name_containers(&mut named);
        bare.into_iter().zip(named).collect()
    }
    let holders = |rules: &Ruleset| -> BTreeMap<IpAddr, ContainerName> {
        let plain =
            rules.forwards().iter().map(|it| (&it.container, [it.v4.map(IpAddr::V4), it.v6.map(IpAddr::V6)]));
        let all = plain.chain(rules.own_forwards().iter().map(|it| (&it.container, it.to)));
        all.flat_map(|(name, to)| to.into_iter().flatten().map(|address| (address, name.clone()))).collect()
    };
    let (had, has) = (holders(former), holders(wanted));
    // Reading all lines takes long with thousands of forwards, and few plans give an address to another container.
    if has.iter().all(|(address, name)| had.get(address).is_none_or(|holder| holder == name)) {
        return Default::default();
    }
    let before = lines(former);
    let pairs = lines(wanted).into_iter().filter_map(|(bare, given)| {
        let taken = before.get(&bare).filter(|taken| **taken != given)?;
        Some((given, taken.clone()))
    });
    pairs.unzip()
}

/// Fills in the containers that have the addresses to which `networking.nat` forwards ports.
fn name_holders<'n>(lines: &mut [RuleLine], networks: impl Iterator<Item = (&'n ContainerName, &'n Network)>) {
    let holders: BTreeMap<IpAddr, &ContainerName> =
        networks.flat_map(|(name, network)| network.addresses().into_iter().map(move |it| (it, name))).collect();
    for line in lines {
        if let RuleLine::Nat { container, address, .. } = line {
            *container = holders.get(address).map(|name| ContainerName::clone(name));
        }
    }
}

/// Whether a line of the rules leads connections to another address.
fn leads_somewhere(line: &RuleLine) -> bool {
    match line {
        RuleLine::Forward { .. } | RuleLine::Own { .. } | RuleLine::Nat { .. } => true,
        RuleLine::Rule(rule) => rule.contains(" dnat ip"),
    }
}

/// The addresses that each container holds once the plan is applied.
fn finally_held(from: &StateView, decisions: &Decisions<'_>) -> BTreeMap<ContainerName, BTreeSet<IpAddr>> {
    let mut held = from.held();
    for (name, steps) in &decisions.steps {
        if steps.start {
            let after = steps.after.as_ref().and_then(|after| after.network());
            held.insert(name.clone(), after.map(|network| network.addresses()).unwrap_or_default());
        } else if steps.stop || steps.remove {
            held.remove(name);
        }
    }
    held
}

/// The networks and NAT settings that the wanted rules are made from. Unknown ones, and those that `--only` excludes, stay
/// as they were.
fn wanted(
    from: &StateView,
    former: &BTreeMap<&ContainerName, Cow<'_, Network>>,
    to: &StateView,
    options: &Options,
) -> (BTreeMap<ContainerName, Network>, NatSpec) {
    let former = former.iter().map(|(&name, network)| (name.clone(), Network::clone(network)));
    let mut networks: BTreeMap<_, _> = former.collect();
    networks.retain(|name, _| !options.covers(name) || to.containers.contains_key(name));
    for (name, configured) in &to.containers {
        let ours = from.containers.get(name).is_none_or(|is| is.owner == Owner::Ours);
        let Some(written) = configured.written.as_ref().filter(|_| ours && options.covers(name)) else { continue };
        if let Some(network) = written.network() {
            networks.insert(name.clone(), network.into_owned());
            continue;
        }
        match networks.entry(name.clone()) {
            Entry::Vacant(entry) => {
                written.network_at_least().map(|network| entry.insert(network));
            }
            Entry::Occupied(mut entry) => add_forwards(entry.get_mut(), written.network_at_least()),
        }
    }
    let nat = match (&from.nat_spec, &to.nat_spec) {
        // It belongs to the generation of the host, which `nixos-rebuild` changes.
        _ if from.has_native_nat => NatSpec::default(),
        (Some(nat), _) if options.only.is_some() => nat.clone(),
        (_, Some(nat)) => nat.clone(),
        (former, None) => {
            let former = former.as_ref().filter(|former| former.enable || to.nat_at_least.is_none());
            former.or(to.nat_at_least.as_ref()).cloned().unwrap_or_default()
        }
    };
    (networks, nat)
}

/// Adds the known forwards of a network that is otherwise unknown, if they lead to the same addresses.
fn add_forwards(former: &mut Network, wanted: Option<Network>) {
    if let (Network::Private(former), Some(Network::Private(wanted))) = (former, wanted)
        && former.veth == wanted.veth
    {
        let new: Vec<_> =
            wanted.forwards.into_iter().filter(|forward| !former.forwards.contains(forward)).collect();
        former.forwards.extend(new);
        let own = wanted.own_forwards.into_iter().filter(|forward| !former.own_forwards.contains(forward));
        former.own_forwards.extend(own.collect::<Vec<_>>());
    }
}

/// The change of the host itself: `networking.nat`.
///
/// Whether there is a change depends on the rules in the kernel; the options only explain it.
pub(super) fn host_change(
    from: &StateView,
    to: &StateView,
    options: &Options,
    firewall: &FirewallChange,
) -> Option<Change> {
    let after = to.nat.as_ref().filter(|_| options.only.is_none() && !from.has_native_nat)?;
    let before = from.nat.clone().unwrap_or_default();
    let json = |nat| serde_json::to_value(nat).expect("the model has string keys only");
    let (before, after): (Value, Value) = (json(&before), json(after));
    let mut reasons: Vec<Reason> = diff::differences(&before, &after, false, &|_| false)
        .into_iter()
        .map(|difference| {
            let old_position = from.nat_locations.position(&difference.path);
            let position = to.nat_locations.position(&difference.path).or_else(|| old_position.clone());
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
        no_switch: None,
        keeps: vec![],
        drift: vec![],
        reasons,
    })
}

/// `former` without the forwards that `wanted` lacks or leads to another address.
fn kept(former: &Network, wanted: &Network) -> Network {
    let Network::Private(from) = former else { return former.clone() };
    let targets = |private: &Private| private.veth.as_ref().map(|veth| (veth.local4, veth.local6));
    let stays = |forward: &Forward| match wanted {
        Network::Private(to) => targets(from) == targets(to) && to.forwards.contains(forward),
        Network::Host | Network::Named(_) => false,
    };
    let own_stays = |forward: &OwnForward| match wanted {
        Network::Private(to) => targets(from) == targets(to) && to.own_forwards.contains(forward),
        Network::Host | Network::Named(_) => false,
    };
    let forwards = from.forwards.iter().filter(|forward| stays(forward)).cloned().collect();
    let own_forwards = from.own_forwards.iter().filter(|forward| own_stays(forward)).cloned().collect();
    Network::Private(Private { forwards, own_forwards, ..from.clone() })
}
