//! A builder in memory: it knows the system of each container, or fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::apply::{BuildError, Builder, Built, NixContainer, Source};
use crate::model::ContainerName;

/// The builder.
#[derive(Debug, Default)]
pub struct MemoryBuilder(Mutex<Builds>);

/// What is to be built, and what was.
#[derive(Debug, Default)]
pub struct Builds {
    /// Whether the builder is missing.
    pub is_missing: bool,
    /// Whether builds fail.
    pub fails: bool,
    /// The system of each container that can be evaluated.
    pub systems: BTreeMap<ContainerName, PathBuf>,
    /// The containers that were evaluated, in order.
    pub evaluated: Vec<ContainerName>,
}

impl MemoryBuilder {
    /// A builder that knows these systems.
    pub fn new(systems: impl IntoIterator<Item = (ContainerName, PathBuf)>) -> Self {
        Self(Mutex::new(Builds { systems: systems.into_iter().collect(), ..Builds::default() }))
    }

    /// Locks its state, for reading and changing.
    pub fn builds(&self) -> MutexGuard<'_, Builds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Builder for MemoryBuilder {
    fn is_installed(&self) -> bool {
        !self.builds().is_missing
    }

    fn evaluate(
        &self,
        _: &Source,
        names: &[ContainerName],
    ) -> Result<BTreeMap<ContainerName, NixContainer>, BuildError> {
        let mut builds = self.builds();
        builds.evaluated.extend_from_slice(names);
        let evaluated = |name: &ContainerName| {
            let unexpected = || BuildError::Unexpected { reason: format!("`{name}` is missing") };
            let system = builds.systems.get(name).cloned().ok_or_else(unexpected)?;
            let derivation = Some(format!("{}.drv", Path::new(&system).display()));
            Ok((name.clone(), NixContainer { options: serde_json::json!({}), derivation, system }))
        };
        names.iter().map(evaluated).collect()
    }

    fn build(&self, _: &BTreeMap<ContainerName, NixContainer>) -> Result<Built, BuildError> {
        if self.builds().fails {
            let log = vec![String::from("builder for 'guest.drv' failed")];
            return Err(BuildError::Failed { what: "nix build", status: String::from("exit status: 1"), log });
        }
        Ok(Box::new(()))
    }
}
