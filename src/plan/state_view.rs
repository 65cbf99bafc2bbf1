//! One side of a plan: a host, a generation or a configuration, seen through one type.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::drift;
use super::finding::Finding;
use super::holders::Holders;
use super::version::{Configured, GuestOptions, GuestView, UnknownKeys, Version, kept_guest, native};
use super::{loopback, program, redact};
use crate::diag::{Code, Diagnostic};
use crate::model::locations::Locations;
use crate::model::path::OptionSpans;
use crate::model::spec::{HostSpec, NatSpec, Network};
use crate::model::view::View;
use crate::model::{self, Container, ContainerName, Field, Manifest, Nat, Unknown};
use crate::render::nft::{RuleLine, RulesDifference, Ruleset, Sysctl};
use crate::source::SourceMap;
use crate::state::{
    BootService, Generation, Guest, KeptGuest, Kernel, NixosNat, Owner, Program, Record, Rules, Snapshot,
    Unobserved,
};

/// What kind of state one side of a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// The live host.
    Host,
    /// A git revision of a configuration.
    Revision,
    /// A configuration on disk.
    File,
    /// A manifest, or a generation, which contains one.
    Manifest,
}

/// The name of one side of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What kind of state it is.
    pub kind: EndpointKind,
    /// The host's name, the revision, or the path as given.
    pub name: String,
}

/// An evaluated configuration.
#[derive(Debug, Clone)]
pub struct Configuration<'a> {
    /// Its name in the plan.
    pub endpoint: Endpoint,
    /// The options as typed. The `path` of a guest that Nix has not built yet is unknown.
    pub manifest: &'a Manifest,
    /// The keys of the guests that are built from `config`. They tell an unchanged guest without Nix.
    pub guest_keys: &'a BTreeMap<ContainerName, String>,
    /// The keys of container options that are unknown or partial, by full option path: equal keys mean equal values.
    pub unknown_keys: &'a BTreeMap<String, String>,
    /// The guests' own configurations, if evaluated.
    pub guests: &'a BTreeMap<ContainerName, View>,
    /// The sources and the spans of the options. Without them, the positions come from the manifest.
    pub sources: Option<(&'a OptionSpans, &'a SourceMap)>,
    /// The checked spec, once everything is known. Without it the plan can be shown, but not applied.
    pub spec: Option<&'a HostSpec>,
    /// Whether modules are missing, which may define containers that are absent here.
    pub missing_modules: bool,
}

/// One side of a plan.
#[derive(Debug, Clone)]
pub struct StateView<'a> {
    /// Its name in the plan.
    pub endpoint: Endpoint,
    pub(super) containers: BTreeMap<ContainerName, Configured<'a>>,
    pub(super) missing_modules: bool,
    pub(super) nat: Option<Nat>,
    pub(super) nat_spec: Option<NatSpec>,
    /// The certain part of NAT settings that are partly unknown.
    pub(super) nat_at_least: Option<NatSpec>,
    /// Why it is unknown whether there are any containers (`boot.enableContainers`).
    pub(super) may_be_off: Option<Unknown>,
    pub(super) nat_locations: Locations<'a>,
    /// Our table as `nft -j list table` shows it. `None` if it was not observed: then the rules follow from the containers.
    pub(super) listing: Option<Cow<'a, Value>>,
    /// How the table differs from what the records say.
    pub(super) rules_drift: RulesDifference,
    /// The kernel's settings, on a host.
    pub(super) kernel: Option<Kernel>,
    /// The host's interfaces whose `route_localnet` is off.
    pub(super) no_localnet: BTreeSet<&'a str>,
    /// The program that units call, and the boot service, on a host with systemd.
    pub(super) program: Option<(&'a Program, &'a BootService)>,
    /// Whether NixOS itself makes the NAT of the host.
    pub(super) has_native_nat: bool,
    /// The TCP ports of `[::1]` that others listen on; `None` unless it is a host with such an address.
    pub(super) loopback: Option<BTreeSet<u16>>,
    /// Containers whose kept root exists.
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
            nat_locations: Locations::none(),
            listing: None,
            rules_drift: RulesDifference::default(),
            kernel: None,
            no_localnet: BTreeSet::new(),
            program: None,
            has_native_nat: false,
            loopback: None,
            kept_roots: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// A configuration that does not exist on this side: nothing is configured, and a note says so.
    pub fn absent(endpoint: Endpoint, configuration: &str) -> Self {
        let message =
            format!("{configuration} does not exist in `{}`: nothing was configured there", endpoint.name);
        let mut side = Self::empty(endpoint);
        side.findings.push(Diagnostic::note(Code::NotThere, message).into());
        side
    }

    /// No containers, as a wanted state.
    pub fn nothing(endpoint: Endpoint) -> Self {
        Self { nat: Some(Nat::default()), nat_spec: Some(NatSpec::default()), ..Self::empty(endpoint) }
    }

    /// A configuration: the wanted state, or the former one (`plan --from`).
    pub fn configuration(configuration: &Configuration<'a>) -> Self {
        let manifest = configuration.manifest;
        let mut side = Self::empty(configuration.endpoint.clone());
        side.missing_modules = configuration.missing_modules;
        let locations = configuration.locations();
        side.take_nat(&manifest.networking.nat, &locations);
        // With `boot.enableContainers = false`, NixOS ignores all declared containers.
        match &manifest.boot.enable_containers {
            Field::Known(true) => {}
            Field::Known(false) => return side,
            // The default is true as soon as any container is declared, so an unknown value only matters if some
            // container is certain.
            Field::Unknown(unknown) => {
                let is_certain = |c: &Container| {
                    [&c.auto_start, &c.ephemeral, &c.private_network].iter().any(|it| it.known().is_some())
                };
                side.may_be_off = manifest.containers.values().any(is_certain).then(|| unknown.clone());
            }
        }
        // The specs are sorted by name.
        let specs = configuration.spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
        for (name, container) in &manifest.containers {
            let spec = specs.binary_search_by(|spec| spec.name.cmp(name)).ok();
            let settings = manifest.services.settings(name.as_str());
            let around = ["services", "container-rebuild", "containers", name.as_str()];
            let settings_locations = settings.map(|_| locations.below(around));
            let locations = locations.below(["containers", name.as_str()]);
            let version = Version {
                settings: settings.map(Cow::Borrowed).unwrap_or_default(),
                settings_locations,
                container: Cow::Borrowed(container),
                spec: spec.map(|index| Cow::Borrowed(&specs[index])),
                guest_key: configuration.guest_keys.get(name).map(|key| Cow::Borrowed(key.as_str())),
                unknown_keys: UnknownKeys { of: Some((configuration.unknown_keys, name)) },
                guest: configuration.guests.get(name).map(|view| {
                    let locations = match configuration.sources {
                        Some((_, sources)) => Locations::read(&view.spans, sources),
                        None => locations.below(["config"]),
                    };
                    GuestOptions::Now(GuestView { options: Cow::Borrowed(&view.options), locations })
                }),
                locations,
            };
            side.containers.insert(name.clone(), Configured::running(version));
        }
        side
    }

    /// A generation: what was last applied, if the host cannot be observed, or what to go back to.
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
        let interfaces = snapshot.interfaces.iter().flatten();
        side.no_localnet =
            interfaces.filter(|(_, interface)| !interface.routes_localnet).map(|(name, _)| name.as_str()).collect();
        side.loopback = loopback::taken(snapshot);
        side.kept_roots = snapshot.roots.iter().flat_map(BTreeMap::keys).cloned().collect();
        if let Some(generation) = &snapshot.generation {
            side.take_recorded_nat(generation);
        }
        if snapshot.nixos_nat != NixosNat::Absent {
            side.has_native_nat = true;
            side.nat_spec = Some(NatSpec::default());
        }
        if snapshot.systemd {
            side.program = Some((&snapshot.program, &snapshot.boot_service));
            side.findings.extend(program::finding(&snapshot.boot_service));
            side.findings.extend(drift::of_host(snapshot).into_iter().map(Finding::from));
            for (name, observed) in &snapshot.containers {
                if observed.is_handed_over() && observed.is_running() {
                    let message =
                        format!("`{name}` runs as NixOS has started it: one restart takes it over, with its state");
                    side.findings.push(Diagnostic::note(Code::NotOurs, message).into());
                }
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
                let attempted = snapshot.unfinished.changing.get(name).filter(|_| is_running);
                let attempted = attempted.map(Cow::Borrowed).map(recorded).map(Rc::new);
                let drift = drift::of(name, snapshot);
                let moved_sources = observed.moved_sources.iter().map(AsRef::as_ref).collect();
                let is_starting = observed.is_starting();
                let (owner, mask) = (observed.owner, observed.damage.mask.as_deref());
                let configured = Configured {
                    owner,
                    written,
                    running,
                    attempted,
                    is_running,
                    is_starting,
                    drift,
                    moved_sources,
                    mask,
                };
                side.containers.insert(name.clone(), configured);
            }
        } else {
            side.note("systemd does not run here: planning as if this host had no containers");
        }
        match &snapshot.rules {
            Ok(Rules::Absent) => side.listing = Some(Cow::Owned(Value::Null)),
            Ok(Rules::Present(listing)) => side.listing = Some(Cow::Borrowed(listing)),
            Err(Unobserved::NotPermitted) => {
                side.note("only root can read the nftables rules: assuming those of the last generation")
            }
            Err(Unobserved::NoProgram) => side
                .note("nft is not installed, or not on PATH: assuming the nftables rules of the last generation"),
        }
        side.compare_rules();
        if snapshot.roots.is_none() {
            side.note("only root can read the containers' roots: cannot tell which kept roots exist");
        }
        side
    }

    /// Compares the rules in the kernel with those of the records, and reports drift.
    fn compare_rules(&mut self) {
        let Some(listing) = &self.listing else { return };
        let difference = self.ruleset().differences(listing);
        if !difference.is_empty() {
            let (missing, extra) = (difference.added.len(), difference.removed.len());
            let message =
                format!("the nftables rules differ from those last applied: {missing} missing, {extra} unexpected");
            self.findings.push(Diagnostic::note(Code::Drift, message).help("`switch` repairs them").into());
        }
        self.rules_drift = difference;
    }

    /// The rules that were last applied but are not in the kernel.
    pub(super) fn missing_rules(mut self) -> Vec<RuleLine> {
        let mut missing = std::mem::take(&mut self.rules_drift.added);
        self.ruleset().name_containers(&mut missing);
        missing
    }

    fn note(&mut self, message: &str) {
        self.findings.push(Diagnostic::note(Code::NotObserved, message).into());
    }

    fn take_nat(&mut self, nat: &Nat, locations: &Locations<'a>) {
        self.nat = Some(nat.clone());
        self.nat_spec = model::nat::lower(nat);
        self.nat_at_least = model::nat::at_least(nat);
        self.nat_locations = locations.below(["networking", "nat"]);
    }

    fn take_recorded_nat(&mut self, generation: &'a Generation) {
        let manifest = &generation.manifest;
        self.take_nat(&manifest.networking.nat, &locations_of(manifest));
        self.nat_spec = Some(generation.nat.clone());
    }

    /// Whether a sysctl has the value that rules need. `None` if that was not observed.
    pub(super) fn has(&self, sysctl: &Sysctl) -> Option<bool> {
        match self.kernel {
            // One of an interface that does not exist yet is set together with the interface.
            _ if !sysctl.is_of_host() => Some(!sysctl.is_of_interface(&self.no_localnet)),
            kernel => kernel.map(|kernel| kernel.has(sysctl)),
        }
    }

    /// The network that each of our containers gets at its next start, if known.
    pub(super) fn networks(&self) -> BTreeMap<&ContainerName, Cow<'_, Network>> {
        let ours = self.containers.iter().filter(|(_, configured)| configured.owner == Owner::Ours);
        ours.filter_map(|(name, configured)| Some((name, configured.written.as_ref()?.network()?))).collect()
    }

    /// The addresses that each running container holds.
    pub(super) fn held(&self) -> BTreeMap<ContainerName, BTreeSet<IpAddr>> {
        let running = self.containers.iter().filter_map(|(name, is)| Some((name, is.running.as_ref()?.network()?)));
        running.map(|(name, network)| (name.clone(), network.addresses())).collect()
    }

    /// Whether any unit of this side is ours.
    pub(super) fn has_units(&self) -> bool {
        self.containers.values().any(|configured| configured.owner == Owner::Ours)
    }

    /// The names of all containers.
    pub fn names(&self) -> impl Iterator<Item = &ContainerName> {
        self.containers.keys()
    }

    /// The records of our containers, except those with an unknown option.
    pub fn records(&self) -> BTreeMap<ContainerName, Record> {
        let ours = self.containers.iter().filter(|(_, configured)| configured.owner == Owner::Ours);
        ours.filter_map(|(name, configured)| Some((name.clone(), configured.written.as_ref()?.record()?))).collect()
    }

    /// The guests' own options to keep in a generation, without secrets.
    pub fn guests(&self) -> BTreeMap<ContainerName, KeptGuest> {
        let keep = |guest: &GuestOptions| match guest {
            GuestOptions::Now(GuestView { options, locations }) => {
                let mut options = options.clone().into_owned();
                redact::all(&mut options);
                KeptGuest::new(&Guest { options, positions: locations.positions() })
            }
            GuestOptions::Kept(guest) => KeptGuest::clone(guest),
        };
        let kept = |configured: &Configured| configured.written.as_ref()?.guest.as_ref().map(keep);
        self.containers.iter().filter_map(|(name, configured)| Some((name.clone(), kept(configured)?))).collect()
    }

    /// The rules of all our containers and of the host itself.
    pub fn ruleset(&self) -> Ruleset {
        self.ruleset_of(&self.networks())
    }

    /// The rules of the containers that `covers` accepts, and of the host itself.
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

    /// Like [`Self::ruleset`], but takes the result of [`Self::networks`].
    pub(super) fn ruleset_of(&self, networks: &BTreeMap<&ContainerName, Cow<'_, Network>>) -> Ruleset {
        let gives = |holder: &ContainerName, address| {
            networks.get(holder).is_none_or(|network| network.addresses().contains(&address))
        };
        // A container that was left running may still hold an address that is configured for another one now.
        let held = self.held();
        let holders = Holders::new(&held);
        let nat = self.nat_spec.as_ref().or(self.nat_at_least.as_ref()).cloned().unwrap_or_default();
        let of_containers = networks.iter().map(|(name, network)| (*name, &**network));
        let ruleset = Ruleset::leading(of_containers, &nat, |name, address| holders.lets(name, address, gives));
        let running = self.running_networks();
        ruleset.and_isolate(running.iter().map(|(name, network)| (*name, &**network)), &Ruleset::default())
    }

    /// The networks with which our containers run, if known.
    pub(super) fn running_networks(&self) -> Vec<(&ContainerName, Cow<'_, Network>)> {
        let ours = self.containers.iter().filter(|(_, configured)| configured.owner == Owner::Ours);
        ours.filter_map(|(name, configured)| Some((name, configured.running.as_ref()?.network()?))).collect()
    }
}

impl<'a> Configuration<'a> {
    /// The positions of its options.
    fn locations(&self) -> Locations<'a> {
        self.sources.map_or_else(|| locations_of(self.manifest), |(spans, sources)| Locations::read(spans, sources))
    }
}

/// The positions of options that a manifest contains.
fn locations_of(manifest: &Manifest) -> Locations<'_> {
    manifest.positions.as_ref().map_or_else(Locations::none, Locations::noted)
}
