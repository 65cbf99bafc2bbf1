//! How a key covers variables: captured ones by their values, the code's own by their names.

use super::Fingerprint;
use super::scope::Scope;
use crate::code::Symbol;
use crate::code::expr::Variable;
use crate::eval::value::{Frame, State, Thunk, Value};

impl<'e> Fingerprint<'_, 'e> {
    /// The thunk that produced an unknown value: equal unknowns may come from different code.
    pub(super) fn made_by(&self, thunk: &'e Thunk<'e>) -> &'e Thunk<'e> {
        match thunk.state() {
            State::Done(value) if matches!(value.get(), Value::Unknown(_) | Value::PartialList(_)) => {
                self.ev.provenance.origins.get(&std::ptr::from_ref(thunk)).copied().unwrap_or(thunk)
            }
            _ => thunk,
        }
    }

    pub(super) fn enter(&mut self, first: u32, names: Vec<Symbol>, hidden: usize) {
        let unit = self.units.len().saturating_sub(1);
        self.scopes.push(Scope { unit, first, names, hidden });
    }

    /// Resolves a variable of the innermost unit: the captured value, or else the unit of the code that binds it and
    /// its slot.
    pub(super) fn find(&self, mut variable: Variable, frame: &Frame<'e, 'e>) -> Result<Value<'e>, (usize, u32)> {
        let mut unit = self.units.len().saturating_sub(1);
        loop {
            match variable {
                Variable::Slot(slot) => return Err((unit, slot)),
                Variable::Captured(at) if unit == 0 => return Ok(frame.captured[at as usize].get().get()),
                Variable::Captured(at) => {
                    variable = self.units[unit][at as usize];
                    unit -= 1;
                }
            }
        }
    }

    pub(super) fn variable(&mut self, variable: Variable, frame: &Frame<'e, 'e>) {
        let (unit, slot) = match self.find(variable, frame) {
            Ok(value) => return self.value(value),
            Err(own) => own,
        };
        let holds = |scope: &Scope| {
            let last = scope.first as usize + scope.names.len() + scope.hidden;
            scope.unit == unit && slot >= scope.first && (slot as usize) < last
        };
        let found = self.scopes.iter().rev().zip(0_u32..).find(|(scope, _)| holds(scope));
        let Some((scope, depth)) = found else {
            self.unknowable = true;
            return;
        };
        let at = (slot - scope.first) as usize;
        let (name, hidden) = (scope.names.get(at).copied(), at.saturating_sub(scope.names.len()));
        self.tag("own");
        self.number(depth);
        match name {
            Some(name) => self.name(name),
            // The sources of `inherit (source) …` have no names; their slots come last.
            None => self.number(hidden as u64),
        }
    }
}
