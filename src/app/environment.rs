//! What a configuration may learn about this process and its machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// This process and its machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// The environment variables.
    pub variables: BTreeMap<OsString, OsString>,
    /// The current directory; empty if it no longer exists.
    pub directory: PathBuf,
    /// The name of the machine.
    pub host_name: String,
    /// The machine's memory in bytes, or `usize::MAX` if unknown.
    pub memory: usize,
    /// The ID of this process.
    pub process: u32,
}

impl Environment {
    /// The value of a variable. `None` if it is not text.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(std::ffi::OsStr::new(name))?.to_str()
    }

    /// The absolute path without `.` and `..`, resolved lexically as Nix does, without following symlinks.
    pub fn absolute(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        if path.as_os_str().is_empty() {
            return PathBuf::new();
        }
        let mut plain = PathBuf::new();
        for part in self.directory.join(path).components() {
            match part {
                Component::ParentDir => {
                    plain.pop();
                }
                Component::CurDir => {}
                part => plain.push(part),
            }
        }
        plain
    }
}

/// The time.
pub trait Clock {
    /// Seconds since 1970.
    fn now(&self) -> u64;
    /// A flag that is set after that many seconds.
    fn stop_after(&self, seconds: u64) -> Arc<AtomicBool>;
}
