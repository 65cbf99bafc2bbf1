//! Checks `mtu`, `createBridge` and `openFirewall` of `services.container-rebuild.containers.<name>`.

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

    /// Whether bridges are created for a container; `None` if that is unknown or wrong, which is reported.
    pub(super) fn create_bridge(&mut self, name: &ContainerName, value: &Value, path: &OptionPath) -> Option<bool> {
        if self.is_unknown(value, path) {
            return None;
        }
        let Some(creates) = value.as_bool() else {
            self.wrong_type(value, "a Boolean", path);
            return None;
        };
        let network = self.manifest.containers.get(name).and_then(network::network);
        let has_no_bridge =
            |private: &Private| private.veth.iter().chain(private.extra.values()).all(|veth| veth.bridge.is_none());
        let has_none = match &network {
            Some(Network::Private(private)) => has_no_bridge(private),
            Some(Network::Host | Network::Named(_)) => true,
            None => false,
        };
        if creates && has_none {
            let message = format!("`createBridge` has no effect: `{name}` is not attached to a bridge");
            let help = "set `hostBridge`, or remove it";
            self.wrong(Diagnostic::warning(Code::OptionCombination, message).help(help), path);
        }
        Some(creates)
    }

    /// Whether the host's firewall is to let in what a guest opens; `None` if that is unknown or wrong, which is reported.
    pub(super) fn open_firewall(&mut self, name: &ContainerName, value: &Value, path: &OptionPath) -> Option<bool> {
        if self.is_unknown(value, path) {
            return None;
        }
        let Some(opens) = value.as_bool() else {
            self.wrong_type(value, "a Boolean", path);
            return None;
        };
        let network = self.manifest.containers.get(name).and_then(network::network);
        if opens && matches!(network, Some(Network::Private(_) | Network::Named(_))) {
            let message = format!("`openFirewall` has no effect: `{name}` is not in the host's network");
            let help = "remove it: what is forwarded to a guest does not pass the host's input rules";
            self.wrong(Diagnostic::warning(Code::OptionCombination, message).help(help), path);
        }
        Some(opens)
    }
}
