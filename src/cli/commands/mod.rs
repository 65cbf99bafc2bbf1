//! The commands, one file for each or for a few related ones.

pub(super) mod boot;
pub(super) mod build;
pub(super) mod check;
pub(super) mod doctor;
pub(super) mod documents;
pub(super) mod eval;
pub(super) mod firewall;
pub(super) mod fix;
pub(super) mod generations;
pub(super) mod guest;
pub(super) mod hook;
pub(super) mod internal;
pub(super) mod lifecycle;
pub(super) mod plan;
pub(super) mod status;
pub(super) mod switch;
