//! Tests of what findings look like, including colour and box characters.

use super::*;
use crate::diag::Code;

/// The style of a terminal.
const TERMINAL: Style = Style { unicode: true, color: true, trace: TraceStyle::Ends };

/// What is sent to a terminal, with escape sequences made readable.
fn drawn(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    text(diagnostic, sources, style).replace('\u{1b}', "^[")
}

/// A finding with labels on the given words of a file `host.nix`.
fn labelled(content: &str, labels: &[(&str, &str)]) -> (Diagnostic, SourceMap) {
    let sources = SourceMap::new();
    let file = sources.add("host.nix", content).expect("fits");
    let span = |word: &str| {
        let start = content.find(word).expect("the word is in the text");
        Span::new(file.pos(start), file.pos(start + word.len()))
    };
    let finding = Diagnostic::error(Code::UnknownOption, "this is wrong").help("do it right");
    (labels.iter().fold(finding, |finding, (word, text)| finding.at(span(word), *text)), sources)
}

/// The text without escape sequences (ECMA-48; SGR is the only kind we write).
fn without_colour(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').expect("a sequence ends").1)
}

/// Draws for a terminal, after checking that colour changes no word.
fn on_a_terminal(content: &str, labels: &[(&str, &str)]) -> String {
    let (finding, sources) = labelled(content, labels);
    for unicode in [false, true] {
        let style = |color| Style { unicode, color, trace: TraceStyle::Ends };
        let coloured = text(&finding, &sources, style(true));
        let plain = text(&finding, &sources, style(false));
        // The underlines of labels use other characters in the theme without colour.
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        };
        assert_eq!(words(&without_colour(&coloured)), words(&plain));
    }
    drawn(&finding, &sources, TERMINAL)
}

#[test]
fn a_finding_reads_well_without_colour() {
    let content = "{\n  containers.a.autostart = true;\n}\n";
    let (finding, sources) = labelled(content, &[("containers.a.autostart", "defined here")]);
    insta::assert_snapshot!(text(&finding, &sources, Style::PLAIN), @r"
    host.nix:2:3: error[unknown-option]: this is wrong
       ,-[host.nix:2:3]
     1 | {
     2 |   containers.a.autostart = true;
       :   ^^^^^^^^^^^|^^^^^^^^^^
       :              `-- defined here
     3 | }
       `----
      help: do it right
    ");
}

#[test]
fn one_label_on_a_terminal() {
    let content = "{\n  containers.a.autostart = true;\n}\n";
    insta::assert_snapshot!(on_a_terminal(content, &[("containers.a.autostart", "defined here")]), @r"
    host.nix:2:3: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ╭─[^[[36;1;4mhost.nix:2:3^[[0m]
     ^[[2m1^[[0m │ {
     ^[[2m2^[[0m │   containers.a.autostart = true;
       · ^[[35;1m  ───────────┬──────────^[[0m
       ·              ^[[35;1m╰── ^[[35;1mdefined here^[[0m^[[0m
     ^[[2m3^[[0m │ }
       ╰────
      help: do it right
    ");
    let (finding, sources) = labelled(content, &[("containers.a.autostart", "defined here")]);
    let ascii = Style { unicode: false, ..TERMINAL };
    insta::assert_snapshot!(drawn(&finding, &sources, ascii), @r"
    host.nix:2:3: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ,-[^[[36;1;4mhost.nix:2:3^[[0m]
     ^[[2m1^[[0m | {
     ^[[2m2^[[0m |   containers.a.autostart = true;
       : ^[[35;1m  ^^^^^^^^^^^|^^^^^^^^^^^[[0m
       :              ^[[35;1m`-- ^[[35;1mdefined here^[[0m^[[0m
     ^[[2m3^[[0m | }
       `----
      help: do it right
    ");
}

#[test]
fn two_labels_on_a_terminal() {
    let content = "{\n  a = 1;\n  b = 2;\n}\n";
    insta::assert_snapshot!(on_a_terminal(content, &[("b = 2", "and here"), ("a = 1", "here")]), @r"
    host.nix:3:3: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ╭─[^[[36;1;4mhost.nix:2:3^[[0m]
     ^[[2m1^[[0m │ {
     ^[[2m2^[[0m │   a = 1;
       · ^[[35;1m  ──┬──^[[0m
       ·     ^[[35;1m╰── ^[[35;1mhere^[[0m^[[0m
     ^[[2m3^[[0m │   b = 2;
       · ^[[33;1m  ──┬──^[[0m
       ·     ^[[33;1m╰── ^[[33;1mand here^[[0m^[[0m
     ^[[2m4^[[0m │ }
       ╰────
      help: do it right
    ");
}

#[test]
fn two_labels_far_apart_each_say_where_they_are() {
    let wide = format!("{}far = 1;", " ".repeat(400));
    let content = format!("{{\n  near = 1;\n{}\n{wide}\n}}\n", "  # nothing\n".repeat(20));
    insta::assert_snapshot!(on_a_terminal(&content, &[("near", "here"), ("far", "and here")]), @r"
    host.nix:2:3: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ╭─[^[[36;1;4mhost.nix:2:3^[[0m]
     ^[[2m1^[[0m │ {
     ^[[2m2^[[0m │   near = 1;
       · ^[[35;1m  ──┬─^[[0m
       ·     ^[[35;1m╰── ^[[35;1mhere^[[0m^[[0m
     ^[[2m3^[[0m │   # nothing
       ╰────
        ╭─[^[[36;1;4mhost.nix:24:401^[[0m]
     ^[[2m23^[[0m │
     ^[[2m24^[[0m │ ...                                                                                far = 1;
        · ^[[33;1m                                                                                   ─┬─^[[0m
        ·                                                                                     ^[[33;1m╰── ^[[33;1mand here^[[0m^[[0m
     ^[[2m25^[[0m │ }
        ╰────
      help: do it right
    ");
}

#[test]
fn a_label_over_several_lines_on_a_terminal() {
    let content = "{\n  a = {\n    b = 1;\n  };\n}\n";
    insta::assert_snapshot!(on_a_terminal(content, &[("a = {\n    b = 1;\n  };", "all of it")]), @r"
    host.nix:2:3: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ╭─[^[[36;1;4mhost.nix:2:3^[[0m]
     ^[[2m1^[[0m │     {
     ^[[2m2^[[0m │ ^[[35;1m╭^[[0m^[[35;1m─^[[0m^[[35;1m▶^[[0m   a = {
     ^[[2m3^[[0m │ ^[[35;1m│^[[0m       b = 1;
     ^[[2m4^[[0m │ ^[[35;1m├^[[0m^[[35;1m─^[[0m^[[35;1m▶^[[0m   };
       · ^[[35;1m╰^[[0m^[[35;1m───^[[0m^[[35;1m─^[[0m ^[[35;1mall of it^[[0m
     ^[[2m5^[[0m │     }
       ╰────
      help: do it right
    ");
}

#[test]
fn a_finding_without_a_location_on_a_terminal() {
    insta::assert_snapshot!(on_a_terminal("{ }\n", &[]), @r"
    ^[[1;31merror[unknown-option]^[[0m: this is wrong
      help: do it right
    ");
}

#[test]
fn tabs_on_a_terminal() {
    insta::assert_snapshot!(on_a_terminal("{\n\ta\t= 1;\n}\n", &[("= 1", "behind a tab")]), @r"
    host.nix:2:4: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ╭─[^[[36;1;4mhost.nix:2:4^[[0m]
     ^[[2m1^[[0m │ {
     ^[[2m2^[[0m │     a   = 1;
       · ^[[35;1m        ─┬─^[[0m
       ·          ^[[35;1m╰── ^[[35;1mbehind a tab^[[0m^[[0m
     ^[[2m3^[[0m │ }
       ╰────
      help: do it right
    ");
}

#[test]
fn wide_characters_on_a_terminal() {
    insta::assert_snapshot!(on_a_terminal("{ \"日本語\" = ü; }\n", &[("ü", "a wide way in")]), @r#"
    host.nix:1:17: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ╭─[^[[36;1;4mhost.nix:1:17^[[0m]
     ^[[2m1^[[0m │ { "日本語" = ü; }
       · ^[[35;1m             ┬^[[0m
       ·              ^[[35;1m╰── ^[[35;1ma wide way in^[[0m^[[0m
       ╰────
      help: do it right
    "#);
}

#[test]
fn a_file_without_a_newline_at_its_end_on_a_terminal() {
    insta::assert_snapshot!(on_a_terminal("{ a = 1", &[("1", "here")]), @r"
    host.nix:1:7: ^[[1;31merror[unknown-option]^[[0m: this is wrong
       ╭─[^[[36;1;4mhost.nix:1:7^[[0m]
     ^[[2m1^[[0m │ { a = 1
       · ^[[35;1m      ┬^[[0m
       ·       ^[[35;1m╰── ^[[35;1mhere^[[0m^[[0m
       ╰────
      help: do it right
    ");
    let sources = SourceMap::new();
    let file = sources.add("host.nix", "{ a = 1").expect("fits");
    let end = Span::new(file.pos(7), file.pos(7));
    let finding = Diagnostic::error(Code::Syntax, "unexpected end of file").at(end, "");
    insta::assert_snapshot!(drawn(&finding, &sources, TERMINAL), @r"
    host.nix:1:8: ^[[1;31merror[syntax]^[[0m: unexpected end of file
       ╭─[^[[36;1;4mhost.nix:1:8^[[0m]
     ^[[2m1^[[0m │ { a = 1
       ╰────
    ");
}

#[test]
fn the_name_of_a_file_is_not_taken_for_what_was_drawn() {
    let sources = SourceMap::new();
    let file = sources.add("a[b\u{1b}[31m:.nix", "{ }\n").expect("fits");
    let finding = Diagnostic::error(Code::Syntax, "no").at(Span::new(file.pos(0), file.pos(1)), "");
    insta::assert_snapshot!(drawn(&finding, &sources, TERMINAL), @r#"
    a[b\u{1b}[31m:.nix:1:1: ^[[1;31merror[syntax]^[[0m: no
       ╭─[^[[36;1;4ma[b\u{1b}[31m:.nix:1:1^[[0m]
     ^[[2m1^[[0m │ { }
       · ^[[35;1m─^[[0m
       ╰────
    "#);
}
