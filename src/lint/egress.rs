//! Guests that need the internet but cannot reach it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value as Json;

use super::addresses::{is_private, known, plain};
use super::forwards::holds;
use super::services;
use super::subject::{Each, Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::view::{OptionState, View, has_unknown};
use crate::model::{Field, List};
use crate::render::interface::host_end;

/// Services on the host that may translate addresses without `networking.nat`.
const OTHER_FIREWALLS: [&str; 4] = ["ferm", "firewalld", "foomuuri", "shorewall"];
/// Services that use public time servers by default.
const CLOCKS: [&str; 4] = ["chrony", "ntp", "openntpd", "timesyncd"];
/// Programs that fetch the URLs in their arguments.
const FETCHERS: [&str; 6] = ["curl", "wget", "git clone", "git pull", "git fetch", "rsync"];

pub(super) fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for each in subject.containers().filter(is_private) {
        let Some(guest) = each.guest else { continue };
        let Some(why) = why_not(subject, &each, guest) else { continue };
        let Some((path, what)) = fetches(guest, &own_domains(subject.host, guest)) else { continue };
        let message = format!("`{}` {what}, but {}", each.name, why.message);
        let diagnostic = Diagnostic::warning(Code::NoNat, message).help(why.help);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let diagnostic = in_view(diagnostic, guest, &path, "needs the outside");
        let diagnostic = subject.at(diagnostic, &each.path.join("privateNetwork"), "has a network of its own");
        found.push(match why.option.filter(|option| subject.spans.contains(option)) {
            Some(option) => subject.at(diagnostic, &option, "does not cover it"),
            None => diagnostic,
        });
    }
    found
}

/// Why a guest cannot reach the internet.
struct NoWay {
    message: String,
    help: String,
    option: Option<OptionPath>,
}

/// Why the guest certainly cannot reach the internet; `None` if it can or might.
fn why_not(subject: Subject<'_>, each: &Each<'_>, guest: &View) -> Option<NoWay> {
    let c = each.container;
    let empty = |list: &List<String>| list.known().is_some_and(Vec::is_empty);
    let pair_only = c.host_bridge.known() == Some(&None)
        && empty(&c.interfaces)
        && empty(&c.macvlans)
        && c.extra_veths.known().is_some_and(std::collections::BTreeMap::is_empty)
        && c.network_namespace.known() == Some(&None)
        && c.extra_flags.known().is_some_and(|flags| {
            flags.iter().all(|flag| flag.known().is_some_and(|flag| !flag.contains("network") && flag != "-n"))
        });
    let addresses = [&c.host_address, &c.local_address, &c.host_address6, &c.local_address6];
    if !pair_only || guest.missing_modules || addresses.iter().any(|field| field.unknown().is_some()) {
        return None;
    }
    // A proxy, route or tunnel of the guest's own may lead out.
    let networking = guest.find(&["networking"]);
    for option in
        ["proxy", "defaultGateway", "defaultGateway6", "wireguard", "wg-quick", "interfaces", "localCommands"]
    {
        match networking {
            OptionState::Unknown => return None,
            OptionState::Value(json) if json.get(option).is_some() => return None,
            _ => {}
        }
    }
    let fix = "set `networking.nat = { enable = true; internalInterfaces = [ \"ve-*\" ]; }` with the \
               `externalInterface` of the host";
    if addresses.iter().all(|field| field.known() == Some(&None)) {
        let message = String::from("its private network has nothing but `lo`");
        let help = format!("give it a `hostAddress` and a `localAddress`, and {fix}");
        return Some(NoWay { message, help, option: None });
    }
    let pair = |host: &Field<Option<String>>, local: &Field<Option<String>>| {
        Some((known(host).and_then(plain)?, known(local).and_then(plain)?))
    };
    let v4 = pair(&c.host_address, &c.local_address);
    let v6 = pair(&c.host_address6, &c.local_address6);
    if v4.is_none() && v6.is_none() {
        if c.host_address.known() == Some(&None) && c.host_address6.known() == Some(&None) {
            let message = String::from("without a `hostAddress` it has no default route");
            return Some(NoWay { message, help: format!("give it a `hostAddress`, and {fix}"), option: None });
        }
        return None;
    }
    // Public addresses need no translation.
    if [v4, v6].into_iter().flatten().any(|(_, local)| !is_internal(local)) || translates_otherwise(subject.host) {
        return None;
    }
    let nat = &subject.manifest.networking.nat;
    let nat_path = OptionPath::new(["networking", "nat"]);
    if nat.enable.known() == Some(&false) {
        let message = String::from("the host translates no addresses (`networking.nat.enable` is off)");
        let option = Some(nat_path.join("enable"));
        return Some(NoWay { message, help: format!("{fix}; or take it off the outside"), option });
    }
    if v4.is_none() && nat.enable.known() == Some(&true) && nat.enable_ipv6.known() == Some(&false) {
        let message = String::from("the host translates IPv4 alone (`networking.nat.enableIPv6` is off)");
        let help = String::from("set `networking.nat.enableIPv6 = true;`, or give it IPv4 addresses as well");
        return Some(NoWay { message, help, option: Some(nat_path.join("enable")) });
    }
    let interface = host_end(each.name).name;
    let covered = |list: &List<String>, covers: &dyn Fn(&str) -> bool| {
        let Some(elements) = list.known() else { return true };
        elements.iter().any(|element| element.known().is_none_or(|element| covers(element)))
    };
    let by_interface = covered(&nat.internal_interfaces, &|pattern| match pattern.strip_suffix(['*', '+']) {
        Some(stem) => interface.starts_with(stem),
        None => pattern == interface,
    });
    // Ranges are not parsed: any of them may contain the address.
    let by_range = covered(&nat.internal_ips, &|_| true) || covered(&nat.internal_ipv6s, &|_| true);
    if nat.enable.known() != Some(&true) || by_interface || by_range {
        return None;
    }
    let message = format!("`networking.nat.internalInterfaces` does not name its interface `{interface}`");
    let option = Some(nat_path.join("internalInterfaces"));
    Some(NoWay { message, help: format!("add `{interface}` there, or `ve-*` for all containers"), option })
}

/// Whether an address is valid only inside private networks.
pub(super) fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// Whether the host may translate addresses by other means, or be a router that need not translate.
fn translates_otherwise(host: &View) -> bool {
    let masks = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("masquerade") || text.contains("snat")
    };
    for part in [
        &["networking", "nftables"][..],
        &["networking", "firewall"],
        &["networking", "localCommands"],
        &["systemd", "network"],
    ] {
        match host.find(part) {
            OptionState::Undefined => {}
            OptionState::Unknown => return true,
            OptionState::Value(json) if has_unknown(json) || holds(json, &masks) => return true,
            OptionState::Value(_) => {}
        }
    }
    let services = host.find(&["services"]);
    let router = ["frr", "bird", "bird2"];
    services == OptionState::Unknown
        || services
            .members()
            .any(|(name, _)| OTHER_FIREWALLS.contains(&name.as_str()) || router.contains(&name.as_str()))
        || host.find(&["boot", "kernel", "sysctl"]) == OptionState::Unknown
        || host.find(&["boot", "kernel", "sysctl"]).members().any(|(name, _)| name.contains("forward"))
}

/// What in a guest certainly needs the internet, with the option that says so.
pub(super) fn fetches(guest: &View, domains: &BTreeSet<String>) -> Option<(Vec<String>, String)> {
    let own = |path: &[&str]| path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    if guest.find(&["system", "autoUpgrade", "enable"]).is(true) {
        return Some((own(&["system", "autoUpgrade", "enable"]), String::from("upgrades itself")));
    }
    for service in services::FETCHING {
        let path = ["services", service, "enable"];
        if guest.find(&path).is(true) {
            return Some((own(&path), format!("runs `{service}`, which needs the outside")));
        }
    }
    for service in CLOCKS {
        let own_servers = guest.find(&["services", service, "servers"]) != OptionState::Undefined
            || guest.find(&["networking", "timeServers"]) != OptionState::Undefined;
        if guest.find(&["services", service, "enable"]).is(true) && !own_servers {
            let path = own(&["services", service, "enable"]);
            return Some((path, format!("runs `{service}`, which asks public time servers")));
        }
    }
    let unbound = guest.find(&["services", "unbound"]);
    if guest.find(&["services", "unbound", "enable"]).is(true)
        && unbound
            .value()
            .is_some_and(|unbound| !has_unknown(unbound) && !holds(unbound, &|name| name.ends_with("-zone")))
    {
        let path = own(&["services", "unbound", "enable"]);
        return Some((path, String::from("runs `unbound`, which asks the name servers of the world")));
    }
    let certificates = guest.find(&["security", "acme", "certs"]).members().map(|(name, _)| name).next();
    if let Some(name) = certificates {
        return Some((own(&["security", "acme", "certs", name]), format!("gets a certificate for `{name}`")));
    }
    if guest.find(&["services", "nginx", "enable"]).is(true) {
        for (host, options) in guest.find(&["services", "nginx", "virtualHosts"]).members() {
            if options["enableACME"].as_bool() == Some(true) {
                let path = own(&["services", "nginx", "virtualHosts", host, "enableACME"]);
                return Some((path, format!("gets a certificate for `{host}`")));
            }
            for (location, options) in options.get("locations").and_then(Json::as_object).into_iter().flatten() {
                let url = options.get("proxyPass").and_then(Json::as_str);
                if let Some(url) = url.filter(|url| leads_outside(url, domains)) {
                    let path =
                        own(&["services", "nginx", "virtualHosts", host, "locations", location, "proxyPass"]);
                    return Some((path, format!("passes requests on to {url}")));
                }
            }
        }
    }
    for (name, service) in guest.find(&["systemd", "services"]).members() {
        for option in ["script", "preStart", "postStart"] {
            if let Some(url) =
                service.get(option).and_then(Json::as_str).and_then(|script| fetched(script, domains))
            {
                let path = own(&["systemd", "services", name, option]);
                return Some((path, format!("fetches {url} in the service `{name}`")));
            }
        }
        for option in ["ExecStart", "ExecStartPre"] {
            let text = service.get("serviceConfig").and_then(|config| config.get(option));
            if let Some(url) = text.and_then(Json::as_str).and_then(|script| fetched(script, domains)) {
                let path = own(&["systemd", "services", name, "serviceConfig", option]);
                return Some((path, format!("fetches {url} in the service `{name}`")));
            }
        }
    }
    None
}

/// An address on the internet that one of the script's lines certainly fetches.
fn fetched<'a>(script: &'a str, domains: &BTreeSet<String>) -> Option<&'a str> {
    for line in script.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if !FETCHERS.iter().any(|fetcher| line.contains(fetcher)) {
            continue;
        }
        let at = line.find("https://").or_else(|| line.find("http://"))?;
        let url = line[at..].split([' ', '"', '\'', ';', '|', ')']).next()?;
        if leads_outside(url, domains) {
            return Some(url);
        }
    }
    None
}

/// Domain suffixes that are used only inside private networks.
const INSIDE: [&str; 8] =
    [".arpa", ".containers", ".home", ".internal", ".lan", ".local", ".localdomain", ".localhost"];

/// The domains that the configuration itself serves: their names may resolve to private addresses inside.
pub(super) fn own_domains(host: &View, guest: &View) -> BTreeSet<String> {
    let mut domains = BTreeSet::new();
    for view in [host, guest] {
        for server in ["nginx", "caddy"] {
            let hosts = view.find(&["services", server, "virtualHosts"]);
            domains.extend(hosts.members().map(|(name, _)| domain(name).to_owned()));
        }
        for option in ["domain", "fqdn", "hostName"] {
            domains.extend(view.find(&["networking", option]).text().map(|name| domain(name).to_owned()));
        }
    }
    domains
}

/// The last two labels of a domain name.
fn domain(name: &str) -> &str {
    let name = name.split("://").last().unwrap_or(name).split([':', '/']).next().unwrap_or_default();
    name.rmatch_indices('.').nth(1).map_or(name, |(at, _)| &name[at + 1..])
}

/// Whether a URL certainly leads to the internet.
fn leads_outside(url: &str, own: &BTreeSet<String>) -> bool {
    let host = url.split_once("://").and_then(|(_, rest)| rest.split(['/', ':', '?']).next()).unwrap_or_default();
    let is_name =
        host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    is_name
        && !own.contains(domain(host))
        && !INSIDE.iter().any(|end| host.ends_with(end))
        && host.parse::<IpAddr>().map_or(true, |address| !is_internal(address) && !address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_fetch_from_outside_or_do_not() {
        let table = [
            ("curl -sSf https://example.org/list > /var/lib/list", Some("https://example.org/list")),
            ("wget 'http://mirror.example.com:8080/x'", Some("http://mirror.example.com:8080/x")),
            ("# curl https://example.org", None),
            ("echo see https://example.org", None),
            ("curl http://localhost:8080/health", None),
            ("curl http://192.168.1.1/status", None),
            ("curl http://nas.lan/status", None),
            ("curl https://$HOST/x", None),
            ("curl https://git.own.example/x", None),
            ("curl https://example.net/x", None),
        ];
        let own = BTreeSet::from([String::from("own.example"), domain("https://a.b.example.net:8443").to_owned()]);
        for (script, url) in table {
            assert_eq!(fetched(script, &own), url, "{script}");
        }
    }
}
