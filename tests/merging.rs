//! The library's module system, function by function: the cases of `nix-fixtures/nixpkgs/tests/merging.nix` give the same
//! results as in real Nix.

#[path = "reference/mod.rs"]
mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use container_rebuild::diag::Diagnostic;
use container_rebuild::eval::{Arena, Evaluator, Settings, on_big_stack};
use container_rebuild::host::files::RealFiles;
use container_rebuild::source::SourceMap;
use reference::Reference;

/// The version of Nix that counts.
const VERSION: &str = "2.34.8";

fn nixpkgs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/nixpkgs")
}

/// The cases, applied to a library.
fn cases(lib: &Path) -> String {
    format!("import {}/tests/merging.nix {{ lib = import {}; }}", nixpkgs().display(), lib.display())
}

/// A text with the paths of this checkout and this run replaced by names.
fn relative(text: &str, lib: &Path) -> String {
    text.replace(&lib.display().to_string(), "<lib>").replace(&nixpkgs().display().to_string(), "<nixpkgs>")
}

/// A printed value, or an error message.
type Outcome = Result<String, String>;

/// Our evaluator's result for an expression.
fn outcome(expression: &str, lib: &Path) -> Outcome {
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, Settings::default());
    let value = evaluator.text_value("«string»", Path::new("/"), expression);
    match value.and_then(|value| evaluator.print(value)) {
        Ok(printed) => Ok(relative(&String::from_utf8_lossy(&printed), lib)),
        Err(error) => match &error.diagnostics()[..] {
            [Diagnostic { message, .. }] => Err(relative(message, lib)),
            diagnostics => panic!("one error: {diagnostics:?}"),
        },
    }
}

fn count(lib: &Path) -> usize {
    let count = outcome(&format!("builtins.length ({})", cases(lib)), lib).expect("the cases are a list");
    count.parse().expect("a number")
}

/// Our results for all cases.
fn outcomes(lib: &Path) -> Vec<Outcome> {
    let expression = |at| format!("builtins.elemAt ({}) {at}", cases(lib));
    let count = on_big_stack(|| count(lib)).expect("a thread can be started");
    assert!(count >= 200, "cases got lost: {count}");
    (0..count).map(|at| on_big_stack(|| outcome(&expression(at), lib)).expect("a thread can be started")).collect()
}

/// The results as text, one line each.
fn lines(outcomes: impl IntoIterator<Item = Outcome>) -> Vec<String> {
    let line = |outcome| match outcome {
        Ok(value) => value,
        Err(message) => format!("error: {message}"),
    };
    outcomes.into_iter().map(|outcome| line(outcome).replace('\n', "⏎")).collect()
}

fn stored() -> PathBuf {
    nixpkgs().join("tests/merging.txt")
}

/// The stored results.
fn expected() -> Vec<String> {
    let text = fs::read_to_string(stored()).expect("`make lib-expected` wrote the results");
    let mut lines = text.lines().map(str::to_owned);
    assert_eq!(lines.next().as_deref(), Some(format!("Nix {VERSION}").as_str()), "run `make lib-expected`");
    lines.collect()
}

#[test]
fn merging_gives_what_nix_gives() {
    let lib = nixpkgs().join("lib");
    let ours = lines(outcomes(&lib));
    let expected = expected();
    assert_eq!(ours.len(), expected.len(), "run `make lib-expected`");
    // Later lines of a message become the help text.
    let first = |line: &str| match line.starts_with("error: ") {
        true => line.split('⏎').next().unwrap_or_default().trim_end().to_owned(),
        false => line.to_owned(),
    };
    let all = ours.iter().zip(&expected).enumerate();
    let wrong = all.filter(|(_, (ours, expected))| first(ours) != first(expected));
    let wrong: Vec<_> =
        wrong.map(|(at, (ours, nix))| format!("case {at}\n  ours  {ours}\n  Nix   {nix}\n")).collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// The reference Nix's results.
fn by_nix() -> Vec<String> {
    let (nix, lib) = (Reference::find(), nixpkgs().join("lib"));
    assert_eq!(nix.version, VERSION);
    let of = |at: usize| {
        let expression = format!("builtins.elemAt ({}) {at}", cases(&lib));
        let output = nix.nix_instantiate(&nixpkgs()).args(["--eval", "--strict", "--expr", &expression]).output();
        let output = output.expect("the reference Nix runs");
        let text = |bytes: Vec<u8>| relative(&String::from_utf8(bytes).expect("text"), &lib);
        if output.status.success() {
            return Ok(text(output.stdout).trim_end().to_owned());
        }
        let errors = text(output.stderr);
        let message = errors.lines().rfind(|line| line.trim_start().starts_with("error:")).expect("an error");
        Err(message.trim_start().trim_start_matches("error:").trim().to_owned())
    };
    let count = on_big_stack(|| count(&lib)).expect("a thread can be started");
    lines((0..count).map(of))
}

#[test]
#[ignore = "writes the expected results with the reference Nix; run by `make lib-expected`"]
fn write_expected() {
    let text = format!("Nix {VERSION}\n{}\n", by_nix().join("\n"));
    fs::write(stored(), text).expect("the directory can be written");
}

#[test]
#[ignore = "needs the reference Nix; run by `make conformance`"]
fn stored_results_are_those_of_nix() {
    assert_eq!(expected(), by_nix());
}
