//! The world: everything that happens outside this process happens here.

pub mod files;
pub mod nix;
