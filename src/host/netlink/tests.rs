//! Tests with real interfaces, in network namespaces of their own.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::*;
use crate::host::netns::tests::isolated;
use crate::model::ContainerName;
use crate::model::spec::Veth;
use crate::render::interface::{self, GUEST_END, InterfaceName};

fn veth() -> Veth {
    Veth {
        host4: Some([192, 168, 100, 10].into()),
        local4: Some([192, 168, 100, 11].into()),
        host6: "fd00::10".parse().ok(),
        local6: "fd00::11".parse().ok(),
        ..Veth::default()
    }
}

fn pair(container: &str, veth: &Veth) -> Pair {
    let host = interface::host_end(&ContainerName::new(container).expect("a good name"));
    Pair { host, guest: GUEST_END.to_owned(), veth: veth.clone(), extra: None }
}

fn shown(set: &BTreeSet<(IpAddr, u8)>) -> String {
    // The kernel adds link-local addresses by itself.
    let ours = set.iter().filter(|(address, _)| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()));
    ours.map(|(address, length)| format!("{address}/{length}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn both_ends_have_the_mtu_until_it_is_taken_back() {
    isolated(|directory| {
        let namespace = directory.join("netns/c");
        netns::create(&namespace).expect("a namespace");
        let with = |mtu| pair("a", &Veth { mtu, ..veth() });
        let is = || {
            let guest = netns::within(&namespace, interfaces).expect("entered").expect("listed");
            (interfaces().expect("listed")["ve-a"].mtu, guest[GUEST_END].mtu)
        };
        connect(&with(Some(9000)), &namespace, HardwareAddresses::default()).expect("connected");
        assert_eq!(is(), (9000, 9000));
        for (from, to, mtu) in [(Some(9000), Some(1400), 1400), (Some(1400), None, MTU), (None, None, MTU)] {
            readdress(&namespace, &with(from), &with(to)).expect("changed");
            assert_eq!(is(), (mtu, mtu));
        }
    });
}

#[test]
fn a_bridge_is_created_for_whoever_asks_for_it_and_deleted_when_nobody_needs_it() {
    isolated(|directory| {
        let namespace = directory.join("netns/c");
        netns::create(&namespace).expect("a namespace");
        let bridged = |bridge: &str, creates_bridge| {
            let veth = Veth {
                bridge: Some(bridge.to_owned()),
                creates_bridge,
                host4: Some([10, 0, 0, 1].into()),
                local4: Some([10, 0, 0, 2].into()),
                length4: Some(24),
                ..Veth::default()
            };
            pair("a", &veth)
        };
        let refused = connect(&bridged("br-x", false), &namespace, HardwareAddresses::default());
        assert_eq!(refused.expect_err("no bridge").to_string(), "cannot find the interface `br-x`");
        delete("ve-a").expect("deleted");
        for _ in 0..2 {
            connect(&bridged("br-x", true), &namespace, HardwareAddresses::default()).expect("connected");
            let links = interfaces().expect("listed");
            assert_eq!((links["ve-a"].bridge.as_deref(), links["br-x"].up), (Some("br-x"), true));
            assert_eq!(shown(&links["br-x"].addresses), "10.0.0.1/24");
            // In use, or asked for.
            release_bridges(&BTreeSet::new()).expect("nothing to do");
            delete("ve-a").expect("deleted");
            release_bridges(&[String::from("br-x")].into()).expect("nothing to do");
            assert!(interfaces().expect("listed").contains_key("br-x"));
        }
        release_bridges(&BTreeSet::new()).expect("deleted");
        assert!(!interfaces().expect("listed").contains_key("br-x"));
        // One that others have created is theirs.
        with(async |netlink| {
            let bridge = rtnetlink::LinkBridge::new("br-y").build();
            netlink.link().add(bridge).execute().await.map_err(cannot(Request::Create(String::from("br-y"))))
        })
        .expect("made");
        connect(&bridged("br-y", true), &namespace, HardwareAddresses::default()).expect("connected");
        delete("ve-a").expect("deleted");
        release_bridges(&BTreeSet::new()).expect("nothing to do");
        assert_eq!(shown(&interfaces().expect("listed")["br-y"].addresses), "");
    });
}

#[test]
fn both_ends_of_a_pair_are_complete_and_reach_each_other() {
    isolated(|directory| {
        let namespace = directory.join("netns/c");
        netns::create(&namespace).expect("a namespace");
        let pair = pair("really-long-name", &veth());
        let link = &pair.host;
        connect(&pair, &namespace, HardwareAddresses::default()).expect("connected");

        let host = interfaces().expect("listed")[&link.name].clone();
        assert_eq!((host.altnames, host.up), (vec!["ve-really-long-name".to_owned()], true));
        assert_eq!(shown(&host.addresses), "192.168.100.10/32 fd00::10/128");
        // IPv6 also lists a route to one's own address.
        assert_eq!(shown(&host.routes), "192.168.100.11/32 fd00::10/128 fd00::11/128");

        let guest = netns::within(&namespace, interfaces).expect("entered").expect("listed");
        assert!(guest[GUEST_END].up);
        assert_eq!(shown(&guest[GUEST_END].addresses), "192.168.100.11/32 fd00::11/128");
        let routes = "0.0.0.0/0 192.168.100.10/32 ::/0 fd00::10/128 fd00::11/128";
        assert_eq!(shown(&guest[GUEST_END].routes), routes);

        for address in ["192.168.100.11", "fd00::11"] {
            let address: IpAddr = address.parse().expect("an address");
            let listen = || TcpListener::bind((address, 0)).expect("no DAD to wait for");
            let server = netns::within(&namespace, listen).expect("entered");
            let at = server.local_addr().expect("bound");
            let answer = TcpStream::connect_timeout(&at, Duration::from_secs(5));
            assert_eq!(answer.expect("an answer").peer_addr().expect("connected").ip(), address);
        }

        for _ in 0..2 {
            delete(&link.name).expect("deleted");
            assert!(!interfaces().expect("listed").contains_key(&link.name));
        }
        assert!(!netns::within(&namespace, interfaces).expect("entered").expect("listed").contains_key(GUEST_END));
        netns::delete(&namespace).expect("deleted");
    });
}

#[test]
fn a_pair_gets_other_addresses_in_place() {
    isolated(|directory| {
        let namespace = directory.join("netns/c");
        netns::create(&namespace).expect("a namespace");
        let complete = pair("c", &veth());
        connect(&complete, &namespace, HardwareAddresses::default()).expect("connected");
        let both = || {
            let host = interfaces().expect("listed")[&complete.host.name].clone();
            let guest = netns::within(&namespace, interfaces).expect("entered").expect("listed")[GUEST_END].clone();
            [host, guest].map(|end| format!("{} | {}", shown(&end.addresses), shown(&end.routes)))
        };
        let as_made = both();
        let moved = Veth { host4: Some([192, 168, 100, 99].into()), ..veth() };
        let without4 = Veth { host4: None, ..veth() };
        let without6 = Veth { host6: None, ..veth() };
        #[rustfmt::skip]
        let table = [
            (&moved, [
                "192.168.100.99/32 fd00::10/128 | 192.168.100.11/32 fd00::10/128 fd00::11/128",
                "192.168.100.11/32 fd00::11/128 | 0.0.0.0/0 192.168.100.99/32 ::/0 fd00::10/128 fd00::11/128",
            ]),
            (&without4, [
                "fd00::10/128 | 192.168.100.11/32 fd00::10/128 fd00::11/128",
                "192.168.100.11/32 fd00::11/128 | ::/0 fd00::10/128 fd00::11/128",
            ]),
            (&without6, [
                "192.168.100.10/32 | 192.168.100.11/32 fd00::11/128",
                "192.168.100.11/32 fd00::11/128 | 0.0.0.0/0 192.168.100.10/32 fd00::11/128",
            ]),
        ];
        for (other, expected) in table {
            let other = pair("c", other);
            // A change that was killed in its middle is made again.
            for _ in 0..2 {
                readdress(&namespace, &complete, &other).expect("changed");
                assert_eq!(both(), expected);
            }
            readdress(&namespace, &other, &complete).expect("changed back");
            assert_eq!(both(), as_made);
        }
    });
}

#[test]
fn an_end_without_addresses_is_up_and_without_routes() {
    isolated(|directory| {
        let namespace = directory.join("netns/c");
        netns::create(&namespace).expect("a namespace");
        let bare = pair("c", &Veth::default());
        connect(&bare, &namespace, HardwareAddresses::default()).expect("connected");
        let found = interfaces().expect("listed")["ve-c"].clone();
        assert!(found.up);
        assert_eq!((shown(&found.addresses), shown(&found.routes)), (String::new(), String::new()));
        let again = connect(&bare, &namespace, HardwareAddresses::default()).expect_err("it exists");
        assert_eq!(again.to_string(), "cannot create the interface `ve-c`");
        netns::delete(&namespace).expect("deleted");
    });
}

#[test]
fn an_end_on_a_bridge_is_a_port_of_it_and_the_guest_is_on_its_network() {
    isolated(|directory| {
        let namespace = directory.join("netns/c");
        netns::create(&namespace).expect("a namespace");
        let bridge = LinkMessageBuilder::<rtnetlink::LinkBridge>::new("br0").up().build();
        with(async |netlink| {
            netlink.link().add(bridge).execute().await.map_err(cannot(Request::Create("br0".to_owned())))
        })
        .expect("a bridge");
        let veth = Veth {
            bridge: Some("br0".to_owned()),
            host4: Some([10, 0, 0, 1].into()),
            local4: Some([10, 0, 0, 2].into()),
            length4: Some(24),
            ..Veth::default()
        };
        let host = interface::bridge_end(&ContainerName::new("c").expect("a good name"));
        let pair = Pair { host, guest: GUEST_END.to_owned(), veth, extra: None };
        let hardware = HardwareAddresses {
            host: Some(HardwareAddress([2, 0, 0, 0, 0, 1])),
            guest: Some(HardwareAddress([2, 0, 0, 0, 0, 2])),
        };
        connect(&pair, &namespace, hardware).expect("connected");
        assert!(interfaces().expect("listed")["br0"].is_bridge);
        let port = || interfaces().expect("listed")["vb-c"].clone();
        assert_eq!((port().up, port().bridge.as_deref()), (true, Some("br0")));
        assert_eq!((shown(&port().addresses), shown(&port().routes)), (String::new(), String::new()));
        let guest = netns::within(&namespace, interfaces).expect("entered").expect("listed")[GUEST_END].clone();
        assert_eq!(shown(&guest.addresses), "10.0.0.2/24");
        assert_eq!(shown(&guest.routes), "0.0.0.0/0 10.0.0.0/24 10.0.0.1/32");

        // An interface that has left the bridge comes back, and the guest's default route may change.
        let index = with(async |netlink| index(netlink, "vb-c").await).expect("found");
        let alone = LinkUnspec::new_with_index(index).nocontroller().build();
        with(async |netlink| {
            netlink.link().change(alone).execute().await.map_err(cannot(Request::SetUp("vb-c".to_owned())))
        })
        .expect("left");
        assert_eq!(port().bridge, None);
        let moved = Pair { veth: Veth { host4: Some([10, 0, 0, 9].into()), ..pair.veth.clone() }, ..pair.clone() };
        readdress(&namespace, &pair, &moved).expect("changed");
        assert_eq!(port().bridge.as_deref(), Some("br0"));
        let guest = netns::within(&namespace, interfaces).expect("entered").expect("listed")[GUEST_END].clone();
        assert_eq!(shown(&guest.routes), "0.0.0.0/0 10.0.0.0/24 10.0.0.9/32");

        let elsewhere = Veth { bridge: Some("br9".to_owned()), ..pair.veth };
        let host = interface::bridge_end(&ContainerName::new("d").expect("a good name"));
        let pair = Pair { host, guest: "other".to_owned(), veth: elsewhere, extra: None };
        let error = connect(&pair, &namespace, HardwareAddresses::default()).expect_err("there is no such bridge");
        assert_eq!(error.to_string(), "cannot find the interface `br9`");
    });
}

#[test]
fn links_are_given_to_a_namespace_and_taken_back_from_it() {
    isolated(|directory| {
        let namespace = directory.join("netns/c");
        netns::create(&namespace).expect("a namespace");
        let elsewhere = directory.join("netns/far");
        netns::create(&elsewhere).expect("a namespace");
        // A network card and the far end of its cable.
        let cable = Pair {
            host: InterfaceName { name: "card".to_owned(), altname: None },
            guest: "far".to_owned(),
            veth: Veth::default(),
            extra: Some(0),
        };
        connect(&cable, &elsewhere, HardwareAddresses::default()).expect("connected");
        let extra = Pair {
            host: InterfaceName { name: "lan1".to_owned(), altname: None },
            guest: "lan1".to_owned(),
            veth: veth(),
            extra: Some(0),
        };
        let inside = || netns::within(&namespace, interfaces).expect("entered").expect("listed");
        let macvlan =
            InterfaceName { name: "mv-a-very-lVWxY".to_owned(), altname: Some("mv-a-very-long-card".to_owned()) };
        let address = HardwareAddress([2, 0, 0, 0, 0, 9]);
        for _ in 0..2 {
            set_lo_up(&namespace).expect("up");
            connect(&extra, &namespace, HardwareAddresses::default()).expect("connected");
            give_macvlan("lan1", &macvlan, &namespace, Some(address)).expect("made");
            give("card", "eth7", &namespace).expect("moved");
            assert!(inside()["lo"].up && !inside()["eth7"].up);
            assert_eq!(inside()[&macvlan.name].altnames, ["mv-a-very-long-card"]);
            let links = guest_links(&namespace).expect("listed");
            let names = ["eth7", "lan1", "lo", "mv-a-very-lVWxY", "mv-a-very-long-card"];
            assert_eq!(links.names.iter().collect::<Vec<_>>(), names);
            // The parent of the macvlan is on the host.
            assert_eq!(links.from_outside.iter().collect::<Vec<_>>(), ["eth7", "lan1", "mv-a-very-lVWxY"]);
            // An extra pair has no default route.
            let routes = "192.168.100.10/32 fd00::10/128 fd00::11/128";
            assert_eq!(shown(&inside()["lan1"].routes), routes);
            assert_eq!(interfaces().expect("listed").keys().collect::<Vec<_>>(), ["lan1", "lo"]);
            let given = [("eth7".to_owned(), "card".to_owned())].into();
            empty(&namespace, &given).expect("emptied");
            assert_eq!(inside().keys().collect::<Vec<_>>(), ["lo"]);
            assert_eq!(interfaces().expect("listed").keys().collect::<Vec<_>>(), ["card", "lo"]);
        }
        let error = give("nothing", "eth7", &namespace).expect_err("the interface does not exist");
        assert_eq!(error.to_string(), "cannot find the interface `nothing`");
    });
}
