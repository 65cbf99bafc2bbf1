//! What a configuration says itself of options that the model has not: a guest's, and the host's own services.
//!
//! Nixpkgs decides what these options are in the end; a view has what the configuration's definitions say, and where. It
//! is for diffs and lints, nothing is built from it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::path::{OptionPath, OptionSpans};
use super::{AT_LEAST_KEY, UNKNOWN_KEY};
use crate::diag::Diagnostic;
use crate::source::Span;

/// What one configuration says, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// The options as a tree. What is not known is a leaf `{"_unknown": …}`, defaults are absent.
    pub options: Json,
    /// The same of those that NixOS sets in a guest from outside, with what the guest itself says of them.
    pub handed_in: Json,
    /// Where they are set, by their path in that tree.
    pub places: OptionSpans,
    /// Why elements of a list are missing, of those that are lower bounds.
    pub bounds: BTreeMap<OptionPath, Bound>,
    /// Whether nothing opens ports of the firewall but what the configuration says of its lists.
    pub closed: bool,
    /// Which of the texts are paths: of files that are copied when something is built.
    pub files: BTreeSet<OptionPath>,
    /// What the configuration itself finds wrong: `assertions` that do not hold, and `warnings`.
    pub verdicts: Vec<Diagnostic>,
    /// Whether modules are not here, which could say anything.
    pub missing_modules: bool,
    /// Whether there is more of it than is shown, or took more memory than it may.
    pub is_cut: bool,
}

/// Why a list is a lower bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// All that the configuration says of it is known; services that it defines may add to it.
    Services,
    /// Something that the configuration says of it is unknown.
    Unknown,
}

impl View {
    /// The same with what NixOS sets from outside among the options.
    #[must_use]
    pub fn with_handed_in(mut self) -> Self {
        add(&mut self.options, std::mem::take(&mut self.handed_in));
        self
    }

    /// The option at `path`; `None` where the configuration says nothing of it.
    pub fn get(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(&self.options, |json, name| json.get(*name))
    }

    /// The option at `path`, or the unknown leaf on the way there that stands for it.
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

    /// The place of the option at `path`, or of what is set around it.
    pub fn place(&self, path: &[&str]) -> Option<Span> {
        self.places.nearest(&OptionPath::new(path.iter().copied()))
    }
}

/// Adds what is not there, at any depth.
fn add(json: &mut Json, more: Json) {
    let (Json::Object(members), Json::Object(more)) = (json, more) else { return };
    // What stands for all of a set is no set.
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

/// What a configuration says of an option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionState<'a> {
    /// Undefined, so that it is what nixpkgs makes of it.
    Undefined,
    /// Something that is not known.
    Unknown,
    /// This. Parts of it may be unknown.
    Value(&'a Json),
}

impl<'a> OptionState<'a> {
    /// The value, where it is known.
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

    /// The text, where it is known to be one.
    pub fn text(self) -> Option<&'a str> {
        self.value().and_then(Json::as_str)
    }

    /// The members, where it is known to be a set.
    pub fn members(self) -> impl Iterator<Item = (&'a String, &'a Json)> {
        self.value().and_then(Json::as_object).into_iter().flatten()
    }
}

/// Whether a leaf stands for something unknown.
pub fn is_unknown(json: &Json) -> bool {
    json.get(UNKNOWN_KEY).is_some()
}

/// The elements that a list is known to have, a lower bound's included.
pub fn elements(json: &Json) -> impl Iterator<Item = &Json> {
    let list = json.get(AT_LEAST_KEY).unwrap_or(json);
    list.as_array().into_iter().flatten().filter(|element| !is_unknown(element))
}

/// Whether anything in it is unknown.
pub fn has_unknown(json: &Json) -> bool {
    match json {
        Json::Object(members) => members.contains_key(UNKNOWN_KEY) || members.values().any(has_unknown),
        Json::Array(items) => items.iter().any(has_unknown),
        _ => false,
    }
}
