//! What other programs' rules do to forwards.

use serde_json::json;

use super::*;

/// A table of IPv4 whose forward chain drops all packets, but those to interfaces of this name.
fn table(policy: &str, chain: &str, interface: &str) -> serde_json::Value {
    let oifname = json!({"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": interface}});
    json!({"nftables": [
        {"table": {"family": "ip", "name": "filter"}},
        {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "type": "filter", "hook": "forward", "policy": policy}},
        {"chain": {"family": "ip", "table": "filter", "name": chain}},
        {"rule": {"family": "ip", "table": "filter", "chain": "FORWARD", "expr": [oifname, {"accept": null}]}},
    ]})
}

/// What `plan` says about forwards that are dropped.
fn said(world: &World, table: serde_json::Value) -> Vec<String> {
    world.host.state().packet_filters = vec![table];
    world.plan();
    world.ui.take().into_iter().filter(|line| line.contains("forward-dropped")).collect()
}

#[test]
fn a_plan_says_who_drops_the_packets_of_a_forward() {
    let world = World::new(&[WEB]);
    let dropped = "warning[forward-dropped]: other machines cannot reach `web` through tcp:8080: the policy of chain `FORWARD` \
                   in table `ip filter` drops the packets";
    assert_eq!(said(&world, table("drop", "more", "docker0")), [dropped]);
    assert_eq!(said(&world, table("drop", "more", "ve-web")), [""; 0]);
    assert_eq!(said(&world, table("accept", "more", "docker0")), [""; 0]);
    assert_eq!(world.switch(), Ok("applied"), "a warning holds nothing up");
    // Without a forward there is nothing to drop.
    let without = World::new(&[&WEB.replace("forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];", "")]);
    assert_eq!(said(&without, table("drop", "more", "docker0")), [""; 0]);
}
