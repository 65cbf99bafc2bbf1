//! The stages of a command, which its log lines name.

use tracing::span::EnteredSpan;

/// The target of their spans, by which the log tells them from others.
pub(crate) const TARGET: &str = "stage";

/// A stage of a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// Reads the configuration.
    Evaluate,
    /// Looks at the host and compares.
    Plan,
    /// Has Nix evaluate and build guest systems.
    Build,
    /// Changes the host.
    Apply,
}

impl Stage {
    /// Begins it on this thread, until the result is dropped. Errors are logged at any verbosity, so the spans that say
    /// where they belong have their level.
    pub(super) fn begin(self) -> EnteredSpan {
        match self {
            Self::Evaluate => tracing::error_span!(target: TARGET, "evaluate"),
            Self::Plan => tracing::error_span!(target: TARGET, "plan"),
            Self::Build => tracing::error_span!(target: TARGET, "build"),
            Self::Apply => tracing::error_span!(target: TARGET, "apply"),
        }
        .entered()
    }
}
