//! Compiled regular expressions.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::error::PatternError;
use super::program::Regex;

/// The regular expressions compiled so far, by their text.
#[derive(Default)]
pub(in crate::eval) struct Patterns<'e>(FxHashMap<&'e [u8], Rc<Regex>>);

impl<'e> Patterns<'e> {
    /// A pattern, compiled once.
    ///
    /// # Errors
    ///
    /// Fails if the pattern is invalid or too large.
    pub(in crate::eval) fn compiled(&mut self, text: &'e [u8]) -> Result<Rc<Regex>, PatternError> {
        if let Some(regex) = self.0.get(text) {
            return Ok(Rc::clone(regex));
        }
        let regex = Rc::new(Regex::new(text)?);
        self.0.insert(text, Rc::clone(&regex));
        Ok(regex)
    }
}
