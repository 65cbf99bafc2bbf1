//! Comparisons with real Nix beyond stored results, and limits that hold for optimised builds (`make conformance`).
//!
//! `tests/fixtures` compares the stored results themselves.

#[path = "../reference/compare.rs"]
mod compare;
mod differential;
mod fetch_git;
mod hostile;
mod module_programs;
mod random;
#[path = "../reference/mod.rs"]
mod reference;
