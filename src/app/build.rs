//! `build`: builds guest systems. Also the first half of `switch`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::configuration::Configuration;
use super::context::Context;
use super::load::load_for_change;
use super::only::{Scope, covered, require_known};
use super::options::ConfigOptions;
use super::stage::Stage;
use super::ui::Work;
use crate::apply::{BuildError, Builder, Built, Frame, NixContainer, Source};
use crate::diag::{Code, Diagnostic, Label, Severity};
use crate::lint::silence::without_allowed;
use crate::model::ContainerName;
use crate::model::nix::{self, CompleteError};
use crate::model::path::OptionPath;
use crate::source::{Location, Pos, SourceMap, Span};

/// The systems that were built, protected from the garbage collector until this is dropped.
pub struct BuiltSystems {
    /// The system of each container, if known.
    pub systems: BTreeMap<ContainerName, String>,
    _built: Option<Built>,
}

/// Builds the systems of all containers.
///
/// # Errors
///
/// What keeps the configuration from being evaluated, applied or built.
pub fn build(
    cx: &Context<'_>,
    config: &ConfigOptions,
    builder: &dyn Builder,
    allow: &[Code],
) -> Result<BuiltSystems, Vec<Diagnostic>> {
    let mut configuration = load_as_invoker(cx, config)?;
    require_known(cx, configuration.manifest.containers.keys(), Scope::Configuration)?;
    let warnings = refuse(cx, &configuration, allow)?;
    cx.ui.findings(&warnings);
    let built = complete(cx, builder, &mut configuration)?;
    let names = configuration.manifest.containers.iter().filter(|(name, _)| cx.covers(name));
    let systems = names.filter_map(|(name, container)| Some((name.clone(), container.path.known()?.clone())));
    Ok(BuiltSystems { systems: systems.collect(), _built: built })
}

/// Evaluates the configuration as the user who ran sudo (contract §2), and shows what that finds.
pub(super) fn load_as_invoker(cx: &Context<'_>, config: &ConfigOptions) -> Result<Configuration, Vec<Diagnostic>> {
    let mut loaded = None;
    cx.disk.as_invoker(&mut || loaded = Some(load_for_change(cx, config))).map_err(|error| {
        vec![Diagnostic::caused_by(Code::Host, &*error).help("run it without sudo, or in a root shell")]
    })?;
    let configuration = loaded.expect("it was loaded, or an error was returned")?;
    cx.ui.findings(&configuration.findings);
    Ok(configuration)
}

/// Returns the warnings about a configuration that can be applied.
///
/// # Errors
///
/// Errors of the model, and options that this version does not support, regardless of `allow`; the warnings as well.
pub(super) fn refuse(
    cx: &Context<'_>,
    configuration: &Configuration,
    allow: &[Code],
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let (errors, warnings) = verdict(configuration);
    let warnings = covered(cx, configuration, warnings);
    let warnings = without_allowed(warnings, allow, cx.sources);
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

/// Has the builder evaluate the containers with unknown options, and build their systems.
///
/// The result protects the systems from the garbage collector until it is dropped.
pub(super) fn complete(
    cx: &Context<'_>,
    builder: &dyn Builder,
    configuration: &mut Configuration,
) -> Result<Option<Built>, Vec<Diagnostic>> {
    let unknown = configuration.unknown_containers();
    let names: Vec<ContainerName> = unknown.into_iter().filter(|name| cx.covers(name)).collect();
    if names.is_empty() {
        return Ok(None);
    }
    if configuration.is_manifest() {
        // A manifest does not name a configuration that Nix could evaluate.
        return Err(configuration.check().unknown);
    }
    let _stage = Stage::Build.begin();
    let ongoing = cx.ui.begin(Work::Together("evaluating with Nix", &names));
    let source = Source {
        file: configuration.file.clone(),
        host: configuration.host.clone(),
        include: configuration.include.clone(),
        overrides: configuration.overrides.clone(),
        impure: configuration.impure,
    };
    let evaluated = builder.evaluate(&source, &names).map_err(|error| failed(configuration, cx.sources, &error))?;
    drop(ongoing);
    contradict_or_complete(configuration, &evaluated)?;
    // The warnings were printed before Nix ran.
    let (errors, _) = verdict(configuration);
    if !errors.is_empty() {
        return Err(errors);
    }
    let _ongoing = cx.ui.begin(Work::Together("building", &names));
    let built = builder.build(&evaluated).map_err(|error| failed(configuration, cx.sources, &error))?;
    Ok(Some(built))
}

fn contradict_or_complete(
    configuration: &mut Configuration,
    evaluated: &BTreeMap<ContainerName, NixContainer>,
) -> Result<(), Vec<Diagnostic>> {
    let mut findings = Vec::new();
    for (name, evaluated) in evaluated {
        let Some(container) = configuration.manifest.containers.get_mut(name) else { continue };
        match nix::complete(container, &evaluated.options, &evaluated.system.to_string_lossy()) {
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
            Err(error) => findings.push(Diagnostic::caused_by(Code::Internal, &error)),
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn failed(configuration: &Configuration, sources: &SourceMap, error: &BuildError) -> Vec<Diagnostic> {
    let diagnostic = Diagnostic::caused_by(Code::Program, error);
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
pub(super) fn obstacle(cx: &Context<'_>, builder: &dyn Builder, configuration: &Configuration) -> Vec<Diagnostic> {
    let needs_nix = configuration.unknown_containers().iter().any(|name| cx.covers(name));
    if !needs_nix || builder.is_installed() {
        return Vec::new();
    }
    let error = BuildError::Missing { source: std::io::ErrorKind::NotFound.into() };
    no_nix(configuration, Diagnostic::caused_by(Code::Program, &error))
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
