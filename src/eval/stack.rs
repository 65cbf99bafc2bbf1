//! The stack: Nix values nest deeply, and so does their evaluation.

use std::cell::Cell;

/// Reserved for an evaluation; memory is used only as far as it is touched. Four times what Nix asks for; frames that are
/// not optimised need more.
const SIZE: usize = if cfg!(debug_assertions) { 1 << 30 } else { 1 << 28 };
/// Left over for what is called below the last check.
const MARGIN: usize = 256 << 10;
/// What an evaluation uses at most on a thread of somebody else's making, whose stack may be as small as 2 MiB.
const SMALL: usize = 1 << 20;

thread_local! {
    static LOWEST: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs `work` on a thread with a big stack, and gives what it gives.
pub fn on_big_stack<R: Send>(work: impl FnOnce() -> R + Send) -> std::io::Result<R> {
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().name(String::from("main")).stack_size(SIZE).spawn_scoped(scope, || {
                let here = 0_u8;
                LOWEST.set(Some((&raw const here).addr().saturating_sub(SIZE - MARGIN)));
                work()
            })?;
        thread.join().map_err(|panic| std::panic::resume_unwind(panic))
    })
}

/// An address that nothing lies below yet.
pub(super) fn address() -> usize {
    let here = 0_u8;
    (&raw const here).addr()
}

/// The lowest address that an evaluation on this thread may reach.
pub(super) fn lowest_address() -> usize {
    LOWEST.get().unwrap_or_else(|| address().saturating_sub(SMALL))
}
