//! `eval`: prints the typed model as JSON, or the value of any Nix expression as Nix prints it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::failed;
use crate::app::{
    self, Clock as _, ConfigOptions, Configuration, Environment, Limits, Scope, covered, require_known,
};
use crate::cli::args::ExpressionArgs;
use crate::cli::output;
use crate::cli::session::{Outcome, Session};
use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::{Arena, EvalResult, Evaluator, Settings, Value};
use crate::host::disk::RealDisk;
use crate::host::files::{RealFiles, RestrictedFiles};
use crate::host::process::SystemClock;
use crate::model::path::OptionPath;
use crate::model::places::Places;
use crate::model::{ContainerName, GUEST_KEY, Manifest};
use crate::modules::Guests;
use crate::source::{Files, Pos};

/// Which parts of a configuration `eval` prints.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Show {
    /// The position of each option.
    pub(in crate::cli) positions: bool,
    /// The guests' own options.
    pub(in crate::cli) guest: bool,
    /// All hosts of the flake.
    pub(in crate::cli) all_hosts: bool,
}

/// A model in the form that is printed.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Model(Box<Manifest>),
    /// The model as JSON, with additions.
    More(serde_json::Value),
}

/// Prints the model, or the models of all hosts. With `--keep-going`, exits with 1 if part of them failed.
pub(in crate::cli) fn eval(session: &Session<'_>, config: &ConfigOptions, show: Show) -> Outcome {
    let sources = session.sources;
    let mut has_failed = false;
    // The output for a configuration that fails as a whole.
    let wrong = |errors: &[Diagnostic]| {
        session.terminal.findings(errors, sources);
        Shown::More(failed::whole(errors, sources))
    };
    let json = if show.all_hosts {
        let (hosts, notes) = app::load_hosts(&session.context(), config, show.guest)?;
        if !config.keep_going {
            let errors: Vec<_> = hosts.values().filter_map(|host| host.as_ref().err()).flatten().cloned().collect();
            if !errors.is_empty() {
                return Err(errors);
            }
        }
        session.terminal.findings(&notes, sources);
        require_known_in(session, hosts.values().filter_map(|host| host.as_ref().ok()))?;
        let mut shown_hosts = BTreeMap::new();
        for (host, loaded) in hosts {
            let (shown, fails) = match loaded {
                Ok(configuration) => shown(session, config, show, configuration),
                Err(errors) => (wrong(&errors), true),
            };
            has_failed |= fails;
            shown_hosts.insert(host, shown);
        }
        serde_json::to_string_pretty(&BTreeMap::from([("hosts", shown_hosts)]))
    } else {
        let (shown, fails) = match app::load_to_show(&session.context(), config, Guests::all_if(show.guest)) {
            Ok(configuration) => {
                require_known_in(session, [&configuration])?;
                shown(session, config, show, configuration)
            }
            // The command line is wrong, not the configuration.
            Err(errors) if !config.keep_going || errors.iter().any(|error| error.code == Code::Usage) => {
                return Err(errors);
            }
            Err(errors) => (wrong(&errors), true),
        };
        has_failed |= fails;
        serde_json::to_string_pretty(&shown)
    };
    session.terminal.result(&format!("{}\n", json.expect("the model has string keys only")));
    Ok(u8::from(has_failed))
}

/// Prints the findings about a configuration. Returns the model to print, and whether part of it failed.
fn shown(
    session: &Session<'_>,
    config: &ConfigOptions,
    show: Show,
    mut configuration: Configuration,
) -> (Shown, bool) {
    let Show { positions, guest, .. } = show;
    let findings = covered(&session.context(), &configuration, configuration.findings.clone());
    session.terminal.findings(&findings, session.sources);
    let others = leave_out_others(session, &mut configuration);
    let all = positions.then(|| {
        let mut all = configuration.positions(session.sources);
        for (name, view) in configuration.guests.iter().filter(|_| guest) {
            let options = OptionPath::new(["containers", name.as_str(), "config"]);
            let inside = Places::read(&view.places, session.sources).positions();
            all.extend(inside.into_iter().map(|(path, position)| (format!("{options}.{path}"), position)));
        }
        all.retain(|path, _| !others.iter().any(|other| is_within(path, other)));
        all
    });
    configuration.manifest.positions = all;
    if !positions && !guest && !config.keep_going {
        return (Shown::Model(Box::new(configuration.manifest)), false);
    }
    let mut json = configuration.manifest.to_json();
    for (name, view) in std::mem::take(&mut configuration.guests) {
        json["containers"][name.as_str()][GUEST_KEY] = view.with_handed_in().options;
    }
    if !config.keep_going {
        return (Shown::More(json), false);
    }
    let of_guests = failed::in_place(&configuration, &mut json, session.sources);
    session.terminal.findings(&of_guests, session.sources);
    let fails = findings.iter().chain(&of_guests).any(|finding| finding.severity == Severity::Error);
    (Shown::More(json), fails)
}

/// Fails if no configuration has a container that `--only` names, unless one has containers with unknown names.
fn require_known_in<'a>(
    session: &Session<'_>,
    configurations: impl IntoIterator<Item = &'a Configuration>,
) -> Result<(), Vec<Diagnostic>> {
    let manifests: Vec<_> = configurations.into_iter().map(|configuration| &configuration.manifest).collect();
    if manifests.iter().any(|manifest| manifest.more_containers.is_some()) {
        return Ok(());
    }
    require_known(
        &session.context(),
        manifests.iter().flat_map(|manifest| manifest.containers.keys()),
        Scope::Configuration,
    )
}

/// Removes the containers that `--only` excludes, and returns their option paths.
fn leave_out_others(session: &Session<'_>, configuration: &mut Configuration) -> Vec<String> {
    if session.global.only.is_empty() {
        return Vec::new();
    }
    let cx = session.context();
    let Manifest { containers, misnamed, .. } = &mut configuration.manifest;
    let names = containers.keys().filter(|name| !cx.covers(name)).map(ContainerName::as_str);
    let names = names.chain(misnamed.keys().map(String::as_str));
    let others = names.map(|name| OptionPath::new(["containers", name]).to_string()).collect();
    containers.retain(|name, _| cx.covers(name));
    misnamed.clear();
    configuration.guests.retain(|name, _| cx.covers(name));
    others
}

/// Whether `path` is `of` or an option below it.
fn is_within(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Where an expression comes from.
enum Input {
    Text(String),
    Stdin(String),
    File(PathBuf),
}

/// Prints the values of expressions, strictly evaluated, one per line.
pub(in crate::cli) fn expression(session: &Session<'_>, config: &ConfigOptions, args: &ExpressionArgs) -> Outcome {
    let inputs = inputs(args, session.environment)?;
    let environment = session.environment;
    let here = environment.absolute(".");
    let arena = Arena::new();
    let limits = Limits::of(config, environment, config.restrict);
    let settings = Settings {
        search_path: config.search_path_as_given(environment, config.restrict),
        directory: here.clone(),
        environment: if config.restrict { BTreeMap::new() } else { environment.variables.clone() },
        current_time: i64::try_from(SystemClock.now()).ok(),
        log: Some(|message| output::line(tracing::Level::INFO, message)),
        most_memory: limits.memory,
        stop: Some(SystemClock.stop_after(limits.seconds)),
        ..Settings::default()
    };
    let settings = config.nix_settings.apply(settings);
    let max_call_depth = args.max_call_depth.unwrap_or(settings.max_call_depth);
    let settings = Settings { max_call_depth, ..settings };
    let files: Box<dyn Files> = if config.restrict {
        let given = settings.search_path.iter().map(|(_, path)| environment.absolute(path));
        Box::new(RestrictedFiles::new(given.chain(roots(&inputs, args, &here))))
    } else {
        Box::new(RealFiles)
    };
    let mut ev = Evaluator::new(&arena, files.as_ref(), session.sources, settings);
    let arguments = arguments(&mut ev, args, &here).map_err(|error| error.diagnostics())?;
    for input in inputs {
        for path in attribute_paths(args) {
            let printed = print(&mut ev, &input, path, arguments, args.json, &here);
            session.terminal.findings(&ev.take_warnings(), session.sources);
            session.terminal.result_bytes(&printed.map_err(|error| error.diagnostics())?);
        }
    }
    Ok(0)
}

/// The paths that an expression may read in restricted mode: around its file, or around the current directory.
fn roots(inputs: &[Input], args: &ExpressionArgs, here: &Path) -> Vec<PathBuf> {
    let around = |input: &Input| match input {
        Input::Text(_) | Input::Stdin(_) => app::readable_around(&RealDisk, &here.join("default.nix")),
        Input::File(file) if file.is_dir() => app::readable_around(&RealDisk, &file.join("default.nix")),
        Input::File(file) => app::readable_around(&RealDisk, file),
    };
    let mut roots: Vec<_> = inputs.iter().map(around).collect();
    if !args.arg.is_empty() {
        roots.push(app::readable_around(&RealDisk, &here.join("default.nix")));
    }
    roots
}

fn attribute_paths(args: &ExpressionArgs) -> Vec<&str> {
    if args.attr.is_empty() { vec![""] } else { args.attr.iter().map(String::as_str).collect() }
}

fn inputs(args: &ExpressionArgs, environment: &Environment) -> Result<Vec<Input>, Vec<Diagnostic>> {
    let texts = args.expr.iter().map(|text| Ok(Input::Text(text.clone())));
    let files = args.file.iter().map(|path| {
        if path.as_os_str() != "-" {
            return Ok(Input::File(environment.absolute(path)));
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| {
            vec![Diagnostic::error(Code::Unreadable, format!("cannot read standard input: {error}"))]
        })?;
        Ok(Input::Stdin(text))
    });
    texts.chain(files).collect()
}

/// The arguments that `--arg` and `--argstr` pass to top-level functions. Sorted, so that errors come in a stable order.
fn arguments<'e>(ev: &mut Evaluator<'e>, args: &ExpressionArgs, here: &Path) -> EvalResult<'e, Value<'e>> {
    let mut given = BTreeMap::new();
    for pair in args.arg.chunks_exact(2) {
        let value = ev.text_value("«string»", here, &pair[1])?;
        given.insert(pair[0].as_str(), value);
    }
    for pair in args.argstr.chunks_exact(2) {
        let value = ev.string(&pair[1]);
        given.insert(pair[0].as_str(), value);
    }
    Ok(ev.attrs(given.into_iter().map(|(name, value)| (ev.symbol(name), value, Pos::NONE))))
}

fn print<'e>(
    ev: &mut Evaluator<'e>,
    input: &Input,
    path: &str,
    arguments: Value<'e>,
    json: bool,
    here: &Path,
) -> EvalResult<'e, Vec<u8>> {
    let root = match input {
        Input::Text(text) => ev.text_value("«string»", here, text)?,
        Input::Stdin(text) => ev.text_value("«stdin»", here, text)?,
        Input::File(file) => ev.import_at(&file.to_string_lossy(), Pos::NONE)?,
    };
    let mut value = ev.select_along(root, path, arguments)?;
    // As in Nix, a function is only called if there are arguments.
    if matches!(arguments, Value::Attrs(given) if given.iter().len() > 0) {
        value = ev.call_with_arguments(value, arguments)?;
    }
    let mut printed = if json { ev.to_json(value)? } else { ev.print(value)? };
    printed.push(b'\n');
    Ok(printed)
}
