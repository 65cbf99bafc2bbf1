//! Guests that switch to another system while they run, and those that cannot: what NixOS's own modules make of them.

use crate::support::{CommandOutput, Lab, host, web, with};

/// A container with a kept root, whose guest has these definitions too.
fn kept(definitions: &str) -> String {
    let container = with(&web("wasabi", 11), "ephemeral = true;", "");
    with(&container, "services.httpd.enable", &format!("{definitions} services.httpd.enable"))
}

/// Switches to a host with this container, whatever that costs; `options` come before the file.
fn switch(lab: &Lab, container: &str, options: &str) -> CommandOutput {
    lab.write("/root/host.nix", &host(&[container]));
    lab.sh(&format!("container-rebuild switch --yes {options} /root/host.nix"))
}

/// Whether the guest serves the page of this administrator.
fn serves(lab: &Lab, who: &str) -> bool {
    lab.page("http://192.168.100.11/").contains(&format!("{who}@"))
}

const TOPLEVEL: &str = "/var/lib/lab/nixpkgs/nixos/modules/system/toplevel.nix";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_switch_inhibitor_that_differs_means_a_restart_which_the_plan_shows() {
    let lab = Lab::empty();
    let one = kept("");
    lab.switch(&host(&[&one]));
    // Only the built system says what D-Bus implies.
    let broker = with(&kept("services.dbus.implementation = \"broker\";"), "one@", "two@");
    lab.write("/root/host.nix", &host(&[&broker]));
    assert_eq!(lab.plan().0["changes"][0]["disruption"], "reload");
    let before = lab.mark();
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(said.code, 0, "{said:#?}");
    let why =
        "cannot switch while it runs: the switch inhibitor `dbus-implementation` changes from `dbus` to `broker`";
    assert!(said.out.contains("! wasabi: restart (") && said.out.contains(why), "{said:#?}");
    let after = lab.observe();
    assert!(!before.kept(&after, "wasabi") && after.machines["wasabi"].marked, "restarted, and the root is kept");
    assert!(serves(&lab, "two"));
    assert_eq!(lab.plan().1, 0);
    // With `--restart-mode=reload` it waits for the next start.
    let said = switch(&lab, &one, "--restart-mode=reload");
    assert!(said.code == 0 && said.err.contains("keeps running with its former"), "{said:#?}");
    assert!(after.kept(&lab.observe(), "wasabi") && serves(&lab, "two"));
    // Inhibitors that the configuration itself sets are known before the build.
    let inhibited = |value: &str| {
        let set =
            format!("services.dbus.implementation = \"broker\"; system.switch.inhibitors.disk = \"{value}\";");
        kept(&set)
    };
    let added = lab.switch(&host(&[&inhibited("a")]));
    assert_eq!(added.cost("wasabi"), "reload", "only those of both systems count");
    let changed = lab.switch(&host(&[&inhibited("b")]));
    assert_eq!(changed.cost("wasabi"), "restart");
    let why = "the switch inhibitor `disk` changes from `a` to `b`";
    assert_eq!(changed.change("wasabi")["no_switch"], why);
    // Where the systems cannot be compared from outside, the guest's own check decides.
    let write = "builtins.toJSON config.system.switch.inhibitors";
    lab.sh(&format!("sed -i 's/{write}/builtins.substring 1 999 ({write})/' {TOPLEVEL}")).ok();
    let before = lab.mark();
    let said = switch(&lab, &one, "");
    assert_eq!(said.code, 0, "{said:#?}");
    let line = "wasabi: restarting, since it cannot switch to its new system while it runs: a switch inhibitor of NixOS differs";
    assert!(said.err.contains(line), "{said:#?}");
    let after = lab.observe();
    assert!(!before.kept(&after, "wasabi") && after.machines["wasabi"].marked && serves(&lab, "one"));
    lab.sh(&format!("sed -i 's/builtins.substring 1 999 ({write})/{write}/' {TOPLEVEL}")).ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_without_switch_to_configuration_is_restarted() {
    let lab = Lab::empty();
    let image = kept("system.switch.enable = false;");
    lab.switch(&host(&[&kept("")]));
    for (container, cost) in [
        (image.clone(), "restart"),
        (with(&image, "one@", "two@"), "restart"),
        (with(&kept(""), "one@", "three@"), "reload"),
    ] {
        // This compares the plan with what happens.
        let applied = lab.switch(&host(&[&container]));
        assert_eq!(applied.cost("wasabi"), cost, "{container}");
        let why = "its new system has no `switch-to-configuration` (`system.switch.enable` is false)";
        let expected = if cost == "restart" { why.into() } else { serde_json::Value::Null };
        assert_eq!(applied.change("wasabi")["no_switch"], expected, "{container}");
        assert!(applied.after.machines["wasabi"].marked, "the root is kept");
    }
    assert!(serves(&lab, "three"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_switch_to_configuration_prints_is_shown_with_v_and_when_it_fails() {
    let lab = Lab::empty();
    // As in a guest with private users, a unit has failed from the start: each switch ends with 4.
    let failing = "systemd.services.sysctl = { wantedBy = [ \"multi-user.target\" ]; serviceConfig = { Type = \"oneshot\"; \
                   ExecStart = \"/bin/false\"; }; };";
    let one = kept(failing);
    assert_eq!(switch(&lab, &one, "").code, 0);
    // What is left of a command that failed in the guest until systemd removes it: no unit of the guest's own.
    let lingers = "systemd-run --quiet --wait --unit=container-rebuild-run-lingers false";
    assert_eq!(lab.sh(&format!("container-rebuild run wasabi -- {lingers}")).code, 1);
    let before = lab.mark();
    let said = switch(&lab, &with(&one, "one@", "two@"), "--degraded=fail");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.err.contains("note[degraded]: `wasabi` was reloaded, and is still degraded"), "{said:#?}");
    assert!(!said.err.contains("Checking switch inhibitors"), "{said:#?}");
    lab.sh("container-rebuild run wasabi -- systemctl reset-failed container-rebuild-run-lingers").ok();
    let said = switch(&lab, &with(&one, "one@", "three@"), "-v");
    let printed = |line: &str| said.err.lines().any(|it| it.contains("INFO") && it.contains(line));
    assert!(
        printed("wasabi: Checking switch inhibitors...") && printed("units failed: sysctl.service"),
        "{said:#?}"
    );
    assert!(said.code == 0 && serves(&lab, "three"));

    // Somebody has switched the guest from inside, to a system that is not recorded as its own.
    lab.write("/root/inside.nix", &host(&[&with(&one, "one@", "inside@")]));
    let inside = lab.sh("container-rebuild build /root/inside.nix | grep -o '/nix/store/[^ ]*'").ok();
    let inside = inside.trim();
    let switched = lab.sh(&format!("container-rebuild run wasabi -- {inside}/bin/switch-to-configuration test"));
    assert!(switched.code == 4 && serves(&lab, "inside"), "{switched:#?}");
    // A switch that fails says why, and goes back to exactly that system.
    let broken = with(&one, "one@", "four@");
    let broken = with(
        &broken,
        "systemd.services.sysctl",
        "users.users.x = { isSystemUser = true; group = \"nowhere\"; }; systemd.services.sysctl",
    );
    let said = switch(&lab, &broken, "");
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(said.err.contains("its `switch-to-configuration` ended with 2"), "{said:#?}");
    assert!(said.err.contains("it ended with:") && said.err.contains("there is no group nowhere"), "{said:#?}");
    assert!(said.err.contains("wasabi: back in its former state"), "{said:#?}");
    assert!(before.kept(&lab.observe(), "wasabi") && serves(&lab, "inside"));
    let runs = lab.sh("container-rebuild run wasabi -- readlink /run/current-system").ok();
    assert_eq!(runs.trim(), inside);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_that_runs_networkd_keeps_its_network() {
    let lab = Lab::empty();
    let one = kept("networking.useNetworkd = true; networking.useHostResolvConf = lib.mkForce false;");
    let forwarded = with(&one, "config =", "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =");
    let in_guest = |command: &str| lab.sh(&format!("container-rebuild run wasabi -- sh -c '{command}'")).ok();
    // networkd has configured the interface, which is when it removes routes that others made.
    let settled = || {
        in_guest(
            "for i in $(seq 100); do networkctl list | grep -q \"eth0.*configured\" && exit 0; sleep 0.1; done; networkctl list; exit 1",
        );
    };
    let is_reached = |who: &str| {
        settled();
        let routes = in_guest("ip route; ip -6 route");
        assert!(routes.contains("default via 192.168.100.111"), "{routes}");
        assert!(lab.lan_page("http://10.77.0.2:8080/").contains(&format!("{who}@")));
    };
    lab.switch(&host(&[&forwarded]));
    is_reached("one");
    let reloaded = lab.switch(&host(&[&with(&forwarded, "one@", "two@")]));
    assert_eq!(reloaded.cost("wasabi"), "reload");
    is_reached("two");
    // It does remove a route that is not marked as the kernel's.
    let left = in_guest(
        "ip route add 203.0.113.0/24 dev eth0 proto static && systemctl restart systemd-networkd; \
         for i in $(seq 100); do ip route | grep -q 203.0.113 || break; sleep 0.1; done; ip route",
    );
    assert!(!left.contains("203.0.113") && left.contains("default via 192.168.100.111"), "{left}");
    is_reached("two");
    // What is lost nevertheless is drift, which a switch repairs.
    let status = || {
        let json = lab.sh("container-rebuild status --json wasabi").ok();
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON")["containers"][0]["drift"].clone()
    };
    for lost in ["ip route del default", "ip route del 192.168.100.111", "ip -4 address flush dev eth0"] {
        assert_eq!(status(), serde_json::json!([]));
        in_guest(lost);
        assert_eq!(status(), serde_json::json!(["its guest has lost an address or a route"]), "{lost}");
        let repaired = lab.switch(&host(&[&with(&forwarded, "one@", "two@")]));
        assert_eq!(repaired.cost("wasabi"), "reload", "{lost}");
        is_reached("two");
    }
    // Another address for the host, and a networkd that begins and ends to run by a reload.
    let moved = with(&forwarded, "192.168.100.111", "192.168.100.222");
    assert_eq!(lab.switch(&host(&[&with(&moved, "one@", "three@")])).cost("wasabi"), "reload");
    settled();
    let routes = in_guest("ip route");
    assert!(routes.contains("default via 192.168.100.222") && !routes.contains("192.168.100.111"), "{routes}");
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("three@"));
    let without = with(&moved, "useNetworkd = true", "useNetworkd = false");
    assert_eq!(lab.switch(&host(&[&without])).cost("wasabi"), "reload");
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("one@"));
    assert_eq!(lab.switch(&host(&[&moved])).cost("wasabi"), "reload");
    settled();
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("one@"));
    lab.finish();
}
