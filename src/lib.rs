//! `container-rebuild`: what `nixos-rebuild` is to a NixOS host, for its containers alone.
//!
//! Data flows one way; each layer may import those above it in this table, and none below.
//!
//! | layer | takes → gives |
//! |---|---|
//! | [`source`] | paths → texts, positions, spans |
//! | [`diag`] | – → diagnostics as data, and their renderers |
//! | [`syntax`] | texts → expressions, or all their syntax errors |
//! | [`eval`] | expressions → values, known or unknown |
//! | [`model`] | – → manifest (what was typed) → spec (what is meant) |
//! | [`modules`] | module files → one configuration, as a manifest |
//! | [`render`] | spec → unit, `.conf`, arguments of nspawn, nftables rules |
//! | [`lint`] | a manifest and what is said beside it → what is probably not meant |
//! | [`state`] | – → what is observed of a host |
//! | [`plan`] | what is, and what is wanted → changes, reasons, costs, rules, a graph of steps |
//! | [`apply`] | plan → events, through the trait `Host` |
//! | [`cli`] | arguments, terminal, signals → exit codes |
//! | [`host`] | the world, behind the traits of the layers above |

// One file prints, `cli/output.rs`: these panic where nobody reads.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod apply;
pub mod cli;
pub mod diag;
pub mod eval;
pub mod host;
pub mod lint;
pub mod model;
pub mod modules;
pub mod plan;
pub mod render;
pub mod source;
pub mod state;
pub mod syntax;
