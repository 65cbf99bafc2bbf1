//! Lines at the end of a terminal that change while the program works. All other output is printed above them.
//!
//! Takes: lines, and bytes to print beside them. Gives: what is written to the two streams ([`output`]).
//!
//! Invariants:
//! - A frame is one write: a stalled terminal misses whole frames, and never blocks a run that changes the host.
//! - Lines are never wider than the terminal, nor more than it has rows; the caller sees to that with [`size`].

use std::io;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use tracing::Level;

use super::output::{self, Stream};

/// The size of a terminal that does not report one, such as a serial line: columns and rows.
const UNKNOWN_SIZE: (u16, u16) = (80, 24);
/// Frames in a second, at most.
const RATE: u8 = 20;

/// The lines of this process, once [`start`]ed.
static SCREEN: OnceLock<Screen> = OnceLock::new();

/// The lines of one terminal.
struct Screen {
    target: Box<dyn Fn() -> ProgressDrawTarget + Send + Sync>,
    /// All lines, as one bar. `None` while there are none.
    bar: Mutex<Option<ProgressBar>>,
}

impl Screen {
    fn new(target: impl Fn() -> ProgressDrawTarget + Send + Sync + 'static) -> Self {
        Self { target: Box::new(target), bar: Mutex::default() }
    }

    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, lines: &[String]) {
        let mut bar = self.bar();
        if lines.is_empty() {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
            return;
        }
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, (self.target)());
            // The template is constant; a default style would show a bar instead.
            bar.with_style(
                ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
            )
        });
        bar.set_message(lines.join("\n"));
        bar.force_draw();
    }

    fn beside(&self, print: impl FnOnce()) {
        match &*self.bar() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// Shows lines from now on. stderr must be a terminal.
pub(super) fn start() {
    let target = || ProgressDrawTarget::term_like_with_hz(Box::<Frame>::default(), RATE);
    _ = SCREEN.set(Screen::new(target));
}

/// Whether lines are shown at all.
pub(super) fn is_on() -> bool {
    SCREEN.get().is_some()
}

/// Replaces all lines.
pub(super) fn show(lines: &[String]) {
    if let Some(screen) = SCREEN.get() {
        screen.show(lines);
    }
}

/// Removes the lines because the process is about to die, unless that could block.
pub(super) fn abandon() {
    let Some(screen) = SCREEN.get() else { return };
    if let Ok(mut bar) = screen.bar.try_lock()
        && let Some(bar) = bar.take()
        && output::is_ready(Stream::Messages)
    {
        bar.finish_and_clear();
    }
}

/// The columns and rows of the terminal.
pub(super) fn size() -> (usize, usize) {
    let (columns, rows) = output::size(Stream::Messages).unwrap_or(UNKNOWN_SIZE);
    (columns.into(), rows.into())
}

/// Prints bytes to a stream, above the lines.
pub(super) fn bytes(stream: Stream, bytes: &[u8]) {
    match SCREEN.get() {
        Some(screen) => screen.beside(|| output::bytes(stream, bytes)),
        None => output::bytes(stream, bytes),
    }
}

/// Prints a message to stderr, above the lines.
pub(super) fn line(level: Level, message: &str) {
    match SCREEN.get() {
        Some(screen) => screen.beside(|| output::line(level, message)),
        None => output::line(level, message),
    }
}

/// Collects what indicatif draws, and writes it at once. The sequences are ECMA-48's.
#[derive(Debug, Default)]
struct Frame(Mutex<String>);

impl Frame {
    fn push(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    fn moved(&self, n: usize, direction: char) -> io::Result<()> {
        // Zero would move by one.
        if n == 0 { Ok(()) } else { self.push(&format!("\x1b[{n}{direction}")) }
    }
}

impl TermLike for Frame {
    fn width(&self) -> u16 {
        u16::try_from(size().0).unwrap_or(UNKNOWN_SIZE.0)
    }

    fn height(&self) -> u16 {
        u16::try_from(size().1).unwrap_or(UNKNOWN_SIZE.1)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.push(text)?;
        self.push("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.push(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let frame = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if !frame.is_empty() {
            output::bytes(Stream::Messages, frame.as_bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn screen(term: &InMemoryTerm) -> Screen {
        let term = term.clone();
        Screen::new(move || ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), RATE))
    }

    fn show(screen: &Screen, lines: &[&str]) {
        screen.show(&lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>());
    }

    #[test]
    fn lines_change_in_place_below_what_is_printed() {
        let term = InMemoryTerm::new(10, 40);
        let screen = screen(&term);
        show(&screen, &["sambal  starting  1 s", "satay  waits for sambal"]);
        assert_eq!(term.contents(), "sambal  starting  1 s\nsatay  waits for sambal");
        screen.beside(|| term.write_line("warning: look at this").expect("written"));
        assert_eq!(term.contents(), "warning: look at this\nsambal  starting  1 s\nsatay  waits for sambal");
        // More lines, then fewer: nothing of the former ones is left.
        show(&screen, &["sambal  ready  2 s", "satay  starting", "tempeh  starting"]);
        show(&screen, &["sambal  ready  2 s"]);
        assert_eq!(term.contents(), "warning: look at this\nsambal  ready  2 s");
        show(&screen, &[]);
        assert_eq!(term.contents(), "warning: look at this");
        screen.beside(|| term.write_line("the end").expect("written"));
        show(&screen, &["again"]);
        assert_eq!(term.contents(), "warning: look at this\nthe end\nagain");
    }
}
