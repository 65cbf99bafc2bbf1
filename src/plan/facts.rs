//! What a configuration takes for granted of the host that it is for.
//!
//! Pure: what is there is asked through the arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::diag::{Code, Diagnostic};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::spec::HostSpec;
use crate::source::Span;
use crate::state::Link;

/// What is missing: paths that are bound into guests, systems that are to be booted, the interface that NAT goes out by.
///
/// `missing_paths` says which of some paths do not exist; without `links` interfaces are not looked at.
pub fn missing(
    spec: &HostSpec,
    spans: &OptionSpans,
    missing_paths: &dyn Fn(&BTreeSet<PathBuf>) -> BTreeSet<PathBuf>,
    links: Option<&BTreeMap<String, Link>>,
) -> Vec<Diagnostic> {
    let mut wanted: BTreeSet<PathBuf> = BTreeSet::new();
    for container in &spec.containers {
        wanted.extend(container.binds.iter().map(|bind| PathBuf::from(&bind.host)));
        wanted.insert(container.system.join("init"));
    }
    let missing = missing_paths(&wanted);
    let mut findings = Vec::new();
    for container in &spec.containers {
        let around = OptionPath::new(["containers", container.name.as_str()]);
        for bind in container.binds.iter().filter(|bind| missing.contains(&PathBuf::from(&bind.host))) {
            let option = around.join("bindMounts").join(&bind.mount).join("hostPath");
            let message = format!(
                "`{}`: the path {} of the bind mount {} does not exist",
                container.name, bind.host, bind.mount
            );
            let help = format!("make it (`mkdir -p {}`), or correct `hostPath`", bind.host);
            findings.push(place(Diagnostic::error(Code::MissingHostPath, message).help(help), spans, &option));
        }
        if missing.contains(&container.system.join("init")) {
            let message = format!("`{}`: {} has no `init`", container.name, container.system.display());
            let help = "`path` is the system of a container: the store path of its `config.system.build.toplevel`";
            let option = around.join("path");
            findings.push(place(Diagnostic::error(Code::MissingHostPath, message).help(help), spans, &option));
        }
    }
    if let (Some(interface), Some(links)) = (&spec.nat.external_interface, links)
        && spec.nat.enable
        && !links.contains_key(interface)
    {
        let option = OptionPath::new(["networking", "nat", "externalInterface"]);
        let message = format!("the interface `{interface}` that NAT is to go out by does not exist on this host");
        let known: Vec<_> =
            links.keys().filter(|name| *name != "lo" && !name.starts_with("ve-")).cloned().collect();
        let help = format!("this host has: {}", known.join(", "));
        findings.push(place(Diagnostic::error(Code::MissingInterface, message).help(help), spans, &option));
    }
    findings
}

fn place(diagnostic: Diagnostic, spans: &OptionSpans, option: &OptionPath) -> Diagnostic {
    match spans.nearest(option) {
        Some(span) if span != Span::NONE => diagnostic.at(span, ""),
        _ => diagnostic,
    }
}
