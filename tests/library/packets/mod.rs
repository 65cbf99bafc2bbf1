//! A property: for any model, the kernel does with a packet what [`reference`] says. The rules are loaded in a namespace that stands
//! for the host, and packets are sent from other machines, guests and the host itself.

mod network;
mod reference;

use std::time::Duration;

use container_rebuild::diag::Severity;
use container_rebuild::model::check::check;
use container_rebuild::model::path::OptionSpans;
use container_rebuild::model::spec::{HostSpec, Protocol};
use container_rebuild::model::{Boot, Container, ContainerName, Manifest, Nat, Networking, Services, System};
use container_rebuild::render::nft::Ruleset;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::namespaces;
use network::Network;
use reference::Probe;

/// How many models are tried.
const MODELS: u32 = 300;

/// How long an answer may take, and how long one is waited for that should not come.
const PATIENCE: Duration = Duration::from_secs(2);
const NO_PATIENCE: Duration = Duration::from_millis(10);

/// Set in the namespaces that the test makes for itself.
const INSIDE: &str = "PACKETS_INSIDE";

/// The ports that anything listens on, on the host, in guests and elsewhere: so few that forwards compete for them.
const PORTS: [u16; 6] = [80, 81, 82, 83, 84, 85];

#[test]
fn the_kernel_does_with_packets_what_the_model_says() {
    if !namespaces::has_nft() || !namespaces::are_possible() {
        return;
    }
    if std::env::var_os(INSIDE).is_none() {
        let this = std::env::current_exe().expect("a program");
        let name = std::thread::current().name().expect("the test's name").to_owned();
        let mut inside = namespaces::as_root(this.to_str().expect("a path in UTF-8"));
        let status =
            inside.args(["--exact", &name, "--nocapture"]).env(INSIDE, "1").status().expect("it can be run");
        assert!(status.success(), "see above");
        return;
    }
    let network = Network::new();
    let mut runner = TestRunner::new(Config { cases: MODELS, failure_persistence: None, ..Config::default() });
    let result =
        runner.run(&(nat(), prop::collection::vec(item(), 0..10), prop::collection::vec(probe(), 30)), |it| {
            let (nat, items, probes) = it;
            let spec = spec(&nat, &items);
            let rules = Ruleset::new(&spec);
            network.load(&rules);
            for probe in probes.iter().filter(|probe| probe.is_possible(&rules)) {
                let expected = reference::answer(&spec, probe);
                let answer = network.send(probe, if expected.is_some() { PATIENCE } else { NO_PATIENCE });
                prop_assert_eq!(&answer, &expected, "{:?}\n{:#?}\n{}", probe, spec, rules.text());
            }
            Ok(())
        });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// What may be declared. It is left out if the model refuses it beside what is there already.
#[derive(Debug, Clone)]
enum Item {
    /// An element of a guest's `forwardPorts`.
    Forward(usize, Value),
    /// One of a guest's forwards with conditions.
    Own(usize, Value),
    /// An element of `networking.nat.forwardPorts`.
    Nat(Value),
}

fn port() -> impl Strategy<Value = u16> {
    prop::sample::select(&PORTS[..])
}

fn transport() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["tcp", "udp"])
}

/// One to three ports, as a range if there are several.
fn ports(first: u16, count: u16) -> Value {
    let last = (first + count).min(PORTS[PORTS.len() - 1]);
    if first == last { json!(first) } else { json!(format!("{first}:{last}")) }
}

fn item() -> impl Strategy<Value = Item> {
    let guest = || 0..reference::GUESTS.len();
    let forward = (guest(), transport(), port(), port()).prop_map(|(guest, protocol, host, container)| {
        Item::Forward(guest, json!({ "protocol": protocol, "hostPort": host, "containerPort": container }))
    });
    let at = prop::option::weighted(0.3, prop::sample::select(reference::HOST_ADDRESSES.to_vec()));
    let interface = prop::option::weighted(0.2, prop::sample::select(vec!["eth0", "eth1", "ve-a"]));
    let sources = ["10.77.0.0/24", "198.51.100.9", "fd77::/64", "10.0.0.11", "127.0.0.0/8", "0.0.0.0/0"];
    let sources = prop::option::weighted(0.3, prop::sample::subsequence(sources.to_vec(), 1..3));
    let numbers = (port(), 0..3_u16, prop::option::of(port()));
    let own = (guest(), transport(), numbers, at, interface, sources, prop::bool::weighted(0.8)).prop_map(
        |(guest, protocol, (first, count, to), at, interface, sources, hairpin)| {
            let own = json!({
                "protocol": protocol, "hostPort": ports(first, count), "containerPort": to, "hostAddress": at,
                "interface": interface, "sources": sources.unwrap_or_default(), "hairpin": hairpin,
            });
            Item::Own(guest, own)
        },
    );
    let to = ["10.0.0.11", "10.0.0.12", "10.77.0.20", "[fd00::11]", "[fd77::20]"];
    let at = ["10.77.0.2", "198.51.100.2", "127.0.0.1", "fd77::2"];
    let at = prop::sample::subsequence(at.to_vec(), 0..3);
    let nat = (transport(), port(), 0..3_u16, prop::sample::select(to.to_vec()), port(), at).prop_map(
        |(proto, first, count, address, to, loopback)| {
            let is_v6 = address.starts_with('[');
            let loopback: Vec<_> = loopback.into_iter().filter(|at| at.contains(':') == is_v6).collect();
            let source = ports(first, count);
            let destination = match &source {
                Value::String(range) => format!("{address}:{}", range.replace(':', "-")),
                _ => format!("{address}:{to}"),
            };
            Item::Nat(json!({ "proto": proto, "sourcePort": source, "destination": destination, "loopbackIPs": loopback }))
        },
    );
    prop_oneof![3 => forward, 4 => own, 2 => nat]
}

/// `networking.nat` without its forwards.
fn nat() -> impl Strategy<Value = Nat> {
    let names = prop::sample::select(vec![vec![], vec!["ve-*"], vec!["ve-a", "ve-c"], vec!["eth0"]]);
    let networks = prop::sample::select(vec![vec![], vec!["10.0.0.0/24"], vec!["10.0.0.12"]]);
    let external =
        prop::sample::select(vec![(None, None), (Some("eth1"), None), (Some("eth1"), Some("198.51.100.3"))]);
    let more = (prop::bool::weighted(0.8), any::<bool>(), prop::option::weighted(0.2, Just("10.0.0.12")));
    (names, networks, external, more).prop_map(|(names, networks, (interface, address), (enable, ipv6, dmz))| Nat {
        enable: enable.into(),
        enable_ipv6: ipv6.into(),
        internal_interfaces: known(&names),
        internal_ips: known(&networks),
        external_interface: interface.map(str::to_owned).into(),
        external_ip: address.map(str::to_owned).into(),
        // NixOS wants an interface with it.
        dmz_host: dmz.filter(|_| interface.is_some()).map(str::to_owned).into(),
        ..Nat::default()
    })
}

fn known<T: serde::de::DeserializeOwned>(value: &(impl serde::Serialize + ?Sized)) -> T {
    serde_json::from_value(json!(value)).expect("an option")
}

/// Three guests, one of them with IPv4 alone, and as many of the items as the model takes.
fn spec(nat: &Nat, items: &[Item]) -> HostSpec {
    let mut taken = Vec::new();
    let mut spec = checked(nat, &taken).expect("a host without forwards is right");
    for item in items {
        taken.push(item);
        match checked(nat, &taken) {
            Some(more) => spec = more,
            None => drop(taken.pop()),
        }
    }
    spec
}

/// The model of a host, unless there is something wrong with it.
fn checked(nat: &Nat, items: &[&Item]) -> Option<HostSpec> {
    let (mut nat, mut own) = (nat.clone(), json!({}));
    let mut forwards = vec![Vec::new(); reference::GUESTS.len()];
    let mut elsewhere = Vec::new();
    for (number, item) in items.iter().enumerate() {
        match item {
            Item::Forward(guest, forward) => forwards[*guest].push(forward),
            Item::Own(guest, forward) => {
                own[reference::GUESTS[*guest].name]["forwards"][format!("f{number}")] = forward.clone();
            }
            Item::Nat(forward) => elsewhere.push(forward),
        }
    }
    nat.forward_ports = known(&elsewhere);
    let container = |(guest, forwards): (&reference::Machine, &Vec<&Value>)| {
        let mut container = Container::with_defaults("/nix/store/x".to_owned().into());
        container.private_network = true.into();
        container.host_address = Some(guest.host4.to_owned()).into();
        container.local_address = Some(guest.v4.to_owned()).into();
        container.host_address6 = guest.v6.map(|_| guest.host6.to_owned()).into();
        container.local_address6 = guest.v6.map(str::to_owned).into();
        container.forward_ports = known(forwards);
        (ContainerName::new(guest.name).expect("a good name"), container)
    };
    let manifest = Manifest {
        format_version: 1,
        system: System { host_name: String::from("host").into(), state_version: String::from("25.11").into() },
        containers: reference::GUESTS.iter().zip(&forwards).map(container).collect(),
        more_containers: None,
        misnamed: Default::default(),
        networking: Networking { nat, ..Networking::default() },
        boot: Boot { enable_containers: true.into() },
        services: Services { container_rebuild: [("containers".to_owned(), own)].into_iter().collect() },
        positions: None,
    };
    let checked = check(&manifest, &OptionSpans::default());
    let is_right = checked.unknown.is_empty()
        && checked.unsupported.is_empty()
        && !checked.findings.iter().any(|it| it.severity == Severity::Error);
    is_right.then_some(checked.spec)
}

fn probe() -> impl Strategy<Value = Probe> {
    let from = prop::sample::select(reference::MACHINES.to_vec());
    let addresses: Vec<_> = reference::HOST_ADDRESSES
        .iter()
        .chain(&["127.0.0.1", "10.77.0.20", "198.51.100.9", "10.0.0.11", "10.0.0.12", "fd00::11"])
        .collect();
    let to = prop::sample::select(addresses);
    let protocol = prop::sample::select(vec![Protocol::Tcp, Protocol::Udp]);
    (from, protocol, to, port()).prop_map(|(from, protocol, to, port)| Probe {
        from,
        protocol,
        to: to.parse().expect("an address"),
        port,
    })
}
