//! A plan that is kept in a file (`plan --out`), to be carried out later exactly as it was shown or not at all.
//!
//! What is kept is not carried out by itself: the plan is made again when its time has come, and has to be the same. So a
//! file that somebody changed can make a switch refuse, but never do anything that no configuration says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Disruption, Options, Plan, RestartMode, diff, show};
use crate::model::view::View;
use crate::model::{ContainerName, FORMAT_VERSION, Manifest};

/// A plan with all that it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The configuration.
    pub source: Source,
    /// The containers that it is limited to; `None` means all.
    pub only: Option<Vec<ContainerName>>,
    /// How far running containers may be disturbed.
    pub restart_mode: RestartMode,
    /// What the configuration evaluated to ([`inputs`]).
    inputs: String,
    /// The plan, as `plan --format json` prints it.
    plan: Value,
}

/// How a configuration was named, with absolute paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// CONFIG.
    pub config: String,
    /// `-I` entries.
    pub include: Vec<String>,
    /// `--override-input`: names and paths.
    pub override_input: Vec<(String, PathBuf)>,
    /// `--impure`.
    #[serde(default)]
    pub impure: bool,
}

/// Why a saved plan must not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Moved {
    /// It was written by another version.
    #[error("the plan has format {0}, and this version knows {FORMAT_VERSION}")]
    Version(u32),
    /// It is about another host.
    #[error("the plan was made on `{made}`, and this is `{here}`")]
    Elsewhere {
        /// Where it was made.
        made: String,
        /// Where it is to be carried out.
        here: String,
    },
    /// The configuration says something else by now.
    #[error("the configuration has changed since the plan was made")]
    Configuration,
    /// The same configuration would take other steps by now.
    #[error("the host has changed since the plan was made: {}", .0.join(", "))]
    Host(Vec<String>),
    /// What is known now, after the build, costs more than what was shown, or is something else.
    #[error("what was not known when the plan was made turned out to cost more than it said: {}", .0.join(", "))]
    More(Vec<String>),
}

/// A key over what a configuration evaluated to: everything in its manifest but the places, and its guests.
pub fn inputs(
    manifest: &Manifest,
    guest_keys: &BTreeMap<ContainerName, String>,
    guests: &BTreeMap<ContainerName, View>,
) -> String {
    let manifest = Manifest { positions: None, ..manifest.clone() };
    // A guest without a key may have changed unseen, but for what it says here.
    let without_key = guests.iter().filter(|(name, _)| !guest_keys.contains_key(*name));
    let without_key: BTreeMap<_, _> = without_key.map(|(name, view)| (name, &view.options)).collect();
    let text = serde_json::to_vec(&(manifest.to_json(), guest_keys, without_key)).expect("string keys only");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Saved {
    /// The plan `plan`, which was made with `options` from the configuration of these [`inputs`].
    pub fn new(source: Source, options: &Options, inputs: String, plan: &Plan) -> Self {
        let only = options.only.as_ref().map(|only| only.iter().cloned().collect());
        let (restart_mode, plan) = (options.restart_mode, value(plan));
        Self { format_version: FORMAT_VERSION, source, only, restart_mode, inputs, plan }
    }

    /// Compares with `plan`, made anew from the configuration of these [`inputs`] and from the host as it is.
    pub fn is_still(&self, inputs: &str, plan: &Plan) -> Result<(), Moved> {
        if self.format_version != FORMAT_VERSION {
            return Err(Moved::Version(self.format_version));
        }
        let made = self.plan["from"]["name"].as_str().unwrap_or_default();
        if made != plan.from.name {
            return Err(Moved::Elsewhere { made: made.to_owned(), here: plan.from.name.clone() });
        }
        if self.inputs != inputs {
            return Err(Moved::Configuration);
        }
        let now = value(plan);
        let mut moved = Vec::new();
        let (before, after) = (by_container(&self.plan), by_container(&now));
        for name in before.keys().chain(after.keys()) {
            if before.get(name) != after.get(name) && !moved.contains(name) {
                moved.push(name.clone());
            }
        }
        if self.plan["firewall"] != now["firewall"] {
            moved.push("its rules".to_owned());
        }
        if moved.is_empty() && self.plan["order"] != now["order"] {
            moved.push("the order of the steps".to_owned());
        }
        if moved.is_empty() { Ok(()) } else { Err(Moved::Host(moved)) }
    }

    /// Compares with the same plan after its guests were built: what may have changed need not have, and nothing may cost
    /// more than was shown.
    pub fn allows(&self, built: &Plan) -> Result<(), Moved> {
        let shown = by_container(&self.plan);
        let mut more: Vec<String> = Vec::new();
        for change in &built.changes {
            let name = change.container.as_ref().map_or("the host", ContainerName::as_str);
            let is_shown = shown.get(name).is_some_and(|shown| {
                let cost = Disruption::named(shown["disruption"].as_str().unwrap_or_default());
                cost.is_some_and(|cost| change.disruption <= cost)
                    && (!change.wipes_root || shown["wipes_root"] == true)
            });
            if !is_shown {
                more.push(name.to_owned());
            }
        }
        if self.plan["firewall"] != value(built)["firewall"] {
            more.push("the rules".to_owned());
        }
        if more.is_empty() { Ok(()) } else { Err(Moved::More(more)) }
    }
}

fn value(plan: &Plan) -> Value {
    serde_json::from_str(&show::json(plan)).expect("it was just printed")
}

/// The changes by whom they are for, without what is only said for information: the paths that are kept are seen by root
/// alone, and the places may have moved.
fn by_container(plan: &Value) -> BTreeMap<String, Value> {
    let changes = plan["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = |change: &Value| {
        let name = change["container"].as_str().unwrap_or("the host").to_owned();
        let mut change = change.clone();
        if let Some(members) = change.as_object_mut() {
            members.remove("keeps");
        }
        for reason in change["reasons"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            for place in ["file", "line", "column", "before_at"] {
                reason.remove(place);
            }
            for side in ["before", "after"] {
                reason.get_mut(side).into_iter().for_each(diff::forget_places);
            }
        }
        (name, change)
    };
    changes.iter().map(entry).collect()
}
