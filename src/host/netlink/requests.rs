//! Sends requests over netlink, and the few that several others need.

use futures_util::TryStreamExt;
use nix::errno::Errno;
use rtnetlink::packet_route::link::{LinkAttribute, LinkMessage, Prop};
use rtnetlink::{Error, Handle, LinkUnspec};

use super::error::{Listed, NetlinkError, Request, cannot};
use crate::host::waiting;
use crate::render::interface::InterfaceName;

/// Runs `requests` to completion on a netlink socket of this thread's namespace.
pub(super) fn with<T>(requests: impl AsyncFnOnce(&Handle) -> Result<T, NetlinkError>) -> Result<T, NetlinkError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(cannot(Request::Open))?;
    runtime.block_on(async {
        let (connection, handle, _) = rtnetlink::new_connection().map_err(cannot(Request::Open))?;
        tokio::spawn(connection);
        let answered = tokio::time::timeout(waiting::ANSWER, requests(&handle)).await;
        answered.unwrap_or_else(|_| Err(cannot(Request::Answer)(waiting::no_answer(waiting::ANSWER))))
    })
}

/// All interfaces of the namespace.
pub(super) async fn links(netlink: &Handle) -> Result<Vec<LinkMessage>, NetlinkError> {
    let found = netlink.link().get().execute().try_collect().await;
    found.map_err(cannot(Request::List(Listed::Interfaces)))
}

/// The name of an interface.
pub(super) fn name(message: &LinkMessage) -> Option<&str> {
    message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::IfName(name) => Some(name.as_str()),
        _ => None,
    })
}

/// The index of the bridge (or bond) that an interface is attached to.
pub(super) fn controller(message: &LinkMessage) -> Option<u32> {
    message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::Controller(index) => Some(*index),
        _ => None,
    })
}

/// The alternative names of an interface.
pub(super) fn altnames(message: &LinkMessage) -> Vec<String> {
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

/// The index of an interface.
pub(super) async fn index(netlink: &Handle, link: &str) -> Result<u32, NetlinkError> {
    let what = || Request::Find(link.to_owned());
    let found = netlink.link().get().match_name(link).execute().try_next().await.map_err(cannot(what()))?;
    found.map(|message| message.header.index).ok_or_else(|| cannot(what())("it does not exist"))
}

/// Sets an interface's alternative name, if it has one.
pub(super) async fn also_name(netlink: &Handle, link: &InterfaceName) -> Result<(), NetlinkError> {
    let Some(altname) = &link.altname else { return Ok(()) };
    let index = index(netlink, &link.name).await?;
    let named = netlink.link().property_add(index).alt_ifname(&[altname]).execute().await;
    named.map_err(cannot(Request::AddName { link: link.name.clone(), altname: altname.clone() }))
}

/// Sets an interface up.
pub(super) async fn set_up(netlink: &Handle, link: &str) -> Result<(), NetlinkError> {
    let index = index(netlink, link).await?;
    let up = LinkUnspec::new_with_index(index).up().build();
    netlink.link().change(up).execute().await.map_err(cannot(Request::SetUp(link.to_owned())))
}

/// The result of a removal, in which a missing object is not an error.
pub(super) fn ignore_missing(result: Result<(), Error>) -> Result<(), Error> {
    let nothing = [Errno::ESRCH, Errno::EADDRNOTAVAIL, Errno::ENOENT, Errno::ENODEV].map(|errno| -(errno as i32));
    match result {
        Err(Error::NetlinkError(error)) if nothing.contains(&error.raw_code()) => Ok(()),
        result => result,
    }
}
