//! One side of a plan: a host, a generation or a configuration, brought into one shape.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Drift, Endpoint, EndpointKind, Finding, drift, lower, option, redact};
use crate::diag::{Code, Diagnostic};
use crate::model::spec::{ContainerSpec, HostSpec, NatSpec, Network, Private};
use crate::model::view::View;
use crate::model::{self, Container, ContainerName, FORMAT_VERSION, Manifest, Nat, Positions};
use crate::render::nft::Ruleset;
use crate::state::{self, Generation, Guest, KeptGuest, ObservedContainer, Owner, Record, Rules, Snapshot};

/// A configuration that has been evaluated.
#[derive(Debug, Clone)]
pub struct Configuration<'a> {
    /// How it is called in the plan.
    pub endpoint: Endpoint,
    /// What was typed; guests that Nix has not built yet have an unknown `path`.
    pub manifest: &'a Manifest,
    /// The keys of the guests that are built from `config`, by which an unchanged one is known without Nix.
    pub guest_keys: &'a BTreeMap<ContainerName, String>,
    /// The keys of options of containers that are not wholly known, by their full path: equal keys, equal values.
    pub unknown_keys: &'a BTreeMap<String, String>,
    /// The guests' own configurations, where they have been evaluated.
    pub guests: &'a BTreeMap<ContainerName, View>,
    /// Where the options of those are set.
    pub guest_positions: &'a BTreeMap<ContainerName, Positions>,
    /// What is meant, once everything is known. Without it the plan can be shown, but not applied.
    pub spec: Option<&'a HostSpec>,
    /// Whether modules are missing, so that a container that is not there may be in one of them.
    pub missing_modules: bool,
}

/// A container in one state: what it was, or is, told to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// What was typed.
    pub container: Container,
    /// What is meant, where everything is known.
    pub spec: Option<ContainerSpec>,
    /// The key of the guest.
    pub guest_key: Option<String>,
    /// The keys of options that are not wholly known, by their path relative to the container.
    pub unknown_keys: BTreeMap<String, String>,
    /// What the guest says itself, where that is known.
    pub guest: Option<Said>,
    /// Where the options stand, relative to the container.
    pub positions: Positions,
}

/// What a guest says itself, by where that is known from.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// It has just been evaluated.
    Now(Guest),
    /// It was kept when the guest was brought up, without its secrets.
    Kept(KeptGuest),
}

impl Said {
    /// All of it; `None` where what was kept cannot be read.
    pub(super) fn open(&self) -> Option<Cow<'_, Guest>> {
        match self {
            Self::Now(guest) => Some(Cow::Borrowed(guest)),
            Self::Kept(guest) => guest.open().map(Cow::Owned),
        }
    }
}

/// A container on the side that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    /// Who brought it up.
    pub owner: Owner,
    /// What its next start brings; `None` where that is not known.
    pub written: Option<Arc<Version>>,
    /// What it runs with. A side that is no host counts all its containers as running.
    pub running: Option<Arc<Version>>,
    /// Whether it runs, even if it is not known with what.
    pub is_running: bool,
    /// Whether it is still on the way up, on a host: somebody has to wait for it.
    pub is_starting: bool,
    /// How it is not as it was left, on a host.
    pub drift: Vec<Drift>,
}

/// One side of a plan.
#[derive(Debug, Clone)]
pub struct Side {
    /// How it is called.
    pub endpoint: Endpoint,
    pub(super) containers: BTreeMap<ContainerName, Configured>,
    pub(super) missing_modules: bool,
    pub(super) nat: Option<Nat>,
    pub(super) nat_spec: Option<NatSpec>,
    pub(super) nat_positions: Positions,
    /// The table as `nft -j list table` shows it; `None` where it would have to be worked out from the containers.
    pub(super) listing: Option<Value>,
    /// `net.ipv4.conf.all.forwarding` and its IPv6 twin, on a host.
    pub(super) forwarding: Option<(bool, bool)>,
    /// Containers whose kept root is there.
    pub(super) kept_roots: BTreeSet<ContainerName>,
    pub(super) findings: Vec<Finding>,
}

impl Side {
    fn empty(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            containers: BTreeMap::new(),
            missing_modules: false,
            nat: None,
            nat_spec: None,
            nat_positions: Positions::new(),
            listing: None,
            forwarding: None,
            kept_roots: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// A configuration that is not there: nothing is configured, and that is said.
    pub fn absent(endpoint: Endpoint, configuration: &str) -> Self {
        let message = format!("{configuration} is not in `{}`: there, nothing was configured", endpoint.name);
        let mut side = Self::empty(endpoint);
        side.findings.push(Diagnostic::note(Code::NotThere, message).into());
        side
    }

    /// A configuration: what is wanted, or what was (`plan --from`).
    pub fn configuration(configuration: &Configuration) -> Self {
        let manifest = configuration.manifest;
        let mut side = Self::empty(configuration.endpoint.clone());
        side.missing_modules = configuration.missing_modules;
        side.take_nat(manifest);
        if let Some(spec) = configuration.spec {
            side.nat_spec = Some(spec.nat.clone());
        }
        // NixOS makes no container at all then, whatever is declared.
        if manifest.boot.enable_containers.known() == Some(&false) {
            return side;
        }
        // They come in the order of their names.
        let specs = configuration.spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
        for (name, container) in &manifest.containers {
            let spec = specs.binary_search_by(|spec| spec.name.cmp(name)).ok();
            let version = Version {
                container: container.clone(),
                spec: spec.map(|index| specs[index].clone()),
                guest_key: configuration.guest_keys.get(name).cloned(),
                unknown_keys: inside(configuration.unknown_keys, &["containers", name.as_str()]),
                guest: configuration.guests.get(name).map(|view| {
                    let positions = configuration.guest_positions.get(name).cloned().unwrap_or_default();
                    Said::Now(Guest { options: view.options.clone(), positions })
                }),
                positions: below(manifest, &["containers", name.as_str()]),
            };
            side.containers.insert(name.clone(), Configured::running(version));
        }
        side
    }

    /// A generation: what was last brought up, where the host cannot be looked at, or what is to be gone back to.
    pub fn generation(generation: &Generation) -> Self {
        let endpoint = Endpoint { kind: EndpointKind::Manifest, name: format!("generation {}", generation.number) };
        let mut side = Self::empty(endpoint);
        side.take_nat(&generation.manifest);
        side.nat_spec = Some(generation.nat.clone());
        let configured = |(name, record): (&ContainerName, &Record)| {
            (name.clone(), Configured::running(Version::recorded(record)))
        };
        side.containers = generation.records.iter().map(configured).collect();
        side
    }

    /// The live host.
    pub fn host(snapshot: &Snapshot) -> Self {
        let mut side = Self::empty(Endpoint { kind: EndpointKind::Host, name: snapshot.host_name.clone() });
        side.forwarding = Some(snapshot.forwarding);
        side.kept_roots = snapshot.roots.iter().flat_map(BTreeMap::keys).cloned().collect();
        if let Some(generation) = &snapshot.generation {
            side.take_nat(&generation.manifest);
            side.nat_spec = Some(generation.nat.clone());
        }
        if snapshot.systemd {
            for (name, observed) in &snapshot.containers {
                let recorded = |record: &Record| Version {
                    guest: kept_guest(record, snapshot.generation.as_ref()),
                    ..Version::recorded(record)
                };
                let written = observed.written.as_ref().map(recorded);
                let written = written.or_else(|| native(observed)).map(Arc::new);
                let booted = observed.booted.as_ref().map(|booted| drift::as_observed(name, booted, snapshot));
                let booted = booted.as_ref().map(recorded).map(Arc::new);
                let is_running = observed.is_running();
                let running = booted.or_else(|| written.clone()).filter(|_| is_running);
                let drift = drift::of(name, snapshot);
                let is_starting = observed.is_starting();
                let configured =
                    Configured { owner: observed.owner, written, running, is_running, is_starting, drift };
                side.containers.insert(name.clone(), configured);
            }
        } else {
            side.note("systemd does not run here: the host counts as one without containers");
        }
        match &snapshot.rules {
            Some(Rules::Absent) => side.listing = Some(Value::Null),
            Some(Rules::Present(listing)) => side.listing = Some(listing.clone()),
            None => {
                side.note(
                    "the nftables rules may not be read as this user: they are taken to be what was last recorded",
                );
            }
        }
        side.compare_rules();
        if snapshot.roots.is_none() {
            side.note("the containers' roots may not be read as this user: they are taken to be where they belong");
        }
        side
    }

    /// Says so where the rules in the kernel are not those of the records.
    fn compare_rules(&mut self) {
        let Some(listing) = &self.listing else { return };
        let difference = self.ruleset().differences(listing);
        if !difference.is_empty() {
            let (missing, extra) = (difference.added.len(), difference.removed.len());
            let message = format!(
                "the nftables rules are not those that were applied last: {missing} missing, {extra} others"
            );
            self.findings.push(Diagnostic::note(Code::Drift, message).help("`switch` puts them right").into());
        }
    }

    fn note(&mut self, message: &str) {
        self.findings.push(Diagnostic::note(Code::NotObserved, message).into());
    }

    fn take_nat(&mut self, manifest: &Manifest) {
        self.nat = Some(manifest.networking.nat.clone());
        self.nat_spec = lower::nat(&manifest.networking.nat);
        self.nat_positions = below(manifest, &["networking", "nat"]);
    }

    /// The network that the next start of each of our containers brings; those whose is not known are left out.
    pub(super) fn networks(&self) -> BTreeMap<ContainerName, Network> {
        let ours = self.containers.iter().filter(|(_, configured)| configured.owner == Owner::Ours);
        ours.filter_map(|(name, configured)| Some((name.clone(), configured.written.as_ref()?.network()?)))
            .collect()
    }

    /// The names of all containers.
    pub fn names(&self) -> impl Iterator<Item = &ContainerName> {
        self.containers.keys()
    }

    /// What is to be recorded of each of our containers whose every option is known.
    pub fn records(&self) -> BTreeMap<ContainerName, Record> {
        let ours = self.containers.iter().filter(|(_, configured)| configured.owner == Owner::Ours);
        ours.filter_map(|(name, configured)| Some((name.clone(), configured.written.as_ref()?.record()?))).collect()
    }

    /// What is to be kept of what the guests say themselves, without their secrets.
    pub fn guests(&self) -> BTreeMap<ContainerName, KeptGuest> {
        let said = |configured: &Configured| configured.written.as_ref()?.guest.clone();
        let guests = self.containers.iter().filter_map(|(name, configured)| Some((name, said(configured)?)));
        let keep = |(name, said): (&ContainerName, Said)| match said {
            Said::Now(mut guest) => {
                redact::all(&mut guest.options);
                (name.clone(), KeptGuest::new(&guest))
            }
            Said::Kept(guest) => (name.clone(), guest),
        };
        guests.map(keep).collect()
    }

    /// The rules that belong to what is configured here.
    pub fn ruleset(&self) -> Ruleset {
        Ruleset::of(&self.networks(), &self.nat_spec.clone().unwrap_or_default())
    }
}

impl Configured {
    fn running(version: Version) -> Self {
        let version = Arc::new(version);
        Self {
            owner: Owner::Ours,
            written: Some(Arc::clone(&version)),
            running: Some(version),
            is_running: true,
            is_starting: false,
            drift: Vec::new(),
        }
    }
}

impl Version {
    fn recorded(record: &Record) -> Self {
        Self {
            container: record.container.clone(),
            spec: Some(record.spec.clone()),
            guest_key: record.guest_key.clone(),
            unknown_keys: BTreeMap::new(),
            guest: None,
            positions: record.positions.clone(),
        }
    }

    /// What is to be kept beside the unit; `None` while something is unknown.
    pub fn record(&self) -> Option<Record> {
        Some(Record {
            format_version: FORMAT_VERSION,
            container: self.container.clone(),
            spec: self.spec.clone()?,
            guest_key: self.guest_key.clone(),
            positions: self.positions.clone(),
        })
    }

    /// Its network, where it is known.
    pub(super) fn network(&self) -> Option<Network> {
        match &self.spec {
            Some(spec) => Some(spec.network.clone()),
            None => model::network::network(&self.container),
        }
    }

    /// Its options as JSON.
    pub(super) fn options(&self) -> Value {
        serde_json::to_value(&self.container).expect("the model has string keys only")
    }

    /// Whether the root is empty at each start; an unknown one counts as such, since that is the worse case.
    pub(super) fn is_ephemeral(&self) -> bool {
        self.container.ephemeral.known().copied().unwrap_or(true)
    }

    /// Whether a link leads from it to the host; one that is unknown may be about to come or go.
    pub(super) fn has_link(&self) -> bool {
        matches!(self.network(), Some(Network::Private(Private { veth: Some(_), .. })))
    }

    /// The host paths of the bind mounts that are known.
    pub(super) fn host_paths(&self) -> BTreeSet<String> {
        let mounts = self.container.bind_mounts.known().into_iter().flatten();
        let path = |(name, mount): (&String, &crate::model::Field<crate::model::BindMount>)| {
            let mount = mount.known()?;
            match mount.host_path.known()? {
                Some(path) => Some(path.clone()),
                None => Some(mount.mount_point.known().unwrap_or(name).clone()),
            }
        };
        mounts.filter_map(path).collect()
    }
}

/// What the guest of a record said when it was brought up, if the generation is of that guest.
fn kept_guest(record: &Record, generation: Option<&Generation>) -> Option<Said> {
    let (generation, name) = (generation?, &record.spec.name);
    let kept = generation.records.get(name)?;
    let is_same_guest = record.guest_key.is_some() && record.guest_key == kept.guest_key;
    let is_same = is_same_guest || record.spec.system == kept.spec.system;
    generation.guests.get(name).filter(|_| is_same).cloned().map(Said::Kept)
}

/// What NixOS wrote for a container of its own.
fn native(observed: &ObservedContainer) -> Option<Version> {
    let texts = (&observed.unit_text, &observed.conf_text, &observed.start_text);
    let (Owner::Native, (Some(unit), Some(conf), Some(script))) = (observed.owner, texts) else { return None };
    let container = state::native::container(unit, conf, script)?;
    Some(Version {
        container,
        spec: None,
        guest_key: None,
        unknown_keys: BTreeMap::new(),
        guest: None,
        positions: Positions::new(),
    })
}

/// The positions below an option, relative to it; its own is under the empty path.
fn below(manifest: &Manifest, root: &[&str]) -> Positions {
    manifest.positions.as_ref().map(|all| inside(all, root)).unwrap_or_default()
}

/// The part of a map below an option, by paths relative to that.
fn inside<T: Clone>(all: &BTreeMap<String, T>, root: &[&str]) -> BTreeMap<String, T> {
    let root = option::path(&root.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let itself = all.get(&root).map(|value| (String::new(), value.clone()));
    let prefix = format!("{root}.");
    let inside = all.range(prefix.clone()..).map_while(|(path, value): (&String, &T)| {
        path.strip_prefix(&prefix).map(|rest| (rest.to_owned(), value.clone()))
    });
    itself.into_iter().chain(inside).collect()
}
