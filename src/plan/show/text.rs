//! The plan for people.
//!
//! Findings are not part of it: they go to stderr, in the form that all findings have.

use std::fmt::Write;

use serde_json::Value;

use crate::model::UNKNOWN_KEY;
use crate::plan::cost::Disruption;
use crate::plan::{Change, Plan, Reason, Verb, option};
use crate::render::nft::RuleLine;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether there may be colours (ECMA-48).
    pub colour: bool,
    /// Whether there may be characters beyond ASCII.
    pub unicode: bool,
}

/// The whole plan, with a line break at its end.
pub fn text(plan: &Plan, style: Style) -> String {
    if plan.is_empty() {
        return "No changes.\n".to_owned();
    }
    let mut page = Page { style, text: String::new() };
    for change in &plan.changes {
        page.change(change);
    }
    page.firewall(plan);
    page.summary(plan);
    page.text
}

/// How a line is marked, which is also how it is coloured.
#[derive(Clone, Copy)]
enum Mark {
    Add,
    Change,
    Restart,
    Remove,
}

struct Page {
    style: Style,
    text: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        writeln!(self.text, "{text}").expect("writing to a string does not fail");
    }

    fn marked(&self, mark: Mark, text: &str) -> String {
        let sign = match mark {
            Mark::Add => "+",
            Mark::Change => "~",
            Mark::Restart if self.style.unicode => "↻",
            Mark::Restart => "!",
            Mark::Remove => "-",
        };
        let colour = match mark {
            Mark::Add => 32,
            Mark::Change => 36,
            Mark::Restart => 33,
            Mark::Remove => 31,
        };
        if self.style.colour { format!("\x1b[{colour}m{sign} {text}\x1b[0m") } else { format!("{sign} {text}") }
    }

    fn arrow(&self) -> &'static str {
        if self.style.unicode { "→" } else { "->" }
    }

    fn change(&mut self, change: &Change) {
        let mark = match change.verbs.iter().max() {
            Some(Verb::Create) => Mark::Add,
            Some(Verb::Start) => Mark::Add,
            Some(Verb::Reload) => Mark::Change,
            Some(Verb::Restart) => Mark::Restart,
            Some(Verb::Stop | Verb::Remove) => Mark::Remove,
            Some(Verb::UpdateUnit) | None => Mark::Change,
        };
        let subject = change.container.as_ref().map_or("the host", |name| name.as_str());
        let head = self.marked(mark, subject);
        self.line(&format!("{head}: {}", cost(change)));
        for reason in &change.reasons {
            self.reason(reason);
        }
        if let Some(stale) = change.stays_stale {
            self.line(&format!("    stays as it is until its next start: {}", stale.as_str()));
        }
        if !change.keeps.is_empty() {
            self.line(&format!("    keeps {}", change.keeps.join(", ")));
        }
        self.line("");
    }

    fn reason(&mut self, reason: &Reason) {
        let place = reason.position.as_ref().map(|at| format!("  ({}:{})", at.file, at.line)).unwrap_or_default();
        if reason.option.is_empty() {
            // The container as a whole: its options are in the configuration, at that place.
            let what = if reason.after.is_null() { "no longer configured" } else { "configured" };
            return self.line(&format!("    {what}{place}"));
        }
        let arrow = self.arrow();
        let (before, after) = (value(&reason.before), value(&reason.after));
        self.line(&format!("    {}: {before} {arrow} {after}{place}", reason.option));
    }

    fn firewall(&mut self, plan: &Plan) {
        if !plan.firewall.changed {
            return;
        }
        self.line("firewall:");
        for (mark, lines) in [(Mark::Remove, &plan.firewall.removed), (Mark::Add, &plan.firewall.added)] {
            for line in lines {
                let line = self.marked(mark, &self.rule(line));
                self.line(&format!("  {line}"));
            }
        }
        self.line("");
    }

    fn rule(&self, line: &RuleLine) -> String {
        match line {
            RuleLine::Rule(rule) => rule.clone(),
            RuleLine::Forward { container, protocol, host_port, address, container_port } => {
                let target = std::net::SocketAddr::new(*address, *container_port);
                let whose = container.as_ref().map(|name| format!("  ({name})")).unwrap_or_default();
                format!("{} {host_port} {} {target}{whose}", protocol.as_str(), self.arrow())
            }
        }
    }

    fn summary(&mut self, plan: &Plan) {
        let with = |verb| plan.changes.iter().filter(|change| change.verbs == [verb]).count();
        let counts = [
            (plan.summary.create, "to create"),
            (with(Verb::Start), "to start"),
            (plan.summary.reload, "to reload"),
            (plan.summary.restart, "to restart"),
            (plan.summary.stop, "to stop"),
            (plan.summary.remove, "to remove"),
            (with(Verb::UpdateUnit), "to note for the next start"),
        ];
        let mut parts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if plan.firewall.changed {
            let (added, removed) = (plan.firewall.added.len(), plan.firewall.removed.len());
            parts.push(format!("rules: {added} more, {removed} less"));
        }
        parts.push(format!("{} unchanged", plan.summary.unchanged));
        self.line(&format!("Plan: {}.", parts.join(", ")));
    }
}

/// What the change does, in a line that can be read without knowing the options.
fn cost(change: &Change) -> String {
    let verbs: Vec<&str> = change
        .verbs
        .iter()
        .map(|verb| match verb {
            Verb::Create => "create",
            Verb::UpdateUnit => "takes effect at its next start",
            Verb::Start => "start",
            Verb::Reload => "reload, goes on running",
            Verb::Restart => "restart",
            Verb::Stop => "stop",
            Verb::Remove => "remove",
        })
        .collect();
    let mut text = match verbs.as_slice() {
        [] => "replaces rules, interrupts nobody".to_owned(),
        verbs => verbs.join(" and "),
    };
    if !verbs.is_empty() && change.disruption == Disruption::Firewall {
        text.push_str("; replaces rules");
    }
    if change.may {
        text = format!(
            "may {}: some of it is known after build only",
            text.replace("takes effect", "take effect").replace("replaces", "replace")
        );
    }
    if change.wipes_root {
        text.push_str("; its root is ephemeral and is lost");
    }
    text
}

/// A value as it would stand in a configuration.
fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => option::string(text),
        Value::Array(elements) if elements.is_empty() => "[ ]".to_owned(),
        Value::Array(elements) => {
            format!("[ {} ]", elements.iter().map(self::value).collect::<Vec<_>>().join(" "))
        }
        Value::Object(object) => match object.get(UNKNOWN_KEY) {
            Some(unknown) => match unknown["reason"].as_str() {
                Some(reason) => format!("(known after build: {reason})"),
                None => "(known after build)".to_owned(),
            },
            None if object.is_empty() => "{ }".to_owned(),
            None => {
                let attributes = object
                    .iter()
                    .map(|(name, value)| format!("{} = {};", option::attribute(name), self::value(value)));
                format!("{{ {} }}", attributes.collect::<Vec<_>>().join(" "))
            }
        },
    }
}
