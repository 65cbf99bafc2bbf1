//! Carries out plans on a Linux host with systemd.
//!
//! Implements [`Host`] here, and [`Probe`](crate::state::Probe) in [`super::probe`].
//!
//! Invariants:
//! - Files are replaced atomically ([`super::atomic_file`]), and a container's unit is the last of its files to appear.
//! - Files that are not ours are never replaced or removed.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use super::launch::{self, LaunchError};
use super::systemd::{self, BusError, Job, JobError};
use super::waiting::GaveUp;
use super::{
    apply_journal, atomic_file, bind_source, conntrack, damage, former_sysctls, generations, health_check, hook,
    hosts_file, kill_point, last_words, leftovers, live, loopback, managers, netlink, nft, own_program,
    restore_unit, scratch, sysctl,
};
use crate::app::LockError;
use crate::apply::{BusCall, ContainerFiles, Host, HostError, Operation, Switched, Sysctl};
use crate::model::ContainerName;
use crate::model::spec::{Bind, ContainerSpec};
use crate::render::hosts::Hosts;
use crate::render::interface::Pair;
use crate::render::loopback::Loopback;
use crate::render::nft::Ruleset;
use crate::render::unmanaged::Unmanaged;
use crate::render::{boot_service, paths, unit};
use crate::state::{Activation, ActiveState, Generation, Health, JournalEntry};

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Linux;

/// The lock on the host: no other process changes the host while this lives. The kernel releases it if the process
/// dies.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "held, not used")] Flock<File>);

impl Linux {
    /// Returns a handle on this machine, without accessing it.
    pub(crate) fn new() -> Self {
        Self
    }

    /// Locks the host against other processes that would change it, and waits for them if `waits`. It then closes our
    /// directories to other users, and removes what dead runs and removed containers have left.
    ///
    /// # Errors
    ///
    /// If another process holds the lock, or the lock file cannot be used.
    pub(super) fn take_lock(&self, waits: bool) -> Result<Lock, LockError> {
        let lock = lock(&paths::lock(), waits)?;
        // First, before any file in them is trusted.
        damage::close_directories();
        scratch::sweep_own();
        leftovers::sweep();
        sweep_remains();
        if let Err(error) = generations::sweep_roots() {
            tracing::debug!(%error, "cannot sweep");
        }
        former_sysctls::restore_without_rules();
        Ok(lock)
    }
}

fn lock(path: &Path, waits: bool) -> Result<Lock, LockError> {
    let failed = |source| LockError::File { path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    // Not truncated: until we hold the lock, the file names its holder.
    let open = File::options().read(true).write(true).create(true).truncate(false).open(path);
    let how = if waits { FlockArg::LockExclusive } else { FlockArg::LockExclusiveNonblock };
    match Flock::lock(open.map_err(failed)?, how) {
        Ok(mut held) => {
            let pid = std::process::id();
            // On a full disk the lock counts all the same. Whether files can be written is checked before anything is
            // changed, and reported for all of them together.
            if let Err(error) = held.set_len(0).and_then(|()| writeln!(held, "{pid}")) {
                tracing::warn!("cannot write our process ID to {}: {error}", path.display());
            }
            Ok(Lock(held))
        }
        Err((_, nix::errno::Errno::EWOULDBLOCK)) => {
            let pid = fs::read_to_string(path).unwrap_or_default();
            let holder = match pid.trim() {
                "" => "another container-rebuild".to_owned(),
                pid => format!("another container-rebuild (process {pid})"),
            };
            Err(LockError::Held { holder })
        }
        Err((_, errno)) => Err(failed(errno.into())),
    }
}

/// Removes the temporary files of killed processes.
fn sweep_remains() {
    let run = Path::new(paths::RUN);
    let directories = [
        Path::new(paths::CONFS).to_owned(),
        Path::new(paths::UNITS).to_owned(),
        Path::new(paths::NATIVE_UNITS).to_owned(),
        run.join("conf"),
        paths::records(),
        paths::unread_units(),
        // A run that was killed was testing for free space here.
        PathBuf::from(paths::ROOTS),
        Path::new(paths::HOSTS).with_file_name(""),
        Path::new(paths::PROGRAM).with_file_name(""),
        Path::new(paths::STATE).to_owned(),
        paths::generations(),
    ];
    // The units of containers and `confirm` write here as well, without holding the lock.
    let shared = [
        run.to_owned(),
        run.join("failed"),
        run.join("last-log"),
        run.join("sources"),
        paths::booted_records(),
        paths::unread_managers(),
        paths::EPHEMERAL_ROOTS.into(),
        paths::NAMESPACES.into(),
        paths::GC_ROOTS.into(),
        Path::new(paths::NETWORKD).with_file_name(""),
        Path::new(paths::NETWORK_MANAGER).with_file_name(""),
    ];
    // Drop-ins, and symlinks by which units start with others.
    let of_units = fs::read_dir(paths::UNITS).into_iter().flatten().flatten().map(|entry| entry.path());
    let directories = directories.into_iter().chain(of_units.filter(|path| path.is_dir()));
    let swept = directories.map(|directory| (atomic_file::remove_remains(&directory), directory));
    let swept = swept
        .chain(shared.into_iter().map(|directory| (atomic_file::remove_remains_of_dead(&directory), directory)));
    for (result, directory) in swept {
        // A missing or read-only directory is reported when something is written there.
        if let Err(error) = result {
            tracing::debug!(directory = %directory.display(), %error, "cannot sweep");
        }
    }
}

pub(super) fn bus(call: BusCall) -> impl FnOnce(BusError) -> HostError {
    move |source| HostError::Bus { call, source: source.into() }
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HostError {
    move |source| HostError::File { what, path: path.to_owned(), source }
}

pub(super) fn job(name: &ContainerName, job: Job) -> Result<(), HostError> {
    let unit = name.unit();
    kill_point::reach(job.as_str());
    let ended = systemd::run(&unit, job).map_err(bus(BusCall::Job(job.as_str(), name.clone())))?;
    kill_point::reach("job ended");
    match ended {
        Ok(()) => {
            last_words::forget(name);
            Ok(())
        }
        Err(JobError::Failed(failure)) => {
            let log = last_words::of_failure(name, &failure);
            if job != Job::Stop {
                last_words::note_failed_start(name, job, &failure);
            }
            Err(HostError::Job { unit, job: job.as_str(), result: failure.result, log })
        }
        Err(JobError::GaveUp(reason)) => {
            let operation = Operation::Job(job.as_str(), name.clone());
            Err(match reason {
                GaveUp::CutShort => HostError::StoppedWaiting { operation },
                reason => HostError::GaveUp { operation, reason: reason.to_string() },
            })
        }
    }
}

fn write(path: &Path, content: &str, mode: u32) -> Result<(), HostError> {
    atomic_file::write(path, content.as_bytes(), mode).map_err(file("write", path))
}

fn remove(path: &Path) -> Result<(), HostError> {
    atomic_file::remove(path).map_err(file("remove", path))
}

/// Makes room for the symlink `.conf`. The container must be on record if something else is there.
///
/// An editor may have replaced the symlink with a file. The container is still ours, and the edited file is kept beside
/// it, unless it has the same `text` as ours.
fn set_conf_aside(name: &ContainerName, text: &str) -> Result<(), HostError> {
    let conf = paths::conf(name);
    // A regular file, or a symlink to something else.
    if conf.exists() && fs::read_link(&conf).ok().as_ref() != Some(&paths::conf_target(name)) {
        if !is_on_record(name) {
            return Err(file("replace", &conf)(io::ErrorKind::AlreadyExists.into()));
        }
        if !is_copy(&conf, text) {
            set_aside(&conf)?;
        }
    }
    Ok(())
}

/// Makes the `.conf` a symlink to our file. If `/etc` is read-only, our file below `/run` must do.
fn link_conf(name: &ContainerName) -> Result<(), HostError> {
    let conf = paths::conf(name);
    match atomic_file::link(&paths::conf_target(name), &conf) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => Ok(()),
        result => result.map_err(file("link", &conf)),
    }
}

/// Whether the files of this boot or the current generation show that a container is ours.
fn is_on_record(name: &ContainerName) -> bool {
    let in_generation = || {
        let text = fs::read(generations::current()?).ok()?;
        let generation = serde_json::from_slice::<Generation>(&text).ok()?;
        Some(generation.records.contains_key(name))
    };
    paths::record(name).is_file() || in_generation() == Some(true) || is_our_unit(&paths::unit(name))
}

/// Whether this is a regular file with this text.
fn is_copy(path: &Path, text: &str) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
        && fs::read(path).is_ok_and(|there| there == text.as_bytes())
}

/// Whether a file starts with the header of the units that we write.
fn is_our_unit(path: &Path) -> bool {
    fs::read(path).is_ok_and(|text| text.starts_with(unit::HEADER.as_bytes()))
}

fn set_aside(path: &Path) -> Result<(), HostError> {
    let aside = atomic_file::set_aside(path).map_err(file("set aside", path))?;
    tracing::warn!("{} was edited; the edited file is kept as {}", path.display(), aside.display());
    Ok(())
}

/// Sets aside a copy of our unit that would outrank it, and a unit in its place that lacks our header, which warns that
/// changes are lost.
fn set_unit_aside(name: &ContainerName) -> Result<(), HostError> {
    let (unit, above) = (paths::unit(name), paths::outranking_unit(name));
    if is_our_unit(&above) {
        set_aside(&above)?;
    }
    let is_theirs = unit.symlink_metadata().is_ok_and(|there| there.is_file() && there.len() > 0);
    if is_theirs && !is_our_unit(&unit) { set_aside(&unit) } else { Ok(()) }
}

/// Waits for a container that is still stopping because a run was killed. systemd needs its unit until the end, or what
/// that names (its runtime directory) stays behind.
fn finish_stopping(name: &ContainerName) -> Result<(), HostError> {
    if !super::bus::is_booted_with_systemd() {
        return Ok(());
    }
    match systemd::units(&[name.unit()]).as_deref() {
        Ok([Some(unit)]) if !matches!(unit.active, ActiveState::Inactive | ActiveState::Failed) => {
            job(name, Job::Stop)
        }
        Ok(_) => Ok(()),
        Err(error) => {
            // The job that stopped it before has asked systemd, too.
            tracing::warn!(%name, %error, "cannot ask systemd whether the container is down");
            Ok(())
        }
    }
}

impl Host for Linux {
    fn install_program(&self) -> Result<(), HostError> {
        let path = Path::new(paths::PROGRAM);
        let mut own = own_program::Own::open().map_err(file("read", Path::new("/proc/self/exe")))?;
        if let Some(target) = own.in_store() {
            // Until the first root is moved, both roots hold the program.
            self.add_gc_root(paths::NEXT_OWN_ROOT, target)?;
            atomic_file::link(target, path).map_err(file("link", path))?;
            self.add_gc_root(paths::OWN_ROOT, target)?;
        } else {
            own.copy().map_err(file("install", path))?;
            self.remove_gc_root(paths::OWN_ROOT)?;
        }
        self.remove_gc_root(paths::NEXT_OWN_ROOT)?;
        let directory = path.parent().unwrap_or(path);
        atomic_file::remove_remains(directory).map_err(file("list", directory))
    }

    fn write_boot_service(&self) -> Result<(), HostError> {
        write(&paths::boot_service(), &boot_service::text(), 0o644)
    }

    fn install(&self, name: &ContainerName, files: &ContainerFiles) -> Result<bool, HostError> {
        let unread = paths::unread_units().join(name.as_str());
        // Before each change that systemd has to read: if this run is killed right after it, the next one tells systemd.
        let note = || write(&unread, "", 0o644);
        if is_our_unit(&paths::outranking_unit(name)) {
            note()?;
        }
        set_unit_aside(name)?;
        set_conf_aside(name, &files.conf)?;
        // First, and removed last: whatever else a killed run leaves is known to be ours.
        write(&paths::record(name), &files.record, 0o644)?;
        write(&paths::conf_target(name), &files.conf, 0o444)?;
        link_conf(name)?;
        let unit = paths::unit(name);
        // Written again, it would count as changed (`NeedDaemonReload`).
        if is_copy(&unit, &files.unit) && hook::follows(name, &files.unit) {
            fs::set_permissions(&unit, Permissions::from_mode(0o644)).map_err(file("write", &unit))?;
            return Ok(unread.exists());
        }
        note()?;
        hook::follow(name, &files.unit).map_err(|(path, source)| file("write", &path)(source))?;
        write(&unit, &files.unit, 0o644)?;
        Ok(true)
    }

    fn uninstall(&self, name: &ContainerName) -> Result<(), HostError> {
        finish_stopping(name)?;
        set_unit_aside(name)?;
        remove(&paths::unit(name))?;
        hook::remove(name).map_err(|(path, source)| file("remove", &path)(source))?;
        let (conf, target) = (paths::conf(name), paths::conf_target(name));
        if fs::read_link(&conf).ok().as_ref() == Some(&target) {
            remove(&conf)?;
        } else if conf.exists() && is_on_record(name) {
            // If it stayed, it would count as someone else's container.
            set_aside(&conf)?;
        }
        remove(&target)?;
        kill_point::reach("clean up");
        launch::cleanup(name).map_err(|error| left(name, error))?;
        kill_point::reach("cleaned up");
        last_words::forget(name);
        // Last: until then, the record says that what is left is ours.
        remove(&paths::record(name))
    }

    fn reload_units(&self) -> Result<(), HostError> {
        // Notes that are written from here on may be too late for this reload.
        let noted: Vec<_> = fs::read_dir(paths::unread_units()).into_iter().flatten().flatten().collect();
        kill_point::reach("reload units");
        systemd::reload().map_err(bus(BusCall::Reload))?;
        kill_point::reach("units reloaded");
        noted.iter().try_for_each(|note| remove(&note.path()))
    }

    fn release_bridges(&self, kept: &BTreeSet<String>) -> Result<(), HostError> {
        netlink::release_bridges(kept).map_err(|source| HostError::Bridges { source: source.into() })
    }

    fn restore_after(&self, units: &BTreeSet<String>) -> Result<bool, HostError> {
        restore_unit::install(units).map_err(|(path, source)| file("write", &path)(source))
    }

    fn lead_loopback(&self, loopback: &Loopback) -> Result<bool, HostError> {
        loopback::install(loopback).map_err(|(path, source)| file("write", &path)(source))
    }

    fn name_in_hosts(&self, hosts: &Hosts) -> Result<(), HostError> {
        hosts_file::update(hosts).map_err(file("write", Path::new(paths::HOSTS)))
    }

    fn leave_alone(&self, interfaces: &Unmanaged) -> Result<(), HostError> {
        managers::leave_alone(interfaces).map_err(|(path, source)| file("write", &path)(source))
    }

    fn start(&self, name: &ContainerName) -> Result<(), HostError> {
        job(name, Job::Start)
    }

    fn stop(&self, name: &ContainerName) -> Result<(), HostError> {
        job(name, Job::Stop)
    }

    fn is_running(&self, name: &ContainerName) -> Result<bool, HostError> {
        live::is_running(name)
    }

    fn health(&self, name: &ContainerName) -> Option<Health> {
        live::health(name)
    }

    fn check_health(&self, spec: &ContainerSpec) -> Result<(), HostError> {
        health_check::wait(spec)
    }

    fn bind(&self, name: &ContainerName, bind: &Bind) -> Result<(), HostError> {
        live::bind(name, bind)
    }

    fn moved_sources(&self, name: &ContainerName) -> BTreeSet<PathBuf> {
        bind_source::moved(name)
    }

    fn readdress(&self, name: &ContainerName, from: &Pair, to: &Pair) -> Result<(), HostError> {
        live::readdress(name, from, to)
    }

    fn running_system(&self, name: &ContainerName) -> Option<PathBuf> {
        live::running_system(name)
    }

    fn switch_guest(&self, name: &ContainerName, system: &Path) -> Result<Switched, HostError> {
        live::switch_guest(name, system)
    }

    fn note_running(&self, name: &ContainerName, record: &str) -> Result<(), HostError> {
        live::note_running(name, record)
    }

    fn note_step(&self, entry: JournalEntry) -> Result<(), HostError> {
        apply_journal::append(&entry).map_err(file("write", &paths::journal()))
    }

    fn load_rules(&self, ruleset: &Ruleset) -> Result<(), HostError> {
        kill_point::reach("load rules");
        let routes = former_sysctls::others_forward();
        let result = nft::load(ruleset, routes).map_err(|error| HostError::Nft { source: error.into() });
        kill_point::reach("rules loaded");
        result
    }

    fn forget_flows(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), HostError> {
        kill_point::reach("forget connections");
        conntrack::forget(addresses).map_err(|source| HostError::Conntrack { source: source.into() })?;
        kill_point::reach("connections forgotten");
        Ok(())
    }

    fn set_sysctls(&self, sysctls: &[Sysctl]) -> Result<(), HostError> {
        sysctls.iter().try_for_each(|sysctl| {
            former_sysctls::note(sysctl).map_err(file("write", &paths::former_sysctls()))?;
            kill_point::reach("set sysctl");
            sysctl::set(sysctl).map_err(|error| file("write", &sysctl::path(&sysctl.name))(error))
        })
    }

    fn release_sysctls(&self, needed: &[Sysctl]) -> Result<(), HostError> {
        former_sysctls::restore(needed)
    }

    fn add_gc_root(&self, root: &str, path: &Path) -> Result<(), HostError> {
        generations::hold(root, path)
    }

    fn remove_gc_root(&self, root: &str) -> Result<(), HostError> {
        generations::release(root)
    }

    fn record_generation(&self, generation: &Generation, activation: Activation) -> Result<u32, HostError> {
        generations::record(generation, activation)
    }

    fn activate_generation(&self, number: u32, activation: Activation) -> Result<(), HostError> {
        generations::activate(number, activation)
    }
}

/// Converts an error of the cleanup.
fn left(name: &ContainerName, error: LaunchError) -> HostError {
    match error {
        LaunchError::Left { path, source } => HostError::File { what: "remove", path, source },
        other => HostError::CleanUp { name: name.clone(), source: other.into() },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;
    use crate::host::launch::tests::record;
    use crate::host::netns::tests::empty_host;
    use crate::model::spec::Network;

    fn name() -> ContainerName {
        ContainerName::new("wasabi").expect("a good name")
    }

    fn files() -> ContainerFiles {
        crate::apply::files(&record("wasabi", Network::Host))
    }

    #[test]
    fn installed_files_are_complete_and_can_be_removed() {
        empty_host(|| {
            let (host, name, files) = (Linux::new(), name(), files());
            let read = |path: PathBuf| fs::read_to_string(path).ok();
            for _ in 0..2 {
                // systemd has read nothing yet.
                assert!(host.install(&name, &files).expect("installed"));
                assert_eq!(read(paths::unit(&name)).as_ref(), Some(&files.unit));
                assert_eq!(read(paths::conf(&name)).as_ref(), Some(&files.conf));
                assert_eq!(read(paths::record(&name)).as_ref(), Some(&files.record));
                assert!(paths::conf(&name).is_symlink());
            }
            // What systemd has read is left alone, unless it is another unit.
            fs::remove_file(paths::unread_units().join("wasabi")).expect("noted");
            let inode = || fs::metadata(paths::unit(&name)).map(|unit| unit.ino()).ok();
            let before = inode();
            assert!(!host.install(&name, &files).expect("installed") && inode() == before);
            let other = ContainerFiles { unit: format!("{}# other\n", files.unit), ..files.clone() };
            assert!(host.install(&name, &other).expect("installed") && inode() != before);
            for _ in 0..2 {
                host.uninstall(&name).expect("removed");
                for path in
                    [paths::unit(&name), paths::conf(&name), paths::conf_target(&name), paths::record(&name)]
                {
                    assert!(path.symlink_metadata().is_err(), "{}", path.display());
                }
            }
        });
    }

    #[test]
    fn a_conf_that_is_not_ours_is_neither_replaced_nor_removed() {
        empty_host(|| {
            let (host, conf) = (Linux::new(), paths::conf(&name()));
            fs::create_dir_all(paths::CONFS).expect("made");
            fs::write(&conf, "theirs").expect("written");
            let error = host.install(&name(), &files()).expect_err("refused");
            assert_eq!(error.to_string(), "cannot replace /etc/nixos-containers/wasabi.conf");
            host.uninstall(&name()).expect("nothing of ours");
            assert_eq!(fs::read_to_string(&conf).ok().as_deref(), Some("theirs"));
            // A dangling symlink is left over from an older system.
            fs::remove_file(&conf).expect("removed");
            symlink("/etc/static/gone.conf", &conf).expect("a symlink");
            host.install(&name(), &files()).expect("installed");
        });
    }

    #[test]
    fn roots_only_hold_store_paths() {
        empty_host(|| {
            let host = Linux::new();
            let target = || fs::read_link(paths::gc_root("current-a")).ok();
            host.add_gc_root("current-a", Path::new("/nix/store/1-a")).expect("linked");
            host.add_gc_root("current-a", Path::new("/nix/store/2-a")).expect("linked anew");
            assert_eq!(target(), Some("/nix/store/2-a".into()));
            host.add_gc_root("current-a", Path::new("/opt/a")).expect("no need");
            assert_eq!(target(), None);
            host.remove_gc_root("current-a").expect("gone already");
        });
    }

    #[test]
    fn the_error_names_the_process_that_holds_the_lock() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state/lock");
        let held = lock(&path, false).expect("locked");
        let error = lock(&path, false).map(drop).expect_err("held");
        let message = format!("another container-rebuild (process {}) is changing this host", std::process::id());
        assert_eq!(error.to_string(), message);
        drop(held);
        lock(&path, false).expect("free again");
    }
}
