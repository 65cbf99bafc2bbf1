//! What a host gets beside its rules: units for `[::1]`, and NixOS's own NAT and firewall.

use serde_json::{Value, json};

use super::*;
use crate::plan::Action;
use crate::state::{Interface, NixosNat};

/// The ports of `[::1]` that lead into guests, and where to.
fn proxied(world: &World) -> Vec<String> {
    world.host.state().proxied.iter().map(|(port, proxied)| format!("{port} -> {}", proxied.to)).collect()
}

/// What a plan says with this word in it.
fn said(world: &World, word: &str) -> Vec<String> {
    world.plan();
    world.ui.take().into_iter().filter(|line| line.contains(word)).collect()
}

#[test]
fn the_loopback_leads_into_guests_as_long_as_ports_are_forwarded() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), ["8080 -> 192.168.100.11:80"]);
    // Somebody removed the units.
    world.host.state().proxied.clear();
    assert_eq!(said(&world, "[::1]:8080 may lead elsewhere").len(), 2);
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(proxied(&world), ["8080 -> 192.168.100.11:80"]);
    world.configure(&[&WEB.replace("100.11", "100.12").replace("8080", "8081")]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), ["8081 -> 192.168.100.12:80"]);
    world.configure(&[]);
    world.is_remove_allowed = true;
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), [""; 0]);
}

#[test]
fn a_server_of_the_host_keeps_its_port_of_the_loopback() {
    let world = World::new(&[WEB]);
    world.host.state().listening.insert(8080);
    let warning =
        "warning[port-taken]: the host's own connections to [::1]:8080 do not reach `web`: something listens there";
    assert_eq!(said(&world, "port-taken"), [warning]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), [""; 0]);
    assert_eq!(said(&world, "drift"), [""; 0]);
    world.host.state().listening.clear();
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(proxied(&world), ["8080 -> 192.168.100.11:80"]);
    assert_eq!(said(&world, "port-taken"), [""; 0]);
}

const NAT: &str = r#"
    networking.nat = { enable = true; internalInterfaces = [ "ve-web" ]; externalInterface = "eth0"; };"#;

/// NixOS's table for [`NAT`].
fn nixos_nat() -> Value {
    let is = |key: &str, name: &str| json!({"match": {"op": "==", "left": {"meta": {"key": key}}, "right": name}});
    json!({"nftables": [
        {"table": {"family": "ip", "name": "nixos-nat"}},
        {"rule": {"chain": "post", "expr": [is("iifname", "ve-web"), is("oifname", "eth0"), {"masquerade": null}]}},
    ]})
}

#[test]
fn nixos_keeps_its_nat() {
    let loaded = |world: &World| world.host.state().rules.clone().unwrap_or_default().to_string();
    let mut world = World::new(&[WEB, NAT]);
    world.host.state().interfaces.insert(String::from("eth0"), Interface::default());
    assert_eq!(world.switch(), Ok("applied"));
    assert!(loaded(&world).contains("eth0"), "this NAT is ours");
    // Somebody has run nixos-rebuild.
    world.host.state().nixos_nat = NixosNat::Tables(vec![nixos_nat()]);
    assert_eq!(world.switch(), Ok("applied"));
    assert!(!loaded(&world).contains("eth0") && loaded(&world).contains("8080"));
    assert!(world.plan().is_empty());
    assert_eq!(said(&world, "needs-nixos-rebuild"), [""; 0]);
    world.configure(&[WEB, &NAT.replace("ve-web", "ve-other")]);
    let needed = "warning[needs-nixos-rebuild]: `networking.nat.internalInterfaces` is not what NixOS has loaded: it needs \
                  nixos-rebuild";
    assert_eq!(said(&world, "needs-nixos-rebuild"), [needed]);
    assert!(world.plan().is_empty(), "there is nothing to do here");
    world.host.state().nixos_nat = NixosNat::Absent;
    assert_eq!(world.switch(), Ok("applied"));
    assert!(loaded(&world).contains("ve-other"));
}

#[test]
fn nixos_keeps_its_nat_in_iptables_too() {
    let loaded = |world: &World| world.host.state().rules.clone().unwrap_or_default().to_string();
    let mut world = World::new(&[WEB, NAT]);
    world.host.state().interfaces.insert(String::from("eth0"), Interface::default());
    world.host.state().nixos_nat = NixosNat::Chains;
    let note = "note[needs-nixos-rebuild]: NixOS has loaded its NAT with iptables, which cannot be compared with \
                `networking.nat`: a change of that needs nixos-rebuild";
    assert_eq!(said(&world, "needs-nixos-rebuild"), [note]);
    assert_eq!(world.switch(), Ok("applied"));
    assert!(!loaded(&world).contains("eth0") && loaded(&world).contains("8080"));
    assert!(world.plan().is_empty());
    world.ui.take();
    assert_eq!(said(&world, "needs-nixos-rebuild"), [""; 0], "this is what was applied");
    world.configure(&[WEB, &NAT.replace("ve-web", "ve-other")]);
    assert_eq!(said(&world, "needs-nixos-rebuild"), [note]);
}

#[test]
fn the_host_knows_guests_by_name() {
    let ours = |world: &World| -> Vec<String> {
        let text = world.host.state().hosts.clone();
        text.lines().filter_map(|line| Some(line.strip_suffix(" # container-rebuild")?.to_owned())).collect()
    };
    let mut world = World::new(&[WEB]);
    world.host.state().hosts = String::from("127.0.0.1 localhost\n");
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(ours(&world), ["192.168.100.11 web.containers"]);
    // Somebody edited the file.
    world.host.state().hosts = String::from("127.0.0.1 localhost");
    assert_eq!(said(&world, "`NAME.containers` may lead elsewhere").len(), 1);
    assert_eq!(world.switch(), Ok("up to date"));
    world.ui.take();
    assert_eq!(ours(&world), ["192.168.100.11 web.containers"]);
    assert_eq!(said(&world, "drift"), [""; 0]);
    world.configure(&[&WEB.replace("100.11", "100.12")]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(ours(&world), ["192.168.100.12 web.containers"]);
    world.configure(&[]);
    world.is_remove_allowed = true;
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.host.state().hosts, "127.0.0.1 localhost\n");
}

#[test]
fn ports_in_the_hosts_network_that_are_to_be_open_and_are_not_are_named() {
    let shared = r#"
        containers.shared = { path = "/nix/store/1-shared"; };
        services.container-rebuild.containers.shared.openFirewall = true;"#;
    let opening = shared.replace(
        r#"path = "/nix/store/1-shared";"#,
        "config.networking.firewall = { allowedTCPPorts = [ 80 ]; allowedUDPPortRanges = [ { from = 5000; to = 5010; } ]; };",
    );
    let chain = json!({"chain": {"family": "inet", "table": "filter", "name": "input", "type": "filter", "hook": "input", "policy": "drop"}});
    let loopback = json!({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}});
    let rule = json!({"rule": {"chain": "input", "expr": [loopback, {"accept": null}]}});
    let table = json!({"nftables": [{"table": {"family": "inet", "name": "filter"}}, chain, rule]});
    for (definition, expected) in [
        (opening.as_str(), "80/tcp, 5000-5010/udp"),
        (shared, ""),
        (&opening.replace("openFirewall = true", "openFirewall = false"), ""),
    ] {
        let world = World::new(&[definition]);
        world.host.state().packet_filters = vec![table.clone()];
        let found = said(&world, "other machines cannot reach port");
        let message = format!(
            "warning[guest-port-blocked]: other machines cannot reach port {expected} of `shared`: the policy of chain `input` in \
             table `inet filter` drops the packets"
        );
        let expected: Vec<&str> = if expected.is_empty() { vec![] } else { vec![&message] };
        assert_eq!(found, expected);
    }
}

/// To the kernel, nothing changes. But until the other container is up, the port would lead to one that stops.
#[test]
fn a_container_that_takes_over_address_and_port_of_another_gets_the_forward_when_it_is_up() {
    let other = WEB.replace("containers.web", "containers.other");
    let without = |text: &str, last: &str| {
        text.replace("forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];", "").replace("100.11", last)
    };
    let mut world = World::new(&[WEB, &without(&other, "100.12")]);
    assert_eq!(world.switch(), Ok("applied"));
    world.configure(&[&without(WEB, "100.13"), &other]);
    let plan = world.plan();
    let has = |action| plan.order.graph.node_weights().any(|it| *it == action);
    assert!(has(Action::Withdraw(name("web"))) && has(Action::Firewall(Some(name("other")))), "{:#?}", plan.order);
    assert_eq!(world.switch(), Ok("applied"));
    assert!(world.plan().is_empty());
}
