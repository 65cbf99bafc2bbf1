//! The command line: arguments in, findings and results out, exit codes as the contract has them (§4).
//!
//! Takes: what was typed, the terminal, signals. Gives: an exit code. The only layer that prints, asks and exits; what is
//! to be done is decided in `plan` and done in `apply`.

mod against;
pub mod args;
mod commands;
mod configuration;
mod interrupt;
mod only;
mod table;
mod target;
mod terminal;

use std::process::ExitCode;

use args::{Cli, Command, Global, Internal};
use clap::Parser;
use terminal::Terminal;

use crate::diag::{Code, Diagnostic};
use crate::eval::on_big_stack;
use crate::model::ContainerName;
use crate::source::SourceMap;

/// How a command ends: an exit code, or findings of which the errors failed it.
type Outcome = Result<u8, Vec<Diagnostic>>;

/// What every command works with.
struct Session<'a> {
    global: &'a Global,
    terminal: Terminal,
    sources: &'a SourceMap,
}

impl Session<'_> {
    /// Whether a container may be shown and touched (`--only`).
    fn covers(&self, name: &ContainerName) -> bool {
        self.global.only.is_empty() || self.global.only.contains(name)
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; everything else is an error of usage, which is 1 here and never 2.
            let code = u8::from(error.use_stderr());
            // There is nobody left to tell when even this cannot be printed.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match on_big_stack(move || run(&cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error[internal]: cannot start a thread: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> u8 {
    terminal::start_log(&cli.global);
    let sources = SourceMap::new();
    let session = Session { global: &cli.global, terminal: Terminal::new(&cli.global), sources: &sources };
    match dispatch(&session, &cli.command) {
        Ok(code) => code,
        Err(findings) => {
            session.terminal.findings(&findings, &sources);
            if interrupt::was_asked() { interrupt::EXIT_CODE } else { 1 }
        }
    }
}

fn dispatch(session: &Session<'_>, command: &Command) -> Outcome {
    match command {
        Command::Shell { name } => commands::guest::shell(name),
        Command::Run { name, command } => commands::guest::run(name, command),
        Command::Logs { name, follow } => commands::guest::logs(name, *follow),
        Command::Switch { config, ask, restart, lints, plan: None } => {
            commands::switch::switch(session, config, ask, restart, lints)
        }
        Command::Switch { config, ask, lints, plan: Some(plan), .. } => {
            commands::switch::switch_as_planned(session, config, ask, lints, plan)
        }
        Command::Build { config, lints } => commands::build::build(session, config, lints),
        Command::Plan { config, options, lints } => commands::plan::plan(session, config, options, lints),
        Command::Check { config, deny, format, host, lints } => {
            let how = commands::check::How { deny_warnings: deny.is_some(), format: *format, host: *host };
            commands::check::check(session, config, how, lints)
        }
        Command::Eval { config, expression, .. } if !expression.is_empty() => {
            commands::eval::expression(session, config, expression)
        }
        Command::Eval { config, positions, guest, all_hosts, .. } => {
            let show = commands::eval::Show { positions: *positions, guest: *guest, all_hosts: *all_hosts };
            commands::eval::eval(session, config, show)
        }
        Command::Firewall { config, json } => commands::firewall::firewall(session, config, *json),
        Command::Status { names, json } => commands::status::status(session, names, *json),
        Command::Start(names) => commands::lifecycle::run(session, &names.names, commands::lifecycle::Job::Start),
        Command::Stop(names) => commands::lifecycle::run(session, &names.names, commands::lifecycle::Job::Stop),
        Command::Restart(names) => {
            commands::lifecycle::run(session, &names.names, commands::lifecycle::Job::Restart)
        }
        Command::Kill(names) => commands::lifecycle::run(session, &names.names, commands::lifecycle::Job::Kill),
        Command::InstallBoot => commands::boot::install(session),
        Command::Schema { of } => commands::documents::schema(session, *of),
        Command::Completions { shell } => commands::documents::completions(session, *shell),
        Command::Man { out } => commands::documents::man(session, out.as_deref()),
        Command::Internal(Internal::Launch { name }) => commands::internal::launch(name),
        Command::Internal(Internal::Connect { name, nspawn }) => commands::internal::connect(name, *nspawn),
        Command::Internal(Internal::Cleanup { name }) => commands::internal::cleanup(name),
        Command::Internal(Internal::Boot) => commands::boot::boot(session),
    }
}

/// An error of another layer as a finding: its message, and what lies behind it.
fn failure(code: Code, error: &dyn std::error::Error) -> Diagnostic {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_message = cause.to_string();
        // Some errors repeat their cause.
        if !message.contains(&cause_message) {
            message.push_str(": ");
            message.push_str(&cause_message);
        }
        source = cause.source();
    }
    Diagnostic::error(code, message.replace('\n', " "))
}

/// Fails unless we may change the host.
fn require_root(command: &str) -> Result<(), Vec<Diagnostic>> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let message = format!("`{command}` changes the host, which only root may do");
    Err(vec![Diagnostic::error(Code::Host, message).help(format!("run `sudo container-rebuild {command} …`"))])
}
