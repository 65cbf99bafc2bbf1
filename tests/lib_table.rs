//! Compares `lib` with real Nix, call by call: the table in `nix-fixtures/nixpkgs/tests/table`.
//!
//! The reference Nix evaluates the table with `nix-fixtures/nixpkgs/lib`, and writes the results to `results.txt` and the
//! messages of failing expressions to `messages.txt` (`make lib-expected`). Our evaluator must get the same, both with those
//! files and with the built-in `lib`. The table itself lists what nixpkgs documents, and the names of `lib` without a row.

#[path = "reference/mod.rs"]
mod reference;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use container_rebuild::eval::{Arena, Evaluator, Settings};
use container_rebuild::host::files::RealFiles;
use container_rebuild::source::SourceMap;
use reference::Reference;
use serde_json::Value;

/// The version of Nix that counts.
const VERSION: &str = "2.34.8";

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/nixpkgs/tests")
}

/// An expression that imports a file of the tests, which is a function whose arguments are all optional.
fn import(file: &str) -> String {
    format!("import {}/{file} {{ }}", tests().display())
}

/// The output of a command of ours, which must succeed.
fn ours(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("JSON is text")
}

/// The contents of a file that real Nix wrote.
fn expected(file: &str) -> String {
    let text = fs::read_to_string(tests().join(file)).expect("`make lib-expected` wrote the results");
    let results = text.strip_prefix(&format!("Nix {VERSION}\n"));
    results.unwrap_or_else(|| panic!("{file} is not from Nix {VERSION}: run `make lib-expected`")).to_owned()
}

/// Fails with the differing lines.
fn check(ours: &[String], expected: &str) {
    let wrong: Vec<_> = ours
        .iter()
        .zip(expected.lines())
        .filter(|(ours, expected)| ours != expected)
        .map(|(ours, expected)| format!("  Nix   {expected}\n  ours  {ours}\n"))
        .collect();
    assert!(wrong.is_empty(), "{} rows are not as Nix says:\n{}", wrong.len(), wrong.concat());
    assert_eq!(ours.len(), expected.lines().count(), "the number of rows");
}

/// The lines of the table; elements that are not strings are printed as they are.
fn lines(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list of lines: {list}"));
    list.iter().map(|line| line.as_str().map_or_else(|| line.to_string(), str::to_owned)).collect()
}

#[test]
fn every_call_gives_what_nix_gives() {
    let table: Value =
        serde_json::from_str(&ours(&["eval", "--expr", &import("table"), "--json"])).expect("the table is JSON");
    assert_eq!(table["wrong"], Value::Array(Vec::new()), "rows that are not as nixpkgs documents them");
    assert_eq!(table["missing"], Value::Array(Vec::new()), "names of lib without a row");
    assert!(table["count"].as_u64().is_some_and(|count| count >= 1200), "rows got lost: {}", table["count"]);
    check(&lines(&table["lines"]), &expected("table/results.txt"));
}

/// The rows give the same results with the `lib` that modules get; here the table is the value of an option.
#[test]
fn the_built_in_lib_gives_the_same() {
    let file = tests().join("built-in.nix");
    let model: Value = serde_json::from_str(&ours(&["eval", &file.to_string_lossy()])).expect("the model is JSON");
    check(&lines(&model["containers"]["table"]["extraFlags"]), &expected("table/results.txt"));
}

/// The older tests of the library, of modules, and of container options.
#[test]
fn its_own_tests_pass() {
    let count = ours(&["eval", "--file", &tests().to_string_lossy()]);
    assert!(count.trim().parse::<u32>().is_ok_and(|count| count >= 170), "{count}");
}

#[test]
fn every_failure_says_what_nix_says() {
    let mut text = String::new();
    for name in names_of_messages() {
        let expression = format!("({}).{name}", import("messages.nix"));
        let message =
            container_rebuild::eval::on_big_stack(|| failure(&expression)).expect("a thread can be started");
        add(&mut text, &name, &message);
    }
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    check(&lines, &expected("messages.txt"));
}

fn names_of_messages() -> Vec<String> {
    let names = format!("builtins.attrNames ({})", import("messages.nix"));
    serde_json::from_str(&ours(&["eval", "--expr", &names, "--json"])).expect("a list of names")
}

/// The error message of an expression.
fn failure(expression: &str) -> String {
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, Settings::default());
    let value = evaluator.text_value("«string»", Path::new("/"), expression);
    match value.and_then(|value| evaluator.print(value)) {
        Ok(printed) => panic!("{expression} does not fail: {}", String::from_utf8_lossy(&printed)),
        Err(error) => {
            let diagnostics = error.diagnostics();
            let first = diagnostics.first().expect("an error says something");
            // Later lines of a message become the help text.
            let rest = first.help.as_ref().map(|help| format!("\n{help}"));
            format!("{}{}", first.message, rest.unwrap_or_default())
        }
    }
}

/// Appends a named message, without the path of this clone.
fn add(text: &mut String, name: &str, message: &str) {
    let directory = tests().display().to_string();
    let lines: Vec<_> = message.lines().map(|line| format!("  {}", line.replace(&directory, "…"))).collect();
    let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    writeln!(text, "{name}:\n{}", lines.join("\n").trim_end()).expect("a string takes all");
}

/// The message at the end of Nix's error output: all its lines, without the code excerpt.
fn message_of(stderr: &str) -> String {
    let lines: Vec<_> = stderr.lines().collect();
    let start = lines.iter().rposition(|line| line.trim_start().starts_with("error:")).expect("an error");
    let rest = lines[start + 1..].iter().take_while(|line| !line.starts_with("       at "));
    let first = lines[start].trim_start().trim_start_matches("error:").trim_start();
    let lines: Vec<_> =
        std::iter::once(first).chain(rest.map(|line| line.strip_prefix("       ").unwrap_or(line))).collect();
    lines.join("\n")
}

/// The reference Nix's results for the table and the failing expressions: the contents of both files.
fn by_nix() -> [(&'static str, String); 2] {
    let nix = Reference::find();
    let run = |arguments: &[&str]| {
        let output = nix.nix_instantiate(&tests()).args(["--eval", "--strict"]).args(arguments).output();
        let output = output.expect("the reference Nix runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let (_, json, errors) = run(&["--json", "--expr", &import("table")]);
    let table: Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{errors}"));
    assert_eq!(table["wrong"], Value::Array(Vec::new()), "rows that are not as nixpkgs documents them");
    let results = format!("Nix {}\n{}\n", nix.version, lines(&table["lines"]).join("\n"));

    let mut messages = format!("Nix {}\n", nix.version);
    for name in names_of_messages() {
        let (success, value, errors) = run(&["--expr", &format!("({}).{name}", import("messages.nix"))]);
        assert!(!success, "{name} does not fail: {value}");
        add(&mut messages, &name, &message_of(&errors));
    }
    [("table/results.txt", results), ("messages.txt", messages)]
}

/// Stores Nix's results.
#[test]
#[ignore = "writes the expected results with the reference Nix; run by `make lib-expected`"]
fn write_expected() {
    for (file, text) in by_nix() {
        fs::write(tests().join(file), text).expect("the directory can be written");
    }
}

#[test]
#[ignore = "needs the reference Nix; run by `make conformance`"]
fn stored_results_are_those_of_nix() {
    for (file, text) in by_nix() {
        let stored = fs::read_to_string(tests().join(file)).expect("`make lib-expected` wrote the results");
        let stored: Vec<_> = stored.lines().map(str::to_owned).collect();
        check(&stored, &text);
    }
}
