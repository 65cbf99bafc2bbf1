//! What is evaluated at most once, and how far that is.

use std::alloc::Layout;
use std::cell::Cell;

use bumpalo::Bump;

use super::{Closure, INT, TAG, TaggedValue, address};
use crate::eval::error::EvalError;
use crate::eval::value::{Frame, Suspend, Value};
use crate::syntax::Symbol;
use crate::syntax::expr::Unit;

/// What a thunk is at the moment.
#[derive(Clone, Copy)]
pub(in crate::eval) enum State<'e> {
    /// Code that captured something.
    Code(&'e Unit<'e>),
    /// Something else that yields a value, and which of those that it yields.
    Native(&'e dyn Suspend<'e>, u32),
    /// A call that is made when its result is asked for.
    Call(Value<'e>, Value<'e>),
    /// The call of a function with the name and the value of an attribute.
    CallOn(&'e Closure<'e>, Symbol, TaggedValue<'e>),
    /// Being evaluated right now: whoever asks again asks in a circle.
    Running,
    /// Evaluated.
    Done(Value<'e>),
    /// Failed, and will again; with a trace of that length.
    Failed(EvalError<'e>, usize),
}

const CODE: usize = 0;
const DONE: usize = 1;
const RUNNING: usize = 2;
const FAILED: usize = 3;
const NATIVE: usize = 4;
const CALL: usize = 5;
const CALL_ANY: usize = 6;
const CALL_ON: usize = 7;

/// What a thunk was to do before it ran.
#[derive(Clone, Copy)]
pub(in crate::eval) struct Begun(usize);

/// The shared cell of something that is evaluated at most once.
#[repr(C)]
pub struct Thunk<'e> {
    word: Cell<usize>,
    /// The first word of what it needs, the others behind it; once it is done, the result.
    first: Cell<TaggedValue<'e>>,
}

impl std::fmt::Debug for Thunk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.state() {
            State::Done(_) => "Thunk(done)",
            State::Failed(..) => "Thunk(failed)",
            _ => "Thunk",
        })
    }
}

impl<'e> Thunk<'e> {
    /// A thunk with `count` words behind its first, all null.
    #[inline]
    fn allocate(bump: &'e Bump, word: usize, count: usize) -> &'e Self {
        let layout = Layout::array::<usize>(1 + count.max(1)).expect("a text of 4 GiB captures less");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: there is room for 1 + max(count, 1) words, each of which is written before anything reads it; `Thunk` is two
        // words, `repr(C)`, and both cells have the layout of a word. The provenance of all of them was exposed.
        unsafe {
            start.write(word);
            for at in 1..count.max(1) + 1 {
                start.add(at).write(TaggedValue::NULL.bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// Code whose captures are still to be filled in, see [`Thunk::captured`].
    #[inline]
    pub(in crate::eval) fn hollow(bump: &'e Bump, unit: &'e Unit<'e>) -> &'e Self {
        Self::allocate(bump, address(unit) | CODE, unit.captures.len())
    }

    /// Code with what it captures of this frame.
    #[inline]
    pub(in crate::eval) fn code(bump: &'e Bump, unit: &'e Unit<'e>, frame: &Frame<'_, 'e>) -> &'e Self {
        let count = unit.captures.len();
        let layout = Layout::array::<usize>(1 + count.max(1)).expect("a text of 4 GiB captures less");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: as in `allocate`: there is room for all words, and each is written.
        unsafe {
            start.write(address(unit) | CODE);
            start.add(1).write(TaggedValue::NULL.bits);
            for (at, place) in unit.captures.iter().enumerate() {
                start.add(1 + at).write(frame.cell(*place).get().bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A cell that holds a value.
    pub(in crate::eval) fn finished(bump: &'e Bump, value: TaggedValue<'e>) -> &'e Self {
        let thunk = Self::allocate(bump, DONE, 1);
        thunk.first.set(value);
        thunk
    }

    pub(in crate::eval) fn native(bump: &'e Bump, suspended: &'e dyn Suspend<'e>) -> &'e Self {
        Self::part(bump, bump.alloc(suspended), 0)
    }

    /// One of the values of what yields several.
    #[inline]
    pub(in crate::eval) fn part(bump: &'e Bump, suspended: &'e &'e dyn Suspend<'e>, part: u32) -> &'e Self {
        let thunk = Self::allocate(bump, address(suspended) | NATIVE, 1);
        thunk.first.set(TaggedValue::of_bits((part as usize) << 3 | INT));
        thunk
    }

    #[inline]
    pub(in crate::eval) fn call(bump: &'e Bump, function: Value<'e>, argument: TaggedValue<'e>) -> &'e Self {
        let thunk = match function {
            Value::Lambda(closure) => Self::allocate(bump, address(closure) | CALL, 1),
            _ => {
                let thunk = Self::allocate(bump, CALL_ANY, 2);
                // SAFETY: it has two words behind its first.
                let words = unsafe { thunk.words(2) };
                words[1].set(TaggedValue::new(function, bump));
                thunk
            }
        };
        thunk.first.set(argument);
        thunk
    }

    #[inline]
    pub(in crate::eval) fn call_on(
        bump: &'e Bump,
        function: &'e Closure<'e>,
        name: Symbol,
        value: TaggedValue<'e>,
    ) -> &'e Self {
        let thunk = Self::allocate(bump, address(function) | CALL_ON, 2);
        thunk.first.set(value);
        // SAFETY: it has two words behind its first.
        let words = unsafe { thunk.words(2) };
        words[1].set(TaggedValue::of_bits((name.number() as usize) << 3 | INT));
        thunk
    }

    /// The words behind the first.
    ///
    /// # Safety
    /// `count` is not more than were allocated.
    #[inline]
    unsafe fn words(&'e self, count: usize) -> &'e [Cell<TaggedValue<'e>>] {
        let first = std::ptr::from_ref(&self.first).addr();
        // SAFETY: they were allocated in a row and written; their provenance was exposed.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(first), count) }
    }

    /// What its code captured.
    ///
    /// Only of a thunk whose code is `unit`.
    #[inline]
    pub(in crate::eval) fn captured(&'e self, unit: &'e Unit<'e>) -> &'e [Cell<TaggedValue<'e>>] {
        debug_assert!(self.word.get() == RUNNING || self.word.get() == address(unit) | CODE);
        // SAFETY: a thunk of this code was allocated with as many words.
        unsafe { self.words(unit.captures.len()) }
    }

    /// The result, where it is there.
    #[inline]
    pub(in crate::eval) fn done(&self) -> Option<TaggedValue<'e>> {
        (self.word.get() == DONE).then(|| self.first.get())
    }

    /// The word behind the first.
    ///
    /// # Safety
    /// There is one.
    unsafe fn second(&self) -> TaggedValue<'e> {
        let first = std::ptr::from_ref(&self.first).addr();
        // SAFETY: it was allocated behind the first and written; its provenance was exposed.
        unsafe { (*std::ptr::with_exposed_provenance::<Cell<TaggedValue<'e>>>(first).add(1)).get() }
    }

    /// Its code, where it is some that did not run yet.
    #[inline]
    pub(in crate::eval) fn waiting(&self) -> Option<&'e Unit<'e>> {
        let word = self.word.get();
        // SAFETY: the tag says that the word was made from a reference to a unit, which lives as long as `'e`.
        (word & TAG == CODE).then(|| unsafe { &*std::ptr::with_exposed_provenance(word) })
    }

    /// What it is at the moment.
    pub(in crate::eval) fn state(&self) -> State<'e> {
        let word = self.word.get();
        let pointer = word & !TAG;
        // SAFETY: the tag says what reference the word was made from, which lives as long as `'e`.
        unsafe {
            match word & TAG {
                DONE => State::Done(self.first.get().get()),
                CODE => State::Code(&*std::ptr::with_exposed_provenance(pointer)),
                RUNNING => State::Running,
                FAILED => {
                    let error = EvalError(&*std::ptr::with_exposed_provenance(pointer));
                    State::Failed(error, self.first.get().bits >> 3)
                }
                NATIVE => {
                    let suspended = *std::ptr::with_exposed_provenance::<&'e dyn Suspend<'e>>(pointer);
                    State::Native(suspended, (self.first.get().bits >> 3) as u32)
                }
                CALL => {
                    let function = Value::Lambda(&*std::ptr::with_exposed_provenance(pointer));
                    State::Call(function, self.first.get().get())
                }
                CALL_ON => {
                    let name = Symbol::of_number((self.second().bits >> 3) as u32);
                    State::CallOn(&*std::ptr::with_exposed_provenance(pointer), name, self.first.get())
                }
                _ => State::Call(self.second().get(), self.first.get().get()),
            }
        }
    }

    /// What it was to do; that is still there until it is done.
    #[inline]
    pub(in crate::eval) fn begun(&self) -> Begun {
        Begun(self.word.get())
    }

    /// Makes it what it was before it ran. Only what [`Thunk::begun`] gave of the same thunk, which has not been finished.
    pub(in crate::eval) fn begin_again(&self, before: Begun) {
        self.word.set(before.0);
    }

    #[inline]
    pub(in crate::eval) fn run(&self) {
        self.word.set(RUNNING);
    }

    #[inline]
    pub(in crate::eval) fn finish(&self, value: TaggedValue<'e>) {
        self.first.set(value);
        self.word.set(DONE);
    }

    /// Keeps a failure, and how long its trace was.
    pub(in crate::eval) fn fail(&self, error: EvalError<'e>) {
        self.first.set(TaggedValue::of_bits(error.trace_length() << 3 | INT));
        self.word.set(address(error.0) | FAILED);
    }

    /// Code that captured one thing and gives that, whatever it was before.
    pub(in crate::eval) fn stand_for(&self, unit: &'e Unit<'e>, value: TaggedValue<'e>) {
        assert!(unit.captures.len() == 1, "every thunk has one word at least");
        self.first.set(value);
        self.word.set(address(unit) | CODE);
    }
}
