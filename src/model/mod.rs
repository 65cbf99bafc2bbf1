//! The typed model of a configuration: the manifest (contract §5) and its meaning.
//!
//! Two forms: [`Manifest`] is what the user wrote, with NixOS's names, nesting and values, unknown ones included;
//! `eval --json` prints it. [`spec`] is what it means: known, parsed and checked. Later stages use the spec and do not check
//! it again.
//!
//! Invariants:
//! - A known value is what `nix eval --json` prints for the same option.
//! - An unknown value never becomes a default.

pub mod check;
mod container;
mod drop_flag;
mod field;
pub(crate) mod host_units;
mod interface_name;
pub(crate) mod locations;
mod name;
pub(crate) mod nat;
pub(crate) mod network;
mod networking;
pub(crate) mod nix;
pub(crate) mod options;
pub(crate) mod own_forward;
pub mod path;
mod ports;
mod protocol;
pub(crate) mod servers;
pub mod settings;
pub mod spec;
pub(crate) mod support;
pub(crate) mod unknown_rules;
pub(crate) mod users;
pub mod view;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::source::Location;
pub use container::{AllowedDevice, BindMount, Container, ExtraVeth, ForwardPort, PrivateUsers, PrivateUsersMode};
pub use field::{AT_LEAST_KEY, ERROR_KEY, FIELD, Failure, Field, List, MayBeUnknown, UNKNOWN_KEY, Unknown};
pub use name::{ContainerName, NameError, natural_order};
pub use networking::{Firewall, Nat, NatForward, Networking, Nftables, OpenPorts, ReversePath, SourcePort};
pub use options::{ContainerOption, Effect};

/// The key under which the options of a guest are printed in its container.
pub const GUEST_KEY: &str = "guest";

/// The version of the manifest's JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// A configuration's containers, and the host options that affect them.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
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
    /// Containers with names that NixOS or machined refuse: printed with the others, never applied.
    #[serde(skip)]
    pub misnamed: BTreeMap<String, Container>,
    /// `networking`.
    pub networking: Networking,
    /// `boot`.
    pub boot: Boot,
    /// `services`.
    pub services: Services,
    /// Where each option is set, by its full path (`containers.wasabi.autoStart`); only on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions: Option<Positions>,
}

impl Manifest {
    /// The JSON Schema of a manifest (draft 2020-12).
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(Self).to_value();
        // `eval --guest` prints this beside the container's options; it is not part of the model.
        schema["$defs"]["Container"]["properties"][GUEST_KEY] = serde_json::json!({
            "description": "What the guest's own configuration says (`--guest`), option by option.",
            "type": "object",
        });
        schema["properties"]["containers"]["properties"] = serde_json::json!({
            UNKNOWN_KEY: { "$ref": "#/$defs/Unknown", "description": "Why there may be more containers than these." },
            ERROR_KEY: { "$ref": "#/$defs/Failure", "description": "Why none of them can be told (`--keep-going`)." },
        });
        // A set of options may also fail as a whole.
        let failed = serde_json::json!({
            "type": "object",
            "properties": { ERROR_KEY: { "$ref": "#/$defs/Failure" } },
            "required": [ERROR_KEY],
            "additionalProperties": false,
        });
        for name in ["Container", "Nat", "Firewall", "Nftables"] {
            let set = schema["$defs"][name].take();
            schema["$defs"][name] = serde_json::json!({ "anyOf": [set, failed] });
        }
        schema
    }
}

impl Manifest {
    /// The location of an option according to `positions`, or else of the nearest set around it.
    pub(crate) fn nearest_location(&self, path: &path::OptionPath) -> Option<Location> {
        let positions = self.positions.as_ref()?;
        let mut around = Some(path.clone());
        while let Some(path) = around {
            if let Some(Position { file, line, column }) = positions.get(&path.to_string()) {
                return Some(Location { file: file.clone(), line: *line, column: *column });
            }
            around = path.parent();
        }
        None
    }

    /// The manifest as JSON, keys sorted.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("the model has string keys only")
    }

    /// Reads a manifest from its JSON.
    ///
    /// # Errors
    /// Fails if the JSON does not have the form of a manifest.
    pub fn from_json(mut json: serde_json::Value) -> Result<Self, serde_json::Error> {
        let containers = json.get_mut("containers").and_then(serde_json::Value::as_object_mut);
        let containers = containers.map(std::mem::take).unwrap_or_default();
        let mut manifest: Self = serde_json::from_value(json)?;
        for (name, json) in containers {
            if name == UNKNOWN_KEY {
                manifest.more_containers = Some(serde_json::from_value(json)?);
            } else {
                manifest.add(name, serde_json::from_value(json)?);
            }
        }
        Ok(manifest)
    }

    /// Adds a container; NixOS may refuse its name.
    pub fn add(&mut self, name: String, container: Container) {
        match ContainerName::new(name.as_str()) {
            Ok(name) => self.containers.insert(name, container),
            Err(_) => self.misnamed.insert(name, container),
        };
    }
}

/// Serializes the keys in sorted order, like all types of the model.
impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("boot", &self.boot)?;
        map.serialize_entry("containers", &Containers(self))?;
        map.serialize_entry("format_version", &self.format_version)?;
        map.serialize_entry("networking", &self.networking)?;
        if let Some(positions) = &self.positions {
            map.serialize_entry("positions", positions)?;
        }
        map.serialize_entry("services", &self.services)?;
        map.serialize_entry("system", &self.system)?;
        map.end()
    }
}

/// The members of `containers`: valid names, invalid names, and the marker that there may be more.
struct Containers<'a>(&'a Manifest);

impl Serialize for Containers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Entry<'a> {
            Container(&'a Container),
            More(&'a Unknown),
        }
        let Manifest { containers, misnamed, more_containers, .. } = self.0;
        let named = containers.iter().map(|(name, container)| (name.as_str(), Entry::Container(container)));
        let misnamed = misnamed.iter().map(|(name, container)| (name.as_str(), Entry::Container(container)));
        let more = more_containers.iter().map(|unknown| (UNKNOWN_KEY, Entry::More(unknown)));
        serializer.collect_map(named.chain(misnamed).chain(more).collect::<BTreeMap<_, _>>())
    }
}

/// Maps each option's full path (attribute names quoted as Nix does) to the position of its innermost definition.
pub type Positions = BTreeMap<String, Position>;

/// A position in the configuration, in the form used in JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// The file, relative to the root of the configuration.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in bytes, counted from 1.
    pub column: u32,
}

/// The options that describe the host itself.
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

/// The option of `services.container-rebuild` that says how many generations to keep.
pub const KEEP_GENERATIONS: &str = "keepGenerations";

/// `services.container-rebuild.deleteGenerationsOlderThan`
pub const DELETE_GENERATIONS_OLDER_THAN: &str = "deleteGenerationsOlderThan";

/// `services`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Services {
    /// `services.container-rebuild`, as written. `keepGenerations` (an integer from 1, by default 10) says how many
    /// generations to keep in addition to the booted one and the one that boots next.
    #[serde(rename = "container-rebuild", default)]
    pub container_rebuild: serde_json::Map<String, serde_json::Value>,
}

/// How old generations may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationAge {
    /// As old as they are.
    Any,
    /// This many days.
    Days(u32),
    /// That is unknown, or invalid, which [`check`] reports.
    Unknown,
}

impl Services {
    /// How old generations may get. The option is written as for `nix-collect-garbage --delete-older-than`: `"30d"`.
    pub fn generation_age(&self) -> GenerationAge {
        let Some(value) = self.container_rebuild.get(DELETE_GENERATIONS_OLDER_THAN) else {
            return GenerationAge::Any;
        };
        if value.is_null() {
            return GenerationAge::Any;
        }
        let days = value.as_str().and_then(|text| text.strip_suffix('d')).and_then(|days| days.parse().ok());
        days.map_or(GenerationAge::Unknown, GenerationAge::Days)
    }

    /// How many generations are kept by default.
    pub const KEEP: NonZeroU32 = NonZeroU32::new(10).expect("it is not zero");

    /// How many generations to keep; `None` if the value is unknown or invalid, which [`check`] reports.
    pub fn keep_generations(&self) -> Option<NonZeroU32> {
        let Some(value) = self.container_rebuild.get(KEEP_GENERATIONS) else { return Some(Self::KEEP) };
        value.as_u64().and_then(|keep| u32::try_from(keep).ok()).and_then(NonZeroU32::new)
    }
}
