//! Files below `/run` that make the network managers of the host leave the interfaces of containers alone.
//!
//! systemd-networkd brings files of its own for `ve-*` and `vb-*` (`80-container-ve.network`): they give the host's end an
//! address, a DHCP server and masquerading, whoever made it. NetworkManager configures every interface that it may.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{interface, paths, unit};
use crate::model::ContainerName;
use crate::model::spec::Network;

/// The host's ends of containers' veth pairs. Interfaces of the host that guests are given, bridges, and the parents of macvlans
/// are the host's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unmanaged {
    /// Those that get an address or a bridge with their container.
    pub configured: BTreeSet<String>,
    /// Those that get neither, which the administrator may want to configure.
    pub bare: BTreeSet<String>,
}

impl Unmanaged {
    /// The interfaces of containers with these networks.
    pub fn of<'a>(networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>) -> Self {
        let mut unmanaged = Self::default();
        for pair in networks.into_iter().flat_map(|(name, network)| interface::pairs(name, network)) {
            let veth = &pair.veth;
            // An address of the guest alone makes a route on the host.
            let is_bare = veth.bridge.is_none()
                && (veth.host4, veth.local4) == (None, None)
                && (veth.host6, veth.local6) == (None, None);
            let names = if is_bare { &mut unmanaged.bare } else { &mut unmanaged.configured };
            names.insert(pair.host.name);
        }
        unmanaged
    }

    /// These interfaces and `others`.
    pub fn with(mut self, others: &Self) -> Self {
        self.configured.extend(others.configured.iter().cloned());
        self.bare.extend(others.bare.iter().cloned());
        self
    }

    /// Whether this has any interface.
    pub fn is_empty(&self) -> bool {
        self.configured.is_empty() && self.bare.is_empty()
    }

    /// The files that each manager reads, with their texts; `None` if a file must not exist.
    pub fn files(&self) -> [(Manager, PathBuf, Option<String>); 3] {
        let all = self.configured.union(&self.bare).cloned().collect();
        [
            (Manager::Networkd, PathBuf::from(paths::NETWORKD), networkd(&self.configured)),
            (Manager::Networkd, PathBuf::from(paths::NETWORKD_BARE), networkd(&self.bare)),
            (Manager::NetworkManager, PathBuf::from(paths::NETWORK_MANAGER), network_manager(&all)),
        ]
    }

    /// Whether files with these texts, in the order of [`Self::files`], name all of these interfaces.
    pub fn are_in(&self, [configured, bare, manager]: [&str; 3]) -> bool {
        let names = |text: &str, pattern: &str| text.split([' ', '\n', '=', ';']).any(|word| word == pattern);
        let are_named = |interfaces: &BTreeSet<String>, text: &str| {
            interfaces
                .iter()
                .all(|interface| names(text, &pattern(interface)) && manager.contains(&exactly(interface)))
        };
        are_named(&self.configured, configured) && are_named(&self.bare, bare)
    }
}

/// A program that configures network interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// systemd-networkd.
    Networkd,
    /// NetworkManager.
    NetworkManager,
}

impl Manager {
    /// Its name in messages, and for its mark in [`paths::unread_managers`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Networkd => "systemd-networkd",
            Self::NetworkManager => "NetworkManager",
        }
    }
}

/// A `.network` file (systemd.network(5)).
fn networkd(interfaces: &BTreeSet<String>) -> Option<String> {
    let patterns: Vec<String> = interfaces.iter().map(|interface| pattern(interface)).collect();
    (!patterns.is_empty())
        .then(|| format!("{}\n\n[Match]\nName={}\n\n[Link]\nUnmanaged=yes\n", unit::HEADER, patterns.join(" ")))
}

/// A file of NetworkManager's configuration (NetworkManager.conf(5)).
///
/// Files below `/etc` are read later. One that sets `unmanaged-devices` would replace a list, but it leaves a `device` section
/// alone; and a `device` section of the administrator may come first, but it leaves the list alone.
fn network_manager(interfaces: &BTreeSet<String>) -> Option<String> {
    let devices: Vec<String> = interfaces.iter().map(|interface| exactly(interface)).collect();
    let devices = devices.join(";");
    (!devices.is_empty()).then(|| {
        format!(
            "{}\n\n[keyfile]\nunmanaged-devices+={devices}\n\n[device-container-rebuild]\nmatch-device={devices}\nmanaged=0\n",
            unit::HEADER
        )
    })
}

/// A device specification that matches this interface.
fn exactly(interface: &str) -> String {
    let pattern = pattern(interface);
    // `:=` takes the name literally. NetworkManager cannot escape its separators.
    let literally = if pattern == interface { "=" } else { "" };
    format!("interface-name:{literally}{pattern}")
}

/// A glob that matches an interface of this name. Characters that may mean something else match any character.
fn pattern(interface: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    interface.chars().map(|letter| if is_plain(letter) { letter } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spec::{Passed, Private, Veth};

    fn network() -> Network {
        let veth = |local: &str| Veth { local4: local.parse().ok(), ..Veth::default() };
        let bridged = Veth { bridge: Some(String::from("br0")), ..Veth::default() };
        Network::Private(Private {
            veth: Some(veth("10.0.0.2")),
            extra: [
                (String::from("bare"), Veth::default()),
                (String::from("side;1"), bridged),
                (String::from("side2"), veth("10.0.1.2")),
            ]
            .into(),
            macvlans: Passed::parse("eth1").into_iter().collect(),
            interfaces: Passed::parse("eth2").into_iter().collect(),
            ..Private::default()
        })
    }

    #[test]
    fn each_manager_is_told_about_the_hosts_ends_and_nothing_else() {
        let name = ContainerName::new("really-long-name").expect("a good name");
        let network = network();
        let unmanaged =
            Unmanaged::of([(&name, &network), (&ContainerName::new("a").expect("good"), &Network::Host)]);
        let files = unmanaged.files();
        let texts: Vec<&str> = files.iter().map(|(_, _, text)| text.as_deref().expect("interfaces")).collect();
        insta::assert_snapshot!(texts.join("---\n"), @r"
        # Written by container-rebuild. Changes made here are lost.

        [Match]
        Name=side2 side?1 ve-really-l3QgY

        [Link]
        Unmanaged=yes
        ---
        # Written by container-rebuild. Changes made here are lost.

        [Match]
        Name=bare

        [Link]
        Unmanaged=yes
        ---
        # Written by container-rebuild. Changes made here are lost.

        [keyfile]
        unmanaged-devices+=interface-name:=bare;interface-name:=side2;interface-name:side?1;interface-name:=ve-really-l3QgY

        [device-container-rebuild]
        match-device=interface-name:=bare;interface-name:=side2;interface-name:side?1;interface-name:=ve-really-l3QgY
        managed=0
        ");
        let texts = [texts[0], texts[1], texts[2]];
        assert!(unmanaged.are_in(texts));
        for missing in 0..3 {
            let mut fewer = texts;
            fewer[missing] = "";
            assert!(!unmanaged.are_in(fewer), "{missing}");
        }
        let other = Unmanaged { configured: [String::from("ve-really-long")].into(), ..Unmanaged::default() };
        assert!(!other.are_in(texts), "a part of a name");
    }

    #[test]
    fn without_interfaces_there_is_no_file() {
        assert!(Unmanaged::default().is_empty());
        assert!(Unmanaged::default().files().iter().all(|(_, _, text)| text.is_none()));
        assert!(Unmanaged::default().are_in([""; 3]));
    }
}
