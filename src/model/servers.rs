//! The servers that a configuration names: the targets of its reverse proxies, its databases and its name servers.
//!
//! Only options that name a server count. An address elsewhere may as well be that of a client, for example in the rules of a
//! firewall.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value as Json;

use super::view::{View, elements};

/// Options of services that name the server that they use, as modules of NixOS call them.
const DATABASES: [[&str; 2]; 6] = [
    ["database", "host"],
    ["database", "hostname"],
    ["db", "host"],
    ["config", "dbhost"],
    ["redis", "host"],
    ["postgresql", "host"],
];

/// The addresses and names, without ports, of all servers that a configuration names.
pub(crate) fn servers(view: &View) -> BTreeSet<String> {
    let mut servers: BTreeSet<String> = proxies(view).into_iter().map(|target| target.host).collect();
    let name_servers = view.find(&["networking", "nameservers"]).value().into_iter().flat_map(elements);
    servers.extend(name_servers.filter_map(Json::as_str).map(str::to_owned));
    for (_, options) in view.find(&["services"]).members() {
        for [group, option] in DATABASES {
            let text = options.get(group).and_then(|group| group.get(option)).and_then(Json::as_str);
            servers.extend(text.and_then(|text| match text.parse::<IpAddr>() {
                Ok(_) => Some(text.to_owned()),
                Err(_) => Some(authority(text, 0)?.0),
            }));
        }
    }
    servers
}

/// The target of a proxy.
#[derive(Debug)]
pub(crate) struct Target {
    /// The option that names it.
    pub path: Vec<String>,
    /// A description of the proxy.
    pub what: String,
    /// The target as written.
    pub text: String,
    /// Its address or name.
    pub host: String,
    /// Its port, if known.
    pub port: Option<u16>,
}

/// The known targets of the reverse proxies in a configuration: locations and upstreams of nginx, and the `reverse_proxy` lines of
/// Caddy.
pub(crate) fn proxies(view: &View) -> Vec<Target> {
    let mut found = Vec::new();
    let at = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (name, options) in view.find(&["services", "nginx", "virtualHosts"]).members() {
        for (location, options) in options.get("locations").and_then(Json::as_object).into_iter().flatten() {
            let Some(text) = options.get("proxyPass").and_then(Json::as_str) else { continue };
            let Some((host, port)) = url(text) else { continue };
            found.push(Target {
                path: at(&["services", "nginx", "virtualHosts", name, "locations", location, "proxyPass"]),
                what: format!("`proxyPass` of nginx's `{name}`"),
                text: text.to_owned(),
                host,
                port,
            });
        }
    }
    for (name, options) in view.find(&["services", "nginx", "upstreams"]).members() {
        for (server, _) in options.get("servers").and_then(Json::as_object).into_iter().flatten() {
            let address = server.split_whitespace().next().unwrap_or_default();
            let Some((host, port)) = authority(address, 80) else { continue };
            found.push(Target {
                path: at(&["services", "nginx", "upstreams", name, "servers", server]),
                what: format!("nginx's upstream `{name}`"),
                text: address.to_owned(),
                host,
                port,
            });
        }
    }
    let caddy = view.find(&["services", "caddy", "virtualHosts"]);
    for (name, options) in caddy.members() {
        let Some(text) = options.get("extraConfig").and_then(Json::as_str) else { continue };
        for address in reverse_proxies(text) {
            let Some((host, port)) = url(address).or_else(|| authority(address, 80)) else { continue };
            found.push(Target {
                path: at(&["services", "caddy", "virtualHosts", name, "extraConfig"]),
                what: format!("`reverse_proxy` of Caddy's `{name}`"),
                text: address.to_owned(),
                host,
                port,
            });
        }
    }
    found
}

/// The targets of a Caddyfile's `reverse_proxy` lines, after the matcher.
fn reverse_proxies(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("reverse_proxy "));
    lines
        .flat_map(|line| line.split_whitespace().take_while(|word| !word.starts_with('#')))
        .filter(|word| !word.starts_with(['/', '@', '*', '{', '}']))
}

/// The host and port of `http://HOST[:PORT][/…]`; `None` if it contains a variable.
fn url(text: &str) -> Option<(String, Option<u16>)> {
    let (scheme, rest) = text.split_once("://")?;
    let port = match scheme {
        "http" | "h2c" | "grpc" => 80,
        "https" | "grpcs" => 443,
        _ => return None,
    };
    authority(rest.split(['/', '?']).next()?, port)
}

/// The host and port of `HOST[:PORT]`.
fn authority(text: &str, default: u16) -> Option<(String, Option<u16>)> {
    if text.contains(['$', '{', '}']) || text.is_empty() {
        return None;
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        let port = rest.strip_prefix(':').map_or(Some(default), |port| port.parse().ok());
        return Some((host.to_owned(), port));
    }
    match text.rsplit_once(':') {
        Some((host, port)) => Some((host.to_owned(), port.parse().ok())),
        None => Some((text.to_owned(), Some(default))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_host_and_port() {
        let table = [
            ("http://192.168.100.11", Some(("192.168.100.11", Some(80)))),
            ("https://192.168.100.11:8443/path", Some(("192.168.100.11", Some(8443)))),
            ("http://[fd00::2]:3000", Some(("fd00::2", Some(3000)))),
            ("http://wasabi.containers:80/", Some(("wasabi.containers", Some(80)))),
            ("http://$upstream", None),
            ("http://unix:/run/x.sock", Some(("unix", None))),
        ];
        for (text, expected) in table {
            let found = url(text);
            let found = found.as_ref().map(|(host, port)| (host.as_str(), *port));
            assert_eq!(found, expected, "{text}");
        }
        let text =
            "encode gzip\n  reverse_proxy /api/* 10.0.0.2:80 10.0.0.3:80\nreverse_proxy http://a.containers {\n}";
        assert_eq!(
            reverse_proxies(text).collect::<Vec<_>>(),
            ["10.0.0.2:80", "10.0.0.3:80", "http://a.containers"]
        );
    }
    #[test]
    fn servers_are_what_a_guest_connects_to() {
        let options = serde_json::json!({
            "networking": {
                "nameservers": ["192.168.100.53"],
                "firewall": { "extraCommands": "-s 192.168.100.99" },
            },
            "services": {
                "nginx": { "virtualHosts": { "a": { "locations": { "/": { "proxyPass": "http://192.168.100.11:3000" } } } } },
                "miniflux": { "database": { "host": "db.containers" } },
                "nextcloud": { "config": { "dbhost": "192.168.100.12:5432" } },
                "postgresql": { "authentication": "host all all 192.168.100.98/32 md5" },
            },
        });
        let view = View { options, ..View::default() };
        let expected = ["192.168.100.11", "192.168.100.12", "192.168.100.53", "db.containers"];
        assert_eq!(servers(&view), expected.map(String::from).into());
    }
}
