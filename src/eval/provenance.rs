//! Where values come from, for values that do not say it themselves.

use rustc_hash::FxHashMap;

use super::heap::Heap;
use super::repr::Running;
use super::value::{List, State, TaggedValue, Thunk, Value};
use crate::source::Pos;

/// The origins of unknown values, and the positions of list elements.
#[derive(Default)]
pub struct Provenance<'e> {
    /// The thunks that produced unknown values: equal unknowns need not be the same value.
    pub(super) origins: FxHashMap<*const Thunk<'e>, &'e Thunk<'e>>,
    /// Where the elements of merged lists are defined.
    element_positions: FxHashMap<*const List<'e>, &'e [Pos]>,
}

impl<'e> Provenance<'e> {
    /// Records what produced an unknown value before the value replaces it.
    #[cold]
    pub(super) fn note_origin(
        &mut self,
        heap: &Heap<'e>,
        thunk: &'e Thunk<'e>,
        value: TaggedValue<'e>,
        running: &Running<'e>,
    ) {
        if !matches!(value.get(), Value::Unknown(_) | Value::PartialList(_)) {
            return;
        }
        let origin = match running.before() {
            State::Code(code) => code.copy(heap.bump),
            State::Call(function, argument) => Thunk::call(heap.bump, function, argument),
            State::CallOn(..) | State::Native(..) | State::Running | State::Done(_) | State::Failed(..) => return,
        };
        self.origins.insert(std::ptr::from_ref(thunk), origin);
    }

    /// Records where the elements of a merged list are defined.
    pub fn note_elements(&mut self, heap: &Heap<'e>, list: Value<'e>, positions: &[Pos]) {
        if let Value::List(list) = list
            && list.len() == positions.len()
            && !positions.is_empty()
        {
            self.element_positions.insert(std::ptr::from_ref(list), heap.alloc_slice(positions));
        }
    }

    /// Where the elements of a merged list are defined.
    pub fn elements_of(&self, list: Value<'e>) -> Option<&'e [Pos]> {
        let Value::List(list) = list else { return None };
        self.element_positions.get(&std::ptr::from_ref(list)).copied()
    }
}
