//! The limits of an evaluation.

use super::environment::Environment;
use super::options::ConfigOptions;
use crate::eval::Settings;

/// Limits of a restricted evaluation, whose configuration is not trusted. A large host needs a small fraction of them.
const RESTRICTED_MEMORY: usize = 4 << 30;
const RESTRICTED_SECONDS: u64 = 60;
/// The time limit without `--restrict`. A whole NixOS with its packages needs a fraction of it.
const MOST_SECONDS: u64 = 600;

/// The limits of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In bytes.
    pub memory: usize,
    /// From the start of the evaluation.
    pub seconds: u64,
}

impl Limits {
    /// The user's limits, or else defaults: lower ones for a restricted evaluation, and never so much memory that the
    /// kernel might run out of it.
    pub fn of(config: &ConfigOptions, environment: &Environment, restricted: bool) -> Self {
        let (memory, seconds) = if restricted {
            (RESTRICTED_MEMORY, RESTRICTED_SECONDS)
        } else {
            (Settings::default().most_memory, MOST_SECONDS)
        };
        let default = memory.min(environment.memory / 2);
        Self {
            memory: config.max_memory.map_or(default, |mib| mib.saturating_mul(1 << 20)),
            seconds: config.max_time.unwrap_or(seconds),
        }
    }
}
