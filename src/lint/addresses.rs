//! Addresses that belong to the host, lie outside their subnet, or are assigned twice.
//!
//! `model::check` covers two containers that claim an address with the same option. This lint adds the host's addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value as Json;

use super::subject::{Each, Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::view::{OptionState, View};
use crate::model::{ContainerName, Field};

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let own = own_addresses(subject.host);
    let mut gateways: BTreeMap<IpAddr, (&ContainerName, OptionPath)> = BTreeMap::new();
    // On a bridge, `hostAddress` is the gateway, which may be any machine.
    let pairs = |each: &Each<'_>| is_private(each) && each.container.host_bridge.known() == Some(&None);
    for each in subject.containers().filter(pairs) {
        for (field, option) in host_fields(&each) {
            if let Some(address) = known(field).and_then(plain) {
                gateways.entry(address).or_insert((each.name, each.path.join(option)));
            }
        }
    }
    for each in subject.containers().filter(is_private) {
        for (field, option) in local_fields(&each) {
            let Some(text) = known(field) else { continue };
            let Some(address) = plain(text) else { continue };
            let at = each.path.join(option);
            if let Some(interface) = own.iter().find(|own| own.address == address) {
                let message = format!(
                    "`{}` has the address {address}, which is the host's own on `{}`",
                    each.name, interface.interface
                );
                let help = format!("give it another `{option}`");
                let diagnostic = Diagnostic::error(Code::AddressTaken, message).help(help);
                let diagnostic = subject.at(diagnostic, &at, "given to the container");
                let path: Vec<&str> = interface.path.iter().map(String::as_str).collect();
                found.push(in_view(diagnostic, subject.host, &path, "the host's already"));
            } else if let Some((other, there)) = gateways.get(&address).filter(|(other, _)| *other != each.name) {
                let message =
                    format!("`{}` has the address {address}, which is the host's end of `{other}`", each.name);
                let help = format!("give it another `{option}`");
                let diagnostic = Diagnostic::error(Code::AddressTaken, message).help(help);
                let diagnostic = subject.at(diagnostic, &at, "given to the container");
                found.push(subject.at(diagnostic, there, "the host's already"));
            }
            found.extend(outside(subject, &each, &own, option, text));
        }
    }
    found.extend(macs(subject));
    found
}

pub(super) fn is_private(each: &Each<'_>) -> bool {
    each.container.private_network.known() == Some(&true)
}

/// The text of an address option, if it is set and known.
pub(super) fn known(field: &Field<Option<String>>) -> Option<&str> {
    field.known()?.as_deref()
}

/// An address without its prefix length.
pub(super) fn plain(text: &str) -> Option<IpAddr> {
    text.split('/').next()?.parse().ok()
}

fn local_fields<'a>(each: &Each<'a>) -> [(&'a Field<Option<String>>, &'static str); 2] {
    [(&each.container.local_address, "localAddress"), (&each.container.local_address6, "localAddress6")]
}

fn host_fields<'a>(each: &Each<'a>) -> [(&'a Field<Option<String>>, &'static str); 2] {
    [(&each.container.host_address, "hostAddress"), (&each.container.host_address6, "hostAddress6")]
}

/// An address that the host's configuration assigns to one of its interfaces.
#[derive(Debug, Clone)]
pub(super) struct OwnAddress {
    pub(super) address: IpAddr,
    pub(super) prefix: Option<u8>,
    pub(super) interface: String,
    /// The option that assigns it.
    path: Vec<String>,
}

/// The addresses in `networking.interfaces`.
pub(super) fn own_addresses(host: &View) -> Vec<OwnAddress> {
    let mut found = Vec::new();
    for (interface, options) in host.find(&["networking", "interfaces"]).members() {
        for family in ["ipv4", "ipv6"] {
            let list = options.get(family).and_then(|family| family.get("addresses"));
            for element in list.and_then(Json::as_array).into_iter().flatten() {
                let Some(address) = element["address"].as_str().and_then(|text| text.parse().ok()) else {
                    continue;
                };
                let prefix = element["prefixLength"].as_u64().and_then(|length| u8::try_from(length).ok());
                let path = ["networking", "interfaces", interface, family, "addresses"];
                let path = path.map(str::to_owned).to_vec();
                found.push(OwnAddress { address, prefix, interface: interface.clone(), path });
            }
        }
    }
    found
}

/// Whether `address` is in the subnet of `other` with a prefix of `prefix` bits.
pub(super) fn is_within(address: IpAddr, other: IpAddr, prefix: u8) -> bool {
    match (address, other) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            a.to_bits() & mask == b.to_bits() & mask
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            a.to_bits() & mask == b.to_bits() & mask
        }
        _ => false,
    }
}

/// An address on a bridge that is in none of the bridge's subnets, or whose gateway is outside its own subnet.
fn outside(
    subject: Subject<'_>,
    each: &Each<'_>,
    own: &[OwnAddress],
    option: &'static str,
    text: &str,
) -> Option<Diagnostic> {
    let bridge = each.container.host_bridge.known()?.as_ref()?;
    let address = plain(text)?;
    let at = each.path.join(option);
    let same_family = |other: &IpAddr| other.is_ipv4() == address.is_ipv4();
    let subnets: Vec<_> = own
        .iter()
        .filter(|own| own.interface == *bridge && same_family(&own.address))
        .filter_map(|own| Some((own, own.prefix?)))
        .collect();
    let all_known = matches!(subject.host.find(&["networking", "interfaces", bridge]), OptionState::Value(json)
        if !crate::model::view::has_unknown(json));
    if all_known
        && !subnets.is_empty()
        && subnets.iter().all(|(own, prefix)| !is_within(address, own.address, *prefix))
    {
        let (own, prefix) = subnets[0];
        let message = format!(
            "`{}` has the address {address}, which is outside of {}/{prefix}, the subnet of its bridge `{bridge}`",
            each.name, own.address
        );
        let help = format!("give it a `{option}` in that subnet, or the bridge an address in its own");
        let diagnostic = Diagnostic::warning(Code::AddressOutsideSubnet, message).help(help);
        let diagnostic = subject.at(diagnostic, &at, "given to the container");
        let path: Vec<&str> = own.path.iter().map(String::as_str).collect();
        return Some(in_view(diagnostic, subject.host, &path, "the subnet of the bridge"));
    }
    // A full-length prefix says on purpose that the gateway is outside the subnet.
    let prefix: u8 = text.split_once('/')?.1.parse().ok()?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let (gateway, gateway_option) = host_fields(each).into_iter().find_map(|(field, name)| {
        known(field).and_then(plain).filter(same_family).map(|address| (address, name))
    })?;
    // NixOS adds a route to the gateway itself, so a link-local one is reachable too.
    let is_link_local = matches!(gateway, IpAddr::V6(gateway) if gateway.is_unicast_link_local());
    if prefix >= whole || is_link_local || is_within(gateway, address, prefix) {
        return None;
    }
    let message = format!("`{}` has the gateway {gateway}, which is outside of its own subnet {text}", each.name);
    let help = format!("give it a `{option}` and a `{gateway_option}` in one subnet, or correct the prefix length");
    let diagnostic = Diagnostic::warning(Code::AddressOutsideSubnet, message).help(help);
    let diagnostic = subject.at(diagnostic, &at, "its address");
    Some(subject.at(diagnostic, &each.path.join(gateway_option), "its gateway"))
}

/// MAC addresses that two containers share. On one bridge that cannot work; elsewhere it is probably a copy-paste error.
fn macs(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut taken: BTreeMap<String, (Each<'_>, Option<&str>)> = BTreeMap::new();
    for each in subject.containers().filter(is_private) {
        let Some(mac) = known(&each.container.local_mac_address) else { continue };
        let bridge = known(&each.container.host_bridge);
        let Some((first, first_bridge)) = taken.get(&mac.to_ascii_lowercase()) else {
            taken.insert(mac.to_ascii_lowercase(), (each, bridge));
            continue;
        };
        let message = format!("MAC address {mac} is given to both `{}` and `{}`", first.name, each.name);
        let kind =
            if bridge.is_some() && bridge == *first_bridge { Diagnostic::error } else { Diagnostic::warning };
        let diagnostic = kind(Code::MacTaken, message).help(
            "give one of them another `localMacAddress`, or none: nspawn makes one from the container's name",
        );
        let diagnostic = subject.at(diagnostic, &each.path.join("localMacAddress"), "given again here");
        found.push(subject.at(diagnostic, &first.path.join("localMacAddress"), "taken here already"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_end_where_their_length_says() {
        let table = [
            ("10.0.0.5", "10.0.0.1", 24, true),
            ("10.0.1.5", "10.0.0.1", 24, false),
            ("10.0.1.5", "10.0.0.1", 23, true),
            ("10.0.0.5", "192.168.0.1", 0, true),
            ("10.0.0.5", "10.0.0.5", 32, true),
            ("fd00::5", "fd00::1", 64, true),
            ("fd00:0:0:1::5", "fd00::1", 64, false),
            ("fd00::5", "10.0.0.1", 0, false),
        ];
        for (address, other, prefix, within) in table {
            let parse = |text: &str| text.parse().expect("an address");
            assert_eq!(is_within(parse(address), parse(other), prefix), within, "{address} {other}/{prefix}");
        }
    }
}
