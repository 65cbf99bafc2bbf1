//! The commands, one file for each or for a few related ones.

pub(super) mod boot;
pub(super) mod build;
pub(super) mod check;
pub(super) mod documents;
pub(super) mod eval;
mod failed;
pub(super) mod firewall;
pub(super) mod fix;
pub(super) mod guest;
mod health;
pub(super) mod internal;
mod last_switch;
pub(super) mod lifecycle;
pub(super) mod plan;
mod ready;
mod saved;
pub(super) mod status;
mod steps;
pub(super) mod switch;
