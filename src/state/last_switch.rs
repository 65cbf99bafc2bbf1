//! The result of the last switch, kept on the host for users who did not see how it ended.

use serde::{Deserialize, Serialize};

/// The last switch that changed something, or started to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSwitch {
    /// [`crate::model::FORMAT_VERSION`].
    pub format_version: u32,
    /// When it started to change the host, in seconds since 1970.
    pub begun: u64,
    /// When it ended, in seconds since 1970; `None` while it runs, and for good if it was killed.
    pub ended: Option<u64>,
    /// The configuration, as in a generation.
    pub source: String,
    /// Its process ID.
    pub process: u32,
    /// How it ended.
    pub outcome: Option<SwitchOutcome>,
    /// Messages about what it did not do.
    pub messages: Vec<String>,
}

/// How a switch ended, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SwitchOutcome {
    /// Every action succeeded.
    Done,
    /// An action failed.
    Failed,
    /// The user stopped it before it was done.
    Interrupted,
    /// It is still running (never stored in the file).
    Running,
    /// It was killed (never stored in the file).
    Died,
}

impl LastSwitch {
    /// How it ended, given whether its process still holds the lock.
    pub fn outcome(&self, is_running: bool) -> SwitchOutcome {
        match self.outcome {
            Some(outcome) => outcome,
            None if is_running => SwitchOutcome::Running,
            None => SwitchOutcome::Died,
        }
    }
}
