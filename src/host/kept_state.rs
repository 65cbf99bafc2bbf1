//! What a container keeps on the host between its runs: its root, and its part of Nix's profiles and garbage collector
//! roots.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::wipe;
use crate::app::KeptState;
use crate::apply::HostError;
use crate::model::ContainerName;
use crate::render::paths;

/// Measures what the container keeps; `None` if that is nothing.
///
/// # Errors
/// If it cannot be read.
pub(super) fn measure(name: &ContainerName) -> Result<Option<KeptState>, HostError> {
    let mut kept = KeptState::default();
    for directory in directories(name) {
        match fs::symlink_metadata(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            metadata => {
                let device = metadata.map_err(failed("read", &directory))?.dev();
                add(&directory, device, &mut kept).map_err(failed("read", &directory))?;
                kept.directories.push(directory);
            }
        }
    }
    Ok((!kept.directories.is_empty()).then_some(kept))
}

/// Deletes what the container keeps.
///
/// # Errors
/// The first thing that could not be deleted; a mount is one, and stays.
pub(super) fn purge(name: &ContainerName) -> Result<(), HostError> {
    // The root last: without it, the rest would not be found again.
    for directory in directories(name).into_iter().rev() {
        wipe::tree(&directory).or_error().map_err(|(path, source)| HostError::File {
            what: "remove",
            path,
            source,
        })?;
    }
    Ok(())
}

fn directories(name: &ContainerName) -> [PathBuf; 3] {
    [paths::root(name), paths::guest_profiles(name), paths::guest_gc_roots(name)]
}

/// Adds the size of everything below `top` that is on `device`. A guest may change its files meanwhile, and nothing is
/// deleted by what is found here, so paths will do.
fn add(top: &Path, device: u64, kept: &mut KeptState) -> io::Result<()> {
    /// The unit of `st_blocks` (stat(2)).
    const BLOCK: u64 = 512;
    let mut rest = vec![top.to_owned()];
    while let Some(path) = rest.pop() {
        let metadata = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        // Something else is mounted there.
        if metadata.dev() != device {
            continue;
        }
        kept.bytes += metadata.blocks() * BLOCK;
        if metadata.is_dir() {
            for entry in fs::read_dir(&path)? {
                rest.push(entry?.path());
            }
        } else {
            kept.files += 1;
        }
    }
    Ok(())
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HostError {
    move |source| HostError::File { what, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn all_of_it_is_measured_and_deleted_and_nothing_else() {
        empty_host(|| {
            let name = |name: &str| ContainerName::new(name).expect("a good name");
            let (old, other) = (name("old"), name("other"));
            for directory in [paths::root(&old).join("var/lib"), paths::guest_profiles(&old), paths::root(&other)] {
                fs::create_dir_all(directory).expect("a directory");
            }
            fs::write(paths::root(&old).join("var/lib/data"), vec![1; 100_000]).expect("written");
            symlink(paths::root(&other), paths::root(&old).join("var/link")).expect("a symlink");
            let kept = measure(&old).expect("read").expect("there is something");
            assert_eq!(kept.directories, [paths::root(&old), paths::guest_profiles(&old)]);
            assert_eq!(kept.files, 2, "the file and the symlink");
            assert!((100_000..200_000).contains(&kept.bytes), "{kept:?}");
            purge(&old).expect("deleted");
            assert_eq!(measure(&old).expect("read"), None);
            assert!(paths::root(&other).exists());
            purge(&old).expect("nothing to delete");
        });
    }
}
