//! Failed starts: guests with failed services, guests that do not come up, and how they are reported, then and later.

use crate::support::{Lab, host, web, with};

/// A unit that fails when its guest starts.
fn failing(unit: &str) -> String {
    format!(
        "systemd.services.{unit} = {{ wantedBy = [ \"multi-user.target\" ]; serviceConfig = {{ Type = \"oneshot\"; \
         ExecStart = \"/bin/false\"; }}; }};"
    )
}

/// A container in which these units fail too.
fn ailing(container: &str, units: &[&str]) -> String {
    let units: String = units.iter().map(|unit| failing(unit)).collect();
    with(container, "services.httpd.enable", &format!("{units} services.httpd.enable"))
}

fn kept(name: &str, last: u8) -> String {
    with(&web(name, last), "ephemeral = true;", "")
}

fn row(lab: &Lab, name: &str) -> serde_json::Value {
    let status = lab.sh(&format!("container-rebuild status --json {name}")).ok();
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    status["containers"][0].clone()
}

/// The failed units of a row, except those that fail because all labs on a machine share its inotify(7) limits.
fn failed_units(row: &serde_json::Value) -> Vec<String> {
    let units = row["failed_units"].as_array().expect("it was asked").iter();
    let units = units.map(|unit| {
        format!("{} ({})", unit["unit"].as_str().expect("a name"), unit["result"].as_str().expect("a word"))
    });
    units.filter(|unit| !unit.ends_with(".path (resources)")).collect()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_whose_services_failed_is_degraded_and_what_failed_by_a_reload_is_told_apart() {
    let lab = Lab::empty();
    let one = ailing(&kept("wasabi", 11), &["broken"]);
    // A guest with private users and its own root is asked all the same.
    let private = ailing(&with(&web("sambal", 12), "autoStart", "privateUsers = \"pick\"; autoStart"), &["broken"]);
    let healthy = web("tabasco", 13);
    lab.write("/root/host.nix", &host(&[&one, &private, &healthy]));
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(said.code, 0, "{said:#?}");
    for name in ["wasabi", "sambal"] {
        let finding = format!("warning[degraded]: `{name}` is up, but degraded: broken.service (exit-code)");
        assert!(said.err.contains(&finding), "{said:#?}");
        let row = row(&lab, name);
        assert_eq!(row["state"], "degraded", "{row:#}");
        assert_eq!(failed_units(&row), ["broken.service (exit-code)"], "{row:#}");
    }
    assert!(!said.err.contains("`tabasco` is up, but degraded: broken"), "{said:#?}");
    assert_eq!(failed_units(&row(&lab, "tabasco")), [] as [&str; 0]);
    let status = lab.sh("container-rebuild status");
    assert!(
        status.out.contains("wasabi   degraded")
            && status.out.contains("    failed units: broken.service (exit-code)"),
        "{status:#?}"
    );
    // The guest's state does not come from its D-Bus, which `run` needs until its command has ended.
    lab.sh("nsenter -t $(machinectl show -P Leader tabasco) -m -p systemctl stop dbus.socket dbus.service").ok();
    lab.sh("for i in {1..100}; do nsenter -t $(machinectl show -P Leader tabasco) -m -p systemctl --quiet is-active dbus.socket || exit 0; sleep 0.05; done; exit 1").ok();
    assert_eq!(failed_units(&row(&lab, "tabasco")), [] as [&str; 0]);

    // A reload makes one more unit fail. The unit stays failed, and `--degraded=fail` turns that into an exit status.
    let before = lab.mark();
    let worse = ailing(&with(&kept("wasabi", 11), "one@", "two@"), &["broken", "worse"]);
    lab.write("/root/host.nix", &host(&[&worse]));
    let said = lab.sh("container-rebuild switch --yes --only wasabi --degraded=fail /root/host.nix");
    assert_eq!(said.code, 1, "{said:#?}");
    let finding = "warning[degraded]: `wasabi` was reloaded, but degraded: worse.service (exit-code) \
                   (already failed before: broken.service (exit-code)";
    assert!(said.err.contains(finding), "{said:#?}");
    assert!(before.kept(&lab.observe(), "wasabi"));
    assert!(lab.page("http://192.168.100.11/").contains("two@"), "nothing went back");
    // A reload after which no more units fail is not to blame.
    let same = with(&worse, "two@", "three@");
    lab.write("/root/host.nix", &host(&[&same]));
    let said = lab.sh("container-rebuild switch --yes --only wasabi --degraded=fail /root/host.nix");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.err.contains("note[degraded]: `wasabi` was reloaded, and is still degraded"), "{said:#?}");
    assert!(lab.page("http://192.168.100.11/").contains("three@"));
    // A manual start and a rolled-back one report it too.
    let said = lab.sh("container-rebuild restart --degraded=fail wasabi");
    assert!(said.code == 1 && said.err.contains("`wasabi` is up, but degraded: broken.service"), "{said:#?}");
    let flagged = with(&same, "autoStart = true;", "autoStart = true; extraFlags = [ \"--no-such-flag\" ];");
    lab.write("/root/host.nix", &host(&[&flagged]));
    let said = lab.sh("container-rebuild switch --yes --only wasabi /root/host.nix");
    assert!(said.code == 1 && said.err.contains("`wasabi` is back in its former state, but degraded"), "{said:#?}");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_start_that_failed_says_why_and_is_still_told_of_later() {
    let lab = Lab::empty();
    // A system whose init cannot be executed.
    lab.sh("mkdir /root/system && echo '#!/nowhere' >/root/system/init && chmod +x /root/system/init").ok();
    let system = lab.sh("nix-store --add /root/system && rm -r /root/system").ok();
    let system = system.trim();
    lab.write("/root/host.nix", &host(&[&format!("wasabi = {{ path = \"{system}\"; }};")]));
    let said = lab.sh("container-rebuild switch --yes /root/host.nix && container-rebuild start wasabi");
    assert_eq!(said.code, 1, "{said:#?}");
    let cause = format!("execv({system}/init");
    assert!(said.err.contains(&cause) && said.err.contains("failed: No such file or directory"), "{said:#?}");
    let failed = row(&lab, "wasabi");
    assert_eq!(failed["state"], "failed", "{failed:#}");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("the start job ended with `failed`") && reason.contains("exit-code"), "{reason}");
    let status = lab.sh("container-rebuild status");
    assert!(
        status.out.contains("wasabi  failed") && status.out.contains("    reason: the start job"),
        "{status:#?}"
    );
    let logs = lab.sh("container-rebuild logs wasabi");
    assert!(
        logs.out.contains(&cause) && logs.err.contains("is not running, and its root has no journal"),
        "{logs:#?}"
    );
    // A manual stop clears the failure.
    lab.sh("container-rebuild stop wasabi").ok();
    let stopped = row(&lab, "wasabi");
    assert_eq!((&stopped["state"], &stopped["reason"]), (&"stopped".into(), &serde_json::Value::Null));
    // A successful start clears it too, whoever runs it.
    lab.sh("container-rebuild start wasabi || true").ok();
    assert_eq!(row(&lab, "wasabi")["state"], "failed");
    lab.switch(&host(&[&with(&web("wasabi", 11), "autoStart = true;", "")]));
    lab.sh("systemctl start container@wasabi").ok();
    assert_eq!(row(&lab, "wasabi")["state"], "running");
    lab.sh("systemctl stop container@wasabi").ok();
    assert_eq!(row(&lab, "wasabi")["state"], "stopped");
    lab.finish();
}

/// A container whose guest prints something and never becomes ready.
fn stuck(container: &str) -> String {
    let stuck = "systemd.services.moon = { wantedBy = [ \"multi-user.target\" ]; serviceConfig = { Type = \"oneshot\"; \
                 TimeoutStopSec = 1; ExecStart = \"/bin/sh -c 'echo there-is-no-moon; exec sleep 600'\"; }; };";
    let container = with(container, "autoStart = true;", "timeoutStartSec = \"5s\";");
    with(&container, "services.httpd.enable", &format!("{stuck} services.httpd.enable"))
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_that_came_up_part_way_leaves_its_last_words() {
    let lab = Lab::empty();
    lab.switch(&host(&[&stuck(&kept("wasabi", 11)), &stuck(&web("sambal", 12))]));
    for name in ["wasabi", "sambal"] {
        let said = lab.sh(&format!("container-rebuild start {name}"));
        assert!(
            said.code == 1 && said.err.contains("container@NAME.service: timeout".replace("NAME", name).as_str()),
            "{said:#?}"
        );
        assert!(said.err.contains("its journal ends with:"), "{said:#?}");
        assert!(said.err.contains("there-is-no-moon"), "{name}: {said:#?}");
        assert_eq!(row(&lab, name)["state"], "failed");
    }
    // A kept root has the whole journal; for the other, the host's journal has the console output.
    let logs = lab.sh("container-rebuild logs wasabi");
    assert!(logs.code == 0 && logs.out.contains("there-is-no-moon") && logs.err.is_empty(), "{logs:#?}");
    let logs = lab.sh("container-rebuild logs sambal");
    assert!(
        logs.code == 0 && logs.err.contains("showing the host's journal of container@sambal.service"),
        "{logs:#?}"
    );
    assert!(logs.out.contains("systemd"), "{logs:#?}");
    // A symlink in a root cannot lead to the host's files.
    lab.sh("systemd-cat echo a-line-of-the-host; journalctl --sync; journalctl --flush; journalctl -n 3 >&2; \
            cd /var/lib/nixos-containers/wasabi/var/log && mv journal was \
            && ln -s $(ls -d /var/log/journal /run/log/journal 2>/dev/null | head -1) journal")
        .ok();
    let logs = lab.sh("container-rebuild logs wasabi");
    assert!(!logs.out.contains("a-line-of-the-host") && logs.err.contains("its root has no journal"), "{logs:#?}");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn logs_of_a_running_guest_are_read_from_outside() {
    let lab = Lab::empty();
    let private = with(&web("sambal", 12), "autoStart", "privateUsers = \"pick\"; autoStart");
    lab.switch(&host(&[&kept("wasabi", 11), &private]));
    for name in ["wasabi", "sambal"] {
        let logs = |options: &str| lab.sh(&format!("container-rebuild logs {name} {options}")).ok();
        lab.sh(&format!("container-rebuild run {name} -- systemd-cat echo a-line-of-the-guest")).ok();
        let has_line = "for i in {1..100}; do [[ $(container-rebuild logs NAME) == *a-line-of-the-guest* ]] && exit; sleep 0.05; done; exit 1";
        lab.sh(&has_line.replace("NAME", name)).ok();
        // The log contains nothing of ours, and reading it adds nothing. Other messages of the guest are left out.
        let ours = || {
            logs("")
                .lines()
                .filter(|line| line.contains("journalctl") || line.contains("container-rebuild run"))
                .count()
        };
        let before = ours();
        for _ in 0..5 {
            logs("-n 5");
        }
        assert_eq!(ours(), before, "{name}: {}", logs(""));
        assert_eq!(logs("--lines 2").lines().filter(|line| !line.starts_with("-- ")).count(), 2);
        assert_eq!(logs("--since tomorrow").lines().filter(|line| !line.starts_with("-- ")).count(), 0);
        assert!(logs("--since -1h -n all").contains("a-line-of-the-guest"));
        // `-f` prints new entries as they arrive.
        let follow = format!(
            "timeout 20 container-rebuild logs {name} -f -n 0 >/root/followed & for i in {{1..100}}; do [[ -e /proc/$!/fd ]] && break; sleep 0.05; done; \
             for i in {{1..100}}; do container-rebuild run {name} -- systemd-cat echo another-line; \
             grep -q another-line /root/followed && break; sleep 0.05; done; kill $!; grep another-line /root/followed; rm /root/followed"
        );
        assert!(lab.sh(&follow).ok().contains("another-line"));
    }
    let said = lab.sh("container-rebuild logs -n many wasabi");
    assert!(said.code == 1 && said.err.contains("expected a number, or `all`"), "{said:#?}");
    lab.finish();
}
