//! The sources of bind mounts.

use super::*;
use crate::state::AbsentMount;

const BOUND: &str = r#"containers.web.bindMounts."/data".hostPath = "/srv/data/web";"#;

/// A host with a mount that is configured and not there.
fn with_absent_mount(definitions: &[&str]) -> World {
    let world = World::new(definitions);
    let mount = AbsentMount { unit: "srv-data.mount".into(), at: "/srv/data".into(), has_failed: false };
    world.host.state().absent_mounts.insert(mount);
    world.host.state().missing.insert("/srv/data/web".into());
    world
}

#[test]
fn what_a_source_lies_on_is_mounted_before_anything_stops() {
    let world = with_absent_mount(&[WEB, BOUND]);
    world.plan();
    let shown = world.ui.take();
    let expected = "note[missing-host-path]: `web`: /srv/data is not mounted yet: srv-data.mount is started first";
    assert!(shown.iter().any(|line| line == expected), "{shown:#?}");
    assert_eq!(world.switch(), Ok("applied"));
    assert!(world.host.state().absent_mounts.is_empty());
}

#[test]
fn a_mount_that_fails_stops_nothing() {
    let mut world = with_absent_mount(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    let before = world.host.state().running.clone();
    world.configure(&[&WEB.replace("1-web", "2-web"), BOUND]);
    world.host.state().broken_mounts.insert("srv-data.mount".into());
    let errors = messages(world.switch().expect_err("it cannot be mounted"));
    assert!(errors[0].starts_with("`web`: cannot mount /srv/data: srv-data.mount: the start job"), "{errors:#?}");
    assert_eq!(world.host.state().running, before);
    // By now systemd knows that it fails.
    let errors = messages(world.switch().expect_err("refused"));
    let expected =
        "`web`: /srv/data is not mounted (srv-data.mount failed), but /srv/data/web is bind-mounted at /data";
    assert_eq!(errors, [expected]);
    assert_eq!(world.host.state().running, before);
}

const CREATED: &str =
    r#"services.container-rebuild.containers.web.bindSources."/srv/data/web" = { user = "web"; mode = "0750"; };"#;

#[test]
fn a_missing_source_is_created_if_that_is_wanted() {
    let world = World::new(&[WEB, BOUND, CREATED]);
    world.host.state().missing.insert("/srv/data/web".into());
    world.plan();
    let shown = world.ui.take();
    let expected = "note[missing-host-path]: `web`: /srv/data/web does not exist yet: it is created first";
    assert!(shown.iter().any(|line| line == expected), "{shown:#?}");
    assert_eq!(world.switch(), Ok("applied"));
    assert!(world.host.state().missing.is_empty());
}

#[test]
fn a_source_that_cannot_be_created_stops_nothing() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    let before = world.host.state().running.clone();
    world.configure(&[&WEB.replace("1-web", "2-web"), BOUND, CREATED]);
    world.host.state().missing.insert("/srv/data/web".into());
    world.host.state().unknown_users.insert("web".into());
    let errors = messages(world.switch().expect_err("its owner does not exist"));
    assert_eq!(errors, ["`web`: cannot create /srv/data/web: the host has no user `web`"]);
    assert_eq!(world.host.state().running, before);
}

#[test]
fn a_source_that_leads_elsewhere_is_mounted_again_while_the_guest_runs() {
    let world = World::new(&[WEB, BOUND]);
    assert_eq!(world.switch(), Ok("applied"));
    let web = ContainerName::new("web").expect("a good name");
    world.host.state().moved_sources.insert(web.clone(), ["/srv/data/web".into()].into());
    world.ui.take();
    world.plan();
    let shown = world.ui.take();
    let expected = "note[drift]: `web`: /srv/data/web leads elsewhere since it was mounted";
    assert!(shown.iter().any(|line| line == expected), "{shown:#?}");
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.host.state().moved_sources[&web], [].into());
    assert_eq!(world.host.state().starts[&web], 1);
    assert_eq!(world.switch(), Ok("up to date"));
}
