//! `builtins.sort`: calls the comparison with the same arguments as Nix, in the same order.
//!
//! The order is observable if the comparison is inconsistent, fails or traces. Nix uses "peeksort" (Munro and Wild,
//! 2018): it finds the run around the middle of a range and splits the range at an end of that run; short ranges are
//! sorted by insertion.

use std::ops::Range;

use super::arguments;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::{TaggedValue, Thunk, Value};
use crate::source::Pos;

/// Ranges of at most this many elements are sorted by insertion.
const SHORT: usize = 16;

pub(super) fn sort<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut items = arguments::items(ev, args[1], pos)?.to_vec();
    if items.is_empty() {
        return ev.force(args[1]);
    }
    let function = arguments::function(ev, args[0], pos)?;
    for item in &mut items {
        let value = ev.force_packed(*item)?;
        // Unpack values that are compared often. Others keep their cell: it is their identity.
        if matches!(value, Value::Int(_) | Value::String(_) | Value::Attrs(_)) {
            *item = ev.heap.pack(value);
        }
    }
    if !sort_natively(function, &mut items) {
        let whole = 0..items.len();
        let mut sorting = Sorting { ev, less: function, pos, buffer: Vec::with_capacity(items.len()), items };
        sorting.sort(whole.clone(), whole)?;
        items = sorting.items;
    }
    Ok(ev.heap.list_of(ev.heap.alloc_slice(&items)))
}

/// Sorts integers or strings by `builtins.lessThan` without evaluating anything; returns false for anything else.
fn sort_natively<'e>(function: Value<'e>, items: &mut [TaggedValue<'e>]) -> bool {
    let Value::Primop(call) = function else { return false };
    if call.primop.name != "lessThan" || !call.arguments.is_empty() {
        return false;
    }
    let text = |value: &TaggedValue<'e>| match evaluated(*value) {
        Value::String(text) => Some(text.as_bytes()),
        _ => None,
    };
    let number = |value: &TaggedValue<'e>| match evaluated(*value) {
        Value::Int(number) => Some(number),
        _ => None,
    };
    if items.iter().all(|item| number(item).is_some()) {
        items.sort_by_key(number);
    } else if items.iter().all(|item| text(item).is_some()) {
        items.sort_by_key(text);
    } else {
        return false;
    }
    true
}

/// The value of a thunk that has been forced.
fn evaluated(value: TaggedValue<'_>) -> Value<'_> {
    value.thunk().and_then(Thunk::done).unwrap_or(value).get()
}

struct Sorting<'a, 'e> {
    ev: &'a mut Evaluator<'e>,
    less: Value<'e>,
    pos: Pos,
    items: Vec<TaggedValue<'e>>,
    /// A copy of the left run, which a merge reads while it overwrites `items`.
    buffer: Vec<TaggedValue<'e>>,
}

impl<'e> Sorting<'_, 'e> {
    fn less(&mut self, a: TaggedValue<'e>, b: TaggedValue<'e>) -> EvalResult<'e, bool> {
        let result = self.ev.call2(self.less, a.get(), b.get())?;
        arguments::boolean(self.ev, result, self.pos)
    }

    /// Whether the element at `at` is less than the one before it.
    fn falls(&mut self, at: usize) -> EvalResult<'e, bool> {
        self.less(self.items[at], self.items[at - 1])
    }

    /// Sorts the range `all`. Both parts of it outside `open` are runs already.
    fn sort(&mut self, all: Range<usize>, open: Range<usize>) -> EvalResult<'e, ()> {
        if open.start == all.end || open.end == all.start {
            return Ok(());
        }
        if all.len() <= SHORT {
            return self.insert_each(all);
        }
        let middle = all.start + all.len() / 2;
        if middle <= open.start {
            self.sort(open.start..all.end, open.start + 1..open.end)?;
            return self.merge(all, open.start);
        }
        if middle >= open.end {
            self.sort(all.start..open.end, open.start..open.end - 1)?;
            return self.merge(all, open.end);
        }
        let run = self.run_around(middle, &open)?;
        if run == all {
            return Ok(());
        }
        // Split at the nearer end of the run, which then belongs to the larger part.
        if middle - run.start < run.end - middle {
            self.sort(all.start..run.start, open.start..run.start.saturating_sub(1))?;
            self.sort(run.start..all.end, run.end..open.end)?;
            self.merge(all, run.start)
        } else {
            self.sort(all.start..run.end, open.start..run.start)?;
            self.sort(run.end..all.end, run.end + 1..open.end)?;
            self.merge(all, run.end)
        }
    }

    /// The run that contains the element before `middle`, as far as it extends within `open`. A strictly descending
    /// run is reversed.
    fn run_around(&mut self, middle: usize, open: &Range<usize>) -> EvalResult<'e, Range<usize>> {
        let falling = self.falls(middle)?;
        let mut start = middle;
        while start - 1 > open.start && self.falls(start - 1)? == falling {
            start -= 1;
        }
        let mut end = middle;
        while end < open.end && self.falls(end)? == falling {
            end += 1;
        }
        let run = start - 1..end;
        if falling {
            self.items[run.clone()].reverse();
        }
        Ok(run)
    }

    fn insert_each(&mut self, all: Range<usize>) -> EvalResult<'e, ()> {
        for next in all.start + 1..all.end {
            let mut at = next;
            while at > all.start && self.falls(at)? {
                self.items.swap(at, at - 1);
                at -= 1;
            }
        }
        Ok(())
    }

    /// Merges the two runs that meet at `middle`.
    fn merge(&mut self, all: Range<usize>, middle: usize) -> EvalResult<'e, ()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.items[all.clone()]);
        let (mut left, mut right, mut out) = (0, middle - all.start, all.start);
        while left < middle - all.start && right < all.len() {
            let from = if self.less(self.buffer[right], self.buffer[left])? { &mut right } else { &mut left };
            self.items[out] = self.buffer[*from];
            *from += 1;
            out += 1;
        }
        let rest = if left < middle - all.start { left..middle - all.start } else { right..all.len() };
        self.items[out..all.end].copy_from_slice(&self.buffer[rest]);
        Ok(())
    }
}
