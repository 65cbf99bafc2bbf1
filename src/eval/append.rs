//! Long strings that grow at their end: `text = text + more`, over and over.
//!
//! Each string is a value of its own, and copying the whole of it for each would take quadratic time and memory. So a
//! long result is put where there is room behind it, and what is appended to the newest such string is written into that
//! room: the older string remains the front part of it.

use std::alloc::Layout;

use super::machine::Evaluator;

/// Shorter strings are copied.
const LONG: usize = 512;

/// The newest string with room behind it.
#[derive(Clone, Copy)]
pub(super) struct Growing {
    start: *mut u8,
    /// The length of that string: nobody sees what lies behind it.
    used: usize,
    room: usize,
}

impl<'e> Evaluator<'e> {
    /// `front` and `back` as one text, in the arena.
    pub(super) fn append_bytes(&mut self, front: &'e [u8], back: &[u8]) -> &'e [u8] {
        let total = front.len() + back.len();
        if front.len() < LONG || front.len() < back.len() {
            let mut bytes = front.iter().chain(back).copied();
            return self.bump.alloc_slice_fill_with(total, |_| bytes.next().expect("as many as both have"));
        }
        let growing = match self.growing {
            Some(growing)
                if std::ptr::eq(growing.start, front.as_ptr())
                    && growing.used == front.len()
                    && growing.room >= back.len() =>
            {
                growing
            }
            _ => {
                let layout = Layout::array::<u8>(total * 2).expect("a text fits into the address space");
                let start = self.bump.alloc_layout(layout).as_ptr();
                // SAFETY: `start` was allocated for more than `front`, and nothing else knows it.
                unsafe { std::ptr::copy_nonoverlapping(front.as_ptr(), start, front.len()) };
                Growing { start, used: front.len(), room: total * 2 - front.len() }
            }
        };
        self.growing = Some(Growing { start: growing.start, used: total, room: growing.room - back.len() });
        // SAFETY: there is room for `back` behind the first `used` bytes, and no reference reaches into it: all that were
        // given out end at or before `used`. The bytes up to `total` are written, and never will be again.
        unsafe {
            std::ptr::copy_nonoverlapping(back.as_ptr(), growing.start.add(front.len()), back.len());
            std::slice::from_raw_parts(growing.start, total)
        }
    }
}
