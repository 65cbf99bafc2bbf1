//! Forwarded ports that a firewall blocks, or that something else claims.
//!
//! A forwarded packet does not pass the host's input chain: `allowedTCPPorts` on the host neither helps nor protects, and
//! `filterForward` accepts what has been forwarded. So the guest's firewall decides about forwards, and the host's firewall
//! decides about guests in the host's own network.

use std::net::IpAddr;

use serde_json::Value as Json;

use super::addresses::is_private;
use super::openings::Openings;
use super::services;
use super::subject::{Each, Subject, in_view, label};
use crate::diag::{Code, Diagnostic, Fix};
use crate::model::check::forward_key;
use crate::model::nat::{KnownForward, nat_forward_key};
use crate::model::path::OptionPath;
use crate::model::settings::Setting;
use crate::model::spec::{NatForward, Protocol};
use crate::model::view::{View, elements};
use crate::model::{Field, List};
use crate::source::Pos;

/// How many ports of a range are checked.
pub(super) const MOST_PORTS: u32 = 1024;
/// The option of a firewall that lists open TCP ports.
pub(super) const TCP_PORTS: &str = "allowedTCPPorts";

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for each in subject.containers() {
        let container = each.container;
        if let Some(guest) = each.guest {
            let openings = Openings::of_guest(guest);
            if is_private(&each) {
                blocked(subject, &each, guest, &openings, &mut found);
                nat_blocked(subject, &each, guest, &openings, &mut found);
            } else if shares_the_hosts_network(&each) && !opens_the_firewall(subject, &each) {
                closed_on_host(subject, &each, guest, &mut found);
            }
        }
        if is_private(&each) {
            taken_by_host(subject, &each, &mut found);
        }
        if container.private_network.known() == Some(&false)
            && container.forward_ports.known().is_some_and(|forwards| !forwards.is_empty())
        {
            let why = match container.network_namespace.known() {
                Some(Some(_)) => "with `networkNamespace`",
                _ => "without `privateNetwork = true`",
            };
            let message = format!("`forwardPorts` of container `{}` has no effect {why}", each.name);
            let help = if shares_the_hosts_network(&each) {
                "set `privateNetwork = true;` with a `hostAddress` and a `localAddress`, or remove it: the container uses \
                 the host's own ports"
            } else if container.network_namespace.known() != Some(&None) {
                "remove it: what comes in by the network namespace of the container reaches its ports as they are"
            } else {
                "remove it: the container has interfaces of its own, and is reached at its own addresses on them"
            };
            let diagnostic = Diagnostic::warning(Code::ForwardWithoutPrivateNetwork, message).help(help);
            let diagnostic = subject.at(diagnostic, &each.path.join("forwardPorts"), "");
            let private = each.path.join("privateNetwork");
            found.push(match subject.spans.contains(&private) {
                true => subject.at(diagnostic, &private, "it is off here"),
                false => diagnostic,
            });
        }
    }
    found
}

/// Whether a guest uses only the host's network.
fn shares_the_hosts_network(each: &Each<'_>) -> bool {
    let c = each.container;
    let empty = |list: &List<String>| list.known().is_some_and(Vec::is_empty);
    c.private_network.known() == Some(&false)
        && c.network_namespace.known() == Some(&None)
        && empty(&c.interfaces)
        && empty(&c.macvlans)
        && c.extra_veths.known().is_some_and(std::collections::BTreeMap::is_empty)
        && empty_of_network_flags(&c.extra_flags)
}

/// Whether our module opens in the host's firewall what the guest opens.
fn opens_the_firewall(subject: Subject<'_>, each: &Each<'_>) -> bool {
    let settings = subject.manifest.services.settings(each.name.as_str());
    settings.is_some_and(|settings| settings.get(Setting::OpenFirewall.name()) == Some(&Json::Bool(true)))
}

/// Whether no nspawn flag configures the network.
fn empty_of_network_flags(flags: &List<String>) -> bool {
    flags.known().is_some_and(|flags| {
        flags.iter().all(|flag| {
            flag.known().is_some_and(|flag| {
                !flag.split_whitespace().any(|word| {
                    word == "-n" || word.starts_with("--network-") || word.starts_with("--private-network")
                })
            })
        })
    })
}

fn blocked(subject: Subject<'_>, each: &Each<'_>, guest: &View, openings: &Openings, found: &mut Vec<Diagnostic>) {
    let c = each.container;
    let Some(forwards) = c.forward_ports.known() else { return };
    // A forward without an address is a different finding.
    let addresses = [&c.local_address, &c.local_address6, &c.host_bridge];
    if addresses.iter().all(|field| field.known() == Some(&None)) {
        return;
    }
    for forward in forwards.iter().filter_map(Field::known) {
        let protocol = match forward.protocol.known().map(String::as_str) {
            Some("tcp") => Protocol::Tcp,
            Some("udp") => Protocol::Udp,
            _ => continue,
        };
        let (Some(&host), Some(&inside)) = (forward.host_port.known(), forward.container_port.known()) else {
            continue;
        };
        let port = inside.unwrap_or(host);
        if openings.lets_in(protocol, port) != Some(false) {
            continue;
        }
        let shown = protocol.as_str();
        let message = format!(
            "host port {host}/{shown} is forwarded to port {port} of `{}`, which the guest's firewall does not open",
            each.name
        );
        let at = each.path.join("forwardPorts").join(forward_key(forward));
        let inside = at.join("containerPort");
        let at = if subject.spans.contains(&inside) { inside } else { at.join("hostPort") };
        let diagnostic = subject.at(finding(protocol, port, message), &at, "forwarded here");
        found.push(with_list(diagnostic, subject, each, guest, (protocol, port)));
    }
}

/// Ports in `networking.nat.forwardPorts` that the guest's firewall blocks.
fn nat_blocked(
    subject: Subject<'_>,
    each: &Each<'_>,
    guest: &View,
    openings: &Openings,
    found: &mut Vec<Diagnostic>,
) {
    let nat = &subject.manifest.networking.nat;
    if nat.enable.known() != Some(&true) {
        return;
    }
    let Some(forwards) = nat.forward_ports.known() else { return };
    let own: Vec<IpAddr> = [&each.container.local_address, &each.container.local_address6]
        .into_iter()
        .filter_map(|field| super::addresses::plain(field.known()?.as_deref()?))
        .collect();
    for (index, forward) in forwards.iter().enumerate() {
        let Some(written) = forward.known() else { continue };
        let Some(forward) = KnownForward::of(written).and_then(|known| known.parse().ok()) else { continue };
        let NatForward { protocol, ports, address, to, .. } = forward;
        let is_ignored = address.is_ipv6() && nat.enable_ipv6.known() != Some(&true);
        if is_ignored || !own.contains(&address) || to.count() > MOST_PORTS {
            continue;
        }
        let Some(port) = (to.first..=to.last).find(|port| openings.lets_in(protocol, *port) == Some(false)) else {
            continue;
        };
        let shown = protocol.as_str();
        let message = format!(
            "`networking.nat.forwardPorts` leads host port {ports}/{shown} to port {port} of `{}`, which the guest's \
             firewall does not open",
            each.name
        );
        let list = OptionPath::new(["networking", "nat", "forwardPorts"]);
        let at = list.join(nat_forward_key(written)).join("destination");
        let diagnostic = match subject.spans.element(&list, index).filter(|_| !subject.spans.contains(&at)) {
            Some(span) => label(finding(protocol, port, message), span, "forwarded here"),
            None => subject.at(finding(protocol, port, message), &at, "forwarded here"),
        };
        found.push(with_list(diagnostic, subject, each, guest, (protocol, port)));
    }
}

/// Forwarded ports on which a server of the host listens too: outside traffic goes to the guest.
fn taken_by_host(subject: Subject<'_>, each: &Each<'_>, found: &mut Vec<Diagnostic>) {
    for forward in each.container.forward_ports.known().into_iter().flatten().filter_map(Field::known) {
        let (Some(protocol), Some(&port)) = (forward.protocol.known(), forward.host_port.known()) else { continue };
        let Some(server) = services::listener(subject.host, port).filter(|_| protocol == "tcp") else { continue };
        let message = format!(
            "host port {port}/tcp is forwarded to `{}`, and the host's own `{server}` listens on it: nobody outside \
             reaches that any more",
            each.name
        );
        let help = "give one of them another port";
        let at = each.path.join("forwardPorts").join(forward_key(forward)).join("hostPort");
        let diagnostic =
            subject.at(Diagnostic::warning(Code::PortTaken, message).help(help), &at, "forwarded here");
        found.push(in_view(diagnostic, subject.host, &["services", server, "enable"], "listens there too"));
    }
}

pub(super) fn finding(protocol: Protocol, port: u16, message: String) -> Diagnostic {
    let open = match list_of(protocol) {
        Some(list) => format!("add {port} to `networking.firewall.{list}` in the guest's `config`"),
        None => "open it in the guest's `networking.firewall`".to_owned(),
    };
    Diagnostic::warning(Code::ForwardBlocked, message).help(format!("{open}, or remove the forward"))
}

/// Points the diagnostic to the firewall list that lacks the port, if it exists.
pub(super) fn with_list(
    diagnostic: Diagnostic,
    subject: Subject<'_>,
    each: &Each<'_>,
    guest: &View,
    (protocol, port): (Protocol, u16),
) -> Diagnostic {
    let Some(list) = list_of(protocol) else { return diagnostic };
    let list = ["networking", "firewall", list];
    let diagnostic = match subject.spans.all(&each.path.join("config")) {
        // With several definitions, it is unclear which one to edit.
        [config] => diagnostic.fix(opening(guest, &list, config.start, port)),
        _ => diagnostic,
    };
    match guest.get(&list) {
        Some(_) => in_view(diagnostic, guest, &list, "what the guest's firewall opens"),
        None => {
            subject.at(diagnostic, &each.path.join("config"), "the guest, whose firewall opens nothing of its own")
        }
    }
}

/// A fix that opens a port in a guest: it extends the guest's list, or adds one.
fn opening(guest: &View, list: &[&str], config: Pos, port: u16) -> Fix {
    let own = guest.spans.all(&OptionPath::new(list.iter().copied())).iter();
    let append = own.map(|span| Fix::Append { at: span.start, within: config, element: port.to_string() });
    let define = Fix::Define { at: config, definition: format!("{} = [ {port} ];", list.join(".")) };
    Fix::First(append.chain([define]).collect())
}

/// NixOS's list of open ports; it has none for SCTP.
fn list_of(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Tcp => Some(TCP_PORTS),
        Protocol::Udp => Some("allowedUDPPorts"),
        Protocol::Sctp => None,
    }
}

/// Ports that a guest opens in the host's network, where only the host's firewall counts.
fn closed_on_host(subject: Subject<'_>, each: &Each<'_>, guest: &View, found: &mut Vec<Diagnostic>) {
    let host = Openings::of_host(subject.host, &subject.manifest.networking.firewall);
    for (protocol, list_name) in Protocol::ALL.into_iter().filter_map(|it| Some((it, list_of(it)?))) {
        let list = ["networking", "firewall", list_name];
        let Some(ports) = guest.get(&list) else { continue };
        let closed: Vec<u16> = elements(ports)
            .filter_map(|port| u16::try_from(port.as_u64()?).ok())
            .filter(|port| host.lets_in(protocol, *port) == Some(false) && !is_used_by(subject.host, *port))
            .collect();
        if closed.is_empty() {
            continue;
        }
        let shown: Vec<String> = closed.iter().map(u16::to_string).collect();
        let (shown, protocol_name) = (shown.join(", "), protocol.as_str());
        let message = format!(
            "`{}` opens {protocol_name} {shown} in its own firewall, but it shares the host's network, and the host's \
             firewall does not open {}",
            each.name,
            if closed.len() == 1 { "it" } else { "them" }
        );
        let help = format!(
            "add {shown} to the host's `networking.firewall.{list_name}`, or set \
             `services.container-rebuild.containers.{}.openFirewall = true`, or give the container a network of its own with \
             `privateNetwork = true`",
            each.name
        );
        let diagnostic = Diagnostic::warning(Code::GuestPortBlocked, message).help(help);
        let diagnostic = in_view(diagnostic, guest, &list, "opened in the guest only");
        let host_list = OptionPath::new(list);
        found.push(match subject.spans.contains(&host_list) {
            true => subject.at(diagnostic, &host_list, "what the host opens"),
            false => diagnostic,
        });
    }
}

/// Whether something on the host, such as a reverse proxy, uses the port through a local address. Then nothing else needs
/// to reach it.
fn is_used_by(host: &View, port: u16) -> bool {
    let needles = ["localhost", "127.0.0.1", "[::1]"].map(|address| format!("{address}:{port}"));
    holds(&host.options, &|text| {
        needles.iter().any(|needle| {
            text.match_indices(needle.as_str())
                .any(|(at, found)| !text[at + found.len()..].starts_with(|next: char| next.is_ascii_digit()))
        })
    })
}

/// Whether a string or a member name in `json` is wanted.
pub(super) fn holds(json: &Json, wanted: &dyn Fn(&str) -> bool) -> bool {
    match json {
        Json::String(text) => wanted(text),
        Json::Array(items) => items.iter().any(|item| holds(item, wanted)),
        Json::Object(members) => members.iter().any(|(name, value)| wanted(name) || holds(value, wanted)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
