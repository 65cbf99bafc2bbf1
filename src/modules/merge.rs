//! Merges the definitions of one option into its value.
//!
//! Source: `check` and `merge` of nixpkgs' `lib.types`, and `mergeDefinitions` of its `lib.modules`. Messages use the wording
//! of nixpkgs.
//!
//! Invariant: an unknown definition, or one under an unknown condition, makes only what it may change unknown: in sets and
//! submodules the names that it defines, otherwise the whole option.

use super::definition::{Active, Definition, Selected, presence, select};
use super::fit::fits;
use super::nix_type;
use super::option::{Kind, Named, Opt, Submodule, TypeRef};
use super::path::Path;
use super::scope::Scope;
use super::split::split_values;
use crate::diag::{Code, Diagnostic, Fix};
use crate::eval::{EvalError, EvalResult, Evaluator, Item, Suspend, Unknown, Value};
use crate::source::Pos;

/// One merge. Its definitions have no priorities or orders left, and all whose conditions hold count.
#[derive(Clone, Copy)]
pub(super) struct Merge<'e> {
    pub(super) scope: &'e Scope<'e>,
    pub(super) path: Path<'e>,
    pub(super) ty: TypeRef<'e>,
}

impl<'e> Merge<'e> {
    /// Merges selected definitions, of which there is at least one.
    pub(super) fn selected(self, ev: &mut Evaluator<'e>, selected: &Selected<'e>) -> EvalResult<'e, Value<'e>> {
        let Some(unknown) = selected.unknown else { return self.merge(ev, &selected.definitions, None) };
        if selected.outranked {
            return match &selected.alternatives {
                Some((one, others)) => {
                    ev.one_of(unknown, |ev| self.merge(ev, &[*one], None), |ev| self.merge(ev, others, None))
                }
                None => Ok(Value::Unknown(unknown)),
            };
        }
        self.merge(ev, &selected.definitions, Some(unknown))
    }

    /// Merges definitions. `optional` is an unknown condition that some of them depend on.
    pub(super) fn merge(
        self,
        ev: &mut Evaluator<'e>,
        definitions: &[Definition<'e>],
        optional: Option<&'e Unknown>,
    ) -> EvalResult<'e, Value<'e>> {
        let inside = matches!(
            self.ty.kind.get(),
            Kind::AttrsOf { .. } | Kind::Submodule(_) | Kind::Anything | Kind::ListOf(_)
        );
        if let Some(unknown) = optional.filter(|_| !inside) {
            return self.certain(ev, definitions, unknown);
        }
        if let Some(unknown) = definitions.iter().find_map(|definition| match definition.value {
            Value::Unknown(unknown) => Some(unknown),
            _ => None,
        }) {
            return match self.ty.kind.get() {
                // The unknown definition may define any name, or none.
                Kind::AttrsOf { .. } if definitions.len() > 1 => self.around_unknown(ev, definitions),
                _ => Ok(Value::Unknown(unknown)),
            };
        }
        for definition in definitions {
            match fits(ev, self.ty, definition.value)? {
                Ok(true) => {}
                Ok(false) => {
                    return match optional {
                        Some(unknown) => Ok(Value::Unknown(unknown)),
                        None => Err(self.type_error(ev, definitions)),
                    };
                }
                Err(unknown) => return Ok(Value::Unknown(unknown)),
            }
        }
        match self.ty.kind.get() {
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
            Kind::ListOf(element) => self.list(ev, element, definitions),
            Kind::AttrsOf { element, lazy } => self.attrs(ev, element, lazy, definitions),
            Kind::Submodule(submodule) => self.submodule(ev, submodule, definitions),
            Kind::Anything => self.anything(ev, definitions, optional),
            Kind::Opaque => self.opaque(ev, definitions),
            Kind::Unknown(unknown) => Ok(Value::Unknown(unknown)),
            Kind::Guest => Ok(Value::Null),
        }
    }

    /// Merges definitions, some under an unknown condition, for a type that treats its value as a whole.
    fn certain(
        self,
        ev: &mut Evaluator<'e>,
        definitions: &[Definition<'e>],
        unknown: &'e Unknown,
    ) -> EvalResult<'e, Value<'e>> {
        let mut certain = Vec::with_capacity(definitions.len());
        for definition in definitions {
            if let Active::Yes = definition.active(ev)? {
                certain.push(*definition);
            }
        }
        match (certain.as_slice(), definitions, self.ty.kind.get()) {
            // This is the only definition: if it did not count, the option would have no value at all.
            ([], [only], _) => self.merge(ev, &[only.certainly()], None),
            // All definitions must be equal, so the certain ones determine the value.
            ([_, ..], _, Kind::Scalar(_) | Kind::Equal | Kind::One) => self.merge(ev, &certain, None),
            _ => Ok(Value::Unknown(unknown)),
        }
    }

    /// Returns the value for no definitions, if the type has one (`emptyValue`).
    pub(super) fn empty(self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Option<Value<'e>>> {
        let mut own = None;
        if let Named::Nix(ty) = self.ty.named
            && !matches!(self.ty.kind.get(), Kind::Unknown(_))
        {
            // `nonEmptyListOf` is a `listOf` without an `emptyValue`.
            own = match ev.select_optional(ty, "emptyValue")? {
                Some(empty) => ev.select_optional(empty, "value")?,
                None => None,
            };
            if own.is_none() {
                return Ok(None);
            }
        }
        Ok(match (self.ty.kind.get(), self.ty.named) {
            (Kind::NullOr(_), _) => Some(Value::Null),
            (Kind::ListOf(_), _) => Some(ev.heap.list([])),
            (Kind::AttrsOf { .. }, _) => Some(ev.heap.attrs([])),
            (Kind::Submodule(submodule), _) => Some(self.scope.context.empty_submodule(ev, self.path, submodule)?),
            (Kind::Unknown(unknown), _) => Some(Value::Unknown(unknown)),
            (Kind::Opaque, _) => own,
            _ => None,
        })
    }

    fn with(self, ty: TypeRef<'e>) -> Self {
        Self { ty, ..self }
    }

    /// Merges sets with an unknown definition: their own names become unknown values, and there may be more names.
    fn around_unknown(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        let split = split_values(ev, self.path, definitions.iter().copied())?;
        let Some(unknown) = split.why_more() else { return Ok(ev.heap.attrs([])) };
        let parts: Vec<_> = split
            .names
            .into_iter()
            .map(|(name, definitions)| (name, Value::Unknown(unknown), definitions[0].pos))
            .collect();
        Ok(ev.heap.open_attrs(parts, unknown))
    }

    /// `mergeEqualOption`: all definitions must be equal.
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

    /// Merges with the first of two types that accepts all definitions.
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

    fn list(
        self,
        ev: &mut Evaluator<'e>,
        element: TypeRef<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let (mut items, mut positions) = (Vec::new(), Vec::new());
        for (n, definition) in definitions.iter().enumerate() {
            let of_definition = match definition.active(ev)? {
                Active::Yes => None,
                Active::No => continue,
                Active::OptionalAttr(unknown) => Some(unknown),
            };
            let of = definition.pos;
            for (m, item) in definition.value.items().into_iter().enumerate() {
                // The name that nixpkgs gives an element in its messages.
                let path = match element.kind.get() {
                    Kind::Scalar(_) | Kind::Equal => self.path,
                    _ => {
                        let name = ev.heap.symbol(&format!("[definition {}-entry {}]", n + 1, m + 1));
                        self.path.join(ev, name)
                    }
                };
                let merge = Self { path, ty: element, ..self };
                let pos = item
                    .value
                    .pos()
                    .filter(|_| matches!(element.kind.get(), Kind::Submodule(_)))
                    // An element without a position of its own is reported at the list.
                    .unwrap_or(if matches!(element.kind.get(), Kind::Scalar(_)) { of } else { Pos::NONE });
                let definition = definition.certainly().with_value(item.value, pos);
                // An element may be an `mkIf`.
                let of_element = match is_property(ev, item.value) {
                    true => match presence(ev, &[definition]) {
                        Ok(Ok(true)) => None,
                        Ok(Ok(false)) => continue,
                        Ok(Err(unknown)) => Some(unknown),
                        // The failing element stays in the list, so that the others are still evaluated.
                        Err(_) if ev.settings.keep_going => None,
                        Err(error) => return Err(error),
                    },
                    false => None,
                };
                let value = ev.heap.suspend(Part { merge, definitions: ev.heap.alloc_slice(&[definition]) });
                items.push(Item { value, optional: of_definition.or(item.optional).or(of_element) });
                positions.push(of);
            }
        }
        let merged = ev.heap.partial_list(&items);
        if definitions.len() > 1 {
            ev.provenance.note_elements(&ev.heap, merged, &positions);
            self.scope.context.note_elements(ev, self.path, &positions);
        }
        Ok(merged)
    }

    fn attrs(
        self,
        ev: &mut Evaluator<'e>,
        element: TypeRef<'e>,
        lazy: bool,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let mut split = split_values(ev, self.path, definitions.iter().copied())?;
        let names = std::mem::take(&mut split.names);
        let (mut parts, mut optional) = (Vec::with_capacity(names.len()), Vec::new());
        for (symbol, mut defining) in names {
            let path = self.path.join(ev, symbol);
            let mut why = None;
            if !lazy {
                match presence(ev, &defining) {
                    Ok(Ok(false)) => continue,
                    Ok(Ok(true)) => {}
                    Ok(Err(unknown)) => {
                        why = Some(unknown);
                        defining = if_present(ev, &defining)?;
                    }
                    // The failing attribute stays in the set, so that the others are still evaluated.
                    Err(_) if ev.settings.keep_going => {}
                    Err(error) => return Err(error),
                }
            }
            for definition in &defining {
                self.scope.context.note(path, definition.pos);
            }
            defining.extend(split.maybe(symbol));
            let pos = defining[0].pos;
            let merge = Self { path, ty: element, ..self };
            let definitions = ev.heap.alloc_slice(&defining);
            let value = ev.heap.suspend(Part { merge, definitions });
            match why {
                Some(why) => optional.push((symbol, value, pos, why)),
                None => parts.push((symbol, value, pos)),
            }
        }
        Ok(ev.heap.partial_attrs(parts, &optional, split.why_more()))
    }

    fn submodule(
        self,
        ev: &mut Evaluator<'e>,
        submodule: &'e Submodule<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        self.scope.context.submodule(ev, self.path, submodule, definitions)
    }

    /// `types.anything`: merges sets by name; everything else, lists included, must be equal. nixpkgs composes functions; here
    /// the result is unknown.
    fn anything(
        self,
        ev: &mut Evaluator<'e>,
        definitions: &[Definition<'e>],
        optional: Option<&'e Unknown>,
    ) -> EvalResult<'e, Value<'e>> {
        // `strings.isStringLike`
        let names = ["outPath", "__toString"].map(|name| ev.heap.symbol(name));
        let is_set = |definition: &Definition<'e>| match definition.value {
            Value::Attrs(attrs) => names.iter().all(|name| attrs.get(*name).is_none()),
            _ => false,
        };
        if definitions.iter().all(is_set) {
            return self.attrs(ev, self.ty, false, definitions);
        }
        match (optional, definitions) {
            (Some(unknown), _) => Ok(Value::Unknown(unknown)),
            (None, [only]) => Ok(only.value),
            (None, all) if all.iter().all(|definition| matches!(definition.value, Value::List(_))) => {
                self.equal(ev, definitions)
            }
            (None, all) if all.iter().all(|definition| ev.heap.is_function(definition.value)) => {
                Ok(ev.heap.unknown(
                    &format!("`{}`: functions that are merged", self.path.names(ev)),
                    ev.report.attribute_span(all[0].pos),
                ))
            }
            (None, all)
                if all
                    .iter()
                    .all(|definition| matches!(definition.value, Value::Attrs(_)) && !is_set(definition)) =>
            {
                Err(self.conflict(ev, "is defined multiple times while it's expected to be unique", definitions))
            }
            _ => self.equal(ev, definitions),
        }
    }

    /// Calls the `merge` function of the configuration's own type with the location and the definitions.
    fn opaque(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Value<'e>> {
        let Named::Nix(ty) = self.ty.named else { return Ok(Value::Null) };
        let merge = ev.select(ty, "merge")?;
        let location = nix_type::location(ev, self.path);
        let definitions = nix_type::definitions(ev, definitions);
        let bound = ev.call(merge, location, Pos::NONE)?;
        ev.call(bound, definitions, Pos::NONE)
    }

    /// An error that shows every definition that does not have the type.
    fn type_error(self, ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalError<'e> {
        let wanted = match nix_type::description(ev, self.ty) {
            Ok(wanted) => wanted,
            Err(error) => return error,
        };
        let path = self.path.names(ev);
        let message = format!("A definition for option `{path}' is not of type `{wanted}'.");
        let mut diagnostic = Diagnostic::error(Code::OptionType, message);
        for definition in definitions {
            if let Ok(Ok(false)) = fits(ev, self.ty, definition.value) {
                let found = ev.report.describe(&ev.heap, definition.value);
                diagnostic = diagnostic.at(ev.report.attribute_span(definition.pos), format!("this is {found}"));
                if let (Named::Table(ty), Value::String(text)) = (self.ty.named, definition.value) {
                    let string = text.to_str_lossy().into_owned();
                    let by = string.clone();
                    if definition.pos.is_some() && diagnostic.fix.is_none() && ty.is_written(&by) {
                        diagnostic = diagnostic.fix(Fix::Replace { at: definition.pos, string, by });
                    }
                }
            }
        }
        ev.report.thrown(match self.ty.named {
            Named::Table(ty) => diagnostic.help(ty.example()),
            Named::Nix(_) => diagnostic,
        })
    }

    pub(super) fn conflict(self, ev: &Evaluator<'e>, what: &str, definitions: &[Definition<'e>]) -> EvalError<'e> {
        let path = self.path.names(ev);
        let mut diagnostic = Diagnostic::error(Code::Conflict, format!("The option `{path}' {what}."))
            .help("remove all but one, or mark the one that is to win with `lib.mkForce`");
        for definition in definitions {
            let shown = ev.report.describe(&ev.heap, definition.value);
            diagnostic = diagnostic.at(ev.report.attribute_span(definition.pos), format!("here it is {shown}"));
        }
        ev.report.thrown(diagnostic)
    }
}

/// An element of a list or set, merged on demand.
pub(super) struct Part<'e> {
    pub(super) merge: Merge<'e>,
    pub(super) definitions: &'e [Definition<'e>],
}

impl<'e> Suspend<'e> for Part<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let selected = select(ev, self.definitions)?;
        match selected.definitions.is_empty() {
            true => empty(ev, self.merge),
            false => self.merge.selected(ev, &selected),
        }
    }
}

/// Whether a value has properties around it, if it can be evaluated.
fn is_property<'e>(ev: &mut Evaluator<'e>, value: Value<'e>) -> bool {
    matches!(ev.force(value), Ok(Value::Attrs(attrs)) if attrs.get(ev.heap.symbol("_type")).is_some())
}

/// Returns definitions under unknown conditions, assuming that one of them counts: if there is only one, it does.
fn if_present<'e>(ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Vec<Definition<'e>>> {
    let mut expanded = Vec::new();
    for definition in definitions {
        definition.expand(ev, &mut expanded)?;
    }
    let mut active = Vec::with_capacity(expanded.len());
    for definition in expanded {
        if !matches!(definition.active(ev)?, Active::No) {
            active.push(definition);
        }
    }
    Ok(match active.as_slice() {
        [only] => vec![only.certainly()],
        _ => active,
    })
}

/// The value of a lazy set's element that nothing defines in the end: the type's `emptyValue`, or an error.
fn empty<'e>(ev: &mut Evaluator<'e>, merge: Merge<'e>) -> EvalResult<'e, Value<'e>> {
    if let Some(value) = merge.empty(ev)? {
        return Ok(value);
    }
    let path = merge.path.names(ev);
    let message = format!("The option `{path}' was accessed but has no value defined. Try setting the option.");
    Err(ev.report.thrown(Diagnostic::error(Code::MissingOption, message)))
}

/// Returns the type of an option, from the table or from its declarations.
pub(super) fn type_of<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    option: &'e Opt<'e>,
) -> EvalResult<'e, TypeRef<'e>> {
    match option.known_type() {
        Some(ty) if option.declared.is_empty() => Ok(ty),
        known => nix_type::of_option(ev, scope.context, path, option, known),
    }
}
