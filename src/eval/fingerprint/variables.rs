//! What a key says of variables: those that the code captured by their values, its own by their names.

use super::Fingerprint;
use crate::eval::value::{Frame, State, Thunk, Value};
use crate::syntax::Symbol;
use crate::syntax::expr::{Bindings, Place};

/// Names that the code binds itself, a slot each. Slots are in the order in which names were first met anywhere, which says
/// nothing about this code: names do.
pub(super) struct Scope {
    /// The unit whose slots they are.
    unit: usize,
    first: u32,
    names: Vec<Symbol>,
    /// Slots behind those of the names.
    hidden: usize,
}

impl<'e> Fingerprint<'_, 'e> {
    /// What made a thunk that turned out to be unknown: what is unknown alike may be made of different things.
    pub(super) fn made_by(&self, thunk: &'e Thunk<'e>) -> &'e Thunk<'e> {
        match thunk.state() {
            State::Done(Value::Unknown(_) | Value::PartialList(_)) => {
                self.ev.origins.get(&std::ptr::from_ref(thunk)).copied().unwrap_or(thunk)
            }
            _ => thunk,
        }
    }

    pub(super) fn enter(&mut self, first: u32, names: Vec<Symbol>, hidden: usize) {
        let unit = self.units.len().saturating_sub(1);
        self.scopes.push(Scope { unit, first, names, hidden });
    }

    /// The value that a variable of the innermost unit was captured with; what else it is otherwise: a unit and a slot of it.
    pub(super) fn find(&self, mut place: Place, frame: &Frame<'e, 'e>) -> Result<Value<'e>, (usize, u32)> {
        let mut unit = self.units.len().saturating_sub(1);
        loop {
            match place {
                Place::Slot(slot) => return Err((unit, slot)),
                Place::Captured(at) if unit == 0 => return Ok(frame.captured[at as usize].get().get()),
                Place::Captured(at) => {
                    place = self.units[unit][at as usize];
                    unit -= 1;
                }
            }
        }
    }

    pub(super) fn variable(&mut self, place: Place, frame: &Frame<'e, 'e>) {
        let (unit, slot) = match self.find(place, frame) {
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
            // The sources of `inherit (source) …` have slots without names behind those that have one.
            None => self.number(hidden as u64),
        }
    }
}

/// The names of the slots of bindings that see each other.
pub(super) fn names_of(bindings: &Bindings<'_>) -> Vec<Symbol> {
    bindings.entries.iter().map(|binding| binding.name).collect()
}
