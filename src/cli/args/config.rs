//! The configuration or expression that a command evaluates, and how to read it.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// The configuration, and how to read it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration: a NixOS module (FILE.nix), a flake (DIR or DIR#HOST; path:DIR includes files that git does
    /// not track), a directory with a configuration.nix, default.nix or hive.nix, a hive or a set of systems
    /// (FILE.nix#HOST), or a manifest (FILE.json).
    #[arg(value_name = "CONFIG", default_value = "/etc/nixos", value_hint = ValueHint::AnyPath)]
    pub config: String,
    /// Look up `<NAME>` and `<NAME/…>` in PATH before trying NIX_PATH.
    #[arg(short = 'I', value_name = "NAME=PATH", action = clap::ArgAction::Append)]
    pub include: Vec<String>,
    /// Use PATH as the flake input NAME; `A/B` is the input B of the input A.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "PATH"])]
    pub override_input: Vec<String>,
    /// Read only below the top level of the configuration's git repository (or below its directory, without git) and in
    /// the given search paths; ignore the environment.
    #[arg(long, overrides_with = "no_restrict")]
    pub restrict: bool,
    /// Let the configuration read any path.
    #[arg(long, overrides_with = "restrict")]
    pub no_restrict: bool,
    /// Set the Nix setting NAME, if it concerns the language. nix.conf and NIX_CONFIG are read as well.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "VALUE"])]
    pub option: Vec<String>,
    /// Enable exactly these experimental features of Nix.
    #[arg(long, value_name = "FEATURES", action = clap::ArgAction::Append)]
    pub experimental_features: Vec<String>,
    /// Enable these experimental features of Nix in addition.
    #[arg(long, value_name = "FEATURES", action = clap::ArgAction::Append)]
    pub extra_experimental_features: Vec<String>,
    /// Let a flake access the environment, the time, the current system, and files outside of it. Other configurations
    /// always can.
    #[arg(long, conflicts_with = "restrict")]
    pub impure: bool,
    /// Show all calls that led to an error of the evaluation.
    #[arg(long, overrides_with = "no_show_trace")]
    pub show_trace: bool,
    /// Show no calls that led to an error of the evaluation.
    #[arg(long, overrides_with = "show_trace")]
    pub no_show_trace: bool,
    /// Fail if the evaluation needs more memory than this, in MiB. The default is half of the machine's memory, but at
    /// most 8192 (4096 with `--restrict`).
    #[arg(long, value_name = "MIB")]
    pub max_memory: Option<usize>,
    /// Fail if the evaluation takes longer than this, in seconds. The default is 600 (60 with `--restrict`).
    #[arg(long, value_name = "SECONDS")]
    pub max_time: Option<u64>,
}

/// Expressions to evaluate instead of a configuration.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Any expression, as nix-instantiate --eval --strict")]
pub(crate) struct ExpressionArgs {
    /// Evaluate this expression. May be repeated; prints one result per line.
    #[arg(short = 'E', long, value_name = "EXPR", group = "of", conflicts_with_all = ["config", "positions", "keep_going"])]
    pub expr: Vec<String>,
    /// Evaluate the expression in this file (`-` for stdin).
    #[arg(short, long, value_name = "FILE", group = "of", conflicts_with_all = ["config", "positions", "keep_going", "expr"])]
    pub file: Vec<PathBuf>,
    /// Print the value at this attribute path. May be repeated; prints one value per line.
    #[arg(short = 'A', long, value_name = "PATH", requires = "of")]
    pub attr: Vec<String>,
    /// Pass the expression EXPR as the argument NAME to a top-level function.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "EXPR"], requires = "of")]
    pub arg: Vec<String>,
    /// Pass the string STRING as the argument NAME to a top-level function.
    #[arg(long, num_args = 2, action = clap::ArgAction::Append, value_names = ["NAME", "STRING"], requires = "of")]
    pub argstr: Vec<String>,
    /// Print JSON (a configuration is always printed as JSON).
    #[arg(long)]
    pub json: bool,
    /// Fail if function calls nest deeper than this. The default is Nix's setting, or 10000.
    #[arg(long, value_name = "CALLS")]
    pub max_call_depth: Option<u32>,
}

impl ExpressionArgs {
    /// Whether no expression was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.expr.is_empty() && self.file.is_empty()
    }
}
