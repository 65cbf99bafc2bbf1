//! The links of the host that a configuration takes for granted.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::Manifest;
use crate::model::path::OptionPath;
use crate::model::spec::HostSpec;
use crate::state::{Link, Snapshot};

/// What is wrong with them, each with the option that names it. Nothing where they could not be listed.
pub(super) fn missing(manifest: &Manifest, spec: &HostSpec, snapshot: &Snapshot) -> Vec<(Diagnostic, OptionPath)> {
    let Some(links) = &snapshot.links else { return Vec::new() };
    let mut findings = bridges(manifest, links);
    findings.extend(way_out(spec, links));
    findings
}

/// The bridges that containers are to be on.
fn bridges(manifest: &Manifest, links: &BTreeMap<String, Link>) -> Vec<(Diagnostic, OptionPath)> {
    let mut wanted = Vec::new();
    for (name, container) in containers(manifest) {
        let around = OptionPath::new(["containers", name]);
        if let (Some(true), Some(Some(bridge))) = (container.private_network.known(), container.host_bridge.known())
        {
            wanted.push((name, bridge, around.join("hostBridge")));
        }
    }
    let findings = wanted.into_iter().filter_map(|(name, bridge, option)| {
        let what = match links.get(bridge) {
            None => "does not exist on this host",
            Some(link) if !link.is_bridge => "is no bridge",
            Some(_) => return None,
        };
        let message = format!("`{name}`: the bridge `{bridge}` {what}");
        let known: Vec<&str> =
            links.iter().filter(|(_, link)| link.is_bridge).map(|(name, _)| name.as_str()).collect();
        let help = match known.as_slice() {
            [] => String::from("make one first; this host has none"),
            known => format!("make it first, or take one of those that there are: {}", known.join(", ")),
        };
        Some((Diagnostic::error(Code::MissingInterface, message).help(help), option))
    });
    findings.collect()
}

/// The interface that NAT goes out by.
fn way_out(spec: &HostSpec, links: &BTreeMap<String, Link>) -> Option<(Diagnostic, OptionPath)> {
    let interface = spec.nat.external_interface.as_ref().filter(|_| spec.nat.enable)?;
    if links.contains_key(interface) {
        return None;
    }
    let message = format!("the interface `{interface}` that NAT is to go out by does not exist on this host");
    let finding = Diagnostic::error(Code::MissingInterface, message).help(others(links));
    Some((finding, OptionPath::new(["networking", "nat", "externalInterface"])))
}

/// Those that there are.
fn others(links: &BTreeMap<String, Link>) -> String {
    let is_other = |name: &&str| *name != "lo" && !name.starts_with("ve-") && !name.starts_with("vb-");
    let known: Vec<&str> = links.keys().map(String::as_str).filter(is_other).collect();
    format!("this host has: {}", known.join(", "))
}

fn containers(manifest: &Manifest) -> impl Iterator<Item = (&str, &crate::model::Container)> {
    let enabled = manifest.boot.enable_containers.known() != Some(&false);
    let containers = manifest.containers.iter().filter(move |_| enabled);
    containers.map(|(name, container)| (name.as_str(), container))
}
