//! Ongoing work. On a terminal it has live lines; elsewhere it is printed when it begins, and again every few seconds until it
//! ends.

use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use super::board::{State, seconds};
use super::live;
use super::terminal::Terminal;
use crate::app::Work;

/// How long ongoing work stays silent.
const SILENCE: Duration = Duration::from_secs(5);

struct Item {
    number: u64,
    text: String,
    /// How far it is, if it says so.
    count: Option<String>,
    /// Whether it says how far it is.
    counts: bool,
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
pub(super) struct Ongoing {
    number: u64,
    /// The containers that have a live line because of it.
    names: Vec<String>,
    has_whole: bool,
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        let mut items = items();
        let index = items.ongoing.iter().position(|item| item.number == self.number);
        let item = index.map(|index| items.ongoing.remove(index));
        drop(items);
        for name in &self.names {
            live::remove(name);
        }
        if self.has_whole {
            live::remove_whole();
        }
        // The lines of what is over are gone; what it took stays on the terminal.
        if let Some(item) = item.filter(|item| item.counts && live::is_on()) {
            item.terminal.progress(&format!("{} ({})", item.text, seconds(item.begun.elapsed())));
        }
    }
}

/// Begins some work, and shows it.
pub(super) fn begin(terminal: Terminal, work: Work<'_>) -> Ongoing {
    let text = work.to_string();
    let mut ongoing = quietly(terminal, &text);
    if !live::is_on() {
        terminal.progress(&text);
        return ongoing;
    }
    match work {
        Work::Single(name, doing) => ongoing.show(name.as_str(), doing),
        Work::Together(doing, names) => {
            for name in names {
                ongoing.show(name.as_str(), doing);
            }
            if let Some(item) = items().ongoing.iter_mut().find(|item| item.number == ongoing.number) {
                item.counts = true;
            }
            ongoing.show_whole(doing);
        }
        Work::Whole(doing) => ongoing.show_whole(doing),
    }
    ongoing
}

impl Ongoing {
    fn show(&mut self, name: &str, doing: &str) {
        live::set(name, State::Ongoing(doing.to_owned()));
        self.names.push(name.to_owned());
    }

    fn show_whole(&mut self, doing: &str) {
        live::set_whole(doing.to_owned());
        self.has_whole = true;
    }
}

/// Begins some work that is only printed if it takes long, and shown by the caller.
pub(super) fn quietly(terminal: Terminal, text: &str) -> Ongoing {
    TICKER.call_once(|| {
        // Without the thread, long work is not printed again, which is acceptable.
        _ = std::thread::Builder::new().name("ticker".to_owned()).spawn(tick);
    });
    let (mut items, now) = (items(), Instant::now());
    items.last += 1;
    let number = items.last;
    let text = text.to_owned();
    items.ongoing.push(Item { number, text, count: None, counts: false, terminal, begun: now, shown: now });
    BEGUN.notify_all();
    Ongoing { number, names: Vec::new(), has_whole: false }
}

/// Says how far the work is that began last.
pub(super) fn count(count: String) {
    if live::is_on() {
        live::set_whole(count.clone());
    }
    if let Some(item) = items().ongoing.last_mut() {
        item.count = Some(count);
    }
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
                let count = item.count.as_ref().map(|count| format!("; {count}")).unwrap_or_default();
                lines.push((item.terminal, format!("{} ({seconds} s{count})", item.text)));
            }
        }
        let next = items.ongoing.iter().map(|item| item.shown + SILENCE).min();
        // Release the lock: a slow reader must not block the work itself.
        drop(items);
        if !live::is_on() {
            for (terminal, line) in lines {
                terminal.progress(&line);
            }
        }
        std::thread::sleep(next.map_or(SILENCE, |next| next.saturating_duration_since(Instant::now())));
    }
}
