//! Renders a plan as JSON (contract §6).

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::words;
use crate::model::spec::Protocol;
use crate::model::{ContainerName, FORMAT_VERSION, Position};
use crate::plan::{Change, Disruption, Endpoint, EndpointKind, Finding, Plan, ProgramChange, Reason, Verb};
use crate::render::nft::{Condition, RuleLine};

/// Renders the plan, indented and ending in a newline. Equal plans give equal bytes.
pub fn json(plan: &Plan) -> String {
    let program: Vec<Value> = plan.program.iter().flat_map(ProgramChange::lines).map(Value::String).collect();
    let document = Document {
        format_version: FORMAT_VERSION,
        from: End::of(&plan.from),
        to: End::of(&plan.to),
        changes: changes(plan, &program),
        firewall: Firewall {
            changed: plan.firewall.changed,
            add: plan.firewall.added.iter().map(Line::of).collect(),
            remove: plan.firewall.removed.iter().map(Line::of).collect(),
        },
        summary: Summary {
            create: plan.summary.create,
            reload: plan.summary.reload,
            restart: plan.summary.restart,
            stop: plan.summary.stop,
            remove: plan.summary.remove,
            firewall: plan.summary.firewall,
            unchanged: plan.summary.unchanged,
        },
        order: Order {
            nodes: plan
                .order
                .nodes()
                .map(|(id, action)| Node {
                    id,
                    action: action.as_str(),
                    container: action.container().map(|name| name.as_str()),
                })
                .collect(),
            edges: plan.order.edges().into_iter().map(|(before, after)| Edge { before, after }).collect(),
        },
        diagnostics: plan.findings.iter().map(DiagnosticOut::of).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("these types have string keys only");
    text.push('\n');
    text
}

/// The changes, the host first. Renewing the program that units call is a change of the host.
fn changes<'a>(plan: &'a Plan, program: &'a [Value]) -> Vec<ChangeOut<'a>> {
    let mut changes: Vec<_> = plan.changes.iter().map(ChangeOut::of).collect();
    let reasons = program.iter().map(|after| {
        let (file, line, column) = (None, None, None);
        ReasonOut { option: "", before: &Value::Null, after, file, line, column, before_at: None }
    });
    match changes.first_mut() {
        Some(host) if host.container.is_none() => host.reasons.extend(reasons),
        _ if program.is_empty() => {}
        _ => {
            let host = ChangeOut {
                container: None,
                actions: &[],
                disruption: Disruption::None,
                may: false,
                wipes_root: false,
                keeps: &[],
                drift: Vec::new(),
                no_switch: None,
                reasons: reasons.collect(),
            };
            changes.insert(0, host);
        }
    }
    changes
}

/// The JSON Schema of the output of [`json`] (draft 2020-12).
pub fn schema() -> Value {
    schemars::schema_for!(Document<'_>).to_value()
}

/// A plan: what `container-rebuild switch` would do, and why.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plan", deny_unknown_fields)]
struct Document<'a> {
    /// Always 1.
    format_version: u32,
    /// The current state.
    from: End<'a>,
    /// The wanted state.
    to: End<'a>,
    /// The changes: the host first, then the containers by name. Unchanged containers are left out.
    changes: Vec<ChangeOut<'a>>,
    /// How the nftables rules change.
    firewall: Firewall<'a>,
    /// Counts of containers by the most disruptive action.
    summary: Summary,
    /// The single steps, and which of them wait for which.
    order: Order<'a>,
    /// Errors, warnings and notes.
    diagnostics: Vec<DiagnosticOut<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(rename = "StateView")]
struct End<'a> {
    /// What kind of state it is.
    kind: EndpointKind,
    /// The host's name, the revision, or the path as given.
    name: &'a str,
}

impl<'a> End<'a> {
    fn of(endpoint: &'a Endpoint) -> Self {
        Self { kind: endpoint.kind, name: &endpoint.name }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(rename = "Change")]
struct ChangeOut<'a> {
    /// The container's name; `null` for the host itself.
    container: Option<&'a str>,
    /// What is done to it; empty if only firewall rules change.
    actions: &'a [Verb],
    /// The cost.
    disruption: Disruption,
    /// Whether the change depends on values that are only known after the build.
    may: bool,
    /// Whether its ephemeral root is wiped.
    wipes_root: bool,
    /// Host paths that hold its data, which is never touched.
    keeps: &'a [String],
    /// The drift that is repaired, in words.
    drift: Vec<&'static str>,
    /// Why its guest cannot switch to its new system while it runs; absent if nothing is known to prevent that.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_switch: Option<String>,
    /// Why it changes.
    reasons: Vec<ReasonOut<'a>>,
}

impl<'a> ChangeOut<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            container: change.container.as_ref().map(|name| name.as_str()),
            actions: &change.verbs,
            disruption: change.disruption,
            may: change.may,
            wipes_root: change.wipes_root,
            keeps: &change.keeps,
            drift: change.drift.iter().map(|drift| drift.as_str()).collect(),
            no_switch: change.no_switch.as_ref().map(ToString::to_string),
            reasons: change.reasons.iter().map(ReasonOut::of).collect(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(rename = "Reason")]
struct ReasonOut<'a> {
    /// The option, relative to the container and quoted as Nix quotes it; empty for the container as a whole. Elements
    /// of lists
    /// appear under their key (`forwardPorts."tcp:8080"`), options of the guest below `config`. For the host, an empty option
    /// means that the program that units call is renewed, which `after` describes.
    option: &'a str,
    /// Its old value; `{"_unknown": …}` if it is only known after the build, `{"_redacted": true}` if it is secret.
    before: &'a Value,
    /// Its new value.
    after: &'a Value,
    /// The file that sets it, or that set it before it was removed.
    file: Option<&'a str>,
    /// The line, from 1.
    line: Option<u32>,
    /// The column in bytes, from 1.
    column: Option<u32>,
    /// Where it was set before, if known.
    before_at: Option<At<'a>>,
}

impl<'a> ReasonOut<'a> {
    fn of(reason: &'a Reason) -> Self {
        let Reason { option, before, after, position, old_position, .. } = reason;
        let PositionFields { file, line, column } = PositionFields::of(position.as_ref());
        let before_at = old_position.as_ref().map(|at| At { file: &at.file, line: at.line, column: at.column });
        Self { option, before, after, file, line, column, before_at }
    }
}

/// A position in a configuration.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Place", deny_unknown_fields)]
struct At<'a> {
    /// The file, relative to the git top level of the configuration.
    file: &'a str,
    /// The line, from 1.
    line: u32,
    /// The column in bytes, from 1.
    column: u32,
}

/// The JSON fields of a position, all three `null` without one.
struct PositionFields<'a> {
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

impl<'a> PositionFields<'a> {
    fn of(position: Option<&'a Position>) -> Self {
        Self {
            file: position.map(|at| at.file.as_str()),
            line: position.map(|at| at.line),
            column: position.map(|at| at.column),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Firewall<'a> {
    /// Whether the rules are replaced.
    changed: bool,
    /// Rules that are added.
    add: Vec<Line<'a>>,
    /// Rules that are removed.
    remove: Vec<Line<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Rule")]
enum Line<'a> {
    /// A host port that is forwarded to a container.
    #[serde(rename_all = "camelCase")]
    Forward {
        /// The container that has the address, if known.
        container: Option<&'a str>,
        /// The transport.
        #[schemars(extend("enum" = ["tcp", "udp", "sctp"]))]
        protocol: &'static str,
        /// The port of the host.
        host_port: u16,
        /// The address of the guest.
        address: String,
        /// The port of the guest.
        container_port: u16,
    },
    /// Any other rule.
    Rule {
        /// In nft's language.
        rule: std::borrow::Cow<'a, str>,
    },
}

impl<'a> Line<'a> {
    fn forward(
        container: Option<&'a ContainerName>,
        protocol: Protocol,
        host_port: u16,
        address: IpAddr,
        container_port: u16,
    ) -> Self {
        let container = container.map(ContainerName::as_str);
        Self::Forward {
            container,
            protocol: protocol.as_str(),
            host_port,
            address: address.to_string(),
            container_port,
        }
    }

    fn of(line: &'a RuleLine) -> Self {
        match line {
            RuleLine::Forward { container, protocol, host_port, address, container_port } => {
                Self::forward(container.as_ref(), *protocol, *host_port, *address, *container_port)
            }
            RuleLine::Own { container, protocol, condition, address, ports, to }
                if ports.count() == 1 && *condition == Condition::default() =>
            {
                Self::forward(container.as_ref(), *protocol, ports.first, *address, to.first)
            }
            RuleLine::Nat { container, protocol, at: None, ports, address, to } if ports.count() == 1 => {
                Self::forward(container.as_ref(), *protocol, ports.first, *address, to.first)
            }
            RuleLine::Own { .. } | RuleLine::Nat { .. } => Self::Rule { rule: words::rule(line, "->").into() },
            RuleLine::Rule(rule) => Self::Rule { rule: rule.into() },
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Summary {
    create: usize,
    reload: usize,
    restart: usize,
    stop: usize,
    remove: usize,
    firewall: usize,
    unchanged: usize,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Order<'a> {
    nodes: Vec<Node<'a>>,
    edges: Vec<Edge>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Node<'a> {
    /// The ID that edges refer to.
    id: usize,
    /// What is done. `withdraw` removes rules before their container stops. `firewall` loads the rules of a container
    /// that is up;
    /// without a container, it loads those of the host and of all containers that keep running.
    #[schemars(extend("enum" = ["build", "program", "boot-service", "withdraw", "create", "stop", "update-unit", "start", "reload", "firewall", "remove"]))]
    action: &'static str,
    /// The container; `null` for a step of the whole host.
    container: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Edge {
    before: usize,
    after: usize,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(rename = "Diagnostic")]
struct DiagnosticOut<'a> {
    /// Its stable code.
    code: &'static str,
    /// How much it matters.
    #[schemars(extend("enum" = ["note", "warning", "error"]))]
    severity: &'static str,
    /// What is wrong.
    message: &'a str,
    /// What to do.
    help: Option<&'a str>,
    /// The file.
    file: Option<&'a str>,
    /// The line, from 1.
    line: Option<u32>,
    /// The column in bytes, from 1.
    column: Option<u32>,
}

impl<'a> DiagnosticOut<'a> {
    fn of(finding: &'a Finding) -> Self {
        let PositionFields { file, line, column } = PositionFields::of(finding.position.as_ref());
        Self {
            code: finding.code.as_str(),
            severity: finding.severity.as_str(),
            message: &finding.message,
            help: finding.help.as_deref(),
            file,
            line,
            column,
        }
    }
}
