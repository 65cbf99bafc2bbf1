//! A dhcpcd of the host that would configure the interfaces of containers.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::model::network::network;
use crate::model::path::OptionPath;
use crate::model::{ContainerName, Manifest};
use crate::render::unmanaged::Unmanaged;
use crate::state::{Owner, Snapshot};

/// How many interfaces the message names.
const NAMED: usize = 3;

/// A warning if dhcpcd runs and does not leave the interfaces of these containers alone, with an option of the first one.
///
/// The other managers are told by files of ours; dhcpcd reads none that others could write.
pub(super) fn finding(manifest: &Manifest, snapshot: &Snapshot) -> Option<(Diagnostic, OptionPath)> {
    let dhcpcd = snapshot.dhcpcd.as_ref().filter(|_| snapshot.systemd)?;
    if manifest.boot.enable_containers.known() == Some(&false) {
        return None;
    }
    let is_native = |name: &ContainerName| {
        snapshot.containers.get(name).is_some_and(|container| container.owner == Owner::Native)
    };
    let ours = manifest.containers.iter().filter(|(name, _)| !is_native(name));
    let concerned = ours.filter_map(|(name, container)| {
        let network = network(container)?;
        let Unmanaged { configured, bare } = Unmanaged::of([(name, &network)]);
        let interfaces = configured.into_iter().chain(bare).filter(|interface| dhcpcd.acts_on(interface));
        Some((name, interfaces.collect::<Vec<_>>()))
    });
    let concerned: Vec<_> = concerned.filter(|(_, interfaces)| !interfaces.is_empty()).collect();
    let option = OptionPath::new(["containers", concerned.first()?.0.as_str()]);
    let all: Vec<&String> = concerned.iter().flat_map(|(_, interfaces)| interfaces).collect();
    let named: Vec<String> = all.iter().take(NAMED).map(|interface| format!("`{interface}`")).collect();
    let more = if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
    let message = format!(
        "dhcpcd runs on this host, and will ask for addresses on the interfaces of containers: {}{more}",
        named.join(", ")
    );
    // One pattern for all interfaces of the same kind.
    let pattern = |interface: &&String| match interface.get(..3) {
        Some(kind @ ("ve-" | "vb-")) => format!("{kind}*"),
        _ => interface.to_string(),
    };
    let patterns: BTreeSet<String> = all.iter().map(pattern).collect();
    let help = if dhcpcd.config.starts_with("/nix/store") {
        let patterns: Vec<String> = patterns.iter().map(|pattern| format!("\"{pattern}\"")).collect();
        format!("set `networking.dhcpcd.denyInterfaces = [ {} ];` in the host's configuration", patterns.join(" "))
    } else {
        let patterns: Vec<String> = patterns.into_iter().collect();
        format!(
            "add `denyinterfaces {}` to {}, before any `interface` line, then restart dhcpcd",
            patterns.join(" "),
            dhcpcd.config.display()
        )
    };
    Some((Diagnostic::warning(Code::InterfaceManaged, message).help(help), option))
}
