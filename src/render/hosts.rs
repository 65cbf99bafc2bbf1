//! The names of containers in the host's `/etc/hosts`: `NAME.containers`, as NixOS sets them through `networking.extraHosts` for
//! each container with a `localAddress`, and for `localAddress6` too.
//!
//! The file is the administrator's (hosts(5)). A comment at its end marks each line of ours; all other lines stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::model::ContainerName;
use crate::model::spec::Network;

/// What our lines end in.
const MARK: &str = "# container-rebuild";

/// The addresses of containers that have a name of their own on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts(BTreeMap<ContainerName, BTreeSet<IpAddr>>);

impl Hosts {
    /// Those of containers with these networks. Without a private network, the host's own names lead to a container.
    pub fn of<'a>(networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>) -> Self {
        let named = networks.into_iter().filter_map(|(name, network)| {
            let Network::Private(private) = network else { return None };
            let veth = private.veth.as_ref()?;
            let addresses: BTreeSet<IpAddr> =
                veth.local4.map(IpAddr::V4).into_iter().chain(veth.local6.map(IpAddr::V6)).collect();
            (!addresses.is_empty()).then(|| (name.clone(), addresses))
        });
        Self(named.collect())
    }

    /// These, but the addresses in `others` for containers that are in both.
    pub fn overridden_by(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Our lines.
    fn lines(&self) -> impl Iterator<Item = String> {
        let line = |name, address| format!("{address} {name}.containers {MARK}");
        self.0.iter().flat_map(move |(name, addresses)| addresses.iter().map(move |address| line(name, address)))
    }

    /// The text of a `/etc/hosts` with exactly these names of ours. A `text` that has them already comes back as it is.
    pub fn added_to(&self, text: &str) -> String {
        let mut missing: Vec<String> = self.lines().collect();
        let mut updated = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end();
            if bare.ends_with(MARK) {
                let Some(index) = missing.iter().position(|wanted| wanted == bare) else { continue };
                missing.swap_remove(index);
            }
            updated.push_str(line);
        }
        missing.sort();
        for line in missing {
            if !updated.is_empty() && !updated.ends_with('\n') {
                updated.push('\n');
            }
            updated.push_str(&line);
            updated.push('\n');
        }
        updated
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::nspawn::tests::wasabi;

    /// The names of one container with these addresses.
    fn of(name: &str, addresses: (Option<&str>, Option<&str>)) -> Hosts {
        let mut container = wasabi();
        let Network::Private(network) = &mut container.network else { panic!("it has one of its own") };
        let veth = network.veth.as_mut().expect("it has a veth");
        veth.local4 = addresses.0.map(|text| text.parse().expect("an address"));
        veth.local6 = addresses.1.map(|text| text.parse().expect("an address"));
        let name = ContainerName::new(name).expect("a good name");
        Hosts::of([(&name, &container.network)])
    }

    #[test]
    fn each_address_has_a_line_and_other_lines_stay() {
        let hosts =
            of("web", (Some("10.0.0.2"), Some("fd00::2"))).overridden_by(of("db", (Some("10.0.0.3"), None)));
        let text = hosts.added_to("127.0.0.1 localhost\n\n10.0.0.9 web.containers");
        insta::assert_snapshot!(text, @r"
        127.0.0.1 localhost

        10.0.0.9 web.containers
        10.0.0.2 web.containers # container-rebuild
        10.0.0.3 db.containers # container-rebuild
        fd00::2 web.containers # container-rebuild
        ");
        assert_eq!(hosts.added_to(&text), text, "they are there");
        let moved = hosts.overridden_by(of("db", (Some("10.0.0.4"), None))).added_to(&text);
        assert_eq!(moved.matches("db.containers").count(), 1);
        assert!(moved.contains("10.0.0.4 db.containers"), "{moved}");
        assert_eq!(Hosts::default().added_to(&moved), "127.0.0.1 localhost\n\n10.0.0.9 web.containers\n");
    }

    #[test]
    fn a_network_without_an_address_has_no_name() {
        assert_eq!(of("web", (None, None)), Hosts::default());
        let name = ContainerName::new("web").expect("a good name");
        assert_eq!(Hosts::of([(&name, &Network::Host)]), Hosts::default());
    }

    proptest! {
        /// Whatever the file has, its own lines stay, ours are those that are wanted, and a second time nothing changes.
        #[test]
        fn other_lines_stay(lines in prop::collection::vec("[a-z0-9.:# \t\r]{0,20}", 0..8), end in any::<bool>()) {
            let text = lines.join("\n") + if end { "\n" } else { "" };
            let hosts = of("web", (Some("10.0.0.2"), None));
            let with = hosts.added_to(&text);
            prop_assert_eq!(hosts.added_to(&with), with.clone());
            let without = Hosts::default().added_to(&with);
            prop_assert_eq!(without.trim_end_matches('\n'), text.trim_end_matches('\n'));
            prop_assert_eq!(with.matches(MARK).count(), 1);
        }
    }
}
