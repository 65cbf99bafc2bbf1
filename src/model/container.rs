//! `containers.<name>` as NixOS declares it: every option with its name, nesting, type and default.
//!
//! Source of names, types and defaults: `nixos/modules/virtualisation/nixos-containers.nix`, newest form. `config`,
//! `pkgs`, `nixpkgs` and `specialArgs` have no JSON form and are left out, as the contract says.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field::{Field, List};

/// One entry of `containers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Container {
    /// `--capability=`, joined by commas.
    pub additional_capabilities: List<String>,
    /// Device nodes that the unit lets through (`DeviceAllow=`).
    pub allowed_devices: List<AllowedDevice>,
    /// Whether the container starts with the host.
    pub auto_start: Field<bool>,
    /// Bind mounts by their attribute name, which is the mount point unless that is set.
    pub bind_mounts: Field<BTreeMap<String, Field<BindMount>>>,
    /// Whether the host's `/etc/resolv.conf` is copied into the root at each start.
    pub copy_resolv_conf: Field<bool>,
    /// `--drop-capability=`; not an option of NixOS, declared by our module.
    pub drop_capabilities: List<String>,
    /// Whether `/dev/net/tun` and `CAP_NET_ADMIN` are given.
    pub enable_tun: Field<bool>,
    /// Whether the root is empty at each start.
    pub ephemeral: Field<bool>,
    /// Further arguments for systemd-nspawn.
    pub extra_flags: List<String>,
    /// Further veth pairs by their name.
    pub extra_veths: Field<BTreeMap<String, Field<ExtraVeth>>>,
    /// A flake that the guest is built from instead of `config`.
    pub flake: Field<Option<String>>,
    /// Host ports that lead into the guest.
    pub forward_ports: List<ForwardPort>,
    /// Address of the host's end of the veth.
    pub host_address: Field<Option<String>>,
    /// The same for IPv6.
    pub host_address6: Field<Option<String>>,
    /// A bridge that the host's end joins.
    pub host_bridge: Field<Option<String>>,
    /// Host interfaces that are moved into the guest.
    pub interfaces: List<String>,
    /// Address of the guest's end of the veth.
    pub local_address: Field<Option<String>>,
    /// The same for IPv6.
    pub local_address6: Field<Option<String>>,
    /// MAC address of the guest's end.
    pub local_mac_address: Field<Option<String>>,
    /// Host interfaces that the guest gets a macvlan of.
    pub macvlans: List<String>,
    /// A network namespace that exists already.
    pub network_namespace: Field<Option<String>>,
    /// The guest system: a store path with `init`.
    pub path: Field<String>,
    /// Whether the guest has a network of its own.
    pub private_network: Field<bool>,
    /// The user namespace.
    pub private_users: Field<PrivateUsers>,
    /// Whether a switch may restart the container.
    pub restart_if_changed: Field<bool>,
    /// How long the start may take (systemd.time(7)).
    pub timeout_start_sec: Field<String>,
    /// Paths on which a tmpfs is mounted, in nspawn's `PATH[:OPTIONS]`.
    pub tmpfs: List<String>,
}

/// One entry of `bindMounts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindMount {
    /// What appears there; `null` means the path of the same name on the host.
    pub host_path: Field<Option<String>>,
    /// Whether the guest may only read it.
    pub is_read_only: Field<bool>,
    /// Where it appears in the guest.
    pub mount_point: Field<String>,
}

/// One element of `forwardPorts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForwardPort {
    /// The port in the guest; `null` means the same.
    pub container_port: Field<Option<u16>>,
    /// The port on the host.
    pub host_port: Field<u16>,
    /// `tcp` or `udp`; NixOS takes any string.
    pub protocol: Field<String>,
}

/// One element of `allowedDevices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowedDevice {
    /// Letters of `rwm`.
    pub modifier: Field<String>,
    /// The device node.
    pub node: Field<String>,
}

/// One entry of `extraVeths`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "the same options as on the container itself")]
pub struct ExtraVeth {
    pub forward_ports: List<ForwardPort>,
    pub host_address: Field<Option<String>>,
    pub host_address6: Field<Option<String>>,
    pub host_bridge: Field<Option<String>>,
    pub local_address: Field<Option<String>>,
    pub local_address6: Field<Option<String>>,
    pub local_mac_address: Field<Option<String>>,
}

/// The value of `privateUsers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PrivateUsers {
    /// The first uid of a range on the host.
    Base(u32),
    /// One of the words.
    Mode(PrivateUsersMode),
}

/// The words that `privateUsers` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrivateUsersMode {
    /// No user namespace.
    No,
    /// One that maps each uid to itself.
    Identity,
    /// A free range, chosen for it.
    Pick,
}

impl PrivateUsers {
    /// Whether there is a user namespace. To systemd-nspawn, 0 is a way to say no.
    pub fn are_private(&self) -> bool {
        !matches!(self, Self::Base(0) | Self::Mode(PrivateUsersMode::No))
    }
}

impl Container {
    /// A container with every option at NixOS's default, and the given system.
    pub fn with_defaults(path: Field<String>) -> Self {
        Self {
            additional_capabilities: Field::default(),
            allowed_devices: Field::default(),
            auto_start: false.into(),
            bind_mounts: Field::default(),
            copy_resolv_conf: true.into(),
            drop_capabilities: Field::default(),
            enable_tun: false.into(),
            ephemeral: false.into(),
            extra_flags: Field::default(),
            extra_veths: Field::default(),
            flake: None.into(),
            interfaces: Field::default(),
            macvlans: Field::default(),
            network_namespace: None.into(),
            path,
            private_network: false.into(),
            private_users: PrivateUsers::Mode(PrivateUsersMode::No).into(),
            restart_if_changed: true.into(),
            timeout_start_sec: String::from("1min").into(),
            tmpfs: Field::default(),
            forward_ports: Field::default(),
            host_address: None.into(),
            host_address6: None.into(),
            host_bridge: None.into(),
            local_address: None.into(),
            local_address6: None.into(),
            local_mac_address: None.into(),
        }
    }
}
