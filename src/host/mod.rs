//! Everything outside this process: D-Bus, netlink, nftables, Nix, git and files.

mod atomic_file;
mod boot_package;
mod bus;
mod cgroup_freezer;
pub mod checkout;
mod child;
mod conntrack;
mod damage;
pub mod ending;
pub mod files;
mod former_sysctls;
mod generations;
pub mod git;
pub mod guest;
mod idmap;
mod immutable;
pub mod install_boot;
pub mod journal;
pub mod journalctl;
pub mod last_switch;
pub mod last_words;
pub mod launch;
mod leftovers;
pub mod linux;
mod live;
pub mod look;
pub mod machined;
pub mod memory;
pub mod mounts;
pub mod netlink;
pub mod netns;
mod nft;
pub mod nix;
mod notify;
mod own_program;
mod owner;
mod probe;
pub(crate) mod programs;
pub mod ready;
pub mod root;
mod scratch;
mod sysctl;
pub mod systemd;
pub mod waiting;
mod wipe;
mod within;

#[cfg(test)]
#[path = "../../tests/namespaces/mod.rs"]
mod namespaces;
