//! The unit that our NixOS module declares for a container, and our drop-in for it.
//!
//! Such a unit lies below `/etc/systemd/system`, as NixOS's own does, and outranks the one that we write. So we write that, and
//! the same again as a drop-in. Where the host drops the unit, ours takes its place, and nothing changes for the guest.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::atomic_file;
use crate::model::ContainerName;
use crate::render::{paths, unit};

/// A file that could not be written or removed.
type Failed = (PathBuf, io::Error);

/// Whether the host declares the unit of this container through our module.
pub(super) fn declares(name: &ContainerName) -> bool {
    fs::read_to_string(paths::outranking_unit(name)).is_ok_and(|text| unit::is_of_hook(&text))
}

/// Whether the drop-in has the same effect as our unit of this text: it exists where the host declares one, and nowhere else.
pub(super) fn follows(name: &ContainerName, text: &str) -> bool {
    let there = fs::read_to_string(paths::drop_in(name)).ok();
    there == declares(name).then(|| unit::drop_in(text))
}

/// The text of our unit, if the drop-in has the same effect.
pub(super) fn text(name: &ContainerName) -> Option<String> {
    fs::read_to_string(paths::unit(name)).ok().filter(|text| follows(name, text))
}

/// Makes the drop-in follow our unit of this text.
///
/// # Errors
///
/// If it cannot be written or removed.
pub(super) fn follow(name: &ContainerName, text: &str) -> Result<(), Failed> {
    if !declares(name) {
        return remove(name);
    }
    let path = paths::drop_in(name);
    atomic_file::write(&path, unit::drop_in(text).as_bytes(), 0o644).map_err(|error| (path, error))
}

/// Removes the drop-in.
///
/// # Errors
///
/// If it cannot be removed.
pub(super) fn remove(name: &ContainerName) -> Result<(), Failed> {
    let path = paths::drop_in(name);
    atomic_file::remove(&path).map_err(|error| (path.clone(), error))?;
    if let Some(directory) = path.parent() {
        // A killed run may have left a part of one, and others may have drop-ins there.
        _ = atomic_file::remove_remains(directory);
        _ = fs::remove_dir(directory);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{Host, files};
    use crate::host::launch::tests::record;
    use crate::host::linux::Linux;
    use crate::host::netns::tests::empty_host;
    use crate::model::spec::Network;

    #[test]
    fn the_drop_in_comes_and_goes_with_the_unit_that_the_host_declares() {
        empty_host(|| {
            let record = record("web", Network::Host);
            let (name, files) = (&record.spec.name, files(&record));
            let is_unread = || paths::unread_units().join("web").exists();
            let install = || {
                _ = fs::remove_file(paths::unread_units().join("web"));
                Linux::new().install(name, &files).expect("installed");
                (paths::drop_in(name).exists(), is_unread())
            };
            assert_eq!(install(), (false, true));
            assert_eq!(install(), (false, false), "nothing has changed");
            let declared = paths::outranking_unit(name);
            fs::create_dir_all(paths::NATIVE_UNITS).expect("made");
            fs::write(&declared, "[Unit]\nX-ContainerRebuild=hook\n").expect("written");
            assert_eq!(text(name), None, "it has no effect yet");
            assert_eq!(install(), (true, true));
            assert_eq!(text(name).as_ref(), Some(&files.unit));
            assert_eq!(install(), (true, false));
            fs::write(paths::drop_in(name), "[Service]\n").expect("edited");
            assert_eq!((text(name), install()), (None, (true, true)));
            fs::remove_file(&declared).expect("removed");
            assert_eq!(install(), (false, true));
            assert!(!paths::drop_in(name).parent().expect("a directory").exists());
            fs::write(&declared, "[Unit]\nX-ContainerRebuild=hook\n").expect("written");
            install();
            Linux::new().uninstall(name).expect("removed");
            assert!(!paths::drop_in(name).exists() && declared.exists());
        });
    }
}
