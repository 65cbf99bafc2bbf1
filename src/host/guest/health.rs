//! How a guest is: what its own systemd says (org.freedesktop.systemd1(5)).
//!
//! Takes: a machine that runs. Gives: the units of it that failed, or nothing where nobody in there can be asked. No
//! program is started, and no answer is waited for without a bound: a guest is whatever its root wants it to be.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use zbus::{OwnedObjectPath, OwnedVariant};

use super::dbus::Peer;
use super::root::Root;
use crate::diag::visible;
use crate::state::{FailedUnit, Health, Machine};

/// How long the answers may take.
const LIMIT: Duration = Duration::from_secs(2);
/// More failed units are not told of: nobody reads them.
const MOST_UNITS: usize = 50;
/// No unit's name is longer (systemd's `UNIT_NAME_MAX`).
const LONGEST_NAME: usize = 255;

const SERVICE: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const BUS: [&str; 3] = ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"];

type ListedUnit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Asks the guest's systemd. One that is still busy with its own start is waited for, for as long as `settling`, and then
/// asked all the same.
pub(in crate::host) fn health(machine: &Machine, settling: Duration) -> Option<Health> {
    let root = Root::open(machine).ok()?;
    let end = Instant::now() + LIMIT;
    // Without a bus first: that one may be what failed.
    let direct = root.connect_to_systemd(LIMIT).and_then(|stream| ask(stream, false, settling, end));
    let answer = direct.or_else(|error| match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Err(error),
        _ => ask(root.connect_to_bus(LIMIT)?, true, settling, end),
    });
    match answer {
        Ok(health) => Some(health),
        Err(error) => {
            tracing::debug!(machine = machine.name, %error, "its systemd does not say how it is");
            None
        }
    }
}

fn ask(stream: UnixStream, is_bus: bool, settling: Duration, end: Instant) -> io::Result<Health> {
    let mut peer = Peer::new(stream, end)?;
    if is_bus {
        let [destination, path, interface] = BUS;
        let _: String = peer.call([destination, path, interface, "Hello"], &())?;
    }
    settle(&mut peer, settling)?;
    let units: Vec<ListedUnit> = peer.call([SERVICE, PATH, MANAGER, "ListUnitsFiltered"], &(vec!["failed"],))?;
    let failed = units.into_iter().take(MOST_UNITS).map(|(name, .., path, _, _, _)| {
        let result = result(&mut peer, &name, &path);
        FailedUnit { unit: shown(&name), result: shown(result.as_deref().unwrap_or("failed")) }
    });
    Ok(Health { failed: failed.collect() })
}

/// Waits until the guest's own start is over, for so long and no longer.
fn settle(peer: &mut Peer, settling: Duration) -> io::Result<()> {
    if settling.is_zero() || !is_starting(peer)? {
        return Ok(());
    }
    // Signals tell of each step; that a bus was told of this before is no harm.
    let _: io::Result<()> = peer.call([SERVICE, PATH, MANAGER, "Subscribe"], &());
    peer.set_end(Instant::now() + settling);
    while is_starting(peer).unwrap_or(false) && peer.wait().is_ok() {}
    peer.set_end(Instant::now() + LIMIT);
    Ok(())
}

/// Whether the guest is on its way up (`SystemState`).
fn is_starting(peer: &mut Peer) -> io::Result<bool> {
    let state = property(peer, PATH, MANAGER, "SystemState")?;
    Ok(matches!(state.as_str(), "initializing" | "starting"))
}

/// Why a unit failed; `None` for a kind of unit that does not say.
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

/// A word of the guest's as it may be shown.
fn shown(word: &str) -> String {
    visible(&word.chars().take(LONGEST_NAME).collect::<String>())
}
