//! What may be typed.
//!
//! One item a flag: parser, help, man page and completions all come from here. Commands that do not exist yet are
//! absent, never stubs.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;

use super::completion::containers;
use super::nix_settings::NixSettings;
use crate::diag::{Code, Kind};
use crate::model::ContainerName;
use crate::plan::RestartMode;

/// What nixos-rebuild is to a NixOS host, for its containers alone.
///
/// Evaluates the `containers.<name>` part of a host configuration, compares it with the live host, shows what would
/// change and what each change disrupts, and applies it.
#[derive(Debug, Parser)]
#[command(name = "container-rebuild", version, max_term_width = 100)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Say more; twice for what is asked of Nix, nft and systemd.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing but errors and results.
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// How the log on stderr is written.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// When to use colours and box characters (NO_COLOR is honoured).
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Work on these containers only (comma-separated): others are neither shown nor touched, and their rules stay.
    #[arg(long, global = true, value_name = "NAME", value_delimiter = ',', value_parser = container_name,
        add = ArgValueCandidates::new(containers))]
    pub only: Vec<ContainerName>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line an event, for people.
    Text,
    /// A JSON object an event.
    Json,
}

/// When to do something that depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The configuration and how it is read.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// A NixOS module (FILE.nix), a flake (DIR or DIR#HOST, `path:` before it to read what git does not track, too), a directory
    /// with configuration.nix, default.nix or hive.nix, a hive or a set of systems (FILE.nix#HOST), or a manifest (FILE.json).
    #[arg(value_name = "CONFIG", default_value = "/etc/nixos", value_hint = ValueHint::AnyPath)]
    pub config: String,
    /// Look up `<NAME>` and `<NAME/…>` in PATH, before NIX_PATH.
    #[arg(short = 'I', value_name = "NAME=PATH", action = clap::ArgAction::Append)]
    pub include: Vec<String>,
    /// Use PATH as the flake's input NAME; `A/B` is the input B of the input A.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "PATH"])]
    pub override_input: Vec<String>,
    /// Read only below the configuration's git top level (else its directory) and in the given search paths; ignore the
    /// environment.
    #[arg(long, overrides_with = "no_restrict")]
    pub restrict: bool,
    /// Read any path that the configuration names.
    #[arg(long, overrides_with = "restrict")]
    pub no_restrict: bool,
    /// Set Nix's setting NAME, as far as it bears on the language; nix.conf and NIX_CONFIG are read, too.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "VALUE"])]
    pub option: Vec<String>,
    /// Enable these experimental features of Nix, and no others.
    #[arg(long, value_name = "FEATURES", action = clap::ArgAction::Append)]
    pub experimental_features: Vec<String>,
    /// Enable these experimental features of Nix, beside those that are set.
    #[arg(long, value_name = "FEATURES", action = clap::ArgAction::Append)]
    pub extra_experimental_features: Vec<String>,
    /// Let a flake see the environment, the time, the system, and files outside of it; other configurations always do.
    #[arg(long, conflicts_with = "restrict")]
    pub impure: bool,
    /// Fail when the evaluation takes more memory than this, in MiB; by default half of what the machine has, and at most 8192
    /// (4096 with `--restrict`).
    #[arg(long, value_name = "MIB")]
    pub max_memory: Option<usize>,
    /// Fail when the evaluation takes longer than this, in seconds; by default 600 (60 with `--restrict`).
    #[arg(long, value_name = "SECONDS")]
    pub max_time: Option<u64>,
    /// Whether what evaluates is read though something else fails: `--keep-going` of the commands that only show.
    #[arg(skip)]
    pub keep_going: bool,
    /// What all of this, nix.conf and NIX_CONFIG say of the language.
    #[arg(skip)]
    pub nix_settings: NixSettings,
}

/// Expressions to evaluate instead of a configuration.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Any expression, as nix-instantiate --eval --strict")]
pub struct ExpressionArgs {
    /// Evaluate this expression; repeat it for several, one result per line.
    #[arg(short = 'E', long, value_name = "EXPR", group = "of", conflicts_with_all = ["config", "positions", "keep_going"])]
    pub expr: Vec<String>,
    /// Evaluate the expression in this file (`-` for standard input).
    #[arg(short, long, value_name = "FILE", group = "of", conflicts_with_all = ["config", "positions", "keep_going", "expr"])]
    pub file: Vec<PathBuf>,
    /// Print the value at this attribute path; repeat it for several, one per line.
    #[arg(short = 'A', long, value_name = "PATH", requires = "of")]
    pub attr: Vec<String>,
    /// Pass the expression EXPR as the argument NAME to functions at the top.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "EXPR"], requires = "of")]
    pub arg: Vec<String>,
    /// Pass the string STRING as the argument NAME to functions at the top.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "STRING"], requires = "of")]
    pub argstr: Vec<String>,
    /// Print JSON (the model of a configuration is always JSON).
    #[arg(long)]
    pub json: bool,
    /// Fail when calls nest deeper than this; 10000 unless Nix's settings say otherwise.
    #[arg(long, value_name = "CALLS")]
    pub max_call_depth: Option<u32>,
}

impl ExpressionArgs {
    /// Whether no expression is asked for.
    pub fn is_empty(&self) -> bool {
        self.expr.is_empty() && self.file.is_empty()
    }
}

/// Whether and how to ask.
#[derive(Debug, Clone, Args)]
pub struct AskArgs {
    /// Apply without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Allow a configuration from another source, or one that removes more than half of the containers.
    #[arg(long)]
    pub allow_remove: bool,
}

/// What is made of guests that run, and of whose units some failed.
#[derive(Debug, Clone, Copy, Args)]
pub struct DegradedArgs {
    /// What it means for the exit status that units of a guest failed. No guest goes back for it.
    #[arg(long, value_enum, value_name = "WHAT", default_value = "warn")]
    pub degraded: OnDegraded,
}

/// `--degraded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnDegraded {
    /// A warning; the exit status is 0.
    Warn,
    /// A warning, and the exit status is 1, unless all of these units had failed before.
    Fail,
}

/// What is not to be reported.
#[derive(Debug, Clone, Args)]
pub struct LintArgs {
    /// Do not report these lints (comma-separated; docs/lints.md lists them). A comment `# container-rebuild: allow(CODE)`
    /// does the same for one line.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = lint_code)]
    pub allow: Vec<Code>,
}

/// What a plan compares with, and how it is shown.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Compare with this instead of the live host: a file, a directory, DIR#HOST or a manifest, else a git revision, in
    /// which CONFIG's own path is read (`rev:X` where a file has the revision's name).
    #[arg(long, value_name = "X")]
    pub from: Option<String>,
    /// Plan for all hosts of a flake, including those that only one side has.
    #[arg(long, requires = "from")]
    pub all_hosts: bool,
    /// How to print the plan.
    #[arg(long, value_enum, default_value = "text")]
    pub format: PlanFormat,
    /// Exit with 2 when there are changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How far switch would go.
    #[command(flatten)]
    pub restart: RestartArgs,
    /// Save the plan to this file, too: `switch --plan FILE` carries out exactly that, or refuses when the host or the
    /// configuration has changed since.
    #[arg(long, value_name = "FILE", conflicts_with = "from", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

/// How far running containers may be disturbed.
#[derive(Debug, Clone, Copy, Args)]
pub struct RestartArgs {
    /// How to bring running containers up to date.
    #[arg(long, value_enum, value_name = "MODE", default_value = "auto")]
    pub restart_mode: RestartModeArg,
}

/// `--restart-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RestartModeArg {
    /// In the way that costs least.
    Auto,
    /// In place or not at all: what needs a restart waits for the next start.
    Reload,
    /// By a restart, even where less would do.
    Restart,
    /// Not at all: every change of a running container waits for its next start.
    Never,
}

impl From<RestartModeArg> for RestartMode {
    fn from(mode: RestartModeArg) -> Self {
        match mode {
            RestartModeArg::Auto => Self::Auto,
            RestartModeArg::Reload => Self::Reload,
            RestartModeArg::Restart => Self::Restart,
            RestartModeArg::Never => Self::Never,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Evaluate, build, show the plan, ask, apply, and make the result the one that boots.
    Switch {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Whether to ask.
        #[command(flatten)]
        ask: AskArgs,
        /// How far to go.
        #[command(flatten)]
        restart: RestartArgs,
        /// Guests that are not well.
        #[command(flatten)]
        degraded: DegradedArgs,
        /// What is not reported.
        #[command(flatten)]
        lints: LintArgs,
        /// Carry out the plan that `plan --out FILE` saved: exactly that, or nothing.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = [
            "config", "include", "override_input", "only", "restart_mode",
        ])]
        plan: Option<PathBuf>,
    },
    /// Build the guest systems and print their store paths; apply nothing.
    Build {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// What is not reported.
        #[command(flatten)]
        lints: LintArgs,
    },
    /// Show what switch would do, and why.
    #[command(visible_alias = "dry-activate")]
    Plan {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// What is compared and how it is shown.
        #[command(flatten)]
        options: PlanArgs,
        /// What is not reported.
        #[command(flatten)]
        lints: LintArgs,
    },
    /// Report everything that is wrong with a configuration.
    Check {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Fail on warnings, too (`--deny warnings`).
        #[arg(long, value_enum)]
        deny: Option<Deny>,
        /// How to print the findings.
        #[arg(long, value_enum, default_value = "text")]
        format: CheckFormat,
        /// Check this host, too: the paths and interfaces that the configuration names.
        #[arg(long)]
        host: bool,
        /// Go on after errors: check what evaluates, too.
        #[arg(long)]
        keep_going: bool,
        /// Do what is certain of the help to the files of the checkout: shows the diff, and asks.
        #[arg(long)]
        fix: bool,
        /// Change the files without asking.
        #[arg(long, requires = "fix")]
        yes: bool,
        /// What is not reported.
        #[command(flatten)]
        lints: LintArgs,
    },
    /// Print the typed model as JSON, or the value of any Nix expression.
    Eval {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Add the position at which each option is set.
        #[arg(long)]
        positions: bool,
        /// Add each guest's own configuration, as `guest`.
        #[arg(long)]
        guest: bool,
        /// Print the models of all hosts of a flake: `{"hosts": {HOST: …}}`.
        #[arg(long)]
        all_hosts: bool,
        /// Go on after errors: print `{"_error": {…}}` in the place of what fails, and all the rest; the exit status is 1.
        #[arg(long)]
        keep_going: bool,
        /// Or an expression.
        #[command(flatten)]
        expression: ExpressionArgs,
    },
    /// Print the nftables ruleset that would be loaded.
    Firewall {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Print JSON for `nft -j -f -` instead of text for `nft -f -`.
        #[arg(long)]
        json: bool,
    },
    /// Show the containers of this host.
    Status {
        /// Show these only.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        names: Vec<ContainerName>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Start containers and wait until they are ready.
    Start(Started),
    /// Stop containers and wait until they are gone.
    Stop(Names),
    /// Stop and start containers.
    Restart(Started),
    /// Kill all processes of containers immediately.
    Kill(Names),
    /// Open a root shell in a container.
    Shell {
        /// The container.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        name: ContainerName,
    },
    /// Run a command in a container and exit with its status.
    Run {
        /// The container.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        name: ContainerName,
        /// The command and its arguments.
        #[arg(value_name = "CMD", required = true, last = true)]
        command: Vec<std::ffi::OsString>,
    },
    /// Show a container's own journal, or what the host's journal has of its unit
    ///
    /// Of a container that does not run, its own journal is shown where its root was kept.
    Logs {
        /// The container.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        name: ContainerName,
        /// Go on as it grows.
        #[arg(short, long)]
        follow: bool,
        /// Show the last lines only: a number, or `all`.
        #[arg(short = 'n', long, value_name = "N", value_parser = lines)]
        lines: Option<String>,
        /// Show what is not older than this, as journalctl takes times: "2026-01-31 12:00", yesterday, -1h.
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        since: Option<String>,
    },
    /// Install the service that brings the containers up when the host boots.
    InstallBoot,
    /// Print the JSON Schema of a document.
    Schema {
        /// The document.
        #[arg(value_enum, default_value = "plan")]
        of: SchemaOf,
    },
    /// Print a shell's completion script.
    ///
    /// It completes commands, options and the names of this host's containers. For bash:
    /// `source <(container-rebuild completions bash)`, by hand or in ~/.bashrc.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the man page, or write the pages of all commands.
    Man {
        /// Write one page per command into this directory.
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// What units call.
    #[command(hide = true, subcommand)]
    Internal(Internal),
}

impl Command {
    /// The configuration that it evaluates, if it does.
    pub fn config_mut(&mut self) -> Option<&mut ConfigArgs> {
        match self {
            Self::Switch { config, .. }
            | Self::Build { config, .. }
            | Self::Plan { config, .. }
            | Self::Check { config, .. }
            | Self::Eval { config, .. }
            | Self::Firewall { config, .. } => Some(config),
            _ => None,
        }
    }
}

/// Names of containers.
#[derive(Debug, Clone, Args)]
pub struct Names {
    /// The containers.
    #[arg(value_name = "NAME", required = true, value_parser = container_name, add = ArgValueCandidates::new(containers))]
    pub names: Vec<ContainerName>,
}

/// Containers that are started.
#[derive(Debug, Clone, Args)]
pub struct Started {
    /// Which ones.
    #[command(flatten)]
    pub names: Names,
    /// Guests that are not well.
    #[command(flatten)]
    pub degraded: DegradedArgs,
}

/// What our units call; no interface for anybody else.
#[derive(Debug, Subcommand)]
pub enum Internal {
    /// `ExecStart=` of a container: becomes its systemd-nspawn.
    Launch {
        /// The container.
        #[arg(value_parser = container_name)]
        name: ContainerName,
    },
    /// What that starts for a guest that waits for its network.
    Connect {
        /// The container.
        #[arg(value_parser = container_name)]
        name: ContainerName,
        /// The process that is its systemd-nspawn.
        nspawn: u32,
    },
    /// `ExecStopPost=` of a container.
    Cleanup {
        /// The container.
        #[arg(value_parser = container_name)]
        name: ContainerName,
    },
    /// `ExecStart=` of the boot service.
    Boot,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// The order of the steps, for Graphviz.
    Dot,
}

/// What a JSON Schema is printed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// What `eval` prints.
    Manifest,
    /// What `plan --format json` prints.
    Plan,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For code review services.
    Sarif,
}

/// What `check` takes for errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings too.
    Warnings,
}

fn container_name(text: &str) -> Result<ContainerName, crate::model::NameError> {
    ContainerName::new(text)
}

/// A number of lines, as journalctl(1) takes it.
fn lines(text: &str) -> Result<String, String> {
    match text.parse::<u32>() {
        Err(_) if text != "all" => Err(String::from("expected a number, or `all`")),
        _ => Ok(text.to_owned()),
    }
}

/// The code of a lint.
fn lint_code(text: &str) -> Result<Code, String> {
    let lints = || Code::ALL.iter().filter(|code| code.kind() == Kind::Lint);
    lints().find(|code| code.as_str() == text).copied().ok_or_else(|| {
        let names: Vec<_> = lints().map(|code| code.as_str()).collect();
        format!("there is no such lint; there are {}", names.join(", "))
    })
}
