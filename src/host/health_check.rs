//! Waits until a guest does what its health check asks for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::journalctl::tail_of_guest;
use super::waiting::is_cut_short;
use super::{guest, machined, netns};
use crate::apply::{HostError, Operation};
use crate::model::ContainerName;
use crate::model::spec::{ContainerSpec, Network, Private, Veth};
use crate::render::paths;
use crate::state::Machine;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// How long one attempt to connect may take: a firewall may drop it.
const ATTEMPT: Duration = Duration::from_secs(1);
/// How many lines of the guest's journal an error shows.
const LOG_LINES: usize = 20;

/// What a guest does not do.
struct Lack {
    what: String,
    /// Whether more time does not help.
    is_final: bool,
}

/// Waits until the guest does what its health check asks for.
///
/// # Errors
///
/// What it does not do within the time limit. A failed unit ends the wait early: systemd does not start it again.
pub(super) fn wait(spec: &ContainerSpec) -> Result<(), HostError> {
    let (name, begun) = (&spec.name, Instant::now());
    let limit = Duration::from_secs(spec.health.timeout_sec.into());
    loop {
        let lacks = lacks(spec, (begun + limit).saturating_duration_since(Instant::now()));
        if lacks.is_empty() {
            return Ok(());
        }
        if is_cut_short() {
            return Err(HostError::StoppedWaiting { operation: Operation::HealthCheck(name.clone()) });
        }
        let waited = begun.elapsed();
        if waited >= limit || lacks.iter().any(|lack| lack.is_final) {
            let lacking = lacks.into_iter().map(|lack| lack.what).collect();
            return Err(HostError::Unhealthy { name: name.clone(), waited, lacking, log: journal(name) });
        }
        std::thread::sleep(PAUSE.min(limit - waited));
    }
}

fn lacks(spec: &ContainerSpec, left: Duration) -> Vec<Lack> {
    let Some(machine) = find(&spec.name) else {
        return vec![Lack { what: String::from("it stopped"), is_final: true }];
    };
    let mut lacks = of_units(&machine, &spec.health.units);
    let way = Way::to(spec);
    lacks.extend(spec.health.ports.iter().filter_map(|port| way.of_port(*port, left)));
    lacks
}

fn find(name: &ContainerName) -> Option<Machine> {
    machined::find(name.as_str()).ok().flatten().filter(|machine| machine.unit == name.unit())
}

fn of_units(machine: &Machine, units: &[String]) -> Vec<Lack> {
    if units.is_empty() {
        return Vec::new();
    }
    let Some(states) = guest::unit_states(machine, units) else {
        return vec![Lack { what: String::from("its systemd does not answer"), is_final: false }];
    };
    let lacking = units.iter().zip(states).filter(|(_, state)| state != "active" && state != "reloading");
    let lack = |(unit, state): (&String, String)| Lack {
        what: format!("{unit} is {}", if state.is_empty() { "unknown to it" } else { &state }),
        is_final: state == "failed",
    };
    lacking.map(lack).collect()
}

/// How to reach a guest's ports.
struct Way {
    address: IpAddr,
    /// The network namespace to connect from, if not the host's.
    namespace: Option<PathBuf>,
}

impl Way {
    /// From the host, through the guest's firewall, where the two have a link of their own; else from inside the guest's network.
    fn to(spec: &ContainerSpec) -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        match &spec.network {
            Network::Host => Self { address: loopback, namespace: None },
            Network::Named(path) => Self { address: loopback, namespace: Some(path.into()) },
            Network::Private(Private { veth, .. }) => {
                let routed = veth.as_ref().filter(|veth| veth.bridge.is_none()).and_then(routed);
                let namespace = routed.is_none().then(|| paths::namespace(&spec.name));
                let own = veth.as_ref().and_then(|veth| Some(veth.local4?.into()).or(veth.local6.map(IpAddr::V6)));
                Self { address: routed.or(own).unwrap_or(loopback), namespace }
            }
        }
    }

    fn of_port(&self, port: u16, left: Duration) -> Option<Lack> {
        let limit = left.clamp(Duration::from_millis(50), ATTEMPT);
        let target = SocketAddr::new(self.address, port);
        let connect = || TcpStream::connect_timeout(&target, limit).is_ok();
        let answers = match &self.namespace {
            None => connect(),
            Some(namespace) => netns::within(namespace, connect).unwrap_or(false),
        };
        (!answers).then(|| Lack { what: format!("nothing answers on {target}"), is_final: false })
    }
}

/// The address that the host reaches a guest at over their own link.
fn routed(veth: &Veth) -> Option<IpAddr> {
    let four = veth.host4.and(veth.local4).map(IpAddr::V4);
    four.or_else(|| veth.host6.and(veth.local6).map(IpAddr::V6))
}

/// The last lines of the running guest's journal.
fn journal(name: &ContainerName) -> Vec<String> {
    let journal = find(name).and_then(|machine| guest::of_guest(&machine).ok().flatten());
    let since = paths::booted(name).metadata().ok();
    let since = since.map(|metadata| std::os::unix::fs::MetadataExt::mtime(&metadata));
    journal.map(|journal| tail_of_guest(&journal, LOG_LINES, since)).unwrap_or_default()
}
