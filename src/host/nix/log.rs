//! Parses Nix's `internal-json` log format: one JSON object on each line, after `@nix `.
//!
//! Takes: lines, one after the other. Gives: a [`Line`] for each, and how far Nix is. nix(1) describes the format under `--log-format internal-json`: `action` is
//! `start`, `stop`, `result` or `msg`; an error is a `msg` with a `raw_msg`, and with `--show-trace` also a `trace`.

use anstream::adapter::strip_str;
use serde::Deserialize;

use super::counter::{Counter, Counts};
use crate::apply::Frame;
use crate::source::Location;

/// Nix's default verbosity (its `lvlInfo`); higher levels are for debugging Nix.
const INFO: u8 = 3;

/// One line of the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A message to show.
    Message(String),
    /// An error, and the calls that led to it, innermost first; and the whole as Nix shows it.
    Error(Frame, Vec<Frame>, String),
    /// Nothing to show.
    Nothing,
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Event {
    Start {
        id: u64,
        level: u8,
        #[serde(default)]
        text: String,
        #[serde(rename = "type")]
        kind: u64,
        #[serde(default)]
        fields: Vec<serde_json::Value>,
    },
    Stop {
        id: u64,
    },
    Result {
        id: u64,
        #[serde(rename = "type")]
        kind: u64,
        #[serde(default)]
        fields: Vec<serde_json::Value>,
    },
    Msg {
        level: u8,
        msg: String,
        #[serde(flatten)]
        error: Option<Hint>,
        #[serde(default)]
        trace: Vec<Hint>,
    },
    #[serde(other)]
    Other,
}

/// An error, or a call that led to one.
#[derive(Deserialize)]
struct Hint {
    raw_msg: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

impl Hint {
    fn frame(self) -> Frame {
        let at = match (self.file, self.line, self.column) {
            (Some(file), Some(line), Some(column)) => {
                // Nix appends the line and column to the name.
                let position = format!(":{line}:{column}");
                let file = file.strip_suffix(&position).map_or(file.clone(), str::to_owned);
                Some(Location { file, line, column })
            }
            _ => None,
        };
        Frame { message: plain(&self.raw_msg), at }
    }
}

/// Removes colours.
fn plain(text: &str) -> String {
    strip_str(text).to_string()
}

/// The log of one run of Nix.
#[derive(Default)]
pub(super) struct Log {
    counter: Counter,
}

impl Log {
    /// How far Nix is.
    pub(super) fn counts(&self) -> Counts {
        self.counter.counts()
    }

    /// Parses the next line. One that is not in Nix's format comes from a program that Nix runs, and is a message.
    pub(super) fn read(&mut self, line: &str) -> Line {
        let Some(event) = line.strip_prefix("@nix ") else { return Line::Message(plain(line)) };
        match serde_json::from_str(event) {
            Ok(Event::Start { id, level, text, kind, fields }) => {
                self.counter.start(id, kind, &fields);
                if level <= INFO && !text.is_empty() { Line::Message(plain(&text)) } else { Line::Nothing }
            }
            Ok(Event::Stop { id }) => {
                self.counter.stop(id);
                Line::Nothing
            }
            Ok(Event::Result { id, kind, fields }) => {
                let line = self.counter.result(id, kind, &fields);
                line.map_or(Line::Nothing, |line| Line::Message(plain(&line)))
            }
            Ok(Event::Msg { error: Some(error), trace, msg, .. }) => {
                Line::Error(error.frame(), trace.into_iter().map(Hint::frame).collect(), plain(&msg))
            }
            Ok(Event::Msg { level, msg, .. }) if level <= INFO => Line::Message(plain(&msg)),
            // An error is from a newer Nix.
            Ok(_) | Err(_) => Line::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(message: &str, at: Option<(&str, u32, u32)>) -> Frame {
        let at = at.map(|(file, line, column)| Location { file: file.to_owned(), line, column });
        Frame { message: message.to_owned(), at }
    }

    #[test]
    fn an_error_is_read_with_its_calls() {
        let line = r#"@nix {"action":"msg","column":36,"file":"/etc/h.nix:2:36","level":0,"line":2,"msg":"error: …","raw_msg":"cannot add \u001b[35;1ma string\u001b[0m to an integer","trace":[{"column":4,"file":"/etc/h.nix:2:4","line":2,"raw_msg":"while evaluating the attribute 'x'"},{"column":null,"file":null,"line":null,"raw_msg":"while printing"}]}"#;
        let trace = vec![
            frame("while evaluating the attribute 'x'", Some(("/etc/h.nix", 2, 4))),
            frame("while printing", None),
        ];
        let error = frame("cannot add a string to an integer", Some(("/etc/h.nix", 2, 36)));
        assert_eq!(Log::default().read(line), Line::Error(error, trace, "error: …".to_owned()));
    }

    #[test]
    fn other_lines_are_messages_or_nothing() {
        let table = [
            ("plain", Line::Message("plain".to_owned())),
            (
                r#"@nix {"action":"msg","level":1,"msg":"\u001b[35;1mwarning:\u001b[0m old"}"#,
                Line::Message("warning: old".to_owned()),
            ),
            (r#"@nix {"action":"msg","level":5,"msg":"detail"}"#, Line::Nothing),
            (
                r#"@nix {"action":"start","id":1,"level":3,"parent":0,"text":"copying it","type":100}"#,
                Line::Message("copying it".to_owned()),
            ),
            (r#"@nix {"action":"start","id":1,"level":3,"parent":0,"text":"","type":104}"#, Line::Nothing),
            (r#"@nix {"action":"result","id":1,"type":105,"fields":[0,1,0,0]}"#, Line::Nothing),
            (
                r#"@nix {"action":"start","fields":["/nix/store/0-a.drv"],"id":2,"level":4,"type":105}"#,
                Line::Nothing,
            ),
            (
                r#"@nix {"action":"result","id":2,"type":101,"fields":["\u001b[1mdone\u001b[0m"]}"#,
                Line::Message("a> done".to_owned()),
            ),
            (r#"@nix {"action":"stop","id":2}"#, Line::Nothing),
            (r#"@nix {"action":"#, Line::Nothing),
        ];
        let mut log = Log::default();
        for (line, expected) in table {
            assert_eq!(log.read(line), expected, "{line}");
        }
        assert_eq!(log.counts().to_string(), "0 of 1 built");
    }
}
