//! Limits on stack, calls, memory and time. Exceeding one is an ordinary error.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::{EvalError, EvalResult};
use super::report::Reporter;
use super::repr::TaggedValue;
use super::stack;
use crate::source::{Pos, Span};

/// How many steps to take between checks of memory and time.
const STEPS: u32 = 1024;

/// What an evaluation may use, and what it uses now.
pub(crate) struct Limits<'e> {
    report: Reporter<'e>,
    /// How many bytes it may use.
    pub(super) most_memory: usize,
    /// Set from outside when it has taken too long.
    stop: Option<Arc<AtomicBool>>,
    /// How many calls are being evaluated within each other, and how many may be.
    pub(super) depth: u32,
    pub(super) most_depth: u32,
    /// Steps until memory and time are checked again.
    until_check: u32,
    pub(super) lowest_address: usize,
    /// The stack address at the start.
    first_address: usize,
}

impl<'e> Limits<'e> {
    /// Limits for an evaluation on this thread.
    pub(super) fn new(
        report: Reporter<'e>,
        most_memory: usize,
        most_depth: u32,
        stop: Option<Arc<AtomicBool>>,
    ) -> Self {
        Self {
            report,
            most_memory,
            stop,
            depth: 0,
            most_depth,
            until_check: 0,
            lowest_address: stack::lowest_address(),
            first_address: stack::address(),
        }
    }

    /// The bytes in use.
    pub(super) fn used(&self) -> usize {
        self.report.bump.allocated_bytes() + self.report.failures.bytes()
    }

    /// Fails if no more calls may nest.
    #[inline]
    pub(super) fn check_depth(&self, span: Span) -> EvalResult<'e, ()> {
        if self.depth >= self.most_depth {
            return Err(self.too_deep(span));
        }
        Ok(())
    }

    #[cold]
    fn too_deep(&self, span: Span) -> EvalError<'e> {
        self.report.error(span, "stack overflow; max-call-depth exceeded")
    }

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
        self.report.error(span, "stack overflow; the evaluation is nested too deeply")
    }

    /// Fails if `more` bytes would exceed the memory limit, or if the evaluation was told to stop.
    pub(super) fn reserve(&self, more: usize, span: Span) -> EvalResult<'e, ()> {
        let stack = self.first_address.saturating_sub(stack::address());
        let used = self.report.bump.allocated_bytes() + self.report.failures.bytes();
        if used.saturating_add(stack).saturating_add(more) > self.most_memory {
            let most = self.most_memory >> 20;
            return Err(self.report.error(span, &format!("out of memory; the evaluation may use {most} MiB")));
        }
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(self.report.error(span, "out of time; the evaluation takes too long"));
        }
        Ok(())
    }

    /// Whether a limit is reached already.
    pub(crate) fn is_full(&self) -> bool {
        self.reserve(0, Span::NONE).is_err()
    }

    /// Fails if there is no memory for a list of `count` items, and as much again for collecting them.
    pub(super) fn reserve_items(&self, count: usize, pos: Pos) -> EvalResult<'e, ()> {
        self.reserve(2 * count * size_of::<TaggedValue<'_>>(), Span::at(pos))
    }

    /// Fails if a text has grown too long; it is copied once more when it is complete.
    pub(super) fn reserve_text(&self, length: usize, span: Span) -> EvalResult<'e, ()> {
        self.reserve(2 * length, span)
    }
}
