//! Parses Nix's `internal-json` log format: one JSON object on each line, after `@nix `.
//!
//! Takes: a line. Gives: a [`Line`]. nix(1) describes the format under `--log-format internal-json`: `action` is
//! `start`, `stop`, `result` or `msg`; an error is a `msg` with a `raw_msg`, and with `--show-trace` also a `trace`.

use anstream::adapter::strip_str;
use serde::Deserialize;

use crate::apply::Frame;
use crate::source::Location;

/// Nix's default verbosity (its `lvlInfo`); higher levels are for debugging Nix.
const INFO: u8 = 3;

/// One line of the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A message to show.
    Message(String),
    /// The evaluation failed: the error, and the calls that led to it, innermost first.
    Error(Frame, Vec<Frame>),
    /// Nothing to show.
    Nothing,
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Event {
    Start {
        level: u8,
        #[serde(default)]
        text: String,
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

/// Parses a line. One that is not in Nix's format comes from a program that Nix runs, and is a message.
pub(super) fn read(line: &str) -> Line {
    let event = line.strip_prefix("@nix ").map(serde_json::from_str);
    match event {
        None => Line::Message(plain(line)),
        Some(Ok(Event::Start { level, text })) if level <= INFO && !text.is_empty() => Line::Message(plain(&text)),
        Some(Ok(Event::Msg { error: Some(error), trace, .. })) => {
            Line::Error(error.frame(), trace.into_iter().map(Hint::frame).collect())
        }
        Some(Ok(Event::Msg { level, msg, .. })) if level <= INFO => Line::Message(plain(&msg)),
        Some(Ok(_)) => Line::Nothing,
        // From a newer Nix.
        Some(Err(_)) => Line::Nothing,
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
        assert_eq!(read(line), Line::Error(error, trace));
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
            (r#"@nix {"action":"stop","id":1}"#, Line::Nothing),
            (r#"@nix {"action":"result","id":1,"type":105,"fields":[0,1,0,0]}"#, Line::Nothing),
            (r#"@nix {"action":"#, Line::Nothing),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
