//! The single steps, and what has to wait for what.
//!
//! A restart is three steps (stop, write, start), so that two containers that swap an address stop both before either
//! starts. Edges go from what comes first:
//!
//! - A container: stop, then write its files, then start; stop, then remove.
//! - An address or a host port: stopped whoever had it, then started whoever gets it.
//! - The rules: after every start, since they lead to what is up; before every removal, since they led there.
//!
//! Containers that share nothing are not ordered, and may be worked on at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use petgraph::graph::{DiGraph, NodeIndex};

use super::decide::{Decisions, Steps};
use super::side::Version;
use crate::model::ContainerName;
use crate::model::spec::{Network, Protocol};

/// One step. What it needs besides is in [`super::Plan::targets`] and [`super::Plan::firewall`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
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
    /// Replaces the rules and sets their sysctls.
    ReplaceFirewall,
    /// Removes its files.
    Remove(ContainerName),
}

impl Action {
    /// The word in `order`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Stop(_) => "stop",
            Self::UpdateUnit(_) => "update-unit",
            Self::Start(_) => "start",
            Self::Reload(_) => "reload",
            Self::ReplaceFirewall => "firewall",
            Self::Remove(_) => "remove",
        }
    }

    /// The container it is done to; `None` for the rules.
    pub fn container(&self) -> Option<&ContainerName> {
        match self {
            Self::Create(name)
            | Self::Stop(name)
            | Self::UpdateUnit(name)
            | Self::Start(name)
            | Self::Reload(name)
            | Self::Remove(name) => Some(name),
            Self::ReplaceFirewall => None,
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

/// What only one container can have at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Address(IpAddr),
    HostPort(Protocol, u16),
}

fn resources(version: Option<&Version>) -> BTreeSet<Resource> {
    let Some(Network::Private { veth, forwards }) = version.and_then(Version::network) else {
        return BTreeSet::new();
    };
    let veth = veth.unwrap_or_default();
    // Not those of the host's end: many containers may share one there.
    let addresses = [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)].into_iter().flatten();
    let ports = forwards.iter().map(|forward| Resource::HostPort(forward.protocol, forward.host_port));
    addresses.map(Resource::Address).chain(ports).collect()
}

#[derive(Default)]
struct Nodes {
    stop: Option<NodeIndex>,
    start: Option<NodeIndex>,
}

pub(super) fn order(decisions: &Decisions, firewall: bool) -> Order {
    let mut order = Order::default();
    let mut nodes: BTreeMap<&ContainerName, Nodes> = BTreeMap::new();
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for (name, steps) in &decisions.steps {
        let of = add_container(&mut order, name, steps, &mut up, &mut down);
        nodes.insert(name, of);
    }
    if firewall {
        let rules = order.add(Action::ReplaceFirewall);
        for start in up {
            order.before(Some(start), Some(rules));
        }
        for removal in down {
            order.before(Some(rules), Some(removal));
        }
    }
    let mut held: BTreeMap<Resource, Vec<(&ContainerName, NodeIndex)>> = BTreeMap::new();
    for (name, steps) in &decisions.steps {
        for resource in resources(steps.before.as_ref()) {
            held.entry(resource).or_default().extend(nodes[name].stop.map(|stop| (name, stop)));
        }
    }
    for (name, steps) in &decisions.steps {
        for resource in resources(steps.after.as_ref()) {
            for (holder, stop) in held.get(&resource).into_iter().flatten() {
                if *holder != name {
                    order.before(Some(*stop), nodes[name].start);
                }
            }
        }
    }
    order
}

/// Adds the steps of one container. Those that the rules wait for go to `up`, those that wait for the rules to `down`.
fn add_container(
    order: &mut Order,
    name: &ContainerName,
    steps: &Steps,
    up: &mut Vec<NodeIndex>,
    down: &mut Vec<NodeIndex>,
) -> Nodes {
    let mut add =
        |wanted: bool, action: fn(ContainerName) -> Action| wanted.then(|| order.add(action(name.clone())));
    let stop = add(steps.stop, Action::Stop);
    let write = add(steps.create, Action::Create).or_else(|| add(steps.update_unit, Action::UpdateUnit));
    let start = add(steps.start, Action::Start).or_else(|| add(steps.reload, Action::Reload));
    let remove = add(steps.remove, Action::Remove);
    order.before(stop, write);
    order.before(write, start);
    if write.is_none() {
        order.before(stop, start);
    }
    order.before(stop, remove);
    up.extend(start.or(write));
    down.extend(remove);
    Nodes { stop, start }
}
