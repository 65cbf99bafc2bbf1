//! The system bus.
//!
//! Every call has a connection and a small runtime of its own: callers are plain threads, several at once, and one that
//! waits for a job must not hold up another.

use std::path::Path;

use zbus::Connection;

/// Whether the host was booted with systemd (sd_booted(3)); without it there is nobody to ask.
pub(super) fn is_booted_with_systemd() -> bool {
    Path::new("/run/systemd/system").symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Runs `calls` with a new connection to the system bus, on this thread, to its end.
pub(super) fn with<T>(calls: impl AsyncFnOnce(&Connection) -> zbus::Result<T>) -> zbus::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connection = Connection::system().await?;
        calls(&connection).await
    })
}
