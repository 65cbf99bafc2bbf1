//! Word to systemd from inside a unit (sd_notify(3)).

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Sets the unit's `StatusText`. Where nobody listens nothing happens: whoever calls has other ways to be heard.
pub(super) fn status(text: &str) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        path => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path)),
    };
    let line = text.replace('\n', " ");
    let sent = address
        .and_then(|address| UnixDatagram::unbound()?.send_to_addr(format!("STATUS={line}").as_bytes(), &address));
    if let Err(error) = sent {
        tracing::debug!(%error, "cannot tell systemd");
    }
}
