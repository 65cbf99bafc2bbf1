//! Creates and deletes bridges for containers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use futures_util::TryStreamExt;
use nix::errno::Errno;
use rtnetlink::packet_route::link::{LinkAttribute, LinkMessage};
use rtnetlink::{Error, Handle, LinkBridge, LinkUnspec};

use super::error::{NetlinkError, Request, cannot};
use super::requests::{controller, ignore_missing, index, links, name, with};

/// The alias of a bridge that we have created (`ip link` shows it): nobody else's is deleted.
const ALIAS: &str = "container-rebuild";

/// Makes sure that a bridge exists, with these addresses if it is ours; returns its index.
pub(super) async fn ensure(
    netlink: &Handle,
    bridge: &str,
    addresses: impl Iterator<Item = (IpAddr, u8)>,
) -> Result<u32, NetlinkError> {
    let what = || Request::Create(bridge.to_owned());
    let created = netlink.link().add(LinkBridge::new(bridge).build()).execute().await;
    let (index, is_ours) = match created {
        Ok(()) => {
            let index = index(netlink, bridge).await?;
            let named = LinkUnspec::new_with_index(index).alias(ALIAS).build();
            netlink.link().change(named).execute().await.map_err(cannot(what()))?;
            (index, true)
        }
        // Another container that starts may have created it a moment ago.
        Err(Error::NetlinkError(error)) if error.raw_code() == -(Errno::EEXIST as i32) => {
            let found =
                netlink.link().get().match_name(bridge).execute().try_next().await.map_err(cannot(what()))?;
            let found = found.ok_or_else(|| cannot(Request::Find(bridge.to_owned()))("it does not exist"))?;
            (found.header.index, is_ours(&found))
        }
        Err(error) => return Err(cannot(what())(error)),
    };
    for (address, length) in addresses.filter(|_| is_ours) {
        let added = netlink.address().add(index, address, length).replace().execute().await;
        added.map_err(cannot(Request::AddAddress { address, link: bridge.to_owned() }))?;
    }
    Ok(index)
}

/// Deletes the bridges that we have created, but for those in `kept` and those that have a port.
///
/// # Errors
///
/// If the kernel refuses a request.
pub(crate) fn release_bridges(kept: &BTreeSet<String>) -> Result<(), NetlinkError> {
    tracing::debug!(?kept, "netlink: delete bridges of former containers");
    with(async |netlink| {
        let found = links(netlink).await?;
        for message in found.iter().filter(|message| is_ours(message)) {
            let (index, Some(name)) = (message.header.index, name(message)) else { continue };
            if kept.contains(name) {
                continue;
            }
            if found.iter().any(|port| controller(port) == Some(index)) {
                tracing::warn!(
                    "the bridge {name} has no container any more, and is kept for what else is attached to it"
                );
                continue;
            }
            let deleted = ignore_missing(netlink.link().del(index).execute().await);
            deleted.map_err(cannot(Request::Delete(name.to_owned())))?;
        }
        Ok(())
    })
}

fn is_ours(message: &LinkMessage) -> bool {
    message.attributes.iter().any(|attribute| matches!(attribute, LinkAttribute::IfAlias(alias) if alias == ALIAS))
}
