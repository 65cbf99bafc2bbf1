//! The README's example without a host: its model, its plan, its rules.

use insta::assert_snapshot;
use serde_json::Value;

use crate::program::{Directory, EXAMPLE, example_with, run};

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
    let directory = Directory::with(&[("host.nix", EXAMPLE)]);
    let model = directory.run_as_nobody(&["eval", "--json", "host.nix"]);
    assert_eq!(model.code, Some(0), "{model}");
    assert_eq!(model, directory.run(&["eval", "host.nix"]));
    let plan = directory.run_as_nobody(&["plan", "host.nix"]);
    assert_eq!(plan.code, Some(0), "{plan}");
    assert!(!plan.err.contains("error["), "{plan}");
    assert!(plan.out.contains("+ wasabi: create and start\n"), "{plan}");
    assert!(plan.out.contains("+ tcp 8080 -> 192.168.100.11:80  (wasabi)\n"), "{plan}");
    let detailed = directory.run_as_nobody(&["plan", "--detailed-exitcode", "--format", "json", "host.nix"]);
    assert_eq!(detailed.code, Some(2));
    let plan: Value = serde_json::from_str(&detailed.out).expect("JSON");
    assert_eq!(plan["changes"][1]["actions"], serde_json::json!(["create", "start"]));
}

/// A plan from the example to a changed form of it.
fn changed(part: &str, by: &str, format: &str) -> String {
    let host = example_with(part, by);
    let directory = Directory::with(&[("before.nix", EXAMPLE), ("host.nix", &host)]);
    directory
        .run(&["plan", "--from", "before.nix", "--format", format, "--detailed-exitcode", "host.nix"])
        .to_string()
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

#[test]
fn its_forwards_are_a_line_each_and_its_rules_are_shown_on_demand() {
    let plan = run(EXAMPLE, &["plan", "host.nix"]);
    assert_eq!(plan.out.matches("reachable").count(), 1, "{plan}");
    assert_eq!(plan.out.matches("(wasabi)").count(), 2, "{plan}");
    assert!(plan.out.contains("  + 6 rules and 1 set of the table `inet container-rebuild`, 1 sysctl\n"), "{plan}");
    let rule = "+ post: meta nfproto ipv4 iifname \"ve-*\" oifname \"eth0\" masquerade\n";
    assert!(!plan.out.contains(rule), "{plan}");
    let verbose = run(EXAMPLE, &["plan", "-v", "host.nix"]);
    assert!(verbose.out.contains(rule) && verbose.out.contains("+ sysctl net.ipv4"), "{verbose}");
    assert!(!verbose.out.contains("6 rules"), "{verbose}");
    let json = run(EXAMPLE, &["plan", "--format", "json", "host.nix"]);
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["firewall"]["add"].as_array().map(Vec::len), Some(10), "{json:#}");
    // A review has them in a collapsed section.
    let review = run(EXAMPLE, &["plan", "--format", "markdown", "host.nix"]);
    let (before, rules) = review.out.split_once("<details><summary>Rules: + 6 rules and 1 set").expect("a section");
    assert!(rules.contains(rule) && !before.contains(rule), "{review}");
    assert_eq!(review.out.matches("reachable").count(), 1, "{review}");
}

#[test]
fn the_demo_shows_what_is_found_in_it_once() {
    let demo = std::fs::read_to_string("demo/demo.sh").expect("the demo");
    let commands = demo
        .lines()
        .filter(|line| line.contains("container-rebuild plan ") || line.contains("show container-rebuild switch "));
    let (allowed, shown): (Vec<_>, Vec<_>) =
        commands.partition(|line| line.contains("--allow forward-blocked") || line.contains("--quiet"));
    assert_eq!((shown.len(), allowed.len()), (1, 3), "{shown:#?} {allowed:#?}");
}
