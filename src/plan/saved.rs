//! A plan saved in a file (`plan --out`), to be carried out later exactly as shown, or not at all.
//!
//! The saved plan is never applied itself. `switch --plan` makes the plan again and requires that it is equal. So an edited
//! file can make a switch refuse, but cannot make it do anything that the configuration does not say.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Disruption, Options, Plan, RestartMode, diff, show};
use crate::model::view::View;
use crate::model::{ContainerName, FORMAT_VERSION, Manifest};

/// A plan, with everything needed to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The configuration.
    pub source: Source,
    /// The containers that the plan is limited to; `None` means all.
    pub only: Option<Vec<ContainerName>>,
    /// How far running containers may be disrupted.
    pub restart_mode: RestartMode,
    /// A hash of what the configuration evaluated to ([`inputs`]).
    inputs: String,
    /// The plan, as `plan --format json` prints it.
    plan: Value,
}

/// How the configuration was given on the command line, with absolute paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The CONFIG argument.
    pub config: String,
    /// `-I` entries.
    pub include: Vec<String>,
    /// `--override-input`: names and paths.
    pub override_input: Vec<(String, PathBuf)>,
    /// `--impure`.
    #[serde(default)]
    pub impure: bool,
    /// Nix settings of the language: names and values.
    #[serde(default)]
    pub settings: Vec<(String, String)>,
}

/// Why a saved plan must not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Moved {
    /// Another version wrote it.
    #[error("the plan has format {0}, but this version reads format {FORMAT_VERSION}")]
    Version(u32),
    /// It was made on another host.
    #[error("the plan was made on `{made}`, but this host is `{here}`")]
    Elsewhere {
        /// The host it was made on.
        made: String,
        /// This host.
        here: String,
    },
    /// The configuration has changed since.
    #[error("the configuration has changed since the plan was made")]
    Configuration,
    /// The host has changed since, so the same configuration needs other steps.
    #[error("the host has changed since the plan was made: {}", .0.join(", "))]
    Host(Vec<String>),
    /// Values that the build made known cause a change that was not shown, or one that costs more than shown.
    #[error("with all values known, the plan would do more than it showed: {}", .0.join(", "))]
    More(Vec<String>),
}

/// A hash of what a configuration evaluated to: its manifest without the positions, and its guests.
pub fn inputs(
    manifest: &Manifest,
    guest_keys: &BTreeMap<ContainerName, String>,
    guests: &BTreeMap<ContainerName, View>,
) -> String {
    let manifest = Manifest { positions: None, ..manifest.clone() };
    // A guest without a key is compared by its options, the only thing known about it.
    let without_key = guests.iter().filter(|(name, _)| !guest_keys.contains_key(*name));
    let without_key: BTreeMap<_, _> = without_key.map(|(name, view)| (name, &view.options)).collect();
    let text = serde_json::to_vec(&(manifest.to_json(), guest_keys, without_key)).expect("string keys only");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Saved {
    /// Saves `plan`, which was made with `options` from a configuration with these [`inputs`].
    pub fn new(source: Source, options: &Options, inputs: String, plan: &Plan) -> Self {
        let only = options.only.as_ref().map(|only| only.iter().cloned().collect());
        let (restart_mode, plan) = (options.restart_mode, value(plan));
        Self { format_version: FORMAT_VERSION, source, only, restart_mode, inputs, plan }
    }

    /// Checks that this plan equals `plan`, which was just made from a configuration with these [`inputs`] and the
    /// current host.
    ///
    /// # Errors
    ///
    /// The first kind of difference that is found.
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
            moved.push("the firewall rules".to_owned());
        }
        if moved.is_empty() && self.plan["order"] != now["order"] {
            moved.push("the order of the steps".to_owned());
        }
        if moved.is_empty() { Ok(()) } else { Err(Moved::Host(moved)) }
    }

    /// Checks the plan made after the build against this one: a possible change may turn out to be none, but no change may
    /// cost more than shown. The exception is a guest that was to switch while it runs, and whose system, now that it is built,
    /// forbids that: such a guest may be restarted, as it would be if only its `switch-to-configuration` said so.
    ///
    /// # Errors
    ///
    /// The changes that cost more than shown.
    pub fn allows(&self, built: &Plan) -> Result<(), Moved> {
        let shown = by_container(&self.plan);
        let mut more: Vec<String> = Vec::new();
        for change in &built.changes {
            let name = change.container.as_ref().map_or("the host", ContainerName::as_str);
            let is_shown = shown.get(name).is_some_and(|shown| {
                let cost = Disruption::named(shown["disruption"].as_str().unwrap_or_default());
                let cost = cost.map(|cost| match cost {
                    Disruption::Reload if change.no_switch.is_some() => Disruption::Restart,
                    cost => cost,
                });
                cost.is_some_and(|cost| change.disruption <= cost)
                    && (!change.wipes_root || shown["wipes_root"] == true)
            });
            if !is_shown {
                more.push(name.to_owned());
            }
        }
        if self.plan["firewall"] != value(built)["firewall"] {
            more.push("the firewall rules".to_owned());
        }
        if more.is_empty() { Ok(()) } else { Err(Moved::More(more)) }
    }
}

fn value(plan: &Plan) -> Value {
    serde_json::from_str(&show::json(plan)).expect("it was just printed")
}

/// The changes by container, without the parts that may legitimately differ: only root can see which paths are kept, and
/// positions may have moved.
fn by_container(plan: &Value) -> BTreeMap<String, Value> {
    let changes = plan["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = |change: &Value| {
        let name = change["container"].as_str().unwrap_or("the host").to_owned();
        let mut change = change.clone();
        if let Some(members) = change.as_object_mut() {
            members.remove("keeps");
        }
        for reason in change["reasons"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            for key in ["file", "line", "column", "before_at"] {
                reason.remove(key);
            }
            for side in ["before", "after"] {
                reason.get_mut(side).into_iter().for_each(diff::strip_positions);
            }
        }
        (name, change)
    };
    changes.iter().map(entry).collect()
}
