//! Finds files that import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::imports::{ModulePath, Program};

/// The groups of files that import each other, each with its imports, by the layer that they belong to.
pub(crate) fn cycles(program: &Program) -> BTreeMap<String, Vec<String>> {
    let graph = program.graph();
    let mut ties = DiGraphMap::<&ModulePath, ()>::new();
    for (file, uses) in &graph {
        for used in uses {
            ties.add_edge(file, used, ());
        }
    }
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for group in tarjan_scc(&ties).into_iter().filter(|group| group.len() > 1) {
        let group: BTreeSet<&ModulePath> = group.into_iter().collect();
        let layer = group.iter().find_map(|file| file.first()).cloned().unwrap_or_default();
        for file in &group {
            let used = graph[file].iter().filter(|used| group.contains(used)).map(|used| used.join("/"));
            let line = format!("{} uses {}", file.join("/"), used.collect::<Vec<_>>().join(", "));
            found.entry(layer.clone()).or_default().push(line);
        }
    }
    found
}
