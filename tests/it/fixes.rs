//! `check --fix`: what it changes, and what it leaves alone. `tests/fixtures/fixes.rs` has the fixes themselves.

use crate::program::{CommandOutput, Directory};

/// A mistake that has a fix.
const MISSPELT: &str = "{ containers.web = { autoStrat = true; config = { }; }; }\n";

#[test]
fn nothing_is_changed_unless_that_was_said() {
    let directory = Directory::with(&[("host.nix", MISSPELT)]);
    let text = || std::fs::read_to_string(directory.path().join("host.nix")).expect("text");
    let CommandOutput { code, out: diff, err: said } = directory.run(&["check", "--fix", "host.nix"]);
    assert_eq!((code, text().as_str()), (Some(1), MISSPELT), "{said}");
    assert!(
        diff.contains("+{ containers.web = { autoStart = true;") && said.contains("nothing was changed"),
        "{said}"
    );
    for arguments in
        [&["check", "--yes", "host.nix"][..], &["check", "--fix", "--yes", "--format", "json", "host.nix"]]
    {
        let CommandOutput { code, out, .. } = directory.run(arguments);
        assert_eq!((code, out.as_str(), text().as_str()), (Some(1), "", MISSPELT), "{arguments:?}");
    }
    let CommandOutput { code, err: said, .. } = directory.run(&["check", "--fix", "--yes", "host.nix"]);
    assert_eq!((code, text()), (Some(0), MISSPELT.replace("autoStrat", "autoStart")), "{said}");
}

#[test]
fn files_outside_of_the_checkout_stay_as_they_are() {
    let host = "{ imports = [ ../outside.nix ./link.nix ./inside.nix ]; }\n";
    let directory =
        Directory::with(&[("outside.nix", MISSPELT), ("linked.nix", MISSPELT), ("host/host.nix", host)]);
    let inside = MISSPELT.replace("containers.web", "containers.inside");
    std::fs::write(directory.path().join("host/inside.nix"), &inside).expect("written");
    std::os::unix::fs::symlink("../linked.nix", directory.path().join("host/link.nix")).expect("a symlink");
    let config = directory.path().join("host");
    let CommandOutput { code, out: diff, err: said } =
        directory.run_in("host", &["check", "--no-restrict", "--fix", "--yes", "host.nix"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(diff.contains("b/inside.nix") && !diff.contains("outside") && !diff.contains("link"), "{diff}");
    for name in ["outside.nix", "linked.nix"] {
        assert_eq!(std::fs::read_to_string(directory.path().join(name)).expect("text"), MISSPELT, "{name}");
    }
    let text = std::fs::read_to_string(config.join("inside.nix")).expect("text");
    assert_eq!(text, inside.replace("autoStrat", "autoStart"));
}

#[test]
fn files_of_a_flake_are_those_of_the_work_tree() {
    let flake = "{ outputs = { nixpkgs, ... }: {
      nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [ ./hosts/h.nix ]; };
    }; }\n";
    let directory = Directory::with(&[("flake.nix", flake), ("hosts/h.nix", MISSPELT)]);
    let CommandOutput { code, out: diff, err: said } = directory.run(&["check", "--fix", "--yes", ".#h"]);
    assert_eq!(code, Some(0), "{diff}{said}");
    let text = std::fs::read_to_string(directory.path().join("hosts/h.nix")).expect("text");
    assert_eq!(text, MISSPELT.replace("autoStrat", "autoStart"));
}

#[test]
fn programs_and_reviews_are_given_the_same_edits() {
    let text = MISSPELT.replace("{ containers", "{ /* \u{1f980} */ containers");
    let directory = Directory::with(&[("a host.nix", &text), ("before.nix", "{ }\n")]);
    let CommandOutput { code, out, .. } = directory.run(&["check", "--format", "sarif", "a host.nix"]);
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
    std::fs::write(directory.path().join("host.nix"), host).expect("written");
    let plan = ["plan", "--from", "before.nix", "--format", "markdown", "host.nix"];
    let CommandOutput { code, out, err: said } = directory.run(&plan);
    assert_eq!(code, Some(0), "{said}");
    let block = "```suggestion\n  internalInterfaces = [ \"ve-*\" ]; }; containers.a.config = { }; }\n```\n";
    assert!(out.contains("`interface-name` at `host.nix:2`:\n\n") && out.contains(block), "{out}");
}
