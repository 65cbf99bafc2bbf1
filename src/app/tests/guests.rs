//! Commands in guests, and their journals.

use super::*;
use crate::app::{GuestCommand, JournalOptions, logs, run_in_guest};

/// A host on which `web` runs.
fn running() -> World {
    let world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    world.ui.take();
    world
}

fn run(world: &World, container: &str, program: &str) -> Result<u8, Vec<String>> {
    run_in_guest(&world.host, &name(container), &GuestCommand::Program(vec![program.into()])).map_err(messages)
}

fn show(world: &World, container: &str, options: &JournalOptions) -> Result<(), Vec<String>> {
    world.with(|cx| logs(cx, &world.host, &name(container), options)).map_err(messages)
}

fn entered(world: &World) -> Vec<String> {
    std::mem::take(&mut world.host.state().entered)
}

#[test]
fn a_command_runs_in_its_guest_and_its_status_is_returned() {
    let world = running();
    assert_eq!(run_in_guest(&world.host, &name("web"), &GuestCommand::Shell), Ok(0));
    assert_eq!(run(&world, "web", "false"), Ok(1));
    assert_eq!(run(&world, "web", "missing"), Ok(127));
    assert_eq!(entered(&world), ["web: (shell)", "web: false", "web: missing"]);
}

#[test]
fn nothing_runs_in_a_guest_that_does_not() {
    let world = running();
    assert_eq!(world.with(|cx| lifecycle(cx, &world.host, &[name("web")], Job::Stop)), Ok(Vec::new()));
    assert_eq!(run(&world, "web", "true"), Err(vec![String::from("`web` is not running")]));
    let unknown = run_in_guest(&world.host, &name("wed"), &GuestCommand::Shell).expect_err("there is none");
    assert_eq!(unknown[0].message, "no container `wed` on this host");
    assert_eq!(unknown[0].help.as_deref(), Some("did you mean `web`?"));
    assert_eq!(entered(&world), [] as [&str; 0]);
}

#[test]
fn logs_show_the_guests_own_journal_or_else_that_of_the_unit() {
    let world = running();
    let follow = JournalOptions { follow: true, ..JournalOptions::default() };
    assert_eq!(show(&world, "web", &follow), Ok(()));
    assert_eq!(entered(&world), ["host's journal of container@web.service, followed"]);
    let note = "`web` keeps no journal of its own: showing the host's journal of container@web.service";
    assert_eq!(world.ui.take(), [format!("note[not-observed]: {note}")]);

    world.host.state().journals.insert(name("web"));
    let once = JournalOptions::default();
    assert_eq!(show(&world, "web", &once), Ok(()));
    assert_eq!(world.with(|cx| lifecycle(cx, &world.host, &[name("web")], Job::Stop)), Ok(Vec::new()));
    world.ui.take();
    assert_eq!(show(&world, "web", &once), Ok(()));
    assert_eq!(entered(&world), ["journal of web", "journal in the root of web"]);
    assert_eq!(world.ui.take(), [] as [&str; 0], "nothing has to be explained");

    world.host.state().journals.clear();
    assert_eq!(show(&world, "web", &once), Ok(()));
    assert_eq!(entered(&world).len(), 1, "the unit's");
    assert!(world.ui.take()[0].contains("is not running, and its root has no journal"));
    assert_eq!(show(&world, "db", &once), Err(vec![String::from("no container `db` on this host")]));
}
