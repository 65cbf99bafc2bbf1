//! `eval --expr` and `eval --file`: the values of any Nix expressions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::disk::{Disk, readable_around};
use super::limits::Limits;
use super::options::ConfigOptions;
use crate::diag::Diagnostic;
use crate::eval::{self, Arena, EvalResult, Evaluator, Settings, Value};
use crate::source::{Files, Pos};

/// Where an expression comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// The command line.
    Text(String),
    /// Standard input, whose text this is.
    Stdin(String),
    /// A file, or a directory with a `default.nix`; absolute.
    File(PathBuf),
}

/// What to evaluate, and how to print it.
#[derive(Debug, Clone, Default)]
pub struct ExpressionOptions {
    /// The expressions.
    pub expressions: Vec<Expression>,
    /// The attribute paths whose values are printed; without any, the whole value is.
    pub attributes: Vec<String>,
    /// Arguments of top-level functions: names and expressions.
    pub arguments: Vec<(String, String)>,
    /// Arguments of top-level functions: names and strings.
    pub string_arguments: Vec<(String, String)>,
    /// Whether to print JSON.
    pub json: bool,
    /// How deeply calls may nest, unless Nix's settings say it.
    pub max_call_depth: Option<u32>,
    /// Receives each message of `builtins.trace` and `builtins.warn`.
    pub log: Option<fn(&str)>,
}

/// Evaluates expressions strictly, and passes each value to `show`, as one line.
///
/// # Errors
///
/// The first error of an evaluation.
pub fn expressions(
    cx: &Context<'_>,
    config: &ConfigOptions,
    options: &ExpressionOptions,
    show: &mut dyn FnMut(&[u8]),
) -> Result<(), Vec<Diagnostic>> {
    let environment = cx.environment;
    let here = environment.absolute(".");
    let arena = Arena::new();
    let limits = Limits::of(config, environment, config.restrict);
    let settings = Settings {
        search_path: config.search_path_as_given(environment, config.restrict),
        directory: here.clone(),
        environment: if config.restrict { BTreeMap::new() } else { environment.variables.clone() },
        current_time: i64::try_from(cx.clock.now()).ok(),
        log: options.log,
        most_memory: limits.memory,
        stop: Some(cx.clock.stop_after(limits.seconds)),
        ..Settings::default()
    };
    let settings = config.nix_settings.apply(settings);
    let max_call_depth = options.max_call_depth.unwrap_or(settings.max_call_depth);
    let settings = Settings { max_call_depth, ..settings };
    let files: Box<dyn Files> = if config.restrict {
        let given = settings.search_path.iter().map(|(_, path)| environment.absolute(path));
        cx.disk.restricted(given.chain(roots(cx.disk, options, &here)).collect())
    } else {
        cx.disk.all()
    };
    let mut ev = Evaluator::new(&arena, files.as_ref(), cx.sources, settings);
    let arguments = arguments(&mut ev, options, &here).map_err(|error| error.diagnostics())?;
    let whole = [String::new()];
    let attributes = if options.attributes.is_empty() { &whole[..] } else { &options.attributes };
    for expression in &options.expressions {
        for path in attributes {
            let printed = print(&mut ev, (expression, path), arguments, options.json, &here);
            cx.ui.findings(&ev.notes.take_warnings());
            show(&printed.map_err(|error| error.diagnostics())?);
        }
    }
    Ok(())
}

/// The paths that the expressions may read in restricted mode: around their files, or around the current directory.
fn roots(disk: &dyn Disk, options: &ExpressionOptions, here: &Path) -> Vec<PathBuf> {
    let around_here = || readable_around(disk, &here.join("default.nix"));
    let around = |expression: &Expression| match expression {
        Expression::Text(_) | Expression::Stdin(_) => around_here(),
        Expression::File(file) if disk.is_directory(file) => readable_around(disk, &file.join("default.nix")),
        Expression::File(file) => readable_around(disk, file),
    };
    let mut roots: Vec<_> = options.expressions.iter().map(around).collect();
    if !options.arguments.is_empty() {
        roots.push(around_here());
    }
    roots
}

/// The arguments of top-level functions. Sorted, so that errors come in a stable order.
fn arguments<'e>(ev: &mut Evaluator<'e>, options: &ExpressionOptions, here: &Path) -> EvalResult<'e, Value<'e>> {
    let mut given = BTreeMap::new();
    for (name, text) in &options.arguments {
        given.insert(name.as_str(), ev.text_value("«string»", here, text)?);
    }
    for (name, text) in &options.string_arguments {
        given.insert(name.as_str(), ev.heap.string(text));
    }
    Ok(ev.heap.attrs(given.into_iter().map(|(name, value)| (ev.heap.symbol(name), value, Pos::NONE))))
}

fn print<'e>(
    ev: &mut Evaluator<'e>,
    (expression, path): (&Expression, &str),
    arguments: Value<'e>,
    json: bool,
    here: &Path,
) -> EvalResult<'e, Vec<u8>> {
    let root = match expression {
        Expression::Text(text) => ev.text_value("«string»", here, text)?,
        Expression::Stdin(text) => ev.text_value("«stdin»", here, text)?,
        Expression::File(file) => ev.import_at(&file.to_string_lossy(), Pos::NONE)?,
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
