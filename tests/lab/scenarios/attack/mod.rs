//! `make attack`: interrupts switches at random moments in every way a process can end or lose its streams.
//!
//! After each event, one more switch must converge: an empty plan, the right page at each forwarded port, nothing left over,
//! the host's own data unchanged to the byte, and bystanders undisturbed.
//!
//! `SEED` repeats the order and moments of a run. `ATTACK_SCALE` sets its size: 1 is a full run, and the default is a
//! quarter.

mod event;
mod host;
mod points;
mod tally;

use event::Kind;
use host::{Host, Occupied, Wanted};
use tally::Tally;

use crate::support::Lab;

#[test]
#[ignore = "needs a lab: make attack"]
fn a_switch_that_is_interrupted_anyhow_is_finished_by_the_next() {
    let seed = from_environment("SEED").unwrap_or_else(event::new_seed);
    let scale: f64 = from_environment("ATTACK_SCALE").unwrap_or(0.25);
    println!("SEED={seed} ATTACK_SCALE={scale}");
    // A reboot during the run would remove what earlier scenarios left.
    let lab = Lab::fresh();
    let mut host = Host::new(&lab);
    let seconds = host.seconds();
    println!("an undisturbed switch takes {seconds:.2} s");
    let mut tally = Tally::default();
    let mut wanted = Wanted::Other;
    for (number, event) in event::plan(seed, scale).into_iter().enumerate() {
        wanted = wanted.next();
        host.write(wanted);
        let occupied = match (number % 3, event.kind) {
            (0, Kind::Reboot) => Occupied::UntilReboot,
            (0, _) => Occupied::UntilNow,
            _ => Occupied::Never,
        };
        if occupied != Occupied::Never {
            host.occupy();
        }
        let end = event.happen(&lab, seconds);
        if event.kind == Kind::Reboot {
            host.meet_bystanders();
        }
        let findings = host.converge(wanted, end.is_success(), end.problem.clone(), occupied);
        println!("{:>3} {event}, to {wanted:?}: {end}", number + 1);
        if !findings.is_empty() {
            println!("{findings}");
            assert!(
                host.recover(wanted),
                "SEED={seed}: after event {} nothing helps; the lab is as it was left",
                number + 1
            );
        }
        tally.add(event.kind, &findings);
    }
    println!("\n{tally}");
    assert!(tally.is_clean(), "SEED={seed} ATTACK_SCALE={scale}");
    host.leave();
    lab.finish();
}

/// Reads a variable from the environment.
fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}: expected a number")))
}
