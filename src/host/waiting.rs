//! How long the host is waited for. Nothing here waits without a bound, and the user may cut waiting short.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;

/// How long somebody may take to answer who answers at once.
pub(super) const ANSWER: Duration = Duration::from_secs(60);
/// How long nft may take over the rules: a hundred times what ten thousand forwards take.
pub(super) const RULES: Duration = Duration::from_secs(60);
/// How long systemd may take to read its units, which is what systemctl(1) gives it.
pub(super) const RELOAD: Duration = Duration::from_secs(180);
/// How long is waited for what is told to take as long as it likes (`infinity`).
pub(super) const ENDLESS: Duration = Duration::from_secs(3600);

/// Why it was waited for no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    /// It took longer than this.
    TooLong(Duration),
    /// The user did not want to wait any longer.
    CutShort,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(limit) => write!(f, "it is not done after {} s", limit.as_secs()),
            Self::CutShort => f.write_str("you asked not to wait any longer"),
        }
    }
}

static CUT_SHORT: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// From now on jobs of systemd, and commands in guests, are begun and not waited for.
pub fn cut_short() {
    CUT_SHORT.send_replace(true);
}

/// Whether that was asked for.
pub fn is_cut_short() -> bool {
    *CUT_SHORT.borrow()
}

/// Waits for `work`, at most as long as `limit`, and unless the user cuts it short.
///
/// # Errors
///
/// Why it was not waited for any longer. What was waited for goes on.
pub(super) async fn patiently<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, GaveUp> {
    let mut cut_short = CUT_SHORT.subscribe();
    tokio::select! {
        // What is done already is not given up.
        biased;
        done = work => Ok(done),
        _ = cut_short.wait_for(|is_cut_short| *is_cut_short) => Err(GaveUp::CutShort),
        () = tokio::time::sleep(limit) => Err(GaveUp::TooLong(limit)),
    }
}

/// An error of the kind that reading and writing has: nobody answered within `limit`.
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
