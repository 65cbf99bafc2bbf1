//! `build`: builds guest systems with Nix. Also the first half of `switch`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::apply::{BuildError, Builder, Built, Frame, NixContainer, Source};
use crate::cli::args::{ConfigArgs, LintArgs};
use crate::cli::configuration::Configuration;
use crate::cli::only::{Scope, covered, require_known};
use crate::cli::{Outcome, Session, failure, interrupt, progress};
use crate::diag::{Code, Diagnostic, Label, Severity};
use crate::host::nix::{Invoker, Nix};
use crate::host::programs;
use crate::lint::silence::without_allowed;
use crate::model::ContainerName;
use crate::model::nix::{CompleteError, complete};
use crate::model::path::OptionPath;
use crate::source::{Location, Pos, SourceMap, Span};

/// Builds the systems of all containers and prints their store paths.
pub(in crate::cli) fn build(session: &Session<'_>, config: &ConfigArgs, lints: &LintArgs) -> Outcome {
    watch_signals()?;
    let mut configuration = load(session, config)?;
    require_known(session, configuration.manifest.containers.keys(), Scope::Configuration)?;
    let warnings = refuse(session, &configuration, lints)?;
    session.terminal.findings(&warnings, session.sources);
    let _built = complete_with_nix(session, &mut configuration)?;
    let names = configuration.manifest.containers.iter().filter(|(name, _)| session.covers(name));
    let lines = names.filter_map(|(name, container)| Some(format!("{name} {}\n", container.path.known()?)));
    session.terminal.result(&lines.collect::<String>());
    Ok(0)
}

/// Handles signals from now on, so that no child process outlives us.
pub(in crate::cli) fn watch_signals() -> Result<(), Vec<Diagnostic>> {
    interrupt::watch().map_err(|error| vec![failure(Code::Host, &error)])
}

/// Evaluates the configuration as the user who ran sudo (contract §2).
pub(in crate::cli) fn load(session: &Session<'_>, config: &ConfigArgs) -> Result<Configuration, Vec<Diagnostic>> {
    let load = || Configuration::load_for_change(config, session.sources);
    let configuration = match Invoker::from_environment() {
        Some(invoker) => invoker
            .run(load)
            .map_err(|error| vec![failure(Code::Host, &error).help("run it without sudo, or in a root shell")])??,
        None => load()?,
    };
    session.terminal.findings(&configuration.findings, session.sources);
    Ok(configuration)
}

/// Returns the warnings about a configuration that can be applied.
///
/// # Errors
///
/// Errors of the model, and options that this version does not support, regardless of `lints`; the warnings as well.
pub(in crate::cli) fn refuse(
    session: &Session<'_>,
    configuration: &Configuration,
    lints: &LintArgs,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let (errors, warnings) = verdict(configuration);
    let warnings = covered(session, configuration, warnings);
    let warnings = without_allowed(warnings, &lints.allow, session.sources);
    if !errors.is_empty() {
        return Err([errors, warnings].concat());
    }
    Ok(warnings)
}

/// The findings about a configuration to apply, split into errors and the rest.
fn verdict(configuration: &Configuration) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let checked = configuration.check();
    let findings = checked.findings.into_iter().chain(checked.unsupported);
    findings.partition(|finding| finding.severity == Severity::Error)
}

/// Has Nix evaluate the containers with unknown options, and build their systems.
///
/// The result protects the systems from the garbage collector until it is dropped.
pub(in crate::cli) fn complete_with_nix(
    session: &Session<'_>,
    configuration: &mut Configuration,
) -> Result<Option<Box<dyn Built>>, Vec<Diagnostic>> {
    let unknown = configuration.unknown_containers();
    let names: Vec<ContainerName> = unknown.into_iter().filter(|name| session.covers(name)).collect();
    if names.is_empty() {
        return Ok(None);
    }
    if configuration.file.extension().is_some_and(|extension| extension == "json") {
        // A manifest does not name a configuration that Nix could evaluate.
        return Err(configuration.check().unknown);
    }
    let listed: Vec<_> = names.iter().map(ContainerName::as_str).collect();
    let terminal = session.terminal;
    let ongoing = progress::begin(terminal, &format!("evaluating with Nix: {}", listed.join(", ")));
    let nix = Nix { user: Invoker::from_environment(), progress: |line| tracing::info!("{line}") };
    let source = Source {
        file: configuration.file.clone(),
        host: configuration.host.clone(),
        include: configuration.include.clone(),
        overrides: configuration.overrides.clone(),
        impure: configuration.impure,
    };
    let evaluated =
        nix.evaluate(&source, &names).map_err(|error| failed(configuration, session.sources, &error))?;
    drop(ongoing);
    contradict_or_complete(configuration, &evaluated)?;
    // The warnings were printed before Nix ran.
    let (errors, _) = verdict(configuration);
    if !errors.is_empty() {
        return Err(errors);
    }
    let _ongoing = progress::begin(terminal, &format!("building: {}", listed.join(", ")));
    let built = nix.build(&evaluated).map_err(|error| failed(configuration, session.sources, &error))?;
    Ok(Some(built))
}

fn contradict_or_complete(
    configuration: &mut Configuration,
    evaluated: &BTreeMap<ContainerName, NixContainer>,
) -> Result<(), Vec<Diagnostic>> {
    let mut findings = Vec::new();
    for (name, nix) in evaluated {
        let Some(container) = configuration.manifest.containers.get_mut(name) else { continue };
        match complete(container, &nix.options, &nix.system.to_string_lossy()) {
            Ok(complete) => *container = complete,
            Err(CompleteError::Contradictions(contradictions)) => {
                for contradiction in contradictions {
                    let option = OptionPath::new(["containers", name.as_str()].into_iter().map(String::from))
                        .names()
                        .iter()
                        .chain(contradiction.option.names())
                        .cloned()
                        .collect::<OptionPath>();
                    let message = format!(
                        "`{option}` is {} here, but {} according to Nix",
                        contradiction.shown, contradiction.nix
                    );
                    let diagnostic = Diagnostic::error(Code::Contradiction, message)
                        .help("nothing was changed; please report this bug, with the configuration");
                    findings.push(match configuration.spans.nearest(&option) {
                        Some(span) if span != Span::NONE => diagnostic.at(span, ""),
                        _ => diagnostic,
                    });
                }
            }
            Err(error) => findings.push(failure(Code::Internal, &error)),
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn failed(configuration: &Configuration, sources: &SourceMap, error: &BuildError) -> Vec<Diagnostic> {
    let diagnostic = failure(Code::Program, error);
    match error {
        BuildError::Evaluation { error, trace } => vec![not_evaluated(configuration, sources, error, trace)],
        BuildError::Missing { .. } => no_nix(configuration, diagnostic),
        BuildError::Failed { log, .. } => {
            let log = log.join("\n");
            vec![if log.trim().is_empty() {
                diagnostic
            } else {
                diagnostic.help(format!("the log of Nix ends with:\n{log}"))
            }]
        }
        BuildError::Unexpected { .. } | BuildError::Directory { .. } => vec![diagnostic],
    }
}

/// The errors without Nix: the missing program, and each value that stays unknown.
fn no_nix(configuration: &Configuration, diagnostic: Diagnostic) -> Vec<Diagnostic> {
    let help = "install Nix, or set `path` of each container to a system that is already built";
    let mut findings = configuration.check().unknown;
    findings.push(diagnostic.help(help));
    findings
}

/// What will prevent the build, as far as that is known in advance: Nix is needed, but not installed.
pub(super) fn obstacle(session: &Session<'_>, configuration: &Configuration) -> Vec<Diagnostic> {
    let needs_nix = configuration.unknown_containers().iter().any(|name| session.covers(name));
    if !needs_nix || programs::nix() {
        return Vec::new();
    }
    let error = BuildError::Missing { source: std::io::ErrorKind::NotFound.into() };
    no_nix(configuration, failure(Code::Program, &error))
}

/// Converts an evaluation error of Nix, with the positions in the user's files that it names.
///
/// Frames in our own expression and in nixpkgs are left out, since the user did not write them.
fn not_evaluated(configuration: &Configuration, sources: &SourceMap, error: &Frame, trace: &[Frame]) -> Diagnostic {
    let pos = |location: &Location| position(configuration, sources, location);
    let diagnostic =
        Diagnostic::error(Code::Program, format!("Nix cannot evaluate the configuration: {}", error.message));
    let calls = trace.iter().filter_map(|frame| {
        let span = Span::at(pos(frame.at.as_ref()?)?);
        Some(Label { span, text: frame.message.clone() })
    });
    let calls: Vec<_> = calls.collect();
    let mut diagnostic = match (&error.at, error.at.as_ref().and_then(pos), calls.first()) {
        (_, Some(pos), _) => diagnostic.at(Span::at(pos), ""),
        // The error is inside nixpkgs: point at the user's code that led there.
        (_, None, Some(nearest)) => diagnostic.at(nearest.span, nearest.text.clone()),
        (Some(location), None, None) if location.file.starts_with('/') => diagnostic.at_location(location.clone()),
        _ => diagnostic,
    };
    diagnostic.trace = calls;
    diagnostic
}

/// Finds a location that Nix reports in the sources that we read. Nix names the flake's copy in the store.
fn position(configuration: &Configuration, sources: &SourceMap, location: &Location) -> Option<Pos> {
    let path = Path::new(&location.file);
    let in_flake = configuration.host.is_some().then(|| {
        let below: PathBuf = path.strip_prefix("/nix/store").ok()?.components().skip(1).collect();
        Some(configuration.file.parent()?.join(below))
    });
    let paths = [Some(path.to_owned()), in_flake.flatten()];
    let file = sources.files().into_iter().find(|file| paths.iter().flatten().any(|path| file.path == *path))?;
    file.at(location.line, location.column)
}
