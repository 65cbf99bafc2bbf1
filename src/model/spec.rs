//! The meaning of a configuration: every value is known, parsed and valid.
//!
//! Takes: [`Container`](super::Container), which is what the user wrote. Gives: [`ContainerSpec`] and [`NatSpec`], from which
//! units, arguments and rules are rendered without further checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ContainerName;
pub use super::interface_name::is_interface_name;
pub use super::nat::{NatForward, NatSpec, Prefix};
pub use super::own_forward::OwnForward;
pub use super::ports::Ports;
pub use super::protocol::Protocol;

/// One container, ready to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// Its name.
    pub name: ContainerName,
    /// The guest system: an absolute path that contains `init`.
    pub system: PathBuf,
    /// Whether it starts with the host.
    pub auto_start: bool,
    /// Whether its root is empty at each start.
    pub ephemeral: bool,
    /// Its user-namespace mapping.
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
    /// Device nodes that the unit allows.
    #[serde(default)]
    pub devices: Vec<Device>,
    /// Whether it may create its own interfaces through `/dev/net/tun`.
    #[serde(default)]
    pub tun: bool,
    /// Whether it gets a copy of the host's `/etc/resolv.conf` at each start.
    #[serde(default = "yes")]
    pub copy_resolv_conf: bool,
    /// Additional arguments for systemd-nspawn, each a single word.
    pub extra_flags: Vec<String>,
    /// `TimeoutStartSec=` of the unit (systemd.time(7)).
    pub timeout_start: String,
    /// What systemd hands to the guest, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// What its unit says beyond the options that NixOS has.
    #[serde(default, skip_serializing_if = "UnitSettings::is_empty")]
    pub unit: UnitSettings,
    /// What its guest must do to count as up.
    #[serde(default, skip_serializing_if = "HealthCheck::is_empty")]
    pub health: HealthCheck,
    /// Sources of bind mounts that are created if they are missing, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_sources: Vec<NewSource>,
}

/// What options that NixOS does not have say about a container (`services.container-rebuild.containers.<name>`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnOptions {
    /// About its unit.
    pub unit: UnitSettings,
    /// About its credentials, sorted by name.
    pub credentials: Vec<Credential>,
    /// About the ports of the host that lead to it.
    pub forwards: Vec<OwnForward>,
    /// About its health.
    pub health: HealthCheck,
    /// About the sources of its bind mounts, sorted by path.
    pub new_sources: Vec<NewSource>,
    /// About its pair to the host: the MTU.
    pub mtu: Option<u32>,
    /// About its bridges: whether they are created.
    pub create_bridge: bool,
}

/// A directory of the host that is created, if it is missing, before a container that bind-mounts it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSource {
    /// The directory, as the bind mount names it.
    pub path: PathBuf,
    /// Its owner: the name or number of a user of the host.
    pub user: String,
    /// Its group: the name or number of a group of the host.
    pub group: String,
    /// Its permissions (inode(7)).
    pub mode: u32,
}

/// What a guest must do to count as up, beyond reporting that it is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// TCP ports of the guest on which something must answer.
    pub ports: Vec<u16>,
    /// Units of the guest that must be active.
    pub units: Vec<String>,
    /// How long that may take, in seconds.
    pub timeout_sec: u32,
}

impl HealthCheck {
    /// The time limit if none is given, in seconds.
    pub const TIMEOUT_SEC: u32 = 30;

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty() && self.units.is_empty()
    }
}

/// A file of the host that systemd hands to the guest as a credential (<https://systemd.io/CREDENTIALS>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its name, on the host and in the guest.
    pub name: String,
    /// The file, an absolute path.
    pub source: PathBuf,
    /// Whether systemd decrypts the file (systemd-creds(1)).
    #[serde(default)]
    pub encrypted: bool,
}

/// What the unit of a container says beyond the options that NixOS has (`services.container-rebuild.containers.<name>`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnitSettings {
    /// The containers that start before it, required ones and those in whose roots its bind mounts lie included.
    pub after: BTreeSet<ContainerName>,
    /// The containers that must run.
    pub requires: BTreeSet<ContainerName>,
    /// Units of the host that start before it.
    pub after_units: Vec<String>,
    /// Units of the host that must run.
    pub requires_units: Vec<String>,
    /// Units of the host that start with it.
    pub wants_units: Vec<String>,
    /// Resource limits by setting (systemd.resource-control(5)), one value a line.
    pub resources: BTreeMap<String, Vec<String>>,
}

impl UnitSettings {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The value of `copy_resolv_conf` in records older than the option: NixOS's default.
fn yes() -> bool {
    true
}

/// How a guest's users map to users of the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Users {
    /// To the same users, without a user namespace: the guest's root is the host's root.
    #[default]
    Shared,
    /// To the same numbers in a user namespace: without privileges over anything outside it.
    Identity,
    /// To a range that begins here, picked by the container's name.
    Picked(u32),
    /// To a range that begins here, given in the configuration.
    Given(u32),
}

impl Users {
    /// How many users a guest has.
    pub const COUNT: u32 = 1 << 16;

    /// The host's number for the guest's root, if it differs.
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

/// Prints the mapping as NixOS writes it to the `.conf`.
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

/// A device node and the access to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Such as `/dev/fuse`, or a class such as `char-usb_device` (systemd.resource-control(5), `DeviceAllow=`).
    pub node: String,
    /// A combination of the letters `rwm`.
    pub modifier: String,
}

/// The network of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// The host's network.
    Host,
    /// A network namespace that something else creates, by its path.
    Named(String),
    /// A network of its own; it has only `lo` if all parts are empty.
    Private(Private),
}

impl Network {
    /// With our own forwards, which have no effect outside of a network of its own.
    #[must_use]
    pub(crate) fn with_forwards(mut self, own_forwards: Vec<OwnForward>) -> Self {
        if let Self::Private(private @ Private { veth: Some(_), .. }) = &mut self {
            private.own_forwards = own_forwards;
        }
        self
    }

    /// With the MTU of its pair to the host, and with bridges that are created or not: no effect where there are none.
    #[must_use]
    pub(crate) fn with_pairs(mut self, mtu: Option<u32>, creates_bridge: bool) -> Self {
        if let Self::Private(private) = &mut self {
            private.veth.iter_mut().for_each(|veth| veth.mtu = mtu);
            private.veths_mut().for_each(|veth| veth.creates_bridge = creates_bridge && veth.bridge.is_some());
        }
        self
    }

    /// The bridges that are created for it if they are missing.
    pub fn created_bridges(&self) -> BTreeSet<&String> {
        let Self::Private(Private { veth, extra, .. }) = self else { return BTreeSet::new() };
        let created = veth.iter().chain(extra.values()).filter(|veth| veth.creates_bridge);
        created.filter_map(|veth| veth.bridge.as_ref()).collect()
    }

    /// The addresses that only this guest has: none unless it has its own network.
    pub fn addresses(&self) -> BTreeSet<IpAddr> {
        let Self::Private(Private { veth, extra, .. }) = self else { return BTreeSet::new() };
        let of = |veth: &Veth| [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
        veth.iter().chain(extra.values()).flat_map(of).flatten().collect()
    }
}

/// A container's own network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// The pair to the host: `ve-NAME` there (`vb-NAME` on a bridge), `eth0` in the guest.
    pub veth: Option<Veth>,
    /// Host ports that lead into the guest (`forwardPorts`).
    pub forwards: Vec<Forward>,
    /// Host ports that lead into the guest, by our own option.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_forwards: Vec<OwnForward>,
    /// Additional pairs, by the name that both ends have.
    #[serde(default)]
    pub extra: BTreeMap<String, Veth>,
    /// Interfaces of the host on which the guest gets a macvlan.
    #[serde(default)]
    pub macvlans: Vec<Passed>,
    /// Interfaces of the host that move into the guest while it runs.
    #[serde(default)]
    pub interfaces: Vec<Passed>,
    /// Whether only such interfaces make it a network of its own, without `privateNetwork`.
    #[serde(default)]
    pub is_implied: bool,
}

impl Private {
    /// All pairs to the host.
    pub fn veths_mut(&mut self) -> impl Iterator<Item = &mut Veth> {
        self.veth.iter_mut().chain(self.extra.values_mut())
    }

    /// Whether it has interfaces of the host, or macvlans of them.
    pub fn has_passed(&self) -> bool {
        !self.macvlans.is_empty() || !self.interfaces.is_empty()
    }

    /// Whether it has more than `lo`.
    pub fn has_interfaces(&self) -> bool {
        self.veth.is_some() || !self.extra.is_empty() || self.has_passed()
    }
}

/// An interface of the host that the guest gets or shares: `HOST` or `HOST:GUEST` (systemd-nspawn(1)).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Passed {
    /// Its name on the host.
    pub host: String,
    /// Its name in the guest, if given.
    pub guest: Option<String>,
}

impl Passed {
    /// Parses `HOST` or `HOST:GUEST`; `None` if a name is not a valid interface name.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, guest) = match text.split_once(':') {
            Some((host, guest)) => (host, Some(guest)),
            None => (text, None),
        };
        let good = is_interface_name(host) && guest.is_none_or(is_interface_name);
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

/// The hardware address of an interface, such as `02:00:00:00:00:01`.
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
        bytes.map(Self).ok_or_else(|| format!("`{text}` is not a hardware address"))
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

/// A veth pair: one end on the host, one in the guest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Veth {
    /// The bridge that the host's end joins. The host's end then has no addresses or routes; the bridge has them.
    #[serde(default)]
    pub bridge: Option<String>,
    /// Address of the host's end (a /32), which is also the guest's gateway.
    pub host4: Option<Ipv4Addr>,
    /// Address of the guest's end; without a bridge, the host has a route to it.
    pub local4: Option<Ipv4Addr>,
    /// The prefix length given with `local4`, if any.
    #[serde(default)]
    pub length4: Option<u8>,
    /// Address of the host's end (a /128).
    pub host6: Option<Ipv6Addr>,
    /// Address of the guest's end.
    pub local6: Option<Ipv6Addr>,
    /// The prefix length given with `local6`, if any.
    #[serde(default)]
    pub length6: Option<u8>,
    /// The hardware address of the guest's end, if given.
    #[serde(default)]
    pub hardware: Option<HardwareAddress>,
    /// The MTU of both ends, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Whether the bridge is created if it is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub creates_bridge: bool,
}

/// A bind mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// The source: an absolute path on the host.
    pub host: String,
    /// The target: an absolute path in the guest.
    pub mount: String,
    /// Whether the mount is read-only in the guest.
    pub read_only: bool,
}

/// A port of the host that is forwarded to a guest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Forward {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The port on the host, on all its addresses.
    pub host_port: u16,
    /// The port in the guest.
    pub container_port: u16,
}

/// A whole configuration, ready to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSpec {
    /// The containers, ordered by name.
    pub containers: Vec<ContainerSpec>,
    /// NAT.
    pub nat: NatSpec,
}
