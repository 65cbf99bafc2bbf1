//! Renders the plans of several hosts: the full plan of each host that changes, and only the names of the others.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::markdown::code;
use super::words::visible;
use super::{Style, json as plan_json, markdown as plan_markdown, text as plan_text};
use crate::plan::Plan;

/// Hosts whose plans exceed this are only named. GitHub limits a comment to 65,536 characters.
const BUDGET: usize = 60_000;

/// Renders the plans for a terminal.
pub fn text(plans: &BTreeMap<String, Plan>, style: Style) -> String {
    let mut page = String::new();
    for (host, plan) in plans.iter().filter(|(_, plan)| !plan.is_empty()) {
        writeln!(page, "host {}:\n\n{}", visible(host), plan_text(plan, style)).expect("writing to a string");
    }
    let unchanged: Vec<_> = unchanged(plans).map(|host| visible(host)).collect();
    match (page.is_empty(), unchanged.is_empty()) {
        (true, _) => page.push_str("No changes.\n"),
        (false, true) => {}
        (false, false) => writeln!(page, "No changes for {}.", unchanged.join(", ")).expect("writing to a string"),
    }
    page
}

/// Renders the plans as a comment on a pull request.
pub fn markdown(plans: &BTreeMap<String, Plan>) -> String {
    let (mut page, mut left_out) = (String::new(), Vec::new());
    for (host, plan) in plans.iter().filter(|(_, plan)| !plan.is_empty()) {
        let section = format!("## {}\n\n{}\n", code(host), plan_markdown(plan));
        if page.len() + section.len() > BUDGET {
            left_out.push(code(host));
        } else {
            page.push_str(&section);
        }
    }
    let unchanged: Vec<_> = unchanged(plans).map(|host| code(host)).collect();
    for (what, hosts) in [("Not shown, because the comment would be too long", left_out), ("No changes", unchanged)]
    {
        if !hosts.is_empty() {
            writeln!(page, "{what}: {}.", hosts.join(", ")).expect("writing to a string");
        }
    }
    page
}

/// Renders the plans as JSON: `{"hosts": {HOST: plan}}`, with each plan as [`super::json()`] prints it.
pub fn json(plans: &BTreeMap<String, Plan>) -> String {
    let plan = |plan| serde_json::from_str(&plan_json(plan)).expect("it was just printed");
    let hosts: BTreeMap<&String, Value> = plans.iter().map(|(host, it)| (host, plan(it))).collect();
    format!("{:#}\n", json!({ "hosts": hosts }))
}

fn unchanged(plans: &BTreeMap<String, Plan>) -> impl Iterator<Item = &String> {
    plans.iter().filter(|(_, plan)| plan.is_empty()).map(|(host, _)| host)
}
