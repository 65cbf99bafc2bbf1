//! `container-rebuild`: what `nixos-rebuild` is to a NixOS host, for its containers alone.
//!
//! Data flows one way; each layer may import those above it in this table, and none below.
//!
//! | layer | takes → gives |
//! |---|---|
//! | [`source`] | paths → texts, positions, spans |
//! | [`diag`] | – → diagnostics as data, and their renderers |
//! | [`model`] | configuration → manifest (what was typed) → spec (what is meant) |
//! | [`render`] | spec → unit, `.conf`, arguments of nspawn, nftables rules |
//! | [`state`] | – → what is observed of a host |
//! | [`plan`] | what is, and what is wanted → changes, reasons, costs, rules, a graph of steps |

pub mod apply;
pub mod diag;
pub mod model;
pub mod plan;
pub mod render;
pub mod source;
pub mod state;
