//! Limits on stack, calls, memory and time. Exceeding one is an ordinary error.

use std::sync::atomic::Ordering;

use super::error::{EvalError, EvalResult};
use super::machine::Evaluator;
use super::stack;
use super::text::Text;
use super::value::TaggedValue;
use crate::source::{Pos, Span};

/// How many steps to take between checks of memory and time.
const STEPS: u32 = 1024;

impl<'e> Evaluator<'e> {
    /// Counts a step, and fails if a limit is reached. Every call and every thunk is a step, so no endless evaluation
    /// escapes.
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

    /// Fails if the stack is nearly used up.
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

    /// Fails if `more` bytes would exceed the memory limit, or if the evaluation was told to stop.
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

    /// Whether a limit is reached already.
    pub(crate) fn is_full(&self) -> bool {
        self.reserve(0, Span::NONE).is_err()
    }

    /// Runs `work` with at most `bytes` more memory, within the overall limit. If it runs out, what follows still has
    /// its memory.
    pub(crate) fn with_room<T>(&mut self, bytes: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let most = self.settings.most_memory;
        let used = self.bump.allocated_bytes() + self.failures.bytes();
        self.settings.most_memory = most.min(used.saturating_add(bytes));
        let result = work(self);
        self.settings.most_memory = most;
        result
    }

    /// Fails if there is no memory for a list of `count` items, and as much again for collecting them.
    pub(super) fn reserve_items(&self, count: usize, pos: Pos) -> EvalResult<'e, ()> {
        self.reserve(2 * count * size_of::<TaggedValue<'_>>(), Span::at(pos))
    }

    /// Fails if a text has grown too long; it is copied once more when it is complete.
    pub(super) fn reserve_text(&self, text: &Text<'e>, span: Span) -> EvalResult<'e, ()> {
        self.reserve(2 * text.bytes.len(), span)
    }

    /// Runs one level of a recursive operation, which counts as a call.
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
