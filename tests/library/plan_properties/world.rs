//! Random runnable configurations: several containers that never claim the same address or port.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use container_rebuild::model::check::check;
use container_rebuild::model::path::OptionSpans;
use container_rebuild::model::spec::HostSpec;
use container_rebuild::model::{
    BindMount, Boot, Container, ContainerName, Field, ForwardPort, Manifest, Nat, NatForward, Networking,
    PrivateUsers, PrivateUsersMode, Services, SourcePort, System, Unknown,
};
use container_rebuild::plan::{Configuration, Endpoint, EndpointKind, StateView};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The possible containers; any of them may have any of the addresses and ports.
pub(crate) const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A container without its exclusive resources.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) auto_start: bool,
    pub(crate) ephemeral: bool,
    pub(crate) private: bool,
    /// Whether it has private users, if its network allows them.
    pub(crate) users: bool,
    pub(crate) binds: Vec<(u8, bool)>,
    pub(crate) host_end: u8,
    pub(crate) timeout: bool,
    pub(crate) restart_if_changed: bool,
    pub(crate) tmpfs: bool,
    pub(crate) system: u8,
    /// Which of its addresses and ports it uses.
    pub(crate) six: bool,
    pub(crate) ports: u8,
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
    let switches = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8), any::<bool>(), any::<bool>());
    let binds = prop::collection::vec((0..3_u8, any::<bool>()), 0..3);
    let more = (prop::bool::weighted(0.9), any::<bool>(), 0..3_u8, 0..2_u8, 0..4_u8, prop::bool::weighted(0.3));
    (switches, binds, more).prop_map(|(switches, binds, more)| {
        let (auto_start, ephemeral, private, timeout, tmpfs) = switches;
        let (restart_if_changed, six, system, host_end, ports, users) = more;
        Shape {
            auto_start,
            ephemeral,
            private,
            users,
            binds,
            host_end,
            timeout,
            restart_if_changed,
            tmpfs,
            system,
            six,
            ports,
        }
    })
}

/// A whole configuration: the containers, their addresses and ports, and NAT.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) shapes: Vec<Option<Shape>>,
    pub(crate) addresses: Vec<usize>,
    pub(crate) ports: Vec<usize>,
    pub(crate) nat: bool,
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    let order = || Just((0..NAMES.len()).collect::<Vec<_>>()).prop_shuffle();
    let shapes = prop::collection::vec(prop::option::weighted(0.7, shape()), NAMES.len());
    (shapes, order(), order(), any::<bool>()).prop_map(|(shapes, addresses, ports, nat)| World {
        shapes,
        addresses,
        ports,
        nat,
    })
}

/// Two worlds: usually the second differs little from the first, as in most plans; sometimes they share nothing.
pub(crate) fn two_worlds() -> impl Strategy<Value = (World, World)> {
    let near = (world(), world(), prop::collection::vec(prop::bool::weighted(0.3), NAMES.len() + 3)).prop_map(
        |(before, other, take)| {
            let mut after = before.clone();
            for (index, shape) in other.shapes.into_iter().enumerate().filter(|(index, _)| take[*index]) {
                after.shapes[index] = shape;
            }
            if take[NAMES.len()] {
                after.addresses = other.addresses;
            }
            if take[NAMES.len() + 1] {
                after.ports = other.ports;
            }
            if take[NAMES.len() + 2] {
                after.nat = other.nat;
            }
            (before, after)
        },
    );
    prop_oneof![3 => near, 1 => (world(), world())]
}

pub(crate) fn name(name: &str) -> ContainerName {
    ContainerName::new(name).expect("a good name")
}

impl World {
    pub(crate) fn container(&self, index: usize, shape: &Shape) -> Container {
        let mut container = Container::with_defaults(format!("/nix/store/{}-system", shape.system).into());
        container.auto_start = shape.auto_start.into();
        container.ephemeral = shape.ephemeral.into();
        container.restart_if_changed = shape.restart_if_changed.into();
        container.timeout_start_sec = if shape.timeout { "5min" } else { "1min" }.to_owned().into();
        container.tmpfs = if shape.tmpfs { vec!["/scratch".to_owned().into()] } else { vec![] }.into();
        let bind = |(number, read_only): &(u8, bool)| {
            let mount = format!("/mount{number}");
            let bind = BindMount {
                mount_point: mount.clone().into(),
                host_path: Some(format!("/srv/{number}")).into(),
                is_read_only: (*read_only).into(),
            };
            (mount, bind.into())
        };
        container.bind_mounts = shape.binds.iter().map(bind).collect::<BTreeMap<_, _>>().into();
        container.private_network = shape.private.into();
        if shape.private {
            if shape.users {
                container.private_users = PrivateUsers::Mode(PrivateUsersMode::Pick).into();
            }
            let last = self.addresses[index] + 10;
            container.host_address = Some(format!("10.0.0.{}", shape.host_end + 1)).into();
            container.local_address = Some(format!("10.0.0.{last}")).into();
            if shape.six {
                container.local_address6 = Some(format!("fd00::{last}")).into();
            }
            let forward = |offset: u16| {
                let forward = ForwardPort {
                    protocol: if offset == 2 { "udp" } else { "tcp" }.to_owned().into(),
                    host_port: (8000 + 10 * self.ports[index] as u16 + offset).into(),
                    container_port: Some(80).into(),
                };
                Field::Known(forward)
            };
            let offsets = (0..3).filter(|bit| shape.ports & (1 << bit) != 0);
            container.forward_ports = offsets.map(forward).collect::<Vec<_>>().into();
        }
        container
    }

    /// Our own options: a forward under a condition for each container that has IPv6.
    fn settings(&self) -> Services {
        let there = self.shapes.iter().enumerate().filter_map(|(index, shape)| Some((index, shape.as_ref()?)));
        let settings = there.filter(|(_, shape)| shape.private && shape.six).map(|(index, shape)| {
            let first = 9100 + 10 * self.ports[index];
            let forward = json!({
                "hostPort": format!("{first}:{}", first + 1),
                "containerPort": 81,
                "sources": ["192.0.2.0/24", "fd01::/16"],
                "hairpin": shape.ports & 1 != 0,
            });
            (NAMES[index].to_owned(), json!({ "forwards": { "more": forward } }))
        });
        let settings = settings.collect::<serde_json::Map<_, _>>();
        Services { container_rebuild: [("containers".to_owned(), settings.into())].into_iter().collect() }
    }

    /// Forwards of the host: to an address, whoever has it, and to the first container, whichever address it has.
    fn nat_forwards(&self) -> Vec<Field<NatForward>> {
        let to = |port: i64, last: usize| {
            Field::Known(NatForward {
                destination: format!("10.0.0.{}:80", last + 10).into(),
                loopback_ips: vec![].into(),
                proto: String::from("tcp").into(),
                source_port: SourcePort::Port(port).into(),
            })
        };
        vec![to(9000, 0), to(9001, self.addresses[0])]
    }

    pub(crate) fn manifest(&self) -> Manifest {
        let there = self.shapes.iter().enumerate().filter_map(|(index, shape)| Some((index, shape.as_ref()?)));
        let containers = there.map(|(index, shape)| (name(NAMES[index]), self.container(index, shape))).collect();
        let nat = Nat {
            enable: self.nat.into(),
            internal_interfaces: vec![String::from("ve-+").into()].into(),
            external_interface: Some(String::from("eth0")).into(),
            forward_ports: self.nat_forwards().into(),
            ..Nat::default()
        };
        Manifest {
            format_version: 1,
            system: System { host_name: String::from("host").into(), state_version: String::from("25.11").into() },
            containers,
            more_containers: None,
            misnamed: BTreeMap::new(),
            networking: Networking { nat, ..Networking::default() },
            boot: Boot { enable_containers: true.into() },
            services: self.settings(),
            positions: None,
        }
    }
}

/// An evaluated world, with everything that its state view borrows.
pub(crate) struct Evaluated {
    pub(crate) manifest: Manifest,
    pub(crate) keys: BTreeMap<ContainerName, String>,
    pub(crate) spec: HostSpec,
}

impl Evaluated {
    pub(crate) fn new(world: &World) -> Self {
        let manifest = world.manifest();
        let checked = check(&manifest, &OptionSpans::default());
        assert!(checked.findings.is_empty() && checked.unsupported.is_empty(), "{checked:#?}");
        assert_eq!(checked.spec.containers.len(), manifest.containers.len());
        Self { manifest, keys: BTreeMap::new(), spec: checked.spec }
    }

    /// An evaluated world whose systems are unknown before a build; equal ones have equal keys.
    pub(crate) fn unbuilt(world: &World) -> Self {
        let mut this = Self::new(world);
        for (name, container) in &mut this.manifest.containers {
            let system = container.path.known().expect("it was known").clone();
            this.keys.insert(name.clone(), system);
            container.path = Field::Unknown(Unknown {
                reason: "known after build".to_owned(),
                file: "host.nix".to_owned(),
                line: 1,
                column: 1,
                failed: false,
                at_least: None,
            });
        }
        this.spec.containers.clear();
        this
    }

    pub(crate) fn side(&self) -> StateView<'_> {
        StateView::configuration(&Configuration {
            endpoint: Endpoint { kind: EndpointKind::File, name: "host.nix".to_owned() },
            manifest: &self.manifest,
            guest_keys: &self.keys,
            unknown_keys: const { &BTreeMap::new() },
            guests: const { &BTreeMap::new() },
            sources: None,
            spec: Some(&self.spec),
            missing_modules: false,
        })
    }

    /// The options of each container; lists with keys are turned into sets.
    pub(crate) fn options(&self) -> BTreeMap<String, Value> {
        let options = |(name, container): (&ContainerName, &Container)| {
            let mut json = serde_json::to_value(container).expect("JSON");
            by_key(&mut json);
            let settings = self.manifest.services.settings(name.as_str()).cloned().unwrap_or_default();
            json.as_object_mut().expect("a set").extend(settings);
            (name.to_string(), json)
        };
        self.manifest.containers.iter().map(options).collect()
    }

    pub(crate) fn has(&self, name: &ContainerName) -> bool {
        self.manifest.containers.contains_key(name)
    }

    /// The addresses of a container.
    pub(crate) fn addresses(&self, name: &ContainerName) -> BTreeSet<IpAddr> {
        let Some(container) = self.manifest.containers.get(name) else { return BTreeSet::new() };
        let addresses = [&container.local_address, &container.local_address6];
        let addresses = addresses.into_iter().filter_map(|address| address.known()?.clone());
        addresses.map(|address| address.parse().expect("an address")).collect()
    }

    /// The host ports that lead to a container.
    pub(crate) fn ports(&self, name: &ContainerName) -> BTreeSet<(String, u16)> {
        let Some(container) = self.manifest.containers.get(name) else { return BTreeSet::new() };
        let forwards = container.forward_ports.known().expect("known").iter().map(|forward| {
            let forward = forward.known().expect("known");
            let protocol = forward.protocol.known().expect("known").clone();
            (protocol, *forward.host_port.known().expect("known"))
        });
        forwards.collect()
    }
}

pub(crate) fn by_key(options: &mut Value) {
    let forwards = options["forwardPorts"].as_array().expect("a list").iter().map(|forward| {
        let key = format!("{}:{}", forward["protocol"].as_str().expect("text"), forward["hostPort"]);
        (key, forward.clone())
    });
    options["forwardPorts"] = Value::Object(forwards.collect());
}
