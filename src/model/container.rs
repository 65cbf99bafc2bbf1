//! The options of `containers.<name>`, with NixOS's names, nesting, types and defaults.
//!
//! [`super::options`] declares them; here are the types of their values.

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field::{Field, List, MayBeUnknown};
use super::options::{ContainerOption, Effect, container_options, network_options};

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

/// The default of an option as a value of the model. Nix computes the default of `path` from the guest's `config`.
macro_rules! default {
    ($system:ident, SystemPath) => {
        $system
    };
    ($system:ident, Null) => {
        Field::Known(None)
    };
    ($system:ident, Bool($value:literal)) => {
        Field::Known($value)
    };
    ($system:ident, Str($value:literal)) => {
        Field::Known($value.parse().expect("a default is a value"))
    };
    ($system:ident, $empty:ident) => {
        Field::default()
    };
}

/// Declares [`Container`] by its options.
macro_rules! declare_container {
    ($($(#[$doc:meta])* $variant:ident, $field:ident: $model:ty =
        $name:literal; $nix:ident, $default:ident $(($value:literal))?; $effect:ident; $support:ident;)*) => {
        /// One entry of `containers`.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Container {
            $($(#[$doc])* #[serde(rename = $name)] pub $field: $model,)*
        }

        impl Container {
            /// A container with the given system, and NixOS's default for every other option.
            pub fn with_defaults(system: Field<String>) -> Self {
                Self { $($field: default!(system, $default $(($value))?),)* }
            }

            /// Whether both have the same options, ignoring the system.
            pub fn is_same_but_for_path(&self, other: &Self) -> bool {
                $((Effect::$effect == Effect::Guest || self.$field == other.$field))&&*
            }

            /// Whether any option is unknown, ignoring the system, which is unknown before each build.
            pub fn has_unknown_option(&self) -> bool {
                $((Effect::$effect != Effect::Guest && self.$field.has_unknown()))||*
            }

            /// Whether `option` is set to something other than its default. An unknown value is not.
            pub(super) fn differs_from_default(&self, option: ContainerOption) -> bool {
                let system = Field::default();
                match option {
                    $(ContainerOption::$variant => {
                        let default: $model = default!(system, $default $(($value))?);
                        self.$field.known().is_some() && self.$field != default
                    })*
                }
            }
        }
    };
}

container_options! { declare_container }

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

impl BindMount {
    /// The path of the host, if known: `hostPath`, or else the path in the guest, which is the attribute's name `key` if unknown.
    pub fn source<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        let same = || self.mount_point.known().map_or(key, String::as_str);
        Some(self.host_path.known()?.as_deref().unwrap_or_else(same))
    }
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

/// Declares [`ExtraVeth`] by the options that it shares with containers.
macro_rules! declare_extra_veth {
    ($($(#[$doc:meta])* $variant:ident, $field:ident: $model:ty =
        $name:literal; $nix:ident, $default:ident $(($value:literal))?; $effect:ident; $support:ident;)*) => {
        /// One entry of `extraVeths`.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct ExtraVeth {
            $($(#[$doc])* #[serde(rename = $name)] pub $field: $model,)*
        }

        may_be_unknown! { ExtraVeth: $($field)* }
    };
}

network_options! { declare_extra_veth {} {} {} }

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

impl FromStr for PrivateUsers {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_value(text.into())
    }
}

impl PrivateUsers {
    /// Whether the guest has a user namespace. systemd-nspawn reads 0 as "no".
    pub fn are_private(&self) -> bool {
        !matches!(self, Self::Base(0) | Self::Mode(PrivateUsersMode::No))
    }
}

impl MayBeUnknown for Container {
    fn has_unknown(&self) -> bool {
        self.path.has_unknown() || self.has_unknown_option()
    }
}

may_be_unknown! { BindMount: host_path is_read_only mount_point }
may_be_unknown! { ForwardPort: container_port host_port protocol }
may_be_unknown! { AllowedDevice: modifier node }
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
