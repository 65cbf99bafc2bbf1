//! What an evaluation says besides its result.

use crate::diag::Diagnostic;

/// Notes and warnings.
#[derive(Default)]
pub struct Notes {
    /// Notes that do not stop the evaluation.
    remarks: Vec<Diagnostic>,
    /// Warnings that Nix would print: findings of its lints in the texts read, and settings that it does not know.
    pub(super) warnings: Vec<Diagnostic>,
}

impl Notes {
    /// Records a note, once.
    pub fn remark(&mut self, note: Diagnostic) {
        if !self.remarks.contains(&note) {
            self.remarks.push(note);
        }
    }

    /// Records a warning that Nix would print.
    pub fn warn(&mut self, warning: Diagnostic) {
        self.warnings.push(warning);
    }

    /// Takes the warnings that Nix would print out of the evaluator.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }

    /// The notes recorded so far.
    pub fn remarks(&self) -> Vec<Diagnostic> {
        self.remarks.clone()
    }
}
