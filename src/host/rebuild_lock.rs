//! The lock that NixOS's switch-to-configuration holds while it changes the host.
//!
//! What a rebuild itself starts (`internal reconcile`) must not take it: the rebuild waits for that.

use std::fs::File;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::app::LockError;
use crate::render::paths;

/// Keeps rebuilds of the host from starting as long as the result lives; waits for one that runs if `waits`. `None` on a host that
/// NixOS does not rebuild.
///
/// Must come before our own lock: a rebuild holds this one when it waits for ours.
///
/// # Errors
///
/// If a rebuild runs and this does not wait, or if the lock file cannot be used.
pub(crate) fn hold_off(waits: bool) -> Result<Option<Flock<File>>, LockError> {
    let path = Path::new(paths::REBUILD_LOCK);
    if !path.parent().is_some_and(Path::is_dir) {
        return Ok(None);
    }
    let failed = |source| LockError::File { path: path.to_owned(), source };
    let file = File::options().append(true).create(true).open(path).map_err(failed)?;
    let how = if waits { FlockArg::LockExclusive } else { FlockArg::LockExclusiveNonblock };
    match Flock::lock(file, how) {
        Ok(held) => Ok(Some(held)),
        Err((_, Errno::EWOULDBLOCK)) => Err(LockError::Held { holder: String::from("nixos-rebuild") }),
        Err((_, errno)) => Err(failed(errno.into())),
    }
}
