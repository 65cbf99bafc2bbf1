//! Our own forwards (`services.container-rebuild.containers.NAME.forwards`), with packets of a client on the LAN, of the internet, of
//! guests and of the host itself.

use serde_json::Value;

use crate::support::{Lab, OWN_OPTIONS, ask, serve, stop_serving};

/// A container with a network of its own, and without a firewall.
fn guest(name: &str, last: u8) -> String {
    let host = last + 100;
    format!(
        "  containers.{name} = {{ autoStart = true; privateNetwork = true;
    hostAddress = \"192.168.100.{host}\"; localAddress = \"192.168.100.{last}\";
    hostAddress6 = \"fd00::{host}\"; localAddress6 = \"fd00::{last}\";
    config.networking.firewall.enable = false; }};\n"
    )
}

fn host(one: &str, two: &str) -> String {
    let (first, second) = (guest("one", 11), guest("two", 12));
    format!(
        "{{\n{OWN_OPTIONS}{first}{second}  services.container-rebuild.containers.one.forwards = {{ {one} }};
  services.container-rebuild.containers.two.forwards = {{ {two} }};\n}}\n"
    )
}

const ONE: &str = "
    everywhere = { hostPort = 8080; containerPort = 80; };
    at = { hostPort = 8081; containerPort = 80; hostAddress = \"10.77.0.3\"; };
    lan = { hostPort = 8082; containerPort = 80; interface = \"eth0\"; };
    near = { hostPort = 8083; containerPort = 80; sources = [ \"10.77.0.16/28\" \"fd77::20\" ]; };
    outside = { hostPort = 8084; containerPort = 80; hairpin = false; };
    range = { protocol = \"udp\"; hostPort = \"5000:5002\"; };
    shifted = { hostPort = \"6000:6002\"; containerPort = \"7000:7002\"; };
    all = { hostPort = \"6010:6012\"; containerPort = 80; };
    streams = { protocol = \"sctp\"; hostPort = 9000; containerPort = 9001; };";
const TWO: &str = "special = { hostPort = 8080; containerPort = 80; hostAddress = \"10.77.0.3\"; sources = [ \"10.77.0.0/24\" ]; };";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_forward_takes_the_connections_that_it_is_for_and_the_one_that_asks_for_more_goes_first() {
    let lab = Lab::empty();
    lab.sh("ip address add 10.77.0.3/24 dev eth0").ok();
    lab.switch(&host(ONE, TWO));
    serve(&lab, "container-one", &[80, 5001, 7001]);
    serve(&lab, "container-two", &[80]);
    for (namespace, question, answer) in [
        ("lan", "tcp 10.77.0.2 8080", "192.168.100.11 80 10.77.0.20"),
        ("lan", "tcp 10.77.0.3 8080", "192.168.100.12 80 10.77.0.20"),
        ("lan", "tcp fd77::2 8080", "fd00::11 80 fd77::20"),
        ("lan", "tcp 10.77.0.2 8081", "nobody"),
        ("lan", "tcp 10.77.0.3 8081", "192.168.100.11 80 10.77.0.20"),
        ("lan", "tcp 10.77.0.2 8082", "192.168.100.11 80 10.77.0.20"),
        ("", "tcp 10.77.0.2 8082", "nobody"),
        ("container-two", "tcp 10.77.0.2 8082", "nobody"),
        ("lan", "tcp 10.77.0.2 8083", "192.168.100.11 80 10.77.0.20"),
        ("lan", "tcp fd77::2 8083", "fd00::11 80 fd77::20"),
        ("internet", "tcp 10.77.0.2 8083", "nobody"),
        ("internet", "tcp fd77::2 8083", "nobody"),
        ("lan", "tcp 10.77.0.2 8084", "192.168.100.11 80 10.77.0.20"),
        ("", "tcp 127.0.0.1 8084", "192.168.100.11 80 192.168.100.111"),
        ("", "tcp fd77::2 8084", "fd00::11 80 fd77::2"),
        ("container-two", "tcp 10.77.0.2 8084", "nobody"),
        ("container-two", "tcp 10.77.0.2 8080", "192.168.100.11 80 192.168.100.111"),
        ("container-one", "tcp 10.77.0.2 8080", "192.168.100.11 80 192.168.100.111"),
        ("lan", "udp 10.77.0.2 5001", "5001 10.77.0.20"),
        ("lan", "udp fd77::2 5001", "5001 fd77::20"),
        ("lan", "tcp 10.77.0.2 5001", "nobody"),
        ("lan", "tcp 10.77.0.2 6001", "192.168.100.11 7001 10.77.0.20"),
        ("lan", "tcp 10.77.0.2 6012", "192.168.100.11 80 10.77.0.20"),
    ] {
        assert_eq!(ask(&lab, namespace, question), answer, "{namespace}: {question}");
    }
    assert_eq!(lab.sh(&format!("python3 -c '{SCTP}'")).ok().trim(), "9001 10.77.0.20");

    // Each forward is counted, if only by where it leads.
    let status: Value = serde_json::from_str(&lab.sh("container-rebuild status --json").ok()).expect("JSON");
    let rows = status["containers"].as_array().or(status.as_array()).expect("a list");
    let one = rows.iter().find(|row| row["name"] == "one").expect("a row");
    let ports = one["ports"].as_array().expect("a list").iter().zip(one["traffic"].as_array().expect("a list"));
    let packets = |port: &str| {
        let mut ports = ports.clone();
        ports.find(|(it, _)| *it == port).expect("a forward").1["packets"].as_u64().expect("a number")
    };
    for port in ["tcp:8080->80", "tcp:10.77.0.3:8081->80", "udp:5000-5002->5000-5002", "tcp:6000-6002->7000-7002"] {
        assert!(packets(port) > 1, "{port}: {one:#}");
    }
    assert_eq!(lab.plan().1, 0);

    // Another condition is another rule, and nothing else.
    let moved = lab.switch(&host(&ONE.replace("interface = \"eth0\"", "interface = \"ve-two\""), TWO));
    assert_eq!((moved.cost("one"), moved.reasons("one")), ("firewall", vec!["forwards.lan.interface"]));
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.2 8082"), "nobody");
    let from_guest = ask(&lab, "container-two", "tcp 10.77.0.2 8082");
    assert_eq!(from_guest, "192.168.100.11 80 192.168.100.111");
    for container in ["container-one", "container-two"] {
        stop_serving(&lab, container);
    }
    lab.sh("ip address delete 10.77.0.3/24 dev eth0").ok();
    lab.finish();
}

/// Sends the first packet of an SCTP association (RFC 9260) from the LAN, and prints the port and the source with which it arrives
/// in the guest. The kernel of the lab needs no SCTP of its own for that.
const SCTP: &str = r#"
import os, socket, struct
def inside(namespace):
    with open("/run/netns/" + namespace) as file:
        os.setns(file.fileno(), os.CLONE_NEWNET)
def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff
inside("container-one")
guest = socket.socket(socket.AF_INET, socket.SOCK_RAW, 132)
guest.settimeout(5)
inside("lan")
client = socket.socket(socket.AF_INET, socket.SOCK_RAW, 132)
init = struct.pack(">BBHIIHHI", 1, 0, 20, 1, 65535, 1, 1, 1)
head = lambda sum: struct.pack(">HHI", 40000, 9000, 0) + struct.pack("<I", sum)
client.sendto(head(crc32c(head(0) + init)) + init, ("10.77.0.2", 0))
packet, (source, _) = guest.recvfrom(1000)
print(struct.unpack(">H", packet[22:24])[0], source)
"#;
