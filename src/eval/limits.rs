//! What an evaluation may use up: stack, calls, memory and time. Whatever exceeds it is an error like any other.

use std::sync::atomic::Ordering;

use super::error::EvalResult;
use super::machine::Evaluator;
use crate::source::Span;

/// Memory and time are looked at once in so many steps.
const STEPS: u32 = 1024;

impl<'e> Evaluator<'e> {
    /// Refuses to take one more step where a limit is reached.
    pub(super) fn check(&mut self, span: Span) -> EvalResult<'e, ()> {
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
    pub(super) fn check_stack(&self, span: Span) -> EvalResult<'e, ()> {
        let here = 0_u8;
        if (&raw const here).addr() < self.lowest_address {
            return Err(self.error(span, "stack overflow; the evaluation is nested too deeply"));
        }
        Ok(())
    }

    /// Refuses to take `more` bytes where they are too many, and to go on after somebody said stop.
    pub(super) fn reserve(&self, more: usize, span: Span) -> EvalResult<'e, ()> {
        if self.bump.allocated_bytes().saturating_add(more) > self.settings.most_memory {
            let most = self.settings.most_memory >> 20;
            return Err(self.error(span, &format!("out of memory; the evaluation may use {most} MiB")));
        }
        if self.settings.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(self.error(span, "out of time; the evaluation takes too long"));
        }
        Ok(())
    }

    /// Does a part of a deep operation one level further down, which counts as a call does.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        work: impl FnOnce(&mut Self) -> EvalResult<'e, T>,
    ) -> EvalResult<'e, T> {
        self.check_stack(span)?;
        if self.depth >= self.settings.max_call_depth {
            return Err(self.error(span, "stack overflow; max-call-depth exceeded"));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }
}
