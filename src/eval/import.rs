//! Imports, search paths and path values.

use super::paths::normalise;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::value::{Attrs, TaggedValue, Thunk, Unknown, Value};
use crate::code::Unit;
use crate::diag::{Code, Diagnostic};
use crate::source::{Files, Pos, Span};
use crate::syntax::{self, LiteralLints};

/// The search path entry that nixpkgs itself looks for, under `tryEval`, to find overlays.
///
/// Another entry that our search path lacks may exist on the host that is meant, as channels do, so it is unknown. This one
/// exists only if somebody added it to `NIX_PATH`, which is read here too. If it were simply unknown, all packages of every
/// nixpkgs that a configuration imports would be. So `tryEval` finds it absent; any other use of it gives an unknown value.
const OVERLAYS: &str = "nixpkgs-overlays";

impl<'e> Evaluator<'e> {
    /// `<name>`
    pub(super) fn find_in_search_path(&mut self, name: &'e [u8], span: Span) -> EvalResult<'e, Value<'e>> {
        let text = String::from_utf8_lossy(name);
        let entries = self.loader.search_path.clone();
        self.find_in(&entries, &text, span)
    }

    /// Looks up a name in a search path: prefixes with their paths.
    pub(super) fn find_in(
        &self,
        entries: &[(String, PathBuf)],
        name: &str,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        for (prefix, path) in entries {
            // `..` in the name must not lead out of the entry.
            let rest = if prefix.is_empty() {
                name
            } else {
                match name.strip_prefix(prefix.as_str()) {
                    Some("") => "",
                    Some(rest) if rest.starts_with('/') => &rest[1..],
                    _ => continue,
                }
            };
            let below = normalise(Path::new(rest));
            let path = normalise(&self.loader.directory.join(path));
            let candidate = self.loader.resolve(&path.join(below.strip_prefix("/").unwrap_or(&below)));
            if self.loader.files.kind(&candidate).is_ok() {
                return Ok(self.heap.path_value(candidate.as_os_str().as_bytes()));
            }
        }
        if let Some((known, path)) = &self.loader.stand_in
            && let Some(rest) = name.strip_prefix(known.as_str())
            && (rest.is_empty() || rest.starts_with('/'))
        {
            return Ok(self.heap.path_value(format!("{}{rest}", path.display()).as_bytes()));
        }
        if let Some(own) = name.strip_prefix("nix/") {
            let path = format!("<nix{}>", normalise(Path::new(own)).display());
            return Ok(self.heap.path_in_arena(self.heap.alloc_slice(path.as_bytes())));
        }
        if self.settings.unknowns {
            let reason = format!("<{name}> is not in the search path");
            if name == OVERLAYS {
                return Ok(Value::Unknown(self.heap.bump.alloc(Unknown::absent(&reason, span))));
            }
            return Ok(self.heap.unknown(&reason, span));
        }
        let help = "(add it using $NIX_PATH or -I)";
        Err(self.report.catchable(span, &format!("file '{name}' was not found in the Nix search path {help}")))
    }

    /// The text of a path, of a string that holds one, or of a set with an `outPath`.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be evaluated.
    pub fn path_text(&mut self, value: Value<'e>) -> EvalResult<'e, Option<String>> {
        let bytes = match value {
            Value::Path(path) => path.as_bytes(),
            Value::String(text) if text.as_bytes().starts_with(b"/") => text.as_bytes(),
            Value::Attrs(attrs) => {
                return match attrs.get(self.heap.common.out_path) {
                    Some(path) => {
                        let path = self.force(path)?;
                        self.path_text(path)
                    }
                    None => Ok(None),
                };
            }
            _ => return Ok(None),
        };
        let path = normalise(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        Ok(Some(path.to_string_lossy().into_owned()))
    }

    /// The value of the file at `path`, imported at `pos`.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, parsed or evaluated.
    pub fn import_at(&mut self, path: &str, pos: Pos) -> EvalResult<'e, Value<'e>> {
        let path = self.loader.default_file(normalise(Path::new(path)));
        let imported = match self.loader.imports.get(&path) {
            Some(value) => *value,
            None if self.loader.stand_in.as_ref().is_some_and(|(_, directory)| path.starts_with(directory)) => {
                let reason = format!("{} is not here", path.display());
                return Ok(self.heap.unknown(&reason, self.report.word_span(pos)));
            }
            None => {
                let value = match self.loader.provided_within(&path) {
                    Some(provided) => provided,
                    None => Value::Thunk(Thunk::hollow(self.heap.bump, self.parsed(&path, pos)?)),
                };
                self.loader.imports.insert(path, value);
                value
            }
        };
        self.force(imported)
    }

    /// The value of a file that sees the names in `scope` besides the global ones; never cached.
    pub(super) fn import_with_scope(
        &mut self,
        path: &Path,
        scope: &'e Attrs<'e>,
        pos: Pos,
    ) -> EvalResult<'e, Value<'e>> {
        let mut names = self.globals.names.clone();
        for (name, value, _) in scope.iter() {
            let index = u32::try_from(self.globals.values.len()).expect("there is no memory for so many");
            self.globals.values.push(self.heap.pack(value));
            names.insert(name, index);
        }
        let path = self.loader.default_file(path.to_path_buf());
        let outer = std::mem::replace(&mut self.globals.names, names);
        let parsed = self.parse_file(&path, pos);
        self.globals.names = outer;
        self.run(parsed?, &[]).map(TaggedValue::get)
    }

    /// The code of a file, parsed once.
    pub(super) fn parsed(&mut self, path: &Path, pos: Pos) -> EvalResult<'e, &'e Unit<'e>> {
        if let Some(unit) = self.loader.parsed.get(path) {
            return Ok(unit);
        }
        let unit = self.parse_file(path, pos)?;
        self.loader.parsed.insert(path.to_path_buf(), unit);
        Ok(unit)
    }

    fn parse_file(&mut self, path: &Path, pos: Pos) -> EvalResult<'e, &'e Unit<'e>> {
        let unreadable = |ev: &Self, message: &str| {
            let mut diagnostic = Diagnostic::error(Code::Unreadable, message.to_owned());
            let span = ev.report.word_span(pos);
            if span != Span::NONE {
                diagnostic = diagnostic.at(span, "imported here");
            }
            ev.report.diagnostic_error(diagnostic)
        };
        let bytes = match self.loader.embedded.get(path) {
            Some(text) => text.as_bytes().to_vec(),
            None => self.loader.files.read(path).map_err(|error| {
                let message = match error.kind() {
                    // The error says more, such as that git does not track the file.
                    std::io::ErrorKind::NotFound if error.get_ref().is_some() => {
                        format!(
                            "path '{}' is not part of the flake: {error}",
                            self.report.sources.display_name(path)
                        )
                    }
                    std::io::ErrorKind::NotFound => {
                        let shown = path.to_string_lossy();
                        let shown = if shown.starts_with("/<nix/") { &shown[1..] } else { &shown };
                        format!("path '{shown}' does not exist")
                    }
                    _ => format!("cannot read {}: {error}", self.report.sources.display_name(path)),
                };
                unreadable(self, &message)
            })?,
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(unreadable(self, &format!("{} is not UTF-8 text", self.report.sources.display_name(path))));
        };
        // Show a copied file under the name of its original.
        let original = self.loader.files.original(path);
        let name = self.report.sources.display_name(original.as_deref().unwrap_or(path));
        let Some(file) = self.report.sources.add_named(path, name, text) else {
            return Err(unreadable(self, "too many texts were read"));
        };
        self.lower_text(&file, path.parent().unwrap_or(Path::new("/")))
    }

    /// Evaluates a text as if it were the file `path`.
    ///
    /// # Errors
    ///
    /// Fails if the text does not parse or evaluate.
    pub fn eval_text(&mut self, path: &str, text: &str) -> EvalResult<'e, Value<'e>> {
        let value = self.text_value(path, Path::new(path).parent().unwrap_or(Path::new("/")), text)?;
        self.force(value)
    }

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
}
