//! Our own options of a container, `services.container-rebuild.containers.<name>`.

use crate::support::{Lab, host, web, with};

/// A host with these containers, and these options of ours for them.
pub(crate) fn with_settings(containers: &[&str], settings: &str) -> String {
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

#[test]
#[ignore = "needs a lab: make scenarios"]
fn credentials_reach_the_guest_and_nothing_else() {
    let lab = Lab::empty();
    let wasabi = web("wasabi", 11);
    let text = |settings: &str| {
        with_settings(&[&wasabi], &format!("services.container-rebuild.containers.wasabi = {{ {settings} }};"))
    };
    let plain = "credentials.token = \"/root/keys/token\";";
    let both = format!("{plain} encryptedCredentials.sealed = \"/root/keys/sealed\";");
    lab.switch(&host(&[&wasabi]));

    // A file that is not there is reported before anything stops.
    let before = lab.observe();
    lab.write("/root/host.nix", &text(plain));
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(refused.code, 1, "{refused:#?}");
    let expected = "/root/keys/token does not exist, the source of the credential `token`";
    assert!(refused.err.contains(expected), "{}", refused.err);
    assert!(before.kept(&lab.observe(), "wasabi"));

    let secret = "c2VjcmV0-4711";
    lab.sh(&format!(
        "mkdir -p -m 700 /root/keys && cd /root/keys && echo {secret} > token
         echo sealed-{secret} | systemd-creds encrypt --with-key=host --name=sealed - sealed 2>/dev/null"
    ))
    .ok();
    let switched = lab.switch(&text(&both));
    assert_eq!(switched.cost("wasabi"), "restart");
    let inside =
        lab.sh("container-rebuild run wasabi -- cat /run/host/credentials/token /run/host/credentials/sealed");
    assert_eq!(inside.ok(), format!("{secret}\nsealed-{secret}\n"));
    assert_eq!(lab.plan().1, 0);

    // It stands in no file of ours, in no unit, and in no log.
    let found = lab.sh(&format!(
        "! grep -rlsF -e {secret} /var/lib/container-rebuild /run/systemd/system /run/container-rebuild /etc/nixos-containers \
           /nix/var/nix/gcroots
         ! journalctl -b | grep -F -e {secret}; ! container-rebuild generations --json | grep -F -e {secret}"
    ));
    found.ok();

    let gone = lab.switch(&host(&[&wasabi]));
    assert_eq!(gone.cost("wasabi"), "restart");
    lab.sh("container-rebuild run wasabi -- test ! -e /run/host/credentials/token").ok();
    lab.sh("rm -r /root/keys").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn an_mtu_is_set_by_a_reload_and_a_missing_bridge_is_created_and_deleted_again() {
    let lab = Lab::empty();
    let configuration = |container: &str, text: &str| {
        let settings = format!("services.container-rebuild.containers.wasabi = {{ {text} }};");
        with_settings(&[container], &settings)
    };
    let plain = web("wasabi", 11);
    let mtus = || {
        let end = |arguments: &str| format!("ip -oneline {arguments} | sed 's/.* mtu \\([0-9]*\\) .*/\\1/'; ");
        lab.sh(&[end("link show ve-wasabi"), end("-n container-wasabi link show eth0")].concat()).ok()
    };
    lab.switch(&host(&[&plain]));
    assert_eq!(mtus(), "1500\n1500\n");
    for (text, mtu) in [("mtu = 9000;", "9000\n9000\n"), ("mtu = 1400;", "1400\n1400\n"), ("", "1500\n1500\n")] {
        let changed = lab.switch(&configuration(&plain, text));
        assert_eq!((changed.cost("wasabi"), changed.reasons("wasabi")), ("reload", vec!["mtu"]), "{text}");
        assert_eq!(mtus(), mtu);
    }
    lab.switch(&configuration(&plain, "mtu = 9000;"));
    lab.sh("ip link set ve-wasabi mtu 1500").ok();
    let mended = lab.switch(&configuration(&plain, "mtu = 9000;"));
    assert!(
        mended.said.err.contains("its interface on the host has another MTU than was set"),
        "{:#?}",
        mended.said
    );
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(mtus(), "9000\n9000\n");

    let bridged = with(
        &plain,
        "hostAddress = \"192.168.100.111\"; localAddress = \"192.168.100.11\";",
        "hostBridge = \"br-own\"; hostAddress = \"192.168.7.1\"; localAddress = \"192.168.7.11/24\";",
    );
    lab.sh("ip link add br-own type bridge").ok();
    lab.switch(&host(&[&bridged]));
    lab.sh("ip link delete br-own").ok();
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    let message = "the bridge `br-own` does not exist on this host";
    assert!(refused.code == 1 && refused.err.contains(message), "{refused:#?}");
    let created = configuration(&bridged, "createBridge = true;");
    let bridge = || lab.sh("ip -brief -4 address show br-own").ok();
    let works = || bridge().contains("192.168.7.1/24") && lab.page("http://192.168.7.11/").contains("wasabi");
    assert_eq!(lab.switch(&created).cost("wasabi"), "reload");
    assert!(works(), "{}", bridge());
    lab.sh("ip link delete br-own; container-rebuild restart wasabi").ok();
    assert!(works(), "{}", bridge());
    lab.sh("container-rebuild install-boot").ok();
    lab.reboot();
    assert!(works(), "{}", bridge());
    lab.switch(&host(&[&plain]));
    assert_eq!(lab.sh("ip link show br-own 2>/dev/null").code, 1);
    lab.finish();
}
