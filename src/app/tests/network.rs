//! What a host gets beside its rules: units for `[::1]`.

use super::*;

/// The ports of `[::1]` that lead into guests, and where to.
fn proxied(world: &World) -> Vec<String> {
    world.host.state().proxied.iter().map(|(port, proxied)| format!("{port} -> {}", proxied.to)).collect()
}

/// What a plan says with this word in it.
fn said(world: &World, word: &str) -> Vec<String> {
    world.plan();
    world.ui.take().into_iter().filter(|line| line.contains(word)).collect()
}

#[test]
fn the_loopback_leads_into_guests_as_long_as_ports_are_forwarded() {
    let mut world = World::new(&[WEB]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), ["8080 -> 192.168.100.11:80"]);
    // Somebody removed the units.
    world.host.state().proxied.clear();
    assert_eq!(said(&world, "[::1]:8080 may lead elsewhere").len(), 2);
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(proxied(&world), ["8080 -> 192.168.100.11:80"]);
    world.configure(&[&WEB.replace("100.11", "100.12").replace("8080", "8081")]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), ["8081 -> 192.168.100.12:80"]);
    world.configure(&[]);
    world.is_remove_allowed = true;
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), [""; 0]);
}

#[test]
fn a_server_of_the_host_keeps_its_port_of_the_loopback() {
    let world = World::new(&[WEB]);
    world.host.state().listening.insert(8080);
    let warning =
        "warning[port-taken]: the host's own connections to [::1]:8080 do not reach `web`: something listens there";
    assert_eq!(said(&world, "port-taken"), [warning]);
    assert_eq!(world.switch(), Ok("applied"));
    assert_eq!(proxied(&world), [""; 0]);
    assert_eq!(said(&world, "drift"), [""; 0]);
    world.host.state().listening.clear();
    assert_eq!(world.switch(), Ok("up to date"));
    assert_eq!(proxied(&world), ["8080 -> 192.168.100.11:80"]);
    assert_eq!(said(&world, "port-taken"), [""; 0]);
}
