//! Language cases: `nix-fixtures/lang/NAME.nix` and the result of real Nix.
//!
//! `NAME.exp` has the value and `NAME.err` the error message. Nix wrote both (`make lang-expected`), and they begin with its
//! version. Expectations are never written by hand or by our own evaluator.

#[path = "reference/compare.rs"]
mod compare;
#[path = "reference/mod.rs"]
mod reference;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use compare::{MOUNT, Outcome, evaluate_file, features_of, message_of, options_of};
use reference::{Mount, Reference};

/// The version of Nix that counts.
const VERSION: &str = "2.34.8";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/lang")
}

/// The names of all cases.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(directory()).expect("the fixtures are there");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.expect("the directory can be read").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".nix").map(str::to_owned))
        .collect();
    names.sort_unstable();
    names
}

fn input(name: &str) -> String {
    std::fs::read_to_string(directory().join(format!("{name}.nix"))).expect("fixtures are UTF-8")
}

/// Nix's stored result for a case.
fn expected(name: &str) -> Result<Outcome, String> {
    let read = |extension: &str| std::fs::read_to_string(directory().join(format!("{name}.{extension}"))).ok();
    let (stored, is_value) = match (read("exp"), read("err")) {
        (Some(value), None) => (value, true),
        (None, Some(error)) => (error, false),
        (None, None) => return Err(String::from("has no result: run `make lang-expected`")),
        (Some(_), Some(_)) => return Err(String::from("has two results")),
    };
    let Some(result) = stored.strip_prefix(&format!("Nix {VERSION}\n")) else {
        return Err(format!("the result is not from Nix {VERSION}: run `make lang-expected`"));
    };
    Ok(if is_value { Outcome::value(result.as_bytes()) } else { Outcome::error(result) })
}

/// Runs `work` for all names on all cores, and returns the results in order.
fn in_parallel<T: Send>(names: &[String], work: impl Fn(&str) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| {
                    let indices = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                    indices.take_while(|&i| i < names.len()).map(|i| (i, work(&names[i]))).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic in a worker")).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn every_case_gives_what_nix_gives() {
    let names = names();
    assert!(names.len() >= 1000, "only {} cases", names.len());
    let directory = directory();
    let failures: Vec<String> = in_parallel(&names, |name| {
        let expected = match expected(name) {
            Ok(expected) => expected,
            Err(why) => return Some(format!("{name}: {why}")),
        };
        let text = input(name);
        let ours = evaluate_file(&directory, &format!("{name}.nix"), &text);
        (ours != expected)
            .then(|| format!("{name}\n  input: {}\n  Nix:   {expected}\n  ours:  {ours}", text.trim()))
    })
    .into_iter()
    .flatten()
    .collect();
    let count = failures.len();
    assert!(count == 0, "{count} of {} cases differ:\n{}", names.len(), failures.join("\n"));
}

#[test]
fn every_builtin_has_a_case() {
    let Outcome::Value(listed) = expected("builtin-builtins-names").expect("Nix listed them") else {
        panic!("`attrNames builtins` fails nowhere");
    };
    let names = names();
    let missing: Vec<&str> = listed
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|builtin| {
            let name = format!("builtin-{}", builtin.trim_end_matches('\''));
            !names.iter().any(|case| *case == name || case.starts_with(&format!("{name}-")))
        })
        .collect();
    assert!(missing.is_empty(), "no case is named after {missing:?}");
}

/// Stores Nix's results for all cases; only the version that counts may write them.
#[test]
#[ignore = "writes into the clone: `make lang-expected`"]
fn write_expected() {
    let reference = Reference::find();
    assert_eq!(reference.version, VERSION, "change VERSION for another Nix, and look at what changes");
    let mount = Mount::new(&directory(), MOUNT);
    let names = names();
    let outcomes = in_parallel(&names, |name| ask(&reference, &mount, name));
    let mut count = BTreeMap::new();
    for (name, (value, printed)) in names.iter().zip(outcomes) {
        let (this, other) = if value { ("exp", "err") } else { ("err", "exp") };
        let path = |extension: &str| directory().join(format!("{name}.{extension}"));
        std::fs::write(path(this), format!("Nix {VERSION}\n{printed}\n")).expect("written");
        if path(other).exists() {
            std::fs::remove_file(path(other)).expect("removed");
        }
        *count.entry(this).or_insert(0) += 1;
    }
    println!("{count:?}");
}

/// The stored results equal those of the installed Nix.
#[test]
#[ignore = "needs Nix: `make reference`"]
fn stored_results_are_those_of_nix() {
    let reference = Reference::find();
    let mount = Mount::new(&directory(), MOUNT);
    let names = names();
    let differ: Vec<String> = in_parallel(&names, |name| {
        let (value, printed) = ask(&reference, &mount, name);
        let now = if value { Outcome::value(printed.as_bytes()) } else { Outcome::error(&printed) };
        let stored = expected(name);
        (stored.as_ref() != Ok(&now)).then(|| format!("{name}: stored {stored:?}, now {now}"))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Whether Nix succeeds, with the value or the first line of the error.
fn ask(reference: &Reference, mount: &Mount, name: &str) -> (bool, String) {
    let mut command = reference.nix_instantiate(&mount.path);
    let text = input(name);
    for feature in features_of(&text) {
        command.args(["--extra-experimental-features", feature]);
    }
    for (name, value) in options_of(&text) {
        command.args(["--option", name, value]);
    }
    command.args(["--eval", "--strict", "-I"]).arg(format!("fixtures={MOUNT}/files"));
    let output = command.arg(format!("{MOUNT}/{name}.nix")).output().expect("it was found");
    if output.status.success() {
        (true, String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
    } else {
        (false, message_of(&String::from_utf8_lossy(&output.stderr)).to_owned())
    }
}
