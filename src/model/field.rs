//! A value of the model: known, or unknown with the reason.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a value is not known, and where in the source that comes from (contract §5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unknown {
    /// What would have to be known, in words: `pkgs.hello is known after build`.
    pub reason: String,
    /// The file, relative to the root of the configuration.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
    /// Of a list or set that something unknown may add to: what it has at least.
    #[serde(skip)]
    pub at_least: Option<serde_json::Value>,
}

/// A value of type `T`, or the reason why it is unknown.
///
/// Printed as `T` or as `{"_unknown": {…}}`; there is no default that an unknown could turn into.
#[derive(Debug, Clone, PartialEq)]
pub enum Field<T> {
    /// What Nix itself would compute.
    Known(T),
    /// What cannot be known without nixpkgs.
    Unknown(Unknown),
}

/// A list whose elements may be unknown one by one.
pub type List<T> = Field<Vec<Field<T>>>;

impl<T> Field<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The reason, if it is unknown.
    pub fn unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(unknown) => Some(unknown),
        }
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Default> Default for Field<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

/// The key that marks an unknown value in JSON.
pub const UNKNOWN_KEY: &str = "_unknown";
/// The key that carries the known elements of a list or set that is a lower bound.
pub const AT_LEAST_KEY: &str = "_atleast";

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Unknown(unknown) => {
                let mut map = serializer.serialize_map(None)?;
                if let Some(elements) = &unknown.at_least {
                    map.serialize_entry(AT_LEAST_KEY, elements)?;
                }
                map.serialize_entry(UNKNOWN_KEY, unknown)?;
                map.end()
            }
        }
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Field_of_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let unknown = generator.subschema_for::<Unknown>();
        let known = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [known, {
            "type": "object",
            "properties": { UNKNOWN_KEY: unknown, AT_LEAST_KEY: true },
            "required": [UNKNOWN_KEY],
            "additionalProperties": false,
        }] })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let value = serde_json::Value::deserialize(deserializer)?;
        let Some(unknown) = value.get(UNKNOWN_KEY) else {
            return T::deserialize(value).map(Self::Known).map_err(D::Error::custom);
        };
        let mut unknown = Unknown::deserialize(unknown).map_err(D::Error::custom)?;
        unknown.at_least = value.get(AT_LEAST_KEY).cloned();
        Ok(Self::Unknown(unknown))
    }
}
