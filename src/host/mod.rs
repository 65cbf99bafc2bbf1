//! The world: everything that happens outside this process happens here.

mod bus;
mod durable;
pub mod files;
pub mod machined;
pub mod netlink;
pub mod netns;
pub mod nix;
pub mod root;
mod sysctl;
pub mod systemd;
