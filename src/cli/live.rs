//! The live lines of this process: what happens to each container and to the whole.
//!
//! Takes: states. Gives: lines on the terminal, drawn again while time passes. Without [`start`] nothing is shown.

use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use super::board::{Board, State};
use super::screen;

/// How often the times are drawn again.
const TICK: Duration = Duration::from_millis(250);

#[derive(Default)]
struct Live {
    board: Board,
    is_coloured: bool,
    /// What was drawn last.
    drawn: Vec<String>,
}

static LIVE: Mutex<Option<Live>> = Mutex::new(None);
static CHANGED: Condvar = Condvar::new();
static TICKER: Once = Once::new();

fn live() -> MutexGuard<'static, Option<Live>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows live lines from now on. stderr must be a terminal.
pub(super) fn start(is_coloured: bool) {
    screen::start();
    *live() = Some(Live { is_coloured, ..Live::default() });
}

/// Whether live lines are shown.
pub(super) fn is_on() -> bool {
    screen::is_on()
}

/// Gives a container another state.
pub(super) fn set(name: &str, state: State) {
    change(|board, now| board.set(name, state, now));
}

/// Says how the whole gets on.
pub(super) fn set_whole(text: String) {
    change(|board, now| board.set_whole(text, now));
}

/// Removes the line of a container.
pub(super) fn remove(name: &str) {
    change(|board, _| board.remove(name));
}

/// Removes the line of the whole.
pub(super) fn remove_whole() {
    change(|board, _| board.remove_whole());
}

/// Removes all lines.
pub(super) fn clear() {
    change(|board, _| *board = Board::default());
}

fn change(change: impl FnOnce(&mut Board, Instant)) {
    let mut live = live();
    let Some(live) = live.as_mut() else { return };
    TICKER.call_once(|| {
        // Without the thread, times are only drawn again when something happens.
        _ = std::thread::Builder::new().name("live".to_owned()).spawn(tick);
    });
    let now = Instant::now();
    change(&mut live.board, now);
    live.draw(now);
    CHANGED.notify_all();
}

impl Live {
    /// Draws the lines, if they differ from those drawn last.
    fn draw(&mut self, now: Instant) {
        let lines = self.board.lines(now, screen::size(), self.is_coloured);
        if lines != self.drawn {
            screen::show(&lines);
            self.drawn = lines;
        }
    }
}

/// Draws the lines again until the process ends.
fn tick() {
    loop {
        let is_idle = |live: &mut Option<Live>| live.as_ref().is_none_or(|live| live.board.is_empty());
        let mut live = CHANGED.wait_while(live(), is_idle).unwrap_or_else(PoisonError::into_inner);
        if let Some(live) = live.as_mut() {
            live.draw(Instant::now());
        }
        drop(live);
        std::thread::sleep(TICK);
    }
}
