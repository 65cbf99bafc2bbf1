//! Damage to a container's files other than to their text.

use std::path::PathBuf;

/// How a container's files differ from the way they were written, apart from their text. The default is no damage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damage {
    /// The mask that keeps systemd from starting the unit: a symlink to `/dev/null`, or an empty file where a unit
    /// would outrank ours (systemd.unit(5)).
    pub mask: Option<PathBuf>,
    /// Whether a copy of the unit, such as `systemctl edit --full` makes, outranks ours.
    pub is_outranked: bool,
    /// Whether the `.conf` is no longer our symlink, although it could be one.
    pub is_unlinked: bool,
    /// Whether the unit, the file behind the `.conf` or the record is not a regular file, or has another owner or mode
    /// than it was given.
    pub has_other_access: bool,
    /// Whether the garbage collector may remove the system that the container runs, or that its next start or the next
    /// boot needs.
    pub is_unheld: bool,
}
