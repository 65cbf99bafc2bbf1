//! Ctrl-C while the host is being changed: the step in hand is finished, and no further one begins.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// 128 and SIGINT.
pub(super) const EXIT_CODE: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

extern "C" fn note(_: nix::libc::c_int) {
    ASKED.store(true, Ordering::SeqCst);
}

/// From now on SIGINT and SIGTERM are only noted.
pub(super) fn hold() {
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the handler does nothing but store an atomic.
        let held = unsafe { sigaction(signal, &action) };
        held.expect("both may be caught");
    }
}

/// Whether one of them came.
pub(super) fn was_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
