//! Whatever `switch` refuses, it refuses before it builds or changes anything.

use crate::support::{EXAMPLE, Lab, PAGE, host, web, with};

/// Everything on the host that a switch could change, as text.
fn fingerprint(lab: &Lab) -> String {
    let world = lab.observe();
    let files = "find /run/systemd/system /run/container-rebuild /var/lib/container-rebuild /etc/nixos-containers \
                 /etc/systemd/system /nix/store /nix/var/nix/gcroots /var/lib/nixos-containers /run/netns /mnt \
                 -maxdepth 2 '(' ! -type d -o -path '/nix/store/*' ')' ! -name lock -printf '%p %s %l %T@\\n' 2>/dev/null | sort || true";
    let (files, rules) = (lab.sh(files).ok(), lab.sh("nft --stateless --handle list ruleset").ok());
    let sysctls = lab.sh("sysctl net.ipv4.conf net.ipv4.ip_forward").ok();
    format!("{world:#?}\n{files}\n{rules}\n{sysctls}")
}

/// Runs a switch that must exit with 1, print each of `expected` on stderr, and change nothing.
#[track_caller]
fn refused(lab: &Lab, configuration: &str, expected: &[&str]) -> String {
    lab.write("/root/host.nix", configuration);
    let before = fingerprint(lab);
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(said.code, 1, "{said:#?}");
    for part in expected {
        assert!(said.err.contains(part), "no {part:?} in\n{}", said.err);
    }
    let after = fingerprint(lab);
    let changes: Vec<_> = after.lines().filter(|line| !before.lines().any(|other| other == *line)).collect();
    assert!(before == after, "it changed the host: {changes:#?}");
    said.out
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_configuration_with_mistakes_changes_nothing() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);

    let slip =
        EXAMPLE.replace("192.168.100.2\";", "192.168.100.2\"").replace("192.168.100.11\";", "192.168.100.11\"");
    let out = refused(
        &lab,
        &slip,
        &["host.nix:7:33: error[syntax]: missing `;`", "host.nix:8:35: error[syntax]: missing `;`"],
    );
    assert_eq!(out, "");
    refused(
        &lab,
        &with(EXAMPLE, "autoStart", "autostart"),
        &[
            "host.nix:5:5: error[unknown-option]: The option `containers.wasabi.autostart' does not exist",
            "did you mean `autoStart`?",
        ],
    );
    refused(
        &lab,
        &with(EXAMPLE, "hostPort = 8080", "hostPort = 70000"),
        &["host.nix:11:44: error[option-type]: ", "write a number from 0 to 65535"],
    );
    let second = "containers.sambal = { privateNetwork = true; localAddress = \"192.168.100.12\"; \
                  forwardPorts = [ { hostPort = 8080; } ]; config = { }; };\n  containers.wasabi";
    refused(
        &lab,
        &with(EXAMPLE, "containers.wasabi", second),
        &["error[port-taken]: host port 8080/tcp is forwarded to both `sambal` and `wasabi`", "another `hostPort`"],
    );
    refused(
        &lab,
        &with(EXAMPLE, "/mnt/wasabiData/", "/mnt/elsewhere"),
        &["host.nix:9:37: error[missing-host-path]: ", "/mnt/elsewhere", "  help: "],
    );
    refused(
        &lab,
        &with(EXAMPLE, "ephemeral = true;", "ephemeral = true; extraFlags = [ \"-U\" ];"),
        &["error[not-supported]: `-U` in `extraFlags` is not supported", "set `privateUsers` instead"],
    );
    // Errors that only Nix can find: its message is shown, and nothing is touched either.
    let fails = with(EXAMPLE, "services.httpd.enable = true;", "services.httpd.enable = throw \"not today\";");
    lab.write("/root/host.nix", &fails);
    let before = lab.observe();
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(
        said.code == 1 && said.err.contains("error[program]: Nix cannot evaluate the configuration: not today"),
        "{said:#?}"
    );
    // The error points to the user's file and does not mention the expression that we gave Nix.
    assert!(said.err.contains("host.nix:") && said.err.contains("throw \"not today\""), "{said:#?}");
    assert!(!said.err.contains("listToAttrs") && !said.err.contains("«string»"), "{said:#?}");
    assert!(before.kept(&lab.observe(), "wasabi"));
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let lab = Lab::empty();
    let said = lab.sh("container-rebuild run wasabi -- true");
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            1,
            "error[usage]: no container `wasabi` on this host\n  help: this host has no containers; \
             `container-rebuild switch` creates them\n"
        )
    );
    lab.switch(&host(&[&web("sambal", 12), &with(&web("tabasco", 13), "autoStart = true;", "")]));
    for (command, help) in [
        ("run sambla -- true", "did you mean `sambal`?"),
        ("run wasabi -- true", "this host has: sambal, tabasco"),
        ("shell wasabi", "this host has: sambal, tabasco"),
        ("restart wasabi", "this host has: sambal, tabasco"),
        ("status wasabi", "this host has: sambal, tabasco"),
    ] {
        let said = lab.sh(&format!("container-rebuild {command}"));
        assert!(said.code == 1 && said.err.contains("error[usage]: no container `"), "{command}: {said:?}");
        assert!(said.err.contains(help), "{command}: {said:?}");
    }
    // `--only` reports all unknown names at once, before anything is done.
    for command in ["switch --yes", "plan"] {
        let said = lab.sh(&format!("container-rebuild {command} --only sambla,nosuch,tabasco /root/host.nix"));
        let neither = "in the configuration or on this host";
        assert!(said.code == 1 && said.out.is_empty(), "{command}: {said:?}");
        assert!(said.err.contains(&format!("no container `sambla` {neither}")), "{command}: {said:?}");
        assert!(said.err.contains(&format!("no container `nosuch` {neither}")), "{command}: {said:?}");
        assert!(said.err.contains("did you mean `sambal`?"), "{command}: {said:?}");
    }
    let said = lab.sh("container-rebuild run tabasco -- true");
    assert!(said.code == 1 && said.err.contains("container-rebuild start tabasco"), "{said:?}");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_container_of_nixos_rebuild_is_refused_before_anything_is_built() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    // NixOS's unit for a container, which takes precedence over ours in /run.
    lab.write(
        "/etc/systemd/system/container@wasabi.service",
        "[Unit]\nDescription=Container 'wasabi'\n[Service]\nExecStart=/bin/sleep infinity\n",
    );
    lab.sh("systemctl daemon-reload && systemctl start container@wasabi.service").ok();
    let sambal = format!("containers.{}\n  containers.wasabi", web("sambal", 12));
    let calls = lab.observe().nix_calls.len();
    refused(
        &lab,
        &with(EXAMPLE, "containers.wasabi", &sambal),
        &[
            "error[not-ours]: the container `wasabi` belongs to nixos-rebuild",
            "remove it from the host's configuration",
        ],
    );
    assert_eq!(lab.observe().nix_calls.len(), calls);
    assert_eq!(lab.sh("systemctl is-active container@wasabi.service").ok(), "active\n");
    assert!(
        lab.sh("container-rebuild status").ok().lines().any(|line| line.starts_with("wasabi  running  native"))
    );
    // Our other containers can still be started without it.
    lab.sh("container-rebuild switch --yes --only sambal /root/host.nix").ok();
    assert!(lab.page("http://192.168.100.12/").contains("sambal"));
    lab.sh("systemctl stop container@wasabi && rm /etc/systemd/system/container@wasabi.service && systemctl daemon-reload").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn nothing_is_applied_without_being_asked_for() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/root/host.nix", EXAMPLE);
    let said = lab.exec(&["container-rebuild", "switch", "/root/host.nix"], b"y\n");
    assert!(said.code == 1 && said.out.contains("+ wasabi: "), "no terminal, no consent: {said:#?}");
    assert!(said.err.contains("add `--yes`"), "{said:#?}");
    let on_terminal = |answer: &str| {
        let command = "script --quiet --return --command 'container-rebuild switch /root/host.nix' /dev/null";
        lab.exec(&["bash", "-c", command], answer.as_bytes())
    };
    let said = on_terminal("n\n");
    assert!(said.code == 1 && said.out.contains("Nothing was changed"), "{said:#?}");
    assert!(lab.observe().is_empty());
    let said = on_terminal("y\n");
    assert!(said.code == 0, "{said:#?}");
    assert_eq!(lab.observe().running(), ["wasabi"]);

    // A different source, and one that removes more than half of the containers, require confirmation.
    let two = host(&[&web("sambal", 12), &web("tabasco", 13)]);
    lab.write("/root/other.nix", &two);
    let said = lab.sh("container-rebuild switch --yes /root/other.nix");
    assert!(said.code == 1 && said.err.contains("this host was last switched to /root/host.nix"), "{said:#?}");
    assert_eq!(lab.observe().running(), ["wasabi"]);
    lab.sh("container-rebuild switch --yes --allow-remove /root/other.nix").ok();
    assert_eq!(lab.observe().running(), ["sambal", "tabasco"]);
    lab.write("/root/other.nix", "{ }");
    let said = lab.sh("container-rebuild switch --yes /root/other.nix");
    assert!(said.code == 1 && said.err.contains("this removes 2 of 2 containers"), "{said:#?}");
    assert_eq!(lab.observe().running(), ["sambal", "tabasco"]);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_others_made_stopped_waiting() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData && nft add table inet theirs && ip netns add theirs && mkdir -p /etc/nixos-containers").ok();
    // `nixos-container create` leaves such a file.
    lab.write("/etc/nixos-containers/old.conf", "PRIVATE_NETWORK=1\n");
    lab.switch(EXAMPLE);
    lab.switch("{ }");
    lab.sh(
        "nft list table inet theirs && ip netns list | grep -q theirs && [[ -f /etc/nixos-containers/old.conf ]]",
    )
    .ok();
    let out = refused(
        &lab,
        &host(&[&with(&web("old", 15), "old =", "old =")]),
        &["error[not-ours]: the container `old`"],
    );
    assert_eq!(out, "");
    lab.sh("nft delete table inet theirs; ip netns delete theirs; rm /etc/nixos-containers/old.conf").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_switch_that_changes_nothing_says_in_a_line_what_was_found_before() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/root/host.nix", EXAMPLE);
    let switch = || {
        let said = lab.sh("container-rebuild switch --yes /root/host.nix");
        assert_eq!(said.code, 0, "{said:?}");
        said.err
    };
    let (first, second) = (switch(), switch());
    let heading = "host.nix:10:24: warning[forward-blocked]: ";
    assert!(first.contains(heading) && first.contains("forwarded here") && first.contains("  help: "), "{first}");
    let lines: Vec<_> = second.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains(heading) && lines[1].contains("no-boot-service"), "{second}");
    lab.finish();
}
