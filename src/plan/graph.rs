//! Which steps of a plan wait for which.
//!
//! A restart is three steps (stop, write, start), so that two containers that swap an address both stop before either
//! starts. These orderings hold:
//!
//! - Builds come before anything is stopped or written: a guest that fails to build must change nothing.
//! - The program that units call is renewed before systemd runs anything that calls it, and before the boot service is
//!   written. Nothing waits for the boot service.
//! - Within a container: stop, then write its files, then start; stop, then remove.
//! - An address or an interface moves from one container to another by stopping the first before starting the second.
//! - A container's outdated rules are withdrawn before it stops, and its new rules are loaded once it is up. So no forward
//!   outlives its target, and no forward waits for other containers.
//! - A host port is withdrawn from its former container before it is forwarded to the next.
//! - Rules that change while nothing stops are replaced in one step, together with the host's own. They are loaded before a
//!   guest starts, which may need NAT at once.
//! - Where the user orders two containers, or one mounts from the root of another, the second starts after the first and
//!   stops before it. If such requests form a cycle, they are dropped and reported as an error.
//!
//! Containers that share nothing are unordered, and may be worked on in parallel.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use petgraph::algo::tarjan_scc;
use petgraph::graph::NodeIndex;

use super::action::{Action, Order};
use super::decide::{Decisions, Steps};
use super::finding::Finding;
use super::firewall::FirewallChange;
use super::program::ProgramChange;
use super::request::OrderRequest;
use super::version::Version;
use crate::diag::{Code, Diagnostic};
use crate::model::check::forward_key;
use crate::model::settings::{self, Setting};
use crate::model::{ContainerName, Field};

/// Something that only one container can hold at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Address(IpAddr),
    Mac(String),
    /// An interface of the host: one that is moved into the guest, or the host's end of an extra veth.
    Interface(String),
}

fn resources(version: Option<&Version>) -> BTreeSet<Resource> {
    let Some(container) = version.map(|version| &version.container) else { return BTreeSet::new() };
    let mut resources = BTreeSet::new();
    let mut network = |local: [&Field<Option<String>>; 2], mac: &Field<Option<String>>| {
        // The host's address does not count: many containers may share it.
        let addresses =
            local.into_iter().filter_map(|field| field.known()?.as_deref()?.split('/').next()?.parse().ok());
        resources.extend(addresses.map(Resource::Address));
        let mac = mac.known().and_then(Option::as_ref);
        resources.extend(mac.map(|mac| Resource::Mac(mac.to_ascii_lowercase())));
    };
    if container.private_network.known() == Some(&true) {
        network([&container.local_address, &container.local_address6], &container.local_mac_address);
    }
    for veth in container.extra_veths.known().into_iter().flat_map(BTreeMap::values).filter_map(Field::known) {
        network([&veth.local_address, &veth.local_address6], &veth.local_mac_address);
    }
    let interfaces = container.interfaces.known().into_iter().flatten().filter_map(Field::known).cloned();
    let veths = container.extra_veths.known().into_iter().flat_map(BTreeMap::keys).cloned();
    resources.extend(interfaces.chain(veths).map(Resource::Interface));
    resources
}

/// The host ports that are forwarded to a container.
fn ports(version: Option<&Version>) -> BTreeSet<String> {
    let Some(container) = version.map(|version| &version.container) else { return BTreeSet::new() };
    let is_private = container.private_network.known() == Some(&true);
    let forwards = container.forward_ports.known().into_iter().flatten().filter_map(Field::known);
    forwards.filter(|_| is_private).map(forward_key).collect()
}

#[derive(Default)]
struct Nodes {
    withdraw: Option<NodeIndex>,
    stop: Option<NodeIndex>,
    /// Writes the container's files: [`Action::Create`] or [`Action::UpdateUnit`].
    write: Option<NodeIndex>,
    start: Option<NodeIndex>,
    firewall: Option<NodeIndex>,
    remove: Option<NodeIndex>,
}

/// The result of [`order`].
pub(super) struct Ordered {
    pub(super) order: Order,
    /// For each container, the others that take over one of its resources.
    pub(super) rivals: BTreeMap<ContainerName, BTreeSet<ContainerName>>,
    /// Errors about requests that form a cycle.
    pub(super) findings: Vec<Finding>,
}

/// Builds the graph of all steps.
pub(super) fn order(
    decisions: &Decisions,
    change: Option<&ProgramChange>,
    firewall: &FirewallChange,
    requests: &[OrderRequest],
) -> Ordered {
    let mut order = Order::default();
    let build = (!decisions.builds.is_empty()).then(|| order.add(Action::Build));
    let mut add =
        |wanted: fn(&ProgramChange) -> bool, action| change.is_some_and(wanted).then(|| order.add(action));
    let program = add(|change| change.renewed.is_some(), Action::RenewProgram);
    let service = add(|change| change.boot_service, Action::WriteBootService);
    order.before(build, program.or(service));
    order.before(program, service);
    let mut nodes: BTreeMap<&ContainerName, Nodes> = BTreeMap::new();
    let given = taken(decisions, ports);
    for (name, steps) in &decisions.steps {
        let of = add_container(&mut order, name, steps, firewall, given.contains_key(name));
        let first = of.withdraw.or(of.stop).or(of.write).or(of.start).or(of.firewall).or(of.remove);
        order.before(build, first);
        order.before(program, first);
        nodes.insert(name, of);
    }
    let rivals = hand_over(&mut order, decisions, &nodes);
    let constraints: Vec<_> = requests.iter().map(Constraint::stated).chain(configured(decisions)).collect();
    let findings = add_constraints(&mut order, &nodes, &constraints);
    let host = firewall.of_host.then(|| order.add(Action::Firewall(None)));
    order.before(build, host);
    for name in &firewall.in_place {
        order.before(nodes.get(name).and_then(|of| of.write), host);
    }
    if firewall.nat != firewall.former_nat {
        for of in nodes.values().filter(|of| of.start.is_some()) {
            order.before(host, of.write.or(of.start));
        }
    }
    hand_over_ports(&mut order, &given, &nodes, (host, &firewall.in_place));
    Ordered { order, rivals, findings }
}

/// Adds the steps of one container.
fn add_container(
    order: &mut Order,
    name: &ContainerName,
    steps: &Steps,
    firewall: &FirewallChange,
    gives_ports: bool,
) -> Nodes {
    let is_in_place = firewall.in_place.contains(name);
    // A container that keeps running, and gives no port to another, changes its rules in one step.
    let lets_go = steps.stop || steps.remove || !steps.reload || gives_ports;
    let withdraws = firewall.changed && !is_in_place && lets_go && firewall.loses(name);
    let loads = !is_in_place && !steps.remove && firewall.changes(name);
    let mut add =
        |wanted: bool, action: fn(ContainerName) -> Action| wanted.then(|| order.add(action(name.clone())));
    let withdraw = add(withdraws, Action::Withdraw);
    let stop = add(steps.stop, Action::Stop);
    let write = add(steps.create, Action::Create).or_else(|| add(steps.update_unit, Action::UpdateUnit));
    let start = add(steps.start, Action::Start).or_else(|| add(steps.reload, Action::Reload));
    let firewall = add(loads, |name| Action::Firewall(Some(name)));
    let remove = add(steps.remove, Action::Remove);
    let chain: Vec<_> = [withdraw, stop, write, start, firewall, remove].into_iter().flatten().collect();
    for pair in chain.windows(2) {
        order.before(Some(pair[0]), Some(pair[1]));
    }
    Nodes { withdraw, stop, write, start, firewall, remove }
}

/// For each container, the others that take over a resource it had.
fn taken<R: Ord>(
    decisions: &Decisions,
    of: impl Fn(Option<&Version>) -> BTreeSet<R>,
) -> BTreeMap<ContainerName, BTreeSet<ContainerName>> {
    let mut had: BTreeMap<R, Vec<&ContainerName>> = BTreeMap::new();
    for (name, steps) in &decisions.steps {
        for resource in of(steps.before.as_deref()) {
            had.entry(resource).or_default().push(name);
        }
    }
    let mut taken = BTreeMap::<_, BTreeSet<_>>::new();
    for (name, steps) in &decisions.steps {
        for resource in of(steps.after.as_deref()) {
            for holder in had.get(&resource).into_iter().flatten().filter(|holder| **holder != name) {
                taken.entry(ContainerName::clone(holder)).or_default().insert(name.clone());
            }
        }
    }
    taken
}

/// Orders containers so that a resource is released before another container takes it.
fn hand_over(
    order: &mut Order,
    decisions: &Decisions,
    nodes: &BTreeMap<&ContainerName, Nodes>,
) -> BTreeMap<ContainerName, BTreeSet<ContainerName>> {
    let given = taken(decisions, resources);
    for (holder, takers) in &given {
        let from = &nodes[holder];
        for taker in takers {
            let to = &nodes[taker];
            // A container that does not run only has rules that lead to its address.
            order.before(from.stop.or(from.withdraw), to.start);
            order.before(from.stop.or(from.withdraw), to.firewall.filter(|_| to.start.is_none()));
        }
    }
    given
}

/// Orders firewall steps so that a host port leads to one container at a time.
fn hand_over_ports(
    order: &mut Order,
    given: &BTreeMap<ContainerName, BTreeSet<ContainerName>>,
    nodes: &BTreeMap<&ContainerName, Nodes>,
    (host, in_place): (Option<NodeIndex>, &BTreeSet<ContainerName>),
) {
    let step = |name: &ContainerName, own: Option<NodeIndex>| if in_place.contains(name) { host } else { own };
    for (holder, takers) in given {
        let from = step(holder, nodes[holder].withdraw);
        for taker in takers {
            let to = step(taker, nodes[taker].firewall);
            if from != to {
                order.before(from, to);
            }
        }
    }
}

/// That one container start before another, or stop after it.
struct Constraint<'a> {
    first: &'a ContainerName,
    then: ContainerName,
    starts: bool,
    stops: bool,
    /// The request behind it; `None` for what is configured, whose cycles the check of the configuration reports.
    request: Option<&'a OrderRequest>,
}

impl<'a> Constraint<'a> {
    fn stated(request: &'a OrderRequest) -> Self {
        let OrderRequest { first, then, .. } = request;
        Self { first, then: then.clone(), starts: true, stops: true, request: Some(request) }
    }
}

impl Version<'_> {
    /// The containers that it starts after and stops before, and whether it requires each.
    pub(super) fn order(&self) -> BTreeMap<ContainerName, bool> {
        let owners = self.host_paths().iter().filter_map(|path| settings::owner_of(path)).collect::<Vec<_>>();
        // What the guest uses as servers is known with the spec only.
        let servers = self.spec.iter().flat_map(|spec| spec.unit.after.iter().cloned());
        let after = owners.into_iter().chain(settings::named(&self.settings, Setting::After)).chain(servers);
        let requires = settings::named(&self.settings, Setting::Requires).map(|name| (name, true));
        after.map(|name| (name, false)).chain(requires).collect()
    }
}

/// The order that the versions of the containers have: what a container becomes orders its start, what it was its stop.
fn configured<'a>(decisions: &'a Decisions) -> Vec<Constraint<'a>> {
    let mut constraints = Vec::new();
    for (name, steps) in &decisions.steps {
        for (version, starts) in [(&steps.after, true), (&steps.before, false)] {
            for before in version.iter().flat_map(|version| version.order().into_keys()) {
                let Some((first, _)) = decisions.steps.get_key_value(&before) else { continue };
                constraints.push(Constraint { first, then: name.clone(), starts, stops: !starts, request: None });
            }
        }
    }
    constraints
}

/// Adds what the user orders. Those that form a cycle are dropped, with one finding for each cycle of requests.
fn add_constraints(
    order: &mut Order,
    nodes: &BTreeMap<&ContainerName, Nodes>,
    constraints: &[Constraint<'_>],
) -> Vec<Finding> {
    let mut edges: Vec<(NodeIndex, NodeIndex, Option<&OrderRequest>)> = Vec::new();
    for constraint in constraints {
        let (Some(first), Some(then)) = (nodes.get(constraint.first), nodes.get(&constraint.then)) else {
            continue;
        };
        let pairs = [(first.start, then.start, constraint.starts), (then.stop, first.stop, constraint.stops)];
        let pairs = pairs.into_iter().filter(|(.., wanted)| *wanted);
        edges.extend(pairs.filter_map(|(before, after, _)| Some((before?, after?, constraint.request))));
    }
    let mut trial = order.graph.clone();
    for (before, after, _) in &edges {
        trial.update_edge(*before, *after, ());
    }
    let mut cycle_of: BTreeMap<NodeIndex, usize> = BTreeMap::new();
    for (number, cycle) in tarjan_scc(&trial).into_iter().enumerate() {
        let closes = cycle.len() > 1 || trial.contains_edge(cycle[0], cycle[0]);
        cycle_of.extend(cycle.into_iter().filter(|_| closes).map(|node| (node, number)));
    }
    let mut cycles: BTreeMap<Vec<&str>, (BTreeSet<&ContainerName>, &OrderRequest)> = BTreeMap::new();
    let mut by_number: BTreeMap<usize, Vec<&OrderRequest>> = BTreeMap::new();
    for (before, after, request) in edges {
        match (cycle_of.get(&before), cycle_of.get(&after)) {
            (Some(a), Some(b)) if a == b => by_number.entry(*a).or_default().extend(request),
            _ => order.before(Some(before), Some(after)),
        }
    }
    // The same requests make a cycle of starts and another of stops. Report both as one.
    for requests in by_number.values().filter(|requests| !requests.is_empty()) {
        let mut options: Vec<&str> = requests.iter().map(|request| request.option.as_str()).collect();
        options.sort_unstable();
        options.dedup();
        let names = requests.iter().flat_map(|request| [&request.first, &request.then]);
        cycles.entry(options).or_insert_with(|| (BTreeSet::new(), requests[0])).0.extend(names);
    }
    let finding = |(options, (names, request)): (Vec<&str>, (BTreeSet<&ContainerName>, &OrderRequest))| {
        let names: Vec<_> = names.into_iter().map(ContainerName::as_str).collect();
        let message = format!("cannot order {}: the requested order is a cycle", names.join(", "));
        let help = format!("remove one of these: {}", options.join(", "));
        Finding::from(Diagnostic::error(Code::OrderCycle, message).help(help)).at(request.position.clone())
    };
    cycles.into_iter().map(finding).collect()
}
