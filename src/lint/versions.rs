//! Guests whose data outlives them, but that do not set the NixOS version that the data belongs to.

use super::subject::{Each, Subject, in_view};
use crate::diag::{Code, Diagnostic};
use crate::model::view::{OptionState, View};

/// Databases, and services whose version, database or data directory NixOS chooses by `system.stateVersion`
/// (`nixos/modules/services`).
#[rustfmt::skip]
const BY_VERSION: &[&str] = &[
    "akkoma", "cassandra", "clickhouse", "cockroachdb", "couchdb", "elasticsearch", "etcd", "ferretdb", "firebird", "foundationdb",
    "gitlab", "home-assistant", "immich", "influxdb", "influxdb2", "invidious", "keycloak", "mastodon", "matrix-synapse", "meilisearch",
    "mongodb", "mysql", "neo4j", "nextcloud", "openldap", "opensearch", "paperless", "postgresql", "prometheus", "redis", "rethinkdb",
    "surrealdb", "syncthing", "vaultwarden",
];

pub(super) fn lint(subject: Subject<'_>, each: &Each<'_>) -> Option<Diagnostic> {
    let guest = each.guest.filter(|guest| !guest.missing_modules)?;
    let version = ["system", "stateVersion"];
    if guest.find(&version) != OptionState::Undefined || keeps_nothing(each) {
        return None;
    }
    let service =
        BY_VERSION.iter().copied().find(|service| is_on(guest, service)).or_else(|| with_database(guest))?;
    let message = format!(
        "`{}` runs `{service}` without a `system.stateVersion`: with each release of nixpkgs it may be another version, which does \
         not read the data of the former",
        each.name
    );
    let help = "set `system.stateVersion` in the guest to the release that its data is of, and leave it at that";
    let diagnostic = Diagnostic::warning(Code::GuestStateVersion, message).help(help);
    let option: &[&str] =
        if service == "redis" { &["services", "redis"] } else { &["services", service, "enable"] };
    let diagnostic = in_view(diagnostic, guest, option, "keeps data");
    Some(subject.at(diagnostic, &each.path.join("config"), "the guest"))
}

/// Whether a service certainly runs. `redis` has instances instead of an `enable`.
fn is_on(guest: &View, service: &str) -> bool {
    guest.find(&["services", service, "enable"]).is(true)
        || (service == "redis"
            && guest
                .find(&["services", "redis", "servers"])
                .members()
                .any(|(_, server)| server.get("enable").and_then(serde_json::Value::as_bool) == Some(true)))
}

/// A service that is told to create its own database, even if it is not in [`BY_VERSION`].
fn with_database(guest: &View) -> Option<&str> {
    let services = guest.find(&["services"]).members();
    let makes = |service: &serde_json::Value| {
        let on = |value: &serde_json::Value| value.as_bool() == Some(true);
        let database = service.get("database");
        service.get("enable").is_some_and(on)
            && database.is_some_and(|database| {
                ["createLocally", "createDatabase"].iter().any(|option| database.get(*option).is_some_and(on))
                    || ["postgres", "postgresql", "mysql"]
                        .iter()
                        .any(|kind| database.get("type").and_then(serde_json::Value::as_str) == Some(kind))
            })
    };
    services.into_iter().find(|(_, service)| makes(service)).map(|(name, _)| name.as_str())
}

/// Whether nothing of the guest outlives a restart.
fn keeps_nothing(each: &Each<'_>) -> bool {
    let c = each.container;
    c.ephemeral.known() == Some(&true)
        && c.bind_mounts.known().is_some_and(|mounts| {
            mounts
                .values()
                .all(|mount| mount.known().is_some_and(|mount| mount.is_read_only.known() == Some(&true)))
        })
}
