//! Assertions of NixOS about the network of a host and its guests: a configuration that violates one does not build.
//!
//! Source: `nixos/modules/services/networking/{firewall,firewall-iptables,firewall-nftables,nat,nat-nftables}.nix`.

use super::subject::{Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::view::{OptionState, View};

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = of(subject.host, "the host");
    let guests = subject.containers().filter_map(|each| Some((each.name, each.guest?)));
    for (name, guest) in guests.filter(|(_, guest)| !guest.missing_modules) {
        found.extend(of(guest, &format!("`{name}`")));
    }
    found
}

fn of(view: &View, whose: &str) -> Vec<Diagnostic> {
    let option = |name: &str| -> Vec<String> {
        ["networking"].into_iter().chain(name.split('.')).map(str::to_owned).collect()
    };
    let state = |name: &str| view.find(&option(name).iter().map(String::as_str).collect::<Vec<_>>());
    let on = |name: &str| state(name).is(true);
    // Undefined options are off by default.
    let off = |name: &str| state(name).is(false) || state(name) == OptionState::Undefined;
    let written = |name: &str| state(name).text().is_some_and(|text| !text.trim().is_empty());
    let firewall = state("firewall.enable") == OptionState::Undefined || on("firewall.enable");
    let mut found = Vec::new();
    let mut refuse = |name: &str, message: String, help: &str| {
        let path = option(name);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        found.push(in_view(Diagnostic::error(Code::Assertion, message).help(help), view, &path, ""));
    };
    for (name, applies) in [
        ("firewall.extraCommands", firewall),
        ("firewall.extraStopCommands", firewall),
        ("nat.extraCommands", on("nat.enable")),
        ("nat.extraStopCommands", on("nat.enable")),
    ] {
        if on("nftables.enable") && applies && written(name) {
            let message =
                format!("`networking.{name}` of {whose} is for iptables, and NixOS refuses it with nftables");
            refuse(
                name,
                message,
                "write it for nftables, in `networking.nftables.tables` or `networking.firewall.extraInputRules`",
            );
        }
    }
    if on("firewall.filterForward") && firewall && off("nftables.enable") && !view.missing_modules {
        let message =
            format!("`networking.firewall.filterForward` of {whose} needs nftables: NixOS refuses it without");
        refuse("firewall.filterForward", message, "set `networking.nftables.enable = true;`, or remove it");
    }
    if on("nat.enable") && on("nat.enableIPv6") && state("enableIPv6").is(false) {
        let message =
            format!("`networking.nat.enableIPv6` of {whose} needs IPv6, which `networking.enableIPv6` turns off");
        refuse("nat.enableIPv6", message, "remove one of them");
    }
    found
}
