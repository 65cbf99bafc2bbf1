//! `evalOptionValue`, and what comes before it: the declaration of an option, and the option with its value.

use std::cell::Cell;

use super::definitions::{Definition, Merging, Source};
use super::tree::Branch;
use super::{Call, Declined, Evaluator, Library, Native, Ordinary, Packed};
use crate::eval::EvalResult;
use crate::eval::value::{Attrs, Closure, Frame, Suspend, Value};
use crate::syntax::expr::{Expr, Lambda};

/// What an evaluated option has beyond its declaration. The first ones are computed when they are asked for.
pub(super) const PARTS: [&str; 7] =
    ["value", "highestPrio", "isDefined", "definitions", "files", "definitionsWithLocations", "__toString"];
const VALUE: u32 = 0;
const HIGHEST: u32 = 1;
const IS_DEFINED: u32 = 2;
const DEFINITIONS: u32 = 3;
const FILES: u32 = 4;
const TO_STRING: usize = 6;

/// What the declaration of an option has beyond what was declared.
pub(super) const DECLARED: [&str; 5] = ["loc", "declarations", "declarationPositions", "options", "type"];

/// How the code of the library would get at the same option.
#[derive(Clone, Copy)]
pub(super) enum Origin<'e> {
    /// A call of `evalOptionValue`.
    Call(Call<'e>),
    /// An option among those that are merged.
    Tree(&'e Branch<'e>),
}

/// An option and its value.
struct Evaluated<'e> {
    origin: Origin<'e>,
    option: &'e Attrs<'e>,
    merging: Merging<'e>,
    ordinary: Ordinary<'e>,
}

impl<'e> Evaluated<'e> {
    fn native(&self, part: u32, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        let merging = &self.merging;
        let names = &merging.library.names;
        if let Some(read_only) = self.option.find(names.read_only)
            && ev.evaluated(read_only.value)?.truth().ok_or(Declined)?
            && merging.count(ev)? > 1
        {
            return Err(Declined);
        }
        Ok(match part {
            VALUE if self.option.find(names.apply).is_some() => return Err(Declined),
            VALUE => merging.value(ev)?,
            HIGHEST => {
                let (highest, _) = merging.filtered(ev)?;
                ev.pack(Value::Int(highest))
            }
            IS_DEFINED => Packed::bool(!merging.finals(ev)?.1.is_empty()),
            DEFINITIONS => {
                let values = merging.finals(ev)?.1.iter().map(|definition| ev.own_cell(definition.value));
                let values: Vec<_> = values.collect();
                ev.plain_list_of(&values)
            }
            FILES => {
                let files = merging.finals(ev)?.1.iter().map(|definition| ev.own_cell(definition.file));
                let files: Vec<_> = files.collect();
                ev.plain_list_of(&files)
            }
            _ => merging.final_sets(ev)?,
        })
    }

    #[cold]
    fn by_code(&self, part: u32, ev: &mut Evaluator<'e>) -> EvalResult<'e, Packed<'e>> {
        let name = PARTS[part as usize];
        match self.origin {
            Origin::Call(call) => self.ordinary.attr(&call, name, ev),
            Origin::Tree(branch) => {
                let option = branch.by_code(ev)?;
                ev.ordinary_attr(option, name)
            }
        }
    }
}

impl<'e> Suspend<'e> for Evaluated<'e> {
    fn resume(&self, _: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        unreachable!("it has several values")
    }

    fn resume_part(&'e self, part: u32, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        match self.native(part, ev) {
            Ok(value) => Ok(value.get()),
            Err(Declined) => self.by_code(part, ev).map(Packed::get),
        }
    }
}

/// `evalOptionValue loc opt defs`
pub(super) fn eval_option_value<'e>(ev: &mut Evaluator<'e>, call: Call<'e>) -> Native<Packed<'e>> {
    let [loc, option, definitions, _] = call.arguments;
    let option = ev.plain_set(option)?;
    evaluate(ev, call.library, Origin::Call(call), call.closure, loc, option, Source::List(definitions))
}

/// An option with its value; `closure` is `evalOptionValue`.
pub(super) fn evaluate<'e>(
    ev: &mut Evaluator<'e>,
    library: &'e Library<'e>,
    origin: Origin<'e>,
    closure: &'e Closure<'e>,
    loc: Packed<'e>,
    option: &'e Attrs<'e>,
    definitions: Source<'e>,
) -> Native<Packed<'e>> {
    let names = &library.names;
    let option_type = ev.plain_attr_of(option, names.option_type)?;
    let of_type = ev.plain_set(option_type)?;
    if let Some(deprecated) = of_type.find(names.deprecation)
        && !matches!(ev.evaluated(deprecated.value)?.get(), Value::Null)
    {
        return Err(Declined);
    }
    let default = match option.find(names.default) {
        None => None,
        Some(default) => {
            let declarations = ev.plain_attr_of(option, names.declarations)?;
            let file = ev.plain_list(declarations)?.first().copied().ok_or(Declined)?;
            Some(Definition::new(file, default.value))
        }
    };
    let merging = Merging::new(library, [loc, option_type], default, definitions);
    let record = &*ev.bump.alloc(Evaluated { origin, option, merging, ordinary: Ordinary::default() });
    let parts: [Packed<'e>; TO_STRING] = ev.parts(record);
    let to_string = to_string(library).ok_or(Declined)?;
    let slots = [Cell::new(loc), Cell::new(Packed::NULL), Cell::new(Packed::NULL)];
    let frame = Frame { slots: &slots, captured: closure.captured() };
    let to_string = ev.pack(Value::Lambda(Closure::new(ev.bump, to_string, &frame)));
    let more = ev.make(library.evaluated, |name| if name == TO_STRING { to_string } else { parts[name] });
    let Value::Attrs(more) = more.get() else { return Err(Declined) };
    let value = ev.merge(option, more);
    Ok(ev.pack(value))
}

/// The function that the code of `evalOptionValue` makes for `__toString`, which sees its arguments alone.
fn to_string<'e>(library: &Library<'e>) -> Option<&'e Lambda<'e>> {
    let at = library.evaluated.numbers.iter().position(|number| *number == TO_STRING)?;
    let Expr::Lambda(lambda) = &library.evaluated.set.bindings.entries.get(at)?.value.node().expr else {
        return None;
    };
    Some(lambda)
}

/// `isOption x`
pub(super) fn is_option<'e>(ev: &mut Evaluator<'e>, call: Call<'e>) -> Native<Packed<'e>> {
    let [value, ..] = call.arguments;
    Ok(Packed::bool(ev.kind_of(value, &call.library.names)? == b"option"))
}
