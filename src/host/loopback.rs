//! Installs, starts and removes the units that lead `[::1]` into guests ([`crate::render::loopback`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{atomic_file, bus, systemd};
use crate::render::loopback::{self, Loopback};
use crate::render::paths;
use crate::state::listening;

/// A file that could not be written or removed.
type Failed = (PathBuf, io::Error);

/// The mark that systemd has not read what was written. No container has an underscore in its name.
const MARK: &str = "_loopback";

/// Where distributions have systemd-socket-proxyd: NixOS, and all others.
const PROXIES: [&str; 2] =
    ["/run/current-system/systemd/lib/systemd/systemd-socket-proxyd", "/usr/lib/systemd/systemd-socket-proxyd"];

/// The units that exist, with their texts.
pub(super) fn files() -> BTreeMap<PathBuf, String> {
    let units = fs::read_dir(paths::UNITS).into_iter().flatten().flatten().map(|entry| entry.path());
    let ours = units.filter(|path| loopback::port(path).is_some());
    ours.filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?))).collect()
}

/// The TCP ports of `[::1]` on which something listens; `None` if the host has no such address.
pub(super) fn listening() -> Option<BTreeSet<u16>> {
    let addresses = fs::read_to_string("/proc/thread-self/net/if_inet6").ok()?;
    let has_loopback = listening::has_loopback(&addresses);
    has_loopback.then(|| listening::ports(&fs::read_to_string("/proc/thread-self/net/tcp6").unwrap_or_default()))
}

/// Makes exactly these units. Returns whether systemd has to read unit files.
///
/// # Errors
///
/// If one cannot be written or removed.
pub(super) fn install(wanted: &Loopback) -> Result<bool, Failed> {
    let (wanted, there) = (loopback::files(wanted), files());
    let mark = paths::unread_units().join(MARK);
    // Before each change: if this run is killed right after it, the next one makes systemd read it.
    let note = || atomic_file::write(&mark, b"", 0o644).map_err(at(&mark));
    let outdated = there.iter().filter(|(path, text)| wanted.get(*path) != Some(*text));
    // A service that runs would go on leading where it did.
    let ports: BTreeSet<u16> = outdated.clone().filter_map(|(path, _)| loopback::port(path)).collect();
    for port in ports {
        systemd::stop_for_good(&loopback::socket(port));
        systemd::stop_for_good(&loopback::service(port));
    }
    for path in outdated.map(|(path, _)| path).filter(|path| !wanted.contains_key(*path)) {
        note()?;
        atomic_file::remove(path).map_err(at(path))?;
    }
    for (path, text) in wanted.iter().filter(|(path, text)| there.get(*path) != Some(*text)) {
        note()?;
        atomic_file::write(path, text.as_bytes(), 0o644).map_err(at(path))?;
    }
    Ok(mark.exists())
}

/// Listens on those ports for which there are units. At boot, that waits until the host's own servers are up.
pub(super) fn listen() {
    let ports: BTreeSet<u16> = files().keys().filter_map(|path| loopback::port(path)).collect();
    if ports.is_empty() || !bus::is_booted_with_systemd() {
        return;
    }
    let sockets: Vec<String> = ports.into_iter().map(loopback::socket).collect();
    if let Err(error) = systemd::begin(&sockets) {
        tracing::warn!(%error, "cannot start the units that lead `[::1]` into containers");
    }
}

/// Becomes the proxy of a connection to `[::1]`, which has its socket from systemd. Only returns on an error.
pub(crate) fn become_proxy(to: SocketAddr) -> io::Error {
    let program = PROXIES.into_iter().find(|path| Path::new(path).exists()).unwrap_or(PROXIES[1]);
    Command::new(program).arg("--exit-idle-time=60s").arg(to.to_string()).exec()
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Failed {
    move |source| (path.to_owned(), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;
    use crate::model::ContainerName;
    use crate::render::loopback::Proxied;

    #[test]
    fn the_files_follow_the_ports() {
        empty_host(|| {
            let to = |port: u16, address: &str| {
                let container = ContainerName::new("a").expect("a good name");
                (port, Proxied { container, to: address.parse().expect("an address") })
            };
            let one = Loopback::from([to(80, "10.0.0.1:80")]);
            let two = Loopback::from([to(80, "10.0.0.2:80"), to(81, "10.0.0.1:80")]);
            let others = Path::new(paths::UNITS).join("theirs.socket");
            atomic_file::write(&others, b"theirs", 0o644).expect("written");
            assert!(!install(&Loopback::new()).expect("nothing to do"));
            for wanted in [&one, &two, &one] {
                assert!(install(wanted).expect("installed"), "systemd has read nothing");
                assert_eq!(files(), loopback::files(wanted));
            }
            fs::remove_file(paths::unread_units().join(MARK)).expect("noted");
            assert!(!install(&one).expect("nothing to do"));
            assert!(install(&Loopback::new()).expect("removed"));
            assert!(files().is_empty() && others.exists());
        });
    }

    #[test]
    fn a_server_on_the_loopback_is_seen() {
        empty_host(|| {
            let Some(before) = listening() else { return };
            let server = std::net::TcpListener::bind("[::1]:0").expect("a free port");
            let port = server.local_addr().expect("bound").port();
            assert!(!before.contains(&port) && listening().expect("as before").contains(&port));
        });
    }
}
