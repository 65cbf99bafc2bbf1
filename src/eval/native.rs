//! Native code behind values: built-in functions, and values that are computed on demand.

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::heap::Heap;
use super::repr::Native;
use super::value::{PrimopCall, Signature, Thunk, Value};
use crate::source::Pos;

/// The implementation of a built-in function. It receives `arity` arguments, all unevaluated.
pub(super) type PrimopFn = for<'e> fn(&mut Evaluator<'e>, &[Value<'e>], Pos) -> EvalResult<'e, Value<'e>>;

/// A built-in function.
pub struct Primop {
    /// Its name in messages.
    pub name: &'static str,
    /// The number of arguments.
    pub arity: usize,
    /// A bit mask of the arguments that it always evaluates before anything else, in order; the lowest bit is the
    /// first argument.
    pub strict: u8,
    /// The implementation.
    pub run: PrimopFn,
}

impl std::fmt::Debug for Primop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Native code that computes a value on demand, once.
pub trait Suspend<'e>: 'e {
    /// Computes the value.
    ///
    /// # Errors
    ///
    /// Fails as the evaluation does.
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>>;

    /// The values that alone determine its result, if that applies.
    fn parts(&self) -> Option<[Value<'e>; 3]> {
        None
    }
}

/// What a thunk of native code refers to.
struct Code<'e>(&'e dyn Suspend<'e>);

/// The code that [`Heap::suspend`] stored.
pub(super) fn code<'e>(native: Native<'e>) -> &'e dyn Suspend<'e> {
    // SAFETY: only `Heap::suspend` creates native code, from this type.
    unsafe { native.get::<Code<'e>>() }.0
}

impl<'e> Evaluator<'e> {
    /// Runs a built-in function with all its arguments.
    #[inline]
    pub(super) fn run_primop(
        &mut self,
        call: &PrimopCall<'e>,
        arguments: &[Value<'e>],
        pos: Pos,
    ) -> EvalResult<'e, Value<'e>> {
        debug_assert_eq!(arguments.len(), call.primop.arity);
        // SAFETY: only `Heap::native` creates calls, with an implementation of this type.
        let primop = unsafe { call.implementation.get::<Primop>() };
        (primop.run)(self, arguments, pos)
    }
}

impl<'e> Heap<'e> {
    /// A built-in function with its first arguments.
    pub fn native(&self, primop: &'static Primop, arguments: &[Value<'e>]) -> Value<'e> {
        let Primop { name, arity, strict, .. } = *primop;
        Value::Primop(self.alloc(PrimopCall {
            primop: Signature { name, arity, strict },
            implementation: Native::new(primop),
            arguments: self.alloc_slice(arguments),
        }))
    }

    /// A value that native code computes on demand.
    pub fn suspend(&self, suspended: impl Suspend<'e>) -> Value<'e> {
        let code = Native::new(self.alloc(Code(self.alloc(suspended))));
        Value::Thunk(Thunk::native(self.bump, code))
    }
}
