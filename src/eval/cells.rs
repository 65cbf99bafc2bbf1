//! How values lie in memory: a word each, and thunks and closures with what they captured behind them.
//!
//! A [`Packed`] is a [`Value`] in one word: an address with a tag in its low bits, or a small number. A [`Thunk`] is a word
//! that says what is to be done, and behind it what that needs; the result takes the place of the first of those. A
//! [`Closure`] is its code and what it captured. [`Attrs`] are their shape and a value for each of its names, or layers of such.
//!
//! This is the file of unsafe code of the evaluator, with that of `append`. What it relies on:
//! - Addresses are those of references that live as long as the arena (`'e`), given away with `expose_provenance` when they
//!   are packed; nothing in the arena is freed or moved before. Only [`Packed::new`] and the setters here make tagged words, each
//!   from a reference of the type that its tag stands for.
//! - All that is pointed to is aligned to 8 bytes, so that three bits are free for tags (asserted below).
//! - The words behind a thunk, a closure or a set are allocated with it, as many as its code captures (and, of a closure, as
//!   were given already) or its shape has names; code and shapes do not change. A set of layers has none,
//!   and what [`Layers::flat`] gives has no layers.

use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;

use bumpalo::Bump;

use super::error::{EvalError, Failure};
use super::layers::Layers;
use super::perhaps::Rest;
use super::value::{Frame, List, Suspend, Value};
use crate::syntax::expr::{Lambda, Unit};
use crate::syntax::{Hint, Shape, Str, Symbol};

const TAG: usize = 7;
const THUNK: usize = 0;
const INT: usize = 1;
const CONSTANT: usize = 2;
const STRING: usize = 3;
const LIST: usize = 4;
const ATTRS: usize = 5;
const LAMBDA: usize = 6;
const BOXED: usize = 7;

const _: () = assert!(size_of::<usize>() == 8 && size_of::<Packed<'_>>() == 8 && size_of::<Thunk<'_>>() == 16);
const _: () = assert!(align_of::<Thunk<'_>>() == 8 && align_of::<Closure<'_>>() == 8 && align_of::<Str<'_>>() == 8);
const _: () = assert!(align_of::<List<'_>>() == 8 && align_of::<Attrs<'_>>() == 8 && align_of::<Value<'_>>() == 8);
const _: () =
    assert!(align_of::<Unit<'_>>() == 8 && align_of::<Failure<'_>>() == 8 && align_of::<Shape<'_>>() == 8);
const _: () = assert!(align_of::<Layers<'_>>() == 8);

/// A value in one word.
#[derive(Clone, Copy)]
pub(super) struct Packed<'e> {
    bits: usize,
    of: PhantomData<Value<'e>>,
}

impl std::fmt::Debug for Packed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).expose_provenance()
}

impl<'e> Packed<'e> {
    pub(super) const NULL: Self = Self::of_bits(CONSTANT);

    const fn of_bits(bits: usize) -> Self {
        Self { bits, of: PhantomData }
    }

    /// Packs a value; what does not fit into a word goes to the arena.
    #[inline]
    pub(super) fn new(value: Value<'e>, bump: &'e Bump) -> Self {
        Self::of_bits(match value {
            Value::Thunk(thunk) => address(thunk) | THUNK,
            Value::String(text) => address(text) | STRING,
            Value::List(list) => address(list) | LIST,
            Value::Attrs(attrs) => address(attrs) | ATTRS,
            Value::Lambda(closure) => address(closure) | LAMBDA,
            Value::Null => CONSTANT,
            Value::Bool(value) => CONSTANT | (usize::from(value) + 1) << 3,
            Value::Int(value) if value << 3 >> 3 == value => (value << 3).cast_unsigned() as usize | INT,
            Value::Int(_)
            | Value::Float(_)
            | Value::Path(_)
            | Value::Primop(_)
            | Value::Partly(_)
            | Value::Unknown(_) => return Self::boxed(value, bump),
        })
    }

    #[inline(never)]
    fn boxed(value: Value<'e>, bump: &'e Bump) -> Self {
        Self::of_bits(address(bump.alloc(value)) | BOXED)
    }

    #[inline]
    fn pointer<T>(self) -> *const T {
        std::ptr::with_exposed_provenance(self.bits & !TAG)
    }

    /// The value.
    #[inline]
    pub(super) fn get(self) -> Value<'e> {
        // SAFETY: the tag says what reference the word was made from, which lives as long as `'e`.
        unsafe {
            match self.bits & TAG {
                THUNK => Value::Thunk(&*self.pointer()),
                INT => Value::Int(self.bits.cast_signed() as i64 >> 3),
                STRING => Value::String(&*self.pointer()),
                LIST => Value::List(&*self.pointer()),
                ATTRS => Value::Attrs(&*self.pointer()),
                LAMBDA => Value::Lambda(&*self.pointer()),
                BOXED => *self.pointer(),
                _ => match self.bits >> 3 {
                    0 => Value::Null,
                    which => Value::Bool(which == 2),
                },
            }
        }
    }

    #[inline]
    pub(super) fn bool(value: bool) -> Self {
        Self::of_bits(CONSTANT | (usize::from(value) + 1) << 3)
    }

    /// Which of the two it is, where it is `true` or `false`.
    #[inline]
    pub(super) fn truth(self) -> Option<bool> {
        (self.bits & TAG == CONSTANT && self.bits != CONSTANT).then_some(self.bits >> 3 == 2)
    }

    /// Whether it is evaluated, and of a kind that equals whatever says the same: no function, list or float.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        matches!(self.bits & TAG, INT | CONSTANT | STRING | ATTRS)
    }

    /// Whether it is of a rare kind, such as what is unknown.
    #[inline]
    pub(super) fn is_boxed(self) -> bool {
        self.bits & TAG == BOXED
    }

    /// The thunk that it is, if it is one.
    #[inline]
    pub(super) fn thunk(self) -> Option<&'e Thunk<'e>> {
        // SAFETY: as above.
        (self.bits & TAG == THUNK).then(|| unsafe { &*self.pointer() })
    }
}

/// What a thunk is at the moment.
#[derive(Clone, Copy)]
pub(super) enum State<'e> {
    /// Code that captured something.
    Code(&'e Unit<'e>),
    /// Something else that yields a value, and which of those that it yields.
    Native(&'e dyn Suspend<'e>, u32),
    /// A call that is made when its result is asked for.
    Call(Value<'e>, Value<'e>),
    /// The call of a function with the name and the value of an attribute.
    CallOn(&'e Closure<'e>, Symbol, Packed<'e>),
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
pub(super) struct Begun(usize);

/// The shared cell of something that is evaluated at most once.
#[repr(C)]
pub struct Thunk<'e> {
    word: Cell<usize>,
    /// The first word of what it needs, the others behind it; once it is done, the result.
    first: Cell<Packed<'e>>,
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
                start.add(at).write(Packed::NULL.bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// Code whose captures are still to be filled in, see [`Thunk::captured`].
    #[inline]
    pub(super) fn hollow(bump: &'e Bump, unit: &'e Unit<'e>) -> &'e Self {
        Self::allocate(bump, address(unit) | CODE, unit.captures.len())
    }

    /// Code with what it captures of this frame.
    #[inline]
    pub(super) fn code(bump: &'e Bump, unit: &'e Unit<'e>, frame: &Frame<'_, 'e>) -> &'e Self {
        let count = unit.captures.len();
        let layout = Layout::array::<usize>(1 + count.max(1)).expect("a text of 4 GiB captures less");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: as in `allocate`: there is room for all words, and each is written.
        unsafe {
            start.write(address(unit) | CODE);
            start.add(1).write(Packed::NULL.bits);
            for (at, place) in unit.captures.iter().enumerate() {
                start.add(1 + at).write(frame.cell(*place).get().bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A cell that holds a value.
    pub(super) fn finished(bump: &'e Bump, value: Packed<'e>) -> &'e Self {
        let thunk = Self::allocate(bump, DONE, 1);
        thunk.first.set(value);
        thunk
    }

    pub(super) fn native(bump: &'e Bump, suspended: &'e dyn Suspend<'e>) -> &'e Self {
        Self::part(bump, bump.alloc(suspended), 0)
    }

    /// One of the values of what yields several.
    #[inline]
    pub(super) fn part(bump: &'e Bump, suspended: &'e &'e dyn Suspend<'e>, part: u32) -> &'e Self {
        let thunk = Self::allocate(bump, address(suspended) | NATIVE, 1);
        thunk.first.set(Packed::of_bits((part as usize) << 3 | INT));
        thunk
    }

    #[inline]
    pub(super) fn call(bump: &'e Bump, function: Value<'e>, argument: Packed<'e>) -> &'e Self {
        let thunk = match function {
            Value::Lambda(closure) => Self::allocate(bump, address(closure) | CALL, 1),
            _ => {
                let thunk = Self::allocate(bump, CALL_ANY, 2);
                // SAFETY: it has two words behind its first.
                let words = unsafe { thunk.words(2) };
                words[1].set(Packed::new(function, bump));
                thunk
            }
        };
        thunk.first.set(argument);
        thunk
    }

    #[inline]
    pub(super) fn call_on(bump: &'e Bump, function: &'e Closure<'e>, name: Symbol, value: Packed<'e>) -> &'e Self {
        let thunk = Self::allocate(bump, address(function) | CALL_ON, 2);
        thunk.first.set(value);
        // SAFETY: it has two words behind its first.
        let words = unsafe { thunk.words(2) };
        words[1].set(Packed::of_bits((name.number() as usize) << 3 | INT));
        thunk
    }

    /// The words behind the first.
    ///
    /// # Safety
    /// `count` is not more than were allocated.
    #[inline]
    unsafe fn words(&'e self, count: usize) -> &'e [Cell<Packed<'e>>] {
        let first = std::ptr::from_ref(&self.first).addr();
        // SAFETY: they were allocated in a row and written; their provenance was exposed.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(first), count) }
    }

    /// What its code captured.
    ///
    /// Only of a thunk whose code is `unit`.
    #[inline]
    pub(super) fn captured(&'e self, unit: &'e Unit<'e>) -> &'e [Cell<Packed<'e>>] {
        debug_assert!(self.word.get() == RUNNING || self.word.get() == address(unit) | CODE);
        // SAFETY: a thunk of this code was allocated with as many words.
        unsafe { self.words(unit.captures.len()) }
    }

    /// The result, where it is there.
    #[inline]
    pub(super) fn done(&self) -> Option<Packed<'e>> {
        (self.word.get() == DONE).then(|| self.first.get())
    }

    /// The word behind the first.
    ///
    /// # Safety
    /// There is one.
    unsafe fn second(&self) -> Packed<'e> {
        let first = std::ptr::from_ref(&self.first).addr();
        // SAFETY: it was allocated behind the first and written; its provenance was exposed.
        unsafe { (*std::ptr::with_exposed_provenance::<Cell<Packed<'e>>>(first).add(1)).get() }
    }

    /// Its code, where it is some that did not run yet.
    #[inline]
    pub(super) fn waiting(&self) -> Option<&'e Unit<'e>> {
        let word = self.word.get();
        // SAFETY: the tag says that the word was made from a reference to a unit, which lives as long as `'e`.
        (word & TAG == CODE).then(|| unsafe { &*std::ptr::with_exposed_provenance(word) })
    }

    /// What it is at the moment.
    pub(super) fn state(&self) -> State<'e> {
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
    pub(super) fn begun(&self) -> Begun {
        Begun(self.word.get())
    }

    /// Makes it what it was before it ran. Only what [`Thunk::begun`] gave of the same thunk, which has not been finished.
    pub(super) fn begin_again(&self, before: Begun) {
        self.word.set(before.0);
    }

    #[inline]
    pub(super) fn run(&self) {
        self.word.set(RUNNING);
    }

    #[inline]
    pub(super) fn finish(&self, value: Packed<'e>) {
        self.first.set(value);
        self.word.set(DONE);
    }

    /// Keeps a failure, and how long its trace was.
    pub(super) fn fail(&self, error: EvalError<'e>) {
        self.first.set(Packed::of_bits(error.trace_length() << 3 | INT));
        self.word.set(address(error.0) | FAILED);
    }

    /// Code that captured one thing and gives that, whatever it was before.
    pub(super) fn stand_for(&self, unit: &'e Unit<'e>, value: Packed<'e>) {
        assert!(unit.captures.len() == 1, "every thunk has one word at least");
        self.first.set(value);
        self.word.set(address(unit) | CODE);
    }
}

/// A function with what it captured, and the arguments that were given already.
#[repr(C)]
pub struct Closure<'e> {
    pub(super) lambda: &'e Lambda<'e>,
    rest: [Cell<Packed<'e>>; 0],
}

impl std::fmt::Debug for Closure<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Closure")
    }
}

impl<'e> Closure<'e> {
    /// A function whose captures and given arguments are still to be filled in.
    #[inline]
    pub(super) fn hollow(bump: &'e Bump, lambda: &'e Lambda<'e>) -> &'e Self {
        let count = lambda.captures.len() + lambda.given;
        let layout = Layout::array::<usize>(1 + count).expect("a text of 4 GiB captures less");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: there is room for 1 + count words, each of which is written; `Closure` is one word, `repr(C)`, with the layout
        // of a reference. The provenance of all of them was exposed.
        unsafe {
            start.cast::<&'e Lambda<'e>>().write(lambda);
            for at in 1..count + 1 {
                start.add(at).write(Packed::NULL.bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A function with what it captures of this frame.
    #[inline]
    pub(super) fn new(bump: &'e Bump, lambda: &'e Lambda<'e>, frame: &Frame<'_, 'e>) -> &'e Self {
        let closure = Self::hollow(bump, lambda);
        frame.capture(lambda.captures, closure.captured());
        closure
    }

    /// What it captured, and behind that the arguments that were given already.
    #[inline]
    pub(super) fn words(&'e self) -> &'e [Cell<Packed<'e>>] {
        let start = std::ptr::from_ref(&self.rest).addr();
        let count = self.lambda.captures.len() + self.lambda.given;
        // SAFETY: as many were allocated behind it in a row, and written; their provenance was exposed.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(start), count) }
    }

    /// What it captured.
    #[inline]
    pub(super) fn captured(&'e self) -> &'e [Cell<Packed<'e>>] {
        &self.words()[..self.lambda.captures.len()]
    }

    /// The arguments that were given already.
    #[inline]
    pub(super) fn given(&'e self) -> &'e [Cell<Packed<'e>>] {
        &self.words()[self.lambda.captures.len()..]
    }
}

/// Whether there is a word before the values that says what other names there may be.
const OPEN: usize = 1;
/// Whether the word stands for layers, and not for a shape; nothing is behind it then.
const LAYERED: usize = 2;

/// A set.
#[repr(C)]
pub struct Attrs<'e> {
    word: usize,
    words: [Cell<Packed<'e>>; 0],
}

impl std::fmt::Debug for Attrs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

impl<'e> Attrs<'e> {
    /// A set of this shape with these values, one for each of its names, and what other names there may be.
    #[inline]
    pub(super) fn new(
        bump: &'e Bump,
        shape: &'e Shape<'e>,
        mut values: impl Iterator<Item = Packed<'e>>,
        rest: Option<&'e Rest<'e>>,
    ) -> &'e Self {
        let (count, open) = (shape.keys().len(), usize::from(rest.is_some()));
        let layout = Layout::array::<usize>(1 + open + count).expect("there is no memory for as many");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: there is room for 1 + open + count words, each of which is written before anything reads it; `Attrs` is one
        // word, `repr(C)`. The provenance of all of them was exposed.
        unsafe {
            start.write(address(shape) | if open == 0 { 0 } else { OPEN });
            if let Some(rest) = rest {
                start.add(1).write(address(rest));
            }
            for at in 1 + open..1 + open + count {
                start.add(at).write(values.next().expect("there are as many values as names").bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A set that is made of layers.
    pub(super) fn layered(bump: &'e Bump, layers: &'e Layers<'e>) -> &'e Self {
        bump.alloc(Self { word: address(layers) | LAYERED, words: [] })
    }

    /// The layers that it is made of, if it is.
    #[inline]
    pub(super) fn layers(&self) -> Option<&'e Layers<'e>> {
        // SAFETY: where the bit is set, the word was made from such a reference, which lives as long as `'e`.
        (self.word & LAYERED != 0).then(|| unsafe { &*std::ptr::with_exposed_provenance(self.word & !LAYERED) })
    }

    /// Its names.
    #[inline]
    pub(super) fn shape(&self) -> &'e Shape<'e> {
        match self.layers() {
            // SAFETY: it has none.
            None => unsafe { self.own_shape() },
            // SAFETY: what `flat` gives has none.
            Some(layers) => unsafe { layers.flat().own_shape() },
        }
    }

    /// # Safety
    /// It has no layers.
    #[inline]
    unsafe fn own_shape(&self) -> &'e Shape<'e> {
        debug_assert!(self.word & LAYERED == 0);
        // SAFETY: then the word was made from a reference to a shape, which lives as long as `'e`.
        unsafe { &*std::ptr::with_exposed_provenance(self.word & !OPEN) }
    }

    /// Which other names it may have.
    #[inline]
    pub(super) fn open(&self) -> Option<&'e Rest<'e>> {
        let rest = std::ptr::from_ref(&self.words).addr();
        // SAFETY: where the bit is set, the next word was made from such a reference.
        (self.word & OPEN != 0).then(|| unsafe { &**std::ptr::with_exposed_provenance::<&'e Rest<'e>>(rest) })
    }

    /// Its values, in the order of its names.
    #[inline]
    pub(super) fn values(&self) -> &'e [Packed<'e>] {
        match self.layers() {
            // SAFETY: it has none.
            None => unsafe { self.own_values() },
            // SAFETY: what `flat` gives has none.
            Some(layers) => unsafe { layers.flat().own_values() },
        }
    }

    /// # Safety
    /// It has no layers.
    #[inline]
    unsafe fn own_values(&self) -> &'e [Packed<'e>] {
        let start = std::ptr::from_ref(&self.words).addr() + (self.word & OPEN) * size_of::<usize>();
        // SAFETY: one for each name was allocated there in a row, and written; their provenance was exposed, and nobody
        // writes them again.
        unsafe {
            std::slice::from_raw_parts(std::ptr::with_exposed_provenance(start), self.own_shape().keys().len())
        }
    }

    /// The value of a name; where it was found last is looked at first.
    #[inline]
    pub(super) fn get_again(&self, name: Symbol, hint: &Hint) -> Option<Packed<'e>> {
        if hint.shape.get() == self.word {
            // SAFETY: a hint is set below alone, and never by a set of layers.
            return unsafe { self.own_values() }.get(hint.at.get() as usize).copied();
        }
        self.get_anew(name, hint)
    }

    #[inline(never)]
    fn get_anew(&self, name: Symbol, hint: &Hint) -> Option<Packed<'e>> {
        if let Some(layers) = self.layers() {
            return match layers.made_flat() {
                Some(flat) => flat.get_again(name, hint),
                None => layers.find(name).map(|attr| attr.value),
            };
        }
        let (shape, last) = (self.shape(), hint.at.get() as usize);
        let at = match shape.keys().get(last) {
            Some(key) if key.name == name => last,
            _ => shape.find(name)?,
        };
        hint.at.set(u32::try_from(at).ok()?);
        hint.shape.set(self.word);
        Some(self.values()[at])
    }
}
