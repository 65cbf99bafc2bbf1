//! Nix's language settings, and the purity of flakes.

use crate::program::{CommandOutput, Directory};

const LITERALS: &str = "{ containers.a = { bindMounts.x.hostPath = toString /srv/x; config = { }; }; imports = [ sub/m.nix ];\n  \
                        networking.hostName = builtins.elemAt [ \"h\" https://example.org/x ] 0; }";

fn with_literals() -> Directory {
    let directory = Directory::with(&[("host.nix", LITERALS)]);
    std::fs::create_dir(directory.path().join("sub")).expect("a directory");
    std::fs::write(directory.path().join("sub/m.nix"), "{ }").expect("a file");
    directory
}

fn succeeded(said: CommandOutput) -> CommandOutput {
    assert_eq!(said.code, Some(0), "{said}");
    said
}

#[test]
fn lints_of_literals_warn_in_nixs_words_with_the_place() {
    let directory = with_literals();
    assert!(!succeeded(directory.run(&["eval", "host.nix"])).err.contains("literal"));
    let warned = directory.run(&[
        "eval",
        "host.nix",
        "--option",
        "lint-url-literals",
        "warn",
        "--option",
        "lint-absolute-path-literals",
        "warn",
        "--option",
        "lint-short-path-literals",
        "warn",
    ]);
    let first_lines: Vec<_> = warned.err.lines().filter(|line| line.contains("]: ")).collect();
    assert_eq!(
        first_lines,
        [
            "host.nix:1:53: warning[absolute-path-literal]: absolute path literals are not portable. Consider replacing path literal '/srv/x' by a string, relative path, or parameter (lint-absolute-path-literals)",
            "host.nix:1:90: warning[short-path-literal]: relative path literal 'sub/m.nix' should be prefixed with '.' for clarity: './sub/m.nix' (lint-short-path-literals)",
            "host.nix:2:47: warning[url-literal]: URL literals are discouraged. Consider using a string literal \"https://example.org/x\" instead (lint-url-literals)",
        ],
        "{warned}"
    );
    assert_eq!(warned.out, succeeded(directory.run(&["eval", "host.nix"])).out);
}

#[test]
fn a_fatal_lint_is_an_error_in_every_command() {
    let directory = with_literals();
    for command in ["eval", "check", "plan", "firewall"] {
        let said = directory.run(&[command, "host.nix", "--option", "lint-url-literals", "fatal"]);
        assert_eq!(said.code, Some(1), "{command}: {said}");
        assert!(
            said.err.contains("error[url-literal]: URL literals are disallowed. Consider using"),
            "{command}: {said}"
        );
    }
    let said = directory.run(&["eval", "--expr", "https://a", "--option", "lint-url-literals", "warn"]);
    assert_eq!(said.out, "\"https://a\"\n");
    assert!(said.err.contains("warning[url-literal]: URL literals are discouraged"), "{said}");
}

#[test]
fn warnings_about_literals_are_shown_if_the_evaluation_fails_too() {
    let directory = Directory::with(&[("host.nix", "{ x = [ https://a ]; containers = throw \"broken\"; }")]);
    for command in ["eval", "check", "plan", "firewall"] {
        let said = directory.run(&[command, "host.nix", "--option", "lint-url-literals", "warn"]);
        assert_eq!(said.code, Some(1), "{command}: {said}");
        let warnings = said.err.matches("warning[url-literal]").count();
        assert!(warnings == 1 && said.err.contains("broken"), "{command}: {said}");
    }
}

#[test]
fn what_nix_would_warn_of_is_warned_of_once() {
    let directory = Directory::with(&[("host.nix", "{ }")]);
    for (arguments, message) in [
        (&["--extra-experimental-features", "foo pipe-operators"][..], "unknown experimental feature 'foo'"),
        (&["--experimental-features", "bar"], "unknown experimental feature 'bar'"),
        (&["--option", "experimental-features", "bar"], "unknown experimental feature 'bar'"),
        (
            &["--option", "lint-url-literals", "maybe"],
            "option 'lint-url-literals' has invalid value 'maybe' (expected 'ignore', 'warn', or 'fatal')",
        ),
        (
            &["--option", "warn-short-path-literals", "true"],
            "'warn-short-path-literals' is deprecated, use 'lint-short-path-literals = warn' instead",
        ),
    ] {
        for command in [&["eval", "host.nix"][..], &["check", "host.nix"], &["eval", "--expr", "1"]] {
            let said = succeeded(directory.run(&[command, arguments].concat()));
            assert_eq!(said.err.trim_end(), format!("warning[nix-setting]: {message}"), "{command:?}");
        }
    }
    // Other settings are left to Nix.
    assert_eq!(succeeded(directory.run(&["eval", "host.nix", "--option", "cores", "4"])).err, "");
}

#[test]
fn a_feature_that_a_flake_asks_for_and_nix_does_not_know_is_warned_of_where_it_stands() {
    let flake = "{
  inputs.nixpkgs.url = \"nixpkgs\";
  nixConfig.extra-experimental-features = [ \"pipe-operator\" ];
  outputs = { self, nixpkgs }: { nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [ ]; }; };
}";
    let directory = Directory::with(&[("flake.nix", flake)]);
    for arguments in [&["eval", "."][..], &["eval", "--all-hosts", "."], &["check", "."], &["firewall", "."]] {
        let said = directory.run(arguments);
        let warning = "flake.nix:3:3: warning[nix-setting]: unknown experimental feature 'pipe-operator'";
        assert_eq!(said.err.matches(warning).count(), 1, "{arguments:?}: {said}");
    }
}

#[test]
fn the_depth_of_calls_is_a_setting_and_a_flag() {
    let directory = Directory::with(&[]);
    let deep = "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 100";
    let run = |more: &[&str]| directory.run(&[&["eval", "--expr", deep], more].concat());
    assert_eq!(succeeded(run(&[])).out, "100\n");
    let said = run(&["--option", "max-call-depth", "50"]);
    assert!(said.err.contains("stack overflow; max-call-depth exceeded"), "{said}");
    assert_eq!(succeeded(run(&["--option", "max-call-depth", "50", "--max-call-depth", "200"])).out, "100\n");
}

#[test]
fn a_trace_is_shown_in_part_or_as_a_whole_or_not_at_all() {
    let calls: String = (1..20).map(|n| format!("f{n} = x: f{} x; ", n - 1)).collect();
    let deep = format!("let f0 = x: throw \"no\"; {calls} in f19 1");
    let directory = Directory::with(&[]);
    let frames = |flags: &[&str]| {
        let run = directory.run(&[&["eval", "--expr", &deep], flags].concat());
        assert_eq!(run.code, Some(1), "{run}");
        run.err.lines().filter(|line| line.contains("while calling")).count()
    };
    assert_eq!([frames(&[]), frames(&["--show-trace"]), frames(&["--no-show-trace"])], [6, 20, 0]);
    assert_eq!(frames(&["--no-show-trace", "--show-trace"]), 20);
}

/// A host whose container contains everything that it can find out about the machine.
const CURIOUS: &str = r#"{
  inputs.nixpkgs.url = "nixpkgs";
  outputs = { self, nixpkgs }: { nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [ {
    containers.c.config = { };
    containers.c.extraFlags = [
      (builtins.getEnv "PATH")
      (if builtins ? currentSystem || builtins ? currentTime then "impure" else "pure")
      (if builtins.pathExists /etc/passwd then "sees" else "sees not")
    ];
  } ]; }; };
}"#;

#[test]
fn a_flake_is_evaluated_as_nix_does_it_without_its_surroundings() {
    let directory = Directory::with(&[("flake.nix", CURIOUS)]);
    let flags = |more: &[&str]| {
        let said = succeeded(directory.run(&[&["eval", "."], more].concat()));
        let model: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        model["containers"]["c"]["extraFlags"].clone()
    };
    assert_eq!(flags(&[]), serde_json::json!(["", "pure", "sees not"]));
    assert_eq!(flags(&["--impure"]), serde_json::json!(["/nonexistent", "impure", "sees"]));
}

#[test]
fn what_a_flake_may_not_read_is_an_error_with_nixs_way_out() {
    let flake = CURIOUS.replace("(builtins.getEnv \"PATH\")", "(builtins.readFile /etc/hostname)");
    let directory = Directory::with(&[("flake.nix", &flake)]);
    let said = directory.run(&["eval", "."]);
    assert_eq!(said.code, Some(1), "{said}");
    assert!(said.err.contains("forbidden in pure evaluation mode (use '--impure' to override)"), "{said}");
    let _ = succeeded(directory.run(&["eval", ".", "--impure"]));
}
