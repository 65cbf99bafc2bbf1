//! Asks a guest's own systemd for the guest's health (org.freedesktop.systemd1(5)).
//!
//! Takes: a running machine. Gives: its failed units, or nothing if it cannot be asked. No program is started, and no
//! answer is waited for without a limit, since the guest's root controls everything in the guest.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use zbus::{OwnedObjectPath, OwnedVariant};

use super::dbus::Peer;
use super::root::Root;
use super::service;
use crate::diag::visible;
use crate::state::{FailedUnit, Health, Machine};

/// The time limit for the answers.
const LIMIT: Duration = Duration::from_secs(2);
/// The most failed units that are reported.
const MOST_UNITS: usize = 50;
/// The longest name of a unit (systemd's `UNIT_NAME_MAX`).
const LONGEST_NAME: usize = 255;

const SERVICE: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const BUS: [&str; 3] = ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"];

type ListedUnit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Asks the guest's systemd for failed units. If the guest is still starting, this waits up to `settling` first, and
/// then asks in any case.
pub(in crate::host) fn health(machine: &Machine, settling: Duration) -> Option<Health> {
    let root = Root::open(machine).ok()?;
    let end = Instant::now() + LIMIT;
    // Directly first: the bus may be what failed.
    let direct = root.connect_to_systemd(LIMIT).and_then(|stream| ask(stream, false, settling, end));
    let answer = direct.or_else(|error| match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Err(error),
        _ => ask(root.connect_to_bus(LIMIT)?, true, settling, end),
    });
    match answer {
        Ok(health) => Some(health),
        Err(error) => {
            tracing::debug!(machine = machine.name, %error, "cannot get the guest's health from its systemd");
            None
        }
    }
}

/// The states of units (`ActiveState`), in the same order; empty for one that does not exist. `None` if the guest's systemd
/// does not answer.
pub(in crate::host) fn unit_states(machine: &Machine, units: &[String]) -> Option<Vec<String>> {
    let root = Root::open(machine).ok()?;
    let end = Instant::now() + LIMIT;
    let mut peer = Peer::new(root.connect_to_systemd(LIMIT).ok()?, end).ok()?;
    let states = units.iter().map(|unit| {
        let path: OwnedObjectPath = peer.call([SERVICE, PATH, MANAGER, "LoadUnit"], &(unit,))?;
        let unit = format!("{SERVICE}.Unit");
        let loaded = property(&mut peer, path.as_str(), &unit, "LoadState")?;
        let state = property(&mut peer, path.as_str(), &unit, "ActiveState")?;
        Ok(if loaded == "not-found" { String::new() } else { shown(&state) })
    });
    states.collect::<io::Result<_>>().ok()
}

fn ask(stream: UnixStream, is_bus: bool, settling: Duration, end: Instant) -> io::Result<Health> {
    let mut peer = Peer::new(stream, end)?;
    if is_bus {
        let [destination, path, interface] = BUS;
        let _: String = peer.call([destination, path, interface, "Hello"], &())?;
    }
    settle(&mut peer, settling)?;
    let units: Vec<ListedUnit> = peer.call([SERVICE, PATH, MANAGER, "ListUnitsFiltered"], &(vec!["failed"],))?;
    let theirs = units.into_iter().filter(|(name, ..)| !service::is_ours(name));
    let failed = theirs.take(MOST_UNITS).map(|(name, .., path, _, _, _)| {
        let result = result(&mut peer, &name, &path);
        FailedUnit { unit: shown(&name), result: shown(result.as_deref().unwrap_or("failed")) }
    });
    Ok(Health { failed: failed.collect() })
}

/// Waits until the guest has finished starting, at most as long as `settling`.
fn settle(peer: &mut Peer, settling: Duration) -> io::Result<()> {
    if settling.is_zero() || !is_starting(peer)? {
        return Ok(());
    }
    // The signals report each step. Subscribing twice over a bus does no harm.
    let _: io::Result<()> = peer.call([SERVICE, PATH, MANAGER, "Subscribe"], &());
    peer.set_end(Instant::now() + settling);
    while is_starting(peer).unwrap_or(false) && peer.wait().is_ok() {}
    peer.set_end(Instant::now() + LIMIT);
    Ok(())
}

/// Whether the guest is still starting (`SystemState`).
fn is_starting(peer: &mut Peer) -> io::Result<bool> {
    let state = property(peer, PATH, MANAGER, "SystemState")?;
    Ok(matches!(state.as_str(), "initializing" | "starting"))
}

/// Why a unit failed; `None` for types of units that do not say.
fn result(peer: &mut Peer, name: &str, path: &OwnedObjectPath) -> Option<String> {
    let kind = name.rsplit('.').next()?;
    let (first, rest) = kind.split_at_checked(1)?;
    let interface = format!("{SERVICE}.{}{rest}", first.to_ascii_uppercase());
    property(peer, path.as_str(), &interface, "Result").ok()
}

fn property(peer: &mut Peer, path: &str, interface: &str, name: &str) -> io::Result<String> {
    let get = [SERVICE, path, "org.freedesktop.DBus.Properties", "Get"];
    let value: OwnedVariant = peer.call(get, &(interface, name))?;
    String::try_from(value).map_err(io::Error::other)
}

/// Shortens and escapes text from the guest, so that it is safe to show.
fn shown(word: &str) -> String {
    visible(&word.chars().take(LONGEST_NAME).collect::<String>())
}
