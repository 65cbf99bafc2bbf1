//! Stores the result of the last switch in a file.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::atomic_file;
use crate::model::FORMAT_VERSION;
use crate::render::paths;
use crate::state::LastSwitch;

/// Writes the file.
///
/// # Errors
///
/// If the file cannot be written.
pub(super) fn write(last: &LastSwitch) -> io::Result<()> {
    let json = serde_json::to_string_pretty(last).expect("it has string keys only");
    atomic_file::write(&paths::last_switch(), (json + "\n").as_bytes(), 0o644)
}

/// Reads the last switch; `None` if there was none, or if the file is damaged or of another version.
pub(super) fn read() -> Option<LastSwitch> {
    let last: LastSwitch = serde_json::from_slice(&fs::read(paths::last_switch()).ok()?).ok()?;
    (last.format_version == FORMAT_VERSION).then_some(last)
}

/// Whether `process` holds the lock on the host. Trying to take the lock would show it too, but would block other
/// processes that want it.
pub(super) fn holds_lock(process: u32) -> bool {
    let Ok(lock) = fs::metadata(paths::lock()) else { return false };
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    is_held(&locks, process, lock.ino())
}

/// Looks for a lock in the text of proc_locks(5). Its device is ignored, since it is not always the one that stat(2)
/// returns (btrfs).
fn is_held(locks: &str, process: u32, inode: u64) -> bool {
    locks.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match fields.as_slice() {
            [_, "FLOCK", _, "WRITE", holder, file, ..] => {
                holder.parse() == Ok(process)
                    && file.rsplit(':').next().and_then(|it| it.parse().ok()) == Some(inode)
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::linux::Linux;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn the_holder_of_the_lock_is_found() {
        let locks = "1: POSIX  ADVISORY  WRITE 31 00:1a:7 0 EOF\n2: FLOCK  ADVISORY  WRITE 31 00:1a:42 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 32 00:1a:42 0 EOF\n";
        assert!(is_held(locks, 31, 42));
        for (process, inode) in [(31, 7), (32, 42), (30, 42)] {
            assert!(!is_held(locks, process, inode), "{process} {inode}");
        }
    }

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        empty_host(|| {
            let process = std::process::id();
            assert!(!holds_lock(process));
            let lock = Linux::new().take_lock(false).expect("locked");
            assert!(holds_lock(process));
            drop(lock);
            assert!(!holds_lock(process));
        });
    }
}
