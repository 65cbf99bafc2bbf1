//! Evaluates a configuration: selects the host, and sets up the files, the search path and the limits.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::configuration::{Configuration, is_manifest};
use super::context::Context;
use super::limits::Limits;
use super::options::ConfigOptions;
use super::target::Target;
use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::{Arena, Evaluator, Settings};
use crate::modules::hosts::Hosts;
use crate::modules::{self, Guests, flake};
use crate::source::{Files, MovedFiles, Tracked};

/// A result about several hosts, and notes about hosts that are partly unknown.
pub type WithNotes<T> = (T, Vec<Diagnostic>);

/// The configuration of one of several hosts, or its errors.
pub type Loaded = Result<Configuration, Vec<Diagnostic>>;

/// Everything needed to evaluate a configuration.
pub(super) struct Reading<'a> {
    pub(super) cx: &'a Context<'a>,
    pub(super) config: &'a ConfigOptions,
    pub(super) target: Target,
    pub(super) files: &'a dyn Files,
    /// The top level of the git work tree that contains it, or its directory.
    pub(super) top: &'a Path,
    /// The tracked files that a flake consists of.
    pub(super) tracked: Option<Tracked>,
    pub(super) search_path: Vec<(String, PathBuf)>,
    pub(super) restricted: bool,
}

impl Reading<'_> {
    /// Evaluates the selected host: the named one, or this machine's, or, if `only` allows it, the only one.
    pub(super) fn one(self, only: bool, guests: Guests<'_>) -> Result<Configuration, Vec<Diagnostic>> {
        if is_manifest(&self.target.file) {
            return Configuration::from_manifest(self.config, self.target.file, self.files);
        }
        let arena = Arena::new();
        let moved = if self.target.flake { Some(self.moved()) } else { None };
        let files = moved.as_ref().map_or(self.files, |moved| moved);
        let mut evaluator = Evaluator::new(&arena, files, self.cx.sources, self.settings());
        self.selected(&mut evaluator, only, guests).map_err(|errors| with_warnings(&mut evaluator, errors))
    }

    fn selected<'e>(
        &self,
        evaluator: &mut Evaluator<'e>,
        only: bool,
        guests: Guests<'_>,
    ) -> Result<Configuration, Vec<Diagnostic>> {
        if self.target.flake {
            let hosts = Hosts::of_flake(evaluator, &self.seen(), &self.overrides())?;
            return self.chosen(evaluator, &hosts, only, guests);
        }
        self.require_no_overrides()?;
        if let Some(hosts) = Hosts::of_file(evaluator, &self.target.file)? {
            return self.chosen(evaluator, &hosts, only, guests);
        }
        if self.target.host.is_some() {
            return Err(vec![*self.target.without_hosts()]);
        }
        let evaluated = modules::evaluate(evaluator, &self.target.file, guests)?;
        Ok(self.configuration(None, evaluated))
    }

    /// Evaluates the selected host among several.
    fn chosen<'e>(
        &self,
        evaluator: &mut Evaluator<'e>,
        hosts: &Hosts<'e>,
        only: bool,
        guests: Guests<'_>,
    ) -> Result<Configuration, Vec<Diagnostic>> {
        if hosts.is_single() {
            if self.target.host.is_some() {
                return Err(vec![*self.target.without_hosts()]);
            }
            let evaluated = hosts.evaluate(evaluator, "", guests)?;
            return Ok(self.configuration(None, evaluated));
        }
        let host = self.target.choose(&hosts.names(evaluator), &self.cx.environment.host_name, only).map_err(
            |diagnostic| {
                let mut findings = vec![*diagnostic];
                findings.extend(hosts.notes(evaluator));
                findings
            },
        )?;
        let mut evaluated = hosts.evaluate(evaluator, &host, guests)?;
        evaluated.findings.extend(hosts.notes(evaluator));
        Ok(self.configuration(Some(host), evaluated))
    }

    /// Evaluates all hosts, with notes about unknown hosts.
    pub(super) fn all(self, guests: bool) -> Result<WithNotes<BTreeMap<String, Loaded>>, Vec<Diagnostic>> {
        let arena = Arena::new();
        let files = self.moved();
        let mut evaluator = Evaluator::new(&arena, self.files_of(&files), self.cx.sources, self.settings());
        let found = self.hosts_of(&mut evaluator).map_err(|errors| with_warnings(&mut evaluator, errors))?;
        let (mut hosts, mut notes) = (BTreeMap::new(), Vec::new());
        for host in found.names(&evaluator) {
            match found.evaluate(&mut evaluator, &host, Guests::all_if(guests)) {
                Ok(evaluated) => {
                    let configuration = self.configuration(Some(host.clone()), evaluated);
                    hosts.insert(host, Ok(configuration));
                }
                // A host that is unknown must not make the others fail.
                Err(found) if found.iter().all(|finding| finding.code == Code::UnknownValue) => {
                    let note = |finding: Diagnostic| Diagnostic {
                        severity: Severity::Note,
                        message: format!("host `{host}`: {}", finding.message),
                        ..finding
                    };
                    notes.extend(found.into_iter().map(note));
                }
                Err(errors) => {
                    hosts.insert(host, Err(with_warnings(&mut evaluator, errors)));
                }
            }
        }
        notes.extend(found.notes(&evaluator));
        notes.extend(evaluator.notes.take_warnings());
        Ok((hosts, notes))
    }

    /// The names of the hosts, with notes about unknown hosts.
    pub(super) fn hosts(self) -> Result<WithNotes<BTreeSet<String>>, Vec<Diagnostic>> {
        let arena = Arena::new();
        let files = self.moved();
        let mut evaluator = Evaluator::new(&arena, self.files_of(&files), self.cx.sources, self.settings());
        let found = self.hosts_of(&mut evaluator)?;
        Ok((found.names(&evaluator).into_iter().collect(), found.notes(&evaluator)))
    }

    /// The files to read. A flake's work tree appears at the store path where Nix would copy it.
    fn files_of<'b>(&'b self, moved: &'b MovedFiles<'_>) -> &'b dyn Files {
        if self.target.flake { moved } else { self.files }
    }

    /// All hosts. An error for a configuration without host names.
    fn hosts_of<'e>(&self, evaluator: &mut Evaluator<'e>) -> Result<Hosts<'e>, Vec<Diagnostic>> {
        if self.target.flake {
            return Hosts::of_flake(evaluator, &self.seen(), &self.overrides());
        }
        self.require_no_overrides()?;
        let hosts = Hosts::of_file(evaluator, &self.target.file)?.filter(|hosts| !hosts.is_single());
        hosts.ok_or_else(|| {
            let message = format!("{} is not a flake, so it has only one host", self.target.file.display());
            vec![Diagnostic::error(Code::Usage, message).help("remove `--all-hosts`")]
        })
    }

    /// Fails on `--override-input` without a flake, which alone has inputs.
    fn require_no_overrides(&self) -> Result<(), Vec<Diagnostic>> {
        let Some((name, _)) = self.overrides().into_iter().next() else { return Ok(()) };
        let message = format!(
            "`--override-input {name}`: {} is not a flake, so it has no inputs",
            self.target.file.display()
        );
        Err(vec![Diagnostic::error(Code::Usage, message).help("use a search path instead: `-I NAME=PATH`")])
    }

    fn configuration(&self, host: Option<String>, evaluated: modules::Evaluated) -> Configuration {
        let how = (self.config, self.cx.environment);
        Configuration::new(how, self.target.file.clone(), host, evaluated)
    }

    fn overrides(&self) -> Vec<(String, PathBuf)> {
        self.config.overrides(self.cx.environment)
    }

    fn settings(&self) -> Settings {
        let limits = Limits::of(self.config, self.cx.environment, self.restricted);
        let settings = Settings {
            search_path: self.search_path.clone(),
            pure: self.is_pure(),
            environment: if self.restricted || self.is_pure() {
                BTreeMap::new()
            } else {
                self.cx.environment.variables.clone()
            },
            unknowns: true,
            keep_going: self.config.keep_going,
            most_memory: limits.memory,
            stop: Some(self.cx.clock.stop_after(limits.seconds)),
            ..Settings::default()
        };
        self.config.nix_settings.apply(settings)
    }

    /// Whether to evaluate purely, as Nix evaluates a flake without `--impure`.
    fn is_pure(&self) -> bool {
        self.target.flake && !self.config.impure
    }

    /// The work tree, at the store path where Nix would copy it.
    fn moved(&self) -> MovedFiles<'_> {
        self.cx.sources.set_root(flake::SOURCE);
        MovedFiles::new(self.files, self.top, flake::SOURCE, self.tracked.clone())
    }

    /// The directory of the flake below that store path.
    fn seen(&self) -> PathBuf {
        let directory = self.target.file.parent().unwrap_or(self.top);
        Path::new(flake::SOURCE).join(directory.strip_prefix(self.top).unwrap_or(Path::new("")))
    }
}

/// The errors that ended an evaluation, after the warnings about the texts that it had read.
fn with_warnings(evaluator: &mut Evaluator<'_>, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    [evaluator.notes.take_warnings(), errors].concat()
}
