//! How the definitions of one option become its value.
//!
//! Source: the `check` and `merge` of each of nixpkgs' `lib.types`, and `mergeDefinitions` of its `lib.modules`; messages
//! are worded as there.

use super::context::{Context, Path};
use super::definition::{Definition, select};
use super::level::{Split, level, presence, split};
use super::load;
use super::types::{Declaration, Default, Options, Type};
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Suspend, Unknown, Value};
use crate::source::{Pos, Span};

/// The value of a declared option.
pub(super) fn option_value<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: Path<'e>,
    declaration: &'static Declaration,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Value<'e>> {
    if matches!(declaration.ty, Type::Guest) {
        return guest(ev, context, path, definitions);
    }
    let selected = select(ev, definitions)?;
    for definition in &selected.definitions {
        context.note(path.names(ev), ev.attribute_span(definition.pos));
    }
    if let Some(unknown) = selected.unknown {
        return Ok(Value::Unknown(unknown));
    }
    if selected.definitions.is_empty() {
        return default(ev, context, path, declaration);
    }
    Merge { context, path, ty: declaration.ty }.merge(ev, &selected.definitions)
}

/// What an option is that nothing defines. `Computed` defaults are left to `manifest`, which sees the whole; as values
/// they are unknown to the configuration.
fn default<'e>(
    ev: &mut Evaluator<'e>,
    context: &Context<'e>,
    path: Path<'e>,
    declaration: &'static Declaration,
) -> EvalResult<'e, Value<'e>> {
    let names = path.names(ev);
    Ok(match declaration.default {
        Default::Null => Value::Null,
        Default::Bool(value) => Value::Bool(value),
        Default::Str(text) => ev.string(text),
        Default::EmptyList => ev.list([]),
        Default::EmptySet => ev.attrs([]),
        Default::AttrName => {
            let name = names.names().iter().rev().nth(1).cloned().unwrap_or_default();
            ev.string(&name)
        }
        Default::Computed => ev.unknown(&format!("`{names}` is computed from other options"), Span::NONE),
        Default::Unknown(reason) => ev.unknown(reason, Span::NONE),
        Default::Mandatory => {
            let around = names.parent().and_then(|parent| context.spans.borrow().nearest(&parent));
            let message =
                format!("The option `{names}' was accessed but has no value defined. Try setting the option.");
            let mut diagnostic = Diagnostic::error(Code::MissingOption, message);
            if let Some(span) = around {
                diagnostic = diagnostic.at(span, "missing here");
            }
            return Err(ev.diagnostic_error(diagnostic));
        }
    })
}

/// The guest's own configuration is kept as it was written: only nixpkgs can evaluate it.
fn guest<'e>(
    ev: &mut Evaluator<'e>,
    context: &Context<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Value<'e>> {
    let names = path.names(ev);
    let mut kept = Vec::new();
    for definition in definitions {
        context.note(names.clone(), ev.attribute_span(definition.pos));
        kept.push(*definition);
    }
    if kept.is_empty() {
        return Ok(Value::Null);
    }
    let at = context.spans.borrow().nearest(&names).unwrap_or(Span::NONE);
    let container = names.names().get(1).cloned().unwrap_or_default();
    let mut guests = context.guests.borrow_mut();
    if !guests.iter().any(|(name, _)| *name == container) {
        guests.push((container.clone(), kept));
    }
    Ok(ev.unknown(&format!("the guest configuration of `{container}` is evaluated with nixpkgs only"), at))
}

/// One merge: of definitions without properties, all of which count.
#[derive(Clone, Copy)]
pub(super) struct Merge<'e> {
    pub(super) context: &'e Context<'e>,
    pub(super) path: Path<'e>,
    pub(super) ty: Type,
}

impl<'e> Merge<'e> {
    /// The merged value.
    pub(super) fn merge(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        if let Some(unknown) = first_unknown(definitions) {
            return Ok(Value::Unknown(unknown));
        }
        for definition in definitions {
            if let Err(problem) = fits(ev, &self.ty, definition.value)? {
                return Err(self.type_error(ev, *definition, problem));
            }
        }
        match self.ty {
            Type::NullOr(inner) => {
                let nulls = definitions.iter().filter(|d| matches!(d.value, Value::Null)).count();
                match nulls {
                    0 => Self { ty: *inner, ..self }.merge(ev, definitions),
                    n if n == definitions.len() => Ok(Value::Null),
                    _ => Err(self.conflict(ev, "is defined both null and not null", definitions)),
                }
            }
            Type::Either(a, b) => {
                let mut first = true;
                for definition in definitions {
                    first &= fits(ev, a, definition.value)?.is_ok();
                }
                Self { ty: if first { *a } else { *b }, ..self }.merge(ev, definitions)
            }
            Type::ListOf(element) => self.list(ev, element, definitions),
            Type::AttrsOf(element) => self.attrs(ev, element, definitions),
            Type::Submodule(options) => self.submodule(ev, options, definitions),
            Type::Lines => self.lines(ev, definitions),
            Type::Anything => self.anything(ev, definitions),
            Type::Guest => Ok(Value::Null),
            Type::Bool | Type::Str | Type::Path | Type::Int { .. } | Type::Enum(_) | Type::StrMatching { .. } => {
                self.equal(ev, definitions)
            }
        }
    }

    /// `mergeEqualOption`: all definitions have to say the same.
    fn equal(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        let first = definitions[0].value;
        for other in &definitions[1..] {
            match ev.equal(first, other.value)? {
                Ok(true) => {}
                Ok(false) => return Err(self.conflict(ev, "has conflicting definition values", definitions)),
                Err(unknown) => return Ok(Value::Unknown(unknown)),
            }
        }
        Ok(first)
    }

    fn lines(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        let mut texts = Vec::new();
        for definition in definitions {
            if let Value::String(text) = definition.value {
                texts.push(text.to_str_lossy().into_owned());
            }
        }
        Ok(ev.string(&texts.join("\n")))
    }

    fn list(
        self,
        ev: &mut Evaluator<'e>,
        element: &'static Type,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let mut items = Vec::new();
        for (n, definition) in definitions.iter().enumerate() {
            let Value::List(list) = definition.value else { continue };
            for (m, item) in list.iter().enumerate() {
                // The name that nixpkgs gives an element in messages.
                let name = ev.symbol(&format!("[definition {}-entry {}]", n + 1, m + 1));
                let merge = Self { path: self.path.join(ev, name), ty: *element, ..self };
                items.push(ev.suspend(Part {
                    merge,
                    definitions: ev.alloc_slice(&[definition.with_value(item, Pos::NONE)]),
                }));
            }
        }
        Ok(ev.list(items))
    }

    fn attrs(
        self,
        ev: &mut Evaluator<'e>,
        element: &'static Type,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let Split { names, open } = split(ev, self.path, definitions)?;
        let mut parts = Vec::new();
        for (symbol, mut defining) in names {
            let path = self.path.join(ev, symbol);
            match presence(ev, &defining)? {
                Ok(false) => continue,
                Ok(true) => {}
                // It may not exist at all; as a whole it is unknown, and so is all in it.
                Err(unknown) => {
                    parts.push((symbol, Value::Unknown(unknown), defining[0].pos));
                    continue;
                }
            }
            for definition in &defining {
                self.context.note(path.names(ev), ev.attribute_span(definition.pos));
            }
            defining.extend(open.iter().copied());
            let pos = defining[0].pos;
            let merge = Self { path, ty: *element, ..self };
            let definitions = ev.alloc_slice(&defining);
            parts.push((symbol, ev.suspend(Part { merge, definitions }), pos));
        }
        match open.first().map(|definition| definition.value) {
            Some(Value::Unknown(unknown)) => Ok(ev.open_attrs(parts, unknown)),
            _ => Ok(ev.attrs(parts)),
        }
    }

    fn submodule(
        self,
        ev: &mut Evaluator<'e>,
        options: &'static Options,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let name = self.path.last().map(|name| ev.name(name).to_owned()).unwrap_or_default();
        let mut modules = Vec::new();
        for definition in definitions {
            load::submodule(ev, self.context, *definition, &name, &mut modules)?;
        }
        level(ev, self.context, self.path, options, &modules)
    }

    /// `types.anything`: sets are merged name by name, all else has to be equal.
    fn anything(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        if !definitions.iter().all(|definition| matches!(definition.value, Value::Attrs(_))) {
            return self.equal(ev, definitions);
        }
        self.attrs(ev, &Type::Anything, definitions)
    }

    fn type_error(
        self,
        ev: &mut Evaluator<'e>,
        definition: Definition<'e>,
        found: String,
    ) -> crate::eval::EvalError<'e> {
        let (path, wanted) = (self.path.names(ev), self.ty.description());
        let message = format!("A definition for option `{path}' is not of type `{wanted}'.");
        let at = ev.attribute_span(definition.pos);
        let diagnostic = Diagnostic::error(Code::OptionType, message).at(at, format!("this is {found}"));
        ev.diagnostic_error(diagnostic.help(self.ty.example()))
    }

    fn conflict(
        self,
        ev: &mut Evaluator<'e>,
        what: &str,
        definitions: &[Definition<'e>],
    ) -> crate::eval::EvalError<'e> {
        let path = self.path.names(ev);
        let mut diagnostic = Diagnostic::error(Code::Conflict, format!("The option `{path}' {what}."))
            .help("remove all but one, or mark the one that is to win with `lib.mkForce`");
        for definition in definitions {
            let shown = ev.describe(definition.value);
            diagnostic = diagnostic.at(ev.attribute_span(definition.pos), format!("here it is {shown}"));
        }
        ev.diagnostic_error(diagnostic)
    }
}

/// An element of a list or set, merged when it is read.
struct Part<'e> {
    merge: Merge<'e>,
    definitions: &'e [Definition<'e>],
}

impl<'e> Suspend<'e> for Part<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let selected = select(ev, self.definitions)?;
        match selected.unknown {
            Some(unknown) => Ok(Value::Unknown(unknown)),
            None => self.merge.merge(ev, &selected.definitions),
        }
    }
}

fn first_unknown<'e>(definitions: &[Definition<'e>]) -> Option<&'e Unknown> {
    definitions.iter().find_map(|definition| match definition.value {
        Value::Unknown(unknown) => Some(unknown),
        _ => None,
    })
}

/// Whether an evaluated value is of a type, as the type's own `check` sees it: no deeper than its outermost constructor.
/// `Err` says what it is instead.
fn fits<'e>(ev: &mut Evaluator<'e>, ty: &Type, value: Value<'e>) -> EvalResult<'e, Result<(), String>> {
    let fits = match (ty, value) {
        (Type::Anything, _)
        | (Type::Bool, Value::Bool(_))
        | (Type::Str | Type::Lines, Value::String(_))
        | (Type::Path, Value::Path(_))
        | (Type::NullOr(_), Value::Null)
        | (Type::ListOf(_), Value::List(_))
        | (Type::AttrsOf(_), Value::Attrs(_))
        | (Type::Submodule(_), Value::Attrs(_) | Value::Lambda(_) | Value::Path(_))
        | (Type::Guest, _) => true,
        (Type::Path, Value::String(text)) => text.as_bytes().first() == Some(&b'/'),
        (Type::Path, Value::Attrs(set)) => set.get(ev.symbol("outPath")).is_some(),
        (Type::Int { min, max, .. }, Value::Int(number)) => (*min..=*max).contains(&number),
        (Type::Enum(values), Value::String(text)) => values.iter().any(|value| value.as_bytes() == text.as_bytes()),
        (Type::StrMatching { matches, .. }, Value::String(text)) => matches(&text.to_str_lossy()),
        (Type::NullOr(inner), value) => return fits(ev, inner, value),
        (Type::Either(a, b), value) => match fits(ev, a, value)? {
            Ok(()) => true,
            Err(_) => return fits(ev, b, value),
        },
        _ => false,
    };
    Ok(if fits { Ok(()) } else { Err(ev.describe(value)) })
}
