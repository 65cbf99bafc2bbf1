//! Lints against `nix-fixtures/lints/CODE/`: each `fires*.nix` has the finding, with the output in a snapshot, and no
//! `nearly*.nix` has it. Also checks `docs/lints.md` against the codes, including its examples.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use container_rebuild::diag::{Code, Kind};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/lints")
}

/// The output of `check` in an empty environment: status and standard error.
fn check(directory: &Path, file: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
        .arg("check")
        .args(arguments)
        .arg(file)
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// The fixtures of a code, each with whether the lint must fire.
fn of_code(code: Code) -> Vec<(String, bool)> {
    let directory = fixtures().join(code.as_str());
    let mut names: Vec<String> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("names are text"))
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let fires = name.starts_with("fires");
            assert!(fires || name.starts_with("nearly"), "{}: {name}", directory.display());
            (name, fires)
        })
        .collect()
}

fn documented() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| code.kind() != Kind::Other)
}

/// Copies the file to an otherwise empty directory, so that messages show only its name.
fn copied(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("host.nix"), text).expect("written");
    directory
}

fn findings(said: &str, code: Code) -> Vec<&str> {
    said.lines().filter(|line| line.contains(&format!("[{code}]: "))).collect()
}

#[test]
fn each_lint_fires_where_it_should_and_not_where_it_nearly_does() {
    for code in documented() {
        let files = of_code(code);
        for expected in [true, false] {
            assert!(files.iter().any(|(_, fires)| *fires == expected), "{code}: no such fixture");
        }
        for (name, fires) in files {
            let text = fs::read_to_string(fixtures().join(code.as_str()).join(&name)).expect("UTF-8");
            assert!(text.starts_with("# "), "{code}/{name} does not say what it proves");
            let arguments: &[&str] = if text.starts_with("# --host: ") { &["--host"] } else { &[] };
            let directory = copied(&text);
            let (status, said) = check(directory.path(), "host.nix", arguments);
            let found = findings(&said, code);
            assert_eq!(!found.is_empty(), fires, "{code}/{name}: {said}");
            for line in found {
                assert!(line.starts_with("host.nix:"), "{code}/{name}: {line} has no place");
            }
            if !fires {
                let only_of_this_version = |line: &&str| {
                    line.contains("]: ") && !line.contains("[not-supported]") && !line.contains("[missing-module]")
                };
                let others: Vec<_> = said.lines().filter(only_of_this_version).collect();
                assert!(others.is_empty(), "{code}/{name} finds something else: {others:#?}");
                assert_eq!(status, Some(0), "{code}/{name}: {said}");
                continue;
            }
            insta::assert_snapshot!(format!("{code}.{}", name.trim_end_matches(".nix")), said);
        }
    }
}

#[test]
fn no_fixture_is_of_another_code() {
    let codes: BTreeSet<String> = documented().map(|code| code.as_str().to_owned()).collect();
    let directories: BTreeSet<String> = fs::read_dir(fixtures())
        .expect("the directory")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("names are text"))
        .collect();
    assert_eq!(directories, codes);
}

#[test]
fn a_lint_is_silenced_by_a_flag_and_by_a_comment_at_its_place() {
    for code in documented() {
        for (name, _) in of_code(code).into_iter().filter(|(_, fires)| *fires) {
            let text = fs::read_to_string(fixtures().join(code.as_str()).join(&name)).expect("UTF-8");
            let host: &[&str] = if text.starts_with("# --host: ") { &["--host"] } else { &[] };
            let directory = copied(&text);
            let before = check(directory.path(), "host.nix", host).1;
            let lines: BTreeSet<usize> = findings(&before, code)
                .iter()
                .map(|line| line.split(':').nth(1).and_then(|line| line.parse().ok()).expect("a line"))
                .collect();
            let comment = format!(" # container-rebuild: allow({code})");
            let with_comments: String = text
                .lines()
                .enumerate()
                .map(|(index, line)| match lines.contains(&(index + 1)) {
                    true => format!("{line}{comment}\n"),
                    false => format!("{line}\n"),
                })
                .collect();
            let directory = copied(&with_comments);
            let commented = check(directory.path(), "host.nix", host).1;
            let flag = ["--allow", code.as_str()];
            let directory = copied(&text);
            let (status, flagged) = check(directory.path(), "host.nix", &[host, &flag].concat());
            if code.kind() == Kind::Lint {
                assert!(findings(&flagged, code).is_empty(), "{code}/{name}: {flagged}");
                // That code is about such comments: they are its findings.
                if code != Code::UnknownLint {
                    assert!(findings(&commented, code).is_empty(), "{code}/{name}: {commented}");
                }
            } else {
                assert!(status == Some(1) && flagged.contains("unknown lint"), "{code}/{name}: {flagged}");
                assert!(commented.contains("cannot be allowed"), "{code}/{name}: {commented}");
            }
        }
    }
}

/// Runs the program in a directory: status, standard output, standard error.
fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_container-rebuild"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn fixture(path: &str) -> String {
    fs::read_to_string(fixtures().join(path)).expect("UTF-8")
}

#[test]
fn warnings_fail_only_where_they_are_denied_and_not_where_they_are_allowed() {
    let directory = copied(&fixture("forward-blocked/fires.nix"));
    for (arguments, status) in [
        (&["check", "host.nix"][..], 0),
        (&["check", "--deny", "warnings", "host.nix"], 1),
        (&["check", "--deny", "warnings", "--allow", "forward-blocked", "host.nix"], 0),
        (&["check", "--deny", "warnings", "--allow", "no-nat,forward-blocked", "host.nix"], 0),
        (&["check", "--deny", "warnings", "--allow", "no-nat", "host.nix"], 1),
    ] {
        let (code, _, err) = run(directory.path(), arguments);
        assert_eq!(code, Some(status), "{arguments:?}: {err}");
    }
}

#[test]
fn an_error_that_is_allowed_is_still_refused_by_what_applies() {
    let directory = copied(&fixture("port-taken/fires.nix"));
    let allow = ["--allow", "port-taken", "host.nix"];
    let (code, _, err) = run(directory.path(), &[&["check"], &allow[..]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let (code, _, err) = run(directory.path(), &[&["build"], &allow[..]].concat());
    assert!(code == Some(1) && err.contains("error[port-taken]"), "{err}");
}

#[test]
fn plans_show_what_is_found_on_the_new_side() {
    let directory = copied(&fixture("forward-blocked/fires.nix"));
    let before = "{ containers.other = { config = { }; }; }\n";
    fs::write(directory.path().join("before.nix"), before).expect("written");
    let plan = ["plan", "--format", "json", "--from", "before.nix", "host.nix"];
    let codes = |arguments: &[&str]| {
        let (code, out, err) = run(directory.path(), arguments);
        assert_eq!(code, Some(0), "{err}");
        let plan: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let found = plan["diagnostics"].as_array().expect("a list").clone();
        let codes: Vec<_> =
            found.iter().map(|finding| finding["code"].as_str().expect("text").to_owned()).collect();
        (codes, err)
    };
    let (found, err) = codes(&plan);
    assert!(
        found == ["forward-blocked", "forward-blocked"] && err.contains("host.nix:8:9: warning["),
        "{found:?} {err}"
    );
    let (found, err) = codes(&[&plan[..], &["--allow", "forward-blocked"]].concat());
    assert!(found.is_empty() && err.is_empty(), "{found:?} {err}");
    // Findings that the old side had too are not repeated.
    let (found, _) = codes(&["plan", "--format", "json", "--from", "host.nix", "before.nix"]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn sarif_has_all_places_of_a_finding() {
    let directory = copied(&fixture("port-taken/fires.nix"));
    let (code, out, _) = run(directory.path(), &["check", "--format", "sarif", "host.nix"]);
    assert_eq!(code, Some(1));
    let log: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    let line = |place: &serde_json::Value| place["physicalLocation"]["region"]["startLine"].as_u64();
    assert_eq!(result["ruleId"], "port-taken");
    assert_eq!((line(&result["locations"][0]), line(&result["relatedLocations"][0])), (Some(15), Some(7)));
}

/// The sections of the page: code, text, examples.
fn sections() -> Vec<(String, String, Vec<String>)> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lints.md")).expect("the page");
    let sections = page.split("\n### ").skip(1).map(|section| {
        let (title, text) = section.split_once('\n').expect("a title and a text");
        let text = text.split("\n## ").next().unwrap_or_default();
        let examples = text
            .split("```nix\n")
            .skip(1)
            .map(|example| example.split("```").next().unwrap_or_default().to_owned())
            .collect();
        (title.trim_matches('`').to_owned(), text.to_owned(), examples)
    });
    sections.collect()
}

#[test]
fn the_page_has_a_section_for_each_lint_and_its_example_is_one() {
    let sections = sections();
    let written: BTreeSet<&str> = sections.iter().map(|(code, ..)| code.as_str()).collect();
    let codes: BTreeSet<&str> = documented().map(|code| code.as_str()).collect();
    assert_eq!(written, codes);
    assert_eq!(sections.len(), codes.len(), "a code has two sections");
    for (title, text, examples) in sections {
        let code = Code::ALL.iter().copied().find(|code| code.as_str() == title).expect("a code");
        assert!(text.contains("**Do:**"), "{title} does not say what to do");
        assert!(!examples.is_empty(), "{title} has no example");
        if code.kind() == Kind::Refusal {
            assert!(text.contains("It cannot be allowed."), "{title} does not say that it cannot be allowed");
        }
        for example in examples {
            let directory = copied(&example);
            let host = matches!(code, Code::MissingHostPath | Code::MissingInterface);
            let (_, said) = check(directory.path(), "host.nix", if host { &["--host"] } else { &[] });
            assert!(!findings(&said, code).is_empty(), "the example of {title} is none: {said}");
        }
    }
}

#[test]
fn the_page_names_all_other_codes() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lints.md")).expect("the page");
    for code in Code::ALL.iter().filter(|code| code.kind() == Kind::Other) {
        assert!(page.contains(&format!("| `{code}` |")), "{code} is not in the table");
    }
}
