//! Connects to the system bus.
//!
//! Callers are plain threads, several at once. Single requests get a connection and a small runtime of their own
//! ([`with`]). Jobs that are waited for share one ([`shared`]): there may be more of them than the bus allows
//! connections.

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use zbus::Connection;
use zbus::connection::Builder;

use super::waiting::{self, ANSWER};

/// Whether the host was booted with systemd (sd_booted(3)).
pub(super) fn is_booted_with_systemd() -> bool {
    Path::new("/run/systemd/system").symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Runs `calls` to completion on this thread, with a new connection to the system bus. Each call must be answered in
/// time.
pub(super) fn with<T>(calls: impl AsyncFnOnce(&Connection) -> zbus::Result<T>) -> zbus::Result<T> {
    with_limit(ANSWER, calls)
}

/// Like [`with`], but each call may take up to `limit`.
pub(super) fn with_limit<T>(
    limit: Duration,
    calls: impl AsyncFnOnce(&Connection) -> zbus::Result<T>,
) -> zbus::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connection = open(Builder::system(), limit).await?;
        calls(&connection).await
    })
}

/// Like [`with`], but on the connection that this process shares. A call that waits does not hold up others.
pub(super) fn shared<T>(calls: impl AsyncFnOnce(&Connection) -> zbus::Result<T>) -> zbus::Result<T> {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    static CONNECTION: Mutex<Option<Connection>> = Mutex::new(None);
    let connection = || CONNECTION.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = match RUNTIME.get() {
        Some(runtime) => runtime,
        None => {
            let made = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            RUNTIME.get_or_init(|| made)
        }
    };
    let ready = {
        // Locked while connecting, so that only one connection is made. Connecting has a time limit.
        let mut ready = connection();
        match &*ready {
            Some(ready) => ready.clone(),
            None => {
                let opened = runtime.block_on(open(Builder::system(), ANSWER))?;
                ready.insert(opened).clone()
            }
        }
    };
    let result = runtime.block_on(calls(&ready));
    if let Err(zbus::Error::InputOutput(_)) = &result {
        // The bus may have gone away; the next call opens a new connection.
        *connection() = None;
    }
    result
}

/// Opens a connection on which every call, including the handshake, fails unless it is answered within `limit`.
pub(super) async fn open(builder: Builder<'_>, limit: Duration) -> zbus::Result<Connection> {
    let opened = tokio::time::timeout(limit, builder.method_timeout(limit).build()).await;
    opened.unwrap_or_else(|_| Err(zbus::Error::InputOutput(std::sync::Arc::new(waiting::no_answer(limit)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bus_that_never_answers_is_not_waited_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("bus");
        // Accepts connections, but never answers.
        let _bus = std::os::unix::net::UnixListener::bind(&path).expect("bound");
        let builder = Builder::address(format!("unix:path={}", path.display()).as_str());
        let error = open(builder, Duration::from_millis(50)).await.expect_err("nobody answers");
        assert!(error.to_string().contains("no answer within"), "{error}");
    }
}
