//! The arguments of systemd-nspawn(1) for one container, in NixOS's order.
//!
//! Where they differ from NixOS's, and why:
//! - Links of all kinds are made *before* the start, in a namespace that nspawn only joins (`--network-namespace-path=`): the
//!   network is up before the guest's first instruction, and nothing has to run inside an empty root.
//! - There is never a `--port=`: forwards are rules in our own table, so that changing one restarts nobody.
//! - `PATH` is not handed on: it let NixOS's wrapper around `init` find `ip`, and there is no wrapper here.
//!
//! Not here: preparing the root, the namespace and its links, which must be done when these arguments are used.

use std::path::Path;

use super::{conf, host_port, is_private, paths, veth};
use crate::model::spec::{ContainerSpec, Network};

/// What follows `systemd-nspawn` on the command line. Nothing in it is to be seen by a shell.
pub fn arguments(spec: &ContainerSpec) -> Vec<String> {
    let name = spec.name.as_str();
    let root = paths::root(&spec.name, spec.ephemeral);
    let mut args: Vec<String> = ["--keep-unit", "-M", name, "-D", &text(&root)].map(str::to_owned).into();
    match &spec.network {
        Network::Host => {}
        Network::Named(namespace) => args.push(format!("--network-namespace-path={namespace}")),
        Network::Private(private) if !private.has_links() => args.push("--private-network".to_owned()),
        Network::Private(_) => {
            args.push(format!("--network-namespace-path={}", text(&paths::namespace(&spec.name))));
        }
    }
    args.extend(["--private-users=no", "--notify-ready=yes", "--kill-signal=SIGRTMIN+3"].map(str::to_owned));
    for shared in ["/nix/store", "/nix/var/nix/db", "/nix/var/nix/daemon-socket"] {
        args.push(format!("--bind-ro={shared}:{shared}"));
    }
    for (own, seen) in [
        (paths::guest_profiles(&spec.name), "/nix/var/nix/profiles"),
        (paths::guest_gc_roots(&spec.name), "/nix/var/nix/gcroots"),
    ] {
        args.push(format!("--bind={}:{seen}", text(&own)));
    }
    if !spec.ephemeral {
        args.push("--link-journal=try-guest".to_owned());
    }
    args.extend(environment(spec).map(|(key, value)| format!("--setenv={key}={value}")));
    if spec.ephemeral {
        args.push("--ephemeral".to_owned());
    }
    // What nspawn does by itself for a network that it made: no resolv.conf of the host's, and the guest sets up its links.
    let joins_own = matches!(&spec.network, Network::Private(private) if private.has_links());
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
    args.extend(spec.binds.iter().map(conf::bind_flag));
    args.extend(spec.extra_flags.iter().cloned());
    args.push(text(&spec.system.join("init")));
    args
}

/// The environment that NixOS gives to `init`; a variable that says nothing is empty there too.
fn environment(spec: &ContainerSpec) -> [(&'static str, String); 9] {
    let [host4, host6, local4, local6] = conf::addresses(spec);
    [
        ("PRIVATE_NETWORK", if is_private(spec) { "1" } else { "" }.to_owned()),
        ("PRIVATE_USERS", "no".to_owned()),
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
    use crate::model::spec::{Bind, Forward, Private, Protocol, Veth};

    pub(in crate::render) fn bind(host: &str, mount: &str, read_only: bool) -> Bind {
        Bind { host: host.to_owned(), mount: mount.to_owned(), read_only }
    }

    /// A container that uses about everything.
    pub(in crate::render) fn wasabi() -> ContainerSpec {
        ContainerSpec {
            name: ContainerName::new("wasabi").expect("a good name"),
            system: "/nix/store/3-nixos-system-wasabi".into(),
            auto_start: true,
            ephemeral: true,
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
        }
    }

    #[test]
    fn they_come_in_the_order_of_nixos() {
        insta::assert_snapshot!(arguments(&wasabi()).join("\n"), @r#"
        --keep-unit
        -M
        wasabi
        -D
        /run/nixos-containers/wasabi
        --network-namespace-path=/run/netns/container-wasabi
        --private-users=no
        --notify-ready=yes
        --kill-signal=SIGRTMIN+3
        --bind-ro=/nix/store:/nix/store
        --bind-ro=/nix/var/nix/db:/nix/var/nix/db
        --bind-ro=/nix/var/nix/daemon-socket:/nix/var/nix/daemon-socket
        --bind=/nix/var/nix/profiles/per-container/wasabi:/nix/var/nix/profiles
        --bind=/nix/var/nix/gcroots/per-container/wasabi:/nix/var/nix/gcroots
        --setenv=PRIVATE_NETWORK=1
        --setenv=PRIVATE_USERS=no
        --setenv=HOST_BRIDGE=
        --setenv=HOST_ADDRESS=192.168.100.10
        --setenv=LOCAL_ADDRESS=192.168.100.11
        --setenv=HOST_ADDRESS6=
        --setenv=LOCAL_ADDRESS6=
        --setenv=LOCAL_MAC_ADDRESS=
        --setenv=HOST_PORT=tcp:8080:80
        --ephemeral
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
        let of = |network| {
            let spec = ContainerSpec { network, ..wasabi() };
            arguments(&spec).into_iter().filter(|arg| arg.contains("network")).collect::<Vec<_>>()
        };
        assert_eq!(of(Network::Host), Vec::<String>::new());
        assert_eq!(
            of(Network::Private(Private { veth: None, forwards: vec![], ..Private::default() })),
            ["--private-network"]
        );
        let veth = Some(Veth::default());
        let joined = "--network-namespace-path=/run/netns/container-wasabi";
        assert_eq!(of(Network::Private(Private { veth, forwards: vec![], ..Private::default() })), [joined]);
    }

    #[test]
    fn a_guest_with_links_of_its_own_may_set_them_up() {
        let of = |network| {
            let spec = ContainerSpec { network, additional_capabilities: vec![], ..wasabi() };
            arguments(&spec).iter().any(|arg| arg == "--capability=CAP_NET_ADMIN")
        };
        let with_pair = Private { veth: Some(Veth::default()), ..Private::default() };
        assert!(of(Network::Private(with_pair)) && !of(Network::Host));
    }

    #[test]
    fn a_root_that_is_kept_has_its_journal_linked() {
        let args = arguments(&ContainerSpec { ephemeral: false, ..wasabi() });
        assert!(args.contains(&"--link-journal=try-guest".to_owned()));
        assert!(args.contains(&"/var/lib/nixos-containers/wasabi".to_owned()));
        assert!(!args.contains(&"--ephemeral".to_owned()));
    }
}
