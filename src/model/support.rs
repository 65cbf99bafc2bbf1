//! What this version does not act on yet.
//!
//! An option of NixOS that is set and would be ignored is worse than one that is refused: whatever applies refuses it
//! by name. When an option gets an effect, its line here goes.

use super::path::{At, OptionPath};
use super::{Container, Manifest};
use crate::diag::{Code, Diagnostic};

/// Options of `container` that are set to something that this version cannot do, each with its path.
pub(super) fn unsupported_container(container: &Container, path: At<'_>) -> Vec<(Diagnostic, OptionPath)> {
    refuse(&[("flake", container.flake.known() != Some(&None))], path)
}

/// The same for the host's part.
pub(super) fn unsupported_host(manifest: &Manifest) -> Vec<(Diagnostic, OptionPath)> {
    let nat = &manifest.networking.nat;
    let default = super::Nat::default();
    let mut refused = refuse(
        &[
            ("dmzHost", nat.dmz_host != default.dmz_host),
            ("externalIP", nat.external_ip != default.external_ip),
            ("externalIPv6", nat.external_ipv6 != default.external_ipv6),
            ("extraCommands", nat.extra_commands != default.extra_commands),
            ("extraStopCommands", nat.extra_stop_commands != default.extra_stop_commands),
            ("forwardPorts", nat.forward_ports != default.forward_ports),
            ("internalIPs", nat.internal_ips != default.internal_ips),
            ("internalIPv6s", nat.internal_ipv6s != default.internal_ipv6s),
        ],
        At::root("networking").join("nat"),
    );
    let services = At::root("services");
    let service = services.join("container-rebuild");
    let is_supported = |name: &str| matches!(name, "enable" | super::KEEP_GENERATIONS);
    for name in manifest.services.container_rebuild.keys().filter(|name| !is_supported(name)) {
        refused.extend(refuse(&[(name.as_str(), true)], service));
    }
    refused
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
