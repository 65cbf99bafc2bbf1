//! Host configurations against real Nix: `nix-fixtures/hosts/*/expected.json` is written by the reference Nix
//! (`make hosts-expected`), and `eval` has to print the same.
//!
//! A leaf is *right*, *unknown though knowable* (Nix knows it without packages), or *wrong*: known and different, known
//! where only packages decide, or missing. What is not right yet stands in `nix-fixtures/hosts/not-yet.txt`; a fixture that
//! stands there and is right fails the test, so that the list can only shrink. `UPDATE_NOT_YET=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Where the fixtures are.
fn hosts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/hosts")
}

fn json(file: &Path) -> Value {
    let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The fixtures that have a model, by name.
fn fixtures() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(hosts())
        .expect("the folder of the fixtures")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir() && !entry.path().join("mistakes.txt").exists())
        .map(|entry| entry.file_name().into_string().expect("names are text"))
        .collect();
    names.sort();
    names
}

/// The CONFIG argument for a fixture that lies in `folder`.
fn config_of(folder: &Path) -> String {
    let description = folder.join("fixture.json");
    let description = if description.exists() { json(&description) } else { Value::Null };
    match (description["config"].as_str(), description["host"].as_str()) {
        (Some(file), _) => folder.join(file).to_string_lossy().into_owned(),
        (None, Some(host)) => format!("{}#{host}", folder.display()),
        (None, None) => folder.to_string_lossy().into_owned(),
    }
}

/// What a command of ours does, with nothing of this machine around it: status, standard output, standard error.
fn run(command: &str, config: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
        .args([command, config])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The model of a configuration, or what is wrong with it.
fn eval(config: &str) -> Result<Value, String> {
    match run("eval", config) {
        (Some(0), stdout, _) => {
            let mut model: Value = serde_json::from_str(&stdout).map_err(|error| error.to_string())?;
            // Our own options, which NixOS has not.
            model.as_object_mut().ok_or("not a set")?.remove("services");
            Ok(model)
        }
        (status, _, stderr) => Err(format!("exit status {status:?}: {}", stderr.trim())),
    }
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
struct Tally {
    right: usize,
    rightly_unknown: usize,
    avoidable: usize,
    wrong: usize,
    lines: Vec<String>,
}

impl Tally {
    fn wrong(&mut self, path: &str, what: &str) {
        self.wrong += 1;
        self.lines.push(format!("wrong    {path}: {what}"));
    }

    fn avoidable(&mut self, path: &str, leaves: usize, reason: &Value) {
        self.avoidable += leaves;
        self.lines.push(format!("unknown  {path} ({leaves}): {}", reason["_unknown"]["reason"]));
    }

    fn compare(&mut self, path: &str, expected: &Value, actual: &Value) {
        if is_unknown(expected) {
            return match (expected.get("_atleast"), all_unknown(actual)) {
                (Some(own), _) => self.bound(path, own, expected.get("_within"), actual),
                (None, true) => self.rightly_unknown += 1,
                (None, false) => self.wrong(path, &format!("only packages decide, but it is {actual}")),
            };
        }
        if is_unknown(actual) {
            if expected.get("_open").is_some() {
                self.rightly_unknown += 1;
            } else {
                self.avoidable(path, leaves(expected), actual);
            }
            return;
        }
        match (expected, actual) {
            (Value::Object(wanted), Value::Object(got)) if !wanted.is_empty() || !got.is_empty() => {
                let names: BTreeSet<_> = wanted.keys().chain(got.keys()).filter(|name| *name != "_open").collect();
                for name in names {
                    let path = format!("{path}.{name}");
                    match (wanted.get(name), got.get(name)) {
                        (Some(wanted), Some(got)) => self.compare(&path, wanted, got),
                        (Some(_), None) => self.wrong(&path, "it is missing"),
                        (None, Some(got)) if all_unknown(got) && wanted.contains_key("_open") => {
                            self.rightly_unknown += 1;
                        }
                        (None, Some(got)) if all_unknown(got) => self.avoidable(&path, 1, got),
                        (None, Some(got)) => self.wrong(&path, &format!("Nix has no such thing, here it is {got}")),
                        (None, None) => {}
                    }
                }
            }
            (Value::Array(wanted), Value::Array(got)) if wanted.len() == got.len() && !wanted.is_empty() => {
                for (index, (wanted, got)) in wanted.iter().zip(got).enumerate() {
                    self.compare(&format!("{path}[{index}]"), wanted, got);
                }
            }
            _ if expected == actual => self.right += 1,
            _ => self.wrong(path, &format!("Nix says {expected}, not {actual}")),
        }
    }

    /// A list that modules may add to, of which the configuration itself sets `own`.
    fn bound(&mut self, path: &str, own: &Value, within: Option<&Value>, actual: &Value) {
        let elements = |value: &Value| {
            let all = value.as_array().cloned().unwrap_or_default();
            all.into_iter().filter(|element| !all_unknown(element)).collect::<Vec<_>>()
        };
        if !is_unknown(actual) {
            return match within {
                Some(within) if within == actual => self.right += 1,
                Some(within) => self.wrong(path, &format!("Nix says {within}, not {actual}")),
                None => self.wrong(path, &format!("a module that is missing may add to {actual}")),
            };
        }
        let at_least = elements(&actual["_atleast"]);
        if let Some(within) = within.map(elements)
            && at_least.iter().any(|element| !within.contains(element))
        {
            return self.wrong(path, &format!("Nix says {within:?}, which does not have all of {at_least:?}"));
        }
        if elements(own).iter().all(|element| at_least.contains(element)) {
            self.rightly_unknown += 1;
        } else {
            self.avoidable(path, 1, actual);
        }
    }
}

fn is_unknown(value: &Value) -> bool {
    value.get("_unknown").is_some()
}

fn all_unknown(value: &Value) -> bool {
    match value {
        _ if is_unknown(value) => true,
        Value::Object(members) => !members.is_empty() && members.values().all(all_unknown),
        Value::Array(items) => !items.is_empty() && items.iter().all(all_unknown),
        _ => false,
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(members) if !members.is_empty() => members.values().map(leaves).sum(),
        Value::Array(items) if !items.is_empty() => items.iter().map(leaves).sum(),
        _ => 1,
    }
}

/// Applies `f` to all names, on as many threads as there are processors.
fn in_parallel<T: Send>(names: &[String], f: impl Fn(&str) -> T + Sync) -> Vec<(String, T)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = names.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let f = &f;
        let work: Vec<_> = names
            .chunks(share)
            .map(|names| scope.spawn(move || names.iter().map(|name| (name.clone(), f(name))).collect::<Vec<_>>()))
            .collect();
        work.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}

/// `not-yet.txt`: names of fixtures, each with the worst that is wrong with it.
fn not_yet() -> BTreeMap<String, String> {
    let text = fs::read_to_string(hosts().join("not-yet.txt")).expect("not-yet.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| line.split_once(' ').expect("a name and what is wrong"))
        .map(|(name, what)| (name.to_owned(), what.to_owned()))
        .collect()
}

#[test]
fn every_host_is_what_nix_says() {
    let outcomes = in_parallel(&fixtures(), |name| {
        let folder = hosts().join(name);
        let expected = json(&folder.join("expected.json"));
        let mut tally = Tally::default();
        match eval(&config_of(&folder)) {
            Ok(actual) => tally.compare("", &expected["model"], &actual),
            Err(error) => {
                tally.avoidable = leaves(&expected["model"]);
                tally.lines.push(format!("error    {error}"));
            }
        }
        tally
    });
    let (mut right, mut rightly_unknown, mut avoidable, mut wrong) = (0, 0, 0, 0);
    let mut bad: BTreeMap<String, String> = BTreeMap::new();
    let mut report = String::new();
    for (name, tally) in &outcomes {
        right += tally.right;
        rightly_unknown += tally.rightly_unknown;
        avoidable += tally.avoidable;
        wrong += tally.wrong;
        if tally.lines.is_empty() {
            continue;
        }
        let worst = if tally.lines[0].starts_with("error") {
            "error"
        } else if tally.wrong > 0 {
            "wrong"
        } else {
            "unknown"
        };
        bad.insert(name.clone(), worst.to_owned());
        writeln!(report, "{name}:\n  {}", tally.lines.join("\n  ")).expect("writing to a string cannot fail");
    }
    println!("{report}");
    println!(
        "{} hosts, {} as Nix says. Leaves: {right} right, {rightly_unknown} rightly unknown, {avoidable} unknown though \
         knowable, {wrong} wrong.",
        outcomes.len(),
        outcomes.len() - bad.len()
    );
    if std::env::var_os("UPDATE_NOT_YET").is_some() {
        let mut text = String::from(
            "# Fixtures of which eval does not print what Nix says yet: error (does not evaluate), wrong, or unknown (though\n\
             # knowable). Written by: UPDATE_NOT_YET=1 cargo nextest run --test hosts every_host\n",
        );
        bad.iter()
            .for_each(|(name, worst)| writeln!(text, "{name} {worst}").expect("writing to a string cannot fail"));
        fs::write(hosts().join("not-yet.txt"), text).expect("not-yet.txt is written");
    }
    let listed = not_yet();
    let news: Vec<_> = bad.iter().filter(|(name, worst)| listed.get(*name) != Some(worst)).collect();
    assert!(news.is_empty(), "not as Nix says, and not listed so in not-yet.txt: {news:?}");
    let done: Vec<_> = listed.keys().filter(|name| !bad.contains_key(*name)).collect();
    assert!(done.is_empty(), "right by now: take them out of not-yet.txt (UPDATE_NOT_YET=1 does): {done:?}");
}
