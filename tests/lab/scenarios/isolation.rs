//! Guests without NAT reach the host alone, also while the host forwards packets for others.

use crate::support::{Lab, ask, serve, stop_serving};

/// A container with a network of its own and without a firewall, with these options beside.
fn guest(name: &str, last: u8, options: &str) -> String {
    let host = last + 100;
    format!(
        "  containers.{name} = {{ autoStart = true; privateNetwork = true;
    hostAddress = \"192.168.100.{host}\"; localAddress = \"192.168.100.{last}\";
    hostAddress6 = \"fd00::{host}\"; localAddress6 = \"fd00::{last}\"; {options}
    config.networking.firewall.enable = false; }};\n"
    )
}

/// A container whose port 80 is port 8080 of the host, another without a forward, and these options.
fn host(options: &str) -> String {
    let forward = "forwardPorts = [ { hostPort = 8080; containerPort = 80; } \
                   { protocol = \"udp\"; hostPort = 8080; containerPort = 80; } ];";
    format!("{{\n{}{}  {options}\n}}\n", guest("one", 11, forward), guest("lone", 12, ""))
}

/// Other machines know the way to the guests, so that nothing but the rules keeps them apart. The containers and the machines have
/// servers, and so has the host.
fn surroundings(lab: &Lab) {
    lab.sh("set -e
            for machine in lan internet; do
                ip -n $machine route add 192.168.100.0/24 via 10.77.0.2 && ip -n $machine route add fd00::/64 via fd77::2
            done")
        .ok();
    serve(lab, "internet", &[81]);
    serve(lab, "", &[82]);
}

fn serve_in_guests(lab: &Lab) {
    serve(lab, "container-one", &[80]);
    serve(lab, "container-lone", &[80]);
}

fn clean(lab: &Lab) {
    for namespace in ["internet", "", "container-one", "container-lone"] {
        stop_serving(lab, namespace);
    }
    lab.sh("for machine in lan internet; do
                ip -n $machine route delete 192.168.100.0/24; ip -n $machine route delete fd00::/64
            done")
        .ok();
}

/// Who asks what, and who answers.
type Case = (&'static str, &'static str, &'static str);

/// What is asked past the forwards, with the answers of a host that routes.
const PAST_FORWARDS: [Case; 12] = [
    ("container-lone", "tcp 192.168.100.11 80", "192.168.100.11 80 192.168.100.12"),
    ("container-lone", "udp 192.168.100.11 80", "80 192.168.100.12"),
    ("container-lone", "tcp fd00::11 80", "fd00::11 80 fd00::12"),
    ("container-lone", "udp fd00::11 80", "80 fd00::12"),
    ("container-one", "tcp 192.168.100.12 80", "192.168.100.12 80 192.168.100.11"),
    ("container-one", "udp fd00::12 80", "80 fd00::11"),
    ("container-lone", "tcp 10.77.0.1 81", "10.77.0.1 81 192.168.100.12"),
    ("container-one", "udp fd77::1 81", "81 fd00::11"),
    ("lan", "tcp 192.168.100.11 80", "192.168.100.11 80 10.77.0.20"),
    ("lan", "udp 192.168.100.12 80", "80 10.77.0.20"),
    ("lan", "tcp fd00::12 80", "fd00::12 80 fd77::20"),
    ("lan", "udp fd00::11 80", "80 fd77::20"),
];

/// What is always to be reached: the forwards from everywhere, and the host.
const WANTED: [Case; 10] = [
    ("lan", "tcp 10.77.0.2 8080", "192.168.100.11 80 10.77.0.20"),
    ("lan", "udp 10.77.0.2 8080", "80 10.77.0.20"),
    ("lan", "tcp fd77::2 8080", "fd00::11 80 fd77::20"),
    ("lan", "udp fd77::2 8080", "80 fd77::20"),
    ("container-lone", "tcp 192.168.100.112 8080", "192.168.100.11 80 192.168.100.111"),
    ("container-lone", "tcp fd00::112 8080", "fd00::11 80 fd00::111"),
    ("container-lone", "tcp 192.168.100.112 82", "192.168.100.112 82 192.168.100.12"),
    ("container-lone", "udp fd00::112 82", "82 fd00::12"),
    ("", "tcp 192.168.100.12 80", "192.168.100.12 80 192.168.100.112"),
    ("", "udp fd00::12 80", "80 fd00::112"),
];

#[track_caller]
fn answers(lab: &Lab, cases: impl IntoIterator<Item = Case>) {
    for (namespace, question, answer) in cases {
        assert_eq!(ask(lab, namespace, question), answer, "{namespace}: {question}");
    }
}

fn nobody((namespace, question, _): Case) -> Case {
    (namespace, question, "nobody")
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn guests_without_nat_reach_the_host_alone_while_another_has_forwards() {
    let lab = Lab::empty();
    surroundings(&lab);
    lab.switch(&host(""));
    serve_in_guests(&lab);
    answers(&lab, WANTED);
    answers(&lab, PAST_FORWARDS.map(nobody));

    // It is this chain that does it: without it, the host routes. The next switch notices.
    lab.sh("nft flush chain inet container-rebuild forward").ok();
    answers(&lab, PAST_FORWARDS);
    lab.switch(&host(""));
    answers(&lab, PAST_FORWARDS.map(nobody));
    answers(&lab, WANTED);
    clean(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_nat_is_for_is_routed_as_with_nixos() {
    let lab = Lab::empty();
    surroundings(&lab);
    let nat = |interface: &str| {
        host(&format!(
            "networking.nat = {{ enable = true; enableIPv6 = true; externalInterface = \"eth0\"; \
             internalInterfaces = [ \"{interface}\" ]; }};"
        ))
    };
    lab.switch(&nat("ve-one"));
    serve_in_guests(&lab);
    answers(&lab, WANTED);
    answers(
        &lab,
        [
            ("container-one", "tcp 10.77.0.1 81", "10.77.0.1 81 10.77.0.2"),
            ("container-one", "udp fd77::1 81", "81 fd77::2"),
            ("container-one", "tcp 192.168.100.12 80", "192.168.100.12 80 192.168.100.11"),
            ("container-one", "udp fd00::12 80", "80 fd00::11"),
            ("lan", "tcp 192.168.100.11 80", "192.168.100.11 80 10.77.0.20"),
            ("container-lone", "tcp 192.168.100.11 80", "nobody"),
            ("container-lone", "udp fd00::11 80", "nobody"),
            ("container-lone", "tcp 10.77.0.1 81", "nobody"),
            ("lan", "udp fd00::12 80", "nobody"),
        ],
    );
    // All guests have NAT, and reach each other.
    lab.switch(&nat("ve-+"));
    answers(&lab, WANTED);
    answers(&lab, PAST_FORWARDS.into_iter().filter(|(_, question, _)| !question.ends_with(" 81")));
    answers(&lab, [("container-lone", "tcp 10.77.0.1 81", "10.77.0.1 81 10.77.0.2")]);
    clean(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_host_that_routed_before_goes_on() {
    let lab = Lab::empty();
    surroundings(&lab);
    lab.sh("sysctl --quiet net.ipv4.conf.all.forwarding=1").ok();
    lab.switch(&host(""));
    serve_in_guests(&lab);
    answers(&lab, WANTED);
    let (v6, v4): (Vec<_>, Vec<_>) =
        PAST_FORWARDS.into_iter().partition(|(_, question, _)| question.contains("::"));
    answers(&lab, v4);
    answers(&lab, v6.into_iter().map(nobody));
    // The rule that lets packets pass is the host's, so there is nothing to do.
    assert_eq!(lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix >&2").code, 0);
    clean(&lab);
    lab.sh("sysctl --quiet net.ipv4.conf.all.forwarding=0").ok();
    lab.finish();
}
