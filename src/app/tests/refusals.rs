//! What makes a switch refuse: each time the host stays as it was, and the lock is free again.

use super::*;

use crate::state::Owner;

/// Switches, which must fail with these errors and leave the host alone.
fn refused(world: &World) -> Vec<String> {
    let state = || {
        let state = world.host.state();
        (state.written.clone(), state.running.clone(), state.generations.clone())
    };
    let before = state();
    let result = world.switch();
    assert!(before == state(), "the host was changed");
    drop(world.host.lock(false).expect("the lock is free"));
    match result {
        Ok(how) => {
            let shown = world.ui.take();
            shown.into_iter().filter(|line| line.starts_with("error[")).chain([how.to_owned()]).collect()
        }
        Err(errors) => messages(errors),
    }
}

#[test]
fn a_container_of_others_is_refused_before_anything_is_built() {
    let world = World::new(&[WEB, DB]);
    world.host.state().theirs.insert(name("web"), Owner::Foreign);
    let errors = refused(&world);
    assert_eq!(errors, ["error[not-ours]: the container `web` was created by another tool", "refused"]);
    assert_eq!(world.builder.builds().evaluated, []);
}

#[test]
fn without_consent_nothing_happens() {
    let world = World::new(&[WEB]);
    world.ui.refuse();
    assert_eq!(refused(&world), ["declined"]);
    assert_eq!(world.status(), [] as [&str; 0]);
    assert_eq!(world.host.state().last_switch, None);
}

#[test]
fn a_build_that_fails_or_cannot_begin_leaves_the_host_alone() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    world.configure(&[&WEB.replace("1-web", "2-web"), DB]);
    world.builder.builds().fails = true;
    assert_eq!(refused(&world), ["nix build failed (exit status: 1)"]);
    world.builder.builds().is_missing = true;
    let errors = refused(&world);
    assert!(errors.last().is_some_and(|error| error.starts_with("cannot run `nix`")), "{errors:#?}");
    assert_eq!(world.builder.builds().evaluated.len(), 1, "the second time, it did not begin");
    assert_eq!(world.status(), ["web: running"]);
}

#[test]
fn what_the_host_lacks_is_said_at_once() {
    let world = World::new(&[WEB, DB, r#"containers.web.bindMounts."/data".hostPath = "/srv/none";"#]);
    world.host.state().is_full = true;
    world.host.state().lacks_nspawn = true;
    world.host.state().missing.insert("/srv/none".into());
    world.builder.builds().is_missing = true;
    let errors = refused(&world).join("\n");
    for part in ["systemd-nspawn is not installed", "/srv/none", "cannot run `nix`", "cannot write"] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[test]
fn two_switches_exclude_each_other() {
    let world = World::new(&[WEB]);
    let lock = world.host.lock(false).expect("free");
    let errors = messages(world.switch().expect_err("held"));
    assert_eq!(errors, ["another container-rebuild (process 1) is changing this host"]);
    drop(lock);
    assert_eq!(world.switch(), Ok("applied"));
}

#[test]
fn what_would_be_lost_needs_permission() {
    let mut world = World::new(&[WEB, DB]);
    assert_eq!(world.switch(), Ok("applied"));
    world.configure(&[]);
    assert_eq!(refused(&world), ["this removes 2 of 2 containers"]);
    world.is_remove_allowed = true;
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.status(), [] as [&str; 0]);
}

#[test]
fn only_takes_names_that_exist_and_a_generation_to_keep() {
    let mut world = World::new(&[WEB, DB]);
    world.only = vec![name("wep")];
    assert_eq!(refused(&world), ["`--only`: no container `wep` in the configuration or on this host"]);
    world.only.clear();
    assert_eq!(world.switch(), Ok("applied"));
    world.only = vec![name("web")];
    world.host.state().is_generation_lost = true;
    let errors = refused(&world);
    assert!(
        errors[0].starts_with("`--only` keeps the other containers as in the current generation"),
        "{errors:?}"
    );
}

#[test]
fn errors_of_the_configuration_come_before_the_lock() {
    let world = World::new(&[WEB, &WEB.replace("containers.web", "containers.twin").replace("100.11", "100.12")]);
    let lock = world.host.lock(false).expect("free");
    let errors = messages(world.switch().expect_err("one port, twice"));
    assert!(errors.iter().any(|error| error.contains("8080")), "{errors:?}");
    drop(lock);
}
