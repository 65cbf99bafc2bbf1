//! Paths as text: Nix normalizes them without following symlinks.

use std::path::{Component, Path, PathBuf};

/// The text of a path value. A file that comes with Nix (`<nix/fetchurl.nix>`) has no leading slash, and appears to be
/// at the root.
pub(super) fn path_text(path: &[u8]) -> &[u8] {
    let own = path.strip_prefix(b"<nix").and_then(|path| path.strip_suffix(b">"));
    own.unwrap_or(path)
}

/// Removes `.` and `..` from a path as text, ignoring symlinks (Nix's `CanonPath`).
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => out.push(name),
            Component::ParentDir => {
                out.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    out
}

/// `joined` without `.` and `..`, or `own` if that is absolute.
pub(crate) fn normal_path(joined: &str, own: &str) -> String {
    let path = if own.starts_with('/') { own } else { joined };
    normalise(Path::new(path)).to_string_lossy().into_owned()
}
