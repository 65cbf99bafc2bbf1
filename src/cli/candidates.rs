//! The names of containers that a shell can complete.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap_complete::engine::CompletionCandidate;

use crate::model::{ContainerName, natural_order};
use crate::render::paths;

/// The containers of this host, according to files that every user may read. Asking systemd would be too slow for a keypress.
pub(super) fn containers() -> Vec<CompletionCandidate> {
    let mut names: Vec<_> = names_in(&[(paths::records(), "json"), (paths::confs(), "conf")]).into_iter().collect();
    names.sort_by(|a, b| natural_order(a.as_str()).cmp(&natural_order(b.as_str())));
    names.into_iter().map(|name| CompletionCandidate::new(name.as_str())).collect()
}

/// The names of files `NAME.EXTENSION` in these directories. Unreadable directories count as empty.
fn names_in(directories: &[(PathBuf, &str)]) -> BTreeSet<ContainerName> {
    let mut names = BTreeSet::new();
    for (directory, extension) in directories {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let file = entry.file_name();
            let file = Path::new(&file);
            let stem = file
                .file_stem()
                .and_then(OsStr::to_str)
                .filter(|_| file.extension() == Some(OsStr::new(extension)));
            names.extend(stem.and_then(|stem| ContainerName::new(stem).ok()));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_named_by_their_files() {
        let top = tempfile::tempdir().expect("a directory");
        for file in
            ["web.conf", "web.json", "a.b.conf", "c10.conf", "c2.conf", ".x.conf", "a_b.conf", "README", "db.conf~"]
        {
            std::fs::write(top.path().join(file), "").expect("a file");
        }
        let directories = [(top.path().to_path_buf(), "conf"), (top.path().join("nowhere"), "conf")];
        let names: Vec<_> = names_in(&directories).into_iter().map(|name| name.to_string()).collect();
        assert_eq!(names, ["a.b", "c10", "c2", "web"]);
    }
}
