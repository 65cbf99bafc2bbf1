//! Reads what a guest's system says about switching to it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::state::GuestSystem;

/// The most that is read of a file, in bytes.
const LIMIT: u64 = 1 << 20;

/// Reads the facts about a system; `None` if it is not built.
pub(super) fn read(system: &Path) -> Option<GuestSystem> {
    if !system.is_dir() {
        return None;
    }
    let can_switch = system.join("bin/switch-to-configuration").exists();
    Some(GuestSystem { can_switch, inhibitors: inhibitors(&system.join("switch-inhibitors")).unwrap_or_default() })
}

/// The switch inhibitors, which NixOS writes as a JSON object of strings. Its first version wrote something else, which cannot
/// be compared by name.
fn inhibitors(path: &Path) -> Option<BTreeMap<String, String>> {
    // A symlink in the store may lead to a pipe, on which opening would block.
    let file = File::options().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    file.take(LIMIT).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_system_is_read_through_symlinks() {
        let store = tempfile::tempdir().expect("a directory");
        let system = store.path().join("system");
        assert_eq!(read(&system), None, "not built");
        fs::create_dir_all(system.join("bin")).expect("made");
        let disabled = GuestSystem { can_switch: false, ..GuestSystem::default() };
        assert_eq!(read(&system), Some(disabled));
        symlink("/proc/self/exe", system.join("bin/switch-to-configuration")).expect("linked");
        assert_eq!(read(&system), Some(GuestSystem::default()));
        let file = store.path().join("inhibitors");
        symlink(&file, system.join("switch-inhibitors")).expect("linked");
        for (text, expected) in [
            ("/nix/store/1-systemd\n/nix/store/2-dbus", &[][..]),
            ("{\"dbus\":1}", &[]),
            ("{}", &[]),
            ("{\"dbus-implementation\":\"broker\"}\n", &[("dbus-implementation", "broker")]),
        ] {
            fs::write(&file, text).expect("written");
            let read = read(&system).expect("built").inhibitors;
            let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(read, expected, "{text}");
        }
    }
}
