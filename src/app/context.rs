//! What every workflow works with.

use super::disk::Disk;
use super::environment::{Clock, Environment};
use super::ui::Ui;
use crate::model::ContainerName;
use crate::source::SourceMap;

/// The surroundings of a workflow.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// This process and its machine.
    pub environment: &'a Environment,
    /// Where configurations come from.
    pub disk: &'a dyn Disk,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The texts that were read, to which positions in findings refer.
    pub sources: &'a SourceMap,
    /// The containers to work on; all if it is empty (`--only`).
    pub only: &'a [ContainerName],
    /// Follows the workflow.
    pub ui: &'a dyn Ui,
}

impl Context<'_> {
    /// Whether `--only` includes a container.
    pub fn covers(&self, name: &ContainerName) -> bool {
        self.only.is_empty() || self.only.contains(name)
    }
}
