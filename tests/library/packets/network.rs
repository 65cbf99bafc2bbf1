//! The namespaces: a host, machines outside and guests, each with servers on all ports.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::process::{Command, Stdio};
use std::time::Duration;

use container_rebuild::model::spec::Protocol;
use container_rebuild::render::nft::{Before, Ruleset, TABLE};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns, unshare};

use super::PORTS;
use super::reference::{Answer, HOST_ADDRESSES, MACHINES, Machine, Probe};
use crate::namespaces;

/// The namespaces of all machines.
pub(super) struct Network {
    namespaces: BTreeMap<&'static str, File>,
    /// The rules that are loaded.
    loaded: RefCell<Ruleset>,
    /// The port that the next UDP packet comes from. No two share one: the kernel would take the second for an answer, and lead it
    /// where the first was led.
    next_port: Cell<u16>,
}

/// A socket that answers.
enum Server {
    Tcp(&'static str, u16, TcpListener),
    Udp(&'static str, u16, UdpSocket),
}

impl AsFd for Server {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(.., listener) => listener.as_fd(),
            Self::Udp(.., socket) => socket.as_fd(),
        }
    }
}

impl Network {
    /// Makes all namespaces inside of this one, which is that of the host, and starts the servers.
    pub(super) fn new() -> Self {
        let here = || File::open("/proc/thread-self/ns/net").expect("a namespace");
        let mut namespaces = BTreeMap::from([("host", here())]);
        begin();
        for machine in MACHINES.iter().filter(|machine| machine.interface.is_some()) {
            unshare(CloneFlags::CLONE_NEWNET).expect("root of a namespace");
            namespaces.insert(machine.name, here());
            begin();
        }
        let this = Self { namespaces, loaded: RefCell::default(), next_port: Cell::new(10_000) };
        this.enter("host");
        MACHINES.iter().for_each(|machine| this.connect(machine));
        run("ip address add 198.51.100.3/32 dev eth1");
        let mut servers = Vec::new();
        for machine in MACHINES {
            this.enter(machine.name);
            let addresses: BTreeSet<&str> = match machine.interface {
                None => {
                    let ends = MACHINES.iter().flat_map(|it| [Some(it.host4), it.v6.map(|_| it.host6)]).flatten();
                    HOST_ADDRESSES.into_iter().chain(["127.0.0.1"]).chain(ends).collect()
                }
                Some(_) => [machine.v4].into_iter().chain(machine.v6).collect(),
            };
            for (address, port) in addresses.iter().flat_map(|address| PORTS.map(|port| (*address, port))) {
                let at = SocketAddr::new(address.parse().expect("an address"), port);
                servers.push(Server::Tcp(machine.name, port, TcpListener::bind(at).expect("a free port")));
                servers.push(Server::Udp(machine.name, port, UdpSocket::bind(at).expect("a free port")));
            }
        }
        this.enter("host");
        std::thread::spawn(move || serve(&servers));
        MACHINES.iter().for_each(|machine| this.meet(machine));
        this
    }

    /// Waits until the host and a machine reach each other: interfaces that have just come up need a moment for IPv6.
    fn meet(&self, machine: &Machine) {
        let families = [Some((machine.v4, machine.host4)), machine.v6.map(|v6| (v6, machine.host6))];
        for (address, of_host) in families.into_iter().flatten() {
            for (name, to) in [("host", address), (machine.name, of_host)] {
                self.enter(name);
                let to = SocketAddr::new(to.parse().expect("an address"), PORTS[0]);
                TcpStream::connect_timeout(&to, Duration::from_secs(10))
                    .unwrap_or_else(|error| panic!("{name} to {to}: {error}"));
            }
        }
        self.enter("host");
    }

    /// Makes a namespace the current one.
    fn enter(&self, name: &str) {
        setns(&self.namespaces[name], CloneFlags::CLONE_NEWNET).expect("root of the namespace");
    }

    /// Connects a machine with the host, as NixOS connects guests: with an address and a route on either side.
    fn connect(&self, machine: &Machine) {
        let Some(interface) = machine.interface else { return };
        let namespace = format!("/proc/{}/fd/{}", std::process::id(), self.namespaces[machine.name].as_raw_fd());
        run(&format!("ip link add {interface} type veth peer name outside netns {namespace}"));
        let families =
            [Some((machine.v4, machine.host4, 24, 32)), machine.v6.map(|v6| (v6, machine.host6, 64, 128))];
        run(&format!("ip link set {interface} up"));
        for (address, of_host, network, whole) in families.into_iter().flatten() {
            let length = if machine.is_guest { whole } else { network };
            run(&format!("ip address add {of_host}/{length} dev {interface} nodad"));
            if machine.is_guest {
                run(&format!("ip route add {address}/{length} dev {interface}"));
            }
            self.enter(machine.name);
            run("ip link set outside up");
            run(&format!("ip address add {address}/{length} dev outside nodad"));
            if machine.is_guest {
                run(&format!("ip route add {of_host}/{length} dev outside"));
            }
            run(&format!("ip route add default via {of_host} dev outside"));
            self.enter("host");
        }
    }

    /// Replaces the rules, and sets what they need.
    pub(super) fn load(&self, rules: &Ruleset) {
        // As the program does: what differs from the table that is loaded, or all of it.
        let listed = nft(&["-j", "list", "table", "inet", TABLE], "");
        let update = listed
            .ok()
            .and_then(|listed| rules.update(&serde_json::from_str(&listed).expect("JSON"), &Before::default()));
        let text = update.unwrap_or_else(|| rules.text());
        if let Err(error) = nft(&["-f", "-"], &text) {
            panic!("{error}\n{text}");
        }
        let former = self.loaded.replace(rules.clone());
        for sysctl in rules.released(&former).into_iter().chain(rules.sysctls()) {
            let file = format!("/proc/sys/{}", sysctl.name.replace('.', "/"));
            std::fs::write(&file, &sysctl.value).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
    }

    /// Sends a packet, and returns the answer.
    pub(super) fn send(&self, probe: &Probe, patience: Duration) -> Option<Answer> {
        self.enter(probe.from.name);
        let port = self.next_port.get();
        self.next_port.set(if port == 60_000 { 10_000 } else { port + 1 });
        let text = ask(probe, port, patience);
        self.enter("host");
        let text = text?;
        let [who, at, source] = text.split(' ').collect::<Vec<_>>()[..] else {
            panic!("no answer of ours: {text:?}")
        };
        let source = source.parse().expect("an address");
        Some(Answer { who: who.to_owned(), port: at.parse().expect("a port"), source })
    }
}

/// Asks from the current namespace.
fn ask(probe: &Probe, port: u16, patience: Duration) -> Option<String> {
    let any = match probe.to {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let to = SocketAddr::new(probe.to, probe.port);
    let mut text = String::new();
    match probe.protocol {
        Protocol::Udp => {
            let socket = UdpSocket::bind((any, port)).expect("a free port");
            socket.set_read_timeout(Some(patience)).expect("a time");
            socket.connect(to).ok()?;
            socket.send(b"who?").ok()?;
            let mut bytes = [0; 100];
            let count = socket.recv(&mut bytes).ok()?;
            text.push_str(std::str::from_utf8(&bytes[..count]).expect("text"));
        }
        _ => {
            let mut stream = TcpStream::connect_timeout(&to, patience).ok()?;
            stream.set_read_timeout(Some(patience)).expect("a time");
            stream.read_to_string(&mut text).ok()?;
        }
    }
    Some(text)
}

/// Answers everybody who asks with the own name, the port and the asker's address.
fn serve(servers: &[Server]) {
    let answer = |name: &str, port: u16, peer: SocketAddr| format!("{name} {port} {}", peer.ip());
    loop {
        let mut ready: Vec<_> =
            servers.iter().map(|server| PollFd::new(server.as_fd(), PollFlags::POLLIN)).collect();
        poll(&mut ready, PollTimeout::NONE).expect("sockets");
        for (server, _) in servers.iter().zip(&ready).filter(|(_, ready)| ready.any() == Some(true)) {
            // Whoever asked may be gone already.
            match server {
                Server::Tcp(name, port, listener) => {
                    let _ = listener
                        .accept()
                        .and_then(|(mut it, peer)| it.write_all(answer(name, *port, peer).as_bytes()));
                }
                Server::Udp(name, port, socket) => {
                    let answered = socket.recv_from(&mut [0; 100]);
                    let _ =
                        answered.and_then(|(_, peer)| socket.send_to(answer(name, *port, peer).as_bytes(), peer));
                }
            }
        }
    }
}

/// What nft prints, or its error.
fn nft(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut nft = Command::new("nft");
    nft.args(arguments).env("PATH", namespaces::path());
    nft.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut nft = nft.spawn().expect("nft");
    nft.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("nft reads");
    let output = nft.wait_with_output().expect("its output");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Prepares the current namespace. Duplicate address detection would keep the kernel from asking for neighbours for a second.
fn begin() {
    std::fs::write("/proc/sys/net/ipv6/conf/default/accept_dad", "0").expect("root of the namespace");
    run("ip link set lo up");
}

/// Runs a command of iproute2 in the current namespace.
fn run(command: &str) {
    let mut words = command.split(' ');
    let program = words.next().expect("a program");
    let output = Command::new(program).args(words).env("PATH", namespaces::path()).output().expect("it can be run");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}
