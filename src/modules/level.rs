//! Levels of the option tree, as lazy sets.
//!
//! A level holds everything at one path: the options declared there, nested levels, and undeclared names. Its value is
//! what `config.<path>` reads.

use super::declare::resolve;
use super::definition::{Definition, position_of};
use super::merge::{Merge, Part};
use super::option::{Kind, Node, Tree};
use super::path::Path;
use super::scope::{Scope, ScopeOwner};
use super::split::{split, split_whole};
use super::undeclared::{empty_of_nixpkgs, undeclared};
use crate::diag::{Code, Diagnostic, Fix};
use crate::eval::{EvalResult, Evaluator, Suspend, Symbol, Unknown, Value};
use crate::model::path::OptionPath;
use crate::source::Pos;
use crate::syntax::mend::written;

/// A node of the option tree with its definitions, evaluated on demand.
struct Branch<'e> {
    scope: &'e Scope<'e>,
    path: Path<'e>,
    definitions: &'e [Definition<'e>],
    node: Node<'e>,
}

impl<'e> Suspend<'e> for Branch<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let Self { scope, path, definitions, node } = *self;
        match resolve(ev, scope, node)? {
            Node::Level(tree) => scope.level(ev, path, tree, definitions),
            Node::Option(option) => scope.option_value(ev, path, option, definitions),
            Node::Declared(_) | Node::Undeclared => {
                undeclared(ev, scope, path, definitions, scope.of == ScopeOwner::GuestShown)
            }
        }
    }
}

impl<'e> Scope<'e> {
    /// Evaluates a level to a set of lazy attributes.
    pub(super) fn level(
        &'e self,
        ev: &mut Evaluator<'e>,
        path: Path<'e>,
        tree: &'e Tree<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        if ev.settings.keep_going && path.is_same(Path::ROOT) {
            tell_failing(ev, self, definitions);
        }
        let mut split = split(ev, path, definitions)?;
        let mut names = std::mem::take(&mut split.names);
        let mut parts = Vec::with_capacity(tree.entries.len());
        for (symbol, node) in tree.entries {
            let mut defining = names.remove(symbol).unwrap_or_default();
            // An unknown name may be that of any option here.
            defining.extend(split.maybe(*symbol));
            let pos = position_of(&defining);
            if let (Node::Option(option), Some(container)) = (node, path.last())
                && matches!(option.known_type().map(|ty| ty.kind.get()), Some(Kind::Guest))
            {
                self.context.undecided_guests.borrow_mut().insert(container, ev.heap.alloc_slice(&defining));
            }
            parts.push((*symbol, defer(ev, self, path.join(ev, *symbol), &defining, *node), pos));
        }
        if let Some(name) = empty_of_nixpkgs(ev, path)
            && !names.contains_key(&name)
            && tree.get(name).is_none()
        {
            parts.push((name, defer(ev, self, path.join(ev, name), &[], Node::Undeclared), Pos::NONE));
        }
        let (mut optional, mut together) = (Vec::new(), Vec::new());
        let is_root = path.is_same(self.path);
        let module = ev.heap.symbol("_module");
        for (symbol, mut defining) in names {
            if is_root && symbol == module {
                continue;
            }
            let at = path.join(ev, symbol);
            let pos = position_of(&defining);
            let written = defining.len();
            defining.extend(split.maybe(symbol));
            if let Some(freeform) = self.freeform.get() {
                if is_root && is_merged_as_whole(freeform) && !defining.iter().any(|definition| definition.doubtful)
                {
                    for definition in &defining {
                        let set = ev.heap.attrs([(symbol, definition.whole(ev), definition.pos)]);
                        together.push(Definition::new(set, definition.pos));
                    }
                    continue;
                }
                match free(ev, self, freeform, at, &defining)? {
                    Some((value, None)) => parts.push((symbol, value, pos)),
                    Some((value, Some(why))) => optional.push((symbol, value, pos, why)),
                    None => {}
                }
            } else if tree.open {
                parts.push((symbol, defer(ev, self, at, &defining, Node::Undeclared), pos));
            } else {
                let defined = |name: Symbol| parts.iter().any(|(other, _, pos)| *other == name && pos.is_some());
                refuse(ev, self, (at, tree), &defining[..written], &defined);
            }
        }
        if let Some(ty) = self.freeform.get().filter(|_| !together.is_empty()) {
            let merged = Merge { scope: self, path, ty }.merge(ev, &together, None)?;
            match ev.force(merged)? {
                Value::Attrs(attrs) => {
                    let declared = |name: Symbol| tree.entries.iter().any(|(option, _)| *option == name);
                    parts.extend(attrs.iter().filter(|(name, ..)| !declared(*name)));
                }
                unknown @ Value::Unknown(_) => return Ok(unknown),
                other => return Err(ev.report.type_error(&ev.heap, "a set", other, Pos::NONE)),
            }
        }
        let closed = !tree.open && self.freeform.get().is_none();
        let why = match split.why_more() {
            Some(unknown) => Some(unknown),
            None if tree.open => {
                let names = path.names(ev).to_string();
                let named = if names.is_empty() {
                    String::from("not known here: config")
                } else {
                    format!("not known here: config.{names}")
                };
                Some(ev.heap.unknown_named(&named))
            }
            _ => None,
        };
        // In a closed set, an unknown name is a declared option or an error, so there are no further names.
        Ok(ev.heap.partial_attrs(parts, &optional, why.filter(|_| !closed)))
    }
}

/// Reports the modules that fail as a whole when the evaluation keeps going; [`split`] skips them.
fn tell_failing<'e>(ev: &mut Evaluator<'e>, scope: &'e Scope<'e>, definitions: &[Definition<'e>]) {
    let mut parts = Vec::new();
    definitions.iter().for_each(|definition| definition.parts(ev, &mut parts));
    for definition in parts {
        if let Err(error) = split_whole(ev, Path::ROOT, &[definition]) {
            error.diagnostics().into_iter().for_each(|found| scope.context.find(found));
            scope.context.broken.set(true);
        }
    }
}

/// Whether a freeform type needs all names at once, with their properties: `types.attrs`, submodules, and the
/// configuration's own types.
fn is_merged_as_whole(freeform: super::option::TypeRef<'_>) -> bool {
    !matches!(freeform.kind.get(), Kind::AttrsOf { .. } | Kind::Anything | Kind::Unknown(_))
}

/// Evaluates an undeclared name with the freeform type, and returns the unknown that its existence depends on, if any;
/// `None` if nothing defines it.
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
    let definitions = ev.heap.alloc_slice(definitions);
    Ok(Some((ev.heap.suspend(Part { merge, definitions }), optional)))
}

fn defer<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
    node: Node<'e>,
) -> Value<'e> {
    let definitions = ev.heap.alloc_slice(definitions);
    ev.heap.suspend(Branch { scope, path, definitions, node })
}

/// Reports an undeclared name. As in nixpkgs, this includes definitions under a false condition: the option does not exist
/// either way.
fn refuse<'e>(
    ev: &Evaluator<'e>,
    scope: &'e Scope<'e>,
    (path, tree): (Path<'e>, &Tree<'e>),
    definitions: &[Definition<'e>],
    defined: &dyn Fn(Symbol) -> bool,
) {
    let names = path.names(ev);
    let removed = removed(&names);
    // A doubtful definition might not exist, so it is not an error.
    for definition in definitions.iter().filter(|definition| !definition.doubtful) {
        if let Some((message, help)) = &removed {
            let diagnostic = Diagnostic::error(Code::UnknownOption, message.as_str()).help(help.as_str());
            scope.context.find(diagnostic.at(ev.report.attribute_span(definition.pos), "defined here"));
            continue;
        }
        let message = format!("The option `{names}' does not exist.");
        let mut diagnostic = Diagnostic::error(Code::UnknownOption, message)
            .at(ev.report.attribute_span(definition.pos), "defined here");
        let misspelt = path.last().map(|name| ev.heap.name(name)).unwrap_or_default();
        if let Some(meant) = closest(misspelt, tree.entries.iter().map(|(name, _)| ev.heap.name(*name))) {
            diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
            // If the intended option is defined as well, a rename would define it twice.
            if definition.pos.is_some() && !defined(ev.heap.symbol(meant)) {
                let (at, from) = (definition.pos, vec![misspelt.to_owned()]);
                diagnostic = diagnostic.fix(Fix::Rename { at, from, to: written(meant) });
            }
        } else {
            diagnostic = diagnostic.help("NixOS has no such option; see `man configuration.nix`");
        }
        scope.context.find(diagnostic);
    }
}

/// Returns NixOS's message for an option that was removed, and a help that names its replacement.
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

/// Returns the name that was probably meant: the most similar one, if it is similar enough.
fn closest<'a>(misspelt: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = misspelt.to_ascii_lowercase();
    names
        .map(|name| (strsim::jaro_winkler(&folded, &name.to_ascii_lowercase()), name))
        .filter(|(similarity, _)| *similarity > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
