//! Modules that `lib.evalModules` cannot load because they are not here: those of flake inputs without their sources.
//!
//! They are passed over with a note, as modules of a host are (`load`), and the configuration may then have options that are
//! not known. The library asks for this in `at-hand.nix`, whose place is taken by functions of ours.

use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Primop, Unknown, Value};
use crate::source::{Pos, Span};

/// The file of the library whose place is taken.
const FILE: &str = "/container-rebuild/lib/at-hand.nix";
/// The key of what stands for a module that is not here.
const ABSENT: &str = "«not at hand»";
/// The attribute in which an unknown definition of a submodule goes through `present` untouched.
const DEFINITION: &str = "«definition»";

static PRESENT: Primop = Primop { name: "present", arity: 1, strict: 0, run: present };
static DEFINED: Primop = Primop { name: "definition", arity: 1, strict: 0, run: definition };
static OPENED: Primop = Primop { name: "opened", arity: 1, strict: 0, run: opened };
static OPENED_AS: Primop = Primop { name: "openedAs", arity: 2, strict: 0, run: opened_as };

/// Puts our functions in the place of the library's.
pub(super) fn provide(ev: &mut Evaluator<'_>) {
    let functions = ev.attrs([
        (ev.symbol("absent"), ev.string(ABSENT), Pos::NONE),
        (ev.symbol("present"), ev.native(&PRESENT, &[]), Pos::NONE),
        (ev.symbol("definition"), ev.native(&DEFINED, &[]), Pos::NONE),
        (ev.symbol("opened"), ev.native(&OPENED, &[]), Pos::NONE),
        (ev.symbol("library"), super::lib::library_function(ev), Pos::NONE),
    ]);
    ev.provide(FILE, functions);
}

/// `of: value:` the set `value`, which may have more names where `of` may.
pub(super) fn opened_as_function<'e>(ev: &Evaluator<'e>) -> Value<'e> {
    ev.native(&OPENED_AS, &[])
}

/// Modules, where one that stands for all of them has the place of those that are not here.
fn present<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let list = match ev.force_partly(args[0])? {
        Value::List(list) => list,
        // Which modules there are is not known; none of them is here for certain.
        Value::Unknown(unknown) => {
            note(ev, unknown, pos);
            return Ok(ev.list([stand_in(ev)]));
        }
        other => return Ok(other),
    };
    let definition = ev.symbol(DEFINITION);
    let mut modules = Vec::with_capacity(list.iter().len());
    for module in list.iter() {
        modules.push(match ev.force(module)? {
            Value::Unknown(unknown) => {
                note(ev, unknown, ev.value_pos(module).unwrap_or(pos));
                stand_in(ev)
            }
            Value::Attrs(attrs) => attrs.get(definition).unwrap_or(module),
            _ => module,
        });
    }
    Ok(ev.list(modules))
}

/// A module without anything in it.
fn stand_in<'e>(ev: &Evaluator<'e>) -> Value<'e> {
    ev.attrs([(ev.symbol("key"), ev.string(ABSENT), Pos::NONE)])
}

fn note<'e>(ev: &mut Evaluator<'e>, unknown: &'e Unknown, at: Pos) {
    let message = format!("a module is not here ({}); it is assumed to define nothing for hosts", unknown.reason());
    let mut note = Diagnostic::note(Code::MissingModule, message);
    let span = if unknown.span() == Span::NONE && !super::lib::is_built_in(ev, at) {
        ev.word_span(at)
    } else {
        unknown.span()
    };
    if span != Span::NONE {
        note = note.at(span, "imported here");
    }
    ev.remark(note);
}

/// What a submodule's definition says. It may be unknown, which is no missing module: the value of the submodule is.
fn definition<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    Ok(match ev.force(args[0])? {
        unknown @ Value::Unknown(_) => ev.attrs([(ev.symbol(DEFINITION), unknown, Pos::NONE)]),
        known => known,
    })
}

/// A configuration that may have options of modules that are not here.
fn opened<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let why = ev.unknown_reason("a module that is not here may declare it", Span::NONE);
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
            ev.partial_attrs(attrs.iter().collect::<Vec<_>>(), &optional.collect::<Vec<_>>(), Some(why))
        }
        other => other,
    })
}
