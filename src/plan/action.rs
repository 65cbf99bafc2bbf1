//! The single steps of a plan, as an acyclic graph.

use std::collections::BTreeSet;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::ContainerName;

/// One step. The data it needs is in [`super::Plan::targets`] and [`super::Plan::firewall`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Builds all guests that need it. A plan that can be applied has no such step.
    Build,
    /// Installs this program at the path that units call.
    RenewProgram,
    /// Rewrites the boot service.
    WriteBootService,
    /// Writes the files of a container for the first time.
    Create(ContainerName),
    /// Stops it.
    Stop(ContainerName),
    /// Rewrites its files.
    UpdateUnit(ContainerName),
    /// Starts it.
    Start(ContainerName),
    /// Changes it while it runs.
    Reload(ContainerName),
    /// Removes the rules that lead to a container that is about to stop, or to lose that address or port.
    Withdraw(ContainerName),
    /// Loads the rules of one container; `None` loads those of the host itself and of all containers that keep running.
    Firewall(Option<ContainerName>),
    /// Removes its files.
    Remove(ContainerName),
}

impl Action {
    /// The name in the `order` field of the JSON plan.
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

    /// The container that the step is about; `None` for a step of the whole host.
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

/// The steps as an acyclic graph. An edge leads from a step to one that waits for it.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The graph. Node indices are the IDs that the plan shows.
    pub graph: DiGraph<Action, ()>,
}

impl Order {
    /// The steps with their IDs.
    pub fn nodes(&self) -> impl Iterator<Item = (usize, &Action)> {
        self.graph.node_indices().map(|node| (node.index(), &self.graph[node]))
    }

    /// All edges as pairs of step IDs, sorted.
    pub fn edges(&self) -> BTreeSet<(usize, usize)> {
        let ends = self.graph.edge_indices().filter_map(|edge| self.graph.edge_endpoints(edge));
        ends.map(|(before, after)| (before.index(), after.index())).collect()
    }

    pub(super) fn add(&mut self, action: Action) -> NodeIndex {
        self.graph.add_node(action)
    }

    pub(super) fn before(&mut self, first: Option<NodeIndex>, then: Option<NodeIndex>) {
        if let (Some(first), Some(then)) = (first, then) {
            self.graph.update_edge(first, then, ());
        }
    }
}
