//! What `doctor` says of a host.

use super::*;
use crate::state::{Dhcpcd, Versions};

/// Each check, and what is wrong.
fn said(world: &World) -> String {
    let checks = world.doctor();
    let lines = checks.iter().flat_map(|check| {
        let state = check.severity().map_or("ok", crate::diag::Severity::as_str);
        let findings = check.findings.iter().map(|it| {
            format!(
                "    {}[{}]: {} ({})\n",
                it.severity.as_str(),
                it.code.as_str(),
                it.message,
                it.help.as_deref().unwrap_or("-")
            )
        });
        [format!("{} ({state}): {}\n", check.subject, check.detail)].into_iter().chain(findings).collect::<Vec<_>>()
    });
    lines.collect()
}

#[test]
fn a_host_that_has_everything_is_fine() {
    let world = World::new(&[WEB]);
    {
        let mut state = world.host.state();
        state.versions =
            Versions { systemd: Some("257.8".to_owned()), nft: Some("1.0.6 (Lester Gooch #5)".to_owned()) };
        state.boot_service.is_enabled = true;
    }
    insta::assert_snapshot!("a_new_host", said(&world));
    assert_eq!(world.switch(), Ok("applied"));
    insta::assert_snapshot!("a_host_with_containers", said(&world));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    {
        let mut state = world.host.state();
        state.versions = Versions { systemd: Some("249.11".to_owned()), nft: None };
        (state.lacks_nspawn, state.lacks_nft) = (true, true);
        state.program = None;
        state.damage.entry(name("web")).or_default().is_outranked = true;
        state.is_generation_lost = true;
        state.hosts.clear();
    }
    insta::assert_snapshot!("a_host_that_lacks_everything", said(&world));
    let mut state = world.host.state();
    (state.is_generation_lost, state.lacks_nft) = (false, false);
    state.dhcpcd = Some(Dhcpcd::new("/etc/dhcpcd.conf".into(), "", &[]));
    drop(state);
    let network: Vec<_> = world.doctor().into_iter().filter(|check| check.subject == "network").collect();
    assert!(network[0].findings[0].message.contains("dhcpcd runs on this host"), "{network:#?}");
}
