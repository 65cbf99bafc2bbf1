//! What `nix-instantiate` does around an expression: texts without a file, attribute paths, automatic arguments.

use std::path::{Path, PathBuf};

use super::error::EvalResult;
use super::evaluator::{Arena, Evaluator};
use super::settings::Settings;
use super::value::{State, Thunk, Value};
use crate::code::Unit;
use crate::diag::{Code, Diagnostic};
use crate::source::{Files, Pos, SourceMap, Span};
use crate::syntax::{self, LiteralLints};

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
    let printed = ev.text_value("«string»", directory, text).and_then(|value| ev.print(value));
    printed.map_err(|error| error.diagnostics())
}

impl<'e> Evaluator<'e> {
    /// The unevaluated value of a text that is shown as `name` and whose relative paths start in `directory`.
    ///
    /// # Errors
    ///
    /// Fails if the text does not parse.
    pub fn text_value(&mut self, name: &str, directory: &Path, text: &str) -> EvalResult<'e, Value<'e>> {
        let Some(file) = self.report.sources.add(name, text) else {
            return Err(self.report.error(Span::NONE, "too many texts were read"));
        };
        let unit = self.lower_text(&file, directory)?;
        Ok(Value::Thunk(Thunk::hollow(self.heap.bump, unit)))
    }

    pub(super) fn lower_text(
        &mut self,
        file: &crate::source::SourceFile,
        directory: &Path,
    ) -> EvalResult<'e, &'e Unit<'e>> {
        let home = self.settings.environment.get(std::ffi::OsStr::new("HOME")).map(PathBuf::from);
        let is_ours = self.loader.embedded.contains_key(&file.path);
        let literal_lints = if is_ours { LiteralLints::default() } else { self.settings.literal_lints };
        let scope = syntax::Scope {
            globals: &self.globals.names,
            directory,
            home: home.as_deref(),
            pipe_operators: self.settings.pipe_operators,
            literal_lints,
            lowest_address: self.limits.lowest_address,
            most_memory: self.settings.most_memory,
        };
        let parsed = syntax::parse(self.heap.bump, &self.heap.symbols, file, &scope);
        let (unit, warnings) = parsed.map_err(|diagnostics| self.report.diagnostics_error(diagnostics))?;
        self.notes.warnings.extend(warnings);
        Ok(unit)
    }

    /// Calls a function if `arguments` can fill its pattern; returns anything else unchanged.
    ///
    /// # Errors
    ///
    /// Fails if an argument without a default is missing, or the call fails.
    pub fn call_with_arguments(&mut self, function: Value<'e>, arguments: Value<'e>) -> EvalResult<'e, Value<'e>> {
        let function = self.force(function)?;
        let given = match self.force(arguments)? {
            Value::Attrs(given) => given,
            other => return Err(self.type_error("a set", other, Pos::NONE)),
        };
        match function {
            Value::Attrs(attrs) => match attrs.get(self.heap.common.functor) {
                Some(functor) => {
                    let bound = self.apply(functor, function, Pos::NONE)?;
                    self.call_with_arguments(bound, arguments)
                }
                None => Ok(function),
            },
            Value::Lambda(closure) => {
                let Some(pattern) = closure.lambda.next_pattern() else { return Ok(function) };
                if pattern.ellipsis {
                    return self.apply(function, arguments, Pos::NONE);
                }
                let mut wanted = Vec::new();
                for formal in pattern.formals {
                    match given.find(formal.name) {
                        Some(attr) => wanted.push(attr),
                        None if formal.default.is_some() => {}
                        None => {
                            let name = self.heap.name(formal.name);
                            let message = format!(
                                "cannot evaluate a function that has an argument without a value ('{name}')"
                            );
                            let help = "give it a default, or a value with --arg or --argstr";
                            let diagnostic = Diagnostic::error(Code::Evaluation, message)
                                .at(self.report.word_span(formal.pos), "")
                                .help(help);
                            return Err(self.report.diagnostic_error(diagnostic));
                        }
                    }
                }
                let wanted = self.heap.attrs_of(&wanted, None);
                self.apply(function, wanted, Pos::NONE)
            }
            other => Ok(other),
        }
    }

    /// The value at an attribute path such as `a."b.c".0`; calls functions on the way with `arguments`.
    ///
    /// # Errors
    ///
    /// Fails if the path does not exist or an evaluation on the way fails.
    pub fn select_along(&mut self, root: Value<'e>, path: &str, arguments: Value<'e>) -> EvalResult<'e, Value<'e>> {
        let names = split_path(path).ok_or_else(|| {
            self.report.error(Span::NONE, &format!("missing closing quote in selection path '{path}'"))
        })?;
        let mut value = root;
        for name in names {
            value = self.call_with_arguments(value, arguments)?;
            value = match name.parse::<u32>() {
                Ok(index) => self.select_index(value, index, path)?,
                Err(_) => self.select_name(value, &name, path)?,
            };
        }
        self.force(value)
    }

    fn select_index(&mut self, value: Value<'e>, index: u32, path: &str) -> EvalResult<'e, Value<'e>> {
        let Value::List(list) = value else {
            let found = self.type_in_words(value);
            let message =
                format!("the expression selected by the selection path '{path}' should be a list but is {found}");
            return Err(self.report.error(Span::NONE, &message));
        };
        list.items().get(index as usize).map(|item| item.get()).ok_or_else(|| {
            let message = format!("list index {index} in selection path '{path}' is out of range");
            self.report.error(Span::NONE, &message)
        })
    }

    fn select_name(&mut self, value: Value<'e>, name: &str, path: &str) -> EvalResult<'e, Value<'e>> {
        let Value::Attrs(attrs) = value else {
            let found = self.type_in_words(value);
            let message =
                format!("the expression selected by the selection path '{path}' should be a set but is {found}");
            return Err(self.report.error(Span::NONE, &message));
        };
        if name.is_empty() {
            let message = format!("empty attribute name in selection path '{path}'");
            return Err(self.report.error(Span::NONE, &message));
        }
        attrs.get(self.heap.symbol(name)).ok_or_else(|| {
            let message = format!("attribute '{name}' in selection path '{path}' not found");
            let error = self.report.error(Span::NONE, &message);
            self.suggest(error, name, attrs);
            error
        })
    }

    /// The type of a value in words: "an integer", "a set", …
    pub(super) fn type_in_words(&self, value: Value<'e>) -> String {
        let words = match value {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::String(text) if text.context().is_empty() => "a string",
            Value::String(_) => "a string with context",
            Value::Path(_) => "a path",
            Value::List(_) => "a list",
            Value::Attrs(_) => "a set",
            Value::Lambda(_) => "a function",
            Value::Primop(call) if call.arguments.is_empty() => {
                return format!("the built-in function '{}'", call.primop.name);
            }
            Value::Primop(call) => {
                return format!("the partially applied built-in function '{}'", call.primop.name);
            }
            Value::Thunk(thunk) => match thunk.state() {
                State::Done(value) => return self.type_in_words(value.get()),
                _ => "a thunk",
            },
            Value::PartialList(_) | Value::Unknown(_) => "an unknown value",
        };
        words.to_owned()
    }
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
