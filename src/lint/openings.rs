//! Computes which ports a firewall opens, as far as that is known.
//!
//! Source: `nixos/modules/services/networking/firewall*.nix`. Ports that are open on only some interfaces count as open,
//! because we do not determine the interface by which a client arrives.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::services;
use crate::model::path::OptionPath;
use crate::model::spec::Protocol;
use crate::model::view::{Bound, OptionState, View, elements, has_unknown};
use crate::model::{Firewall, OpenPorts};

/// Options of `networking.firewall` that open no ports beyond the lists that are read here.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "allowPing", "allowedTCPPortRanges", "allowedTCPPorts", "allowedUDPPortRanges", "allowedUDPPorts",
    "autoLoadConntrackHelpers", "checkReversePath", "connectionTrackingModules", "enable", "filterForward",
    "interfaces", "logRefusedConnections", "logRefusedPackets", "logRefusedUnicastsOnly", "logReversePathDrops",
    "pingLimit", "rejectPackets", "trustedInterfaces",
];
/// The lists of ports and of port ranges.
const LISTS: [(Protocol, &str, bool); 4] = [
    (Protocol::Tcp, "allowedTCPPorts", false),
    (Protocol::Tcp, "allowedTCPPortRanges", true),
    (Protocol::Udp, "allowedUDPPorts", false),
    (Protocol::Udp, "allowedUDPPortRanges", true),
];

/// The ports that a firewall opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Openings {
    /// All ports.
    All,
    /// Exactly these ranges, each with its first and last port.
    Only(BTreeSet<(Protocol, u16, u16)>),
    /// At least these ranges.
    AtLeast(BTreeSet<(Protocol, u16, u16)>),
}

impl Openings {
    /// Whether `port` is open; `None` if unknown.
    pub(super) fn lets_in(&self, protocol: Protocol, port: u16) -> Option<bool> {
        let holds = |ports: &BTreeSet<(Protocol, u16, u16)>| {
            ports.iter().any(|(of, first, last)| *of == protocol && (*first..=*last).contains(&port))
        };
        match self {
            Self::All => Some(true),
            Self::Only(ports) => Some(holds(ports)),
            Self::AtLeast(ports) => holds(ports).then_some(true),
        }
    }

    /// The ports that a guest's firewall opens.
    pub(super) fn of_guest(guest: &View) -> Self {
        Self::of(guest, None)
    }

    /// The ports that the host's firewall opens. A list that the model knows is complete.
    pub(super) fn of_host(host: &View, firewall: &Firewall) -> Self {
        let OpenPorts { allowed_tcp_ports: tcp, allowed_udp_ports: udp, .. } = &firewall.ports;
        match firewall.enable.known() {
            Some(false) => Self::All,
            Some(true) => {
                let known = |list: &str| match list {
                    "allowedTCPPorts" => tcp.known().is_some(),
                    "allowedUDPPorts" => udp.known().is_some(),
                    _ => false,
                };
                Self::of(host, Some(&known))
            }
            None => Self::AtLeast(BTreeSet::new()),
        }
    }

    /// For the host, `model` tells which lists are completely known.
    fn of(view: &View, model: Option<&dyn Fn(&str) -> bool>) -> Self {
        let at_least = Self::AtLeast;
        let firewall = match view.find(&["networking", "firewall"]) {
            OptionState::Unknown => return at_least(BTreeSet::new()),
            OptionState::Value(firewall) => firewall.clone(),
            OptionState::Undefined => Json::Object(serde_json::Map::new()),
        };
        match &firewall["enable"] {
            Json::Bool(false) => return Self::All,
            Json::Bool(true) | Json::Null => {}
            _ => return at_least(BTreeSet::new()),
        }
        let trusted = &firewall["trustedInterfaces"];
        if elements(trusted).any(|interface| interface.as_str() != Some("lo")) {
            return Self::All;
        }
        let (mut ports, mut whole) = (BTreeSet::new(), !has_unknown(trusted));
        let mut may_add = false;
        for (protocol, name, ranges) in LISTS {
            collect(&firewall[name], protocol, ranges, &mut ports);
            let path = OptionPath::new(["networking", "firewall", name]);
            may_add |= match (view.bounds.get(&path), &firewall[name]) {
                (Some(Bound::Services), _) => true,
                (None, Json::Null) => model.is_none_or(|known| !known(name)),
                // A guest's list has no bound if nothing adds to it, so a known one is complete.
                (None, list @ Json::Array(_)) if !has_unknown(list) => model.is_some_and(|known| !known(name)),
                (Some(Bound::Unknown) | None, _) => {
                    whole = false;
                    false
                }
            };
        }
        match &firewall["interfaces"] {
            Json::Null => {}
            interfaces => {
                whole &= !has_unknown(interfaces);
                for interface in interfaces.as_object().into_iter().flat_map(|all| all.values()) {
                    for (protocol, name, ranges) in LISTS {
                        collect(&interface[name], protocol, ranges, &mut ports);
                    }
                }
            }
        }
        let others =
            firewall.as_object().is_some_and(|all| all.keys().any(|name| !HARMLESS.contains(&name.as_str())));
        let own_rules = match view.find(&["networking", "nftables"]) {
            OptionState::Undefined => false,
            OptionState::Unknown => true,
            state => state.members().any(|(name, _)| name != "enable" && name != "flushRuleset"),
        };
        if view.missing_modules || others || own_rules {
            whole = false;
        }
        if may_add && !view.closed {
            match services::opened(view) {
                Some(opened) => ports.extend(opened.into_iter().map(|(protocol, port)| (protocol, port, port))),
                None => whole = false,
            }
        }
        if whole { Self::Only(ports) } else { at_least(ports) }
    }
}

/// Adds the ports of a list, including the known ones of a lower bound.
fn collect(list: &Json, protocol: Protocol, ranges: bool, ports: &mut BTreeSet<(Protocol, u16, u16)>) {
    let port = |json: &Json| json.as_u64().and_then(|port| u16::try_from(port).ok());
    for element in elements(list) {
        let (first, last) =
            if ranges { (port(&element["from"]), port(&element["to"])) } else { (port(element), port(element)) };
        if let (Some(first), Some(last)) = (first, last) {
            ports.insert((protocol, first, last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_closed_is_known_to_be() {
        let unknown = json!({ "_unknown": {} });
        let bound = json!({ "_unknown": {}, "_atleast": [80] });
        let table = [
            (json!({}), Some(false)),
            (json!({ "networking": { "firewall": { "enable": false } } }), Some(true)),
            (json!({ "networking": { "firewall": { "enable": unknown } } }), None),
            (json!({ "networking": { "firewall": { "allowedTCPPorts": [80] } } }), Some(false)),
            (json!({ "networking": { "firewall": { "allowedTCPPorts": [22] } } }), Some(true)),
            (json!({ "networking": { "firewall": { "allowedUDPPorts": [22] } } }), Some(false)),
            (
                json!({ "networking": { "firewall": { "allowedTCPPortRanges": [{ "from": 20, "to": 30 }] } } }),
                Some(true),
            ),
            (json!({ "networking": { "firewall": { "allowedTCPPorts": bound } } }), None),
            (json!({ "networking": { "firewall": { "allowedTCPPorts": [unknown] } } }), None),
            (json!({ "networking": { "firewall": { "trustedInterfaces": ["eth0"] } } }), Some(true)),
            (json!({ "networking": { "firewall": { "trustedInterfaces": ["lo"] } } }), Some(false)),
            (
                json!({ "networking": { "firewall": { "interfaces": { "eth0": { "allowedTCPPorts": [22] } } } } }),
                Some(true),
            ),
            (json!({ "networking": { "firewall": { "extraCommands": "iptables …" } } }), None),
            (json!({ "networking": { "nftables": { "tables": {} } } }), None),
            (json!({ "networking": unknown }), None),
            (json!({ "services": { "openssh": { "enable": true } } }), Some(true)),
            (json!({ "services": { "own": { "enable": true } } }), None),
            (unknown.clone(), None),
        ];
        for (options, expected) in table {
            let view = View { options: options.clone(), ..View::default() };
            assert_eq!(Openings::of_guest(&view).lets_in(Protocol::Tcp, 22), expected, "{options}");
        }
    }
}
