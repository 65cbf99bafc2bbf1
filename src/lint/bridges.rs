//! Guests that cannot reach anything beyond their bridge.

use super::addresses::{is_private, known, own_addresses, plain};
use super::egress::{fetches, is_internal, own_domains};
use super::subject::{Each, Subject, in_view, label};
use crate::diag::{Code, Diagnostic, Fix};
use crate::model::path::OptionPath;
use crate::model::view::OptionState;
use crate::model::{Field, List};
use crate::syntax::mend::literal;

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for each in subject.containers() {
        found.extend(without_length(subject, &each));
        let Some(bridge) = known(&each.container.host_bridge).filter(|_| is_private(&each)) else { continue };
        found.extend(no_gateway(subject, &each, bridge));
        found.extend(not_translated(subject, &each, bridge));
    }
    found
}

/// Addresses without a prefix length on a bridge, including those of extra veths.
fn without_length(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let c = each.container;
    let mut found = Vec::new();
    let mut look = |bridge: &Field<Option<String>>, locals: [&Field<Option<String>>; 2], path: OptionPath| {
        let Some(bridge) = known(bridge) else { return };
        for (field, option, example) in [(locals[0], "localAddress", 24), (locals[1], "localAddress6", 64)] {
            let Some(address) = known(field).filter(|text| !text.contains('/')) else { continue };
            let message = format!(
                "`{}` is on the bridge `{bridge}` with the address {address} alone, without the network that it is in: it \
                 reaches nobody there but by a gateway",
                each.name
            );
            let help = format!("write `{address}/{example}`, with the prefix length of the bridge's network");
            let diagnostic = Diagnostic::warning(Code::AddressWithoutPrefix, message).help(help);
            found.push(subject.at(diagnostic, &path.join(option), "no prefix length"));
        }
    };
    if is_private(each) {
        look(&c.host_bridge, [&c.local_address, &c.local_address6], each.path.clone());
    }
    for (name, veth) in c.extra_veths.known().into_iter().flatten() {
        let Some(veth) = veth.known() else { continue };
        let path = each.path.join("extraVeths").join(name);
        look(&veth.host_bridge, [&veth.local_address, &veth.local_address6], path);
    }
    found
}

/// Whether the guest configures no other route, gateway or interface.
fn has_no_other_way(each: &Each<'_>) -> bool {
    let c = each.container;
    let empty = |list: &List<String>| list.known().is_some_and(Vec::is_empty);
    let Some(guest) = each.guest.filter(|guest| !guest.missing_modules) else { return false };
    let options = [
        "bridges",
        "dhcpcd",
        "interfaces",
        "localCommands",
        "networkmanager",
        "proxy",
        "useDHCP",
        "useNetworkd",
        "vlans",
        "wg-quick",
        "wireguard",
    ];
    empty(&c.interfaces)
        && empty(&c.macvlans)
        && c.extra_veths.known().is_some_and(std::collections::BTreeMap::is_empty)
        && options.iter().all(|option| match guest.find(&["networking", option]) {
            OptionState::Undefined => true,
            state => state.is(false),
        })
        && guest.find(&["systemd", "network"]) == OptionState::Undefined
}

/// A guest with an address on a bridge but no gateway.
fn no_gateway(subject: Subject<'_>, each: &Each<'_>, bridge: &str) -> Option<Diagnostic> {
    let c = each.container;
    let none = |field: &Field<Option<String>>| field.known() == Some(&None);
    let guest = each.guest?;
    let gateways = ["defaultGateway", "defaultGateway6"];
    let has_none = none(&c.host_address)
        && none(&c.host_address6)
        && gateways.iter().all(|option| guest.find(&["networking", option]) == OptionState::Undefined)
        && has_no_other_way(each);
    let address = known(&c.local_address).or_else(|| known(&c.local_address6))?;
    if !has_none {
        return None;
    }
    // A guest that only its neighbours use needs no gateway.
    let needed = fetches(guest, &own_domains(subject.host, guest));
    let nat = &subject.manifest.networking.nat;
    if needed.is_none() && nat.enable.known() != Some(&true) {
        return None;
    }
    let what = needed.as_ref().map_or(String::new(), |(_, what)| format!(" and {what},"));
    let message =
        format!("`{}` has the address {address} on the bridge `{bridge}`{what} but has no gateway", each.name);
    let own = own_addresses(subject.host).into_iter().find(|own| own.interface == bridge);
    let help = match own {
        Some(own) => format!(
            "set `hostAddress = \"{}\";`, which is the host's on that bridge, or `networking.defaultGateway` in the guest",
            own.address
        ),
        None => String::from(
            "set `hostAddress` to the gateway of that network, or `networking.defaultGateway` in the guest",
        ),
    };
    let diagnostic = Diagnostic::warning(Code::NoGateway, message).help(help);
    let option = if known(&c.local_address).is_some() { "localAddress" } else { "localAddress6" };
    let diagnostic = subject.at(diagnostic, &each.path.join(option), "its address");
    Some(match needed {
        Some((path, _)) => {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            in_view(diagnostic, guest, &path, "needs the outside")
        }
        None => diagnostic,
    })
}

/// A guest whose packets reach the host through a bridge, while NAT covers only other interfaces.
fn not_translated(subject: Subject<'_>, each: &Each<'_>, bridge: &str) -> Option<Diagnostic> {
    let nat = &subject.manifest.networking.nat;
    let c = each.container;
    let empty = |list: &List<String>| list.known().is_some_and(Vec::is_empty);
    if nat.enable.known() != Some(&true) || !empty(&nat.internal_ips) || !empty(&nat.internal_ipv6s) {
        return None;
    }
    let internal: Option<Vec<&str>> =
        nat.internal_interfaces.known()?.iter().map(|element| element.known().map(String::as_str)).collect();
    let internal = internal?;
    let covers = |pattern: &str| match pattern.strip_suffix(['*', '+']) {
        Some(stem) => bridge.starts_with(stem),
        None => pattern == bridge,
    };
    let of_containers = internal.iter().find(|pattern| pattern.starts_with("ve-") || pattern.starts_with("vb-"))?;
    if internal.iter().any(|pattern| covers(pattern)) {
        return None;
    }
    // If another machine is the gateway, the host translates nothing for this guest.
    let own = own_addresses(subject.host);
    let mut gateways =
        [&c.host_address, &c.host_address6].into_iter().filter_map(known).filter_map(plain).collect::<Vec<_>>();
    let guest = each.guest?;
    for option in ["defaultGateway", "defaultGateway6"] {
        let state = guest.find(&["networking", option]);
        let address = state.text().or_else(|| state.value()?.get("address")?.as_str());
        gateways.extend(address.and_then(plain));
    }
    let gateway = gateways.iter().find(|gateway| {
        own.iter().any(|own| own.interface == bridge && own.address == **gateway) && is_internal(**gateway)
    })?;
    let locals = [&c.local_address, &c.local_address6];
    if !locals.into_iter().filter_map(known).filter_map(plain).any(is_internal) {
        return None;
    }
    let message = format!(
        "`{}` goes out by the host's address {gateway} on the bridge `{bridge}`, which `networking.nat.internalInterfaces` does \
         not name: `{of_containers}` is for interfaces without a bridge",
        each.name
    );
    let help = format!("add `{bridge}` to `networking.nat.internalInterfaces`");
    let diagnostic = Diagnostic::warning(Code::NatMissesBridge, message).help(help);
    let list = OptionPath::new(["networking", "nat", "internalInterfaces"]);
    let index = internal.iter().position(|pattern| pattern == of_containers).unwrap_or_default();
    let diagnostic = subject.at_element(diagnostic, &list, index, "does not cover the bridge");
    let element = literal(bridge);
    let diagnostic = diagnostic.fix_there(|at| Fix::Append { at, within: at, element });
    let span = subject.spans.nearest(&each.path.join("hostBridge"));
    Some(span.into_iter().fold(diagnostic, |diagnostic, span| label(diagnostic, span, "on the bridge")))
}
