//! The plan as JSON (contract §6).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::{FORMAT_VERSION, Position};
use crate::plan::{Change, Disruption, Endpoint, EndpointKind, Finding, Plan, ProgramChange, Reason, Verb};
use crate::render::nft::RuleLine;

/// The whole plan, pretty-printed, with a line break at its end. Equal plans give equal bytes.
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

/// The changes, the host first: what happens to the program that units call belongs to the host.
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
                reasons: reasons.collect(),
            };
            changes.insert(0, host);
        }
    }
    changes
}

/// The JSON Schema of what [`json`] prints (draft 2020-12).
pub fn schema() -> Value {
    schemars::schema_for!(Document<'_>).to_value()
}

/// A plan: what `container-rebuild switch` would do, and why.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plan", deny_unknown_fields)]
struct Document<'a> {
    /// 1.
    format_version: u32,
    /// What is.
    from: End<'a>,
    /// What is wanted.
    to: End<'a>,
    /// What changes: the host first, then the containers by name. Those that do not change are left out.
    changes: Vec<ChangeOut<'a>>,
    /// What changes of the nftables rules.
    firewall: Firewall<'a>,
    /// Containers by the heaviest thing that is done to them.
    summary: Summary,
    /// The single steps, and what has to wait for what.
    order: Order<'a>,
    /// What was found on the way.
    diagnostics: Vec<DiagnosticOut<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(rename = "StateView")]
struct End<'a> {
    /// What it is.
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
    /// Its name; `null` for the host itself.
    container: Option<&'a str>,
    /// What is done to it; nothing where only rules change.
    actions: &'a [Verb],
    /// What that costs.
    disruption: Disruption,
    /// Whether it depends on values that are known after build only.
    may: bool,
    /// Whether its root is lost.
    wipes_root: bool,
    /// Paths of the host that hold its data, none of which is touched.
    keeps: &'a [String],
    /// How it was not as it had been left, in words.
    drift: Vec<&'static str>,
    /// Why.
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
            reasons: change.reasons.iter().map(ReasonOut::of).collect(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(rename = "Reason")]
struct ReasonOut<'a> {
    /// The option, relative to the container and quoted as Nix does; empty for the container as a whole. Elements of lists
    /// go by their key (`forwardPorts."tcp:8080"`), options of the guest stand below `config`. Of the host itself it is empty
    /// where the program that units call is renewed, which `after` says in words.
    option: &'a str,
    /// Its value before; `{"_unknown": …}` where it is known after build only, `{"_redacted": true}` where it is secret.
    before: &'a Value,
    /// Its value after.
    after: &'a Value,
    /// Where it is set; where it was set when it no longer is.
    file: Option<&'a str>,
    /// The line, from 1.
    line: Option<u32>,
    /// The column in bytes, from 1.
    column: Option<u32>,
    /// Where it was set before, when that is known.
    before_at: Option<At<'a>>,
}

impl<'a> ReasonOut<'a> {
    fn of(reason: &'a Reason) -> Self {
        let Reason { option, before, after, position, old_position, .. } = reason;
        let Place { file, line, column } = Place::of(position.as_ref());
        let before_at = old_position.as_ref().map(|at| At { file: &at.file, line: at.line, column: at.column });
        Self { option, before, after, file, line, column, before_at }
    }
}

/// A place in a configuration.
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

/// All three are `null` where there is no place.
struct Place<'a> {
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

impl<'a> Place<'a> {
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
    /// What is not there yet.
    add: Vec<Line<'a>>,
    /// What is there and not wanted any more.
    remove: Vec<Line<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Rule")]
enum Line<'a> {
    /// A port of the host that leads to a container.
    #[serde(rename_all = "camelCase")]
    Forward {
        /// The container, where it is known whose address it is.
        container: Option<&'a str>,
        /// The transport.
        #[schemars(extend("enum" = ["tcp", "udp"]))]
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
        rule: &'a str,
    },
}

impl<'a> Line<'a> {
    fn of(line: &'a RuleLine) -> Self {
        match line {
            RuleLine::Forward { container, protocol, host_port, address, container_port } => Self::Forward {
                container: container.as_ref().map(|name| name.as_str()),
                protocol: protocol.as_str(),
                host_port: *host_port,
                address: address.to_string(),
                container_port: *container_port,
            },
            RuleLine::Rule(rule) => Self::Rule { rule },
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
    /// What edges call it.
    id: usize,
    /// What is done. `withdraw` takes rules out before what they lead to stops; `firewall` loads the rules of a container that
    /// is up, and without a container those of the host and of all that goes on as it is.
    #[schemars(extend("enum" = ["build", "program", "boot-service", "withdraw", "create", "stop", "update-unit", "start", "reload", "firewall", "remove"]))]
    action: &'static str,
    /// To which container; `null` for what is done once for all.
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
    /// Its stable name.
    code: &'static str,
    /// How much it matters.
    #[schemars(extend("enum" = ["note", "warning", "error"]))]
    severity: &'static str,
    /// What is wrong.
    message: &'a str,
    /// What to do.
    help: Option<&'a str>,
    /// Where.
    file: Option<&'a str>,
    /// The line, from 1.
    line: Option<u32>,
    /// The column in bytes, from 1.
    column: Option<u32>,
}

impl<'a> DiagnosticOut<'a> {
    fn of(finding: &'a Finding) -> Self {
        let Place { file, line, column } = Place::of(finding.position.as_ref());
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
