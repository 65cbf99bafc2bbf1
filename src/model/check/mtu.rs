//! Checks `services.container-rebuild.containers.<name>.mtu`.

use serde_json::Value;

use super::Checker;
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::spec::{Network, Private};
use crate::model::{ContainerName, network};

/// The smallest that the kernel takes with IPv6 (RFC 8200, section 5), and the largest of a veth pair.
const RANGE: (u32, u32) = (1280, 65535);

impl Checker<'_> {
    /// The MTU of a container's pair; `None` if it is unknown or wrong, which is reported.
    pub(super) fn mtu(&mut self, name: &ContainerName, value: &Value, path: &OptionPath) -> Option<u32> {
        let mtu = self.number(value, RANGE, "an MTU", path)?;
        let network = self.manifest.containers.get(name).and_then(network::network);
        if let Some(Network::Host | Network::Named(_) | Network::Private(Private { veth: None, .. })) = network {
            let message = format!("`mtu` has no effect: `{name}` has no pair of interfaces to the host");
            let help = "set `privateNetwork = true` and an address, or remove it";
            self.wrong(Diagnostic::warning(Code::OptionCombination, message).help(help), path);
        }
        Some(mtu)
    }
}
