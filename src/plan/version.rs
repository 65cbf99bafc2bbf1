//! One version of a container: what it runs with, what its next start uses, or what it is to become.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use super::drift::Drift;
use crate::model::locations::Locations;
use crate::model::path::OptionPath;
use crate::model::settings::{Setting, Settings};
use crate::model::spec::{ContainerSpec, Network, Private};
use crate::model::{self, Container, ContainerName, FORMAT_VERSION, Positions};
use crate::state::{self, Generation, Guest, KeptGuest, ObservedContainer, Owner, Record};

/// One version of a container: the options that it has, had, or is to get.
#[derive(Debug, Clone)]
pub(crate) struct Version<'a> {
    /// The options as typed.
    pub container: Cow<'a, Container>,
    /// The checked spec, if everything is known.
    pub spec: Option<Cow<'a, ContainerSpec>>,
    /// The key of the guest.
    pub guest_key: Option<Cow<'a, str>>,
    /// The keys of options that are unknown or partial.
    pub unknown_keys: UnknownKeys<'a>,
    /// The guest's own options, if known.
    pub guest: Option<GuestOptions<'a>>,
    /// The positions of the container's options.
    pub locations: Locations<'a>,
    /// Our own options for it.
    pub settings: Cow<'a, Settings>,
    /// The positions of our own options, if they are not among the others.
    pub settings_locations: Option<Locations<'a>>,
}

/// The keys of a container's options that are unknown or partial: equal keys mean equal values.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct UnknownKeys<'a> {
    /// The keys of all containers by full path, and the name of this container.
    pub(super) of: Option<(&'a BTreeMap<String, String>, &'a ContainerName)>,
}

impl<'a> UnknownKeys<'a> {
    /// The key of the option at `path`, relative to the container.
    pub(super) fn get(&self, path: &[String]) -> Option<&'a str> {
        let (all, name) = self.of.filter(|(all, _)| !all.is_empty())?;
        let names = ["containers", name.as_str()].into_iter().chain(path.iter().map(String::as_str));
        all.get(&OptionPath::new(names).to_string()).map(String::as_str)
    }
}

/// A guest's own options, by where they come from.
#[derive(Debug, Clone)]
pub(crate) enum GuestOptions<'a> {
    /// Evaluated in this run.
    Now(GuestView<'a>),
    /// Kept in the generation that the guest was applied with, without its secrets.
    Kept(&'a KeptGuest),
}

/// A guest's own options, ready to read.
#[derive(Debug, Clone)]
pub(crate) struct GuestView<'a> {
    /// The options as a tree.
    pub options: Cow<'a, Value>,
    /// The positions of the options.
    pub locations: Locations<'a>,
}

impl GuestOptions<'_> {
    /// The options; `None` if the kept ones cannot be read.
    pub(super) fn open(&self) -> Option<GuestView<'_>> {
        match self {
            Self::Now(view) => Some(view.clone()),
            Self::Kept(guest) => guest.open().map(|Guest { options, positions }| GuestView {
                options: Cow::Owned(options),
                locations: Locations::Noted { all: Cow::Owned(positions), root: String::new() },
            }),
        }
    }
}

/// A container on one side of a plan.
#[derive(Debug, Clone)]
pub(crate) struct Configured<'a> {
    /// Who owns it.
    pub owner: Owner,
    /// What its next start uses, if known.
    pub written: Option<Rc<Version<'a>>>,
    /// What it runs with. On a side that is not a host, all containers count as running.
    pub running: Option<Rc<Version<'a>>>,
    /// What a switch that did not finish was changing it to while it ran.
    pub attempted: Option<Rc<Version<'a>>>,
    /// Whether it runs, even if it is unknown with which options.
    pub is_running: bool,
    /// Whether it is still starting on the host, so that the plan must wait for it.
    pub is_starting: bool,
    /// Its drift, on a host.
    pub drift: Vec<Drift>,
    /// The sources of its bind mounts that are symlinks and lead elsewhere than when they were mounted.
    pub moved_sources: Vec<&'a Path>,
    /// The mask that keeps systemd from starting it, on a host.
    pub mask: Option<&'a Path>,
}

impl<'a> Configured<'a> {
    pub(super) fn running(version: Version<'a>) -> Self {
        let version = Rc::new(version);
        Self {
            owner: Owner::Ours,
            written: Some(Rc::clone(&version)),
            running: Some(version),
            attempted: None,
            is_running: true,
            is_starting: false,
            drift: Vec::new(),
            moved_sources: Vec::new(),
            mask: None,
        }
    }
}

impl<'a> Version<'a> {
    pub(super) fn recorded(record: Cow<'a, Record>) -> Self {
        let (container, settings, spec, guest_key, all) = match record {
            Cow::Borrowed(Record { container, settings, spec, guest_key, positions, .. }) => (
                Cow::Borrowed(container),
                Cow::Borrowed(settings),
                Cow::Borrowed(spec),
                guest_key.as_deref().map(Cow::Borrowed),
                Cow::Borrowed(positions),
            ),
            Cow::Owned(Record { container, settings, spec, guest_key, positions, .. }) => (
                Cow::Owned(container),
                Cow::Owned(settings),
                Cow::Owned(spec),
                guest_key.map(Cow::Owned),
                Cow::Owned(positions),
            ),
        };
        let locations = Locations::Noted { all, root: String::new() };
        Self {
            container,
            spec: Some(spec),
            guest_key,
            unknown_keys: UnknownKeys::default(),
            guest: None,
            locations,
            settings,
            settings_locations: None,
        }
    }

    /// The record to write beside the unit; `None` while any option is unknown.
    pub(crate) fn record(&self) -> Option<Record> {
        Some(Record {
            format_version: FORMAT_VERSION,
            container: self.container.clone().into_owned(),
            spec: self.spec.clone()?.into_owned(),
            guest_key: self.guest_key.clone().map(Cow::into_owned),
            settings: self.settings.clone().into_owned(),
            positions: self.positions(),
        })
    }

    /// The positions of all its options.
    fn positions(&self) -> Positions {
        let mut positions = self.locations.positions();
        positions.extend(self.settings_locations.iter().flat_map(Locations::positions));
        positions
    }

    /// Its network, if known.
    pub(super) fn network(&self) -> Option<Cow<'_, Network>> {
        match &self.spec {
            Some(spec) => Some(Cow::Borrowed(&spec.network)),
            None => {
                let own = model::own_forward::lower(self.settings.get(Setting::Forwards.name()))?;
                Some(Cow::Owned(model::network::network(&self.container)?.with_forwards(own)))
            }
        }
    }

    /// The known part of a network that is partly unknown.
    pub(super) fn network_at_least(&self) -> Option<Network> {
        let own = model::own_forward::at_least(self.settings.get(Setting::Forwards.name()));
        Some(model::network::network_at_least(&self.container)?.with_forwards(own))
    }

    /// Its options as JSON.
    pub(super) fn options(&self) -> Value {
        let mut options = serde_json::to_value(&*self.container).expect("the model has string keys only");
        if let Some(options) = options.as_object_mut() {
            options.extend(self.settings.iter().map(|(option, value)| (option.clone(), value.clone())));
        }
        options
    }

    /// Whether the root is ephemeral. An unknown `ephemeral` counts as true, the worse case.
    pub(super) fn is_ephemeral(&self) -> bool {
        self.container.ephemeral.known().copied().unwrap_or(true)
    }

    /// Whether it has a veth to the host. An unknown network counts as none, since the veth may be about to appear or go.
    pub(super) fn has_interface(&self) -> bool {
        matches!(self.network().as_deref(), Some(Network::Private(Private { veth: Some(_), .. })))
    }

    /// The known host paths of its bind mounts.
    pub(super) fn host_paths(&self) -> BTreeSet<String> {
        let mounts = self.container.bind_mounts.known().into_iter().flatten();
        mounts.filter_map(|(key, mount)| mount.known()?.source(key)).map(str::to_owned).collect()
    }
}

/// The guest's own options as kept in the generation, if that generation has the same guest as the record.
pub(super) fn kept_guest<'a>(record: &Record, generation: Option<&'a Generation>) -> Option<GuestOptions<'a>> {
    let (generation, name) = (generation?, &record.spec.name);
    let kept = generation.records.get(name)?;
    let is_same_guest = record.guest_key.is_some() && record.guest_key == kept.guest_key;
    let is_same = is_same_guest || record.spec.system == kept.spec.system;
    generation.guests.get(name).filter(|_| is_same).map(GuestOptions::Kept)
}

/// The version of a container that nixos-rebuild owns, read back from the files NixOS wrote.
pub(super) fn native(observed: &ObservedContainer) -> Option<Version<'_>> {
    let texts = (&observed.unit_text, &observed.conf_text, &observed.start_text);
    let (Owner::Native, (Some(unit), Some(conf), Some(script))) = (observed.owner, texts) else { return None };
    let container = state::native::container(unit, conf, script)?;
    Some(Version {
        container: Cow::Owned(container),
        spec: None,
        guest_key: None,
        unknown_keys: UnknownKeys::default(),
        guest: None,
        locations: Locations::none(),
        settings: Cow::default(),
        settings_locations: None,
    })
}
