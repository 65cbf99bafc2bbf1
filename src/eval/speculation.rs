//! Evaluation that Nix may never do.

use super::error::EvalError;

/// How deeply undecided branches may nest.
const DEEPEST: u32 = 4;

/// How many undecided branches one evaluation looks at.
const MOST: u32 = 100_000;

/// How many infinite recursions to recover from; the next one is an error.
const MOST_CIRCLES: u32 = 10_000;

/// How many speculative evaluations are running, and how many there were.
#[derive(Default)]
pub(super) struct Speculation {
    /// How many undecided branches are being evaluated within each other.
    nested: u32,
    /// How many there were so far.
    total: u32,
    /// How many callers can recover from an infinite recursion.
    catching: u32,
    /// How often one did.
    circles: u32,
}

impl Speculation {
    /// Begins a branch; `false` if there are too many.
    pub(super) fn begin(&mut self) -> bool {
        if self.nested >= DEEPEST || self.total >= MOST {
            return false;
        }
        self.total += 1;
        self.nested += 1;
        true
    }

    /// Ends a branch.
    pub(super) fn end(&mut self) {
        self.nested -= 1;
    }

    /// Whether a branch is being evaluated that Nix may never evaluate.
    pub(super) fn is_running(&self) -> bool {
        self.nested > 0
    }

    /// Begins an evaluation whose infinite recursion the caller can recover from; `false` if there were too many.
    pub(super) fn catch(&mut self) -> bool {
        if self.circles >= MOST_CIRCLES {
            return false;
        }
        self.catching += 1;
        true
    }

    /// Ends such an evaluation, which met an infinite recursion or not.
    pub(super) fn caught(&mut self, circular: bool) {
        self.catching -= 1;
        self.circles += u32::from(circular);
    }

    /// Whether to record a failure in its thunk: only if Nix would have failed too.
    pub(super) fn may_keep(&self, error: EvalError<'_>) -> bool {
        let may_differ = self.is_running() || (self.catching > 0 && error.is_circular());
        !may_differ || error.unknown().is_some()
    }
}
