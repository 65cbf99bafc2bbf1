//! A Linux host with systemd: carries out the steps of a plan.
//!
//! Implements [`Host`] here and [`Probe`](crate::state::Probe) in [`super::probe`].
//!
//! Invariants:
//! - A file is whole at every instant ([`super::durable`]), and a container's unit is the last of its files to appear.
//! - Somebody else's file is never replaced or removed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use super::launch::{self, LaunchError};
use super::mounts::Mount;
use super::systemd::{self, BusError, Job, JobError};
use super::waiting::GaveUp;
use super::{
    atomic_file, conntrack, damage, former_sysctls, generations, last_words, leftovers, live, nft, own_program,
    scratch, sysctl,
};
use crate::apply::{ContainerFiles, Host, HostError, Switched, Sysctl};
use crate::model::ContainerName;
use crate::model::spec::Bind;
use crate::render::interface::Pair;
use crate::render::{boot_service, paths, unit};
use crate::state::{ActiveState, Generation, Health};

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linux;

/// Why the host could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else is at it.
    #[error("{holder} is changing this host")]
    Held {
        /// Who, as far as that can be told.
        holder: String,
    },
    /// The lock could not be used.
    #[error("cannot lock {}", path.display())]
    File {
        /// The lock.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Nobody else changes the host as long as this lives. The kernel takes it back from a process that dies.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "held, not used")] Flock<File>);

impl Linux {
    /// This machine; nothing is looked at yet.
    pub fn new() -> Self {
        Self
    }

    /// Locks the host against everybody else who would change it, without waiting, closes our directories to others than root,
    /// and removes what dead runs and containers that are gone have left.
    pub fn lock(&self) -> Result<Lock, LockError> {
        let lock = lock(&paths::lock())?;
        // Before anything in them is believed.
        damage::close_directories();
        scratch::sweep_own();
        leftovers::sweep();
        sweep_remains();
        former_sysctls::restore_without_rules();
        Ok(lock)
    }

    /// Notes that this boot brings up the generation of that number, which is kept therefore.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn note_booted(&self, number: u32) -> Result<(), HostError> {
        generations::note_booted(number)
    }

    /// What somebody else has mounted in a former root of the container, which was left alone therefore.
    pub fn mounts_left(&self, name: &ContainerName) -> Vec<Mount> {
        leftovers::mounts_in_dead_roots(name)
    }

    /// How many containers may be on their way up at the same time: as systemd would have it, all of them, as long as there
    /// is memory for their guests to boot in, and they do not keep each other from coming up in time.
    pub fn starts_at_once(&self) -> usize {
        const MOST: usize = 128;
        const LEAST: usize = 8;
        /// What the processes of a guest take while it boots.
        const KIB_EACH: usize = 64 * 1024;
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let available =
            memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.split_whitespace().next());
        let kib: Option<usize> = available.and_then(|number| number.parse().ok());
        kib.map_or(MOST, |kib| kib / KIB_EACH).clamp(LEAST, MOST)
    }

    /// Stops the container, if it runs, and starts it with what was last written for it.
    pub fn restart(&self, name: &ContainerName) -> Result<(), HostError> {
        job(name, Job::Restart)
    }

    /// Sends a signal to all processes of the container, its systemd-nspawn included.
    pub fn kill(&self, name: &ContainerName, signal: i32) -> Result<(), HostError> {
        systemd::kill(&name.unit(), signal).map_err(bus(format!("kill `{name}`")))
    }
}

fn lock(path: &Path) -> Result<Lock, LockError> {
    let failed = |source| LockError::File { path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    // Not truncated: until it is ours it names the one who holds it.
    let open = File::options().read(true).write(true).create(true).truncate(false).open(path);
    match Flock::lock(open.map_err(failed)?, FlockArg::LockExclusiveNonblock) {
        Ok(mut held) => {
            let pid = std::process::id();
            // Where there is no room for its name it is locked all the same; what is to be written is tried before anything
            // is changed, and everything that lacks is said together.
            if let Err(error) = held.set_len(0).and_then(|()| writeln!(held, "{pid}")) {
                tracing::warn!("cannot write into {} who holds it: {error}", path.display());
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

/// Removes the files that killed processes were about to give their names.
fn sweep_remains() {
    let run = Path::new(paths::RUN);
    let directories = [
        Path::new(paths::CONFS).to_owned(),
        Path::new(paths::UNITS).to_owned(),
        Path::new(paths::NATIVE_UNITS).to_owned(),
        run.join("conf"),
        paths::records(),
        paths::unread_units(),
        // Here a run that is killed was looking for room.
        PathBuf::from(paths::ROOTS),
        Path::new(paths::PROGRAM).with_file_name(""),
    ];
    // Where units of containers write as well, which hold no lock.
    let shared = [paths::booted_records(), paths::EPHEMERAL_ROOTS.into(), paths::NAMESPACES.into()];
    let swept = directories.into_iter().map(|directory| (atomic_file::remove_remains(&directory), directory));
    let swept = swept
        .chain(shared.into_iter().map(|directory| (atomic_file::remove_remains_of_dead(&directory), directory)));
    for (result, directory) in swept {
        // One that is not there, or not to be written to, is found by whoever writes there.
        if let Err(error) = result {
            tracing::debug!(directory = %directory.display(), %error, "cannot sweep");
        }
    }
}

fn bus(what: String) -> impl FnOnce(BusError) -> HostError {
    move |source| HostError::Bus { what, source: source.into() }
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HostError {
    move |source| HostError::File { what, path: path.to_owned(), source }
}

fn job(name: &ContainerName, job: Job) -> Result<(), HostError> {
    let unit = name.unit();
    let ended = systemd::run(&unit, job).map_err(bus(format!("{} `{name}`", job.as_str())))?;
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
        Err(JobError::GaveUp(GaveUp::CutShort)) => Err(HostError::LeftAlone {
            what: format!("{} of `{name}`", job.as_str()),
            who: String::from("systemd"),
        }),
        Err(JobError::GaveUp(reason)) => {
            Err(HostError::GaveUp { what: format!("{} of `{name}`", job.as_str()), reason: reason.to_string() })
        }
    }
}

fn write(path: &Path, content: &str, mode: u32) -> Result<(), HostError> {
    atomic_file::write(path, content.as_bytes(), mode).map_err(file("write", path))
}

fn remove(path: &Path) -> Result<(), HostError> {
    atomic_file::remove(path).map_err(file("remove", path))
}

/// Makes the `.conf` a symlink to ours. Where `/etc` cannot be written, ours below `/run` has to do. An editor that replaces
/// the symlink by a file makes it nobody else's: what was edited is kept beside it.
fn link_conf(name: &ContainerName) -> Result<(), HostError> {
    let (conf, target) = (paths::conf(name), paths::conf_target(name));
    // A plain file, or a symlink that leads somewhere else.
    if conf.exists() && fs::read_link(&conf).ok().as_ref() != Some(&target) {
        if !is_on_record(name) {
            return Err(file("replace", &conf)(io::ErrorKind::AlreadyExists.into()));
        }
        if !is_copy(&conf, &target) {
            set_aside(&conf)?;
        }
    }
    match atomic_file::link(&target, &conf) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => Ok(()),
        result => result.map_err(file("link", &conf)),
    }
}

/// Whether this boot, or the generation that boots, says that a container is ours.
fn is_on_record(name: &ContainerName) -> bool {
    let in_generation = || {
        let text = fs::read(paths::boot_generation()).ok()?;
        let generation = serde_json::from_slice::<Generation>(&text).ok()?;
        Some(generation.records.contains_key(name))
    };
    paths::record(name).is_file() || in_generation() == Some(true) || is_our_unit(&paths::unit(name))
}

/// Whether a plain file has nothing in it that is not in ours.
fn is_copy(path: &Path, ours: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
        && matches!((fs::read(path), fs::read(ours)), (Ok(there), Ok(ours)) if there == ours)
}

/// Whether a file begins as the units do that this program writes.
fn is_our_unit(path: &Path) -> bool {
    fs::read(path).is_ok_and(|text| text.starts_with(unit::HEADER.as_bytes()))
}

fn set_aside(path: &Path) -> Result<(), HostError> {
    let aside = atomic_file::set_aside(path).map_err(file("set aside", path))?;
    tracing::warn!("{} was edited; what was written there is kept as {}", path.display(), aside.display());
    Ok(())
}

/// Sets aside what would outrank the unit that is to be written, if it is a copy of ours, and what was written in its place
/// without the line that says that it is lost.
fn set_unit_aside(name: &ContainerName) -> Result<(), HostError> {
    let (unit, above) = (paths::unit(name), paths::outranking_unit(name));
    if is_our_unit(&above) {
        set_aside(&above)?;
    }
    let is_theirs = unit.symlink_metadata().is_ok_and(|there| there.is_file() && there.len() > 0);
    if is_theirs && !is_our_unit(&unit) { set_aside(&unit) } else { Ok(()) }
}

/// Waits for a container that is on its way down, as a run that was killed leaves it: systemd needs its unit to the end,
/// or what that names (its runtime directory) stays behind.
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
            // Whoever stopped it before has asked systemd too.
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
            // Until the one root is moved, both hold what units call.
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

    fn install(&self, name: &ContainerName, files: &ContainerFiles) -> Result<(), HostError> {
        set_unit_aside(name)?;
        write(&paths::conf_target(name), &files.conf, 0o444)?;
        link_conf(name)?;
        write(&paths::record(name), &files.record, 0o644)?;
        if fs::read(paths::unit(name)).is_ok_and(|text| text == files.unit.as_bytes()) {
            return write(&paths::unit(name), &files.unit, 0o644);
        }
        // Before the unit itself: a run that is killed here has systemd go by the former one.
        write(&paths::unread_units().join(name.as_str()), "", 0o644)?;
        write(&paths::unit(name), &files.unit, 0o644)
    }

    fn uninstall(&self, name: &ContainerName) -> Result<(), HostError> {
        finish_stopping(name)?;
        set_unit_aside(name)?;
        remove(&paths::unit(name))?;
        let (conf, target) = (paths::conf(name), paths::conf_target(name));
        if fs::read_link(&conf).ok().as_ref() == Some(&target) {
            remove(&conf)?;
        } else if conf.exists() && is_on_record(name) {
            // Left there it would be a container of somebody else's.
            set_aside(&conf)?;
        }
        remove(&target)?;
        launch::cleanup(name).map_err(|error| left(name, error))?;
        last_words::forget(name);
        // Last, since it is by the record that a container whose unit is gone is still known as ours.
        remove(&paths::record(name))
    }

    fn reload_units(&self) -> Result<(), HostError> {
        // What is noted from here on may have come too late for systemd.
        let noted: Vec<_> = fs::read_dir(paths::unread_units()).into_iter().flatten().flatten().collect();
        systemd::reload().map_err(bus("have systemd read its units again".to_owned()))?;
        noted.iter().try_for_each(|note| remove(&note.path()))
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

    fn bind(&self, name: &ContainerName, bind: &Bind) -> Result<(), HostError> {
        live::bind(name, bind)
    }

    fn readdress(&self, name: &ContainerName, from: &Pair, to: &Pair) -> Result<(), HostError> {
        live::readdress(name, from, to)
    }

    fn switch_guest(&self, name: &ContainerName, system: &Path) -> Result<Switched, HostError> {
        live::switch_guest(name, system)
    }

    fn note_running(&self, name: &ContainerName, record: &str) -> Result<(), HostError> {
        live::note_running(name, record)
    }

    fn load_rules(&self, ruleset: &serde_json::Value) -> Result<(), HostError> {
        nft::load(ruleset).map_err(|error| HostError::Nft { source: error.into() })
    }

    fn forget_flows(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), HostError> {
        conntrack::forget(addresses).map_err(|source| HostError::Bus {
            what: String::from("forget the connections of guests that are gone"),
            source: source.into(),
        })
    }

    fn set_sysctls(&self, sysctls: &[Sysctl]) -> Result<(), HostError> {
        sysctls.iter().try_for_each(|sysctl| {
            former_sysctls::note(sysctl).map_err(file("write", &paths::former_sysctls()))?;
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

    fn record_generation(&self, generation: &Generation) -> Result<u32, HostError> {
        generations::record(generation)
    }
}

/// What could not be cleaned up, in the words of apply.
fn left(name: &ContainerName, error: LaunchError) -> HostError {
    match error {
        LaunchError::Left { path, source } => HostError::File { what: "remove", path, source },
        other => HostError::Bus { what: format!("clean up after `{name}`"), source: other.into() },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

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
    fn what_was_installed_is_whole_and_is_removed_again() {
        empty_host(|| {
            let (host, name, files) = (Linux::new(), name(), files());
            let read = |path: PathBuf| fs::read_to_string(path).ok();
            for _ in 0..2 {
                host.install(&name, &files).expect("installed");
                assert_eq!(read(paths::unit(&name)).as_ref(), Some(&files.unit));
                assert_eq!(read(paths::conf(&name)).as_ref(), Some(&files.conf));
                assert_eq!(read(paths::record(&name)).as_ref(), Some(&files.record));
                assert!(paths::conf(&name).is_symlink());
            }
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
    fn a_conf_of_somebody_else_is_neither_replaced_nor_removed() {
        empty_host(|| {
            let (host, conf) = (Linux::new(), paths::conf(&name()));
            fs::create_dir_all(paths::CONFS).expect("made");
            fs::write(&conf, "theirs").expect("written");
            let error = host.install(&name(), &files()).expect_err("refused");
            assert_eq!(error.to_string(), "cannot replace /etc/nixos-containers/wasabi.conf");
            host.uninstall(&name()).expect("nothing of ours");
            assert_eq!(fs::read_to_string(&conf).ok().as_deref(), Some("theirs"));
            // A link that leads nowhere is what an older system left.
            fs::remove_file(&conf).expect("removed");
            symlink("/etc/static/gone.conf", &conf).expect("a link");
            host.install(&name(), &files()).expect("installed");
        });
    }

    #[test]
    fn roots_hold_store_paths_and_nothing_else() {
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
    fn two_at_once_are_told_of_each_other() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state/lock");
        let held = lock(&path).expect("locked");
        let error = lock(&path).map(drop).expect_err("held");
        let message = format!("another container-rebuild (process {}) is changing this host", std::process::id());
        assert_eq!(error.to_string(), message);
        drop(held);
        lock(&path).expect("free again");
    }
}
