//! The units that lead connections of the host itself to `[::1]` into guests.
//!
//! Nothing routes `::1` out of the host, so no rule can forward it, unlike 127.0.0.1. For each TCP port that a container forwards
//! for every connection, a socket unit listens there, and starts systemd-socket-proxyd(8) for the first connection. The guest sees
//! the host's end of its interface as the source.
//!
//! A guest with both families is asked over IPv4: that is where a client that tries `localhost` gets without these units.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::nft::{OwnTarget, Ruleset, Target};
use super::{paths, unit};
use crate::model::ContainerName;
use crate::model::spec::Protocol;

/// Where a port of `[::1]` leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxied {
    /// The container.
    pub container: ContainerName,
    /// The address and port of its guest.
    pub to: SocketAddr,
}

/// The ports of `[::1]` that lead into guests.
pub type Loopback = BTreeMap<u16, Proxied>;

/// What the names of the units begin with, before the port.
pub const PREFIX: &str = "container-rebuild-loopback-";

/// Those that rules forward at the other addresses of the host.
pub fn proxied(ruleset: &Ruleset) -> Loopback {
    let proxied = |port, container: &ContainerName, v4: Option<IpAddr>, v6, to| {
        let address = v4.or(v6)?;
        Some((port, Proxied { container: container.clone(), to: SocketAddr::new(address, to) }))
    };
    let plain = ruleset.forwards().iter().filter(|target| target.protocol == Protocol::Tcp);
    let plain = plain.filter_map(|target| {
        let Target { container, host_port, container_port, v4, v6, .. } = target;
        proxied(*host_port, container, v4.map(IpAddr::V4), v6.map(IpAddr::V6), *container_port)
    });
    // Each port is two units, so ranges have none.
    let own = ruleset.own_forwards().iter().filter(|target| {
        let forward = &target.forward;
        let is_for_all = forward.at.is_none() && forward.interface.is_none() && forward.sources.is_empty();
        is_for_all && forward.protocol == Protocol::Tcp && forward.ports.count() == 1
    });
    let own = own.filter_map(|OwnTarget { forward, container, to: [v4, v6] }| {
        proxied(forward.ports.first, container, *v4, *v6, forward.to.first)
    });
    own.chain(plain).collect()
}

/// The name of the socket unit.
pub(crate) fn socket(port: u16) -> String {
    format!("{PREFIX}{port}.socket")
}

/// The name of the service that the socket starts.
pub(crate) fn service(port: u16) -> String {
    format!("{PREFIX}{port}.service")
}

/// The port of a file among the units, if it is one of ours.
pub(crate) fn port(path: &Path) -> Option<u16> {
    let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    name.strip_suffix(".socket").or_else(|| name.strip_suffix(".service"))?.parse().ok()
}

/// The files of both units of each port.
pub(crate) fn files(loopback: &Loopback) -> BTreeMap<PathBuf, String> {
    let at = |name: String| Path::new(paths::UNITS).join(name);
    let units = loopback.iter().map(|(port, proxied)| {
        [(at(socket(*port)), socket_text(*port, proxied)), (at(service(*port)), service_text(*port, proxied))]
    });
    units.flatten().collect()
}

/// At boot, the port is left to a server of the host: that starts before `multi-user.target`.
fn socket_text(port: u16, proxied: &Proxied) -> String {
    format!(
        "{header}

[Unit]
Description=Port {port} of ::1, which container {container} forwards
DefaultDependencies=no
After=multi-user.target
Conflicts=shutdown.target
Before=shutdown.target

[Socket]
ListenStream={at}
BindIPv6Only=ipv6-only
",
        header = unit::HEADER,
        container = proxied.container,
        at = SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
    )
}

fn service_text(port: u16, proxied: &Proxied) -> String {
    format!(
        "{header}

[Unit]
Description=Connections to port {port} of ::1, for container {container}
Requires={socket}
After={socket}

[Service]
ExecStart={program} internal proxy {to}
SyslogIdentifier=container-rebuild
CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
",
        header = unit::HEADER,
        container = proxied.container,
        socket = socket(port),
        program = paths::PROGRAM,
        to = proxied.to,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spec::{Forward, HostSpec, Network, OwnForward, Ports};
    use crate::render::nspawn::tests::wasabi;

    /// Those of a guest with these addresses and forwards.
    fn of(addresses: (Option<&str>, Option<&str>), forwards: Vec<Forward>, own: Vec<OwnForward>) -> Loopback {
        let mut container = wasabi();
        let Network::Private(network) = &mut container.network else { panic!("it has one of its own") };
        let veth = network.veth.as_mut().expect("it has a veth");
        veth.local4 = addresses.0.map(|text| text.parse().expect("an address"));
        veth.local6 = addresses.1.map(|text| text.parse().expect("an address"));
        (network.forwards, network.own_forwards) = (forwards, own);
        proxied(&Ruleset::new(&HostSpec { containers: vec![container], ..HostSpec::default() }))
    }

    fn shown(loopback: &Loopback) -> Vec<String> {
        loopback.iter().map(|(port, proxied)| format!("{port} -> {}", proxied.to)).collect()
    }

    #[test]
    fn each_tcp_port_for_every_connection_has_units() {
        let plain = |protocol, host_port| Forward { protocol, host_port, container_port: 80 };
        let forwards = vec![plain(Protocol::Tcp, 8080), plain(Protocol::Udp, 8081)];
        let everywhere = OwnForward {
            protocol: Protocol::Tcp,
            ports: Ports::one(443),
            to: Ports::one(8443),
            at: None,
            interface: None,
            sources: vec![],
            hairpin: true,
        };
        let one = |port| OwnForward { ports: Ports::one(port), ..everywhere.clone() };
        let own = vec![
            everywhere.clone(),
            OwnForward { at: Some([10, 0, 0, 9].into()), ..one(1) },
            OwnForward { interface: Some("eth0".to_owned()), ..one(2) },
            OwnForward { sources: vec!["10.0.0.0/8".parse().expect("a network")], ..one(3) },
            OwnForward { protocol: Protocol::Sctp, ..one(4) },
            OwnForward {
                ports: Ports { first: 5, last: 6 },
                to: Ports { first: 5, last: 6 },
                ..everywhere.clone()
            },
            OwnForward { hairpin: false, ..one(7) },
        ];
        let both = of((Some("10.0.0.2"), Some("fd00::2")), forwards.clone(), own.clone());
        assert_eq!(shown(&both), ["7 -> 10.0.0.2:8443", "443 -> 10.0.0.2:8443", "8080 -> 10.0.0.2:80"]);
        let six = of((None, Some("fd00::2")), forwards.clone(), own);
        assert_eq!(shown(&six), ["7 -> [fd00::2]:8443", "443 -> [fd00::2]:8443", "8080 -> [fd00::2]:80"]);
        assert_eq!(shown(&of((None, None), forwards, vec![])), [""; 0]);
    }

    #[test]
    fn the_units_are_a_socket_and_its_service() {
        let to = "192.168.100.11:80".parse().expect("an address");
        let container = ContainerName::new("wasabi").expect("a good name");
        let files = files(&Loopback::from([(8080, Proxied { container, to })]));
        let text = |name: &str| &files[&Path::new(paths::UNITS).join(name)];
        assert_eq!(files.keys().map(|path| port(path)).collect::<Vec<_>>(), [Some(8080); 2]);
        assert_eq!(port(Path::new("/run/systemd/system/container-rebuild-loopback-x.socket")), None);
        insta::assert_snapshot!(text("container-rebuild-loopback-8080.socket"), @r"
        # Written by container-rebuild. Changes made here are lost.

        [Unit]
        Description=Port 8080 of ::1, which container wasabi forwards
        DefaultDependencies=no
        After=multi-user.target
        Conflicts=shutdown.target
        Before=shutdown.target

        [Socket]
        ListenStream=[::1]:8080
        BindIPv6Only=ipv6-only
        ");
        insta::assert_snapshot!(text("container-rebuild-loopback-8080.service"), @r"
        # Written by container-rebuild. Changes made here are lost.

        [Unit]
        Description=Connections to port 8080 of ::1, for container wasabi
        Requires=container-rebuild-loopback-8080.socket
        After=container-rebuild-loopback-8080.socket

        [Service]
        ExecStart=/var/lib/container-rebuild/bin/container-rebuild internal proxy 192.168.100.11:80
        SyslogIdentifier=container-rebuild
        CapabilityBoundingSet=
        NoNewPrivileges=yes
        PrivateTmp=yes
        ProtectHome=yes
        ProtectSystem=strict
        ");
    }
}
