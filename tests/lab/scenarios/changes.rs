//! Each change costs no more than necessary, and what the plan announced.

use crate::support::{EXAMPLE, Lab, PAGE, host, web, with};

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_changed_bind_mount_restarts_its_container_and_no_other() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    let sambal = format!("  containers.{}\n  containers.wasabi", web("sambal", 12));
    let writable = with(EXAMPLE, "  containers.wasabi", &sambal);
    lab.switch(&writable);
    let in_guest = |command: &str| lab.sh(&format!("container-rebuild run wasabi -- sh -c '{command}'"));
    in_guest("echo data >/var/log/httpd/kept && echo lost >/root/lost").ok();

    let changed = lab.switch(&with(&writable, "isReadOnly = false", "isReadOnly = true"));
    assert_eq!(changed.changed(), ["wasabi"].into());
    assert_eq!(changed.cost("wasabi"), "restart");
    assert_eq!(changed.reasons("wasabi"), ["bindMounts.\"/var/log/httpd\".isReadOnly"]);
    assert_eq!(changed.change("wasabi")["wipes_root"], true);
    assert_eq!(changed.change("wasabi")["keeps"], serde_json::json!(["/mnt/wasabiData/"]));
    assert!(changed.before.kept(&changed.after, "sambal"));
    assert_eq!(changed.nix_calls(), &[] as &[String], "the guest itself is what it was");
    assert_eq!(in_guest("cat /var/log/httpd/kept").ok(), "data\n");
    assert_eq!(in_guest("! test -e /root/lost").code, 0, "the root is ephemeral");
    assert_ne!(in_guest("echo more >/var/log/httpd/kept 2>/dev/null").code, 0, "the mount is read-only");

    lab.switch(&writable);
    assert_eq!(in_guest("cat /var/log/httpd/kept").ok(), "data\n");
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_root_that_is_not_ephemeral_is_kept_over_a_restart() {
    let lab = Lab::empty();
    let kept = with(&web("keeper", 14), "ephemeral = true;", "");
    lab.switch(&host(&[&kept]));
    lab.sh("container-rebuild run keeper -- sh -c 'echo data >/var/lib/data'").ok();

    let changed =
        lab.switch(&host(&[&with(&kept, "autoStart = true;", "autoStart = true; tmpfs = [ \"/scratch\" ];")]));
    assert_eq!((changed.cost("keeper"), &changed.change("keeper")["wipes_root"]), ("restart", &false.into()));
    assert_eq!(lab.sh("container-rebuild run keeper -- cat /var/lib/data").ok(), "data\n");
    assert_eq!(lab.sh("container-rebuild run keeper -- findmnt -no FSTYPE /scratch").ok(), "tmpfs\n");
    let before = lab.observe();
    lab.sh("container-rebuild restart keeper").ok();
    assert!(!before.kept(&lab.observe(), "keeper"));
    assert_eq!(lab.sh("container-rebuild run keeper -- cat /var/lib/data").ok(), "data\n");

    // A container that is removed from the file is stopped; the plan names its data, which stays.
    let removed = lab.switch("{ }");
    assert_eq!(removed.cost("keeper"), "stop");
    assert_eq!(removed.change("keeper")["keeps"], serde_json::json!(["/var/lib/nixos-containers/keeper"]));
    assert!(removed.said.out.contains("keeps /var/lib/nixos-containers/keeper"), "{}", removed.said.out);
    assert!(removed.after.is_empty(), "{:#?}", removed.after.traces);
    assert_eq!(lab.sh("cat /var/lib/nixos-containers/keeper/var/lib/data").ok(), "data\n");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn forwarded_ports_change_under_open_connections() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    let mut connection = lab.connect("10.77.0.2", 8080);
    assert!(connection.get("/").ends_with(PAGE));

    let forward = "containerPort = 80; hostPort = 8080;";
    let changed = lab.switch(&with(EXAMPLE, forward, "containerPort = 80; hostPort = 8081;"));
    assert_eq!(changed.cost("wasabi"), "firewall");
    assert_eq!(changed.change("wasabi")["actions"], serde_json::json!([]));
    assert!(changed.before.kept(&changed.after, "wasabi"));
    assert_eq!(lab.lan_page("http://10.77.0.2:8081/"), PAGE);
    const REFUSED: i32 = 7;
    assert_eq!(lab.sh("ip netns exec lan curl --silent --max-time 5 http://10.77.0.2:8080/").code, REFUSED);
    assert!(connection.get("/").ends_with(PAGE), "the connection from before is still open");

    // A later restart does not bring the old ports back.
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(lab.lan_page("http://10.77.0.2:8081/"), PAGE);
    assert_eq!(lab.plan().1, 0);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_changed_guest_is_built_anew_and_no_other() {
    let lab = Lab::empty();
    let (sambal, tabasco) = (web("sambal", 12), web("tabasco", 13));
    lab.switch(&host(&[&sambal, &tabasco]));
    let old = lab.page("http://192.168.100.12/");
    let changed = lab.switch(&host(&[&with(&sambal, "one@example.org", "two@example.org"), &tabasco]));
    assert_eq!(changed.changed(), ["sambal"].into());
    assert_eq!(changed.cost("sambal"), "restart");
    assert!(!changed.nix_calls().is_empty());
    assert!(changed.nix_calls().iter().all(|call| !call.contains("tabasco")), "{:#?}", changed.nix_calls());
    assert_eq!(lab.page("http://192.168.100.12/"), with(&old, "one@", "two@"));
    assert!(lab.page("http://192.168.100.13/").contains("tabasco one@example.org"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_is_built_anew_for_what_nixos_makes_part_of_it() {
    let lab = Lab::empty();
    let (sambal, tabasco) = (web("sambal", 12), web("tabasco", 13));
    lab.switch(&host(&[&sambal, &tabasco]));
    let addresses = || {
        let shown = lab.sh("container-rebuild run sambal -- ip -4 -oneline address show dev eth0").ok();
        let words = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
        shown.lines().filter_map(words).collect::<Vec<_>>()
    };
    assert_eq!(addresses(), ["192.168.100.12/32"]);
    // The guest also sets its own address; a restart with the old system would bring the old one back.
    let changed = lab.switch(&host(&[&with(&sambal, "192.168.100.12", "192.168.100.14"), &tabasco]));
    assert_eq!(changed.changed(), ["sambal"].into());
    assert_eq!(changed.cost("sambal"), "restart");
    assert!(!changed.nix_calls().is_empty(), "the guest was built anew");
    assert!(changed.nix_calls().iter().all(|call| !call.contains("tabasco")), "{:#?}", changed.nix_calls());
    assert_eq!(addresses(), ["192.168.100.14/32"]);
    assert!(lab.page("http://192.168.100.14/").contains("sambal"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_removed_container_leaves_nothing_but_its_data() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    let sambal = format!("  containers.{}\n  containers.wasabi", web("sambal", 12));
    lab.switch(&with(EXAMPLE, "  containers.wasabi", &sambal));
    lab.sh("container-rebuild run wasabi -- sh -c 'echo data >/var/log/httpd/kept'").ok();

    let removed = lab.switch(&host(&[&web("sambal", 12)]));
    assert_eq!((removed.changed(), removed.cost("wasabi")), (["wasabi"].into(), "stop"));
    assert_eq!(removed.change("wasabi")["keeps"], serde_json::json!(["/mnt/wasabiData/"]));
    assert!(removed.said.out.contains("keeps /mnt/wasabiData/"), "{}", removed.said.out);
    assert!(removed.before.kept(&removed.after, "sambal"));
    for (kind, traces) in &removed.after.traces {
        assert!(traces.iter().all(|trace| !trace.contains("wasabi")), "{kind}: {traces:?}");
    }
    assert!(!lab.sh("nft list table inet container-rebuild").ok().contains("192.168.100.11"));
    assert_eq!(lab.sh("cat /mnt/wasabiData/kept").ok(), "data\n");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_reverse_proxy_on_the_host_serves_three_sites_from_three_containers() {
    let lab = Lab::empty();
    let sites = [("wasabi", 11), ("sambal", 12), ("tabasco", 13)];
    let containers: Vec<String> = sites.iter().map(|(name, last)| web(name, *last)).collect();
    lab.switch(&host(&containers.iter().map(String::as_str).collect::<Vec<_>>()));
    let servers: String = sites
        .iter()
        .map(|(name, last)| {
            format!("server {{ listen 80; server_name {name}.example.org; location / {{ proxy_pass http://192.168.100.{last}; }} }}\n")
        })
        .collect();
    lab.write(
        "/root/proxy.conf",
        &format!("pid /run/proxy.pid; error_log stderr; events {{}} http {{ access_log off;\n{servers}}}"),
    );
    lab.sh("systemd-run --quiet --unit=scenario-proxy --service-type=forking --property=PIDFile=/run/proxy.pid \
         nginx -c /root/proxy.conf")
        .ok();
    for (name, _) in sites {
        let page = lab.lan_page(&format!("--header 'Host: {name}.example.org' http://10.77.0.2/"));
        assert_eq!(page, format!("<html><body><h1>It works!</h1> {name} one@example.org</body></html>\n"));
    }
    lab.finish();
}
