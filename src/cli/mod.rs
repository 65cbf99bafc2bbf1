//! The command line: arguments in, results and findings out, and the exit codes of the contract (§4).
//!
//! Takes: arguments, the terminal, signals. Gives: an exit code. This is the only layer that prints, asks and exits.
//! What a command does is in `app`.

pub(crate) mod args;
mod board;
mod candidates;
mod commands;
mod completion;
mod interrupt;
mod live;
mod log;
mod output;
mod progress;
mod screen;
mod session;
mod steps;
mod table;
mod tally;
mod terminal;

use std::process::ExitCode;
use std::time::Duration;

use args::{Cli, Command, ConfigArgs, Internal, OnDegraded, Started};
use clap::Parser;
use output::Stream;
use session::{Outcome, Session};
use terminal::Terminal;
use tracing::Level;

use crate::app::{ConfigOptions, Environment, Job, JournalOptions, NixSettings, Show};
use crate::diag::render::TraceStyle;
use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::on_big_stack;
use crate::host::files::RealFiles;
use crate::host::process;
use crate::source::SourceMap;
use crate::state::Activation;

/// Runs the program.
pub fn main() -> ExitCode {
    terminal::catch_panics();
    if let Some(code) = completion::answer() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let code = on_big_stack(move || run(&cli)).unwrap_or_else(|error| {
        output::line(Level::ERROR, &format!("error[internal]: cannot start a thread: {error}"));
        1
    });
    output::finish();
    ExitCode::from(code)
}

/// Prints the message of the parser. Help and version are results; anything else is a usage error, with exit code 1 and not
/// clap's 2.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match error.print() {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                let message = "error[output]: cannot write the output";
                output::line(Level::ERROR, &format!("{message}: {error}"));
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        };
    }
    // The options are not parsed yet, but programs that pass this one expect JSON even for usage errors.
    let words: Vec<_> = std::env::args_os().collect();
    let is_json = |pair: &[std::ffi::OsString]| pair[0] == "--log-format" && pair[1] == "json";
    if words.windows(2).any(is_json) || words.iter().any(|word| word == "--log-format=json") {
        output::use_json();
        output::line(Level::ERROR, error.render().to_string().trim_end());
    } else {
        // If even this cannot be printed, there is nowhere to report it.
        _ = error.print();
    }
    ExitCode::FAILURE
}

/// The stream of a command's result, without which it has failed. `None` for commands whose result is a change of the host.
fn result(command: &Command) -> Option<Stream> {
    match command {
        Command::Switch { .. }
        | Command::Test(_)
        | Command::Boot { .. }
        | Command::Rollback { .. }
        | Command::Confirm
        | Command::Purge { .. }
        | Command::Start(_)
        | Command::Stop(_)
        | Command::Restart(_)
        | Command::Kill(_)
        | Command::InstallBoot
        | Command::Release { .. }
        | Command::Internal(_) => None,
        Command::Check { format: args::CheckFormat::Text, .. } => Some(Stream::Messages),
        _ => Some(Stream::Results),
    }
}

/// The finding about a result that could not be written: an error if the result is the purpose of the command, and a warning
/// otherwise. A reader that has left is neither.
fn unwritten(command: &Command) -> Option<Diagnostic> {
    output::finish();
    let result = result(command);
    let errno = output::lost(result.unwrap_or(Stream::Results)).failed?;
    let message = format!("cannot write the output: {}", errno.desc());
    Some(match result {
        Some(_) => Diagnostic::error(Code::Output, message),
        None => Diagnostic::warning(Code::Output, message),
    })
}

fn run(cli: &Cli) -> u8 {
    terminal::start_log(&cli.global);
    let sources = SourceMap::new();
    let environment = process::environment();
    let mut terminal = Terminal::new(&cli.global);
    if terminal.can_change {
        live::start(terminal.style.color);
    }
    let mut nix_settings = NixSettings::default();
    if let Some(config) = cli.command.config() {
        match (config.show_trace, config.no_show_trace) {
            (true, _) => terminal.style.trace = TraceStyle::Full,
            (_, true) => terminal.style.trace = TraceStyle::None,
            (false, false) => {}
        }
        nix_settings = language(config, &environment);
        let warning = |message: &String| Diagnostic::warning(Code::NixSetting, message.clone());
        let warnings: Vec<_> = nix_settings.warnings.iter().map(warning).collect();
        terminal.findings(&warnings, &sources);
    }
    let (global, environment, nix_settings) = (&cli.global, &environment, &nix_settings);
    let session = Session { global, terminal, sources: &sources, environment, nix_settings };
    let code = match dispatch(&session, &cli.command) {
        Ok(code) => code,
        Err(findings) => {
            session.terminal.findings(&findings, &sources);
            if interrupt::was_asked() { interrupt::EXIT_CODE } else { 1 }
        }
    };
    match unwritten(&cli.command) {
        Some(finding) => {
            let has_failed = finding.severity == Severity::Error && matches!(code, 0 | 2);
            session.terminal.findings(&[finding], &sources);
            if has_failed { 1 } else { code }
        }
        None => code,
    }
}

/// The settings of the language, from these arguments, nix.conf and `NIX_CONFIG`.
fn language(config: &ConfigArgs, environment: &Environment) -> NixSettings {
    let options = config.option.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
    let named = |name: &'static str, values: &[String]| -> Vec<_> {
        values.iter().map(|value| (name.to_owned(), value.clone())).collect()
    };
    let features = named("experimental-features", &config.experimental_features);
    let more = named("extra-experimental-features", &config.extra_experimental_features);
    let given = options.chain(features).chain(more).collect();
    NixSettings::load(given, environment, &RealFiles, config.restrict)
}

fn dispatch(session: &Session<'_>, command: &Command) -> Outcome {
    match command {
        Command::Shell { name } => commands::guest::shell(name),
        Command::Run { name, command } => commands::guest::run(name, command),
        Command::Logs { name, follow, lines, since } => {
            let options = JournalOptions { follow: *follow, lines: lines.clone(), since: since.clone() };
            commands::guest::logs(session, name, &options)
        }
        Command::Switch { switch, plan: None } => commands::switch::switch(session, switch, Activation::Switch),
        Command::Switch { switch, plan: Some(plan) } => commands::switch::switch_as_planned(session, switch, plan),
        Command::Test(switch) => commands::switch::switch(session, switch, Activation::Test),
        Command::Boot { config, allow_remove, wait, lints } => {
            commands::switch::boot(session, config, (*allow_remove, *wait), lints)
        }
        Command::Generations { json } => commands::generations::generations(session, *json),
        Command::Rollback { number, yes, apply, restart, degraded } => {
            commands::generations::rollback(session, *number, (*yes, apply), restart, *degraded)
        }
        Command::Confirm => commands::generations::confirm(session),
        Command::Build { config, lints } => commands::build::build(session, config, lints),
        Command::Plan { config, options, lints } => commands::plan::plan(session, config, options, lints),
        Command::Check { config, deny, format, host, keep_going, fix, yes, lints } => {
            let config = &ConfigOptions { keep_going: *keep_going, ..session.config(config) };
            let how = commands::check::CheckOptions { deny_warnings: deny.is_some(), format: *format, host: *host };
            match fix {
                true => commands::fix::fix(session, config, how, (*yes, lints)),
                false => commands::check::check(session, config, how, lints),
            }
        }
        Command::Eval { config, expression, .. } if !expression.is_empty() => {
            commands::eval::expression(session, &session.config(config), expression)
        }
        Command::Eval { config, positions, guest, all_hosts, keep_going, .. } => {
            let config = &ConfigOptions { keep_going: *keep_going, ..session.config(config) };
            let show = Show { positions: *positions, guest: *guest, all_hosts: *all_hosts };
            commands::eval::eval(session, config, show)
        }
        Command::Firewall { config, json } => commands::firewall::firewall(session, config, *json),
        Command::Status { names, json, watch: None } => commands::status::status(session, names, *json),
        Command::Status { names, json, watch: Some(seconds) } => {
            commands::status::watch(session, names, *json, Duration::from_secs(*seconds))
        }
        Command::Start(Started { names, degraded }) => {
            commands::lifecycle::run(session, &names.names, Job::Start, degraded.degraded)
        }
        Command::Stop(names) => commands::lifecycle::run(session, &names.names, Job::Stop, OnDegraded::Warn),
        Command::Restart(Started { names, degraded }) => {
            commands::lifecycle::run(session, &names.names, Job::Restart, degraded.degraded)
        }
        Command::Kill(names) => commands::lifecycle::run(session, &names.names, Job::Kill, OnDegraded::Warn),
        Command::Purge { names, yes } => commands::lifecycle::purge(session, &names.names, *yes),
        Command::Try { config, yes, wait, lints, command } => {
            commands::guest::try_out(session, config, (*yes, *wait), lints, command)
        }
        Command::Release { yes, wait } => commands::boot::release(session, (*yes, *wait)),
        Command::InstallBoot => commands::boot::install(session),
        Command::Doctor { json } => commands::doctor::doctor(session, *json),
        Command::Schema { of } => commands::documents::schema(session, *of),
        Command::Completions { shell } => commands::documents::completions(session, *shell),
        Command::Man { out } => commands::documents::man(session, out.as_deref()),
        Command::Internal(Internal::Launch { name }) => commands::internal::launch(name),
        Command::Internal(Internal::Connect { name, nspawn }) => commands::internal::connect(name, *nspawn),
        Command::Internal(Internal::Proxy { to }) => commands::internal::proxy(*to),
        Command::Internal(Internal::Cleanup { name }) => commands::internal::cleanup(name),
        Command::Internal(Internal::Undo { former }) => commands::generations::undo(session, *former),
        Command::Internal(Internal::Boot) => commands::boot::boot(session),
        Command::Internal(Internal::Reconcile { manifest }) => commands::hook::reconcile(session, manifest),
        Command::Internal(Internal::Plan { manifest }) => commands::hook::plan(session, manifest),
        Command::Internal(Internal::HandBack) => commands::hook::hand_back(session),
        Command::Internal(Internal::Restore) => commands::boot::restore(session),
    }
}
