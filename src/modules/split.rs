//! Splits the definitions of a level by name.

use std::collections::BTreeMap;

use super::definition::Definition;
use super::path::Path;
use crate::diag::{Code, Diagnostic};
use crate::eval::{Attrs, EvalResult, Evaluator, Symbol, Unknown, Value};
use crate::source::Pos;

/// The definitions of a level, split by name.
pub(super) struct Split<'e> {
    /// The definitions of each name.
    pub(super) names: BTreeMap<Symbol, Vec<Definition<'e>>>,
    /// Unknown definitions, which may define any name.
    pub(super) open: Vec<Definition<'e>>,
    /// Why there may be more names: one of the sets has unknown names.
    pub(super) rest: Option<&'e Unknown>,
    /// The sets with unknown names, each with a definition that stands for an unknown one.
    rests: Vec<(&'e Attrs<'e>, Definition<'e>)>,
}

impl<'e> Split<'e> {
    /// Returns the definitions that may define `name`.
    pub(super) fn maybe(&self, name: Symbol) -> impl Iterator<Item = Definition<'e>> {
        let is_silent = move |set: &Attrs<'e>| {
            set.get(name).is_none() && set.optional().iter().all(|optional| optional.name() != name)
        };
        let rests = self.rests.iter().filter(move |(set, _)| is_silent(set));
        let all = self.open.iter().chain(rests.map(|(_, definition)| definition));
        all.map(|definition| definition.doubted())
    }

    /// Returns why there may be more names, if so.
    pub(super) fn why_more(&self) -> Option<&'e Unknown> {
        match self.open.first().map(|definition| definition.value) {
            Some(Value::Unknown(unknown)) => Some(unknown),
            _ => self.rest,
        }
    }
}

/// Splits the definitions of a level by name. If the evaluation keeps going, a module that fails at the root does not hide
/// the others.
pub(super) fn split<'e>(
    ev: &mut Evaluator<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Split<'e>> {
    match split_whole(ev, path, definitions) {
        Err(_) if ev.settings.keep_going && path.is_same(Path::ROOT) => {
            let mut parts = Vec::new();
            definitions.iter().for_each(|definition| definition.parts(ev, &mut parts));
            parts.retain(|definition| split_whole(ev, path, &[*definition]).is_ok());
            split_whole(ev, path, &parts)
        }
        split => split,
    }
}

pub(super) fn split_whole<'e>(
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

/// Splits values without properties: a set that looks like a property is an ordinary set here.
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
                    ev.report.describe(&ev.heap, other)
                );
                return Err(ev.report.thrown(
                    Diagnostic::error(Code::OptionType, message).at(ev.report.attribute_span(definition.pos), ""),
                ));
            }
        }
    }
    Ok(split)
}
