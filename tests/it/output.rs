//! Output that cannot be written, and output for programs.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{CommandOutput, Directory, EXAMPLE};

const PROGRAM: &str = env!("CARGO_BIN_EXE_container-rebuild");

/// Runs the program in `directory` with the given stdout and stderr.
fn run_to(
    directory: &Directory,
    stdout: impl Into<Stdio>,
    stderr: impl Into<Stdio>,
    arguments: &[&str],
) -> (Option<i32>, String) {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(directory.path()).env_clear().env("PATH", "/nonexistent");
    let child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().expect("the program runs");
    let output = child.wait_with_output().expect("it ended");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

fn full() -> File {
    File::options().write(true).open("/dev/full").expect("opened")
}

/// A pipe without a reader.
fn unread() -> std::io::PipeWriter {
    std::io::pipe().expect("a pipe").1
}

#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let directory = Directory::with(&[("host.nix", EXAMPLE), ("empty.nix", "{ }")]);
    for arguments in [
        &["eval", "--json", "host.nix"] as &[&str],
        &["eval", "--expr", "1"],
        &["firewall", "host.nix"],
        &["plan", "--from", "empty.nix", "host.nix"],
        &["plan", "--detailed-exitcode", "--from", "empty.nix", "host.nix"],
        &["check", "--format", "json", "host.nix"],
        &["schema", "plan"],
        &["--help"],
        &["completions", "bash"],
    ] {
        let (code, err) = run_to(&directory, full(), Stdio::piped(), arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {err}");
        assert!(err.contains("No space left on device"), "{arguments:?}: {err}");
        assert!(!err.contains("panicked"), "{arguments:?}: {err}");
    }
}

#[test]
fn messages_that_cannot_be_written_fail_nothing_but_a_check() {
    let directory = Directory::with(&[("host.nix", EXAMPLE)]);
    // This run has warnings to print.
    assert_eq!(run_to(&directory, Stdio::null(), full(), &["eval", "--json", "host.nix"]).0, Some(0));
    assert_eq!(run_to(&directory, Stdio::null(), full(), &["eval", "--expr", "builtins.trace \"x\" 1"]).0, Some(0));
    assert_eq!(run_to(&directory, Stdio::null(), full(), &["check", "host.nix"]).0, Some(1));
    assert_eq!(run_to(&directory, Stdio::null(), full(), &["eval", "missing.nix"]).0, Some(1));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let directory = Directory::with(&[("host.nix", EXAMPLE)]);
    for arguments in [&["eval", "--json", "host.nix"] as &[&str], &["check", "host.nix"], &["--help"]] {
        assert_eq!(run_to(&directory, unread(), unread(), arguments).0, Some(0), "{arguments:?}");
    }
}

/// The lines of stderr, each of which must be JSON with a level, a message and a time.
#[track_caller]
fn lines(said: &CommandOutput) -> Vec<Value> {
    assert!(!said.err.is_empty(), "{said}");
    let lines: Vec<Value> = said
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    for line in &lines {
        for field in ["timestamp", "level", "message"] {
            assert!(line[field].is_string(), "{field} of {line}");
        }
    }
    lines
}

#[test]
fn every_line_of_a_json_log_is_json() {
    let directory = Directory::with(&[
        ("host.nix", EXAMPLE),
        ("broken.nix", "{ containers.a.autostart = true; }"),
        ("syntax.nix", "{ x = ; }"),
    ]);
    let good = lines(&directory.run(&["--log-format", "json", "-vv", "check", "host.nix"]));
    let lint = good.iter().find(|line| line["code"] == "forward-blocked").expect("a finding");
    assert_eq!((&lint["level"], &lint["severity"]), (&"warn".into(), &"warning".into()));
    assert_eq!((&lint["file"], &lint["line"], &lint["column"]), (&"host.nix".into(), &10.into(), &24.into()));
    assert!(lint["help"].is_string(), "{lint}");
    let bad = lines(&directory.run(&["--log-format", "json", "check", "broken.nix"]));
    let error = bad.iter().find(|line| line["level"] == "error").expect("an error");
    assert_eq!((&error["severity"], &error["file"]), (&"error".into(), &"broken.nix".into()));
    lines(&directory.run(&["--log-format", "json", "check", "syntax.nix"]));
    lines(&directory.run(&["--log-format=json", "switch", "--yes", "nowhere.nix"]));
    lines(&directory.run(&[
        "eval",
        "--log-format",
        "json",
        "--expr",
        "builtins.trace \"a\\nb\" (builtins.warn \"c\" 1)",
    ]));
    // Errors of the argument parser too.
    for arguments in [&["--log-format", "json", "swich"] as &[&str], &["plan", "--from", "--log-format=json"]] {
        let said = directory.run(arguments);
        assert_eq!(said.code, Some(1));
        assert_eq!(lines(&said)[0]["level"], "error");
    }
}

#[test]
fn a_watched_status_is_printed_again_until_its_reader_leaves() {
    let mut child = Command::new(PROGRAM)
        .args(["status", "--json", "--watch=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    for _ in 0..2 {
        let line = lines.next().expect("a line").expect("read");
        let status: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(status["format_version"], 1);
    }
    drop(lines);
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("killed");
            panic!("it goes on without a reader");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
