//! Reverse proxies on the host that lead to a blocked port of a guest, or to no guest at all.
//!

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value as Json;

use super::addresses::{OwnAddress, is_private, is_within, known, own_addresses, plain};
use super::forwards::{TCP_PORTS, with_list};
use super::openings::Openings;
use super::services;
use super::subject::{Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::model::servers::{Target, proxies};
use crate::model::spec::Protocol;
use crate::model::view::{OptionState, View};

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let network = Network::of(subject);
    let disabled = disabled_nginx(subject.host, "");
    let is_off = disabled.is_some();
    found.extend(disabled);
    for target in proxies(subject.host).into_iter().filter(|target| !is_off || target.path[1] != "nginx") {
        let path: Vec<&str> = target.path.iter().map(String::as_str).collect();
        if let Some(why) = network.as_ref().and_then(|network| network.nobody(&target.host)) {
            let message = format!("{} leads to {}, {why}", target.what, target.text);
            let diagnostic = Diagnostic::warning(Code::ProxyToNowhere, message)
                .help("correct the address, or give a container that one as its `localAddress`");
            found.push(in_view(diagnostic, subject.host, &path, "leads nowhere"));
        } else if let Some(finding) = blocked(subject, &target, &path) {
            found.push(finding);
        }
    }
    for each in subject.containers() {
        if let Some(guest) = each.guest {
            found.extend(disabled_nginx(guest, &format!(" of `{}`", each.name)));
        }
    }
    found
}

/// Virtual hosts of an nginx that is not enabled.
fn disabled_nginx(view: &View, whose: &str) -> Option<Diagnostic> {
    let hosts: Vec<&String> =
        view.find(&["services", "nginx", "virtualHosts"]).members().map(|(name, _)| name).collect();
    let first = hosts.first()?;
    let enable = ["services", "nginx", "enable"];
    // Another service may override the default and enable nginx.
    let state = view.find(&enable);
    if !(state == OptionState::Undefined || state.is(false)) || services::may_enable_nginx(view) {
        return None;
    }
    let shown = match hosts.len() {
        1 => format!("the virtual host `{first}`"),
        many => format!("{many} virtual hosts, `{first}` and others,"),
    };
    let message = format!(
        "nginx{whose} has {shown} but is not enabled: nothing serves {}",
        if hosts.len() == 1 { "it" } else { "them" }
    );
    let diagnostic = Diagnostic::warning(Code::NginxDisabled, message)
        .help("set `services.nginx.enable = true;`, or remove the virtual hosts");
    let diagnostic = in_view(diagnostic, view, &["services", "nginx", "virtualHosts", first], "served by nothing");
    Some(match view.get(&enable) {
        Some(_) => in_view(diagnostic, view, &enable, "disabled here"),
        None => diagnostic,
    })
}

/// Whether the host has proxies with a known target.
pub(super) fn leads_anywhere(host: &View) -> bool {
    !proxies(host).is_empty()
}

/// The known addresses on and around the containers.
struct Network {
    names: BTreeSet<String>,
    /// All addresses in use.
    taken: BTreeSet<IpAddr>,
    /// Networks with only containers in them.
    ours: Vec<(IpAddr, u8)>,
    /// Networks with other machines in them.
    others: Vec<(IpAddr, u8)>,
}

impl Network {
    /// Collects the addresses; `None` if a container may have any address.
    fn of(subject: Subject<'_>) -> Option<Self> {
        if subject.manifest.more_containers.is_some() || subject.manifest.containers.is_empty() {
            return None;
        }
        let host = subject.host;
        if [host.find(&["networking"]), host.find(&["systemd", "network"])].contains(&OptionState::Unknown) {
            return None;
        }
        let own = own_addresses(host);
        let private: BTreeSet<&String> = private_bridges(host);
        let mut network = Self {
            names: BTreeSet::new(),
            taken: own.iter().map(|own| own.address).collect(),
            ours: Vec::new(),
            others: Vec::new(),
        };
        for each in subject.containers() {
            let c = each.container;
            for field in [&c.local_address, &c.local_address6, &c.host_address, &c.host_address6] {
                network.taken.extend(field.known()?.as_deref().and_then(plain));
            }
            for veth in c.extra_veths.known()?.values() {
                let veth = veth.known()?;
                for field in [&veth.local_address, &veth.local_address6, &veth.host_address, &veth.host_address6] {
                    network.taken.extend(field.known()?.as_deref().and_then(plain));
                }
            }
            // NixOS adds `NAME.containers` to `/etc/hosts` for these.
            if known(&c.local_address).is_some() {
                network.names.insert(format!("{}.containers", each.name));
            }
            match each.guest {
                Some(guest) => network.inside(guest)?,
                // The guest was not evaluated: it may assign itself any address.
                None if c.path.known().is_none() => return None,
                None => {}
            }
            let bridge = c.host_bridge.known()?.as_ref();
            let on_lan = bridge.is_some_and(|bridge| !private.contains(bridge))
                || [&c.macvlans, &c.interfaces].iter().any(|list| list.known().is_none_or(|list| !list.is_empty()));
            if on_lan && let Some(options) = each.guest.and_then(|guest| guest.get(&["networking"])) {
                strings(options, &mut |text| network.range(text));
            }
            for field in [&c.local_address, &c.local_address6] {
                let Some(address) = known(field).and_then(plain) else { continue };
                let networks = match (on_lan, is_private(&each)) {
                    (true, _) => &mut network.others,
                    (false, true) => &mut network.ours,
                    (false, false) => continue,
                };
                networks.push((address, if address.is_ipv4() { 24 } else { 64 }));
            }
        }
        network.outside(host, &own, &private);
        Some(network)
    }

    /// Adds the addresses that a guest assigns to its own interfaces.
    fn inside(&mut self, guest: &View) -> Option<()> {
        for part in [&["networking"][..], &["systemd", "network"]] {
            match guest.find(part) {
                OptionState::Undefined => {}
                OptionState::Unknown => return None,
                OptionState::Value(json) => strings(json, &mut |text| {
                    self.taken.extend(plain(text));
                }),
            }
        }
        Some(())
    }

    /// Adds the networks of the host's own interfaces and tunnels.
    fn outside(&mut self, host: &View, own: &[OwnAddress], private: &BTreeSet<&String>) {
        for own in own.iter().filter(|own| !private.contains(&own.interface)) {
            let all = if own.address.is_ipv4() { 24 } else { 64 };
            self.others.push((own.address, own.prefix.unwrap_or(all).min(all)));
        }
        for (part, json) in host.find(&["networking"]).members() {
            // These are either handled elsewhere, or mention addresses without being in their networks.
            if !["interfaces", "firewall", "nat", "nftables", "extraHosts", "hosts"].contains(&part.as_str()) {
                strings(json, &mut |text| self.range(text));
            }
        }
        if let Some(json) = host.find(&["systemd", "network"]).value() {
            strings(json, &mut |text| self.range(text));
        }
        for group in ["virtualisation", "services"] {
            if let Some(json) = host.find(&[group]).value() {
                strings(json, &mut |text| {
                    if text.contains('/') {
                        self.range(text);
                    }
                });
            }
        }
    }

    fn range(&mut self, text: &str) {
        let Some(address) = plain(text) else { return };
        let all = if address.is_ipv4() { 24 } else { 64 };
        let length = text.split_once('/').and_then(|(_, length)| length.parse::<u8>().ok());
        self.others.push((address, length.unwrap_or(all).min(all)));
    }

    /// Why nothing has this address or name; `None` if something has or may have it.
    fn nobody(&self, host: &str) -> Option<String> {
        if let Some(name) = host.strip_suffix(".containers") {
            if name.contains('.') || self.names.contains(host) {
                return None;
            }
            return Some(match ContainerName::new(name) {
                Ok(name) => format!("and there is no container `{name}` with a `localAddress`"),
                Err(_) => String::from("and there can be no container of that name"),
            });
        }
        let address: IpAddr = host.parse().ok()?;
        let is_in =
            |networks: &[(IpAddr, u8)]| networks.iter().any(|(other, prefix)| is_within(address, *other, *prefix));
        if self.taken.contains(&address) || !is_in(&self.ours) || is_in(&self.others) {
            return None;
        }
        Some(String::from("an address beside those of the containers, which none of them has"))
    }
}

/// Bridges of the host that connect only containers.
fn private_bridges(host: &View) -> BTreeSet<&String> {
    host.find(&["networking", "bridges"])
        .members()
        .filter(|(_, options)| {
            options.get("interfaces").is_some_and(|list| list.as_array().is_some_and(Vec::is_empty))
        })
        .map(|(name, _)| name)
        .collect()
}

/// Calls `each` with every string and member name in `json`.
fn strings(json: &Json, each: &mut dyn FnMut(&str)) {
    match json {
        Json::String(text) => each(text),
        Json::Array(items) => items.iter().for_each(|item| strings(item, each)),
        Json::Object(members) => {
            for (name, value) in members {
                each(name);
                strings(value, each);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A proxy to a guest's port that the guest's firewall does not open.
fn blocked(subject: Subject<'_>, target: &Target, path: &[&str]) -> Option<Diagnostic> {
    let port = target.port?;
    let each = subject.containers().filter(is_private).find(|each| {
        let c = each.container;
        let own = [&c.local_address, &c.local_address6].into_iter().filter_map(|field| plain(known(field)?));
        target.host == format!("{}.containers", each.name)
            || target.host.parse::<IpAddr>().is_ok_and(|host| own.into_iter().any(|own| own == host))
    })?;
    let guest = each.guest?;
    if Openings::of_guest(guest).lets_in(Protocol::Tcp, port) != Some(false) {
        return None;
    }
    let message = format!(
        "{} leads to port {port} of `{}`, which the guest's firewall does not open",
        target.what, each.name
    );
    let help = format!("add {port} to `networking.firewall.{TCP_PORTS}` in the guest's `config`");
    let diagnostic = Diagnostic::warning(Code::ProxyBlocked, message).help(help);
    let diagnostic = in_view(diagnostic, subject.host, path, "leads there");
    Some(with_list(diagnostic, subject, &each, guest, (Protocol::Tcp, port)))
}
