//! Our own options of a container, `services.container-rebuild.containers.<name>`.

use crate::support::{Lab, host, web, with};

/// A host with these containers, and these options of ours for them.
fn with_settings(containers: &[&str], settings: &str) -> String {
    with(&host(containers), "  networking.nat", &format!("  {settings}\n  networking.nat"))
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn limits_change_and_go_under_a_running_guest() {
    let lab = Lab::empty();
    let wasabi = web("wasabi", 11);
    let limits = |limits: &str| {
        let setting = format!("services.container-rebuild.containers.wasabi.resourceControl = {{ {limits} }};");
        with_settings(&[&wasabi], &setting)
    };
    let now = || {
        // What systemd applies (in this order, whatever is asked for), and what the kernel has of it: where the machine around the lab has cgroup v1, that is nothing.
        let all = lab.sh(
            "systemctl show -P CPUWeight -P CPUQuotaPerSecUSec -P MemoryMax -P TasksMax container@wasabi | tr '\\n' ' '
             cd /sys/fs/cgroup$(systemctl show -P ControlGroup container@wasabi)
             ! grep -q memory /sys/fs/cgroup/cgroup.controllers || cat memory.max",
        );
        let all = all.ok();
        let (systemd, kernel) = all.split_once(" \n").unwrap_or((all.trim(), ""));
        let memory = systemd.rsplit(' ').nth(1).unwrap_or_default().replace("infinity", "max");
        assert!(kernel.is_empty() || kernel.trim() == memory, "{all}");
        systemd.to_owned()
    };
    lab.switch(&host(&[&wasabi]));
    let unlimited = now();
    assert!(unlimited.starts_with("[not set] infinity infinity "), "{unlimited}");

    let limited = lab.switch(&limits("MemoryMax = \"512M\"; TasksMax = 400; CPUQuota = \"50%\"; CPUWeight = 50;"));
    assert_eq!(
        (limited.cost("wasabi"), &limited.change("wasabi")["actions"]),
        ("none", &serde_json::json!(["update-unit"]))
    );
    assert!(limited.before.kept(&limited.after, "wasabi"));
    assert_eq!(now(), "50 500ms 536870912 400");
    assert_eq!(lab.plan().1, 0);

    // One changes, two go, one stays.
    let changed = lab.switch(&limits("MemoryMax = \"1G\"; TasksMax = 400;"));
    assert_eq!(
        changed.reasons("wasabi"),
        ["resourceControl.CPUQuota", "resourceControl.CPUWeight", "resourceControl.MemoryMax"]
    );
    assert!(changed.before.kept(&changed.after, "wasabi"));
    assert_eq!(now(), "[not set] infinity 1073741824 400");

    // A restart keeps them, and so does a way back.
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(now(), "[not set] infinity 1073741824 400");
    let before = lab.observe();
    lab.sh("container-rebuild rollback --yes").ok();
    assert!(before.kept(&lab.observe(), "wasabi"));
    assert_eq!(now(), "50 500ms 536870912 400");

    let gone = lab.switch(&host(&[&wasabi]));
    assert!(gone.before.kept(&gone.after, "wasabi"));
    assert_eq!(now(), unlimited);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn containers_start_and_stop_in_order_and_with_what_they_require() {
    let lab = Lab::empty();
    let (db, app) = (web("db", 11), web("app", 12));
    let files = with(
        &web("files", 13),
        "autoStart",
        "bindMounts.\"/app\" = { hostPath = \"/var/lib/nixos-containers/app\"; isReadOnly = true; }; autoStart",
    );
    let kept = with(&app, "ephemeral = true;", "");
    let text = |db: &str| {
        with_settings(
            &[db, &kept, &files],
            "systemd.services.\"container@app\" = { after = [ \"container@db.service\" ]; requires = [ \"container@db.service\" ]; };",
        )
    };
    // A directory that somebody mounts has to be there before anything starts.
    lab.sh("mkdir -p /var/lib/nixos-containers/app").ok();
    let times = "for it in db app files; do systemctl show -P InactiveExitTimestampMonotonic -P ActiveEnterTimestampMonotonic container@$it; done";
    let is_ordered = |what: &str| {
        let times: Vec<u64> = lab.sh(times).ok().lines().filter_map(|line| line.parse().ok()).collect();
        let [.., db_up, app_begins, app_up, files_begins, _] = times[..] else { panic!("{what}: {times:?}") };
        assert!(0 < db_up && db_up <= app_begins && app_up <= files_begins, "{what}: {times:?}");
    };
    lab.switch(&text(&db));
    lab.sh("container-rebuild install-boot").ok();
    is_ordered("created");
    lab.reboot();
    is_ordered("booted");

    // systemd stops `app` with `db`, which the plan says; `files` only comes after it.
    let changed = lab.switch(&text(&with(&db, "autoStart", "tmpfs = [ \"/scratch\" ]; autoStart")));
    assert_eq!(changed.changed(), ["app", "db"].into());
    assert_eq!((changed.cost("db"), changed.cost("app")), ("restart", "restart"));
    assert_eq!(changed.reasons("app"), ["requires"]);
    assert!(changed.before.kept(&changed.after, "files"));
    assert!(!changed.before.kept(&changed.after, "app"));
    assert!(lab.page("http://192.168.100.12/").contains("one@"));
    assert_eq!(lab.plan().1, 0);
    lab.finish();
}
