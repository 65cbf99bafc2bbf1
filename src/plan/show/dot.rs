//! The order of the steps as a graph in Graphviz's language.

use std::fmt::Write;

use crate::plan::{Action, Plan};

/// The graph, with a line break at its end.
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

/// A step in words. Names of containers have no character that would have to be quoted.
pub(super) fn label(action: &Action) -> String {
    match action.container() {
        Some(name) => format!("{} {name}", action.as_str()),
        None => action.as_str().to_owned(),
    }
}
