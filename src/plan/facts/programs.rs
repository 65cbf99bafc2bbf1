//! Checks for the programs that run containers and load their rules.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::spec::{HostSpec, Network};
use crate::model::{ContainerName, Manifest, network};
use crate::render::nft::Ruleset;
use crate::state::{Snapshot, Unobserved};

/// Missing programs that `switch` will need. None on a host without systemd, where nothing can be started anyway.
pub(super) fn missing(manifest: &Manifest, spec: &HostSpec, snapshot: &Snapshot) -> Vec<Diagnostic> {
    if !snapshot.systemd {
        return Vec::new();
    }
    let enabled = manifest.boot.enable_containers.known() != Some(&false);
    let mut findings = Vec::new();
    if !snapshot.nspawn && enabled && !manifest.containers.is_empty() {
        findings.push(no_nspawn());
    }
    let has_rules = || has_rules(manifest, spec, enabled) || had_rules(snapshot);
    if snapshot.rules == Err(Unobserved::NoProgram) && has_rules() {
        findings.push(no_nft());
    }
    findings
}

/// The error about a host without systemd-nspawn.
pub(crate) fn no_nspawn() -> Diagnostic {
    let message = "systemd-nspawn is not installed, and containers need it to run";
    Diagnostic::error(Code::Program, message)
        .help("install it (on Debian and Ubuntu: the package systemd-container)")
}

/// The error about a host without nft.
pub(crate) fn no_nft() -> Diagnostic {
    let message = "nft is not installed, or not on PATH, and the firewall rules need it";
    let help = "install nftables, or add the directory of `nft` to PATH (under sudo, that is `secure_path`)";
    Diagnostic::error(Code::Program, message).help(help)
}

/// Whether the known part of the configuration asks for rules.
fn has_rules(manifest: &Manifest, spec: &HostSpec, enabled: bool) -> bool {
    let containers = manifest.containers.iter().filter(|_| enabled);
    let networks: BTreeMap<&ContainerName, Network> =
        containers.filter_map(|(name, container)| Some((name, network::network(container)?))).collect();
    !Ruleset::of(networks.iter().map(|(name, network)| (*name, network)), &spec.nat).is_empty()
}

/// Whether the last generation has rules.
fn had_rules(snapshot: &Snapshot) -> bool {
    snapshot.generation.as_ref().is_some_and(|generation| {
        let networks = generation.records.iter().map(|(name, record)| (name, &record.spec.network));
        !Ruleset::of(networks, &generation.nat).is_empty()
    })
}
