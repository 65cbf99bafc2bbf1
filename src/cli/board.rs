//! What happens to each container and to the whole, as lines for a terminal.
//!
//! Takes: states of containers, and times. Gives: lines that fit into the terminal. Pure; [`super::live`] shows them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What happens to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Its next step waits for something else.
    Waiting(String),
    /// Something is done to it.
    Ongoing(String),
    /// All is done.
    Ended(String),
    /// Something failed.
    Failed(String),
}

impl State {
    fn text(&self) -> &str {
        match self {
            Self::Waiting(text) | Self::Ongoing(text) | Self::Ended(text) | Self::Failed(text) => text,
        }
    }

    /// The order in which lines are left out where there are too many: the last ones first.
    fn rank(&self) -> u8 {
        match self {
            Self::Failed(_) => 0,
            Self::Ongoing(_) => 1,
            Self::Waiting(_) => 2,
            Self::Ended(_) => 3,
        }
    }

    /// The colour (ECMA-48, *select graphic rendition*).
    fn colour(&self) -> &'static str {
        match self {
            Self::Failed(_) => "31",
            Self::Ongoing(_) => "36",
            Self::Waiting(_) => "2",
            Self::Ended(_) => "32",
        }
    }
}

#[derive(Debug)]
struct Row {
    state: State,
    /// When the state began.
    since: Instant,
    /// How long it took until the state ended, from the first state that was not waiting.
    begun: Option<Instant>,
}

impl Row {
    fn time(&self, now: Instant) -> Option<String> {
        let lasted = |since: Instant, until: Instant| until.saturating_duration_since(since);
        match self.state {
            State::Waiting(_) | State::Ongoing(_) => {
                let seconds = lasted(self.since, now).as_secs();
                (seconds > 0).then(|| format!("{seconds} s"))
            }
            State::Ended(_) | State::Failed(_) => self.begun.map(|begun| seconds(lasted(begun, self.since))),
        }
    }
}

/// A duration in seconds, with one decimal.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// The states of all containers, and of the whole.
#[derive(Debug, Default)]
pub(super) struct Board {
    rows: BTreeMap<String, Row>,
    whole: Option<(String, Instant)>,
}

impl Board {
    /// Gives a container another state.
    pub(super) fn set(&mut self, name: &str, state: State, now: Instant) {
        let begins = !matches!(state, State::Waiting(_));
        let Some(row) = self.rows.get_mut(name) else {
            let row = Row { state, since: now, begun: begins.then_some(now) };
            self.rows.insert(name.to_owned(), row);
            return;
        };
        if row.state != state {
            (row.state, row.since) = (state, now);
        }
        if begins {
            row.begun.get_or_insert(now);
        }
    }

    /// Says how the whole gets on.
    pub(super) fn set_whole(&mut self, text: String, now: Instant) {
        match &mut self.whole {
            Some((former, _)) => *former = text,
            None => self.whole = Some((text, now)),
        }
    }

    /// Forgets a container.
    pub(super) fn remove(&mut self, name: &str) {
        self.rows.remove(name);
    }

    /// Forgets the whole.
    pub(super) fn remove_whole(&mut self) {
        self.whole = None;
    }

    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.whole.is_none()
    }

    /// The lines, for a terminal of `columns` and `rows`.
    pub(super) fn lines(&self, now: Instant, (columns, rows): (usize, usize), colour: bool) -> Vec<String> {
        // A line for the whole, and one that must stay free above what is written next.
        let room = rows.saturating_sub(3).max(1);
        let mut shown: Vec<(&String, &Row)> = self.rows.iter().collect();
        let mut hidden = 0;
        if shown.len() > room {
            hidden = shown.len() - room + 1;
            shown.sort_by_key(|(name, row)| (row.state.rank(), *name));
            shown.truncate(room - 1);
            shown.sort_by_key(|(name, _)| *name);
        }
        let width = shown.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut lines: Vec<String> = Vec::new();
        for (name, row) in shown {
            let time = row.time(now).map(|time| format!("  {time}")).unwrap_or_default();
            let plain = format!("  {name:width$}  {}{time}", row.state.text());
            let is_whole = plain.chars().count() <= columns;
            lines.push(match colour && is_whole {
                true => format!("  {name:width$}  \x1b[{}m{}\x1b[0m{time}", row.state.colour(), row.state.text()),
                false => cut(&plain, columns),
            });
        }
        if hidden > 0 {
            lines.push(cut(&format!("  and {hidden} more"), columns));
        }
        if let Some((text, since)) = &self.whole {
            let seconds = now.saturating_duration_since(*since).as_secs();
            lines.push(cut(&format!("{text}  {seconds} s"), columns));
        }
        lines
    }
}

/// The first characters of a line.
fn cut(line: &str, columns: usize) -> String {
    line.chars().take(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: (usize, usize) = (80, 24);

    fn board(start: Instant) -> Board {
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut board = Board::default();
        board.set_whole("1 of 7 steps".to_owned(), start);
        board.set("satay", State::Waiting("waits for sambal: stop".to_owned()), start);
        board.set("sambal", State::Ongoing("stopping".to_owned()), start);
        board.set("sambal", State::Ongoing("starting".to_owned()), at(2));
        board.set("tempeh", State::Ongoing("starting".to_owned()), at(1));
        board.set("tempeh", State::Ended("ready".to_owned()), at(3));
        board
    }

    #[test]
    fn each_container_and_the_whole_have_a_line_with_its_time() {
        let start = Instant::now();
        let now = start + Duration::from_millis(5500);
        let shown = [
            "  sambal  starting  3 s",
            "  satay   waits for sambal: stop  5 s",
            "  tempeh  ready  2.0 s",
            "1 of 7 steps  5 s",
        ];
        assert_eq!(board(start).lines(now, WIDE, false), shown);
        assert_eq!(board(start).lines(now, WIDE, true)[0], "  sambal  \u{1b}[36mstarting\u{1b}[0m  3 s");
    }

    #[test]
    fn lines_fit_into_the_terminal() {
        let start = Instant::now();
        let narrow = board(start).lines(start + Duration::from_secs(5), (20, 24), true);
        assert!(narrow.iter().any(|line| line == "  satay   waits for "), "{narrow:?}");
        // What failed or is at work stays, what is done goes first.
        let mut board = board(start);
        board.set("ulang", State::Failed("start failed".to_owned()), start);
        let short = board.lines(start, (80, 6), false);
        assert_eq!(
            short,
            ["  sambal  starting", "  ulang   start failed  0.0 s", "  and 2 more", "1 of 7 steps  0 s"]
        );
        assert_eq!(board.lines(start, (80, 1), false), ["  and 4 more", "1 of 7 steps  0 s"]);
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let start = Instant::now();
        let mut board = board(start);
        for name in ["sambal", "satay", "tempeh"] {
            board.remove(name);
        }
        assert!(!board.is_empty());
        board.remove_whole();
        assert!(board.is_empty());
        assert!(board.lines(start, WIDE, false).is_empty());
    }
}
