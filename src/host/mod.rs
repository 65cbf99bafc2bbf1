//! The world: everything that happens outside this process happens here.

mod bus;
mod durable;
mod ephemeral;
pub mod files;
pub mod install_boot;
pub mod launch;
pub mod linux;
pub mod machined;
pub mod memory;
pub mod netlink;
pub mod netns;
mod nft;
pub mod nix;
mod notify;
mod probe;
pub mod root;
mod sysctl;
pub mod systemd;
