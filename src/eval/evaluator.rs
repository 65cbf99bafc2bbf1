//! The evaluator: what one evaluation consists of.
//!
//! Each part owns its data, and has the methods that need nothing else. The methods of [`Evaluator`] itself are those
//! that evaluate: they need several parts and call each other recursively, and each is in the file of its subject. What
//! uses an evaluator (built-in functions, printing, JSON) is a function or a type of its own.

use bumpalo::Bump;
use rustc_hash::FxHashMap;

use super::error::{EvalError, EvalResult, Failures};
use super::heap::Heap;
use super::limits::Limits;
use super::loader::Loader;
use super::notes::Notes;
use super::provenance::Provenance;
use super::regex::Patterns;
use super::report::Reporter;
use super::settings::Settings;
use super::speculation::Speculation;
use super::value::TaggedValue;
use super::written::WrittenPaths;
use crate::code::Symbol;
use crate::source::Span;

/// Owns everything that an evaluation allocates, and frees it all at once.
#[derive(Default)]
pub struct Arena {
    pub(super) bump: Bump,
    pub(super) failures: Failures,
}

impl Arena {
    /// An empty arena.
    pub fn new() -> Self {
        Self::default()
    }
}

/// The global names and their values.
#[derive(Default)]
pub(super) struct Globals<'e> {
    pub(super) values: Vec<TaggedValue<'e>>,
    pub(super) names: FxHashMap<Symbol, u32>,
}

impl<'e> Globals<'e> {
    /// Adds a value; returns its index.
    pub(super) fn push(&mut self, value: TaggedValue<'e>) -> u32 {
        self.values.push(value);
        u32::try_from(self.values.len() - 1).expect("there is no memory for so many")
    }
}

/// One evaluation: it owns the parts, and evaluates expressions, thunks and calls with them.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use container_rebuild::eval::{Arena, Evaluator, Settings, Value};
/// use container_rebuild::source::{MemoryFiles, SourceMap};
///
/// let (arena, sources) = (Arena::new(), SourceMap::new());
/// let files = MemoryFiles::new().with("/lib.nix", "{ double = x: x * 2; }");
/// let mut evaluator = Evaluator::new(&arena, &files, &sources, Settings::default());
/// let value = evaluator.text_value("«example»", Path::new("/"), "(import ./lib.nix).double 21");
/// let forced = value.and_then(|value| evaluator.force(value));
/// assert!(matches!(forced, Ok(Value::Int(42))));
/// ```
pub struct Evaluator<'e> {
    /// Allocates values and symbols.
    pub heap: Heap<'e>,
    /// Creates errors.
    pub report: Reporter<'e>,
    /// Finds files, and holds what was imported.
    pub loader: Loader<'e>,
    /// What the evaluation says besides its result.
    pub notes: Notes,
    /// Where values come from.
    pub provenance: Provenance<'e>,
    /// How to evaluate; a feature enabled here holds for what is read from then on.
    pub settings: Settings,
    pub(crate) limits: Limits<'e>,
    pub(super) globals: Globals<'e>,
    pub(super) written: WrittenPaths<'e>,
    pub(super) speculation: Speculation,
    pub(super) patterns: Patterns<'e>,
    /// Spare capacity for the next text under construction.
    pub(super) text_buffer: Vec<u8>,
}

impl<'e> Evaluator<'e> {
    /// An evaluator of these parts, without global names.
    pub(super) fn of_parts(
        heap: Heap<'e>,
        report: Reporter<'e>,
        loader: Loader<'e>,
        limits: Limits<'e>,
        settings: Settings,
    ) -> Self {
        Self {
            heap,
            report,
            loader,
            notes: Notes::default(),
            provenance: Provenance::default(),
            limits,
            settings,
            globals: Globals::default(),
            written: WrittenPaths::default(),
            speculation: Speculation::default(),
            patterns: Patterns::default(),
            text_buffer: Vec::new(),
        }
    }

    /// Something only Nix can supply: an unknown value, or an error if unknown values are not allowed.
    #[cold]
    pub(super) fn only_nix(&self, reason: &str, span: Span) -> EvalError<'e> {
        if self.settings.unknowns {
            return self.report.unknown_error(self.heap.unknown_reason(reason, span));
        }
        self.report.error(span, &format!("{reason}: this needs Nix"))
    }

    /// Runs `work` with at most `bytes` more memory, within the overall limit. If it runs out, what follows still has
    /// its memory.
    pub(crate) fn with_room<T>(&mut self, bytes: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let most = self.limits.most_memory;
        let used = self.limits.used();
        self.limits.most_memory = most.min(used.saturating_add(bytes));
        let result = work(self);
        self.limits.most_memory = most;
        result
    }

    /// Runs one level of a recursive operation, which counts as a call.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        work: impl FnOnce(&mut Self) -> EvalResult<'e, T>,
    ) -> EvalResult<'e, T> {
        self.limits.tick(span)?;
        self.limits.check_depth(span)?;
        self.limits.depth += 1;
        let result = work(self);
        self.limits.depth -= 1;
        result
    }
}
