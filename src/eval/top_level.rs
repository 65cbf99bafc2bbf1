//! What `nix-instantiate` does around an expression: texts without a file, attribute paths, automatic arguments.

use std::path::Path;

use super::error::EvalResult;
use super::evaluator::{Arena, Evaluator};
use super::print::print;
use super::settings::Settings;
use super::value::Value;
use crate::diag::{Code, Diagnostic};
use crate::source::{Files, Pos, SourceMap, Span};

/// Evaluates all of `text` as if it were in `directory`, and prints the value on one line like `nix-instantiate --eval
/// --strict --expr`.
///
/// # Errors
///
/// Fails if the text does not parse or evaluate.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use container_rebuild::eval::{Settings, print_text};
/// use container_rebuild::source::{MemoryFiles, SourceMap};
///
/// let print = |text| print_text(&MemoryFiles::new(), &SourceMap::new(), Settings::default(), Path::new("/"), text);
/// assert_eq!(print("map (x: x + 1) [ 1 2 ]").expect("it evaluates"), b"[ 2 3 ]");
/// let errors = print("1 + true").expect_err("a Boolean is not a number");
/// assert_eq!(errors[0].message, "cannot add a Boolean to an integer");
/// ```
pub fn print_text(
    files: &dyn Files,
    sources: &SourceMap,
    settings: Settings,
    directory: &Path,
    text: &str,
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let arena = Arena::new();
    let mut ev = Evaluator::new(&arena, files, sources, settings);
    let printed = ev.text_value("«string»", directory, text).and_then(|value| print(&mut ev, value));
    printed.map_err(|error| error.diagnostics())
}

/// Calls a function if `arguments` can fill its pattern; returns anything else unchanged.
///
/// # Errors
///
/// Fails if an argument without a default is missing, or the call fails.
pub fn call_with_arguments<'e>(
    ev: &mut Evaluator<'e>,
    function: Value<'e>,
    arguments: Value<'e>,
) -> EvalResult<'e, Value<'e>> {
    let function = ev.force(function)?;
    let given = match ev.force(arguments)? {
        Value::Attrs(given) => given,
        other => return Err(ev.report.type_error(&ev.heap, "a set", other, Pos::NONE)),
    };
    match function {
        Value::Attrs(attrs) => match attrs.get(ev.heap.common.functor) {
            Some(functor) => {
                let bound = ev.apply(functor, function, Pos::NONE)?;
                call_with_arguments(ev, bound, arguments)
            }
            None => Ok(function),
        },
        Value::Lambda(closure) => {
            let Some(pattern) = closure.lambda.next_pattern() else { return Ok(function) };
            if pattern.ellipsis {
                return ev.apply(function, arguments, Pos::NONE);
            }
            let mut wanted = Vec::new();
            for formal in pattern.formals {
                match given.find(formal.name) {
                    Some(attr) => wanted.push(attr),
                    None if formal.default.is_some() => {}
                    None => {
                        let name = ev.heap.name(formal.name);
                        let message =
                            format!("cannot evaluate a function that has an argument without a value ('{name}')");
                        let help = "give it a default, or a value with --arg or --argstr";
                        let diagnostic = Diagnostic::error(Code::Evaluation, message)
                            .at(ev.report.word_span(formal.pos), "")
                            .help(help);
                        return Err(ev.report.diagnostic_error(diagnostic));
                    }
                }
            }
            let wanted = ev.heap.attrs_of(&wanted, None);
            ev.apply(function, wanted, Pos::NONE)
        }
        other => Ok(other),
    }
}

/// The value at an attribute path such as `a."b.c".0`; calls functions on the way with `arguments`.
///
/// # Errors
///
/// Fails if the path does not exist or an evaluation on the way fails.
pub fn select_along<'e>(
    ev: &mut Evaluator<'e>,
    root: Value<'e>,
    path: &str,
    arguments: Value<'e>,
) -> EvalResult<'e, Value<'e>> {
    let names = split_path(path)
        .ok_or_else(|| ev.report.error(Span::NONE, &format!("missing closing quote in selection path '{path}'")))?;
    let mut value = root;
    for name in names {
        value = call_with_arguments(ev, value, arguments)?;
        value = match name.parse::<u32>() {
            Ok(index) => select_index(ev, value, index, path)?,
            Err(_) => select_name(ev, value, &name, path)?,
        };
    }
    ev.force(value)
}

fn select_index<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, index: u32, path: &str) -> EvalResult<'e, Value<'e>> {
    let Value::List(list) = value else {
        let found = value.type_name();
        let message =
            format!("the expression selected by the selection path '{path}' should be a list but is {found}");
        return Err(ev.report.error(Span::NONE, &message));
    };
    list.items().get(index as usize).map(|item| item.get()).ok_or_else(|| {
        let message = format!("list index {index} in selection path '{path}' is out of range");
        ev.report.error(Span::NONE, &message)
    })
}

fn select_name<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, name: &str, path: &str) -> EvalResult<'e, Value<'e>> {
    let Value::Attrs(attrs) = value else {
        let found = value.type_name();
        let message =
            format!("the expression selected by the selection path '{path}' should be a set but is {found}");
        return Err(ev.report.error(Span::NONE, &message));
    };
    if name.is_empty() {
        let message = format!("empty attribute name in selection path '{path}'");
        return Err(ev.report.error(Span::NONE, &message));
    }
    attrs.get(ev.heap.symbol(name)).ok_or_else(|| {
        let message = format!("attribute '{name}' in selection path '{path}' not found");
        let error = ev.report.error(Span::NONE, &message);
        error.suggest(name, ev.heap.names(attrs));
        error
    })
}

/// Splits an attribute path as written on the command line; `None` if a quote is not closed.
fn split_path(path: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '.' => names.push(std::mem::take(&mut name)),
            '"' => loop {
                match chars.next()? {
                    '"' => break,
                    c => name.push(c),
                }
            },
            c => name.push(c),
        }
    }
    if !name.is_empty() {
        names.push(name);
    }
    Some(names)
}
