//! The plan as JSON (contract §6).

use serde::Serialize;
use serde_json::Value;

use crate::model::{FORMAT_VERSION, Position};
use crate::plan::{Change, Endpoint, EndpointKind, Finding, Plan, Reason};
use crate::render::nft::RuleLine;

/// The whole plan, pretty-printed, with a line break at its end. Equal plans give equal bytes.
pub fn json(plan: &Plan) -> String {
    let document = Document {
        format_version: FORMAT_VERSION,
        from: End::of(&plan.from),
        to: End::of(&plan.to),
        changes: plan.changes.iter().map(ChangeOut::of).collect(),
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

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    from: End<'a>,
    to: End<'a>,
    changes: Vec<ChangeOut<'a>>,
    firewall: Firewall<'a>,
    summary: Summary,
    order: Order<'a>,
    diagnostics: Vec<DiagnosticOut<'a>>,
}

#[derive(Serialize)]
struct End<'a> {
    kind: &'static str,
    name: &'a str,
}

impl<'a> End<'a> {
    fn of(endpoint: &'a Endpoint) -> Self {
        let kind = match endpoint.kind {
            EndpointKind::Host => "host",
            EndpointKind::Revision => "revision",
            EndpointKind::File => "file",
            EndpointKind::Manifest => "manifest",
        };
        Self { kind, name: &endpoint.name }
    }
}

#[derive(Serialize)]
struct ChangeOut<'a> {
    container: Option<&'a str>,
    actions: Vec<&'static str>,
    disruption: &'static str,
    may: bool,
    wipes_root: bool,
    keeps: &'a [String],
    reasons: Vec<ReasonOut<'a>>,
}

impl<'a> ChangeOut<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            container: change.container.as_ref().map(|name| name.as_str()),
            actions: change.verbs.iter().map(|verb| verb.as_str()).collect(),
            disruption: change.disruption.as_str(),
            may: change.may,
            wipes_root: change.wipes_root,
            keeps: &change.keeps,
            reasons: change.reasons.iter().map(ReasonOut::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct ReasonOut<'a> {
    option: &'a str,
    before: &'a Value,
    after: &'a Value,
    #[serde(flatten)]
    place: Place<'a>,
}

impl<'a> ReasonOut<'a> {
    fn of(reason: &'a Reason) -> Self {
        let Reason { option, before, after, position, .. } = reason;
        Self { option, before, after, place: Place::of(position.as_ref()) }
    }
}

/// All three are `null` where there is no place.
#[derive(Serialize)]
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

#[derive(Serialize)]
struct Firewall<'a> {
    changed: bool,
    add: Vec<Line<'a>>,
    remove: Vec<Line<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    #[serde(rename_all = "camelCase")]
    Forward {
        container: Option<&'a str>,
        protocol: &'static str,
        host_port: u16,
        address: String,
        container_port: u16,
    },
    Rule {
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

#[derive(Serialize)]
struct Summary {
    create: usize,
    reload: usize,
    restart: usize,
    stop: usize,
    remove: usize,
    firewall: usize,
    unchanged: usize,
}

#[derive(Serialize)]
struct Order<'a> {
    nodes: Vec<Node<'a>>,
    edges: Vec<Edge>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: usize,
    action: &'static str,
    container: Option<&'a str>,
}

#[derive(Serialize)]
struct Edge {
    before: usize,
    after: usize,
}

#[derive(Serialize)]
struct DiagnosticOut<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    place: Place<'a>,
}

impl<'a> DiagnosticOut<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            code: finding.code.as_str(),
            severity: finding.severity.as_str(),
            message: &finding.message,
            help: finding.help.as_deref(),
            place: Place::of(finding.position.as_ref()),
        }
    }
}
