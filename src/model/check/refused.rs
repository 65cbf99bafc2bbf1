//! Rejects options that NixOS's types accept, but that systemd-nspawn or the kernel refuse when the container starts.
//!
//! Source: systemd's `src/nspawn/{nspawn,nspawn-mount,nspawn-expose-ports}.c`, `src/basic/socket-util.c` (`ifname_valid`) and
//! the start script of `nixos/modules/virtualisation/nixos-containers.nix`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Checker, forward_key, plain};
use crate::diag::{Code, Diagnostic, Fix};
use crate::model::path::{At, OptionPath};
use crate::model::{Container, ContainerName, Field, List, PrivateUsers};
use crate::source::Pos;
use crate::syntax::mend::literal;

/// Linux's capabilities (capability.h), in numerical order.
const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// The highest capability number that systemd accepts.
const LAST_CAPABILITY: u8 = 62;

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
                    let placed = self.place_element(diagnostic, &at.path(), index);
                    let whole = format!("CAP_{}", element.to_ascii_uppercase());
                    // Only the prefix is missing, so the fix is certain.
                    self.out.findings.push(match wrong_capability(&whole) {
                        None => placed.fix_there(|at| replace(at, element, &whole)),
                        Some(_) => placed,
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
            Some(bytes) if bytes.iter().all(|byte| *byte == 0) => "the address of no link",
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
                let placed = self.place_element(diagnostic, &at, index);
                self.out.findings.push(placed);
            } else if mount == "/" && are_private {
                let message = format!("the whole root of `{}` cannot be mounted over", path.name());
                let help = "remove the mount, or `privateUsers`: systemd-nspawn gives a root of its own the numbers of the users";
                let placed = self.place(Diagnostic::error(Code::OptionCombination, message).help(help), &at);
                self.out.findings.push(placed);
            } else if MOUNTED_BY_NIXOS.contains(&mount.as_str()) {
                let message = format!("{mount} of the container is mounted by NixOS, and cannot be mounted twice");
                let help =
                    "remove it: each container has the host's store and a Nix database of its own there already";
                let placed = self.place(Diagnostic::error(Code::OptionCombination, message).help(help), &at);
                self.out.findings.push(placed);
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
        let message = format!("`{text}` {why}: no link to a container can have it");
        let diagnostic = Diagnostic::error(Code::AddressSyntax, message).help("give the address of one machine");
        self.find(diagnostic, path);
        false
    }

    /// Reports interfaces that would have the same name in the guest. `links_taken_twice` covers conflicts between containers.
    pub(super) fn links_of_guest(&mut self, name: &ContainerName, c: &Container, path: At<'_>) {
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
        let mut links: Vec<(String, OptionPath)> = Vec::new();
        links.extend(
            c.extra_veths.known().into_iter().flatten().map(|(veth, _)| (veth.clone(), veths.join(veth).path())),
        );
        for (_, text) in texts(&c.interfaces) {
            let guest = text.split_once(':').map_or(text, |(_, guest)| guest);
            links.push((guest.to_owned(), interfaces.path()));
        }
        for (_, text) in texts(&c.macvlans) {
            let guest = text.split_once(':').map_or_else(|| format!("mv-{text}"), |(_, guest)| guest.to_owned());
            links.push((guest, macvlans.path()));
        }
        for (link, at) in links {
            if link == "lo" {
                let message = format!("`{name}` cannot be given a link `lo`: each network has one of its own");
                let placed = self.place(
                    Diagnostic::error(Code::InterfaceName, message).help("give it another name, or remove it"),
                    &at,
                );
                self.out.findings.push(placed);
            } else if let Some(there) = taken.get(&link) {
                let message = format!("`{name}` would have two links called `{link}`");
                let help = "remove one of them; `interfaces` and `macvlans` take another name for the guest behind a colon";
                self.find_beside(Diagnostic::error(Code::InterfaceName, message).help(help), &at, there);
            } else {
                taken.insert(link, at);
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

/// A fix that replaces a string of a definition.
pub(super) fn replace(at: Pos, string: &str, by: &str) -> Fix {
    Fix::Replace { at, string: string.to_owned(), by: literal(by) }
}

/// The known elements of a list, each with its index.
pub(super) fn texts(list: &List<String>) -> impl Iterator<Item = (usize, &str)> {
    let elements = list.known().into_iter().flatten().enumerate();
    elements.filter_map(|(index, element)| Some((index, element.known()?.as_str())))
}

/// Why systemd rejects an element of `--capability=`, and what to do. An element may hold several names.
pub(super) fn wrong_capability(element: &str) -> Option<(String, String)> {
    element.split(',').filter(|name| !name.is_empty()).find_map(|name| {
        let is_number = name.parse::<u8>().is_ok_and(|number| number <= LAST_CAPABILITY);
        let upper = name.to_ascii_uppercase();
        let short = upper.strip_prefix("CAP_");
        if name == "all" || is_number || short.is_some_and(|short| CAPABILITIES.contains(&short)) {
            return None;
        }
        let message =
            format!("`{}` is not a capability: systemd-nspawn refuses to start with it", name.escape_debug());
        let bare = upper.trim();
        let bare = bare.strip_prefix("CAP_").unwrap_or(bare);
        let meant = CAPABILITIES
            .iter()
            .map(|known| (strsim::jaro_winkler(bare, known), known))
            .filter(|(similarity, _)| *similarity > 0.85)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        let help = match meant {
            Some((_, meant)) => format!("write `CAP_{meant}`"),
            None => String::from("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`"),
        };
        Some((message, help))
    })
}

/// Why systemd rejects `PATH[:OPTIONS]`.
pub(super) fn wrong_tmpfs(element: &str) -> Option<String> {
    (!element.starts_with('/')).then(|| {
        format!("`{}` is not an absolute path: systemd-nspawn refuses to start with it", element.escape_debug())
    })
}

/// The path up to the first unescaped colon.
pub(super) fn destination(text: &str) -> &str {
    let colons = text.match_indices(':').map(|(at, _)| at);
    let end = colons.into_iter().find(|at| !text[..*at].ends_with('\\')).unwrap_or(text.len());
    &text[..end]
}

/// A path without empty components and `.`.
pub(super) fn normal(path: &str) -> String {
    let names = path.split('/').filter(|name| !matches!(*name, "" | "."));
    let joined: String = names.flat_map(|name| ["/", name]).collect();
    if joined.is_empty() { String::from("/") } else { joined }
}

/// Units of time (systemd.time(7)).
const UNITS: [&str; 30] = [
    "usec", "us", "µs", "μs", "msec", "ms", "seconds", "second", "sec", "s", "minutes", "minute", "min", "m",
    "hours", "hour", "hr", "h", "days", "day", "d", "weeks", "week", "w", "months", "month", "M", "years", "year",
    "y",
];

/// Whether systemd accepts a text as a time span: numbers, each with a unit or in seconds.
fn is_time_span(text: &str) -> bool {
    let text = text.trim();
    if text == "infinity" {
        return true;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - after.len()];
        let unit = after.trim_start();
        let end = unit.find(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == '.').unwrap_or(unit.len());
        let is_number = number.contains(|c: char| c.is_ascii_digit()) && number.matches('.').count() <= 1;
        if !is_number || !(end == 0 || UNITS.contains(&&unit[..end])) {
            return false;
        }
        rest = unit[end..].trim_start();
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_have_names_or_numbers() {
        let table = [
            ("CAP_NET_ADMIN", None),
            ("cap_sys_admin", None),
            ("all", None),
            ("12", None),
            ("CAP_MKNOD,CAP_BPF", None),
            ("", None),
            ("NET_ADMIN", Some("write `CAP_NET_ADMIN`")),
            ("sys_admin", Some("write `CAP_SYS_ADMIN`")),
            ("CAP_NET_ADMN", Some("write `CAP_NET_ADMIN`")),
            ("CAP_MKNOD,RAW_IO", Some("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`")),
            (" CAP_CHOWN", Some("write `CAP_CHOWN`")),
            ("63", Some("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`")),
            ("ALL", Some("capabilities(7) lists those that there are, such as `CAP_NET_ADMIN`")),
        ];
        for (element, help) in table {
            assert_eq!(wrong_capability(element).map(|(_, help)| help).as_deref(), help, "{element:?}");
        }
    }

    #[test]
    fn a_mount_point_is_one_however_it_is_written() {
        for (path, same) in [("/a//b/", "/a/b"), ("/./a", "/a"), ("/", "/"), ("//", "/"), ("/a/../b", "/a/../b")] {
            assert_eq!(normal(path), same, "{path}");
        }
        for (text, path) in [("/a:idmap", "/a"), (r"/a\:b:rw", r"/a\:b"), ("/a", "/a"), (":x", "")] {
            assert_eq!(destination(text), path, "{text}");
        }
    }

    #[test]
    fn time_spans_are_those_of_systemd() {
        for text in
            ["90", "1min", "1min 30s", "1min30s", "2 h", "0", "infinity", "1.5min", ".5s", "3M", "5us", " 1d "]
        {
            assert!(is_time_span(text), "{text}");
        }
        for text in
            ["", " ", "soon", "1 minuet", "min", "-1s", "1,5min", "infinity 1s", "1..5s", "PT5M", "five min"]
        {
            assert!(!is_time_span(text), "{text}");
        }
    }
}
