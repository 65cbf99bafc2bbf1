//! What the commands do, as functions of plain options.
//!
//! Takes: options, and the outside world behind traits: [`Disk`] and [`Clock`] for what a configuration is read from,
//! [`LiveHost`] and [`GuestHost`] for the host, and [`Ui`] for whoever follows. Gives: typed results, which `cli` turns into text and exit codes.
//!
//! Invariants:
//! - Nothing here prints, or touches the world except through those traits: tests run the same workflows in memory.
//! - Findings that precede a result are shown through [`Ui`] in the order in which they come up; those that prevent it
//!   are the error.

mod ahead;
mod boot;
mod boot_service;
mod build;
mod carry_out;
mod check;
mod configuration;
mod confirm;
mod context;
mod disk;
mod doctor;
mod duration;
mod edits;
mod environment;
mod eval;
mod expression;
mod failed;
mod findings;
mod firewall;
mod fix;
mod generation;
mod guest;
mod hook;
mod last_switch;
mod lifecycle;
mod limits;
mod live_host;
mod load;
mod nix_settings;
mod only;
mod options;
mod plan;
mod purge;
mod reading;
mod ready;
mod release;
mod restore;
mod rollback;
mod saved;
mod sides;
mod size;
mod sources;
mod stage;
mod status;
mod switch;
mod target;
mod trial;
mod ui;

pub use boot::boot;
pub use boot_service::in_configuration;
pub use build::{BuiltSystems, build};
pub use carry_out::{Applied, ApplyOptions};
pub use check::check;
pub use configuration::Configuration;
pub use confirm::undo_unconfirmed;
pub use context::Context;
pub use disk::Disk;
pub use doctor::{Check, doctor};
pub use duration::duration;
pub use edits::with_edits;
pub use environment::{Clock, Environment};
pub use eval::{Show, Shown, eval};
pub use expression::{Expression, ExpressionOptions, expressions};
pub use findings::of_units;
pub use firewall::firewall;
pub use fix::{Fixed, fix};
pub use guest::{GuestCommand, GuestHost, JournalOf, JournalOptions, logs, run_in_guest};
pub use hook::{hand_back, plan_of_host, reconcile};
pub use lifecycle::{Job, lifecycle};
pub use limits::Limits;
pub use live_host::{KeptState, LiveHost, Lock, LockError, MountLeft, NoRoom, Room};
pub use load::load;
pub use nix_settings::NixSettings;
pub use options::ConfigOptions;
pub use plan::{Planned, observe, plan, plan_all_hosts, plan_from};
pub use purge::purge;
pub use reading::{Loaded, WithNotes};
pub use ready::lock;
pub use release::release;
pub use restore::restore;
pub use rollback::{generations, rollback};
pub use saved::{config_of_plan, save_plan, saved_plan};
pub use size::size;
pub(crate) use stage::TARGET as STAGES;
pub use status::{Row, Status, status};
pub use switch::{SwitchOptions, SwitchResult, switch};
pub use trial::{TrialOptions, TrialResult, try_out};
pub use ui::{Run, Ui, Work};

#[cfg(test)]
mod tests;
