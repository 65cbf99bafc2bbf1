//! What became of the last switch: kept on the host, so that it can be known where nobody saw its end.

use serde::{Deserialize, Serialize};

/// The last switch that changed something, or began to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSwitch {
    /// [`crate::model::FORMAT_VERSION`].
    pub format_version: u32,
    /// When it began to change the host, in seconds since 1970.
    pub begun: u64,
    /// When it had ended; `None` until then, and for ever where it was killed.
    pub ended: Option<u64>,
    /// The configuration, as in a generation.
    pub source: String,
    /// Its process.
    pub process: u32,
    /// How it ended.
    pub outcome: Option<SwitchOutcome>,
    /// What it had to say of what it did not do.
    pub messages: Vec<String>,
}

/// How a switch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SwitchOutcome {
    /// All was done.
    Done,
    /// Something failed.
    Failed,
    /// The user stopped it before all was done.
    Interrupted,
    /// It has not ended (never in the file).
    Running,
    /// It was killed (never in the file).
    Died,
}

impl LastSwitch {
    /// How it ended, where it is known whether its process still holds the lock.
    pub fn outcome(&self, is_running: bool) -> SwitchOutcome {
        match self.outcome {
            Some(outcome) => outcome,
            None if is_running => SwitchOutcome::Running,
            None => SwitchOutcome::Died,
        }
    }
}
