//! Levels of the option tree, as lazy sets.
//!
//! A level is what stands at one path: options that are declared there, levels below, and names that only nixpkgs, or
//! nobody, declares. Its value is what `config.<path>` reads.

use std::collections::BTreeMap;

use super::context::{Context, Path};
use super::definition::{Active, Definition, select};
use super::merge::option_value;
use super::types::{Declaration, Options};
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Suspend, Symbol, Unknown, Value};
use crate::source::{Pos, Span};

/// Something of the option tree that is computed when it is read.
#[derive(Clone, Copy)]
enum Deferred {
    /// A level of declared options.
    Level(&'static Options),
    /// A declared option.
    Option(&'static Declaration),
    /// What nixpkgs declares and we do not.
    Undeclared,
}

/// A deferred part with its definitions.
struct Node<'e> {
    context: &'e Context<'e>,
    path: Path<'e>,
    definitions: &'e [Definition<'e>],
    kind: Deferred,
}

impl<'e> Suspend<'e> for Node<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let Self { context, path, definitions, kind } = *self;
        match kind {
            Deferred::Level(options) => level(ev, context, path, options, definitions),
            Deferred::Option(declaration) => option_value(ev, context, path, declaration, definitions),
            Deferred::Undeclared => undeclared(ev, path, definitions),
        }
    }
}

/// The definitions of a level, by name.
pub(super) struct Split<'e> {
    /// What defines each name; a definition whose value is unknown may define every name.
    pub(super) names: BTreeMap<Symbol, Vec<Definition<'e>>>,
    /// Definitions that may say anything of any name.
    pub(super) open: Vec<Definition<'e>>,
}

/// Takes definitions of a level apart into definitions of the names in it.
pub(super) fn split<'e>(
    ev: &mut Evaluator<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Split<'e>> {
    let mut expanded = Vec::new();
    for definition in definitions {
        definition.expand(ev, &mut expanded)?;
    }
    let mut split = Split { names: BTreeMap::new(), open: Vec::new() };
    for definition in expanded {
        match definition.value {
            Value::Attrs(attrs) => {
                for (name, value, pos) in attrs.iter() {
                    split.names.entry(name).or_default().push(definition.with_value(value, pos));
                }
            }
            Value::Unknown(_) => split.open.push(definition),
            other => {
                let path = path.names(ev);
                let message = format!(
                    "A definition for option `{path}' is not of type `attribute set'. It is {}.",
                    ev.describe(other)
                );
                return Err(ev.diagnostic_error(
                    Diagnostic::error(Code::OptionType, message).at(ev.attribute_span(definition.pos), ""),
                ));
            }
        }
    }
    Ok(split)
}

/// The value of a level: a set of lazy parts.
pub(super) fn level<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: Path<'e>,
    options: &'static Options,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Value<'e>> {
    let Split { mut names, open } = split(ev, path, definitions)?;
    let mut parts = Vec::new();
    for name in options.names() {
        let symbol = ev.symbol(name);
        let mut defining = names.remove(&symbol).unwrap_or_default();
        defining.extend(open.iter().copied());
        let pos = defining.first().map_or(Pos::NONE, |definition| definition.pos);
        let kind = match (options.group(name), options.option(name)) {
            (Some(group), _) => Deferred::Level(group),
            (None, Some(option)) => Deferred::Option(option),
            (None, None) => continue,
        };
        parts.push((symbol, defer(ev, context, path.join(ev, symbol), &defining, kind), pos));
    }
    for (symbol, defining) in names {
        let path = path.join(ev, symbol);
        if options.open {
            let pos = defining.first().map_or(Pos::NONE, |definition| definition.pos);
            parts.push((symbol, defer(ev, context, path, &defining, Deferred::Undeclared), pos));
        } else {
            refuse(ev, context, path, options, &defining)?;
        }
    }
    if options.open || !open.is_empty() {
        let why = match open.first().map(|definition| definition.value) {
            Some(Value::Unknown(unknown)) => unknown,
            _ => ev.unknown_reason("only nixpkgs declares this option", Span::NONE),
        };
        return Ok(ev.open_attrs(parts, why));
    }
    Ok(ev.attrs(parts))
}

/// The whole configuration, as a value that is computed when it is read.
pub(super) fn whole<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    options: &'static Options,
    definitions: &[Definition<'e>],
) -> Value<'e> {
    defer(ev, context, Path::ROOT, definitions, Deferred::Level(options))
}

fn defer<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
    kind: Deferred,
) -> Value<'e> {
    let definitions = ev.alloc_slice(definitions);
    ev.suspend(Node { context, path, definitions, kind })
}

/// Reports a name that nothing declares, unless it is under a condition that does not hold.
fn refuse<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: Path<'e>,
    options: &'static Options,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, ()> {
    let names = path.names(ev);
    for definition in definitions {
        // nixpkgs reports it even where the condition is false: the option does not exist either way.
        let message = format!("The option `{names}' does not exist.");
        let mut diagnostic =
            Diagnostic::error(Code::UnknownOption, message).at(ev.attribute_span(definition.pos), "defined here");
        let misspelt = path.last().map(|name| ev.name(name).to_owned()).unwrap_or_default();
        if let Some(meant) = closest(&misspelt, options.names()) {
            diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
        } else {
            diagnostic = diagnostic.help("NixOS has no such option; see `man configuration.nix`");
        }
        context.find(diagnostic);
    }
    Ok(())
}

/// The name that was probably meant: the most similar one, if it is similar enough.
fn closest(misspelt: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let folded = misspelt.to_ascii_lowercase();
    names
        .map(|name| (strsim::jaro_winkler(&folded, &name.to_ascii_lowercase()), name))
        .filter(|(similarity, _)| *similarity > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// What a configuration itself says of an option that only nixpkgs declares.
///
/// One scalar definition is the option's value, as far as a configuration can tell; a set is open, for nixpkgs may put
/// more into it; a list is unknown, for nixpkgs may add to it.
fn undeclared<'e>(
    ev: &mut Evaluator<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Value<'e>> {
    let selected = select(ev, definitions)?;
    if let Some(unknown) = selected.unknown {
        return Ok(Value::Unknown(unknown));
    }
    let Some(first) = selected.definitions.first().copied() else {
        return Ok(not_here(ev, path, "its default is known only to nixpkgs", Pos::NONE));
    };
    if let Some(unknown) = selected.definitions.iter().find_map(|definition| match definition.value {
        Value::Unknown(unknown) => Some(unknown),
        _ => None,
    }) {
        return Ok(Value::Unknown(unknown));
    }
    let sets = selected.definitions.iter().all(|definition| match definition.value {
        Value::Attrs(attrs) => attrs.get(ev.symbol("type")).is_none(),
        _ => false,
    });
    if sets {
        let Split { names, open } = split(ev, path, &selected.definitions)?;
        let mut parts = Vec::new();
        for (symbol, mut defining) in names {
            defining.extend(open.iter().copied());
            let definitions = ev.alloc_slice(&defining);
            let node = Undeclared { path: path.join(ev, symbol), definitions };
            parts.push((symbol, ev.suspend(node), defining[0].pos));
        }
        let why = ev.unknown_reason(&format!("nixpkgs may define more of `{}`", path.names(ev)), Span::NONE);
        return Ok(ev.open_attrs(parts, why));
    }
    match first.value {
        Value::List(_) => Ok(not_here(ev, path, "nixpkgs may add to this list", first.pos)),
        Value::Attrs(_) if selected.definitions.len() > 1 => {
            Ok(not_here(ev, path, "only nixpkgs knows how its definitions are merged", first.pos))
        }
        value => {
            for other in &selected.definitions[1..] {
                match ev.equal(value, other.value)? {
                    Ok(true) => {}
                    Ok(false) => {
                        return Ok(not_here(
                            ev,
                            path,
                            "only nixpkgs knows how its definitions are merged",
                            first.pos,
                        ));
                    }
                    Err(unknown) => return Ok(Value::Unknown(unknown)),
                }
            }
            Ok(value)
        }
    }
}

/// A part of an undeclared set.
struct Undeclared<'e> {
    path: Path<'e>,
    definitions: &'e [Definition<'e>],
}

impl<'e> Suspend<'e> for Undeclared<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        undeclared(ev, self.path, self.definitions)
    }
}

fn not_here<'e>(ev: &mut Evaluator<'e>, path: Path<'e>, why: &str, pos: Pos) -> Value<'e> {
    let reason = format!("`{}`: {why}", path.names(ev));
    ev.unknown(&reason, Span::at(pos))
}

/// Whether one of several definitions may count although its condition is unknown: used for names in sets.
pub(super) fn presence<'e>(
    ev: &mut Evaluator<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Result<bool, &'e Unknown>> {
    let mut expanded = Vec::new();
    for definition in definitions {
        definition.expand(ev, &mut expanded)?;
    }
    let mut perhaps = None;
    for definition in expanded {
        match definition.active(ev)? {
            Active::Yes => return Ok(Ok(true)),
            Active::No => {}
            Active::Perhaps(unknown) => perhaps = Some(unknown),
        }
    }
    Ok(perhaps.map_or(Ok(false), Err))
}
