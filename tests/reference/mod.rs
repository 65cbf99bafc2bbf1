//! The reference Nix: real and unmodified, from Debian unstable, in its own tree (`tests/reference/reference` installs it).

#![allow(dead_code, reason = "each test and benchmark uses its part")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that writes expected results, and that they are compared with. For another one, `make lang-expected` and the
/// like show what changes.
pub(crate) const VERSION: &str = "2.34.8";

/// The location and version of the reference.
pub(crate) struct Reference {
    tree: PathBuf,
    /// The version, such as `2.34.8`.
    pub(crate) version: String,
}

impl Reference {
    /// The reference in the cache.
    ///
    /// # Panics
    /// Panics if it is missing: a comparison that did not happen looks like one without differences.
    #[must_use]
    pub(crate) fn find() -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let cache = variable("CONTAINER_REBUILD_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("container-rebuild")))
            .or_else(|| variable("HOME").map(|home| home.join(".cache/container-rebuild")))
            .expect("HOME is set");
        let mut reference = Self { tree: cache.join("reference/tree"), version: String::new() };
        let output = reference.nix_instantiate(Path::new("/")).arg("--version").output();
        let output = output.unwrap_or_else(|error| panic!("no reference Nix ({error}): run `make reference`"));
        let line = String::from_utf8_lossy(&output.stdout);
        reference.version = line.split_whitespace().last().expect("`nix-instantiate (Nix) VERSION`").to_owned();
        reference
    }

    /// Like [`Self::find`], and of [`VERSION`].
    #[must_use]
    pub(crate) fn of_version() -> Self {
        let reference = Self::find();
        assert_eq!(reference.version, VERSION, "change VERSION for another Nix, and look at what changes");
        reference
    }

    /// `nix-instantiate`, to run in `directory` without a store, configuration, or relevant environment.
    #[must_use]
    pub(crate) fn nix_instantiate(&self, directory: &Path) -> Command {
        let mut command = Command::new(self.tree.join("lib64/ld-linux-x86-64.so.2"));
        command.arg("--library-path").arg(self.tree.join("usr/lib/x86_64-linux-gnu"));
        command.args(["--argv0", "nix-instantiate"]).arg(self.tree.join("usr/bin/nix"));
        command.env_clear().current_dir(directory).env("HOME", "/nonexistent").env("NIX_CONF_DIR", "/nonexistent");
        command.env("NIX_REMOTE", "dummy://").env("NIX_CONFIG", "build-users-group =\nflake-registry =");
        command
    }
}

/// A result file without its first line, which has the version of the Nix that wrote it. `target` writes it anew.
///
/// # Errors
/// The result is from another Nix.
pub(crate) fn result<'a>(stored: &'a str, target: &str) -> Result<&'a str, String> {
    let result = stored.strip_prefix("Nix ").and_then(|text| text.strip_prefix(VERSION)?.strip_prefix('\n'));
    result.ok_or_else(|| format!("the result is not from Nix {VERSION}: run `{target}`"))
}

/// A copy of a directory at a fixed path. Only one can exist on this machine at a time.
pub(crate) struct Mount {
    /// The path of the copy.
    pub(crate) path: PathBuf,
    _lock: File,
}

impl Mount {
    /// Copies `directory` to `path`, once no other process uses that path.
    pub(crate) fn new(directory: &Path, path: &str) -> Self {
        let lock = File::create(format!("{path}.lock")).expect("a lock can be made");
        lock.lock().expect("a lock can be waited for");
        let path = PathBuf::from(path);
        let _ = std::fs::remove_dir_all(&path);
        let status = Command::new("cp").arg("-rT").arg(directory).arg(&path).status();
        assert!(status.is_ok_and(|status| status.success()), "the fixtures can be copied to {}", path.display());
        Self { path, _lock: lock }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // The next copy overwrites whatever remains.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
