//! Runs that are killed, run twice at once, or meet a full disk, foreign rules or broken guests: the next run repairs the
//! host.

use crate::support::{EXAMPLE, Lab, PAGE, host, web, with};

/// The example and a second container whose guest is `version`.
fn two(version: &str) -> String {
    let sambal = with(&web("sambal", 12), "one@example.org", version);
    with(EXAMPLE, "  containers.wasabi", &format!("  containers.{sambal}\n  containers.wasabi"))
}

#[track_caller]
fn is_served(lab: &Lab, version: &str) {
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE);
    assert!(lab.page("http://192.168.100.12/").contains(version));
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_switch_that_is_killed_at_any_moment_is_finished_by_the_next() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData && echo data >/mnt/wasabiData/kept").ok();
    // Kills runs early and late, from an empty host as well as between versions.
    for (n, milliseconds) in [20, 60, 120, 250, 400, 550, 700, 900, 1200, 1600].into_iter().enumerate() {
        let version = format!("v{n}@example.org");
        let configuration = if n % 5 == 4 { host(&[]) } else { two(&version) };
        lab.write("/root/host.nix", &configuration);
        let seconds = f64::from(milliseconds) / 1000.0;
        let said = lab
            .sh(&format!("timeout -s KILL {seconds} container-rebuild switch --yes --allow-remove /root/host.nix"));
        assert!(matches!(said.code, 0 | 137), "{said:#?}");
        let (said, again) = ("container-rebuild switch --yes --allow-remove /root/host.nix", lab.plan());
        assert!(matches!(again.1, 0 | 2));
        lab.sh(said).ok();
        let (plan, code) = lab.plan();
        assert_eq!(code, 0, "killed after {seconds} s, and not put right by the next run: {plan:#}");
        if n % 5 == 4 {
            assert_eq!(lab.observe().running(), [] as [&str; 0]);
        } else {
            is_served(&lab, &version);
        }
        assert_eq!(lab.sh("cat /mnt/wasabiData/kept").ok(), "data\n");
    }
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_removal_that_is_killed_while_the_guest_goes_down_is_finished() {
    let lab = Lab::empty();
    // systemd waits two seconds for this unit, which does not stop by itself.
    let slow = "systemd.services.slow = { wantedBy = [ \"multi-user.target\" ]; serviceConfig = { ExecStart = \"/bin/sleep 600\"; \
                KillSignal = \"SIGCONT\"; TimeoutStopSec = 2; }; }; services.httpd.enable";
    lab.switch(&host(&[&with(&web("slow", 14), "services.httpd.enable", slow)]));
    lab.write("/root/host.nix", "{ }");
    let switch = "container-rebuild switch --yes --allow-remove /root/host.nix";
    lab.sh(&format!(
        "{switch} & pid=$!; for i in {{1..400}}; do [[ $(systemctl is-active container@slow) == deactivating ]] && break; \
         sleep 0.01; done; kill -KILL $pid; [[ $(systemctl is-active container@slow) == deactivating ]]"
    ))
    .ok();
    lab.sh(switch).ok();
    let world = lab.observe();
    assert!(world.is_empty(), "{:#?}", world.traces);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn ctrl_c_finishes_the_step_in_hand_and_says_130() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(&two("v1@example.org"));
    // The guest stops slowly, so that the signal arrives meanwhile.
    let slow = "systemd.services.slow = { wantedBy = [ \"multi-user.target\" ]; serviceConfig = { Type = \"oneshot\"; \
                ExecStart = \"/bin/sleep 2\"; }; };";
    let slow = with(
        &two("v2@example.org"),
        "services.httpd.enable = true; services",
        &format!("{slow} services.httpd.enable = true; services"),
    );
    lab.write("/root/host.nix", &slow);
    let script = "container-rebuild switch --yes /root/host.nix & pid=$!; \
                  for i in {1..300}; do [[ $(systemctl is-active container@sambal) == activating ]] && break; sleep 0.05; done; \
                  kill -INT $pid; wait $pid";
    // POSIX: background jobs of a script without job control ignore SIGINT.
    let said = lab.exec(&["bash", "-c", &format!("set -m; {script}")], b"");
    assert_eq!(said.code, 130, "{said:#?}");
    let world = lab.observe();
    assert!(world.machines.contains_key("wasabi"), "{said:#?}");
    assert_ne!(
        lab.sh("systemctl is-active container@sambal").out,
        "activating\n",
        "the step in hand is finished: {said:#?}"
    );
    lab.sh("container-rebuild switch --yes /root/host.nix").ok();
    assert_eq!(lab.plan().1, 0);
    is_served(&lab, "v2@example.org");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn two_switches_at_once_exclude_each_other() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/root/host.nix", EXAMPLE);
    let script = "cd /root; for i in 1 2 3 4; do (code=0; container-rebuild switch --yes host.nix >$i.out 2>$i.err || code=$?; echo $code >$i.code) & done; \
                  wait; cat [1-4].code; cat [1-4].err >&2; rm [1-4].*";
    let said = lab.sh(script);
    let codes: Vec<_> = said.out.lines().collect();
    assert!(codes.contains(&"0") && codes.iter().all(|code| matches!(*code, "0" | "1")), "{said:#?}");
    let refused = codes.iter().filter(|code| **code == "1").count();
    assert_eq!(
        said.err.matches("error[locked]: another container-rebuild (process ").count(),
        refused,
        "{said:#?}"
    );
    assert!(refused > 0, "they ran one after the other: {said:#?}");
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    assert_eq!(lab.plan().1, 0);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_full_disk_is_said_and_survived() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(&two("v1@example.org"));
    // First the disk with the generations is full, then the one with the units.
    for full in ["/var/lib/container-rebuild", "/run/systemd/system"] {
        lab.write("/root/host.nix", &two("v2@example.org"));
        lab.sh(&format!(
            "cp -a {full} /root/copy && room=$(( $(du -s --block-size=1k {full} | cut -f1) + 256 )) \
             && mount -t tmpfs -o size=${{room}}k tmpfs {full} && cp -a /root/copy/. {full} && rm -r /root/copy \
             && (cat /dev/zero >{full}/filler || true) 2>/dev/null"
        ))
        .ok();
        let said = lab.sh("container-rebuild switch --yes /root/host.nix");
        assert!(said.code == 1 && said.err.contains("No space left on device"), "{full}: {said:#?}");
        let world = lab.observe();
        assert_eq!(world.running(), ["sambal", "wasabi"], "{full}: {said:#?}");
        // Makes room again.
        lab.sh(&format!(
            "rm {full}/filler && cp -a {full} /root/copy && umount {full} && rm -rf {full} && cp -a /root/copy {full} && rm -r /root/copy"
        ))
        .ok();
        lab.sh("container-rebuild switch --yes /root/host.nix").ok();
        assert_eq!(lab.plan().1, 0);
        is_served(&lab, "v2@example.org");
        lab.switch(&two("v1@example.org"));
    }
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn what_was_killed_or_broken_by_hand_is_put_right() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData && echo data >/mnt/wasabiData/kept").ok();
    lab.switch(&two("v1@example.org"));
    for (what, damage) in [
        ("the table is gone", "nft delete table inet container-rebuild"),
        ("a forward is gone", "nft flush map inet container-rebuild addr4"),
        ("a rule is added", "nft add rule inet container-rebuild pre tcp dport 8080 drop"),
        ("forwarding is off", "sysctl -q net.ipv4.conf.all.forwarding=0"),
        ("a unit file is gone", "rm /run/systemd/system/container@wasabi.service && systemctl daemon-reload"),
        ("a container is stopped", "systemctl stop container@wasabi"),
        (
            "a guest halts itself",
            "container-rebuild run wasabi -- systemctl poweroff || true; \
          for i in {1..200}; do [[ $(systemctl is-active container@wasabi) == inactive ]] && break; sleep 0.05; done",
        ),
        (
            "everything is killed",
            "systemctl kill -s KILL container@wasabi container@sambal; sleep 0.2; systemctl stop 'container@*'",
        ),
        ("all rules are flushed", "nft flush ruleset"),
        (
            "all of it",
            "systemctl kill -s KILL 'container@*'; systemctl stop 'container@*'; rm -rf /run/container-rebuild \
          /run/systemd/system/container@*; systemctl daemon-reload; nft flush ruleset; \
          sysctl --quiet net.ipv4.conf.all.forwarding=0",
        ),
    ] {
        lab.sh(damage).ok();
        let (plan, code) = lab.plan();
        assert_eq!(code, 2, "{what}, and the plan does not see it: {plan:#}");
        let said = lab.sh("container-rebuild switch --yes /root/host.nix");
        assert_eq!(said.code, 0, "{what}: {said:#?}");
        let (plan, code) = lab.plan();
        assert_eq!(code, 0, "{what}, and a switch does not put it right: {plan:#}");
        is_served(&lab, "v1@example.org");
    }
    assert_eq!(lab.sh("cat /mnt/wasabiData/kept").ok(), "data\n");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_container_that_is_still_starting_is_waited_for() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    // A killed run may leave a start in progress that nothing waits for.
    lab.sh("systemctl stop container@wasabi && systemctl start --no-block container@wasabi").ok();
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    let state = lab.sh("systemctl is-active container@wasabi").out;
    assert_eq!((said.code, state.as_str()), (0, "active\n"), "{said:#?}");
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    let (plan, code) = lab.plan();
    assert_eq!(code, 0, "{plan:#}");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_killed_guest_comes_back_by_itself() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    for kill in [
        "kill -KILL $(systemctl show -P MainPID container@wasabi)",
        "kill -KILL $(machinectl show -p Leader --value wasabi)",
        "container-rebuild run wasabi -- systemctl reboot || true",
    ] {
        let before = lab.observe();
        let leader = before.machines["wasabi"].leader;
        lab.sh(kill).ok();
        let status = || lab.sh("systemctl status container@wasabi").out;
        assert!(lab.restarts("wasabi", leader), "{kill}: {}", status());
        assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE, "{kill}");
        assert_eq!(lab.plan().1, 0, "{kill}");
        // One root, and no remains of the previous one.
        assert_eq!(
            lab.sh("find /run/nixos-containers -mindepth 1 -maxdepth 1 -type d | wc -l").ok(),
            "1\n",
            "{kill}"
        );
    }
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_that_does_not_come_up_gives_way_to_the_one_that_ran() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(&two("v1@example.org"));
    let broken = with(
        &two("v2@example.org"),
        "sambal = { autoStart = true;",
        "sambal = { autoStart = true; timeoutStartSec = \"5s\"; extraFlags = [ \"--no-such-flag\" ];",
    );
    // The rest of the switch still happens, including the rules.
    lab.write("/root/host.nix", &with(&broken, "hostPort = 8080", "hostPort = 8081"));
    let said = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(said.err.contains("error[host]: container@sambal.service: the start job ended with"), "{said:#?}");
    assert!(said.err.contains("journalctl -u container@sambal.service"), "{said:#?}");
    assert!(said.err.contains("back in its former state"), "{said:#?}");
    assert!(!said.err.contains("skipped: "), "{said:#?}");
    assert_eq!(lab.lan_page("http://10.77.0.2:8081/"), PAGE);
    assert!(lab.page("http://192.168.100.12/").contains("v1@example.org"));
    lab.switch(&two("v1@example.org"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn files_of_ours_that_hold_nonsense_are_written_anew() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(&two("v1@example.org"));
    for file in [
        "/run/container-rebuild/containers/wasabi.json",
        "/run/container-rebuild/containers/wasabi.json /run/container-rebuild/conf/wasabi.conf",
        "/var/lib/container-rebuild/boot.json",
    ] {
        for nonsense in ["", "{ \"spec\": "] {
            let before = lab.observe();
            lab.sh(&format!("for file in {file}; do chmod u+w $file; echo '{nonsense}' >$file; done")).ok();
            lab.sh("container-rebuild status").ok();
            assert!(matches!(lab.plan().1, 0 | 2));
            let said = lab.sh("container-rebuild switch --yes /root/host.nix");
            assert_eq!(said.code, 0, "{file}: {said:#?}");
            let after = lab.observe();
            assert!(before.kept(&after, "sambal"));
            assert!(before.kept(&after, "wasabi"), "{file}: {said:#?}");
            let (plan, code) = lab.plan();
            let said = lab.sh("container-rebuild plan /root/host.nix");
            assert!(code == 0 && !said.err.contains("damaged"), "{file}: {plan:#}\n{said:#?}");
        }
    }
    is_served(&lab, "v1@example.org");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_power_failure_during_a_switch_boots_one_version_or_the_other() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData && echo data >/mnt/wasabiData/kept").ok();
    lab.sh("container-rebuild install-boot").ok();
    lab.switch(&two("v0@example.org"));
    for (n, milliseconds) in [100, 400, 800].into_iter().enumerate() {
        let (old, new) = (format!("v{n}@example.org"), format!("v{}@example.org", n + 1));
        lab.write("/root/host.nix", &two(&new));
        let mut switch = lab.spawn(&["container-rebuild", "switch", "--yes", "/root/host.nix"]);
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        lab.power_failure();
        switch.wait().expect("it went with the lab");
        assert_eq!(lab.observe().running(), ["sambal", "wasabi"], "after {milliseconds} ms");
        let page = lab.page("http://192.168.100.12/");
        assert!(page.contains(&old) || page.contains(&new), "after {milliseconds} ms: {page}");
        lab.sh("container-rebuild switch --yes /root/host.nix").ok();
        assert_eq!(lab.plan().1, 0);
        is_served(&lab, &new);
        assert_eq!(lab.sh("cat /mnt/wasabiData/kept").ok(), "data\n");
    }
    lab.finish();
}
