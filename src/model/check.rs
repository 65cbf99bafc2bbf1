//! Turns a manifest into a spec and collects everything wrong on the way.
//!
//! Takes: a [`Manifest`] and the spans of its options. Gives: a [`HostSpec`] and findings. `modules` has already rejected
//! what NixOS's own types refuse; this module rejects what evaluates but describes something that no host can run.
//!
//! Invariants:
//! - One run reports all findings of a manifest.
//! - A container whose findings include no error is in the spec, unless an unknown value keeps it out.

mod bind_sources;
mod container_forwards;
mod flags;
mod health_check;
mod interfaces;
mod nat;
mod network;
mod own_forwards;
mod refused;
pub(crate) mod resources;
mod settings;
mod users;
mod values;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

pub use container_forwards::forward_key;
use container_forwards::{ContainerForward, container_forwards, known_elements};

use super::path::{At, OptionPath, OptionSpans};
use super::spec::{Bind, ContainerSpec, Device, HealthCheck, HostSpec, OwnOptions, Protocol, UnitSettings};
use super::support::{unsupported_container, unsupported_host};
use super::view::View;
use super::{
    Container, ContainerName, DELETE_GENERATIONS_OLDER_THAN, Field, GenerationAge, KEEP_GENERATIONS, List,
    Manifest, UNKNOWN_KEY, Unknown,
};
use crate::diag::{Code, Diagnostic, Fix, Severity};
use crate::source::{Location, Pos};
use crate::syntax::mend::literal;

/// The spec of a manifest, with everything found while checking it.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// NAT, and the containers that are fully known and have no errors.
    pub spec: HostSpec,
    /// What is wrong with the model itself ([`Code::PortTaken`] and the like).
    pub findings: Vec<Diagnostic>,
    /// Options that are set but that this version does not act on: errors for every command that applies.
    pub unsupported: Vec<Diagnostic>,
    /// Values that must be known before anything can be applied: errors for every command that applies.
    pub unknown: Vec<Diagnostic>,
}

/// Checks `manifest`; `spans` locates its options if its sources are loaded.
pub fn check(manifest: &Manifest, spans: &OptionSpans) -> Checked {
    check_with_guests(manifest, &BTreeMap::new(), spans)
}

/// Like [`check`], and orders containers after those that their guests use as servers.
pub fn check_with_guests(
    manifest: &Manifest,
    guests: &BTreeMap<ContainerName, View>,
    spans: &OptionSpans,
) -> Checked {
    let mut checker = Checker { manifest, guests, spans, out: Checked::default() };
    checker.run();
    checker.out
}

struct Checker<'a> {
    manifest: &'a Manifest,
    guests: &'a BTreeMap<ContainerName, View>,
    spans: &'a OptionSpans,
    out: Checked,
}

impl Checker<'_> {
    fn run(&mut self) {
        self.nat();
        self.keep_generations();
        self.generation_age();
        for diagnostic in unsupported_host(self.manifest) {
            let located = self.locate(diagnostic.0, &diagnostic.1);
            self.out.unsupported.push(located);
        }
        if !self.containers_enabled() {
            return;
        }
        let mut settings = self.settings();
        let containers = At::root("containers");
        for (name, container) in &self.manifest.containers {
            let path = containers.join(name.as_str());
            for (diagnostic, option) in unsupported_container(container, path) {
                let located = self.locate(diagnostic, &option);
                self.out.unsupported.push(located);
            }
            let before = self.errors();
            let spec = self.container(name, container, path);
            if self.errors() == before {
                let with_settings = |spec: ContainerSpec| {
                    let OwnOptions { unit, credentials, forwards, health, new_sources, mtu, create_bridge } =
                        settings.remove(name)?;
                    let network = spec.network.with_forwards(forwards).with_pairs(mtu, create_bridge);
                    Some(ContainerSpec { network, unit, credentials, health, new_sources, ..spec })
                };
                self.out.spec.containers.extend(spec.and_then(with_settings));
            }
        }
        for name in self.manifest.misnamed.keys() {
            let Err(error) = ContainerName::new(name.as_str()) else { continue };
            let diagnostic = Diagnostic::error(Code::ContainerName, error.to_string()).help("rename the container");
            self.find(diagnostic, containers.join(name));
        }
        self.taken_twice();
        self.taken_by_nat();
        self.taken_by_own_forwards();
        self.interfaces_taken_twice();
        self.users_taken_twice();
    }

    /// Checks `services.container-rebuild.keepGenerations`. If it is unknown, all generations are kept and nothing is refused.
    fn keep_generations(&mut self) {
        let services = &self.manifest.services;
        let Some(value) = services.container_rebuild.get(KEEP_GENERATIONS) else { return };
        if services.keep_generations().is_none() && value.get(UNKNOWN_KEY).is_none() {
            let message =
                format!("`{value}` is not a number of generations: expected an integer from 1 to {}", u32::MAX);
            let help = "remove it to keep the last ten; the one that was booted is kept in any case";
            let path = At::root("services").join("container-rebuild").path().join(KEEP_GENERATIONS);
            let diagnostic = Diagnostic::error(Code::OptionType, message).help(help);
            let located = self.locate(diagnostic, &path);
            self.out.findings.push(located);
        }
    }

    /// Checks `services.container-rebuild.deleteGenerationsOlderThan` alike.
    fn generation_age(&mut self) {
        let services = &self.manifest.services;
        let Some(value) = services.container_rebuild.get(DELETE_GENERATIONS_OLDER_THAN) else { return };
        if services.generation_age() == GenerationAge::Unknown && value.get(UNKNOWN_KEY).is_none() {
            let message = format!("`{value}` is not an age: expected a number of days such as `\"30d\"`");
            let help = "remove it to delete generations by their number only";
            let path = At::root("services").join("container-rebuild").path().join(DELETE_GENERATIONS_OLDER_THAN);
            let located = self.locate(Diagnostic::error(Code::OptionType, message).help(help), &path);
            self.out.findings.push(located);
        }
    }

    fn errors(&self) -> usize {
        self.out.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// `boot.enableContainers = false` switches everything off. NixOS warns about it too.
    fn containers_enabled(&mut self) -> bool {
        if self.manifest.boot.enable_containers.known() != Some(&false) {
            return true;
        }
        if !self.manifest.containers.is_empty() {
            let diagnostic = Diagnostic::warning(
                Code::ContainersDisabled,
                "containers are declared, but `boot.enableContainers` is false: none of them will run",
            )
            .help("remove `boot.enableContainers = false;`, or the containers");
            self.find(diagnostic, At::root("boot").join("enableContainers"));
        }
        false
    }

    fn container(&mut self, name: &ContainerName, c: &Container, path: At<'_>) -> Option<ContainerSpec> {
        let network = self.network(name, c, path);
        let users = self.users(name, c, network.as_ref(), path);
        let binds = self.binds(c, path);
        let devices = self.devices(c, path);
        self.refused_at_start(c, path);
        self.interfaces_of_guest(name, c, path);
        self.flags(c, network.as_ref(), path);
        let system = self.need(&c.path, path.join("path")).and_then(|system| {
            let system = PathBuf::from(system);
            if system.is_absolute() {
                return Some(system);
            }
            let message = format!("`{}` is not an absolute path", system.display());
            let help = "give the store path of a built NixOS system, one with `init` in it";
            self.find(Diagnostic::error(Code::OptionType, message).help(help), path.join("path"));
            None
        });
        let extra_flags = self.list(&c.extra_flags, path.join("extraFlags"));
        Some(ContainerSpec {
            name: name.clone(),
            auto_start: *self.need(&c.auto_start, path.join("autoStart"))?,
            ephemeral: *self.need(&c.ephemeral, path.join("ephemeral"))?,
            tmpfs: self.list(&c.tmpfs, path.join("tmpfs"))?,
            additional_capabilities: self.list(&c.additional_capabilities, path.join("additionalCapabilities"))?,
            drop_capabilities: self.list(&c.drop_capabilities, path.join("dropCapabilities"))?,
            devices: devices?,
            tun: *self.need(&c.enable_tun, path.join("enableTun"))?,
            copy_resolv_conf: *self.need(&c.copy_resolv_conf, path.join("copyResolvConf"))?,
            // NixOS joins the elements unquoted into a shell command, so one element may hold several words.
            extra_flags: extra_flags?.iter().flat_map(|flag| flag.split_whitespace()).map(str::to_owned).collect(),
            timeout_start: self.need(&c.timeout_start_sec, path.join("timeoutStartSec"))?.clone(),
            credentials: Vec::new(),
            unit: UnitSettings::default(),
            health: HealthCheck::default(),
            new_sources: Vec::new(),
            users: users?,
            network: network?,
            binds: binds?,
            system: system?,
        })
    }

    fn binds(&mut self, c: &Container, path: At<'_>) -> Option<Vec<Bind>> {
        let path = path.join("bindMounts");
        let mut binds = Vec::new();
        for (key, element) in self.need(&c.bind_mounts, path)? {
            let at = path.join(key);
            let bind = self.need(element, at)?;
            let mount = self.need(&bind.mount_point, at.join("mountPoint"))?;
            let host = self.need(&bind.host_path, at.join("hostPath"))?.as_ref().unwrap_or(mount);
            let read_only = *self.need(&bind.is_read_only, at.join("isReadOnly"))?;
            for (value, option) in [(mount, "mountPoint"), (host, "hostPath")] {
                if !value.starts_with('/') {
                    let message = format!("`{value}` is not an absolute path");
                    let help = format!("`{option}` of a bind mount starts with `/`");
                    self.find(Diagnostic::error(Code::OptionType, message).help(help), at.join(option));
                }
            }
            binds.push(Bind { host: host.clone(), mount: mount.clone(), read_only });
        }
        Some(binds)
    }

    fn devices(&mut self, c: &Container, path: At<'_>) -> Option<Vec<Device>> {
        let path = path.join("allowedDevices");
        let mut devices = Vec::new();
        for element in self.need(&c.allowed_devices, path)? {
            let device = self.need(element, path)?;
            let node = self.need(&device.node, path)?;
            let modifier = self.need(&device.modifier, path)?;
            let is_word =
                |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control());
            if !is_word(node) || !is_word(modifier) {
                let message =
                    format!("`{node} {modifier}` is not a device rule: expected a path and a mode such as `rwm`");
                let diagnostic = Diagnostic::error(Code::OptionType, message)
                    .help("write one such as `{ node = \"/dev/fuse\"; modifier = \"rwm\"; }`");
                self.find(diagnostic, path);
                return None;
            }
            devices.push(Device { node: node.clone(), modifier: modifier.clone() });
        }
        Some(devices)
    }

    /// Reports host ports and addresses that two containers claim.
    fn taken_twice(&mut self) {
        let containers = At::root("containers");
        let mut ports: BTreeMap<(Protocol, u16), ContainerForward<'_>> = BTreeMap::new();
        let mut addresses: BTreeMap<IpAddr, Claim<'_>> = BTreeMap::new();
        let manifest = self.manifest;
        for forward in container_forwards(manifest) {
            let taken = *ports.entry((forward.protocol, forward.host_port)).or_insert(forward);
            // If the port was free, `or_insert` has just returned this forward itself.
            if !std::ptr::eq(taken.forward, forward.forward) {
                self.port_taken(forward, taken);
            }
        }
        for (name, container) in &manifest.containers {
            let path = containers.join(name.as_str());
            if container.private_network.known() != Some(&true) {
                continue;
            }
            for (field, option) in
                [(&container.local_address, "localAddress"), (&container.local_address6, "localAddress6")]
            {
                let Some(Some(text)) = field.known() else { continue };
                let Some(address) = plain(text) else { continue };
                let bridge = container.host_bridge.known().and_then(Option::as_ref);
                let host =
                    if option == "localAddress" { &container.host_address } else { &container.host_address6 };
                let at = path.join(option);
                if let Some(Claim { name: first, option: there, bridge: other_bridge }) = addresses.get(&address) {
                    // Two bridges are two networks, and the host has no route of its own to either address.
                    if bridge.is_some() && other_bridge.is_some() && bridge != *other_bridge {
                        continue;
                    }
                    let message = format!("address {address} is given to both `{first}` and `{name}`");
                    let help = format!("give one of them another `{option}`");
                    let there = containers.join(first.as_str()).join(there).path();
                    self.find_beside(Diagnostic::error(Code::AddressTaken, message).help(help), &at.path(), &there);
                } else if host.known().and_then(Option::as_ref).is_some_and(|host| plain(host) == Some(address)) {
                    let message = format!("`{name}` and its host end have the same address {address}");
                    let help = format!("give it another `{option}`");
                    self.find(Diagnostic::error(Code::AddressTaken, message).help(help), at);
                } else {
                    addresses.insert(address, Claim { name, option, bridge });
                }
            }
        }
    }

    /// Reports a forward of a host port that another one has already claimed.
    fn port_taken(&mut self, forward: ContainerForward<'_>, other: ContainerForward<'_>) {
        let ContainerForward { name, protocol, host_port: port, .. } = forward;
        let (first, protocol) = (other.name, protocol.as_str());
        let message = if first == name {
            format!("host port {port}/{protocol} is forwarded twice by `{name}`")
        } else {
            format!("host port {port}/{protocol} is forwarded to both `{first}` and `{name}`")
        };
        let diagnostic = Diagnostic::error(Code::PortTaken, message).help("give one of them another `hostPort`");
        self.find_beside(diagnostic, &forward.path().join("hostPort"), &other.path().join("hostPort"));
    }

    /// The value of `field`; an unknown one is recorded.
    fn need<'f, T>(&mut self, field: &'f Field<T>, path: At<'_>) -> Option<&'f T> {
        match field {
            Field::Known(value) => Some(value),
            Field::Unknown(unknown) => {
                self.note_unknown(unknown, &path.path());
                None
            }
        }
    }

    fn list(&mut self, field: &List<String>, path: At<'_>) -> Option<Vec<String>> {
        let elements = self.need(field, path)?;
        elements.iter().map(|element| self.need(element, path).cloned()).collect()
    }

    fn note_unknown(&mut self, unknown: &Unknown, path: &OptionPath) {
        let message = format!("`{path}` is not known without Nix: {}", unknown.reason);
        let location = Location { file: unknown.file.clone(), line: unknown.line, column: unknown.column };
        let diagnostic = Diagnostic::error(Code::UnknownValue, message);
        let diagnostic = match self.spans.nearest(path) {
            Some(span) => diagnostic.at(span, "set here"),
            None => diagnostic.at_location(location),
        };
        self.out.unknown.push(diagnostic);
    }

    fn find(&mut self, diagnostic: Diagnostic, at: At<'_>) {
        let located = self.locate(diagnostic, &at.path());
        self.out.findings.push(located);
    }

    /// Reports a finding about an element of the list at `at`.
    fn find_element(&mut self, diagnostic: Diagnostic, at: At<'_>, index: usize) {
        let located = self.locate_element(diagnostic, &at.path(), index);
        self.out.findings.push(located);
    }

    /// Points the diagnostic to the definition that contributes the element.
    fn locate_element(&self, diagnostic: Diagnostic, path: &OptionPath, index: usize) -> Diagnostic {
        match self.spans.element(path, index) {
            Some(span) => diagnostic.at(span, ""),
            None => self.locate(diagnostic, path),
        }
    }

    /// Reports a finding about the option at `path` that conflicts with the one at `there`.
    fn find_beside(&mut self, diagnostic: Diagnostic, path: &OptionPath, there: &OptionPath) {
        // Two elements of one list share a name, and so a path.
        if let (true, [first, .., again]) = (path == there, self.spans.all(path)) {
            self.out.findings.push(diagnostic.at(*again, "").at(*first, "taken here already"));
            return;
        }
        let located = self.locate(diagnostic, path);
        let first = self.spans.nearest(there).filter(|span| located.labels.iter().all(|label| label.span != *span));
        self.out.findings.push(match first {
            Some(span) => located.at(span, "taken here already"),
            None => located,
        });
    }

    /// Points the diagnostic to the option: by span if the sources are loaded, otherwise by the manifest's `positions`.
    fn locate(&self, diagnostic: Diagnostic, path: &OptionPath) -> Diagnostic {
        if let Some(span) = self.spans.nearest(path) {
            return diagnostic.at(span, "");
        }
        match self.manifest.nearest_location(path) {
            Some(location) => diagnostic.at_location(location),
            None => diagnostic,
        }
    }
}

/// The first claim of an address: the container, the option and the bridge.
struct Claim<'a> {
    name: &'a ContainerName,
    option: &'static str,
    bridge: Option<&'a String>,
}

/// An address without its prefix length.
fn plain(text: &str) -> Option<IpAddr> {
    text.split('/').next()?.parse().ok()
}

/// The known elements of a list, each with its index.
fn texts(list: &List<String>) -> impl Iterator<Item = (usize, &str)> {
    let elements = list.known().into_iter().flatten().enumerate();
    elements.filter_map(|(index, element)| Some((index, element.known()?.as_str())))
}

/// A fix that replaces a string of a definition.
fn replace(at: Pos, string: &str, by: &str) -> Fix {
    Fix::Replace { at, string: string.to_owned(), by: literal(by) }
}
