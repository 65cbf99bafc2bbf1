//! Computes store paths without reading or writing a store.
//!
//! Given contents, files (through [`crate::source::Files`]) or derivations, it returns the hashes and store paths that
//! Nix computes.
//!
//! Invariants:
//! - Pure: it writes nothing and never queries a store.
//! - Paths are absolute texts (`/nix/store/HASH-NAME`); only this store directory is supported.
//!
//! Source: Nix's manual, "Store Path Specification", "Nix Archive Format" and "Derivation ATerm Format".

pub(super) mod base32;
pub(super) mod derivation;
pub(super) mod hash;
pub(super) mod nar;
pub(super) mod path;

/// The store path of a source tree with this NAR hash (`sha256-…`), as flake inputs have it.
pub fn source_path(nar_hash: &str) -> Option<String> {
    let hash = hash::Hash::parse(nar_hash, None).ok()?;
    path::fixed("source", path::Method::Recursive, &hash).ok()
}
