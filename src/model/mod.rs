//! The typed model of what a configuration wants: the manifest (contract §5).
//!
//! Two forms: [`Manifest`] is what was typed, with NixOS's names, nesting and values, unknown ones included, and is
//! what `eval --json` prints. [`spec`] is what is meant: everything known, parsed and checked; all that comes after
//! works on that and checks nobody again.
//!
//! Invariants:
//! - A known value is what `nix eval --json` prints for the same option.
//! - No unknown ever becomes a default.

pub mod check;
mod container;
mod field;
mod name;
pub mod network;
mod networking;
pub mod nix;
pub mod path;
pub mod spec;
mod support;
pub mod view;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use container::{AllowedDevice, BindMount, Container, ExtraVeth, ForwardPort, PrivateUsers, PrivateUsersMode};
pub use field::{AT_LEAST_KEY, Field, List, UNKNOWN_KEY, Unknown};
pub use name::{ContainerName, NameError};
pub use networking::{Firewall, Nat, NatForward, Networking, Nftables, OpenPorts, ReversePath, SourcePort};

/// The version of the manifest's JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// All that a configuration says about its containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The host itself.
    pub system: System,
    /// `containers`.
    pub containers: BTreeMap<ContainerName, Container>,
    /// Why there may be more containers than these; printed among them.
    #[serde(skip)]
    pub more_containers: Option<Unknown>,
    /// Containers whose names NixOS or machined refuse: printed among the others, and never applied.
    #[serde(skip)]
    pub misnamed: BTreeMap<String, Container>,
    /// `networking`.
    pub networking: Networking,
    /// `boot`.
    pub boot: Boot,
    /// `services`.
    pub services: Services,
    /// Where each option that is set stands, by its full path (`containers.wasabi.autoStart`); on demand only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions: Option<Positions>,
}

impl Manifest {
    /// The JSON Schema of a manifest (draft 2020-12).
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

impl Manifest {
    /// The manifest as JSON, keys sorted.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(self).expect("the model has string keys only");
        if let Some(unknown) = &self.more_containers {
            json["containers"][UNKNOWN_KEY] = serde_json::to_value(unknown).expect("it has string keys only");
        }
        for (name, container) in &self.misnamed {
            json["containers"][name] = serde_json::to_value(container).expect("the model has string keys only");
        }
        json
    }

    /// A manifest from its JSON.
    pub fn from_json(mut json: serde_json::Value) -> Result<Self, serde_json::Error> {
        let containers = json.get_mut("containers").and_then(serde_json::Value::as_object_mut);
        let (mut more, mut misnamed) = (None, BTreeMap::new());
        if let Some(containers) = containers {
            more = containers.remove(UNKNOWN_KEY);
            let names = containers.keys().filter(|name| ContainerName::new(name.as_str()).is_err());
            for name in names.cloned().collect::<Vec<_>>() {
                let container = containers.remove(&name).unwrap_or_default();
                misnamed.insert(name, serde_json::from_value(container)?);
            }
        }
        let mut manifest: Self = serde_json::from_value(json)?;
        manifest.more_containers = more.map(serde_json::from_value).transpose()?;
        manifest.misnamed = misnamed;
        Ok(manifest)
    }
}

/// Where options are set: full option path (attribute names quoted as Nix does) → place of the innermost definition.
pub type Positions = BTreeMap<String, Position>;

/// A place in the configuration, fit for JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// The file, relative to the root of the configuration.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
}

/// What the manifest says about the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct System {
    /// `networking.hostName`.
    pub host_name: Field<String>,
    /// `system.stateVersion`.
    pub state_version: Field<String>,
}

/// `boot`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Boot {
    /// `boot.enableContainers`.
    pub enable_containers: Field<bool>,
}

/// `services`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Services {
    /// `services.container-rebuild`, as it was written.
    #[serde(rename = "container-rebuild", default)]
    pub container_rebuild: serde_json::Map<String, serde_json::Value>,
}
