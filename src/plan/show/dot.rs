//! The order of the steps as a Graphviz graph.

use std::fmt::Write;

use crate::plan::{Action, Plan};

/// Renders the graph, ending in a newline.
pub fn dot(plan: &Plan) -> String {
    let mut text = String::from("digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
    for (id, action) in plan.order.nodes() {
        writeln!(text, "  {id} [label=\"{}\"];", label(action)).expect("writing to a string does not fail");
    }
    for (before, after) in plan.order.edges() {
        writeln!(text, "  {before} -> {after};").expect("writing to a string does not fail");
    }
    text.push_str("}\n");
    text
}

/// A step in words. Container names need no quoting.
pub(super) fn label(action: &Action) -> String {
    match action.container() {
        Some(name) => format!("{} {name}", action.as_str()),
        None => action.as_str().to_owned(),
    }
}
