//! The world: everything that happens outside this process happens here.

mod bus;
mod durable;
mod ephemeral;
pub mod files;
pub mod launch;
pub mod machined;
pub mod netlink;
pub mod netns;
pub mod nix;
mod notify;
pub mod root;
mod sysctl;
pub mod systemd;
