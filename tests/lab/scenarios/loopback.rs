//! `[::1]` of the host leads into guests by socket units, since no rule can forward it.

use crate::support::{Lab, OWN_OPTIONS, ask, serve, stop_serving};

/// A container without a firewall, whose address ends in `last`, and which forwards these ports.
fn host(last: u8, plain: &str, own: &str) -> String {
    format!(
        "{{\n{OWN_OPTIONS}  containers.one = {{ autoStart = true; privateNetwork = true;
    hostAddress = \"192.168.100.111\"; localAddress = \"192.168.100.{last}\";
    hostAddress6 = \"fd00::111\"; localAddress6 = \"fd00::{last}\";
    forwardPorts = [ {plain} ];
    config.networking.firewall.enable = false; }};
  services.container-rebuild.containers.one.forwards = {{ {own} }};\n}}\n"
    )
}

const PLAIN: &str =
    "{ hostPort = 8080; containerPort = 80; } { protocol = \"udp\"; hostPort = 8081; containerPort = 80; }";
const OWN: &str = "
    single = { hostPort = 8082; containerPort = 80; hairpin = false; };
    range = { hostPort = \"8083:8084\"; };
    lan = { hostPort = 8085; containerPort = 80; interface = \"eth0\"; };";

/// A server of the host.
const THEIRS: &str = "[Service]
Type=exec
ExecStart=/usr/bin/python3 /root/server.py 1 8082
[Install]
WantedBy=multi-user.target
";

fn is_active(lab: &Lab, unit: &str) -> bool {
    lab.sh(&format!("systemctl --quiet is-active container-rebuild-loopback-{unit}")).code == 0
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn the_host_reaches_tcp_forwards_at_its_ipv6_loopback() {
    let lab = Lab::empty();
    lab.switch(&host(11, PLAIN, OWN));
    serve(&lab, "container-one", &[80, 8083]);
    // Nothing runs until somebody asks.
    assert!(is_active(&lab, "8080.socket") && !is_active(&lab, "8080.service"));
    for (question, answer) in [
        ("tcp ::1 8080", "192.168.100.11 80 192.168.100.111"),
        ("tcp ::1 8082", "192.168.100.11 80 192.168.100.111"),
        ("udp ::1 8081", "nobody"),
        ("tcp ::1 8083", "nobody"),
        ("tcp ::1 8085", "nobody"),
    ] {
        assert_eq!(ask(&lab, "", question), answer, "{question}");
    }
    assert!(is_active(&lab, "8080.service"));
    // Nobody else's loopback leads there, and other addresses lead there as before.
    assert_eq!(ask(&lab, "lan", "tcp ::1 8080"), "nobody");
    assert_eq!(ask(&lab, "lan", "tcp fd77::2 8080"), "fd00::11 80 fd77::20");
    assert_eq!(ask(&lab, "", "tcp fd77::2 8080"), "fd00::11 80 fd77::2");

    // A unit that somebody removed is back, and a running one leads to the guest's new address.
    lab.sh("rm /run/systemd/system/container-rebuild-loopback-8080.socket && systemctl daemon-reload").ok();
    lab.switch(&host(11, PLAIN, OWN));
    assert_eq!(ask(&lab, "", "tcp ::1 8080"), "192.168.100.11 80 192.168.100.111");
    stop_serving(&lab, "container-one");
    lab.switch(&host(13, PLAIN, OWN));
    serve(&lab, "container-one", &[80]);
    assert_eq!(ask(&lab, "", "tcp ::1 8080"), "192.168.100.13 80 192.168.100.111");

    // They go with the forwards.
    lab.switch(&host(13, "", ""));
    assert_eq!(ask(&lab, "", "tcp ::1 8080"), "nobody");
    assert!(!is_active(&lab, "8080.socket") && !is_active(&lab, "8080.service"));
    stop_serving(&lab, "container-one");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_server_of_the_host_keeps_its_port_of_the_ipv6_loopback_also_at_boot() {
    let lab = Lab::empty();
    lab.sh("container-rebuild install-boot").ok();
    serve(&lab, "", &[8080]);
    lab.write("/root/host.nix", &host(11, PLAIN, OWN));
    let plan = lab.sh("container-rebuild plan /root/host.nix");
    let warning =
        "warning[port-taken]: the host's own connections to [::1]:8080 do not reach `one`: something listens there";
    assert!(plan.err.contains(warning), "{plan:#?}");
    lab.switch(&host(11, PLAIN, OWN));
    serve(&lab, "container-one", &[80]);
    assert_eq!(ask(&lab, "", "tcp ::1 8080"), "::1 8080 ::1");
    assert_eq!(ask(&lab, "", "tcp ::1 8082"), "192.168.100.11 80 192.168.100.111");
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.2 8080"), "192.168.100.11 80 10.77.0.20");
    assert_eq!(lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix").code, 0);

    // Once it has ended, the next switch takes the port.
    stop_serving(&lab, "");
    lab.switch(&host(11, PLAIN, OWN));
    assert_eq!(ask(&lab, "", "tcp ::1 8080"), "192.168.100.11 80 192.168.100.111");
    // A server that starts at boot comes before us.
    lab.write("/etc/systemd/system/theirs.service", THEIRS);
    lab.sh("systemctl enable --quiet theirs").ok();
    lab.reboot();
    lab.sh("systemctl start container-rebuild-loopback-8080.socket").ok();
    serve(&lab, "container-one", &[80]);
    assert_eq!(ask(&lab, "", "tcp ::1 8080"), "192.168.100.11 80 192.168.100.111");
    assert_eq!(ask(&lab, "", "tcp ::1 8082"), "::1 8082 ::1");
    stop_serving(&lab, "container-one");
    lab.sh("systemctl disable --quiet --now theirs; rm /etc/systemd/system/theirs.service").ok();
    lab.finish();
}
