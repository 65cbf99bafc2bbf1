//! How the host differs from what was last applied to it, by somebody else's doing.
//!
//! Pure: it compares what was observed with what our own records say. What can be told as a difference of an option (the
//! address of a link) is shown as one; the rest has a [`Drift`], which is named in a finding and repaired by the plan.

use std::borrow::Cow;
use std::net::IpAddr;

use super::cost::Disruption;
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::model::spec::{Network, Private, Veth};
use crate::render::unit::{self, Likeness};
use crate::render::{conf, interface};
use crate::state::{Link, ObservedContainer, Owner, Record, Snapshot};

/// Declares the ways in which a container may not be as it was left: what is wrong, after "`NAME`: ", what it costs the
/// container to put that right, and whether its files are written again for it.
macro_rules! drifts {
    ($($(#[$doc:meta])+ $variant:ident = $words:literal, $cost:ident $(, $files:ident)?;)+) => {
        /// One way in which a container is not as it was left.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Drift { $($(#[$doc])+ $variant,)+ }

        impl Drift {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// What is wrong, after "`NAME`: ".
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $words,)+ }
            }

            /// What its repair costs the container.
            pub(super) fn cost(self) -> Disruption {
                match self { $(Self::$variant => Disruption::$cost,)+ }
            }

            /// Whether writing its files again repairs it.
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
    /// It starts by itself and does not run.
    Stopped = "was stopped, though it starts by itself", None;
    /// Its unit file is not what we wrote.
    Unit = "its unit file is not as it was written", None, files;
    /// systemd goes by what its unit file was before.
    Unread = "systemd has not read its unit file since that was written", None, files;
    /// A copy of its unit is in a directory that systemd prefers.
    Outranked = "a copy of its unit in /etc/systemd/system outranks the one that was written", None, files;
    /// Its unit calls a program by the path where a former version was, and not by the one that units share.
    Program = "its unit calls the program where a former version was installed", None, files;
    /// The program that its unit calls is not there, or cannot be executed.
    ProgramGone = "the program that its unit calls is missing or not executable", None, files;
    /// Its `.conf` is not what we wrote, or not the symlink to it.
    Conf = "its .conf file is not as it was written", None, files;
    /// What its next start brings is not on record, or the record is damaged.
    Record = "the record of what its next start brings is missing or damaged", None, files;
    /// Its files say what they said, and are not as they were made.
    Access = "one of its files was replaced, or has another owner or mode", None, files;
    /// Nothing keeps its system from Nix's garbage collector.
    Unheld = "a garbage collection may remove its system", None, files;
    /// What it runs with is not on record, so that only a start makes it certain.
    Booted = "the record of what it runs with is missing or damaged", Restart;
    /// Its link to the host is down, or a route through it is gone.
    Link = "its link to the host is down or has lost a route", Reload;
    /// The host's end of its link has not the addresses that were set.
    Address = "the host's end of its link has another address than was set", Reload;
    /// Its link to the host is in no bridge, or in another than was set.
    Bridge = "its link to the host has left its bridge", Reload;
    /// It has no link to the host any more.
    LinkGone = "its link to the host is gone", Restart;
}

impl Drift {
    /// The finding that names it.
    pub(super) fn finding(self, name: &ContainerName) -> Diagnostic {
        Diagnostic::note(Code::Drift, format!("`{name}`: {}", self.as_str())).help("`switch` puts it right")
    }
}

/// What is not as it was left of the host itself, and is put right by a switch though it changes no container.
pub(super) fn of_host(snapshot: &Snapshot) -> Vec<Diagnostic> {
    let note = |message: String| Diagnostic::note(Code::Drift, message).help("`switch` puts it right");
    let lost = snapshot.is_generation_lost.then(|| {
        note(String::from(
            "the generation that boots is missing or damaged: the next boot would start no container",
        ))
    });
    let open = snapshot.open_directories.iter();
    let open = open.map(|path| note(format!("others than root may write to {}", path.display())));
    lost.into_iter().chain(open).collect()
}

/// What is not as it was left of a container.
pub fn of(name: &ContainerName, snapshot: &Snapshot) -> Vec<Drift> {
    let Some(observed) = snapshot.containers.get(name).filter(|observed| observed.owner == Owner::Ours) else {
        return Vec::new();
    };
    if observed.damage.mask.is_some() {
        // That it is masked is all that counts, and is for nobody but its author to change.
        return Vec::new();
    }
    let mut drift = files(observed);
    let boots = snapshot.generation.as_ref().and_then(|generation| generation.records.get(name));
    let is_edited = observed.written.as_ref().zip(boots).is_some_and(|(written, boots)| contradict(written, boots));
    drift.extend(is_edited.then_some(Drift::Record));
    if !observed.is_running() {
        let starts = observed.written.as_ref().is_some_and(|record| record.spec.auto_start);
        drift.extend(starts.then_some(Drift::Stopped));
        return drift;
    }
    // One that is on its way up has none yet.
    let is_lost = observed.booted.is_none() && !observed.is_starting();
    drift.extend(is_lost.then_some(Drift::Booted));
    if let (Some(booted), Some(links)) = (&observed.booted, &snapshot.links) {
        let pairs = interface::pairs(name, &booted.spec.network);
        drift.extend(pairs.iter().filter_map(|pair| of_link(links.get(&pair.host.name), &pair.veth)));
    }
    drift
}

/// What is not as it was left of a link to a guest that runs.
fn of_link(link: Option<&Link>, veth: &Veth) -> Option<Drift> {
    match link {
        None => Some(Drift::LinkGone),
        Some(link) if veth.bridge.is_some() => match (link.bridge == veth.bridge, link.up) {
            (false, _) => Some(Drift::Bridge),
            (true, up) => (!up).then_some(Drift::Link),
        },
        Some(link) if !leads_to_guest(link, veth) => Some(Drift::Link),
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
    // What has another text has another owner too, more often than not.
    let access = (damage.has_other_access && text.clone().next().is_none()).then_some(Drift::Access);
    text.chain(access).chain(damage.is_unheld.then_some(Drift::Unheld)).collect()
}

/// Whether two records are of the same options and mean something else by them: somebody edited one.
fn contradict(one: &Record, other: &Record) -> bool {
    one.spec != other.spec && (&one.container, &one.guest_key) == (&other.container, &other.guest_key)
}

fn leads_to_guest(link: &Link, veth: &Veth) -> bool {
    let routes = [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
    let has_route = |address: &IpAddr| link.routes.iter().any(|(destination, _)| destination == address);
    link.up && routes.iter().flatten().all(has_route)
}

fn has_addresses(link: &Link, veth: &Veth) -> bool {
    let wanted = [veth.host4.map(IpAddr::V4), veth.host6.map(IpAddr::V6)];
    wanted.iter().flatten().all(|address| link.addresses.iter().any(|(other, _)| other == address))
}

/// A container as it `acts`, but with the addresses that the host's end of its link has now.
pub(super) fn as_observed<'a>(name: &ContainerName, acts: Cow<'a, Record>, snapshot: &Snapshot) -> Cow<'a, Record> {
    let mut record = acts;
    let link = snapshot.links.as_ref().and_then(|links| links.get(&interface::host_end(name).name));
    let (Some(link), Network::Private(Private { veth: Some(veth), .. })) = (link, &record.spec.network) else {
        return record;
    };
    let veth = veth.clone();
    // There the addresses of the host are the bridge's, and none of ours.
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
        // No line of a configuration says that.
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

/// The container's own pair.
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
        let port = |bridge: Option<&str>, up| Link { bridge: bridge.map(str::to_owned), up, ..Link::default() };
        let table = [
            (Some(port(Some("br0"), true)), None),
            (Some(port(Some("br0"), false)), Some(Drift::Link)),
            (Some(port(Some("br1"), true)), Some(Drift::Bridge)),
            (Some(port(None, true)), Some(Drift::Bridge)),
            (None, Some(Drift::LinkGone)),
        ];
        for (link, drift) in table {
            assert_eq!(of_link(link.as_ref(), &veth), drift, "{link:?}");
        }
    }

    fn link(up: bool, routes: &[&str]) -> Link {
        let routes = routes.iter().map(|route| (route.parse().expect("an address"), 32)).collect();
        Link { up, routes, ..Link::default() }
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
