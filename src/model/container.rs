//! The options of `containers.<name>`, with NixOS's names, nesting, types and defaults.
//!
//! Source of names, types and defaults: `nixos/modules/virtualisation/nixos-containers.nix`, newest form. `config`,
//! `pkgs`, `nixpkgs` and `specialArgs` have no JSON form and are left out, as the contract says.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field::{Field, List, MayBeUnknown};

/// One entry of `containers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Container {
    /// Capabilities to add: `--capability=`, joined by commas.
    pub additional_capabilities: List<String>,
    /// Device nodes that the unit allows (`DeviceAllow=`).
    pub allowed_devices: List<AllowedDevice>,
    /// Whether the container starts with the host.
    pub auto_start: Field<bool>,
    /// Bind mounts by attribute name, which is the default mount point.
    pub bind_mounts: Field<BTreeMap<String, Field<BindMount>>>,
    /// Whether the host's `/etc/resolv.conf` is copied into the root at each start.
    pub copy_resolv_conf: Field<bool>,
    /// Capabilities to drop: `--drop-capability=`. Our module declares this option; NixOS has no such option.
    pub drop_capabilities: List<String>,
    /// Whether the guest gets `/dev/net/tun` and `CAP_NET_ADMIN`.
    pub enable_tun: Field<bool>,
    /// Whether the root is empty at each start.
    pub ephemeral: Field<bool>,
    /// Additional arguments for systemd-nspawn.
    pub extra_flags: List<String>,
    /// Additional veth pairs by name.
    pub extra_veths: Field<BTreeMap<String, Field<ExtraVeth>>>,
    /// A flake to build the guest from, instead of `config`.
    pub flake: Field<Option<String>>,
    /// Host ports to forward into the guest.
    pub forward_ports: List<ForwardPort>,
    /// IPv4 address of the host's end of the veth pair.
    pub host_address: Field<Option<String>>,
    /// IPv6 address of the host's end of the veth pair.
    pub host_address6: Field<Option<String>>,
    /// The bridge to attach the host's end to.
    pub host_bridge: Field<Option<String>>,
    /// Host interfaces to move into the guest.
    pub interfaces: List<String>,
    /// IPv4 address of the guest's end of the veth pair.
    pub local_address: Field<Option<String>>,
    /// IPv6 address of the guest's end of the veth pair.
    pub local_address6: Field<Option<String>>,
    /// MAC address of the guest's end of the veth pair.
    pub local_mac_address: Field<Option<String>>,
    /// Host interfaces on which the guest gets a macvlan.
    pub macvlans: List<String>,
    /// The path of an existing network namespace to join.
    pub network_namespace: Field<Option<String>>,
    /// The guest system: a store path that contains `init`.
    pub path: Field<String>,
    /// Whether the guest has its own network.
    pub private_network: Field<bool>,
    /// The user namespace of the guest.
    pub private_users: Field<PrivateUsers>,
    /// Whether a switch may restart the container.
    pub restart_if_changed: Field<bool>,
    /// How long the start may take (systemd.time(7)).
    pub timeout_start_sec: Field<String>,
    /// Paths on which to mount a tmpfs, in nspawn's form `PATH[:OPTIONS]`.
    pub tmpfs: List<String>,
}

/// One entry of `bindMounts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindMount {
    /// The path on the host; `null` means the same path as in the guest.
    pub host_path: Field<Option<String>>,
    /// Whether the guest may only read the mount.
    pub is_read_only: Field<bool>,
    /// The path in the guest.
    pub mount_point: Field<String>,
}

/// One element of `forwardPorts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForwardPort {
    /// The port in the guest; `null` means the same port as on the host.
    pub container_port: Field<Option<u16>>,
    /// The port on the host.
    pub host_port: Field<u16>,
    /// `tcp` or `udp`; NixOS accepts any string.
    pub protocol: Field<String>,
}

/// One element of `allowedDevices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowedDevice {
    /// A combination of the letters `rwm`.
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
    /// The first uid of the range on the host.
    Base(u32),
    /// A named mode.
    Mode(PrivateUsersMode),
}

/// The named modes of `privateUsers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrivateUsersMode {
    /// No user namespace.
    No,
    /// A user namespace that maps each uid to itself.
    Identity,
    /// A range that is chosen for the container.
    Pick,
}

impl PrivateUsers {
    /// Whether the guest has a user namespace. systemd-nspawn reads 0 as "no".
    pub fn are_private(&self) -> bool {
        !matches!(self, Self::Base(0) | Self::Mode(PrivateUsersMode::No))
    }
}

impl Container {
    /// A container with the given system, and NixOS's default for every other option.
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

/// Implements what concerns every option but the system. A missing option does not compile.
macro_rules! all_but_path {
    ($($option:ident)*) => {
        impl Container {
            /// Whether both have the same options, ignoring the system.
            pub fn is_same_but_for_path(&self, other: &Self) -> bool {
                let Self { path: _, $($option),* } = self;
                $(*$option == other.$option)&&*
            }

            /// Whether any option is unknown, ignoring the system, which is unknown before each build.
            pub fn has_unknown_option(&self) -> bool {
                let Self { path: _, $($option),* } = self;
                $($option.has_unknown())||*
            }
        }
    };
}

all_but_path! {
    additional_capabilities allowed_devices auto_start bind_mounts copy_resolv_conf drop_capabilities
    enable_tun ephemeral extra_flags extra_veths flake forward_ports host_address host_address6 host_bridge
    interfaces local_address local_address6 local_mac_address macvlans network_namespace private_network
    private_users restart_if_changed timeout_start_sec tmpfs
}

impl MayBeUnknown for Container {
    fn has_unknown(&self) -> bool {
        self.path.has_unknown() || self.has_unknown_option()
    }
}

/// A set of options has something unknown if one of its options does. A missing option does not compile.
macro_rules! may_be_unknown {
    ($type:ident: $($option:ident)*) => {
        impl MayBeUnknown for $type {
            fn has_unknown(&self) -> bool {
                let Self { $($option),* } = self;
                $($option.has_unknown())||*
            }
        }
    };
}

may_be_unknown! { BindMount: host_path is_read_only mount_point }
may_be_unknown! { ForwardPort: container_port host_port protocol }
may_be_unknown! { AllowedDevice: modifier node }
may_be_unknown! {
    ExtraVeth: forward_ports host_address host_address6 host_bridge local_address local_address6 local_mac_address
}

impl MayBeUnknown for PrivateUsers {
    fn has_unknown(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Makes every value in a container's JSON unknown in turn, and every element that a list could have.
    #[test]
    fn an_unknown_anywhere_is_found() {
        let unknown = json!({ "_unknown": { "reason": "r", "file": "f", "line": 1, "column": 1 } });
        let mut full =
            serde_json::to_value(Container::with_defaults(String::from("/nix/store/a").into())).expect("JSON");
        for list in ["additionalCapabilities", "dropCapabilities", "extraFlags", "interfaces", "macvlans", "tmpfs"]
        {
            full[list] = json!(["x"]);
        }
        full["allowedDevices"] = json!([{ "modifier": "r", "node": "/dev/a" }]);
        full["bindMounts"] = json!({ "/a": { "hostPath": null, "isReadOnly": true, "mountPoint": "/a" } });
        full["forwardPorts"] = json!([{ "containerPort": null, "hostPort": 1, "protocol": "tcp" }]);
        full["extraVeths"] = json!({ "v": {
            "forwardPorts": full["forwardPorts"], "hostAddress": null, "hostAddress6": null, "hostBridge": null,
            "localAddress": null, "localAddress6": null, "localMacAddress": null,
        } });
        let container = |json: &Value| serde_json::from_value::<Container>(json.clone()).expect("a container");
        assert!(!container(&full).has_unknown());
        let mut pointers = Vec::new();
        let mut rest = vec![(String::new(), &full)];
        while let Some((at, value)) = rest.pop() {
            let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
            match value {
                Value::Object(members) => {
                    rest.extend(members.iter().map(|(name, value)| (format!("{at}/{}", escaped(name)), value)));
                }
                Value::Array(items) => {
                    rest.extend(items.iter().enumerate().map(|(index, value)| (format!("{at}/{index}"), value)));
                }
                _ => {}
            }
            pointers.push(at);
        }
        assert!(pointers.iter().any(|pointer| pointer == "/extraVeths/v/forwardPorts/0/protocol"), "{pointers:?}");
        for pointer in pointers.iter().filter(|pointer| !pointer.is_empty()) {
            let mut json = full.clone();
            *json.pointer_mut(pointer).expect("it was found there") = unknown.clone();
            let container = container(&json);
            assert!(container.has_unknown(), "{pointer}");
            assert_eq!(container.has_unknown_option(), pointer != "/path", "{pointer}");
        }
    }
}
