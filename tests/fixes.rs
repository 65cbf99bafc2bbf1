//! Fixes applied to files: `check --fix`, and the edits that it makes.
//!
//! Each fixture in `tests/fixes/` is a file and its fixed form. A generator also makes files with mistakes in all kinds of
//! layout: a fix may change only its own bytes, must keep the text valid Nix, and must remove its finding.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use container_rebuild::diag::{Code, Diagnostic, Edit};
use container_rebuild::eval::{Arena, Evaluator, Settings, on_big_stack};
use container_rebuild::host::files::RealFiles;
use container_rebuild::lint::{Subject, lint};
use container_rebuild::model::check::check;
use container_rebuild::modules::{self, Guests};
use container_rebuild::source::SourceMap;
use container_rebuild::syntax::mend::{Mender, applied, is_lossless};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

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

fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        fs::write(path, text).expect("written");
    }
    directory
}

/// The names of the fixtures: the fixed form of `NAME.nix` is `NAME.fixed.nix`.
fn fixtures() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixes");
    let mut names: Vec<PathBuf> =
        fs::read_dir(directory).expect("the fixtures").map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let before = names.iter().filter(|path| !path.to_string_lossy().ends_with(".fixed.nix"));
    before.map(|path| (read(path), read(&path.with_extension("fixed.nix")))).collect()
}

#[test]
fn each_fixture_becomes_what_stands_beside_it_and_then_nothing_is_left_to_do() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 6, "the fixtures are gone");
    for (before, after) in fixtures {
        let directory = with(&[("host.nix", &before)]);
        let name = before.lines().next().unwrap_or_default();
        let (_, diff, said) = run(directory.path(), &["check", "--fix", "--yes", "host.nix"]);
        let text = fs::read_to_string(directory.path().join("host.nix")).expect("text");
        assert_eq!(text, after, "{name}\n{said}");
        assert!(diff.starts_with("--- a/host.nix\n+++ b/host.nix\n@@ "), "{name}: {diff}");
        let (_, diff, _) = run(directory.path(), &["check", "--fix", "--yes", "host.nix"]);
        assert_eq!(diff, "", "{name}");
    }
}

/// A mistake that has a fix.
const MISSPELT: &str = "{ containers.web = { autoStrat = true; config = { }; }; }\n";

#[test]
fn nothing_is_changed_unless_that_was_said() {
    let directory = with(&[("host.nix", MISSPELT)]);
    let text = || fs::read_to_string(directory.path().join("host.nix")).expect("text");
    let (code, diff, said) = run(directory.path(), &["check", "--fix", "host.nix"]);
    assert_eq!((code, text().as_str()), (Some(1), MISSPELT), "{said}");
    assert!(
        diff.contains("+{ containers.web = { autoStart = true;") && said.contains("nothing was changed"),
        "{said}"
    );
    for arguments in
        [&["check", "--yes", "host.nix"][..], &["check", "--fix", "--yes", "--format", "json", "host.nix"]]
    {
        let (code, out, _) = run(directory.path(), arguments);
        assert_eq!((code, out.as_str(), text().as_str()), (Some(1), "", MISSPELT), "{arguments:?}");
    }
    let (code, _, said) = run(directory.path(), &["check", "--fix", "--yes", "host.nix"]);
    assert_eq!((code, text()), (Some(0), MISSPELT.replace("autoStrat", "autoStart")), "{said}");
}

#[test]
fn files_outside_of_the_checkout_stay_as_they_are() {
    let host = "{ imports = [ ../outside.nix ./link.nix ./inside.nix ]; }\n";
    let directory = with(&[("outside.nix", MISSPELT), ("linked.nix", MISSPELT), ("host/host.nix", host)]);
    let inside = MISSPELT.replace("containers.web", "containers.inside");
    fs::write(directory.path().join("host/inside.nix"), &inside).expect("written");
    std::os::unix::fs::symlink("../linked.nix", directory.path().join("host/link.nix")).expect("a symlink");
    let config = directory.path().join("host");
    let (code, diff, said) = run(&config, &["check", "--no-restrict", "--fix", "--yes", "host.nix"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(diff.contains("b/inside.nix") && !diff.contains("outside") && !diff.contains("link"), "{diff}");
    for name in ["outside.nix", "linked.nix"] {
        assert_eq!(fs::read_to_string(directory.path().join(name)).expect("text"), MISSPELT, "{name}");
    }
    let text = fs::read_to_string(config.join("inside.nix")).expect("text");
    assert_eq!(text, inside.replace("autoStrat", "autoStart"));
}

#[test]
fn files_of_a_flake_are_those_of_the_work_tree() {
    let flake = "{ outputs = { nixpkgs, ... }: {
      nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [ ./hosts/h.nix ]; };
    }; }\n";
    let directory = with(&[("flake.nix", flake), ("hosts/h.nix", MISSPELT)]);
    let (code, diff, said) = run(directory.path(), &["check", "--fix", "--yes", ".#h"]);
    assert_eq!(code, Some(0), "{diff}{said}");
    let text = fs::read_to_string(directory.path().join("hosts/h.nix")).expect("text");
    assert_eq!(text, MISSPELT.replace("autoStrat", "autoStart"));
}

#[test]
fn programs_and_reviews_are_given_the_same_edits() {
    let text = MISSPELT.replace("{ containers", "{ /* \u{1f980} */ containers");
    let directory = with(&[("a host.nix", &text), ("before.nix", "{ }\n")]);
    let (code, out, _) = run(directory.path(), &["check", "--format", "sarif", "a host.nix"]);
    assert_eq!(code, Some(1));
    let log: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "a%20host.nix");
    let replacement = &change["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "autoStart");
    let units: Vec<u16> = text.lines().next().expect("a line").encode_utf16().collect();
    let column = |name: &str| replacement["deletedRegion"][name].as_u64().expect("a column") as usize;
    let deleted = &units[column("startColumn") - 1..column("endColumn") - 1];
    assert_eq!(String::from_utf16(deleted).expect("text"), "autoStrat");
    // A configuration that evaluates but has something to fix.
    let host = "{ networking.nftables.enable = true; networking.nat = { enable = true; externalInterface = \"e\";
  internalInterfaces = [ \"ve-+\" ]; }; containers.a.config = { }; }\n";
    fs::write(directory.path().join("host.nix"), host).expect("written");
    let plan = ["plan", "--from", "before.nix", "--format", "markdown", "host.nix"];
    let (code, out, said) = run(directory.path(), &plan);
    assert_eq!(code, Some(0), "{said}");
    let block = "```suggestion\n  internalInterfaces = [ \"ve-*\" ]; }; containers.a.config = { }; }\n```\n";
    assert!(out.contains("`interface-name` at `host.nix:2`:\n\n") && out.contains(block), "{out}");
}

/// The findings of a text with their fixes, and its sources.
fn findings(path: &Path) -> (Vec<Diagnostic>, SourceMap) {
    let sources = SourceMap::new();
    sources.set_root(path.parent().expect("a directory"));
    let arena = Arena::new();
    let settings = Settings { unknowns: true, ..Settings::default() };
    let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, settings);
    let mut found = match modules::evaluate(&mut evaluator, path, Guests::All) {
        Err(found) => found,
        Ok(evaluated) => {
            let mut found = evaluated.findings;
            found.extend(check(&evaluated.manifest, &evaluated.spans).findings);
            found.extend(lint(Subject {
                manifest: &evaluated.manifest,
                spans: &evaluated.spans,
                host: &evaluated.host,
                guests: &evaluated.guests,
            }));
            found
        }
    };
    drop(evaluator);
    let mut mender = Mender::new(&sources);
    for finding in &mut found {
        finding.edits = finding.fix.as_ref().and_then(|fix| mender.edits(fix)).unwrap_or_default();
    }
    (found, sources)
}

fn found_in(text: &str) -> (Vec<Diagnostic>, SourceMap) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("host.nix");
    fs::write(&path, text).expect("written");
    findings(&path)
}

/// The text around the edits, which must not change.
fn untouched(text: &str, edits: &[Edit], base: u32) -> Vec<String> {
    let mut ranges: Vec<(usize, usize)> =
        edits.iter().map(|edit| ((edit.span.start.0 - base) as usize, (edit.span.end.0 - base) as usize)).collect();
    ranges.sort_unstable();
    ranges.dedup();
    let (mut parts, mut done) = (Vec::new(), 0);
    for (start, end) in ranges {
        parts.push(text[done..start].to_owned());
        done = end;
    }
    parts.push(text[done..].to_owned());
    parts
}

/// Fixes a text one finding at a time and checks each step. Returns the codes of the fixed findings.
fn mend_all(mut text: String) -> Result<BTreeSet<Code>, TestCaseError> {
    let mut mended = BTreeSet::new();
    for _ in 0..20 {
        let (found, sources) = found_in(&text);
        let Some(finding) = found.iter().find(|finding| !finding.edits.is_empty()) else { return Ok(mended) };
        let file = sources.file(finding.edits[0].span.start).expect("a file");
        // Syntax errors of a text are fixed together, because one fix alone would leave it broken.
        let edits: Vec<Edit> = match finding.code {
            Code::Syntax => found.iter().flat_map(|finding| finding.edits.clone()).collect(),
            _ => finding.edits.clone(),
        };
        let new = applied(&file, &edits);
        prop_assert!(new.is_some(), "it is no Nix any more: {edits:?} in {text}");
        let new = new.unwrap_or_default();
        prop_assert!(is_lossless(&new), "rnix does not read {new}");
        // Every other byte is still there, in order.
        let mut rest = new.as_str();
        for part in untouched(&text, &edits, file.base) {
            let at = rest.find(&part);
            prop_assert!(at.is_some(), "{part:?} is lost in {new:?}");
            rest = &rest[at.unwrap_or_default() + part.len()..];
        }
        let grown: usize = new.len() + edits.iter().map(|edit| edit.span.len()).sum::<usize>();
        let put_in: usize = edits.iter().map(|edit| edit.text.len()).sum();
        prop_assert_eq!(grown, text.len() + put_in, "{}", new);
        let (after, _) = found_in(&new);
        let is_left = |other: &Diagnostic| {
            other.code == finding.code && other.message == finding.message && finding.code != Code::Syntax
        };
        prop_assert!(!after.iter().any(is_left), "still there after {edits:?}: {}\n{new}", finding.message);
        if finding.code == Code::Syntax {
            prop_assert!(after.iter().all(|other| other.code != Code::Syntax), "{new}\n{after:#?}");
        }
        mended.insert(finding.code);
        text = new;
    }
    Err(TestCaseError::fail(format!("it does not come to an end: {text}")))
}

/// Text that may stand between two tokens.
const TRIVIA: [&str; 7] = [" ", "\n", "\n  ", " # a note; { [\n", " /* \u{e9} */ ", "\t", "\n\n    # \"two\n    "];

/// Definitions of a container with one mistake each; `~` marks where space and comments may be.
const MISTAKES: [(&str, Code); 9] = [
    ("hostAdress~=~\"10.0.0.1\"~;", Code::UnknownOption),
    ("autoStrat~=~true~;", Code::UnknownOption),
    ("autoStart~=~\"true\"~;", Code::OptionType),
    ("privateUsers~=~0~;~bindMounts.\"/d\"~=~{~isReadOnly~=~\"false\"~;~}~;", Code::OptionType),
    ("forwardPorts~=~[~{~hostPort~=~\"8080\"~;~containerPort~=~80~;~}~]~;", Code::OptionType),
    ("forwardPorts~=~[~{~hostPort~=~8081~;~containerPort~=~81~;~}~]~;", Code::ForwardBlocked),
    ("tmpfs~=~[~\"/x\"~]~", Code::Syntax),
    ("bindMount.\"/data\".hostPath~=~\"/srv\"~;", Code::UnknownOption),
    ("extraFlags~=~[~]~", Code::Syntax),
];
/// Guests, some of which configure a firewall.
const GUESTS: [(&str, Option<Code>); 6] = [
    ("{~}", None),
    ("{~networking.firewall.allowedTCPPorts~=~[~22~443~]~;~}", None),
    ("{~...~}~:~{~networking~=~{~firewall~=~{~allowedTCPPorts~=~[~]~;~}~;~}~;~}", None),
    ("{~lib~,~...~}~:~{~networking.firewall.allowedTCPPorts~=~lib.mkBefore~[~22~]~;~}", None),
    ("{~services.openssh.permitRootLogin~=~\"no\"~;~}", Some(Code::RenamedOption)),
    ("let~x~=~22~;~in~{~config~=~{~networking.firewall.allowedTCPPorts~=~[~x~]~;~}~;~}", None),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fix_changes_its_own_bytes_and_ends_its_finding(
        mistakes in vec(select(&MISTAKES[..]), 1..4),
        guest in select(&GUESTS[..]),
        pattern in any::<bool>(),
        space in vec(select(&TRIVIA[..]), 1..12),
        at in any::<Index>(),
    ) {
        let mut expected: BTreeSet<Code> = mistakes.iter().map(|(_, code)| *code).collect();
        let names: BTreeSet<&str> = mistakes.iter().filter_map(|(text, _)| text.split(['~', '.']).next()).collect();
        // If an option has two definitions, neither fix is certain.
        prop_assume!(names.len() == mistakes.len());
        // The fix of `autoStrat` would collide with `autoStart`.
        prop_assume!(!(names.contains("autoStrat") && names.contains("autoStart")));
        // The fix of `bindMount` would collide with `bindMounts`.
        prop_assume!(!(names.contains("bindMount") && mistakes.iter().any(|(text, _)| text.contains("bindMounts"))));
        let own: String = mistakes.iter().map(|(text, _)| format!("{text}~")).collect();
        let nat = match pattern {
            true => "networking.nftables.enable~=~true~;~networking.nat~=~{~enable~=~true~;~externalInterface~=~\"e\"~;~\
                     internalInterfaces~=~[~\"ve-+\"~]~;~}~;~",
            false => "",
        };
        let template = format!(
            "{{~...~}}~:~{{~{nat}containers.web~=~{{~privateNetwork~=~true~;~localAddress~=~\"10.0.0.2\"~;~{own}config~=~{}~;~}}~;~}}\n",
            guest.0
        );
        let mut turn = at.index(space.len());
        let text: String = template
            .split('~')
            .flat_map(|part| {
                turn = (turn + 1) % space.len();
                [part, space[turn]]
            })
            .collect();
        if pattern {
            expected.insert(Code::InterfaceName);
        }
        expected.extend(guest.1);
        let mended = on_big_stack(|| mend_all(text.clone())).expect("a thread can be started")?;
        // Only a finding about a port may be missing: the port may be open already, or a broken text may hide the finding.
        let missing: Vec<_> = expected.difference(&mended).filter(|code| **code != Code::ForwardBlocked).collect();
        prop_assert!(missing.is_empty(), "{missing:?} in {text}, only {mended:?}");
    }
}

/// All Nix files in a directory, recursively.
fn nix_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            nix_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "nix") {
            found.push(path);
        }
    }
}

#[test]
fn rnix_and_our_parser_agree_on_all_fixtures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for directory in ["nix-fixtures/hosts", "nix-fixtures/lints", "nix-fixtures/nixpkgs", "examples", "tests/plans"]
    {
        nix_files(&root.join(directory), &mut files);
    }
    assert!(files.len() > 400, "{}", files.len());
    let differing: Vec<_> = files
        .iter()
        .filter(|path| {
            let Ok(text) = fs::read_to_string(path) else { return false };
            let (arena, sources) = (Arena::new(), SourceMap::new());
            let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, Settings::default());
            let directory = path.parent().expect("a directory");
            // As the body of a function, none of it is evaluated.
            let body = format!("_: (\n{text}\n)");
            let value = evaluator.text_value("«fixture»", directory, &body);
            let is_ours = value
                .err()
                .is_none_or(|error| error.diagnostics().iter().all(|diagnostic| diagnostic.code != Code::Syntax));
            is_ours != is_lossless(&text)
        })
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}
