//! Does what a plan says, through [`Host`].
//!
//! Takes: a plan, as it was shown. Gives: events, and at the end a host that looks as planned, or one that looks as
//! before for each container that failed.

mod builder;
mod execute;
mod host;
mod live;
pub mod queue;
mod rules;
mod units;

pub use crate::render::nft::Sysctl;
pub use builder::{BuildError, Builder, Built, Frame, NixContainer, Source};
pub use execute::{Applier, Degraded, Event, Reached, Report, files};
pub use host::{ContainerFiles, Host, HostError};
pub use live::{LiveChange, Switched};
