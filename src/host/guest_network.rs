//! Reads the addresses and routes of a guest from procfs (proc_pid_net(5)): no process enters its namespace for that.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::state::GuestNetwork;

/// The network of the guest whose first process is `leader`; `None` if it cannot be read.
pub(super) fn read(leader: u32) -> Option<GuestNetwork> {
    let text = |name: &str| fs::read_to_string(format!("/proc/{leader}/net/{name}")).ok();
    // Without IPv6 in the kernel, its files do not exist.
    let six = |name: &str| text(name).unwrap_or_default();
    let addresses = addresses4(&text("fib_trie")?).chain(addresses6(&six("if_inet6"))).collect();
    let routes = routes4(&text("route")?).chain(routes6(&six("ipv6_route"))).collect::<BTreeSet<_>>();
    Some(GuestNetwork { addresses, routes, links: None })
}

/// The local addresses in the kernel's routing tables, each on the line before its type.
fn addresses4(fib_trie: &str) -> impl Iterator<Item = IpAddr> {
    let lines = fib_trie.lines().zip(fib_trie.lines().skip(1));
    lines.filter_map(|(line, next)| {
        let address = line.trim_start().strip_prefix("|-- ")?;
        next.contains("/32 host LOCAL").then(|| address.parse::<Ipv4Addr>().ok().map(IpAddr::V4))?
    })
}

fn addresses6(if_inet6: &str) -> impl Iterator<Item = IpAddr> {
    if_inet6.lines().filter_map(|line| Some(six(line.split_whitespace().next()?)?.into()))
}

/// The routes of the main table that are not unreachable (`RTF_REJECT`).
fn routes4(route: &str) -> impl Iterator<Item = (IpAddr, u8)> {
    const REJECT: u32 = 0x200;
    route.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // In the byte order of this machine, of numbers that are in network byte order.
        let number = |field: usize| u32::from_str_radix(fields.get(field)?, 16).ok();
        let address = Ipv4Addr::from(number(1)?.to_ne_bytes());
        let length = number(7)?.count_ones();
        (number(3)? & REJECT == 0).then_some((address.into(), u8::try_from(length).ok()?))
    })
}

fn routes6(ipv6_route: &str) -> impl Iterator<Item = (IpAddr, u8)> {
    ipv6_route.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, .., interface] = fields[..] else { return None };
        // The kernel lists a default route of its own over `lo`, for no address.
        (interface != "lo").then_some((six(destination)?.into(), u8::from_str_radix(length, 16).ok()?))
    })
}

fn six(digits: &str) -> Option<Ipv6Addr> {
    (digits.len() == 32).then(|| u128::from_str_radix(digits, 16).ok().map(Ipv6Addr::from))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netlink::{HardwareAddresses, connect};
    use crate::host::netns;
    use crate::host::netns::tests::isolated;
    use crate::model::spec::Veth;
    use crate::render::interface::{self, Pair};

    #[test]
    fn what_netlink_has_set_is_read_back() {
        isolated(|directory| {
            let namespace = directory.join("netns/c");
            netns::create(&namespace).expect("a namespace");
            let veth = Veth {
                host4: "192.168.100.10".parse().ok(),
                local4: "192.168.100.11".parse().ok(),
                host6: "fd00::10".parse().ok(),
                local6: "fd00::11".parse().ok(),
                ..Veth::default()
            };
            let name = crate::model::ContainerName::new("a").expect("a good name");
            let pair = Pair { veth, ..pair(&name) };
            connect(&pair, &namespace, HardwareAddresses::default()).expect("connected");
            let network = netns::within(&namespace, || {
                let thread = nix::unistd::gettid().as_raw().unsigned_abs();
                read(thread).expect("it can be read")
            });
            let GuestNetwork { addresses, routes, .. } = network.expect("entered");
            for address in ["192.168.100.11", "fd00::11"] {
                assert!(addresses.contains(&address.parse().expect("an address")), "{address}: {addresses:?}");
            }
            for (route, length) in [("192.168.100.10", 32), ("0.0.0.0", 0), ("fd00::10", 128), ("::", 0)] {
                assert!(routes.contains(&(route.parse().expect("an address"), length)), "{route}: {routes:?}");
            }
        });
    }

    /// The pair of a container with any network of its own.
    fn pair(name: &crate::model::ContainerName) -> Pair {
        use crate::model::spec::{Network, Private};
        let veth = Some(Veth { local4: "10.0.0.1".parse().ok(), ..Veth::default() });
        let network = Network::Private(Private { veth, ..Private::default() });
        interface::pairs(name, &network).remove(0)
    }

    #[test]
    fn the_kernels_own_routes_do_not_count() {
        let none = "00000000000000000000000000000000";
        let line = format!("{none} 00 {none} 00 {none} ffffffff 00000001 00000000 00200200 lo\n");
        assert_eq!(routes6(&line).count(), 0);
        let route = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                     *\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert_eq!(routes4(route).count(), 0);
        for text in ["", "\n", "Iface\nx y z\n", "|-- 1.2.3\n/32 host LOCAL\n"] {
            let all = addresses4(text)
                .chain(addresses6(text))
                .chain(routes4(text).chain(routes6(text)).map(|(to, _)| to));
            assert_eq!(all.count(), 0, "{text:?}");
        }
    }
}
