//! Messages about configurations that once went wrong: `tests/rules/NAME/` has a `host.nix`, and each line of `said.txt` is a
//! message that must or must not occur.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("UTF-8"))
}

/// A copy outside the repository; otherwise all file names would be relative to its top level.
fn copied(from: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, directory.path().join(path.file_name().expect("a name"))).expect("copied");
    }
    fs::write(directory.path().join("nothing.nix"), "{ }\n").expect("written");
    directory
}

/// Whether a line matches `FILE:LINE: rest`, ignoring the column.
fn says(said: &str, wanted: &str) -> bool {
    let parts: Vec<&str> = wanted.splitn(3, ':').collect();
    match parts.as_slice() {
        [file, line, rest] if file.ends_with(".nix") => said
            .lines()
            .any(|said| said.starts_with(&format!("{file}:{line}:")) && said.contains(rest.trim_start())),
        _ => said.contains(wanted),
    }
}

#[test]
fn each_configuration_is_told_what_is_wrong_with_it() {
    let mut directories: Vec<PathBuf> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules"))
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    directories.sort();
    assert!(directories.len() >= 15, "cases got lost");
    let mut wrong = Vec::new();
    for case in directories {
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        let expected = fs::read_to_string(case.join("said.txt")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let directory = copied(&case);
        let (status, checked) = run(directory.path(), &["check", "host.nix"]);
        for line in expected.lines() {
            let (word, rest) = line.split_once(' ').expect("a word and what it is about");
            let other = |arguments: &[&str]| run(directory.path(), arguments).1;
            let plan = ["plan", "--from", "nothing.nix", "-v", "host.nix"];
            let holds = match (word, rest.split_once(' ')) {
                ("check", _) => status.map(|status| status.to_string()).as_deref() == Some(rest),
                ("+", _) => says(&checked, rest),
                ("-", _) => !checked.contains(rest),
                ("once", _) => checked.matches(rest).count() == 1,
                ("firewall", Some(("+", text))) => other(&["firewall", "host.nix"]).contains(text),
                ("firewall", Some(("-", text))) => !other(&["firewall", "host.nix"]).contains(text),
                ("plan", Some(("+", text))) => other(&plan).contains(text),
                ("plan", Some(("-", text))) => !other(&plan).contains(text),
                ("build", Some(("+", text))) => other(&["build", "host.nix"]).contains(text),
                _ => panic!("{name}: what is `{line}`?"),
            };
            if !holds {
                wrong.push(format!("{name}: {line}\n{status:?} {checked}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
