//! Ports of guests in the host's network that `openFirewall` asks to be opened, and that the host's rules drop.
//!
//! No rule of ours can let a packet through that a rule of another table drops. On NixOS our module adds the ports to
//! `networking.firewall`; elsewhere it is for whoever wrote the rules.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use crate::diag::{Code, Diagnostic};
use crate::model::network;
use crate::model::path::OptionPath;
use crate::model::settings::{CONTAINERS, Setting};
use crate::model::spec::{Network, Protocol};
use crate::model::view::{View, elements};
use crate::model::{ContainerName, Manifest};
use crate::plan::filter::{Dropped, Fate, Packet, fate};

/// The lists of a guest's firewall. A range is followed by its first port.
const LISTS: [(&str, Protocol); 4] = [
    ("allowedTCPPorts", Protocol::Tcp),
    ("allowedTCPPortRanges", Protocol::Tcp),
    ("allowedUDPPorts", Protocol::Udp),
    ("allowedUDPPortRanges", Protocol::Udp),
];

/// The containers that want their ports to be opened, and are in the host's network.
fn wanted(manifest: &Manifest) -> impl Iterator<Item = &ContainerName> {
    let shared =
        manifest.containers.iter().filter(|(_, container)| network::network(container) == Some(Network::Host));
    shared.map(|(name, _)| name).filter(|name| {
        let settings = manifest.services.settings(name.as_str());
        settings.is_some_and(|settings| settings.get(Setting::OpenFirewall.name()) == Some(&true.into()))
    })
}

/// Whether any container wants its ports to be opened.
pub(super) fn are_wanted(manifest: &Manifest) -> bool {
    wanted(manifest).next().is_some()
}

/// A warning for each container and chain that drops what arrives for the guest. `tables` are those of others, as
/// `nft -j -t list table` prints them.
pub(super) fn findings(
    manifest: &Manifest,
    guests: &BTreeMap<ContainerName, View>,
    tables: &[Value],
) -> Vec<(Diagnostic, OptionPath)> {
    let mut found: BTreeMap<(&ContainerName, Dropped), Vec<String>> = BTreeMap::new();
    for name in wanted(manifest) {
        let Some(guest) = guests.get(name) else { continue };
        for (protocol, port, shown) in LISTS.into_iter().flat_map(|(list, protocol)| opened(guest, list, protocol))
        {
            for destination in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)] {
                let packet = Packet { incoming: None, outgoing: None, protocol, destination, port };
                if let Fate::Dropped(dropped) = fate(tables, packet) {
                    found.entry((name, dropped)).or_default().push(format!("{shown}/{}", protocol.as_str()));
                }
            }
        }
    }
    let finding = |((name, dropped), mut ports): ((&ContainerName, Dropped), Vec<String>)| {
        // A chain of both families drops each port twice.
        ports.dedup();
        let by = if dropped.by_policy { "the policy" } else { "a rule" };
        let Dropped { table, chain, .. } = dropped;
        let message = format!(
            "other machines cannot reach port {} of `{name}`: {by} of chain `{chain}` in table `{table}` drops the packets",
            ports.join(", ")
        );
        let help = "on NixOS, import the module of container-rebuild and run `nixos-rebuild switch`; elsewhere, open the ports in \
                    the program that made the chain (`ufw allow 80/tcp`, for example)";
        let option = ["services", "container-rebuild", CONTAINERS, name.as_str(), Setting::OpenFirewall.name()];
        (Diagnostic::warning(Code::GuestPortBlocked, message).help(help), OptionPath::new(option))
    };
    found.into_iter().map(finding).collect()
}

/// The ports that a list of a guest's firewall opens, as far as known: one of each element, and how to show the element.
fn opened(guest: &View, list: &str, protocol: Protocol) -> Vec<(Protocol, u16, String)> {
    let port = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok());
    let list = guest.get(&["networking", "firewall", list]);
    let known = list.into_iter().flat_map(elements).filter_map(|element| match element.get("from") {
        Some(from) => {
            let (first, last) = (port(from)?, port(element.get("to")?)?);
            Some((protocol, first, format!("{first}-{last}")))
        }
        None => port(element).map(|port| (protocol, port, port.to_string())),
    });
    known.collect()
}
