//! Diagnostics as people and programs read them.
//!
//! Text starts with `FILE:LINE:COL: severity[code]: message`, followed by the snippet, which miette draws, and the
//! help. The other formats are JSON (contract §6, `diagnostics`) and SARIF 2.1.0.

use std::fmt::Write as _;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use serde::Serialize;

use super::escape::{marked, visible};
use super::excerpt::excerpt;
use super::{Diagnostic, Label, Severity, secret};
use crate::source::{SourceMap, Span};

mod diff;
mod sarif;

pub use diff::{Suggestion, diff, suggestion};
pub use sarif::sarif;

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Draw lines with box characters instead of ASCII.
    pub unicode: bool,
    /// Use ANSI colours.
    pub color: bool,
    /// How much of the call trace to show.
    pub trace: TraceStyle,
}

/// How much of a call trace is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TraceStyle {
    /// Nothing (`--no-show-trace`).
    None,
    /// The frames at both ends.
    #[default]
    Ends,
    /// All frames (`--show-trace`, `-v`).
    Full,
}

impl Style {
    /// The style for files and pipes.
    pub const PLAIN: Self = Self { unicode: false, color: false, trace: TraceStyle::Ends };

    fn theme(self) -> GraphicalTheme {
        match (self.unicode, self.color) {
            // The sixteen colours that every terminal has; our own headings use them too.
            (true, true) => GraphicalTheme { styles: miette::ThemeStyles::ansi(), ..GraphicalTheme::unicode() },
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => GraphicalTheme { styles: miette::ThemeStyles::ansi(), ..GraphicalTheme::ascii() },
            (false, false) => GraphicalTheme::none(),
        }
    }
}

/// Renders one diagnostic as text, with a final newline.
pub fn text(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let mut out = String::new();
    if let Some(location) = diagnostic.location_in(sources) {
        let _ = write!(out, "{}: ", visible(&location.to_string()));
    }
    let message = visible(&shortened(&diagnostic.message));
    let (severity, code) = (diagnostic.severity, diagnostic.code);
    let heading = format!("{}[{code}]", severity.as_str());
    if style.color {
        let ansi = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Note => "1;36",
        };
        let _ = writeln!(out, "\u{1b}[{ansi}m{heading}\u{1b}[0m: {message}");
    } else {
        let _ = writeln!(out, "{heading}: {message}");
    }
    out.push_str(&snippet(diagnostic, sources, style));
    out.push_str(&trace(diagnostic, sources, style));
    if let Some(help) = &diagnostic.help {
        for (index, line) in help.lines().enumerate() {
            let _ = writeln!(out, "  {}{}", if index == 0 { "help: " } else { "      " }, visible(line));
        }
    }
    out
}

/// Longer messages are cut to this many bytes: they quote input of any size.
const LONGEST_MESSAGE: usize = 10_000;

fn shortened(message: &str) -> std::borrow::Cow<'_, str> {
    if message.len() <= LONGEST_MESSAGE {
        return message.into();
    }
    let end = (0..=LONGEST_MESSAGE).rev().find(|&end| message.is_char_boundary(end)).unwrap_or_default();
    format!("{}... ({} bytes in all)", &message[..end], message.len()).into()
}

/// The labelled lines of the source.
fn snippet(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let Some(first) = diagnostic.labels.first() else { return String::new() };
    let Some(file) = sources.file(first.span.start) else { return String::new() };
    let inside = |span: Span| sources.file(span.start).is_some_and(|other| other.base == file.base);
    let labels: Vec<_> = diagnostic.labels.iter().filter(|label| inside(label.span)).collect();
    let ranges: Vec<_> =
        labels.iter().map(|label| file.offset(label.span.start)..file.offset(label.span.end)).collect();
    let shown = excerpt(&marked(secret::blotted(&file.text)), &ranges);
    // The excerpt's columns differ from the file's, so each label carries its own location.
    let locations = ranges.iter().map(|range| visible(&file.location(range.start).to_string()));
    let starts = shown.labels.iter().map(|range| range.start);
    let source = Excerpted { locations: starts.zip(locations).collect(), text: shown.text };
    let drawn_labels = labels.iter().zip(shown.labels).map(|(label, range)| {
        let text = (!label.text.is_empty()).then(|| visible(&label.text));
        LabeledSpan::new(text, range.start, range.len())
    });
    let drawn = Drawn { source, labels: drawn_labels.collect() };
    // Without context lines, only the labelled words are shown.
    let context = usize::from(!diagnostic.hides_values);
    let handler = GraphicalReportHandler::new_themed(style.theme())
        .with_width(110)
        .with_context_lines(context)
        .without_primary_span_start();
    let mut drawing = Drawing { out: String::new(), line: 0, is_heading: true };
    if handler.render_report(&mut drawing, &drawn).is_err() {
        return String::new();
    }
    let mut out = drawing.out;
    for label in diagnostic.labels.iter().filter(|label| !inside(label.span)) {
        if let Some(location) = sources.locate(label.span.start) {
            let _ = writeln!(out, "  {}: {}", visible(&location.to_string()), visible(&label.text));
        }
    }
    out
}

/// How many frames of a trace to show at each end.
const TRACE_ENDS: usize = 3;

/// The calls that led to the error, one per line. Repeated frames, as recursion makes them, share one line; a long
/// trace loses its middle.
fn trace(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let mut out = String::new();
    if style.trace == TraceStyle::None {
        return out;
    }
    let frames: Vec<(&Label, usize)> =
        diagnostic.trace.chunk_by(|a, b| a == b).map(|same| (&same[0], same.len())).collect();
    let trimmed = style.trace != TraceStyle::Full && frames.len() > 2 * TRACE_ENDS + 1;
    for (index, (frame, count)) in frames.iter().enumerate() {
        if trimmed && (TRACE_ENDS..frames.len() - TRACE_ENDS).contains(&index) {
            if index == TRACE_ENDS {
                let hidden: usize =
                    frames[TRACE_ENDS..frames.len() - TRACE_ENDS].iter().map(|(_, count)| count).sum();
                let dots = if style.unicode { "…" } else { "..." };
                let _ = writeln!(out, "  {dots} {hidden} more (-v shows all)");
            }
            continue;
        }
        let location =
            sources.locate(frame.span.start).map(|location| format!("{}: ", visible(&location.to_string())));
        let location = location.unwrap_or_default();
        let times = if *count == 1 { String::new() } else { format!(" ({count} times)") };
        for (line, text) in frame.text.lines().enumerate() {
            let (location, times) = if line == 0 { (location.as_str(), times.as_str()) } else { ("  ", "") };
            let _ = writeln!(out, "  {location}{}{times}", visible(text));
        }
    }
    out
}

/// Receives what miette draws: the first line is dropped, and spaces at the ends of lines.
///
/// miette (7.6) has no call that draws a snippet alone: it begins every report with a line for the message, indented and
/// marked. Our heading starts at the margin with the location, as editors and `grep` expect it, so it cannot be that line.
struct Drawing {
    out: String,
    /// Where the current line starts in `out`.
    line: usize,
    /// Whether the first line is not complete yet.
    is_heading: bool,
}

impl std::fmt::Write for Drawing {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for part in text.split_inclusive('\n') {
            if self.is_heading {
                self.is_heading = !part.ends_with('\n');
                continue;
            }
            self.out.push_str(part);
            if part.ends_with('\n') {
                let length = self.out[self.line..].trim_end().len();
                self.out.truncate(self.line + length);
                self.out.push('\n');
                self.line = self.out.len();
            }
        }
        Ok(())
    }
}

/// What miette draws: only the labels. Heading and help are our own.
#[derive(Debug)]
struct Drawn {
    source: Excerpted,
    labels: Vec<LabeledSpan>,
}

/// An excerpt whose "file name" is the location of the requested label.
#[derive(Debug)]
struct Excerpted {
    text: String,
    /// Where each label starts in the excerpt, with its location in the file.
    locations: Vec<(usize, String)>,
}

impl SourceCode for Excerpted {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        let location = self.locations.iter().find(|(start, _)| *start == span.offset());
        let name = location.map(|(_, location)| location.clone()).unwrap_or_default();
        let (line, column, count) = (read.line(), read.column(), read.line_count());
        Ok(Box::new(MietteSpanContents::new_named(name, read.data(), *read.span(), line, column, count)))
    }
}

impl std::fmt::Display for Drawn {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawn {}

impl miette::Diagnostic for Drawn {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A diagnostic as it appears in JSON (contract §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "named by the contract")]
pub struct Finding {
    pub code: &'static str,
    pub severity: &'static str,
    pub message: String,
    pub help: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// Converts a diagnostic to its JSON form.
pub fn finding(diagnostic: &Diagnostic, sources: &SourceMap) -> Finding {
    let location = diagnostic.location_in(sources);
    Finding {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        file: location.as_ref().map(|location| location.file.clone()),
        line: location.as_ref().map(|location| location.line),
        column: location.as_ref().map(|location| location.column),
    }
}

#[cfg(test)]
mod tests;
