//! One side of a plan: a host, a generation or a configuration, brought into one shape.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use super::stages::Holders;
use super::{Drift, Endpoint, EndpointKind, Finding, drift, firewall, lower, program, redact};
use crate::diag::{Code, Diagnostic};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::places::Places;
use crate::model::spec::{ContainerSpec, HostSpec, NatSpec, Network, Private};
use crate::model::view::View;
use crate::model::{self, Container, ContainerName, FORMAT_VERSION, Field, Manifest, Nat, Unknown};
use crate::render::nft::{RuleLine, RulesDifference, Ruleset};
use crate::source::SourceMap;
use crate::state::{
    self, BootService, Generation, Guest, KeptGuest, Kernel, ObservedContainer, Owner, Program, Record, Rules,
    Snapshot, Unobserved,
};

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
    /// The sources, with the places of the options, where they are at hand; else the manifest says where those stand.
    pub sources: Option<(&'a OptionSpans, &'a SourceMap)>,
    /// What is meant, once everything is known. Without it the plan can be shown, but not applied.
    pub spec: Option<&'a HostSpec>,
    /// Whether modules are missing, so that a container that is not there may be in one of them.
    pub missing_modules: bool,
}

/// A container in one state: what it was, or is, told to be. It borrows from what says so.
#[derive(Debug, Clone)]
pub struct Version<'a> {
    /// What was typed.
    pub container: Cow<'a, Container>,
    /// What is meant, where everything is known.
    pub spec: Option<Cow<'a, ContainerSpec>>,
    /// The key of the guest.
    pub guest_key: Option<Cow<'a, str>>,
    /// The keys of options that are not wholly known.
    pub unknown_keys: UnknownKeys<'a>,
    /// What the guest says itself, where that is known.
    pub guest: Option<GuestOptions<'a>>,
    /// Where the container's options stand.
    pub places: Places<'a>,
}

/// The keys of a container's options that are not wholly known: equal keys, equal values.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnknownKeys<'a> {
    /// Those of all containers, by full path, and the container.
    of: Option<(&'a BTreeMap<String, String>, &'a ContainerName)>,
}

impl<'a> UnknownKeys<'a> {
    /// The key of the option at `path`, relative to the container.
    pub(super) fn get(&self, path: &[String]) -> Option<&'a str> {
        let (all, name) = self.of.filter(|(all, _)| !all.is_empty())?;
        let names = ["containers", name.as_str()].into_iter().chain(path.iter().map(String::as_str));
        all.get(&OptionPath::new(names).to_string()).map(String::as_str)
    }
}

/// What a guest says itself, by where that is known from.
#[derive(Debug, Clone)]
pub enum GuestOptions<'a> {
    /// It has just been evaluated.
    Now(GuestView<'a>),
    /// It was kept when the guest was brought up, without its secrets.
    Kept(&'a KeptGuest),
}

/// What a guest says itself, to be looked at.
#[derive(Debug, Clone)]
pub struct GuestView<'a> {
    /// Its options as a tree.
    pub options: Cow<'a, Value>,
    /// Where they are set.
    pub places: Places<'a>,
}

impl GuestOptions<'_> {
    /// All of it; `None` where what was kept cannot be read.
    pub(super) fn open(&self) -> Option<GuestView<'_>> {
        match self {
            Self::Now(spoken) => Some(spoken.clone()),
            Self::Kept(guest) => guest.open().map(|Guest { options, positions }| GuestView {
                options: Cow::Owned(options),
                places: Places::Noted { all: Cow::Owned(positions), root: String::new() },
            }),
        }
    }
}

/// A container on the side that is.
#[derive(Debug, Clone)]
pub struct Configured<'a> {
    /// Who brought it up.
    pub owner: Owner,
    /// What its next start brings; `None` where that is not known.
    pub written: Option<Rc<Version<'a>>>,
    /// What it runs with. A side that is no host counts all its containers as running.
    pub running: Option<Rc<Version<'a>>>,
    /// Whether it runs, even if it is not known with what.
    pub is_running: bool,
    /// Whether it is still on the way up, on a host: somebody has to wait for it.
    pub is_starting: bool,
    /// How it is not as it was left, on a host.
    pub drift: Vec<Drift>,
    /// The mask that keeps systemd from starting it, on a host.
    pub mask: Option<&'a Path>,
}

/// One side of a plan. It borrows from what it is made of.
#[derive(Debug, Clone)]
pub struct StateView<'a> {
    /// How it is called.
    pub endpoint: Endpoint,
    pub(super) containers: BTreeMap<ContainerName, Configured<'a>>,
    pub(super) missing_modules: bool,
    pub(super) nat: Option<Nat>,
    pub(super) nat_spec: Option<NatSpec>,
    /// What of NAT is certain where not all of it is known.
    pub(super) nat_at_least: Option<NatSpec>,
    /// Why it is not known whether there are containers at all (`boot.enableContainers`).
    pub(super) may_be_off: Option<Unknown>,
    pub(super) nat_places: Places<'a>,
    /// The table as `nft -j list table` shows it; `None` where it would have to be worked out from the containers.
    pub(super) listing: Option<Cow<'a, Value>>,
    /// How that is not as the records have it.
    pub(super) rules_drift: RulesDifference,
    /// What the kernel is set to, on a host.
    pub(super) kernel: Option<Kernel>,
    /// The host's links whose `route_localnet` is off.
    pub(super) no_localnet: BTreeSet<&'a str>,
    /// The program that units call, and the boot service, on a host with systemd.
    pub(super) program: Option<(&'a Program, &'a BootService)>,
    /// Containers whose kept root is there.
    pub(super) kept_roots: BTreeSet<ContainerName>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> StateView<'a> {
    fn empty(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            containers: BTreeMap::new(),
            missing_modules: false,
            nat: None,
            nat_spec: None,
            nat_at_least: None,
            may_be_off: None,
            nat_places: Places::none(),
            listing: None,
            rules_drift: RulesDifference::default(),
            kernel: None,
            no_localnet: BTreeSet::new(),
            program: None,
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
    pub fn configuration(configuration: &Configuration<'a>) -> Self {
        let manifest = configuration.manifest;
        let mut side = Self::empty(configuration.endpoint.clone());
        side.missing_modules = configuration.missing_modules;
        let places = configuration.places();
        side.take_nat(&manifest.networking.nat, &places);
        // NixOS makes no container at all then, whatever is declared.
        match &manifest.boot.enable_containers {
            Field::Known(true) => {}
            Field::Known(false) => return side,
            // By default there are containers as soon as there is one: it tells something of those alone that are there for certain.
            Field::Unknown(unknown) => {
                let is_certain = |c: &Container| {
                    [&c.auto_start, &c.ephemeral, &c.private_network].iter().any(|it| it.known().is_some())
                };
                side.may_be_off = manifest.containers.values().any(is_certain).then(|| unknown.clone());
            }
        }
        // They come in the order of their names.
        let specs = configuration.spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
        for (name, container) in &manifest.containers {
            let spec = specs.binary_search_by(|spec| spec.name.cmp(name)).ok();
            let places = places.below(["containers", name.as_str()]);
            let version = Version {
                container: Cow::Borrowed(container),
                spec: spec.map(|index| Cow::Borrowed(&specs[index])),
                guest_key: configuration.guest_keys.get(name).map(|key| Cow::Borrowed(key.as_str())),
                unknown_keys: UnknownKeys { of: Some((configuration.unknown_keys, name)) },
                guest: configuration.guests.get(name).map(|view| {
                    let places = match configuration.sources {
                        Some((_, sources)) => Places::read(&view.places, sources),
                        None => places.below(["config"]),
                    };
                    GuestOptions::Now(GuestView { options: Cow::Borrowed(&view.options), places })
                }),
                places,
            };
            side.containers.insert(name.clone(), Configured::running(version));
        }
        side
    }

    /// A generation: what was last brought up, where the host cannot be looked at, or what is to be gone back to.
    pub fn generation(generation: &'a Generation) -> Self {
        let endpoint = Endpoint { kind: EndpointKind::Manifest, name: format!("generation {}", generation.number) };
        let mut side = Self::empty(endpoint);
        side.take_recorded_nat(generation);
        let configured = |(name, record): (&ContainerName, &'a Record)| {
            (name.clone(), Configured::running(Version::recorded(Cow::Borrowed(record))))
        };
        side.containers = generation.records.iter().map(configured).collect();
        side
    }

    /// The live host.
    pub fn host(snapshot: &'a Snapshot) -> Self {
        let mut side = Self::empty(Endpoint { kind: EndpointKind::Host, name: snapshot.host_name.clone() });
        side.kernel = Some(snapshot.kernel);
        let links = snapshot.links.iter().flatten();
        side.no_localnet = links.filter(|(_, link)| !link.routes_localnet).map(|(name, _)| name.as_str()).collect();
        side.kept_roots = snapshot.roots.iter().flat_map(BTreeMap::keys).cloned().collect();
        if let Some(generation) = &snapshot.generation {
            side.take_recorded_nat(generation);
        }
        if snapshot.systemd {
            side.program = Some((&snapshot.program, &snapshot.boot_service));
            side.findings.extend(program::finding(&snapshot.boot_service));
            side.findings.extend(drift::of_host(snapshot).into_iter().map(Finding::from));
            for (name, observed) in &snapshot.containers {
                let recorded = |record: Cow<'a, Record>| Version {
                    guest: kept_guest(&record, snapshot.generation.as_ref()),
                    ..Version::recorded(record)
                };
                let written = observed.written.as_ref().map(Cow::Borrowed).map(recorded);
                let written = written.or_else(|| native(observed)).map(Rc::new);
                let booted = observed.acts_as().map(|acts| drift::as_observed(name, acts, snapshot));
                let booted = booted.map(recorded).map(Rc::new);
                let is_running = observed.is_running();
                let running = booted.or_else(|| written.clone()).filter(|_| is_running);
                let drift = drift::of(name, snapshot);
                let is_starting = observed.is_starting();
                let (owner, mask) = (observed.owner, observed.damage.mask.as_deref());
                let configured = Configured { owner, written, running, is_running, is_starting, drift, mask };
                side.containers.insert(name.clone(), configured);
            }
        } else {
            side.note("systemd does not run here: the host counts as one without containers");
        }
        match &snapshot.rules {
            Ok(Rules::Absent) => side.listing = Some(Cow::Owned(Value::Null)),
            Ok(Rules::Present(listing)) => side.listing = Some(Cow::Borrowed(listing)),
            Err(Unobserved::NotPermitted) => side.note(
                "the nftables rules may not be read as this user: they are taken to be what was last recorded",
            ),
            Err(Unobserved::NoProgram) => side.note(
                "nft is not installed, or not on PATH: the nftables rules are taken to be what was last recorded",
            ),
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
        self.rules_drift = difference;
    }

    /// The rules that were applied last and are not in the kernel.
    pub(super) fn missing_rules(mut self) -> Vec<RuleLine> {
        let mut missing = std::mem::take(&mut self.rules_drift.added);
        firewall::name_containers(&mut missing, &self.ruleset());
        missing
    }

    fn note(&mut self, message: &str) {
        self.findings.push(Diagnostic::note(Code::NotObserved, message).into());
    }

    fn take_nat(&mut self, nat: &Nat, places: &Places<'a>) {
        self.nat = Some(nat.clone());
        self.nat_spec = lower::nat(nat);
        self.nat_at_least = lower::nat_at_least(nat);
        self.nat_places = places.below(["networking", "nat"]);
    }

    fn take_recorded_nat(&mut self, generation: &'a Generation) {
        let manifest = &generation.manifest;
        self.take_nat(&manifest.networking.nat, &places_of(manifest));
        self.nat_spec = Some(generation.nat.clone());
    }

    /// The network that the next start of each of our containers brings; those whose is not known are left out.
    pub(super) fn networks(&self) -> BTreeMap<&ContainerName, Cow<'_, Network>> {
        let ours = self.containers.iter().filter(|(_, configured)| configured.owner == Owner::Ours);
        ours.filter_map(|(name, configured)| Some((name, configured.written.as_ref()?.network()?))).collect()
    }

    /// The addresses that each container has as long as it runs as it does.
    pub(super) fn held(&self) -> BTreeMap<ContainerName, BTreeSet<IpAddr>> {
        let running = self.containers.iter().filter_map(|(name, is)| Some((name, is.running.as_ref()?.network()?)));
        running.map(|(name, network)| (name.clone(), network.addresses())).collect()
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
        let keep = |said: &GuestOptions| match said {
            GuestOptions::Now(GuestView { options, places }) => {
                let mut options = options.clone().into_owned();
                redact::all(&mut options);
                KeptGuest::new(&Guest { options, positions: places.positions() })
            }
            GuestOptions::Kept(guest) => KeptGuest::clone(guest),
        };
        let kept = |configured: &Configured| configured.written.as_ref()?.guest.as_ref().map(keep);
        self.containers.iter().filter_map(|(name, configured)| Some((name.clone(), kept(configured)?))).collect()
    }

    /// The rules that belong to what is configured here.
    pub fn ruleset(&self) -> Ruleset {
        self.ruleset_of(&self.networks())
    }

    /// The rules of the containers that `covers` says yes to, and of the host itself.
    pub fn ruleset_of_those(&self, covers: impl Fn(&ContainerName) -> bool) -> Ruleset {
        let mut networks = self.networks();
        for (name, configured) in self.containers.iter().filter(|(_, it)| it.owner == Owner::Ours) {
            if let (Entry::Vacant(entry), Some(written)) = (networks.entry(name), &configured.written) {
                written.network_at_least().map(|network| entry.insert(Cow::Owned(network)));
            }
        }
        networks.retain(|name, _| covers(name));
        self.ruleset_of(&networks)
    }

    /// The same of its networks, where those are at hand.
    pub(super) fn ruleset_of(&self, networks: &BTreeMap<&ContainerName, Cow<'_, Network>>) -> Ruleset {
        let networks = networks.iter().map(|(name, network)| (*name, &**network));
        // One that was not to be disturbed may run on with an address that is another's by now.
        let held = self.held();
        let holders = Holders::new(&held);
        let nat = self.nat_spec.as_ref().or(self.nat_at_least.as_ref()).cloned().unwrap_or_default();
        Ruleset::leading(networks, &nat, |name, address| holders.may_lead(name, address))
    }
}

impl<'a> Configuration<'a> {
    /// Where its options stand.
    fn places(&self) -> Places<'a> {
        self.sources.map_or_else(|| places_of(self.manifest), |(spans, sources)| Places::read(spans, sources))
    }
}

impl<'a> Configured<'a> {
    fn running(version: Version<'a>) -> Self {
        let version = Rc::new(version);
        Self {
            owner: Owner::Ours,
            written: Some(Rc::clone(&version)),
            running: Some(version),
            is_running: true,
            is_starting: false,
            drift: Vec::new(),
            mask: None,
        }
    }
}

impl<'a> Version<'a> {
    pub(super) fn recorded(record: Cow<'a, Record>) -> Self {
        let (container, spec, guest_key, all) = match record {
            Cow::Borrowed(Record { container, spec, guest_key, positions, .. }) => (
                Cow::Borrowed(container),
                Cow::Borrowed(spec),
                guest_key.as_deref().map(Cow::Borrowed),
                Cow::Borrowed(positions),
            ),
            Cow::Owned(Record { container, spec, guest_key, positions, .. }) => {
                (Cow::Owned(container), Cow::Owned(spec), guest_key.map(Cow::Owned), Cow::Owned(positions))
            }
        };
        let places = Places::Noted { all, root: String::new() };
        Self { container, spec: Some(spec), guest_key, unknown_keys: UnknownKeys::default(), guest: None, places }
    }

    /// What is to be kept beside the unit; `None` while something is unknown.
    pub fn record(&self) -> Option<Record> {
        Some(Record {
            format_version: FORMAT_VERSION,
            container: self.container.clone().into_owned(),
            spec: self.spec.clone()?.into_owned(),
            guest_key: self.guest_key.clone().map(Cow::into_owned),
            positions: self.places.positions(),
        })
    }

    /// Its network, where it is known.
    pub(super) fn network(&self) -> Option<Cow<'_, Network>> {
        match &self.spec {
            Some(spec) => Some(Cow::Borrowed(&spec.network)),
            None => model::network::network(&self.container).map(Cow::Owned),
        }
    }

    /// The network as far as it is known, where not all of it is.
    pub(super) fn network_at_least(&self) -> Option<Network> {
        model::network::network_at_least(&self.container)
    }

    /// Its options as JSON.
    pub(super) fn options(&self) -> Value {
        serde_json::to_value(&*self.container).expect("the model has string keys only")
    }

    /// Whether the root is empty at each start; an unknown one counts as such, since that is the worse case.
    pub(super) fn is_ephemeral(&self) -> bool {
        self.container.ephemeral.known().copied().unwrap_or(true)
    }

    /// Whether a link leads from it to the host; one that is unknown may be about to come or go.
    pub(super) fn has_link(&self) -> bool {
        matches!(self.network().as_deref(), Some(Network::Private(Private { veth: Some(_), .. })))
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
fn kept_guest<'a>(record: &Record, generation: Option<&'a Generation>) -> Option<GuestOptions<'a>> {
    let (generation, name) = (generation?, &record.spec.name);
    let kept = generation.records.get(name)?;
    let is_same_guest = record.guest_key.is_some() && record.guest_key == kept.guest_key;
    let is_same = is_same_guest || record.spec.system == kept.spec.system;
    generation.guests.get(name).filter(|_| is_same).map(GuestOptions::Kept)
}

/// What NixOS wrote for a container of its own.
fn native(observed: &ObservedContainer) -> Option<Version<'_>> {
    let texts = (&observed.unit_text, &observed.conf_text, &observed.start_text);
    let (Owner::Native, (Some(unit), Some(conf), Some(script))) = (observed.owner, texts) else { return None };
    let container = state::native::container(unit, conf, script)?;
    Some(Version {
        container: Cow::Owned(container),
        spec: None,
        guest_key: None,
        unknown_keys: UnknownKeys::default(),
        guest: None,
        places: Places::none(),
    })
}

/// Where a manifest says that its options stand.
fn places_of(manifest: &Manifest) -> Places<'_> {
    manifest.positions.as_ref().map_or_else(Places::none, Places::noted)
}
