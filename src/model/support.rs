//! Options that this version understands but does not act on.
//!
//! Ignoring a NixOS option that is set would be worse than refusing it, so every command that applies refuses it by name.
//! Once an option has an effect, remove its line here; an option of a container becomes `Supported` in
//! [`super::options`].

use super::path::{At, OptionPath};
use super::settings::CONTAINERS;
use super::{Container, ContainerOption, Field, Manifest};
use crate::diag::{Code, Diagnostic};

/// Options of `container` whose values this version cannot act on, each with its path.
pub(super) fn unsupported_container(container: &Container, path: At<'_>) -> Vec<(Diagnostic, OptionPath)> {
    let unsupported = ContainerOption::ALL.iter().filter(|option| !option.is_supported());
    let options: Vec<_> =
        unsupported.map(|&option| (option.name(), container.differs_from_default(option))).collect();
    refuse(&options, path)
}

/// Options of the host whose values this version cannot act on, each with its path.
pub(super) fn unsupported_host(manifest: &Manifest) -> Vec<(Diagnostic, OptionPath)> {
    let nat = &manifest.networking.nat;
    let default = super::Nat::default();
    let mut refused = refuse(
        &[
            ("dmzHost", is_set(&nat.dmz_host, &default.dmz_host)),
            ("externalIP", is_set(&nat.external_ip, &default.external_ip)),
            ("externalIPv6", is_set(&nat.external_ipv6, &default.external_ipv6)),
            ("extraCommands", is_set(&nat.extra_commands, &default.extra_commands)),
            ("extraStopCommands", is_set(&nat.extra_stop_commands, &default.extra_stop_commands)),
            ("forwardPorts", is_set(&nat.forward_ports, &default.forward_ports)),
            ("internalIPs", is_set(&nat.internal_ips, &default.internal_ips)),
            ("internalIPv6s", is_set(&nat.internal_ipv6s, &default.internal_ipv6s)),
        ],
        At::root("networking").join("nat"),
    );
    let services = At::root("services");
    let service = services.join("container-rebuild");
    let is_supported = |name: &str| {
        matches!(name, "enable" | CONTAINERS | super::KEEP_GENERATIONS | super::DELETE_GENERATIONS_OLDER_THAN)
    };
    for name in manifest.services.container_rebuild.keys().filter(|name| !is_supported(name)) {
        refused.extend(refuse(&[(name.as_str(), true)], service));
    }
    refused
}

/// Whether an option differs from its default. A failed option does not count: its error has been reported.
fn is_set<T: PartialEq>(field: &Field<T>, default: &Field<T>) -> bool {
    field != default && !field.unknown().is_some_and(|unknown| unknown.failed)
}

fn refuse(options: &[(&str, bool)], around: At<'_>) -> Vec<(Diagnostic, OptionPath)> {
    let set = options.iter().filter(|(_, differs)| *differs);
    set.map(|(option, _)| {
        let path = around.join(option).path();
        let diagnostic = Diagnostic::error(Code::NotSupported, format!("`{path}` is not supported yet")).help(
            "remove it, or leave this container to nixos-rebuild; container-rebuild ignores no option silently",
        );
        (diagnostic, path)
    })
    .collect()
}
