//! Runs as part of a container's unit: [`launch`] before the guest, [`cleanup`] after it.
//!
//! The launcher creates everything that the guest finds when it starts (root, network namespace, interfaces, addresses,
//! routes), records what it is about to boot, and then *becomes* systemd-nspawn. So the unit's main process, its
//! notifications and its exit status are nspawn's.
//!
//! Invariants:
//! - Remains of a killed run are removed first, so a launch may follow anything.
//! - The guest is booted from one record, which is read once; the same bytes become the booted record.

mod error;
mod network;

pub(crate) use error::LaunchError;

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::getppid;

use super::cgroup_freezer::Freezer;
use super::{
    atomic_file, bind_source, bus, idmap, leftovers, machined, netlink, netns, notify, owner, resolver, root,
};
use crate::model::spec::{ContainerSpec, Network};
use crate::model::{ContainerName, FORMAT_VERSION};
use crate::render::{interface, nspawn, paths};
use crate::state::{Record, Resolver};

/// Prepares the container and becomes its systemd-nspawn. Returns only on failure; the unit's status then shows the
/// error (`StatusText`).
pub(crate) fn launch(name: &ContainerName) -> LaunchError {
    let _span = tracing::error_span!("launch", container = name.as_str()).entered();
    let prepared = prepare(name).and_then(|(nspawn, is_unfinished)| {
        if is_unfinished {
            finish_later(name).map_err(|source| LaunchError::Freezer { source })?;
        }
        Ok(nspawn)
    });
    let error = match prepared {
        Ok(mut nspawn) => LaunchError::Nspawn { source: nspawn.exec() },
        Err(error) => error,
    };
    notify::status(&chain(&error));
    error
}

/// The error and its causes on one line.
fn chain(error: &LaunchError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Freezes the guest until its network is ready, and starts the process that sets it up: [`connect`].
fn finish_later(name: &ContainerName) -> io::Result<()> {
    Freezer::new()?.freeze()?;
    let mut connect = Command::new("/proc/self/exe");
    let nspawn = std::process::id().to_string();
    connect.args(["internal", "connect", name.as_str(), &nspawn]).stdin(Stdio::null());
    // nspawn, which this process is about to become, reaps it.
    connect.spawn().map(drop)
}

/// Sets up the network of a frozen guest, in the namespace that systemd-nspawn (the process `nspawn`) created, and
/// thaws the guest. On failure it kills nspawn, and the unit's status shows the error.
///
/// # Errors
///
/// If the network cannot be set up.
pub(crate) fn connect(name: &ContainerName, nspawn: u32) -> Result<(), LaunchError> {
    let _span = tracing::error_span!("connect", container = name.as_str()).entered();
    let freezer = |source| LaunchError::Freezer { source };
    let held = Freezer::new().map_err(freezer)?;
    let bring = || {
        held.step_aside().map_err(freezer)?;
        let record = read(paths::booted(name))?.0;
        netns::adopt(&paths::namespace(name), held.wait_for_guest().map_err(freezer)?)?;
        network::fill(&record.spec)
    };
    match bring() {
        Ok(()) => held.thaw().map_err(freezer),
        Err(error) => {
            let parent = getppid();
            // If nspawn has ended already, its process ID may belong to another process.
            if u32::try_from(parent.as_raw()) == Ok(nspawn) {
                notify::status_for(parent, &chain(&error));
                // nspawn would handle any other signal and overwrite the status; its guest dies with the unit.
                kill(parent, Signal::SIGKILL).map_err(|errno| freezer(errno.into()))?;
            }
            Err(error)
        }
    }
}

/// Prepares everything up to execve(2). Also returns whether the network remains to be set up.
fn prepare(name: &ContainerName) -> Result<(Command, bool), LaunchError> {
    let (record, bytes) = read(paths::record(name))?;
    let spec = &record.spec;
    remove_leftovers(name)?;
    if let Err(error) = remove_dead_roots(name) {
        // An old root does not prevent the start.
        tracing::warn!("{}", chain(&error));
    }
    let root = prepare_files(spec)?;
    for new in &spec.new_sources {
        bind_source::create(new).map_err(|source| LaunchError::Source { path: new.path.clone(), source })?;
    }
    bind_source::note_all(name, spec.binds.iter().map(|bind| bind.host.as_str()))
        .map_err(|source| LaunchError::Write { path: paths::bound_sources(name), source })?;
    if let Some(base) = spec.users.base() {
        idmap::mount_all(&nspawn::mapped(spec), base)?;
    }
    let is_unfinished = network::prepare(spec)?;
    // Done here rather than after a successful switch, which may be killed before; besides, systemd starts guests
    // without a switch.
    if spec.system.starts_with("/nix/store") {
        let path = paths::gc_root(&paths::booted_root(name));
        atomic_file::link(&spec.system, &path).map_err(|source| LaunchError::Write { path, source })?;
    }
    let path = paths::booted(name);
    atomic_file::write(&path, &bytes, 0o644).map_err(|source| LaunchError::Write { path, source })?;
    let mut nspawn = Command::new("systemd-nspawn");
    nspawn.args(nspawn::arguments(spec, &root));
    Ok((nspawn, is_unfinished))
}

/// Reads a record, and returns its bytes, too.
fn read(path: PathBuf) -> Result<(Record, Vec<u8>), LaunchError> {
    let bytes = fs::read(&path).map_err(|source| LaunchError::Read { path: path.clone(), source })?;
    let record = parse(&bytes).map_err(|reason| LaunchError::Corrupt { path, reason })?;
    Ok((record, bytes))
}

fn parse(bytes: &[u8]) -> Result<Record, String> {
    let record: Record = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if record.format_version == FORMAT_VERSION {
        Ok(record)
    } else {
        Err(format!("its format is {}, and this version knows {FORMAT_VERSION}", record.format_version))
    }
}

/// Prepares the root and the paths that are bound into it; returns the root.
fn prepare_files(spec: &ContainerSpec) -> Result<PathBuf, LaunchError> {
    // With NixOS's modes. nspawn refuses to bind a path that does not exist.
    directory(Path::new(paths::EPHEMERAL_ROOTS), 0o700)?;
    if !spec.ephemeral {
        directory(Path::new(paths::ROOTS), 0o700)?;
    }
    for path in [Path::new("/nix/var/nix/db"), Path::new("/nix/var/nix/daemon-socket")] {
        directory(path, 0o755)?;
    }
    for path in [paths::guest_profiles(&spec.name), paths::guest_gc_roots(&spec.name)] {
        directory(&path, 0o755)?;
        // The guest's root must be able to write there.
        let root = spec.users.base().unwrap_or(0);
        let left = owner::hand_over(&path, root).map_err(|source| LaunchError::Directory { path, source })?;
        for left in left {
            tracing::warn!("{} may belong to someone else: it keeps its owner", left.display());
        }
    }
    let root = if spec.ephemeral { root::fresh(&spec.name)? } else { paths::root(&spec.name) };
    root::prepare(&root, || if spec.copy_resolv_conf { resolv_conf(spec) } else { Ok(None) })?;
    Ok(root)
}

/// The guest's `/etc/resolv.conf`, if the host has one. A private network does not reach the host's loopback.
fn resolv_conf(spec: &ContainerSpec) -> io::Result<Option<Vec<u8>>> {
    let Some((copy, resolver)) = resolver::look()? else { return Ok(None) };
    Ok(Some(match resolver {
        _ if !matches!(spec.network, Network::Private(_)) => copy,
        Resolver::Copy => copy,
        Resolver::Upstream { text, .. } => text.into_bytes(),
        Resolver::Unreachable { loopback } => {
            tracing::warn!(
                ?loopback,
                "the name servers of the host's resolv.conf are out of the guest's reach, and the host's upstream servers are \
                 not known"
            );
            copy
        }
    }))
}

/// Creates a directory unless it exists; the mode does not apply to its parents.
fn directory(path: &Path, mode: u32) -> Result<(), LaunchError> {
    let make = || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match DirBuilder::new().mode(mode).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result,
        }
    };
    make().map_err(|source| LaunchError::Directory { path: path.to_owned(), source })
}

/// Removes the remains of a stopped container: its interface, its namespace, its ephemeral root, and the record that it
/// booted with.
///
/// It removes everything that it can, and returns the first error. A root in which someone has mounted something is
/// left alone, with a warning.
///
/// # Errors
///
/// If something could not be removed; this is the first such error.
pub(crate) fn cleanup(name: &ContainerName) -> Result<(), LaunchError> {
    let _span = tracing::error_span!("cleanup", container = name.as_str()).entered();
    let (removed, roots) = (remove_leftovers(name), remove_dead_roots(name));
    // Last, since it names the interfaces that must be taken back.
    let [sources, forgotten] = [paths::bound_sources(name), paths::booted(name)]
        .map(|path| atomic_file::remove(&path).map_err(|source| LaunchError::Left { path, source }));
    removed.and(roots).and(sources).and(forgotten)
}

fn remove_dead_roots(name: &ContainerName) -> Result<(), LaunchError> {
    leftovers::remove_dead_roots(name).map_err(left)
}

fn left((path, source): (PathBuf, io::Error)) -> LaunchError {
    LaunchError::Left { path, source }
}

fn remove_leftovers(name: &ContainerName) -> Result<(), LaunchError> {
    // The former configuration may have attached it to a bridge.
    let ends = [interface::host_end(name), interface::bridge_end(name)];
    let links = ends.map(|end| netlink::delete(&end.name));
    let records = [paths::booted(name), paths::record(name)].into_iter();
    let records = records.filter_map(|path| parse(&fs::read(path).ok()?).ok());
    let namespace = network::empty(name, records).and_then(|()| Ok(netns::delete(&paths::namespace(name))?));
    let directories = leftovers::remove_directories(name);
    let mapped = idmap::unmount_all(&paths::mapped(name));
    if bus::is_booted_with_systemd()
        && let Err(error) = machined::forget(name.as_str(), &name.unit())
    {
        // If this matters, nspawn reports it again.
        tracing::warn!(%name, %error, "cannot ask systemd-machined to forget the machine");
    }
    links.into_iter().collect::<Result<(), _>>()?;
    namespace?;
    directories.and(mapped).map_err(left)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::{MetadataExt, chown, lchown};

    use super::*;
    use crate::host::netns::tests::empty_host;
    use crate::host::sysctl;
    use crate::model::Container;
    use crate::model::spec::{Bind, Forward, Private, Protocol, Users, Veth};
    use crate::render::nft::IPV4_FORWARDING;

    pub(crate) fn record(name: &str, network: Network) -> Record {
        Record {
            format_version: FORMAT_VERSION,
            container: Container::with_defaults(String::from("/nix/store/3-system").into()),
            spec: ContainerSpec {
                name: ContainerName::new(name).expect("a good name"),
                system: "/nix/store/3-system".into(),
                auto_start: true,
                ephemeral: true,
                users: Users::Shared,
                network,
                binds: vec![],
                tmpfs: vec![],
                additional_capabilities: vec![],
                drop_capabilities: vec![],
                devices: vec![],
                tun: false,
                copy_resolv_conf: true,
                extra_flags: vec![],
                timeout_start: "1min".into(),
                health: Default::default(),
                credentials: Vec::new(),
                new_sources: Vec::new(),
                unit: Default::default(),
            },
            guest_key: None,
            positions: Default::default(),
            settings: Default::default(),
        }
    }

    fn private() -> Network {
        let veth = Veth {
            host4: Some([192, 168, 100, 10].into()),
            local4: Some([192, 168, 100, 11].into()),
            ..Veth::default()
        };
        let forwards = vec![Forward { protocol: Protocol::Tcp, host_port: 8080, container_port: 80 }];
        Network::Private(Private { veth: Some(veth), forwards, ..Private::default() })
    }

    #[test]
    fn a_launch_may_follow_anything_and_a_cleanup_leaves_nothing() {
        empty_host(|| {
            let record = record("wasabi", private());
            let name = &record.spec.name;
            let bytes = serde_json::to_vec(&record).expect("a record has string keys only");
            atomic_file::write(&paths::record(name), &bytes, 0o644).expect("written");
            let former = paths::ephemeral_root(name, "0123456789abcdef");
            fs::create_dir_all(&former).expect("made");
            let mut roots = Vec::new();
            for _ in 0..2 {
                let (command, is_unfinished) = prepare(name).expect("prepared");
                assert!(!is_unfinished);
                assert_eq!(command.get_program(), "systemd-nspawn");
                assert!(
                    command.get_args().any(|arg| arg == "--network-namespace-path=/run/netns/container-wasabi")
                );
                roots.extend(command.get_args().skip_while(|arg| *arg != "-D").nth(1).map(PathBuf::from));
            }
            assert!(!former.exists() && !roots[0].exists() && roots[0] != roots[1]);
            let links = netlink::interfaces().expect("listed");
            assert!(links["ve-wasabi"].up);
            assert!(sysctl::is_on("net.ipv4.conf.ve-wasabi.route_localnet"));
            assert!(!sysctl::is_on(IPV4_FORWARDING), "the host's own are not ours to set");
            assert!(!sysctl::is_on("net.ipv6.conf.ve-wasabi.accept_ra"));
            assert!(roots[1].join("etc/os-release").exists());
            assert!(paths::guest_profiles(name).is_dir() && Path::new("/nix/var/nix/db").is_dir());
            assert_eq!(fs::read(paths::booted(name)).ok(), Some(bytes));
            let held = fs::read_link(paths::gc_root(&paths::booted_root(name)));
            assert_eq!(held.ok(), Some(record.spec.system.clone()), "whoever started it");
            for _ in 0..2 {
                cleanup(name).expect("cleaned");
            }
            assert!(!netlink::interfaces().expect("listed").contains_key("ve-wasabi"));
            assert!(!paths::namespace(name).exists() && !paths::booted(name).exists());
            assert_eq!(fs::read_dir(paths::EPHEMERAL_ROOTS).expect("listed").count(), 0);
        });
    }

    #[test]
    fn bind_mounts_of_private_users_are_mapped_while_the_guest_runs() {
        if !crate::host::namespaces::is_root("to map the owners of files on a mount") {
            return;
        }
        empty_host(|| {
            let mut record = record("wasabi", private());
            let base = 0x0008_0000;
            record.spec.users = Users::Picked(base);
            record.spec.binds = vec![Bind { host: "/data".into(), mount: "/data".into(), read_only: false }];
            let name = &record.spec.name;
            fs::create_dir("/data").expect("made");
            chown("/data", Some(33), Some(33)).expect("given");
            let bytes = serde_json::to_vec(&record).expect("a record has string keys only");
            atomic_file::write(&paths::record(name), &bytes, 0o644).expect("written");
            let owner = |path: &Path| path.metadata().expect("there").uid();
            for _ in 0..2 {
                let (command, is_unfinished) = prepare(name).expect("prepared");
                assert!(is_unfinished, "nspawn makes the namespace");
                let bind = format!("--bind={}:/data", paths::mapped(name).join("2").display());
                assert!(command.get_args().any(|arg| *arg == *bind));
                let mapped = ["0", "1", "2"].map(|number| owner(&paths::mapped(name).join(number)));
                assert_eq!(mapped, [base, base, base + 33]);
            }
            assert_eq!(owner(&paths::guest_profiles(name)), base);
            let (link, other) =
                (paths::guest_gc_roots(name).join("link"), paths::guest_gc_roots(name).join("other"));
            std::os::unix::fs::symlink("/data", &link).expect("a link");
            lchown(&link, Some(base), Some(base)).expect("given");
            fs::write(&other, "").expect("written");
            chown(&other, Some(33), Some(33)).expect("given");
            cleanup(name).expect("cleaned");
            assert!(!paths::mapped(name).exists() && Path::new("/data").exists());
            // Without private users its root is the host's root again.
            record.spec.users = Users::Shared;
            let bytes = serde_json::to_vec(&record).expect("a record has string keys only");
            atomic_file::write(&paths::record(name), &bytes, 0o644).expect("written");
            assert!(!prepare(name).expect("prepared").1);
            assert_eq!(
                (owner(&paths::guest_profiles(name)), owner(&other), owner(Path::new("/data"))),
                (0, 33, 33)
            );
            assert_eq!(link.symlink_metadata().expect("there").uid(), 0);
        });
    }

    #[test]
    fn a_guest_in_the_hosts_network_gets_no_interface() {
        empty_host(|| {
            let record = record("a", Network::Host);
            let bytes = serde_json::to_vec(&record).expect("a record has string keys only");
            atomic_file::write(&paths::record(&record.spec.name), &bytes, 0o644).expect("written");
            prepare(&record.spec.name).expect("prepared");
            assert_eq!(netlink::interfaces().expect("listed").keys().collect::<Vec<_>>(), ["lo"]);
            assert!(!paths::namespace(&record.spec.name).exists());
        });
    }

    #[test]
    fn a_missing_or_damaged_record_is_named() {
        empty_host(|| {
            let name = ContainerName::new("a").expect("a good name");
            let error = prepare(&name).map(drop).expect_err("no record");
            let message =
                "cannot read the record /run/container-rebuild/containers/a.json of the container to launch";
            assert_eq!(error.to_string(), message);
            let mut newer = record("a", Network::Host);
            newer.format_version = 9;
            let bytes = serde_json::to_vec(&newer).expect("a record has string keys only");
            for (content, reason) in [(&b"{"[..], "EOF"), (&bytes, "its format is 9, and this version knows 1")] {
                atomic_file::write(&paths::record(&name), content, 0o644).expect("written");
                let error = prepare(&name).map(drop).expect_err("no good record");
                assert!(chain(&error).contains(reason), "{error}");
            }
        });
    }
}
