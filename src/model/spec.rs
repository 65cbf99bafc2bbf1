//! What is meant: a container with every value known, parsed and allowed.
//!
//! Takes: [`Container`](super::Container), which is what was typed. Gives: [`ContainerSpec`] and [`NatSpec`], from which
//! units, arguments and rules are rendered without further checks.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ContainerName;

/// One container, ready to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// Its name.
    pub name: ContainerName,
    /// The guest system: an absolute path that has `init` below it.
    pub system: PathBuf,
    /// Whether it starts with the host.
    pub auto_start: bool,
    /// Whether its root is empty at each start.
    pub ephemeral: bool,
    /// Its network.
    pub network: Network,
    /// Bind mounts, in the order of their attribute names.
    pub binds: Vec<Bind>,
    /// `--tmpfs=` values.
    pub tmpfs: Vec<String>,
    /// `--capability=` values.
    pub additional_capabilities: Vec<String>,
    /// `--drop-capability=` values.
    pub drop_capabilities: Vec<String>,
    /// Further arguments for systemd-nspawn, each already one word.
    pub extra_flags: Vec<String>,
    /// `TimeoutStartSec=` of the unit (systemd.time(7)).
    pub timeout_start: String,
}

/// The network of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// The host's own.
    Host,
    /// One of its own, with nothing but `lo` when nothing of this is there.
    Private(Private),
}

/// A network of a container's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// The pair that leads to the host: `ve-NAME` there (`vb-NAME` on a bridge), `eth0` in the guest.
    pub veth: Option<Veth>,
    /// Host ports that lead into the guest.
    pub forwards: Vec<Forward>,
}

/// A veth pair, one end on the host and one in the guest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Veth {
    /// The bridge that the host's end joins. That end has no addresses and no routes then: the bridge has them.
    #[serde(default)]
    pub bridge: Option<String>,
    /// Address of the host's end, a /32; also the guest's gateway.
    pub host4: Option<Ipv4Addr>,
    /// Address of the guest's end; without a bridge the host has a route to it.
    pub local4: Option<Ipv4Addr>,
    /// The prefix length that was given with `local4`; without one the address stands alone.
    #[serde(default)]
    pub length4: Option<u8>,
    /// Address of the host's end, a /128.
    pub host6: Option<Ipv6Addr>,
    /// Address of the guest's end.
    pub local6: Option<Ipv6Addr>,
    /// The prefix length that was given with `local6`.
    #[serde(default)]
    pub length6: Option<u8>,
}

/// A bind mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// What is mounted: an absolute path on the host.
    pub host: String,
    /// Where: an absolute path in the guest.
    pub mount: String,
    /// Whether the guest may only read it.
    pub read_only: bool,
}

/// The transport of a forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// Its name in NixOS, nftables and `/etc/protocols`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A host port that leads into a guest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Forward {
    /// The transport.
    pub protocol: Protocol,
    /// The port on every address of the host.
    pub host_port: u16,
    /// The port in the guest.
    pub container_port: u16,
}

/// `networking.nat`, as far as it is acted on: what `internal` sends out of `external` gets the host's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatSpec {
    /// Whether there is any NAT.
    pub enable: bool,
    /// Interfaces, in nftables' pattern syntax (`ve-*`); iptables' `ve-+` has been translated.
    pub internal_interfaces: Vec<String>,
    /// The way out; `None` means every interface.
    pub external_interface: Option<String>,
}

/// A whole configuration, ready to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSpec {
    /// The containers, in the order of their names.
    pub containers: Vec<ContainerSpec>,
    /// NAT.
    pub nat: NatSpec,
}
