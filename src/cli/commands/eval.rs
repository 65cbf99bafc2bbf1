//! `eval`: prints the typed model as JSON, or the value of any Nix expression as Nix prints it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::app::{self, Clock as _, ConfigOptions, Environment, Limits, Show};
use crate::cli::args::ExpressionArgs;
use crate::cli::output;
use crate::cli::session::{Outcome, Session};
use crate::diag::{Code, Diagnostic};
use crate::eval::{self, Arena, EvalResult, Evaluator, Settings, Value};
use crate::host::disk::RealDisk;
use crate::host::files::{RealFiles, RestrictedFiles};
use crate::host::process::SystemClock;
use crate::source::{Files, Pos};

/// Prints the model, or the models of all hosts. With `--keep-going`, exits with 1 if part of them failed.
pub(in crate::cli) fn eval(session: &Session<'_>, config: &ConfigOptions, show: Show) -> Outcome {
    let (shown, has_failed) = app::eval(&session.context(), config, show)?;
    let json = serde_json::to_string_pretty(&shown).expect("the model has string keys only");
    session.terminal.result(&format!("{json}\n"));
    Ok(u8::from(has_failed))
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
            session.terminal.findings(&ev.notes.take_warnings(), session.sources);
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
        let value = ev.heap.string(&pair[1]);
        given.insert(pair[0].as_str(), value);
    }
    Ok(ev.heap.attrs(given.into_iter().map(|(name, value)| (ev.heap.symbol(name), value, Pos::NONE))))
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
    let mut value = eval::select_along(ev, root, path, arguments)?;
    // As in Nix, a function is only called if there are arguments.
    if matches!(arguments, Value::Attrs(given) if given.iter().len() > 0) {
        value = eval::call_with_arguments(ev, value, arguments)?;
    }
    let mut printed = if json { eval::to_json(ev, value)? } else { eval::print(ev, value)? };
    printed.push(b'\n');
    Ok(printed)
}
