//! Known values beside unknown ones: firewall rules, and what a plan may do.

use serde_json::Value;

use crate::program::Directory;

/// A container with its own network and these further options.
fn container(name: &str, last: u8, more: &str) -> String {
    format!(
        "containers.{name} = {{ privateNetwork = true; hostAddress = \"10.0.0.1\"; localAddress = \"10.0.0.{last}\"; config = {{ }}; }} // {{ {more} }};"
    )
}

fn plan(directory: &Directory) -> Value {
    let said = directory.run(&["plan", "--from", "nothing.nix", "--format", "json", "host.nix"]);
    assert_eq!(said.code, Some(0), "{said}");
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn a_forward_is_shown_whatever_unknown_stands_beside_it() {
    let a = |more: &str| container("a", 2, more);
    for (text, ports, note) in [
        // The address of another container is unknown, as in the bug report.
        (
            format!(
                "{} {}",
                a("forwardPorts = [ { hostPort = 81; } ];"),
                container("b", 3, "localAddress = pkgs.foo.x; forwardPorts = [ { hostPort = 82; } ];")
            ),
            vec![81],
            "not all rules of `b`",
        ),
        // Another forward of the container is unknown, or there may be more of them.
        (a("forwardPorts = [ { hostPort = 81; } { hostPort = pkgs.foo.x; } ];"), vec![81], "not all rules of `a`"),
        (a("forwardPorts = [ { hostPort = 81; } ] ++ pkgs.foo.x;"), vec![81], "not all rules of `a`"),
        (
            a(
                "forwardPorts = lib.optional pkgs.foo.x { hostPort = 80; } ++ [ { hostPort = 81; protocol = \"udp\"; } ];",
            ),
            vec![81],
            "not all rules of `a`",
        ),
        // An IPv6 address, another interface, or a part of NAT is unknown.
        (a("localAddress6 = pkgs.foo.x; forwardPorts = [ { hostPort = 81; } ];"), vec![81], "not all rules of `a`"),
        (a("extraVeths.x.localAddress = pkgs.foo.x; forwardPorts = [ { hostPort = 81; } ];"), vec![81], ""),
        (
            format!(
                "networking.nat = {{ enable = pkgs.foo.x; externalInterface = \"eth0\"; }}; {}",
                a("forwardPorts = [ { hostPort = 81; } ];")
            ),
            vec![81],
            "not all rules of the host",
        ),
        // Nothing is known about the forwards.
        (a("privateNetwork = pkgs.foo.x; forwardPorts = [ { hostPort = 81; } ];"), vec![], "not all rules of `a`"),
        (a("forwardPorts = pkgs.foo.x;"), vec![], "not all rules of `a`"),
    ] {
        let host = format!("{{ pkgs, lib, ... }}: {{ {text} }}");
        let directory = Directory::with(&[("host.nix", &host), ("nothing.nix", "{ }")]);
        let said = directory.run(&["firewall", "--json", "host.nix"]);
        assert!(said.code == Some(0) && said.err.contains(note), "{text}: {said}");
        for port in [80, 81, 82] {
            assert_eq!(said.out.contains(&format!("{port}")), ports.contains(&port), "{port}: {text}: {said}");
        }
        let plan = plan(&directory);
        let added = plan["firewall"]["add"].as_array().expect("a list");
        let added: Vec<_> = added.iter().filter_map(|line| line["hostPort"].as_u64()).collect();
        assert_eq!(added, ports, "{text}: {plan:#}");
        assert_eq!(plan["firewall"]["changed"].as_bool(), Some(!ports.is_empty()), "{text}");
    }
}

#[test]
fn nat_that_is_not_known_is_not_taken_for_one_that_is_off() {
    let on =
        "networking.nat = { enable = true; externalInterface = \"eth0\"; internalInterfaces = [ \"ve-+\" ]; };";
    for option in [
        "enable",
        "externalInterface",
        "internalInterfaces",
        "enableIPv6",
        "internalIPs",
        "externalIP",
        "forwardPorts",
        "dmzHost",
    ] {
        let unknown = format!(
            "{{ pkgs, lib, ... }}: {{ imports = [ {{ {on} }} ]; networking.nat.{option} = lib.mkForce pkgs.foo.x; }}"
        );
        let directory = Directory::with(&[("host.nix", &unknown), ("nothing.nix", &format!("{{ {on} }}"))]);
        let plan = plan(&directory);
        assert_eq!(plan["firewall"]["remove"], serde_json::json!([]), "{option}: {plan:#}");
        let change = &plan["changes"][0];
        assert_eq!(
            (&change["may"], change["reasons"].as_array().map(Vec::len)),
            (&true.into(), Some(1)),
            "{plan:#}"
        );
    }
}

#[test]
fn what_depends_on_an_unknown_value_may_happen() {
    let c = "config = { };";
    for (text, may) in [
        (format!("containers.a = {{ autoStart = pkgs.foo.x; {c} }};"), true),
        (format!("containers.a = {{ autoStart = lib.mkIf pkgs.foo.x true; {c} }};"), true),
        (format!("containers = lib.mkIf pkgs.foo.x {{ a = {{ {c} }}; }};"), true),
        (format!("containers = lib.filterAttrs (n: _: lib.elem n pkgs.foo.x) {{ a = {{ {c} }}; }};"), true),
        (format!("containers = lib.genAttrs ([ ] ++ lib.optional pkgs.foo.x \"a\") (_: {{ {c} }});"), true),
        (format!("containers.a = {{ {c} }}; boot.enableContainers = lib.mkIf pkgs.foo.x false;"), true),
        (format!("containers.a = {{ {c} }}; boot.enableContainers = !pkgs.foo.x;"), true),
        // Whether another container exists, or whether the root is ephemeral, does not matter here.
        (format!("containers.a = {{ ephemeral = pkgs.foo.x; {c} }};"), false),
        (format!("containers = {{ a = {{ {c} }}; }} // lib.optionalAttrs pkgs.foo.x {{ b = {{ {c} }}; }};"), false),
    ] {
        let host = format!("{{ pkgs, lib, ... }}: {{ {text} }}");
        let plan = plan(&Directory::with(&[("host.nix", &host), ("nothing.nix", "{ }")]));
        let changes = plan["changes"].as_array().expect("a list");
        let change = changes.iter().find(|change| change["container"] == "a").expect("it is planned");
        assert_eq!(change["may"].as_bool(), Some(may), "{text}: {plan:#}");
    }
}
