//! `builtins.fetchGit` of local repositories: compared with the stored results of real Nix.
//!
//! Nix wrote `nix-fixtures/git/expected` (`make git-expected`), which begins with its version. Each test creates the
//! repositories anew, always with the same contents.

use std::path::Path;
use std::process::Command;

use container_rebuild::eval::{Arena, Evaluator, Settings};
use container_rebuild::host::files::RealFiles;
use container_rebuild::source::SourceMap;

use crate::reference::{Reference, VERSION, result};

/// The history of each repository after [`START`]: shell commands in its top level.
const REPOSITORIES: [(&str, &str); 13] = [
    ("clean", ":"),
    ("changed", "echo more >>a"),
    ("untracked", "echo new >new"),
    ("added", "echo new >new; git add new"),
    ("deleted", "rm a"),
    ("executable", "chmod +x a"),
    ("removed-from-the-index", "git rm -q --cached default.nix"),
    ("other-type", "rm link; echo text >link"),
    ("touched", "touch a"),
    ("detached", "git checkout -q HEAD~"),
    ("on-a-branch", "git checkout -q -b side; echo side >side; git add side; git commit -qm side"),
    ("nothing-committed", "rm -rf .git; git init -q -b main; git add a"),
    ("no-repository", "rm -rf .git"),
];

/// Expressions about repositories from which nothing is omitted.
const EXPRESSIONS: [&str; 33] = [
    "builtins.fetchGit ./clean",
    "builtins.fetchGit { url = ./clean; }",
    "builtins.fetchGit (toString ./clean)",
    "builtins.fetchGit { url = \"file://${toString ./clean}\"; name = \"other\"; }",
    "builtins.fetchGit \"git+file://${toString ./clean}\"",
    "builtins.fetchGit { url = ./clean; shallow = true; }",
    "builtins.fetchGit { url = ./clean; submodules = true; }",
    "builtins.fetchGit { url = ./clean; ref = \"main\"; }",
    "builtins.fetchGit { url = ./clean; ref = \"refs/tags/v1\"; }",
    "builtins.fetchGit { url = ./changed; ref = \"HEAD\"; }",
    "builtins.fetchGit { url = ./on-a-branch; ref = \"main\"; }",
    "builtins.fetchGit { url = ./clean; inherit (builtins.fetchGit ./detached) rev; }",
    "builtins.fetchGit { url = ./clean; ref = \"none\"; }",
    "builtins.fetchGit { url = ./clean; ref = \"a b\"; }",
    "builtins.fetchGit { url = ./clean; rev = \"x\"; }",
    "builtins.fetchGit { url = ./clean; rev = \"0123456789012345678901234567890123456789\"; }",
    "builtins.fetchGit { url = ./clean; submodules = 1; }",
    "builtins.fetchGit { url = ./clean; zzz = 1; }",
    "builtins.fetchGit ./none",
    "builtins.fetchGit ./clean/folder",
    "import (builtins.fetchGit ./clean)",
    "builtins.readFile \"${builtins.fetchGit ./changed}/a\"",
    "builtins.attrNames (builtins.readDir (builtins.fetchGit ./deleted))",
    "builtins.getContext (builtins.fetchGit ./clean).outPath",
    "builtins.path { path = (builtins.fetchGit ./clean) + \"/folder\"; name = \"folder\"; }",
    "builtins.fetchGit ./changed",
    "builtins.fetchGit ./untracked",
    "builtins.fetchGit ./added",
    "builtins.fetchGit ./deleted",
    "builtins.fetchGit ./executable",
    "[ (builtins.fetchGit ./removed-from-the-index) (builtins.fetchGit ./other-type) ]",
    "[ (builtins.fetchGit ./touched) (builtins.fetchGit ./detached) (builtins.fetchGit ./on-a-branch) ]",
    "[ (builtins.fetchGit ./nothing-committed) (builtins.fetchGit ./no-repository) ]",
];

/// The initial history of each repository.
const START: &str = "git init -q -b main
    mkdir folder
    echo first >a
    echo '{ x = 1; }' >default.nix
    ln -s a link
    echo '#!/bin/sh' >folder/run
    chmod +x folder/run
    git add .
    git commit -qm one
    echo second >>a
    GIT_COMMITTER_DATE=2024-02-03T04:05:06Z git commit -qam two
    git tag v1";

fn make_repositories(root: &Path) {
    for (name, what) in REPOSITORIES {
        let directory = root.join(name);
        std::fs::create_dir(&directory).expect("a directory");
        let mut shell = Command::new("sh");
        shell.args(["-euc", &format!("umask 022; {START}; {what}")]).current_dir(&directory);
        shell.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            shell.env(format!("GIT_{who}_NAME"), "n").env(format!("GIT_{who}_EMAIL"), "n@example.org");
            shell.env(format!("GIT_{who}_DATE"), "2024-01-02T03:04:05Z");
        }
        assert!(shell.status().is_ok_and(|status| status.success()), "{name} can be made");
    }
}

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/git/expected")
}

/// An expression with its result, in which the repositories' location is replaced.
fn entry(root: &Path, expression: &str, result: &str) -> String {
    format!("{expression}\n    {}\n", result.trim_end().replace(&root.display().to_string(), "ROOT"))
}

fn ours(root: &Path, expression: &str) -> String {
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, Settings::default());
    let value = evaluator.text_value("«string»", root, expression);
    match value.and_then(|value| container_rebuild::eval::print(&mut evaluator, value)) {
        Ok(printed) => String::from_utf8(printed).expect("text"),
        Err(error) => format!("error: {}", error.diagnostics()[0].message.lines().next().unwrap_or_default()),
    }
}

/// Nix's result for an expression, with its own store.
fn theirs(reference: &Reference, root: &Path, expression: &str) -> String {
    let mut command = reference.nix_instantiate(root);
    command.env("PATH", "/usr/bin:/bin").env("HOME", root).env("NIX_REMOTE", root.join("store"));
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(["--eval", "--strict", "--expr", expression]).output().expect("it was found");
    if output.status.success() {
        return String::from_utf8(output.stdout).expect("text");
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = said.lines().filter_map(|line| line.trim_start().strip_prefix("error: ")).next_back();
    format!("error: {}", error.unwrap_or_else(|| panic!("no error in {said}")))
}

#[test]
fn local_repositories_give_what_nix_gives() {
    let root = tempfile::tempdir().expect("a directory");
    make_repositories(root.path());
    let stored = std::fs::read_to_string(file()).expect("`make git-expected` wrote it");
    let stored = result(&stored, "make git-expected").unwrap_or_else(|why| panic!("{why}"));
    let ours: String = EXPRESSIONS
        .iter()
        .map(|expression| entry(root.path(), expression, &ours(root.path(), expression)))
        .collect();
    assert_eq!(ours, stored);
}

/// All results of the installed Nix.
fn results_of_nix() -> String {
    let reference = Reference::of_version();
    let root = tempfile::tempdir().expect("a directory");
    make_repositories(root.path());
    let results = EXPRESSIONS
        .iter()
        .map(|expression| entry(root.path(), expression, &theirs(&reference, root.path(), expression)));
    format!("Nix {VERSION}\n{}", results.collect::<String>())
}

/// The stored results equal those of the installed Nix.
#[test]
#[ignore = "needs Nix: `make conformance`"]
fn stored_results_are_those_of_nix() {
    let stored = std::fs::read_to_string(file()).expect("Nix's results are stored");
    assert_eq!(stored, results_of_nix(), "run `make git-expected`");
}

/// Stores Nix's results.
#[test]
#[ignore = "writes into the clone: `make git-expected`"]
fn write_expected() {
    std::fs::write(file(), results_of_nix()).expect("written");
}
