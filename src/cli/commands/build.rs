//! `build`: guest systems through Nix; also the first half of `switch`.

use std::collections::BTreeMap;

use crate::apply::{BuildError, Builder, Built, NixContainer, Source};
use crate::cli::args::{ConfigArgs, LintArgs};
use crate::cli::configuration::Configuration;
use crate::cli::only::{Among, covered, must_be};
use crate::cli::{Outcome, Session, failure, interrupt, progress};
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::nix::{Invoker, Nix};
use crate::lint::silence::without_allowed;
use crate::model::ContainerName;
use crate::model::nix::{CompleteError, complete};
use crate::model::path::OptionPath;
use crate::source::Span;

/// Builds the systems of all containers and prints their store paths.
pub(in crate::cli) fn build(session: &Session<'_>, config: &ConfigArgs, lints: &LintArgs) -> Outcome {
    watch_signals()?;
    let mut configuration = load(session, config)?;
    must_be(session, configuration.manifest.containers.keys(), Among::Configuration)?;
    let warnings = refuse(session, &configuration, lints)?;
    session.terminal.findings(&warnings, session.sources);
    let _built = complete_with_nix(session, &mut configuration)?;
    let names = configuration.manifest.containers.iter().filter(|(name, _)| session.covers(name));
    let lines = names.filter_map(|(name, container)| Some(format!("{name} {}\n", container.path.known()?)));
    session.terminal.result(&lines.collect::<String>());
    Ok(0)
}

/// Looks after signals, so that nothing that is begun outlives us.
pub(in crate::cli) fn watch_signals() -> Result<(), Vec<Diagnostic>> {
    interrupt::watch().map_err(|error| vec![failure(Code::Host, &error)])
}

/// Evaluates as the user who called us (contract §2).
pub(in crate::cli) fn load(session: &Session<'_>, config: &ConfigArgs) -> Result<Configuration, Vec<Diagnostic>> {
    let load = || Configuration::load_for_change(config, session.sources);
    let configuration = match Invoker::from_environment() {
        Some(invoker) => invoker
            .run(load)
            .map_err(|error| vec![failure(Code::Host, &error).help("run it without sudo, or as root itself")])??,
        None => load()?,
    };
    session.terminal.findings(&configuration.findings, session.sources);
    Ok(configuration)
}

/// Gives the warnings about a configuration that may be applied.
///
/// # Errors
///
/// Errors of the model, and what this version does not act on, whatever is allowed; the warnings too.
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

/// The errors of a configuration that is to be applied, and all else that is found in it.
fn verdict(configuration: &Configuration) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let checked = configuration.check();
    let findings = checked.findings.into_iter().chain(checked.unsupported);
    findings.partition(|finding| finding.severity == Severity::Error)
}

/// Takes what is unknown of the containers from Nix, and builds their systems. What is given lives as long as they are
/// to be kept from the garbage collector.
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
        // A manifest names no configuration that Nix could evaluate.
        return Err(configuration.check().unknown);
    }
    let listed: Vec<_> = names.iter().map(ContainerName::as_str).collect();
    let terminal = session.terminal;
    let in_hand = progress::begin(terminal, &format!("evaluating with Nix: {}", listed.join(", ")));
    let nix = Nix { user: Invoker::from_environment(), progress: |line| tracing::info!("{line}") };
    let source = Source {
        file: configuration.file.clone(),
        host: configuration.host.clone(),
        include: configuration.include.clone(),
    };
    let evaluated = nix.evaluate(&source, &names).map_err(|error| failed(configuration, &error))?;
    drop(in_hand);
    contradict_or_complete(configuration, &evaluated)?;
    // Warnings have been printed before Nix was asked.
    let (errors, _) = verdict(configuration);
    if !errors.is_empty() {
        return Err(errors);
    }
    let _in_hand = progress::begin(terminal, &format!("building: {}", listed.join(", ")));
    let built = nix.build(&evaluated).map_err(|error| failed(configuration, &error))?;
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
                    let message =
                        format!("`{option}` is {} here, and {} for Nix", contradiction.shown, contradiction.nix);
                    let diagnostic = Diagnostic::error(Code::Contradiction, message)
                        .help("nothing was changed; please report this, with the configuration");
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

fn failed(configuration: &Configuration, error: &BuildError) -> Vec<Diagnostic> {
    let diagnostic = failure(Code::Program, error);
    match error {
        BuildError::Missing { .. } => {
            let help = "install Nix, or give each container a `path` that is built already";
            // Without Nix what is unknown stays unknown: say what that is.
            let mut findings = configuration.check().unknown;
            findings.push(diagnostic.help(help));
            findings
        }
        BuildError::Failed { log, .. } => {
            let log = log.join("\n");
            vec![if log.trim().is_empty() { diagnostic } else { diagnostic.help(format!("it said:\n{log}")) }]
        }
        BuildError::Unexpected { .. } | BuildError::Folder { .. } => vec![diagnostic],
    }
}
