//! The resolv.conf of guests, with a name server on the internet.

use crate::support::{Lab, host, web, with};

/// A name server that says that every name has the address 203.0.113.7, and nothing but IPv4.
const SERVER: &str = r#"
import os, socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("198.51.100.1", 53))
os.write(1, b"ready\n")
while True:
    query, peer = server.recvfrom(512)
    end = query.index(b"\0", 12) + 5
    is_a = query[end - 4:end - 2] == b"\0\1"
    header = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([203, 0, 113, 7])
    server.sendto(header + query[12:end] + (record if is_a else b""), peer)
"#;

/// Files of the host that the scenario writes, and removes.
const UPSTREAM: &str = "/run/systemd/resolve/resolv.conf";

fn resolv_conf(lab: &Lab, name: &str) -> String {
    lab.sh(&format!("container-rebuild run {name} -- cat /etc/resolv.conf")).ok()
}

/// The addresses of a name as a guest finds them.
fn addresses(lab: &Lab, name: &str) -> String {
    lab.sh(&format!("container-rebuild run {name} -- timeout 20 getent ahostsv4 anything.example.org")).out
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_private_network_asks_the_hosts_upstream_servers() {
    let lab = Lab::empty();
    lab.write("/root/names.py", SERVER);
    lab.sh("set -e
            cp -a /etc/resolv.conf /root/resolv.conf && rm /etc/resolv.conf && mkdir -p /run/systemd/resolve
            mkfifo /run/names-ready && exec 3<>/run/names-ready
            systemd-run --quiet --unit=scenario-names --property=StandardOutput=file:/run/names-ready \
                ip netns exec internet python3 /root/names.py
            read -r -t 10 -u 3; rm /run/names-ready")
        .ok();
    lab.write(
        "/etc/resolv.conf",
        "# of the stub\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch example.org\n",
    );
    let (private, shared) = (
        web("wasabi", 11),
        "shared = { autoStart = true; ephemeral = true; config.networking.firewall.enable = false; };",
    );

    // No upstream server is known: as with NixOS, and said.
    let copied = lab.switch(&host(&[&private, shared]));
    let warning =
        "warning[loopback-resolver]: `wasabi` will find no names: the host's resolv.conf names 127.0.0.53";
    assert!(copied.said.err.contains(warning), "{copied:#?}");
    let copy = "# of the stub\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch example.org\n";
    assert_eq!(resolv_conf(&lab, "wasabi"), copy);

    lab.write(UPSTREAM, "nameserver 198.51.100.1\nsearch .\n");
    let wiped = with(
        &private,
        "ephemeral = true;",
        "ephemeral = true; timeoutStartSec = \"2min\"; tmpfs = [ \"/scratch\" ];",
    );
    let mended = lab.switch(&host(&[&wiped, shared]));
    let note = "note[loopback-resolver]: `wasabi` gets the name servers 198.51.100.1 (from /run/systemd/resolve/resolv.conf)";
    assert!(mended.said.err.contains(note), "{mended:#?}");
    assert_eq!(resolv_conf(&lab, "wasabi"), "nameserver 198.51.100.1\noptions edns0\nsearch example.org\n");
    assert!(addresses(&lab, "wasabi").starts_with("203.0.113.7 "), "{:?}", addresses(&lab, "wasabi"));

    // A guest in the host's network reaches the stub itself; a start by hand decides in the same way.
    lab.sh("systemctl restart container@shared container@wasabi").ok();
    assert_eq!(resolv_conf(&lab, "shared"), copy);
    assert!(addresses(&lab, "wasabi").starts_with("203.0.113.7 "));

    lab.sh(&format!(
        "systemctl stop scenario-names; rm -r {UPSTREAM} /etc/resolv.conf && cp -a /root/resolv.conf /etc/resolv.conf; \
         rmdir --ignore-fail-on-non-empty /run/systemd/resolve"
    ))
    .ok();
    lab.finish();
}
