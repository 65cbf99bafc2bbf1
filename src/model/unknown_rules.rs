//! Notes about unknown parts of the firewall rules: `firewall` shows the known rules without them.

use super::{Container, ContainerName, Field, Manifest, MayBeUnknown as _, Unknown};
use crate::diag::{Code, Diagnostic};
use crate::source::Location;

/// A note for each container whose forwards are not fully known, and one for the host's NAT.
pub(crate) fn unknown_rules(manifest: &Manifest) -> Vec<(Option<&ContainerName>, Diagnostic)> {
    let nat = nat(manifest).into_iter().map(|found| (None, note("the host", "networking.nat", found)));
    let containers = manifest.containers.iter().filter_map(|(name, container)| {
        Some((Some(name), note(&format!("`{name}`"), &format!("containers.{name}"), unknown(container)?)))
    });
    nat.chain(containers).collect()
}

/// The first unknown option of NAT, if NAT may be on.
fn nat(manifest: &Manifest) -> Option<Found<'_>> {
    let nat = &manifest.networking.nat;
    if nat.enable.known() == Some(&false) {
        return None;
    }
    let options = [
        ("enable", nat.enable.unknown()),
        ("externalInterface", nat.external_interface.unknown()),
        ("internalInterfaces", nat.internal_interfaces.unknown()),
        ("enableIPv6", nat.enable_ipv6.unknown()),
        ("internalIPs", nat.internal_ips.unknown()),
        ("internalIPv6s", nat.internal_ipv6s.unknown()),
        ("externalIP", nat.external_ip.unknown()),
        ("externalIPv6", nat.external_ipv6.unknown()),
        ("forwardPorts", nat.forward_ports.unknown()),
        ("dmzHost", nat.dmz_host.unknown()),
    ];
    let whole = options.into_iter().find_map(|(name, unknown)| Some((name, Some(unknown?))));
    let parts = [
        ("internalInterfaces", nat.internal_interfaces.has_unknown()),
        ("internalIPs", nat.internal_ips.has_unknown()),
        ("internalIPv6s", nat.internal_ipv6s.has_unknown()),
        ("forwardPorts", nat.forward_ports.has_unknown()),
    ];
    whole.or_else(|| parts.into_iter().find_map(|(name, is_partial)| is_partial.then_some((name, None))))
}

/// An unknown option, and the reason if the whole option is unknown.
type Found<'a> = (&'static str, Option<&'a Unknown>);

/// The first unknown option that decides where forwards lead, if the container has or may have forwards.
fn unknown(container: &Container) -> Option<Found<'_>> {
    let forwards = &container.forward_ports;
    if forwards.known().is_some_and(Vec::is_empty) {
        return None;
    }
    fn of<T>(field: &Field<T>) -> Option<&Unknown> {
        field.unknown()
    }
    let options = [
        ("privateNetwork", of(&container.private_network)),
        ("localAddress", of(&container.local_address)),
        ("localAddress6", of(&container.local_address6)),
        ("hostAddress", of(&container.host_address)),
        ("hostAddress6", of(&container.host_address6)),
        ("hostBridge", of(&container.host_bridge)),
        ("forwardPorts", of(forwards)),
    ];
    let whole = options.into_iter().find_map(|(name, unknown)| Some((name, Some(unknown?))));
    whole.or_else(|| forwards.has_unknown().then_some(("forwardPorts", None)))
}

fn note(whose: &str, around: &str, (option, unknown): Found<'_>) -> Diagnostic {
    let why = unknown.map_or("some of it is known after build only", |unknown| unknown.reason.as_str());
    let message = format!("not all rules of {whose} are known: `{around}.{option}`: {why}");
    let note = Diagnostic::note(Code::UnknownValue, message);
    match unknown.filter(|unknown| !unknown.file.is_empty()) {
        Some(unknown) => {
            note.at_location(Location { file: unknown.file.clone(), line: unknown.line, column: unknown.column })
        }
        None => note,
    }
}
