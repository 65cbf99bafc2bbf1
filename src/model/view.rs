//! What a configuration defines beyond the model: options of a guest, and of the host's own services.
//!
//! Nixpkgs decides the final values of these options; a view has the configuration's definitions and their locations. Views
//! serve diffs and lints only: nothing is built from them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::path::{OptionPath, OptionSpans};
use super::{AT_LEAST_KEY, UNKNOWN_KEY};
use crate::diag::Diagnostic;
use crate::source::Span;

/// The known definitions of one configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// The options as a tree. Unknown values are leaves `{"_unknown": …}`; defaults are absent.
    pub options: Json,
    /// The options that NixOS itself sets in a guest (`extraConfig` in `nixos-containers.nix`), merged with the guest's own definitions.
    pub extra_config: Json,
    /// Where the options are set, by their path in the tree.
    pub spans: OptionSpans,
    /// Why a list may have more elements, for lists that are lower bounds.
    pub bounds: BTreeMap<OptionPath, Bound>,
    /// Whether nothing but the configuration's own lists opens firewall ports.
    pub closed: bool,
    /// The options whose text is a path to a file that the build copies to the store.
    pub files: BTreeSet<OptionPath>,
    /// Failed `assertions`, and `warnings`.
    pub verdicts: Vec<Diagnostic>,
    /// Whether modules are missing that might define anything.
    pub missing_modules: bool,
    /// Whether the view is incomplete because it is too large or took too much memory.
    pub is_cut: bool,
}

/// Why a list is only a lower bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// All its definitions are known, but services that the configuration enables may add to it.
    Services,
    /// A definition is partly unknown.
    Unknown,
}

impl View {
    /// The view with [`Self::extra_config`] merged into `options`.
    #[must_use]
    pub fn with_extra_config(mut self) -> Self {
        add(&mut self.options, std::mem::take(&mut self.extra_config));
        self
    }

    /// The option at `path`, or `None` if the configuration does not define it.
    pub fn get(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(&self.options, |json, name| json.get(*name))
    }

    /// The state of the option at `path`; an unknown set on the way makes it unknown.
    pub fn find(&self, path: &[&str]) -> OptionState<'_> {
        let mut json = &self.options;
        for name in path {
            if is_unknown(json) {
                return OptionState::Unknown;
            }
            match json.get(*name) {
                Some(next) => json = next,
                None => return OptionState::Undefined,
            }
        }
        if is_unknown(json) { OptionState::Unknown } else { OptionState::Value(json) }
    }

    /// The span of the option at `path`, or of the closest enclosing option that is set.
    pub fn span(&self, path: &[&str]) -> Option<Span> {
        self.spans.nearest(&OptionPath::new(path.iter().copied()))
    }
}

/// Adds missing members, at any depth.
fn add(json: &mut Json, more: Json) {
    let (Json::Object(members), Json::Object(more)) = (json, more) else { return };
    // An unknown leaf stands for a whole set; it has no members of its own.
    if members.contains_key(UNKNOWN_KEY) {
        return;
    }
    for (name, value) in more {
        match members.get_mut(&name) {
            Some(member) => add(member, value),
            None => _ = members.insert(name, value),
        }
    }
}

/// What a configuration says about an option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionState<'a> {
    /// Not defined: nixpkgs decides the value.
    Undefined,
    /// Defined, but unknown.
    Unknown,
    /// A value, parts of which may be unknown.
    Value(&'a Json),
}

impl<'a> OptionState<'a> {
    /// The value, if it is known.
    pub fn value(self) -> Option<&'a Json> {
        match self {
            Self::Value(json) => Some(json),
            Self::Undefined | Self::Unknown => None,
        }
    }

    /// Whether it is known to be `value`.
    pub fn is(self, value: bool) -> bool {
        self.value().and_then(Json::as_bool) == Some(value)
    }

    /// The text, if the value is a known string.
    pub fn text(self) -> Option<&'a str> {
        self.value().and_then(Json::as_str)
    }

    /// The members, if the value is a known set.
    pub fn members(self) -> impl Iterator<Item = (&'a String, &'a Json)> {
        self.value().and_then(Json::as_object).into_iter().flatten()
    }
}

/// Whether `json` is an unknown leaf.
pub fn is_unknown(json: &Json) -> bool {
    json.get(UNKNOWN_KEY).is_some()
}

/// The known elements of a list, including those of a lower bound.
pub fn elements(json: &Json) -> impl Iterator<Item = &Json> {
    let list = json.get(AT_LEAST_KEY).unwrap_or(json);
    list.as_array().into_iter().flatten().filter(|element| !is_unknown(element))
}

/// Whether any part of it is unknown.
pub fn has_unknown(json: &Json) -> bool {
    match json {
        Json::Object(members) => members.contains_key(UNKNOWN_KEY) || members.values().any(has_unknown),
        Json::Array(items) => items.iter().any(has_unknown),
        _ => false,
    }
}
