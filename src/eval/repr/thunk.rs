//! Thunks: cells that are evaluated at most once.

use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;

use bumpalo::Bump;

use super::closure::Closure;
use super::frame::Frame;
use super::tagged::{INT, LAMBDA, TAG, TaggedValue, address};
use crate::code::Symbol;
use crate::code::expr::Unit;
use crate::eval::error::EvalError;

/// The current state of a thunk.
#[derive(Clone, Copy)]
pub(in crate::eval) enum State<'e> {
    /// Code with its captures.
    Code(Code<'e>),
    /// Native code.
    Native(Native<'e>),
    /// A delayed call.
    Call(TaggedValue<'e>, TaggedValue<'e>),
    /// A delayed call of a function with the name and the value of an attribute.
    CallOn(&'e Closure<'e>, Symbol, TaggedValue<'e>),
    /// Being evaluated; evaluating it again is an infinite recursion.
    Running,
    /// Evaluated.
    Done(TaggedValue<'e>),
    /// Failed for good; the number is the length the trace had then.
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

/// Native code that computes a value on demand: the address of what `suspend.rs` knows how to run.
#[derive(Clone, Copy)]
pub(in crate::eval) struct Native<'e> {
    address: usize,
    of: PhantomData<&'e ()>,
}

impl<'e> Native<'e> {
    /// Refers to `code`.
    pub(in crate::eval) fn new<T>(code: &'e T) -> Self {
        const { assert!(align_of::<T>() >= 8, "the low bits are a tag") };
        Self { address: address(code), of: PhantomData }
    }

    /// The code.
    ///
    /// # Safety
    ///
    /// `T` must be the type that [`Native::new`] was called with.
    pub(in crate::eval) unsafe fn get<T>(self) -> &'e T {
        // SAFETY: the address was made from such a reference, which lives for `'e` and whose provenance was exposed.
        unsafe { &*std::ptr::with_exposed_provenance(self.address) }
    }
}

/// A thunk of code that has not run yet.
#[derive(Clone, Copy)]
pub(in crate::eval) struct Code<'e> {
    thunk: &'e Thunk<'e>,
    unit: &'e Unit<'e>,
}

impl<'e> Code<'e> {
    /// The code.
    #[inline]
    pub(in crate::eval) fn unit(self) -> &'e Unit<'e> {
        self.unit
    }

    /// The variables that it captured.
    #[inline]
    pub(in crate::eval) fn captured(self) -> &'e [Cell<TaggedValue<'e>>] {
        // SAFETY: a thunk of this code was allocated with that many words; only `Thunk::waiting` and `Thunk::state`
        // create a `Code`, from the word of the thunk itself.
        unsafe { self.thunk.words(self.unit.captures.len()) }
    }

    /// A copy with the same captures, which has not run either.
    pub(in crate::eval) fn copy(self, bump: &'e Bump) -> &'e Thunk<'e> {
        let copy = Thunk::hollow(bump, self.unit);
        let code = Code { thunk: copy, unit: self.unit };
        for (to, from) in code.captured().iter().zip(self.captured()) {
            to.set(from.get());
        }
        copy
    }
}

/// A thunk that is being evaluated, and what it was before. Its words stay intact until it is finished.
#[must_use = "the thunk is an infinite recursion until this is used"]
pub(in crate::eval) struct Running<'e> {
    thunk: &'e Thunk<'e>,
    word: usize,
}

impl<'e> Running<'e> {
    /// The state before it ran.
    pub(in crate::eval) fn before(&self) -> State<'e> {
        self.thunk.state_of(self.word)
    }

    /// Records the result.
    #[inline]
    pub(in crate::eval) fn finish(self, value: TaggedValue<'e>) {
        self.thunk.first.set(value);
        self.thunk.word.set(DONE);
    }

    /// Records a failure, and the current length of its trace.
    pub(in crate::eval) fn fail(self, error: EvalError<'e>) {
        self.thunk.first.set(TaggedValue::of_bits(error.trace_length() << 3 | INT));
        self.thunk.word.set(address(error.0) | FAILED);
    }

    /// Returns the thunk to the state before it ran.
    pub(in crate::eval) fn rewind(self) {
        self.thunk.word.set(self.word);
    }
}

/// A shared cell that is evaluated at most once.
#[repr(C)]
pub struct Thunk<'e> {
    word: Cell<usize>,
    /// The first word of what it needs; the others follow it. After evaluation, the result.
    first: Cell<TaggedValue<'e>>,
}

impl std::fmt::Debug for Thunk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.word.get() & TAG {
            DONE => "Thunk(done)",
            FAILED => "Thunk(failed)",
            _ => "Thunk",
        })
    }
}

impl<'e> Thunk<'e> {
    /// Allocates a thunk with `count` words after its first, all null.
    #[inline]
    fn allocate(bump: &'e Bump, word: usize, count: usize) -> &'e Self {
        let layout = Layout::array::<usize>(1 + count.max(1)).expect("a text of 4 GiB captures less");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: 1 + max(count, 1) words are allocated, and each is written before anything reads it. `Thunk` is two
        // words, `repr(C)`, and both cells have the layout of a word. The provenance of every pointer was exposed.
        unsafe {
            start.write(word);
            for at in 1..count.max(1) + 1 {
                start.add(at).write(TaggedValue::NULL.bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A thunk of code whose captures the caller must fill in; see [`Code::captured`].
    #[inline]
    pub(in crate::eval) fn hollow(bump: &'e Bump, unit: &'e Unit<'e>) -> &'e Self {
        Self::allocate(bump, address(unit) | CODE, unit.captures.len())
    }

    /// A thunk of code that captures variables of this frame.
    #[inline]
    pub(in crate::eval) fn code(bump: &'e Bump, unit: &'e Unit<'e>, frame: &Frame<'_, 'e>) -> &'e Self {
        let count = unit.captures.len();
        let layout = Layout::array::<usize>(1 + count.max(1)).expect("a text of 4 GiB captures less");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: as in `allocate`: every word is allocated and written.
        unsafe {
            start.write(address(unit) | CODE);
            start.add(1).write(TaggedValue::NULL.bits);
            for (at, variable) in unit.captures.iter().enumerate() {
                start.add(1 + at).write(frame.cell(*variable).get().bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A thunk that is already evaluated.
    pub(in crate::eval) fn finished(bump: &'e Bump, value: TaggedValue<'e>) -> &'e Self {
        let thunk = Self::allocate(bump, DONE, 1);
        thunk.first.set(value);
        thunk
    }

    /// A thunk of native code.
    #[inline]
    pub(in crate::eval) fn native(bump: &'e Bump, code: Native<'e>) -> &'e Self {
        Self::allocate(bump, code.address | NATIVE, 1)
    }

    /// A thunk of a call with one argument.
    #[inline]
    pub(in crate::eval) fn call(bump: &'e Bump, function: TaggedValue<'e>, argument: TaggedValue<'e>) -> &'e Self {
        let thunk = if function.bits & TAG == LAMBDA {
            Self::allocate(bump, (function.bits & !TAG) | CALL, 1)
        } else {
            let thunk = Self::allocate(bump, CALL_ANY, 2);
            // SAFETY: it has two words after its first.
            let words = unsafe { thunk.words(2) };
            words[1].set(function);
            thunk
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
        // SAFETY: it has two words after its first.
        let words = unsafe { thunk.words(2) };
        words[1].set(TaggedValue::of_bits((name.number() as usize) << 3 | INT));
        thunk
    }

    /// The words after the first.
    ///
    /// # Safety
    ///
    /// `count` must not exceed the number allocated.
    #[inline]
    unsafe fn words(&'e self, count: usize) -> &'e [Cell<TaggedValue<'e>>] {
        let first = std::ptr::from_ref(&self.first).addr();
        // SAFETY: they were allocated contiguously and written, and their provenance was exposed.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(first), count) }
    }

    /// The result, if it is evaluated.
    #[inline]
    pub(in crate::eval) fn done(&self) -> Option<TaggedValue<'e>> {
        (self.word.get() == DONE).then(|| self.first.get())
    }

    /// The word after the first.
    ///
    /// # Safety
    ///
    /// The thunk must have one.
    unsafe fn second(&self) -> TaggedValue<'e> {
        let first = std::ptr::from_ref(&self.first).addr();
        // SAFETY: it was allocated after the first and written, and its provenance was exposed.
        unsafe { (*std::ptr::with_exposed_provenance::<Cell<TaggedValue<'e>>>(first).add(1)).get() }
    }

    /// Its code, if it is code that has not run yet.
    #[inline]
    pub(in crate::eval) fn waiting(&'e self) -> Option<Code<'e>> {
        let word = self.word.get();
        // SAFETY: the tag says that the word was made from a reference to a unit, which lives for `'e`.
        (word & TAG == CODE)
            .then(|| Code { thunk: self, unit: unsafe { &*std::ptr::with_exposed_provenance(word) } })
    }

    /// Its current state.
    pub(in crate::eval) fn state(&'e self) -> State<'e> {
        self.state_of(self.word.get())
    }

    /// The state that a word of this thunk stands for.
    fn state_of(&'e self, word: usize) -> State<'e> {
        let pointer = word & !TAG;
        // SAFETY: the tag says which kind of reference the word was made from; it lives for `'e`.
        unsafe {
            match word & TAG {
                DONE => State::Done(self.first.get()),
                CODE => State::Code(Code { thunk: self, unit: &*std::ptr::with_exposed_provenance(pointer) }),
                RUNNING => State::Running,
                FAILED => {
                    let error = EvalError(&*std::ptr::with_exposed_provenance(pointer));
                    State::Failed(error, self.first.get().bits >> 3)
                }
                NATIVE => State::Native(Native { address: pointer, of: PhantomData }),
                CALL => State::Call(TaggedValue::of_bits(pointer | LAMBDA), self.first.get()),
                CALL_ON => {
                    let name = Symbol::of_number((self.second().bits >> 3) as u32);
                    State::CallOn(&*std::ptr::with_exposed_provenance(pointer), name, self.first.get())
                }
                _ => State::Call(self.second(), self.first.get()),
            }
        }
    }

    /// Begins to evaluate it.
    #[inline]
    pub(in crate::eval) fn run(&'e self) -> Running<'e> {
        Running { thunk: self, word: self.word.replace(RUNNING) }
    }

    /// Turns it into code that returns its only capture, whatever it was before.
    pub(in crate::eval) fn stand_for(&self, unit: &'e Unit<'e>, value: TaggedValue<'e>) {
        assert!(unit.captures.len() == 1, "every thunk has one word at least");
        self.first.set(value);
        self.word.set(address(unit) | CODE);
    }
}
