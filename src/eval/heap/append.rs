//! Long strings that grow at their end, as in a loop of `text = text + more`.
//!
//! Each string is a value of its own, so copying them all would take quadratic time and memory. Instead, a long result
//! gets spare room after it, and appending to the newest such string writes into that room; the older string remains a
//! prefix of it.

use std::alloc::Layout;

use std::cell::Cell;

use bumpalo::Bump;

/// Shorter strings are simply copied.
const LONG: usize = 512;

/// The newest string with spare room.
#[derive(Clone, Copy)]
pub(super) struct Growing {
    start: *mut u8,
    /// Its length; nothing refers to the bytes after it.
    used: usize,
    room: usize,
}

/// Concatenates `front` and `back` in the arena. `newest` is the newest string with spare room.
pub(super) fn append<'e>(bump: &'e Bump, newest: &Cell<Option<Growing>>, front: &'e [u8], back: &[u8]) -> &'e [u8] {
    let total = front.len() + back.len();
    if front.len() < LONG || front.len() < back.len() {
        let mut bytes = front.iter().chain(back).copied();
        return bump.alloc_slice_fill_with(total, |_| bytes.next().expect("as many as both have"));
    }
    let growing = match newest.get() {
        Some(growing)
            if std::ptr::eq(growing.start, front.as_ptr())
                && growing.used == front.len()
                && growing.room >= back.len() =>
        {
            growing
        }
        _ => {
            let layout = Layout::array::<u8>(total * 2).expect("a text fits into the address space");
            let start = bump.alloc_layout(layout).as_ptr();
            // SAFETY: more than `front.len()` bytes were allocated at `start`, and nothing else refers to them.
            unsafe { std::ptr::copy_nonoverlapping(front.as_ptr(), start, front.len()) };
            Growing { start, used: front.len(), room: total * 2 - front.len() }
        }
    };
    newest.set(Some(Growing { start: growing.start, used: total, room: growing.room - back.len() }));
    // SAFETY: there is room for `back` after the first `used` bytes, and no reference reaches into it: every slice
    // handed out ends at or before `used`. The bytes up to `total` are written here and never again.
    unsafe {
        std::ptr::copy_nonoverlapping(back.as_ptr(), growing.start.add(front.len()), back.len());
        std::slice::from_raw_parts(growing.start, total)
    }
}
