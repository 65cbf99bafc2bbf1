//! Gives host interfaces, or macvlans of them, to a guest, and takes them back.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use futures_util::TryStreamExt;
use rtnetlink::packet_route::link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, MacVlanMode};
use rtnetlink::{LinkMacVlan, LinkMessageBuilder, LinkUnspec};

use super::error::{Listed, NetlinkError, Request, cannot};
use super::requests::{also_name, altnames, ignore_missing, index, name, set_up, with};
use crate::host::netns;
use crate::model::spec::HardwareAddress;
use crate::render::interface::InterfaceName;
use crate::state::GuestLinks;

/// Sets the interface `lo` of a namespace up.
///
/// # Errors
///
/// If the namespace cannot be entered, or the kernel refuses.
pub(crate) fn set_lo_up(namespace: &Path) -> Result<(), NetlinkError> {
    tracing::debug!(namespace = %namespace.display(), "netlink: set `lo` up");
    let up = || with(async |netlink| set_up(netlink, "lo").await);
    netns::within(namespace, up).map_err(cannot(Request::SetLoUp))?
}

/// Creates a macvlan of the interface `parent` in a namespace, in the mode in which it reaches other macvlans of that
/// interface. The guest sets it up.
///
/// # Errors
///
/// If `parent` does not exist, or the kernel refuses.
pub(crate) fn give_macvlan(
    parent: &str,
    link: &InterfaceName,
    namespace: &Path,
    hardware: Option<HardwareAddress>,
) -> Result<(), NetlinkError> {
    tracing::debug!(namespace = %namespace.display(), "netlink: create a macvlan");
    let what = || Request::CreateMacvlan { link: link.name.clone(), parent: parent.to_owned() };
    let into = File::open(namespace).map_err(cannot(what()))?;
    with(async |netlink| {
        let parent = index(netlink, parent).await?;
        let mut request = LinkMacVlan::new(&link.name, parent, MacVlanMode::Bridge).setns_by_fd(into.as_raw_fd());
        if let Some(HardwareAddress(address)) = hardware {
            request = request.address(address.to_vec());
        }
        netlink.link().add(request.build()).execute().await.map_err(cannot(what()))
    })?;
    netns::within(namespace, || with(async |netlink| also_name(netlink, link).await)).map_err(cannot(what()))?
}

/// Moves a host interface into a namespace, and renames it to `seen`.
///
/// # Errors
///
/// If the interface does not exist, or the kernel refuses.
pub(crate) fn give(link: &str, seen: &str, namespace: &Path) -> Result<(), NetlinkError> {
    tracing::debug!(link, seen, namespace = %namespace.display(), "netlink: move an interface into a namespace");
    let what = || Request::Give(link.to_owned());
    let into = File::open(namespace).map_err(cannot(what()))?;
    with(async |netlink| {
        let index = index(netlink, link).await?;
        let moved = LinkUnspec::new_with_index(index).name(seen).setns_by_fd(into.as_raw_fd()).build();
        netlink.link().change(moved).execute().await.map_err(cannot(what()))
    })
}

/// Moves the `given` interfaces (names in the namespace to names on the host) back out of a namespace, and deletes all
/// remaining veths and macvlans. They are gone at once, not only when the kernel finds that the namespace is unused.
///
/// # Errors
///
/// If the namespace cannot be entered, or the kernel refuses.
pub(crate) fn empty(namespace: &Path, given: &BTreeMap<String, String>) -> Result<(), NetlinkError> {
    tracing::debug!(namespace = %namespace.display(), "netlink: take interfaces back and delete the rest");
    let what = || Request::Empty(namespace.to_owned());
    let back = File::open("/proc/thread-self/ns/net").map_err(cannot(what()))?;
    let requests = async |netlink: &rtnetlink::Handle| {
        let found: Vec<LinkMessage> = netlink.link().get().execute().try_collect().await.map_err(cannot(what()))?;
        for message in &found {
            let Some(seen) = name(message) else { continue };
            let index = message.header.index;
            if let Some(link) = given.get(seen) {
                let moved = LinkUnspec::new_with_index(index).name(link.as_str()).setns_by_fd(back.as_raw_fd());
                let moved = netlink.link().change(moved.build()).execute().await;
                moved.map_err(cannot(Request::TakeBack(link.clone())))?;
            } else if is_made(message) {
                let link = LinkMessageBuilder::<LinkUnspec>::default().name(seen).build();
                // If both ends were in this namespace, deleting one has deleted the other.
                ignore_missing(netlink.link().del_with_message(link).execute().await).map_err(cannot(what()))?;
            }
        }
        Ok(())
    };
    netns::within(namespace, || with(requests)).map_err(cannot(what()))?
}

/// Lists the interfaces in a guest's namespace.
///
/// # Errors
///
/// If the namespace cannot be entered, or the kernel refuses.
pub(crate) fn guest_links(namespace: &Path) -> Result<GuestLinks, NetlinkError> {
    tracing::debug!(namespace = %namespace.display(), "netlink: list the interfaces of a guest");
    let what = || Request::List(Listed::Interfaces);
    let list = || {
        with(async |netlink| {
            let found = netlink.link().get().execute().try_collect().await;
            found.map_err(cannot(what()))
        })
    };
    let found: Vec<LinkMessage> = netns::within(namespace, list).map_err(cannot(what()))??;
    let mut links = GuestLinks::default();
    for message in &found {
        let Some(name) = name(message) else { continue };
        links.names.insert(name.to_owned());
        links.names.extend(altnames(message));
        if is_from_outside(message) {
            links.from_outside.insert(name.to_owned());
        }
    }
    Ok(links)
}

/// Whether it is a device that no guest can create, or has its other end or its parent in another namespace.
fn is_from_outside(message: &LinkMessage) -> bool {
    let is_virtual = message.attributes.iter().any(|attribute| matches!(attribute, LinkAttribute::LinkInfo(_)));
    let is_loopback = message.header.flags.contains(LinkFlags::Loopback);
    let leads_outside =
        message.attributes.iter().any(|attribute| matches!(attribute, LinkAttribute::LinkNetNsId(_)));
    (!is_virtual && !is_loopback) || leads_outside
}

/// Whether it is of a kind that we create for guests.
fn is_made(message: &LinkMessage) -> bool {
    message.attributes.iter().any(|attribute| match attribute {
        LinkAttribute::LinkInfo(infos) => {
            infos.iter().any(|info| matches!(info, LinkInfo::Kind(InfoKind::Veth | InfoKind::MacVlan)))
        }
        _ => false,
    })
}
