//! Tests of running guests with failed units.

use super::*;
use crate::apply::Reached;
use crate::model::spec::HealthCheck;

fn failed(unit: &str) -> FailedUnit {
    FailedUnit { unit: unit.to_owned(), result: "exit-code".to_owned() }
}

/// How a report describes the degraded `a`: after what, with which new and which old failures.
fn degraded(report: &Report) -> Vec<(Reached, Vec<&str>, Vec<&str>)> {
    fn names(units: &[FailedUnit]) -> Vec<&str> {
        units.iter().map(|unit| unit.unit.as_str()).collect()
    }
    report.degraded.iter().map(|one| (one.reached, names(&one.new), names(&one.old))).collect()
}

#[test]
fn a_guest_whose_units_failed_is_degraded_and_stays_up() {
    let host = MemoryHost::new();
    host.state().ailing.insert("/nix/store/1".into(), vec![failed("b.service"), failed("a.service")]);
    let one = generation(vec![wanted("a", "/nix/store/1", 11, 80), wanted("b", "/nix/store/2", 12, 81)]);
    let (report, events) = apply(&host, &one, 2);
    assert!(report.is_complete() && report.degraded[0].name == name("a"), "{report:?}");
    assert_eq!(degraded(&report), [(Reached::Start, vec!["a.service", "b.service"], vec![])]);
    assert!(events.contains(&"degraded a: a.service (exit-code), b.service (exit-code)".to_owned()), "{events:#?}");
    assert_eq!(systems(&host), ["a=/nix/store/1", "b=/nix/store/2"]);
}

#[test]
fn a_reload_tells_what_failed_by_it_from_what_had_failed_before() {
    let host = MemoryHost::new();
    host.state().ailing.insert("/nix/store/1".into(), vec![failed("old.service")]);
    host.state().ailing.insert("/nix/store/2".into(), vec![failed("new.service"), failed("old.service")]);
    host.state().ailing.insert("/nix/store/3".into(), vec![failed("old.service")]);
    let to = |system: &str| generation(vec![wanted("a", system, 11, 80)]);
    applied(&host, &to("/nix/store/1"));
    let (report, events) = apply(&host, &to("/nix/store/2"), 1);
    assert_eq!(events[..2], ["update-unit a", "units failed a"]);
    assert!(report.is_complete());
    assert_eq!(degraded(&report), [(Reached::Reload, vec!["new.service"], vec!["old.service"])]);
    let (report, _) = apply(&host, &to("/nix/store/3"), 1);
    assert_eq!(degraded(&report), [(Reached::Reload, vec![], vec!["old.service"])]);
    let (report, _) = apply(&host, &to("/nix/store/4"), 1);
    assert_eq!(degraded(&report), []);
    assert_eq!(systems(&host), ["a=/nix/store/4"], "nothing went back");
}

#[test]
fn a_guest_that_went_back_is_looked_at_too() {
    let host = MemoryHost::new();
    host.state().ailing.insert("/nix/store/1".into(), vec![failed("old.service")]);
    host.state().broken.insert("/nix/store/broken".into());
    let to = |system: &str| generation(vec![ephemeral(wanted("a", system, 11, 80))]);
    applied(&host, &to("/nix/store/1"));
    let (report, events) = apply(&host, &to("/nix/store/broken"), 1);
    assert!(events.contains(&"restored a".to_owned()), "{events:#?}");
    assert_eq!(degraded(&report), [(Reached::Former, vec!["old.service"], vec![])]);
}

/// A container that counts as up once it answers on a port.
fn checked(record: Record) -> Record {
    let health = HealthCheck { ports: vec![80], units: Vec::new(), timeout_sec: 5 };
    Record { spec: crate::model::spec::ContainerSpec { health, ..record.spec }, ..record }
}

fn unhealthy(host: &MemoryHost, system: &str) {
    host.state().unhealthy.insert(system.into());
}

#[test]
fn a_container_that_is_not_healthy_after_a_restart_goes_back_and_others_stay() {
    for workers in [1, 3] {
        let host = MemoryHost::new();
        let all = |number: u8| {
            let record = |name: &str, last| {
                checked(ephemeral(wanted(name, &format!("/nix/store/{number}-{name}"), last, last.into())))
            };
            generation(vec![record("a", 11), record("b", 12), record("c", 13)])
        };
        applied(&host, &all(1));
        unhealthy(&host, "/nix/store/2-b");
        let plan = planned(&host, &all(2));
        let report = Applier {
            host: &host,
            at_once: workers,
            workers,
            stop: &|| false,
            watch: &|_| (),
            checks_health: true,
        }
        .apply(&plan);
        assert_eq!(systems(&host), ["a=/nix/store/2-a", "b=/nix/store/1-b", "c=/nix/store/2-c"]);
        let failed: Vec<_> = report.failed.iter().map(|(_, error)| error.to_string()).collect();
        assert_eq!(failed, ["`b` is not healthy after 5 s: nothing answers on port 80"]);
        assert_eq!(host.state().starts[&name("b")], 3, "the former one, the new one, and the former one again");
        assert_eq!(planned(&host, &all(2)).changes.len(), 1, "the next plan tries again");
    }
}

#[test]
fn a_container_that_is_not_healthy_after_a_reload_goes_back_while_it_runs() {
    let host = MemoryHost::new();
    let to = |system: &str| generation(vec![checked(wanted("a", system, 11, 80))]);
    applied(&host, &to("/nix/store/1"));
    unhealthy(&host, "/nix/store/2");
    let (report, events) = apply(&host, &to("/nix/store/2"), 1);
    assert!(!report.is_complete() && events.contains(&"restored a".to_owned()), "{events:#?}");
    assert_eq!((systems(&host), host.state().starts[&name("a")]), (vec!["a=/nix/store/1".to_owned()], 1));
    assert!(planned(&host, &to("/nix/store/1")).is_empty(), "its former generation is what runs");
    // If it had to restart for the new system, it is stopped before it goes back.
    host.state().needs_restart.insert("/nix/store/2".into());
    let (report, events) = apply(&host, &to("/nix/store/2"), 1);
    assert!(!report.is_complete() && events.contains(&"restored a".to_owned()), "{events:#?}");
    assert_eq!((systems(&host), host.state().starts[&name("a")]), (vec!["a=/nix/store/1".to_owned()], 3));
    assert!(planned(&host, &to("/nix/store/1")).is_empty());
}

#[test]
fn a_new_container_that_is_not_healthy_does_not_stay_up_but_is_not_checked_at_boot() {
    let host = MemoryHost::new();
    let wanted = generation(vec![checked(wanted("a", "/nix/store/1", 11, 80))]);
    unhealthy(&host, "/nix/store/1");
    let (report, events) = apply(&host, &wanted, 1);
    assert!(!report.is_complete() && !events.contains(&"restored a".to_owned()), "{events:#?}");
    assert_eq!(systems(&host), [] as [&str; 0]);
    let plan = planned(&host, &wanted);
    let at_boot =
        Applier { host: &host, at_once: 1, workers: 1, stop: &|| false, watch: &|_| (), checks_health: false };
    assert!(at_boot.apply(&plan).is_complete());
    assert_eq!(systems(&host), ["a=/nix/store/1"]);
}
