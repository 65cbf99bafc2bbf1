//! Reads containers that NixOS itself manages from the files that NixOS wrote for them.
//!
//! Takes: the unit, the `.conf` and the start script of a native container. Gives: the options that they show, and
//! [`visible`], which reduces a configured container to just those. If nixos-rebuild is up to date with a container,
//! both give the same.
//!
//! Source: `nixos/modules/virtualisation/nixos-containers.nix` (the keys of the `.conf`, the settings of the unit, the
//! arguments that the start script passes to systemd-nspawn).

use std::collections::BTreeMap;

use crate::model::{AllowedDevice, BindMount, Container, Field, ForwardPort, List, PrivateUsers, PrivateUsersMode};

const TUN: &str = "/dev/net/tun";
const NET_ADMIN: &str = "CAP_NET_ADMIN";

/// The container that NixOS wrote these texts for; `None` if they are not in NixOS's form.
pub(crate) fn container(unit: &str, conf: &str, script: &str) -> Option<Container> {
    let conf = settings(conf);
    let key = |name: &str| conf.get(name).map(String::as_str).filter(|value| !value.is_empty());
    if !script.contains("systemd-nspawn") {
        return None;
    }
    let path = match (key("SYSTEM_PATH"), key("FLAKE")) {
        (Some(path), _) => path.to_owned(),
        // Where NixOS puts the systems that it builds from a flake.
        (None, Some(_)) => format!("/nix/var/nix/profiles/per-container/{}", instance(unit)?),
        (None, None) => return None,
    };
    let words = words(script);
    let flags = |prefix: &str| words.iter().filter_map(|word| word.strip_prefix(prefix)).collect::<Vec<_>>();
    let capabilities: Vec<&str> = flags("--capability=").into_iter().flat_map(|list| list.split(',')).collect();
    let devices: Vec<(&str, &str)> =
        values(unit, "DeviceAllow").filter_map(|value| value.split_once(' ')).collect();
    let private_users = match key("PRIVATE_USERS") {
        Some("pick") => PrivateUsers::Mode(PrivateUsersMode::Pick),
        Some("identity") => PrivateUsers::Mode(PrivateUsersMode::Identity),
        Some(number) if number != "no" => PrivateUsers::Base(number.parse().ok()?),
        _ => PrivateUsers::Mode(PrivateUsersMode::No),
    };
    let text = |name: &str| Field::Known(key(name).map(str::to_owned));
    let (binds, extra_flags) = nspawn_flags(key("EXTRA_NSPAWN_FLAGS").unwrap_or_default());
    let has_tun = devices.iter().any(|(node, _)| *node == TUN);
    Some(Container {
        additional_capabilities: list(capabilities.iter().filter(|name| !has_tun || **name != NET_ADMIN)),
        allowed_devices: Field::Known(
            devices
                .iter()
                .filter(|(node, _)| *node != TUN)
                .map(|(node, modifier)| {
                    let (node, modifier) = ((*node).to_owned().into(), (*modifier).to_owned().into());
                    Field::Known(AllowedDevice { node, modifier })
                })
                .collect(),
        ),
        auto_start: (key("AUTO_START") == Some("1")).into(),
        bind_mounts: binds.into(),
        copy_resolv_conf: (key("COPY_RESOLV_CONF") != Some("0")).into(),
        enable_tun: (has_tun && capabilities.contains(&NET_ADMIN)).into(),
        ephemeral: words.iter().any(|word| word == "--ephemeral").into(),
        extra_flags,
        flake: text("FLAKE"),
        interfaces: list(key("INTERFACES").unwrap_or_default().split_whitespace()),
        macvlans: list(key("MACVLANS").unwrap_or_default().split_whitespace()),
        network_namespace: text("NETWORK_NAMESPACE_PATH"),
        private_network: (key("PRIVATE_NETWORK") == Some("1")).into(),
        private_users: private_users.into(),
        restart_if_changed: (!values(unit, "X-RestartIfChanged").any(|value| value == "false")).into(),
        timeout_start_sec: values(unit, "TimeoutStartSec").last().unwrap_or("1min").to_owned().into(),
        tmpfs: list(flags("--tmpfs=")),
        forward_ports: forwards(key("HOST_PORT").unwrap_or_default())?,
        host_address: text("HOST_ADDRESS"),
        host_address6: text("HOST_ADDRESS6"),
        host_bridge: text("HOST_BRIDGE"),
        local_address: text("LOCAL_ADDRESS"),
        local_address6: text("LOCAL_ADDRESS6"),
        local_mac_address: text("LOCAL_MAC_ADDRESS"),
        ..Container::with_defaults(path.into())
    })
}

/// Reduces a configured container to what the native files can show, for comparison with `native`.
///
/// What they cannot show, or what is not known yet (the path of a guest that has not been built), is taken from
/// `native`.
pub(crate) fn visible(wanted: &Container, native: &Container) -> Container {
    let mut seen = wanted.clone();
    if seen.path.known().is_none() {
        seen.path = native.path.clone();
    }
    // NixOS itself only knows the flag that our module adds.
    if let (Some(flag), Field::Known(flags)) = (wanted.drop_flag(), &mut seen.extra_flags) {
        let is_flag = |one: &Field<String>| one.known() == Some(&flag);
        let at = native.extra_flags.known().and_then(|flags| flags.iter().position(is_flag));
        flags.insert(at.map_or(flags.len(), |at| at.min(flags.len())), flag.into());
    }
    seen.drop_capabilities = native.drop_capabilities.clone();
    // NixOS compiles these into scripts, which do not show all of the options.
    seen.extra_veths = native.extra_veths.clone();
    // Before 26.05 NixOS always copied it.
    if native.copy_resolv_conf.known() == Some(&true) && wanted.copy_resolv_conf.known() != Some(&false) {
        seen.copy_resolv_conf = native.copy_resolv_conf.clone();
    }
    // Without `autoStart` the unit says "false", whatever the option is.
    if wanted.auto_start.known() == Some(&false) {
        seen.restart_if_changed = native.restart_if_changed.clone();
    }
    if wanted.private_network.known() == Some(&false) {
        let without = Container::with_defaults(seen.path.clone());
        seen.forward_ports = without.forward_ports;
        seen.host_address = without.host_address;
        seen.host_address6 = without.host_address6;
        seen.host_bridge = without.host_bridge;
        seen.local_address = without.local_address;
        seen.local_address6 = without.local_address6;
        seen.local_mac_address = without.local_mac_address;
    }
    if let Field::Known(forwards) = &mut seen.forward_ports {
        for forward in forwards.iter_mut() {
            if let Field::Known(forward) = forward
                && let (Field::Known(None), Field::Known(port)) = (&forward.container_port, &forward.host_port)
            {
                forward.container_port = Some(*port).into();
            }
        }
    }
    if let Field::Known(binds) = &mut seen.bind_mounts {
        *binds = std::mem::take(binds).into_iter().map(|(name, bind)| as_flag(name, bind)).collect();
    }
    seen
}

/// A bind mount with the name and source that its flag shows.
fn as_flag(name: String, bind: Field<BindMount>) -> (String, Field<BindMount>) {
    let Field::Known(mut bind) = bind else { return (name, bind) };
    if bind.host_path.known() == Some(&None) {
        bind.host_path = match &bind.mount_point {
            Field::Known(mount) => Field::Known(Some(mount.clone())),
            Field::Unknown(unknown) => Field::Unknown(unknown.clone()),
        };
    }
    let name = bind.mount_point.known().cloned().unwrap_or(name);
    (name, Field::Known(bind))
}

/// Parses `KEY=value` lines and removes quotes (systemd.exec(5), `EnvironmentFile=`).
fn settings(conf: &str) -> BTreeMap<String, String> {
    let pairs = conf.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), unquoted(value.trim()).to_owned())).collect()
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// The values of one setting of a unit.
fn values<'a>(unit: &'a str, setting: &'a str) -> impl Iterator<Item = &'a str> {
    unit.lines().filter_map(move |line| line.strip_prefix(setting)?.strip_prefix('=')).map(unquoted)
}

/// The container's name as NixOS passes it to the scripts: `Environment="INSTANCE=NAME"`.
fn instance(unit: &str) -> Option<&str> {
    values(unit, "Environment").find_map(|value| value.strip_prefix("INSTANCE="))
}

/// The words of a script without quotes.
fn words(script: &str) -> Vec<String> {
    script.split_whitespace().map(|word| word.replace('"', "").trim_end_matches('\\').to_owned()).collect()
}

fn list<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> List<String> {
    Field::Known(items.into_iter().map(|item| item.as_ref().to_owned().into()).collect())
}

/// `EXTRA_NSPAWN_FLAGS`: the bind mounts, followed by `extraFlags`. Nothing marks where the latter begin.
fn nspawn_flags(flags: &str) -> (BTreeMap<String, Field<BindMount>>, List<String>) {
    let mut binds = BTreeMap::new();
    let mut words = flags.split_whitespace().peekable();
    while let Some(word) = words.peek() {
        let (read_only, paths) = match (word.strip_prefix("--bind-ro="), word.strip_prefix("--bind=")) {
            (Some(paths), _) => (true, paths),
            (None, Some(paths)) => (false, paths),
            (None, None) => break,
        };
        let (host, mount) = paths.split_once(':').unwrap_or((paths, paths));
        let bind = BindMount {
            mount_point: mount.to_owned().into(),
            host_path: Some(host.to_owned()).into(),
            is_read_only: read_only.into(),
        };
        binds.insert(mount.to_owned(), bind.into());
        words.next();
    }
    (binds, list(words))
}

/// `HOST_PORT`: `proto:host:guest` joined by commas.
fn forwards(text: &str) -> Option<List<ForwardPort>> {
    let forward = |text: &str| {
        let mut parts = text.split(':');
        let (protocol, host, guest) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Field::Known(ForwardPort {
            protocol: protocol.to_owned().into(),
            host_port: Field::Known(host),
            container_port: Some(guest).into(),
        }))
    };
    let forwards = text.split(',').filter(|text| !text.is_empty()).map(forward);
    Some(Field::Known(forwards.collect::<Option<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: &str = "\
[Unit]
Description=Container 'web'
RequiresMountsFor=/var/lib/nixos-containers/web /srv/www

[Service]
DeviceAllow=/dev/net/tun rwm
DeviceAllow=/dev/fuse rw
Environment=\"INSTANCE=web\"
Environment=\"root=/var/lib/nixos-containers/web\"
EnvironmentFile=-/etc/nixos-containers/%i.conf
ExecStart=/nix/store/1-unit-script-container_web-start/bin/container_web-start
TimeoutStartSec=2min
Type=notify
";
    const CONF: &str = "\
SYSTEM_PATH=/nix/store/2-nixos-system-web
PRIVATE_NETWORK=1
HOST_PORT=tcp:8080:80,udp:53:53
HOST_ADDRESS=10.1.0.1
LOCAL_ADDRESS=10.1.0.2
PRIVATE_USERS=no
INTERFACES=\"\"
MACVLANS=\"\"
AUTO_START=1
EXTRA_NSPAWN_FLAGS=\" --bind-ro=/srv/www:/www --bind=/data:/data -U\"
";
    const SCRIPT: &str = "\
exec /nix/store/3-systemd/bin/systemd-nspawn \\
  --keep-unit -M \"$INSTANCE\" -D \"$root\" $extraFlags \\
  --capability=\"CAP_SYS_TIME,CAP_NET_ADMIN\" \\
  --tmpfs=/scratch \\
  $EXTRA_NSPAWN_FLAGS ${SYSTEM_PATH:-/nix/var/nix/profiles/system}/init
";

    /// The configuration that NixOS would write these texts for.
    fn wanted() -> Container {
        let bind = |mount: &str, host: Option<&str>, read_only: bool| BindMount {
            mount_point: mount.to_owned().into(),
            host_path: host.map(str::to_owned).into(),
            is_read_only: read_only.into(),
        };
        let forward = |protocol: &str, host: u16, guest: Option<u16>| ForwardPort {
            protocol: protocol.to_owned().into(),
            host_port: host.into(),
            container_port: guest.into(),
        };
        let unknown = crate::model::Unknown {
            reason: String::from("known after build"),
            file: String::new(),
            line: 1,
            column: 1,
            failed: false,
            at_least: None,
        };
        Container {
            auto_start: true.into(),
            private_network: true.into(),
            host_address: Some(String::from("10.1.0.1")).into(),
            local_address: Some(String::from("10.1.0.2")).into(),
            forward_ports: vec![forward("tcp", 8080, Some(80)).into(), forward("udp", 53, None).into()].into(),
            bind_mounts: BTreeMap::from([
                ("/data".to_owned(), bind("/data", None, false).into()),
                ("site".to_owned(), bind("/www", Some("/srv/www"), true).into()),
            ])
            .into(),
            additional_capabilities: list(["CAP_SYS_TIME"]),
            enable_tun: true.into(),
            allowed_devices: vec![
                AllowedDevice { node: String::from("/dev/fuse").into(), modifier: String::from("rw").into() }
                    .into(),
            ]
            .into(),
            tmpfs: list(["/scratch"]),
            extra_flags: list(["-U"]),
            timeout_start_sec: String::from("2min").into(),
            ..Container::with_defaults(Field::Unknown(unknown))
        }
    }

    #[test]
    fn the_native_files_show_the_configured_container() {
        let native = container(UNIT, CONF, SCRIPT).expect("NixOS's form");
        assert_eq!(visible(&wanted(), &native), native);
    }

    #[test]
    fn capabilities_are_dropped_by_the_flag_of_our_module() {
        let flagged = CONF.replace(" -U", " -U --drop-capability=CAP_MKNOD,CAP_BPF");
        let native = |conf: &str| container(UNIT, conf, SCRIPT).expect("NixOS's form");
        let dropping = |names: &[&str]| Container { drop_capabilities: list(names), ..wanted() };
        let (both, other) = (dropping(&["CAP_MKNOD", "CAP_BPF"]), dropping(&["CAP_MKNOD"]));
        assert_eq!(visible(&both, &native(&flagged)), native(&flagged));
        for (wanted, conf) in [(&both, CONF), (&other, &flagged), (&wanted(), &flagged)] {
            assert_ne!(visible(wanted, &native(conf)), native(conf), "{wanted:?}");
        }
    }

    #[test]
    fn differences_are_seen_unless_they_have_no_effect() {
        let native = container(UNIT, CONF, SCRIPT).expect("NixOS's form");
        let other = Container { ephemeral: true.into(), ..wanted() };
        assert_ne!(visible(&other, &native), native);
        let conf = "SYSTEM_PATH=/nix/store/2-x\nPRIVATE_USERS=no\nINTERFACES=\"\"\nMACVLANS=\"\"\nEXTRA_NSPAWN_FLAGS=\"\"\n";
        let host = container("", conf, "systemd-nspawn").expect("NixOS's form");
        let mut plain = Container::with_defaults(String::from("/nix/store/2-x").into());
        plain.local_address = Some(String::from("10.1.0.2")).into();
        plain.forward_ports = wanted().forward_ports;
        assert_eq!(visible(&plain, &host), host, "NixOS ignores these without a private network");
    }

    #[test]
    fn texts_in_another_form_are_rejected() {
        assert_eq!(container("[Service]\nExecStart=/bin/sleep infinity\n", "", "#!/bin/sh\n"), None);
        assert_eq!(container(UNIT, "PRIVATE_NETWORK=1\n", SCRIPT), None);
        assert_eq!(container(UNIT, &CONF.replace("8080", "many"), SCRIPT), None);
    }
}
