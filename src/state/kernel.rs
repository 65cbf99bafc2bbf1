//! Kernel settings that the rules need.

use crate::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING, Sysctl};

/// The settings of a host's kernel (`/proc/sys/net`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Whether it forwards IPv4 packets.
    pub forwards_ipv4: bool,
    /// Whether it forwards IPv6 packets.
    pub forwards_ipv6: bool,
    /// Whether every interface that accepts router advertisements goes on accepting them while the host forwards
    /// (`accept_ra` is 2).
    pub keeps_advertisements: bool,
}

impl Kernel {
    /// Whether the kernel has the value that a host-wide sysctl requires.
    pub fn has(self, sysctl: &Sysctl) -> bool {
        match sysctl.name.as_str() {
            IPV4_FORWARDING => self.forwards_ipv4,
            IPV6_FORWARDING => self.forwards_ipv6,
            _ => sysctl.accept_ra().is_none() || self.keeps_advertisements,
        }
    }
}
