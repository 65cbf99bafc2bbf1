//! Names of network interfaces.
//!
//! The kernel allows at most 15 bytes. Longer names are shortened exactly as systemd-nspawn does it (`shorten_ifname`
//! in systemd's `src/nspawn/nspawn-network.c`), so that rules written for either tool fit both.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::model::ContainerName;
use crate::model::spec::{HardwareAddress, Network, Passed, Private, Veth};

/// `IFNAMSIZ` without its terminating zero: the most bytes an interface name may have.
pub const LONGEST: usize = 15;

/// systemd's SipHash key for interface names, as two words.
const KEY: (u64, u64) = (
    u64::from_le_bytes([0xe1, 0x90, 0xa4, 0x04, 0xa8, 0xef, 0x4b, 0x51]),
    u64::from_le_bytes([0x8c, 0xcc, 0xc3, 0x3a, 0x9f, 0x11, 0xfc, 0xa2]),
);

/// The URL-safe alphabet of base64 (RFC 4648, section 5).
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// An interface of the host, with its alternative name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceName {
    /// The name in the kernel, which `iifname` matches.
    pub name: String,
    /// The full name, if `name` had to be shortened; becomes its `altname`.
    pub altname: Option<String>,
}

/// The guest's end of the main veth pair, as NixOS names it.
pub const GUEST_END: &str = "eth0";

/// A veth pair: the names of its ends, and their configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The end on the host.
    pub host: InterfaceName,
    /// The end in the guest.
    pub guest: String,
    /// The addresses and routes of both ends.
    pub veth: Veth,
    /// The index among the extra pairs; `None` for the main pair, which has the default route.
    pub extra: Option<u64>,
}

impl Pair {
    /// Whether this is the main pair, which has the guest's default route.
    pub fn is_way_out(&self) -> bool {
        self.extra.is_none()
    }
}

/// The veth pairs of a container.
pub fn pairs(container: &ContainerName, network: &Network) -> Vec<Pair> {
    let Network::Private(Private { veth, extra, .. }) = network else { return Vec::new() };
    let main = veth.as_ref().map(|veth| {
        let host = if veth.bridge.is_some() { bridge_end(container) } else { host_end(container) };
        Pair { host, guest: GUEST_END.to_owned(), veth: veth.clone(), extra: None }
    });
    let extra = extra.iter().zip(0..).map(|((name, veth), index)| Pair {
        host: InterfaceName { name: name.clone(), altname: None },
        guest: name.clone(),
        veth: veth.clone(),
        extra: Some(index),
    });
    main.into_iter().chain(extra).collect()
}

/// The name in the guest of a macvlan on a host interface: `mv-INTERFACE`, unless configured.
pub fn macvlan(passed: &Passed) -> InterfaceName {
    shorten(passed.guest.clone().unwrap_or_else(|| format!("mv-{}", passed.host)))
}

/// The name of a host interface while a guest has it.
pub fn moved(passed: &Passed) -> &str {
    passed.guest.as_deref().unwrap_or(&passed.host)
}

/// The host's end of a container's veth pair: `ve-NAME`.
pub fn host_end(container: &ContainerName) -> InterfaceName {
    shorten(format!("ve-{container}"))
}

/// The host's end of a container's veth pair if it is attached to a bridge: `vb-NAME`.
pub fn bridge_end(container: &ContainerName) -> InterfaceName {
    shorten(format!("vb-{container}"))
}

/// The host interface through which packets reach a guest.
pub fn way_in(container: &ContainerName, veth: &Veth) -> String {
    veth.bridge.clone().unwrap_or_else(|| host_end(container).name)
}

/// An interface that gets a generated hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The host's end of the main pair.
    Host,
    /// The guest's end of the main pair.
    Guest,
    /// The host's end of an extra pair.
    ExtraHost,
    /// The guest's end of an extra pair.
    ExtraGuest,
    /// A macvlan.
    Macvlan,
}

impl End {
    /// systemd's key for this kind (`src/nspawn/nspawn-network.c`).
    fn key(self) -> [u8; 16] {
        match self {
            Self::Host => 0x1a37_6fc7_46ec_450b_ada3_d531_0660_5db1_u128,
            Self::Guest => 0xc3c4_f919_b557_b21c_e6cf_1427_039c_eea2,
            Self::ExtraHost => 0x48c7_f6b7_ea9d_4c9e_b728_d4de_91d5_bf66,
            Self::ExtraGuest => 0xaf50_1761_cef9_4d35_840d_2b20_54be_ce59,
            Self::Macvlan => 0x0013_6dbc_6683_4481_bb0c_f951_1f24_a66f,
        }
        .to_be_bytes()
    }
}

/// The hardware address that systemd-nspawn gives to the `index`th interface of a kind.
///
/// On one machine it is the same at each start, so that leases and addresses derived from it stay valid.
pub fn hardware_address(machine: [u8; 16], end: End, container: &ContainerName, index: u64) -> HardwareAddress {
    let mut hasher = SipHasher24::new_with_key(&end.key());
    hasher.write(&machine);
    hasher.write(container.as_str().as_bytes());
    if index > 0 {
        hasher.write(&index.to_le_bytes());
    }
    let [first, b, c, d, e, f, ..] = hasher.finish().to_le_bytes();
    // The bits for "locally administered" and "unicast".
    HardwareAddress([first & 0xfe | 0x02, b, c, d, e, f])
}

fn shorten(full: String) -> InterfaceName {
    if full.len() <= LONGEST {
        return InterfaceName { name: full, altname: None };
    }
    let mut hasher = SipHasher24::new_with_keys(KEY.0, KEY.1);
    hasher.write(full.as_bytes());
    let hash = hasher.finish();
    let digits = [18, 12, 6, 0].map(|shift| char::from(BASE64[(hash >> shift) as usize & 0x3f]));
    let mut name = full[..LONGEST - digits.len()].to_owned();
    name.extend(digits);
    InterfaceName { name, altname: Some(full) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_addresses_are_those_of_systemd_nspawn() {
        // What systemd 257 assigned on a machine with this ID.
        let machine = 0x81d0_81c9_42cd_44eb_a5d7_143c_dd51_8349_u128.to_be_bytes();
        let name = ContainerName::new("wasabi").expect("a good name");
        for (end, index, expected) in [
            (End::Guest, 0, "c6:5e:23:0e:63:a6"),
            (End::ExtraGuest, 0, "ba:08:56:d8:8f:44"),
            (End::ExtraGuest, 1, "6e:d8:08:d1:52:80"),
            (End::Macvlan, 0, "aa:dd:d6:db:2e:b1"),
        ] {
            assert_eq!(hardware_address(machine, end, &name, index).to_string(), expected, "{end:?} {index}");
        }
    }

    #[test]
    fn long_names_are_shortened_as_systemd_does_it() {
        let table = [
            ("ve-wasabi", "ve-wasabi"),
            ("ve-fifteenchars", "ve-fifteenchars"),
            ("ve-really-long-name", "ve-really-l3QgY"),
            ("ve-really-long-long-name-2", "ve-really-lFYWO"),
            ("vb-really-long-name", "vb-really-lE9s9"),
        ];
        for (full, name) in table {
            let link = shorten(full.to_owned());
            assert_eq!(link.name, name);
            assert_eq!(link.altname, (full != name).then(|| full.to_owned()), "{full}");
        }
    }
}
