//! Compares host configurations with real Nix: the reference Nix writes `nix-fixtures/hosts/*/expected.json`
//! (`make hosts-expected`), and the model that `eval` prints must be the same.
//!
//! A leaf is *right*, *unknown though knowable* (Nix knows it without packages), or *wrong*: known but different, known
//! although it depends on packages, or missing. `nix-fixtures/hosts/not-yet.txt` lists the fixtures that are not right yet. A
//! listed fixture that is right fails the test, so the list can only shrink. `UPDATE_NOT_YET=1` rewrites it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use container_rebuild::app::{self, ConfigOptions, Context, Environment, Show};
use container_rebuild::diag::Diagnostic;
use container_rebuild::eval::on_big_stack;
use container_rebuild::host::disk::RealDisk;
use container_rebuild::host::memory::{MemoryClock, MemoryUi};
use container_rebuild::source::SourceMap;
use serde_json::Value;
use wait4::Wait4 as _;

/// The directory of the fixtures.
fn hosts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/hosts")
}

fn json(file: &Path) -> Value {
    let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The names of the fixtures that have a model.
fn fixtures() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(hosts())
        .expect("the directory of the fixtures")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir() && !entry.path().join("mistakes.txt").exists())
        .map(|entry| entry.file_name().into_string().expect("names are text"))
        .collect();
    names.sort();
    names
}

/// The CONFIG argument for the fixture in `directory`.
fn config_of(directory: &Path) -> String {
    let description = directory.join("fixture.json");
    let description = if description.exists() { json(&description) } else { Value::Null };
    match (description["config"].as_str(), description["host"].as_str()) {
        (Some(file), Some(host)) => format!("{}#{host}", directory.join(file).display()),
        (Some(file), None) => directory.join(file).to_string_lossy().into_owned(),
        (None, Some(host)) => format!("{}#{host}", directory.display()),
        (None, None) => directory.to_string_lossy().into_owned(),
    }
}

/// Runs a command of ours in an empty environment: status, standard output, standard error.
fn run(command: &str, config: &str) -> (Option<i32>, String, String) {
    run_with(&[command, config])
}

fn run_with(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The model of a configuration with the messages about missing modules, or the error.
fn eval(config: &str) -> Result<(Value, BTreeSet<String>), String> {
    let options = ConfigOptions { config: config.to_owned(), ..ConfigOptions::default() };
    let ui = MemoryUi::new();
    let evaluated = on_big_stack(|| {
        let (environment, sources) =
            (Environment { memory: usize::MAX, ..Environment::default() }, SourceMap::new());
        let cx = Context {
            environment: &environment,
            disk: &RealDisk,
            clock: &MemoryClock::default(),
            sources: &sources,
            only: &[],
            ui: &ui,
        };
        let shown = app::eval(&cx, &options, Show::default());
        shown.map(|(shown, _)| serde_json::to_string_pretty(&shown).expect("it has string keys"))
    });
    let messages =
        |errors: Vec<Diagnostic>| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n");
    let text = evaluated.expect("a thread").map_err(messages)?;
    let mut model: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    assert_eq!(text, format!("{model:#}"), "{config}: the keys are not sorted");
    // Our own options, which NixOS does not have.
    model.as_object_mut().ok_or("not a set")?.remove("services");
    let shown = ui.take();
    let notes = shown.iter().filter_map(|line| line.split_once("[missing-module]: "));
    Ok((model, notes.map(|(_, note)| note.to_owned()).collect()))
}

/// The result of a comparison.
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
            (Value::Array(wanted), Value::Array(got)) if is_sorted(path) && expected != actual => {
                self.sorted(path, wanted, got);
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

    /// Compares a list that is sorted after merging. The position of an unknown element has no meaning there.
    fn sorted(&mut self, path: &str, wanted: &[Value], got: &[Value]) {
        let (unknown, known): (Vec<_>, Vec<_>) = got.iter().partition(|element| is_unknown(element));
        let missing: Vec<_> =
            wanted.iter().filter(|element| !is_unknown(element) && !known.contains(element)).collect();
        if known.iter().any(|element| !wanted.contains(element)) || missing.len() > unknown.len() {
            return self.wrong(path, &format!("Nix says {wanted:?}, not {got:?}"));
        }
        self.right += known.len();
        self.rightly_unknown += unknown.len() - missing.len();
        if let Some(unknown) = unknown.first()
            && !missing.is_empty()
        {
            self.avoidable(path, missing.len(), unknown);
        }
    }

    /// Compares a list that modules may add to; the configuration itself sets `own`.
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

/// Whether the option at `path` is a list that is sorted and deduplicated after merging.
fn is_sorted(path: &str) -> bool {
    path.ends_with("Ports") && path.contains("allowed")
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

/// Applies `f` to all names, on all cores.
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

/// `not-yet.txt`: fixtures with the worst problem of each.
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
        let directory = hosts().join(name);
        let expected = json(&directory.join("expected.json"));
        let mut tally = Tally::default();
        match eval(&config_of(&directory)) {
            Ok((actual, _)) => tally.compare("", &expected["model"], &actual),
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
            "# Fixtures of which eval does not print what Nix says yet: error (does not evaluate), wrong, unknown (though\n\
             # knowable), or hidden (mistakes that hide others). Written by: UPDATE_NOT_YET=1 cargo nextest run --test hosts every_host\n",
        );
        let hidden = not_yet().into_iter().filter(|(_, what)| what == "hidden");
        let lines: BTreeMap<_, _> = bad.clone().into_iter().chain(hidden).collect();
        lines
            .iter()
            .for_each(|(name, what)| writeln!(text, "{name} {what}").expect("writing to a string cannot fail"));
        fs::write(hosts().join("not-yet.txt"), text).expect("not-yet.txt is written");
    }
    let listed = not_yet();
    let news: Vec<_> = bad.iter().filter(|(name, worst)| listed.get(*name) != Some(worst)).collect();
    assert!(news.is_empty(), "not as Nix says, and not listed so in not-yet.txt: {news:?}");
    let done: Vec<_> = listed.iter().filter(|(name, what)| *what != "hidden" && !bad.contains_key(*name)).collect();
    assert!(done.is_empty(), "right by now: take them out of not-yet.txt (UPDATE_NOT_YET=1 does): {done:?}");
}

/// The maximal processor time for a host in an optimised build.
const MOST_TIME: Duration = Duration::from_millis(50);

#[test]
#[ignore = "in an optimised build: `make conformance`"]
fn no_host_takes_more_than_fifty_milliseconds() {
    let time = |config: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
            .args(["eval", config])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let used = child.wait4().expect("a child of this process").rusage;
        used.utime + used.stime
    };
    let mut slowest = (Duration::ZERO, String::new());
    for name in fixtures() {
        let config = config_of(&hosts().join(&name));
        // The best of a few runs counts, because the machine may be busy.
        let best = (0..5).map(|_| time(&config)).find(|time| *time < MOST_TIME);
        let time = best.unwrap_or_else(|| panic!("{name} takes more than {MOST_TIME:?} of processor time"));
        slowest = slowest.max((time, name));
    }
    println!("the slowest host: {} in {:?} of processor time", slowest.1, slowest.0);
}

/// An unknown value: a search path that leads nowhere.
const ABSENT: &str = "(<absent>)";

/// A configuration in which one value was made unknown.
struct Mutation {
    fixture: String,
    /// The changed file, relative to the fixture.
    file: PathBuf,
    /// A description of the change.
    what: String,
    /// The file's new text.
    text: String,
}

impl Mutation {
    /// Whether this mutation is in the sample: one in `stride`, the same each time.
    fn is_in(&self, stride: u64) -> bool {
        let name = format!("{}/{}/{}", self.fixture, self.file.display(), self.what);
        // FNV-1a: the sample must not depend on the other fixtures, nor on the standard library's hasher.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        (hash >> 32).is_multiple_of(stride)
    }
}

/// All mutations of a fixture: each binding of its `.nix` files, bound to [`ABSENT`].
fn mutations(fixture: &str) -> Vec<Mutation> {
    let directory = hosts().join(fixture);
    let mut files = Vec::new();
    nix_files(&directory, &mut files);
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("the fixture is text");
        let root = rnix::Root::parse(&text).syntax();
        for node in root.descendants().filter(|node| node.kind() == rnix::SyntaxKind::NODE_ATTRPATH_VALUE) {
            let (Some(name), Some(value)) = (node.first_child(), node.last_child()) else { continue };
            let range = inner_value(value).text_range();
            let (from, to) = (usize::from(range.start()), usize::from(range.end()));
            let line = text[..from].lines().count();
            all.push(Mutation {
                fixture: fixture.to_owned(),
                file: file.strip_prefix(&directory).expect("a file of the fixture").to_owned(),
                what: format!("line {line}: {} = {ABSENT}", name.text()),
                text: format!("{}{ABSENT}{}", &text[..from], &text[to..]),
            });
        }
    }
    all
}

/// The argument of `mkForce`, `mkIf c` and the like, so that a mutation keeps the definition's priority.
fn inner_value(value: rnix::SyntaxNode) -> rnix::SyntaxNode {
    let inner = match value.kind() {
        rnix::SyntaxKind::NODE_PAREN => value.first_child(),
        rnix::SyntaxKind::NODE_APPLY if value.text().to_string().trim_start_matches("lib.").starts_with("mk") => {
            value.last_child()
        }
        _ => None,
    };
    inner.map_or(value, inner_value)
}

fn nix_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            nix_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "nix") && !path.ends_with("stubs.nix") {
            files.push(path);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_symlink() {
            let to = fs::read_link(entry.path()).expect("a symlink");
            std::os::unix::fs::symlink(to, target).expect("linked");
        } else if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Known values of `before` that differ or are missing in `after`.
fn changed(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    if is_unknown(before) || all_unknown(after) {
        return;
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                let path = format!("{path}.{name}");
                match (before.get(name), after.get(name)) {
                    (Some(before), Some(after)) => changed(&path, before, after, found),
                    (Some(before), None) if !all_unknown(before) => found.push(format!("{path} is gone")),
                    (None, Some(after)) if !all_unknown(after) => found.push(format!("{path} is new: {after}")),
                    _ => {}
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if is_sorted(path) => {
            let (unknown, known): (Vec<_>, Vec<_>) = after.iter().partition(|element| is_unknown(element));
            let gone = before.iter().filter(|element| !is_unknown(element) && !after.contains(element)).count();
            if known.iter().any(|element| !before.contains(element)) || (gone > 0 && unknown.is_empty()) {
                found.push(format!("{path}: {before:?} became {after:?}"));
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                changed(&format!("{path}[{index}]"), before, after, found);
            }
        }
        _ if before == after => {}
        _ => found.push(format!("{path}: {before} became {after}")),
    }
}

/// Making one value unknown makes known values unknown, but never different.
///
/// Tries one in `HOSTS_STRIDE` mutations (1 tries all). A missing module is assumed to define nothing for containers
/// (contract, section 3), so mutations that make a module missing are counted separately.
#[test]
fn what_becomes_unknown_changes_no_known_value() {
    let stride = std::env::var("HOSTS_STRIDE").map_or(13, |text| text.parse().expect("a number"));
    let all: Vec<Mutation> =
        fixtures().iter().flat_map(|name| mutations(name)).filter(|m| m.is_in(stride)).collect();
    let bases: BTreeMap<String, Option<(Value, BTreeSet<String>)>> =
        in_parallel(&fixtures(), |name| eval(&config_of(&hosts().join(name))).ok()).into_iter().collect();
    let numbers: Vec<String> = (0..all.len()).map(|number| number.to_string()).collect();
    let outcomes = in_parallel(&numbers, |number| {
        let mutation = &all[number.parse::<usize>().expect("a number")];
        let (base, missing) = bases[&mutation.fixture].as_ref()?;
        let directory = tempfile::tempdir().expect("a directory");
        copy(&hosts().join(&mutation.fixture), directory.path());
        fs::write(directory.path().join(&mutation.file), &mutation.text).expect("written");
        let Ok((after, missing_now)) = eval(&config_of(directory.path())) else {
            return Some(Err("an error"));
        };
        if !missing_now.is_subset(missing) {
            return Some(Err("a missing module"));
        }
        let mut found = Vec::new();
        changed("", base, &after, &mut found);
        Some(Ok(found))
    });
    let (mut tried, mut apart) = (0, BTreeMap::<&str, usize>::new());
    let mut bad: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, outcome) in outcomes {
        let mutation = &all[number.parse::<usize>().expect("a number")];
        match outcome {
            None => {}
            Some(Err(kind)) => *apart.entry(kind).or_default() += 1,
            Some(Ok(found)) => {
                tried += 1;
                if !found.is_empty() {
                    let line = format!("{}, {}: {}", mutation.file.display(), mutation.what, found.join("; "));
                    bad.entry(mutation.fixture.clone()).or_default().push(line);
                }
            }
        }
    }
    println!(
        "{tried} mutations compared, {} with changes; apart: {apart:?}",
        bad.values().map(Vec::len).sum::<usize>()
    );
    assert!(tried > 50, "too few mutations evaluate: {tried}");
    let text = fs::read_to_string(hosts().join("not-yet-unknown.txt")).expect("not-yet-unknown.txt");
    let listed: BTreeSet<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let (known, news): (Vec<_>, Vec<_>) = bad.iter().partition(|(name, _)| listed.contains(name.as_str()));
    println!("listed in not-yet-unknown.txt: {known:#?}");
    assert!(news.is_empty(), "known values became other known ones: {news:#?}");
    if stride == 1 {
        let done: Vec<_> = listed.iter().filter(|name| !bad.contains_key(**name)).collect();
        assert!(done.is_empty(), "keep their values by now: take them out of not-yet-unknown.txt: {done:?}");
    }
}

/// `eval` prints what `schema manifest` describes, with and without the optional parts.
#[test]
fn every_model_is_as_its_schema_says() {
    let (_, schema, _) = run_with(&["schema", "manifest"]);
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let found = in_parallel(&fixtures(), |name| {
        let config = config_of(&hosts().join(name));
        let of = |more: &[&str]| {
            let (status, model, errors) = run_with(&[&["eval", &config], more].concat());
            assert_eq!(status, Some(0), "{name}: {errors}");
            let model: Value = serde_json::from_str(&model).expect("the model is JSON");
            schema
                .iter_errors(&model)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect::<Vec<_>>()
        };
        [of(&[]), of(&["--guest", "--positions"])].concat()
    });
    let wrong: Vec<_> = found.iter().filter(|(_, errors)| !errors.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One `check` reports all independent mistakes. Each line of a directory's `mistakes.txt` has a location and a part of the
/// message.
#[test]
fn all_mistakes_are_reported_in_one_run() {
    let listed = not_yet();
    let mut directories = 0;
    for entry in fs::read_dir(hosts()).expect("the directory of the fixtures") {
        let directory = entry.expect("an entry").path();
        let Ok(mistakes) = fs::read_to_string(directory.join("mistakes.txt")) else { continue };
        directories += 1;
        let (status, _, stderr) = run("check", &config_of(&directory));
        assert_eq!(status, Some(1), "{}: {stderr}", directory.display());
        let reported = |place: &str, what: &str| {
            stderr
                .lines()
                .any(|line| line.contains(&format!("/{place}:")) && line.contains("error[") && line.contains(what))
        };
        let hidden: Vec<_> = mistakes
            .lines()
            .filter(|line| !line.split_once(": ").is_some_and(|(place, what)| reported(place, what)))
            .collect();
        let name = directory.file_name().expect("a directory has a name").to_string_lossy();
        if listed.get(name.as_ref()).is_some_and(|what| what == "hidden") {
            assert!(!hidden.is_empty(), "{name} reports all by now: take it out of not-yet.txt");
        } else {
            assert!(hidden.is_empty(), "{name} does not report {hidden:?}, but:\n{stderr}");
        }
    }
    assert!(directories >= 3, "the directories with mistakes are gone");
}
