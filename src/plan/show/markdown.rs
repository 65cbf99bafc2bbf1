//! Renders a plan as a comment on a pull request (GitHub's Markdown).
//!
//! Everything that comes from a configuration stands in code spans, code blocks or quoted labels that it cannot break out of:
//! a stranger may have written the configuration, and the person who merges it reads the plan.

use std::fmt::Write;

use super::dot::label;
use super::words::{self, Mark, RuleLines};
use crate::diag::Severity;
use crate::diag::render::Suggestion;
use crate::plan::{Change, Disruption, Finding, Plan, ProgramChange, Reason};
use crate::render::nft::{RuleLine, Target};

/// Sections beyond this are counted instead of shown. GitHub limits a comment to 65,536 characters.
const BUDGET: usize = 55_000;
/// With more forwards than this, only new ones are drawn.
const MOST_FORWARDS: usize = 40;
/// More changes than this are sorted by cost instead of name.
const MOST_IN_ORDER: usize = 50;
/// A graph with more steps than this is not drawn.
const MOST_STEPS: usize = 60;

/// Renders the plan, ending in a newline.
pub fn markdown(plan: &Plan) -> String {
    let mut text = String::from("### container-rebuild\n\n");
    let ends = format!("{} → {}", code(&plan.from.name), code(&plan.to.name));
    if plan.is_empty() {
        writeln!(text, "{ends}: No changes.").expect("writing to a string does not fail");
        text.extend(findings(plan).map(|table| format!("\n{}", table.trim_end())));
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.extend(suggestions(plan).map(|suggestions| format!("\n{}\n", suggestions.trim_end())));
        return text;
    }
    writeln!(text, "{ends}: {}.\n", words::counts(plan)).expect("writing to a string does not fail");
    text.push_str("| | container | cost | what happens |\n|---|---|---|---|\n");
    for line in plan.program.iter().flat_map(ProgramChange::lines) {
        writeln!(text, "| ~ | the host | none | {} |", code(&line)).expect("writing to a string does not fail");
    }
    let mut left_out = 0;
    let changes = heaviest_first(plan);
    for change in &changes {
        if text.len() > BUDGET / 2 {
            left_out += 1;
            continue;
        }
        text.push_str(&row(change));
    }
    if left_out > 0 {
        writeln!(text, "| | … and {left_out} more | | |").expect("writing to a string does not fail");
    }
    text.push('\n');
    text.extend(findings(plan));
    text.extend(suggestions(plan));
    let mut sections: Vec<String> = changes.iter().map(|change| details(change)).collect();
    sections.extend(firewall(plan));
    sections.extend(forwards(plan));
    sections.extend(order(plan));
    let mut left_out = 0;
    for section in sections {
        if text.len() + section.len() > BUDGET {
            left_out += 1;
        } else {
            text.push_str(&section);
        }
    }
    if left_out > 0 {
        writeln!(text, "{left_out} more sections do not fit into this comment; `--format text` shows them all.")
            .expect("writing to a string does not fail");
    }
    text
}

/// All changes by name, or the most disruptive first if there are so many that the last ones are left out.
fn heaviest_first(plan: &Plan) -> Vec<&Change> {
    let mut changes = words::in_order(plan);
    if changes.len() > MOST_IN_ORDER {
        changes.sort_by_key(|change| std::cmp::Reverse((change.disruption, change.wipes_root)));
    }
    changes
}

/// A row of the summary table.
fn row(change: &Change) -> String {
    let sign = Mark::of(change).sign(true);
    let subject = match &change.container {
        Some(name) => code(name.as_str()),
        None => String::from("the host"),
    };
    let cost = match change.disruption {
        cost @ (Disruption::Restart | Disruption::Stop) => format!("**{}**", cost.as_str()),
        cost => cost.as_str().to_owned(),
    };
    format!("| {sign} | {subject} | {cost} | {} |\n", words::cost(change))
}

/// The findings, most severe first.
fn findings(plan: &Plan) -> Option<String> {
    let mut sorted: Vec<&Finding> = plan.findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if sorted.is_empty() {
        return None;
    }
    let mut table = String::from("| | finding | where |\n|---|---|---|\n");
    for (shown, finding) in sorted.iter().enumerate() {
        if table.len() > BUDGET / 4 {
            writeln!(table, "| | … and {} more | |", sorted.len() - shown)
                .expect("writing to a string does not fail");
            break;
        }
        let severity = match finding.severity {
            Severity::Note => Severity::Note.as_str().to_owned(),
            severity => format!("**{}**", severity.as_str()),
        };
        let location =
            finding.position.as_ref().map(|at| code(&format!("{}:{}", at.file, at.line))).unwrap_or_default();
        let (kind, message) = (code(finding.code.as_str()), code(&finding.message));
        writeln!(table, "| {severity} | {kind} {message} | {location} |")
            .expect("writing to a string does not fail");
    }
    table.push('\n');
    Some(table)
}

/// The edits of `check --fix`, each as a suggestion that a reviewer can accept.
fn suggestions(plan: &Plan) -> Option<String> {
    let mut text = String::new();
    for finding in &plan.findings {
        let Some(Suggestion { file, first, last, text: lines }) = &finding.suggestion else { continue };
        let lines: String = lines.lines().flat_map(|line| [words::visible(line), String::from("\n")]).collect();
        let location = if first == last { format!("{file}:{first}") } else { format!("{file}:{first}-{last}") };
        let fence = "`".repeat(longest_run(&lines).max(2) + 1);
        let block = format!(
            "{} at {}:\n\n{fence}suggestion\n{lines}{fence}\n\n",
            code(finding.code.as_str()),
            code(&location)
        );
        if text.len() + block.len() > BUDGET / 4 {
            break;
        }
        text.push_str(&block);
    }
    if text.is_empty() {
        return None;
    }
    Some(format!("<details><summary>What <code>check --fix</code> would change</summary>\n\n{text}</details>\n\n"))
}

/// The section with the reasons of one change.
fn details(change: &Change) -> String {
    let (sign, subject) = (Mark::of(change).sign(true), words::subject(change));
    let count = change.reasons.len();
    let mut text = format!(
        "<details><summary>{sign} <code>{subject}</code>: {count} reason{}</summary>\n\n",
        if count == 1 { "" } else { "s" }
    );
    text.push_str("| option | before | after | where |\n|---|---|---|---|\n");
    for reason in &change.reasons {
        text.push_str(&reason_row(reason));
    }
    for drift in &change.drift {
        writeln!(text, "\nDrift: {}.", drift.as_str()).expect("writing to a string does not fail");
    }
    if let Some(no_switch) = &change.no_switch {
        writeln!(text, "\nCannot switch while it runs: {}.", code(&no_switch.to_string()))
            .expect("writing to a string does not fail");
    }
    if let Some(stale) = change.stays_stale {
        writeln!(text, "\nKeeps running unchanged until its next start: {}.", stale.as_str())
            .expect("writing to a string does not fail");
    }
    if !change.keeps.is_empty() {
        let keeps: Vec<String> = change.keeps.iter().map(|path| code(path)).collect();
        writeln!(text, "\nKeeps {}.", keeps.join(", ")).expect("writing to a string does not fail");
    }
    text.push_str("\n</details>\n\n");
    text
}

fn reason_row(reason: &Reason) -> String {
    let location = reason.position.as_ref().map(|at| code(&format!("{}:{}", at.file, at.line))).unwrap_or_default();
    if reason.option.is_empty() {
        let what = if reason.after.is_null() { "no longer configured" } else { "configured" };
        let mut rows = format!("| {what} | | | {location} |\n");
        let set = if reason.after.is_null() { Vec::new() } else { words::set_options(&reason.after) };
        for (option, value) in set {
            writeln!(rows, "| {} | | {} | |", code(&option), code(&words::value(&value)))
                .expect("writing to a string does not fail");
        }
        return rows;
    }
    let option = words::visible(&reason.option);
    let (before, after) = words::values(&reason.before, &reason.after);
    format!("| {} | {} | {} | {location} |\n", code(&option), code(&before), code(&after))
}

/// The changed rules as a diff: a line for each forward, and from where they are reachable. If there are many other
/// rules, they
/// follow in a section of their own.
fn firewall(plan: &Plan) -> Vec<String> {
    if !plan.firewall.changed {
        return Vec::new();
    }
    let (mut forwards, mut rest) = (String::new(), String::new());
    let mut summaries = Vec::new();
    let counted = words::many_rules(plan);
    for (sign, lines) in [("-", &plan.firewall.removed), ("+", &plan.firewall.added)] {
        let lines = RuleLines::of(lines);
        for (text, lines) in [(&mut forwards, &lines.forwards), (&mut rest, &lines.rest)] {
            for line in lines {
                writeln!(text, "{sign} {}", words::rule(line, "→")).expect("writing to a string does not fail");
            }
        }
        if sign == "+" {
            for reach in lines.reach() {
                writeln!(forwards, "    {reach}").expect("writing to a string does not fail");
            }
        }
        summaries.extend(lines.summary().map(|summary| format!("{sign} {}", summary.replace('`', ""))));
    }
    if !counted {
        forwards.push_str(&std::mem::take(&mut rest));
    }
    let sections = [(String::from("Firewall"), forwards), (format!("Rules: {}", summaries.join("; ")), rest)];
    let sections = sections.into_iter().filter(|(_, lines)| !lines.is_empty());
    sections.map(|(title, lines)| section(&title, "diff", &lines)).collect()
}

/// A diagram of the forwards: which host port leads to which container, and which of them are new or gone.
fn forwards(plan: &Plan) -> Option<String> {
    let key = |line: &RuleLine| match line {
        RuleLine::Forward { protocol, host_port, .. } => Some((*protocol, *host_port)),
        RuleLine::Own { .. } | RuleLine::Nat { .. } | RuleLine::Rule(_) => None,
    };
    let added: Vec<_> = plan.firewall.added.iter().filter_map(key).collect();
    let all = plan.firewall.ruleset.forwards();
    let is_new = |target: &Target| added.contains(&(target.protocol, target.host_port));
    let shown: Vec<&Target> = all.iter().filter(|target| all.len() <= MOST_FORWARDS || is_new(target)).collect();
    let gone: Vec<_> = plan.firewall.removed.iter().filter_map(key).filter(|key| !added.contains(key)).collect();
    if shown.is_empty() && gone.is_empty() {
        return None;
    }
    let mut lines = String::from("flowchart LR\n");
    for target in shown.into_iter().take(MOST_FORWARDS) {
        let (protocol, port) = (target.protocol.as_str(), target.host_port);
        let arrow = if is_new(target) { "== new ==>" } else { "-->" };
        let name = &target.container;
        writeln!(
            lines,
            "  {protocol}{port}[\"{protocol} {port}\"] {arrow} c_{}[\"{name}\"]",
            identifier(name.as_str())
        )
        .expect("writing to a string does not fail");
    }
    for (protocol, port) in gone.into_iter().take(MOST_FORWARDS) {
        let protocol = protocol.as_str();
        writeln!(lines, "  {protocol}{port}[\"{protocol} {port}\"] -. gone .-> nobody((\" \"))")
            .expect("writing to a string does not fail");
    }
    Some(section("Host ports and the containers they lead to", "mermaid", &lines))
}

/// A diagram of the order of the steps.
fn order(plan: &Plan) -> Option<String> {
    let steps = plan.order.nodes().count();
    if !(2..=MOST_STEPS).contains(&steps) {
        return None;
    }
    let mut lines = String::from("flowchart LR\n");
    for (id, action) in plan.order.nodes() {
        writeln!(lines, "  s{id}[\"{}\"]", label(action)).expect("writing to a string does not fail");
    }
    for (before, after) in plan.order.edges() {
        writeln!(lines, "  s{before} --> s{after}").expect("writing to a string does not fail");
    }
    Some(section("Order of the steps", "mermaid", &lines))
}

/// A collapsed section that contains a code block.
fn section(title: &str, language: &str, content: &str) -> String {
    let fence = "`".repeat(longest_run(content).max(2) + 1);
    format!("<details><summary>{title}</summary>\n\n{fence}{language}\n{content}{fence}\n\n</details>\n\n")
}

/// Any text as a code span that is safe inside a table, too.
pub(super) fn code(text: &str) -> String {
    let text = words::visible(text);
    if text.is_empty() {
        return text;
    }
    // In a table cell, `\|` is a pipe, but `\\|` is ambiguous: use HTML entities if the text has both.
    if text.contains('|') && text.contains('\\') {
        let escape =
            |c: char| if c.is_alphanumeric() || c == ' ' { c.to_string() } else { format!("&#{};", c as u32) };
        return format!("<code>{}</code>", text.chars().map(escape).collect::<String>());
    }
    let text = text.replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A container name as a Mermaid identifier, which cannot contain `.` or `-`. Different names stay different.
fn identifier(name: &str) -> String {
    name.replace('-', "_m").replace('.', "_d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_gets_out_of_its_code_span() {
        let table = [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("a|b", "`a\\|b`"),
            ("x\ny", "`x\\u{a}y`"),
            ("</details><b>@all", "`</details><b>@all`"),
            ("\\|", "<code>&#92;&#124;</code>"),
            ("", ""),
        ];
        for (text, span) in table {
            assert_eq!(code(text), span, "{text:?}");
        }
        let block = section("t", "diff", "+ ```\n");
        assert!(block.contains("````diff\n+ ```\n````\n"), "{block}");
    }
}
