//! Recognises the types of `lib.types` by their code.
//!
//! A type is a set with the functions `check` and `merge`. If these are the functions of one of `lib`'s own types, its
//! definitions are merged natively, which is faster and limits what an unknown definition affects. Otherwise
//! (`mkOptionType`, `addCheck`) the configuration's own functions are called.

use std::cell::Cell;

use super::definition::Definition;
use super::option::{Kind, Named, Opt, Submodule, Type, TypeRef};
use super::path::Path;
use super::prototypes::{Prototype, Prototypes};
use super::scope::Context;
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalError, EvalResult, Evaluator, Value};
use crate::source::{Pos, Span};

/// The nesting depth to which types are recognised. Deeper types are merged by their own functions.
const DEEPEST: usize = 64;

fn prototypes<'e>(ev: &mut Evaluator<'e>, context: &Context<'e>) -> EvalResult<'e, &'e Prototypes<'e>> {
    if let Some(prototypes) = context.prototypes.get() {
        return Ok(prototypes);
    }
    let prototypes = Prototypes::of_lib(ev, context.lib)?;
    let prototypes = ev.heap.alloc(prototypes);
    Ok(context.prototypes.get_or_init(|| prototypes))
}

/// Returns the type of an option with declarations of its own; `known` is its type in the table.
pub(super) fn of_option<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: Path<'e>,
    option: &'e Opt<'e>,
    known: Option<TypeRef<'e>>,
) -> EvalResult<'e, TypeRef<'e>> {
    if let Some(ty) = option.joined.get() {
        return Ok(ty);
    }
    if known.is_none() {
        refuse_several(ev, path, option)?;
    }
    let mut joined = known;
    for (declaration, _) in option.declared {
        let Value::Attrs(attrs) = *declaration else { continue };
        let Some(ty) = attrs.get(ev.heap.symbol("type")) else { continue };
        let ty = ev.force(ty)?;
        let ty = recognise(ev, context, ty)?;
        joined = Some(match joined {
            None => ty,
            Some(joined) => match (joined.named, ty.named) {
                (Named::Nix(a), Named::Nix(b)) => match merged(ev, a, b)? {
                    Value::Null => return Err(declared_twice(ev, path, option)),
                    merged => recognise(ev, context, merged)?,
                },
                _ => join(ev, joined, ty),
            },
        });
    }
    let ty = match joined {
        Some(ty) => ty,
        None => {
            let types = ev.select(context.lib, "types")?;
            let unspecified = ev.select(types, "unspecified")?;
            recognise(ev, context, unspecified)?
        }
    };
    let ty = fixed_up(ev, context, ty)?;
    let ty = with_options_below(ev, ty, option.below);
    Ok(option.joined.get_or_init(|| ty))
}

/// Applies `fixupOptionType` to a type with its own `merge`: puts its submodules' modules into `imports`.
fn fixed_up<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>, ty: TypeRef<'e>) -> EvalResult<'e, TypeRef<'e>> {
    let (Kind::Opaque, Named::Nix(value)) = (ty.kind.get(), ty.named) else { return Ok(ty) };
    let modules = match ev.select(value, "getSubModules") {
        Ok(Value::List(modules)) if modules.iter().len() > 0 => modules,
        _ => return Ok(ty),
    };
    let imports = ev.heap.symbol("imports");
    let wrapped = modules.iter().map(|module| ev.heap.attrs([(imports, ev.heap.list([module]), Pos::NONE)]));
    let wrapped = ev.heap.list(wrapped.collect::<Vec<_>>());
    let substitute = ev.select(value, "substSubModules")?;
    match ev.call(substitute, wrapped, Pos::NONE)? {
        fixed @ Value::Attrs(_) => recognise(ev, context, fixed),
        _ => Ok(ty),
    }
}

/// Merges the types of two declarations of an option (`typeMerge`); the result is null if they do not fit together.
pub(super) fn merged<'e>(ev: &mut Evaluator<'e>, a: Value<'e>, b: Value<'e>) -> EvalResult<'e, Value<'e>> {
    for ty in [a, b] {
        if let unknown @ Value::Unknown(_) = ty {
            return Ok(unknown);
        }
    }
    let (merge, functor) = (ev.select(a, "typeMerge")?, ev.select(b, "functor")?);
    let merged = ev.call(merge, functor, Pos::NONE)?;
    ev.force(merged)
}

/// Fails if several declarations set an attribute that only one may set (`mergeOptionDecls`).
fn refuse_several<'e>(ev: &mut Evaluator<'e>, path: Path<'e>, option: &'e Opt<'e>) -> EvalResult<'e, ()> {
    for name in ["default", "example", "description", "apply"].map(|name| ev.heap.symbol(name)) {
        let says = |(declaration, _): &&(Value<'e>, Pos)| match declaration {
            Value::Attrs(attrs) => attrs.get(name).is_some(),
            _ => false,
        };
        if option.declared.iter().filter(says).count() > 1 {
            return Err(declared_twice(ev, path, option));
        }
    }
    Ok(())
}

fn declared_twice<'e>(ev: &Evaluator<'e>, path: Path<'e>, option: &'e Opt<'e>) -> EvalError<'e> {
    let message =
        format!("The option `{}' is declared twice, and the declarations do not go together.", path.names(ev));
    let mut diagnostic = Diagnostic::error(Code::Conflict, message);
    for (_, pos) in option.declared {
        diagnostic = diagnostic.at(ev.report.attribute_span(*pos), "declared here");
    }
    ev.report.thrown(diagnostic)
}

/// Joins an option's type in the table with a declaration of the configuration. Submodules get the options of both, also
/// inside sets and lists. Other types must be equal, so the last declaration counts.
fn join<'e>(ev: &Evaluator<'e>, a: TypeRef<'e>, b: TypeRef<'e>) -> TypeRef<'e> {
    let kind = match (a.kind.get(), b.kind.get()) {
        (Kind::Submodule(a), Kind::Submodule(b)) => {
            let modules: Vec<_> = a.modules.iter().chain(b.modules).copied().collect();
            Kind::Submodule(ev.heap.alloc(Submodule {
                table: a.table.or(b.table),
                modules: ev.heap.alloc_slice(&modules),
                special: a.special.or(b.special),
                shorthand: a.shorthand && b.shorthand,
                wrapped: true,
            }))
        }
        (Kind::AttrsOf { element: a, lazy }, Kind::AttrsOf { element: b, .. }) => {
            Kind::AttrsOf { element: join(ev, a, b), lazy }
        }
        (Kind::ListOf(a), Kind::ListOf(b)) => Kind::ListOf(join(ev, a, b)),
        (Kind::NullOr(a), Kind::NullOr(b)) => Kind::NullOr(join(ev, a, b)),
        (Kind::Equal, Kind::Equal) => Kind::Either(a, b),
        _ => return b,
    };
    ev.heap.alloc(Type { kind: Cell::new(kind), ..*a })
}

/// Adds options that are declared below a submodule option to the submodule.
fn with_options_below<'e>(ev: &Evaluator<'e>, ty: TypeRef<'e>, below: &'e [(Value<'e>, Pos)]) -> TypeRef<'e> {
    if below.is_empty() {
        return ty;
    }
    let Kind::Submodule(submodule) = ty.kind.get() else { return ty };
    let mut modules = submodule.modules.to_vec();
    for (options, pos) in below {
        modules.push((ev.heap.attrs([(ev.heap.symbol("options"), *options, *pos)]), *pos));
    }
    let kind = Kind::Submodule(ev.heap.alloc(Submodule { modules: ev.heap.alloc_slice(&modules), ..*submodule }));
    ev.heap.alloc(Type { kind: Cell::new(kind), ..*ty })
}

/// Recognises a type of `lib.types`, or wraps one of the configuration's own.
pub(super) fn recognise<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    ty: Value<'e>,
) -> EvalResult<'e, TypeRef<'e>> {
    let ty = ev.force(ty)?;
    let set = match ty {
        Value::Attrs(set) => std::ptr::from_ref(set),
        Value::Unknown(unknown) => {
            return Ok(ev.heap.alloc(Type {
                kind: Cell::new(Kind::Unknown(unknown)),
                check: None,
                named: Named::Nix(ty),
            }));
        }
        other => return Err(ev.report.type_error(&ev.heap, "an option type", other, Pos::NONE)),
    };
    let around = context.recognising.borrow().iter().find(|(known, _)| *known == set).map(|(_, ty)| *ty);
    if let Some(itself) = around {
        return Ok(itself);
    }
    let prototypes = prototypes(ev, context)?;
    let (merge, check) = (ev.select(ty, "merge")?, ev.select(ty, "check")?);
    let found = match merge.code_id() {
        Some(id) => prototypes.types.iter().find(|(_, merge, _)| *merge == id).copied(),
        None => None,
    };
    let Some((prototype, _, plain)) = found else {
        return Ok(ev.heap.alloc(Type {
            kind: Cell::new(Kind::Opaque),
            check: Some(check),
            named: Named::Nix(ty),
        }));
    };
    let depth = context.recognising.borrow().len();
    if depth >= DEEPEST {
        return Ok(ev.heap.alloc(Type {
            kind: Cell::new(Kind::Opaque),
            check: Some(check),
            named: Named::Nix(ty),
        }));
    }
    // `addCheck` replaces the check, so the native one applies only if the type has its prototype's. Many types share the
    // `merge` of `Equal` but have different checks, so these always run their own.
    let is_plain = plain.is_some() && check.code_id() == plain && prototype != Prototype::Equal;
    // Allocated before its parts are recognised: a type such as that of JSON values contains itself.
    let recognised: TypeRef<'e> = ev.heap.alloc(Type {
        kind: Cell::new(Kind::Opaque),
        check: (!is_plain).then_some(check),
        named: Named::Nix(ty),
    });
    context.recognising.borrow_mut().push((set, recognised));
    let kind = kind(ev, context, ty, prototype);
    context.recognising.borrow_mut().truncate(depth);
    match kind? {
        Some(kind) => recognised.kind.set(kind),
        None => {
            return Ok(ev.heap.alloc(Type {
                kind: Cell::new(Kind::Opaque),
                check: Some(check),
                named: Named::Nix(ty),
            }));
        }
    }
    Ok(recognised)
}

/// Returns a type whose submodules' modules are not put into `imports`.
pub(super) fn bare<'e>(ev: &Evaluator<'e>, ty: TypeRef<'e>) -> TypeRef<'e> {
    bare_within(ev, ty, DEEPEST)
}

fn bare_within<'e>(ev: &Evaluator<'e>, ty: TypeRef<'e>, depth: usize) -> TypeRef<'e> {
    // Ends the walk through a type that contains itself.
    let Some(depth) = depth.checked_sub(1) else { return ty };
    let kind = match ty.kind.get() {
        Kind::Submodule(submodule) => Kind::Submodule(ev.heap.alloc(Submodule { wrapped: false, ..*submodule })),
        Kind::AttrsOf { element, lazy } => Kind::AttrsOf { element: bare_within(ev, element, depth), lazy },
        Kind::ListOf(element) => Kind::ListOf(bare_within(ev, element, depth)),
        Kind::NullOr(inner) => Kind::NullOr(bare_within(ev, inner, depth)),
        _ => return ty,
    };
    ev.heap.alloc(Type { kind: Cell::new(kind), ..*ty })
}

/// Returns how a recognised type merges, or `None` if its parts are not in the expected attributes.
fn kind<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    ty: Value<'e>,
    prototype: Prototype,
) -> EvalResult<'e, Option<Kind<'e>>> {
    let inner = |ev: &mut Evaluator<'e>, name: &str| -> EvalResult<'e, Option<TypeRef<'e>>> {
        let nested = ev.select(ty, "nestedTypes")?;
        match nested {
            Value::Attrs(attrs) => match attrs.get(ev.heap.symbol(name)) {
                Some(inner) => recognise(ev, context, inner).map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    };
    Ok(match prototype {
        Prototype::Equal => Some(Kind::Equal),
        // `unique` shares this `merge`, but also merges with the type that it wraps.
        Prototype::One => inner(ev, "elemType")?.is_none().then_some(Kind::One),
        Prototype::Anything => Some(Kind::Anything),
        Prototype::Joined => payload(ev, ty, "sep")?.and_then(|separator| match separator {
            Value::String(text) => Some(Kind::Joined(ev.heap.alloc(text.to_str_lossy().into_owned()).as_str())),
            _ => None,
        }),
        Prototype::NullOr => inner(ev, "elemType")?.map(Kind::NullOr),
        Prototype::ListOf => inner(ev, "elemType")?.map(Kind::ListOf),
        Prototype::AttrsOf => {
            // If both types share one function, the type's name tells them apart.
            let lazy = is_named(ev, ty, "lazyAttrsOf")?;
            inner(ev, "elemType")?.map(|element| Kind::AttrsOf { element, lazy })
        }
        Prototype::LazyAttrsOf => inner(ev, "elemType")?.map(|element| Kind::AttrsOf { element, lazy: true }),
        Prototype::Either => match (inner(ev, "left")?, inner(ev, "right")?) {
            // `fixupOptionType` does not reach into `either`.
            (Some(left), Some(right)) => Some(Kind::Either(bare(ev, left), bare(ev, right))),
            _ => None,
        },
        Prototype::Submodule => submodule(ev, ty)?,
    })
}

fn is_named<'e>(ev: &mut Evaluator<'e>, ty: Value<'e>, wanted: &str) -> EvalResult<'e, bool> {
    let name = ev.select(ty, "name")?;
    Ok(matches!(name, Value::String(text) if text.as_bytes() == wanted.as_bytes()))
}

/// `functor.payload.NAME`
fn payload<'e>(ev: &mut Evaluator<'e>, ty: Value<'e>, name: &str) -> EvalResult<'e, Option<Value<'e>>> {
    let mut value = ty;
    for name in ["functor", "payload", name] {
        let Value::Attrs(attrs) = value else { return Ok(None) };
        let Some(next) = attrs.get(ev.heap.symbol(name)) else { return Ok(None) };
        value = ev.force(next)?;
    }
    Ok(Some(value))
}

fn submodule<'e>(ev: &mut Evaluator<'e>, ty: Value<'e>) -> EvalResult<'e, Option<Kind<'e>>> {
    let Some(Value::List(modules)) = payload(ev, ty, "modules")? else { return Ok(None) };
    let Some(shorthand) = payload(ev, ty, "shorthandOnlyDefinesConfig")? else { return Ok(None) };
    let special = payload(ev, ty, "specialArgs")?;
    let modules: Vec<_> = modules.iter().map(|module| (module, module.pos().unwrap_or(Pos::NONE))).collect();
    Ok(Some(Kind::Submodule(ev.heap.alloc(Submodule {
        table: None,
        modules: ev.heap.alloc_slice(&modules),
        special,
        shorthand: matches!(shorthand, Value::Bool(true)),
        wrapped: true,
    }))))
}

/// Returns the description of a type, for messages.
pub(super) fn description<'e>(ev: &mut Evaluator<'e>, ty: TypeRef<'e>) -> EvalResult<'e, String> {
    match ty.named {
        Named::Table(ty) => Ok(ty.description()),
        Named::Nix(value) => Ok(match ev.select(value, "description")? {
            Value::String(text) => text.to_str_lossy().into_owned(),
            _ => String::from("a type without a description"),
        }),
    }
}

/// Returns the location of an option as `merge` expects it: a list of names.
pub(super) fn location<'e>(ev: &Evaluator<'e>, path: Path<'e>) -> Value<'e> {
    let names: Vec<_> = path.symbols().into_iter().map(|name| ev.heap.string(ev.heap.name(name))).collect();
    ev.heap.list(names)
}

/// Returns definitions as `merge` expects them: `{ file, value }`.
pub(super) fn definitions<'e>(ev: &Evaluator<'e>, definitions: &[Definition<'e>]) -> Value<'e> {
    let items: Vec<_> = definitions
        .iter()
        .map(|definition| {
            let file = file_of(ev, definition.pos);
            ev.heap.attrs([
                (ev.heap.symbol("file"), file, Pos::NONE),
                (ev.heap.symbol("value"), definition.value, definition.pos),
            ])
        })
        .collect();
    ev.heap.list(items)
}

/// Returns the file of a definition.
pub(super) fn file_of<'e>(ev: &Evaluator<'e>, pos: Pos) -> Value<'e> {
    match ev.report.sources().file(pos) {
        Some(file) => ev.heap.string(&file.path.to_string_lossy()),
        None => ev.heap.unknown("where this is defined", Span::NONE),
    }
}
