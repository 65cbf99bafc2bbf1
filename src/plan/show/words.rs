//! Wording shared by the text and Markdown formats: what a change does, and values as Nix writes them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

pub(super) use crate::diag::visible;
use crate::model::settings::Setting;
use crate::model::spec::Ports;
use crate::model::{Container, ContainerName, Field, UNKNOWN_KEY, natural_order};
use crate::plan::cost::Disruption;
use crate::plan::diff::{self, Difference};
use crate::plan::redact::REDACTED_KEY;
use crate::plan::{Change, Plan, ProgramChange, Verb, option};
use crate::render::nft::{Condition, RuleLine};

/// The prefix of the reason of an unknown value that Nix knows after the build.
const AFTER_BUILD: &str = "known after build: ";

/// How a change is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Add,
    Change,
    Restart,
    Remove,
}

impl Mark {
    pub(super) fn of(change: &Change) -> Self {
        match change.verbs.iter().max() {
            Some(Verb::Create | Verb::Start) => Self::Add,
            Some(Verb::Restart) => Self::Restart,
            Some(Verb::Stop | Verb::Remove) => Self::Remove,
            Some(Verb::UpdateUnit | Verb::Reload) | None => Self::Change,
        }
    }

    pub(super) fn sign(self, unicode: bool) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Change => "~",
            Self::Restart if unicode => "↻",
            Self::Restart => "!",
            Self::Remove => "-",
        }
    }
}

/// What a change does and costs, in one line.
pub(super) fn cost(change: &Change) -> String {
    let mut costs = Vec::new();
    let mut text = match (change.verbs.as_slice(), change.may) {
        ([], false) => String::from("firewall rules change; open connections stay"),
        ([], true) => String::from("firewall rules may change; open connections stay"),
        ([Verb::Create], _) => String::from("create (`autoStart` is off: it does not start by itself)"),
        ([Verb::UpdateUnit], false) if change.stays_stale.is_some() => {
            String::from("keeps running unchanged until its next start")
        }
        ([Verb::UpdateUnit], true) if change.stays_stale.is_some() => {
            String::from("keep running unchanged until its next start")
        }
        ([Verb::UpdateUnit], false) if changes_limits(change) => {
            String::from("its unit changes; nothing is interrupted")
        }
        ([Verb::UpdateUnit], false) => String::from("takes effect at its next start; nothing is interrupted"),
        ([Verb::UpdateUnit], true) => String::from("take effect at its next start"),
        ([Verb::Reload], _) => String::from("reload (it keeps running)"),
        ([Verb::Restart], _) => {
            costs.push("its processes stop briefly");
            String::from("restart")
        }
        ([Verb::Remove], _) => String::from("remove (it is not running)"),
        (verbs, _) => verbs.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(" and "),
    };
    if change.wipes_root {
        costs.push("the ephemeral root is wiped");
    }
    if !costs.is_empty() {
        text.push_str(&format!(" ({})", costs.join("; ")));
    }
    if !change.verbs.is_empty() && change.disruption == Disruption::Firewall {
        text.push_str(if change.may { "; firewall rules may change" } else { "; firewall rules change" });
    }
    if !change.may {
        return text;
    }
    let why = if change.verbs.contains(&Verb::Remove) {
        "a missing module may still define it"
    } else {
        "some values are only known after the build"
    };
    let may = if change.verbs.is_empty() { "" } else { "may " };
    format!("{may}{text}: {why}")
}

/// The changes in natural order: the host first, then `c2` before `c10`.
pub(super) fn in_order(plan: &Plan) -> Vec<&Change> {
    let mut changes: Vec<&Change> = plan.changes.iter().collect();
    changes.sort_by_cached_key(|change| change.container.as_ref().map(|name| natural_order(name.as_str())));
    changes
}

/// Whether to count the rules other than forwards instead of listing them. Up to two rules are as short as the count.
pub(super) fn many_rules(plan: &Plan) -> bool {
    let lines = plan.firewall.removed.iter().chain(&plan.firewall.added);
    lines.filter(|line| matches!(line, RuleLine::Rule(_))).count() > 2
}

/// The natural order of names; what has none comes first.
fn order<'a>(name: Option<&'a ContainerName>) -> Option<impl Ord + use<'a>> {
    name.map(|name| natural_order(name.as_str()))
}

/// Joins forwards of neighbouring ports, which are an element each if they get other numbers.
fn joined(lines: &[RuleLine]) -> Vec<RuleLine> {
    let mut joined: Vec<RuleLine> = Vec::new();
    for line in lines {
        match joined.last_mut().and_then(|last| join(last, line)) {
            Some(both) => _ = joined.pop().map(|_| joined.push(both)),
            None => joined.push(line.clone()),
        }
    }
    joined
}

/// A forward of the ports of both, if the second continues the first.
fn join(first: &RuleLine, second: &RuleLine) -> Option<RuleLine> {
    let (mut first, mut second) = (first.clone(), second.clone());
    let (before, to_before) = ports_of(&mut first)?;
    let (ports, to) = ports_of(&mut second)?;
    let follows = |before: Ports, ports: Ports| before.last.checked_add(1) == Some(ports.first);
    let is_one = to_before == to && to.count() == 1;
    let is_shifted = to_before.count() == before.count() && follows(*to_before, *to);
    if !follows(*before, *ports) || !(is_one || is_shifted) {
        return None;
    }
    (before.last, to_before.last) = (ports.last, to.last);
    (*ports, *to) = (*before, *to_before);
    (first == second).then_some(first)
}

/// The ports of the host of such a forward, and those to which they lead.
fn ports_of(line: &mut RuleLine) -> Option<(&mut Ports, &mut Ports)> {
    match line {
        RuleLine::Own { ports, to, .. } | RuleLine::Nat { ports, to, .. } => Some((ports, to)),
        RuleLine::Forward { .. } | RuleLine::Rule(_) => None,
    }
}

/// The added or the removed rules, split into forwards, which get a line each, and the rest.
pub(super) struct RuleLines {
    pub(super) forwards: Vec<RuleLine>,
    pub(super) rest: Vec<RuleLine>,
}

impl RuleLines {
    /// Splits the rules, with the forwards in natural order of their containers.
    pub(super) fn of(lines: &[RuleLine]) -> Self {
        let (forwards, rest): (Vec<_>, Vec<_>) =
            joined(lines).into_iter().partition(|line| !matches!(line, RuleLine::Rule(_)));
        let name = |line: &RuleLine| match line {
            RuleLine::Forward { container, .. }
            | RuleLine::Own { container, .. }
            | RuleLine::Nat { container, .. } => container.clone(),
            RuleLine::Rule(_) => None,
        };
        let mut named: Vec<_> = forwards.into_iter().map(|line| (name(&line), line)).collect();
        named.sort_by(|(a, _), (b, _)| order(a.as_ref()).cmp(&order(b.as_ref())));
        let forwards = named.into_iter().map(|(_, line)| line).collect();
        Self { forwards, rest }
    }

    /// From where the forwards are reachable, without repetitions.
    pub(super) fn reach(&self) -> BTreeSet<&'static str> {
        self.forwards.iter().filter_map(reach).collect()
    }

    /// Counts the rest, such as `5 rules and 1 set of the table inet container-rebuild, 1 sysctl`. `None` if it is empty.
    pub(super) fn summary(&self) -> Option<String> {
        let (mut rules, mut sets, mut sysctls) = (0, 0, 0);
        for line in &self.rest {
            match line {
                RuleLine::Rule(rule) if rule.starts_with("sysctl ") => sysctls += 1,
                RuleLine::Rule(rule) if rule.starts_with("set ") => sets += 1,
                _ => rules += 1,
            }
        }
        let counted = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            count => Some(format!("{count} {what}s")),
        };
        let table: Vec<_> = [counted(rules, "rule"), counted(sets, "set")].into_iter().flatten().collect();
        let table =
            (!table.is_empty()).then(|| format!("{} of the table `inet container-rebuild`", table.join(" and ")));
        let parts: Vec<_> = [table, counted(sysctls, "sysctl")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The name of the container, or `the host`.
pub(super) fn subject(change: &Change) -> &str {
    change.container.as_ref().map_or("the host", |name| name.as_str())
}

/// Whether resource limits change, which systemd takes up at once.
fn changes_limits(change: &Change) -> bool {
    let name = Setting::ResourceControl.name();
    let is_limit =
        |option: &str| option.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    change.reasons.iter().any(|reason| is_limit(&reason.option))
}

/// The line of counts, such as `1 to restart, rules: 2 added, 1 removed, 4 unchanged`.
pub(super) fn counts(plan: &Plan) -> String {
    let updates = |at_once: bool| {
        let is_update = |change: &&Change| change.verbs == [Verb::UpdateUnit] && changes_limits(change) == at_once;
        plan.changes.iter().filter(is_update).count()
    };
    let starting = |change: &&Change| change.verbs.contains(&Verb::Start) && !change.verbs.contains(&Verb::Create);
    let starts = plan.changes.iter().filter(starting).count();
    let counts = [
        (plan.summary.create, "to create"),
        (starts, "to start"),
        (plan.summary.reload, "to reload"),
        (plan.summary.restart, "to restart"),
        (plan.summary.stop, "to stop"),
        (plan.summary.remove, "to remove"),
        (updates(true), "to update"),
        (updates(false), "to update for the next start"),
    ];
    let mut parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !plan.builds.is_empty() {
        parts.insert(0, format!("{} to build", plan.builds.len()));
    }
    let program = plan.program.iter().flat_map(ProgramChange::parts);
    parts.extend(program.map(|part| format!("1 {part}")));
    if plan.firewall.changed {
        let (added, removed) = (plan.firewall.added.len(), plan.firewall.removed.len());
        parts.push(format!("rules: {added} added, {removed} removed"));
    }
    parts.push(format!("{} unchanged", plan.summary.unchanged));
    parts.join(", ")
}

/// A rule, or where a forward leads.
pub(super) fn rule(line: &RuleLine, arrow: &str) -> String {
    match line {
        RuleLine::Rule(rule) => visible(rule),
        RuleLine::Forward { container, protocol, host_port, address, container_port } => {
            let target = std::net::SocketAddr::new(*address, *container_port);
            let whose = container.as_ref().map(|name| format!("  ({name})")).unwrap_or_default();
            format!("{} {host_port} {arrow} {target}{whose}", protocol.as_str())
        }
        RuleLine::Own { container, protocol, condition, address, ports, to } => {
            let Condition { at, interface, source, not_from_guests } = condition;
            let mut from = String::new();
            from.extend(source.map(|source| format!(" from {source}")));
            from.extend(interface.as_ref().map(|interface| format!(" by {}", visible(interface))));
            from.push_str(if *not_from_guests { " not from guests" } else { "" });
            let (at, target) = (at_address(*at), at_address(Some(*address)));
            let whose = container.as_ref().map(|name| format!("  ({name})")).unwrap_or_default();
            format!("{} {at}{ports}{from} {arrow} {target}{to}{whose}", protocol.as_str())
        }
        RuleLine::Nat { container, protocol, at, ports, address, to } => {
            let (at, target) = (at_address(*at), at_address(Some(*address)));
            let whose = container.as_ref().map(|name| format!("{name}, ")).unwrap_or_default();
            format!("{} {at}{ports} {arrow} {target}{to}  ({whose}networking.nat)", protocol.as_str())
        }
    }
}

/// An address as it stands before a port, with the colon.
fn at_address(address: Option<IpAddr>) -> String {
    match address {
        Some(address) if address.is_ipv6() => format!("[{address}]:"),
        Some(address) => format!("{address}:"),
        None => String::new(),
    }
}

/// From where a forward is reachable (see [`crate::render::nft`]). The host's own firewall does not block it.
fn reach(line: &RuleLine) -> Option<&'static str> {
    match line {
        RuleLine::Rule(_) | RuleLine::Nat { .. } | RuleLine::Own { .. } => None,
        RuleLine::Forward { address, .. } if address.is_ipv4() => Some(
            "reachable over IPv4 from every machine that reaches this host, other containers, and this host (127.0.0.1 too)",
        ),
        RuleLine::Forward { .. } => Some(
            "reachable over IPv6 from every machine that reaches this host, other containers, and this host (not at ::1)",
        ),
    }
}

/// The options of a new container that differ from NixOS's defaults, with their values.
pub(super) fn set_options(container: &Value) -> Vec<(String, Value)> {
    let path = Field::Known(String::new());
    let defaults = serde_json::to_value(Container::with_defaults(path)).expect("the model has string keys only");
    let set = diff::leaf_differences(&defaults, container).into_iter();
    let is_unbuilt = |set: &Difference| set.path == ["path"] && diff::is_unknown(&set.after);
    set.filter(|set| !is_unbuilt(set)).map(|set| (option::path(&set.path), set.after)).collect()
}

/// Two different values, each as [`value`] writes it. If that makes them look equal, their unknown parts are written out.
pub(super) fn values(before: &Value, after: &Value) -> (String, String) {
    let [short, named] = [false, true].map(|named| (written(before, named), written(after, named)));
    if short.0 == short.1 && named.0 != named.1 { named } else { short }
}

/// A value as Nix writes it.
pub(super) fn value(value: &Value) -> String {
    written(value, false)
}

/// Like [`value`], but `named` adds which expression an unknown value comes from.
fn written(value: &Value, named: bool) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => visible(&option::string(text)),
        Value::Array(elements) if elements.is_empty() => "[ ]".to_owned(),
        Value::Array(elements) => {
            format!("[ {} ]", elements.iter().map(|it| written(it, named)).collect::<Vec<_>>().join(" "))
        }
        Value::Object(object) if object.contains_key(UNKNOWN_KEY) => {
            let reason = unknown_reason(value)
                .filter(|_| named)
                .map(|reason| reason.strip_prefix(AFTER_BUILD).unwrap_or(reason));
            match reason {
                Some(reason) => format!("({AFTER_BUILD}{})", visible(reason)),
                None => "(known after build)".to_owned(),
            }
        }
        Value::Object(object) if object.contains_key(REDACTED_KEY) => "(secret)".to_owned(),
        Value::Object(object) if object.is_empty() => "{ }".to_owned(),
        Value::Object(object) => {
            let attributes = object
                .iter()
                .map(|(name, value)| format!("{} = {};", option::attribute(name), written(value, named)));
            format!("{{ {} }}", visible(&attributes.collect::<Vec<_>>().join(" ")))
        }
    }
}

/// Why a value is unknown.
pub(super) fn unknown_reason(value: &Value) -> Option<&str> {
    value.get(UNKNOWN_KEY)?.get("reason")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let odd = json!({ "a": "\u{1b}[2J\u{202e}x\u{7}ü", "\u{1b}": 1 });
        assert_eq!(value(&odd), r#"{ "\u{1b}" = 1; a = "\u{1b}[2J\u{202e}x\u{7}ü"; }"#);
    }

    #[test]
    fn unknown_and_secret_values_are_named_as_such() {
        let unknown = json!({ UNKNOWN_KEY: { "reason": "pkgs", "file": "f", "line": 1, "column": 1 } });
        assert_eq!(value(&json!([unknown, { "_redacted": true }])), "[ (known after build) (secret) ]");
        assert_eq!(unknown_reason(&unknown), Some("pkgs"));
        // If only unknown parts differ, their expressions are shown.
        let package =
            |name: &str| json!([{ UNKNOWN_KEY: { "reason": format!("known after build: pkgs.{name}") } }]);
        let (before, after) = values(&package("curl"), &package("wget"));
        assert_eq!(before, "[ (known after build: pkgs.curl) ]");
        assert_eq!(after, "[ (known after build: pkgs.wget) ]");
        assert_eq!(values(&package("curl"), &json!(1)).0, "[ (known after build) ]");
    }
}
