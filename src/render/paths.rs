//! The paths that we use on a host (contract §8). No other module spells them.

use std::path::{Path, PathBuf};

use crate::model::ContainerName;

/// Root directories that are kept.
pub const ROOTS: &str = "/var/lib/nixos-containers";
/// Root directories that last as long as the guest runs.
pub const EPHEMERAL_ROOTS: &str = "/run/nixos-containers";
/// The `.conf` files, where `nixos-container` and people look for them.
pub const CONFS: &str = "/etc/nixos-containers";
/// Units that last until the next boot; those below `/etc/systemd/system` outrank them.
pub const UNITS: &str = "/run/systemd/system";
/// Units of the administrator or of NixOS.
pub const NATIVE_UNITS: &str = "/etc/systemd/system";
/// State of the current boot: records and the files behind the `.conf` symlinks.
pub const RUN: &str = "/run/container-rebuild";
/// State that survives a reboot: generations, the journal and the lock.
pub const STATE: &str = "/var/lib/container-rebuild";
/// Our garbage collector roots.
pub const GC_ROOTS: &str = "/nix/var/nix/gcroots/container-rebuild";
/// Named network namespaces, where ip-netns(8) keeps them.
pub const NAMESPACES: &str = "/run/netns";
/// The program that units call: our own copy, or a symlink into the Nix store. It is replaced atomically, so that units
/// need not name the path where the program happens to be installed.
pub const PROGRAM: &str = "/var/lib/container-rebuild/bin/container-rebuild";
/// Nix's profile for all users.
pub const DEFAULT_PROFILE: &str = "/nix/var/nix/profiles/default";
/// The directory of units in a package or a profile.
pub const PACKAGED_UNITS: &str = "lib/systemd/system";
/// The unit that starts the boot generation's containers.
pub const BOOT_SERVICE: &str = "container-rebuild.service";

/// What the host's own NixOS configuration declares, if it has our module run its containers (`services.container-rebuild.enable`).
pub const HOST_MANIFEST: &str = "/etc/container-rebuild/host.json";
/// The lock that NixOS's switch-to-configuration holds while it changes the host.
pub const REBUILD_LOCK: &str = "/run/nixos/switch-to-configuration.lock";

/// Makes systemd-networkd leave interfaces alone that we give an address or a bridge. It comes before the files of everybody else,
/// which may match all Ethernet interfaces.
pub const NETWORKD: &str = "/run/systemd/network/00-container-rebuild.network";
/// Makes systemd-networkd leave interfaces alone that get neither from us. It comes before systemd's own
/// `80-container-ve.network`, and after a file of the administrator that configures such an interface.
pub const NETWORKD_BARE: &str = "/run/systemd/network/79-container-rebuild.network";
/// Makes NetworkManager leave interfaces alone.
pub const NETWORK_MANAGER: &str = "/run/NetworkManager/conf.d/container-rebuild.conf";

/// The host's own names (hosts(5)), among which containers have theirs.
pub const HOSTS: &str = "/etc/hosts";

/// The template of units that put back what the restart of another unit takes away, without `@.service`.
pub const RESTORE_UNIT: &str = "container-rebuild-restore";

/// The file of these units.
pub fn restore_unit() -> PathBuf {
    Path::new(UNITS).join(format!("{RESTORE_UNIT}@.service"))
}

/// The path of the boot service if `install-boot` writes it.
pub fn boot_service() -> PathBuf {
    Path::new(NATIVE_UNITS).join(BOOT_SERVICE)
}

/// The root directory of a container that is not ephemeral.
pub fn root(name: &ContainerName) -> PathBuf {
    Path::new(ROOTS).join(name.as_str())
}

/// The number of hexadecimal digits that distinguish the roots of an ephemeral container.
pub const RUN_DIGITS: usize = 16;

/// The root directory of one run of an ephemeral container. Container names have no underscore, so it cannot collide
/// with another container's.
pub fn ephemeral_root(name: &ContainerName, run: &str) -> PathBuf {
    Path::new(EPHEMERAL_ROOTS).join(format!("{name}_{run}"))
}

/// The container's unit.
pub fn unit(name: &ContainerName) -> PathBuf {
    Path::new(UNITS).join(name.unit())
}

/// The path at which a unit of the administrator or of NixOS outranks [`unit()`].
pub fn outranking_unit(name: &ContainerName) -> PathBuf {
    Path::new(NATIVE_UNITS).join(name.unit())
}

/// Our part of a unit that the host's NixOS configuration declares, which outranks [`unit()`].
pub fn drop_in(name: &ContainerName) -> PathBuf {
    Path::new(UNITS).join(format!("{}.d", name.unit())).join("container-rebuild.conf")
}

/// The directory of [`conf`]s.
pub fn confs() -> PathBuf {
    PathBuf::from(CONFS)
}

/// The `.conf` at the path where others look for it: a symlink to [`conf_target`].
pub fn conf(name: &ContainerName) -> PathBuf {
    confs().join(format!("{name}.conf"))
}

/// The read-only file behind [`conf`]. `nixos-container destroy` refuses a container whose `.conf` is a symlink.
pub fn conf_target(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("conf").join(format!("{name}.conf"))
}

/// The directory that marks, by an empty file each, the containers whose unit files were written since systemd last
/// read its units.
pub fn unread_units() -> PathBuf {
    Path::new(RUN).join("unread")
}

/// The directory that marks, by an empty file each, the network managers that have not read what was written for them.
pub fn unread_managers() -> PathBuf {
    Path::new(RUN).join("unread-managers")
}

/// The directory of [`record`]s.
pub fn records() -> PathBuf {
    Path::new(RUN).join("containers")
}

/// The record that the container's next start brings up.
pub fn record(name: &ContainerName) -> PathBuf {
    records().join(format!("{name}.json"))
}

/// The directory of [`booted`] records.
pub fn booted_records() -> PathBuf {
    Path::new(RUN).join("booted")
}

/// The record that the running container was started with.
pub fn booted(name: &ContainerName) -> PathBuf {
    booted_records().join(format!("{name}.json"))
}

/// What the symlinks among the sources of the running container's bind mounts led to when they were mounted.
pub fn bound_sources(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("sources").join(format!("{name}.json"))
}

/// The note that the container's last start failed, and the reason that every user may read.
pub fn failed_start(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("failed").join(format!("{name}.json"))
}

/// The last lines of the guest's journal from a failed run. Only root may read them.
pub fn last_log(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("last-log").join(name.as_str())
}

/// The network namespace that is created before a container with a veth pair starts (ip-netns(8) lists it).
pub fn namespace(name: &ContainerName) -> PathBuf {
    Path::new(NAMESPACES).join(format!("container-{name}"))
}

/// The guest's `/nix/var/nix/profiles` on the host.
pub fn guest_profiles(name: &ContainerName) -> PathBuf {
    Path::new("/nix/var/nix/profiles/per-container").join(name.as_str())
}

/// The guest's `/nix/var/nix/gcroots` on the host.
pub fn guest_gc_roots(name: &ContainerName) -> PathBuf {
    Path::new("/nix/var/nix/gcroots/per-container").join(name.as_str())
}

/// The directory of the mapped bind mounts of a guest with private users, numbered.
pub fn mapped(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("mapped").join(name.as_str())
}

/// The former values of host-wide sysctls that were set for rules.
pub fn former_sysctls() -> PathBuf {
    Path::new(RUN).join("sysctls.json")
}

/// The number of the generation that this boot started.
pub fn booted_generation() -> PathBuf {
    Path::new(RUN).join("booted-generation")
}

/// The number of the generation that was applied last in this boot; 0 for none.
pub fn current_generation() -> PathBuf {
    Path::new(RUN).join("current-generation")
}

/// A file that exists while an applied generation waits to be confirmed; it contains the ID of the process that waits.
pub fn unconfirmed() -> PathBuf {
    Path::new(RUN).join("unconfirmed")
}

/// The directory of temporary garbage collector roots during a build.
pub fn builds() -> PathBuf {
    Path::new(RUN).join("builds")
}

/// The directory of [`generation`]s.
pub fn generations() -> PathBuf {
    Path::new(STATE).join("generations")
}

/// A generation as JSON.
pub fn generation(number: u32) -> PathBuf {
    generations().join(format!("{number}.json"))
}

/// A symlink to the generation that the next boot starts.
pub fn boot_generation() -> PathBuf {
    Path::new(STATE).join("boot.json")
}

/// The journal of the apply in hand.
pub fn journal() -> PathBuf {
    Path::new(STATE).join("journal")
}

/// The result of the last switch.
pub fn last_switch() -> PathBuf {
    Path::new(STATE).join("last-switch.json")
}

/// The lock, held by the process that changes the host.
pub fn lock() -> PathBuf {
    Path::new(STATE).join("lock")
}

/// The path of the garbage collector root `root`, one of the names below.
pub fn gc_root(root: &str) -> PathBuf {
    Path::new(GC_ROOTS).join(root)
}

/// The name of the root that holds a container's system in a generation.
pub fn generation_root(number: u32, name: &ContainerName) -> String {
    format!("generation-{number}-{name}")
}

/// The name of the root that holds the system that the running container booted with.
pub fn booted_root(name: &ContainerName) -> String {
    format!("booted-{name}")
}

/// The name of the root that holds the system of the container's written record.
pub fn current_root(name: &ContainerName) -> String {
    format!("current-{name}")
}

/// The name of the root that holds [`PROGRAM`] with its `nft`.
pub const OWN_ROOT: &str = "container-rebuild";
/// The name of the root that holds the next [`PROGRAM`] while it is being installed, so that the garbage collector
/// cannot take it.
pub const NEXT_OWN_ROOT: &str = "container-rebuild-next";
