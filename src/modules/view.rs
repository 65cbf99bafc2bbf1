//! The module argument `options`: the options themselves, and what is known about their definitions.

use std::cell::OnceCell;

use super::declare::resolve;
use super::defaults::selected;
use super::definition::{Definition, Selected};
use super::merge::{Merge, type_of};
use super::nix_type::{definitions as definition_values, file_of, location};
use super::option::{self, Default, Kind, Node, Opt, Tree};
use super::path::Path;
use super::scope::Scope;
use super::split::{Split, split};
use crate::eval::{EvalResult, Evaluator, Suspend, Symbol, Value};
use crate::source::{Pos, Span};

/// All options of a scope.
pub(super) struct Options<'e> {
    pub(super) scope: &'e Scope<'e>,
}

impl<'e> Suspend<'e> for Options<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let scope = self.scope;
        let Some(tree) = scope.tree.get() else {
            return Ok(ev.heap.unknown("`options` cannot decide which options there are", Span::NONE));
        };
        let branch = ev.heap.alloc(Branch { scope, path: scope.path, below: None, split: OnceCell::new() });
        Ok(level(ev, branch, tree))
    }
}

/// A path in the option tree. Its definitions are split on demand, because the set of options does not depend on them.
struct Branch<'e> {
    scope: &'e Scope<'e>,
    path: Path<'e>,
    below: Option<(&'e Branch<'e>, Symbol)>,
    split: OnceCell<&'e Split<'e>>,
}

impl<'e> Branch<'e> {
    fn definitions(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Vec<Definition<'e>>> {
        let Some((around, name)) = self.below else {
            return Ok(self.scope.definitions.get().map(|all| all.to_vec()).unwrap_or_default());
        };
        let split = match around.split.get() {
            Some(split) => split,
            None => {
                let definitions = around.definitions(ev)?;
                let found = split(ev, around.path, &definitions)?;
                around.split.get_or_init(|| ev.heap.alloc(found))
            }
        };
        let mut definitions = split.names.get(&name).cloned().unwrap_or_default();
        definitions.extend(split.maybe(name));
        Ok(definitions)
    }
}

/// The node at a path, evaluated on demand.
struct At<'e> {
    branch: &'e Branch<'e>,
    node: Node<'e>,
}

impl<'e> Suspend<'e> for At<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        match resolve(ev, self.branch.scope, self.node)? {
            Node::Level(tree) => Ok(level(ev, self.branch, tree)),
            Node::Option(option) => {
                if let Some(Kind::Unknown(unknown)) = option.known_type().map(|ty| ty.kind.get())
                    && option.declared.is_empty()
                {
                    return Ok(Value::Unknown(unknown));
                }
                let view: &'e View<'e> = ev.heap.alloc(View { branch: self.branch, option });
                Ok(view.value(ev))
            }
            Node::Declared(_) | Node::Undeclared => {
                Ok(ev.heap.unknown("only nixpkgs knows which options there are here", Span::NONE))
            }
        }
    }
}

fn level<'e>(ev: &Evaluator<'e>, around: &'e Branch<'e>, tree: &'e Tree<'e>) -> Value<'e> {
    let mut parts = Vec::with_capacity(tree.entries.len());
    for (symbol, node) in tree.entries {
        let branch = ev.heap.alloc(Branch {
            scope: around.scope,
            path: around.path.join(ev, *symbol),
            below: Some((around, *symbol)),
            split: OnceCell::new(),
        });
        parts.push((*symbol, ev.heap.suspend(At { branch, node: *node }), Pos::NONE));
    }
    if tree.open {
        let rest = ev.heap.unknown_reason("only nixpkgs knows which other options there are", Span::NONE);
        return ev.heap.open_attrs(parts, rest);
    }
    ev.heap.attrs(parts)
}

/// One option.
struct View<'e> {
    branch: &'e Branch<'e>,
    option: &'e Opt<'e>,
}

/// Which attribute of the option is read.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Value,
    IsDefined,
    Definitions,
    DefinitionsWithLocations,
    Files,
    HighestPrio,
    Type,
}

impl<'e> View<'e> {
    /// Builds the set that represents the option, like the one that `evalModules` returns.
    fn value(&'e self, ev: &Evaluator<'e>) -> Value<'e> {
        let mut parts = vec![
            (ev.heap.symbol("_type"), ev.heap.string("option"), Pos::NONE),
            (ev.heap.symbol("loc"), location(ev, self.branch.path), Pos::NONE),
        ];
        for (name, asked) in [
            ("value", Asked::Value),
            ("isDefined", Asked::IsDefined),
            ("definitions", Asked::Definitions),
            ("definitionsWithLocations", Asked::DefinitionsWithLocations),
            ("files", Asked::Files),
            ("highestPrio", Asked::HighestPrio),
            ("type", Asked::Type),
        ] {
            parts.push((ev.heap.symbol(name), ev.heap.suspend(Answer { view: self, asked }), Pos::NONE));
        }
        for (declaration, _) in self.option.declared {
            let Value::Attrs(attrs) = declaration else { continue };
            for (name, value, pos) in attrs.iter() {
                if !parts.iter().any(|(known, ..)| *known == name) {
                    parts.push((name, value, pos));
                }
            }
        }
        match self.option.default {
            Default::Table(_) => {
                let rest = ev.heap.unknown_reason("this is nixpkgs' to say", Span::NONE);
                ev.heap.open_attrs(parts, rest)
            }
            _ => ev.heap.attrs(parts),
        }
    }

    fn selected(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Selected<'e>> {
        let Branch { scope, path, .. } = *self.branch;
        let ty = type_of(ev, scope, path, self.option)?;
        let definitions = self.branch.definitions(ev)?;
        let mut selected = selected(ev, self.option, Merge { scope, path, ty }, &definitions)?;
        // A default from the table counts as a definition, as the default of any option does.
        if selected.definitions.is_empty()
            && let Default::Table(default) = self.option.default
            && !matches!(default, super::types::Default::Mandatory)
        {
            let value = scope.option_value(ev, path, self.option, &[])?;
            selected.definitions.push(Definition::new(value, Pos::NONE));
            selected.priority = super::definition::OPTION_DEFAULT_PRIORITY;
        }
        Ok(selected)
    }
}

/// One attribute of an option, evaluated on demand.
struct Answer<'e> {
    view: &'e View<'e>,
    asked: Asked,
}

impl<'e> Suspend<'e> for Answer<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let View { branch, option } = *self.view;
        let Branch { scope, path, .. } = *branch;
        match self.asked {
            Asked::Value => {
                let definitions = branch.definitions(ev)?;
                return scope.option_value(ev, path, option, &definitions);
            }
            Asked::Type => {
                return Ok(match type_of(ev, scope, path, option)?.named {
                    option::Named::Nix(ty) => ty,
                    option::Named::Table(_) => ev.heap.unknown("the type of an option of NixOS", Span::NONE),
                });
            }
            _ => {}
        }
        let selected = self.view.selected(ev)?;
        if let Some(unknown) = selected.unknown {
            return Ok(Value::Unknown(unknown));
        }
        // A doubtful definition does not make the option certainly defined.
        let certain = selected.definitions.iter().filter(|definition| !definition.doubtful).count();
        if let Some(doubtful) = selected.definitions.iter().find(|definition| definition.doubtful)
            && !(certain > 0 && matches!(self.asked, Asked::IsDefined | Asked::HighestPrio))
        {
            return Ok(match doubtful.value {
                unknown @ Value::Unknown(_) => unknown,
                _ => ev.heap.unknown("whether this option is defined", Span::NONE),
            });
        }
        Ok(match self.asked {
            Asked::IsDefined => Value::Bool(!selected.definitions.is_empty()),
            Asked::HighestPrio => Value::Int(selected.priority),
            Asked::Definitions => ev.heap.list(selected.definitions.iter().map(|definition| definition.value)),
            Asked::DefinitionsWithLocations => definition_values(ev, &selected.definitions),
            Asked::Files => {
                let files: Vec<_> =
                    selected.definitions.iter().map(|definition| file_of(ev, definition.pos)).collect();
                ev.heap.list(files)
            }
            Asked::Value | Asked::Type => Value::Null,
        })
    }
}
