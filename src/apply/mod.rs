//! Carries out a plan through [`Host`].
//!
//! Takes: a plan, exactly as it was shown. Gives: events while it works. Afterwards the host matches the plan; each
//! container whose step failed runs as it did before.

mod builder;
mod execute;
mod health_check;
mod host;
mod interfaces;
mod live;
pub(crate) mod queue;
mod reload;
mod restore;
mod rules;
mod units;

pub use crate::render::nft::Sysctl;
pub use builder::{BuildError, Builder, Built, Frame, NixContainer, Source};
pub use execute::{Applier, Degraded, Event, Reached, Report, files};
pub use host::{BusCall, ContainerFiles, Host, HostError, Operation};
pub use live::Switched;
