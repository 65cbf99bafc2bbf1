//! What the host's network managers are told about the interfaces of containers.

use super::*;
use crate::render::unmanaged::Unmanaged;
use crate::state::{Dhcpcd, Interface};

const MORE: &str = r#"
    containers.more = {
      path = "/nix/store/1-more";
      hostBridge = "br0";
      privateNetwork = true;
      extraVeths.side1 = { };
      extraVeths.side2 = { localAddress = "10.0.0.2"; };
    };"#;

fn unmanaged(configured: &[&str], bare: &[&str]) -> Unmanaged {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Unmanaged { configured: names(configured), bare: names(bare) }
}

#[test]
fn they_leave_the_interfaces_of_all_configured_containers_alone() {
    let mut world = World::new(&[WEB, MORE]);
    let bridge = Interface { is_bridge: true, ..Interface::default() };
    world.host.state().interfaces.insert(String::from("br0"), bridge);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.host.state().unmanaged, unmanaged(&["side2", "vb-more", "ve-web"], &["side1"]));
    // Somebody removed the files, and nothing else changes.
    world.host.state().unmanaged = Unmanaged::default();
    let plan = world.plan();
    assert!(plan.is_empty());
    let said = world.ui.take();
    for manager in ["systemd-networkd", "NetworkManager"] {
        let drift = format!("is not as it was written: {manager} may configure the interfaces of containers");
        assert!(said.iter().any(|line| line.contains(&drift)), "{said:#?}");
    }
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(world.host.state().unmanaged, unmanaged(&["side2", "vb-more", "ve-web"], &["side1"]));
    world.configure(&[WEB]);
    world.is_remove_allowed = true;
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.host.state().unmanaged, unmanaged(&["ve-web"], &[]));
    world.configure(&[]);
    assert_eq!(world.switch(), Ok("applied"));
    assert!(world.host.state().unmanaged.is_empty());
}

#[test]
fn a_container_that_runs_on_keeps_the_interface_that_it_was_started_with() {
    let stays = WEB.replace("autoStart = true;", "autoStart = true; restartIfChanged = false;");
    let mut world = World::new(&[&stays]);
    assert_eq!(world.switch(), Ok("applied"));
    let bridge = Interface { is_bridge: true, ..Interface::default() };
    world.host.state().interfaces.insert(String::from("br0"), bridge);
    world.configure(&[&stays.replace("privateNetwork", "hostBridge = \"br0\"; privateNetwork")]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(world.host.state().unmanaged, unmanaged(&["vb-web", "ve-web"], &[]));
}

#[test]
fn a_start_that_fails_leaves_nothing_to_the_managers() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    world.configure(&[WEB, &WEB.replace("web", "bad").replace("100.11", "100.12").replace("8080", "8081")]);
    world.host.state().broken.insert("/nix/store/1-bad".into());
    assert!(world.switch().is_err());
    assert_eq!(world.host.state().unmanaged, unmanaged(&["ve-bad", "ve-web"], &[]));
}

#[test]
fn a_dhcpcd_that_does_not_leave_them_alone_is_named_with_the_interfaces() {
    let world = World::new(&[WEB, MORE]);
    let said = |config: &str, text: &str| -> Vec<String> {
        world.host.state().dhcpcd = Some(Dhcpcd::new(config.into(), text, &[]));
        world.plan();
        world.ui.take().into_iter().filter(|line| line.contains("interface-managed")).collect()
    };
    assert_eq!(said("/etc/dhcpcd.conf", "denyinterfaces side* ve-* vb-*"), [""; 0]);
    let warning = "warning[interface-managed]: dhcpcd runs on this host, and will ask for addresses on the interfaces of containers: ";
    assert_eq!(said("/etc/dhcpcd.conf", ""), [format!("{warning}`side2`, `vb-more`, `side1` and 1 more")]);
    assert_eq!(said("/etc/dhcpcd.conf", "denyinterfaces ve-* vb-* side2"), [format!("{warning}`side1`")]);
}
