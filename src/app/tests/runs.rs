//! Switches that are carried out, as a whole or in part.

use super::*;
use crate::plan::Verb;
use crate::state::{FailedUnit, GuestSystem, SwitchOutcome};

#[test]
fn a_switch_brings_a_fresh_host_up_and_the_next_plan_is_empty() {
    let world = World::new(&[WEB, DB]);
    assert_eq!(world.plan().changes.len(), 2);
    assert_eq!(world.status(), [] as [&str; 0], "a plan changes nothing");
    assert_eq!(world.switch(), Ok("applied"));
    let plan = world.plan();
    assert!(plan.is_empty(), "{:#?}", plan.changes);
    assert_eq!(world.status(), ["db: running", "web: running"]);
    assert_eq!(world.builder.builds().evaluated, [name("db")], "the other one has a system");
    let state = world.host.state().clone();
    assert_eq!(state.generations.len(), 1);
    assert_eq!(state.generations[0].source, "/etc/nixos/configuration.nix");
    let last = state.last_switch.expect("noted");
    assert_eq!((last.begun, last.outcome), (1000, Some(SwitchOutcome::Done)));
    // Nothing is built, asked or recorded again.
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(world.builder.builds().evaluated.len(), 1);
    assert_eq!(world.host.state().generations.len(), 1);
}

#[test]
fn what_built_systems_say_about_a_switch_is_in_the_plan() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    for (system, value) in [("/nix/store/1-web", "dbus"), ("/nix/store/2-web", "broker")] {
        let inhibitors = [("dbus-implementation".to_owned(), value.to_owned())].into();
        world.host.state().guest_systems.insert(system.into(), GuestSystem { can_switch: true, inhibitors });
    }
    world.configure(&[&WEB.replace("1-web", "2-web")]);
    let plan = world.plan();
    assert_eq!(plan.changes[0].verbs, [Verb::Restart]);
    let why = plan.changes[0].no_switch.as_ref().map(ToString::to_string);
    let expected = "the switch inhibitor `dbus-implementation` changes from `dbus` to `broker`";
    assert_eq!(why.as_deref(), Some(expected));
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.host.state().starts[&name("web")], 2);
    // The way back is as long.
    assert_eq!(world.rollback(None), Ok("applied"));
    assert_eq!(world.host.state().starts[&name("web")], 3);
    assert!(world.ui.take().iter().any(|line| line.contains("from `broker` to `dbus`")));
    // A system that was not built when the plan was saved may turn out to need a restart.
    world.host.state().missing.insert("/nix/store/2-web".into());
    assert_eq!(world.plan().changes[0].verbs, [Verb::Reload]);
}

#[test]
fn what_is_shown_comes_in_order() {
    let world = World::new(&[DB]);
    assert_eq!(world.switch(), Ok("applied"));
    let shown = world.ui.take();
    let at = |words: &str| {
        let found = shown.iter().position(|line| line.starts_with(words));
        found.unwrap_or_else(|| panic!("{words}: {shown:#?}"))
    };
    let order = [
        "evaluating with Nix: db",
        "building: db",
        "Apply this plan?",
        "noted: switch to /etc/nixos/configuration.nix started",
        "done: start db",
        "noted: switch to /etc/nixos/configuration.nix succeeded",
    ];
    assert!(order.map(at).is_sorted(), "{shown:#?}");
    assert!(shown[at("Apply this plan?") - 1].contains("db"), "the plan: {shown:#?}");
}

#[test]
fn only_touches_the_named_containers_and_keeps_the_others_recorded() {
    let mut world = World::new(&[WEB, DB]);
    assert_eq!(world.switch(), Ok("applied"));
    world.configure(&[&WEB.replace("1-web", "2-web"), &DB.replace("one", "two")]);
    world.builder.builds().systems.insert(name("db"), "/nix/store/2-db".into());
    world.only = vec![name("web")];
    assert_eq!(world.switch(), Ok("applied"));
    let systems = |world: &World| -> Vec<String> {
        let state = world.host.state();
        let records = state.generations.last().expect("recorded").records.values();
        records.map(|record| record.spec.system.display().to_string()).collect()
    };
    assert_eq!(systems(&world), ["/nix/store/1-db", "/nix/store/2-web"]);
    assert!(world.plan().is_empty(), "the other one is not shown");
    world.only.clear();
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(systems(&world), ["/nix/store/2-db", "/nix/store/2-web"]);
}

#[test]
fn a_step_that_fails_is_reported_and_the_boot_generation_stays() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    world.configure(&[WEB, DB]);
    world.host.state().broken.insert("/nix/store/1-db".into());
    let errors = messages(world.switch().expect_err("it does not start"));
    assert!(errors[0].starts_with("container@db.service: the start job ended with `failed`"), "{errors:#?}");
    assert_eq!(
        errors.last().map(String::as_str),
        Some("the next boot starts the former generation, since part of the plan failed or was skipped")
    );
    assert_eq!(world.host.state().generations.len(), 1);
    let status = world.status();
    assert_eq!(status[..2], ["db: failed", "web: running"]);
    assert!(
        status[2].starts_with("the last switch (to /etc/nixos/configuration.nix) failed 0s ago: "),
        "{status:?}"
    );
    // What can be repaired is, by the same command.
    world.host.state().broken.clear();
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.status(), ["db: running", "web: running"]);
}

#[test]
fn a_degraded_guest_is_reported_but_counts_as_applied() {
    let world = World::new(&[DB]);
    let unit = FailedUnit { unit: String::from("nginx.service"), result: String::from("exit-code") };
    world.host.state().ailing.insert("/nix/store/1-db".into(), vec![unit]);
    assert_eq!(world.switch(), Ok("applied, degraded"));
    let shown = world.ui.take();
    let warning = "warning[degraded]: `db` is up, but degraded: nginx.service (exit-code)";
    assert!(shown.iter().any(|line| line == warning), "{shown:#?}");
    assert_eq!(world.status(), ["db: degraded"]);
    assert_eq!(world.host.state().generations.len(), 1);
}

#[test]
fn an_interrupted_run_starts_nothing_more_and_the_next_one_goes_on() {
    let world = World::new(&[WEB, DB]);
    world.ui.interrupt_after(1);
    let errors = messages(world.switch().expect_err("steps are left"));
    assert!(errors[0].starts_with("skipped: "), "{errors:#?}");
    let last = world.host.state().last_switch.clone().expect("noted");
    assert_eq!(last.outcome, Some(SwitchOutcome::Interrupted));
    assert_eq!(world.host.state().generations.len(), 0);
    world.ui.interrupt_after(usize::MAX - 1);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.status(), ["db: running", "web: running"]);
}

#[test]
fn a_switch_with_nothing_to_do_makes_up_for_a_failed_one() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    let fail = |world: &World| {
        let mut state = world.host.state();
        state.last_switch.as_mut().expect("noted").outcome = Some(SwitchOutcome::Failed);
    };
    let outcome = |world: &World| world.host.state().last_switch.as_ref().and_then(|last| last.outcome);
    fail(&world);
    world.only = vec![name("web")];
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(outcome(&world), Some(SwitchOutcome::Failed), "it looked at a part only");
    world.only.clear();
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(outcome(&world), Some(SwitchOutcome::Done));
}

#[test]
fn a_saved_plan_holds_until_the_host_or_the_configuration_moves() {
    let mut world = World::new(&[WEB]);
    let saved = world.with(|cx| {
        let planned = plan(cx, &config(), &world.host, (RestartMode::Auto, true)).expect("planned");
        planned.saved(cx, &config()).expect("of the live host")
    });
    assert_eq!(saved.source.config, "/etc/nixos");
    let carry_out = |world: &World| {
        let apply = ApplyOptions { yes: true, restart_mode: saved.restart_mode, ..world.apply() };
        let activation = Activation::Switch;
        let how = SwitchOptions { activation, apply, allow_remove: false, allow: &[], kept: Some(&saved) };
        world.with(|cx| switch(cx, &config(), (&world.host, &world.builder), &how)).map(drop).map_err(messages)
    };
    world.configure(&[WEB, DB]);
    assert_eq!(carry_out(&world), Err(vec![String::from("the configuration has changed since the plan was made")]));
    world.configure(&[WEB]);
    assert_eq!(carry_out(&world), Ok(()));
    let moved = carry_out(&world).expect_err("it is done already");
    assert!(moved[0].starts_with("the host has changed since the plan was made"), "{moved:?}");
    assert_eq!(world.status(), ["web: running"]);
}

#[test]
fn a_boot_brings_back_what_starts_by_itself() {
    let world = World::new(&[WEB, DB, r#"containers.mail = { config = { }; };"#]);
    let boot = |world: &World| world.with(|cx| boot(cx, &world.host)).map_err(messages);
    assert_eq!(boot(&world), Ok(()), "nothing was ever applied");
    assert_eq!(world.switch(), Ok("applied"));
    let lifecycle = |names: &[&str], job| {
        let names: Vec<_> = names.iter().copied().map(name).collect();
        world.with(|cx| lifecycle(cx, &world.host, &names, job)).map_err(messages)
    };
    assert_eq!(lifecycle(&["web", "db"], Job::Stop), Ok(Vec::new()));
    assert_eq!(world.status(), ["db: stopped", "mail: stopped", "web: stopped"]);
    assert_eq!(boot(&world), Ok(()));
    assert_eq!(world.status(), ["db: running", "mail: stopped", "web: running"]);
    // A system that does not start any more is an error, and stops no other.
    assert_eq!(lifecycle(&["web", "db"], Job::Kill), Ok(Vec::new()));
    world.host.state().broken.insert("/nix/store/1-db".into());
    let errors = boot(&world).expect_err("it does not start");
    assert_eq!(errors.last().map(String::as_str), Some("these containers did not start at boot: db"));
    assert_eq!(world.status(), ["db: failed", "mail: stopped", "web: running"]);
    world.host.state().is_generation_lost = true;
    let errors = boot(&world).expect_err("it cannot be read");
    assert!(errors[0].ends_with("so no container was started"), "{errors:?}");
}

#[test]
fn single_containers_are_started_and_stopped_by_name() {
    let world = World::new(&[WEB, DB]);
    assert_eq!(world.switch(), Ok("applied"));
    let lifecycle = |names: &[&str], job| {
        let names: Vec<_> = names.iter().copied().map(name).collect();
        world.with(|cx| lifecycle(cx, &world.host, &names, job)).map_err(messages)
    };
    let errors = lifecycle(&["web", "wep"], Job::Stop).expect_err("there is no such container");
    assert!(errors[0].contains("wep"), "{errors:?}");
    assert_eq!(world.status(), ["db: running", "web: running"], "nothing was done");
    let unit = FailedUnit { unit: String::from("nginx.service"), result: String::from("exit-code") };
    world.host.state().ailing.insert("/nix/store/1-db".into(), vec![unit]);
    let degraded = lifecycle(&["db", "web"], Job::Restart).expect("both start");
    assert_eq!(degraded.iter().map(|guest| guest.name.as_str()).collect::<Vec<_>>(), ["db"]);
    assert_eq!(world.status(), ["db: degraded", "web: running"]);
    let lock = world.host.lock(false).expect("free");
    let errors = lifecycle(&["web"], Job::Stop).expect_err("another process holds the lock");
    assert!(errors[0].contains("is changing this host"), "{errors:?}");
    drop(lock);
}

#[test]
fn a_container_starts_after_the_server_that_its_guest_names() {
    let client =
        r#"containers.db = { autoStart = true; config.services.miniflux.database.host = "192.168.100.11"; };"#;
    let world = World::new(&[WEB, client]);
    assert_eq!(world.switch(), Ok("applied"));
    let state = world.host.state();
    let after = |container: &str| {
        let unit = &state.written[&name(container)].unit;
        unit.lines().any(|line| line.starts_with("After=") && line.contains("container@"))
    };
    assert_eq!((after("db"), after("web")), (true, false));
}
