//! Signals: Ctrl-C, termination, and a closed terminal.
//!
//! Before the host is changed, a signal ends the program as usual, together with the processes and temporary directories that
//! it has created. After [`hold`], no signal ends it: SIGINT and SIGTERM stop it after the ongoing steps, a second one stops
//! waiting for those steps, and SIGHUP only means that the run continues without a terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{SigHandler, Signal, raise, signal};
use tokio::signal::unix::SignalKind;
use tracing::Level;

use super::log::{About, Log};
use super::output::{self, Stream};
use super::progress;
use super::screen;
use crate::host::{ending, waiting};

/// 128 and SIGINT.
pub(super) const EXIT_CODE: u8 = 130;

/// Whether the user has asked the ongoing run to stop.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether the user has asked this program to stop at any time, which its exit code says.
static EVER_ASKED: AtomicBool = AtomicBool::new(false);

/// The log that signals are reported to, once they are held. A signal that ends the program never releases this lock, so
/// that the host is not changed in the meantime.
static HELD: Mutex<Option<Arc<Log>>> = Mutex::new(None);

/// Handles signals from now on.
///
/// # Errors
///
/// Fails if the kernel refuses a thread or a pipe.
pub(super) fn watch() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let mut streams = Vec::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // A signal that is ignored at the start stays ignored, as under nohup(1) and in background jobs of a script.
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

/// From now on, no signal ends the program, and signals are reported to `log`. What stopped a former run does not stop the one
/// that begins now, which may undo that.
pub(super) fn hold(log: &Arc<Log>) {
    ASKED.store(false, Ordering::SeqCst);
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(log));
}

/// Whether the user has asked the ongoing run to stop.
pub(super) fn is_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Whether the user has asked this program to stop at any time.
pub(super) fn was_asked() -> bool {
    EVER_ASKED.load(Ordering::SeqCst)
}

fn came(signal: Signal) {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(log) = held.as_ref() else {
        ending::end_all();
        screen::abandon();
        // Nobody may be reading any more, and that must not keep the program from ending.
        if output::is_ready(Stream::Messages) {
            output::line(Level::WARN, "interrupted: nothing was changed");
        }
        die(signal);
    };
    EVER_ASKED.fetch_or(signal != Signal::SIGHUP, Ordering::SeqCst);
    if signal == Signal::SIGHUP {
        log.say(Level::WARN, "the terminal is gone: continuing without it", About::default());
    } else if !ASKED.swap(true, Ordering::SeqCst) {
        let ongoing = progress::ongoing().join(", ");
        let finishing = if ongoing.is_empty() { String::new() } else { format!("finishing {ongoing}; ") };
        let line =
            format!("interrupted: {finishing}no further steps are started (press Ctrl-C again to stop waiting)");
        log.say(Level::WARN, &line, About::default());
    } else if !waiting::is_cut_short() {
        log.say(Level::WARN, "interrupted again: no longer waiting for systemd", About::default());
        waiting::cut_short();
    }
}

/// Ends the program with `signal`, so that its parent sees that signal as the cause.
fn die(signal_: Signal) -> ! {
    // SAFETY: the default action runs no code of ours.
    _ = unsafe { signal(signal_, SigHandler::SigDfl) };
    _ = raise(signal_);
    // Not reached: the default action of all three signals ends the process.
    std::process::exit(EXIT_CODE.into())
}
