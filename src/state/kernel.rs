//! Settings of the kernel that rules need.

use crate::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING, Sysctl};

/// What a host's kernel is set to (`/proc/sys/net`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Whether it passes on packets of IPv4.
    pub forwards_ipv4: bool,
    /// The same of IPv6.
    pub forwards_ipv6: bool,
    /// Whether each link that takes advertisements of routers also does when the host forwards (`accept_ra` is 2).
    pub keeps_advertisements: bool,
}

impl Kernel {
    /// Whether a setting of the whole host is as it is to be.
    pub fn has(self, sysctl: &Sysctl) -> bool {
        match sysctl.name.as_str() {
            IPV4_FORWARDING => self.forwards_ipv4,
            IPV6_FORWARDING => self.forwards_ipv6,
            _ => sysctl.accept_ra().is_none() || self.keeps_advertisements,
        }
    }
}
