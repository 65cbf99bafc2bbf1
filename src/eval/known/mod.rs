//! Functions of the built-in library whose results are computed natively: the merging of options, which large
//! configurations spend most of their time in.
//!
//! The library is a text that is built into the program. A file with the very same text has the same functions, wherever
//! it lies, and whoever calls one of them gets what its code gives: the same values, as lazily, with the same positions.
//!
//! Invariants:
//! - A function is known by the text of its whole file, and only while all that it relies on is what the library has
//!   there: a function that was put in place of another one is called.
//! - Native code does the plain cases alone. Whatever else it meets (an error, a value of another type, something that is
//!   not known) it *declines*: then the function's own code is evaluated as if nothing had been tried, so that errors and
//!   their traces are those of the code. Nothing is lost by that but time: what was evaluated so far is needed there too.
//! - Nothing is forced before the function's own code would force it, but for what was evaluated already or is at hand.

mod definitions;
mod find;
mod load;
mod options;
#[cfg(test)]
mod tests;
mod tree;

use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::error::{EvalError, EvalResult};
use super::machine::Evaluator;
use super::value::{Attrs, Closure, Frame, Packed, Suspend, Thunk, Value};
use crate::source::{Pos, Span};
use crate::syntax::expr::{AttrsExpr, Function};
use crate::syntax::{Shape, Symbol, Unit};
use find::{Relied, Text};

pub(super) use find::is_known;

/// Native code does not do this case.
struct Declined;

impl From<EvalError<'_>> for Declined {
    fn from(_: EvalError<'_>) -> Self {
        Self
    }
}

/// What native code gives, where it does.
type Native<T> = Result<T, Declined>;

/// Names that the library's values have.
struct Names {
    kind: Symbol,
    file: Symbol,
    from: Symbol,
    value: Symbol,
    options: Symbol,
    condition: Symbol,
    content: Symbol,
    contents: Symbol,
    priority: Symbol,
    option_type: Symbol,
    default: Symbol,
    apply: Symbol,
    read_only: Symbol,
    declarations: Symbol,
    get_sub_modules: Symbol,
    subst_sub_modules: Symbol,
    deprecation: Symbol,
    check: Symbol,
    merge: Symbol,
}

/// What native code has to know of one text of the library.
struct Library<'e> {
    names: Names,
    /// `{ file, value }`, and the same of what was overridden.
    definition: Made<'e>,
    overriding_definition: Made<'e>,
    merged: Made<'e>,
    final_with_priority: Made<'e>,
    optional: Made<'e>,
    matched: Made<'e>,
    /// What a declaration of an option has beyond what was declared; of submodules it has another type.
    declared: Made<'e>,
    substituted: Made<'e>,
    located: Made<'e>,
    /// A module, and one that has neither `options` nor `config`.
    module: Made<'e>,
    short_module: Made<'e>,
    evaluated: Made<'e>,
    /// `mkIf` and `mkOverride`.
    condition: Made<'e>,
    overriding: Made<'e>,
}

/// A set that the library's code makes: native code numbers its names as it lists them.
#[derive(Clone, Copy)]
struct Made<'e> {
    shape: &'e Shape<'e>,
    /// The number of each name, in the order of the shape.
    numbers: &'e [usize],
    /// What the code binds.
    set: &'e AttrsExpr<'e>,
}

impl Made<'_> {
    /// Where the name of that number stands among what the code binds.
    fn place(&self, number: usize) -> usize {
        self.numbers.iter().position(|other| *other == number).expect("each name has its number")
    }
}

/// What is known in one evaluation.
#[derive(Default)]
pub(super) struct Known<'e> {
    /// The functions of each text that was read.
    texts: Vec<Vec<(u8, &'e Function<'e>)>>,
    libraries: FxHashMap<*const Function<'e>, &'e Library<'e>>,
    /// The last of each whose surroundings were looked at, and what is to be known of its library.
    last: [Option<(*const Closure<'e>, &'e Library<'e>)>; find::COUNT],
    /// Something is not as the library has it.
    replaced: bool,
    /// How many functions that declined are being evaluated.
    declined: u32,
    /// How many did.
    #[cfg(test)]
    all_declined: u32,
}

impl<'e> Evaluator<'e> {
    /// Notes which of the functions of a text that was read are known.
    pub(super) fn recognise(&mut self, unit: &'e Unit<'e>) {
        // What may be unknown is left to the code.
        if self.settings.unknowns {
            return;
        }
        let Some(file) = self.sources.file(unit.body.span.start) else { return };
        let Some(text) = Text::of(&file.text) else { return };
        let functions = find::functions(text, unit, |name| self.name(name));
        for (id, function) in &functions {
            function.known.set(*id);
        }
        self.known.texts.push(functions);
    }

    /// The result of a call, where it is one of a function that is known and of a plain case.
    #[inline]
    pub(super) fn shortcut(&mut self, closure: &'e Closure<'e>, frame: &Frame<'_, 'e>) -> Option<Packed<'e>> {
        match closure.lambda.known.get() {
            0 => None,
            id => self.known_call(id, closure, frame),
        }
    }

    #[inline(never)]
    fn known_call(&mut self, id: u8, closure: &'e Closure<'e>, frame: &Frame<'_, 'e>) -> Option<Packed<'e>> {
        if self.known.declined > 0 || self.known.replaced {
            return None;
        }
        let run = find::function(id).run?;
        let library = match self.known.last[usize::from(id) - 1] {
            Some((last, library)) if std::ptr::eq(last, closure) => library,
            _ => self.look_around(id, closure)?,
        };
        let mut arguments = [Packed::NULL; MOST_ARGUMENTS];
        for (argument, slot) in arguments.iter_mut().zip(frame.slots) {
            *argument = slot.get();
        }
        run(self, Call { closure, library, arguments }).ok()
    }

    /// What native code has to know, where all that a function relies on is what the library has there.
    #[cold]
    fn look_around(&mut self, id: u8, closure: &'e Closure<'e>) -> Option<&'e Library<'e>> {
        let mut around = Vec::new();
        match self.relied_on(closure, &mut around) {
            Ok(true) => {}
            Ok(false) => {
                self.known.replaced = true;
                return None;
            }
            Err(_) => return None,
        }
        let library = self.library(closure.lambda.function, &around)?;
        self.known.last[usize::from(id) - 1] = Some((closure, library));
        Some(library)
    }

    /// Whether a function and all that it calls are as the library has them; those that were looked at are added to `seen`.
    fn relied_on(&mut self, closure: &'e Closure<'e>, seen: &mut Vec<&'e Closure<'e>>) -> Native<bool> {
        if seen.iter().any(|other| std::ptr::eq(*other, closure)) {
            return Ok(true);
        }
        seen.push(closure);
        let function = closure.lambda.function;
        for (name, relied) in find::function(function.known.get()).relies_on {
            let symbol = self.symbol(name);
            let Some(at) = function.captured_names.iter().position(|captured| *captured == Some(symbol)) else {
                return Ok(false);
            };
            let value = self.evaluated(closure.captured()[at].get())?.get();
            let holds = match relied {
                Relied::Builtin => {
                    matches!(value, Value::Primop(call) if call.primop.name == *name && call.arguments.is_empty())
                }
                Relied::Is(number) => matches!(value, Value::Int(value) if value == *number),
                Relied::Function => self.is_this_function(value, name, seen)?,
                Relied::Given(name, number) => match value {
                    Value::Lambda(partial) => {
                        let [given] = partial.given() else { return Ok(false) };
                        let given = matches!(given.get().get(), Value::Int(value) if value == *number);
                        given && self.is_known_by(partial, name)
                    }
                    _ => false,
                },
                Relied::Library(names) => {
                    let Value::Attrs(lib) = value else { return Ok(false) };
                    for name in *names {
                        let Some(value) = lib.get(self.symbol(name)) else { return Ok(false) };
                        let value = self.force(value)?;
                        if !self.is_this_function(value, name, seen)? {
                            return Ok(false);
                        }
                    }
                    true
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_known_by(&self, closure: &Closure<'e>, name: &str) -> bool {
        let known = closure.lambda.known.get();
        known != 0 && find::function(known).name == name
    }

    fn is_this_function(&mut self, value: Value<'e>, name: &str, seen: &mut Vec<&'e Closure<'e>>) -> Native<bool> {
        match value {
            Value::Lambda(closure) if closure.lambda.given == 0 && self.is_known_by(closure, name) => {
                self.relied_on(closure, seen)
            }
            _ => Ok(false),
        }
    }
}

/// No known function takes more arguments.
const MOST_ARGUMENTS: usize = 4;

/// A call of a known function.
#[derive(Clone, Copy)]
struct Call<'e> {
    closure: &'e Closure<'e>,
    library: &'e Library<'e>,
    arguments: [Packed<'e>; MOST_ARGUMENTS],
}

/// What the function's own code gives, once somebody asked.
#[derive(Default)]
struct Ordinary<'e>(Cell<Option<Packed<'e>>>);

impl<'e> Ordinary<'e> {
    /// An attribute of the set that the function's own code gives.
    #[cold]
    fn attr(&self, call: &Call<'e>, name: &str, ev: &mut Evaluator<'e>) -> EvalResult<'e, Packed<'e>> {
        let set = match self.0.get() {
            Some(set) => set,
            None => {
                let lambda = call.closure.lambda;
                let arguments = &call.arguments[lambda.given..lambda.given + lambda.missing()];
                ev.known.declined += 1;
                let set = ev.call_with(call.closure, arguments, Pos::NONE);
                ev.known.declined -= 1;
                let set = set?;
                self.0.set(Some(set));
                set
            }
        };
        ev.ordinary_attr(set, name)
    }
}

impl<'e> Evaluator<'e> {
    /// An attribute of what the library's own code gave, evaluated by code too.
    #[cold]
    fn ordinary_attr(&mut self, set: Packed<'e>, name: &str) -> EvalResult<'e, Packed<'e>> {
        #[cfg(test)]
        {
            self.known.all_declined += 1;
        }
        self.known.declined += 1;
        let result = self.force_packed(set).and_then(|set| {
            let symbol = self.symbol(name);
            let Value::Attrs(attrs) = set else { return Err(self.type_error("a set", set, Pos::NONE)) };
            match attrs.find(symbol) {
                Some(attr) => self.evaluated(attr.value),
                None => Err(self.error(Span::NONE, &format!("attribute '{name}' missing"))),
            }
        });
        self.known.declined -= 1;
        result
    }

    /// The thunks of what has several values, of which each is computed when it is asked for.
    fn parts<const COUNT: usize>(&self, record: &'e dyn Suspend<'e>) -> [Packed<'e>; COUNT] {
        let record = &*self.bump.alloc(record);
        let mut part = 0;
        [(); COUNT].map(|()| {
            part += 1;
            self.part(record, part - 1)
        })
    }

    fn part(&self, record: &'e &'e dyn Suspend<'e>, part: u32) -> Packed<'e> {
        self.pack(Value::Thunk(Thunk::part(self.bump, record, part)))
    }
}

/// Reading values natively.
impl<'e> Evaluator<'e> {
    /// A set all names of which are known.
    #[inline]
    fn plain_set(&mut self, value: Packed<'e>) -> Native<&'e Attrs<'e>> {
        match self.evaluated(value)?.get() {
            Value::Attrs(attrs) if attrs.open().is_none() => Ok(attrs),
            _ => Err(Declined),
        }
    }

    fn plain_list(&mut self, value: Packed<'e>) -> Native<&'e [Packed<'e>]> {
        match self.evaluated(value)?.get() {
            Value::List(list) => Ok(list.items()),
            _ => Err(Declined),
        }
    }

    /// `set.name`, as it is kept.
    #[inline]
    fn plain_attr_of(&self, set: &'e Attrs<'e>, name: Symbol) -> Native<Packed<'e>> {
        set.find(name).map(|attr| attr.value).ok_or(Declined)
    }

    /// `value._type or ""`
    #[inline]
    fn kind_of(&mut self, value: Packed<'e>, names: &Names) -> Native<&'e [u8]> {
        let attrs = match self.evaluated(value)?.get() {
            Value::Attrs(attrs) => attrs,
            Value::Unknown(_) | Value::Partly(_) => return Err(Declined),
            _ => return Ok(b""),
        };
        if attrs.open().is_some() {
            return Err(Declined);
        }
        match attrs.find(names.kind) {
            None => Ok(b""),
            Some(kind) => match self.evaluated(kind.value)?.get() {
                Value::String(kind) => Ok(kind.as_bytes()),
                _ => Err(Declined),
            },
        }
    }

    /// A set as the library's code makes it; `value` gives the values by the numbers of their names.
    #[inline]
    fn make(&self, made: Made<'e>, value: impl Fn(usize) -> Packed<'e>) -> Packed<'e> {
        let values = made.numbers.iter().map(|number| value(*number));
        self.pack(Value::Attrs(Attrs::new(self.bump, made.shape, values, None)))
    }

    /// What a function captured under a name.
    fn captured(&mut self, closure: &'e Closure<'e>, name: &str) -> Native<Packed<'e>> {
        let name = Some(self.symbol(name));
        let at = closure.lambda.captured_names.iter().position(|captured| *captured == name).ok_or(Declined)?;
        Ok(self.evaluated(closure.captured()[at].get())?)
    }

    /// The same of a function.
    fn captured_function(&mut self, closure: &'e Closure<'e>, name: &str) -> Native<&'e Closure<'e>> {
        match self.captured(closure, name)?.get() {
            Value::Lambda(function) => Ok(function),
            _ => Err(Declined),
        }
    }

    /// The same value in a cell of its own, where its cell matters: it is another one than what it was bound to.
    fn own_cell(&self, value: Packed<'e>) -> Packed<'e> {
        let done = value.thunk().map_or(Some(value), Thunk::done);
        match done {
            Some(value) if value.is_plain() => value,
            _ => {
                let cell = Thunk::hollow(self.bump, self.stand_in_unit);
                cell.stand_for(self.stand_in_unit, value);
                self.pack(Value::Thunk(cell))
            }
        }
    }

    fn plain_list_of(&self, items: &[Packed<'e>]) -> Packed<'e> {
        self.pack(self.list_of(self.bump.alloc_slice_copy(items)))
    }
}
