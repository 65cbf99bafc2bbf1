//! What a restart of the host's own units takes away.

use super::*;
use crate::app::restore;
use crate::state::Interface;

const BRIDGED: &str = r#"
    containers.bridged = {
      autoStart = true;
      path = "/nix/store/1-bridged";
      privateNetwork = true;
      hostBridge = "br0";
      localAddress = "10.0.0.2/24";
    };"#;

fn running() -> World {
    let world = World::new(&[WEB, BRIDGED]);
    let bridge = Interface { is_bridge: true, ..Interface::default() };
    world.host.state().interfaces.insert(String::from("br0"), bridge);
    assert_eq!(world.switch(), Ok("applied"));
    world
}

#[test]
fn rules_and_interfaces_are_put_back_and_nothing_else_is_done() {
    let world = running();
    let whole = world.host.state().clone();
    assert_eq!(restore(&world.host), Ok(Vec::new()));
    let lose: [fn(&mut crate::host::memory::State); 5] = [
        |host| host.rules = None,
        |host| host.sysctls.clear(),
        |host| host.interfaces.get_mut("ve-web").expect("there").up = false,
        |host| host.interfaces.get_mut("ve-web").expect("there").addresses.clear(),
        |host| host.interfaces.get_mut("vb-bridged").expect("there").bridge = None,
    ];
    for (number, lose) in lose.iter().enumerate() {
        lose(&mut world.host.state());
        assert_eq!(restore(&world.host), Ok(Vec::new()), "{number}");
        let host = world.host.state();
        assert_eq!((&host.rules, &host.interfaces), (&whole.rules, &whole.interfaces), "{number}");
        assert_eq!(
            (&host.sysctls, &host.starts, &host.running),
            (&whole.sysctls, &whole.starts, &whole.running),
            "{number}"
        );
    }
}

#[test]
fn what_only_a_restart_brings_back_is_said() {
    let world = running();
    world.host.state().interfaces.remove("ve-web");
    world.host.state().rules = None;
    let left = messages(restore(&world.host).expect("the rules are put back"));
    assert_eq!(left, ["`web`: its interface on the host is gone"]);
    assert!(world.host.state().rules.is_some());
}

#[test]
fn a_bridge_that_does_not_come_back_is_an_error_and_the_rest_is_put_back() {
    let world = running();
    let mut host = world.host.state();
    host.interfaces.remove("br0");
    host.interfaces.get_mut("vb-bridged").expect("there").bridge = None;
    host.rules = None;
    drop(host);
    let errors = messages(restore(&world.host).expect_err("no bridge"));
    assert_eq!(errors, ["`bridged`: the bridge `br0` is gone"]);
    assert!(world.host.state().rules.is_some());
}

#[test]
fn nothing_is_changed_while_somebody_else_has_the_lock() {
    let world = running();
    let lock = super::super::LiveHost::lock(&world.host, false).expect("free");
    assert_eq!(restore(&world.host), Ok(Vec::new()), "a look needs no lock");
    world.host.state().rules = None;
    assert!(restore(&world.host).is_err() && world.host.state().rules.is_none());
    drop(lock);
    assert_eq!(restore(&world.host), Ok(Vec::new()));
}
