//! Points between effects at which tests kill this program, to see that the next run repairs what is left.
//!
//! `CONTAINER_REBUILD_KILL_AT=N` in the environment kills the program at the N-th point that it reaches.
//! `CONTAINER_REBUILD_KILL_POINTS=FILE` appends the name of each point to a file instead.

/// Reaches a point: what was done before it is done, and what follows has not begun.
pub(super) fn reach(what: &str) {
    use std::io::Write;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static KILL_AT: LazyLock<Option<u64>> =
        LazyLock::new(|| std::env::var("CONTAINER_REBUILD_KILL_AT").ok()?.parse().ok());
    static LIST: LazyLock<Option<std::ffi::OsString>> =
        LazyLock::new(|| std::env::var_os("CONTAINER_REBUILD_KILL_POINTS"));
    static REACHED: AtomicU64 = AtomicU64::new(0);

    let number = REACHED.fetch_add(1, Ordering::SeqCst) + 1;
    if *KILL_AT == Some(number) {
        _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
    if let Some(list) = &*LIST {
        let file = std::fs::File::options().append(true).create(true).open(list);
        if let Err(error) = file.and_then(|mut file| writeln!(file, "{what}")) {
            tracing::warn!("cannot list the point `{what}`: {error}");
        }
    }
}
