//! Values of the model: known, or unknown with a reason.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a value is unknown, and the location that explains it (contract §5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unknown {
    /// The column in bytes, counted from 1.
    pub column: u32,
    /// Whether evaluation failed; `reason` is then the error message (`--keep-going`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(skip)]
    pub failed: bool,
    /// The file, relative to the root of the configuration.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// What would make it known, such as `pkgs.hello is known after build`.
    pub reason: String,
    /// The known part of a list or set that something unknown may add to.
    #[serde(skip)]
    pub at_least: Option<serde_json::Value>,
}

/// A failed evaluation, printed in place of the value.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Failure {
    /// The column in bytes, counted from 1; 0 without a location.
    pub column: u32,
    /// The file, relative to the root of the configuration.
    pub file: String,
    /// The line, counted from 1; 0 without a location.
    pub line: u32,
    /// What is wrong: Nix's own message if there is one.
    pub message: String,
}

/// A value of type `T`, or the reason why it is unknown.
///
/// Serialized as `T` or as `{"_unknown": {…}}`. It has no default, so an unknown cannot turn into one.
///
/// # Examples
///
/// ```
/// use container_rebuild::model::Field;
///
/// let known: Field<u16> = serde_json::from_str("80")?;
/// assert_eq!(known.known(), Some(&80));
/// let text = r#"{"_unknown": {"reason": "known after build", "file": "host.nix", "line": 1, "column": 3}}"#;
/// let unknown: Field<u16> = serde_json::from_str(text)?;
/// assert_eq!(unknown.known(), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Field<T> {
    /// What Nix itself would compute.
    Known(T),
    /// A value that needs nixpkgs.
    Unknown(Unknown),
}

/// A type that may be unknown, or contain something unknown.
pub trait MayBeUnknown {
    /// Whether any part of it is unknown.
    fn has_unknown(&self) -> bool;
}

impl<T: MayBeUnknown> MayBeUnknown for Field<T> {
    fn has_unknown(&self) -> bool {
        self.known().is_none_or(T::has_unknown)
    }
}

impl<T: MayBeUnknown> MayBeUnknown for Vec<T> {
    fn has_unknown(&self) -> bool {
        self.iter().any(T::has_unknown)
    }
}

impl<T: MayBeUnknown> MayBeUnknown for BTreeMap<String, T> {
    fn has_unknown(&self) -> bool {
        self.values().any(T::has_unknown)
    }
}

impl<T: MayBeUnknown> MayBeUnknown for Option<T> {
    fn has_unknown(&self) -> bool {
        self.as_ref().is_some_and(T::has_unknown)
    }
}

macro_rules! always_known {
    ($($type:ty),*) => { $(
        impl MayBeUnknown for $type {
            fn has_unknown(&self) -> bool {
                false
            }
        }
    )* };
}

always_known! { bool, u16, String }

/// A list of which each element may be unknown.
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
/// The key that marks a failure in the output of `--keep-going`. Such output is never read back: it lacks what failed.
pub const ERROR_KEY: &str = "_error";
/// The key of the known elements of a list or set to which something unknown may add.
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
        let failure = generator.subschema_for::<Failure>();
        let known = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [known, {
            "type": "object",
            "properties": { UNKNOWN_KEY: unknown, AT_LEAST_KEY: true },
            "required": [UNKNOWN_KEY],
            "additionalProperties": false,
        }, {
            "type": "object",
            "properties": { ERROR_KEY: failure },
            "required": [ERROR_KEY],
            "additionalProperties": false,
        }] })
    }
}

/// The newtype name under which a [`Field`] is deserialized.
///
/// A deserializer that knows which of its values are unknown answers with the value (`visit_some`) or with a map that has
/// [`UNKNOWN_KEY`]. For any other, such as JSON, the visitor looks for that key.
pub const FIELD: &str = "Field";

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(FIELD, FieldVisitor(PhantomData))
    }
}

struct FieldVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for FieldVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value or why it is unknown")
    }

    fn visit_some<D: Deserializer<'de>>(self, known: D) -> Result<Field<T>, D::Error> {
        T::deserialize(known).map(Field::Known)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<T>, A::Error> {
        let (mut unknown, mut at_least) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                AT_LEAST_KEY => at_least = Some(map.next_value()?),
                UNKNOWN_KEY => unknown = Some(map.next_value::<Unknown>()?),
                _ => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        let unknown = unknown.ok_or_else(|| A::Error::missing_field(UNKNOWN_KEY))?;
        Ok(Field::Unknown(Unknown { at_least, ..unknown }))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, any: D) -> Result<Field<T>, D::Error> {
        let value = serde_json::Value::deserialize(any)?;
        match value.get(UNKNOWN_KEY) {
            Some(_) => value.deserialize_map(self).map_err(D::Error::custom),
            None => T::deserialize(value).map(Field::Known).map_err(D::Error::custom),
        }
    }
}
