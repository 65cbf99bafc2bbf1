//! How a plan is applied: what to ask first, how far to go, and what counts as a failure.

use clap::{Args, ValueEnum};

use crate::plan::RestartMode;

/// Confirmation before changes.
#[derive(Debug, Clone, Args)]
pub(crate) struct AskArgs {
    /// Apply without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Allow a configuration from another source than the last one, or one that removes more than half of the
    /// containers.
    #[arg(long)]
    pub allow_remove: bool,
}

/// The longest wait for a confirmation: a day, in seconds.
const MOST_PATIENCE: u64 = 24 * 60 * 60;

/// How to apply a plan.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ApplyArgs {
    /// Go on with other containers after a step has failed. Without this, no further step begins.
    #[arg(long)]
    pub keep_going: bool,
    /// Wait for another process that changes this host, instead of failing.
    #[arg(long)]
    pub wait: bool,
    /// Go back to the former generation unless this one is confirmed within SECONDS, on the terminal or by
    /// `container-rebuild confirm`.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST_PATIENCE))]
    pub confirm: Option<u64>,
}

/// How to treat degraded guests: guests that run, but have failed units.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct DegradedArgs {
    /// How failed units in a guest affect the exit status. The guest is not rolled back either way.
    #[arg(long, value_enum, value_name = "WHAT", default_value = "warn")]
    pub degraded: OnDegraded,
}

/// The values of `--degraded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnDegraded {
    /// Warn, and exit with 0.
    Warn,
    /// Warn, and exit with 1, unless all of these units had failed before.
    Fail,
}

/// How far running containers may be disrupted.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RestartArgs {
    /// How to bring running containers up to date.
    #[arg(long, value_enum, value_name = "MODE", default_value = "auto")]
    pub restart_mode: RestartModeArg,
}

/// The values of `--restart-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RestartModeArg {
    /// In the least disruptive way.
    Auto,
    /// Only in place: a change that needs a restart waits for the next start.
    Reload,
    /// By a restart, even if a reload would do.
    Restart,
    /// Not at all: every change waits for the container's next start.
    Never,
}

impl From<RestartModeArg> for RestartMode {
    fn from(mode: RestartModeArg) -> Self {
        match mode {
            RestartModeArg::Auto => Self::Auto,
            RestartModeArg::Reload => Self::Reload,
            RestartModeArg::Restart => Self::Restart,
            RestartModeArg::Never => Self::Never,
        }
    }
}
