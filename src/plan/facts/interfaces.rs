//! Checks the host's interfaces: bridges, interfaces given to guests, names of extra veths, and the one that NAT leaves by.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic};
use crate::model::Manifest;
use crate::model::path::OptionPath;
use crate::model::settings::Setting;
use crate::model::spec::{HostSpec, Network, Passed};
use crate::plan::drift;
use crate::render::interface;
use crate::state::{Interface, Snapshot};

/// What is wrong with the interfaces, each with the option that names it. Empty if they could not be listed.
pub(super) fn missing(manifest: &Manifest, spec: &HostSpec, snapshot: &Snapshot) -> Vec<(Diagnostic, OptionPath)> {
    let Some(interfaces) = &snapshot.interfaces else { return Vec::new() };
    let mut findings = bridges(manifest, interfaces);
    findings.extend(passed(manifest, snapshot, interfaces));
    findings.extend(extra_veths(manifest, snapshot, interfaces));
    findings.extend(egress(spec, interfaces));
    findings
}

/// Bridges of containers that do not exist or are not bridges.
fn bridges(manifest: &Manifest, interfaces: &BTreeMap<String, Interface>) -> Vec<(Diagnostic, OptionPath)> {
    let mut wanted = Vec::new();
    for (name, container) in containers(manifest) {
        let around = OptionPath::new(["containers", name]);
        if let (Some(true), Some(Some(bridge))) = (container.private_network.known(), container.host_bridge.known())
        {
            wanted.push((name, bridge, around.join("hostBridge")));
        }
        for (veth, options) in container.extra_veths.known().into_iter().flatten() {
            if let Some(Some(bridge)) = options.known().and_then(|options| options.host_bridge.known()) {
                wanted.push((name, bridge, around.join("extraVeths").join(veth).join("hostBridge")));
            }
        }
    }
    let is_created = |container: &str| {
        let settings = manifest.services.settings(container);
        settings.is_some_and(|settings| settings.get(Setting::CreateBridge.name()) == Some(&true.into()))
    };
    let findings = wanted.into_iter().filter_map(|(name, bridge, option)| {
        let what = match interfaces.get(bridge) {
            None if is_created(name) => return None,
            None => "does not exist on this host",
            Some(interface) if !interface.is_bridge => "is not a bridge",
            Some(_) => return None,
        };
        let message = format!("`{name}`: the bridge `{bridge}` {what}");
        let known: Vec<&str> =
            interfaces.iter().filter(|(_, interface)| interface.is_bridge).map(|(name, _)| name.as_str()).collect();
        let help = match known.as_slice() {
            [] => String::from("create it first (`createBridge` does, see docs/settings.md); this host has no bridges"),
            known => format!(
                "create it first (`createBridge` does, see docs/settings.md), or use one of this host's bridges: {}",
                known.join(", ")
            ),
        };
        Some((Diagnostic::error(Code::MissingInterface, message).help(help), option))
    });
    findings.collect()
}

/// Missing interfaces that are moved into guests, or that guests get a macvlan of.
///
/// An interface that one of our guests holds now is not missing: it returns to the host when that guest stops.
fn passed(
    manifest: &Manifest,
    snapshot: &Snapshot,
    interfaces: &BTreeMap<String, Interface>,
) -> Vec<(Diagnostic, OptionPath)> {
    let ours = snapshot.containers.values().filter_map(|observed| Some((observed, observed.booted.as_ref()?)));
    let given = ours.flat_map(|(observed, record)| {
        let lost = drift::lost_interfaces(observed);
        let passed = match &record.spec.network {
            Network::Private(private) => private.interfaces.as_slice(),
            Network::Host | Network::Named(_) => &[],
        };
        passed
            .iter()
            .filter(move |passed| !lost.contains(interface::moved(passed)))
            .map(|passed| passed.host.as_str())
    });
    let given: BTreeSet<&str> = given.collect();
    let is_given = |interface: &str| given.contains(interface);
    let mut findings = Vec::new();
    for (name, container) in containers(manifest) {
        for (list, option) in [(&container.interfaces, "interfaces"), (&container.macvlans, "macvlans")] {
            let elements = list.known().into_iter().flatten().filter_map(|element| Passed::parse(element.known()?));
            for passed in
                elements.filter(|passed| !interfaces.contains_key(&passed.host) && !is_given(&passed.host))
            {
                let message = format!("`{name}`: the interface `{}` does not exist on this host", passed.host);
                let finding = Diagnostic::error(Code::MissingInterface, message).help(available(interfaces));
                findings.push((finding, OptionPath::new(["containers", name, option])));
            }
        }
    }
    findings
}

/// Extra veths whose name is taken by some other interface of the host.
fn extra_veths(
    manifest: &Manifest,
    snapshot: &Snapshot,
    interfaces: &BTreeMap<String, Interface>,
) -> Vec<(Diagnostic, OptionPath)> {
    let ours = snapshot.containers.values().flat_map(|observed| [&observed.booted, &observed.written]).flatten();
    let ours = ours.flat_map(|record| match &record.spec.network {
        Network::Private(private) => private.extra.keys().collect(),
        Network::Host | Network::Named(_) => Vec::new(),
    });
    let ours: BTreeSet<&String> = ours.collect();
    let mut findings = Vec::new();
    for (name, container) in containers(manifest) {
        let veths = container.extra_veths.known().into_iter().flat_map(BTreeMap::keys);
        for veth in veths.filter(|veth| interfaces.contains_key(*veth) && !ours.contains(veth)) {
            let message = format!("`{name}`: the host already has another interface `{veth}`");
            let finding = Diagnostic::error(Code::InterfaceName, message)
                .help("give the extra veth another name, which both of its ends get");
            findings.push((finding, OptionPath::new(["containers", name, "extraVeths", veth])));
        }
    }
    findings
}

/// The interface through which NAT leaves, if it is missing.
fn egress(spec: &HostSpec, interfaces: &BTreeMap<String, Interface>) -> Option<(Diagnostic, OptionPath)> {
    let interface = spec.nat.external_interface.as_ref().filter(|_| spec.nat.enable)?;
    if interfaces.contains_key(interface) {
        return None;
    }
    let message = format!("NAT leaves through the interface `{interface}`, which does not exist on this host");
    let finding = Diagnostic::error(Code::MissingInterface, message).help(available(interfaces));
    Some((finding, OptionPath::new(["networking", "nat", "externalInterface"])))
}

/// Help that lists the interfaces of the host, except loopback and those of containers.
fn available(interfaces: &BTreeMap<String, Interface>) -> String {
    let is_other = |name: &&str| *name != "lo" && !name.starts_with("ve-") && !name.starts_with("vb-");
    let known: Vec<&str> = interfaces.keys().map(String::as_str).filter(is_other).collect();
    format!("this host has: {}", known.join(", "))
}

fn containers(manifest: &Manifest) -> impl Iterator<Item = (&str, &crate::model::Container)> {
    let enabled = manifest.boot.enable_containers.known() != Some(&false);
    let containers = manifest.containers.iter().filter(move |_| enabled);
    containers.map(|(name, container)| (name.as_str(), container))
}
