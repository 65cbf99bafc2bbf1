//! A set of ports of the host. Forwards take ranges of up to 65,535, so it keeps ranges, and looks for free ones by ranges.

use std::collections::BTreeMap;

use crate::model::spec::{Ports, Protocol};

/// Ports by their protocol, as ranges that share no port: the last port of each by its first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PortSet(BTreeMap<(Protocol, u16), u16>);

impl PortSet {
    /// Adds all these ports.
    pub(super) fn add(&mut self, protocol: Protocol, ports: Ports) {
        let Ports { mut first, mut last } = ports;
        while let Some(other) = self.last_of(protocol, Ports { first, last }) {
            self.0.remove(&(protocol, other.first));
            (first, last) = (first.min(other.first), last.max(other.last));
        }
        self.0.insert((protocol, first), last);
    }

    /// The last of the ranges that share a port with these.
    pub(super) fn last_of(&self, protocol: Protocol, ports: Ports) -> Option<Ports> {
        let (&(_, first), &last) = self.0.range((protocol, 0)..=(protocol, ports.last)).next_back()?;
        (last >= ports.first).then_some(Ports { first, last })
    }
}

/// As many ports as `ports` has, from the port `from` on, of which none is in one of the sets.
pub(super) fn free(sets: [&PortSet; 2], protocol: Protocol, from: u16, ports: Ports) -> Option<Ports> {
    let mut first = from;
    loop {
        let ports = Ports { first, last: first.checked_add(ports.last - ports.first)? };
        match sets.into_iter().filter_map(|set| set.last_of(protocol, ports)).map(|taken| taken.last).max() {
            None => return Some(ports),
            Some(last) => first = last.checked_add(1)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(first: u16, last: u16) -> Ports {
        Ports { first, last }
    }

    #[test]
    fn ranges_that_share_ports_become_one() {
        let mut set = PortSet::default();
        for (first, last) in [(10, 20), (30, 40), (50, 50), (15, 35), (1, 1)] {
            set.add(Protocol::Tcp, ports(first, last));
        }
        let ranges: Vec<_> = set.0.iter().map(|(&(_, first), &last)| (first, last)).collect();
        assert_eq!(ranges, [(1, 1), (10, 40), (50, 50)]);
        assert_eq!(set.last_of(Protocol::Tcp, ports(41, 49)), None);
        assert_eq!(set.last_of(Protocol::Tcp, ports(2, 60)), Some(ports(50, 50)));
        assert_eq!(set.last_of(Protocol::Udp, ports(2, 60)), None);
    }

    #[test]
    fn free_ports_are_found_behind_those_that_are_taken() {
        let [mut one, mut two] = [PortSet::default(), PortSet::default()];
        one.add(Protocol::Tcp, ports(1, 60_000));
        two.add(Protocol::Tcp, ports(60_010, 65_000));
        let free = |from, count| free([&one, &two], Protocol::Tcp, from, ports(1, count));
        assert_eq!(free(1, 9), Some(ports(60_001, 60_009)));
        assert_eq!(free(1, 10), Some(ports(65_001, 65_010)));
        assert_eq!(free(1, 535), Some(ports(65_001, 65_535)));
        assert_eq!(free(1, 536), None);
        assert_eq!(free(65_535, 1), Some(ports(65_535, 65_535)));
    }
}
