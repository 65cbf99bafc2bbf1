//! Beside other programs' rules.

use crate::support::{Lab, host, web, with};

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
