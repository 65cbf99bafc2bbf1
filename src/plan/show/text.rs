//! Renders a plan as text for people.
//!
//! Findings are not part of the text. They go to stderr, like the findings of every command.

use std::fmt::Write;

use super::words::{self, Mark, RuleLines};
use crate::model::settings::Setting;
use crate::plan::{Change, Plan, ProgramChange, Reason, Verb};

/// With more changes than this, an overview of the affected containers comes first.
const LARGE: usize = 10;
/// With more changes than this, new containers are shown without their options.
const HUGE: usize = 50;
/// A longer line is split, with the old and the new value on lines of their own.
const WIDTH: usize = 110;
/// Names of options are aligned up to this width.
const ALIGNED: usize = 40;

/// What the terminal can show, and how much the user wants to see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours (ECMA-48).
    pub colour: bool,
    /// Whether to use characters beyond ASCII.
    pub unicode: bool,
    /// Whether to show all firewall rules, as nft writes them.
    pub rules: bool,
}

/// Renders the plan, ending in a newline.
pub fn text(plan: &Plan, style: Style) -> String {
    if plan.is_empty() {
        return "No changes.\n".to_owned();
    }
    let mut page = Page { style, names_only: plan.changes.len() > HUGE, text: String::new() };
    if plan.changes.len() > LARGE {
        page.overview(plan);
    }
    page.program(plan);
    for change in words::in_order(plan) {
        page.change(change);
    }
    page.firewall(plan);
    page.line(&format!("Plan: {}.", words::counts(plan)));
    page.text
}

struct Page {
    style: Style,
    /// Whether to show new containers without their options.
    names_only: bool,
    text: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        writeln!(self.text, "{text}").expect("writing to a string does not fail");
    }

    fn marked(&self, mark: Mark, text: &str) -> String {
        let sign = mark.sign(self.style.unicode);
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

    /// Lists the affected containers by what is done to them.
    fn overview(&mut self, plan: &Plan) {
        self.line(&format!("{} changes: {}.", plan.changes.len(), words::counts(plan)));
        let changes = words::in_order(plan);
        for verb in
            [Verb::Remove, Verb::Stop, Verb::Restart, Verb::Reload, Verb::UpdateUnit, Verb::Start, Verb::Create]
        {
            let names = changes.iter().filter(|change| heaviest(change) == Some(verb));
            let names: Vec<&str> = names.map(|change| words::subject(change)).collect();
            if !names.is_empty() {
                self.line(&format!("  {:<12} {}", verb.as_str(), names.join(", ")));
            }
        }
        let rules = changes.iter().filter(|change| change.verbs.is_empty());
        let rules: Vec<&str> = rules.map(|change| words::subject(change)).collect();
        if !rules.is_empty() {
            self.line(&format!("  {:<12} {}", "rules only", rules.join(", ")));
        }
        self.line("");
    }

    /// Lists changes of the program that all units call.
    fn program(&mut self, plan: &Plan) {
        let lines = plan.program.iter().flat_map(ProgramChange::lines);
        let lines: Vec<String> = lines.map(|line| self.marked(Mark::Change, &words::visible(&line))).collect();
        for line in &lines {
            self.line(line);
        }
        if !lines.is_empty() {
            self.line("");
        }
    }

    fn change(&mut self, change: &Change) {
        let head = self.marked(Mark::of(change), words::subject(change));
        self.line(&format!("{head}: {}", words::cost(change)));
        let width = change.reasons.iter().map(|reason| reason.option.chars().count()).max().unwrap_or_default();
        for reason in &change.reasons {
            self.reason(reason, width.min(ALIGNED));
        }
        for drift in &change.drift {
            self.line(&format!("    drift: {}", drift.as_str()));
        }
        if let Some(no_switch) = &change.no_switch {
            self.line(&format!("    cannot switch while it runs: {no_switch}"));
        }
        if let Some(stale) = change.stays_stale {
            self.line(&format!("    keeps running unchanged until its next start: {}", stale.as_str()));
        }
        if !change.keeps.is_empty() {
            let keeps: Vec<String> = change.keeps.iter().map(|path| words::visible(path)).collect();
            self.line(&format!("    keeps {}", keeps.join(", ")));
        }
        self.line("");
    }

    fn reason(&mut self, reason: &Reason, width: usize) {
        let notes = notes(reason);
        if reason.option.is_empty() {
            // The reason is about the container as a whole.
            let what = if reason.after.is_null() { "no longer configured" } else { "configured" };
            self.line(&format!("    {what}{notes}"));
            if !reason.after.is_null() && !self.names_only {
                self.set_options(reason);
            }
            return;
        }
        let mark = match (reason.before.is_null(), reason.after.is_null()) {
            (true, false) => Mark::Add,
            (false, true) => Mark::Remove,
            _ => Mark::Change,
        };
        let name = self.marked(mark, &format!("{:<width$}", words::visible(&reason.option)));
        let (before, after) = words::values(&reason.before, &reason.after);
        let arrow = self.arrow();
        // A container that restarts with one that it requires: the option is the reason, though it does not change.
        let is_same = reason.option == Setting::Requires.name() && reason.before == reason.after;
        let line = if is_same { format!("{after}{notes}") } else { format!("{before} {arrow} {after}{notes}") };
        if reason.option.chars().count().max(width) + line.chars().count() <= WIDTH {
            self.line(&format!("    {name}  {line}"));
        } else {
            self.line(&format!("    {name}{notes}"));
            self.line(&format!("        {before}"));
            self.line(&format!("      {arrow} {after}"));
        }
    }

    /// Lists the options of a new container that differ from NixOS's defaults.
    fn set_options(&mut self, reason: &Reason) {
        let set = words::set_options(&reason.after);
        let names: Vec<String> = set.iter().map(|(name, _)| words::visible(name)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default().min(ALIGNED);
        for (name, (_, value)) in names.iter().zip(&set) {
            self.line(&format!("      {name:<width$} = {}", words::value(value)));
        }
    }

    fn firewall(&mut self, plan: &Plan) {
        if !plan.firewall.changed {
            return;
        }
        self.line("firewall:");
        let counted = !self.style.rules && words::many_rules(plan);
        for (mark, lines) in [(Mark::Remove, &plan.firewall.removed), (Mark::Add, &plan.firewall.added)] {
            let lines = RuleLines::of(lines);
            for line in &lines.forwards {
                self.rule(mark, &words::rule(line, self.arrow()));
            }
            if mark == Mark::Add {
                for reach in lines.reach() {
                    self.line(&format!("    {reach}"));
                }
            }
            if counted {
                lines.summary().iter().for_each(|summary| self.rule(mark, summary));
            } else {
                lines.rest.iter().for_each(|line| self.rule(mark, &words::rule(line, self.arrow())));
            }
        }
        if counted {
            self.line("    (`-v` shows the rules)");
        }
        self.line("");
    }

    fn rule(&mut self, mark: Mark, text: &str) {
        let marked = self.marked(mark, text);
        self.line(&format!("  {marked}"));
    }
}

/// The most disruptive action. A container that is created and started counts as created.
fn heaviest(change: &Change) -> Option<Verb> {
    if change.verbs.contains(&Verb::Create) { Some(Verb::Create) } else { change.verbs.iter().max().copied() }
}

/// Where the option is set, where it was set if that differs, and why its value is still unknown.
fn notes(reason: &Reason) -> String {
    let at = |position: &crate::model::Position| format!("{}:{}", words::visible(&position.file), position.line);
    let mut parts: Vec<String> = reason.position.iter().map(at).collect();
    let was = reason.old_position.as_ref().map(at).filter(|was| !parts.contains(was));
    parts.extend(was.map(|was| format!("was {was}")));
    if let Some(unknown) = words::unknown_reason(&reason.after) {
        parts.push(words::visible(unknown));
    }
    if parts.is_empty() { String::new() } else { format!("  ({})", parts.join(", ")) }
}
