//! Everything outside this process: D-Bus, netlink, nftables, Nix, git and files.

mod apply_journal;
mod atomic_file;
mod boot_package;
mod bus;
mod cgroup_freezer;
pub(crate) mod checkout;
mod child;
mod confirmation;
mod conntrack;
mod damage;
pub mod disk;
pub(crate) mod ending;
pub mod files;
mod former_sysctls;
mod generations;
pub mod git;
pub(crate) mod guest;
mod idmap;
mod immutable;
pub(crate) mod install_boot;
pub(crate) mod journal;
pub(crate) mod journalctl;
mod kept_state;
mod kill_point;
mod last_switch;
pub(crate) mod last_words;
pub(crate) mod launch;
mod leftovers;
pub(crate) mod linux;
mod live;
mod live_host;
pub(crate) mod look;
pub(crate) mod machined;
pub mod memory;
pub(crate) mod mounts;
pub(crate) mod netlink;
pub(crate) mod netns;
mod nft;
pub(crate) mod nix;
mod notify;
mod own_program;
mod owner;
mod probe;
pub mod process;
mod programs;
mod ready;
pub(crate) mod root;
mod scratch;
mod sysctl;
pub(crate) mod systemd;
pub(crate) mod waiting;
mod wipe;
mod within;

#[cfg(test)]
#[path = "../../tests/namespaces/mod.rs"]
mod namespaces;
