//! How `networking.nat` differs from NixOS's own tables `nixos-nat`, if these are loaded.
//!
//! Source: `nixos/modules/services/networking/nat-nftables.nix`. The tables belong to the host's generation, so a difference is for
//! `nixos-rebuild`. Nothing is said about a table with rules that NixOS does not make.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::spec::{NatSpec, Ports, Prefix, Protocol};
use crate::state::NixosNat;

/// What helps against a difference.
const HELP: &str =
    "run `nixos-rebuild switch`: where `nixos-nat` is loaded, container-rebuild makes no NAT beside it";

/// A warning for each option that differs. The rules of iptables cannot be read, so for them the note that they were last changed
/// by nixos-rebuild, if that is not what was `applied` last.
pub(super) fn findings(
    nat: &NatSpec,
    loaded: &NixosNat,
    applied: Option<&NatSpec>,
) -> Vec<(Diagnostic, OptionPath)> {
    match loaded {
        NixosNat::Absent => Vec::new(),
        NixosNat::Tables(tables) => {
            let Some(loaded) = Loaded::read(tables) else { return Vec::new() };
            let finding = |option: &'static str| {
                let message =
                    format!("`networking.nat.{option}` is not what NixOS has loaded: it needs nixos-rebuild");
                let diagnostic = Diagnostic::warning(Code::NeedsNixosRebuild, message).help(HELP);
                (diagnostic, OptionPath::new(["networking", "nat", option]))
            };
            loaded.differences(nat).into_iter().map(finding).collect()
        }
        NixosNat::Chains => {
            if applied == Some(nat) {
                return Vec::new();
            }
            let message = "NixOS has loaded its NAT with iptables, which cannot be compared with `networking.nat`: a change of \
                           that needs nixos-rebuild";
            let diagnostic = Diagnostic::note(Code::NeedsNixosRebuild, message).help(HELP);
            vec![(diagnostic, OptionPath::new(["networking", "nat"]))]
        }
    }
}

/// A forward: protocol, ports of the host, and where they lead.
type Forward = (Protocol, Ports, IpAddr, Ports);

/// What the tables do, in the terms of the options.
#[derive(Debug, Default, PartialEq, Eq)]
struct Loaded {
    ipv6: bool,
    interfaces: BTreeSet<String>,
    networks: BTreeSet<Prefix>,
    /// The interfaces by which translated connections leave; `None` means every one.
    external: BTreeSet<Option<String>>,
    sources: BTreeSet<IpAddr>,
    forwards: BTreeSet<Forward>,
    loopback: BTreeSet<(IpAddr, Protocol, Ports)>,
    dmz: Option<IpAddr>,
}

impl Loaded {
    /// Reads tables as `nft -j list table` prints them; `None` if one has something that NixOS does not write.
    fn read(tables: &[Value]) -> Option<Self> {
        let mut loaded = Self::default();
        for table in tables {
            let objects = table["nftables"].as_array()?;
            loaded.ipv6 |= objects.iter().any(|object| object["table"]["family"] == "ip6");
            for rule in objects.iter().filter_map(|object| object.get("rule")) {
                let parts = Parts::read(rule["expr"].as_array()?)?;
                match rule["chain"].as_str()? {
                    "pre" => loaded.arriving(parts)?,
                    "post" => loaded.leaving(parts),
                    // NixOS repeats here what `pre` has, for connections of the host itself.
                    "out" => {}
                    _ => return None,
                }
            }
        }
        Some(loaded)
    }

    fn arriving(&mut self, parts: Parts<'_>) -> Option<()> {
        let to = &parts.dnat?["addr"];
        if let Some(address) = to.as_str() {
            self.dmz = Some(address.parse().ok()?);
            return Some(());
        }
        for element in to["map"]["data"]["set"].as_array()? {
            let (key, value) = (element[0]["concat"].as_array()?, element[1]["concat"].as_array()?);
            let [at @ .., protocol, host_ports] = key.as_slice() else { return None };
            let protocol = self::protocol(protocol)?;
            let host_ports = ports(host_ports)?;
            if parts.interfaces.is_empty() {
                self.loopback.insert((at.first()?.as_str()?.parse().ok()?, protocol, host_ports));
            } else {
                let [address, to] = value.as_slice() else { return None };
                self.forwards.insert((protocol, host_ports, address.as_str()?.parse().ok()?, ports(to)?));
            }
        }
        Some(())
    }

    fn leaving(&mut self, parts: Parts<'_>) {
        // The rule for answers of forwards is about what does not come from outside.
        if parts.has_exception {
            return;
        }
        self.interfaces.extend(parts.interfaces);
        self.networks.extend(parts.networks);
        self.external.insert(parts.outgoing);
        self.sources.extend(parts.source);
    }

    /// The options of `networking.nat` that are not what is loaded.
    fn differences(&self, nat: &NatSpec) -> Vec<&'static str> {
        if !nat.enable {
            return vec!["enable"];
        }
        let interfaces: BTreeSet<String> = nat.internal_interfaces.iter().cloned().collect();
        let networks = |is_v6| {
            let [wanted, loaded] = [nat.internal.iter().collect::<Vec<_>>(), self.networks.iter().collect()];
            let of_family = move |all: Vec<&Prefix>| -> BTreeSet<Prefix> {
                let all: Vec<Prefix> =
                    all.into_iter().filter(|it| it.address.is_ipv6() == is_v6).copied().collect();
                // As in the model, one that lies in another is left out.
                let is_inside = |it: &Prefix| all.iter().any(|other| other != it && other.contains(it));
                all.iter().filter(|it| !is_inside(it)).copied().collect()
            };
            of_family(wanted) == of_family(loaded)
        };
        let translates = !interfaces.is_empty() || !nat.internal.is_empty();
        let external = translates.then(|| nat.external_interface.clone());
        let source = |is_v6| {
            let loaded = self.sources.iter().find(|source| source.is_ipv6() == is_v6).copied();
            loaded == nat.external(is_v6).filter(|_| translates)
        };
        let forwards = nat.forwards.iter().map(|it| (it.protocol, it.ports, it.address, it.to)).collect();
        let loopback = nat.forwards.iter().flat_map(|it| it.loopback.iter().map(|at| (*at, it.protocol, it.ports)));
        let same = [
            (self.ipv6 == nat.ipv6, "enableIPv6"),
            (self.interfaces == interfaces, "internalInterfaces"),
            (networks(false), "internalIPs"),
            (networks(true) || self.ipv6 != nat.ipv6, "internalIPv6s"),
            (self.external == external.into_iter().collect(), "externalInterface"),
            (source(false), "externalIP"),
            (source(true) || self.ipv6 != nat.ipv6, "externalIPv6"),
            (self.forwards == forwards && self.loopback == loopback.collect(), "forwardPorts"),
            (self.dmz == nat.dmz.map(IpAddr::V4), "dmzHost"),
        ];
        same.into_iter().filter(|(is_same, _)| !is_same).map(|(_, option)| option).collect()
    }
}

/// What a rule matches and does.
#[derive(Default)]
struct Parts<'a> {
    interfaces: Vec<String>,
    networks: Vec<Prefix>,
    outgoing: Option<String>,
    /// Whether something must not be.
    has_exception: bool,
    source: Option<IpAddr>,
    dnat: Option<&'a Value>,
}

impl<'a> Parts<'a> {
    fn read(statements: &'a [Value]) -> Option<Self> {
        let mut parts = Self::default();
        for statement in statements {
            let (kind, body) = statement.as_object()?.iter().next()?;
            match kind.as_str() {
                "match" if body["op"] == "!=" => parts.has_exception = true,
                "match" => parts.condition(&body["left"], &body["right"])?,
                "snat" => parts.source = Some(body["addr"].as_str()?.parse().ok()?),
                "dnat" => parts.dnat = Some(body),
                "masquerade" | "counter" => {}
                _ => return None,
            }
        }
        Some(parts)
    }

    fn condition(&mut self, left: &Value, right: &'a Value) -> Option<()> {
        let values: Vec<&Value> = match right["set"].as_array() {
            Some(several) => several.iter().collect(),
            None => vec![right],
        };
        match (left["meta"]["key"].as_str(), left["payload"]["field"].as_str()) {
            // NixOS passes `ve-+` on as it is.
            (Some("iifname"), _) => {
                let names = values.into_iter().map(|it| it.as_str().map(|name| name.replace('+', "*")));
                self.interfaces = names.collect::<Option<_>>()?;
            }
            (Some("oifname"), _) => self.outgoing = Some(right.as_str()?.to_owned()),
            (Some("l4proto"), _) => {}
            (None, Some("saddr")) => self.networks = values.into_iter().map(prefix).collect::<Option<_>>()?,
            // The destination of the rule for answers.
            (None, None) if left.get("concat").is_some() => {}
            _ => return None,
        }
        Some(())
    }
}

fn prefix(value: &Value) -> Option<Prefix> {
    match value.get("prefix") {
        Some(prefix) => format!("{}/{}", prefix["addr"].as_str()?, prefix["len"]).parse().ok(),
        None => value.as_str()?.parse().ok(),
    }
}

/// A protocol by its name, or by its number: nft prints that if it finds no /etc/protocols.
fn protocol(value: &Value) -> Option<Protocol> {
    match value.as_u64() {
        Some(number) => Protocol::numbered(number),
        None => Protocol::ALL.into_iter().find(|known| value == known.as_str()),
    }
}

fn ports(value: &Value) -> Option<Ports> {
    let port = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok());
    match value["range"].as_array().map(Vec::as_slice) {
        Some([first, last]) => Some(Ports { first: port(first)?, last: port(last)? }),
        _ => port(value).map(Ports::one),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::spec::NatForward;

    fn rule(chain: &str, expr: Value) -> Value {
        json!({"rule": {"family": "ip", "table": "nixos-nat", "chain": chain, "handle": 9, "expr": expr}})
    }

    fn is(key: &str, op: &str, right: Value) -> Value {
        json!({"match": {"op": op, "left": {"meta": {"key": key}}, "right": right}})
    }

    /// The table of IPv4 that NixOS makes of the options of [`nat`].
    fn table() -> Value {
        let concat = |parts: Value| json!({"concat": parts});
        let key = concat(json!([{"meta": {"key": "l4proto"}}, {"payload": {"protocol": "th", "field": "dport"}}]));
        let forwards = json!([
            [concat(json!(["tcp", 8080])), concat(json!(["10.0.0.2", 80]))],
            [concat(json!([17, {"range": [5000, 5010]}])), concat(json!(["10.0.0.2", {"range": [5000, 5010]}]))],
        ]);
        let loopback = json!([[concat(json!(["10.77.0.2", "tcp", 8080])), concat(json!(["10.0.0.2", 80]))]]);
        let dnat =
            |set: Value| json!({"dnat": {"family": "ip", "addr": {"map": {"key": key, "data": {"set": set}}}}});
        let l4 = is("l4proto", "==", json!({"set": ["tcp", "udp"]}));
        let from = json!({"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
            "right": {"prefix": {"addr": "10.9.0.0", "len": 16}}}});
        let external = is("oifname", "==", "eth0".into());
        let to = json!({"match": {"op": "==", "left": {"concat": [{"payload": {"protocol": "ip", "field": "daddr"}}]},
            "right": {"set": [concat(json!(["10.0.0.2", "tcp", 80]))]}}});
        json!({"nftables": [
            {"metainfo": {}},
            {"table": {"family": "ip", "name": "nixos-nat"}},
            {"chain": {"family": "ip", "table": "nixos-nat", "name": "pre"}},
            rule("pre", json!([is("iifname", "==", "eth0".into()), l4, dnat(forwards)])),
            rule("pre", json!([l4, dnat(loopback.clone())])),
            rule("pre", json!([is("iifname", "==", "eth0".into()), {"dnat": {"addr": "10.0.0.9"}}])),
            rule("post", json!([is("iifname", "==", json!({"set": ["ve-a", "ve-+"]})), external, {"masquerade": null}])),
            rule("post", json!([from, external, {"masquerade": null}])),
            rule("post", json!([is("iifname", "!=", "eth0".into()), to, {"masquerade": null}])),
            rule("out", json!([l4, dnat(loopback)])),
        ]})
    }

    fn nat() -> NatSpec {
        let ports = |first, last| Ports { first, last };
        let address = IpAddr::from([10, 0, 0, 2]);
        let web = NatForward {
            protocol: Protocol::Tcp,
            ports: ports(8080, 8080),
            address,
            to: ports(80, 80),
            loopback: vec![[10, 77, 0, 2].into()],
        };
        let games = NatForward {
            protocol: Protocol::Udp,
            ports: ports(5000, 5010),
            to: ports(5000, 5010),
            loopback: vec![],
            ..web.clone()
        };
        NatSpec {
            enable: true,
            internal_interfaces: vec![String::from("ve-*"), String::from("ve-a")],
            internal: vec!["10.9.0.0/16".parse().expect("a network")],
            external_interface: Some(String::from("eth0")),
            forwards: vec![web, games],
            dmz: Some([10, 0, 0, 9].into()),
            ..NatSpec::default()
        }
    }

    #[test]
    fn each_option_that_is_not_loaded_as_it_is_needs_a_rebuild() {
        let needs = |nat: &NatSpec| {
            findings(nat, &NixosNat::Tables(vec![table()]), None)
                .into_iter()
                .map(|(it, _)| it.message)
                .collect::<Vec<_>>()
        };
        let of = |options: &[&str]| {
            let one =
                |option| format!("`networking.nat.{option}` is not what NixOS has loaded: it needs nixos-rebuild");
            options.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(needs(&nat()), of(&[]));
        assert_eq!(needs(&NatSpec::default()), of(&["enable"]));
        assert_eq!(needs(&NatSpec { ipv6: true, ..nat() }), of(&["enableIPv6"]));
        assert_eq!(needs(&NatSpec { internal_interfaces: vec![], ..nat() }), of(&["internalInterfaces"]));
        assert_eq!(needs(&NatSpec { internal: vec![], ..nat() }), of(&["internalIPs"]));
        assert_eq!(needs(&NatSpec { external_interface: None, ..nat() }), of(&["externalInterface"]));
        assert_eq!(needs(&NatSpec { external4: Some([10, 77, 0, 3].into()), ..nat() }), of(&["externalIP"]));
        assert_eq!(needs(&NatSpec { dmz: None, ..nat() }), of(&["dmzHost"]));
        let [web, games] = <[NatForward; 2]>::try_from(nat().forwards).expect("two");
        let without = NatForward { loopback: vec![], ..web.clone() };
        assert_eq!(needs(&NatSpec { forwards: vec![web], ..nat() }), of(&["forwardPorts"]));
        assert_eq!(needs(&NatSpec { forwards: vec![without, games], ..nat() }), of(&["forwardPorts"]));
        // Nothing is loaded, or not by NixOS.
        assert!(findings(&NatSpec::default(), &NixosNat::Absent, None).is_empty());
        let mut other = table();
        other["nftables"].as_array_mut().expect("a list").push(rule("post", json!([{"xt": null}])));
        assert!(findings(&NatSpec::default(), &NixosNat::Tables(vec![other]), None).is_empty());
    }
}
