//! The evaluation's stack: values nest deeply, and so does their evaluation.

use std::cell::Cell;

/// The reserved size; only touched pages use memory. It is four times Nix's, and larger still in debug builds, whose
/// frames are bigger.
const SIZE: usize = if cfg!(debug_assertions) { 1 << 30 } else { 1 << 28 };
/// Reserve for code that runs below the last check.
const MARGIN: usize = 256 << 10;
/// How much to use of a thread that we did not create, whose stack may be only 2 MiB.
const SMALL: usize = 1 << 20;

thread_local! {
    static LOWEST: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs `work` on a thread with a large stack, and returns its result.
///
/// # Errors
///
/// Fails if the thread cannot be started.
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

/// An address near the current end of the stack.
pub(super) fn address() -> usize {
    let here = 0_u8;
    (&raw const here).addr()
}

/// The lowest address that an evaluation on this thread may reach.
pub(super) fn lowest_address() -> usize {
    LOWEST.get().unwrap_or_else(|| address().saturating_sub(SMALL))
}
