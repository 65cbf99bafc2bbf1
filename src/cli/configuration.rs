//! The configuration argument: which file is meant, and what it evaluates to.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::args::ConfigArgs;
use crate::diag::{Code, Diagnostic};
use crate::eval::{Arena, Evaluator, Settings};
use crate::host::files::{RealFiles, RestrictedFiles};
use crate::host::git::{RevisionError, RevisionFiles};
use crate::model::check::{Checked, check};
use crate::model::path::OptionSpans;
use crate::model::spec::HostSpec;
use crate::model::{Container, ContainerName, Manifest, Position, Positions, UNKNOWN_KEY};
use crate::modules;
use crate::plan::{self, Endpoint, EndpointKind, Side};
use crate::source::{Files, Location, SourceMap, Span};
use crate::state::Snapshot;

/// What a CONFIG says.
#[derive(Debug, Clone)]
pub(super) struct Configuration {
    /// The argument, as it was given.
    pub(super) given: String,
    /// The file that was read, absolute.
    pub(super) file: PathBuf,
    /// `-I` entries, as they were given.
    pub(super) include: Vec<String>,
    /// The typed model.
    pub(super) manifest: Manifest,
    /// Where its options stand.
    pub(super) spans: OptionSpans,
    /// The keys of guests that are built from `config`.
    pub(super) guest_keys: BTreeMap<ContainerName, String>,
    /// Whether modules are missing.
    pub(super) missing_modules: bool,
    /// Notes and warnings of the evaluation.
    pub(super) findings: Vec<Diagnostic>,
}

impl Configuration {
    /// Finds, reads and evaluates CONFIG. `restricted` is what holds unless the user says otherwise.
    pub(super) fn load(
        config: &ConfigArgs,
        restricted: bool,
        sources: &SourceMap,
    ) -> Result<Self, Vec<Diagnostic>> {
        let file = find(&config.config, &RealFiles).map_err(|diagnostic| vec![*diagnostic])?;
        let root = git_top_level(&file).or_else(|| file.parent().map(Path::to_path_buf)).unwrap_or_default();
        sources.set_root(&root);
        let restricted = config.restrict || (restricted && !config.no_restrict);
        if is_manifest(&file) {
            return Self::from_manifest(config, file, &RealFiles);
        }
        let search_path = search_path(config, restricted);
        let files: Box<dyn Files> = if restricted {
            Box::new(RestrictedFiles::new(search_path.iter().map(|(_, path)| path.clone()).chain([root])))
        } else {
            Box::new(RealFiles)
        };
        Self::evaluate(config, file, files.as_ref(), search_path, restricted, sources)
    }

    /// What CONFIG was in the git revision `revision`; `None` where it was not there.
    pub(super) fn load_revision(
        config: &ConfigArgs,
        revision: &str,
        sources: &SourceMap,
    ) -> Result<Option<Self>, Vec<Diagnostic>> {
        let failed = |error: RevisionError| vec![*revision_diagnostic(&error)];
        let given = config.config.split_once('#').filter(|_| !Path::new(&config.config).exists());
        let path = absolute(given.map_or(config.config.as_str(), |(path, _)| path));
        let top = path.ancestors().find(|folder| folder.join(".git").exists());
        let top = top.ok_or_else(|| failed(RevisionError::NoRepository { path: path.clone() }))?;
        let restricted = !config.no_restrict;
        let search_path = search_path(config, restricted);
        let outside: Box<dyn Files> = if restricted {
            Box::new(RestrictedFiles::new(search_path.iter().map(|(_, path)| path.clone())))
        } else {
            Box::new(RealFiles)
        };
        let files = RevisionFiles::open(top, revision, outside).map_err(failed)?;
        if files.kind(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(None);
        }
        let file = find(&config.config, &files).map_err(|diagnostic| vec![*diagnostic])?;
        sources.set_root(top);
        if is_manifest(&file) {
            return Self::from_manifest(config, file, &files).map(Some);
        }
        Self::evaluate(config, file, &files, search_path, restricted, sources).map(Some)
    }

    fn evaluate(
        config: &ConfigArgs,
        file: PathBuf,
        files: &dyn Files,
        search_path: Vec<(String, PathBuf)>,
        restricted: bool,
        sources: &SourceMap,
    ) -> Result<Self, Vec<Diagnostic>> {
        let arena = Arena::new();
        let settings = Settings {
            search_path,
            environment: if restricted { BTreeMap::new() } else { std::env::vars_os().collect() },
            unknowns: true,
            ..Settings::default()
        };
        let mut evaluator = Evaluator::new(&arena, files, sources, settings);
        let evaluated = modules::evaluate(&mut evaluator, &file)?;
        let mut manifest = evaluated.manifest;
        manifest.positions = Some(positions(&evaluated.spans, sources));
        Ok(Self {
            given: config.config.clone(),
            file,
            include: config.include.clone(),
            manifest,
            spans: evaluated.spans,
            guest_keys: evaluated.guest_keys,
            missing_modules: evaluated.missing_modules,
            findings: evaluated.findings,
        })
    }

    /// A manifest needs no evaluation; its positions are what it says itself.
    fn from_manifest(config: &ConfigArgs, file: PathBuf, files: &dyn Files) -> Result<Self, Vec<Diagnostic>> {
        let unreadable = |what: String| {
            let help = "give a manifest as `container-rebuild eval` prints it";
            vec![Diagnostic::error(Code::Unreadable, format!("{}: {what}", file.display())).help(help)]
        };
        let text = files.read(&file).map_err(|error| unreadable(error.to_string()))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        if manifest.format_version != crate::model::FORMAT_VERSION {
            return Err(unreadable(format!("format_version is {}", manifest.format_version)));
        }
        Ok(Self {
            given: config.config.clone(),
            file,
            include: Vec::new(),
            manifest,
            spans: OptionSpans::default(),
            guest_keys: BTreeMap::new(),
            missing_modules: false,
            findings: Vec::new(),
        })
    }

    /// The same as a side of a plan; `spec` is what is known of its meaning.
    pub(super) fn side(&self, spec: Option<&HostSpec>) -> Side {
        let kind = if is_manifest(&self.file) { EndpointKind::Manifest } else { EndpointKind::File };
        self.side_called(Endpoint { kind, name: self.given.clone() }, spec)
    }

    /// The same under another name.
    pub(super) fn side_called(&self, endpoint: Endpoint, spec: Option<&HostSpec>) -> Side {
        Side::configuration(&plan::Configuration {
            endpoint,
            manifest: &self.manifest,
            guest_keys: &self.guest_keys,
            guests: &BTreeMap::new(),
            spec,
            missing_modules: self.missing_modules,
        })
    }

    /// The same with the systems of guests that are what they were: those need no Nix (contract §3).
    pub(super) fn with_known_systems(mut self, snapshot: &Snapshot) -> Self {
        for (name, container) in &mut self.manifest.containers {
            let (Some(key), None) = (self.guest_keys.get(name), container.path.known()) else { continue };
            let generation = snapshot.generation.as_ref().and_then(|generation| generation.records.get(name));
            let written = snapshot.containers.get(name).and_then(|observed| observed.written.as_ref());
            let known =
                [written, generation].into_iter().flatten().find(|record| record.guest_key.as_ref() == Some(key));
            if let Some(record) = known
                && record.spec.system.exists()
            {
                container.path = record.container.path.clone();
            }
        }
        self
    }

    /// The containers of which something is unknown.
    pub(super) fn unknown_containers(&self) -> Vec<ContainerName> {
        let is_unknown = |container: &Container| {
            let json = serde_json::to_value(container).expect("the model has string keys only");
            has_unknown(&json)
        };
        let containers = self.manifest.containers.iter();
        containers.filter(|(_, container)| is_unknown(container)).map(|(name, _)| name.clone()).collect()
    }

    /// Checks the model as it is now.
    pub(super) fn check(&self) -> Checked {
        check(&self.manifest, &self.spans)
    }
}

fn is_manifest(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "json")
}

fn has_unknown(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(members) => {
            members.contains_key(UNKNOWN_KEY) || members.values().any(has_unknown)
        }
        serde_json::Value::Array(items) => items.iter().any(has_unknown),
        _ => false,
    }
}

/// Where the options stand, as text.
fn positions(spans: &OptionSpans, sources: &SourceMap) -> Positions {
    let place = |span: &Span| sources.locate(span.start);
    spans
        .iter()
        .filter_map(|(path, spans)| {
            let Location { file, line, column } = spans.first().and_then(place)?;
            Some((path.to_string(), Position { file, line, column }))
        })
        .collect()
}

/// Why a revision cannot be read, and what to do.
fn revision_diagnostic(error: &RevisionError) -> Box<Diagnostic> {
    let (code, help) = match error {
        RevisionError::NoRepository { .. } => {
            (Code::Unreadable, String::from("give a file, a folder or DIR#HOST after `--from`"))
        }
        RevisionError::Unknown { shallow: true, .. } => (
            Code::Usage,
            String::from(
                "this clone is shallow: fetch the whole history (`git fetch --unshallow`; in actions/checkout: \
                 `fetch-depth: 0`)",
            ),
        ),
        RevisionError::Unknown { branches, .. } if branches.is_empty() => {
            (Code::Usage, String::from("this repository has no branch yet"))
        }
        RevisionError::Unknown { branches, .. } => {
            (Code::Usage, format!("this repository has the branches {}", branches.join(", ")))
        }
        RevisionError::Git { source, .. } if source.code() == git2::ErrorCode::Owner => (
            Code::Unreadable,
            String::from(
                "it belongs to another user; if you trust it: git config --global --add safe.directory DIR",
            ),
        ),
        RevisionError::Git { .. } => (Code::Unreadable, String::from("`git fsck` says more")),
    };
    Box::new(super::failure(code, error).help(help))
}

/// The file that CONFIG means (contract §2).
fn find(config: &str, files: &dyn Files) -> Result<PathBuf, Box<Diagnostic>> {
    let given = Path::new(config);
    let (path, host) = match config.split_once('#') {
        Some((path, host)) if !given.exists() => (Path::new(path), Some(host)),
        _ => (given, None),
    };
    let missing = |path: &Path, error: &std::io::Error| {
        Diagnostic::error(Code::Unreadable, format!("cannot read {}: {error}", path.display()))
            .help("give the file of a NixOS configuration, or a folder with a configuration.nix")
    };
    let path = absolute(path);
    files.kind(&path).map_err(|error| Box::new(missing(&path, &error)))?;
    // A link to a folder is one too.
    if files.read_dir(&path).is_err() {
        return Ok(path);
    }
    let exists = |file: &PathBuf| files.kind(file).is_ok();
    if host.is_some() || exists(&path.join("flake.nix")) {
        let message = format!("{} is a flake, which this version does not evaluate yet", path.display());
        let help = "give the file of the host's configuration, such as ./configuration.nix";
        return Err(Box::new(Diagnostic::error(Code::NotSupported, message).help(help)));
    }
    ["configuration.nix", "default.nix"].iter().map(|name| path.join(name)).find(exists).ok_or_else(|| {
        let message = format!("{} has neither configuration.nix nor default.nix", path.display());
        Box::new(Diagnostic::error(Code::Unreadable, message).help("give the file of the host's configuration"))
    })
}

/// The folder of the git work tree that holds `file`.
fn git_top_level(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}

/// `-I` and then `NIX_PATH`, as pairs of prefix and path; URLs lead nowhere without a download.
pub(super) fn search_path(config: &ConfigArgs, restricted: bool) -> Vec<(String, PathBuf)> {
    let environment = if restricted { None } else { std::env::var("NIX_PATH").ok() };
    let inherited = environment.as_deref().unwrap_or_default().split(':').filter(|entry| !entry.is_empty());
    config
        .include
        .iter()
        .map(String::as_str)
        .chain(inherited)
        .filter(|entry| !entry.contains("://"))
        .map(|entry| match entry.split_once('=') {
            Some((prefix, path)) => (prefix.to_owned(), absolute(path)),
            None => (String::new(), absolute(entry)),
        })
        .collect()
}

/// The path from the root, without `.` and `..`, which are taken off as text, as Nix does.
pub(super) fn absolute(path: impl AsRef<Path>) -> PathBuf {
    let path = path.as_ref();
    let mut plain = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
