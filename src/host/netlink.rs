//! Links, addresses and routes, over netlink (rtnetlink(7)).
//!
//! Gives: what is on the host ([`links`]), and the veth pair of a container, complete with addresses and routes on both
//! sides as NixOS sets them, so that the guest's network is up before its first instruction.
//!
//! Everything happens in the network namespace of the calling thread.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::path::Path;

use futures_util::TryStreamExt;
use nix::errno::Errno;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags};
use rtnetlink::packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkMessage, Prop};
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteScope};
use rtnetlink::{Error, Handle, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder};

use super::netns;
use crate::model::spec::Veth;
use crate::render::interface::LinkName;
use crate::state::Link;

/// The guest's end of its veth pair, as NixOS names it.
const GUEST_END: &str = "eth0";

/// Why the kernel did not do it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what}")]
pub struct NetlinkError {
    /// What was to be done, as the object of "cannot".
    pub what: String,
    /// Why not.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

fn cannot<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    what: impl Into<String>,
) -> impl FnOnce(E) -> NetlinkError {
    move |source| NetlinkError { what: what.into(), source: source.into() }
}

/// Runs `requests` on a netlink socket of this thread's namespace, to their end.
fn with<T>(requests: impl AsyncFnOnce(&Handle) -> Result<T, NetlinkError>) -> Result<T, NetlinkError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(cannot("open a netlink socket"))?;
    runtime.block_on(async {
        let (connection, handle, _) = rtnetlink::new_connection().map_err(cannot("open a netlink socket"))?;
        tokio::spawn(connection);
        requests(&handle).await
    })
}

/// All links of this namespace.
pub fn links() -> Result<BTreeMap<String, Link>, NetlinkError> {
    with(async |netlink| {
        let messages: Vec<_> = netlink.link().get().execute().try_collect().await.map_err(cannot("list links"))?;
        let mut names = HashMap::new();
        let mut links = BTreeMap::new();
        for message in messages {
            if let Some(name) = name(&message) {
                names.insert(message.header.index, name.to_owned());
                let up = message.header.flags.contains(LinkFlags::Up);
                links.insert(name.to_owned(), Link { altnames: altnames(&message), up, ..Link::default() });
            }
        }
        let mut addresses = netlink.address().get().execute();
        while let Some(message) = addresses.try_next().await.map_err(cannot("list addresses"))? {
            let link = names.get(&message.header.index).and_then(|name| links.get_mut(name));
            if let (Some(link), Some(address)) = (link, own_address(&message.attributes)) {
                link.addresses.insert((address, message.header.prefix_len));
            }
        }
        for family in
            [RouteMessageBuilder::<Ipv4Addr>::new().build(), RouteMessageBuilder::<Ipv6Addr>::new().build()]
        {
            let mut routes = netlink.route().get(family).execute();
            while let Some(route) = routes.try_next().await.map_err(cannot("list routes"))? {
                for (index, destination) in destinations(&route) {
                    if let Some(link) = names.get(&index).and_then(|name| links.get_mut(name)) {
                        link.routes.insert(destination);
                    }
                }
            }
        }
        Ok(links)
    })
}

fn name(message: &LinkMessage) -> Option<&str> {
    message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::IfName(name) => Some(name.as_str()),
        _ => None,
    })
}

fn altnames(message: &LinkMessage) -> Vec<String> {
    let lists = message.attributes.iter().filter_map(|attribute| match attribute {
        LinkAttribute::PropList(properties) => Some(properties),
        _ => None,
    });
    let names = lists.flatten().filter_map(|property| match property {
        Prop::AltIfName(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// `IFA_LOCAL` where there is one: on a point-to-point link `IFA_ADDRESS` is the peer's.
fn own_address(attributes: &[AddressAttribute]) -> Option<IpAddr> {
    let local = attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Local(address) => Some(*address),
        _ => None,
    });
    local.or_else(|| {
        attributes.iter().find_map(|attribute| match attribute {
            AddressAttribute::Address(address) => Some(*address),
            _ => None,
        })
    })
}

/// The links that a route of the main table leads to, each with the destination.
fn destinations(route: &RouteMessage) -> BTreeSet<(u32, (IpAddr, u8))> {
    let mut any: IpAddr = match route.header.address_family {
        rtnetlink::packet_route::AddressFamily::Inet => Ipv4Addr::UNSPECIFIED.into(),
        _ => Ipv6Addr::UNSPECIFIED.into(),
    };
    let mut table = u32::from(route.header.table);
    let mut links = Vec::new();
    for attribute in &route.attributes {
        match attribute {
            RouteAttribute::Table(number) => table = *number,
            RouteAttribute::Destination(RouteAddress::Inet(address)) => any = (*address).into(),
            RouteAttribute::Destination(RouteAddress::Inet6(address)) => any = (*address).into(),
            RouteAttribute::Oif(index) => links.push(*index),
            RouteAttribute::MultiPath(hops) => links.extend(hops.iter().map(|hop| hop.interface_index)),
            _ => {}
        }
    }
    if table != u32::from(RouteHeader::RT_TABLE_MAIN) {
        return BTreeSet::new();
    }
    links.into_iter().map(|link| (link, (any, route.header.destination_prefix_length))).collect()
}

/// Makes the veth pair `link` ↔ `eth0` in the namespace named by `namespace`, with the addresses and routes of `veth`
/// on both sides, and sets both ends up. Neither link may exist yet.
pub fn connect(link: &LinkName, namespace: &Path, veth: &Veth) -> Result<(), NetlinkError> {
    make_pair(link, namespace)?;
    let (host, guest) = sides(veth);
    in_guest(link, namespace, async |netlink| {
        set_up(netlink, "lo").await?;
        configure_guest(netlink, &guest).await
    })?;
    with(async |netlink| configure(netlink, &link.name, &host).await)
}

/// Changes the addresses and routes of a pair that [`connect`] made, on both sides. What is new is there before what is
/// old goes, and what both have stays throughout.
pub fn readdress(link: &LinkName, namespace: &Path, from: &Veth, to: &Veth) -> Result<(), NetlinkError> {
    let ((host_from, guest_from), (host_to, guest_to)) = (sides(from), sides(to));
    in_guest(link, namespace, async |netlink| {
        configure_guest(netlink, &guest_to).await?;
        forget(netlink, GUEST_END, &guest_from, &guest_to).await?;
        // With the last IPv4 address of a link, the kernel takes its routes as well.
        configure_guest(netlink, &guest_to).await
    })?;
    with(async |netlink| {
        configure(netlink, &link.name, &host_to).await?;
        forget(netlink, &link.name, &host_from, &host_to).await?;
        configure(netlink, &link.name, &host_to).await
    })
}

/// Own address and the other end's, for IPv4 and IPv6.
type Side = [(Option<IpAddr>, Option<IpAddr>); 2];

/// The host's side and the guest's.
fn sides(veth: &Veth) -> (Side, Side) {
    let host: Side = [
        (veth.host4.map(IpAddr::V4), veth.local4.map(IpAddr::V4)),
        (veth.host6.map(IpAddr::V6), veth.local6.map(IpAddr::V6)),
    ];
    (host, host.map(|(own, other)| (other, own)))
}

/// Runs `requests` in the namespace of a guest.
fn in_guest(
    link: &LinkName,
    namespace: &Path,
    requests: impl AsyncFnOnce(&Handle) -> Result<(), NetlinkError> + Send,
) -> Result<(), NetlinkError> {
    netns::within(namespace, || with(requests))
        .map_err(cannot(format!("set up `{GUEST_END}` of `{}`", link.name)))?
}

async fn configure_guest(netlink: &Handle, guest: &Side) -> Result<(), NetlinkError> {
    configure(netlink, GUEST_END, guest).await?;
    for gateway in guest.iter().filter_map(|(_, gateway)| *gateway) {
        let index = index(netlink, GUEST_END).await?;
        let what = format!("add the default route by {gateway} through `{GUEST_END}`");
        netlink.route().add(default_route(index, gateway)).replace().execute().await.map_err(cannot(what))?;
    }
    Ok(())
}

/// Takes away what `from` has and `to` has not. What is gone already is none the worse.
async fn forget(netlink: &Handle, link: &str, from: &Side, to: &Side) -> Result<(), NetlinkError> {
    let index = index(netlink, link).await?;
    for ((own, other), (new_own, new_other)) in from.iter().zip(to) {
        if let Some(other) = other.filter(|other| Some(*other) != *new_other) {
            let what = format!("remove the route to {other} through `{link}`");
            let mut routes = vec![host_route(index, other)];
            if link == GUEST_END && new_other.is_none() {
                routes.push(default_route(index, other));
            }
            for route in routes {
                gone(netlink.route().del(route).execute().await).map_err(cannot(what.clone()))?;
            }
        }
        if let Some(own) = own.filter(|own| Some(*own) != *new_own) {
            let what = || format!("remove the address {own} from `{link}`");
            let mut found = netlink.address().get().set_link_index_filter(index).set_address_filter(own).execute();
            while let Some(message) = found.try_next().await.map_err(cannot(what()))? {
                gone(netlink.address().del(message).execute().await).map_err(cannot(what()))?;
            }
        }
    }
    Ok(())
}

/// The result of a removal, where that there was nothing to remove is well.
fn gone(result: Result<(), Error>) -> Result<(), Error> {
    let nothing = [Errno::ESRCH, Errno::EADDRNOTAVAIL, Errno::ENOENT].map(|errno| -(errno as i32));
    match result {
        Err(Error::NetlinkError(error)) if nothing.contains(&error.raw_code()) => Ok(()),
        result => result,
    }
}

fn make_pair(link: &LinkName, namespace: &Path) -> Result<(), NetlinkError> {
    let what = || format!("make the link `{}`", link.name);
    let namespace = File::open(namespace).map_err(cannot(what()))?;
    with(async |netlink| {
        let peer =
            LinkMessageBuilder::<LinkUnspec>::default().name(GUEST_END).setns_by_fd(namespace.as_raw_fd()).build();
        let pair = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth)
            .name(link.name.as_str())
            .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
            .build();
        netlink.link().add(pair).execute().await.map_err(cannot(what()))?;
        if let Some(altname) = &link.altname {
            let index = index(netlink, &link.name).await?;
            let named = netlink.link().property_add(index).alt_ifname(&[altname]).execute().await;
            named.map_err(cannot(format!("name the link `{}` also `{altname}`", link.name)))?;
        }
        Ok(())
    })
}

/// Sets a link up, gives it its addresses, and leads to the other end through it.
async fn configure(netlink: &Handle, link: &str, side: &Side) -> Result<(), NetlinkError> {
    let index = index(netlink, link).await?;
    for (own, _) in side {
        if let Some(own) = own {
            let mut request = netlink.address().add(index, *own, whole(*own));
            if own.is_ipv6() {
                // The pair has two ends, and both are ours: nobody else can have the address.
                let flags = AddressAttribute::Flags(AddressFlags::Nodad);
                request.message_mut().attributes.push(flags);
            }
            request.replace().execute().await.map_err(cannot(format!("add the address {own} to `{link}`")))?;
        }
    }
    set_up(netlink, link).await?;
    for other in side.iter().filter_map(|(_, other)| *other) {
        let what = format!("add a route to {other} through `{link}`");
        netlink.route().add(host_route(index, other)).replace().execute().await.map_err(cannot(what))?;
    }
    Ok(())
}

/// The route to the other end of a link.
fn host_route(link: u32, to: IpAddr) -> RouteMessage {
    match to {
        IpAddr::V4(to) => RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(to, 32)
            .scope(RouteScope::Link)
            .output_interface(link)
            .build(),
        IpAddr::V6(to) => {
            RouteMessageBuilder::<Ipv6Addr>::new().destination_prefix(to, 128).output_interface(link).build()
        }
    }
}

/// The route to everywhere.
fn default_route(link: u32, gateway: IpAddr) -> RouteMessage {
    match gateway {
        IpAddr::V4(gateway) => {
            RouteMessageBuilder::<Ipv4Addr>::new().gateway(gateway).output_interface(link).build()
        }
        IpAddr::V6(gateway) => {
            RouteMessageBuilder::<Ipv6Addr>::new().gateway(gateway).output_interface(link).build()
        }
    }
}

/// The prefix length of a single address.
fn whole(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

async fn set_up(netlink: &Handle, link: &str) -> Result<(), NetlinkError> {
    let index = index(netlink, link).await?;
    let up = LinkUnspec::new_with_index(index).up().build();
    netlink.link().change(up).execute().await.map_err(cannot(format!("set the link `{link}` up")))
}

async fn index(netlink: &Handle, link: &str) -> Result<u32, NetlinkError> {
    let what = || format!("find the link `{link}`");
    let found = netlink.link().get().match_name(link).execute().try_next().await.map_err(cannot(what()))?;
    found.map(|message| message.header.index).ok_or_else(|| cannot(what())("there is none"))
}

/// Deletes a link, and with it the other end of a pair. One that is not there is none the worse.
pub fn delete(link: &str) -> Result<(), NetlinkError> {
    with(async |netlink| {
        let message = LinkMessageBuilder::<LinkUnspec>::default().name(link).build();
        match netlink.link().del_with_message(message).execute().await {
            Err(Error::NetlinkError(error)) if error.raw_code() == -(Errno::ENODEV as i32) => Ok(()),
            result => result.map_err(cannot(format!("delete the link `{link}`"))),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::host::netns::tests::isolated;
    use crate::model::ContainerName;
    use crate::render::interface;

    fn veth() -> Veth {
        Veth {
            host4: Some([192, 168, 100, 10].into()),
            local4: Some([192, 168, 100, 11].into()),
            host6: "fd00::10".parse().ok(),
            local6: "fd00::11".parse().ok(),
        }
    }

    fn shown(set: &BTreeSet<(IpAddr, u8)>) -> String {
        // The kernel adds link-local ones by itself.
        let ours =
            set.iter().filter(|(address, _)| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()));
        ours.map(|(address, length)| format!("{address}/{length}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn both_ends_of_a_pair_are_complete_and_reach_each_other() {
        isolated(|folder| {
            let namespace = folder.join("netns/c");
            netns::create(&namespace).expect("a namespace");
            let link = interface::host_end(&ContainerName::new("really-long-name").expect("a good name"));
            connect(&link, &namespace, &veth()).expect("connected");

            let host = links().expect("listed")[&link.name].clone();
            assert_eq!((host.altnames, host.up), (vec!["ve-really-long-name".to_owned()], true));
            assert_eq!(shown(&host.addresses), "192.168.100.10/32 fd00::10/128");
            // IPv6 lists a route to one's own address as well.
            assert_eq!(shown(&host.routes), "192.168.100.11/32 fd00::10/128 fd00::11/128");

            let guest = netns::within(&namespace, links).expect("entered").expect("listed");
            assert!(guest["lo"].up && guest[GUEST_END].up);
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
                assert!(!links().expect("listed").contains_key(&link.name));
            }
            assert!(!netns::within(&namespace, links).expect("entered").expect("listed").contains_key(GUEST_END));
            netns::delete(&namespace).expect("deleted");
        });
    }

    #[test]
    fn a_pair_gets_other_addresses_in_place() {
        isolated(|folder| {
            let namespace = folder.join("netns/c");
            netns::create(&namespace).expect("a namespace");
            let link = interface::host_end(&ContainerName::new("c").expect("a good name"));
            connect(&link, &namespace, &veth()).expect("connected");
            let both = || {
                let host = links().expect("listed")[&link.name].clone();
                let guest = netns::within(&namespace, links).expect("entered").expect("listed")[GUEST_END].clone();
                [host, guest].map(|end| format!("{} | {}", shown(&end.addresses), shown(&end.routes)))
            };
            let complete = both();
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
                // A change may have been killed in its middle, and is then made once more.
                for _ in 0..2 {
                    readdress(&link, &namespace, &veth(), other).expect("changed");
                    assert_eq!(both(), expected);
                }
                readdress(&link, &namespace, other, &veth()).expect("changed back");
                assert_eq!(both(), complete);
            }
        });
    }

    #[test]
    fn an_end_without_addresses_is_up_and_without_routes() {
        isolated(|folder| {
            let namespace = folder.join("netns/c");
            netns::create(&namespace).expect("a namespace");
            let link = LinkName { name: "ve-c".to_owned(), altname: None };
            connect(&link, &namespace, &Veth::default()).expect("connected");
            let found = links().expect("listed")["ve-c"].clone();
            assert!(found.up);
            assert_eq!((shown(&found.addresses), shown(&found.routes)), (String::new(), String::new()));
            let again = connect(&link, &namespace, &Veth::default()).expect_err("it exists");
            assert_eq!(again.to_string(), "cannot make the link `ve-c`");
            netns::delete(&namespace).expect("deleted");
        });
    }
}
