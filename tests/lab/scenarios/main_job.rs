//! The README's example: it comes up, serves its page, is masqueraded, needs no further changes, and returns after a reboot.

use crate::support::{EXAMPLE, Lab, PAGE, host, web, with};

#[test]
#[ignore = "needs a lab: make scenarios"]
fn the_example_is_served_and_a_second_switch_changes_nothing() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    let first = lab.switch(EXAMPLE);
    assert_eq!(first.change("wasabi")["actions"], serde_json::json!(["create", "start"]));
    assert_eq!(first.cost("wasabi"), "none");
    assert!(!first.nix_calls().is_empty(), "the guest is built by Nix, or its calls are not seen");
    lab.sh("systemctl is-active container@wasabi.service").ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE);

    let second = lab.switch(EXAMPLE);
    assert_eq!(second.plan["changes"], serde_json::json!([]));
    assert_eq!(second.said.out, "No changes.\n");
    assert!(second.before.kept(&second.after, "wasabi"));
    assert_eq!(second.before.nft_generation, second.after.nft_generation);
    assert_eq!(second.nix_calls(), &[] as &[String]);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_is_masqueraded_by_networking_nat_and_not_without_it() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    // A server on the internet that answers with the address that it sees.
    lab.write(
        "/root/internet.conf",
        "pid /run/internet.pid; error_log stderr; events {} http { access_log off; server { listen 80; \
         location / { default_type text/plain; return 200 $remote_addr; } } }",
    );
    lab.sh(
        "systemd-run --quiet --unit=scenario-internet --service-type=forking --property=PIDFile=/run/internet.pid \
         ip netns exec internet nginx -c /root/internet.conf",
    )
    .ok();
    let from_guest = "container-rebuild run wasabi -- curl --silent --show-error --max-time 3 http://198.51.100.1/";

    lab.switch(EXAMPLE);
    assert_eq!(lab.sh(from_guest).ok(), "10.77.0.2", "the server sees the host");

    let nat =
        "networking.nat = { enable = true; internalInterfaces = [ \"ve-*\" ]; externalInterface = \"eth0\"; };";
    let without = lab.switch(&with(EXAMPLE, nat, ""));
    assert!(without.before.kept(&without.after, "wasabi"));
    const TIMED_OUT: i32 = 28;
    assert_eq!(lab.sh(from_guest).code, TIMED_OUT, "nobody out there has a way to private addresses");

    let again = lab.switch(EXAMPLE);
    assert!(again.before.kept(&again.after, "wasabi"));
    assert_eq!(lab.sh(from_guest).ok(), "10.77.0.2");
    lab.finish();
}

/// The example, and a container that starts only on request.
fn with_a_container_by_hand() -> String {
    let by_hand = with(&web("tabasco", 13), "autoStart = true;", "");
    with(EXAMPLE, "  containers.wasabi", &format!("  containers.{by_hand}\n  containers.wasabi"))
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_reboot_brings_back_what_starts_by_itself_without_nix() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    let switched = lab.switch(&with_a_container_by_hand());
    assert!(switched.said.err.contains("the containers will NOT start at next boot"), "{:?}", switched.said);
    assert_eq!(switched.after.running(), ["wasabi"]);
    lab.sh("container-rebuild start tabasco").ok();
    assert_eq!(
        lab.page("http://192.168.100.13/"),
        "<html><body><h1>It works!</h1> tabasco one@example.org</body></html>\n"
    );
    lab.sh("container-rebuild install-boot").ok();
    let after_installing = lab.switch(&with_a_container_by_hand());
    assert!(!after_installing.said.err.contains("NOT start"), "{:?}", after_installing.said);

    let before = lab.observe();
    assert_eq!(before.running(), ["tabasco", "wasabi"]);
    // Without a configuration to evaluate, a boot still works.
    lab.sh("mv /root/host.nix /root/host.elsewhere").ok();
    for boot in [Lab::reboot, Lab::power_failure] {
        boot(&lab);
        assert_eq!(lab.sh("systemctl is-active container-rebuild.service").ok(), "active\n");
        let after = lab.observe();
        assert_eq!(after.running(), ["wasabi"]);
        assert_eq!(after.nix_calls, before.nix_calls, "no Nix at boot");
        let rules = "nft list map inet container-rebuild addr4";
        assert!(lab.sh(rules).ok().contains(" . 8080 : 192.168.100.11"));
        assert!(lab.sh("ip -brief address show ve-wasabi").ok().contains("192.168.100.2/32"));
        assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
        assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE);
        assert_eq!(lab.sh("container-rebuild run wasabi -- hostname").ok(), "wasabi\n");
    }
    lab.sh("mv /root/host.elsewhere /root/host.nix").ok();
    let again = lab.switch(&with_a_container_by_hand());
    assert_eq!(again.changed().len(), 0, "{:#}", again.plan);
    assert_eq!(again.nix_calls(), &[] as &[String]);
    lab.sh("container-rebuild start tabasco").ok();
    lab.page("http://192.168.100.13/");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_container_in_the_hosts_network_serves_on_the_hosts_address() {
    let lab = Lab::empty();
    let open = "open = { autoStart = true; config = { services.httpd.enable = true; }; };";
    let switched = lab.switch(&host(&[open]));
    assert_eq!(lab.lan_page("http://10.77.0.2/"), "<html><body><h1>It works!</h1> open</body></html>\n");
    assert_eq!(switched.after.traces["links"], [] as [&str; 0]);
    assert!(lab.sh("container-rebuild run open -- ip -brief address show eth0").ok().contains("10.77.0.2/24"));
    lab.finish();
}
