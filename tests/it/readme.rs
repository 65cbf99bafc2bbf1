//! The README's examples that need no host.

use std::collections::BTreeSet;

use crate::program::{Directory, EXAMPLE};

#[path = "../readme/mod.rs"]
mod page;

#[test]
fn its_commands_print_what_it_says() {
    let file = |name: &str| std::fs::read_to_string(format!("examples/wasabi/{name}")).expect("an example");
    let (read_only, slip) = (file("read-only.nix"), file("slip.nix"));
    let files = [("host.nix", EXAMPLE), ("read-only.nix", &read_only), ("slip.nix", &slip)];
    let directory = Directory::with(&files);
    page::check("$ ", |command| {
        let mut words = command.split(' ');
        assert_eq!(words.next(), Some("container-rebuild"));
        let said = directory.run_as_nobody(&words.collect::<Vec<_>>());
        said.out + &said.err
    });
}

#[test]
fn its_examples_are_the_files() {
    let readme = std::fs::read_to_string("README.md").expect("the README");
    assert!(readme.contains(&format!("```nix\n{EXAMPLE}```\n")), "the example is another file");
    let file = |name: &str| std::fs::read_to_string(format!("examples/wasabi/{name}")).expect("an example");
    assert_eq!(file("read-only.nix"), EXAMPLE.replace("isReadOnly = false", "isReadOnly = true"));
    let slip =
        EXAMPLE.replace("192.168.100.2\";", "192.168.100.2\"").replace("192.168.100.11\";", "192.168.100.11\"");
    assert_eq!(file("slip.nix"), slip);
}

/// A container with every option set to a value other than its default.
const ALL: &str = "{ networking.nat = { dmzHost = \"10.0.0.1\"; enableIPv6 = true; externalIP = \"10.0.0.1\"; \
    externalIPv6 = \"fd00::1\"; extraCommands = \"x\"; extraStopCommands = \"x\"; internalIPs = [ \"10.0.0.0/8\" ]; \
    internalIPv6s = [ \"fd00::/8\" ]; forwardPorts = [ { sourcePort = 1; destination = \"10.0.0.2:1\"; } ]; enable = true; \
    internalInterfaces = [ \"ve-*\" ]; externalInterface = \"eth0\"; }; \
    containers.a = { additionalCapabilities = [ \"CAP_SYS_TIME\" ]; autoStart = true; copyResolvConf = false; \
    allowedDevices = [ { node = \"/dev/net/tun\"; modifier = \"rw\"; } ]; bindMounts.\"/x\".hostPath = \"/x\"; \
    dropCapabilities = [ \"CAP_SYS_TIME\" ]; enableTun = true; ephemeral = true; extraFlags = [ \"--quiet\" ]; \
    extraVeths.v = { }; flake = \"github:a/b\"; forwardPorts = [ { hostPort = 1; } ]; hostAddress = \"10.0.0.1\"; \
    hostAddress6 = \"fd00::1\"; hostBridge = \"br0\"; interfaces = [ \"eth1\" ]; localAddress = \"10.0.0.2\"; \
    localAddress6 = \"fd00::2\"; localMacAddress = \"02:00:00:00:00:01\"; macvlans = [ \"eth1\" ]; \
    networkNamespace = \"/run/netns/x\"; privateNetwork = true; privateUsers = \"pick\"; restartIfChanged = false; \
    timeoutStartSec = \"5min\"; tmpfs = [ \"/tmp\" ]; }; }";

#[test]
fn what_it_calls_refused_is_what_is_refused() {
    let directory = Directory::with(&[("host.nix", ALL)]);
    let said = directory.run(&["build", "host.nix"]);
    let refused: BTreeSet<&str> = said
        .err
        .lines()
        .filter(|line| line.contains("error[not-supported]: `containers.a."))
        .filter_map(|line| line.split("`containers.a.").nth(1)?.split('`').next())
        .collect();
    let readme = std::fs::read_to_string("README.md").expect("the README");
    let list =
        readme.split("rather than ignored:").nth(1).and_then(|rest| rest.split(".\n").next()).expect("the list");
    let listed: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
    assert_eq!(listed, refused, "{said}");

    let model = directory.run(&["eval", "host.nix"]);
    let model: serde_json::Value = serde_json::from_str(&model.out).expect("JSON");
    for option in model["containers"]["a"].as_object().expect("a set").keys() {
        assert!(
            option == "path" || ALL.contains(&format!("{option} = ")) || ALL.contains(&format!("{option}.")),
            "{option}"
        );
    }
}
