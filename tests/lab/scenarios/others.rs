//! Beside other programs' rules.

use crate::support::{Lab, OWN_OPTIONS, ask, host, serve, stop_serving, web, with};

/// The rules of a program that lets nothing through but what concerns its own bridge, as Docker's do.
const OTHERS: &str = "table ip filter {
  chain DOCKER-USER { }
  chain FORWARD {
    type filter hook forward priority filter; policy drop;
    jump DOCKER-USER
    oifname docker0 ct state established,related accept
    iifname docker0 oifname != docker0 accept
  }
}
";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_the_rules_of_another_program_drop_is_said_with_the_chain_and_what_helps() {
    let lab = Lab::empty();
    let wasabi = with(
        &web("wasabi", 11),
        "config =",
        "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =",
    );
    lab.switch(&host(&[&wasabi]));
    let plan = || lab.sh("container-rebuild plan /root/host.nix");
    assert!(!plan().err.contains("forward-dropped"));
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));

    lab.write("/root/others.nft", OTHERS);
    lab.sh("nft -f /root/others.nft").ok();
    let said = plan();
    assert_eq!(said.code, 0, "{said:#?}");
    let message = "warning[forward-dropped]: what comes in by `eth0` does not reach `wasabi` through tcp:8080: the policy of chain \
                   `FORWARD` in table `ip filter` drops the packets";
    assert!(said.err.contains(message), "{said:#?}");
    assert!(said.err.contains("iptables -I DOCKER-USER -o ve-wasabi -j ACCEPT; iptables"), "{said:#?}");
    let page = lab.sh("ip netns exec lan curl --silent --max-time 1 http://10.77.0.2:8080/");
    assert_eq!(page.code, 28, "a timeout: {page:#?}");

    // What the help says, in the words of nft, for both directions.
    lab.sh("nft insert rule ip filter DOCKER-USER oifname ve-wasabi accept && \
            nft insert rule ip filter DOCKER-USER iifname ve-wasabi accept")
        .ok();
    assert!(!plan().err.contains("forward-dropped"));
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));
    lab.sh("nft delete table ip filter").ok();
    lab.finish();
}

/// What NixOS loads for [`NAT`], written as NixOS writes it.
const NIXOS_NAT: &str = "table ip nixos-nat {
  chain pre {
    type nat hook prerouting priority dstnat;
    iifname \"eth0\" meta l4proto { tcp, udp } dnat meta l4proto . th dport map { tcp . 8081 : 192.168.100.11 . 80, \
      tcp . 8082 : 192.168.100.11 . 80 } comment \"from the external interface\"
    meta l4proto { tcp, udp } dnat ip daddr . meta l4proto . th dport map { 10.77.0.2 . tcp . 8081 : 192.168.100.11 . 80 }
  }
  chain post {
    type nat hook postrouting priority srcnat;
    iifname { \"ve-lone\", \"ve-wasabi\" } oifname \"eth0\" masquerade comment \"from internal interfaces\"
    ip saddr { 10.9.0.0/16 } oifname \"eth0\" masquerade comment \"from internal IPs\"
    iifname != \"eth0\" ip daddr . meta l4proto . th dport { 192.168.100.11 . tcp . 80 } masquerade
  }
  chain out {
    type nat hook output priority mangle;
    meta l4proto { tcp, udp } dnat ip daddr . meta l4proto . th dport map { 10.77.0.2 . tcp . 8081 : 192.168.100.11 . 80 }
  }
}
";
const NAT: &str = "networking.nat = {
    enable = true; externalInterface = \"eth0\"; internalInterfaces = [ \"ve-lone\" \"ve-wasabi\" ]; internalIPs = [ \"10.9.0.0/16\" ];
    forwardPorts = [
      { sourcePort = 8081; destination = \"192.168.100.11:80\"; loopbackIPs = [ \"10.77.0.2\" ]; }
      { sourcePort = 8082; destination = \"192.168.100.11:80\"; }
    ];
  };";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn nat_is_left_to_nixos_where_its_tables_are_loaded() {
    let lab = Lab::empty();
    let wasabi = with(
        &web("wasabi", 11),
        "config =",
        "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =",
    );
    let host = |nat: &str| format!("{{\n{nat}\n  containers.{wasabi}\n}}\n");
    serve(&lab, "internet", &[81]);
    lab.write("/root/nixos-nat.nft", NIXOS_NAT);
    lab.sh("sysctl --quiet net.ipv4.conf.all.forwarding=1 && nft -f /root/nixos-nat.nft").ok();
    lab.switch(&host(NAT));
    let ours = lab.sh("nft list table inet container-rebuild").ok();
    assert!(ours.contains("8080") && !ours.contains("8081") && !ours.contains("nat_"), "{ours}");
    let plan = lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix");
    assert!(plan.code == 0 && !plan.err.contains("needs-nixos-rebuild"), "{plan:#?}");
    for port in [8080, 8081] {
        assert!(lab.lan_page(&format!("http://10.77.0.2:{port}/")).contains("wasabi"));
    }
    let of_guest = "container-rebuild run wasabi -- sh -c 'socat -T3 -u TCP:10.77.0.1:81,connect-timeout=3 STDOUT'";
    assert_eq!(lab.sh(of_guest).ok().trim(), "10.77.0.1 81 10.77.0.2");

    // What differs is for nixos-rebuild, and nothing else is to do.
    lab.write("/root/host.nix", &host(&with(&with(NAT, "8082", "8083"), "\"ve-lone\"", "\"ve-other\"")));
    let plan = lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix");
    assert_eq!(plan.code, 0, "{plan:#?}");
    for option in ["internalInterfaces", "forwardPorts"] {
        let line = format!(
            "warning[needs-nixos-rebuild]: `networking.nat.{option}` is not what NixOS has loaded: it needs nixos-rebuild"
        );
        assert!(plan.err.contains(&line), "{plan:#?}");
    }
    lab.sh("nft delete table ip nixos-nat; sysctl --quiet net.ipv4.conf.all.forwarding=0").ok();
    stop_serving(&lab, "internet");
    lab.finish();
}

/// What NixOS without `networking.nftables` loads, as its iptables makes it: the rules have no form that could be compared.
const NIXOS_NAT_CHAINS: &str = "table ip nat {
  chain nixos-nat-pre {
    iifname \"ve-wasabi\" counter meta mark set 1
    iifname \"eth0\" tcp dport 8081 counter dnat to 192.168.100.11:80
  }
  chain nixos-nat-post { meta mark 1 oifname \"eth0\" counter masquerade; }
  chain nixos-nat-out { }
  chain PREROUTING { type nat hook prerouting priority -100; counter jump nixos-nat-pre; }
  chain POSTROUTING { type nat hook postrouting priority 100; counter jump nixos-nat-post; }
  chain OUTPUT { type nat hook output priority -100; counter jump nixos-nat-out; }
}
";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn nat_is_left_to_nixos_where_iptables_has_made_its_chains() {
    let lab = Lab::empty();
    let wasabi = with(
        &web("wasabi", 11),
        "config =",
        "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =",
    );
    let host = |port: u16| {
        format!(
            "{{ networking.nat = {{ enable = true; externalInterface = \"eth0\"; internalInterfaces = [ \"ve-wasabi\" ];
    forwardPorts = [ {{ sourcePort = {port}; destination = \"192.168.100.11:80\"; }} ]; }};
  containers.{wasabi}\n}}\n"
        )
    };
    serve(&lab, "internet", &[81]);
    lab.write("/root/nixos-nat.nft", NIXOS_NAT_CHAINS);
    lab.sh("sysctl --quiet net.ipv4.conf.all.forwarding=1 && nft -f /root/nixos-nat.nft").ok();
    let switched = lab.switch(&host(8081));
    let note = "note[needs-nixos-rebuild]: NixOS has loaded its NAT with iptables";
    assert!(switched.said.err.contains(note), "{switched:#?}");
    let ours = lab.sh("nft list table inet container-rebuild").ok();
    assert!(ours.contains("8080") && !ours.contains("8081") && !ours.contains("nat_"), "{ours}");
    let plan = lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix");
    assert!(plan.code == 0 && !plan.err.contains("needs-nixos-rebuild"), "{plan:#?}");
    for port in [8080, 8081] {
        assert!(lab.lan_page(&format!("http://10.77.0.2:{port}/")).contains("wasabi"));
    }
    let of_guest = "container-rebuild run wasabi -- sh -c 'socat -T3 -u TCP:10.77.0.1:81,connect-timeout=3 STDOUT'";
    assert_eq!(lab.sh(of_guest).ok().trim(), "10.77.0.1 81 10.77.0.2");
    lab.write("/root/host.nix", &host(8083));
    let plan = lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix");
    assert!(plan.code == 0 && plan.err.contains(note), "{plan:#?}");
    lab.sh("nft delete table ip nat; sysctl --quiet net.ipv4.conf.all.forwarding=0").ok();
    stop_serving(&lab, "internet");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn ports_that_are_to_be_opened_on_the_host_and_are_not_are_said() {
    let lab = Lab::empty();
    let shared = |opens: bool| {
        format!(
            "{{\n{OWN_OPTIONS}  containers.shared.config.networking.firewall.allowedTCPPorts = [ 8096 ];
  services.container-rebuild.containers.shared.openFirewall = {opens};\n}}\n"
        )
    };
    lab.sh("nft add table inet theirs && \
            nft add chain inet theirs input '{ type filter hook input priority 0; policy drop; }' && \
            nft add rule inet theirs input iif lo accept && nft add rule inet theirs input ct state established accept")
        .ok();
    serve(&lab, "", &[8096]);
    let said = |opens: bool| {
        lab.write("/root/host.nix", &shared(opens));
        lab.sh("container-rebuild plan /root/host.nix").err
    };
    let message = "warning[guest-port-blocked]: other machines cannot reach port 8096/tcp of `shared`: the policy of chain `input` in \
                   table `inet theirs` drops the packets";
    assert!(said(true).contains(message) && !said(false).contains(message), "{}", said(true));
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.2 8096"), "nobody");
    lab.sh("nft add rule inet theirs input tcp dport 8096 accept").ok();
    assert!(!said(true).contains("guest-port-blocked"), "{}", said(true));
    assert_eq!(ask(&lab, "lan", "tcp 10.77.0.2 8096"), "10.77.0.2 8096 10.77.0.20");
    stop_serving(&lab, "");
    lab.sh("nft delete table inet theirs").ok();
    lab.finish();
}
