//! Explains what is wrong with a text that does not parse.
//!
//! rnix reports where it lost the thread; people want to know where the text is broken. To find a missing `;`, the
//! commonest slip, this module inserts one and parses again: each slip gives one finding, and one run finds them all.

use rnix::{ParseError, Root, SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};

use crate::diag::{Code, Diagnostic, Fix};
use crate::source::{SourceFile, Span};

/// How many slips per file to look for.
const MOST_REPAIRS: usize = 50;

/// Longer texts are not parsed repeatedly.
const LONGEST: usize = 1 << 20;

/// The slips in a text that have a better explanation than the parser's own error; may be empty.
pub(super) fn slips(file: &SourceFile) -> Vec<Diagnostic> {
    if file.text.len() > LONGEST {
        return Vec::new();
    }
    let mut text = file.text.to_string();
    let mut repairs: Vec<usize> = Vec::new();
    loop {
        let parsed = Root::parse(&text);
        if parsed.errors().iter().any(|error| matches!(error, ParseError::RecursionLimitExceeded)) {
            return Vec::new();
        }
        let repair = match parsed.errors().first() {
            Some(error) if repairs.len() < MOST_REPAIRS => missing_semicolon(&parsed.syntax(), error),
            _ => None,
        };
        if let Some(offset) = repair {
            text.insert(offset, ';');
            repairs.push(offset);
            continue;
        }
        if repairs.is_empty() {
            return Vec::new();
        }
        let mut diagnostics: Vec<_> = repairs
            .iter()
            .enumerate()
            .map(|(nth, offset)| missing(file, original(*offset, &repairs[..nth])))
            .collect();
        diagnostics.extend(remaining(file, parsed.errors(), &repairs));
        diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map_or(Span::NONE, |label| label.span));
        return diagnostics;
    }
}

/// Converts an offset in a repaired text to one in the user's text.
fn original(offset: usize, repairs: &[usize]) -> usize {
    repairs.iter().rev().fold(offset, |offset, repair| if *repair < offset { offset - 1 } else { offset })
}

fn missing(file: &SourceFile, offset: usize) -> Diagnostic {
    let text = &file.text[..offset];
    let last = text.chars().next_back().map_or(0, char::len_utf8);
    let span = Span::new(file.pos(offset - last), file.pos(offset));
    Diagnostic::error(Code::Syntax, "missing `;` after this value")
        .at(span, "a `;` belongs after this")
        .help("end each definition with `;`")
        .fix(Fix::Text(Span::at(file.pos(offset)), String::from(";")))
}

/// The offset at which a `;` would have let the parser continue.
fn missing_semicolon(root: &SyntaxNode, error: &ParseError) -> Option<usize> {
    let (found, at, wanted) = match error {
        ParseError::UnexpectedWanted(found, at, wanted) => (Some(*found), at.start(), wanted),
        ParseError::UnexpectedEOFWanted(wanted) => (None, root.text_range().end(), wanted),
        _ => return None,
    };
    if !wanted.contains(&SyntaxKind::TOKEN_SEMICOLON) {
        return None;
    }
    let before = previous(root, at)?;
    let value_end = match found {
        // `a = 1  b = 2;`: the parser took `1 b` for a call and failed at the second `=`.
        Some(SyntaxKind::TOKEN_ASSIGN) => before_attrpath(before)?,
        Some(SyntaxKind::TOKEN_R_BRACE | SyntaxKind::TOKEN_IN) => before,
        _ => return None,
    };
    let ends_value = !matches!(
        value_end.kind(),
        SyntaxKind::TOKEN_SEMICOLON | SyntaxKind::TOKEN_L_BRACE | SyntaxKind::TOKEN_ASSIGN | SyntaxKind::TOKEN_LET
    );
    ends_value.then(|| usize::from(value_end.text_range().end()))
}

/// The last token before `at`, skipping spaces and comments.
fn previous(root: &SyntaxNode, at: TextSize) -> Option<SyntaxToken> {
    let token = match root.token_at_offset(at) {
        rowan::TokenAtOffset::None => root.last_token(),
        rowan::TokenAtOffset::Single(token) if token.text_range().start() < at => Some(token),
        rowan::TokenAtOffset::Single(token) => token.prev_token(),
        rowan::TokenAtOffset::Between(before, _) => Some(before),
    }?;
    if token.kind().is_trivia() { previous_token(&token) } else { Some(token) }
}

fn previous_token(token: &SyntaxToken) -> Option<SyntaxToken> {
    std::iter::successors(token.prev_token(), SyntaxToken::prev_token).find(|token| !token.kind().is_trivia())
}

/// The token before the attribute path that ends with `last`.
fn before_attrpath(last: SyntaxToken) -> Option<SyntaxToken> {
    let mut token = last;
    loop {
        token = before_name(token)?;
        if token.kind() != SyntaxKind::TOKEN_DOT {
            return Some(token);
        }
        token = previous_token(&token)?;
    }
}

/// The token before a name of an attribute path: an identifier, a string or `${…}`.
fn before_name(last: SyntaxToken) -> Option<SyntaxToken> {
    match last.kind() {
        SyntaxKind::TOKEN_IDENT => previous_token(&last),
        SyntaxKind::TOKEN_STRING_END => {
            let start = last.parent()?.first_token()?;
            previous_token(&start)
        }
        SyntaxKind::TOKEN_R_BRACE => {
            let start = last.parent()?.first_token()?;
            (start.kind() == SyntaxKind::TOKEN_INTERPOL_START).then(|| previous_token(&start)).flatten()
        }
        _ => None,
    }
}

/// What is wrong besides missing semicolons: the first error of each line, because later ones are its consequences.
fn remaining(file: &SourceFile, errors: &[ParseError], repairs: &[usize]) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut last_line = None;
    for error in errors {
        let (range, message) = describe(error, file.text.len());
        let start = original(range.start().into(), repairs).min(file.text.len());
        let end = original(range.end().into(), repairs).clamp(start, file.text.len());
        let line = file.location(start).line;
        if last_line == Some(line) || message.is_empty() {
            continue;
        }
        last_line = Some(line);
        let span = Span::new(file.pos(start), file.pos(end));
        diagnostics.push(Diagnostic::error(Code::Syntax, message).at(span, ""));
    }
    diagnostics
}

fn describe(error: &ParseError, length: usize) -> (TextRange, String) {
    let end = TextRange::empty(TextSize::new(u32::try_from(length).unwrap_or(u32::MAX)));
    match error {
        ParseError::Unexpected(range) => (*range, String::from("this is not Nix")),
        ParseError::UnexpectedExtra(range) => {
            (*range, String::from("unexpected text after the end of the expression"))
        }
        ParseError::UnexpectedWanted(found, range, wanted) => {
            (*range, format!("unexpected {}, expected {}", name(*found), names(wanted)))
        }
        ParseError::UnexpectedDoubleBind(range) => (*range, String::from("the argument is named twice")),
        ParseError::UnexpectedEOF => (end, String::from("unexpected end of file")),
        ParseError::UnexpectedEOFWanted(wanted) => {
            (end, format!("unexpected end of file, expected {}", names(wanted)))
        }
        ParseError::DuplicatedArgs(range, argument) => {
            (*range, format!("duplicate formal function argument '{argument}'"))
        }
        _ => (end, error.to_string()),
    }
}

fn names(kinds: &[SyntaxKind]) -> String {
    kinds.iter().map(|kind| name(*kind)).collect::<Vec<_>>().join(" or ")
}

/// A token kind as it appears in the text.
fn name(kind: SyntaxKind) -> String {
    let text = match kind {
        SyntaxKind::TOKEN_SEMICOLON => "`;`",
        SyntaxKind::TOKEN_ASSIGN => "`=`",
        SyntaxKind::TOKEN_L_BRACE => "`{`",
        SyntaxKind::TOKEN_R_BRACE => "`}`",
        SyntaxKind::TOKEN_L_BRACK => "`[`",
        SyntaxKind::TOKEN_R_BRACK => "`]`",
        SyntaxKind::TOKEN_L_PAREN => "`(`",
        SyntaxKind::TOKEN_R_PAREN => "`)`",
        SyntaxKind::TOKEN_COLON => "`:`",
        SyntaxKind::TOKEN_COMMA => "`,`",
        SyntaxKind::TOKEN_DOT => "`.`",
        SyntaxKind::TOKEN_ELLIPSIS => "`...`",
        SyntaxKind::TOKEN_QUESTION => "`?`",
        SyntaxKind::TOKEN_AT => "`@`",
        SyntaxKind::TOKEN_IDENT => "a name",
        SyntaxKind::TOKEN_IN => "`in`",
        SyntaxKind::TOKEN_THEN => "`then`",
        SyntaxKind::TOKEN_ELSE => "`else`",
        SyntaxKind::TOKEN_INTEGER | SyntaxKind::TOKEN_FLOAT => "a number",
        SyntaxKind::TOKEN_STRING_START | SyntaxKind::TOKEN_STRING_END => "a quote",
        SyntaxKind::TOKEN_ERROR => "character",
        other => {
            return format!("{other:?}").trim_start_matches("TOKEN_").trim_start_matches("NODE_").to_lowercase();
        }
    };
    text.to_owned()
}
