//! Names of network links.
//!
//! The kernel takes at most 15 bytes. Longer names are shortened exactly as systemd-nspawn does it
//! (`shorten_ifname` in systemd's `src/nspawn/nspawn-network.c`), so that rules written for either tool fit both.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::model::ContainerName;

/// `IFNAMSIZ` without its terminating zero: bytes in the name of a link.
pub const LONGEST: usize = 15;

/// systemd's key for hashing link names, as the two words that SipHash reads it as.
const KEY: (u64, u64) = (
    u64::from_le_bytes([0xe1, 0x90, 0xa4, 0x04, 0xa8, 0xef, 0x4b, 0x51]),
    u64::from_le_bytes([0x8c, 0xcc, 0xc3, 0x3a, 0x9f, 0x11, 0xfc, 0xa2]),
);

/// The URL-safe alphabet of base64 (RFC 4648, section 5).
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A link of the host and what it is also known as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkName {
    /// The name in the kernel; what `iifname` matches.
    pub name: String,
    /// The whole name, when `name` had to be shortened; to be added as `altname`.
    pub altname: Option<String>,
}

/// The host's end of the veth pair of a container: `ve-NAME`.
pub fn host_end(container: &ContainerName) -> LinkName {
    shorten(format!("ve-{container}"))
}

fn shorten(full: String) -> LinkName {
    if full.len() <= LONGEST {
        return LinkName { name: full, altname: None };
    }
    let mut hasher = SipHasher24::new_with_keys(KEY.0, KEY.1);
    hasher.write(full.as_bytes());
    let hash = hasher.finish();
    let digits = [18, 12, 6, 0].map(|shift| char::from(BASE64[(hash >> shift) as usize & 0x3f]));
    let mut name = full[..LONGEST - digits.len()].to_owned();
    name.extend(digits);
    LinkName { name, altname: Some(full) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
