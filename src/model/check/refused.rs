//! Rejects options that NixOS's types accept, but that systemd-nspawn or the kernel refuse when the container starts.
//!
//! Source: systemd's `src/nspawn/{nspawn,nspawn-mount,nspawn-expose-ports}.c`, `src/basic/socket-util.c` (`ifname_valid`) and
//! the start script of `nixos/modules/virtualisation/nixos-containers.nix`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::values::{destination, is_time_span, normal, wrong_capability, wrong_tmpfs};
use super::{Checker, forward_key, plain, replace, texts};
use crate::diag::{Code, Diagnostic};
use crate::model::path::{At, OptionPath};
use crate::model::{Container, ContainerName, Field, PrivateUsers};

/// Mount points that NixOS itself uses in each container.
const MOUNTED_BY_NIXOS: [&str; 5] = [
    "/nix/store",
    "/nix/var/nix/db",
    "/nix/var/nix/daemon-socket",
    "/nix/var/nix/profiles",
    "/nix/var/nix/gcroots",
];

impl Checker<'_> {
    /// Reports everything that would be refused at the start, except flags.
    pub(super) fn refused_at_start(&mut self, c: &Container, path: At<'_>) {
        for (list, option) in
            [(&c.additional_capabilities, "additionalCapabilities"), (&c.drop_capabilities, "dropCapabilities")]
        {
            let at = path.join(option);
            for (index, element) in texts(list) {
                if let Some((message, help)) = wrong_capability(element) {
                    let diagnostic = Diagnostic::error(Code::OptionType, message).help(help);
                    let located = self.locate_element(diagnostic, &at.path(), index);
                    let whole = format!("CAP_{}", element.to_ascii_uppercase());
                    // Only the prefix is missing, so the fix is certain.
                    self.out.findings.push(match wrong_capability(&whole) {
                        None => located.fix_there(|at| replace(at, element, &whole)),
                        Some(_) => located,
                    });
                }
            }
        }
        self.tmpfs(c, path);
        self.mount_points(c, path);
        if let Some(text) = c.timeout_start_sec.known().filter(|text| !is_time_span(text)) {
            let message = format!("`{}` is not a time span: systemd ignores it", text.escape_debug());
            let help = "write one such as `90s`, `5min` or `infinity` (systemd.time(7))";
            let diagnostic = Diagnostic::warning(Code::OptionCombination, message).help(help);
            self.find(diagnostic, path.join("timeoutStartSec"));
        }
        if c.private_network.known() == Some(&true) {
            self.ports(c, path);
            self.hardware(&c.local_mac_address, path);
        }
        for (name, veth) in c.extra_veths.known().into_iter().flatten() {
            if let Some(veth) = veth.known() {
                let veths = path.join("extraVeths");
                self.hardware(&veth.local_mac_address, veths.join(name));
            }
        }
    }

    fn tmpfs(&mut self, c: &Container, path: At<'_>) {
        let at = path.join("tmpfs");
        for (index, element) in texts(&c.tmpfs) {
            if let Some(message) = wrong_tmpfs(element) {
                let diagnostic = Diagnostic::error(Code::OptionType, message)
                    .help("write an absolute path, with mount options behind a colon where there are any: `\"/var:size=1G\"`");
                self.find_element(diagnostic, at, index);
            }
        }
    }

    /// Rejects port 0, which NixOS's type accepts.
    fn ports(&mut self, c: &Container, path: At<'_>) {
        let at = path.join("forwardPorts");
        for forward in super::known_elements(&c.forward_ports) {
            for (port, option) in [
                (forward.host_port.known().copied(), "hostPort"),
                (forward.container_port.known().copied().flatten(), "containerPort"),
            ] {
                if port == Some(0) {
                    let message = format!("`{option} = 0` is not a port: systemd-nspawn refuses to start with it");
                    let diagnostic =
                        Diagnostic::error(Code::OptionType, message).help("give a port from 1 to 65535");
                    self.find(diagnostic, at.join(&forward_key(forward)).join(option));
                }
            }
        }
    }

    /// Rejects hardware addresses that the kernel gives to no interface.
    fn hardware(&mut self, field: &Field<Option<String>>, path: At<'_>) {
        let Some(Some(text)) = field.known() else { return };
        let bytes: Option<Vec<u8>> = text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
        let why = match bytes.as_deref() {
            Some([first, ..]) if first & 1 == 1 => "a multicast address",
            Some(bytes) if bytes.iter().all(|byte| *byte == 0) => "the address of no interface",
            _ => return,
        };
        let message = format!("`{text}` is {why}, which the kernel gives to no interface");
        let help = "take one whose second digit is 2, 6, a or e, such as `02:00:00:00:00:01`";
        self.find(Diagnostic::error(Code::OptionType, message).help(help), path.join("localMacAddress"));
    }

    /// Reports mount points that two options claim, or that NixOS itself uses.
    fn mount_points(&mut self, c: &Container, path: At<'_>) {
        let mut taken: BTreeMap<String, OptionPath> = BTreeMap::new();
        let mut claims: Vec<(String, OptionPath)> = Vec::new();
        let (binds, tmpfs) = (path.join("bindMounts"), path.join("tmpfs"));
        for (key, mount) in c.bind_mounts.known().into_iter().flatten() {
            let Some(mount) = mount.known().and_then(|mount| mount.mount_point.known()) else { continue };
            claims.push((normal(destination(mount)), binds.join(key).path()));
        }
        for (_, element) in texts(&c.tmpfs).filter(|(_, element)| wrong_tmpfs(element).is_none()) {
            claims.push((normal(destination(element)), tmpfs.path()));
        }
        let flags = path.join("extraFlags").path();
        let by_flag = super::flags::mounts(c).into_iter().map(|(index, mount)| {
            let element = Some(index).filter(|index| self.spans.element(&flags, *index).is_some());
            (mount, flags.clone(), element)
        });
        let claims = claims.into_iter().map(|(mount, at)| (mount, at, None)).chain(by_flag).collect::<Vec<_>>();
        let are_private = c.private_users.known().is_some_and(PrivateUsers::are_private);
        for (mount, at, element) in claims {
            if let Some(index) = element.filter(|_| MOUNTED_BY_NIXOS.contains(&mount.as_str())) {
                let message = format!("{mount} of the container is mounted by NixOS, and cannot be mounted twice");
                let diagnostic = Diagnostic::error(Code::OptionCombination, message).help("remove it");
                let located = self.locate_element(diagnostic, &at, index);
                self.out.findings.push(located);
            } else if mount == "/" && are_private {
                let message = format!("the whole root of `{}` cannot be mounted over", path.name());
                let help = "remove the mount, or `privateUsers`: systemd-nspawn gives a root of its own the numbers of the users";
                let located = self.locate(Diagnostic::error(Code::OptionCombination, message).help(help), &at);
                self.out.findings.push(located);
            } else if MOUNTED_BY_NIXOS.contains(&mount.as_str()) {
                let message = format!("{mount} of the container is mounted by NixOS, and cannot be mounted twice");
                let help =
                    "remove it: each container has the host's store and a Nix database of its own there already";
                let located = self.locate(Diagnostic::error(Code::OptionCombination, message).help(help), &at);
                self.out.findings.push(located);
            } else if let Some(there) = taken.get(&mount) {
                let message = format!("{mount} of the container is mounted twice");
                let help = "remove one of the mounts, or give it another mount point";
                self.find_beside(Diagnostic::error(Code::OptionCombination, message).help(help), &at, there);
            } else {
                taken.insert(mount, at);
            }
        }
    }

    /// Rejects addresses that no single machine can have: the kernel assigns them to no interface and accepts no route to them.
    pub(super) fn is_address_of_a_machine(&mut self, text: &str, path: At<'_>) -> bool {
        let Some(address) = plain(text) else { return true };
        let why = match address {
            _ if address.is_unspecified() => "stands for no address",
            _ if address.is_multicast() => "is a multicast address",
            _ if address.is_loopback() => "is an address of `lo`",
            IpAddr::V4(address) if address.is_broadcast() => "is the broadcast address",
            _ => return true,
        };
        let message = format!("`{text}` {why}: no interface of a container can have it");
        let diagnostic = Diagnostic::error(Code::AddressSyntax, message).help("give the address of one machine");
        self.find(diagnostic, path);
        false
    }

    /// Reports interfaces that would have the same name in the guest. `interfaces_taken_twice` covers conflicts between containers.
    pub(super) fn interfaces_of_guest(&mut self, name: &ContainerName, c: &Container, path: At<'_>) {
        let mut taken: BTreeMap<String, OptionPath> = BTreeMap::new();
        let has_pair = c.private_network.known() == Some(&true)
            && [&c.host_bridge, &c.host_address, &c.host_address6, &c.local_address, &c.local_address6]
                .iter()
                .any(|field| field.known().is_some_and(Option::is_some));
        if has_pair {
            taken.insert(String::from("eth0"), path.join("privateNetwork").path());
        }
        let (veths, interfaces, macvlans) =
            (path.join("extraVeths"), path.join("interfaces"), path.join("macvlans"));
        let mut claimed: Vec<(String, OptionPath)> = Vec::new();
        claimed.extend(
            c.extra_veths.known().into_iter().flatten().map(|(veth, _)| (veth.clone(), veths.join(veth).path())),
        );
        for (_, text) in texts(&c.interfaces) {
            let guest = text.split_once(':').map_or(text, |(_, guest)| guest);
            claimed.push((guest.to_owned(), interfaces.path()));
        }
        for (_, text) in texts(&c.macvlans) {
            let guest = text.split_once(':').map_or_else(|| format!("mv-{text}"), |(_, guest)| guest.to_owned());
            claimed.push((guest, macvlans.path()));
        }
        for (interface, at) in claimed {
            if interface == "lo" {
                let message =
                    format!("`{name}` cannot be given an interface `lo`: each network has one of its own");
                let located = self.locate(
                    Diagnostic::error(Code::InterfaceName, message).help("give it another name, or remove it"),
                    &at,
                );
                self.out.findings.push(located);
            } else if let Some(there) = taken.get(&interface) {
                let message = format!("`{name}` would have two interfaces called `{interface}`");
                let help = "remove one of them; `interfaces` and `macvlans` take another name for the guest behind a colon";
                self.find_beside(Diagnostic::error(Code::InterfaceName, message).help(help), &at, there);
            } else {
                taken.insert(interface, at);
            }
        }
        let moved: BTreeMap<&str, ()> =
            texts(&c.interfaces).map(|(_, text)| (text.split(':').next().unwrap_or(text), ())).collect();
        for (index, text) in texts(&c.macvlans) {
            let parent = text.split(':').next().unwrap_or(text);
            if moved.contains_key(parent) {
                let message = format!(
                    "`{parent}` is moved into `{name}`, so that there is nothing left to make a macvlan of"
                );
                let help = "remove it from `interfaces` or from `macvlans`";
                let diagnostic = Diagnostic::error(Code::OptionCombination, message).help(help);
                self.find_element(diagnostic, macvlans, index);
            }
        }
    }
}
