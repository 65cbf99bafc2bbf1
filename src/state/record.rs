//! What one container was given: the next start brings it up, and a running one acts as it was booted with.

use serde::{Deserialize, Serialize};

use crate::model::settings::Settings;
use crate::model::spec::ContainerSpec;
use crate::model::{Container, Positions};

/// The state that one container was given: kept as JSON beside its unit, and copied when the container boots with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`crate::model::FORMAT_VERSION`].
    pub format_version: u32,
    /// The container's options as configured, with `path` filled in.
    pub container: Container,
    /// The checked specification; the launcher runs exactly this.
    pub spec: ContainerSpec,
    /// The key of the guest's configuration, which shows without Nix whether the guest changed; `None` if `path` was
    /// given.
    pub guest_key: Option<String>,
    /// Our own options for it (`services.container-rebuild.containers.<name>`).
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// The positions of the options (paths relative to the container, or for our own to their set).
    pub positions: Positions,
}
