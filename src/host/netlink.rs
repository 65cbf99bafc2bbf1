//! Manages interfaces, addresses and routes over netlink (rtnetlink(7)).
//!
//! Gives: the interfaces of the host ([`interfaces`]), and the veth pair of a container, complete with addresses and routes
//! on both ends as NixOS sets them. So the guest's network is up before its first instruction.
//!
//! Everything happens in the network namespace of the calling thread.

mod appear;
mod bridge;
mod error;
mod passed;
mod requests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::path::Path;

use futures_util::TryStreamExt;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags};
use rtnetlink::packet_route::link::{
    AfSpecInet, AfSpecUnspec, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use rtnetlink::packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope,
};
use rtnetlink::{Handle, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder};

pub(crate) use appear::await_all;
pub(crate) use bridge::release_bridges;
pub(crate) use error::NetlinkError;
use error::{Listed, Request, cannot};
pub(crate) use passed::{empty, give, give_macvlan, guest_links, set_lo_up};
use requests::{also_name, altnames, controller, ignore_missing, index, links, name, set_up, with};

use super::{kill_point, netns};
use crate::model::spec::HardwareAddress;
use crate::render::interface::Pair;
use crate::state::Interface;

/// Lists the interfaces of this namespace.
///
/// # Errors
///
/// If the kernel refuses a request.
pub(crate) fn interfaces() -> Result<BTreeMap<String, Interface>, NetlinkError> {
    tracing::debug!("netlink: list interfaces, addresses and routes");
    with(async |netlink| {
        let messages = links(netlink).await?;
        let named = messages.iter().filter_map(|message| Some((message.header.index, name(message)?.to_owned())));
        let names: HashMap<u32, String> = named.collect();
        let mut links = BTreeMap::new();
        for message in messages {
            if let Some(name) = name(&message) {
                let up = message.header.flags.contains(LinkFlags::Up);
                let bridge = controller(&message).and_then(|index| names.get(&index).cloned());
                let (altnames, is_bridge) = (altnames(&message), is_bridge(&message));
                let routes_localnet = routes_localnet(&message);
                let mtu = mtu(&message);
                let link =
                    Interface { altnames, up, mtu, is_bridge, routes_localnet, bridge, ..Interface::default() };
                links.insert(name.to_owned(), link);
            }
        }
        let mut addresses = netlink.address().get().execute();
        while let Some(message) = addresses.try_next().await.map_err(cannot(Request::List(Listed::Addresses)))? {
            let link = names.get(&message.header.index).and_then(|name| links.get_mut(name));
            if let (Some(link), Some(address)) = (link, own_address(&message.attributes)) {
                link.addresses.insert((address, message.header.prefix_len));
            }
        }
        for family in
            [RouteMessageBuilder::<Ipv4Addr>::new().build(), RouteMessageBuilder::<Ipv6Addr>::new().build()]
        {
            let mut routes = netlink.route().get(family).execute();
            while let Some(route) = routes.try_next().await.map_err(cannot(Request::List(Listed::Routes)))? {
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

fn routes_localnet(message: &LinkMessage) -> bool {
    message.attributes.iter().any(|attribute| match attribute {
        LinkAttribute::AfSpecUnspec(families) => families.iter().any(|family| match family {
            AfSpecUnspec::Inet(settings) => settings
                .iter()
                .any(|setting| matches!(setting, AfSpecInet::DevConf(values) if values.route_localnet != 0)),
            _ => false,
        }),
        _ => false,
    })
}

fn mtu(message: &LinkMessage) -> u32 {
    let mtu = message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::Mtu(mtu) => Some(*mtu),
        _ => None,
    });
    mtu.unwrap_or_default()
}

fn is_bridge(message: &LinkMessage) -> bool {
    message.attributes.iter().any(|attribute| match attribute {
        LinkAttribute::LinkInfo(infos) => infos.contains(&LinkInfo::Kind(InfoKind::Bridge)),
        _ => false,
    })
}

/// `IFA_LOCAL` if present: on a point-to-point interface `IFA_ADDRESS` is the peer's address.
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

/// The interfaces of a route in the main table, each with the destination.
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

/// The hardware addresses of both ends of a pair, unless the kernel chooses them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HardwareAddresses {
    /// The address of the host's end.
    pub host: Option<HardwareAddress>,
    /// The address of the guest's end.
    pub guest: Option<HardwareAddress>,
}

/// Creates a veth pair with the guest's end in the namespace at `namespace`, sets its addresses and routes on both
/// ends, attaches the host's end to its bridge, and sets both ends up. Neither interface may exist yet.
///
/// # Errors
///
/// If the kernel refuses a request.
pub(crate) fn connect(pair: &Pair, namespace: &Path, hardware: HardwareAddresses) -> Result<(), NetlinkError> {
    tracing::debug!(link = pair.host.name, namespace = %namespace.display(), "netlink: create a veth pair");
    make_pair(pair, namespace, hardware)?;
    let (host, guest) = ends(pair);
    in_guest(pair, namespace, async |netlink| configure(netlink, &guest).await)?;
    with(async |netlink| configure(netlink, &host).await)
}

/// Changes the addresses and routes of a pair that [`connect`] created, on both ends, and attaches the host's end to
/// its bridge again. New ones are added before old ones are removed, and those that stay are never removed.
///
/// # Errors
///
/// If the kernel refuses a request.
pub(crate) fn readdress(namespace: &Path, from: &Pair, to: &Pair) -> Result<(), NetlinkError> {
    tracing::debug!(link = to.host.name, namespace = %namespace.display(), "netlink: reconfigure a veth pair");
    let ((host_from, guest_from), (mut host_to, mut guest_to)) = (ends(from), ends(to));
    if to.veth.mtu.is_none() && from.veth.mtu.is_some() {
        (host_to.mtu, guest_to.mtu) = (Some(MTU), Some(MTU));
    }
    kill_point::reach("readdress");
    in_guest(to, namespace, async |netlink| {
        configure(netlink, &guest_to).await?;
        remove_stale(netlink, &guest_from, &guest_to).await?;
        // When an interface loses its last IPv4 address, the kernel removes its routes as well.
        configure(netlink, &guest_to).await
    })?;
    kill_point::reach("guest readdressed");
    with(async |netlink| {
        configure(netlink, &host_to).await?;
        remove_stale(netlink, &host_from, &host_to).await?;
        configure(netlink, &host_to).await
    })?;
    kill_point::reach("readdressed");
    Ok(())
}

/// The MTU of a new pair.
const MTU: u32 = 1500;

/// One end of a pair.
struct VethEnd<'a> {
    link: &'a str,
    /// The MTU, unless it stays as it is.
    mtu: Option<u32>,
    bridge: Option<&'a str>,
    /// The addresses that the bridge gets if it has to be created; `None` if others create it.
    new_bridge: Option<[Option<(IpAddr, u8)>; 2]>,
    /// Addresses for IPv4 and IPv6.
    families: [Family; 2],
    /// Whether the default route leads through the other end.
    is_way_out: bool,
    /// Whether another host on the network may have these addresses.
    is_shared: bool,
}

#[derive(Clone, Copy)]
struct Family {
    /// The own address, with its prefix length.
    own: Option<(IpAddr, u8)>,
    /// The other end's address.
    other: Option<IpAddr>,
}

/// The host's end and the guest's.
fn ends(pair: &Pair) -> (VethEnd<'_>, VethEnd<'_>) {
    let veth = &pair.veth;
    let hosts = [veth.host4.map(IpAddr::V4), veth.host6.map(IpAddr::V6)];
    let locals = [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
    let lengths = [veth.length4, veth.length6];
    let side = |link, families, is_way_out| VethEnd {
        link,
        mtu: veth.mtu,
        bridge: None,
        new_bridge: None,
        families,
        is_way_out,
        is_shared: false,
    };
    let host = [0, 1].map(|i| Family { own: hosts[i].map(|own| (own, whole(own))), other: locals[i] });
    let guest = [0, 1].map(|i| {
        let own = locals[i].map(|own| (own, lengths[i].unwrap_or(whole(own))));
        Family { own, other: hosts[i] }
    });
    let guest = side(pair.guest.as_str(), guest, pair.is_way_out());
    match &veth.bridge {
        None => (side(&pair.host.name, host, false), guest),
        Some(bridge) => {
            let port = side(&pair.host.name, [Family { own: None, other: None }; 2], false);
            // The guest's prefix is that of the bridge's network.
            let own = [0, 1].map(|i| hosts[i].map(|own| (own, lengths[i].unwrap_or(whole(own)))));
            let new_bridge = veth.creates_bridge.then_some(own);
            (VethEnd { bridge: Some(bridge), new_bridge, ..port }, VethEnd { is_shared: true, ..guest })
        }
    }
}

/// Runs `requests` in a guest's namespace.
fn in_guest(
    pair: &Pair,
    namespace: &Path,
    requests: impl AsyncFnOnce(&Handle) -> Result<(), NetlinkError> + Send,
) -> Result<(), NetlinkError> {
    netns::within(namespace, || with(requests))
        .map_err(cannot(Request::SetUpGuest { guest: pair.guest.clone(), host: pair.host.name.clone() }))?
}

/// Removes the addresses and routes of `from` that `to` lacks. Those that are gone already are not an error.
async fn remove_stale(netlink: &Handle, from: &VethEnd<'_>, to: &VethEnd<'_>) -> Result<(), NetlinkError> {
    let link = to.link;
    let index = index(netlink, link).await?;
    for (before, after) in from.families.iter().zip(&to.families) {
        if let Some(other) = before.other.filter(|other| Some(*other) != after.other) {
            let what = || Request::RemoveRoute { to: other, link: link.to_owned() };
            let mut routes = vec![host_route(index, other)];
            if to.is_way_out && after.other.is_none() {
                routes.push(default_route(index, other));
            }
            for route in routes {
                ignore_missing(netlink.route().del(of_anyone(route)).execute().await).map_err(cannot(what()))?;
            }
        }
        if let Some((own, _)) = before.own.filter(|own| Some(*own) != after.own) {
            let what = || Request::RemoveAddress { address: own, link: link.to_owned() };
            let mut found = netlink.address().get().set_link_index_filter(index).set_address_filter(own).execute();
            while let Some(message) = found.try_next().await.map_err(cannot(what()))? {
                ignore_missing(netlink.address().del(message).execute().await).map_err(cannot(what()))?;
            }
        }
    }
    Ok(())
}

fn make_pair(pair: &Pair, namespace: &Path, hardware: HardwareAddresses) -> Result<(), NetlinkError> {
    let link = &pair.host;
    let what = || Request::Create(link.name.clone());
    let namespace = File::open(namespace).map_err(cannot(what()))?;
    with(async |netlink| {
        let mut peer = LinkMessageBuilder::<LinkUnspec>::default()
            .name(pair.guest.as_str())
            .setns_by_fd(namespace.as_raw_fd());
        let mut end = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth).name(link.name.as_str());
        if let Some(HardwareAddress(guest)) = hardware.guest {
            peer = peer.address(guest.to_vec());
        }
        if let Some(HardwareAddress(host)) = hardware.host {
            end = end.address(host.to_vec());
        }
        let request = end.set_info_data(InfoData::Veth(InfoVeth::Peer(peer.build()))).build();
        netlink.link().add(request).execute().await.map_err(cannot(what()))?;
        also_name(netlink, link).await
    })
}

/// Attaches an interface to its bridge, adds its addresses, sets it up, and adds routes to the other end.
async fn configure(netlink: &Handle, side: &VethEnd<'_>) -> Result<(), NetlinkError> {
    let link = side.link;
    let index = index(netlink, link).await?;
    if let Some(mtu) = side.mtu {
        let sized = LinkUnspec::new_with_index(index).mtu(mtu).build();
        let sized = netlink.link().change(sized).execute().await;
        sized.map_err(cannot(Request::SetMtu { link: link.to_owned(), mtu }))?;
    }
    if let Some(bridge) = side.bridge {
        let controller = match side.new_bridge {
            Some(addresses) => bridge::ensure(netlink, bridge, addresses.into_iter().flatten()).await?,
            None => requests::index(netlink, bridge).await?,
        };
        let port = LinkUnspec::new_with_index(index).controller(controller).build();
        let joined = netlink.link().change(port).execute().await;
        joined.map_err(cannot(Request::Attach { link: link.to_owned(), bridge: bridge.to_owned() }))?;
    }
    for (own, length) in side.families.iter().filter_map(|family| family.own) {
        let mut request = netlink.address().add(index, own, length);
        if own.is_ipv6() && !side.is_shared {
            // Both ends of the pair are ours, so no other host can have the address, and duplicate detection would only
            // delay it.
            let flags = AddressAttribute::Flags(AddressFlags::Nodad);
            request.message_mut().attributes.push(flags);
        }
        request
            .replace()
            .execute()
            .await
            .map_err(cannot(Request::AddAddress { address: own, link: link.to_owned() }))?;
    }
    set_up(netlink, link).await?;
    for other in side.families.iter().filter_map(|family| family.other) {
        let what = Request::AddRoute { to: other, link: link.to_owned() };
        netlink.route().add(kept(host_route(index, other))).replace().execute().await.map_err(cannot(what))?;
        if side.is_way_out {
            let what = Request::AddDefaultRoute { via: other, link: link.to_owned() };
            netlink
                .route()
                .add(kept(default_route(index, other)))
                .replace()
                .execute()
                .await
                .map_err(cannot(what))?;
        }
    }
    Ok(())
}

/// Marks a route as the kernel's. systemd-networkd removes routes of all others from interfaces that it manages, in a guest
/// (NixOS: `networking.useNetworkd`) as on the host.
fn kept(mut route: RouteMessage) -> RouteMessage {
    route.header.protocol = RouteProtocol::Kernel;
    route
}

/// A request to remove a route, whoever added it.
fn of_anyone(mut route: RouteMessage) -> RouteMessage {
    route.header.protocol = RouteProtocol::Unspec;
    route
}

/// The route to the other end of an interface.
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

/// The default route.
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

/// Deletes an interface, and with it the other end of a pair. A missing interface is not an error.
///
/// # Errors
///
/// If the kernel refuses.
pub(crate) fn delete(link: &str) -> Result<(), NetlinkError> {
    tracing::debug!(link, "netlink: delete an interface");
    with(async |netlink| {
        let message = LinkMessageBuilder::<LinkUnspec>::default().name(link).build();
        let deleted = ignore_missing(netlink.link().del_with_message(message).execute().await);
        deleted.map_err(cannot(Request::Delete(link.to_owned())))
    })
}

#[cfg(test)]
mod tests;
