//! What somebody else did to the files of a container, beyond their text.

use std::path::PathBuf;

/// How the files of a container are not as they were written; nothing of it where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damage {
    /// The mask that keeps systemd from starting the unit: a symlink to `/dev/null`, or an empty file in the place of a unit
    /// that outranks ours (systemd.unit(5)).
    pub mask: Option<PathBuf>,
    /// Whether a copy of the unit outranks the one that was written, as `systemctl edit --full` makes one.
    pub is_outranked: bool,
    /// Whether the `.conf` is not the symlink that it was, where it could be one.
    pub is_unlinked: bool,
    /// Whether the unit, the file behind the `.conf` or the record is not a plain file, or has another owner or mode than it
    /// was given.
    pub has_other_access: bool,
    /// Whether the garbage collector may remove the system that it runs, or that its next start or the next boot brings.
    pub is_unheld: bool,
}
