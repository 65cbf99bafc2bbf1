//! What is in hand, for people who wait: said when it begins, and again every few seconds until it is over.

use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use super::terminal::Terminal;

/// How long nothing is said of something in hand.
const SILENCE: Duration = Duration::from_secs(5);

struct Item {
    number: u64,
    text: String,
    terminal: Terminal,
    begun: Instant,
    /// When something was last said of it.
    said: Instant,
}

#[derive(Default)]
struct Items {
    last: u64,
    in_hand: Vec<Item>,
}

static ITEMS: Mutex<Items> = Mutex::new(Items { last: 0, in_hand: Vec::new() });
static BEGUN: Condvar = Condvar::new();
static TICKER: Once = Once::new();

fn items() -> MutexGuard<'static, Items> {
    ITEMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In hand as long as it lives.
#[must_use]
pub(super) struct InHand(u64);

impl Drop for InHand {
    fn drop(&mut self) {
        items().in_hand.retain(|item| item.number != self.0);
    }
}

/// Begins something, and says so.
pub(super) fn begin(terminal: Terminal, text: &str) -> InHand {
    terminal.progress(text);
    quietly(terminal, text)
}

/// Begins something of which nothing is said unless it takes long.
pub(super) fn quietly(terminal: Terminal, text: &str) -> InHand {
    TICKER.call_once(|| {
        // Without it there is silence, and nothing worse.
        _ = std::thread::Builder::new().name("ticker".to_owned()).spawn(tick);
    });
    let (mut items, now) = (items(), Instant::now());
    items.last += 1;
    let number = items.last;
    items.in_hand.push(Item { number, text: text.to_owned(), terminal, begun: now, said: now });
    BEGUN.notify_all();
    InHand(number)
}

/// All that is in hand, in the order in which it was begun.
pub(super) fn in_hand() -> Vec<String> {
    items().in_hand.iter().map(|item| item.text.clone()).collect()
}

/// Says what has been in hand for long, for ever.
fn tick() {
    loop {
        let mut items =
            BEGUN.wait_while(items(), |items| items.in_hand.is_empty()).unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let mut lines = Vec::new();
        for item in &mut items.in_hand {
            if now.duration_since(item.said) >= SILENCE {
                item.said = now;
                let seconds = now.duration_since(item.begun).as_secs();
                lines.push((item.terminal, format!("{} ({seconds} s)", item.text)));
            }
        }
        let next = items.in_hand.iter().map(|item| item.said + SILENCE).min();
        // Whoever reads slowly must not hold up those who begin and end.
        drop(items);
        for (terminal, line) in lines {
            terminal.progress(&line);
        }
        std::thread::sleep(next.map_or(SILENCE, |next| next.saturating_duration_since(Instant::now())));
    }
}
