//! Levels of the option tree, as lazy sets.
//!
//! A level is what stands at one path: options that are declared there, levels below, and names that only nixpkgs, or
//! nobody, declares. Its value is what `config.<path>` reads.

use std::collections::BTreeMap;

use super::context::Path;
use super::declare::resolve;
use super::definition::{Definition, place};
use super::merge::{Merge, Part, option_value};
use super::option::{Kind, Node, Tree};
use super::scope::{Scope, ScopeOwner};
use super::undeclared::{empty_of_nixpkgs, undeclared};
use crate::diag::{Code, Diagnostic, Fix};
use crate::eval::{Attrs, EvalResult, Evaluator, Suspend, Symbol, Unknown, Value};
use crate::model::path::OptionPath;
use crate::source::Pos;
use crate::syntax::mend::written;

/// Something of the option tree with its definitions, computed when it is read.
struct Branch<'e> {
    scope: &'e Scope<'e>,
    path: Path<'e>,
    definitions: &'e [Definition<'e>],
    node: Node<'e>,
}

impl<'e> Suspend<'e> for Branch<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let Self { scope, path, definitions, node } = *self;
        match resolve(ev, node)? {
            Node::Level(tree) => level(ev, scope, path, tree, definitions),
            Node::Option(option) => option_value(ev, scope, path, option, definitions),
            Node::Declared(_) | Node::Undeclared => {
                undeclared(ev, scope, path, definitions, scope.of == ScopeOwner::GuestShown)
            }
        }
    }
}

/// The definitions of a level, by name.
pub(super) struct Split<'e> {
    /// What defines each name.
    pub(super) names: BTreeMap<Symbol, Vec<Definition<'e>>>,
    /// Definitions that may say anything of any name.
    pub(super) open: Vec<Definition<'e>>,
    /// Why there may be more names: a set of which some names are unknown.
    pub(super) rest: Option<&'e Unknown>,
    /// Those sets, with what they may say of names that they do not have.
    rests: Vec<(&'e Attrs<'e>, Definition<'e>)>,
}

impl<'e> Split<'e> {
    /// Definitions that may say anything of `name`.
    pub(super) fn maybe(&self, name: Symbol) -> impl Iterator<Item = Definition<'e>> {
        let is_silent = move |set: &Attrs<'e>| {
            set.get(name).is_none() && set.optional().iter().all(|optional| optional.name() != name)
        };
        let rests = self.rests.iter().filter(move |(set, _)| is_silent(set));
        let all = self.open.iter().chain(rests.map(|(_, definition)| definition));
        all.map(|definition| definition.doubted())
    }

    /// Why there may be names that nothing here says.
    pub(super) fn why_more(&self) -> Option<&'e Unknown> {
        match self.open.first().map(|definition| definition.value) {
            Some(Value::Unknown(unknown)) => Some(unknown),
            _ => self.rest,
        }
    }
}

/// Takes definitions of a level apart into definitions of the names in it. Where the evaluation keeps going, what is wrong
/// with one module hides nothing of the others.
pub(super) fn split<'e>(
    ev: &mut Evaluator<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Split<'e>> {
    match split_whole(ev, path, definitions) {
        Err(_) if ev.keeps_going() && path.is_same(Path::ROOT) => {
            let mut parts = Vec::new();
            definitions.iter().for_each(|definition| definition.parts(ev, &mut parts));
            parts.retain(|definition| split_whole(ev, path, &[*definition]).is_ok());
            split_whole(ev, path, &parts)
        }
        split => split,
    }
}

fn split_whole<'e>(
    ev: &mut Evaluator<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Split<'e>> {
    let mut expanded = Vec::with_capacity(definitions.len());
    for definition in definitions {
        definition.expand(ev, &mut expanded)?;
    }
    split_values(ev, path, expanded)
}

/// The same of values of an option, whose properties have been taken off: what looks like one now is a name like others.
pub(super) fn split_values<'e>(
    ev: &mut Evaluator<'e>,
    path: Path<'e>,
    definitions: impl IntoIterator<Item = Definition<'e>>,
) -> EvalResult<'e, Split<'e>> {
    let mut split = Split { names: BTreeMap::new(), open: Vec::new(), rest: None, rests: Vec::new() };
    for definition in definitions {
        match definition.value {
            Value::Attrs(attrs) => {
                for (name, value, pos) in attrs.iter() {
                    split.names.entry(name).or_default().push(definition.with_value(value, pos));
                }
                for optional in attrs.optional() {
                    split.names.entry(optional.name()).or_default().push(definition.under_name(ev, optional));
                }
                if let Some(unknown) = attrs.any() {
                    split.rest = split.rest.or(Some(unknown));
                    split.rests.push((attrs, definition.with_value(Value::Unknown(unknown), Pos::NONE)));
                }
            }
            Value::Unknown(_) => split.open.push(definition),
            other => {
                let path = path.names(ev);
                let message = format!(
                    "A definition for option `{path}' is not of type `attribute set'. It is {}.",
                    ev.describe(other)
                );
                return Err(ev.thrown(
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
    scope: &'e Scope<'e>,
    path: Path<'e>,
    tree: &'e Tree<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Value<'e>> {
    if ev.keeps_going() && path.is_same(Path::ROOT) {
        tell_failing(ev, scope, definitions);
    }
    let mut split = split(ev, path, definitions)?;
    let mut names = std::mem::take(&mut split.names);
    let mut parts = Vec::with_capacity(tree.entries.len());
    for (symbol, node) in tree.entries {
        let mut defining = names.remove(symbol).unwrap_or_default();
        // A name that is unknown may be that of any option here.
        defining.extend(split.maybe(*symbol));
        let pos = place(&defining);
        if let (Node::Option(option), Some(container)) = (node, path.last())
            && matches!(option.known_type().map(|ty| ty.kind.get()), Some(Kind::Guest))
        {
            scope.context.said_of_guests.borrow_mut().insert(container, ev.alloc_slice(&defining));
        }
        parts.push((*symbol, defer(ev, scope, path.join(ev, *symbol), &defining, *node), pos));
    }
    if let Some(name) = empty_of_nixpkgs(ev, path)
        && !names.contains_key(&name)
        && tree.get(name).is_none()
    {
        parts.push((name, defer(ev, scope, path.join(ev, name), &[], Node::Undeclared), Pos::NONE));
    }
    let (mut optional, mut together) = (Vec::new(), Vec::new());
    let is_root = path.is_same(scope.path);
    let module = ev.symbol("_module");
    for (symbol, mut defining) in names {
        if is_root && symbol == module {
            continue;
        }
        let at = path.join(ev, symbol);
        let pos = place(&defining);
        let said = defining.len();
        defining.extend(split.maybe(symbol));
        if let Some(freeform) = scope.freeform.get() {
            if is_root && is_merged_as_whole(freeform) && !defining.iter().any(|definition| definition.doubtful) {
                for definition in &defining {
                    let set = ev.attrs([(symbol, definition.whole(ev), definition.pos)]);
                    together.push(Definition::new(set, definition.pos));
                }
                continue;
            }
            match free(ev, scope, freeform, at, &defining)? {
                Some((value, None)) => parts.push((symbol, value, pos)),
                Some((value, Some(why))) => optional.push((symbol, value, pos, why)),
                None => {}
            }
        } else if tree.open {
            parts.push((symbol, defer(ev, scope, at, &defining, Node::Undeclared), pos));
        } else {
            let defined = |name: Symbol| parts.iter().any(|(other, _, pos)| *other == name && pos.is_some());
            refuse(ev, scope, (at, tree), &defining[..said], &defined);
        }
    }
    if let Some(ty) = scope.freeform.get().filter(|_| !together.is_empty()) {
        let merged = Merge { scope, path, ty }.merge(ev, &together, None)?;
        match ev.force(merged)? {
            Value::Attrs(attrs) => {
                let declared = |name: Symbol| tree.entries.iter().any(|(option, _)| *option == name);
                parts.extend(attrs.iter().filter(|(name, ..)| !declared(*name)));
            }
            unknown @ Value::Unknown(_) => return Ok(unknown),
            other => return Err(ev.type_error("a set", other, Pos::NONE)),
        }
    }
    let closed = !tree.open && scope.freeform.get().is_none();
    let why = match split.why_more() {
        Some(unknown) => Some(unknown),
        None if tree.open => {
            let names = path.names(ev).to_string();
            let named = if names.is_empty() {
                String::from("not known here: config")
            } else {
                format!("not known here: config.{names}")
            };
            Some(ev.unknown_named(&named))
        }
        _ => None,
    };
    // A name that is unknown is an option's, or a mistake: it adds none to a closed set.
    Ok(ev.partial_attrs(parts, &optional, why.filter(|_| !closed)))
}

/// Says of which modules the configuration fails as a whole, where the others go on ([`split`]).
fn tell_failing<'e>(ev: &mut Evaluator<'e>, scope: &'e Scope<'e>, definitions: &[Definition<'e>]) {
    let mut parts = Vec::new();
    definitions.iter().for_each(|definition| definition.parts(ev, &mut parts));
    for definition in parts {
        if let Err(error) = split_whole(ev, Path::ROOT, &[definition]) {
            ev.to_diagnostics(&error).into_iter().for_each(|found| scope.context.find(found));
            scope.context.broken.set(true);
        }
    }
}

/// Whether a freeform type has to see all names at once, with their properties: `types.attrs`, a submodule, and what is the
/// configuration's own.
fn is_merged_as_whole(freeform: super::option::TypeRef<'_>) -> bool {
    !matches!(freeform.kind.get(), Kind::AttrsOf { .. } | Kind::Anything | Kind::Unknown(_))
}

/// A name that no option takes, where a freeform type does, and why it may not be there; `None` where nothing defines it
/// after all.
fn free<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    freeform: super::option::TypeRef<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Option<(Value<'e>, Option<&'e Unknown>)>> {
    let mut optional = None;
    let element = match freeform.kind.get() {
        Kind::AttrsOf { element, lazy: true } => element,
        Kind::AttrsOf { .. } | Kind::Anything => {
            match super::definition::presence(ev, definitions)? {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(unknown) => optional = Some(unknown),
            }
            match freeform.kind.get() {
                Kind::AttrsOf { element, .. } => element,
                _ => freeform,
            }
        }
        _ => return Ok(Some((defer(ev, scope, path, definitions, Node::Undeclared), None))),
    };
    let merge = Merge { scope, path, ty: element };
    let definitions = ev.alloc_slice(definitions);
    Ok(Some((ev.suspend(Part { merge, definitions }), optional)))
}

fn defer<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
    node: Node<'e>,
) -> Value<'e> {
    let definitions = ev.alloc_slice(definitions);
    ev.suspend(Branch { scope, path, definitions, node })
}

/// Reports a name that nothing declares. nixpkgs reports it even where the condition around it is false: the option does
/// not exist either way.
fn refuse<'e>(
    ev: &Evaluator<'e>,
    scope: &'e Scope<'e>,
    (path, tree): (Path<'e>, &Tree<'e>),
    definitions: &[Definition<'e>],
    defined: &dyn Fn(Symbol) -> bool,
) {
    let names = path.names(ev);
    let removed = removed(&names);
    // Under a name that is not there it is no definition at all.
    for definition in definitions.iter().filter(|definition| !definition.doubtful) {
        if let Some((message, help)) = &removed {
            let diagnostic = Diagnostic::error(Code::UnknownOption, message.as_str()).help(help.as_str());
            scope.context.find(diagnostic.at(ev.attribute_span(definition.pos), "defined here"));
            continue;
        }
        let message = format!("The option `{names}' does not exist.");
        let mut diagnostic =
            Diagnostic::error(Code::UnknownOption, message).at(ev.attribute_span(definition.pos), "defined here");
        let misspelt = path.last().map(|name| ev.name(name)).unwrap_or_default();
        if let Some(meant) = closest(misspelt, tree.entries.iter().map(|(name, _)| ev.name(*name))) {
            diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
            // Beside that one it would be defined twice.
            if definition.pos.is_some() && !defined(ev.symbol(meant)) {
                let (at, from) = (definition.pos, vec![misspelt.to_owned()]);
                diagnostic = diagnostic.fix(Fix::Rename { at, from, to: written(meant) });
            }
        } else {
            diagnostic = diagnostic.help("NixOS has no such option; see `man configuration.nix`");
        }
        scope.context.find(diagnostic);
    }
}

/// What NixOS says of an option that it had once, and what takes its place.
fn removed(path: &OptionPath) -> Option<(String, String)> {
    match path.names().iter().map(|name| &**name).collect::<Vec<_>>()[..] {
        ["containers", name, "pkgs"] => {
            let container = OptionPath::new(["containers", name]);
            let message = format!("The option definition `{path}' no longer has any effect; please remove it.");
            let help = format!(
                "`{container}.nixpkgs` sets the nixpkgs whose modules, packages and `lib` the guest is made of;\n\
                 `{container}.config.nixpkgs.pkgs` sets the argument `pkgs` of its modules alone"
            );
            Some((message, help))
        }
        _ => None,
    }
}

/// The name that was probably meant: the most similar one, if it is similar enough.
fn closest<'a>(misspelt: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = misspelt.to_ascii_lowercase();
    names
        .map(|name| (strsim::jaro_winkler(&folded, &name.to_ascii_lowercase()), name))
        .filter(|(similarity, _)| *similarity > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
