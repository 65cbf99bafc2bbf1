//! The argument `options`: the options themselves, with what is known of their definitions.

use super::context::Path;
use super::defaults::{option_value, selected};
use super::definition::{Definition, Selected};
use super::level::{Split, split};
use super::merge::{Merge, type_of};
use super::nix_type::{definitions as definition_values, file_of, location};
use super::option::{Default, Named, Node, Opt, Tree};
use super::scope::Scope;
use crate::eval::{EvalResult, Evaluator, Suspend, Value};
use crate::source::{Pos, Span};

/// All options of a scope.
pub(super) struct Options<'e> {
    pub(super) scope: &'e Scope<'e>,
}

impl<'e> Suspend<'e> for Options<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        match (self.scope.tree.get(), self.scope.definitions.get()) {
            (Some(tree), Some(definitions)) => level(ev, self.scope, self.scope.path, tree, definitions),
            _ => Ok(ev.unknown("`options` cannot decide which options there are", Span::NONE)),
        }
    }
}

/// A level of options, when it is read.
struct Level<'e> {
    scope: &'e Scope<'e>,
    path: Path<'e>,
    tree: &'e Tree<'e>,
    definitions: &'e [Definition<'e>],
}

impl<'e> Suspend<'e> for Level<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        level(ev, self.scope, self.path, self.tree, self.definitions)
    }
}

fn level<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    tree: &'e Tree<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Value<'e>> {
    let Split { mut names, open, .. } = split(ev, path, definitions)?;
    let mut parts = Vec::with_capacity(tree.entries.len());
    for (symbol, node) in tree.entries {
        let mut defining = names.remove(symbol).unwrap_or_default();
        defining.extend(open.iter().copied());
        let definitions = ev.alloc_slice(&defining);
        let path = path.join(ev, *symbol);
        let value = match node {
            Node::Level(tree) => ev.suspend(Level { scope, path, tree, definitions }),
            Node::Option(option) => {
                let view: &'e View<'e> = ev.alloc(View { scope, path, option, definitions });
                view.value(ev)
            }
        };
        parts.push((*symbol, value, Pos::NONE));
    }
    if tree.open {
        let rest = ev.unknown_reason("only nixpkgs knows which other options there are", Span::NONE);
        return Ok(ev.open_attrs(parts, rest));
    }
    Ok(ev.attrs(parts))
}

/// One option.
struct View<'e> {
    scope: &'e Scope<'e>,
    path: Path<'e>,
    option: &'e Opt<'e>,
    definitions: &'e [Definition<'e>],
}

/// What is asked of an option.
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
    /// The option as a set, like the one that `evalModules` makes.
    fn value(&'e self, ev: &Evaluator<'e>) -> Value<'e> {
        let mut parts = vec![
            (ev.symbol("_type"), ev.string("option"), Pos::NONE),
            (ev.symbol("loc"), location(ev, self.path), Pos::NONE),
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
            parts.push((ev.symbol(name), ev.suspend(Answer { view: self, asked }), Pos::NONE));
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
                let rest = ev.unknown_reason("this is nixpkgs' to say", Span::NONE);
                ev.open_attrs(parts, rest)
            }
            _ => ev.attrs(parts),
        }
    }

    fn selected(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Selected<'e>> {
        let ty = type_of(ev, self.scope, self.option)?;
        let merge = Merge { scope: self.scope, path: self.path, ty };
        let mut selected = selected(ev, self.scope, self.path, self.option, merge, self.definitions)?;
        // The table's default is a definition like that of any option.
        if selected.definitions.is_empty()
            && let Default::Table(default) = self.option.default
            && !matches!(default, super::types::Default::Mandatory)
        {
            let value = option_value(ev, self.scope, self.path, self.option, &[])?;
            selected.definitions.push(Definition::new(value, Pos::NONE));
            selected.priority = super::definition::OPTION_DEFAULT_PRIORITY;
        }
        Ok(selected)
    }
}

/// An answer, when it is read.
struct Answer<'e> {
    view: &'e View<'e>,
    asked: Asked,
}

impl<'e> Suspend<'e> for Answer<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let View { scope, path, option, definitions } = *self.view;
        match self.asked {
            Asked::Value => return option_value(ev, scope, path, option, definitions),
            Asked::Type => {
                return Ok(match type_of(ev, scope, option)?.named {
                    Named::Nix(ty) => ty,
                    Named::Table(_) => ev.unknown("the type of an option of NixOS", Span::NONE),
                });
            }
            _ => {}
        }
        let selected = self.view.selected(ev)?;
        if let Some(unknown) = selected.unknown {
            return Ok(Value::Unknown(unknown));
        }
        Ok(match self.asked {
            Asked::IsDefined => Value::Bool(!selected.definitions.is_empty()),
            Asked::HighestPrio => Value::Int(selected.priority),
            Asked::Definitions => ev.list(selected.definitions.iter().map(|definition| definition.value)),
            Asked::DefinitionsWithLocations => definition_values(ev, &selected.definitions),
            Asked::Files => {
                let files: Vec<_> =
                    selected.definitions.iter().map(|definition| file_of(ev, definition.pos)).collect();
                ev.list(files)
            }
            Asked::Value | Asked::Type => Value::Null,
        })
    }
}
