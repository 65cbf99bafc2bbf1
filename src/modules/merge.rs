//! How the definitions of one option become its value.
//!
//! Source: the `check` and `merge` of each of nixpkgs' `lib.types`, and `mergeDefinitions` of its `lib.modules`; messages
//! are worded as there.
//!
//! Invariant: a definition that is unknown, or whose condition is, makes unknown what it may change and nothing more: in
//! sets and submodules the names that it defines, elsewhere the whole option.

use super::context::Path;
use super::definition::{Definition, presence, select};
use super::fit::fits;
use super::level::{Split, split};
use super::nix_type;
use super::option::{Kind, Named, Opt, Submodule, TypeRef};
use super::scope::Scope;
use super::submodule;
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalError, EvalResult, Evaluator, Suspend, Unknown, Value};
use crate::source::Pos;

pub(super) use super::defaults::option_value;

/// One merge: of definitions without priorities and orders, all of which count where their conditions hold.
#[derive(Clone, Copy)]
pub(super) struct Merge<'e> {
    pub(super) scope: &'e Scope<'e>,
    pub(super) path: Path<'e>,
    pub(super) ty: TypeRef<'e>,
}

impl<'e> Merge<'e> {
    /// The merged value. `perhaps` is a condition that is not known.
    pub(super) fn merge(
        self,
        ev: &mut Evaluator<'e>,
        definitions: &[Definition<'e>],
        perhaps: Option<&'e Unknown>,
    ) -> EvalResult<'e, Value<'e>> {
        let inside = matches!(self.ty.kind, Kind::AttrsOf { .. } | Kind::Submodule(_) | Kind::Anything);
        if let Some(unknown) = perhaps.filter(|_| !inside) {
            return Ok(Value::Unknown(unknown));
        }
        if let Some(unknown) = definitions.iter().find_map(|definition| match definition.value {
            Value::Unknown(unknown) => Some(unknown),
            _ => None,
        }) {
            return match self.ty.kind {
                // It may define any name, or none.
                Kind::AttrsOf { .. } if definitions.len() > 1 => self.around_unknown(ev, definitions),
                _ => Ok(Value::Unknown(unknown)),
            };
        }
        for definition in definitions {
            match fits(ev, self.ty, definition.value)? {
                Ok(true) => {}
                Ok(false) => {
                    return match perhaps {
                        Some(unknown) => Ok(Value::Unknown(unknown)),
                        None => Err(self.type_error(ev, *definition)),
                    };
                }
                Err(unknown) => return Ok(Value::Unknown(unknown)),
            }
        }
        match self.ty.kind {
            Kind::Scalar(_) | Kind::Equal => self.equal(ev, definitions),
            Kind::One => match definitions {
                [only] => Ok(only.value),
                _ => Err(self.conflict(
                    ev,
                    "is defined multiple times while it's expected to be unique",
                    definitions,
                )),
            },
            Kind::Joined(separator) => self.joined(ev, separator, definitions),
            Kind::NullOr(inner) => {
                let nulls = definitions.iter().filter(|d| matches!(d.value, Value::Null)).count();
                match nulls {
                    0 => self.with(inner).merge(ev, definitions, None),
                    n if n == definitions.len() => Ok(Value::Null),
                    _ => Err(self.conflict(ev, "is defined both null and not null", definitions)),
                }
            }
            Kind::Either(a, b) => self.either(ev, a, b, definitions),
            Kind::ListOf(element) => Ok(self.list(ev, element, definitions)),
            Kind::AttrsOf { element, lazy } => self.attrs(ev, element, lazy, definitions),
            Kind::Submodule(submodule) => self.submodule(ev, submodule, definitions),
            Kind::Anything => self.anything(ev, definitions, perhaps),
            Kind::Opaque => self.opaque(ev, definitions),
            Kind::Unknown(unknown) => Ok(Value::Unknown(unknown)),
            Kind::Guest => Ok(Value::Null),
        }
    }

    fn with(self, ty: TypeRef<'e>) -> Self {
        Self { ty, ..self }
    }

    /// Sets beside a definition that may say anything: its own names are unknown, and there may be more.
    fn around_unknown(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        let Split { names, open, rest } = split(ev, self.path, definitions)?;
        let unknown = match open.first().map(|definition| definition.value) {
            Some(Value::Unknown(unknown)) => unknown,
            _ => match rest {
                Some(rest) => rest,
                None => return Ok(ev.attrs([])),
            },
        };
        let parts: Vec<_> = names
            .into_iter()
            .map(|(name, definitions)| (name, Value::Unknown(unknown), definitions[0].pos))
            .collect();
        Ok(ev.open_attrs(parts, unknown))
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

    fn joined(
        self,
        ev: &mut Evaluator<'e>,
        separator: &str,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        if let [only] = definitions {
            return Ok(only.value);
        }
        let texts: Vec<_> = definitions.iter().map(|definition| definition.value).collect();
        ev.concat_strings(separator, &texts)
    }

    /// The first type that takes all definitions.
    fn either(
        self,
        ev: &mut Evaluator<'e>,
        a: TypeRef<'e>,
        b: TypeRef<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        for ty in [a, b] {
            let mut all = true;
            for definition in definitions {
                match fits(ev, ty, definition.value)? {
                    Ok(fit) => all &= fit,
                    Err(unknown) => return Ok(Value::Unknown(unknown)),
                }
            }
            if all {
                return self.with(ty).merge(ev, definitions, None);
            }
        }
        Err(self.conflict(ev, "is defined multiple times while it's expected to be unique", definitions))
    }

    fn list(self, ev: &mut Evaluator<'e>, element: TypeRef<'e>, definitions: &[Definition<'e>]) -> Value<'e> {
        let mut items = Vec::new();
        for (n, definition) in definitions.iter().enumerate() {
            let Value::List(list) = definition.value else { continue };
            for (m, item) in list.iter().enumerate() {
                // The name that nixpkgs gives an element in messages.
                let path = match element.kind {
                    Kind::Scalar(_) | Kind::Equal => self.path,
                    _ => {
                        let name = ev.symbol(&format!("[definition {}-entry {}]", n + 1, m + 1));
                        self.path.join(ev, name)
                    }
                };
                let merge = Self { path, ty: element, ..self };
                let pos =
                    ev.value_pos(item).filter(|_| matches!(element.kind, Kind::Submodule(_))).unwrap_or(Pos::NONE);
                items.push(
                    ev.suspend(Part { merge, definitions: ev.alloc_slice(&[definition.with_value(item, pos)]) }),
                );
            }
        }
        ev.list(items)
    }

    fn attrs(
        self,
        ev: &mut Evaluator<'e>,
        element: TypeRef<'e>,
        lazy: bool,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let Split { names, open, rest } = split(ev, self.path, definitions)?;
        let mut parts = Vec::with_capacity(names.len());
        for (symbol, mut defining) in names {
            let path = self.path.join(ev, symbol);
            if !lazy {
                match presence(ev, &defining)? {
                    Ok(false) => continue,
                    Ok(true) => {}
                    // It may not exist at all; as a whole it is unknown, and so is all in it.
                    Err(unknown) => {
                        parts.push((symbol, Value::Unknown(unknown), defining[0].pos));
                        continue;
                    }
                }
            }
            for definition in &defining {
                self.scope.context.note(path, definition.pos);
            }
            defining.extend(open.iter().copied());
            let pos = defining[0].pos;
            let merge = Self { path, ty: element, ..self };
            let definitions = ev.alloc_slice(&defining);
            parts.push((symbol, ev.suspend(Part { merge, definitions }), pos));
        }
        match (open.first().map(|definition| definition.value), rest) {
            (Some(Value::Unknown(unknown)), _) | (_, Some(unknown)) => Ok(ev.open_attrs(parts, unknown)),
            _ => Ok(ev.attrs(parts)),
        }
    }

    fn submodule(
        self,
        ev: &mut Evaluator<'e>,
        submodule: &'e Submodule<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        submodule::instance(ev, self.scope.context, self.path, submodule, definitions)
    }

    /// `types.anything`: sets are merged name by name, lists are not, functions are composed; all else has to be equal.
    fn anything(
        self,
        ev: &mut Evaluator<'e>,
        definitions: &[Definition<'e>],
        perhaps: Option<&'e Unknown>,
    ) -> EvalResult<'e, Value<'e>> {
        let (kind, out_path) = (ev.symbol("_type"), ev.symbol("outPath"));
        let is_set = |definition: &Definition<'e>| match definition.value {
            Value::Attrs(attrs) => attrs.get(kind).is_none() && attrs.get(out_path).is_none(),
            _ => false,
        };
        if definitions.iter().all(is_set) {
            return self.attrs(ev, self.ty, true, definitions);
        }
        match (perhaps, definitions) {
            (Some(unknown), _) => Ok(Value::Unknown(unknown)),
            (None, [only]) => Ok(only.value),
            (None, all) if all.iter().all(|definition| matches!(definition.value, Value::List(_))) => {
                self.equal(ev, definitions)
            }
            (None, all) if all.iter().all(|definition| ev.is_function(definition.value)) => Ok(ev.unknown(
                &format!("`{}`: functions that are merged", self.path.names(ev)),
                ev.attribute_span(all[0].pos),
            )),
            _ => self.equal(ev, definitions),
        }
    }

    /// A type whose `merge` only the configuration knows: called with the location and the definitions.
    fn opaque(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        let Named::Nix(ty) = self.ty.named else { return Ok(Value::Null) };
        let merge = ev.select(ty, "merge")?;
        let location = nix_type::location(ev, self.path);
        let definitions = nix_type::definitions(ev, definitions);
        let bound = ev.call(merge, location, Pos::NONE)?;
        ev.call(bound, definitions, Pos::NONE)
    }

    fn type_error(self, ev: &mut Evaluator<'e>, definition: Definition<'e>) -> EvalError<'e> {
        let wanted = match nix_type::description(ev, self.ty) {
            Ok(wanted) => wanted,
            Err(error) => return error,
        };
        let (path, found) = (self.path.names(ev), ev.describe(definition.value));
        let message = format!("A definition for option `{path}' is not of type `{wanted}'.");
        let at = ev.attribute_span(definition.pos);
        let diagnostic = Diagnostic::error(Code::OptionType, message).at(at, format!("this is {found}"));
        ev.diagnostic_error(match self.ty.named {
            Named::Table(ty) => diagnostic.help(ty.example()),
            Named::Nix(_) => diagnostic,
        })
    }

    pub(super) fn conflict(self, ev: &Evaluator<'e>, what: &str, definitions: &[Definition<'e>]) -> EvalError<'e> {
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
pub(super) struct Part<'e> {
    pub(super) merge: Merge<'e>,
    pub(super) definitions: &'e [Definition<'e>],
}

impl<'e> Suspend<'e> for Part<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let selected = select(ev, self.definitions)?;
        match selected.unknown {
            Some(unknown) if selected.outranked => Ok(Value::Unknown(unknown)),
            _ if selected.definitions.is_empty() => empty(ev, self.merge),
            unknown => self.merge.merge(ev, &selected.definitions, unknown),
        }
    }
}

/// An element of a lazy set that nothing defines after all: the type's `emptyValue`, or an error.
fn empty<'e>(ev: &mut Evaluator<'e>, merge: Merge<'e>) -> EvalResult<'e, Value<'e>> {
    Ok(match merge.ty.kind {
        Kind::NullOr(_) => Value::Null,
        Kind::ListOf(_) => ev.list([]),
        Kind::AttrsOf { .. } => ev.attrs([]),
        Kind::Submodule(submodule) => return merge.submodule(ev, submodule, &[]),
        _ => {
            let path = merge.path.names(ev);
            let message =
                format!("The option `{path}' was accessed but has no value defined. Try setting the option.");
            return Err(ev.diagnostic_error(Diagnostic::error(Code::MissingOption, message)));
        }
    })
}

/// The type of an option: known from the table, or found out from its declarations.
pub(super) fn type_of<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    option: &'e Opt<'e>,
) -> EvalResult<'e, TypeRef<'e>> {
    match option.known_type() {
        Some(ty) if option.declared.is_empty() => Ok(ty),
        known => nix_type::of_option(ev, scope.context, option, known),
    }
}
