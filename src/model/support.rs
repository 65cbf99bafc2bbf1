//! Options that this version understands but does not act on.
//!
//! Ignoring a NixOS option that is set would be worse than refusing it, so every command that applies refuses it by name.
//! Once an option has an effect, remove its line here; an option of a container becomes `Supported` in
//! [`super::options`].

use super::path::{At, OptionPath};
use super::settings::CONTAINERS;
use super::{Container, ContainerOption, Field, Manifest, Nat};
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
    let mut refused = iptables_commands(&manifest.networking.nat);
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

/// Commands for iptables, which cannot change rules of nftables. NixOS runs none of a NAT that is off.
fn iptables_commands(nat: &Nat) -> Vec<(Diagnostic, OptionPath)> {
    if nat.enable.known() == Some(&false) {
        return Vec::new();
    }
    let networking = At::root("networking");
    let path = networking.join("nat");
    let default = Nat::default();
    let commands = [
        ("extraCommands", is_set(&nat.extra_commands, &default.extra_commands)),
        ("extraStopCommands", is_set(&nat.extra_stop_commands, &default.extra_stop_commands)),
    ];
    let refuse = |option: &str| {
        let path = path.join(option).path();
        let message = format!(
            "`{path}` is not supported: it is a shell script for iptables, and container-rebuild loads nftables rules"
        );
        let help = "use the other options of `networking.nat`, such as `forwardPorts` and `internalIPs`, or load a table of \
                    your own for the rest, with `networking.nftables.tables` on NixOS";
        (Diagnostic::error(Code::NotSupported, message).help(help), path)
    };
    commands.into_iter().filter(|(_, is_set)| *is_set).map(|(option, _)| refuse(option)).collect()
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
