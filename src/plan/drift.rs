//! Drift: how the host differs from what was last applied, though nobody configured it that way.
//!
//! Compares what was observed with our own records, and does no I/O. A difference that is an option's value (the address of an
//! interface) appears in the plan as a changed option. Everything else is a [`Drift`], which the plan reports as a finding and
//! repairs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use super::cost::Disruption;
use super::loopback;
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::model::spec::{Network, Private, Veth};
use crate::render::hosts::Hosts;
use crate::render::interface::Pair;
use crate::render::loopback as units;
use crate::render::nft::Ruleset;
use crate::render::unit::{self, Likeness};
use crate::render::unmanaged::Unmanaged;
use crate::render::{conf, interface, paths, restore_unit};
use crate::state::{GuestNetwork, Interface, NixosNat, ObservedContainer, Owner, Record, Snapshot};

/// Declares the kinds of drift: what is wrong (printed after "`NAME`: "), what the repair costs the container, and whether
/// writing its files again is the repair.
macro_rules! drifts {
    ($($(#[$doc:meta])+ $variant:ident = $words:literal, $cost:ident $(, $files:ident)?;)+) => {
        /// One way in which a container differs from what was last applied.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Drift { $($(#[$doc])+ $variant,)+ }

        impl Drift {
            /// All kinds of drift.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// What is wrong, in words that follow "`NAME`: ".
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $words,)+ }
            }

            /// What the repair costs the container.
            pub(super) fn cost(self) -> Disruption {
                match self { $(Self::$variant => Disruption::$cost,)+ }
            }

            /// Whether writing the container's files again repairs it.
            pub(super) fn is_of_files(self) -> bool {
                match self { $(Self::$variant => false $(|| is!($files))?,)+ }
            }
        }
    };
}

macro_rules! is {
    (files) => {
        true
    };
}

drifts! {
    /// It has `autoStart`, but does not run.
    Stopped = "was stopped, although it starts by itself", None;
    /// A killed or failed switch stopped it, to start it again.
    NotStarted = "a switch that did not finish stopped it", None;
    /// A killed or failed switch was changing it while it ran.
    HalfChanged = "a switch that did not finish was changing it", Reload;
    /// Its unit file is not the one we wrote.
    Unit = "its unit file was changed or removed", None, files;
    /// systemd still uses the previous content of its unit file.
    Unread = "systemd has not reloaded its unit file", None, files;
    /// A copy of its unit is in a directory that takes precedence.
    Outranked = "a unit file in /etc/systemd/system overrides ours", None, files;
    /// Its unit calls the path of a former version, instead of the path that all units share.
    Program = "its unit calls the path of a former version of the program", None, files;
    /// The program that its unit calls is missing or not executable.
    ProgramGone = "the program that its unit calls is missing or not executable", None, files;
    /// Its `.conf` is not the one we wrote, or not a symlink to it.
    Conf = "its .conf file was changed or removed", None, files;
    /// The record of what its next start uses is missing or damaged.
    Record = "the record for its next start is missing or damaged", None, files;
    /// One of its files has the right content, but another type, owner or mode.
    Access = "one of its files was replaced, or has another owner or mode", None, files;
    /// No garbage collector root protects its system.
    Unheld = "a garbage collection may remove its system", None, files;
    /// The record of what it runs with is missing or damaged. Only a restart makes that known again.
    Booted = "the record of what it runs with is missing or damaged", Restart;
    /// Its interface on the host is down, or a route through it is missing.
    Interface = "its interface on the host is down or has lost a route", Reload;
    /// Its guest lacks an address or a route that was set, for example because the guest manages its interfaces itself.
    GuestNetwork = "its guest has lost an address or a route", Reload;
    /// The source of one of its bind mounts is a symlink that leads elsewhere than when it was mounted.
    SourceMoved = "the source of a bind mount is a symlink that leads elsewhere by now", Reload;
    /// Its interface on the host lacks an address that was set.
    Address = "its interface on the host has another address than was set", Reload;
    /// Its interface on the host is in another bridge than was set, or in none.
    Bridge = "its interface on the host has left its bridge", Reload;
    /// Its interface on the host has another MTU than was set.
    Mtu = "its interface on the host has another MTU than was set", Reload;
    /// A macvlan, or an interface of the host, is no longer in its guest.
    Passed = "its guest has lost an interface of the host or a macvlan", Restart;
    /// Its interface on the host no longer exists.
    LinkGone = "its interface on the host is gone", Restart;
}

/// The notes that report the drift of a container, whose `moved` bind mounts have sources that lead elsewhere by now.
pub(super) fn findings(name: &ContainerName, drift: &[Drift], moved: &[&Path]) -> Vec<Diagnostic> {
    let note = |what: &str, help: String| Diagnostic::note(Code::Drift, format!("`{name}`: {what}")).help(help);
    let repairs = || String::from("`switch` repairs it");
    let others = drift.iter().filter(|drift| **drift != Drift::SourceMoved);
    let mut notes: Vec<_> = others.map(|drift| note(drift.as_str(), repairs())).collect();
    notes.extend(moved.iter().map(|source| {
        let help = match drift.contains(&Drift::SourceMoved) {
            true => repairs(),
            // Secrets move with every deployment, which is no reason to restart a guest.
            false => {
                format!("the guest sees the former one until you restart it: container-rebuild restart {name}")
            }
        };
        note(&format!("{} leads elsewhere since it was mounted", source.display()), help)
    }));
    notes
}

/// The drift of the host itself, which `switch` repairs even if no container changes.
pub(super) fn of_host(snapshot: &Snapshot) -> Vec<Diagnostic> {
    let note = |message: String| Diagnostic::note(Code::Drift, message).help("`switch` repairs it");
    let lost = snapshot.is_generation_lost.then(|| {
        note(String::from("the boot generation is missing or damaged: the next boot would start no container"))
    });
    let open = snapshot.open_directories.iter();
    let open = open.map(|path| note(format!("{} is writable by users other than root", path.display())));
    let guarding = damaged_files(snapshot).into_iter();
    let guarding = guarding.map(|(path, so)| note(format!("{} is not as it was written: {so}", path.display())));
    let journal = snapshot.unfinished.is_damaged.then(|| {
        let help =
            "see `container-rebuild status`: a container that the last switch stopped may have to be started";
        let message = format!(
            "{} is damaged: the last switch may have left more undone than is shown",
            paths::journal().display()
        );
        Diagnostic::warning(Code::Drift, message).help(help)
    });
    lost.into_iter().chain(open).chain(guarding).chain(journal).collect()
}

/// The files of the host that guard interfaces and rules, or name containers, and that are missing, left over or have another text, each with what may come of it.
fn damaged_files(snapshot: &Snapshot) -> Vec<(PathBuf, String)> {
    let ours = || snapshot.containers.iter().filter(|(_, observed)| observed.owner == Owner::Ours);
    let recorded = |name| snapshot.generation.as_ref()?.records.get(name);
    let written = ours().filter_map(|(name, it)| Some((name, it.written.as_ref().or_else(|| recorded(name))?)));
    let written: BTreeMap<_, _> = written.map(|(name, record)| (name, &record.spec.network)).collect();
    let running = ours().filter(|(_, observed)| observed.is_running());
    let running: BTreeMap<_, _> =
        running.filter_map(|(name, it)| Some((name, &it.booted.as_ref()?.spec.network))).collect();
    let mut damaged = Vec::new();
    let networks = written.iter().chain(&running).map(|(name, network)| (*name, *network));
    for (manager, path, text) in Unmanaged::of(networks).files() {
        if snapshot.guarding_files.get(&path) != text.as_ref() {
            damaged.push((path, format!("{} may configure the interfaces of containers", manager.name())));
        }
    }
    let hosts = |networks: &BTreeMap<&ContainerName, &Network>| {
        Hosts::of(networks.iter().map(|(name, network)| (*name, *network)))
    };
    let named = hosts(&written).overridden_by(hosts(&running));
    if snapshot.hosts.as_ref().is_some_and(|text| named.added_to(text) != *text) {
        let so = String::from("`NAME.containers` may lead elsewhere, or nowhere");
        damaged.push((paths::HOSTS.into(), so));
    }
    let nat = snapshot.generation.as_ref().filter(|_| snapshot.nixos_nat == NixosNat::Absent);
    let nat = nat.map(|generation| generation.nat.clone()).unwrap_or_default();
    let networks = written.iter().map(|(name, network)| (*name, *network));
    let mut wanted = restore_unit::files(&restore_unit::units(networks.clone(), &nat));
    let loopback = loopback::available(&Ruleset::of(networks, &nat), loopback::taken(snapshot).as_ref());
    wanted.extend(units::files(&loopback));
    let there = snapshot.guarding_files.keys().filter(|path| path.starts_with(paths::UNITS));
    let paths: BTreeSet<&PathBuf> = wanted.keys().chain(there).collect();
    let other = paths.into_iter().filter(|path| wanted.get(*path) != snapshot.guarding_files.get(*path));
    damaged.extend(other.map(|path| {
        let so = match units::port(path) {
            Some(port) => format!("[::1]:{port} may lead elsewhere"),
            None => String::from("what containers lose by restarts of other units is not put back"),
        };
        (path.clone(), so)
    }));
    damaged
}

/// The drift of a container.
pub(crate) fn of(name: &ContainerName, snapshot: &Snapshot) -> Vec<Drift> {
    let Some(observed) = snapshot.containers.get(name).filter(|observed| observed.owner == Owner::Ours) else {
        return Vec::new();
    };
    if observed.damage.mask.is_some() {
        // Masking the unit was a deliberate act, which the plan reports instead: nothing else matters until it is undone.
        return Vec::new();
    }
    if observed.is_handed_over() {
        return Vec::new();
    }
    let mut drift = files(observed);
    let boots = snapshot.generation.as_ref().and_then(|generation| generation.records.get(name));
    let is_edited = observed.written.as_ref().zip(boots).is_some_and(|(written, boots)| contradict(written, boots));
    drift.extend(is_edited.then_some(Drift::Record));
    if !observed.is_running() {
        let starts = observed.written.as_ref().is_some_and(|record| record.spec.auto_start);
        let is_cut_off = snapshot.unfinished.stopped.contains(name).then_some(Drift::NotStarted);
        drift.extend(is_cut_off.or(starts.then_some(Drift::Stopped)));
        return drift;
    }
    drift.extend(snapshot.unfinished.changing.contains_key(name).then_some(Drift::HalfChanged));
    // A container that is still starting has no record yet.
    let is_lost = observed.booted.is_none() && !observed.is_starting();
    drift.extend(is_lost.then_some(Drift::Booted));
    // A guest with private users cannot get mounts while it runs.
    let takes_mounts = observed.booted.as_ref().is_some_and(|record| !record.spec.users.are_private());
    drift.extend((takes_mounts && !observed.moved_sources.is_empty()).then_some(Drift::SourceMoved));
    if let (Some(booted), Some(interfaces)) = (&observed.booted, &snapshot.interfaces) {
        let pairs = interface::pairs(name, &booted.spec.network);
        drift.extend(pairs.iter().filter_map(|pair| of_interface(interfaces.get(&pair.host.name), &pair.veth)));
    }
    if let (Some(booted), Some(network)) = (&observed.booted, &observed.guest_network) {
        let pairs = interface::pairs(name, &booted.spec.network);
        drift.extend((!pairs.iter().all(|pair| has_network(network, pair))).then_some(Drift::GuestNetwork));
    }
    drift.extend((!lost_interfaces(observed).is_empty()).then_some(Drift::Passed));
    drift
}

/// Whether a guest has the addresses and routes that its end of a pair was set up with.
fn has_network(network: &GuestNetwork, pair: &Pair) -> bool {
    let Veth { host4, host6, local4, local6, .. } = &pair.veth;
    let own = [local4.map(IpAddr::V4), local6.map(IpAddr::V6)];
    let others = [host4.map(IpAddr::V4), host6.map(IpAddr::V6)];
    let leads_to = |other: &IpAddr| {
        let (length, any): (u8, IpAddr) = match other {
            IpAddr::V4(_) => (32, Ipv4Addr::UNSPECIFIED.into()),
            IpAddr::V6(_) => (128, Ipv6Addr::UNSPECIFIED.into()),
        };
        network.routes.contains(&(*other, length)) && (!pair.is_way_out() || network.routes.contains(&(any, 0)))
    };
    own.iter().flatten().all(|address| network.addresses.contains(address)) && others.iter().flatten().all(leads_to)
}

/// The interfaces of the host, and macvlans, that a running guest was given and that are gone, by their names in the guest. Empty if
/// that is not known.
///
/// A guest may rename its interfaces. So one under another name counts as long as any stranger in the guest may be it.
pub(super) fn lost_interfaces(observed: &ObservedContainer) -> BTreeSet<String> {
    let links = observed.guest_network.as_ref().and_then(|network| network.links.as_ref());
    let (Some(links), Some(booted)) = (links, &observed.booted) else { return BTreeSet::new() };
    let Network::Private(private) = &booted.spec.network else { return BTreeSet::new() };
    let macvlans = private.macvlans.iter().map(|passed| interface::macvlan(passed).name);
    let moved = private.interfaces.iter().map(|passed| interface::moved(passed).to_owned());
    let given: BTreeSet<String> = macvlans.chain(moved).collect();
    let pairs = interface::pairs(&booted.spec.name, &booted.spec.network);
    let is_ours = |name: &String| given.contains(name) || pairs.iter().any(|pair| pair.guest == *name);
    let strangers = links.from_outside.iter().filter(|name| !is_ours(name)).count();
    let missing: BTreeSet<String> = given.iter().filter(|name| !links.names.contains(*name)).cloned().collect();
    if missing.len() > strangers { missing } else { BTreeSet::new() }
}

/// The drift of the interface that leads to a running guest.
pub(super) fn of_interface(link: Option<&Interface>, veth: &Veth) -> Option<Drift> {
    match link {
        None => Some(Drift::LinkGone),
        Some(link) if veth.mtu.is_some_and(|mtu| mtu != link.mtu) => Some(Drift::Mtu),
        Some(link) if veth.bridge.is_some() => match (link.bridge == veth.bridge, link.up) {
            (false, _) => Some(Drift::Bridge),
            (true, up) => (!up).then_some(Drift::Interface),
        },
        Some(link) if !leads_to_guest(link, veth) => Some(Drift::Interface),
        Some(link) => (!has_addresses(link, veth)).then_some(Drift::Address),
    }
}

fn files(observed: &ObservedContainer) -> Vec<Drift> {
    let Some(record) = &observed.written else { return vec![Drift::Record] };
    let damage = &observed.damage;
    let unit = match observed.unit_text.as_ref().map(|text| unit::compare(text, &record.spec)) {
        _ if damage.is_outranked => Some(Drift::Outranked),
        None | Some(Likeness::Different) => Some(Drift::Unit),
        Some(_) if observed.missing_program.is_some() => Some(Drift::ProgramGone),
        Some(Likeness::OtherProgram) => Some(Drift::Program),
        Some(Likeness::Same) => observed.unit.as_ref().is_some_and(|unit| unit.is_unread).then_some(Drift::Unread),
    };
    let is_conf_same = observed.conf_text.as_ref().is_some_and(|text| *text == conf::text(&record.spec));
    let conf = (!is_conf_same || damage.is_unlinked).then_some(Drift::Conf);
    let text = unit.into_iter().chain(conf);
    // A changed text is reported already, and usually comes with another owner.
    let access = (damage.has_other_access && text.clone().next().is_none()).then_some(Drift::Access);
    text.chain(access).chain(damage.is_unheld.then_some(Drift::Unheld)).collect()
}

/// Whether two records have the same options but a different spec, which means that somebody edited one of them.
fn contradict(one: &Record, other: &Record) -> bool {
    one.spec != other.spec && (&one.container, &one.guest_key) == (&other.container, &other.guest_key)
}

fn leads_to_guest(link: &Interface, veth: &Veth) -> bool {
    let routes = [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
    let has_route = |address: &IpAddr| link.routes.iter().any(|(destination, _)| destination == address);
    link.up && routes.iter().flatten().all(has_route)
}

fn has_addresses(link: &Interface, veth: &Veth) -> bool {
    let wanted = [veth.host4.map(IpAddr::V4), veth.host6.map(IpAddr::V6)];
    wanted.iter().flatten().all(|address| link.addresses.iter().any(|(other, _)| other == address))
}

/// The record that a container `acts` by, with the addresses that its interface on the host really has.
pub(super) fn as_observed<'a>(name: &ContainerName, acts: Cow<'a, Record>, snapshot: &Snapshot) -> Cow<'a, Record> {
    let mut record = acts;
    let link = snapshot.interfaces.as_ref().and_then(|interfaces| interfaces.get(&interface::host_end(name).name));
    let (Some(link), Network::Private(Private { veth: Some(veth), .. })) = (link, &record.spec.network) else {
        return record;
    };
    let veth = veth.clone();
    // In a bridge, the host's address is the bridge's, which is not ours to compare.
    if veth.bridge.is_some() {
        return record;
    }
    let mut four = link.addresses.iter().filter_map(|(address, _)| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    });
    let mut six = link.addresses.iter().filter_map(|(address, _)| match address {
        IpAddr::V6(address) if !address.is_unicast_link_local() => Some(*address),
        _ => None,
    });
    let has = |address: IpAddr| link.addresses.iter().any(|(other, _)| *other == address);
    if !veth.host4.is_some_and(|address| has(address.into())) {
        let (record, host4) = (record.to_mut(), four.next());
        // The observed address has no position in any configuration.
        record.positions.remove("hostAddress");
        record.container.host_address = host4.map(|address| address.to_string()).into();
        pair(record).into_iter().for_each(|veth| veth.host4 = host4);
    }
    if !veth.host6.is_some_and(|address| has(address.into())) {
        let (record, host6) = (record.to_mut(), six.next());
        record.positions.remove("hostAddress6");
        record.container.host_address6 = host6.map(|address| address.to_string()).into();
        pair(record).into_iter().for_each(|veth| veth.host6 = host6);
    }
    record
}

/// The container's own veth pair.
fn pair(record: &mut Record) -> Option<&mut Veth> {
    match &mut record.spec.network {
        Network::Private(private) => private.veth.as_mut(),
        Network::Host | Network::Named(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_belongs_to_a_bridge_is_to_be_in_it() {
        let veth = Veth { bridge: Some("br0".to_owned()), host4: "10.0.0.1".parse().ok(), ..Veth::default() };
        let port =
            |bridge: Option<&str>, up| Interface { bridge: bridge.map(str::to_owned), up, ..Interface::default() };
        let table = [
            (Some(port(Some("br0"), true)), None),
            (Some(port(Some("br0"), false)), Some(Drift::Interface)),
            (Some(port(Some("br1"), true)), Some(Drift::Bridge)),
            (Some(port(None, true)), Some(Drift::Bridge)),
            (None, Some(Drift::LinkGone)),
        ];
        for (link, drift) in table {
            assert_eq!(of_interface(link.as_ref(), &veth), drift, "{link:?}");
        }
        let veth = Veth { mtu: Some(9000), ..veth };
        let sized = |mtu| Interface { mtu, ..port(Some("br0"), true) };
        assert_eq!(of_interface(Some(&sized(1500)), &veth), Some(Drift::Mtu));
        assert_eq!(of_interface(Some(&sized(9000)), &veth), None);
    }

    #[test]
    fn an_interface_is_lost_unless_another_one_in_the_guest_may_be_it() {
        use crate::host::launch::tests::record;
        use crate::model::spec::Passed;
        use crate::state::GuestLinks;
        let passed = |text: &str| Passed::parse(text).into_iter().collect();
        let private = Private {
            veth: Some(Veth::default()),
            macvlans: passed("eth1"),
            interfaces: passed("eth2:lan"),
            ..Private::default()
        };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let table: [(&[&str], &[&str], &[&str]); 6] = [
            (&["eth0", "lan", "mv-eth1"], &["eth0", "lan", "mv-eth1"], &[]),
            (&["eth0", "lan"], &["eth0", "lan"], &["mv-eth1"]),
            (&["docker0", "eth0", "mv-eth1"], &["eth0", "mv-eth1"], &["lan"]),
            (&["eth0", "eth5", "mv-eth1"], &["eth0", "eth5", "mv-eth1"], &[]),
            (&["eth0", "eth5"], &["eth0", "eth5"], &["lan", "mv-eth1"]),
            (&["eth0"], &["eth0"], &["lan", "mv-eth1"]),
        ];
        for (all, from_outside, lost) in table {
            let links = GuestLinks { names: names(all), from_outside: names(from_outside) };
            let observed = ObservedContainer {
                owner: Owner::Ours,
                unit: None,
                machine: None,
                written: None,
                booted: Some(record("a", Network::Private(private.clone()))),
                is_hooked: false,
                unit_text: None,
                missing_program: None,
                start_text: None,
                conf_text: None,
                damage: Default::default(),
                moved_sources: BTreeSet::new(),
                guest_network: Some(GuestNetwork { links: Some(links), ..GuestNetwork::default() }),
            };
            assert_eq!(lost_interfaces(&observed), names(lost), "{all:?}");
        }
    }

    fn link(up: bool, routes: &[&str]) -> Interface {
        let routes = routes.iter().map(|route| (route.parse().expect("an address"), 32)).collect();
        Interface { up, routes, ..Interface::default() }
    }

    #[test]
    fn a_link_leads_to_the_guest_when_it_is_up_and_has_its_routes() {
        let both = Veth { local4: "10.0.0.2".parse().ok(), local6: "fd00::2".parse().ok(), ..Veth::default() };
        let table = [
            (link(true, &["10.0.0.2", "fd00::2"]), true),
            (link(false, &["10.0.0.2", "fd00::2"]), false),
            (link(true, &["10.0.0.2"]), false),
            (link(true, &[]), false),
        ];
        for (link, leads) in table {
            assert_eq!(leads_to_guest(&link, &both), leads, "{link:?}");
        }
        assert!(leads_to_guest(&link(true, &[]), &Veth::default()));
    }
}
