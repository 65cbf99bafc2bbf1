//! What NixOS does with firewall options apart from merging them.
//!
//! NixOS's service modules open ports of their own, and unavailable modules may too: the ports that a configuration opens
//! are then a lower bound (contract §3, §5).

use super::declare::resolve;
use super::definition::{Active, DEFAULT_PRIORITY, Definition, Selected};
use super::option::Node;
use super::path::Path;
use super::platform;
use super::scope::{Context, Scope, ScopeOwner};
use super::split::split;
use super::types::Extra;
use crate::eval::{EvalResult, Evaluator, Suspend, Unknown, Value};
use crate::model::view::Bound;
use crate::source::{Pos, Span};

/// Appends the definitions that NixOS's own modules add.
pub(super) fn begin<'e>(
    ev: &Evaluator<'e>,
    scope: &'e Scope<'e>,
    extra: Extra,
    definitions: &mut Vec<Definition<'e>>,
) {
    if extra == Extra::Loopback && scope.of != ScopeOwner::Submodule {
        let loopback = ev.heap.list([ev.heap.string("lo")]);
        let enabled = ev.heap.suspend(Enabled { scope });
        definitions.push(Definition::new(loopback, Pos::NONE).under(ev, enabled));
    }
}

/// The value of `networking.firewall.enable`, evaluated on demand.
struct Enabled<'e> {
    scope: &'e Scope<'e>,
}

impl<'e> Suspend<'e> for Enabled<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        self.scope.context.host_option(ev, &["networking", "firewall", "enable"])
    }
}

/// Computes the value of the option from its merged definitions.
pub(super) fn finish<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    extra: Extra,
    merged: Value<'e>,
    selected: &Selected<'e>,
) -> EvalResult<'e, Value<'e>> {
    match extra {
        Extra::None | Extra::Loopback | Extra::OfModule => Ok(merged),
        Extra::Platform => Ok(match merged {
            name @ Value::String(_) => platform::elaborate(ev, name),
            other => other,
        }),
        Extra::Ports { sorted, shared } => ports(ev, scope, path, (sorted, shared), merged, selected),
        Extra::ReversePath => {
            let defined = !selected.definitions.is_empty() && selected.priority <= DEFAULT_PRIORITY;
            if defined || scope.of == ScopeOwner::Submodule {
                return Ok(merged);
            }
            Ok(loosened(ev, scope)?.unwrap_or(merged))
        }
    }
}

fn ports<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    (sorted, shared): (bool, bool),
    merged: Value<'e>,
    selected: &Selected<'e>,
) -> EvalResult<'e, Value<'e>> {
    let adding = if shared && scope.of != ScopeOwner::Submodule { others(ev, scope.context)? } else { None };
    // A definition with a stronger priority overrides those of services, but not those of modules that were never read.
    let outranks = selected.unknown.is_none()
        && !selected.definitions.is_empty()
        && selected.priority < DEFAULT_PRIORITY
        && !scope.context.is_missing_modules()
        && !scope.lacks_arguments(ev)?;
    let adding = adding.filter(|_| !outranks);
    let (items, mut unknown) = match merged {
        Value::List(list) => (list.iter().collect(), None),
        Value::PartialList(partial) => {
            let certain = partial.items().iter().filter(|item| item.optional.is_none());
            (certain.map(|item| item.value).collect(), Some(partial.why()))
        }
        Value::Unknown(unknown) => (certain(ev, selected)?, Some(unknown)),
        _ => return Ok(merged),
    };
    let (mut known, mut failing) = (Vec::new(), Vec::new());
    for item in items {
        let forced = match ev.force(item) {
            Err(_) if ev.settings.keep_going => {
                failing.push(item);
                continue;
            }
            forced => forced?,
        };
        match forced {
            // In a sorted or extended list, an unknown element may be anywhere, so the list is unknown.
            Value::Unknown(element) if sorted || adding.is_some() => unknown = unknown.or(Some(element)),
            item => known.push(item),
        }
    }
    if sorted {
        let number = |value: &Value<'e>| match value {
            Value::Int(number) => *number,
            _ => i64::MAX,
        };
        known.sort_by_key(number);
        known.dedup_by_key(|value| number(value));
    }
    // A failing element cannot be sorted, so it goes last.
    known.extend(failing);
    let bound = match (unknown, adding) {
        (Some(unknown), _) => (Bound::Unknown, unknown),
        (None, Some(adding)) => adding,
        (None, None) => return Ok(ev.heap.list(known)),
    };
    scope.context.bounds.borrow_mut().push((path, known, bound.0));
    Ok(Value::Unknown(bound.1))
}

/// Returns the elements that are in the list regardless of unknown conditions.
fn certain<'e>(ev: &mut Evaluator<'e>, selected: &Selected<'e>) -> EvalResult<'e, Vec<Value<'e>>> {
    let mut items = Vec::new();
    if selected.outranked {
        return Ok(items);
    }
    for definition in &selected.definitions {
        if let (Active::Yes, Value::List(list)) = (definition.active(ev)?, definition.value) {
            items.extend(list.iter());
        }
    }
    Ok(items)
}

/// Why more ports may be open than the configuration opens, if so.
type Adding<'e> = Option<(Bound, &'e Unknown)>;

/// Whether NixOS certainly opens no port on its own.
pub(super) fn opens_nothing<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> bool {
    matches!(others(ev, context), Ok(None))
}

/// Returns why NixOS may open more ports than the configuration does, if it may.
fn others<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> EvalResult<'e, Adding<'e>> {
    let Some(host) = context.host.get() else { return Ok(None) };
    if context.is_missing_modules() || host.lacks_arguments(ev)? {
        let why = ev.heap.unknown_reason("modules that are not here may open more ports", Span::NONE);
        return Ok(Some((Bound::Unknown, why)));
    }
    if let Some(known) = context.ports.get() {
        return Ok(*known);
    }
    let found = opened(ev, context)?;
    Ok(*context.ports.get_or_init(|| found))
}

fn opened<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> EvalResult<'e, Adding<'e>> {
    let Some(host) = context.host.get() else { return Ok(None) };
    let (Some(tree), Some(definitions)) = (host.tree.get(), host.definitions.get()) else { return Ok(None) };
    let mut names = split(ev, Path::ROOT, definitions)?.names;
    let mut first = None;
    // `nix.sshServe` enables the SSH server.
    for name in ["services", "programs", "virtualisation", "nix"] {
        let symbol = ev.heap.symbol(name);
        let Some(defining) = names.remove(&symbol) else { continue };
        let declared = match tree.get(symbol) {
            Some(node) => match resolve(ev, host, node)? {
                Node::Level(level) => Some(level),
                _ => None,
            },
            None => None,
        };
        let path = Path::ROOT.join(ev, symbol);
        let below = split(ev, path, &defining)?;
        if let Some(Value::Unknown(unknown)) = below.open.first().map(|definition| definition.value) {
            return Ok(Some((Bound::Unknown, unknown)));
        }
        if let Some(unknown) = below.rest {
            return Ok(Some((Bound::Unknown, unknown)));
        }
        for (service, definitions) in below.names {
            let is_own = declared.is_some_and(|level| level.get(service).is_some());
            if is_own || (name == "nix" && ev.heap.name(service) != "sshServe") {
                continue;
            }
            if first.is_none() && defines(ev, &definitions) {
                let reason = format!("`{name}.{}` of NixOS may open more ports", ev.heap.name(service));
                let at = ev.report.attribute_span(definitions[0].pos);
                first = Some((Bound::Services, ev.heap.unknown_reason(&reason, at)));
            }
        }
    }
    Ok(first)
}

/// Whether definitions have any effect: some condition may hold, and the value is not an empty set.
fn defines<'e>(ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> bool {
    let mut expanded = Vec::new();
    for definition in definitions {
        if definition.expand(ev, &mut expanded).is_err() {
            return true;
        }
    }
    expanded.into_iter().any(|definition| match definition.active(ev) {
        Ok(Active::No) => false,
        Ok(Active::Yes | Active::OptionalAttr(_)) | Err(_) => match definition.value {
            Value::Attrs(attrs) => attrs.iter().len() > 0 || attrs.rest().is_some(),
            _ => true,
        },
    })
}

/// Returns an unknown value if a definition enables one of the services that set `checkReversePath` to "loose".
fn loosened<'e>(ev: &mut Evaluator<'e>, scope: &'e Scope<'e>) -> EvalResult<'e, Option<Value<'e>>> {
    for (path, harmless) in [
        (["services", "tailscale", "useRoutingFeatures"], &["none", "server"][..]),
        (["services", "mullvad-vpn", "enable"], &[]),
        (["services", "netbird", "useRoutingFeatures"], &["none", "server"]),
    ] {
        let Some(host) = scope.context.host.get() else { return Ok(None) };
        let Some(definitions) = host.definitions.get() else { return Ok(None) };
        let mut definitions = definitions.to_vec();
        for name in path {
            let symbol = ev.heap.symbol(name);
            definitions = split(ev, Path::ROOT, &definitions)?.names.remove(&symbol).unwrap_or_default();
        }
        for definition in definitions {
            let mut expanded = Vec::new();
            definition.expand(ev, &mut expanded)?;
            for definition in expanded {
                if matches!(definition.active(ev)?, Active::No) {
                    continue;
                }
                let is_harmless = match definition.value {
                    Value::Bool(on) => !on,
                    Value::String(text) => harmless.iter().any(|word| word.as_bytes() == text.as_bytes()),
                    _ => false,
                };
                if !is_harmless {
                    let reason = format!("`{}` of NixOS changes it", path.join("."));
                    let at = ev.report.attribute_span(definition.pos);
                    return Ok(Some(ev.heap.unknown(&reason, at)));
                }
            }
        }
    }
    Ok(None)
}
