//! The arguments of systemd-nspawn(1) for one container, in NixOS's order.
//!
//! Differences from NixOS's arguments, and why:
//! - All interfaces are created *before* the start, in a namespace that nspawn only joins
//!   (`--network-namespace-path=`). The network is up before the guest's first instruction, and nothing needs to run
//!   inside an empty root. With private users nspawn cannot join such a namespace, since a user namespace has no power
//!   over one that it did not create. Then nspawn creates it (`--private-network`), and it is filled while the guest is
//!   frozen.
//! - Bind mounts of a guest with private users are mapped beforehand, by a map that leaves the host's root out where
//!   the guest may write. With nspawn's own `idmap` the guest's root could leave set-uid programs of the host's root
//!   there.
//! - There is never a `--port=`: forwards are rules in our own table, so that changing one restarts no container.
//! - There is never an `--ephemeral`: nspawn would empty whatever is mounted in the copy that it makes. We create a new
//!   root at each start and remove it ourselves.
//! - `PATH` is not passed on: NixOS's wrapper around `init` needs it to find `ip`, and we have no such wrapper.
//!
//! Not here: preparing the root, the namespace and its interfaces, which must exist before these arguments are used.

use std::path::{Path, PathBuf};

use super::{conf, host_port, is_private, paths, veth};
use crate::model::spec::{Bind, ContainerSpec, Credential, Network, Users};

/// The arguments of `systemd-nspawn` for a guest with this root. They must not pass through a shell.
pub(crate) fn arguments(spec: &ContainerSpec, root: &Path) -> Vec<String> {
    let name = spec.name.as_str();
    let makes_network = is_made_by_nspawn(spec);
    let mut args: Vec<String> = ["--keep-unit", "-M", name, "-D", &text(root)].map(str::to_owned).into();
    match &spec.network {
        Network::Host => {}
        Network::Named(namespace) => args.push(format!("--network-namespace-path={namespace}")),
        Network::Private(private) if makes_network || !private.has_interfaces() => {
            args.push("--private-network".to_owned());
        }
        Network::Private(_) => {
            args.push(format!("--network-namespace-path={}", text(&paths::namespace(&spec.name))));
        }
    }
    args.extend(users(spec));
    args.extend(["--notify-ready=yes", "--kill-signal=SIGRTMIN+3"].map(str::to_owned));
    let option = if spec.users.base().is_some() { ":idmap" } else { "" };
    for shared in ["/nix/store", "/nix/var/nix/db", "/nix/var/nix/daemon-socket"] {
        args.push(format!("--bind-ro={shared}:{shared}{option}"));
    }
    let mut binds: Vec<Bind> = binds(spec);
    if spec.users.base().is_some() {
        for (bind, Mapped { at, .. }) in binds.iter_mut().zip(mapped(spec)) {
            bind.host = text(&at);
        }
    }
    let (own, binds) = binds.split_at(OWN);
    args.extend(own.iter().map(conf::bind_flag));
    // The journal of an ephemeral root is removed with it, so there is nothing to link to.
    args.push(format!("--link-journal={}", if spec.ephemeral { "no" } else { "try-guest" }));
    args.extend(environment(spec).map(|(key, value)| format!("--setenv={key}={value}")));
    // nspawn does the same for a network that it made: it leaves out the host's resolv.conf, and lets the guest set up
    // its interfaces.
    let joins_own = matches!(&spec.network, Network::Private(private) if private.has_interfaces());
    if joins_own || !spec.copy_resolv_conf {
        args.push("--resolv-conf=off".to_owned());
    }
    let own = (joins_own || spec.tun)
        .then(|| "CAP_NET_ADMIN".to_owned())
        .filter(|own| !spec.additional_capabilities.contains(own));
    let added: Vec<String> = own.into_iter().chain(spec.additional_capabilities.iter().cloned()).collect();
    for (flag, capabilities) in [("--capability", &added), ("--drop-capability", &spec.drop_capabilities)] {
        if !capabilities.is_empty() {
            args.push(format!("{flag}={}", capabilities.join(",")));
        }
    }
    args.extend(spec.tmpfs.iter().map(|tmpfs| format!("--tmpfs={tmpfs}")));
    args.extend(binds.iter().map(conf::bind_flag));
    // A relative path is one in $CREDENTIALS_DIRECTORY, where systemd has put what the unit loads.
    args.extend(spec.credentials.iter().map(|Credential { name, .. }| format!("--load-credential={name}:{name}")));
    args.extend(spec.extra_flags.iter().cloned());
    args.push(text(&spec.system.join("init")));
    args
}

/// Whether nspawn creates the network namespace, rather than our launcher.
pub(crate) fn is_made_by_nspawn(spec: &ContainerSpec) -> bool {
    spec.users.are_private() && matches!(spec.network, Network::Private(_))
}

/// The flags for the guest's user namespace.
fn users(spec: &ContainerSpec) -> Vec<String> {
    let Some(base) = spec.users.base() else { return vec![format!("--private-users={}", spec.users)] };
    // A kept root has the guest's own user IDs on disk (`map`), so that the container can move to another range or to
    // none. An ephemeral root may lie on a tmpfs, which cannot be mapped before Linux 6.3.
    let ownership = if spec.ephemeral { "auto" } else { "map" };
    let range = format!("--private-users={base}:{}", Users::COUNT);
    vec![range, format!("--private-users-ownership={ownership}")]
}

/// The number of bind mounts that each guest has regardless of `bindMounts`, with a source of its own.
const OWN: usize = 2;

/// The bind mounts that only this guest has, starting with those counted by [`OWN`].
fn binds(spec: &ContainerSpec) -> Vec<Bind> {
    let own = [
        (paths::guest_profiles(&spec.name), "/nix/var/nix/profiles"),
        (paths::guest_gc_roots(&spec.name), "/nix/var/nix/gcroots"),
    ];
    let own = own.map(|(host, seen)| Bind { host: text(&host), mount: seen.to_owned(), read_only: false });
    own.into_iter().chain(spec.binds.iter().cloned()).collect()
}

/// A path of the host that is mapped to a guest's users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// The path that is mapped.
    pub source: PathBuf,
    /// Where the mapped mount appears on the host.
    pub at: PathBuf,
    /// Whether the guest may only read it.
    pub read_only: bool,
}

/// The mounts that must be made before these [`arguments`] are used; empty if the guest's users have the host's IDs.
pub(crate) fn mapped(spec: &ContainerSpec) -> Vec<Mapped> {
    let directory = paths::mapped(&spec.name);
    let binds = binds(spec).into_iter().filter(|_| spec.users.base().is_some()).zip(0_u32..);
    binds
        .map(|(bind, number)| Mapped {
            source: bind.host.into(),
            at: directory.join(number.to_string()),
            read_only: bind.read_only,
        })
        .collect()
}

/// The environment that NixOS gives to `init`; like there, variables without a value are set but empty.
fn environment(spec: &ContainerSpec) -> [(&'static str, String); 9] {
    let [host4, host6, local4, local6] = conf::addresses(spec);
    [
        ("PRIVATE_NETWORK", if is_private(spec) { "1" } else { "" }.to_owned()),
        ("PRIVATE_USERS", spec.users.to_string()),
        ("HOST_BRIDGE", veth(spec).and_then(|veth| veth.bridge.clone()).unwrap_or_default()),
        host4,
        local4,
        host6,
        local6,
        ("LOCAL_MAC_ADDRESS", veth(spec).and_then(|veth| veth.hardware).map_or_else(String::new, String::from)),
        ("HOST_PORT", host_port(spec)),
    ]
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::ContainerName;
    use crate::model::spec::{Forward, Private, Protocol, Veth};

    pub(in crate::render) fn bind(host: &str, mount: &str, read_only: bool) -> Bind {
        Bind { host: host.to_owned(), mount: mount.to_owned(), read_only }
    }

    /// A container that uses nearly every option.
    pub(in crate::render) fn wasabi() -> ContainerSpec {
        ContainerSpec {
            name: ContainerName::new("wasabi").expect("a good name"),
            system: "/nix/store/3-nixos-system-wasabi".into(),
            auto_start: true,
            ephemeral: true,
            users: Users::Shared,
            network: Network::Private(Private {
                veth: Some(Veth {
                    host4: Some([192, 168, 100, 10].into()),
                    local4: Some([192, 168, 100, 11].into()),
                    ..Veth::default()
                }),
                forwards: vec![Forward { protocol: Protocol::Tcp, host_port: 8080, container_port: 80 }],
                ..Private::default()
            }),
            binds: vec![bind("/mnt/wasabiData/", "/var/data", false), bind("/a:b", r"/c\d", true)],
            tmpfs: vec!["/scratch:size=10M".to_owned()],
            additional_capabilities: vec!["CAP_NET_ADMIN".to_owned(), "CAP_SYS_TIME".to_owned()],
            drop_capabilities: vec!["CAP_MKNOD".to_owned()],
            devices: vec![],
            tun: false,
            copy_resolv_conf: true,
            extra_flags: vec!["--hostname=w".to_owned()],
            timeout_start: "1min".to_owned(),
            health: Default::default(),
            credentials: Vec::new(),
            new_sources: Vec::new(),
            unit: Default::default(),
        }
    }

    fn of(spec: &ContainerSpec) -> Vec<String> {
        let ephemeral = paths::ephemeral_root(&spec.name, "0123456789abcdef");
        arguments(spec, &if spec.ephemeral { ephemeral } else { paths::root(&spec.name) })
    }

    #[test]
    fn they_come_in_the_order_of_nixos() {
        insta::assert_snapshot!(of(&wasabi()).join("\n"), @r#"
        --keep-unit
        -M
        wasabi
        -D
        /run/nixos-containers/wasabi_0123456789abcdef
        --network-namespace-path=/run/netns/container-wasabi
        --private-users=no
        --notify-ready=yes
        --kill-signal=SIGRTMIN+3
        --bind-ro=/nix/store:/nix/store
        --bind-ro=/nix/var/nix/db:/nix/var/nix/db
        --bind-ro=/nix/var/nix/daemon-socket:/nix/var/nix/daemon-socket
        --bind=/nix/var/nix/profiles/per-container/wasabi:/nix/var/nix/profiles
        --bind=/nix/var/nix/gcroots/per-container/wasabi:/nix/var/nix/gcroots
        --link-journal=no
        --setenv=PRIVATE_NETWORK=1
        --setenv=PRIVATE_USERS=no
        --setenv=HOST_BRIDGE=
        --setenv=HOST_ADDRESS=192.168.100.10
        --setenv=LOCAL_ADDRESS=192.168.100.11
        --setenv=HOST_ADDRESS6=
        --setenv=LOCAL_ADDRESS6=
        --setenv=LOCAL_MAC_ADDRESS=
        --setenv=HOST_PORT=tcp:8080:80
        --resolv-conf=off
        --capability=CAP_NET_ADMIN,CAP_SYS_TIME
        --drop-capability=CAP_MKNOD
        --tmpfs=/scratch:size=10M
        --bind=/mnt/wasabiData/:/var/data
        --bind-ro=/a\:b:/c\\d
        --hostname=w
        /nix/store/3-nixos-system-wasabi/init
        "#);
    }

    #[test]
    fn the_network_is_the_hosts_or_prepared_or_empty() {
        let network = |network| {
            let spec = ContainerSpec { network, ..wasabi() };
            of(&spec).into_iter().filter(|arg| arg.contains("network")).collect::<Vec<_>>()
        };
        assert_eq!(network(Network::Host), Vec::<String>::new());
        assert_eq!(
            network(Network::Private(Private { veth: None, forwards: vec![], ..Private::default() })),
            ["--private-network"]
        );
        let veth = Some(Veth::default());
        let joined = "--network-namespace-path=/run/netns/container-wasabi";
        assert_eq!(network(Network::Private(Private { veth, forwards: vec![], ..Private::default() })), [joined]);
    }

    #[test]
    fn private_users_have_a_network_of_their_own_and_mapped_mounts() {
        let with = |users, ephemeral| {
            let spec = ContainerSpec { users, ephemeral, ..wasabi() };
            let is_about = |arg: &String| ["users", "bind", "network"].iter().any(|word| arg.contains(word));
            (of(&spec).into_iter().filter(is_about).collect::<Vec<_>>().join("\n"), mapped(&spec))
        };
        let (args, mapped) = with(Users::Given(0x0008_0000), true);
        insta::assert_snapshot!(args, @r"
        --private-network
        --private-users=524288:65536
        --private-users-ownership=auto
        --bind-ro=/nix/store:/nix/store:idmap
        --bind-ro=/nix/var/nix/db:/nix/var/nix/db:idmap
        --bind-ro=/nix/var/nix/daemon-socket:/nix/var/nix/daemon-socket:idmap
        --bind=/run/container-rebuild/mapped/wasabi/0:/nix/var/nix/profiles
        --bind=/run/container-rebuild/mapped/wasabi/1:/nix/var/nix/gcroots
        --bind=/run/container-rebuild/mapped/wasabi/2:/var/data
        --bind-ro=/run/container-rebuild/mapped/wasabi/3:/c\\d
        ");
        let of_data = Mapped {
            source: "/mnt/wasabiData/".into(),
            at: "/run/container-rebuild/mapped/wasabi/2".into(),
            read_only: false,
        };
        assert_eq!((mapped.len(), &mapped[2], mapped[3].read_only), (4, &of_data, true));
        assert!(with(Users::Picked(0x0008_0000), false).0.contains("--private-users-ownership=map"));
        let (args, mapped) = with(Users::Identity, false);
        assert!(args.contains("--private-users=identity") && args.contains("--private-network"), "{args}");
        assert!(args.contains("--bind=/mnt/wasabiData/:/var/data") && mapped.is_empty(), "{args}");
    }

    #[test]
    fn a_guest_with_links_of_its_own_may_set_them_up() {
        let may = |network| {
            let spec = ContainerSpec { network, additional_capabilities: vec![], ..wasabi() };
            of(&spec).iter().any(|arg| arg == "--capability=CAP_NET_ADMIN")
        };
        let with_pair = Private { veth: Some(Veth::default()), ..Private::default() };
        assert!(may(Network::Private(with_pair)) && !may(Network::Host));
    }

    #[test]
    fn a_root_that_is_kept_has_its_journal_linked() {
        let args = of(&ContainerSpec { ephemeral: false, ..wasabi() });
        assert!(args.contains(&"--link-journal=try-guest".to_owned()));
        assert!(args.contains(&"/var/lib/nixos-containers/wasabi".to_owned()));
    }
}
