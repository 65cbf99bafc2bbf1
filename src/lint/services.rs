//! What we know about NixOS's services without nixpkgs.
//!
//! Source: the modules below `nixos/modules/services` of nixpkgs. A service that is not listed here may do anything.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::spec::Protocol;
use crate::model::view::{OptionState, View, elements, has_unknown, is_unknown};

/// Services that open no firewall port, unless an option whose name begins with `open` says so.
#[rustfmt::skip]
const OPEN_NOTHING: &[&str] = &[
    "acpid", "actual", "adguardhome", "atticd", "audiobookshelf", "authelia", "bazarr", "bind", "blocky", "bookstack",
    "borgbackup", "btrfs", "caddy", "calibre-server", "calibre-web", "cfdyndns", "cgit", "changedetection-io",
    "chrony", "clamav", "cloudflared", "coredns", "couchdb", "cron", "dbus", "ddclient", "deluge", "dendrite",
    "dnscrypt-proxy", "dnscrypt-proxy2", "dnsmasq", "docker-registry", "dokuwiki", "dovecot2", "earlyoom",
    "elasticsearch", "esphome", "fail2ban", "firefly-iii", "forgejo", "freshrss", "fstrim", "fwupd", "geoipupdate",
    "getmail", "getty", "gitea", "gitea-actions-runner", "github-runners", "gitlab", "gotify", "grafana", "haproxy",
    "harmonia", "haveged", "heisenbridge", "home-assistant", "homepage-dashboard", "httpd", "hydra", "immich",
    "inadyn", "influxdb", "influxdb2", "invidious", "irqbalance", "jackett", "jellyfin", "jellyseerr", "jenkins",
    "journald", "kanidm", "kavita", "keycloak", "knot", "komga", "lidarr", "lighttpd", "lldpd", "logrotate", "loki",
    "mailman", "matrix-synapse", "mautrix-signal", "mautrix-telegram", "mautrix-whatsapp", "mealie", "memcached",
    "minecraft-server", "miniflux", "minio", "mongodb", "mosquitto", "mpd", "murmur", "mysql", "mysqlBackup", "n8n",
    "navidrome", "netdata", "nextcloud", "nginx", "nix-serve", "node-red", "nsd", "ntfy-sh", "ntp", "nzbget",
    "nzbhydra2", "oauth2-proxy", "offlineimap", "ollama", "ombi", "open-webui", "opendkim", "openldap", "openntpd",
    "opensearch", "openvpn", "paperless", "pdns-recursor", "photoprism", "phpfpm", "plex", "postfix", "postgresql",
    "postgresqlBackup", "powerdns", "prometheus", "promtail", "prowlarr", "qbittorrent", "radarr", "radicale",
    "readarr", "redis", "resolved", "restic", "roundcube", "rspamd", "rss-bridge", "rsyslogd", "rtorrent", "sabnzbd",
    "samba", "sanoid", "scrutiny", "searx", "smartd", "snapper", "sonarr", "step-ca", "stirling-pdf", "syncoid",
    "syncthing", "syslog-ng", "tautulli", "teamspeak3", "telegraf", "thermald", "timesyncd", "tor", "transmission",
    "tt-rss", "udev", "unbound", "uptime-kuma", "uwsgi", "vaultwarden", "vector", "victoriametrics", "vikunja",
    "vsftpd", "wordpress", "zfs", "zigbee2mqtt", "znc",
];
/// Programs that open no firewall port.
#[rustfmt::skip]
const OPENING_NO_PORT: &[&str] = &[
    "bash", "command-not-found", "dconf", "direnv", "fish", "fuse", "fzf", "git", "gnupg", "htop", "iftop", "iotop",
    "less", "mtr", "nano", "neovim", "nh", "nix-ld", "ssh", "starship", "tmux", "vim", "zoxide", "zsh",
];
/// Virtualisation options that open no firewall port.
const HOSTING_NO_PORT: &[&str] = &["docker", "libvirtd", "oci-containers", "vmVariant"];
/// The services in [`OPEN_NOTHING`] that enable nginx.
const WITH_NGINX: &[&str] = &[
    "bookstack",
    "dokuwiki",
    "firefly-iii",
    "freshrss",
    "gitlab",
    "invidious",
    "mailman",
    "nextcloud",
    "oauth2-proxy",
    "roundcube",
    "rss-bridge",
    "searx",
    "tt-rss",
    "wordpress",
];

/// A set of ports.
pub(super) type Ports = BTreeSet<(Protocol, u16)>;

/// The ports that services of `view` open in addition to its own lists; `None` if they may open any.
pub(super) fn opened(view: &View) -> Option<Ports> {
    if view.missing_modules {
        return None;
    }
    let mut ports = Ports::new();
    for (name, service) in members(view, "services")? {
        match name.as_str() {
            "openssh" => ports.extend(ssh(service)?),
            "avahi" => {
                if view.find(&["services", "avahi", "openFirewall"]) != OptionState::Undefined {
                    return None;
                }
                ports.insert((Protocol::Udp, 5353));
            }
            name if OPEN_NOTHING.contains(&name) && !is_told_to_open(service) => {}
            _ => return None,
        }
    }
    for (group, known) in [("programs", OPENING_NO_PORT), ("virtualisation", HOSTING_NO_PORT)] {
        for (name, program) in members(view, group)? {
            if !known.contains(&name.as_str()) || is_told_to_open(program) {
                return None;
            }
        }
    }
    // It enables the SSH server.
    match view.find(&["nix", "sshServe", "enable"]) {
        OptionState::Undefined => {}
        state if state.is(false) => {}
        _ => return None,
    }
    Some(ports)
}

/// The host's server that certainly listens on TCP `port` of all addresses, judged by NixOS's options.
pub(super) fn listener(host: &View, port: u16) -> Option<&'static str> {
    if host.missing_modules {
        return None;
    }
    let ssh = host.get(&["services", "openssh"]);
    // With addresses of its own, it may not listen on those that are forwarded.
    if let Some(ssh) = ssh.filter(|ssh| !has_unknown(ssh) && ssh.get("listenAddresses").is_none())
        && ssh.get("enable") == Some(&Json::Bool(true))
        && ssh.get("ports").map_or(port == 22, |ports| elements(ports).any(|own| own == port))
    {
        return Some("openssh");
    }
    let nginx = host.get(&["services", "nginx"])?;
    let plain_listen = ["defaultListen", "defaultListenAddresses", "defaultHTTPListenPort", "defaultSSLListenPort"]
        .iter()
        .all(|option| nginx.get(*option).is_none());
    if nginx.get("enable") != Some(&Json::Bool(true)) || !plain_listen {
        return None;
    }
    let hosts = nginx.get("virtualHosts")?.as_object()?.values();
    let says = |host: &Json, option: &str| host.get(option) == Some(&Json::Bool(true));
    let listens = |host: &Json| {
        let encrypted = ["addSSL", "forceSSL", "onlySSL"].iter().any(|option| says(host, option));
        // If `onlySSL` is unknown, port 80 may be unused.
        let plain = host.get("onlySSL").is_none_or(|only| only == &Json::Bool(false));
        let by_default = ["listen", "listenAddresses"].iter().all(|option| host.get(*option).is_none());
        !is_unknown(host) && by_default && ((port == 443 && encrypted) || (port == 80 && plain))
    };
    hosts.into_iter().any(listens).then_some("nginx")
}

/// Whether anything other than its own `enable` may turn nginx on.
pub(super) fn may_enable_nginx(view: &View) -> bool {
    let Some(services) = members(view, "services") else { return true };
    view.missing_modules
        || services.into_iter().any(|(name, _)| {
            let name = name.as_str();
            WITH_NGINX.contains(&name) || !(OPEN_NOTHING.contains(&name) || ["openssh", "avahi"].contains(&name))
        })
}

/// The members of a group of options; `None` if there may be others.
fn members<'a>(view: &'a View, group: &str) -> Option<Vec<(&'a String, &'a Json)>> {
    match view.find(&[group]) {
        OptionState::Undefined => Some(Vec::new()),
        OptionState::Unknown => None,
        state @ OptionState::Value(_) => Some(state.members().collect()),
    }
}

/// Whether a service has or may have an option that opens ports.
fn is_told_to_open(service: &Json) -> bool {
    match service {
        Json::Object(members) => {
            is_unknown(service)
                || members.iter().any(|(name, value)| {
                    (name.starts_with("open") && value != &Json::Bool(false)) || holds_opening(value)
                })
        }
        _ => false,
    }
}

/// Whether a nested set has an option that opens ports. An unknown leaf in it counts as a value, not as a set of options.
fn holds_opening(value: &Json) -> bool {
    match value {
        Json::Object(members) if !is_unknown(value) => members
            .iter()
            .any(|(name, value)| (name.starts_with("open") && value != &Json::Bool(false)) || holds_opening(value)),
        _ => false,
    }
}

/// The ports that the SSH server opens; `None` if unknown.
fn ssh(service: &Json) -> Option<Ports> {
    if is_unknown(service) {
        return None;
    }
    match (service.get("enable"), service.get("openFirewall")) {
        (None | Some(Json::Bool(false)), _) | (_, Some(Json::Bool(false))) => return Some(Ports::new()),
        (Some(Json::Bool(true)), None | Some(Json::Bool(true))) => {}
        _ => return None,
    }
    let ports = match service.get("ports") {
        None => vec![22],
        Some(ports) if has_unknown(ports) => return None,
        Some(ports) => elements(ports).filter_map(|port| u16::try_from(port.as_u64()?).ok()).collect(),
    };
    Some(ports.into_iter().map(|port| (Protocol::Tcp, port)).collect())
}

/// A service that clearly keeps state.
pub(super) struct Stateful {
    /// Its name below `services`.
    pub(super) name: &'static str,
    /// The option that sets its directory, if it has one.
    pub(super) option: Option<&'static str>,
    /// The default directory.
    pub(super) directory: &'static str,
    /// What is lost with the directory.
    pub(super) what: &'static str,
}

const fn stateful(
    name: &'static str,
    option: Option<&'static str>,
    directory: &'static str,
    what: &'static str,
) -> Stateful {
    Stateful { name, option, directory, what }
}

/// Services whose data must survive a restart.
pub(super) static STATEFUL: &[Stateful] = &[
    stateful("couchdb", Some("databaseDir"), "/var/lib/couchdb", "its databases"),
    stateful("dovecot2", Some("mailLocation"), "/var/spool/mail", "its mail"),
    stateful("elasticsearch", Some("dataDir"), "/var/lib/elasticsearch", "its indices"),
    stateful("forgejo", Some("stateDir"), "/var/lib/forgejo", "its repositories"),
    stateful("gitea", Some("stateDir"), "/var/lib/gitea", "its repositories"),
    stateful("gitlab", Some("statePath"), "/var/gitlab/state", "its repositories"),
    stateful("gitolite", Some("dataDir"), "/var/lib/gitolite", "its repositories"),
    stateful("grafana", Some("dataDir"), "/var/lib/grafana", "its dashboards and users"),
    stateful("home-assistant", Some("configDir"), "/var/lib/hass", "its configuration and history"),
    stateful("immich", Some("mediaLocation"), "/var/lib/immich", "its pictures"),
    stateful("influxdb", Some("dataDir"), "/var/db/influxdb", "its measurements"),
    stateful("influxdb2", None, "/var/lib/influxdb2", "its measurements"),
    stateful("jellyfin", Some("dataDir"), "/var/lib/jellyfin", "its library and users"),
    stateful("jenkins", Some("home"), "/var/lib/jenkins", "its jobs"),
    stateful("kanidm", None, "/var/lib/kanidm", "its accounts"),
    stateful("loki", Some("dataDir"), "/var/lib/loki", "its logs"),
    stateful("matrix-synapse", Some("dataDir"), "/var/lib/matrix-synapse", "its keys and media"),
    stateful("minecraft-server", Some("dataDir"), "/var/lib/minecraft", "its world"),
    stateful("mongodb", Some("dbpath"), "/var/db/mongodb", "its databases"),
    stateful("mysql", Some("dataDir"), "/var/lib/mysql", "its databases"),
    stateful("navidrome", None, "/var/lib/navidrome", "its library and users"),
    stateful("nextcloud", Some("home"), "/var/lib/nextcloud", "its files"),
    stateful("openldap", None, "/var/lib/openldap", "its directory"),
    stateful("paperless", Some("dataDir"), "/var/lib/paperless", "its documents"),
    stateful("photoprism", Some("storagePath"), "/var/lib/photoprism", "its index"),
    stateful("plex", Some("dataDir"), "/var/lib/plex", "its library"),
    stateful("postgresql", Some("dataDir"), "/var/lib/postgresql", "its databases"),
    stateful("prometheus", None, "/var/lib/prometheus2", "its measurements"),
    stateful("radicale", None, "/var/lib/radicale", "its calendars"),
    stateful("syncthing", Some("dataDir"), "/var/lib/syncthing", "its files and keys"),
    stateful("unifi", None, "/var/lib/unifi", "its sites"),
    stateful("uptime-kuma", None, "/var/lib/uptime-kuma", "its monitors"),
    stateful("vaultwarden", None, "/var/lib/vaultwarden", "its vaults"),
    stateful("victoriametrics", None, "/var/lib/victoriametrics", "its measurements"),
    stateful("zigbee2mqtt", Some("dataDir"), "/var/lib/zigbee2mqtt", "its devices"),
];

/// Services that are useless without the internet.
#[rustfmt::skip]
pub(super) const FETCHING: &[&str] = &[
    "aria2", "bazarr", "cloudflared", "ddclient", "deluge", "dnscrypt-proxy", "dnscrypt-proxy2", "flaresolverr",
    "freshrss", "i2pd", "inadyn", "jackett", "jellyseerr", "lidarr", "matrix-synapse", "miniflux", "nzbget", "prowlarr",
    "qbittorrent", "radarr", "readarr", "rss-bridge", "rtorrent", "sabnzbd", "searx", "sonarr", "tailscale", "tor",
    "transmission", "tt-rss", "znc", "zerotierone",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_services_open_is_known_or_anything() {
        let table = [
            (json!({}), Some(vec![])),
            (json!({ "services": { "httpd": { "enable": true } } }), Some(vec![])),
            (json!({ "services": { "openssh": { "enable": true } } }), Some(vec![22])),
            (json!({ "services": { "openssh": { "enable": true, "ports": [2200] } } }), Some(vec![2200])),
            (json!({ "services": { "openssh": { "enable": true, "openFirewall": false } } }), Some(vec![])),
            (json!({ "services": { "openssh": { "enable": { "_unknown": {} } } } }), None),
            (json!({ "services": { "openssh": { "enable": true, "ports": [{ "_unknown": {} }] } } }), None),
            (json!({ "services": { "jellyfin": { "openFirewall": true } } }), None),
            (json!({ "services": { "jellyfin": { "openFirewall": false } } }), Some(vec![])),
            (json!({ "services": { "prometheus": { "exporters": { "node": { "openFirewall": true } } } } }), None),
            (json!({ "services": { "httpd": { "_unknown": {} } } }), None),
            (json!({ "services": { "own-thing": { "enable": true } } }), None),
            (json!({ "services": { "_unknown": {} } }), None),
            (json!({ "programs": { "mosh": { "enable": true } } }), None),
            (json!({ "programs": { "vim": { "enable": true } } }), Some(vec![])),
            (json!({ "nix": { "sshServe": { "enable": true } } }), None),
        ];
        for (options, ports) in table {
            let view = View { options: options.clone(), ..View::default() };
            let expected: Option<Ports> =
                ports.map(|ports| ports.into_iter().map(|port| (Protocol::Tcp, port)).collect());
            assert_eq!(opened(&view), expected, "{options}");
        }
    }

    #[test]
    fn the_tables_are_in_order() {
        assert!(STATEFUL.is_sorted_by_key(|service| service.name));
        assert!(FETCHING.iter().filter(|name| **name != "zerotierone").is_sorted());
        assert!(OPENING_NO_PORT.is_sorted() && OPEN_NOTHING.is_sorted() && WITH_NGINX.is_sorted());
    }
}
