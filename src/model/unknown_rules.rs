//! What is not known of the rules that a configuration has: those that are known are shown without it.

use super::{Container, ContainerName, Field, Manifest, MayBeUnknown as _, Unknown};
use crate::diag::{Code, Diagnostic};
use crate::source::Location;

/// A note for each container whose ports lead, or may lead, to where is not known.
pub fn unknown_rules(manifest: &Manifest) -> Vec<(&ContainerName, Diagnostic)> {
    let containers = manifest.containers.iter();
    containers.filter_map(|(name, container)| Some((name, note(name, unknown(container)?)))).collect()
}

/// The first option that says where forwards lead and is not known, of a container that has, or may have, any.
fn unknown(container: &Container) -> Option<(&'static str, Option<&Unknown>)> {
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

fn note(name: &ContainerName, (option, unknown): (&'static str, Option<&Unknown>)) -> Diagnostic {
    let why = unknown.map_or("some of it is known after build only", |unknown| unknown.reason.as_str());
    let message = format!("not all rules of `{name}` are known: `containers.{name}.{option}`: {why}");
    let note = Diagnostic::note(Code::UnknownValue, message);
    match unknown.filter(|unknown| !unknown.file.is_empty()) {
        Some(unknown) => {
            note.at_location(Location { file: unknown.file.clone(), line: unknown.line, column: unknown.column })
        }
        None => note,
    }
}
