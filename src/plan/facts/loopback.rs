//! Ports of `[::1]` that do not lead into guests, because something of the host listens there.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::settings::{CONTAINERS, Setting};
use crate::model::spec::{NatSpec, Network};
use crate::model::{ContainerName, Manifest, network, own_forward};
use crate::plan::loopback::taken;
use crate::render::loopback::{Proxied, proxied};
use crate::render::nft::Ruleset;
use crate::state::Snapshot;

/// A warning for each of them, with the option that forwards the port.
pub(super) fn findings(manifest: &Manifest, snapshot: &Snapshot) -> Vec<(Diagnostic, OptionPath)> {
    let Some(taken) = taken(snapshot) else { return Vec::new() };
    let networks = networks(manifest);
    let proxied =
        proxied(&Ruleset::of(networks.iter().map(|(name, network)| (*name, network)), &NatSpec::default()));
    let finding = |(port, Proxied { container: name, .. }): (u16, Proxied)| {
        let message =
            format!("the host's own connections to [::1]:{port} do not reach `{name}`: something listens there");
        let help = "they reach it at 127.0.0.1 and at other addresses of the host; or end what listens there";
        let is_own = |network: &Network| matches!(network, Network::Private(it) if it.own_forwards.iter().any(|it| it.ports.first == port));
        let option = match networks.get(&name).is_some_and(is_own) {
            true => {
                let forwards = Setting::Forwards.name();
                OptionPath::new(["services", "container-rebuild", CONTAINERS, name.as_str(), forwards])
            }
            false => OptionPath::new(["containers", name.as_str(), "forwardPorts", &format!("tcp:{port}")]),
        };
        (Diagnostic::warning(Code::PortTaken, message).help(help), option)
    };
    proxied.into_iter().filter(|(port, _)| taken.contains(port)).map(finding).collect()
}

/// The known networks and forwards of the containers, which may not be built yet.
fn networks(manifest: &Manifest) -> BTreeMap<&ContainerName, Network> {
    let enabled = manifest.boot.enable_containers.known() != Some(&false);
    let containers = manifest.containers.iter().filter(|_| enabled);
    let known = containers.filter_map(|(name, container)| {
        let settings = manifest.services.settings(name.as_str());
        let own = own_forward::at_least(settings.and_then(|settings| settings.get(Setting::Forwards.name())));
        Some((name, network::network_at_least(container)?.with_forwards(own)))
    });
    known.collect()
}
