//! Writes `/etc/nixos-containers/NAME.conf` with NixOS's keys, in NixOS's order.
//!
//! We never read it. It is there for `nixos-container` and for people, who find in it what NixOS would have written.
//! Its syntax is that of `EnvironmentFile=` (systemd.exec(5)).

use std::fmt::{Display, Write};

use super::{host_port, is_private, veth};
use crate::model::spec::{Bind, ContainerSpec, Network};

/// The text of one container's file.
pub(crate) fn text(spec: &ContainerSpec) -> String {
    let mut conf = String::new();
    let mut set = |key: &str, value: &dyn Display| {
        writeln!(conf, "{key}={value}").expect("writing to a string does not fail");
    };
    set("SYSTEM_PATH", &spec.system.display());
    set("COPY_RESOLV_CONF", &u8::from(spec.copy_resolv_conf));
    if is_private(spec) {
        set("PRIVATE_NETWORK", &1);
        if let Some(bridge) = veth(spec).and_then(|veth| veth.bridge.as_ref()) {
            set("HOST_BRIDGE", bridge);
        }
        let ports = host_port(spec);
        if !ports.is_empty() {
            set("HOST_PORT", &ports);
        }
        for (key, address) in addresses(spec) {
            if !address.is_empty() {
                set(key, &address);
            }
        }
        if let Some(hardware) = veth(spec).and_then(|veth| veth.hardware) {
            set("LOCAL_MAC_ADDRESS", &hardware);
        }
    }
    if let Network::Named(namespace) = &spec.network {
        set("NETWORK_NAMESPACE_PATH", namespace);
    }
    set("PRIVATE_USERS", &spec.users);
    let (interfaces, macvlans) = match &spec.network {
        Network::Private(private) => (private.interfaces.as_slice(), private.macvlans.as_slice()),
        Network::Host | Network::Named(_) => Default::default(),
    };
    for (key, passed) in [("INTERFACES", interfaces), ("MACVLANS", macvlans)] {
        let names: Vec<String> = passed.iter().map(ToString::to_string).collect();
        set(key, &quoted(&names.join(" ")));
    }
    if spec.auto_start {
        set("AUTO_START", &1);
    }
    let mut flags: Vec<String> = spec.binds.iter().map(bind_flag).collect();
    flags.extend(spec.extra_flags.iter().cloned());
    set("EXTRA_NSPAWN_FLAGS", &quoted(&flags.join(" ")));
    conf
}

/// The four addresses under the names that NixOS's start script uses; empty if not set.
pub(super) fn addresses(spec: &ContainerSpec) -> [(&'static str, String); 4] {
    fn shown<A: Display>(address: Option<A>) -> String {
        address.map(|address| address.to_string()).unwrap_or_default()
    }
    let with = |address: String, length: Option<u8>| match length {
        Some(length) => format!("{address}/{length}"),
        None => address,
    };
    let veth = veth(spec).cloned().unwrap_or_default();
    [
        ("HOST_ADDRESS", shown(veth.host4)),
        ("HOST_ADDRESS6", shown(veth.host6)),
        ("LOCAL_ADDRESS", with(shown(veth.local4), veth.length4)),
        ("LOCAL_ADDRESS6", with(shown(veth.local6), veth.length6)),
    ]
}

/// The flag `--bind=` or `--bind-ro=` of a mount, with colons and backslashes in paths escaped as systemd-nspawn(1)
/// requires.
pub(super) fn bind_flag(bind: &Bind) -> String {
    let escaped = |path: &str| path.replace('\\', r"\\").replace(':', r"\:");
    let flag = if bind.read_only { "--bind-ro" } else { "--bind" };
    format!("{flag}={}:{}", escaped(&bind.host), escaped(&bind.mount))
}

/// Puts a value in double quotes, in which systemd treats a backslash as special only before these four characters.
fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spec::{Private, Veth};
    use crate::render::nspawn::tests::{bind, wasabi};

    #[test]
    fn it_reads_like_the_file_that_nixos_writes() {
        insta::assert_snapshot!(text(&wasabi()), @r#"
        SYSTEM_PATH=/nix/store/3-nixos-system-wasabi
        COPY_RESOLV_CONF=1
        PRIVATE_NETWORK=1
        HOST_PORT=tcp:8080:80
        HOST_ADDRESS=192.168.100.10
        LOCAL_ADDRESS=192.168.100.11
        PRIVATE_USERS=no
        INTERFACES=""
        MACVLANS=""
        AUTO_START=1
        EXTRA_NSPAWN_FLAGS="--bind=/mnt/wasabiData/:/var/data --bind-ro=/a\\:b:/c\\\\d --hostname=w"
        "#);
    }

    #[test]
    fn a_bridge_and_prefix_lengths_are_there_where_they_were_given() {
        let mut spec = wasabi();
        let veth = Veth {
            bridge: Some("br0".to_owned()),
            local4: Some([192, 168, 0, 100].into()),
            length4: Some(24),
            local6: "fc00::2".parse().ok(),
            ..Veth::default()
        };
        spec.network = Network::Private(Private { veth: Some(veth), ..Private::default() });
        let text = text(&spec);
        let network: Vec<_> = text.lines().skip_while(|line| *line != "PRIVATE_NETWORK=1").take(4).collect();
        let expected =
            ["PRIVATE_NETWORK=1", "HOST_BRIDGE=br0", "LOCAL_ADDRESS=192.168.0.100/24", "LOCAL_ADDRESS6=fc00::2"];
        assert_eq!(network, expected);
    }

    #[test]
    fn a_quote_in_a_path_stays_inside_the_value() {
        let mut spec = wasabi();
        spec.binds = vec![bind("/a \"b\" $c", "/m", true)];
        spec.extra_flags.clear();
        let last = text(&spec).lines().last().map(str::to_owned);
        assert_eq!(last.as_deref(), Some(r#"EXTRA_NSPAWN_FLAGS="--bind-ro=/a \"b\" \$c:/m""#));
    }
}
