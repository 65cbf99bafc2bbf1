//! The Nix store as arithmetic: which path something would have, without a store being there or written to.
//!
//! Takes: contents, files (through [`crate::source::Files`]) and derivations. Gives: hashes and store paths, the same that
//! Nix computes.
//!
//! Invariants:
//! - Pure: nothing is written, and a path is never asked of a store.
//! - Paths are texts from the root on (`/nix/store/HASH-NAME`), in the only store directory that this program knows.
//!
//! Source: Nix's manual, "Store Path Specification", "Nix Archive Format" and "Derivation ATerm Format".

pub(super) mod base32;
pub(super) mod derivation;
pub(super) mod hash;
pub(super) mod nar;
pub(super) mod path;

/// The store path of a source tree with this hash (`sha256-…`, of its NAR), as flake inputs have it.
pub fn source_path(nar_hash: &str) -> Option<String> {
    let hash = hash::Hash::parse(nar_hash, None).ok()?;
    path::fixed("source", path::Method::Recursive, &hash).ok()
}
