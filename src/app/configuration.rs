//! An evaluated configuration: its model, and what plans, checks and records need of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::options::ConfigOptions;
use crate::diag::{Code, Diagnostic};
use crate::lint;
use crate::model::check::{Checked, check_with_guests};
use crate::model::host_units;
use crate::model::locations::Locations;
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::spec::HostSpec;
use crate::model::view::View;
use crate::model::{
    Container, ContainerName, ERROR_KEY, FORMAT_VERSION, GUEST_KEY, Manifest, MayBeUnknown as _, Positions,
};
use crate::modules;
use crate::plan::{self, Endpoint, EndpointKind, StateView, facts};
use crate::source::{Files, Location, SourceMap};
use crate::state::{Probe, Snapshot};

/// An evaluated configuration.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The CONFIG argument as given.
    pub given: String,
    /// The absolute path of the file that was read.
    pub file: PathBuf,
    /// The host, if the configuration has several.
    pub host: Option<String>,
    /// `-I` entries as given.
    pub include: Vec<String>,
    /// `--override-input`.
    pub overrides: Vec<(String, PathBuf)>,
    /// `--impure`.
    pub impure: bool,
    /// The typed model.
    pub manifest: Manifest,
    /// The spans of its options.
    pub spans: OptionSpans,
    /// The keys of the guests that are built from `config`.
    pub guest_keys: BTreeMap<ContainerName, String>,
    /// The keys of container options that are unknown or partial.
    pub unknown_keys: BTreeMap<String, String>,
    /// The guests' own options, as far as known.
    pub guests: BTreeMap<ContainerName, View>,
    /// The host's options beside the model.
    pub host_view: View,
    /// Whether modules are missing.
    pub missing_modules: bool,
    /// Whether a module declares our own options; a manifest does not say so.
    pub declares_own_options: Option<bool>,
    /// Notes and warnings of the evaluation.
    pub findings: Vec<Diagnostic>,
    /// The configuration's own failed assertions and warnings.
    verdicts: Vec<Diagnostic>,
    /// Option sets that failed as a whole, each with the `_error` that replaces it (`--keep-going`).
    pub failed: Vec<(OptionPath, serde_json::Value)>,
}

impl Configuration {
    /// The configuration that CONFIG evaluated to, which is in `file`.
    pub fn new(
        (config, environment): (&ConfigOptions, &Environment),
        file: PathBuf,
        host: Option<String>,
        evaluated: modules::Evaluated,
    ) -> Self {
        Self {
            given: config.config.clone(),
            file,
            host,
            include: config.include.clone(),
            overrides: config.overrides(environment),
            impure: config.impure,
            manifest: evaluated.manifest,
            spans: evaluated.spans,
            guest_keys: evaluated.guest_keys,
            unknown_keys: evaluated.unknown_keys,
            guests: evaluated.guests,
            host_view: evaluated.host,
            missing_modules: evaluated.missing_modules,
            declares_own_options: Some(evaluated.declares_own_options),
            findings: evaluated.findings,
            verdicts: evaluated.verdicts,
            failed: evaluated.failed,
        }
    }

    /// Reads a manifest, which needs no evaluation and contains its positions.
    pub fn from_manifest(
        config: &ConfigOptions,
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
            declares_own_options: None,
            findings: Vec::new(),
            verdicts: Vec::new(),
            failed: Vec::new(),
        })
    }

    /// Takes what the configuration says about the units of its containers into our own options, and leaves out what our NixOS
    /// module adds where it is imported. `eval` shows all of it as NixOS has it.
    #[must_use]
    pub fn with_units(mut self) -> Self {
        self.manifest.services.remove_defaults();
        self.manifest.containers.values_mut().for_each(Container::remove_drop_flag);
        host_units::fold(&mut self.manifest, &mut self.spans, &self.host_view);
        self
    }

    /// Fails if there may be containers with unknown names, since nothing can be planned for them.
    pub fn with_known_names(self) -> Result<Self, Vec<Diagnostic>> {
        let Some(unknown) = self.unknown_names() else { return Ok(self) };
        Err(self.findings.into_iter().chain([unknown]).collect())
    }

    /// The error about containers with unknown names. `None` if the error behind it was reported already.
    pub fn unknown_names(&self) -> Option<Diagnostic> {
        let unknown = self.manifest.more_containers.as_ref().filter(|unknown| !unknown.failed)?;
        let message = format!("there may be more containers, with unknown names: {}", unknown.reason);
        let location = Location { file: unknown.file.clone(), line: unknown.line, column: unknown.column };
        Some(Diagnostic::error(Code::UnknownValue, message).at_location(location))
    }

    /// Whether it was read from a manifest, not evaluated.
    pub fn is_manifest(&self) -> bool {
        is_manifest(&self.file)
    }

    /// The positions of the options.
    pub fn positions(&self, sources: &SourceMap) -> Positions {
        match &self.manifest.positions {
            Some(noted) => noted.clone(),
            None => Locations::read(&self.spans, sources).positions(),
        }
    }

    /// This configuration as one side of a plan. `spec` is the checked spec, if complete.
    pub fn side<'a>(&'a self, spec: Option<&'a HostSpec>, sources: &'a SourceMap) -> StateView<'a> {
        self.side_called(self.endpoint(), spec, sources)
    }

    /// Its name in a plan.
    pub fn endpoint(&self) -> Endpoint {
        let kind = if self.is_manifest() { EndpointKind::Manifest } else { EndpointKind::File };
        Endpoint { kind, name: self.given.clone() }
    }

    /// Like [`Self::side`], but under another name.
    pub fn side_called<'a>(
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
            sources: (!self.is_manifest()).then_some((&self.spans, sources)),
            spec,
            missing_modules: self.missing_modules,
        })
    }

    /// Fills in the systems of unchanged guests from what was last applied: those need no Nix (contract §3).
    ///
    /// A system that no longer `exists` is left out.
    pub fn with_known_systems(mut self, snapshot: &Snapshot, exists: impl Fn(&Path) -> bool) -> Self {
        for (name, container) in &mut self.manifest.containers {
            let (Some(key), None) = (self.guest_keys.get(name), container.path.known()) else { continue };
            let generation = snapshot.generation.as_ref().and_then(|generation| generation.records.get(name));
            let written = snapshot.containers.get(name).and_then(|observed| observed.written.as_ref());
            let known =
                [written, generation].into_iter().flatten().find(|record| record.guest_key.as_ref() == Some(key));
            if let Some(record) = known
                && exists(&record.spec.system)
            {
                container.path = record.container.path.clone();
            }
        }
        self
    }

    /// A hash of everything that was evaluated, before filling in anything from the host ([`plan::saved::inputs`]).
    pub fn inputs(&self) -> String {
        plan::saved::inputs(&self.manifest, &self.guest_keys, &self.guests)
    }

    /// The containers with unknown options.
    pub fn unknown_containers(&self) -> Vec<ContainerName> {
        let containers = self.manifest.containers.iter();
        containers.filter(|(_, container)| container.has_unknown()).map(|(name, _)| name.clone()).collect()
    }

    /// Checks the model, and runs the lints.
    pub fn check(&self) -> Checked {
        let mut checked = self.check_model();
        checked.findings.extend(self.lints());
        checked
    }

    /// Checks the model without running the lints.
    pub fn check_model(&self) -> Checked {
        let mut checked = check_with_guests(&self.manifest, &self.guests, &self.spans);
        checked.unsupported.extend(host_units::refused(&self.manifest, &self.host_view));
        // Our NixOS module asserts what we check; our own finding is in the user's file.
        let is_new = |verdict: &&Diagnostic| {
            verdict.code != Code::Assertion
                || !checked.findings.iter().any(|found| verdict.message.ends_with(&found.message))
        };
        let verdicts: Vec<_> = self.verdicts.iter().filter(is_new).cloned().collect();
        checked.findings.extend(verdicts);
        checked
    }

    /// What the host lacks for these containers ([`facts::missing`]).
    pub(super) fn missing(&self, spec: &HostSpec, host: &dyn Probe, snapshot: &Snapshot) -> Vec<Diagnostic> {
        facts::missing((&self.manifest, spec), &self.guests, &self.spans, host, snapshot)
    }

    fn lints(&self) -> Vec<Diagnostic> {
        // The guests in a manifest are only good for comparisons, since JSON does not tell paths from strings.
        let none = BTreeMap::new();
        let guests = if self.is_manifest() { &none } else { &self.guests };
        lint::lint(lint::Subject { guests, ..self.subject() })
    }

    /// What lints look at.
    pub(super) fn subject(&self) -> lint::Subject<'_> {
        let Self { manifest, spans, host_view: host, guests, .. } = self;
        lint::Subject { manifest, spans, host, guests }
    }
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
