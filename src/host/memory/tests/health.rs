//! Tests of running guests with failed units.

use super::*;
use crate::apply::Reached;

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
