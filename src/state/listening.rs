//! Reads which TCP ports of `[::1]` something listens on, from files of the kernel (proc_net_tcp).

use std::collections::BTreeSet;

/// `::1` and `::` as the kernel prints them: four words in the machine's byte order, of which the last is 1 for `::1`.
const ADDRESSES: [[u32; 4]; 2] = [[0, 0, 0, u32::from_ne_bytes([0, 0, 0, 1])], [0; 4]];
/// The state of a socket that listens.
const LISTENS: &str = "0A";

/// Whether `if_inet6` names `::1`.
pub(crate) fn has_loopback(if_inet6: &str) -> bool {
    if_inet6.lines().any(|line| line.starts_with("00000000000000000000000000000001 "))
}

/// The ports of the sockets in `tcp6` that take connections to `::1`.
pub(crate) fn ports(tcp6: &str) -> BTreeSet<u16> {
    let port = |line: &str| {
        let mut words = line.split_whitespace();
        let (address, port) = words.nth(1)?.split_once(':')?;
        let is_listening = words.nth(1)? == LISTENS;
        let word = |at: usize| u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok();
        let address = [word(0)?, word(1)?, word(2)?, word(3)?];
        (is_listening && ADDRESSES.contains(&address)).then(|| u16::from_str_radix(port, 16).ok())?
    };
    tcp6.lines().filter_map(port).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn sockets_that_take_connections_to_the_loopback_are_found() {
        let tcp6 =
            "  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   2: 000000FD000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   3: 00000000000000000000000001000000:9C40 00000000000000000000000001000000:1F90 01 00000000:00000000 00:00000000
   4: nonsense";
        assert_eq!(ports(tcp6), [22, 8080].into());
        assert!(has_loopback("00000000000000000000000000000001 01 80 10 80       lo\n"));
        assert!(!has_loopback("fe800000000000000000000000000001 02 40 20 80     eth0\n"));
    }
}
