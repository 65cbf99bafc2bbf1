//! Starts an evaluation.

use super::builtins;
use super::evaluator::{Arena, Evaluator};
use super::heap::Heap;
use super::limits::Limits;
use super::loader::Loader;
use super::names;
use super::report::Reporter;
use super::settings::Settings;
use crate::source::{Files, SourceMap};

impl<'e> Evaluator<'e> {
    /// An evaluator that allocates in `arena`, reads through `files`, and stores texts in `sources`.
    pub fn new(arena: &'e Arena, files: &'e (dyn Files + 'e), sources: &'e SourceMap, settings: Settings) -> Self {
        let report = Reporter { bump: &arena.bump, failures: &arena.failures, sources };
        let loader = Loader::new(files, report, settings.search_path.clone(), settings.directory.clone());
        let limits = Limits::new(report, settings.most_memory, settings.max_call_depth, settings.stop.clone());
        let mut evaluator = Self::of_parts(Heap::new(&arena.bump, names::FIRST), report, loader, limits, settings);
        builtins::install(&mut evaluator);
        evaluator
    }
}
