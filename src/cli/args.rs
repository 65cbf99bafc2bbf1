//! The command line.
//!
//! Each flag is declared once: the parser, the help, the man pages and the completions all come from here. Commands
//! that do not exist yet are absent, not stubs.

mod apply;
mod config;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;

pub(crate) use apply::{ApplyArgs, AskArgs, DegradedArgs, OnDegraded, RestartArgs};
pub(crate) use config::{ConfigArgs, ExpressionArgs};

use super::candidates::containers;
use crate::diag::{Code, Kind};
use crate::model::ContainerName;

/// nixos-rebuild for NixOS containers, without rebuilding the host.
///
/// Evaluates the `containers.<name>` part of a host configuration, compares it with the live host, shows what would
/// change and what each change disrupts, and applies it.
#[derive(Debug, Parser)]
#[command(name = "container-rebuild", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Print more; `-vv` also prints every call of Nix, nft and systemd.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print only errors and results.
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// The format of the log on stderr.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// When to use colours and box-drawing characters (respects NO_COLOR).
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Work on these containers only (comma-separated). Others are neither shown nor changed, and keep their firewall
    /// rules.
    #[arg(long, global = true, value_name = "NAME", value_delimiter = ',', value_parser = container_name,
        add = ArgValueCandidates::new(containers))]
    pub only: Vec<ContainerName>,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line per event, for people.
    Text,
    /// One JSON object per event.
    Json,
}

/// When to use a feature that depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// Only on a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which lints to silence.
#[derive(Debug, Clone, Args)]
pub(crate) struct LintArgs {
    /// Do not report these lints (comma-separated; see docs/lints.md). The comment `# container-rebuild: allow(CODE)`
    /// silences a lint for one line.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = lint_code)]
    pub allow: Vec<Code>,
}

/// What to compare with, and how to show the plan.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanArgs {
    /// Compare with X instead of the live host. X is a file, a directory, DIR#HOST or a manifest if one exists, and a
    /// git revision of CONFIG otherwise (`rev:X` is always a revision).
    #[arg(long, value_name = "X")]
    pub from: Option<String>,
    /// Plan for all hosts of a flake, including hosts that exist on one side only.
    #[arg(long, requires = "from")]
    pub all_hosts: bool,
    /// The output format.
    #[arg(long, value_enum, default_value = "text")]
    pub format: PlanFormat,
    /// Exit with 2 if there are changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How far `switch` would go.
    #[command(flatten)]
    pub restart: RestartArgs,
    /// Also save the plan to this file. `switch --plan FILE` then carries out exactly this plan, or refuses if the host
    /// or the configuration has changed since.
    #[arg(long, value_name = "FILE", conflicts_with = "from", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evaluate, build, show the plan, ask, apply it, and make it the boot generation.
    Switch {
        /// What to switch to, and how.
        #[command(flatten)]
        switch: SwitchArgs,
        /// Carry out exactly the plan that `plan --out FILE` saved, or nothing.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = [
            "config", "include", "override_input", "only", "restart_mode",
        ])]
        plan: Option<PathBuf>,
    },
    /// Like `switch`, but the next boot starts the former generation.
    Test(SwitchArgs),
    /// Build, and make the result the boot generation without changing anything now.
    Boot {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Allow a configuration from another source than the last one, or one that removes more than half of the
        /// containers.
        #[arg(long)]
        allow_remove: bool,
        /// Wait for another process that changes this host, instead of failing.
        #[arg(long)]
        wait: bool,
        /// Which lints to silence.
        #[command(flatten)]
        lints: LintArgs,
    },
    /// List the generations: what was applied to this host, and when.
    Generations {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Go back to the generation before the current one, or to generation N. Builds nothing.
    Rollback {
        /// The generation to go back to.
        #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        number: Option<u32>,
        /// Apply without asking.
        #[arg(short, long)]
        yes: bool,
        /// How to apply the plan.
        #[command(flatten)]
        apply: ApplyArgs,
        /// How far running containers may be disrupted.
        #[command(flatten)]
        restart: RestartArgs,
        /// How to treat degraded guests.
        #[command(flatten)]
        degraded: DegradedArgs,
    },
    /// Keep what a `switch --confirm` in another session has applied.
    Confirm,
    /// Build the guest systems and print their store paths, without applying anything.
    Build {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Which lints to silence.
        #[command(flatten)]
        lints: LintArgs,
    },
    /// Show what `switch` would do, and why.
    #[command(visible_alias = "dry-activate")]
    Plan {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// What to compare with, and how to show the plan.
        #[command(flatten)]
        options: PlanArgs,
        /// Which lints to silence.
        #[command(flatten)]
        lints: LintArgs,
    },
    /// Check a configuration for errors and probable mistakes.
    Check {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Fail on warnings as well as errors (`--deny warnings`).
        #[arg(long, value_enum)]
        deny: Option<Deny>,
        /// The output format.
        #[arg(long, value_enum, default_value = "text")]
        format: CheckFormat,
        /// Also check that this host has the paths and interfaces that the configuration names.
        #[arg(long)]
        host: bool,
        /// Continue after errors, and check everything that evaluates.
        #[arg(long)]
        keep_going: bool,
        /// Apply the certain fixes to the files of the checkout, after showing a diff and asking.
        #[arg(long)]
        fix: bool,
        /// Apply the fixes without asking.
        #[arg(long, requires = "fix")]
        yes: bool,
        /// Which lints to silence.
        #[command(flatten)]
        lints: LintArgs,
    },
    /// Print a configuration as JSON, or the value of any Nix expression.
    Eval {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Add the position where each option is set.
        #[arg(long)]
        positions: bool,
        /// Add the configuration of each guest, as `guest`.
        #[arg(long)]
        guest: bool,
        /// Print all hosts of a flake: `{"hosts": {HOST: …}}`.
        #[arg(long)]
        all_hosts: bool,
        /// Continue after errors: print `{"_error": {…}}` in place of each value that fails, and exit with 1.
        #[arg(long)]
        keep_going: bool,
        /// An expression to evaluate instead.
        #[command(flatten)]
        expression: ExpressionArgs,
    },
    /// Print the nftables ruleset that `switch` would load.
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
        /// Show only these containers.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        names: Vec<ContainerName>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Show them again every SECONDS (2), until interrupted. JSON is printed as one line each time.
        #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
            value_parser = clap::value_parser!(u64).range(1..))]
        watch: Option<u64>,
    },
    /// Start containers and wait until they are up.
    Start(Started),
    /// Stop containers and wait until they have stopped.
    Stop(Names),
    /// Stop and start containers.
    Restart(Started),
    /// Kill all processes of containers immediately.
    Kill(Names),
    /// Delete what removed containers have kept: their roots and Nix profiles.
    Purge {
        /// The containers.
        #[command(flatten)]
        names: Names,
        /// Delete without asking.
        #[arg(short, long)]
        yes: bool,
    },
    /// Open a root shell in a container.
    Shell {
        /// The container.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        name: ContainerName,
    },
    /// Run a command in a container and exit with its exit status.
    Run {
        /// The container.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        name: ContainerName,
        /// The command and its arguments.
        #[arg(value_name = "CMD", required = true, last = true)]
        command: Vec<std::ffi::OsString>,
    },
    /// Run throw-away containers beside this host's, and a shell or CMD in the first
    ///
    /// They are removed when that ends. Names, addresses and ports that this host has already are moved aside. Roots are ephemeral, and no generation is recorded; bind mounts lead to what they name. Exits with the exit
    /// status of the shell or CMD.
    Try {
        /// The configuration.
        #[command(flatten)]
        config: ConfigArgs,
        /// Start the containers without showing the plan and asking.
        #[arg(short, long)]
        yes: bool,
        /// Wait for another process that changes this host, instead of failing.
        #[arg(long)]
        wait: bool,
        /// Which lints to silence.
        #[command(flatten)]
        lints: LintArgs,
        /// The command to run in the first container, and its arguments.
        #[arg(value_name = "CMD", last = true)]
        command: Vec<std::ffi::OsString>,
    },
    /// Show a container's own journal, or the host's journal of its unit
    ///
    /// The journal of a stopped container can be shown if its root is kept.
    Logs {
        /// The container.
        #[arg(value_name = "NAME", value_parser = container_name, add = ArgValueCandidates::new(containers))]
        name: ContainerName,
        /// Keep printing new entries.
        #[arg(short, long)]
        follow: bool,
        /// Show only the last N lines, or `all`.
        #[arg(short = 'n', long, value_name = "N", value_parser = lines)]
        lines: Option<String>,
        /// Show only entries since this time, in a format of journalctl: "2026-01-31 12:00", yesterday, -1h.
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        since: Option<String>,
    },
    /// Install the service that starts the containers when the host boots.
    InstallBoot,
    /// Stop all containers and remove what is ours, but not what they keep
    ///
    /// Their units, rules and files go, and the boot service. Their roots stay, and so do the generations.
    Release {
        /// Release without asking.
        #[arg(short, long)]
        yes: bool,
        /// Wait for another process that changes this host, instead of failing.
        #[arg(long)]
        wait: bool,
    },
    /// Check that this host has what its containers need, now and after the next boot
    ///
    /// Looks at systemd, nft, the program that units call, the boot service, the files of containers, other programs' rules, the last
    /// switch and the NixOS hook. Says for each problem what to do. Changes nothing; fails if there is an error.
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of a document.
    Schema {
        /// The document.
        #[arg(value_enum, default_value = "plan")]
        of: SchemaOf,
    },
    /// Print a shell's completion script.
    ///
    /// The script completes commands, options and the names of this host's containers. For bash, run `source
    /// <(container-rebuild completions bash)`, or add that to ~/.bashrc.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the man page, or write the man pages of all commands.
    Man {
        /// Write one man page per command into this directory.
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// Commands for our systemd units.
    #[command(hide = true, subcommand)]
    Internal(Internal),
}

impl Command {
    /// The configuration arguments of a command that evaluates one.
    pub(crate) fn config(&self) -> Option<&ConfigArgs> {
        match self {
            Self::Switch { switch: SwitchArgs { config, .. }, .. }
            | Self::Test(SwitchArgs { config, .. })
            | Self::Boot { config, .. }
            | Self::Build { config, .. }
            | Self::Plan { config, .. }
            | Self::Check { config, .. }
            | Self::Eval { config, .. }
            | Self::Firewall { config, .. }
            | Self::Try { config, .. } => Some(config),
            _ => None,
        }
    }
}

/// What to switch to, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct SwitchArgs {
    /// The configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Confirmation before changes.
    #[command(flatten)]
    pub ask: AskArgs,
    /// How to apply the plan.
    #[command(flatten)]
    pub apply: ApplyArgs,
    /// How far running containers may be disrupted.
    #[command(flatten)]
    pub restart: RestartArgs,
    /// How to treat degraded guests.
    #[command(flatten)]
    pub degraded: DegradedArgs,
    /// Which lints to silence.
    #[command(flatten)]
    pub lints: LintArgs,
}

/// Names of containers.
#[derive(Debug, Clone, Args)]
pub(crate) struct Names {
    /// The containers.
    #[arg(value_name = "NAME", required = true, value_parser = container_name, add = ArgValueCandidates::new(containers))]
    pub names: Vec<ContainerName>,
}

/// Containers to start.
#[derive(Debug, Clone, Args)]
pub(crate) struct Started {
    /// The containers.
    #[command(flatten)]
    pub names: Names,
    /// How to treat degraded guests.
    #[command(flatten)]
    pub degraded: DegradedArgs,
}

/// Commands for our systemd units. Not a stable interface.
#[derive(Debug, Subcommand)]
pub(crate) enum Internal {
    /// `ExecStart=` of a container: sets it up, and becomes its systemd-nspawn.
    Launch {
        /// The container.
        #[arg(value_parser = container_name)]
        name: ContainerName,
    },
    /// Started by `launch`, beside systemd-nspawn, to set up the network of a guest with private users.
    Connect {
        /// The container.
        #[arg(value_parser = container_name)]
        name: ContainerName,
        /// The process ID of its systemd-nspawn.
        nspawn: u32,
    },
    /// `ExecStopPost=` of a container: removes what it leaves behind.
    Cleanup {
        /// The container.
        #[arg(value_parser = container_name)]
        name: ContainerName,
    },
    /// `ExecStart=` of a service for `[::1]`: becomes systemd-socket-proxyd.
    Proxy {
        /// The address and port of the guest.
        to: std::net::SocketAddr,
    },
    /// Started by a transient timer, if the process is gone that waited for a switch to be confirmed.
    Undo {
        /// The generation to go back to; 0 for no containers.
        former: u32,
    },
    /// `ExecStart=` of the boot service: brings up the boot generation.
    Boot,
    /// `ExecStart=` of the service that our NixOS module declares: brings the host to what its configuration declares.
    Reconcile {
        /// What the host's configuration declares.
        manifest: String,
    },
    /// Run by the activation of a NixOS system: prints what `reconcile` is going to do.
    Plan {
        /// What the host's configuration declares.
        manifest: String,
    },
    /// `ExecStop=` of a unit of our NixOS module, which stops when the module does: hands all containers back to NixOS.
    HandBack,
    /// Runs after the restart of a unit of the host that takes rules or interfaces away: puts them back.
    Restore,
}

/// The output formats of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// The order of the steps as a Graphviz graph.
    Dot,
}

/// The documents that have a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The output of `eval`.
    Manifest,
    /// The output of `plan --format json`.
    Plan,
}

/// The output formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For code scanning services.
    Sarif,
}

/// What `check` treats as errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// Warnings.
    Warnings,
}

fn container_name(text: &str) -> Result<ContainerName, crate::model::NameError> {
    ContainerName::new(text)
}

/// Parses a number of lines as journalctl(1) takes it.
fn lines(text: &str) -> Result<String, String> {
    match text.parse::<u32>() {
        Err(_) if text != "all" => Err(String::from("expected a number, or `all`")),
        _ => Ok(text.to_owned()),
    }
}

/// Parses the code of a lint.
fn lint_code(text: &str) -> Result<Code, String> {
    let lints = || Code::ALL.iter().filter(|code| code.kind() == Kind::Lint);
    lints().find(|code| code.as_str() == text).copied().ok_or_else(|| {
        let names: Vec<_> = lints().map(|code| code.as_str()).collect();
        format!("unknown lint; known lints are {}", names.join(", "))
    })
}
