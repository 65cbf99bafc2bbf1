//! Name servers that a guest gets but cannot reach, or that it configures but does not use.
//!
//! The launcher replaces the host's loopback addresses by the host's upstream servers (`state::Resolver`). What is left are
//! resolvers that may have none: they ask the root servers, or their own settings name others.
//!
//! Source: `nixos/modules/config/resolvconf.nix` (`useHostResolvConf`), the modules of the resolvers below
//! `nixos/modules/services/networking`, and the start script of the containers, which copies the host's `/etc/resolv.conf`.

use std::net::IpAddr;

use serde_json::Value as Json;

use super::addresses::is_private;
use super::subject::{Each, Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::view::{OptionState, View, elements, has_unknown};

/// Resolvers that NixOS makes the host's own (`networking.resolvconf.useLocalResolver`), and the option that prevents it.
const LOCAL: [(&str, Option<&str>); 5] = [
    ("bind", None),
    ("dnsmasq", Some("resolveLocalQueries")),
    ("kresd", None),
    ("pdns-recursor", None),
    ("unbound", Some("resolveLocalQueries")),
];

pub(super) fn lint(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let Some(guest) = each.guest.filter(|guest| !guest.missing_modules) else { return Vec::new() };
    let mut found = Vec::new();
    if is_refused(guest) {
        let message = format!(
            "`{}` runs systemd-resolved and takes the host's resolv.conf: NixOS does not build such a guest",
            each.name
        );
        let help = "set `networking.useHostResolvConf = lib.mkForce false;` in the guest";
        let diagnostic = Diagnostic::error(Code::Assertion, message).help(help);
        let diagnostic = in_view(diagnostic, guest, resolved_by(guest), "turns it on");
        found.push(subject.at(diagnostic, &each.path.join("config"), ""));
        return found;
    }
    // Whether the guest uses only the copy of the host's file.
    let takes_the_hosts = each.container.copy_resolv_conf.known() == Some(&true)
        && !matches!(guest.find(&["networking", "useHostResolvConf"]), OptionState::Unknown)
        && !guest.find(&["networking", "useHostResolvConf"]).is(false)
        && runs_resolved(guest) == Some(false)
        && guest.find(&["environment", "etc", "resolv.conf"]) == OptionState::Undefined;
    if !takes_the_hosts {
        return found;
    }
    let own = guest.find(&["networking", "nameservers"]);
    if own.value().is_some_and(|servers| elements(servers).next().is_some()) {
        let message = format!(
            "`networking.nameservers` of `{}` has no effect: the guest takes the host's resolv.conf",
            each.name
        );
        let help = "set `networking.useHostResolvConf = lib.mkForce false;` in the guest, or remove it";
        let diagnostic = Diagnostic::warning(Code::IgnoredNameservers, message).help(help);
        found.push(in_view(diagnostic, guest, &["networking", "nameservers"], "not asked"));
    }
    if !is_private(each) || own == OptionState::Unknown || runs_a_resolver(guest) {
        return found;
    }
    if let Some((path, what)) = loopback(subject.host) {
        let message = format!(
            "`{}` may find no names: the host asks {what} on its own loopback, out of reach of a private network, and the \
             configuration names no other server",
            each.name
        );
        let help = "set `networking.useHostResolvConf = lib.mkForce false;` and `networking.nameservers` in the guest: an address \
                    of the host's, where its resolver listens on that, or one outside";
        let diagnostic = Diagnostic::warning(Code::LoopbackResolver, message).help(help);
        let diagnostic = subject.at(diagnostic, &each.path.join("privateNetwork"), "has a network of its own");
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        found.push(in_view(diagnostic, subject.host, &path, "what the host asks"));
    }
    found
}

/// Whether the guest runs systemd-resolved; `None` if unknown.
fn runs_resolved(guest: &View) -> Option<bool> {
    match guest.find(&["services", "resolved", "enable"]) {
        OptionState::Value(json) => json.as_bool(),
        OptionState::Unknown => None,
        // networkd turns resolved on.
        OptionState::Undefined => {
            let mut runs = Some(false);
            for path in [&["networking", "useNetworkd"][..], &["systemd", "network", "enable"]] {
                match guest.find(path) {
                    OptionState::Undefined => {}
                    OptionState::Unknown => runs = runs.filter(|runs| *runs),
                    state if state.is(true) => return Some(true),
                    OptionState::Value(_) => {}
                }
            }
            runs
        }
    }
}

/// The option that turns systemd-resolved on.
fn resolved_by(guest: &View) -> &'static [&'static str] {
    const PATHS: [&[&str]; 3] =
        [&["services", "resolved", "enable"], &["networking", "useNetworkd"], &["systemd", "network", "enable"]];
    PATHS.into_iter().find(|path| guest.find(path).is(true)).unwrap_or(PATHS[0])
}

/// Whether the assertion of NixOS's module `resolved` fails: containers use the host's file by default.
fn is_refused(guest: &View) -> bool {
    let host_file = guest.find(&["networking", "useHostResolvConf"]);
    runs_resolved(guest) == Some(true) && (host_file == OptionState::Undefined || host_file.is(true))
}

/// Whether the guest runs, or may run, a resolver of its own.
fn runs_a_resolver(guest: &View) -> bool {
    let local = guest.find(&["networking", "resolvconf", "useLocalResolver"]);
    let services = guest.find(&["services"]);
    local.is(true)
        || matches!(local, OptionState::Unknown)
        || services == OptionState::Unknown
        || LOCAL
            .iter()
            .any(|(name, _)| !matches!(guest.find(&["services", name, "enable"]), OptionState::Undefined))
}

/// What makes the host use a name server on its own loopback, with the option that says so, unless the launcher certainly
/// finds the servers behind it.
fn loopback(host: &View) -> Option<(Vec<String>, String)> {
    let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    if host.find(&["environment", "etc", "resolv.conf"]) != OptionState::Undefined {
        return None;
    }
    // systemd-resolved and NetworkManager list their servers in files; servers of the configuration are told to resolvconf.
    let runs_manager = host.find(&["networking", "networkmanager", "enable"]).is(true);
    if runs_resolved(host) != Some(false) || runs_manager || names_others(host) {
        return None;
    }
    match host.find(&["networking", "resolvconf", "useLocalResolver"]) {
        OptionState::Unknown => return None,
        state if state.is(true) => {
            return Some((path(&["networking", "resolvconf", "useLocalResolver"]), String::from("a resolver")));
        }
        state if state.is(false) => return named_on_loopback(host).map(|at| (at, String::from("a server"))),
        _ => {}
    }
    for (name, keeps) in LOCAL {
        let enable = ["services", name, "enable"];
        let kept = keeps.map(|option| host.find(&["services", name, option]));
        if host.find(&enable).is(true) && kept.is_none_or(|kept| kept == OptionState::Undefined || kept.is(true)) {
            return Some((path(&enable), format!("`{name}`")));
        }
    }
    named_on_loopback(host).map(|at| (at, String::from("a server")))
}

/// Whether one of the host's `nameservers` is, or may be, outside the host.
fn names_others(host: &View) -> bool {
    match host.find(&["networking", "nameservers"]) {
        OptionState::Undefined => false,
        OptionState::Unknown => true,
        OptionState::Value(servers) => elements(servers).next().is_some() && named_on_loopback(host).is_none(),
    }
}

/// Whether all of the host's `nameservers` are loopback addresses.
fn named_on_loopback(host: &View) -> Option<Vec<String>> {
    let servers = host.find(&["networking", "nameservers"]).value().filter(|servers| !has_unknown(servers))?;
    let is_loopback = |server: &Json| {
        let address = server.as_str().and_then(|text| text.split('%').next()?.parse::<IpAddr>().ok());
        address.is_some_and(|address| address.is_loopback())
    };
    let mut servers = elements(servers).peekable();
    (servers.peek().is_some() && servers.all(is_loopback))
        .then(|| ["networking", "nameservers"].map(str::to_owned).to_vec())
}
