//! `make attack`: a switch is interrupted at random moments, by whatever ends or cuts off a process, and the next one converges.
//!
//! After each event one more switch has to bring the host to what it was asked for: an empty plan, the right page at each
//! forwarded port, nothing left over, the host's own data byte for byte what it was, and bystanders undisturbed.
//!
//! `SEED` repeats a run's order and moments, `ATTACK_SCALE` says how much of it there is: 1 is all of it, and a quarter when
//! nothing is said.

mod event;
mod host;
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
    // A boot in the midst of it removes what earlier scenarios left.
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
        let findings = host.converge(wanted, &end, occupied);
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

/// A variable of the environment.
fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}: expected a number")))
}
