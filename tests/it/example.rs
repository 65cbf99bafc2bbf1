//! The example of the README, without a host: its model, its plan, its rules.

use insta::assert_snapshot;
use serde_json::Value;

use crate::program::{EXAMPLE, Folder, example_with, run};

#[test]
fn its_model_has_every_option_as_nixos_has_it() {
    assert_snapshot!(run(EXAMPLE, &["eval", "host.nix"]));
}

#[test]
fn its_rules_are_text_for_nft() {
    assert_snapshot!(run(EXAMPLE, &["firewall", "host.nix"]));
}

#[test]
fn an_ordinary_user_gets_model_and_plan_without_nix_systemd_and_nft() {
    let folder = Folder::with(&[("host.nix", EXAMPLE)]);
    let model = folder.run_as_nobody(&["eval", "--json", "host.nix"]);
    assert_eq!(model.code, Some(0), "{model}");
    assert_eq!(model, folder.run(&["eval", "host.nix"]));
    let plan = folder.run_as_nobody(&["plan", "host.nix"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    assert!(!plan.err.contains("error["), "{plan}");
    assert!(plan.out.contains("+ wasabi: create and start\n"), "{plan}");
    assert!(plan.out.contains("+ tcp 8080 -> 192.168.100.11:80  (wasabi)\n"), "{plan}");
    let detailed = folder.run_as_nobody(&["plan", "--detailed-exitcode", "--format", "json", "host.nix"]);
    assert_eq!(detailed.code, Some(2));
    let plan: Value = serde_json::from_str(&detailed.out).expect("JSON");
    assert_eq!(plan["changes"][1]["actions"], serde_json::json!(["create", "start"]));
}

/// Plans from the example to a changed one.
fn changed(part: &str, by: &str, format: &str) -> String {
    let host = example_with(part, by);
    let folder = Folder::with(&[("before.nix", EXAMPLE), ("host.nix", &host)]);
    folder.run(&["plan", "--from", "before.nix", "--format", format, "--detailed-exitcode", "host.nix"]).to_string()
}

#[test]
fn a_plan_says_what_a_change_costs_and_why() {
    assert_snapshot!("read_only_text", changed("isReadOnly = false", "isReadOnly = true", "text"));
    assert_snapshot!("read_only_json", changed("isReadOnly = false", "isReadOnly = true", "json"));
    assert_snapshot!("port_text", changed("hostPort = 8080", "hostPort = 8081", "text"));
    assert_snapshot!("port_json", changed("hostPort = 8080", "hostPort = 8081", "json"));
    assert_snapshot!("guest_text", changed("foo@example.org", "bar@example.org", "text"));
    assert_snapshot!("same_text", changed("foo@example.org", "foo@example.org", "text"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let arguments = ["plan", "--from", "host.nix", "--format", "json", "host.nix"];
    let once = run(EXAMPLE, &arguments);
    assert_eq!(once.code, Some(0));
    assert_eq!(run(EXAMPLE, &arguments), once);
}
