//! Limits how long we wait for the host. Every wait has a limit, and the user can cut it short.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;

/// The limit for answers that normally come at once.
pub(super) const ANSWER: Duration = Duration::from_secs(60);
/// The limit for nft: a hundred times what it takes to load ten thousand forwards.
pub(super) const RULES: Duration = Duration::from_secs(60);
/// The limit for systemd to reload its units, as in systemctl(1).
pub(super) const RELOAD: Duration = Duration::from_secs(180);
/// The limit for interfaces that a program of the host is about to make.
pub(super) const INTERFACES: Duration = Duration::from_secs(30);
/// The limit for units that may take as long as they like (`infinity`).
pub(super) const ENDLESS: Duration = Duration::from_secs(3600);

/// Why we stopped waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GaveUp {
    /// It took longer than this.
    TooLong(Duration),
    /// The user asked to stop waiting.
    CutShort,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(limit) => write!(f, "still not done after {} s", limit.as_secs()),
            Self::CutShort => f.write_str("you asked to stop waiting"),
        }
    }
}

static CUT_SHORT: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// From now on, jobs of systemd and commands in guests are started, but not waited for.
pub(crate) fn cut_short() {
    CUT_SHORT.send_replace(true);
}

/// Whether the user has asked to stop waiting.
pub(crate) fn is_cut_short() -> bool {
    *CUT_SHORT.borrow()
}

/// Waits for `work`, but no longer than `limit` or until the user cuts it short.
///
/// # Errors
///
/// Why we stopped waiting. The operation itself goes on.
pub(super) async fn patiently<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, GaveUp> {
    let mut cut_short = CUT_SHORT.subscribe();
    tokio::select! {
        // Work that is already done counts as done.
        biased;
        done = work => Ok(done),
        _ = cut_short.wait_for(|is_cut_short| *is_cut_short) => Err(GaveUp::CutShort),
        () = tokio::time::sleep(limit) => Err(GaveUp::TooLong(limit)),
    }
}

/// An I/O error for a missing answer within `limit`.
pub(super) fn no_answer(limit: Duration) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {} s", limit.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_with_the_work_its_limit_or_when_it_is_cut_short() {
        let limit = Duration::from_millis(1);
        assert_eq!(patiently(ENDLESS, async { 1 }).await, Ok(1));
        assert_eq!(patiently(limit, std::future::pending::<()>()).await, Err(GaveUp::TooLong(limit)));
        cut_short();
        assert_eq!(patiently(ENDLESS, std::future::pending::<()>()).await, Err(GaveUp::CutShort));
        assert_eq!(patiently(ENDLESS, async { 2 }).await, Ok(2));
    }
}
