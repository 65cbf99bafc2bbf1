//! `make kill-matrix`: kills a switch at each point between two of its effects (`src/host/kill_point.rs`), in both directions.
//!
//! After each kill, one more switch must converge: to what the killed one wanted, back to what it came from, or, after a power
//! failure, from what the boot service started. `KILL_POINTS` is how many points to try in each direction, spread evenly over
//! all; `all` means every one. Each is followed by one of the three ends.

use super::host::{COMMAND, Host, Occupied, Wanted};
use crate::support::{CommandOutput, Lab};

/// What follows a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The same switch again.
    Again,
    /// A switch back.
    Back,
    /// A power failure, and then the same switch again.
    PowerFailure,
}

const THEN: [Then; 3] = [Then::Again, Then::Back, Then::PowerFailure];

#[test]
#[ignore = "needs a lab: make kill-matrix"]
fn a_switch_killed_between_any_two_effects_is_finished_or_undone_by_the_next() {
    let lab = Lab::fresh();
    let mut host = Host::new(&lab);
    let mut wanted = Wanted::Other;
    let mut wrong = Vec::new();
    let mut tried = 0;
    for _ in 0..2 {
        let (from, to) = (wanted, wanted.next());
        let points = points(&host, from, to);
        assert!(points.len() >= 150, "only {} points: {points:?}", points.len());
        for (number, then) in chosen(points.len()) {
            settle(&host, from);
            host.meet_bystanders();
            host.write(to);
            let kill = format!("CONTAINER_REBUILD_KILL_AT={number}");
            let ended = run(&lab, &kill);
            // Threads take turns, so a switch may reach a few points less than another.
            assert!(matches!(ended.code, 0 | 137), "{ended:#?}");
            if then == Then::PowerFailure {
                lab.power_failure();
                host.meet_bystanders();
            }
            let next = if then == Then::Back { from } else { to };
            host.write(next);
            let findings = host.converge(next, ended.code == 0 && then == Then::Again, None, Occupied::Never);
            tried += 1;
            println!(
                "{from:?} to {to:?}, killed at {number} ({}), then {then:?}: {}",
                points[number - 1],
                ended.code
            );
            if !findings.is_empty() {
                println!("{findings}");
                wrong.push(format!("{from:?} to {to:?} at {number}, {then:?}"));
                assert!(host.recover(next), "after {wrong:?} nothing helps; the lab is as it was left");
            }
        }
        settle(&host, to);
        wanted = to;
    }
    assert!(wrong.is_empty(), "{tried} tried; wrong: {wrong:#?}");
    host.leave();
    lab.finish();
}

/// The points of a switch that is not killed, by name.
fn points(host: &Host<'_>, from: Wanted, to: Wanted) -> Vec<String> {
    settle(host, from);
    host.write(to);
    run(host.lab, "CONTAINER_REBUILD_KILL_POINTS=/root/points.conf").ok();
    host.lab.sh("cat /root/points.conf && rm /root/points.conf").ok().lines().map(str::to_owned).collect()
}

/// The points at which to kill, counted from 1, and what follows.
fn chosen(points: usize) -> Vec<(usize, Then)> {
    // Other points, or other ends, in each run of the tests.
    let first = std::process::id() as usize;
    let count = std::env::var("KILL_POINTS").unwrap_or_else(|_| "6".to_owned());
    if count == "all" {
        return (1..=points).map(|point| (point, THEN[(first + point) % THEN.len()])).collect();
    }
    let count: usize =
        count.parse().unwrap_or_else(|_| panic!("KILL_POINTS is {count:?}: expected a number or `all`"));
    (0..count).map(|n| ((first + n * points / count.max(1)) % points + 1, THEN[n % THEN.len()])).collect()
}

/// Brings the host to `wanted` without being disturbed.
fn settle(host: &Host<'_>, wanted: Wanted) {
    host.write(wanted);
    host.lab.exec(&COMMAND, b"").ok();
}

fn run(lab: &Lab, variable: &str) -> CommandOutput {
    lab.exec(&[&["env", variable], &COMMAND[..]].concat(), b"")
}
