//! Runs a transient service of the guest's systemd (org.freedesktop.systemd1(5)).

use futures_util::StreamExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use zbus::connection::Builder;
use zbus::{Connection, MatchRule, MessageStream, OwnedObjectPath, Variant};

use super::error::GuestError;
use super::root::Root;
use crate::host::bus;
use crate::host::systemd::{BusError, Properties};
use crate::host::waiting::ANSWER;

/// `CLD_EXITED` of waitid(2): the process exited by itself.
const EXITED: i32 = nix::libc::CLD_EXITED;

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
trait Manager {
    fn start_transient_unit(
        &self,
        name: &str,
        mode: &str,
        properties: &[(String, Variant<'_>)],
        auxiliary: &[(&str, Vec<(String, Variant<'_>)>)],
    ) -> zbus::Result<OwnedObjectPath>;
    fn subscribe(&self) -> zbus::Result<()>;
    fn get_unit(&self, name: &str) -> zbus::Result<OwnedObjectPath>;
    fn kill_unit(&self, name: &str, whom: &str, signal: i32) -> zbus::Result<()>;
}

/// What the names of our services in a guest begin with.
const NAME_PREFIX: &str = "container-rebuild-run-";

/// Whether a unit of a guest is one of our services. systemd removes it only once it has noticed that we left the bus, so
/// that one whose command failed can still be there when the guest's failed units are listed.
pub(super) fn is_ours(unit: &str) -> bool {
    unit.starts_with(NAME_PREFIX)
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It exited with this status.
    Exited(i32),
    /// It was killed by this signal.
    Killed(i32),
}

/// A service that has not been started yet.
#[derive(Debug)]
pub(super) struct Service {
    name: String,
    properties: Vec<(String, Variant<'static>)>,
}

impl Service {
    /// Creates a service that executes a program (its path, and its arguments from number 0 on) in the guest `guest`.
    pub(super) fn new(guest: &str, (program, arguments): (String, Vec<String>)) -> Self {
        let name = format!("{NAME_PREFIX}{}.service", random());
        let what = arguments.iter().skip(5).chain([&program]).next().cloned().unwrap_or_default();
        let arguments: Vec<String> = arguments.iter().map(|argument| literal(argument)).collect();
        let mut service = Self { name, properties: Vec::new() };
        service.set("Description", format!("{what} (container-rebuild run {guest})"));
        service.set("ExecStart", vec![(program, arguments, false)]);
        service.set("Type", "exec");
        // Keep the unit and its exit status until we leave the bus, then remove it however it ended.
        service.set("AddRef", true);
        service.set("CollectMode", "inactive-or-failed");
        service.set("IgnoreSIGPIPE", false);
        service.set("TimeoutStopUSec", 5_000_000_u64);
        service
    }

    /// Sets a property (systemd.exec(5), systemd.service(5)).
    pub(super) fn set(&mut self, property: &str, value: impl Into<Variant<'static>>) {
        self.properties.push((property.to_owned(), value.into()));
    }

    /// Runs the service to completion in the current runtime.
    ///
    /// If `resized` is given, signals that we get are passed on to the service, and `resized` is called when our
    /// terminal's size changes.
    pub(super) async fn run(&mut self, root: &Root, resized: Option<&dyn Fn()>) -> Result<Ended, GuestError> {
        let stream = root.connect()?;
        let refused = |source: BusError| GuestError::Refused { name: root.name().to_owned(), source };
        let unreachable = |source| GuestError::Unreachable { name: root.name().to_owned(), source };
        let connection = bus::open(Builder::unix_stream(stream), ANSWER).await.map_err(refused)?;
        let mut signals = match resized {
            Some(resized) => Some((Signals::new().map_err(unreachable)?, resized)),
            None => None,
        };
        let properties = std::mem::take(&mut self.properties);
        self.supervise(&connection, properties, &mut signals).await.map_err(refused)?.map_err(|failure| {
            match failure {
                Failure::Gone => GuestError::Gone { name: root.name().to_owned() },
                Failure::NotStarted(reason) => GuestError::NotStarted { reason },
            }
        })
    }

    async fn supervise(
        &self,
        connection: &Connection,
        properties: Vec<(String, Variant<'static>)>,
        signals: &mut Option<(Signals, &dyn Fn())>,
    ) -> Result<Result<Ended, Failure>, BusError> {
        let manager = ManagerProxy::new(connection).await?;
        manager.subscribe().await?;
        manager.start_transient_unit(&self.name, "fail", &properties, &[]).await?;
        // The guest has its own copies of the descriptors now. A pipe only ends once ours are closed.
        drop(properties);
        let path = manager.get_unit(&self.name).await?;
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .path(path.clone())
            .member("PropertiesChanged")
            .build()?;
        let mut changes = MessageStream::for_match_rule(rule, connection, None).await?;
        loop {
            if let Some(end) = state(connection, &path).await? {
                return Ok(end.map_err(Failure::NotStarted));
            }
            loop {
                tokio::select! {
                    change = changes.next() => match change {
                        Some(change) => {
                            change?;
                            break;
                        }
                        None => return Ok(Err(Failure::Gone)),
                    },
                    (kind, resized) = next(signals) => {
                        if kind == SignalKind::window_change() {
                            resized();
                        } else {
                            // If it has just ended, the next change says so.
                            drop(manager.kill_unit(&self.name, "main", kind.as_raw_value()).await);
                        }
                    }
                }
            }
        }
    }
}

/// Why the service has no result.
enum Failure {
    Gone,
    NotStarted(String),
}

/// How the service ended; `None` while it runs or is about to; an error if it never ran.
async fn state(connection: &Connection, path: &OwnedObjectPath) -> Result<Option<Result<Ended, String>>, BusError> {
    let service = "org.freedesktop.systemd1";
    let unit = Properties::at(connection, service, path, "org.freedesktop.systemd1.Unit").await?;
    let active: String = unit.get("ActiveState").unwrap_or_default();
    // A queued job waits for the guest to boot.
    let queued = unit.job().is_some_and(|job| job != 0);
    if active != "failed" && (active != "inactive" || queued) {
        return Ok(None);
    }
    let service = Properties::at(connection, service, path, "org.freedesktop.systemd1.Service").await?;
    let code: i32 = service.get("ExecMainCode").unwrap_or_default();
    let status: i32 = service.get("ExecMainStatus").unwrap_or_default();
    Ok(Some(match code {
        0 => Err(service.get("Result").unwrap_or_else(|| String::from("its start was cancelled"))),
        EXITED => Ok(Ended::Exited(status)),
        _ => Ok(Ended::Killed(status)),
    }))
}

/// The signals that concern the command.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    resized: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            resized: signal(SignalKind::window_change())?,
        })
    }

    /// Waits for the next signal.
    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hang_up.recv() => SignalKind::hangup(),
            _ = self.resized.recv() => SignalKind::window_change(),
        }
    }
}

/// Waits for the next signal for the command; never returns if signals are not passed on.
async fn next<'a>(signals: &mut Option<(Signals, &'a dyn Fn())>) -> (SignalKind, &'a dyn Fn()) {
    match signals {
        Some((signals, resized)) => (signals.next().await, *resized),
        None => std::future::pending().await,
    }
}

/// Escapes a word, in which systemd would expand variables (systemd.service(5), "Command lines").
fn literal(word: &str) -> String {
    word.replace('$', "$$")
}

/// 64 random bits as hexadecimal digits.
fn random() -> String {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds each of these with random numbers from the system.
    let bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{bits:016x}")
}
