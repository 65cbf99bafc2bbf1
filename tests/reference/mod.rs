//! The Nix that the evaluator is compared with: real, unmodified, of Debian unstable, in a tree of its own
//! (`tests/reference/reference` brings it).

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where it is, and which version.
pub(crate) struct Reference {
    tree: PathBuf,
    /// As `2.34.8`.
    pub(crate) version: String,
}

impl Reference {
    /// The one in the cache.
    ///
    /// # Panics
    /// Where there is none: a comparison that did not take place looks like one that found no difference.
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

    /// `nix-instantiate`, to be run in `folder`: no store, no configuration, no environment that matters.
    #[must_use]
    pub(crate) fn nix_instantiate(&self, folder: &Path) -> Command {
        let mut command = Command::new(self.tree.join("lib64/ld-linux-x86-64.so.2"));
        command.arg("--library-path").arg(self.tree.join("usr/lib/x86_64-linux-gnu"));
        command.args(["--argv0", "nix-instantiate"]).arg(self.tree.join("usr/bin/nix"));
        command.env_clear().current_dir(folder).env("HOME", "/nonexistent").env("NIX_CONF_DIR", "/nonexistent");
        command.env("NIX_REMOTE", "dummy://").env("NIX_CONFIG", "build-users-group =\nflake-registry =");
        command
    }
}
