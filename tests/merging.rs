//! The merging of options is computed natively where it is done by the functions of the built-in library. The cases of
//! `nix-fixtures/nixpkgs/tests/merging.nix` hold it against two others: the code of these functions, and real Nix.
//!
//! A file is known by its text: a copy of the library with one more line at the end of each file is evaluated as written.

#[path = "reference/mod.rs"]
mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use container_rebuild::diag::Diagnostic;
use container_rebuild::eval::{Arena, Evaluator, Settings, on_big_stack};
use container_rebuild::host::files::RealFiles;
use container_rebuild::source::{SourceMap, Span};
use reference::Reference;

/// The only version whose results count.
const VERSION: &str = "2.34.8";

fn nixpkgs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/nixpkgs")
}

/// The cases with a library.
fn cases(lib: &Path) -> String {
    format!("import {}/tests/merging.nix {{ lib = import {}; }}", nixpkgs().display(), lib.display())
}

/// A text in which the folders of this checkout, and of this run, have names.
fn relative(text: &str, lib: &Path) -> String {
    text.replace(&lib.display().to_string(), "<lib>").replace(&nixpkgs().display().to_string(), "<nixpkgs>")
}

/// What comes of an expression.
type Outcome = Result<String, (String, Vec<String>)>;

/// What an expression gives: its value, or what is wrong with it, with the places that this comes from.
fn outcome(expression: &str, lib: &Path) -> Outcome {
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, Settings::default());
    let value = evaluator.text_value("«string»", Path::new("/"), expression);
    let relative = |text: &str| relative(text, lib);
    match value.and_then(|value| evaluator.print(value)) {
        Ok(printed) => Ok(relative(&String::from_utf8_lossy(&printed))),
        Err(error) => {
            let diagnostics = error.diagnostics();
            let [Diagnostic { message, labels, trace, .. }] = &diagnostics[..] else {
                panic!("one error: {diagnostics:?}")
            };
            let place = |span: Span| sources.file(span.start).map(|file| file.place(span.start).to_string());
            let places = labels
                .iter()
                .chain(trace)
                .map(|label| relative(&format!("{}: {}", place(label.span).unwrap_or_default(), label.text)));
            Err((relative(message), places.collect()))
        }
    }
}

fn count(lib: &Path) -> usize {
    let count = outcome(&format!("builtins.length ({})", cases(lib)), lib).expect("the cases are a list");
    count.parse().expect("a number")
}

/// What each case gives.
fn outcomes(lib: &Path) -> Vec<Outcome> {
    let expression = |at| format!("builtins.elemAt ({}) {at}", cases(lib));
    let count = on_big_stack(|| count(lib)).expect("a thread can be started");
    assert!(count >= 200, "cases got lost: {count}");
    (0..count).map(|at| on_big_stack(|| outcome(&expression(at), lib)).expect("a thread can be started")).collect()
}

/// A copy of the library whose files are not known.
fn unknown_copy(to: &Path) {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("the folder can be made");
        for entry in fs::read_dir(from).expect("the library is there") {
            let path = entry.expect("an entry").path();
            let target = to.join(path.file_name().expect("it has a name"));
            if path.is_dir() {
                copy(&path, &target);
            } else {
                let text = fs::read_to_string(&path).expect("it is text");
                fs::write(&target, text + "\n").expect("it can be written");
            }
        }
    }
    copy(&nixpkgs().join("lib"), to);
}

fn are_the_same(native: &Outcome, by_code: &Outcome) -> bool {
    let (Err((native, places)), Err((by_code, all))) = (native, by_code) else { return native == by_code };
    // Where a circle is noticed depends on what was begun before.
    if native == "infinite recursion encountered" {
        return native == by_code;
    }
    // What native code hands on is not seen on its way.
    let mut rest = all.iter();
    native == by_code
        && places.first() == all.first()
        && places.iter().all(|place| rest.any(|other| other == place))
}

#[test]
fn native_merging_gives_what_the_code_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("lib");
    unknown_copy(&copy);
    let (native, by_code) = (outcomes(&nixpkgs().join("lib")), outcomes(&copy));
    assert!(native.len() == by_code.len());
    let all = native.iter().zip(&by_code).enumerate();
    let wrong: Vec<_> = all
        .filter(|(_, (native, by_code))| !are_the_same(native, by_code))
        .map(|(at, (native, by_code))| format!("case {at}\n  native  {native:?}\n  code    {by_code:?}\n"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// The outcomes, a line each: values and messages.
fn lines(outcomes: impl IntoIterator<Item = Result<String, String>>) -> Vec<String> {
    let line = |outcome| match outcome {
        Ok(value) => value,
        Err(message) => format!("error: {message}"),
    };
    outcomes.into_iter().map(|outcome| line(outcome).replace('\n', "⏎")).collect()
}

fn stored() -> PathBuf {
    nixpkgs().join("tests/merging.txt")
}

/// The stored lines.
fn expected() -> Vec<String> {
    let text = fs::read_to_string(stored()).expect("`make lib-expected` wrote the results");
    let mut lines = text.lines().map(str::to_owned);
    assert_eq!(lines.next().as_deref(), Some(format!("Nix {VERSION}").as_str()), "run `make lib-expected`");
    lines.collect()
}

#[test]
fn merging_gives_what_nix_gives() {
    let lib = nixpkgs().join("lib");
    let ours = lines(outcomes(&lib).into_iter().map(|outcome| outcome.map_err(|(message, _)| message)));
    let expected = expected();
    assert_eq!(ours.len(), expected.len(), "run `make lib-expected`");
    // Of a message, what comes after the first line is told as help.
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

/// What the reference Nix makes of the cases.
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
    fs::write(stored(), text).expect("the folder can be written");
}

#[test]
#[ignore = "needs the reference Nix; run by `make conformance`"]
fn stored_results_are_those_of_nix() {
    assert_eq!(expected(), by_nix());
}
