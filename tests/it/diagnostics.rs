//! Diagnostics of wrong configurations: their location, their message, their help.

use insta::assert_snapshot;

use crate::program::{Directory, EXAMPLE, example_with, run};

/// Every finding begins with its location, severity and code, and has a help text. Nothing is printed on stdout.
fn refused(host: &str, command: &str) -> String {
    let said = run(host, &[command, "host.nix"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said}");
    let first_lines: Vec<_> = said.err.lines().filter(|line| line.starts_with("host.nix:")).collect();
    assert!(!first_lines.is_empty(), "{said}");
    for line in &first_lines {
        let mut parts = line.splitn(4, ':');
        let numbers = parts.by_ref().skip(1).take(2).filter(|part| part.parse::<u32>().is_ok()).count();
        let rest = parts.next().unwrap_or_default();
        let is_finding = rest.starts_with(" error[") || rest.starts_with(" warning[");
        assert!(numbers == 2 && is_finding && rest.contains("]: "), "{line}");
    }
    assert!(first_lines.iter().any(|line| line.contains(" error[")), "{said}");
    assert_eq!(said.err.matches("  help: ").count(), first_lines.len(), "{said}");
    assert!(said.err.is_ascii(), "{said}");
    said.to_string()
}

#[test]
fn a_missing_semicolon_is_shown_where_it_belongs_and_all_of_them_at_once() {
    let slip =
        EXAMPLE.replace("192.168.100.2\";", "192.168.100.2\"").replace("192.168.100.11\";", "192.168.100.11\"");
    let said = refused(&slip, "check");
    assert_eq!(said.matches("error[syntax]").count(), 2);
    assert_snapshot!(said);
    for command in ["plan", "eval", "firewall", "build"] {
        assert_eq!(refused(&slip, command), said, "{command}");
    }
}

#[test]
fn a_misspelt_option() {
    assert_snapshot!(refused(&example_with("autoStart", "autostart"), "check"));
}

#[test]
fn a_port_that_is_none() {
    assert_snapshot!(refused(&example_with("hostPort = 8080", "hostPort = 70000"), "check"));
}

#[test]
fn a_host_port_that_two_containers_want() {
    let second = "containers.sambal = { privateNetwork = true; localAddress = \"192.168.100.12\"; \
                  forwardPorts = [ { hostPort = 8080; } ]; config = { }; };\n  containers.wasabi";
    let host = example_with("containers.wasabi", second);
    assert_snapshot!(refused(&host, "check"));
    // It fails commands that would act on it, is shown by others, and does not affect the model.
    refused(&host, "build");
    let planned = run(&host, &["plan", "--from", "host.nix", "host.nix"]);
    assert!(planned.code == Some(0) && planned.err.contains("error[port-taken]"), "{planned}");
    let model = run(&host, &["eval", "host.nix"]);
    assert_eq!((model.code, model.err.as_str()), (Some(0), ""));
}

#[test]
fn an_option_without_an_effect_yet_is_refused_by_name() {
    let host = example_with("ephemeral = true;", "ephemeral = true; extraFlags = [ \"-U\" ];")
        .replace("networking.nat = {", "networking.nat = { extraCommands = \"iptables -N x\";");
    assert_snapshot!(refused(&host, "build"));
    let planned = run(&host, &["plan", "--from", "host.nix", "host.nix"]);
    assert_eq!(planned.code, Some(0));
    assert_eq!(planned.err.matches("error[not-supported]").count(), 2, "{planned}");
}

#[test]
fn several_mistakes_are_told_in_one_run() {
    let host = EXAMPLE
        .replace("192.168.100.11", "192.168.100.999")
        .replace("hostPort = 2222", "hostPort = 8080")
        .replace("\"/mnt/wasabiData/\"", "\"mnt/wasabiData/\"");
    assert_snapshot!(refused(&host, "check"));
}

#[test]
fn what_is_not_there_cannot_be_read() {
    let directory = Directory::with(&[]);
    assert_snapshot!(directory.run(&["plan", "nowhere.nix"]));
    assert_snapshot!(directory.run(&["check", "."]));
}

#[test]
fn without_nix_a_guest_cannot_be_built_and_that_is_said() {
    assert_snapshot!(run(EXAMPLE, &["build", "host.nix"]));
}

#[test]
fn a_finding_shows_the_same_lines_of_the_source_in_colour() {
    let slip = EXAMPLE.replace("192.168.100.2\";", "192.168.100.2\"");
    let plain = run(&slip, &["check", "--color", "never", "host.nix"]);
    let coloured = run(&slip, &["check", "--color", "always", "host.nix"]);
    assert!(coloured.err.contains("\u{1b}[1;31merror[syntax]\u{1b}[0m"), "{coloured}");
    let mut parts = coloured.err.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    let stripped = parts.fold(first, |text, part| text + part.split_once('m').expect("a sequence ends").1);
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains(" | ")).map(str::to_owned).collect()
    };
    assert!(lines(&plain.err).len() >= 3, "{plain}");
    assert_eq!(lines(&stripped), lines(&plain.err));
}

#[test]
fn a_number_of_generations_to_keep_that_is_none() {
    for number in ["0", "-1", "\"ten\"", "1.5", "4294967296"] {
        let option = format!("services.container-rebuild.keepGenerations = {number};\n  containers.wasabi");
        let said = refused(&example_with("containers.wasabi", &option), "check");
        let expected =
            format!("error[option-type]: `{number}` is not a number of generations: expected an integer");
        assert!(said.contains(&expected), "{said}");
    }
    let option = "services.container-rebuild.keepGenerations = 1;\n  containers.wasabi";
    let said = run(&example_with("containers.wasabi", option), &["check", "host.nix"]);
    assert!(said.code == Some(0) && !said.err.contains("generations"), "{said}");
}
