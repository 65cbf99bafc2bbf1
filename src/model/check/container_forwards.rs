//! The forwards of all containers, `containers.<name>.forwardPorts`, as the checks of host ports go through them.

use crate::model::network::protocol;
use crate::model::path::OptionPath;
use crate::model::spec::Protocol;
use crate::model::{Container, ContainerName, Field, ForwardPort, List, Manifest};

/// A forward whose port of the host is known.
#[derive(Clone, Copy)]
pub(super) struct ContainerForward<'a> {
    pub(super) name: &'a ContainerName,
    pub(super) container: &'a Container,
    pub(super) forward: &'a ForwardPort,
    pub(super) protocol: Protocol,
    pub(super) host_port: u16,
}

impl ContainerForward<'_> {
    /// `containers.NAME.forwardPorts.KEY`
    pub(super) fn path(&self) -> OptionPath {
        OptionPath::new(["containers", self.name.as_str(), "forwardPorts", &forward_key(self.forward)])
    }
}

/// Those of containers with a network of their own: others forward nothing.
pub(super) fn container_forwards(manifest: &Manifest) -> impl Iterator<Item = ContainerForward<'_>> {
    let private = manifest.containers.iter().filter(|(_, it)| it.private_network.known() == Some(&true));
    private.flat_map(|(name, container)| {
        known_elements(&container.forward_ports).filter_map(move |forward| {
            let (protocol, host_port) = (protocol(forward)?, *forward.host_port.known()?);
            Some(ContainerForward { name, container, forward, protocol, host_port })
        })
    })
}

/// The name of a forward in option paths, such as `"tcp:8080"`, with `?` for an unknown part.
pub fn forward_key(forward: &ForwardPort) -> String {
    let protocol = forward.protocol.known().map_or("?", String::as_str);
    let port = forward.host_port.known().map_or_else(|| String::from("?"), u16::to_string);
    format!("{protocol}:{port}")
}

pub(super) fn known_elements<T>(list: &List<T>) -> impl Iterator<Item = &T> {
    list.known().into_iter().flatten().filter_map(Field::known)
}
