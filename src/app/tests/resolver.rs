//! What guests get as their resolv.conf.

use super::*;

const SHARED: &str = r#"containers.shared.path = "/nix/store/1-shared";"#;
const OWN: &str =
    r#"containers.own = { path = "/nix/store/1-own"; privateNetwork = true; copyResolvConf = false; };"#;

/// What `plan` says about resolvers.
fn said(world: &World) -> Vec<String> {
    world.plan();
    world.ui.take().into_iter().filter(|line| line.contains("loopback-resolver")).collect()
}

#[test]
fn a_plan_says_what_a_private_network_gets_instead_of_the_hosts_loopback() {
    let world = World::new(&[WEB, SHARED, OWN]);
    assert_eq!(said(&world), [""; 0], "nothing on a loopback");
    world.host.state().resolv_conf = "nameserver 127.0.0.53\n".to_owned();
    let unknown = "warning[loopback-resolver]: `web` will find no names: the host's resolv.conf names 127.0.0.53, out of \
                   reach of a private network, and the host's upstream servers are not known";
    assert_eq!(said(&world), [unknown]);
    let upstream = ("/run/systemd/resolve/resolv.conf".into(), "nameserver 192.0.2.1\n".to_owned());
    world.host.state().upstream.extend([upstream]);
    let known = "note[loopback-resolver]: `web` gets the name servers 192.0.2.1 (from /run/systemd/resolve/resolv.conf): \
                 NixOS would copy the host's resolv.conf, which names 127.0.0.53, out of reach of a private network";
    assert_eq!(said(&world), [known]);
    assert_eq!(world.switch(), Ok("applied"));
}

#[test]
fn one_finding_is_about_all_containers() {
    let more =
        |name: &str| format!("containers.{name} = {{ path = \"/nix/store/1-{name}\"; privateNetwork = true; }};");
    let world = World::new(&[WEB, &more("a"), &more("b"), &more("c"), &more("d")]);
    world.host.state().resolv_conf = "nameserver ::1\n".to_owned();
    let said = said(&world);
    assert!(said.len() == 1 && said[0].contains("`a`, `b`, `c` and 2 more will find no names"), "{said:#?}");
}
