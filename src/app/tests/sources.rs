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
