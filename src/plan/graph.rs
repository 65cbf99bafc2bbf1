//! The single steps, and what has to wait for what.
//!
//! A restart is three steps (stop, write, start), so that two containers that swap an address stop both before either
//! starts. Edges go from what comes first:
//!
//! - The builds: before anything is stopped or written, since what does not build must change nothing.
//! - The program that units call: before anything that has systemd call it, and before the boot service is written, for
//!   which nothing has to wait.
//! - A container: stop, then write its files, then start; stop, then remove.
//! - An address or an interface: stopped whoever had it, then started whoever gets it.
//! - The rules of a container: what it loses is withdrawn before it stops, what it gets is loaded when it is up. So no
//!   forward outlives what it leads to, and none waits for other containers.
//! - A host port: withdrawn from whoever had it, then led to whoever gets it.
//! - The rules that change while nothing stops: in one step, together with those of the host itself. Those are there
//!   before a guest boots that may ask for its way out at once.
//! - What the user says about the order: the second starts after the first, and stops before it. Such an edge is left
//!   out, with an error, where it closes a circle.
//!
//! Containers that share nothing are not ordered, and may be worked on at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::decide::{Decisions, Steps};
use super::firewall::FirewallChange;
use super::state_view::Version;
use super::{Finding, ProgramChange};
use crate::diag::{Code, Diagnostic};
use crate::model::check::forward_key;
use crate::model::{ContainerName, Field, Position};

/// One step. What it needs besides is in [`super::Plan::targets`] and [`super::Plan::firewall`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Builds all guests that have to be built. A plan that can be applied has none left.
    Build,
    /// Puts this program where units call it.
    RenewProgram,
    /// Writes the boot service again.
    WriteBootService,
    /// Writes the files of a container for the first time.
    Create(ContainerName),
    /// Stops it.
    Stop(ContainerName),
    /// Writes its files again.
    UpdateUnit(ContainerName),
    /// Starts it.
    Start(ContainerName),
    /// Changes it while it runs.
    Reload(ContainerName),
    /// Takes out of the rules what leads to a container that goes, or no longer goes by that address or port.
    Withdraw(ContainerName),
    /// Loads the rules of a container; without one, those of the host itself and of all containers that go on as they are.
    Firewall(Option<ContainerName>),
    /// Removes its files.
    Remove(ContainerName),
}

impl Action {
    /// The word in `order`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::RenewProgram => "program",
            Self::WriteBootService => "boot-service",
            Self::Create(_) => "create",
            Self::Stop(_) => "stop",
            Self::UpdateUnit(_) => "update-unit",
            Self::Start(_) => "start",
            Self::Reload(_) => "reload",
            Self::Withdraw(_) => "withdraw",
            Self::Firewall(_) => "firewall",
            Self::Remove(_) => "remove",
        }
    }

    /// The container it is done to; `None` for what is done once for all.
    pub fn container(&self) -> Option<&ContainerName> {
        match self {
            Self::Create(name)
            | Self::Stop(name)
            | Self::UpdateUnit(name)
            | Self::Start(name)
            | Self::Reload(name)
            | Self::Remove(name)
            | Self::Withdraw(name)
            | Self::Firewall(Some(name)) => Some(name),
            Self::Build | Self::RenewProgram | Self::WriteBootService | Self::Firewall(None) => None,
        }
    }
}

/// The steps as an acyclic graph; an edge leads from a step to one that waits for it.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The graph. Indices are the ids that the plan shows.
    pub graph: DiGraph<Action, ()>,
}

impl Order {
    /// The steps with their ids.
    pub fn nodes(&self) -> impl Iterator<Item = (usize, &Action)> {
        self.graph.node_indices().map(|node| (node.index(), &self.graph[node]))
    }

    /// What comes before what, in ascending order.
    pub fn edges(&self) -> BTreeSet<(usize, usize)> {
        let ends = self.graph.edge_indices().filter_map(|edge| self.graph.edge_endpoints(edge));
        ends.map(|(before, after)| (before.index(), after.index())).collect()
    }

    fn add(&mut self, action: Action) -> NodeIndex {
        self.graph.add_node(action)
    }

    fn before(&mut self, first: Option<NodeIndex>, then: Option<NodeIndex>) {
        if let (Some(first), Some(then)) = (first, then) {
            self.graph.update_edge(first, then, ());
        }
    }
}

/// What the user says about the order of two containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// Starts first, and stops last.
    pub first: ContainerName,
    /// Starts after that, and stops before it.
    pub then: ContainerName,
    /// The option that says so.
    pub option: String,
    /// Where it is set.
    pub position: Option<Position>,
}

/// What only one container can have at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Address(IpAddr),
    Mac(String),
    /// A link of the host: one that is moved into the guest, or the host's end of an extra veth.
    Link(String),
}

fn resources(version: Option<&Version>) -> BTreeSet<Resource> {
    let Some(container) = version.map(|version| &version.container) else { return BTreeSet::new() };
    let mut resources = BTreeSet::new();
    let mut network = |local: [&Field<Option<String>>; 2], mac: &Field<Option<String>>| {
        // Not those of the host's end: many containers may share one there.
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
    let links = container.interfaces.known().into_iter().flatten().filter_map(Field::known).cloned();
    let veths = container.extra_veths.known().into_iter().flat_map(BTreeMap::keys).cloned();
    resources.extend(links.chain(veths).map(Resource::Link));
    resources
}

/// The ports of the host that lead to a container.
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
    /// Its files are written.
    write: Option<NodeIndex>,
    start: Option<NodeIndex>,
    firewall: Option<NodeIndex>,
    remove: Option<NodeIndex>,
}

/// All steps in order.
pub(super) struct Ordered {
    pub(super) order: Order,
    /// For each container, the others that take something of it.
    pub(super) rivals: BTreeMap<ContainerName, BTreeSet<ContainerName>>,
    /// Where what the user states about the order cannot be.
    pub(super) findings: Vec<Finding>,
}

/// Puts all steps into order.
pub(super) fn order(
    decisions: &Decisions,
    change: Option<&ProgramChange>,
    firewall: &FirewallChange,
    stated: &[OrderRequest],
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
    let findings = add_stated(&mut order, &nodes, stated);
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
    // What runs on and keeps what it has to itself changes its rules in one step.
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

/// For each container, what others take that it had.
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

/// What one container gives up, another one may take only then.
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
            // What does not run has nothing but the rules that lead to where it was.
            order.before(from.stop.or(from.withdraw), to.start);
            order.before(from.stop.or(from.withdraw), to.firewall.filter(|_| to.start.is_none()));
        }
    }
    given
}

/// A port of the host leads to one container at a time.
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

/// Adds what the user says; what would close a circle is left out and reported, once for each circle.
fn add_stated(order: &mut Order, nodes: &BTreeMap<&ContainerName, Nodes>, stated: &[OrderRequest]) -> Vec<Finding> {
    let mut edges: Vec<(NodeIndex, NodeIndex, &OrderRequest)> = Vec::new();
    for said in stated {
        let (Some(first), Some(then)) = (nodes.get(&said.first), nodes.get(&said.then)) else { continue };
        let pairs = [(first.start, then.start), (then.stop, first.stop)];
        edges.extend(pairs.into_iter().filter_map(|(before, after)| Some((before?, after?, said))));
    }
    let mut trial = order.graph.clone();
    for (before, after, _) in &edges {
        trial.update_edge(*before, *after, ());
    }
    let mut circle_of: BTreeMap<NodeIndex, usize> = BTreeMap::new();
    for (number, circle) in tarjan_scc(&trial).into_iter().enumerate() {
        let closes = circle.len() > 1 || trial.contains_edge(circle[0], circle[0]);
        circle_of.extend(circle.into_iter().filter(|_| closes).map(|node| (node, number)));
    }
    let mut circles: BTreeMap<Vec<&str>, (BTreeSet<&ContainerName>, &OrderRequest)> = BTreeMap::new();
    let mut by_number: BTreeMap<usize, Vec<&OrderRequest>> = BTreeMap::new();
    for (before, after, said) in edges {
        match (circle_of.get(&before), circle_of.get(&after)) {
            (Some(a), Some(b)) if a == b => by_number.entry(*a).or_default().push(said),
            _ => order.before(Some(before), Some(after)),
        }
    }
    // Starts and stops go round the same circle, one the other way; it is one finding.
    for said in by_number.values() {
        let mut options: Vec<&str> = said.iter().map(|said| said.option.as_str()).collect();
        options.sort_unstable();
        options.dedup();
        let names = said.iter().flat_map(|said| [&said.first, &said.then]);
        circles.entry(options).or_insert_with(|| (BTreeSet::new(), said[0])).0.extend(names);
    }
    let finding = |(options, (names, said)): (Vec<&str>, (BTreeSet<&ContainerName>, &OrderRequest))| {
        let names: Vec<_> = names.into_iter().map(ContainerName::as_str).collect();
        let message = format!("{} cannot start in the order that is asked for: it is a circle", names.join(", "));
        let help = format!("take one of these back: {}", options.join(", "));
        Finding::from(Diagnostic::error(Code::OrderCycle, message).help(help)).at(said.position.clone())
    };
    circles.into_iter().map(finding).collect()
}
