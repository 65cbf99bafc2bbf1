//! The two streams: results to stdout, all else to stderr.
//!
//! Colours and box characters only on a terminal (contract §4), unless asked for.

use std::io::{BufRead, IsTerminal, Write};

use super::args::{Global, LogFormat, When};
use crate::diag::render::{self, Style};
use crate::diag::{Diagnostic, Severity};
use crate::source::SourceMap;

/// Of terminals that do not tell, as serial lines.
const UNKNOWN_WIDTH: usize = 80;

/// How this run talks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// How diagnostics are drawn (stderr).
    pub(super) style: Style,
    /// Whether results are drawn for a terminal (stdout).
    pub(super) fancy_results: bool,
    /// How many characters fit into a line of results; nothing where no terminal shows them.
    pub(super) width: Option<usize>,
    quiet: bool,
}

impl Terminal {
    /// From the options and what the streams are connected to.
    pub(super) fn new(global: &Global) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let decide = |is_terminal: bool| match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && !no_color,
        };
        let errors_are_seen = std::io::stderr().is_terminal();
        let style =
            Style { unicode: errors_are_seen, color: decide(errors_are_seen), full_trace: global.verbose > 0 };
        let results_are_seen = std::io::stdout().is_terminal();
        let width = results_are_seen.then(|| {
            let size = terminal_size::terminal_size_of(std::io::stdout());
            size.map_or(UNKNOWN_WIDTH, |(width, _)| usize::from(width.0))
        });
        Self { style, fancy_results: decide(results_are_seen), width, quiet: global.quiet }
    }

    /// Prints findings to stderr; `--quiet` leaves the errors.
    pub(super) fn findings(&self, findings: &[Diagnostic], sources: &SourceMap) {
        for finding in findings.iter().filter(|finding| !self.quiet || finding.severity == Severity::Error) {
            eprint!("{}", render::text(finding, sources, self.style));
        }
    }

    /// Prints a line of progress to stderr.
    pub(super) fn progress(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// Prints a result to stdout. A closed pipe is the reader's choice, not an error.
    pub(super) fn result(&self, text: &str) {
        self.result_bytes(text.as_bytes());
    }

    /// The same of what need not be UTF-8.
    pub(super) fn result_bytes(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        // The reader may have gone away (`| head`); there is nobody left to tell.
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// Asks a question that is answered with yes or no; `None` without a terminal to ask on.
    pub(super) fn ask(&self, question: &str) -> Option<bool> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        eprint!("{question} [y/N] ");
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}

/// Sends the log to stderr: warnings by default, more with `-v`.
pub(super) fn start_log(global: &Global) {
    use tracing_subscriber::filter::LevelFilter;
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second subscriber in one process (tests) is no reason to fail.
    let _ = match global.log_format {
        LogFormat::Text => log.without_time().try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}
