//! Configurations too large to show: package sets, and infinite sets.

use serde_json::{Value, json};

use crate::program::Directory;

/// A host with one guest that has this configuration.
fn host(guest: &str) -> String {
    format!(
        "let\n  hello = derivation {{ name = \"hello-1\"; system = \"x86_64-linux\"; builder = \"/bin/sh\"; }} // {{ passthru = endless 0; }};\n\
         \x20 endless = n: {{ number = n; next = endless (n + 1); other = endless (2 * n); }};\n\
         \x20 packages = {{ inherit hello; callPackage = f: f; stdenv = hello; parts = endless 0; self = packages; }};\n\
         in {{ containers.a.config = {{ {guest} }}; }}"
    )
}

fn said(guest: &str) -> (Value, String) {
    let directory = Directory::with(&[("host.nix", &host(guest))]);
    let said = directory.run(&["eval", "--guest", "host.nix"]);
    assert_eq!(said.code, Some(0), "{said}");
    let model: Value = serde_json::from_str(&said.out).expect("JSON");
    (model["containers"]["a"]["guest"].clone(), said.err)
}

#[test]
fn a_derivation_is_shown_as_what_it_is() {
    let (guest, err) = said("environment.systemPackages = [ hello ]; services.x.package = hello;");
    let package = &guest["services"]["x"]["package"];
    assert_eq!((&package["name"], &package["type"]), (&json!("hello-1"), &json!("derivation")));
    assert!(package["outPath"].as_str().is_some_and(|path| path.ends_with("-hello-1")), "{package}");
    assert_eq!(package.as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(guest["environment"]["systemPackages"][0], *package);
    assert_eq!(err, "");
}

#[test]
fn a_package_set_is_never_entered() {
    for set in ["packages", "{ _type = \"pkgs\"; parts = endless 0; }"] {
        let (guest, _) = said(&format!("nixpkgs.pkgs = {set}; services.x.port = 80;"));
        assert_eq!(guest["nixpkgs"]["pkgs"]["_unknown"]["reason"], "a package set");
        assert_eq!(guest["services"]["x"]["port"], 80);
    }
}

#[test]
fn what_has_no_end_is_cut_and_that_is_said() {
    let (guest, err) = said("services.x.tree = endless 1; services.y.port = 80;");
    assert_eq!(guest["services"]["x"]["tree"]["other"]["_unknown"]["reason"], "not shown, since there is too much");
    assert_eq!(guest["services"]["y"]["port"], 80);
    assert!(err.contains("the guest of `a` says more than is shown of it"), "{err}");
}

#[test]
fn every_command_keeps_to_the_memory_and_time_that_it_is_given() {
    let directory =
        Directory::with(&[("host.nix", "{ networking.hostName = toString (builtins.genList (n: n) 100000000); }")]);
    for command in ["eval", "check", "plan", "firewall"] {
        let said = directory.run(&[command, "--max-memory", "50", "host.nix"]);
        assert!(
            said.code == Some(1) && said.err.contains("out of memory; the evaluation may use 50 MiB"),
            "{said}"
        );
    }
    let directory = Directory::with(&[(
        "host.nix",
        "let f = n: if n < 0 then n else f (n - 1 + 1 * 1); in { networking.hostName = toString (f 1); }",
    )]);
    let said = directory.run(&["check", "--max-time", "1", "host.nix"]);
    assert!(
        said.code == Some(1) && (said.err.contains("out of time") || said.err.contains("stack overflow")),
        "{said}"
    );
}

/// Quadratic time would be 256 times as long. It is already noticeable with a few hundred containers.
#[test]
fn sixteen_times_as_many_containers_take_less_than_sixty_times_as_long() {
    let directory = Directory::with(&[]);
    let seconds = |count: usize| {
        let host = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/nix/host.nix");
        std::fs::write(directory.path().join("host.nix"), format!("import {host} {count}")).expect("a file");
        let started = std::time::Instant::now();
        let run = directory.run(&["eval", "host.nix"]);
        assert_eq!(run.code, Some(0), "{run}");
        started.elapsed().as_secs_f64()
    };
    let (few, many) = (seconds(200), seconds(3200));
    assert!(many < 60.0 * few, "200 containers: {few} s, 3200: {many} s");
}
