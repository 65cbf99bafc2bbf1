//! The world: everything that happens outside this process happens here.

pub mod nix;
