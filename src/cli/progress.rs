//! Ongoing work: printed when it begins, and again every few seconds until it ends.

use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use super::terminal::Terminal;

/// How long ongoing work stays silent.
const SILENCE: Duration = Duration::from_secs(5);

struct Item {
    number: u64,
    text: String,
    terminal: Terminal,
    begun: Instant,
    /// When it was last printed.
    shown: Instant,
}

#[derive(Default)]
struct Items {
    last: u64,
    ongoing: Vec<Item>,
}

static ITEMS: Mutex<Items> = Mutex::new(Items { last: 0, ongoing: Vec::new() });
static BEGUN: Condvar = Condvar::new();
static TICKER: Once = Once::new();

fn items() -> MutexGuard<'static, Items> {
    ITEMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ongoing work, which ends when this is dropped.
#[must_use]
pub(super) struct Ongoing(u64);

impl Drop for Ongoing {
    fn drop(&mut self) {
        items().ongoing.retain(|item| item.number != self.0);
    }
}

/// Begins some work, and prints it.
pub(super) fn begin(terminal: Terminal, text: &str) -> Ongoing {
    terminal.progress(text);
    quietly(terminal, text)
}

/// Begins some work that is only printed if it takes long.
pub(super) fn quietly(terminal: Terminal, text: &str) -> Ongoing {
    TICKER.call_once(|| {
        // Without the thread, long work is not printed again, which is acceptable.
        _ = std::thread::Builder::new().name("ticker".to_owned()).spawn(tick);
    });
    let (mut items, now) = (items(), Instant::now());
    items.last += 1;
    let number = items.last;
    items.ongoing.push(Item { number, text: text.to_owned(), terminal, begun: now, shown: now });
    BEGUN.notify_all();
    Ongoing(number)
}

/// All ongoing work, in the order in which it began.
pub(super) fn ongoing() -> Vec<String> {
    items().ongoing.iter().map(|item| item.text.clone()).collect()
}

/// Prints long-running work until the process ends.
fn tick() {
    loop {
        let mut items =
            BEGUN.wait_while(items(), |items| items.ongoing.is_empty()).unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let mut lines = Vec::new();
        for item in &mut items.ongoing {
            if now.duration_since(item.shown) >= SILENCE {
                item.shown = now;
                let seconds = now.duration_since(item.begun).as_secs();
                lines.push((item.terminal, format!("{} ({seconds} s)", item.text)));
            }
        }
        let next = items.ongoing.iter().map(|item| item.shown + SILENCE).min();
        // Release the lock: a slow reader must not block the work itself.
        drop(items);
        for (terminal, line) in lines {
            terminal.progress(&line);
        }
        std::thread::sleep(next.map_or(SILENCE, |next| next.saturating_duration_since(Instant::now())));
    }
}
