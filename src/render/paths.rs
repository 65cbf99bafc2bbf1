//! Where things are on a host (contract §8). Nobody else spells these paths.

use std::path::{Path, PathBuf};

use crate::model::ContainerName;

/// Guests' roots that are kept.
pub const ROOTS: &str = "/var/lib/nixos-containers";
/// Guests' roots that last as long as the guest runs.
pub const EPHEMERAL_ROOTS: &str = "/run/nixos-containers";
/// The `.conf` files, where `nixos-container` and people look for them.
pub const CONFS: &str = "/etc/nixos-containers";
/// Units that last until the next boot; those below `/etc/systemd/system` outrank them.
pub const UNITS: &str = "/run/systemd/system";
/// Units that the administrator, or NixOS, owns.
pub const NATIVE_UNITS: &str = "/etc/systemd/system";
/// What is known of this boot only: records and the files behind the `.conf` links.
pub const RUN: &str = "/run/container-rebuild";
/// What outlives a boot: generations, the journal and the lock.
pub const STATE: &str = "/var/lib/container-rebuild";
/// Our roots for Nix's garbage collector.
pub const GC_ROOTS: &str = "/nix/var/nix/gcroots/container-rebuild";
/// Named network namespaces, where ip-netns(8) keeps them.
pub const NAMESPACES: &str = "/run/netns";
/// The program that units call, whoever wrote them: our own copy of it, or a symlink to it in the Nix store. It is replaced
/// atomically, so that units never have to name where a program happened to be installed.
pub const PROGRAM: &str = "/var/lib/container-rebuild/bin/container-rebuild";
/// The profile of Nix that belongs to all users.
pub const DEFAULT_PROFILE: &str = "/nix/var/nix/profiles/default";
/// Units in a package or a profile.
pub const PACKAGED_UNITS: &str = "lib/systemd/system";
/// The unit that brings the boot generation up.
pub const BOOT_SERVICE: &str = "container-rebuild.service";

/// The boot service where `install-boot` writes it.
pub fn boot_service() -> PathBuf {
    Path::new(NATIVE_UNITS).join(BOOT_SERVICE)
}

/// The root of a container that keeps it.
pub fn root(name: &ContainerName) -> PathBuf {
    Path::new(ROOTS).join(name.as_str())
}

/// How many hexadecimal digits tell the roots of an ephemeral container apart.
pub const RUN_DIGITS: usize = 16;

/// The root of one run of an ephemeral container. No name of a container has an underscore, so that it is nobody else's.
pub fn ephemeral_root(name: &ContainerName, run: &str) -> PathBuf {
    Path::new(EPHEMERAL_ROOTS).join(format!("{name}_{run}"))
}

/// The per-instance unit.
pub fn unit(name: &ContainerName) -> PathBuf {
    Path::new(UNITS).join(name.unit())
}

/// Where a unit of the administrator's, or of NixOS, outranks [`unit()`].
pub fn outranking_unit(name: &ContainerName) -> PathBuf {
    Path::new(NATIVE_UNITS).join(name.unit())
}

/// The directory of [`conf`]s.
pub fn confs() -> PathBuf {
    PathBuf::from(CONFS)
}

/// The `.conf` as others see it: a link to [`conf_target`].
pub fn conf(name: &ContainerName) -> PathBuf {
    confs().join(format!("{name}.conf"))
}

/// The read-only file behind [`conf`]. A link keeps `nixos-container destroy` from taking the container for its own.
pub fn conf_target(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("conf").join(format!("{name}.conf"))
}

/// Where the containers are noted whose unit files were written since systemd read its units, an empty file each.
pub fn unread_units() -> PathBuf {
    Path::new(RUN).join("unread")
}

/// The directory of [`record`]s.
pub fn records() -> PathBuf {
    Path::new(RUN).join("containers")
}

/// What the next start of the container brings.
pub fn record(name: &ContainerName) -> PathBuf {
    records().join(format!("{name}.json"))
}

/// The directory of [`booted`] records.
pub fn booted_records() -> PathBuf {
    Path::new(RUN).join("booted")
}

/// What the container that runs was started with.
pub fn booted(name: &ContainerName) -> PathBuf {
    booted_records().join(format!("{name}.json"))
}

/// That the last start of the container failed, and why; what everybody may know of it.
pub fn failed_start(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("failed").join(format!("{name}.json"))
}

/// The last lines of the guest's journal from a run that failed. Only root may read it.
pub fn last_log(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("last-log").join(name.as_str())
}

/// The network namespace that is made before a container with a veth pair starts (ip-netns(8) lists it).
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

/// The directory of what is bound into a guest with private users: mounts of what the host has, mapped to these users, by number.
pub fn mapped(name: &ContainerName) -> PathBuf {
    Path::new(RUN).join("mapped").join(name.as_str())
}

/// What sysctls of the whole host were before they were set for rules.
pub fn former_sysctls() -> PathBuf {
    Path::new(RUN).join("sysctls.json")
}

/// The number of the generation that this boot brought up.
pub fn booted_generation() -> PathBuf {
    Path::new(RUN).join("booted-generation")
}

/// The directory of temporary roots for the garbage collector, while something is built.
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

/// A link to the generation that the next boot brings up.
pub fn boot_generation() -> PathBuf {
    Path::new(STATE).join("boot.json")
}

/// What an apply that is under way has done so far.
pub fn journal() -> PathBuf {
    Path::new(STATE).join("journal.json")
}

/// What became of the last switch.
pub fn last_switch() -> PathBuf {
    Path::new(STATE).join("last-switch.json")
}

/// Held by whoever changes the host.
pub fn lock() -> PathBuf {
    Path::new(STATE).join("lock")
}

/// The garbage collector root called `root`, one of the names below.
pub fn gc_root(root: &str) -> PathBuf {
    Path::new(GC_ROOTS).join(root)
}

/// The root that holds a generation's system of a container.
pub fn generation_root(number: u32, name: &ContainerName) -> String {
    format!("generation-{number}-{name}")
}

/// The root that holds what the running container booted with.
pub fn booted_root(name: &ContainerName) -> String {
    format!("booted-{name}")
}

/// The root that holds what the container was last told to be.
pub fn current_root(name: &ContainerName) -> String {
    format!("current-{name}")
}

/// The root that holds [`PROGRAM`], with its `nft`.
pub const OWN_ROOT: &str = "container-rebuild";
/// The root that holds what [`PROGRAM`] is about to become, so that no moment leaves it to the garbage collector.
pub const NEXT_OWN_ROOT: &str = "container-rebuild-next";
