//! Waits for interfaces.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use rtnetlink::MulticastGroup;
use rtnetlink::packet_route::link::LinkMessage;

use super::error::{Listed, NetlinkError, Request, cannot};
use super::requests::name;

/// Waits until these interfaces exist, but no longer than `limit`; returns those that do not.
///
/// # Errors
///
/// If the kernel cannot be asked.
pub(crate) fn await_all(names: &BTreeSet<String>, limit: Duration) -> Result<BTreeSet<String>, NetlinkError> {
    tracing::debug!(?names, "netlink: wait for interfaces");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(cannot(Request::Open))?;
    let mut missing = names.clone();
    let waited = runtime.block_on(async {
        // Before the first look, so that nothing appears unnoticed in between.
        let (connection, handle, mut events) =
            rtnetlink::new_multicast_connection(&[MulticastGroup::Link]).map_err(cannot(Request::Open))?;
        tokio::spawn(connection);
        let appear = async {
            loop {
                let list = handle.link().get().execute().try_collect().await;
                let list: Vec<LinkMessage> = list.map_err(cannot(Request::List(Listed::Interfaces)))?;
                missing.retain(|missing| !list.iter().any(|message| name(message) == Some(missing)));
                if missing.is_empty() || events.next().await.is_none() {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(limit, appear).await.unwrap_or(Ok(()))
    });
    waited.map(|()| missing)
}
