//! Shell completions, which this program computes each time the shell asks.
//!
//! The script that `completions` prints only tells the shell to call us with [`VARIABLE`] set and the typed words after `--`.
//! The parser answers, and [`candidates`](super::candidates) lists the containers of this host. The static scripts of
//! clap_complete do not know the containers, and in bash they fail after the first word if the program's name contains a dash.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use super::args::Cli;

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
