//! The journal of the apply in hand: what a killed switch had begun, and what the host does not show.

use crate::support::{Lab, host, web, with};

/// A container that does not start by itself.
fn idle(version: &str) -> String {
    host(&[&with(&with(&web("idle", 12), "autoStart = true;", ""), "one@example.org", version)])
}

fn switch(lab: &Lab, version: &str, variable: &str) -> i32 {
    lab.write("/root/host.nix", &idle(version));
    lab.exec(&["env", variable, "container-rebuild", "switch", "--yes", "/root/host.nix"], b"").code
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_container_that_a_killed_switch_stopped_is_started_by_the_next() {
    let lab = Lab::empty();
    assert_eq!(switch(&lab, "one@example.org", "A=b"), 0);
    lab.sh("container-rebuild start idle").ok();
    let list = "CONTAINER_REBUILD_KILL_POINTS=/root/points.conf";
    assert_eq!(switch(&lab, "two@example.org", list), 0);
    let points = lab.sh("cat /root/points.conf").ok();
    // The first job is the stop.
    let stopped = points.lines().position(|point| point == "job ended").expect("a restart") + 1;
    let kill = format!("CONTAINER_REBUILD_KILL_AT={stopped}");
    assert_eq!(switch(&lab, "three@example.org", &kill), 137);
    assert_eq!(lab.observe().machines.keys().count(), 0, "it was stopped");
    assert_eq!(lab.sh("wc -l </var/lib/container-rebuild/journal").ok().trim(), "2");
    let status = lab.sh("container-rebuild status").err;
    assert!(status.contains("was killed before it finished"), "{status}");
    // Back to what it ran before: there, nobody asks for a start.
    let shown = lab.sh("container-rebuild plan /root/host.nix").ok();
    assert!(shown.contains("a switch that did not finish stopped it"), "{shown}");
    assert_eq!(switch(&lab, "two@example.org", "A=b"), 0);
    assert!(lab.observe().machines.contains_key("idle"), "it runs again");
    assert_eq!(lab.sh("test -e /var/lib/container-rebuild/journal").code, 1, "nothing is left to do");
    // One that somebody stopped stays down.
    assert_eq!(switch(&lab, "three@example.org", &kill), 137);
    lab.sh("container-rebuild stop idle").ok();
    assert_eq!(switch(&lab, "three@example.org", "A=b"), 0);
    assert_eq!(lab.observe().machines.keys().count(), 0);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_damaged_journal_is_reported_and_does_not_stop_the_next_switch() {
    let lab = Lab::empty();
    assert_eq!(switch(&lab, "one@example.org", "A=b"), 0);
    for journal in ["nonsense\\n", "\\0\\0\\0\\n\\377\\n", ""] {
        lab.sh(&format!("printf '{journal}' >/var/lib/container-rebuild/journal")).ok();
        let shown = lab.sh("container-rebuild plan /root/host.nix").err;
        assert_eq!(shown.contains("/var/lib/container-rebuild/journal is damaged"), !journal.is_empty(), "{shown}");
        assert_eq!(switch(&lab, "two@example.org", "A=b"), 0);
        assert_eq!(lab.sh("test -e /var/lib/container-rebuild/journal").code, 1);
        assert_eq!(switch(&lab, "one@example.org", "A=b"), 0);
    }
    lab.finish();
}
