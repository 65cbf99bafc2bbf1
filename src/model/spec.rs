//! What is meant: a container with every value known, parsed and allowed.
//!
//! Takes: [`Container`](super::Container), which is what was typed. Gives: [`ContainerSpec`] and [`NatSpec`], from which
//! units, arguments and rules are rendered without further checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

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
    /// Its users.
    #[serde(default)]
    pub users: Users,
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
    /// Device nodes that the unit lets through.
    #[serde(default)]
    pub devices: Vec<Device>,
    /// Whether it may make links to itself by `/dev/net/tun`.
    #[serde(default)]
    pub tun: bool,
    /// Whether it gets a copy of the host's `/etc/resolv.conf` at each start.
    #[serde(default = "yes")]
    pub copy_resolv_conf: bool,
    /// Further arguments for systemd-nspawn, each already one word.
    pub extra_flags: Vec<String>,
    /// `TimeoutStartSec=` of the unit (systemd.time(7)).
    pub timeout_start: String,
}

/// What a record says that is older than the option: NixOS's default.
fn yes() -> bool {
    true
}

/// Whose numbers the users of a guest have on the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Users {
    /// The host's own: its root is the host's root.
    #[default]
    Shared,
    /// The same numbers, in a user namespace: they have no power over what is not in it.
    Identity,
    /// Those of a range of its own that begins here, taken by the name of the container.
    Picked(u32),
    /// The same where the number was given.
    Given(u32),
}

impl Users {
    /// How many users a guest has.
    pub const COUNT: u32 = 1 << 16;

    /// The number that the guest's root has on the host, where it is another one.
    pub fn base(self) -> Option<u32> {
        match self {
            Self::Shared | Self::Identity => None,
            Self::Picked(base) | Self::Given(base) => Some(base),
        }
    }

    /// Whether the guest has a user namespace.
    pub fn are_private(self) -> bool {
        self != Self::Shared
    }
}

/// As NixOS writes it into the `.conf`.
impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared => f.write_str("no"),
            Self::Identity => f.write_str("identity"),
            Self::Picked(_) => f.write_str("pick"),
            Self::Given(base) => base.fmt(f),
        }
    }
}

/// A device node and what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Such as `/dev/fuse`, or a class such as `char-usb_device` (systemd.resource-control(5), `DeviceAllow=`).
    pub node: String,
    /// Letters of `rwm`.
    pub modifier: String,
}

/// The network of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// The host's own.
    Host,
    /// One that somebody else makes, named by a path.
    Named(String),
    /// One of its own, with nothing but `lo` when nothing of this is there.
    Private(Private),
}

impl Network {
    /// The guest's own addresses; those of a network that is not its own are not among them.
    pub fn addresses(&self) -> BTreeSet<IpAddr> {
        let Self::Private(Private { veth, extra, .. }) = self else { return BTreeSet::new() };
        let of = |veth: &Veth| [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
        veth.iter().chain(extra.values()).flat_map(of).flatten().collect()
    }
}

/// A network of a container's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// The pair that leads to the host: `ve-NAME` there (`vb-NAME` on a bridge), `eth0` in the guest.
    pub veth: Option<Veth>,
    /// Host ports that lead into the guest.
    pub forwards: Vec<Forward>,
    /// Further pairs, by the name of both their ends.
    #[serde(default)]
    pub extra: BTreeMap<String, Veth>,
    /// Links of the host that the guest gets a macvlan of.
    #[serde(default)]
    pub macvlans: Vec<Passed>,
    /// Links of the host that are the guest's while it runs.
    #[serde(default)]
    pub interfaces: Vec<Passed>,
    /// Whether it is one of its own only because there are such links, without `privateNetwork`.
    #[serde(default)]
    pub is_implied: bool,
}

impl Private {
    /// Whether there is more in it than `lo`.
    pub fn has_links(&self) -> bool {
        self.veth.is_some() || !self.extra.is_empty() || !self.macvlans.is_empty() || !self.interfaces.is_empty()
    }
}

/// A link of the host that a guest gets, or gets a part of: `HOST` or `HOST:GUEST` (systemd-nspawn(1)).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Passed {
    /// What it is called on the host.
    pub host: String,
    /// What it is called in the guest, where that was said.
    pub guest: Option<String>,
}

impl Passed {
    /// The one that is written so; `None` where a name is no name of a link.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, guest) = match text.split_once(':') {
            Some((host, guest)) => (host, Some(guest)),
            None => (text, None),
        };
        let good = is_link_name(host) && guest.is_none_or(is_link_name);
        good.then(|| Self { host: host.to_owned(), guest: guest.map(str::to_owned) })
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.guest {
            Some(guest) => write!(f, "{}:{guest}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// Whether the kernel takes it as the name of a link, but for its length, and rules can say it: nft(8) has no escapes, and
/// what begins with `@` is a set to it.
pub fn is_link_name(name: &str) -> bool {
    let is_bad = |c: char| matches!(c, '/' | ':' | '"') || c.is_whitespace() || c.is_control();
    !matches!(name, "" | "." | "..") && !name.starts_with('@') && !name.contains(is_bad)
}

/// The hardware address of a link: `02:00:00:00:00:01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HardwareAddress(pub [u8; 6]);

impl fmt::Display for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for HardwareAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let byte = |digits: &str| match digits.len() {
            2 if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => u8::from_str_radix(digits, 16).ok(),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| format!("`{text}` is no hardware address"))
    }
}

impl TryFrom<String> for HardwareAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HardwareAddress> for String {
    fn from(address: HardwareAddress) -> Self {
        address.to_string()
    }
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
    /// The hardware address of the guest's end, where one was given.
    #[serde(default)]
    pub hardware: Option<HardwareAddress>,
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
    /// Whether IPv6 is translated as well (`enableIPv6`).
    #[serde(default)]
    pub ipv6: bool,
}

/// A whole configuration, ready to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSpec {
    /// The containers, in the order of their names.
    pub containers: Vec<ContainerSpec>,
    /// NAT.
    pub nat: NatSpec,
}
