//! Checks the import rule of docs/architecture.md, and the shape of every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The layers in order: each may import the ones before it.
const LAYERS: [&str; 14] = [
    "source", "diag", "syntax", "eval", "model", "modules", "render", "lint", "state", "plan", "apply", "app",
    "host", "cli",
];
/// What only `host` and `cli` may use.
const THE_WORLD: [&str; 7] =
    ["std::fs", "std::env", "std::process", "std::time", "std::net::Tcp", "zbus::", "rtnetlink::"];
/// A longer file has to be split.
const MOST_LINES: usize = 600;

/// All Rust files in `directory`, recursively.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code of a file without comments and tests, which may use whatever they need.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("UTF-8");
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    lines.filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests")
        || path.components().any(|part| part.as_os_str() == "tests")
}

/// The violations of the import rule in a file of a layer.
fn violations(layer: &str, path: &Path, code: &str) -> Vec<String> {
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let own = rank(layer).expect("a layer");
    let mut found = Vec::new();
    for (_, rest) in code.match_indices("crate::").map(|(at, word)| code.split_at(at + word.len())) {
        let target: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if rank(&target).is_none_or(|target| target > own) {
            found.push(format!("{}: crate::{target}", path.display()));
        }
    }
    if !matches!(layer, "host" | "cli") {
        // The compilation target says nothing about this host.
        let code = code.replace("std::env::consts", "");
        found.extend(
            THE_WORLD.iter().filter(|word| code.contains(**word)).map(|word| format!("{}: {word}", path.display())),
        );
    }
    found
}

#[test]
fn imports_point_up_the_list_only() {
    let mut found = Vec::new();
    for layer in LAYERS {
        for path in files(&Path::new("src").join(layer)).into_iter().filter(|path| !is_test(path)) {
            found.extend(violations(layer, &path, &code(&path)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_rule_is_one_that_can_be_broken() {
    let in_plan = |code| violations("plan", Path::new("x.rs"), code).len();
    for (code, broken) in [
        ("use crate::state::Snapshot;", 0),
        ("use crate::apply::Host;", 1),
        ("use crate::{model, host};", 1),
        ("let x = crate::host::linux::Linux;", 1),
        ("std::fs::read(path)", 1),
    ] {
        assert_eq!(in_plan(code), broken, "{code}");
    }
}

/// Ways of printing that only one file may use.
fn prints(code: &str) -> Vec<&'static str> {
    let words =
        ["print!", "println!", "dbg!(", "to_stdout", "to_stderr", ".with_writer(std::io::", "writeln!(std::io::"];
    words.into_iter().filter(|word| code.contains(word)).collect()
}

#[test]
fn one_file_prints() {
    // The files that hand our streams to a guest, or check what they are.
    let streams = [
        "src/cli/output.rs",
        "src/cli/terminal.rs",
        "src/cli/log.rs",
        "src/host/guest/streams.rs",
        "src/host/guest/terminal.rs",
    ];
    for path in files(Path::new("src")).into_iter().filter(|path| !is_test(path)) {
        let code = code(&path);
        assert_eq!(prints(&code), [] as [&str; 0], "{}", path.display());
        if !streams.iter().any(|stream| path == Path::new(stream)) {
            let uses = ["stdout()", "stderr()"].into_iter().filter(|word| code.contains(&format!("io::{word}")));
            assert_eq!(uses.count(), 0, "{} uses a stream", path.display());
        }
    }
    assert_eq!(prints("eprintln!(\"x\")"), ["println!"]);
}

#[test]
fn every_layer_is_known_and_every_file_says_what_it_is() {
    let mut layers: Vec<_> = std::fs::read_dir("src")
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    layers.sort();
    let mut known = LAYERS.to_vec();
    known.sort_unstable();
    assert_eq!(layers, known);
    for path in ["src", "tests"].into_iter().flat_map(|directory| files(Path::new(directory))) {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        assert!(text.starts_with("//! "), "{} has no header", path.display());
        assert!(text.lines().count() <= MOST_LINES, "{} is too long", path.display());
    }
}

/// The module of a file in the directory of its layer: `commands::plan`, and nothing for the layer's `mod.rs`.
fn module(layer: &Path, path: &Path) -> String {
    let below = path.strip_prefix(layer).expect("a file of the layer").with_extension("");
    let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).filter(|name| name != "mod").collect();
    names.join("::")
}

/// The modules of a layer that the code of one of them names, after `super::` or `crate::LAYER::`.
fn imports(layer: &str, of: &str, code: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let parent = of.rsplit_once("::").map_or("", |(parent, _)| parent);
    let absolute = format!("crate::{layer}::");
    let starts = [("super::", parent), (absolute.as_str(), "")];
    let mut found = BTreeSet::new();
    for (start, base) in starts {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            let names = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
                None => vec![rest],
            };
            for name in names {
                let path = name.trim().split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).next();
                let path = format!("{base}::{}", path.unwrap_or_default());
                let mut path = path.trim_start_matches("::");
                // The longest prefix that is a module; the rest names something in it.
                while !known.contains(path) {
                    path = path.rsplit_once("::").map_or("", |(prefix, _)| prefix);
                }
                found.insert(path.to_owned());
            }
        }
    }
    found.remove(of);
    found
}

/// A module that imports itself by way of others, if there is one.
fn cycle(all: &BTreeMap<String, BTreeSet<String>>) -> Option<&str> {
    let reaches_itself = |start: &&String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*start]);
        while let Some(module) = next.pop() {
            next.extend(all[module].iter().filter(|imported| seen.insert(*imported)));
        }
        seen.contains(*start)
    };
    all.keys().find(reaches_itself).map(String::as_str)
}

#[test]
fn no_file_of_the_upper_layers_imports_one_that_imports_it() {
    for layer in ["app", "cli"] {
        let directory = Path::new("src").join(layer);
        let files: Vec<_> = files(&directory).into_iter().filter(|path| !is_test(path)).collect();
        let known = files.iter().map(|path| module(&directory, path)).collect();
        let of_file = |path: &PathBuf| {
            let module = module(&directory, path);
            let imports = imports(layer, &module, &code(path), &known);
            (module, imports)
        };
        assert_eq!(cycle(&files.iter().map(of_file).collect()), None, "in {layer}");
    }
    let known = ["", "a", "b", "b::c"].map(str::to_owned).into();
    assert_eq!(imports("app", "b::c", "use crate::app::{a::X, b};", &known), ["a", "b"].map(str::to_owned).into());
    assert_eq!(imports("app", "a", "use super::b::c::{X, Y};", &known), ["b::c".to_owned()].into());
    let all = [("a", "b"), ("b", "a"), ("c", "a")].map(|(of, to)| (of.to_owned(), [to.to_owned()].into()));
    assert_eq!(cycle(&all.into()), Some("a"));
}
