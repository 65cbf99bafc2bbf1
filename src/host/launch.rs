//! What a container's unit runs: [`launch`] before the guest, [`cleanup`] after it.
//!
//! The launcher makes everything that the guest finds when it wakes up (root, network namespace, links, addresses,
//! routes), writes down what it is about to boot, and then *becomes* systemd-nspawn, so that the unit's main process, its
//! notifications and its exit status are nspawn's.
//!
//! Invariants:
//! - Whatever a killed run left is removed first: a launch may follow anything.
//! - What is booted is one record, read once; the same bytes become the booted record.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::netlink::{self, HardwareAddresses, NetlinkError};
use super::netns::{self, NamespaceError};
use super::root::{self, RootError};
use super::{bus, durable, leftovers, machined, notify, sysctl};
use crate::model::spec::{ContainerSpec, NatSpec, Network, Private};
use crate::model::{ContainerName, FORMAT_VERSION};
use crate::render::interface::{self, End, Pair};
use crate::render::nft::Ruleset;
use crate::render::{nspawn, paths};
use crate::state::Record;

/// Why a container could not be launched, or not be cleaned up after.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum LaunchError {
    #[error("cannot read the record {} of what to launch", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a record of container-rebuild: {reason}", path.display())]
    Corrupt { path: PathBuf, reason: String },
    #[error("cannot make the folder {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Root(#[from] RootError),
    #[error("cannot remove {}, which a former run left", path.display())]
    Left { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    #[error("cannot set the sysctl `{name}`")]
    Sysctl { name: String, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot run `systemd-nspawn`")]
    Nspawn { source: io::Error },
}

/// Prepares the container and becomes its systemd-nspawn. Comes back only when that failed; the unit's status then says
/// why (`StatusText`).
pub fn launch(name: &ContainerName) -> LaunchError {
    let error = match prepare(name) {
        Ok(mut nspawn) => LaunchError::Nspawn { source: nspawn.exec() },
        Err(error) => error,
    };
    notify::status(&chain(&error));
    error
}

/// An error with its causes, in one line.
fn chain(error: &LaunchError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Everything up to the point of no return.
fn prepare(name: &ContainerName) -> Result<Command, LaunchError> {
    let path = paths::record(name);
    let bytes = fs::read(&path).map_err(|source| LaunchError::Read { path: path.clone(), source })?;
    let record = parse(&bytes).map_err(|reason| LaunchError::Corrupt { path, reason })?;
    let spec = &record.spec;
    remove_leftovers(name)?;
    prepare_files(spec)?;
    prepare_network(spec)?;
    let path = paths::booted(name);
    durable::write(&path, &bytes, 0o644).map_err(|source| LaunchError::Write { path, source })?;
    let mut nspawn = Command::new("systemd-nspawn");
    nspawn.args(nspawn::arguments(spec));
    Ok(nspawn)
}

fn parse(bytes: &[u8]) -> Result<Record, String> {
    let record: Record = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if record.format_version == FORMAT_VERSION {
        Ok(record)
    } else {
        Err(format!("its format is {}, and this version knows {FORMAT_VERSION}", record.format_version))
    }
}

fn prepare_files(spec: &ContainerSpec) -> Result<(), LaunchError> {
    // With the modes that NixOS gives them; what nobody has made yet would make nspawn refuse the bind mount.
    folder(Path::new(paths::EPHEMERAL_ROOTS), 0o700)?;
    if !spec.ephemeral {
        folder(Path::new(paths::ROOTS), 0o700)?;
    }
    for path in [Path::new("/nix/var/nix/db"), Path::new("/nix/var/nix/daemon-socket")] {
        folder(path, 0o755)?;
    }
    for path in [paths::guest_profiles(&spec.name), paths::guest_gc_roots(&spec.name)] {
        folder(&path, 0o755)?;
    }
    let resolv_conf = spec.copy_resolv_conf.then_some(Path::new("/etc/resolv.conf"));
    Ok(root::prepare(&paths::root(&spec.name, spec.ephemeral), resolv_conf)?)
}

/// Makes a folder where there is none; the mode is for it, not for those above.
fn folder(path: &Path, mode: u32) -> Result<(), LaunchError> {
    let make = || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match DirBuilder::new().mode(mode).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result,
        }
    };
    make().map_err(|source| LaunchError::Folder { path: path.to_owned(), source })
}

fn prepare_network(spec: &ContainerSpec) -> Result<(), LaunchError> {
    let private = match &spec.network {
        Network::Private(private) if private.has_links() => private,
        Network::Named(namespace) => {
            wait_for_namespace(Path::new(namespace));
            return Ok(());
        }
        Network::Private(_) | Network::Host => return Ok(()),
    };
    let pairs = interface::pairs(&spec.name, &spec.network);
    wait_for_links(&pairs, private)?;
    let namespace = paths::namespace(&spec.name);
    netns::create(&namespace)?;
    netlink::set_lo_up(&namespace)?;
    let machine = machine_id();
    let hardware = |end, index| machine.map(|machine| interface::hardware_address(machine, end, &spec.name, index));
    for pair in &pairs {
        let (host, guest) = match pair.extra {
            None => (hardware(End::Host, 0), hardware(End::Guest, 0)),
            Some(index) => (hardware(End::ExtraHost, index), hardware(End::ExtraGuest, index)),
        };
        let hardware = HardwareAddresses { host, guest: pair.veth.hardware.or(guest) };
        netlink::connect(pair, &namespace, hardware)?;
    }
    for (index, passed) in (0..).zip(&private.macvlans) {
        let hardware = hardware(End::Macvlan, index);
        netlink::give_macvlan(&passed.host, &interface::macvlan(passed), &namespace, hardware)?;
    }
    for passed in &private.interfaces {
        netlink::give(&passed.host, interface::moved(passed), &namespace)?;
    }
    // Those of a link are as new as the link; the rules that need them may be loaded already.
    for sysctl in Ruleset::of([(&spec.name, &spec.network)], &NatSpec::default()).sysctls() {
        sysctl::set(&sysctl).map_err(|source| LaunchError::Sysctl { name: sysctl.name, source })?;
    }
    Ok(())
}

/// Waits until all links of the host are there that the container needs: at boot they may be late. How long a start may
/// take is for systemd to say (`TimeoutStartSec=`), and what is waited for is told to it.
fn wait_for_links(pairs: &[Pair], private: &Private) -> Result<(), LaunchError> {
    let bridges = pairs.iter().filter_map(|pair| pair.veth.bridge.as_ref());
    let passed = private.macvlans.iter().chain(&private.interfaces).map(|passed| &passed.host);
    let wanted: BTreeSet<&String> = bridges.chain(passed).collect();
    let mut said = None;
    while !wanted.is_empty() {
        let links = netlink::links()?;
        let Some(missing) = wanted.iter().find(|link| !links.contains_key(link.as_str())) else { break };
        if said != Some(*missing) {
            notify::status(&format!("waits for the interface `{missing}`"));
            said = Some(*missing);
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Waits in the same way until somebody has made the namespace that the container joins.
fn wait_for_namespace(path: &Path) {
    if !path.exists() {
        notify::status(&format!("waits for the network namespace {}", path.display()));
    }
    while !path.exists() {
        thread::sleep(Duration::from_millis(200));
    }
}

/// What tells this machine from others (machine-id(5)); `None` where it has none yet.
fn machine_id() -> Option<[u8; 16]> {
    let id = fs::read_to_string("/etc/machine-id").ok()?;
    data_encoding::HEXLOWER_PERMISSIVE.decode(id.trim().as_bytes()).ok()?.try_into().ok()
}

/// Removes what is left of a container that does not run: its link, its namespace, a copy of its ephemeral root, and the
/// record of what it had booted. Does all that it can, and gives the first thing that it could not.
pub fn cleanup(name: &ContainerName) -> Result<(), LaunchError> {
    let removed = remove_leftovers(name);
    // Last, since it says what is to be taken back.
    let path = paths::booted(name);
    let forgotten = durable::remove(&path).map_err(|source| LaunchError::Left { path, source });
    removed.and(forgotten)
}

fn remove_leftovers(name: &ContainerName) -> Result<(), LaunchError> {
    // The former configuration may have had it on a bridge.
    let ends = [interface::host_end(name), interface::bridge_end(name)];
    let links = ends.map(|end| netlink::delete(&end.name));
    let namespace = empty_namespace(name).and_then(|()| Ok(netns::delete(&paths::namespace(name))?));
    let copies = leftovers::remove_dead_copies(&paths::root(name, true));
    let export = leftovers::remove_export(name);
    if bus::is_booted_with_systemd()
        && let Err(error) = machined::forget(name.as_str(), &name.unit())
    {
        // nspawn says it again, should it matter.
        tracing::warn!(%name, %error, "cannot ask systemd-machined to forget the machine");
    }
    links.into_iter().collect::<Result<(), _>>()?;
    namespace?;
    copies.and(export).map_err(|(path, source)| LaunchError::Left { path, source })
}

/// Takes back what the guest was given of the host, and deletes its links.
fn empty_namespace(name: &ContainerName) -> Result<(), LaunchError> {
    let namespace = paths::namespace(name);
    // What a killed run made, and did not come to put a namespace on.
    if netns::within(&namespace, || ()).is_err() {
        return Ok(());
    }
    let records = [paths::booted(name), paths::record(name)];
    let records = records.iter().filter_map(|path| parse(&fs::read(path).ok()?).ok());
    let given = records.flat_map(|record| match record.spec.network {
        Network::Private(private) => private.interfaces,
        Network::Host | Network::Named(_) => Vec::new(),
    });
    let given = given.map(|passed| (interface::moved(&passed).to_owned(), passed.host)).collect();
    Ok(netlink::empty(&namespace, &given)?)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;
    use crate::model::Container;
    use crate::model::spec::{Forward, Protocol, Veth};

    pub(in crate::host) fn record(name: &str, network: Network) -> Record {
        Record {
            format_version: FORMAT_VERSION,
            container: Container::with_defaults(String::from("/nix/store/3-system").into()),
            spec: ContainerSpec {
                name: ContainerName::new(name).expect("a good name"),
                system: "/nix/store/3-system".into(),
                auto_start: true,
                ephemeral: true,
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
            },
            guest_key: None,
            positions: Default::default(),
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
            durable::write(&paths::record(name), &bytes, 0o644).expect("written");
            let copy = Path::new(paths::EPHEMERAL_ROOTS).join(".#machine.wasabi0123456789abcdef");
            fs::create_dir_all(&copy).expect("made");
            for _ in 0..2 {
                let command = prepare(name).expect("prepared");
                assert_eq!(command.get_program(), "systemd-nspawn");
                assert!(
                    command.get_args().any(|arg| arg == "--network-namespace-path=/run/netns/container-wasabi")
                );
            }
            assert!(!copy.exists());
            let links = netlink::links().expect("listed");
            assert!(links["ve-wasabi"].up);
            assert!(sysctl::is_on("net.ipv4.conf.ve-wasabi.route_localnet"));
            assert!(paths::root(name, true).join("etc/os-release").exists());
            assert!(paths::guest_profiles(name).is_dir() && Path::new("/nix/var/nix/db").is_dir());
            assert_eq!(fs::read(paths::booted(name)).ok(), Some(bytes));
            for _ in 0..2 {
                cleanup(name).expect("cleaned");
            }
            assert!(!netlink::links().expect("listed").contains_key("ve-wasabi"));
            assert!(!paths::namespace(name).exists() && !paths::booted(name).exists());
        });
    }

    #[test]
    fn a_guest_in_the_hosts_network_gets_no_link() {
        empty_host(|| {
            let record = record("a", Network::Host);
            let bytes = serde_json::to_vec(&record).expect("a record has string keys only");
            durable::write(&paths::record(&record.spec.name), &bytes, 0o644).expect("written");
            prepare(&record.spec.name).expect("prepared");
            assert_eq!(netlink::links().expect("listed").keys().collect::<Vec<_>>(), ["lo"]);
            assert!(!paths::namespace(&record.spec.name).exists());
        });
    }

    #[test]
    fn a_record_that_cannot_be_believed_is_named() {
        empty_host(|| {
            let name = ContainerName::new("a").expect("a good name");
            let error = prepare(&name).map(drop).expect_err("no record");
            let message = "cannot read the record /run/container-rebuild/containers/a.json of what to launch";
            assert_eq!(error.to_string(), message);
            let mut newer = record("a", Network::Host);
            newer.format_version = 9;
            let bytes = serde_json::to_vec(&newer).expect("a record has string keys only");
            for (content, reason) in [(&b"{"[..], "EOF"), (&bytes, "its format is 9, and this version knows 1")] {
                durable::write(&paths::record(&name), content, 0o644).expect("written");
                let error = prepare(&name).map(drop).expect_err("no good record");
                assert!(chain(&error).contains(reason), "{error}");
            }
        });
    }
}
