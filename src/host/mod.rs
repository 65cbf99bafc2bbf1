//! The world: everything that happens outside this process happens here.

mod bus;
mod durable;
pub mod files;
mod gate;
pub mod git;
pub mod guest;
mod idmap;
pub mod install_boot;
pub mod launch;
mod leftovers;
pub mod linux;
mod live;
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
