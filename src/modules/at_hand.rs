//! Modules that `lib.evalModules` cannot load: those of flake inputs whose sources are missing.
//!
//! They are skipped with a note, as missing modules of a host are (`load`), and the configuration may then have unknown
//! options. The library calls `at-hand.nix` for this; the native functions here replace that file.

use super::embedded::is_built_in;
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Primop, Unknown, Value};
use crate::source::{Pos, Span};

/// The library file that is replaced.
const FILE: &str = "/container-rebuild/lib/at-hand.nix";
/// The key of the module that stands for missing ones.
const ABSENT: &str = "«not at hand»";
/// The attribute that carries an unknown submodule definition through `present` unchanged.
const DEFINITION: &str = "«definition»";

static PRESENT: Primop = Primop { name: "present", arity: 1, strict: 0, run: present };
static DEFINED: Primop = Primop { name: "definition", arity: 1, strict: 0, run: definition };
static OPENED: Primop = Primop { name: "opened", arity: 1, strict: 0, run: opened };
static OPENED_AS: Primop = Primop { name: "openedAs", arity: 2, strict: 0, run: opened_as };

/// Replaces the library's functions with the native ones. `library` opens the library that modules receive.
pub(super) fn provide<'e>(ev: &mut Evaluator<'e>, library: Value<'e>) {
    let functions = ev.heap.attrs([
        (ev.heap.symbol("absent"), ev.heap.string(ABSENT), Pos::NONE),
        (ev.heap.symbol("present"), ev.heap.native(&PRESENT, &[]), Pos::NONE),
        (ev.heap.symbol("definition"), ev.heap.native(&DEFINED, &[]), Pos::NONE),
        (ev.heap.symbol("opened"), ev.heap.native(&OPENED, &[]), Pos::NONE),
        (ev.heap.symbol("library"), library, Pos::NONE),
    ]);
    ev.loader.provide(FILE, functions);
}

/// Returns the function `of: value:`, which opens the set `value` if `of` is open.
pub(super) fn opened_as_function<'e>(ev: &Evaluator<'e>) -> Value<'e> {
    ev.heap.native(&OPENED_AS, &[])
}

/// Returns the list of modules, with an empty module in place of each missing one.
fn present<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let list = match ev.force_partial(args[0])? {
        Value::List(list) => list,
        // The list itself is unknown, so no module is certain to exist.
        Value::Unknown(unknown) => {
            note(ev, unknown, pos);
            return Ok(ev.heap.list([stand_in(ev)]));
        }
        other => return Ok(other),
    };
    let definition = ev.heap.symbol(DEFINITION);
    let mut modules = Vec::with_capacity(list.iter().len());
    for module in list.iter() {
        modules.push(match ev.force(module)? {
            Value::Unknown(unknown) => {
                note(ev, unknown, module.pos().unwrap_or(pos));
                stand_in(ev)
            }
            Value::Attrs(attrs) => attrs.get(definition).unwrap_or(module),
            _ => module,
        });
    }
    Ok(ev.heap.list(modules))
}

/// Returns an empty module.
fn stand_in<'e>(ev: &Evaluator<'e>) -> Value<'e> {
    ev.heap.attrs([(ev.heap.symbol("key"), ev.heap.string(ABSENT), Pos::NONE)])
}

fn note<'e>(ev: &mut Evaluator<'e>, unknown: &'e Unknown, at: Pos) {
    let message = format!("a module is not here ({}); it is assumed to define nothing for hosts", unknown.reason());
    let mut note = Diagnostic::note(Code::MissingModule, message);
    let span =
        if unknown.span() == Span::NONE && !is_built_in(ev, at) { ev.report.word_span(at) } else { unknown.span() };
    if span != Span::NONE {
        note = note.at(span, "imported here");
    }
    ev.notes.remark(note);
}

/// Returns the definition of a submodule. If it is unknown, no module is missing: the submodule's value is unknown.
fn definition<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    Ok(match ev.force(args[0])? {
        unknown @ Value::Unknown(_) => ev.heap.attrs([(ev.heap.symbol(DEFINITION), unknown, Pos::NONE)]),
        known => known,
    })
}

/// Returns the configuration as an open set, because a missing module may declare more options.
fn opened<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let why = ev.heap.unknown_reason("a module that is not here may declare it", Span::NONE);
    with_rest(ev, args[0], why)
}

fn opened_as<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(args[0])? {
        Value::Attrs(of) => match of.any() {
            Some(why) => with_rest(ev, args[1], why),
            None => ev.force(args[1]),
        },
        _ => ev.force(args[1]),
    }
}

fn with_rest<'e>(ev: &mut Evaluator<'e>, set: Value<'e>, why: &'e Unknown) -> EvalResult<'e, Value<'e>> {
    Ok(match ev.force(set)? {
        Value::Attrs(attrs) => {
            let optional = attrs.optional().iter().map(|one| (one.name(), one.value(), one.pos(), one.why()));
            ev.heap.partial_attrs(attrs.iter().collect::<Vec<_>>(), &optional.collect::<Vec<_>>(), Some(why))
        }
        other => other,
    })
}
