//! Notifies systemd from inside a unit (sd_notify(3)).

use std::io::IoSlice;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;

use nix::errno::Errno;
use nix::libc::ucred;
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};
use nix::unistd::{Pid, getegid, geteuid};

/// Sets the unit's `StatusText`. Errors are ignored: callers also report their problems elsewhere.
pub(super) fn status(text: &str) {
    status_for(Pid::this(), text);
}

/// Sets the unit's `StatusText` on behalf of another process, the one that systemd listens to. Needs root (unix(7),
/// `SCM_CREDENTIALS`).
pub(super) fn status_for(process: Pid, text: &str) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let line = format!("STATUS={}", text.replace('\n', " "));
    let sent = match socket.as_bytes() {
        [b'@', name @ ..] => UnixAddr::new_abstract(name),
        path => UnixAddr::new(path),
    }
    .and_then(|address| {
        let credentials = ucred { pid: process.as_raw(), uid: geteuid().as_raw(), gid: getegid().as_raw() }.into();
        let from = UnixDatagram::unbound().map_err(|_| Errno::EMFILE)?;
        let (line, who) = ([IoSlice::new(line.as_bytes())], [ControlMessage::ScmCredentials(&credentials)]);
        sendmsg(from.as_raw_fd(), &line, &who, MsgFlags::empty(), Some(&address))
    });
    if let Err(error) = sent {
        tracing::debug!(%error, "cannot notify systemd");
    }
}
