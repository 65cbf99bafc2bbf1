//! What becomes of findings: which commands fail, and how findings are silenced and passed on.

use crate::program::{CommandOutput, Directory};

/// A directory whose `host.nix` is a fixture of a lint.
fn with_fixture(path: &str) -> Directory {
    let text = std::fs::read_to_string(format!("nix-fixtures/lints/{path}")).expect("a fixture");
    Directory::with(&[("host.nix", &text)])
}

#[test]
fn warnings_fail_only_where_they_are_denied_and_not_where_they_are_allowed() {
    let directory = with_fixture("forward-blocked/fires.nix");
    for (arguments, status) in [
        (&["check", "host.nix"][..], 0),
        (&["check", "--deny", "warnings", "host.nix"], 1),
        (&["check", "--deny", "warnings", "--allow", "forward-blocked", "host.nix"], 0),
        (&["check", "--deny", "warnings", "--allow", "no-nat,forward-blocked", "host.nix"], 0),
        (&["check", "--deny", "warnings", "--allow", "no-nat", "host.nix"], 1),
    ] {
        let CommandOutput { code, err, .. } = directory.run(arguments);
        assert_eq!(code, Some(status), "{arguments:?}: {err}");
    }
}

#[test]
fn an_error_that_is_allowed_is_still_refused_by_what_applies() {
    let directory = with_fixture("port-taken/fires.nix");
    let allow = ["--allow", "port-taken", "host.nix"];
    let CommandOutput { code, err, .. } = directory.run(&[&["check"], &allow[..]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let CommandOutput { code, err, .. } = directory.run(&[&["build"], &allow[..]].concat());
    assert!(code == Some(1) && err.contains("error[port-taken]"), "{err}");
}

#[test]
fn plans_show_what_is_found_on_the_new_side() {
    let directory = with_fixture("forward-blocked/fires.nix");
    let before = "{ containers.other = { config = { }; }; }\n";
    std::fs::write(directory.path().join("before.nix"), before).expect("written");
    let plan = ["plan", "--format", "json", "--from", "before.nix", "host.nix"];
    let codes = |arguments: &[&str]| {
        let CommandOutput { code, out, err } = directory.run(arguments);
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
fn sarif_has_all_positions_of_a_finding() {
    let directory = with_fixture("port-taken/fires.nix");
    let CommandOutput { code, out, .. } = directory.run(&["check", "--format", "sarif", "host.nix"]);
    assert_eq!(code, Some(1));
    let log: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    let line = |position: &serde_json::Value| position["physicalLocation"]["region"]["startLine"].as_u64();
    assert_eq!(result["ruleId"], "port-taken");
    assert_eq!((line(&result["locations"][0]), line(&result["relatedLocations"][0])), (Some(15), Some(7)));
}
