//! Hosts and guests that misbehave: the switch says what is wrong, what ran before runs on, and the next switch converges.
//!
//! Full disks, a read-only or unwritable state directory, no nft, no D-Bus and no machined are in `preconditions.rs`; a damaged
//! journal is in `journal.rs`.

use crate::support::{Lab, host, web, with};

/// Two containers: the guest of the first is `version`, and does `more`.
fn two(version: &str, options: &str, more: &str) -> String {
    let sambal = with(&web("sambal", 12), "one@example.org", version);
    let sambal = with(&sambal, "autoStart = true;", &format!("autoStart = true; {options}"));
    let sambal = with(&sambal, "services.httpd.enable = true;", &format!("services.httpd.enable = true; {more}"));
    host(&[&sambal, &web("satay", 13)])
}

fn healthy(version: &str) -> String {
    two(version, "", "")
}

const SWITCH: &str = "container-rebuild switch --yes /root/host.nix";

/// Switches to a healthy guest of `version`, which has to work.
#[track_caller]
fn converges(lab: &Lab, version: &str) {
    lab.write("/root/host.nix", &healthy(version));
    lab.sh(SWITCH).ok();
    let (plan, code) = lab.plan();
    assert_eq!(code, 0, "{plan:#}");
    assert!(lab.page("http://192.168.100.12/").contains(version));
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_that_never_reports_ready_gives_way_to_the_former_one() {
    let lab = Lab::empty();
    converges(&lab, "v1@example.org");
    let before = lab.mark();
    let hung = "systemd.services.hung = { wantedBy = [ \"multi-user.target\" ]; before = [ \"multi-user.target\" ]; \
                serviceConfig = { Type = \"oneshot\"; TimeoutStartSec = \"infinity\"; ExecStart = \"/bin/sleep infinity\"; }; };";
    lab.write("/root/host.nix", &two("v2@example.org", "timeoutStartSec = \"6s\";", hung));
    let said = lab.sh(SWITCH);
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(said.err.contains("error[host]: container@sambal.service: the start job ended with"), "{said:#?}");
    assert!(said.err.contains("timeout"), "{said:#?}");
    // The summary says what state it is in.
    let summary = said.err.lines().find(|line| line.starts_with("  sambal  ")).unwrap_or_default();
    assert!(summary.contains("start failed after ") && summary.contains("back in its former state"), "{said:#?}");
    assert!(lab.page("http://192.168.100.12/").contains("v1@example.org"));
    assert!(before.kept(&lab.observe(), "satay"));
    converges(&lab, "v3@example.org");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_system_without_an_init_is_refused_before_anything_stops() {
    let lab = Lab::empty();
    converges(&lab, "v1@example.org");
    let before = lab.mark();
    lab.sh("mkdir /root/system && echo nothing >/root/system/kernel-params").ok();
    let system = lab.sh("nix-store --add /root/system && rm -r /root/system").ok();
    let path = format!("sambal = {{ autoStart = true; path = \"{}\"; }};", system.trim());
    lab.write("/root/host.nix", &host(&[&path, &web("satay", 13)]));
    let said = lab.sh(SWITCH);
    assert_eq!(said.code, 1, "{said:#?}");
    let error = format!("error[missing-host-path]: `sambal`: {} has no `init`", system.trim());
    assert!(said.err.contains(&error), "{said:#?}");
    let after = lab.observe();
    assert!(before.kept(&after, "sambal") && before.kept(&after, "satay"));
    converges(&lab, "v3@example.org");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_that_reports_ready_and_dies_is_seen_by_the_next_plan() {
    let lab = Lab::empty();
    converges(&lab, "v1@example.org");
    let before = lab.mark();
    let dies = "systemd.services.dies = { wantedBy = [ \"multi-user.target\" ]; after = [ \"multi-user.target\" ]; \
                serviceConfig = { Type = \"simple\"; ExecStart = \"/bin/sh -c 'sleep 2; systemctl poweroff --force'\"; }; };";
    lab.write("/root/host.nix", &two("v2@example.org", "", dies));
    let said = lab.sh(SWITCH);
    // It was up.
    assert_eq!(said.code, 0, "{said:#?}");
    lab.sh("for i in {1..300}; do [[ $(systemctl is-active container@sambal) == inactive ]] && break; sleep 0.1; done; \
            [[ $(systemctl is-active container@sambal) == inactive ]]")
        .ok();
    assert!(before.kept(&lab.observe(), "satay"));
    // It does not run, and the plan and `status` say so.
    let (plan, code) = lab.plan();
    assert_eq!(code, 2, "{plan:#}");
    let status = lab.sh("container-rebuild status");
    let row = status.out.lines().find(|line| line.starts_with("sambal")).unwrap_or_default();
    assert!(row.contains("stopped") || row.contains("failed"), "{status:#?}");
    converges(&lab, "v3@example.org");
    assert!(before.kept(&lab.observe(), "satay"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_read_only_etc_hinders_nothing_that_need_not_be_written_there() {
    let lab = Lab::empty();
    converges(&lab, "v1@example.org");
    lab.sh("mount --bind /etc /etc && mount -o remount,bind,ro /etc").ok();
    let before = lab.mark();
    lab.write("/root/host.nix", &healthy("v2@example.org"));
    let said = lab.sh(SWITCH);
    let after = lab.observe();
    assert!(before.kept(&after, "satay"));
    assert_eq!(after.running(), ["sambal", "satay"], "{said:#?}");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(lab.page("http://192.168.100.12/").contains("v2@example.org"), "{said:#?}");
    lab.sh("umount /etc").ok();
    converges(&lab, "v3@example.org");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_corrupt_generation_is_named_and_the_next_switch_records_another() {
    let lab = Lab::empty();
    converges(&lab, "v1@example.org");
    converges(&lab, "v2@example.org");
    let before = lab.mark();
    let current = "$(ls -d /var/lib/container-rebuild/generations/* | sort -V | tail -1)";
    for damage in ["printf '{ \"number\": '", "head -c 100 /dev/urandom", "true"] {
        lab.sh(&format!(
            "file={current}; [[ -d $file ]] && file=$(ls $file/*.json | head -1); chmod u+w $file; {damage} >$file"
        ))
        .ok();
        let plan = lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix");
        assert!(matches!(plan.code, 0 | 2), "{damage}: {plan:#?}");
        let listed = lab.sh("container-rebuild generations");
        assert!(listed.code == 0 && listed.out.contains("damaged"), "{damage}: {listed:#?}");
        // Nobody is restarted for it.
        let said = lab.sh(SWITCH);
        assert_eq!(said.code, 0, "{damage}: {said:#?}");
        let after = lab.observe();
        assert!(before.kept(&after, "sambal") && before.kept(&after, "satay"), "{damage}: {said:#?}");
        assert_eq!(lab.plan().1, 0, "{damage}");
    }
    // Going back skips what is damaged.
    lab.sh("container-rebuild rollback --yes").ok();
    converges(&lab, "v3@example.org");
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_clock_that_jumped_costs_no_generation_in_use_and_no_restart() {
    let lab = Lab::empty();
    converges(&lab, "v1@example.org");
    converges(&lab, "v2@example.org");
    let before = lab.mark();
    // The lab has the kernel's clock, so times that were recorded are moved instead: to the future, as if the clock had been set
    // back since, and to 1970, as if it had been wrong then.
    for time in ["99999999999", "1"] {
        let moved = lab.sh(&format!(
            "cd /var/lib/container-rebuild; files=$(grep -rlE '\"(recorded|begun|ended)\": ?[0-9]+' . ); chmod u+w $files; \
             sed -i -E 's/\"(recorded|begun|ended)\": ?[0-9]+/\"\\1\": {time}/' $files; echo \"$files\" | wc -l"
        ));
        assert_eq!(moved.ok().trim(), "3", "two generations, and the last switch");
        let status = lab.sh("container-rebuild status");
        assert_eq!((status.code, status.err.as_str()), (0, ""), "{time}: {status:#?}");
        let listed = lab.sh("container-rebuild generations");
        assert!(listed.code == 0 && listed.err.is_empty(), "{time}: {listed:#?}");
        let said = lab.sh(SWITCH);
        assert_eq!(said.code, 0, "{time}: {said:#?}");
        let after = lab.observe();
        assert!(before.kept(&after, "sambal") && before.kept(&after, "satay"), "{time}: {said:#?}");
        assert_eq!(lab.plan().1, 0, "{time}");
    }
    lab.sh("container-rebuild rollback --yes").ok();
    assert!(lab.page("http://192.168.100.12/").contains("v1@example.org"));
    converges(&lab, "v3@example.org");
    lab.finish();
}
