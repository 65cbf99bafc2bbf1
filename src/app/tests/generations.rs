//! What becomes current, what boots, and the ways back.

use super::*;
use crate::app::undo_unconfirmed;

/// [`WEB`] with another system.
fn other_web() -> String {
    WEB.replace("1-web", "2-web")
}

/// A host with [`WEB`], whose configuration has since become another one.
fn changed() -> World {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch().expect("switched"), "applied");
    world.configure(&[&other_web()]);
    world
}

/// The system that `web` runs.
fn runs(world: &World) -> String {
    let state = world.host.state();
    state.running.get(&name("web")).map(|record| record.spec.system.display().to_string()).unwrap_or_default()
}

/// The systems that run.
fn all_run(world: &World) -> Vec<(ContainerName, PathBuf)> {
    let state = world.host.state();
    state.running.iter().map(|(name, record)| (name.clone(), record.spec.system.clone())).collect()
}

#[test]
fn a_test_is_current_until_the_host_reboots() {
    let world = changed();
    assert_eq!(world.activate(Activation::Test).expect("tested"), "applied");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/2-web", (Some(2), Some(1))));
    assert_eq!(world.activate(Activation::Test).expect("tested"), "up to date");
    assert_eq!(world.numbers(), (Some(2), Some(1)));
    assert_eq!(world.switch().expect("switched"), "up to date", "what runs is wanted, and boots from now on");
    assert_eq!(world.numbers(), (Some(2), Some(2)));
}

#[test]
fn what_boots_next_changes_nothing_now() {
    let world = changed();
    assert_eq!(world.activate(Activation::Boot).expect("recorded"), "recorded");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/1-web", (Some(1), Some(2))));
    // The service that starts containers at boot brings up what boots, whatever is current.
    world.with(|cx| boot(cx, &world.host)).expect("booted");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/2-web", (Some(2), Some(2))));
}

#[test]
fn nothing_is_recorded_for_a_boot_that_would_not_start_it() {
    let world = changed();
    world.host.state().boot_service.is_enabled = false;
    let errors = messages(world.activate(Activation::Boot).expect_err("refused"));
    assert!(errors[0].contains("will NOT start at next boot"), "{errors:?}");
    assert_eq!(world.numbers(), (Some(1), Some(1)));
}

#[test]
fn a_rollback_goes_to_the_generation_before_or_to_one_by_number() {
    let world = changed();
    let errors = messages(world.rollback(None).expect_err("the first one"));
    assert_eq!(errors, ["there is no generation before the current one"]);
    assert_eq!(world.switch().expect("switched"), "applied");
    assert_eq!(world.rollback(None).expect("back"), "applied");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/1-web", (Some(1), Some(1))));
    assert_eq!(world.rollback(Some(2)).expect("forth"), "applied");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/2-web", (Some(2), Some(2))));
    assert_eq!(world.rollback(Some(2)).expect("there already"), "up to date");
    assert_eq!(messages(world.rollback(Some(7)).expect_err("unknown")), ["there is no generation 7"]);
    world.ui.refuse();
    assert_eq!(world.rollback(None).expect("asked"), "declined");
    assert_eq!(world.numbers(), (Some(2), Some(2)));
}

#[test]
fn a_rollback_needs_the_systems_of_the_generation() {
    let world = changed();
    assert_eq!(world.switch().expect("switched"), "applied");
    world.host.state().missing.insert("/nix/store/1-web".into());
    let errors = messages(world.rollback(None).expect_err("it is gone"));
    assert_eq!(errors, ["the system of `web` does not exist any more: /nix/store/1-web"]);
    assert_eq!(runs(&world), "/nix/store/2-web");
}

#[test]
fn a_rollback_of_some_containers_leaves_the_others() {
    let mut world = World::new(&[WEB, DB]);
    assert_eq!(world.switch().expect("switched"), "applied");
    world.configure(&[&other_web()]);
    world.is_remove_allowed = true;
    assert_eq!(world.switch().expect("switched"), "applied");
    world.only = vec![name("db")];
    assert_eq!(world.rollback(Some(1)).expect("back"), "applied");
    assert_eq!(world.numbers(), (Some(3), Some(3)), "it is a generation of its own");
    assert_eq!((runs(&world).as_str(), world.host.state().running.len()), ("/nix/store/2-web", 2));
}

#[test]
fn what_is_not_confirmed_is_taken_back() {
    let mut world = changed();
    world.confirm = Some(Duration::from_secs(1));
    let errors = messages(world.switch().expect_err("nobody confirms"));
    assert_eq!(errors, ["generation 2 was not confirmed: went back to generation 1"]);
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/1-web", (Some(1), Some(1))));
    world.ui.confirm();
    assert_eq!(world.switch().expect("confirmed"), "applied");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/2-web", (Some(3), Some(3))));
}

#[test]
fn systemd_goes_back_only_if_nobody_else_decides() {
    let mut world = changed();
    let scheduled = |world: &World| world.host.state().scheduled_undo;
    world.confirm = Some(Duration::from_secs(1));
    world.switch().expect_err("nobody confirms");
    assert_eq!(scheduled(&world), None, "it went back itself");
    world.ui.confirm();
    world.switch().expect("confirmed");
    assert_eq!(scheduled(&world), None);
    // As if the process that waits had been killed.
    world.host.state().scheduled_undo = Some(1);
    world.with(|cx| undo_unconfirmed(cx, &world.host, 1)).expect("back");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/1-web", (Some(1), Some(3))));
    world.confirm = None;
    assert_eq!(world.switch().expect("applied"), "applied");
    assert_eq!(scheduled(&world), None, "somebody has decided anew");
    world.host.state().scheduled_undo = Some(1);
    assert_eq!(world.switch().expect("nothing to do"), "up to date");
    assert_eq!(scheduled(&world), None);
    world.with(|cx| undo_unconfirmed(cx, &world.host, 0)).expect("to no containers");
    assert_eq!(world.host.state().running.len(), 0);
    world.with(|cx| undo_unconfirmed(cx, &world.host, 77)).expect_err("there is no such generation");
}

#[test]
fn what_fails_needs_no_confirmation_to_be_taken_back() {
    let mut world = World::new(&[WEB, DB]);
    assert_eq!(world.switch().expect("switched"), "applied");
    world.configure(&[&other_web(), &DB.replace("one", "two")]);
    world.builder.builds().systems.insert(name("db"), "/nix/store/2-db".into());
    world.host.state().broken.insert("/nix/store/2-db".into());
    world.confirm = Some(Duration::from_secs(1));
    world.keeps_going = true;
    world.ui.confirm();
    world.switch().expect_err("a container does not start");
    assert_eq!((runs(&world).as_str(), world.numbers()), ("/nix/store/1-web", (Some(1), Some(1))));
    assert_eq!(world.host.state().running.len(), 2);
}

#[test]
fn an_interrupted_switch_that_had_to_be_confirmed_is_taken_back_as_a_whole() {
    let mut world = World::new(&[WEB, DB]);
    assert_eq!(world.switch().expect("switched"), "applied");
    let before = all_run(&world);
    world.configure(&[&other_web(), &DB.replace("one", "two")]);
    world.builder.builds().systems.insert(name("db"), "/nix/store/2-db".into());
    world.confirm = Some(Duration::from_secs(1));
    world.ui.confirm();
    world.ui.interrupt_after(2);
    world.switch().expect_err("interrupted");
    assert_eq!((all_run(&world), world.numbers()), (before, (Some(1), Some(1))));
}

#[test]
fn the_first_switch_is_taken_back_to_no_containers() {
    let mut world = World::new(&[WEB]);
    world.confirm = Some(Duration::from_secs(1));
    let errors = messages(world.switch().expect_err("nobody confirms"));
    assert_eq!(errors, ["generation 1 was not confirmed: went back to no containers"]);
    assert_eq!((runs(&world).as_str(), world.numbers()), ("", (Some(0), None)));
    assert_eq!(world.plan().summary.create, 1);
}

#[test]
fn after_a_failure_no_further_step_begins_unless_told_to_go_on() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let one = |name: &str| format!(r#"containers.{name} = {{ autoStart = true; path = "/nix/store/1-{name}"; }};"#);
    let all: Vec<String> = names.map(one).into();
    let failing = |keeps_going: bool| {
        let mut world = World::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
        world.host.state().broken.insert("/nix/store/1-a".into());
        world.host.state().starts_one_at_a_time = true;
        world.keeps_going = keeps_going;
        let errors = messages(world.switch().expect_err("one fails"));
        let running = world.host.state().running.len();
        (running, errors.iter().any(|error| error.starts_with("skipped: ")))
    };
    assert_eq!(failing(true), (11, false));
    let (running, has_skipped) = failing(false);
    assert!(running < 11 && has_skipped, "{running} run");
}

#[test]
fn only_what_a_removed_container_kept_is_purged_after_a_question() {
    let mut world = World::new(&[WEB, DB]);
    assert_eq!(world.switch().expect("switched"), "applied");
    let purge = |world: &World, names: &[&str]| {
        let names: Vec<_> = names.iter().copied().map(name).collect();
        world.with(|cx| purge(cx, &world.host, &names, false)).map_err(messages)
    };
    assert_eq!(purge(&world, &["db"]), Err(vec![String::from("`db` is still configured")]));
    world.configure(&[WEB]);
    assert_eq!(world.switch().expect("switched"), "applied");
    world.host.state().roots.insert(name("db"));
    let errors = purge(&world, &["dc", "db"]).expect_err("one has nothing");
    assert_eq!(errors, ["`dc` has kept nothing"]);
    assert_eq!(world.host.state().roots.len(), 2, "nothing was deleted");
    world.ui.take();
    assert_eq!(purge(&world, &["db"]), Ok(true));
    assert_eq!(
        world.ui.take(),
        [
            "db: 1.0 MiB in 3 files: /var/lib/nixos-containers/db",
            "db: a rollback to generation 1 would start it with an empty root",
            "Delete this for good?",
            "db: deleted"
        ]
    );
    world.host.state().roots.insert(name("db"));
    world.ui.refuse();
    assert_eq!(purge(&world, &["db"]), Ok(false));
    assert!(world.host.state().roots.contains(&name("db")));
}
