//! What a restart of the host's own units takes away from containers, and puts back.

use crate::support::{Lab, World, host, web, with};

/// A bridge that systemd-networkd makes, and one that a unit makes as on NixOS.
const BRIDGES: [(&str, &str); 4] = [
    ("/etc/systemd/network/br-one.netdev", "[NetDev]\nName=br-one\nKind=bridge\n"),
    (
        "/etc/systemd/network/br-one.network",
        "[Match]\nName=br-one\n[Network]\nAddress=192.168.7.1/24\nConfigureWithoutCarrier=yes\nLinkLocalAddressing=no\n",
    ),
    (
        "/etc/systemd/system/br-two-netdev.service",
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/ip link add br-two type bridge\n\
         ExecStart=/bin/ip address add 192.168.8.1/24 dev br-two\nExecStart=/bin/ip link set br-two up\n\
         ExecStop=/bin/ip link delete br-two\n",
    ),
    ("/etc/nftables.conf", "flush ruleset\ntable inet mine { }\n"),
];

/// `web` on a bridge, with a forwarded port.
fn bridged(name: &str, last: u8, bridge: &str, network: u8, port: u16) -> String {
    let host = last + 100;
    let addresses = format!("hostAddress = \"192.168.100.{host}\"; localAddress = \"192.168.100.{last}\"; config");
    let on_bridge = format!(
        "hostBridge = \"{bridge}\"; hostAddress = \"192.168.{network}.1\"; localAddress = \"192.168.{network}.{last}/24\"; \
         forwardPorts = [ {{ hostPort = {port}; containerPort = 80; }} ]; config"
    );
    with(&web(name, last), &addresses, &on_bridge)
}

/// Checks that every container answers, through its own address and through its port, once what was lost is back, and that
/// nothing was restarted for it.
#[track_caller]
fn answer(lab: &Lab, before: &World, after: &str) {
    // Rules and interfaces come back by themselves; this waits until they have.
    let settled = "for i in {1..300}; do \
        nft list table inet container-rebuild >/dev/null 2>&1 && \
        [[ $(ip -brief link show master br-one) == vb-sambal* && $(ip -brief link show master br-two) == vb-tauco* ]] && exit; \
        sleep 0.1; done; nft list tables; ip -brief link; journalctl --unit 'container-rebuild-restore@*' --output cat; exit 1";
    let settled = lab.sh(settled);
    assert_eq!(settled.code, 0, "{after}: {settled:#?}");
    for (name, address, port) in
        [("wasabi", "192.168.100.11", 8081), ("sambal", "192.168.7.12", 8082), ("tauco", "192.168.8.13", 8083)]
    {
        let here = lab.page(&format!("http://{address}/"));
        assert!(here.contains(name), "{after}: {here}");
        let page = lab.lan_page(&format!("http://10.77.0.2:{port}/"));
        assert!(page.contains(name), "{after}: {page}");
        assert!(before.kept(&lab.observe(), name), "{after}: {name} was restarted");
    }
    let (plan, code) = lab.plan();
    assert_eq!(code, 0, "{after}: {plan:#}");
    assert_eq!(plan["diagnostics"], serde_json::json!([]), "{after}");
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_restarts_of_the_hosts_units_take_away_comes_back() {
    let lab = Lab::empty();
    let former = lab.sh("cat /etc/nftables.conf").ok();
    BRIDGES.iter().for_each(|(path, text)| lab.write(path, text));
    lab.sh("systemctl daemon-reload; systemctl start systemd-networkd br-two-netdev; \
            for i in {1..100}; do ip link show br-one >/dev/null 2>&1 && break; sleep 0.1; done; \
            container-rebuild install-boot; systemctl enable --quiet systemd-networkd nftables; \
            mkdir -p /etc/systemd/system/multi-user.target.wants; systemctl add-wants multi-user.target br-two-netdev")
        .ok();
    let plain = with(
        &web("wasabi", 11),
        "config =",
        "forwardPorts = [ { hostPort = 8081; containerPort = 80; } ]; config =",
    );
    let all = host(&[&plain, &bridged("sambal", 12, "br-one", 7, 8082), &bridged("tauco", 13, "br-two", 8, 8083)]);
    lab.switch(&all);
    let before = lab.observe();
    let disturbances = [
        // For the first time since there are containers.
        "systemctl start nftables",
        "systemctl reload nftables",
        "systemctl restart nftables",
        "systemctl stop nftables; if nft list table inet container-rebuild; then exit 1; fi; systemctl start nftables",
        "systemctl restart systemd-networkd",
        "ip link delete br-one; systemctl restart systemd-networkd",
        "systemctl stop systemd-networkd systemd-networkd.socket; ip link delete br-one; systemctl start systemd-networkd",
        "systemctl restart br-two-netdev",
        "systemctl stop br-two-netdev; systemctl start br-two-netdev",
        "ip link set ve-wasabi down; ip address flush dev ve-wasabi; ip link set vb-tauco nomaster; systemctl reload nftables",
        // More often than systemd lets a unit start by default.
        "for i in {1..8}; do systemctl restart nftables; systemctl reset-failed nftables; done",
    ];
    for disturbance in disturbances {
        lab.sh(disturbance).ok();
        answer(&lab, &before, disturbance);
    }
    let said = lab.sh("systemctl list-units --failed --plain --no-legend").ok();
    assert_eq!(said, "");

    lab.reboot();
    let before = lab.observe();
    answer(&lab, &before, "a boot");
    for disturbance in ["systemctl reload nftables", "ip link delete br-one; systemctl restart systemd-networkd"] {
        lab.sh(disturbance).ok();
        answer(&lab, &before, &format!("a boot and {disturbance}"));
    }
    // While another process changes the host, what is lost waits.
    lab.write(
        "/root/waits",
        "systemctl restart nftables
         for i in {1..100}; do
             [[ $(systemctl is-active container-rebuild-restore@nftables) == activating ]] && break
             sleep 0.1
         done
         systemctl is-active container-rebuild-restore@nftables
         nft list tables\n",
    );
    let waits = lab.sh("flock /var/lib/container-rebuild/lock bash /root/waits; rm /root/waits").ok();
    assert_eq!(waits, "activating\ntable inet mine\n");
    answer(&lab, &before, "a change of the host");

    // Drift, as any file of ours.
    lab.sh("rm /run/systemd/system/nftables.service.wants/container-rebuild-restore@nftables.service; systemctl daemon-reload").ok();
    let repaired = lab.switch(&all);
    assert!(
        repaired.said.err.contains("what containers lose by restarts of other units is not put back"),
        "{:#?}",
        repaired.said
    );
    lab.sh("systemctl restart nftables").ok();
    answer(&lab, &before, "a repair");

    lab.write("/root/nothing.nix", "{ }\n");
    lab.sh("container-rebuild switch --yes --allow-remove /root/nothing.nix; systemctl restart nftables systemd-networkd").ok();
    assert!(lab.observe().is_empty(), "{:#?}", lab.observe().traces);
    lab.sh("rm /etc/systemd/system/multi-user.target.wants/br-two-netdev.service; \
            systemctl disable --quiet --now systemd-networkd nftables; systemctl stop br-two-netdev; ip link delete br-one; \
            rm /etc/systemd/network/br-one.* /etc/systemd/system/br-two-netdev.service")
        .ok();
    lab.write("/etc/nftables.conf", &former);
    lab.finish();
}
