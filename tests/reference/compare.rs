//! What is compared: the printed value, or the essence of an error.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use container_rebuild::eval::{Arena, EvalResult, Evaluator, Settings, Value};
use container_rebuild::host::files::RealFiles;
use container_rebuild::source::{FileKind, Files, SourceMap};
use container_rebuild::syntax::{LintLevel, LiteralLints};

/// The fixtures' path for both evaluators, independent of the clone: results contain paths.
pub(crate) const MOUNT: &str = "/tmp/nix-lang";

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A printed value.
    Value(String),
    /// The essence of an error.
    Error(String),
}

impl Outcome {
    /// A value from printed bytes.
    pub(crate) fn value(printed: &[u8]) -> Self {
        Self::Value(String::from_utf8_lossy(printed).trim_end_matches('\n').to_owned())
    }

    /// An error from the first line of its message.
    pub(crate) fn error(message: &str) -> Self {
        Self::Error(essence(message))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(text) => write!(f, "{text}"),
            Self::Error(text) => write!(f, "error: {text}"),
        }
    }
}

/// The part of a message that must agree: its first line, or only the class of the error if the rest is the wording of a
/// parser that Nix did not write.
fn essence(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim_end();
    // Our message for this syntax error is better than Nix's.
    if line.starts_with("missing `;`") {
        return String::from("syntax error");
    }
    const CLASSES: [&str; 5] = [
        // The limits differ between the evaluators.
        "out of memory",
        "syntax error",
        "while parsing TOML",
        "[json.exception.parse_error.101]",
        "cannot process __json attribute: [json.exception.parse_error.101]",
    ];
    if let Some(class) = CLASSES.iter().find(|class| line.starts_with(**class)) {
        return (*class).to_owned();
    }
    line.to_owned()
}

/// The message at the end of Nix's error output.
#[allow(dead_code, reason = "only where Nix runs")]
pub(crate) fn message_of(stderr: &str) -> &str {
    let start = stderr.lines().filter_map(|line| line.trim_start().strip_prefix("error: ")).next_back();
    start.unwrap_or_else(|| panic!("no error in {stderr:?}"))
}

/// Our evaluator's result for the fixture `name`.
#[allow(dead_code, reason = "each test has its own kind of input")]
pub(crate) fn evaluate_file(fixtures: &Path, name: &str, text: &str) -> Outcome {
    let files = Mounted { fixtures: fixtures.to_owned(), around: false };
    let features = features_of(text);
    let settings = Settings {
        environment: [("HOME".into(), "/nonexistent".into())].into(),
        pipe_operators: features.contains(&"pipe-operators"),
        flakes: features.contains(&"flakes"),
        toml_timestamps: features.contains(&"parse-toml-timestamps"),
        literal_lints: lints(&options_of(text)),
        ..Settings::default()
    };
    evaluate(files, settings, |evaluator| evaluator.eval_text(&format!("{MOUNT}/{name}"), text))
}

/// Our evaluator's result for an expression from the command line, with pipe operators. As for Nix, all other files on this
/// machine are visible.
#[allow(dead_code, reason = "each test has its own kind of input")]
pub(crate) fn evaluate_expression(fixtures: &Path, text: &str) -> Outcome {
    let files = Mounted { fixtures: fixtures.to_owned(), around: true };
    let settings = Settings {
        environment: [("HOME".into(), "/nonexistent".into())].into(),
        pipe_operators: true,
        ..Settings::default()
    };
    evaluate(files, settings, |evaluator| evaluator.text_value("«string»", Path::new(MOUNT), text))
}

/// The experimental features in a case's first line: `# features: a b`.
pub(crate) fn features_of(text: &str) -> Vec<&str> {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("# features: ").map_or_else(Vec::new, |names| names.split(' ').collect())
}

/// The settings in a case's first line, as names and values: `# options: a 1 b 2`.
pub(crate) fn options_of(text: &str) -> Vec<(&str, &str)> {
    let line = text.lines().next().unwrap_or_default();
    let words: Vec<_> = line.strip_prefix("# options: ").map_or_else(Vec::new, |words| words.split(' ').collect());
    words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

fn lints(options: &[(&str, &str)]) -> LiteralLints {
    let level = |name: &str| match options.iter().find(|(option, _)| *option == name) {
        Some((_, "fatal")) => LintLevel::Fatal,
        Some((_, "warn")) => LintLevel::Warn,
        _ => LintLevel::Ignore,
    };
    LiteralLints {
        url: level("lint-url-literals"),
        short_path: level("lint-short-path-literals"),
        absolute_path: level("lint-absolute-path-literals"),
    }
}

fn evaluate(
    files: Mounted,
    settings: Settings,
    value: impl for<'e> FnOnce(&mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> + Send,
) -> Outcome {
    container_rebuild::eval::on_big_stack(|| {
        let (arena, sources) = (Arena::new(), SourceMap::new());
        let settings = Settings {
            search_path: vec![(String::from("fixtures"), Path::new(MOUNT).join("files"))],
            directory: PathBuf::from(MOUNT),
            current_time: Some(1_800_000_000),
            ..settings
        };
        let mut evaluator = Evaluator::new(&arena, &files, &sources, settings);
        let printed = value(&mut evaluator).and_then(|value| container_rebuild::eval::print(&mut evaluator, value));
        match printed {
            Ok(printed) => Outcome::value(&printed),
            Err(error) => {
                let diagnostics = error.diagnostics();
                Outcome::error(&diagnostics.first().expect("an error says something").message)
            }
        }
    })
    .expect("a thread can be started")
}

/// The fixtures' directory, shown at [`MOUNT`].
struct Mounted {
    fixtures: PathBuf,
    /// Whether the rest of this machine is visible too.
    around: bool,
}

impl Mounted {
    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        match path.strip_prefix(MOUNT) {
            Ok(below) if below.as_os_str().is_empty() => Ok(self.fixtures.clone()),
            Ok(below) => Ok(self.fixtures.join(below)),
            Err(_) if self.around => Ok(path.to_owned()),
            Err(_) => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}

impl Files for Mounted {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        RealFiles.read(&self.real(path)?)
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        if Path::new(MOUNT).starts_with(path) {
            return Ok(FileKind::Directory);
        }
        RealFiles.kind(&self.real(path)?)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        RealFiles.read_dir(&self.real(path)?)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        RealFiles.read_link(&self.real(path)?)
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        RealFiles.is_executable(&self.real(path)?)
    }
}
