//! Shell completions, which this program computes each time the shell asks.
//!
//! The script that `completions` prints only tells the shell to call us with [`VARIABLE`] set and the typed words after `--`.
//! The parser answers, and [`containers`] lists the containers of this host. The static scripts of clap_complete do
//! not know the
//! containers, and in bash they fail after the first word if the program's name contains a dash.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::CompleteEnv;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::Shells;

use super::args::Cli;
use crate::model::{ContainerName, natural_order};
use crate::render::paths;

/// Not `COMPLETE`, clap_complete's default: another program may set that, and it must not keep a switch from running.
const VARIABLE: &str = "CONTAINER_REBUILD_COMPLETE";
const PROGRAM: &str = "container-rebuild";

/// Answers a shell that asks for completions; `None` in any other run. Must be called first, since it changes the environment.
pub(super) fn answer() -> Option<ExitCode> {
    let here = std::env::current_dir().ok();
    match CompleteEnv::with_factory(Cli::command).var(VARIABLE).try_complete(std::env::args_os(), here.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        // The shell discards this, but a user who calls us by hand sees it.
        Err(error) => {
            let _ = error.print();
            Some(ExitCode::FAILURE)
        }
    }
}

/// The completion script of `shell`.
///
/// # Errors
///
/// Fails if the script cannot be written.
pub(super) fn script(shell: clap_complete::Shell) -> std::io::Result<Vec<u8>> {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let completer =
        shells.completer(&name).ok_or_else(|| std::io::Error::other(format!("no completions for {name}")))?;
    let mut text = Vec::new();
    completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut text)?;
    Ok(text)
}

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
