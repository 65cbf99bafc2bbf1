//! Guests with a private network whose host asks a resolver on its own loopback.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::model::network::network;
use crate::model::path::OptionPath;
use crate::model::spec::Network;
use crate::model::view::{OptionState, View};
use crate::model::{Container, ContainerName, Field, Manifest};
use crate::state::{Owner, Resolver, Snapshot};

/// How many containers a message names.
const NAMED: usize = 3;

/// What the containers get instead of a copy of the host's resolv.conf, or that none of its servers is for them: one
/// finding for all.
pub(super) fn finding(
    manifest: &Manifest,
    guests: &BTreeMap<ContainerName, View>,
    snapshot: &Snapshot,
) -> Option<(Diagnostic, OptionPath)> {
    // Nothing starts without systemd.
    let resolver = snapshot.resolver.as_ref().filter(|_| snapshot.systemd)?;
    if *resolver == Resolver::Copy || manifest.boot.enable_containers.known() == Some(&false) {
        return None;
    }
    let is_native = |name: &ContainerName| {
        snapshot.containers.get(name).is_some_and(|container| container.owner == Owner::Native)
    };
    let concerned = manifest.containers.iter().filter(|(name, container)| {
        gets_a_copy(container) && !is_native(name) && !guests.get(name).is_some_and(has_its_own)
    });
    let names: Vec<&ContainerName> = concerned.map(|(name, _)| name).collect();
    let option = OptionPath::new(["containers", names.first()?.as_str(), "privateNetwork"]);
    let mut who = list(&names[..names.len().min(NAMED)], |name| format!("`{name}`"));
    if names.len() > NAMED {
        who = format!("{who} and {} more", names.len() - NAMED);
    }
    let addresses = |addresses: &[IpAddr]| list(addresses, ToString::to_string);
    let get = if names.len() == 1 { "gets" } else { "get" };
    let diagnostic = match resolver {
        Resolver::Copy => return None,
        Resolver::Upstream { loopback, servers, from, .. } => {
            let from = from.as_ref().map(|from| format!(" (from {})", from.display())).unwrap_or_default();
            let message = format!(
                "{who} {get} the name servers {}{from}: NixOS would copy the host's resolv.conf, which names {}, out of reach of a private network",
                addresses(servers),
                addresses(loopback)
            );
            Diagnostic::note(Code::LoopbackResolver, message)
        }
        Resolver::Unreachable { loopback } => {
            let message = format!(
                "{who} will find no names: the host's resolv.conf names {}, out of reach of a private network, and the host's upstream servers are not known",
                addresses(loopback)
            );
            let help = "set `networking.useHostResolvConf = lib.mkForce false;` and `networking.nameservers` in the guest, or list a \
                        server that guests can reach in the host's resolv.conf";
            Diagnostic::warning(Code::LoopbackResolver, message).help(help)
        }
    };
    Some((diagnostic, option))
}

/// Whether a container has a private network, and the launcher writes its resolv.conf.
fn gets_a_copy(container: &Container) -> bool {
    let may_write = |flag: &Field<String>| flag.known().is_none_or(|flag| flag.contains("--resolv-conf"));
    matches!(network(container), Some(Network::Private(_)))
        && container.copy_resolv_conf.known() == Some(&true)
        && container.extra_flags.known().is_some_and(|flags| !flags.iter().any(may_write))
}

/// Whether a guest is known not to use the copy.
fn has_its_own(guest: &View) -> bool {
    guest.find(&["networking", "useHostResolvConf"]).is(false)
        || guest.find(&["environment", "etc", "resolv.conf"]) != OptionState::Undefined
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(", ")
}
