//! Prints results to stdout, and everything else to stderr.
//!
//! Colours and box-drawing characters are only used on a terminal (contract §4), unless the user asks for them.

use std::fmt;
use std::io::{self, BufRead, IsTerminal};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::args::{Global, LogFormat, When};
use super::output::{self, Stream};
use super::screen;
use crate::app::STAGES;
use crate::diag::render::{self, Style, TraceStyle};
use crate::diag::{Diagnostic, Severity};
use crate::model::ContainerName;
use crate::source::SourceMap;

/// The assumed width of a terminal that does not report one, such as a serial line.
const UNKNOWN_WIDTH: usize = 80;

/// How this run prints.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// How to draw diagnostics (stderr).
    pub(super) style: Style,
    /// Whether to draw results for a terminal (stdout).
    pub(super) fancy_results: bool,
    /// The width of the terminal that shows results. `None` if there is none.
    pub(super) width: Option<usize>,
    quiet: bool,
    verbose: bool,
    /// Whether stderr is a terminal on which lines can change.
    pub(super) can_change: bool,
    /// Whether each line on stderr is a JSON object.
    json: bool,
}

impl Terminal {
    /// Decides from the options, and from what the streams are connected to.
    pub(super) fn new(global: &Global) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let decide = |is_terminal: bool| match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && !no_color,
        };
        let errors_are_seen = std::io::stderr().is_terminal();
        let trace = if global.verbose > 0 { TraceStyle::Full } else { TraceStyle::Ends };
        let style = Style { unicode: errors_are_seen, color: decide(errors_are_seen), trace };
        let results_are_seen = std::io::stdout().is_terminal();
        let width = results_are_seen.then(|| {
            let size = terminal_size::terminal_size_of(std::io::stdout());
            size.map_or(UNKNOWN_WIDTH, |(width, _)| usize::from(width.0))
        });
        let json = global.log_format == LogFormat::Json;
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let &Global { quiet, verbose, .. } = global;
        let can_change = errors_are_seen && !is_dumb && !quiet && !json;
        Self {
            style,
            fancy_results: decide(results_are_seen),
            width,
            quiet,
            verbose: verbose > 0,
            can_change,
            json,
        }
    }

    /// Prints findings to stderr; with `--quiet`, only errors.
    pub(super) fn findings(&self, findings: &[Diagnostic], sources: &SourceMap) {
        self.print(findings, |finding| render::text(finding, sources, self.style), sources);
    }

    /// Prints only the first line of each finding to stderr, without source snippets and help.
    pub(super) fn headings(&self, findings: &[Diagnostic], sources: &SourceMap) {
        let heading = |finding: &Diagnostic| {
            let text = render::text(finding, sources, self.style);
            text.lines().take(1).flat_map(|line| [line, "\n"]).collect()
        };
        self.print(findings, heading, sources);
    }

    fn print(&self, findings: &[Diagnostic], text: impl Fn(&Diagnostic) -> String, sources: &SourceMap) {
        let shown = findings.iter().filter(|finding| !self.quiet || finding.severity == Severity::Error);
        let text: String =
            shown.map(|finding| if self.json { json(finding, sources) } else { text(finding) }).collect();
        screen::bytes(Stream::Messages, text.as_bytes());
    }

    /// Whether only errors and results are printed.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether each line on stderr is a JSON object.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether live lines show the steps of a run, so that no others have to.
    pub(super) fn shows_steps(&self) -> bool {
        screen::is_on() && !self.verbose
    }

    /// Prints a line of progress to stderr.
    pub(super) fn progress(&self, line: &str) {
        if !self.quiet {
            screen::line(Level::INFO, line);
        }
    }

    /// Like [`Self::progress`]; in JSON, `fields` are printed instead.
    pub(super) fn progress_with(
        &self,
        text: &str,
        fields: impl FnOnce() -> serde_json::Map<String, serde_json::Value>,
    ) {
        if self.json && !self.quiet {
            screen::bytes(Stream::Messages, output::json_line(Level::INFO, fields()).as_bytes());
        } else {
            self.progress(text);
        }
    }

    /// Like [`Self::progress`], about a container and an action: in JSON, they are fields.
    pub(super) fn progress_about(&self, line: &str, about: Option<(&ContainerName, &'static str)>) {
        match about {
            Some((container, action)) => self.progress_with(line, || {
                let fields = [("message", line), ("container", container.as_str()), ("action", action)];
                fields.map(|(field, value)| (field.to_owned(), value.into())).into_iter().collect()
            }),
            None => self.progress(line),
        }
    }

    /// Prints a result to stdout.
    pub(super) fn result(&self, text: &str) {
        self.result_bytes(text.as_bytes());
    }

    /// Like [`Self::result`], for bytes that may not be UTF-8.
    pub(super) fn result_bytes(&self, bytes: &[u8]) {
        screen::bytes(Stream::Results, bytes);
    }

    /// Asks a yes-or-no question. `None` without a terminal.
    pub(super) fn ask(&self, question: &str) -> Option<bool> {
        let stdin = io::stdin();
        if !stdin.is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        self.question(question);
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer).ok()?;
        Some(is_yes(&answer))
    }

    /// Asks a yes-or-no question until `is_over`, or for as long as `limit`. `None` if it was not answered by then; without
    /// a terminal it is only waited for.
    pub(super) fn ask_until(&self, question: &str, limit: Duration, is_over: &dyn Fn() -> bool) -> Option<bool> {
        let stdin = io::stdin();
        let mut can_answer = stdin.is_terminal() && io::stderr().is_terminal();
        if can_answer {
            self.question(question);
        }
        let ends = Instant::now() + limit;
        while !is_over() {
            let left = ends.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let moment = PollTimeout::try_from(left.min(POLLED)).unwrap_or(PollTimeout::ZERO);
            let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
            let polled = if can_answer { &mut fds[..] } else { &mut [] };
            if poll(polled, moment).is_ok_and(|ready| ready > 0) {
                let mut answer = String::new();
                match stdin.lock().read_line(&mut answer) {
                    // The terminal is gone.
                    Ok(0) | Err(_) => can_answer = false,
                    Ok(_) => return Some(is_yes(&answer)),
                }
            }
        }
        None
    }

    fn question(&self, question: &str) {
        let question = format!("{question} [y/N]");
        if self.json {
            screen::line(Level::INFO, &question);
        } else {
            screen::bytes(Stream::Messages, format!("{question} ").as_bytes());
        }
    }
}

/// How often an answer from elsewhere is looked for.
const POLLED: Duration = Duration::from_millis(100);

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// A finding as a JSON line of the log.
fn json(finding: &Diagnostic, sources: &SourceMap) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARN,
        Severity::Note => Level::INFO,
    };
    match serde_json::to_value(render::finding(finding, sources)) {
        Ok(serde_json::Value::Object(fields)) => output::json_line(level, fields),
        _ => output::json_line(
            level,
            [("message".to_owned(), finding.message.as_str().into())].into_iter().collect(),
        ),
    }
}

/// Prints panics like findings. The default hook would bypass `--log-format json`, and could block on a stalled reader.
pub(super) fn catch_panics() {
    // Not above live lines: what panicked may be what draws them.
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let message = payload.downcast_ref::<&str>().copied();
        let message =
            message.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        let location = panic.location().map(|location| format!(" at {location}")).unwrap_or_default();
        output::line(
            Level::ERROR,
            &format!("error[internal]: panicked{location}: {message}; please report this bug"),
        );
        let backtrace = std::backtrace::Backtrace::capture();
        if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
            output::line(Level::ERROR, &backtrace.to_string());
        }
    }));
}

/// Writes the log to stderr.
struct Messages;

impl io::Write for Messages {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        screen::bytes(Stream::Messages, line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts logging to stderr: warnings by default, more with `-v`.
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
        .with_writer(|| Messages)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    // In tests, another subscriber may be installed already, which is not an error.
    let _ = match global.log_format {
        LogFormat::Text => log.without_time().try_init(),
        LogFormat::Json => {
            output::use_json();
            log.fmt_fields(JsonFields::new()).event_format(JsonLines).try_init()
        }
    };
}

/// Formats log events like all other JSON lines, with the stage and the fields of the spans that they are in. The fields of
/// spans must be formatted as JSON.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields(serde_json::Map::new());
        for span in context.event_scope().into_iter().flat_map(|spans| spans.from_root()) {
            if span.metadata().target() == STAGES {
                fields.0.insert("stage".to_owned(), span.name().into());
            }
            let extensions = span.extensions();
            let formatted = extensions.get::<FormattedFields<N>>().map(|formatted| formatted.fields.as_str());
            if let Some(Ok(serde_json::Value::Object(of_span))) = formatted.map(serde_json::from_str) {
                fields.0.extend(of_span);
            }
        }
        event.record(&mut fields);
        writer.write_str(&output::json_line(*event.metadata().level(), fields.0))
    }
}

struct Fields(serde_json::Map<String, serde_json::Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_json_line_names_its_stage_and_its_container() {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt().with_writer(move || writer.clone());
        let log = log.fmt_fields(JsonFields::new()).event_format(JsonLines).finish();
        tracing::subscriber::with_default(log, || {
            let stage = tracing::error_span!(target: STAGES, "apply").entered();
            let step = tracing::error_span!("step", container = Some("web"), action = "start").entered();
            tracing::warn!(attempt = 2, "slow");
            drop(step);
            let none: Option<&str> = None;
            let step = tracing::error_span!("step", container = none, action = "firewall").entered();
            tracing::warn!("of the host");
            drop((step, stage));
            tracing::warn!("between stages");
        });
        let written = lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let written = String::from_utf8(written).expect("text");
        let said: Vec<_> = written
            .lines()
            .map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
                ["message", "stage", "container", "action", "attempt"]
                    .map(|field| line[field].to_string())
                    .join(" ")
            })
            .collect();
        let wanted = [
            r#""slow" "apply" "web" "start" 2"#,
            r#""of the host" "apply" null "firewall" null"#,
            r#""between stages" null null null null"#,
        ];
        assert_eq!(said, wanted);
    }
}
