//! The options of `networking` that affect containers, with NixOS's names and defaults.
//!
//! Source: `nixos/modules/services/networking/{nat,firewall,nftables}.nix`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field::{Field, List, MayBeUnknown};

/// `networking.{nat,firewall,nftables}`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named after the options")]
pub struct Networking {
    pub firewall: Firewall,
    pub nat: Nat,
    pub nftables: Nftables,
}

/// `networking.nat`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named after the options")]
pub struct Nat {
    #[serde(rename = "dmzHost")]
    pub dmz_host: Field<Option<String>>,
    pub enable: Field<bool>,
    #[serde(rename = "enableIPv6")]
    pub enable_ipv6: Field<bool>,
    #[serde(rename = "externalIP")]
    pub external_ip: Field<Option<String>>,
    #[serde(rename = "externalIPv6")]
    pub external_ipv6: Field<Option<String>>,
    #[serde(rename = "externalInterface")]
    pub external_interface: Field<Option<String>>,
    #[serde(rename = "extraCommands")]
    pub extra_commands: Field<String>,
    #[serde(rename = "extraStopCommands")]
    pub extra_stop_commands: Field<String>,
    #[serde(rename = "forwardPorts")]
    pub forward_ports: List<NatForward>,
    #[serde(rename = "internalIPs")]
    pub internal_ips: List<String>,
    #[serde(rename = "internalIPv6s")]
    pub internal_ipv6s: List<String>,
    #[serde(rename = "internalInterfaces")]
    pub internal_interfaces: List<String>,
}

/// One element of `networking.nat.forwardPorts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NatForward {
    /// `IP:PORT`, `IP:A-B` or `[IP6]:PORT`.
    pub destination: Field<String>,
    /// Addresses of the host at which the host itself can use the forward.
    #[serde(rename = "loopbackIPs")]
    pub loopback_ips: List<String>,
    /// `tcp` or `udp`.
    pub proto: Field<String>,
    /// A port or a range `A:B`.
    pub source_port: Field<SourcePort>,
}

impl MayBeUnknown for NatForward {
    fn has_unknown(&self) -> bool {
        let Self { destination, loopback_ips, proto, source_port } = self;
        destination.has_unknown()
            || loopback_ips.has_unknown()
            || proto.has_unknown()
            || source_port.known().is_none()
    }
}

/// The value of `networking.nat.forwardPorts.*.sourcePort`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SourcePort {
    /// A single port.
    Port(i64),
    /// A range `A:B`.
    Range(String),
}

/// The part of `networking.firewall` that the contract names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "named after the options")]
pub struct Firewall {
    #[serde(rename = "allowPing")]
    pub allow_ping: Field<bool>,
    #[serde(flatten)]
    pub ports: OpenPorts,
    #[serde(rename = "checkReversePath")]
    pub check_reverse_path: Field<ReversePath>,
    pub enable: Field<bool>,
    #[serde(rename = "filterForward")]
    pub filter_forward: Field<bool>,
    pub interfaces: Field<BTreeMap<String, Field<OpenPorts>>>,
    #[serde(rename = "trustedInterfaces")]
    pub trusted_interfaces: List<String>,
}

impl Default for Firewall {
    fn default() -> Self {
        Self {
            enable: true.into(),
            allow_ping: true.into(),
            ports: OpenPorts::default(),
            interfaces: Field::default(),
            trusted_interfaces: vec![String::from("lo").into()].into(),
            check_reverse_path: ReversePath::Switch(true).into(),
            filter_forward: false.into(),
        }
    }
}

/// The ports that a firewall lets in, on all interfaces or on one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "named after the options")]
pub struct OpenPorts {
    #[serde(rename = "allowedTCPPortRanges")]
    pub allowed_tcp_port_ranges: List<BTreeMap<String, Field<u16>>>,
    #[serde(rename = "allowedTCPPorts")]
    pub allowed_tcp_ports: List<u16>,
    #[serde(rename = "allowedUDPPortRanges")]
    pub allowed_udp_port_ranges: List<BTreeMap<String, Field<u16>>>,
    #[serde(rename = "allowedUDPPorts")]
    pub allowed_udp_ports: List<u16>,
}

/// The value of `networking.firewall.checkReversePath`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReversePath {
    /// On (strict) or off.
    Switch(bool),
    /// `strict` or `loose`.
    Mode(String),
}

/// The part of `networking.nftables` that the contract names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named after the options")]
pub struct Nftables {
    pub enable: Field<bool>,
    #[serde(rename = "flushRuleset")]
    pub flush_ruleset: Field<bool>,
}
