//! Changes that running containers take without a restart, and the cost of those they cannot take.

use crate::support::{Lab, host, web, with};

/// A container with a kept root, so that its guest can switch to another system while it runs.
fn kept(name: &str, last: u8) -> String {
    with(&web(name, last), "ephemeral = true;", "")
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_bind_mount_is_added_under_a_running_guest_and_one_that_goes_costs_a_restart() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/new && echo data >/mnt/new/file").ok();
    let plain = kept("wasabi", 11);
    lab.switch(&host(&[&plain]));
    let bound =
        |options: &str| with(&plain, "autoStart", &format!("bindMounts.\"/new\" = {{ {options} }}; autoStart"));
    let read_only = bound("hostPath = \"/mnt/new\";");

    let added = lab.switch(&host(&[&read_only]));
    assert_eq!((added.cost("wasabi"), added.reasons("wasabi")), ("reload", vec!["bindMounts.\"/new\""]));
    let in_guest = |command: &str| lab.sh(&format!("container-rebuild run wasabi -- sh -c '{command}'"));
    assert_eq!(in_guest("cat /new/file").ok(), "data\n");
    assert_ne!(in_guest("echo more >/new/file 2>/dev/null").code, 0, "it is read-only, as by default");

    let changed = lab.switch(&host(&[&bound("hostPath = \"/mnt/new\"; isReadOnly = false;")]));
    assert_eq!(changed.cost("wasabi"), "restart");
    in_guest("echo more >/new/file").ok();
    let removed = lab.switch(&host(&[&plain]));
    assert_eq!(removed.cost("wasabi"), "restart");
    assert_eq!(in_guest("cat /new/file").code, 1);
    assert_eq!(lab.sh("cat /mnt/new/file").ok(), "more\n");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn the_hosts_address_changes_under_an_open_connection() {
    let lab = Lab::empty();
    let forwarded = with(
        &kept("wasabi", 11),
        "config =",
        "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =",
    );
    lab.switch(&host(&[&forwarded]));
    let mut connection = lab.connect("10.77.0.2", 8080);
    let body = |answer: String| answer.lines().last().expect("a page").to_owned();
    let page = body(connection.get("/"));

    let moved = lab.switch(&host(&[&with(&forwarded, "192.168.100.111", "192.168.100.222")]));
    assert_eq!((moved.cost("wasabi"), moved.reasons("wasabi")), ("reload", vec!["hostAddress"]));
    assert_eq!(body(connection.get("/")), page, "the connection from before is still open");
    assert!(lab.sh("ip -brief address show ve-wasabi").ok().contains("192.168.100.222/32"));
    let route = lab.sh("container-rebuild run wasabi -- ip route show default").ok();
    assert!(route.contains("via 192.168.100.222"), "{route}");
    // A second address family is added and removed the same way.
    let both = with(&forwarded, "localAddress", "hostAddress6 = \"fd00::1\"; localAddress");
    assert_eq!(lab.switch(&host(&[&both])).cost("wasabi"), "reload");
    assert_eq!(lab.switch(&host(&[&forwarded])).cost("wasabi"), "reload");
    assert!(!lab.sh("ip -brief address show ve-wasabi").ok().contains("fd00::1"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_with_a_kept_root_switches_to_its_new_system_while_it_runs() {
    let lab = Lab::empty();
    let one = kept("wasabi", 11);
    lab.switch(&host(&[&one]));
    let old = lab.page("http://192.168.100.11/");
    let switched = lab.switch(&host(&[&with(&one, "one@example.org", "two@example.org")]));
    assert_eq!(switched.cost("wasabi"), "reload");
    assert_eq!(switched.reasons("wasabi"), ["config.services.httpd.adminAddr"]);
    assert_eq!(lab.page("http://192.168.100.11/"), with(&old, "one@", "two@"));
    // With an ephemeral root.
    lab.switch("{ }");
    let ephemeral = web("wasabi", 11);
    lab.switch(&host(&[&ephemeral]));
    let anew = lab.switch(&host(&[&with(&ephemeral, "one@example.org", "two@example.org")]));
    assert_eq!((anew.cost("wasabi"), &anew.change("wasabi")["wipes_root"]), ("restart", &true.into()));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_system_that_can_only_be_booted_is_and_that_is_said() {
    let lab = Lab::empty();
    let one = kept("wasabi", 11);
    lab.switch(&host(&[&one]));
    // Like a new systemd in nixpkgs, this makes `switch-to-configuration` exit with 100.
    let interface = "/var/lib/lab/nixpkgs/nixos/modules/system/toplevel.nix";
    lab.sh(&format!("sed -i 's/systemd of/another systemd of/' {interface}")).ok();
    lab.write("/root/host.nix", &host(&[&with(&one, "one@example.org", "two@example.org")]));
    let before = lab.mark();
    assert_eq!(lab.plan().0["changes"][0]["disruption"], "reload");
    let said = lab.sh("container-rebuild switch --yes /root/host.nix 2>&1").ok();
    assert!(said.contains("wasabi: restarting, since it cannot switch to its new system while it runs: its `switch-to-configuration` asks"), "{said}");
    let after = lab.observe();
    assert!(!before.kept(&after, "wasabi") && after.machines["wasabi"].marked, "restarted, and the root is kept");
    assert!(lab.page("http://192.168.100.11/").contains("two@"));
    assert_eq!(lab.plan().1, 0);
    lab.sh(&format!("sed -i 's/another systemd of/systemd of/' {interface}")).ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn bookkeeping_costs_nothing_and_takes_effect_at_the_next_start() {
    let lab = Lab::empty();
    let plain = kept("wasabi", 11);
    lab.switch(&host(&[&plain]));
    let patient = with(&plain, "autoStart = true;", "timeoutStartSec = \"2min\"; restartIfChanged = false;");
    let noted = lab.switch(&host(&[&patient]));
    assert_eq!(
        (noted.cost("wasabi"), &noted.change("wasabi")["actions"]),
        ("none", &serde_json::json!(["update-unit"]))
    );
    assert_eq!(
        lab.sh("systemctl show --property=TimeoutStartUSec container@wasabi").ok(),
        "TimeoutStartUSec=2min\n"
    );

    // `restartIfChanged = false` is respected, and stale options are reported.
    let changed = with(&patient, "timeoutStartSec", "tmpfs = [ \"/scratch\" ]; timeoutStartSec");
    lab.write("/root/host.nix", &host(&[&changed]));
    let before = lab.observe();
    let said = lab.sh("container-rebuild switch --yes /root/host.nix 2>&1").ok();
    assert!(before.kept(&lab.observe(), "wasabi"));
    assert!(said.contains("`wasabi` keeps running with its former tmpfs"), "{said}");
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(lab.sh("container-rebuild run wasabi -- findmnt -no FSTYPE /scratch").ok(), "tmpfs\n");
    assert_eq!(lab.plan().1, 0);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn how_far_a_run_goes_is_the_users_choice() {
    let lab = Lab::empty();
    let plain = kept("wasabi", 11);
    lab.switch(&host(&[&plain]));
    let changed = with(&plain, "one@example.org", "two@example.org");
    lab.write("/root/host.nix", &host(&[&changed]));
    let run = |mode: &str| {
        let before = lab.observe();
        lab.sh(&format!("container-rebuild switch --yes --restart-mode {mode} /root/host.nix")).ok();
        before.kept(&lab.observe(), "wasabi")
    };
    assert!(run("never"));
    assert!(lab.page("http://192.168.100.11/").contains("one@"), "nothing reached the guest");
    assert!(run("reload"));
    assert!(lab.page("http://192.168.100.11/").contains("two@"));
    lab.write("/root/host.nix", &host(&[&plain]));
    assert!(!run("restart"));
    assert!(lab.page("http://192.168.100.11/").contains("one@"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn addresses_and_ports_are_swapped_and_names_change_in_one_run() {
    let lab = Lab::empty();
    let forwarded = |name: &str, last: u8, port: u16| {
        let forward = format!("forwardPorts = [ {{ hostPort = {port}; containerPort = 80; }} ]; config =");
        with(&web(name, last), "config =", &forward)
    };
    lab.switch(&host(&[&forwarded("sambal", 12, 8081), &forwarded("wasabi", 11, 8080)]));
    let swapped = lab.switch(&host(&[&forwarded("sambal", 11, 8080), &forwarded("wasabi", 12, 8081)]));
    assert_eq!((swapped.cost("sambal"), swapped.cost("wasabi")), ("restart", "restart"));
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("sambal"));
    assert!(lab.lan_page("http://10.77.0.2:8081/").contains("wasabi"));

    let renamed = lab.switch(&host(&[&forwarded("sambal", 11, 8080), &forwarded("wasabi2", 12, 8081)]));
    assert_eq!((renamed.cost("wasabi"), renamed.cost("wasabi2")), ("stop", "none"));
    assert!(renamed.before.kept(&renamed.after, "sambal"));
    assert!(lab.lan_page("http://10.77.0.2:8081/").contains("wasabi2"));
    lab.finish();
}

/// The row of a container in `status --json`.
fn status(lab: &Lab, name: &str) -> serde_json::Value {
    let json: serde_json::Value =
        serde_json::from_str(&lab.sh(&format!("container-rebuild status --json {name}")).ok()).expect("JSON");
    json["containers"][0].clone()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn status_says_what_runs_after_each_change_without_a_restart() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/new").ok();
    let forward = "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =";
    let mut text = with(&kept("wasabi", 11), "config =", forward);
    lab.switch(&host(&[&text]));
    #[rustfmt::skip]
    let table = [
        // the text to replace, its replacement, the cost, and what status shows afterwards
        ("hostPort = 8080", "hostPort = 8081", "firewall", "ports", "[\"tcp:8081->80\"]"),
        ("{ hostPort = 8081", "{ hostPort = 8082; protocol = \"udp\"; } { hostPort = 8081", "firewall", "ports", "[\"udp:8082->8082\",\"tcp:8081->80\"]"),
        ("{ hostPort = 8082; protocol = \"udp\"; }", "", "firewall", "ports", "[\"tcp:8081->80\"]"),
        ("autoStart = true", "autoStart = false", "none", "state", "\"running\""),
        ("autoStart = false;", "autoStart = true; timeoutStartSec = \"5min\";", "none", "state", "\"running\""),
        ("autoStart", "restartIfChanged = false; autoStart", "none", "state", "\"running\""),
        ("restartIfChanged = false", "restartIfChanged = true", "none", "state", "\"running\""),
        ("autoStart", "bindMounts.\"/new\".hostPath = \"/mnt/new\"; autoStart", "reload", "state", "\"running\""),
        ("192.168.100.111", "192.168.100.222", "reload", "addresses", "[\"192.168.100.11\"]"),
        ("localAddress", "hostAddress6 = \"fd00::1\"; localAddress6 = \"fd00::2\"; localAddress", "restart", "addresses", "[\"192.168.100.11\",\"fd00::2\"]"),
        ("hostAddress6 = \"fd00::1\"", "hostAddress6 = \"fd00::9\"", "reload", "addresses", "[\"192.168.100.11\",\"fd00::2\"]"),
        ("one@example.org", "two@example.org", "reload", "state", "\"running\""),
    ];
    for (part, by, cost, key, shown) in table {
        text = with(&text, part, by);
        // `switch` itself checks that the next plan is empty.
        let applied = lab.switch(&host(&[&text]));
        assert_eq!(applied.cost("wasabi"), cost, "{part} -> {by}");
        let row = status(&lab, "wasabi");
        assert_eq!(row["drift"], serde_json::json!([]), "{part} -> {by}: {row:#}");
        assert_eq!(row[key].to_string(), shown, "{part} -> {by}: {row:#}");
        let system = lab.sh("container-rebuild build /root/host.nix").ok();
        assert!(row["system"].as_str().is_some_and(|it| system.contains(it)), "{part} -> {by}: {row:#}{system}");
    }

    // NAT belongs to no container.
    let without = with(&host(&[&text]), "enable = true; internal", "enable = false; internal");
    lab.switch(&without);
    assert_eq!(status(&lab, "wasabi")["drift"], serde_json::json!([]));
    lab.switch(&host(&[&text]));

    // Options that are stale on purpose are named one by one, and the ports are still those of the rules.
    text = with(&text, "two@example.org", "three@example.org");
    text = with(&text, "autoStart", "tmpfs = [ \"/scratch\" ]; autoStart");
    text = with(&text, "hostPort = 8081", "hostPort = 8083");
    lab.write("/root/host.nix", &host(&[&text]));
    let before = lab.mark();
    let said = lab.sh("container-rebuild switch --yes --restart-mode=never /root/host.nix");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(before.kept(&lab.observe(), "wasabi"), "{said:#?}");
    let row = status(&lab, "wasabi");
    assert_eq!(row["ports"], serde_json::json!(["tcp:8083->80"]));
    assert_eq!(row["drift"], serde_json::json!(["keeps its former path, tmpfs until it is restarted"]));
    let said = lab.sh("container-rebuild plan --detailed-exitcode --restart-mode=never /root/host.nix");
    assert_eq!((said.code, said.out.as_str()), (0, "No changes.\n"), "{said:#?}");
    assert!(said.err.contains("`wasabi` keeps running with its former "), "{said:#?}");
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(status(&lab, "wasabi")["drift"], serde_json::json!([]));
    assert_eq!(lab.plan().1, 0);

    // A forward that was removed from the kernel is not listed as if it were there.
    lab.sh("nft delete element inet container-rebuild addr4 '{ tcp . 8083 }'").ok();
    assert_eq!(status(&lab, "wasabi")["drift"], serde_json::json!(["no rule forwards tcp:8083"]));
    lab.finish();
}
