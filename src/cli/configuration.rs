//! The CONFIG argument: finds the file that it names, and evaluates it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};

use super::args::ConfigArgs;
use super::reading::Reading;
use super::target::{Reference, Target};
use crate::diag::{Code, Diagnostic};
use crate::eval::Settings;
use crate::host::files::{RealFiles, RestrictedFiles};
use crate::host::git::{RevisionError, RevisionFiles, tracked};
use crate::lint;
use crate::model::check::{Checked, check};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::places::Places;
use crate::model::spec::HostSpec;
use crate::model::support::unsupported_units;
use crate::model::view::View;
use crate::model::{ContainerName, ERROR_KEY, FORMAT_VERSION, GUEST_KEY, Manifest, MayBeUnknown as _, Positions};
use crate::modules::flake;
use crate::modules::{self, Guests};
use crate::plan::{self, Endpoint, EndpointKind, StateView};
use crate::source::{Files, Location, SourceMap};
use crate::state::Snapshot;

/// Limits of a restricted evaluation, whose configuration is not trusted. A large host needs a small fraction of them.
const RESTRICTED_MEMORY: usize = 4 << 30;
const RESTRICTED_TIME: Duration = Duration::from_secs(60);
/// The time limit without `--restrict`. A whole NixOS with its packages needs a fraction of it.
const MOST_TIME: Duration = Duration::from_secs(600);

/// A result about several hosts, and notes about hosts that are partly unknown.
pub(super) type WithNotes<T> = (T, Vec<Diagnostic>);

/// The configuration of one of several hosts, or its errors.
pub(super) type Loaded = Result<Configuration, Vec<Diagnostic>>;

/// An evaluated configuration.
#[derive(Debug, Clone)]
pub(super) struct Configuration {
    /// The CONFIG argument as given.
    pub(super) given: String,
    /// The absolute path of the file that was read.
    pub(super) file: PathBuf,
    /// The host, if the configuration has several.
    pub(super) host: Option<String>,
    /// `-I` entries as given.
    pub(super) include: Vec<String>,
    /// `--override-input`.
    pub(super) overrides: Vec<(String, PathBuf)>,
    /// `--impure`.
    pub(super) impure: bool,
    /// The typed model.
    pub(super) manifest: Manifest,
    /// The spans of its options.
    pub(super) spans: OptionSpans,
    /// The keys of the guests that are built from `config`.
    pub(super) guest_keys: BTreeMap<ContainerName, String>,
    /// The keys of container options that are unknown or partial.
    pub(super) unknown_keys: BTreeMap<String, String>,
    /// The guests' own options, as far as known.
    pub(super) guests: BTreeMap<ContainerName, View>,
    /// The host's options beside the model.
    pub(super) host_view: View,
    /// Whether modules are missing.
    pub(super) missing_modules: bool,
    /// Notes and warnings of the evaluation.
    pub(super) findings: Vec<Diagnostic>,
    /// The configuration's own failed assertions and warnings.
    verdicts: Vec<Diagnostic>,
    /// Option sets that failed as a whole, each with the `_error` that replaces it (`--keep-going`).
    pub(super) failed: Vec<(OptionPath, serde_json::Value)>,
}

impl Configuration {
    /// Finds and evaluates CONFIG. `restricted` is the default of `--restrict`.
    pub(super) fn load(
        config: &ConfigArgs,
        restricted: bool,
        guests: Guests<'_>,
        sources: &SourceMap,
    ) -> Result<Self, Vec<Diagnostic>> {
        let read = Self::read(config, restricted, sources, |reading| reading.one(sources, true, guests))?;
        if !config.keep_going {
            return read.with_known_names();
        }
        let unknown = read.unknown_names();
        Ok(Self { findings: read.findings.iter().cloned().chain(unknown).collect(), ..read })
    }

    /// Like [`Self::load`], but allows containers with unknown names, for a configuration that is only printed.
    pub(super) fn load_to_show(
        config: &ConfigArgs,
        guests: Guests<'_>,
        sources: &SourceMap,
    ) -> Result<Self, Vec<Diagnostic>> {
        Self::read(config, false, sources, |reading| reading.one(sources, true, guests))
    }

    /// Fails if there may be containers with unknown names, since nothing can be planned for them.
    fn with_known_names(self) -> Result<Self, Vec<Diagnostic>> {
        let Some(unknown) = self.unknown_names() else { return Ok(self) };
        Err(self.findings.into_iter().chain([unknown]).collect())
    }

    /// The error about containers with unknown names. `None` if the error behind it was reported already.
    fn unknown_names(&self) -> Option<Diagnostic> {
        let unknown = self.manifest.more_containers.as_ref().filter(|unknown| !unknown.failed)?;
        let message = format!("there may be more containers, with unknown names: {}", unknown.reason);
        let location = Location { file: unknown.file.clone(), line: unknown.line, column: unknown.column };
        Some(Diagnostic::error(Code::UnknownValue, message).at_location(location))
    }

    /// Like [`Self::load`], but for a command that changes the host: does not fall back to the only host of a flake.
    pub(super) fn load_for_change(config: &ConfigArgs, sources: &SourceMap) -> Result<Self, Vec<Diagnostic>> {
        let read = Self::read(config, false, sources, |reading| reading.one(sources, false, Guests::All));
        read?.with_known_names()
    }

    /// Loads all hosts of a flake, with notes about unknown hosts.
    pub(super) fn load_hosts(
        config: &ConfigArgs,
        guests: bool,
        sources: &SourceMap,
    ) -> Result<WithNotes<BTreeMap<String, Loaded>>, Vec<Diagnostic>> {
        Self::read(config, false, sources, |reading| reading.all(sources, guests))
    }

    /// The names of all hosts of a flake, with notes about unknown hosts.
    pub(super) fn hosts(
        config: &ConfigArgs,
        sources: &SourceMap,
    ) -> Result<WithNotes<BTreeSet<String>>, Vec<Diagnostic>> {
        Self::read(config, true, sources, |reading| reading.hosts(sources))
    }

    /// The names of all hosts of a flake in a revision. Empty if the flake does not exist there.
    pub(super) fn hosts_of_revision(
        config: &ConfigArgs,
        revision: &str,
        sources: &SourceMap,
    ) -> Result<WithNotes<BTreeSet<String>>, Vec<Diagnostic>> {
        let hosts = Self::read_revision(config, revision, sources, |reading| reading.hosts(sources))?;
        Ok(hosts.unwrap_or_default())
    }

    fn read<T>(
        config: &ConfigArgs,
        restricted: bool,
        sources: &SourceMap,
        work: impl FnOnce(Reading<'_>) -> Result<T, Vec<Diagnostic>>,
    ) -> Result<T, Vec<Diagnostic>> {
        let mut target = Target::find(&config.config, &RealFiles).map_err(|diagnostic| vec![*diagnostic])?;
        target.file = in_work_tree(&target.file).unwrap_or(target.file);
        let file = &target.file;
        // `path:` includes files that git does not track.
        let top = if target.whole.is_some() { None } else { git_top_level(file) };
        let around = || target.whole.clone().or_else(|| file.parent().map(Path::to_path_buf));
        let root = top.clone().or_else(around).unwrap_or_default();
        sources.set_root(&root);
        let restricted = config.restrict || (restricted && !config.no_restrict);
        let pure = target.flake && !config.impure;
        let search_path = search_path(config, restricted || pure);
        let files: Box<dyn Files> = if restricted || pure {
            let given = search_path.iter().map(|(_, path)| path.clone());
            let overrides = overrides(config).into_iter().map(|(_, path)| path);
            let lock = RealFiles.read(&file.with_file_name("flake.lock")).unwrap_or_default();
            let pinned = flake::pinned(&String::from_utf8_lossy(&lock));
            let roots = given.chain(overrides).chain(pinned).chain([root.clone()]);
            Box::new(if restricted { RestrictedFiles::new(roots) } else { RestrictedFiles::pure(roots) })
        } else {
            Box::new(RealFiles)
        };
        let tracked = top.filter(|_| target.flake).and_then(|top| tracked(&top));
        work(Reading { config, target, files: files.as_ref(), top: &root, tracked, search_path, restricted })
    }

    /// Loads CONFIG from the git revision `revision`. `None` if it does not exist there.
    pub(super) fn load_revision(
        config: &ConfigArgs,
        revision: &str,
        guests: Guests<'_>,
        sources: &SourceMap,
    ) -> Result<Option<Self>, Vec<Diagnostic>> {
        let read = Self::read_revision(config, revision, sources, |reading| reading.one(sources, true, guests))?;
        read.map(Self::with_known_names).transpose()
    }

    fn read_revision<T>(
        config: &ConfigArgs,
        revision: &str,
        sources: &SourceMap,
        work: impl FnOnce(Reading<'_>) -> Result<T, Vec<Diagnostic>>,
    ) -> Result<Option<T>, Vec<Diagnostic>> {
        let failed = |error: RevisionError| vec![*revision_diagnostic(&error)];
        let reference = Reference::parse(&config.config, Path::exists).map_err(|diagnostic| vec![*diagnostic])?;
        let path = reference.directory();
        let path = in_work_tree(&path).unwrap_or(path);
        let host = reference.host.map_or_else(String::new, |host| format!("#{host}"));
        let named = format!("{}{host}", path.display());
        let top = path.ancestors().find(|directory| directory.join(".git").exists());
        let top = top.ok_or_else(|| failed(RevisionError::NoRepository { path: path.clone() }))?;
        let restricted = !config.no_restrict;
        let search_path = search_path(config, restricted);
        let outside: Box<dyn Files> = if restricted {
            let overrides = overrides(config).into_iter().map(|(_, path)| path);
            let given = search_path.iter().map(|(_, path)| path.clone()).chain(overrides);
            // The revision's own lock file lists the store paths that it may read.
            let inside = RevisionFiles::open(top, revision, Box::new(RestrictedFiles::new([]))).map_err(failed)?;
            let locks = [path.join("flake.lock"), path.with_file_name("flake.lock")];
            let lock = locks.iter().find_map(|lock| inside.read(lock).ok()).unwrap_or_default();
            Box::new(RestrictedFiles::new(given.chain(flake::pinned(&String::from_utf8_lossy(&lock)))))
        } else {
            Box::new(RealFiles)
        };
        let files = RevisionFiles::open(top, revision, outside).map_err(failed)?;
        let is_missing =
            |path: &Path| files.kind(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        let files_of_directory = ["flake.nix", "configuration.nix", "default.nix"].map(|name| path.join(name));
        let is_empty = || files.read_dir(&path).is_ok() && files_of_directory.iter().all(|file| is_missing(file));
        if is_missing(&path) || is_empty() {
            return Ok(None);
        }
        let target = Target::find(&named, &files).map_err(|diagnostic| vec![*diagnostic])?;
        sources.set_root(top);
        let reading = Reading { config, target, files: &files, top, tracked: None, search_path, restricted };
        work(reading).map(Some)
    }

    pub(super) fn new(reading: &Reading<'_>, host: Option<String>, evaluated: modules::Evaluated) -> Self {
        Self {
            given: reading.config.config.clone(),
            file: reading.target.file.clone(),
            host,
            include: reading.config.include.clone(),
            overrides: overrides(reading.config),
            impure: reading.config.impure,
            manifest: evaluated.manifest,
            spans: evaluated.spans,
            guest_keys: evaluated.guest_keys,
            unknown_keys: evaluated.unknown_keys,
            guests: evaluated.guests,
            host_view: evaluated.host,
            missing_modules: evaluated.missing_modules,
            findings: evaluated.findings,
            verdicts: evaluated.verdicts,
            failed: evaluated.failed,
        }
    }

    /// Reads a manifest, which needs no evaluation and contains its positions.
    pub(super) fn from_manifest(
        config: &ConfigArgs,
        file: PathBuf,
        files: &dyn Files,
    ) -> Result<Self, Vec<Diagnostic>> {
        let unreadable = |what: String| {
            let help = "expected a manifest as `container-rebuild eval` prints it";
            vec![Diagnostic::error(Code::Unreadable, format!("{}: {what}", file.display())).help(help)]
        };
        let text = files.read(&file).map_err(|error| unreadable(error.to_string()))?;
        let mut json: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        // Check the version first: another version's manifest may look like anything.
        if let Some(version) = json.get("format_version").filter(|version| **version != FORMAT_VERSION) {
            return Err(unreadable(format!(
                "its format is {version}, but this version reads format {FORMAT_VERSION}"
            )));
        }
        let guests = guests_of_manifest(&mut json);
        if has_failed(&json) {
            return Err(unreadable(String::from(
                "it was printed with `--keep-going`, and has no values for what failed",
            )));
        }
        let manifest = Manifest::from_json(json).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self {
            given: config.config.clone(),
            file,
            host: None,
            include: Vec::new(),
            overrides: Vec::new(),
            impure: false,
            manifest,
            spans: OptionSpans::default(),
            guest_keys: BTreeMap::new(),
            unknown_keys: BTreeMap::new(),
            guests,
            host_view: View::default(),
            missing_modules: false,
            findings: Vec::new(),
            verdicts: Vec::new(),
            failed: Vec::new(),
        })
    }

    /// The positions of the options.
    pub(super) fn positions(&self, sources: &SourceMap) -> Positions {
        match &self.manifest.positions {
            Some(noted) => noted.clone(),
            None => Places::read(&self.spans, sources).positions(),
        }
    }

    /// This configuration as one side of a plan. `spec` is the checked spec, if complete.
    pub(super) fn side<'a>(&'a self, spec: Option<&'a HostSpec>, sources: &'a SourceMap) -> StateView<'a> {
        self.side_called(self.endpoint(), spec, sources)
    }

    /// Its name in a plan.
    pub(super) fn endpoint(&self) -> Endpoint {
        let kind = if is_manifest(&self.file) { EndpointKind::Manifest } else { EndpointKind::File };
        Endpoint { kind, name: self.given.clone() }
    }

    /// Like [`Self::side`], but under another name.
    pub(super) fn side_called<'a>(
        &'a self,
        endpoint: Endpoint,
        spec: Option<&'a HostSpec>,
        sources: &'a SourceMap,
    ) -> StateView<'a> {
        StateView::configuration(&plan::Configuration {
            endpoint,
            manifest: &self.manifest,
            guest_keys: &self.guest_keys,
            unknown_keys: &self.unknown_keys,
            guests: &self.guests,
            sources: (!is_manifest(&self.file)).then_some((&self.spans, sources)),
            spec,
            missing_modules: self.missing_modules,
        })
    }

    /// Fills in the systems of unchanged guests from what was last applied: those need no Nix (contract §3).
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

    /// A hash of everything that was evaluated, before filling in anything from the host ([`plan::saved::inputs`]).
    pub(super) fn inputs(&self) -> String {
        plan::saved::inputs(&self.manifest, &self.guest_keys, &self.guests)
    }

    /// The containers with unknown options.
    pub(super) fn unknown_containers(&self) -> Vec<ContainerName> {
        let containers = self.manifest.containers.iter();
        containers.filter(|(_, container)| container.has_unknown()).map(|(name, _)| name.clone()).collect()
    }

    /// Checks the model, and runs the lints.
    pub(super) fn check(&self) -> Checked {
        let mut checked = self.check_model();
        checked.findings.extend(self.lints());
        checked
    }

    /// Checks the model without running the lints.
    pub(super) fn check_model(&self) -> Checked {
        let mut checked = check(&self.manifest, &self.spans);
        checked.unsupported.extend(unsupported_units(&self.manifest, &self.host_view));
        checked.findings.extend(self.verdicts.iter().cloned());
        checked
    }

    fn lints(&self) -> Vec<Diagnostic> {
        // The guests in a manifest are only good for comparisons, since JSON does not tell paths from strings.
        let none = BTreeMap::new();
        let guests = if is_manifest(&self.file) { &none } else { &self.guests };
        lint::lint(lint::Subject { manifest: &self.manifest, spans: &self.spans, host: &self.host_view, guests })
    }
}

/// The top level of the git work tree that contains CONFIG, or CONFIG's directory.
pub(super) fn checkout(config: &ConfigArgs) -> Result<PathBuf, Vec<Diagnostic>> {
    let target = Target::find(&config.config, &RealFiles).map_err(|diagnostic| vec![*diagnostic])?;
    let file = in_work_tree(&target.file).unwrap_or(target.file);
    let top = git_top_level(&file).or_else(|| file.parent().map(Path::to_path_buf));
    Ok(top.unwrap_or_default())
}

/// The limits of an evaluation.
pub(super) struct Limits {
    /// In bytes.
    pub(super) memory: usize,
    /// From the start of the evaluation.
    pub(super) time: Duration,
}

impl Limits {
    /// The user's limits, or else defaults: lower ones for a restricted evaluation, and never so much memory that the kernel
    /// might run out of it.
    pub(super) fn of(config: &ConfigArgs, restricted: bool) -> Self {
        let (memory, time) = if restricted {
            (RESTRICTED_MEMORY, RESTRICTED_TIME)
        } else {
            (Settings::default().most_memory, MOST_TIME)
        };
        Self {
            memory: config
                .max_memory
                .map_or(memory.min(memory_of_machine() / 2), |mib| mib.saturating_mul(1 << 20)),
            time: config.max_time.map_or(time, Duration::from_secs),
        }
    }
}

/// The machine's memory in bytes (sysconf(3)), or `usize::MAX` if unknown.
fn memory_of_machine() -> usize {
    let ask = |what| sysconf(what).ok().flatten().and_then(|value| usize::try_from(value).ok());
    match (ask(SysconfVar::_PHYS_PAGES), ask(SysconfVar::PAGE_SIZE)) {
        (Some(pages), Some(size)) => pages.saturating_mul(size),
        _ => usize::MAX,
    }
}

/// A flag that is set after some time.
pub(super) fn stop_after(time: Duration) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    // The thread ends with the process at the latest.
    std::thread::spawn(move || {
        std::thread::sleep(time);
        raised.store(true, Ordering::Relaxed);
    });
    stop
}

/// `--override-input`, as pairs.
pub(super) fn overrides(config: &ConfigArgs) -> Vec<(String, PathBuf)> {
    let path = |text: &str| absolute(text.strip_prefix("path:").unwrap_or(text));
    config.override_input.chunks_exact(2).map(|pair| (pair[0].clone(), path(&pair[1]))).collect()
}

/// Whether a manifest contains an `_error`.
fn has_failed(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(set) => set.contains_key(ERROR_KEY) || set.values().any(has_failed),
        serde_json::Value::Array(items) => items.iter().any(has_failed),
        _ => false,
    }
}

/// Removes the guests from a manifest (`eval --guest`), and returns them.
fn guests_of_manifest(json: &mut serde_json::Value) -> BTreeMap<ContainerName, View> {
    let containers = json.get_mut("containers").and_then(serde_json::Value::as_object_mut);
    let guest = |(name, container): (&String, &mut serde_json::Value)| {
        let name = ContainerName::new(name.as_str()).ok()?;
        let options = container.as_object_mut()?.remove(GUEST_KEY)?;
        Some((name, View { options, ..View::default() }))
    };
    containers.into_iter().flatten().filter_map(guest).collect()
}

pub(super) fn is_manifest(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "json")
}

/// Why a revision cannot be read, and what to do about it.
fn revision_diagnostic(error: &RevisionError) -> Box<Diagnostic> {
    let (code, help) = match error {
        RevisionError::NoRepository { .. } => {
            (Code::Unreadable, String::from("pass a file, a directory or DIR#HOST to `--from`"))
        }
        RevisionError::Unknown { shallow: true, .. } => (
            Code::Usage,
            String::from(
                "this clone is shallow: fetch the whole history (`git fetch --unshallow`; in actions/checkout: \
                 `fetch-depth: 0`)",
            ),
        ),
        RevisionError::Unknown { branches, .. } if branches.is_empty() => {
            (Code::Usage, String::from("this repository has no branches yet"))
        }
        RevisionError::Unknown { branches, .. } => {
            (Code::Usage, format!("the branches of this repository are {}", branches.join(", ")))
        }
        RevisionError::Git { source, .. } if source.code() == git2::ErrorCode::Owner => (
            Code::Unreadable,
            String::from(
                "it belongs to another user; if you trust it, run `git config --global --add safe.directory DIR`",
            ),
        ),
        RevisionError::Git { .. } => (Code::Unreadable, String::from("see `git fsck`")),
    };
    Box::new(super::failure(code, error).help(help))
}

/// What the restricted evaluation of `file` may read: the git work tree that contains it, or its directory.
pub(super) fn readable_around(file: &Path) -> PathBuf {
    git_top_level(file).or_else(|| file.parent().map(Path::to_path_buf)).unwrap_or_default()
}

/// The target of a path that is not in a git work tree, but a symlink into one, as `/etc/nixos` may be.
fn in_work_tree(path: &Path) -> Option<PathBuf> {
    let holds = |path: &Path| path.ancestors().any(|directory| directory.join(".git").exists());
    path.canonicalize().ok().filter(|real| !holds(path) && holds(real))
}

/// The top level of the git work tree that contains `file`.
fn git_top_level(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|directory| directory.join(".git").exists()).map(Path::to_path_buf)
}

/// The search path: `-I`, then `NIX_PATH`, as pairs of prefix and absolute path. URLs are skipped, since nothing is
/// downloaded.
pub(super) fn search_path(config: &ConfigArgs, restricted: bool) -> Vec<(String, PathBuf)> {
    let given = search_path_as_given(config, restricted).into_iter();
    given.map(|(prefix, path)| (prefix, absolute(path))).collect()
}

/// Like [`search_path`], but keeps relative paths, which `builtins.nixPath` prints as given.
pub(super) fn search_path_as_given(config: &ConfigArgs, restricted: bool) -> Vec<(String, PathBuf)> {
    let environment = if restricted { None } else { std::env::var("NIX_PATH").ok() };
    let inherited = environment.as_deref().unwrap_or_default().split(':').filter(|entry| !entry.is_empty());
    config
        .include
        .iter()
        .map(String::as_str)
        .chain(inherited)
        .filter(|entry| !entry.contains("://"))
        .map(|entry| match entry.split_once('=') {
            Some((prefix, path)) => (prefix.to_owned(), PathBuf::from(path)),
            None => (String::new(), PathBuf::from(entry)),
        })
        .collect()
}

/// The absolute path without `.` and `..`, resolved lexically as Nix does, without following symlinks.
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
