//! Checks what a configuration requires of its host: paths, interfaces, programs.
//!
//! Changes nothing, and asks the host through [`Probe`].

mod dhcpcd;
mod filters;
mod interfaces;
mod loopback;
mod nixos_nat;
mod openings;
mod programs;
mod resolver;
mod sources;
mod users;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(crate) use programs::{no_nft, no_nspawn};
use sources::sources;

use crate::diag::{Code, Diagnostic};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::settings::{CONTAINERS, Setting};
use crate::model::spec::{Credential, HostSpec};
use crate::model::view::View;
use crate::model::{ContainerName, Manifest};
use crate::source::Span;
use crate::state::{AbsentMount, PathFacts, Probe, ProbeError, Snapshot};

/// A host before the build, which may still create missing store paths: none of them is reported.
#[derive(Clone, Copy)]
pub(crate) struct BeforeBuild<'a>(pub &'a dyn Probe);

impl Probe for BeforeBuild<'_> {
    fn snapshot(&self) -> Result<Snapshot, ProbeError> {
        self.0.snapshot()
    }

    fn details(&self, snapshot: &mut Snapshot) -> Result<(), ProbeError> {
        self.0.details(snapshot)
    }

    fn missing_paths(&self, paths: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let mut missing = self.0.missing_paths(paths);
        missing.retain(|path| !path.starts_with("/nix/store"));
        missing
    }

    fn path_facts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, PathFacts> {
        self.0.path_facts(paths)
    }

    fn absent_mounts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, Vec<AbsentMount>> {
        self.0.absent_mounts(paths)
    }

    fn packet_filters(&self) -> Vec<serde_json::Value> {
        self.0.packet_filters()
    }
}

/// What other programs of the host do to the network of containers: a dhcpcd that would configure their interfaces, and rules that
/// drop the packets of their forwards.
pub(crate) fn of_others(
    manifest: &Manifest,
    spec: &HostSpec,
    host: &dyn Probe,
    snapshot: &Snapshot,
) -> Vec<Diagnostic> {
    let dropped =
        if filters::are_wanted(spec) { filters::findings(spec, &host.packet_filters()) } else { Vec::new() };
    dhcpcd::finding(manifest, snapshot).into_iter().chain(dropped).map(|(finding, _)| finding).collect()
}

/// Everything the host lacks: programs, sources of bind mounts and credentials, guest systems, network namespaces, bridges, and the
/// interface through which NAT leaves. Also what containers get instead of its resolv.conf, a dhcpcd that would configure their
/// interfaces, ports of `[::1]` that a server of the host has, and forwards and ports whose packets another table drops.
///
/// Bind mounts and bridges come from the `manifest`, where they are known before the guest is built. Interfaces are
/// checked only if the `snapshot` lists them. The options of `guests` say who configures name servers of its own.
pub(crate) fn missing(
    (manifest, spec): (&Manifest, &HostSpec),
    guests: &BTreeMap<ContainerName, View>,
    spans: &OptionSpans,
    host: &dyn Probe,
    snapshot: &Snapshot,
) -> Vec<Diagnostic> {
    let sources = sources(manifest);
    let mut wanted: BTreeSet<PathBuf> = sources.iter().map(|source| PathBuf::from(source.host)).collect();
    wanted.extend(spec.containers.iter().map(|container| container.system.join("init")));
    wanted.extend(spec.containers.iter().flat_map(|it| &it.credentials).map(|it| it.source.clone()));
    let namespaces = namespaces(manifest);
    wanted.extend(namespaces.iter().map(|(_, namespace)| PathBuf::from(namespace)));
    let missing = host.missing_paths(&wanted);
    let mut findings = Vec::new();
    let absent = host.absent_mounts(&sources.iter().map(|source| PathBuf::from(source.host)).collect());
    for source in &sources {
        let path = Path::new(source.host);
        let absent = absent.get(path).map(Vec::as_slice).unwrap_or_default();
        findings.extend(source.finding(missing.contains(path), absent).map(|finding| {
            let option = OptionPath::new(["containers", source.container, "bindMounts", source.key, "hostPath"]);
            at_option(finding, spans, &option)
        }));
    }
    for container in &spec.containers {
        let around = OptionPath::new(["containers", container.name.as_str()]);
        if missing.contains(&container.system.join("init")) {
            let message = format!("`{}`: {} has no `init`", container.name, container.system.display());
            let help = "`path` must be a guest system: the store path of a `config.system.build.toplevel`";
            let option = around.join("path");
            findings.push(at_option(Diagnostic::error(Code::MissingHostPath, message).help(help), spans, &option));
        }
        for Credential { name, source, encrypted } in &container.credentials {
            if missing.contains(source) {
                let setting = if *encrypted { Setting::EncryptedCredentials } else { Setting::Credentials };
                let settings =
                    ["services", "container-rebuild", CONTAINERS, container.name.as_str(), setting.name()];
                let option = OptionPath::new(settings).join(name);
                let file = source.display();
                let message =
                    format!("`{}`: {file} does not exist, the source of the credential `{name}`", container.name);
                let help = "create it, readable for root alone, or correct the path";
                findings.push(at_option(
                    Diagnostic::error(Code::MissingHostPath, message).help(help),
                    spans,
                    &option,
                ));
            }
        }
    }
    for (container, namespace) in namespaces {
        if missing.contains(&PathBuf::from(namespace)) {
            let message = format!("`{container}`: the network namespace {namespace} does not exist");
            let help =
                "create it (`ip netns add` creates namespaces below /run/netns), or correct `networkNamespace`";
            let option = OptionPath::new(["containers", container, "networkNamespace"]);
            findings.push(at_option(Diagnostic::error(Code::MissingHostPath, message).help(help), spans, &option));
        }
    }
    let mapped = users::findings(manifest, &host.path_facts(&users::wanted(manifest))).into_iter();
    findings.extend(mapped.map(|(finding, option)| at_option(finding, spans, &option)));
    findings.extend(programs::missing(manifest, spec, snapshot));
    let missing = interfaces::missing(manifest, spec, snapshot).into_iter();
    let missing =
        missing.chain(resolver::finding(manifest, guests, snapshot)).chain(dhcpcd::finding(manifest, snapshot));
    let missing = missing.chain(loopback::findings(manifest, snapshot));
    let applied = snapshot.generation.as_ref().map(|generation| &generation.nat);
    let missing = missing.chain(nixos_nat::findings(&spec.nat, &snapshot.nixos_nat, applied));
    findings.extend(missing.map(|(finding, option)| at_option(finding, spans, &option)));
    if filters::are_wanted(spec) || openings::are_wanted(manifest) {
        let tables = host.packet_filters();
        let dropped = filters::findings(spec, &tables).into_iter();
        let dropped = dropped.chain(openings::findings(manifest, guests, &tables));
        findings.extend(dropped.map(|(finding, option)| at_option(finding, spans, &option)));
    }
    findings
}

/// The existing network namespaces that containers join (`networkNamespace`), as pairs of container and path.
fn namespaces(manifest: &Manifest) -> Vec<(&str, &str)> {
    let enabled = manifest.boot.enable_containers.known() != Some(&false);
    let containers = manifest.containers.iter().filter(|_| enabled);
    let named = containers.filter_map(|(name, container)| {
        let namespace = container.network_namespace.known()?.as_deref()?;
        Some((name.as_str(), namespace))
    });
    // The check of the configuration itself reports a relative path.
    named.filter(|(_, namespace)| namespace.starts_with('/')).collect()
}

fn at_option(diagnostic: Diagnostic, spans: &OptionSpans, option: &OptionPath) -> Diagnostic {
    match spans.nearest(option) {
        Some(span) if span != Span::NONE => diagnostic.at(span, ""),
        _ => diagnostic,
    }
}
