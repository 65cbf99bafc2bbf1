//! The context of every command.

use std::any::Any;
use std::time::Duration;

use super::args::{ConfigArgs, Global};
use super::interrupt;
use super::output::{self, Stream};
use super::progress;
use super::steps::Followed;
use super::terminal::Terminal;
use crate::app::{ConfigOptions, Context, Environment, NixSettings, Run, Ui, Work};
use crate::diag::{Code, Diagnostic};
use crate::host::disk::RealDisk;
use crate::host::process::SystemClock;
use crate::plan::{Plan, show};
use crate::source::SourceMap;

/// The result of a command: an exit code, or the findings that made it fail.
pub(super) type Outcome = Result<u8, Vec<Diagnostic>>;

/// The context of every command.
#[derive(Clone, Copy)]
pub(super) struct Session<'a> {
    pub(super) global: &'a Global,
    pub(super) terminal: Terminal,
    pub(super) sources: &'a SourceMap,
    pub(super) environment: &'a Environment,
    /// The language settings, for a command that evaluates a configuration.
    pub(super) nix_settings: &'a NixSettings,
}

impl Session<'_> {
    /// The context of a workflow that this session follows.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            environment: self.environment,
            disk: &RealDisk,
            clock: &SystemClock,
            sources: self.sources,
            only: &self.global.only,
            ui: self,
        }
    }

    /// How to draw a plan.
    pub(super) fn style(&self) -> show::Style {
        let fancy = self.terminal.fancy_results;
        show::Style { colour: fancy, unicode: fancy, rules: self.global.verbose > 0 }
    }

    /// The configuration that the arguments name.
    pub(super) fn config(&self, args: &ConfigArgs) -> ConfigOptions {
        let pairs = args.override_input.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        ConfigOptions {
            config: args.config.clone(),
            include: args.include.clone(),
            override_input: pairs.collect(),
            restrict: args.restrict,
            no_restrict: args.no_restrict,
            impure: args.impure,
            max_memory: args.max_memory,
            max_time: args.max_time,
            keep_going: false,
            nix_settings: self.nix_settings.clone(),
        }
    }
}

impl Ui for Session<'_> {
    fn findings(&self, findings: &[Diagnostic]) {
        self.terminal.findings(findings, self.sources);
    }

    fn headings(&self, findings: &[Diagnostic]) {
        self.terminal.headings(findings, self.sources);
    }

    fn progress(&self, line: &str) {
        self.terminal.progress(line);
    }

    fn begin(&self, work: Work<'_>) -> Box<dyn Any + Send> {
        Box::new(progress::begin(self.terminal, work))
    }

    fn plan(&self, plan: &Plan) {
        self.terminal.result(&show::text(plan, self.style()));
    }

    fn diff(&self, diff: &str) {
        self.terminal.result(diff);
    }

    fn stop_waiting(&self) {
        output::stop_blocking();
    }

    fn consent(&self, question: &str) -> Result<bool, Vec<Diagnostic>> {
        if !output::lost(Stream::Results).is_nothing() {
            let message = "could not show what would be done, so nothing was changed";
            let finding = Diagnostic::error(Code::Output, message);
            return Err(vec![finding.help("add `--yes` to do it without reading that")]);
        }
        self.terminal.ask(question).ok_or_else(|| {
            let message = "cannot ask for confirmation without a terminal, so nothing was changed";
            vec![Diagnostic::error(Code::Usage, message).help("add `--yes` to do this without being asked")]
        })
    }

    fn confirmation(&self, limit: Duration, is_given: &dyn Fn() -> bool) -> bool {
        let within = format!("{} s", limit.as_secs());
        self.terminal.progress(&format!(
            "Waiting {within} for a confirmation: answer here, or run `container-rebuild confirm` elsewhere."
        ));
        let is_answered = || is_given() || interrupt::is_asked();
        let answer = self.terminal.ask_until("Keep it?", limit, &is_answered);
        is_given() || (answer == Some(true) && !interrupt::is_asked())
    }

    fn hold(&self) -> Box<dyn Run> {
        Box::new(Followed::hold(self.terminal))
    }
}

/// Fails unless we run as root.
pub(super) fn require_root(command: &str) -> Result<(), Vec<Diagnostic>> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let message = format!("`{command}` must run as root");
    Err(vec![Diagnostic::error(Code::Host, message).help(format!("run `sudo container-rebuild {command} …`"))])
}
