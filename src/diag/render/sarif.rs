//! Renders diagnostics as SARIF 2.1.0 (OASIS), the format that code hosts read.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::diag::{Code, Diagnostic};
use crate::source::{Location, SourceFile, SourceMap, Span};

/// Renders all diagnostics as one log (sections 3.13 to 3.58).
///
/// Columns count UTF-16 code units, as `columnKind` says. Artifacts are URIs (RFC 3986); relative ones start at the
/// top of the checkout.
pub fn sarif(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    let results: Vec<_> = diagnostics.iter().map(|diagnostic| result(diagnostic, sources)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": Code::ALL.iter().map(|code| json!({ "id": code.as_str() })).collect::<Vec<_>>(),
            } },
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn result(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let first = match diagnostic.labels.first() {
        Some(label) => of_span(label.span, sources),
        None => diagnostic.location_in(sources).map(|location| of_location(&location, sources)),
    };
    let related: Vec<_> = diagnostic
        .labels
        .iter()
        .skip(1)
        .filter_map(|label| {
            let physical = of_span(label.span, sources)?;
            Some(json!({ "physicalLocation": physical, "message": { "text": label.text } }))
        })
        .collect();
    let mut text = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        let _ = write!(text, "\n{help}");
    }
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "level": diagnostic.severity.as_str(),
        "message": { "text": text },
        "locations": first.into_iter().map(|first| json!({ "physicalLocation": first })).collect::<Vec<_>>(),
        "relatedLocations": related,
    });
    if let Some(fix) = fix(diagnostic, sources) {
        result["fixes"] = json!([fix]);
    }
    result
}

/// The edits that fix it (section 3.55).
fn fix(diagnostic: &Diagnostic, sources: &SourceMap) -> Option<Value> {
    let mut changes: Vec<(String, Vec<Value>)> = Vec::new();
    for edit in &diagnostic.edits {
        let file = sources.file(edit.span.start)?;
        let replacement =
            json!({ "deletedRegion": region(&file, edit.span), "insertedContent": { "text": edit.text } });
        let uri = uri(&file.name);
        match changes.iter_mut().find(|(other, _)| *other == uri) {
            Some((_, replacements)) => replacements.push(replacement),
            None => changes.push((uri, vec![replacement])),
        }
    }
    let changes: Vec<_> = changes
        .into_iter()
        .map(|(uri, replacements)| json!({ "artifactLocation": { "uri": uri }, "replacements": replacements }))
        .collect();
    let description = diagnostic.help.as_deref().unwrap_or(&diagnostic.message);
    (!changes.is_empty()).then(|| json!({ "description": { "text": description }, "artifactChanges": changes }))
}

fn of_span(span: Span, sources: &SourceMap) -> Option<Value> {
    let file = sources.file(span.start)?;
    Some(json!({ "artifactLocation": { "uri": uri(&file.name) }, "region": region(&file, span) }))
}

/// A location that is known only as text: its column counts bytes unless the file is at hand.
fn of_location(location: &Location, sources: &SourceMap) -> Value {
    let file = sources.files().into_iter().find(|file| file.name == location.file);
    let column = file.and_then(|file| {
        let pos = file.at(location.line, location.column)?;
        Some(column(&file, file.offset(pos)))
    });
    json!({
        "artifactLocation": { "uri": uri(&location.file) },
        "region": { "startLine": location.line.max(1), "startColumn": column.unwrap_or(location.column).max(1) },
    })
}

/// A region: its end is the column after its last character (section 3.30).
fn region(file: &SourceFile, span: Span) -> Value {
    let (start, end) = (file.offset(span.start), file.offset(span.end));
    json!({
        "startLine": file.location(start).line,
        "startColumn": column(file, start),
        "endLine": file.location(end).line,
        "endColumn": column(file, end),
    })
}

/// The column of a byte in UTF-16 code units, counted from 1.
fn column(file: &SourceFile, offset: usize) -> u32 {
    let bytes = file.location(offset).column as usize - 1;
    let line = file.text.get(offset.min(file.text.len()) - bytes..offset.min(file.text.len())).unwrap_or_default();
    u32::try_from(line.encode_utf16().count() + 1).unwrap_or(u32::MAX)
}

/// The URI of a file (RFC 3986): absolute names get a scheme, relative ones do not.
fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    if name.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in name.bytes() {
        match byte {
            // A colon in the first segment would be read as the end of a scheme.
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'+'
            | b','
            | b'='
            | b'@' => {
                uri.push(byte.into());
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Edit;
    use crate::source::Pos;

    #[test]
    fn columns_count_what_is_declared_and_names_are_encoded() {
        let sources = SourceMap::new();
        sources.set_root("/top");
        let text = "{\n  \"d\u{e9}\u{1f980}x\" = 1; b = 2;\n}\n";
        let file = sources.add("/top/a b/#\u{e9}:1%.nix", text).expect("fits");
        let at = text.find("b = 2").expect("in it");
        let span = Span::new(file.pos(at), file.pos(at + 1));
        let finding = Diagnostic::error(Code::UnknownOption, "none").at(span, "");
        let finding = Diagnostic { edits: vec![Edit { span, text: "c".to_owned() }], ..finding };
        let elsewhere = Diagnostic::error(Code::Assertion, "text").at_location(Location {
            file: file.name.clone(),
            line: 2,
            column: 17,
        });
        let log = sarif(&[finding, elsewhere], &sources);
        let results = &log["runs"][0]["results"];
        let physical = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "a%20b/%23%C3%A9%3A1%25.nix");
        // `é` is two bytes but one code unit; the emoji is four bytes and two.
        let region = json!({ "startLine": 2, "startColumn": 16, "endLine": 2, "endColumn": 17 });
        assert_eq!(physical["region"], region);
        assert_eq!(file.location(at).column, 19);
        let change = &results[0]["fixes"][0]["artifactChanges"][0];
        assert_eq!(change["replacements"][0]["deletedRegion"], region);
        assert_eq!(change["replacements"][0]["insertedContent"]["text"], "c");
        let region = &results[1]["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startColumn"], 14, "{region}");
        assert_eq!(column(&file, 0), 1);
        assert_eq!(of_span(Span::at(Pos::NONE), &sources), None);
    }

    #[test]
    fn absolute_names_have_a_scheme() {
        assert_eq!(uri("/nix/store/x y.nix"), "file:///nix/store/x%20y.nix");
        assert_eq!(uri("hosts/web.nix"), "hosts/web.nix");
    }
}
