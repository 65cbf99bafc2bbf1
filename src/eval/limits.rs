//! What an evaluation may use up: stack, calls, memory and time. Whatever exceeds it is an error like any other.

use std::sync::atomic::Ordering;

use super::error::{EvalError, EvalResult};
use super::machine::Evaluator;
use super::stack;
use super::text::Text;
use super::value::TaggedValue;
use crate::source::{Pos, Span};

/// Memory and time are looked at once in so many steps.
const STEPS: u32 = 1024;

impl<'e> Evaluator<'e> {
    /// Refuses to take one more step where a limit is reached. Calls and thunks are steps: nothing goes on without any.
    #[inline]
    pub(super) fn tick(&mut self, span: Span) -> EvalResult<'e, ()> {
        self.check_stack(span)?;
        match self.until_check.checked_sub(1) {
            Some(left) => {
                self.until_check = left;
                Ok(())
            }
            None => {
                self.until_check = STEPS;
                self.reserve(0, span)
            }
        }
    }

    /// Refuses to go deeper than the stack is.
    #[inline]
    pub(super) fn check_stack(&self, span: Span) -> EvalResult<'e, ()> {
        let here = 0_u8;
        if (&raw const here).addr() < self.lowest_address {
            return Err(self.stack_overflow(span));
        }
        Ok(())
    }

    #[cold]
    fn stack_overflow(&self, span: Span) -> EvalError<'e> {
        self.error(span, "stack overflow; the evaluation is nested too deeply")
    }

    /// Refuses to take `more` bytes where they are too many, and to go on after somebody said stop.
    pub(super) fn reserve(&self, more: usize, span: Span) -> EvalResult<'e, ()> {
        let stack = self.first_address.saturating_sub(stack::address());
        let used = self.bump.allocated_bytes() + self.failures.bytes();
        if used.saturating_add(stack).saturating_add(more) > self.settings.most_memory {
            let most = self.settings.most_memory >> 20;
            return Err(self.error(span, &format!("out of memory; the evaluation may use {most} MiB")));
        }
        if self.settings.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(self.error(span, "out of time; the evaluation takes too long"));
        }
        Ok(())
    }

    /// Whether there is no room for anything more.
    pub(crate) fn is_full(&self) -> bool {
        self.reserve(0, Span::NONE).is_err()
    }

    /// Does work that may take `bytes` more memory, and no more than everything may take together: beyond that it fails, and what
    /// comes after it has room as before.
    pub(crate) fn with_room<T>(&mut self, bytes: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let most = self.settings.most_memory;
        let used = self.bump.allocated_bytes() + self.failures.bytes();
        self.settings.most_memory = most.min(used.saturating_add(bytes));
        let result = work(self);
        self.settings.most_memory = most;
        result
    }

    /// Refuses to make a list of `count` items where there is no room for it; counts the one that is being gathered too.
    pub(super) fn reserve_items(&self, count: usize, pos: Pos) -> EvalResult<'e, ()> {
        self.reserve(2 * count * size_of::<TaggedValue<'_>>(), Span::at(pos))
    }

    /// Refuses to go on with a text that is too long already; it is copied when it is done.
    pub(super) fn reserve_text(&self, text: &Text<'e>, span: Span) -> EvalResult<'e, ()> {
        self.reserve(2 * text.bytes.len(), span)
    }

    /// Does a part of a deep operation one level further down, which counts as a call does.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        work: impl FnOnce(&mut Self) -> EvalResult<'e, T>,
    ) -> EvalResult<'e, T> {
        self.tick(span)?;
        if self.depth >= self.settings.max_call_depth {
            return Err(self.error(span, "stack overflow; max-call-depth exceeded"));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }
}
