//! `container-rebuild`: `nixos-rebuild` for NixOS containers, without rebuilding the host.
//!
//! Data flows one way: each layer may import the layers above it in this table, and none below.
//!
//! | layer | takes → gives |
//! |---|---|
//! | [`source`] | paths → source texts, positions, spans |
//! | [`diag`] | – → diagnostics as data, and their renderers |
//! | [`code`] | – → expressions with resolved variables, strings, the shapes of sets: what is run |
//! | [`syntax`] | source texts → code, or all syntax errors |
//! | [`eval`] | expressions → values, known or unknown |
//! | [`model`] | – → manifest (the options as typed) → spec (what they mean) |
//! | [`modules`] | module files → one configuration, as a manifest |
//! | [`render`] | spec → unit, `.conf`, nspawn arguments, nftables rules |
//! | [`lint`] | a manifest, and the host's and guests' other options → probable mistakes |
//! | [`state`] | – → the observed state of a host |
//! | [`plan`] | current and wanted state → changes, reasons, costs, rules, a graph of steps |
//! | [`apply`] | plan → events, through the trait `Host` |
//! | [`app`] | options, the outside world behind traits → what the commands do |
//! | [`host`] | the outside world, behind the traits of the layers above |
//! | [`cli`] | arguments, terminal, signals → exit codes |

// Only `cli/output.rs` prints: `println!` and `eprintln!` panic if the reader has gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]
// The evaluator has functions for the modules above it, which may be left out.
#![cfg_attr(not(feature = "containers"), allow(dead_code, unused_imports))]

#[cfg(feature = "containers")]
pub mod app;
#[cfg(feature = "containers")]
pub mod apply;
#[cfg(feature = "containers")]
mod cli;
pub mod code;
pub mod diag;
pub mod eval;
#[cfg(feature = "containers")]
pub mod host;
#[cfg(feature = "containers")]
pub mod lint;
#[cfg(feature = "containers")]
pub mod model;
#[cfg(feature = "containers")]
pub mod modules;
#[cfg(feature = "containers")]
pub mod plan;
#[cfg(feature = "containers")]
pub mod render;
pub mod source;
#[cfg(feature = "containers")]
pub mod state;
pub mod syntax;

#[cfg(feature = "containers")]
pub use cli::main;
