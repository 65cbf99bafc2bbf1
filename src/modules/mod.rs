//! The module system: merges NixOS modules into one configuration, for the options that concern containers.
//!
//! Takes: the file of a host configuration. Gives: the [`Manifest`] with the location of each option, the keys of the
//! guests, and findings; or every error in the configuration.
//!
//! Invariants:
//! - Options are declared in [`declarations`], once, and merged as nixpkgs' `lib.types` merge them.
//! - Names that only nixpkgs declares are open: definitions of them are accepted, and values that nixpkgs would compute
//!   are unknown.
//! - The options of the table are static: all instances of a submodule share them.
//!
//! Not here: guests. nixpkgs evaluates their configuration; this layer only computes a key for each (see
//! [`crate::eval::Fingerprint`]).

mod arguments;
mod at_hand;
pub(crate) mod declarations;
mod declare;
mod defaults;
mod definition;
mod embedded;
mod firewall;
mod fit;
pub(crate) mod flake;
mod freeform_view;
mod guest;
pub mod hosts;
mod keep_going;
mod keys;
mod known;
mod level;
mod lib;
mod load;
mod lock;
mod manifest;
mod merge;
mod nix_type;
mod nixpkgs;
mod option;
mod packages;
mod path;
mod placeholder;
mod platform;
mod prototypes;
mod read;
mod scope;
mod split;
mod submodule;
mod system;
pub(crate) mod types;
mod undeclared;
mod verdicts;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keys::Inputs;
use load::Source;
use scope::Context;
use system::Host;

use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::{EvalResult, Evaluator, Value};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::view::View;
use crate::model::{ContainerName, Manifest};
use crate::source::Pos;

/// The result of evaluating a host configuration.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The typed model.
    pub manifest: Manifest,
    /// Where its options are set.
    pub spans: OptionSpans,
    /// The keys of the guests that have one: guests with equal keys are equal systems.
    pub guest_keys: BTreeMap<ContainerName, String>,
    /// Keys of container options that are not fully known, by option path. An option without an entry has no key; equal keys
    /// mean equal values.
    pub unknown_keys: BTreeMap<String, String>,
    /// What the guests' own configurations define, if requested.
    pub guests: BTreeMap<ContainerName, View>,
    /// What the host defines outside the model, if requested.
    pub host: View,
    /// Whether modules are missing or have errors, so that their definitions are unknown.
    pub missing_modules: bool,
    /// Whether a module declares our own options, as our NixOS module does; without it, NixOS refuses them.
    pub declares_own_options: bool,
    /// Notes and warnings.
    pub findings: Vec<Diagnostic>,
    /// Problems that the configuration reports itself: failed `assertions`, and its `warnings`.
    pub verdicts: Vec<Diagnostic>,
    /// Sets of options that failed as a whole, each with an unknown leaf that holds the error. Empty unless the evaluation
    /// keeps going; the errors are then also among the findings.
    pub failed: Vec<(OptionPath, serde_json::Value)>,
}

/// Which guests' own configurations to evaluate too. Evaluating them takes a large share of the total time.
pub enum Guests<'a> {
    /// None. Only modules that they lack are found.
    None,
    /// All of them.
    All,
    /// All except those that the callback returns after seeing the rest, such as guests that are equal on both
    /// sides of a comparison.
    Without(&'a mut dyn FnMut(Seen<'_>) -> BTreeSet<ContainerName>),
}

/// What is known of a configuration before its guests are evaluated, for [`Guests::Without`].
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The typed model.
    pub manifest: &'a Manifest,
    /// The keys of the guests that have one.
    pub guest_keys: &'a BTreeMap<ContainerName, String>,
    /// What the host defines outside the model.
    pub host: &'a View,
}

impl Guests<'_> {
    /// Returns `All` or `None`.
    pub fn all_if(all: bool) -> Self {
        if all { Self::All } else { Self::None }
    }
}

/// Evaluates the host configuration in `file`, an absolute path.
///
/// # Errors
///
/// Returns the errors found. If the evaluator keeps going, errors that still leave a manifest become findings instead.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use container_rebuild::eval::{Arena, Evaluator, Settings};
/// use container_rebuild::modules::{Guests, evaluate};
/// use container_rebuild::source::{MemoryFiles, SourceMap};
///
/// let text = "{ lib, ... }: { containers.wasabi = { ephemeral = lib.mkDefault true; config = { }; }; }";
/// let files = MemoryFiles::new().with("/etc/nixos/host.nix", text);
/// let (arena, sources) = (Arena::new(), SourceMap::new());
/// let settings = Settings { unknowns: true, ..Settings::default() };
/// let mut evaluator = Evaluator::new(&arena, &files, &sources, settings);
/// let host = evaluate(&mut evaluator, Path::new("/etc/nixos/host.nix"), Guests::None).expect("no errors");
/// let wasabi = host.manifest.containers.values().next().expect("one container");
/// assert_eq!(wasabi.ephemeral.known(), Some(&true));
/// // Only nixpkgs knows the guest's system.
/// assert!(wasabi.path.unknown().is_some());
/// ```
pub fn evaluate(ev: &mut Evaluator<'_>, file: &Path, guests: Guests<'_>) -> Result<Evaluated, Vec<Diagnostic>> {
    let lib = lib::load(ev).map_err(|error| error.diagnostics())?;
    flake::provide(ev, lib);
    let root = ev.heap.string(&file.to_string_lossy());
    let evaluated = system::configuration(ev, Context::new(lib, None), &[Source::import(root, Pos::NONE)], None);
    read(ev, evaluated, "", guests)
}

/// Evaluates a host of a flake; `pins` holds the versions of the flake's inputs.
fn evaluate_system<'e>(
    ev: &mut Evaluator<'e>,
    host: &Host<'e>,
    pins: &str,
    guests: Guests<'_>,
) -> Result<Evaluated, Vec<Diagnostic>> {
    let evaluated = system::evaluate(ev, host);
    read(ev, evaluated, pins, guests)
}

/// Reads the manifest, keys, views and findings from an evaluated configuration.
fn read<'e>(
    ev: &mut Evaluator<'e>,
    evaluated: EvalResult<'e, (&'e Context<'e>, Value<'e>)>,
    pins: &str,
    guests: Guests<'_>,
) -> Result<Evaluated, Vec<Diagnostic>> {
    let (context, config) = match evaluated {
        Ok(evaluated) => evaluated,
        Err(error) => return Err(error.diagnostics()),
    };
    let manifest::Whole { manifest, spans, failed, errors } = match manifest::read(ev, context, config) {
        Ok(whole) => whole,
        Err(mut errors) => {
            // Evaluate the guests anyway, to report modules that they lack in the same run.
            if !matches!(guests, Guests::None) {
                guest_views(ev, context, &BTreeSet::new());
            }
            let more: Vec<_> = errors_of(context).into_iter().filter(|error| !errors.contains(error)).collect();
            errors.extend(more);
            return Err(errors);
        }
    };
    let mut verdicts = verdicts::verdicts(ev, config);
    let inputs = Inputs { lib: context.lib, config, search_path: ev.loader.search_path_entries(), pins };
    let guest_keys = keys::of_guests(ev, context, &inputs);
    let unknown_keys = keys::of_unknown_options(ev, context, &inputs, &manifest);
    let host = match guests {
        Guests::None => View::default(),
        Guests::All | Guests::Without(_) => freeform_view::host(ev, context),
    };
    let guests = match guests {
        Guests::None => {
            let guests = context.guests.borrow();
            let names = guests.keys().filter_map(|name| ContainerName::new(ev.heap.name(*name)).ok());
            let all = names.collect();
            drop(guests);
            guest_views(ev, context, &all)
        }
        Guests::All => guest_views(ev, context, &BTreeSet::new()),
        Guests::Without(choose) => {
            let left_out = choose(Seen { manifest: &manifest, guest_keys: &guest_keys, host: &host });
            guest_views(ev, context, &left_out)
        }
    };
    verdicts.extend(guests.values().flat_map(|view| view.verdicts.iter().cloned()));
    // Guests may lack modules too.
    let more = errors_of(context);
    if !more.is_empty() && !ev.settings.keep_going {
        return Err(more);
    }
    let host_scope = context.host.get().copied();
    let declares_own_options =
        host_scope.is_some_and(|scope| declare::is_declared(ev, scope, &["services", "container-rebuild"]));
    let mut findings = context.findings.borrow().clone();
    findings.extend(guests.iter().filter(|(_, view)| view.is_cut).map(|(name, _)| {
        let message =
            format!("the guest of `{name}` says more than is shown of it, or takes more memory than it may");
        Diagnostic::note(Code::UnknownValue, message)
            .help("where it imports a nixpkgs of its own, take packages from the argument `pkgs`")
    }));
    findings.extend(ev.notes.take_warnings());
    findings.extend(errors.into_iter().filter(|error| !more.contains(error)));
    Ok(Evaluated {
        manifest,
        guest_keys,
        unknown_keys,
        guests,
        host,
        spans,
        missing_modules: context.is_missing_modules(),
        declares_own_options,
        findings,
        verdicts,
        failed,
    })
}

/// Returns the findings for which Nix would reject the configuration.
fn errors_of(context: &Context<'_>) -> Vec<Diagnostic> {
    let findings = context.findings.borrow();
    findings.iter().filter(|finding| finding.severity == Severity::Error).cloned().collect()
}

/// Returns a view of each guest, except those in `left_out`, of which only missing modules are found.
fn guest_views<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    left_out: &BTreeSet<ContainerName>,
) -> BTreeMap<ContainerName, View> {
    let guests = context.guests.borrow().clone();
    let mut views = BTreeMap::new();
    for (symbol, definitions) in guests {
        let Ok(name) = ContainerName::new(ev.heap.name(symbol)) else { continue };
        if left_out.contains(&name) {
            guest::find_missing_modules(ev, context, symbol, definitions);
        } else {
            views.insert(name, guest::view(ev, context, symbol, definitions));
        }
    }
    views
}
