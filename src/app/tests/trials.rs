//! Throw-away containers.

use super::*;
use crate::app::{GuestCommand, TrialOptions, TrialResult, try_out};

const FILE: &str = "/root/trial.nix";

/// Tries a configuration with these definitions, and runs a program.
fn trial(world: &mut World, definitions: &[&str], program: &str) -> Result<TrialResult, Vec<String>> {
    let text = format!("{{ system.stateVersion = \"25.11\"; {} }}\n", definitions.concat());
    world.files.insert(FILE, text);
    let command = GuestCommand::Program(vec![program.into()]);
    let config = ConfigOptions { config: String::from(FILE), ..ConfigOptions::default() };
    let how = TrialOptions { yes: false, wait: false, allow: &[], command: &command };
    world.with(|cx| try_out(cx, &config, (&world.host, &world.builder), &how)).map_err(messages)
}

/// Everything about the host that a trial must leave as it was.
#[derive(Debug, PartialEq)]
struct Left {
    running: Vec<ContainerName>,
    status: Vec<String>,
    numbers: (Option<u32>, Option<u32>),
    is_settled: bool,
}

fn state(world: &World) -> Left {
    let running = world.host.state().running.keys().cloned().collect();
    Left { running, status: world.status(), numbers: world.numbers(), is_settled: world.plan().is_empty() }
}

#[test]
fn containers_of_a_trial_run_beside_those_of_the_host_and_are_gone_afterwards() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    world.ui.take();
    let before = state(&world);
    assert_eq!(trial(&mut world, &[WEB, DB], "false"), Ok(TrialResult::Ended(1)));
    let entered = std::mem::take(&mut world.host.state().entered);
    assert_eq!(entered, ["db: false"], "the first one");
    let said = world.ui.take().join("\n");
    for note in [
        "`web` runs as `web-try`: the host has that name already",
        "`web` has the address 192.168.100.12 instead of 192.168.100.11, which the host has already",
        "`web` has the tcp port 18080 of the host instead of 8080, which is forwarded already",
    ] {
        assert!(said.contains(note), "{note}: {said}");
    }
    assert_eq!(state(&world), before);
}

#[test]
fn a_trial_on_an_empty_host_leaves_it_empty() {
    let mut world = World::new(&[]);
    let before = state(&world);
    assert_eq!(trial(&mut world, &[WEB, "boot.enableContainers = false;"], "true"), Ok(TrialResult::Ended(0)));
    assert_eq!(std::mem::take(&mut world.host.state().entered), ["web: true"]);
    assert_eq!(state(&world), before);
}

#[test]
fn a_trial_that_nobody_agrees_to_changes_nothing() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    let before = state(&world);
    world.ui.refuse();
    assert_eq!(trial(&mut world, &[WEB], "true"), Ok(TrialResult::Declined));
    assert_eq!(state(&world), before);
    assert!(world.host.state().entered.is_empty());
}

#[test]
fn a_configuration_without_containers_cannot_be_tried() {
    let mut world = World::new(&[]);
    assert_eq!(trial(&mut world, &[], "true"), Err(vec![format!("{FILE} declares no containers")]));
}

#[test]
fn an_interrupted_trial_is_removed() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    let before = state(&world);
    world.ui.interrupt_after(1);
    let errors = trial(&mut world, &[WEB, DB], "true").expect_err("interrupted");
    assert_eq!(errors, ["interrupted before all containers were ready"]);
    assert!(world.host.state().entered.is_empty());
    assert_eq!(state(&world), before);
}

#[test]
fn a_trial_whose_containers_fail_is_removed() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    let before = state(&world);
    world.host.state().broken.insert("/nix/store/1-db".into());
    let errors = trial(&mut world, &[WEB, DB], "true").expect_err("it does not start");
    assert!(errors[0].contains("container@db.service"), "{errors:?}");
    assert!(world.host.state().entered.is_empty());
    world.host.state().failed.clear();
    assert_eq!(state(&world), before);
}
