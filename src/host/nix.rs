//! Runs Nix to evaluate the user's own configuration and to build the systems that it names.
//!
//! Nix runs as the invoking user, also under sudo: evaluating a configuration means running someone's program.

mod counter;
mod log;

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{
    Gid, Uid, User, getgrouplist, getgroups, getpid, getppid, setegid, seteuid, setgid, setgroups, setuid,
};

pub(crate) use self::counter::Counts;
use self::log::{Line, Log};
use super::scratch::Scratch;
use super::{ending, programs};
use crate::apply::{BuildError, Builder, Built, NixContainer, Source};
use crate::model::path::quote;
use crate::model::{ContainerName, ContainerOption};

/// The Nix that is installed on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Nix {
    /// The user to run it as, unless that is the current one.
    pub user: Option<Invoker>,
    /// Settings that precede those of its files (nix.conf(5)): names and values.
    pub settings: Vec<(String, String)>,
    /// Receives what Nix says while it works.
    pub progress: fn(Said<'_>),
}

/// What Nix says while it works.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said<'a> {
    /// A line of its log, or of a builder's.
    Line(&'a str),
    /// How far it is.
    Counted(Counts),
}

/// The user who ran sudo (sudo(8): `SUDO_UID`, `SUDO_GID`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invoker {
    /// The user ID.
    pub uid: u32,
    /// The group ID.
    pub gid: u32,
    /// The home directory.
    pub home: PathBuf,
}

impl Invoker {
    /// The user who ran sudo, unless that is root.
    pub(crate) fn from_environment() -> Option<Self> {
        let id = |name: &str| std::env::var(name).ok()?.parse().ok();
        let (uid, gid) = (id("SUDO_UID")?, id("SUDO_GID")?);
        if uid == 0 || !nix::unistd::geteuid().is_root() {
            return None;
        }
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid)).ok().flatten()?;
        Some(Self { uid, gid, home: user.dir })
    }

    /// All groups of the user.
    fn groups(&self) -> nix::Result<Vec<Gid>> {
        let user = User::from_uid(Uid::from_raw(self.uid))?;
        let gid = Gid::from_raw(self.gid);
        match user.and_then(|user| std::ffi::CString::new(user.name).ok()) {
            Some(name) => getgrouplist(&name, gid),
            None => Ok(vec![gid]),
        }
    }

    /// Makes `command` run as this user for good. The groups matter: Nix's daemon may serve only one of them.
    fn drop_to(&self, command: &mut Command) -> nix::Result<()> {
        let (uid, gid, groups) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid), self.groups()?);
        let become_user = move || {
            setgroups(&groups)?;
            setgid(gid)?;
            setuid(uid)?;
            Ok(())
        };
        // SAFETY: between fork and exec it makes three system calls, and allocates nothing.
        unsafe { command.pre_exec(become_user) };
        command.env("HOME", &self.home).env_remove("SUDO_UID").env_remove("SUDO_GID");
        Ok(())
    }

    /// Runs `work` with this user's file permissions, and then restores ours.
    ///
    /// # Errors
    ///
    /// If the kernel refuses to change users.
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> nix::Result<T> {
        let groups = getgroups()?;
        let gid = Gid::from_raw(self.gid);
        setgroups(&self.groups()?)?;
        setegid(gid)?;
        seteuid(Uid::from_raw(self.uid))?;
        let result = work();
        seteuid(Uid::from_raw(0))?;
        setegid(Gid::from_raw(0))?;
        setgroups(&groups)?;
        Ok(result)
    }
}

/// Makes the kernel send `command` a SIGTERM when the thread that starts it ends (PR_SET_PDEATHSIG(2const)), however that
/// ends. Otherwise Nix would go on building for a run that was killed, and would create its symlink again after another run
/// has removed the abandoned directory.
///
/// Call it last: a change of the user clears it.
fn end_with_this_process(command: &mut Command) {
    let this = getpid();
    let bind = move || {
        prctl::set_pdeathsig(Signal::SIGTERM)?;
        // It may have ended before that.
        if getppid() == this { Ok(()) } else { Err(Errno::ESRCH.into()) }
    };
    // SAFETY: between fork and exec it makes two system calls, and allocates nothing.
    unsafe { command.pre_exec(bind) };
}

/// How many of the last lines of output are kept for a diagnostic.
const LOG_LINES: usize = 20;

impl Nix {
    /// Nix as the user who ran sudo, or else as the current one.
    pub(crate) fn as_invoker(settings: Vec<(String, String)>, progress: fn(Said<'_>)) -> Self {
        Self { user: Invoker::from_environment(), settings, progress }
    }

    fn command(&self, arguments: &[OsString]) -> nix::Result<Command> {
        let mut command = Command::new("nix");
        for (name, value) in &self.settings {
            command.args(["--option", name, value]);
        }
        // Last: they add to what the settings enable.
        command.args(["--extra-experimental-features", "nix-command flakes"]).args(arguments).stdin(Stdio::null());
        if let Some(user) = &self.user {
            user.drop_to(&mut command)?;
        }
        end_with_this_process(&mut command);
        Ok(command)
    }

    /// Runs Nix to completion and returns its output. Each line that it logs goes to `progress`.
    fn run(&self, what: &'static str, arguments: &[OsString]) -> Result<Vec<u8>, BuildError> {
        let mut command = self.command(arguments).map_err(|errno| BuildError::Missing { source: errno.into() })?;
        tracing::debug!(?command, "run");
        let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.map_err(|source| BuildError::Missing { source })?;
        let ends_with_us = ending::Process::new(&child);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let progress = self.progress;
        let evaluates = what == "nix eval";
        let log = std::thread::spawn(move || {
            let (mut last, mut error) = (VecDeque::new(), None);
            let (mut log, mut counts) = (Log::default(), Counts::default());
            for line in
                stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).split(b'\n')).map_while(Result::ok)
            {
                let said = log.read(&String::from_utf8_lossy(&line));
                if log.counts() != counts {
                    counts = log.counts();
                    progress(Said::Counted(counts));
                }
                let line = match said {
                    Line::Message(line) => line,
                    Line::Error(what, trace, _) if evaluates => {
                        error = Some(BuildError::Evaluation { error: what, trace });
                        continue;
                    }
                    // It quotes the log of the builder that failed.
                    Line::Error(_, _, whole) => whole,
                    Line::Nothing => continue,
                };
                progress(Said::Line(&line));
                if last.len() == LOG_LINES {
                    last.pop_front();
                }
                last.push_back(line);
            }
            (Vec::from(last), error)
        });
        let mut printed = Vec::new();
        let read = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut printed));
        let (log, error) = log.join().unwrap_or_default();
        let failed = |status: String, log| BuildError::Failed { what, status, log };
        ends_with_us.wait().map_err(|errno| failed(errno.to_string(), log.clone()))?;
        let status = child.wait().map_err(|error| failed(error.to_string(), log.clone()))?;
        read.map_err(|error| failed(error.to_string(), log.clone()))?;
        if status.success() { Ok(printed) } else { Err(error.unwrap_or_else(|| failed(status.to_string(), log))) }
    }
}

/// The arguments with which `nix eval` reads containers from the user's configuration. The file is named, never copied.
/// A flake is named as on a command line, since Nix then evaluates it as purely as for `nixos-rebuild`.
fn reading(source: &Source, names: &[ContainerName]) -> Vec<OsString> {
    let reader = reader(names);
    let Source { file, host, include, overrides, impure } = source;
    let mut arguments: Vec<OsString> = include.iter().flat_map(|entry| ["-I".into(), entry.into()]).collect();
    if *impure || host.is_none() {
        arguments.push("--impure".into());
    }
    match host {
        Some(host) => {
            let directory = file.parent().unwrap_or(file).to_string_lossy();
            arguments.push(format!("{directory}#nixosConfigurations.{}.config.containers", string(host)).into());
            arguments.extend(["--no-write-lock-file".into(), "--apply".into(), reader.into()]);
            for (name, path) in overrides {
                arguments.extend(["--override-input".into(), name.into(), path.into()]);
            }
        }
        None => {
            // A path literal cannot express every file name; a string added to the root path can.
            let file = format!("(/. + {})", string(&file.to_string_lossy()));
            let system = format!("(import <nixpkgs/nixos/lib/eval-config.nix> {{ modules = [ {file} ]; }})");
            arguments.extend(["--expr".into(), format!("({reader}) {system}.config.containers").into()]);
        }
    }
    arguments
}

/// A Nix function that selects what we need to know of some containers from all of them.
fn reader(names: &[ContainerName]) -> String {
    let list = |items: &mut dyn Iterator<Item = &str>| items.map(string).collect::<Vec<_>>().join(" ");
    let names = list(&mut names.iter().map(ContainerName::as_str));
    // `path` is read by itself: Nix must not copy it into the store.
    let options = ContainerOption::ALL.iter().filter(|&&option| option != ContainerOption::Path);
    let options = list(&mut options.map(|option| option.name()));
    format!(
        "containers: let
  read = name: let c = containers.${{name}}; in {{
    inherit name;
    value = {{
      options = builtins.listToAttrs (map (option: {{ name = option; value = c.${{option}}; }})
        (builtins.filter (option: c ? ${{option}}) [ {options} ]));
      derivation = c.path.drvPath or null;
      system = \"${{c.path}}\";
    }};
  }};
in builtins.listToAttrs (map read [ {names} ])"
    )
}

/// Quotes a string in the Nix language.
fn string(text: &str) -> String {
    let quoted = quote(text);
    if quoted.starts_with('"') { quoted.into_owned() } else { format!("\"{quoted}\"") }
}

impl Builder for Nix {
    fn is_installed(&self) -> bool {
        programs::nix()
    }

    fn evaluate(
        &self,
        source: &Source,
        names: &[ContainerName],
    ) -> Result<BTreeMap<ContainerName, NixContainer>, BuildError> {
        let mut arguments: Vec<OsString> =
            ["eval", "--json", "--show-trace", "--log-format", "internal-json"].map(OsString::from).to_vec();
        arguments.extend(reading(source, names));
        let printed = self.run("nix eval", &arguments)?;
        let unexpected = |reason: String| BuildError::Unexpected { reason };
        let mut all: BTreeMap<ContainerName, Printed> =
            serde_json::from_slice(&printed).map_err(|error| unexpected(error.to_string()))?;
        names
            .iter()
            .map(|name| {
                let Printed { options, derivation, system } =
                    all.remove(name).ok_or_else(|| unexpected(format!("`{name}` is missing")))?;
                Ok((name.clone(), NixContainer { options, derivation, system }))
            })
            .collect()
    }

    fn build(&self, containers: &BTreeMap<ContainerName, NixContainer>) -> Result<Built, BuildError> {
        let owner = self.user.as_ref().map(|user| (user.uid, user.gid));
        let scratch = Scratch::new(owner).map_err(|source| BuildError::Directory { source })?;
        let mut arguments: Vec<OsString> =
            ["build", "--log-format", "internal-json", "--out-link"].map(OsString::from).to_vec();
        // The symlinks are garbage collector roots until apply has created lasting ones.
        arguments.push(scratch.path().join("system").into());
        let derivations: Vec<_> =
            containers.values().filter_map(|container| container.derivation.as_ref()).collect();
        arguments.extend(derivations.iter().map(|derivation| format!("{derivation}^out").into()));
        if !derivations.is_empty() {
            self.run("nix build", &arguments)?;
        }
        Ok(Box::new(scratch))
    }
}

/// What `nix eval` prints for a container.
#[derive(serde::Deserialize)]
struct Printed {
    options: serde_json::Value,
    derivation: Option<String>,
    system: PathBuf,
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_program_ends_with_the_thread_that_started_it() {
        let child = std::thread::spawn(|| {
            let mut command = Command::new("sleep");
            end_with_this_process(command.arg("1000"));
            command.spawn().expect("started")
        });
        let status = child.join().expect("no panic").wait().expect("ended");
        assert_eq!(status.signal(), Some(Signal::SIGTERM as i32));
    }

    #[test]
    fn settings_come_before_the_features_that_are_needed() {
        let given = [("experimental-features", "pipe-operators"), ("max-jobs", "2")];
        let settings = given.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let nix = Nix { user: None, settings, progress: |_| {} };
        let command = nix.command(&["eval".into()]).expect("it stays this user's");
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_str().expect("text")).collect();
        let expected =
            "--option experimental-features pipe-operators --option max-jobs 2 --extra-experimental-features";
        assert_eq!(arguments[..7].join(" "), expected);
        assert_eq!(arguments[7..], ["nix-command flakes", "eval"]);
    }

    #[test]
    fn files_and_names_are_quoted_in_the_expression() {
        let name = ContainerName::new("if").expect("a good name");
        let source = |file: &str, host: Option<&str>| Source {
            file: file.into(),
            host: host.map(str::to_owned),
            include: Vec::new(),
            overrides: vec![("nixpkgs".into(), "/n".into())],
            impure: false,
        };
        let texts = |source: &Source| -> Vec<String> {
            let arguments = reading(source, std::slice::from_ref(&name)).into_iter();
            arguments.map(|argument| argument.into_string().expect("text")).collect()
        };
        let arguments = texts(&source("/etc/ni\"xos/${x}.nix", None));
        let [impure, flag, text] = &arguments[..] else { panic!("{arguments:?}") };
        assert_eq!((impure.as_str(), flag.as_str()), ("--impure", "--expr"));
        assert!(text.contains(r#"modules = [ (/. + "/etc/ni\"xos/\${x}.nix") ]"#), "{text}");
        assert!(text.contains(r#"map read [ "if" ]"#), "{text}");
        let arguments = texts(&source("/etc/nixos/flake.nix", Some("a.b")));
        assert_eq!(arguments[0], r#"/etc/nixos#nixosConfigurations."a.b".config.containers"#);
        assert_eq!(arguments[4..], ["--override-input", "nixpkgs", "/n"], "{arguments:?}");
    }
}
