//! Computes the value of an option from its definitions and its default.

use super::definition::{Definition, OPTION_DEFAULT_PRIORITY, Selected, presence, select};
use super::firewall;
use super::keep_going;
use super::merge::{Merge, type_of};
use super::option::{Default, Kind, Opt, TypeRef};
use super::path::Path;
use super::scope::{Context, Scope};
use super::types;
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalError, EvalResult, Evaluator, Symbol, Value};
use crate::source::{Pos, Span};

impl<'e> Scope<'e> {
    /// Returns the value of a declared option. If the evaluation keeps going, a failing definition of a list or set does not
    /// affect the others.
    pub(super) fn option_value(
        &'e self,
        ev: &mut Evaluator<'e>,
        path: Path<'e>,
        option: &'e Opt<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let ty = type_of(ev, self, path, option)?;
        if matches!(ty.kind.get(), Kind::Guest) {
            return guest(ev, self, path);
        }
        match self.whole_value(ev, path, option, ty, definitions) {
            Err(error) if ev.settings.keep_going => match ty.kind.get() {
                Kind::ListOf(_) | Kind::AttrsOf { .. } => {
                    keep_going::value(ev, (self, path, option, ty), definitions, error)
                }
                _ => Err(error),
            },
            value => value,
        }
    }

    /// Returns the value of an option; fails if any of its definitions fails.
    pub(super) fn whole_value(
        &'e self,
        ev: &mut Evaluator<'e>,
        path: Path<'e>,
        option: &'e Opt<'e>,
        ty: TypeRef<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let merge = Merge { scope: self, path, ty };
        let selected = selected(ev, option, merge, definitions)?;
        for definition in &selected.definitions {
            self.context.note(path, definition.pos);
        }
        let merged = if selected.definitions.is_empty() {
            default(ev, option, merge)?
        } else {
            merge.selected(ev, &selected)?
        };
        if matches!(merged, Value::Unknown(_) | Value::PartialList(_) | Value::List(_)) {
            self.context.keep(ev, path, definitions);
        }
        let merged = firewall::finish(ev, self, path, option.extra, merged, &selected)?;
        match option.apply {
            // Call it even with an unknown value, because its result may be known anyway.
            Some(apply) => ev.call(apply, merged, Pos::NONE),
            None => Ok(merged),
        }
    }
}

/// Returns the definitions that count, including the default if it matters.
pub(super) fn selected<'e>(
    ev: &mut Evaluator<'e>,
    option: &'e Opt<'e>,
    merge: Merge<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Selected<'e>> {
    let mut definitions = definitions.to_vec();
    firewall::begin(ev, merge.scope, option.extra, &mut definitions);
    let nix_default = match option.default {
        Default::Value(value) => Some(value),
        _ => None,
    };
    if definitions.is_empty() && nix_default.is_none() {
        return select(ev, &[]);
    }
    if option.read_only && definitions.len() + usize::from(nix_default.is_some()) > 1 {
        return Err(merge.conflict(ev, "is read-only, but it's set multiple times", &definitions));
    }
    // The default is a definition with its own priority.
    let mut with_default = definitions;
    match (option.default, nix_default) {
        (_, Some(value)) => {
            // Without a position: declaring an option does not set it.
            with_default.insert(0, Definition::of_default(value, Pos::NONE));
            let selected = select(ev, &with_default)?;
            // An empty set adds nothing to definitions that may count.
            let merges_sets =
                matches!(merge.ty.kind.get(), Kind::AttrsOf { .. } | Kind::Submodule(_) | Kind::Anything);
            if selected.outranked && merges_sets && is_empty_set(ev, value)? {
                return select(ev, &with_default[1..]);
            }
            return Ok(selected);
        }
        (Default::Table(types::Default::Mandatory) | Default::None, None) => {}
        (Default::Table(types::Default::EmptySet), None) => {
            // An empty set adds no name, so it matters only if it outranks a definition.
            let selected = select(ev, &with_default)?;
            let is_outranked = selected.priority > OPTION_DEFAULT_PRIORITY && !selected.definitions.is_empty();
            return if is_outranked { select(ev, &[]) } else { Ok(selected) };
        }
        (Default::Table(_), None) => {
            let selected = select(ev, &with_default)?;
            let is_certain = selected.unknown.is_none() && !selected.definitions.is_empty();
            if is_certain && selected.priority < OPTION_DEFAULT_PRIORITY {
                return Ok(selected);
            }
            // If there is no default, only the definitions count, whatever their conditions.
            let value = match default(ev, option, merge) {
                Ok(value) => value,
                Err(_) if !selected.definitions.is_empty() => return Ok(selected),
                Err(error) => return Err(error),
            };
            with_default.insert(0, Definition::of_default(value, Pos::NONE));
        }
        (Default::Value(_), None) => {}
    }
    select(ev, &with_default)
}

fn is_empty_set<'e>(ev: &mut Evaluator<'e>, value: Value<'e>) -> EvalResult<'e, bool> {
    Ok(match ev.force(value)? {
        Value::Attrs(attrs) => attrs.iter().len() == 0 && attrs.rest().is_none(),
        _ => false,
    })
}

/// Returns the value of an option that nothing defines: its default, or its type's `emptyValue`.
fn default<'e>(ev: &mut Evaluator<'e>, option: &'e Opt<'e>, merge: Merge<'e>) -> EvalResult<'e, Value<'e>> {
    let Merge { scope, path, .. } = merge;
    let Default::Table(default) = option.default else {
        return match merge.empty(ev)? {
            Some(value) => Ok(value),
            None => Err(missing(ev, scope, path)),
        };
    };
    Ok(match default {
        types::Default::Null => Value::Null,
        types::Default::Bool(value) => Value::Bool(value),
        types::Default::Str(text) => ev.heap.string(text),
        types::Default::EmptyList => ev.heap.list([]),
        types::Default::EmptySet => ev.heap.attrs([]),
        types::Default::AttrName => {
            let name = path.parent().last().map_or("", |name| ev.heap.name(name));
            ev.heap.string(name)
        }
        types::Default::EnableContainers => enable_containers(ev, scope)?,
        types::Default::FlushRuleset => flush_ruleset(ev, scope)?,
        types::Default::SystemPath => system_path(ev, scope, path)?,
        types::Default::Unknown(reason) => ev.heap.unknown(reason, Span::NONE),
        types::Default::Mandatory => return Err(missing(ev, scope, path)),
    })
}

fn missing<'e>(ev: &mut Evaluator<'e>, scope: &Scope<'e>, path: Path<'e>) -> EvalError<'e> {
    let names = path.names(ev);
    let around = names.parent().and_then(|parent| scope.context.spans(ev).nearest(&parent));
    let message = format!("The option `{names}' was accessed but has no value defined. Try setting the option.");
    let mut diagnostic = Diagnostic::error(Code::MissingOption, message);
    if let Some(span) = around {
        diagnostic = diagnostic.at(span, "missing here");
    }
    ev.report.thrown(diagnostic)
}

/// Whether there are containers. Unknown if there may be some, but none for certain.
fn enable_containers<'e>(ev: &mut Evaluator<'e>, scope: &Scope<'e>) -> EvalResult<'e, Value<'e>> {
    Ok(match scope.context.host_option(ev, &["containers"])? {
        Value::Attrs(containers) => {
            let mut optional = containers.rest();
            for (_, container, _) in containers.iter() {
                match ev.force(container) {
                    Ok(Value::Unknown(unknown)) => optional = Some(unknown),
                    // A container that fails still exists.
                    Ok(_) | Err(_) => return Ok(Value::Bool(true)),
                }
            }
            optional.map_or(Value::Bool(false), Value::Unknown)
        }
        other => other,
    })
}

/// `networking.nftables.flushRuleset`: true if `stateVersion` is older than 23.11, or if rules are given as text.
fn flush_ruleset<'e>(ev: &mut Evaluator<'e>, scope: &Scope<'e>) -> EvalResult<'e, Value<'e>> {
    let nftables = scope.context.host_option(ev, &["networking", "nftables"])?;
    if let Value::Attrs(attrs) = nftables {
        for name in ["ruleset", "rulesetFile"] {
            if let Some(value) = attrs.get(ev.heap.symbol(name)) {
                match ev.force(value)? {
                    Value::Null => {}
                    Value::String(text) if text.as_bytes().is_empty() => {}
                    Value::Unknown(unknown) => return Ok(Value::Unknown(unknown)),
                    _ => return Ok(Value::Bool(true)),
                }
            }
        }
    }
    Ok(match scope.context.host_option(ev, &["system", "stateVersion"])? {
        Value::String(version) => {
            let version = version.to_str_lossy();
            let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
            let release = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
            Value::Bool(release < (23, 11))
        }
        other => other,
    })
}

/// `path` of a container: built from `config`, or the profile that `flake` uses.
fn system_path<'e>(ev: &mut Evaluator<'e>, scope: &'e Scope<'e>, path: Path<'e>) -> EvalResult<'e, Value<'e>> {
    let name = path.parent().last();
    let shown = name.map_or("", |name| ev.heap.name(name));
    if let Some(config) = scope.config.get() {
        let guest = name.and_then(|name| guest_of(ev, scope.context, name));
        if let Some(definitions) = guest {
            let at = definitions.first().map_or(Span::NONE, |definition| ev.report.attribute_span(definition.pos));
            return Ok(ev.heap.unknown(&format!("the guest system of `{shown}`"), at));
        }
        match ev.select(config, "flake")? {
            Value::Null => {}
            unknown @ Value::Unknown(_) => return Ok(unknown),
            _ => return Ok(ev.heap.string(&format!("/nix/var/nix/profiles/per-container/{shown}"))),
        }
    }
    Err(missing(ev, scope, path))
}

/// Returns the guest's configuration as its definitions give it; what nixpkgs makes of them is unknown.
fn guest<'e>(ev: &mut Evaluator<'e>, scope: &'e Scope<'e>, path: Path<'e>) -> EvalResult<'e, Value<'e>> {
    let Some(container) = path.parent().last() else { return Ok(Value::Null) };
    match guest_of(ev, scope.context, container) {
        Some(definitions) => scope.context.guest(ev, container, definitions),
        None => Ok(Value::Null),
    }
}

/// Returns the definitions that a container's guest is built from, if it has one, and keeps them for its key.
pub(super) fn guest_of<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    container: Symbol,
) -> Option<&'e [Definition<'e>]> {
    if let Some(definitions) = context.guests.borrow().get(&container) {
        return Some(definitions);
    }
    let definitions = context.undecided_guests.borrow().get(&container).copied().unwrap_or_default();
    // A guest that fails still exists.
    if definitions.is_empty() || matches!(presence(ev, definitions), Ok(Ok(false))) {
        return None;
    }
    let path = ["containers", ev.heap.name(container), "config"].map(|name| ev.heap.symbol(name));
    let path = path.iter().fold(Path::ROOT, |path, name| path.join(ev, *name));
    for definition in definitions {
        context.note(path, definition.pos);
    }
    context.guests.borrow_mut().insert(container, definitions);
    Some(definitions)
}
