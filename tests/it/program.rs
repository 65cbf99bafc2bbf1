//! Runs of the program.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::namespaces;

/// The README's host file.
pub(crate) const EXAMPLE: &str = include_str!("../../examples/wasabi/host.nix");

/// A directory with files, in which the program runs.
pub(crate) struct Directory(tempfile::TempDir);

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) struct CommandOutput {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl fmt::Display for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        writeln!(f, "exit code: {code}")?;
        for (name, text) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !text.is_empty() {
                writeln!(f, "---- {name}")?;
                f.write_str(text)?;
            }
        }
        Ok(())
    }
}

impl Directory {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let this = Self(tempfile::tempdir().expect("a directory"));
        for (path, text) in files {
            let path = this.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
        this
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the program in the directory. Its output has `DIR` in place of the directory's path.
    pub(crate) fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.run_in("", arguments)
    }

    /// Runs the program in a directory below.
    pub(crate) fn run_in(&self, below: &str, arguments: &[&str]) -> CommandOutput {
        let mut program = Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
        self.run_program(program.current_dir(self.path().join(below)), arguments)
    }

    /// Runs the program as an unprivileged user, from a copy that this user can reach.
    pub(crate) fn run_as_nobody(&self, arguments: &[&str]) -> CommandOutput {
        use std::os::unix::fs::PermissionsExt as _;
        use std::os::unix::process::CommandExt as _;
        if !nix::unistd::geteuid().is_root() {
            return self.run(arguments);
        }
        const NOBODY: u32 = 65534;
        let program: PathBuf = self.path().join("container-rebuild");
        std::fs::copy(env!("CARGO_BIN_EXE_container-rebuild"), &program).expect("copied");
        std::fs::set_permissions(self.path(), std::fs::Permissions::from_mode(0o755)).expect("readable");
        self.run_program(Command::new(program).uid(NOBODY).gid(NOBODY).current_dir(self.path()), arguments)
    }

    /// Runs the program as root, for an ordinary user as root of a user namespace. None if there can be none, which was said.
    pub(crate) fn run_as_root(&self, arguments: &[&str]) -> Option<CommandOutput> {
        if nix::unistd::geteuid().is_root() {
            return Some(self.run(arguments));
        }
        let mut command = namespaces::as_root(env!("CARGO_BIN_EXE_container-rebuild"));
        namespaces::are_possible().then(|| self.run_program(command.current_dir(self.path()), arguments))
    }

    fn run_program(&self, command: &mut Command, arguments: &[&str]) -> CommandOutput {
        let command = command.args(arguments).env_clear().env("PATH", "/nonexistent");
        let output = command.stdin(Stdio::null()).output().expect("the program runs");
        let directory = self.path().to_str().expect("UTF-8");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8").replace(directory, "DIR");
        CommandOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Runs the program in a directory with one file, `host.nix`.
pub(crate) fn run(host: &str, arguments: &[&str]) -> CommandOutput {
    Directory::with(&[("host.nix", host)]).run(arguments)
}

/// The example with one part replaced, which must occur in it.
pub(crate) fn example_with(part: &str, by: &str) -> String {
    assert!(EXAMPLE.contains(part), "{part:?} is not in the example");
    EXAMPLE.replace(part, by)
}
