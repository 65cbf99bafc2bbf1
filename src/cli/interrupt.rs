//! Ctrl-C, an ended session, a terminal that is gone.
//!
//! Until the host is changed a signal ends the program as it ends any other, and what the program has begun with it: Nix,
//! and directories that are only for now. From then on ([`hold`]) no signal ends it. SIGINT and SIGTERM stop it after the
//! steps in hand, and a second one stops waiting for them; SIGHUP says that the terminal is gone, and all is done without it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{SigHandler, Signal, raise, signal};
use tokio::signal::unix::SignalKind;
use tracing::Level;

use super::log::Log;
use super::progress;
use crate::host::{ending, waiting};

/// 128 and SIGINT.
pub(super) const EXIT_CODE: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Who is told of signals, once they are held. Locked for good by a signal that ends the program, so that nothing is begun
/// in that moment.
static HELD: Mutex<Option<Arc<Log>>> = Mutex::new(None);

/// Looks after the signals from now on.
///
/// # Errors
///
/// Where the kernel has no thread or no pipe for us.
pub(super) fn watch() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let mut streams = Vec::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // One that whoever started us has us ignore stays ignored (nohup(1), jobs in the background of a script).
        if !is_ignored(signal) {
            streams.push((signal, tokio::signal::unix::signal(SignalKind::from_raw(signal as i32))?));
        }
    }
    drop(entered);
    let watch = move || {
        runtime.block_on(async {
            let watched = streams.into_iter().map(|(signal, mut stream)| async move {
                while stream.recv().await.is_some() {
                    came(signal);
                }
            });
            futures_util::future::join_all(watched).await;
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
}

/// Whether a signal is ignored (proc(5), `SigIgn`).
fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & 1 << (signal as i32 - 1) != 0
}

/// From now on no signal ends the program; `log` is told of them.
pub(super) fn hold(log: &Arc<Log>) {
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(log));
}

/// Whether the user has asked to stop.
pub(super) fn was_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

fn came(signal: Signal) {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(log) = held.as_ref() else {
        ending::end_all();
        die(signal);
    };
    if signal == Signal::SIGHUP {
        log.say(Level::WARN, "the terminal is gone: going on without it", None);
    } else if !ASKED.swap(true, Ordering::SeqCst) {
        let in_hand = progress::in_hand().join(", ");
        let finishing = if in_hand.is_empty() { String::new() } else { format!("finishing {in_hand}; ") };
        let line = format!("interrupted: {finishing}nothing more is started (press Ctrl-C again to stop waiting)");
        log.say(Level::WARN, &line, None);
    } else if !waiting::is_cut_short() {
        log.say(Level::WARN, "interrupted again: what systemd still does is not waited for", None);
        waiting::cut_short();
    }
}

/// Ends the program by `signal`, so that whoever waits for it sees by what.
fn die(signal_: Signal) -> ! {
    // SAFETY: the default action runs no code of ours.
    _ = unsafe { signal(signal_, SigHandler::SigDfl) };
    _ = raise(signal_);
    // Not reached: all three end a process.
    std::process::exit(EXIT_CODE.into())
}
