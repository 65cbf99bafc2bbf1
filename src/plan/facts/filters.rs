//! Forwards whose packets another table drops.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::model::path::OptionPath;
use crate::model::settings::{CONTAINERS, Setting};
use crate::model::spec::{HostSpec, Network, Private};
use crate::plan::filter::{Dropped, Fate, Packet, fate};
use crate::render::interface;

/// Chains that a firewall has for rules of its users, and how to let an interface's packets through there, in both directions.
const FOR_USERS: [(&str, &str); 2] = [
    (
        "DOCKER-USER",
        "iptables -I DOCKER-USER -o INTERFACE -j ACCEPT; iptables -I DOCKER-USER -i INTERFACE -j ACCEPT",
    ),
    // It accepts answers itself.
    ("ufw-user-forward", "ufw route allow out on INTERFACE"),
];
/// How to let an interface's packets through any other chain, in both directions.
const ELSEWHERE: &str =
    "nft insert rule CHAIN oifname INTERFACE accept; nft insert rule CHAIN iifname INTERFACE accept";

/// Whether a container forwards ports.
pub(super) fn are_wanted(spec: &HostSpec) -> bool {
    spec.containers.iter().any(
        |it| matches!(&it.network, Network::Private(it) if !it.forwards.is_empty() || !it.own_forwards.is_empty()),
    )
}

/// A warning for each container and chain that drops what arrives from outside, with the option that forwards the ports.
///
/// Only what is dropped in any case is reported. `tables` are those of others, as `nft -j -t list table` prints them.
pub(super) fn findings(spec: &HostSpec, tables: &[Value]) -> Vec<(Diagnostic, OptionPath)> {
    let incoming = spec.nat.external_interface.as_deref().filter(|name| !name.ends_with('*'));
    let mut found: BTreeMap<(&ContainerName, bool, Dropped), (String, BTreeSet<String>)> = BTreeMap::new();
    for container in &spec.containers {
        let Network::Private(Private { veth: Some(veth), forwards, own_forwards, .. }) = &container.network else {
            continue;
        };
        let outgoing = interface::way_in(&container.name, veth);
        let addresses = [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
        for destination in addresses.into_iter().flatten() {
            let plain = forwards.iter().map(|it| {
                let ports = format!("{}:{}", it.protocol.as_str(), it.host_port);
                (false, incoming, it.protocol, it.container_port, ports)
            });
            let own = own_forwards.iter().filter(|forward| forward.is_for(destination.is_ipv6())).map(|it| {
                let ports = format!("{}:{}", it.protocol.as_str(), it.ports);
                (true, it.interface.as_deref().or(incoming), it.protocol, it.to.first, ports)
            });
            for (is_own, incoming, protocol, port, ports) in plain.chain(own) {
                let packet = Packet { incoming, outgoing: Some(&outgoing), protocol, destination, port };
                if let Fate::Dropped(dropped) = fate(tables, packet) {
                    let entry = found.entry((&container.name, is_own, dropped));
                    entry.or_insert((outgoing.clone(), BTreeSet::new())).1.insert(ports);
                }
            }
        }
    }
    let findings = found.into_iter().map(|((name, is_own, dropped), (interface, ports))| {
        let ports: Vec<_> = ports.into_iter().collect();
        let who = match incoming {
            Some(interface) => format!("what comes in by `{interface}` does not"),
            None => "other machines cannot".to_owned(),
        };
        let by = if dropped.by_policy { "the policy" } else { "a rule" };
        let message = format!(
            "{who} reach `{name}` through {}: {by} of chain `{}` in table `{}` drops the packets",
            ports.join(", "),
            dropped.chain,
            dropped.table
        );
        let help = format!(
            "a packet has to pass the chains of all tables, so let it through there: `{}`",
            remedy(&dropped, tables, &interface)
        );
        let option = match is_own {
            true => {
                let forwards = Setting::Forwards.name();
                OptionPath::new(["services", "container-rebuild", CONTAINERS, name.as_str(), forwards])
            }
            false => OptionPath::new(["containers", name.as_str(), "forwardPorts"]),
        };
        (Diagnostic::warning(Code::ForwardDropped, message).help(help), option)
    });
    findings.collect()
}

/// The commands that let packets of an interface through.
fn remedy(dropped: &Dropped, tables: &[Value], interface: &str) -> String {
    let objects = tables.iter().flat_map(|table| table["nftables"].as_array().into_iter().flatten());
    let has = |chain: &str| {
        objects.clone().filter_map(|object| object.get("chain")).any(|it| {
            it["name"] == chain && dropped.table == format!("{} {}", text(&it["family"]), text(&it["table"]))
        })
    };
    let (_, command) = FOR_USERS.into_iter().find(|(chain, _)| has(chain)).unwrap_or(("", ELSEWHERE));
    let chain = format!("{} {}", dropped.table, dropped.chain);
    command.replace("CHAIN", &chain).replace("INTERFACE", interface)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_remedy_is_for_the_program_whose_chain_it_is() {
        let dropped = Dropped { table: "ip filter".to_owned(), chain: "FORWARD".to_owned(), by_policy: true };
        let with = |table: &str, chain: &str| {
            let tables = [json!({"nftables": [{"chain": {"family": "ip", "table": table, "name": chain}}]})];
            remedy(&dropped, &tables, "ve-a")
        };
        assert_eq!(
            with("filter", "DOCKER-USER"),
            "iptables -I DOCKER-USER -o ve-a -j ACCEPT; iptables -I DOCKER-USER -i ve-a -j ACCEPT"
        );
        assert_eq!(with("filter", "ufw-user-forward"), "ufw route allow out on ve-a");
        let elsewhere = "nft insert rule ip filter FORWARD oifname ve-a accept; nft insert rule ip filter FORWARD iifname ve-a \
                         accept";
        assert_eq!(with("filter", "more"), elsewhere);
        // Docker's chain of another table is of no use here.
        assert_eq!(with("other", "DOCKER-USER"), elsewhere);
    }
}
