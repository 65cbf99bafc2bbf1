//! Devices that a guest sees but may not use, and devices that it may use but does not see.
//!
//! Source: the unit of `nixos/modules/virtualisation/nixos-containers.nix` (`DevicePolicy=closed`), systemd.resource-control(5)
//! and systemd-nspawn(1). A bind mount shows a node and `allowedDevices` permits its use; either is useless alone.

use super::mounts::{is_at_or_below, mounts, trimmed, words};
use super::subject::{Each, Subject, label};
use crate::diag::{Code, Diagnostic};
use crate::model::view::OptionState;

/// Paths below `/dev` that every container may use, or that are not devices.
const OPEN: [&str; 13] = [
    "/dev/full",
    "/dev/hugepages",
    "/dev/log",
    "/dev/mqueue",
    "/dev/null",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/random",
    "/dev/shm",
    "/dev/stderr",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];
/// The device that `enableTun` allows and mounts.
const TUN: &str = "/dev/net/tun";

pub(super) fn lint(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let c = each.container;
    let (Some(mounts), Some(allowed), Some(tun), Some(flags)) =
        (mounts(each), c.allowed_devices.known(), c.enable_tun.known(), c.extra_flags.known())
    else {
        return Vec::new();
    };
    let mut found = malformed(subject, each);
    // Somebody who writes `DeviceAllow=` by hand knows which devices are needed.
    let unit = format!("container@{}", each.name);
    let by_hand = subject.host.find(&["systemd", "services", &unit, "serviceConfig", "DeviceAllow"])
        != OptionState::Undefined
        || subject.host.find(&["systemd", "services", &unit, "serviceConfig", "DevicePolicy"])
            != OptionState::Undefined;
    let all_known = c.bind_mounts.known().is_some_and(|all| all.len() == mounts.len())
        && flags.iter().all(|flag| flag.known().is_some());
    let nodes: Option<Vec<&str>> =
        allowed.iter().map(|device| Some(device.known()?.node.known()?.as_str())).collect();
    let Some(nodes) = nodes.filter(|_| !by_hand) else { return found };
    // A class may include any node.
    let has_class = nodes.iter().any(|node| !node.starts_with('/'));
    let bound_by_flag: Vec<&str> = words(&c.extra_flags)
        .filter_map(|word| word.strip_prefix("--bind")?.trim_start_matches("-ro").strip_prefix('='))
        .map(|value| value.split(':').next().unwrap_or(value))
        .collect();
    let by_mount = mounts.iter().map(|mount| (trimmed(mount.host), Some(mount.key)));
    let shown: Vec<_> = by_mount.chain(bound_by_flag.iter().map(|host| (trimmed(host), None))).collect();
    for (host, key) in shown.into_iter().filter(|(host, _)| is_device(host)) {
        let is_open = (*tun && is_at_or_below(TUN, host))
            || nodes.iter().any(|node| is_at_or_below(node, host) || is_at_or_below(host, node));
        if is_open || has_class {
            continue;
        }
        let message = format!("`{}` sees {host}, and may not use it: no device of it is opened", each.name);
        let help = if host == TUN {
            String::from("set `enableTun = true;` instead")
        } else if host.starts_with("/dev/dri") {
            String::from(
                "add its nodes to `allowedDevices`: `{ node = \"/dev/dri/renderD128\"; modifier = \"rw\"; }`, or the class \
                          `char-drm`",
            )
        } else {
            format!(
                "add `{{ node = \"{host}\"; modifier = \"rw\"; }}` to `allowedDevices`; of a directory each node that is used, or \
                     their class"
            )
        };
        let diagnostic = Diagnostic::warning(Code::DeviceAccess, message).help(help);
        let at = match key {
            Some(key) => each.path.join("bindMounts").join(key),
            None => each.path.join("extraFlags"),
        };
        let diagnostic = subject.at(diagnostic, &at, "shown here");
        let list = each.path.join("allowedDevices");
        found.push(match subject.spans.contains(&list).then(|| subject.spans.nearest(&list)).flatten() {
            Some(span) => label(diagnostic, span, "what it may use"),
            None => diagnostic,
        });
    }
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.starts_with("/dev/")) {
        let node = trimmed(node);
        let is_own = OPEN.iter().any(|open| is_at_or_below(node, open)) || (*tun && node == TUN);
        // A guest that may call mknod can create the node itself.
        let makes_nodes = words(&c.additional_capabilities).any(|word| word.contains("MKNOD") || word == "all")
            && allowed[index]
                .known()
                .and_then(|device| device.modifier.known())
                .is_none_or(|how| how.contains('m'));
        let is_shown = mounts.iter().any(|mount| is_at_or_below(node, mount.host))
            || bound_by_flag.iter().any(|host| is_at_or_below(node, host));
        if is_own || is_shown || makes_nodes || !all_known {
            continue;
        }
        let message =
            format!("`{}` may use {node}, and has no such node: nothing shows it in the guest", each.name);
        let help = if node == TUN {
            String::from("set `enableTun = true;` instead")
        } else {
            format!("add `bindMounts.\"{node}\" = {{ hostPath = \"{node}\"; isReadOnly = false; }};`")
        };
        let diagnostic = Diagnostic::warning(Code::DeviceAccess, message).help(help);
        found.push(subject.at_element(diagnostic, &each.path.join("allowedDevices"), index, "opened here"));
    }
    found
}

/// Entries that systemd ignores with nothing but a line in its journal.
fn malformed(subject: Subject<'_>, each: &Each<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, device) in each.container.allowed_devices.known().into_iter().flatten().enumerate() {
        let Some(device) = device.known() else { continue };
        let (Some(node), Some(modifier)) = (device.node.known(), device.modifier.known()) else { continue };
        let is_node =
            ["/dev/", "/run/systemd/inaccessible/", "char-", "block-"].iter().any(|start| node.starts_with(start));
        let (what, help) = if !is_node {
            (format!("`{node}` is not a device"), "name a node such as `/dev/fuse`, or a class such as `char-alsa`")
        } else if modifier.contains(|c: char| !"rwm".contains(c)) {
            (
                format!("`{modifier}` is not an access mode of {node}"),
                "write some of `r` (read), `w` (write) and `m` (make it)",
            )
        } else {
            continue;
        };
        let message = format!("{what}: systemd ignores the entry, and the device stays closed to `{}`", each.name);
        let diagnostic = Diagnostic::warning(Code::DeviceAccess, message).help(help);
        found.push(subject.at_element(diagnostic, &each.path.join("allowedDevices"), index, "ignored"));
    }
    found
}

/// Whether a path on the host is or contains a device that is not allowed by default.
fn is_device(host: &str) -> bool {
    host == "/dev" || (host.starts_with("/dev/") && !OPEN.iter().any(|open| is_at_or_below(host, open)))
}
