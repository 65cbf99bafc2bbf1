//! `networking.nat`, with packets of a machine behind the host, a client on the LAN, the internet, a guest and the host itself.

use crate::support::{Lab, ask, serve, stop_serving, web, with};

/// A machine behind the host, `back`, and a second address for the host.
fn surroundings(lab: &Lab) {
    lab.sh("set -e
            ip netns add back && ip link add back0 type veth peer name eth0 netns back && \
            ip address add 10.99.0.1/24 dev back0 && ip address add fd99::1/64 dev back0 nodad && ip link set back0 up && \
            ip -n back address add 10.99.0.2/24 dev eth0 && \
            ip -n back address add fd99::2/64 dev eth0 nodad && ip -n back link set eth0 up && ip -n back link set lo up && \
            ip -n back route add default via 10.99.0.1 && ip -n back route add default via fd99::1 && \
            ip address add 10.77.0.3/24 dev eth0 && ip address add fd77::3/64 dev eth0 nodad preferred_lft 0 && \
            ip -n internet route replace fd99::/64 dev br0")
        .ok();
    serve(lab, "back", &[80, 5000, 5003, 5010, 6001, 7000, 7002, 8081, 8090]);
    serve(lab, "internet", &[81]);
}

fn clean(lab: &Lab) {
    stop_serving(lab, "back");
    stop_serving(lab, "internet");
    lab.sh("ip link delete back0; ip netns delete back; \
            ip address delete 10.77.0.3/24 dev eth0; ip address delete fd77::3/64 dev eth0; \
            ip -n internet route delete fd99::/64 dev br0")
        .ok();
}

/// The host with these options of `networking.nat`, and a container whose port 80 is port 8081 of the host.
fn host(options: &str) -> String {
    let web = with(
        &web("wasabi", 11),
        "config =",
        "forwardPorts = [ { hostPort = 8081; containerPort = 80; } ]; config =",
    );
    format!(
        "{{ networking.nat = {{ enable = true; enableIPv6 = true; externalInterface = \"eth0\"; {options} }};\n  \
         containers.{web}\n}}\n"
    )
}

const FORWARDS: &str = "forwardPorts = [
    { sourcePort = 8080; destination = \"10.99.0.2:80\"; loopbackIPs = [ \"10.77.0.3\" ]; }
    { sourcePort = \"5000:5010\"; destination = \"10.99.0.2:5000-5010\"; loopbackIPs = [ \"10.77.0.3\" ]; }
    { sourcePort = \"6000:6003\"; destination = \"10.99.0.2:7000-7003\"; proto = \"udp\"; }
    { sourcePort = \"6100:6102\"; destination = \"10.99.0.2:80\"; }
    { sourcePort = 8082; destination = \"192.168.100.11:80\"; loopbackIPs = [ \"127.0.0.1\" ]; }
    { sourcePort = 8080; destination = \"[fd99::2]:80\"; loopbackIPs = [ \"fd77::3\" ]; }
    { sourcePort = \"5000:5010\"; destination = \"[fd99::2]:5000-5010\"; proto = \"udp\"; }
  ];";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn ports_and_ranges_of_networking_nat_lead_where_they_should_from_everywhere() {
    let lab = Lab::empty();
    surroundings(&lab);
    lab.switch(&host(FORWARDS));

    // From the LAN: single ports, ranges that keep their ports, that get others and that lead to one; the source is kept.
    for (question, answer) in [
        ("tcp 10.77.0.2 8080", "10.99.0.2 80 10.77.0.20"),
        ("tcp 10.77.0.3 8080", "10.99.0.2 80 10.77.0.20"),
        ("tcp 10.77.0.2 5000", "10.99.0.2 5000 10.77.0.20"),
        ("tcp 10.77.0.2 5003", "10.99.0.2 5003 10.77.0.20"),
        ("tcp 10.77.0.2 5010", "10.99.0.2 5010 10.77.0.20"),
        ("udp 10.77.0.2 5003", "nobody"),
        ("udp 10.77.0.2 6000", "7000 10.77.0.20"),
        ("udp 10.77.0.2 6002", "7002 10.77.0.20"),
        ("tcp 10.77.0.2 6101", "10.99.0.2 80 10.77.0.20"),
        ("tcp fd77::2 8080", "fd99::2 80 fd77::20"),
        ("udp fd77::2 5003", "5003 fd77::20"),
        ("tcp fd77::2 5003", "nobody"),
        ("tcp 10.77.0.2 5011", "nobody"),
    ] {
        assert_eq!(ask(&lab, "lan", question), answer, "{question}");
    }
    assert!(lab.lan_page("http://10.77.0.2:8082/").contains("wasabi"));
    // From the host itself and from a guest: at the addresses of loopbackIPs only, with the host's address.
    assert_eq!(ask(&lab, "", "tcp 10.77.0.3 8080"), "10.99.0.2 80 10.99.0.1");
    assert_eq!(ask(&lab, "", "tcp 10.77.0.3 5003"), "10.99.0.2 5003 10.99.0.1");
    assert_eq!(ask(&lab, "", "tcp fd77::3 8080"), "fd99::2 80 fd99::1");
    assert_eq!(ask(&lab, "", "tcp 10.77.0.2 8080"), "nobody");
    assert!(lab.sh("curl --silent --show-error --max-time 5 http://127.0.0.1:8082/").ok().contains("wasabi"));
    let of_guest =
        "container-rebuild run wasabi -- sh -c 'socat -T3 -u TCP:10.77.0.3:8080,connect-timeout=3 STDOUT'";
    assert_eq!(lab.sh(of_guest).ok().trim(), "10.99.0.2 80 10.99.0.1");
    clean(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn networks_and_addresses_of_networking_nat_decide_the_source_and_the_rest_leads_to_the_dmz_host() {
    let lab = Lab::empty();
    surroundings(&lab);
    let networks = "internalIPs = [ \"10.99.0.0/24\" ]; internalIPv6s = [ \"fd99::/64\" ];";
    lab.switch(&host(networks));
    let (v4, v6) = ("tcp 10.77.0.1 81", "tcp fd77::1 81");
    assert_eq!(ask(&lab, "back", v4), "10.77.0.1 81 10.77.0.2");
    assert_eq!(ask(&lab, "back", v6), "fd77::1 81 fd77::2");

    let addresses = "externalIP = \"10.77.0.3\"; externalIPv6 = \"fd77::3\";";
    lab.switch(&host(&format!("{networks} {addresses} internalInterfaces = [ \"ve-*\" ]; {FORWARDS}")));
    assert_eq!(ask(&lab, "back", v4), "10.77.0.1 81 10.77.0.3");
    assert_eq!(ask(&lab, "back", v6), "fd77::1 81 fd77::3");
    let of_guest = "container-rebuild run wasabi -- sh -c 'socat -T3 -u TCP:10.77.0.1:81,connect-timeout=3 STDOUT'";
    assert_eq!(lab.sh(of_guest).ok().trim(), "10.77.0.1 81 10.77.0.3");
    // Ports are forwarded at that address only.
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.3 8080"), "10.99.0.2 80 10.77.0.20");
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.3 5003"), "10.99.0.2 5003 10.77.0.20");
    assert_eq!(ask(&lab, "lan", "tcp fd77::3 8080"), "fd99::2 80 fd77::20");
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.2 8080"), "nobody");
    assert_eq!(ask(&lab, "lan", "tcp fd77::2 8080"), "nobody");

    // The DMZ host gets what nothing else takes.
    lab.switch(&host(&format!("{networks} {addresses} {FORWARDS} dmzHost = \"10.99.0.2\";")));
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.2 8090"), "10.99.0.2 8090 10.77.0.20");
    assert_eq!(ask(&lab, "lan", "udp 10.77.0.2 8090"), "8090 10.77.0.20");
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.3 8080"), "10.99.0.2 80 10.77.0.20");
    assert_eq!(ask(&lab, "lan", "tcp fd77::2 8090"), "nobody");
    assert!(lab.page("http://10.77.0.2:8081/").contains("wasabi"));
    clean(&lab);
    lab.finish();
}
