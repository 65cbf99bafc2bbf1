//! Checks the import rules of docs/architecture.md, and the shape of every file.

mod cycles;
mod imports;

use std::path::{Path, PathBuf};

use imports::{ModulePath, Program, Target};

/// The layers in order: each may import the ones before it.
const LAYERS: [&str; 15] = [
    "source", "diag", "code", "syntax", "eval", "model", "modules", "render", "lint", "state", "plan", "apply",
    "app", "host", "cli",
];
/// What only `host` and `cli` may use: modules, types and functions through which the program reaches the world.
const THE_WORLD: [&[&str]; 22] = [
    &["std", "env"],
    &["std", "fs"],
    &["std", "net", "TcpListener"],
    &["std", "net", "TcpStream"],
    &["std", "net", "ToSocketAddrs"],
    &["std", "net", "UdpSocket"],
    &["std", "os", "linux"],
    &["std", "os", "unix", "fs"],
    &["std", "os", "unix", "net"],
    &["std", "os", "unix", "process"],
    &["std", "process"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["std", "time", "UNIX_EPOCH"],
    &["git2"],
    &["libc"],
    &["nix"],
    &["rtnetlink"],
    &["tempfile"],
    &["tokio"],
    &["wait4"],
    &["zbus"],
];
/// What any layer may use all the same: the compilation target says nothing about this host.
const NOT_THE_WORLD: [&[&str]; 1] = [&["std", "env", "consts"]];
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

/// The whole source, without tests.
fn program() -> Program {
    let mut program = Program::default();
    let source = Path::new("src");
    for path in files(source).into_iter().filter(|path| !is_test(path) && path != Path::new("src/main.rs")) {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        program.add(path.strip_prefix(source).expect("below it"), &text);
    }
    program
}

/// A program of a few files, each with its path and its text.
fn small(files: &[(&str, &str)]) -> Program {
    let mut program = Program::default();
    files.iter().for_each(|(path, text)| program.add(Path::new(path), text));
    program
}

fn rank(module: &ModulePath) -> Option<usize> {
    LAYERS.iter().position(|layer| module.first().is_some_and(|name| name == layer))
}

/// Whether a path of another crate reaches the world. `*` may be anything.
fn is_the_world(path: &[String]) -> bool {
    let is_in = |area: &&[&str]| path.iter().zip(area.iter()).all(|(name, part)| name == part || name == "*");
    let is_whole = |area: &&[&str]| path.len() >= area.len() || path.last().is_some_and(|name| name == "*");
    let reaches = |areas: &[&[&str]]| areas.iter().any(|area| is_in(area) && is_whole(area));
    reaches(&THE_WORLD) && !reaches(&NOT_THE_WORLD)
}

/// The violations of the import rule: imports of later layers, and of the world.
fn violations(program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    for file in program.files() {
        let Some(own) = rank(file) else { continue };
        for used in program.uses(file) {
            let later = used.through.iter().filter(|module| rank(module).is_none_or(|other| other > own));
            let name = file.join("/");
            // A path that leads through the root goes on from there.
            found.extend(
                later
                    .filter(|module| !module.is_empty() || used.target == Target::File(Vec::new()))
                    .map(|module| format!("{name} uses crate::{}", module.join("::"))),
            );
            if let Target::Outside(path) = &used.target
                && !["host", "cli"].contains(&LAYERS[own])
                && is_the_world(path)
            {
                found.push(format!("{name} uses {}", path.join("::")));
            }
        }
    }
    found
}

#[test]
fn imports_point_up_the_list_only_and_only_host_and_cli_reach_the_world() {
    let found = violations(&program());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_rule_is_one_that_can_be_broken() {
    let in_plan = |code: &str| {
        let others = [
            ("state/mod.rs", "pub struct Snapshot;"),
            ("apply/mod.rs", "pub trait Host {}\npub use crate::state::Snapshot;"),
        ];
        let host = [
            ("host/mod.rs", "pub mod linux;"),
            ("host/linux.rs", "pub struct Linux;"),
            ("plan/libc.rs", "pub fn version() {}"),
        ];
        violations(&small(&[&others[..], &host, &[("model/mod.rs", ""), ("plan/mod.rs", code)]].concat()))
    };
    let allowed = [
        "use crate::state::Snapshot;",
        "use std::{io, time::Duration};",
        "use std::env::consts; const OS: &str = consts::OS;",
        "const OS: &str = std::env::consts::OS;",
        "use std::net::IpAddr;",
        "mod libc; fn f() { libc::version() }",
        "fn f() { self::libc::version() }",
        "#[cfg(test)] mod tests { use std::fs; }",
        "#[cfg(test)] fn f() { std::fs::read(\"x\"); }",
        "// std::fs::read(path)\nconst A: &str = \"std::fs\";",
        "fn f() { println!(\"std::fs\") }",
    ];
    for code in allowed {
        assert_eq!(in_plan(code), [] as [&str; 0], "{code}");
    }
    let refused = [
        ("use crate::apply::Host;", "crate::apply"),
        ("use crate::{model, host};", "crate::host"),
        ("use crate::apply::Snapshot;", "crate::apply"),
        ("fn f() { let x = crate::host::linux::Linux; }", "crate::host::linux"),
        ("fn f() { vec![crate::host::linux::Linux] }", "crate::host::linux"),
        ("use super::host; fn f(x: host::linux::Linux) {}", "crate::host::linux"),
        ("fn f() { std::fs::read(path) }", "std::fs::read"),
        ("use std::{fs, io};", "std::fs"),
        ("use std::{fs as files, io}; fn f() { files::read(path) }", "std::fs::read"),
        ("use std; fn f() { std::env::var(\"HOME\") }", "std::env::var"),
        ("use std::time::*;", "std::time::*"),
        ("use std::time; fn f() { time::Instant::now() }", "std::time::Instant::now"),
        ("use std::{net::{IpAddr, TcpStream}};", "std::net::TcpStream"),
        ("fn f() { assert!(std::process::id() > 1) }", "std::process::id"),
        ("use nix::unistd::getpid;", "nix::unistd::getpid"),
        ("impl From<git2::Error> for X {}", "git2::Error"),
        ("mod inside { use tokio::net; }", "tokio::net"),
        ("fn f() { use zbus::Connection; }", "zbus::Connection"),
    ];
    for (code, what) in refused {
        let found = in_plan(code);
        assert!(found.contains(&format!("plan uses {what}")), "{code}: {found:?}");
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let found = cycles::cycles(&program());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_circle_is_found_through_reexports_and_child_modules() {
    let of = |files: &[(&str, &str)]| cycles::cycles(&small(files)).remove("plan").unwrap_or_default();
    let parent = ("plan/mod.rs", "mod diff; mod cost; pub use diff::Diff; pub use cost::Cost;");
    let open =
        [parent, ("plan/diff.rs", "pub struct Diff;"), ("plan/cost.rs", "use super::Diff; pub struct Cost(Diff);")];
    assert_eq!(of(&open), [] as [&str; 0]);
    let tied = [parent, ("plan/diff.rs", "pub struct Diff(super::Cost);"), open[2]];
    assert_eq!(of(&tied), ["plan/cost uses plan/diff", "plan/diff uses plan/cost"]);
    // A parent that calls its child, which takes a type of the parent.
    let parent = ("plan/mod.rs", "mod diff; pub struct Plan; fn f() { diff::of(Plan) }");
    let child = ("plan/diff.rs", "use super::*; pub fn of(_: self::Plan) {}");
    assert_eq!(of(&[parent, child]), ["plan uses plan/diff", "plan/diff uses plan"]);
    // What only tests use ties nothing.
    let child = ("plan/diff.rs", "pub fn of<T>(_: T) {} #[cfg(test)] mod tests { use super::super::Plan; }");
    assert_eq!(of(&[parent, child]), [] as [&str; 0]);
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
