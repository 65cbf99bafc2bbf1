//! Starts wait for their own guests, but not for other guests.

use crate::support::{Lab, host, web, with};

/// A container whose start hangs until `/release` exists in its root.
fn held(name: &str, last: u8) -> String {
    let held = "systemd.services.held = { wantedBy = [ \"multi-user.target\" ]; serviceConfig = { Type = \"oneshot\"; \
                ExecStart = \"/bin/sh -c 'until test -e /release; do sleep 0.1; done'\"; }; }; services.httpd.enable = true; services";
    with(&web(name, last), "services.httpd.enable = true; services", held)
}

/// Counts the hanging containers that are starting.
const STARTING: &str = "systemctl list-units --plain --no-legend --state=activating 'container@held*' | wc -l";

#[test]
#[ignore = "needs a lab: make scenarios"]
fn those_that_hang_hold_up_no_other_and_a_port_leads_to_its_guest_as_soon_as_that_is_up() {
    let lab = Lab::empty();
    let names: Vec<String> = (1..=8).map(|number| format!("held{number}")).collect();
    let mut containers: Vec<String> = names.iter().zip(31..).map(|(name, last)| held(name, last)).collect();
    let forward = "forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =";
    containers.push(with(&web("wasabi", 11), "config =", forward));
    lab.write("/root/host.nix", &host(&containers.iter().map(String::as_str).collect::<Vec<_>>()));
    let before = lab.observe();
    let switch = lab.spawn(&["container-rebuild", "switch", "--yes", "/root/host.nix"]);

    // More containers are starting than the machine has cores, and the forward of one queued behind them works already.
    lab.sh(&format!(
        "for i in {{1..600}}; do (($({STARTING}) == 8)) && break; sleep 0.1; done; (($({STARTING}) == 8))"
    ))
    .ok();
    lab.sh("for i in {1..300}; do ip netns exec lan curl --silent --max-time 2 http://10.77.0.2:8080/ && exit; sleep 0.1; done; exit 1")
        .ok();
    assert_eq!(lab.sh(STARTING).ok(), "8\n", "nobody has waited for them");

    for name in &names {
        lab.sh(&format!("touch /proc/$(machinectl show --property=Leader --value {name})/root/release")).ok();
    }
    let output = switch.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = lab.observe();
    assert_eq!(after.running().len(), 9);
    assert_eq!(lab.plan().1, 0);
    // The host's rules, the port, and the interfaces of the others. Containers that came up together share a transaction.
    let transactions = after.nft_generation - before.nft_generation;
    assert!(transactions <= 10, "{transactions} transactions");
    lab.finish();
}
