//! The module system: from modules to one configuration, for the options that bear on containers.
//!
//! Takes: the file of a host configuration. Gives: the [`Manifest`] with the place of each option, the keys of the guests,
//! and findings; or everything that is wrong.
//!
//! Invariants:
//! - Options are declared in [`declarations`], once, and merged as nixpkgs' `lib.types` merge them.
//! - What nixpkgs alone declares is open: definitions of it are let pass, and what it would compute is unknown.
//! - A submodule's declarations are static; an instance only merges definitions.
//!
//! Not here: guests. Their configuration is nixpkgs' to evaluate; here it gets a key (see [`crate::eval::Fingerprint`]).

mod at_hand;
mod context;
pub mod declarations;
mod declare;
mod defaults;
mod definition;
mod firewall;
mod fit;
pub mod flake;
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
mod read;
mod scope;
mod submodule;
pub mod types;
mod undeclared;
mod verdicts;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use context::Context;
use keys::Inputs;
use load::Source;
use scope::{Scope, ScopeOwner};

use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::{EvalResult, Evaluator, Value};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::view::View;
use crate::model::{ContainerName, Manifest};
use crate::source::Pos;

/// What a host configuration says.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The typed model.
    pub manifest: Manifest,
    /// Where its options are set.
    pub spans: OptionSpans,
    /// The keys of the guests that have one: equal keys, equal systems.
    pub guest_keys: BTreeMap<ContainerName, String>,
    /// The keys of options of containers that are not wholly known, where they have one, by their path: equal keys, equal
    /// values.
    pub unknown_keys: BTreeMap<String, String>,
    /// What the guests' own configurations say, where that was asked for.
    pub guests: BTreeMap<ContainerName, View>,
    /// What the host's says beside the model, where that was asked for.
    pub host: View,
    /// Whether modules are not here.
    pub missing_modules: bool,
    /// Notes and warnings.
    pub findings: Vec<Diagnostic>,
    /// What the configuration itself finds wrong: its `assertions` that do not hold, and its `warnings`.
    pub verdicts: Vec<Diagnostic>,
    /// Sets of options that failed as wholes, with the unknown leaf that says how: none, unless the evaluation keeps going.
    /// What is wrong is among the findings then.
    pub failed: Vec<(OptionPath, serde_json::Value)>,
}

/// Which guests' own configurations are evaluated too. It takes a good part of the time of all the rest.
pub enum Guests<'a> {
    /// None.
    None,
    /// All of them.
    All,
    /// All but those that this names when it is shown all else: those that are the same elsewhere, say.
    Without(&'a mut dyn FnMut(Seen<'_>) -> BTreeSet<ContainerName>),
}

/// What is known of a configuration before its guests are evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The typed model.
    pub manifest: &'a Manifest,
    /// The keys of the guests that have one.
    pub guest_keys: &'a BTreeMap<ContainerName, String>,
    /// What the host says beside the model.
    pub host: &'a View,
}

impl Guests<'_> {
    /// All, or none.
    pub fn all_if(all: bool) -> Self {
        if all { Self::All } else { Self::None }
    }
}

/// Evaluates the host configuration in `file`, an absolute path.
pub fn evaluate(ev: &mut Evaluator<'_>, file: &Path, guests: Guests<'_>) -> Result<Evaluated, Vec<Diagnostic>> {
    let lib = lib::load(ev).map_err(|error| ev.to_diagnostics(&error))?;
    nixpkgs::provide(ev, lib);
    let root = ev.string(&file.to_string_lossy());
    let evaluated = configuration(ev, Context::new(lib, None), &[Source::import(root, Pos::NONE)], None);
    read(ev, evaluated, "", guests)
}

/// Evaluates a host of a flake; `pins` says which versions of its inputs it has.
fn evaluate_system<'e>(
    ev: &mut Evaluator<'e>,
    host: &nixpkgs::Host<'e>,
    pins: &str,
    guests: Guests<'_>,
) -> Result<Evaluated, Vec<Diagnostic>> {
    let evaluated = system(ev, host);
    read(ev, evaluated, pins, guests)
}

/// The configuration of a host of a flake.
fn system<'e>(ev: &mut Evaluator<'e>, host: &nixpkgs::Host<'e>) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let Value::Attrs(arguments) = ev.force(host.arguments)? else {
        return Err(ev.type_error("a set", host.arguments, Pos::NONE));
    };
    let argument = |name: &str| arguments.get(ev.symbol(name));
    let placed = |name: &str| {
        let at = arguments.position(ev.symbol(name)).filter(|at| !lib::is_built_in(ev, *at));
        argument(name).map(|modules| (modules, at.unwrap_or(Pos::NONE)))
    };
    let (modules, extra, given) = (placed("modules"), placed("extraModules"), argument("pkgs"));
    let (special, system, extra_args) = (argument("specialArgs"), argument("system"), argument("extraArgs"));
    let mut sources = Vec::new();
    // Its order is that of `eval-config.nix`.
    for (modules, at) in [extra, modules].into_iter().flatten() {
        match ev.force_partly(modules)? {
            list @ (Value::List(_) | Value::PartialList(_)) => sources.extend(Source::list(ev, list, at)),
            unknown @ Value::Unknown(_) => sources.push(Source::import(unknown, at)),
            other => return Err(ev.type_error("a list of modules", other, at)),
        }
    }
    // Arguments of modules as they were given before there were `specialArgs`.
    if let Some(arguments) = extra_args {
        let arguments = ev.attrs([(ev.symbol("args"), arguments, Pos::NONE)]);
        let module = ev.attrs([(ev.symbol("_module"), arguments, Pos::NONE)]);
        sources.push(Source::import(module, Pos::NONE));
    }
    let mut context = Context::new(host.lib, system);
    context.given = match given.map(|packages| ev.force(packages)).transpose()? {
        Some(Value::Null) | None => None,
        given => given,
    };
    configuration(ev, context, &sources, special)
}

/// What an evaluated configuration says.
fn read<'e>(
    ev: &mut Evaluator<'e>,
    evaluated: EvalResult<'e, (&'e Context<'e>, Value<'e>)>,
    pins: &str,
    guests: Guests<'_>,
) -> Result<Evaluated, Vec<Diagnostic>> {
    let (context, config) = match evaluated {
        Ok(evaluated) => evaluated,
        Err(error) => return Err(ev.to_diagnostics(&error)),
    };
    let manifest::Whole { manifest, spans, failed, errors } = match manifest::read(ev, context, config) {
        Ok(whole) => whole,
        Err(mut errors) => {
            // Modules that guests lack are told in the same run.
            if !matches!(guests, Guests::None) {
                guest_views(ev, context, &BTreeSet::new());
            }
            let more: Vec<_> = errors_of(context).into_iter().filter(|error| !errors.contains(error)).collect();
            errors.extend(more);
            return Err(errors);
        }
    };
    let mut verdicts = verdicts::verdicts(ev, config);
    let inputs = Inputs { lib: context.lib, config, search_path: ev.search_path_entries(), pins };
    let guest_keys = keys::of_guests(ev, context, &inputs);
    let unknown_keys = keys::of_unknown_options(ev, context, &inputs, &manifest);
    let host = match guests {
        Guests::None => View::default(),
        Guests::All | Guests::Without(_) => freeform_view::host(ev, context),
    };
    let guests = match guests {
        Guests::None => BTreeMap::new(),
        Guests::All => guest_views(ev, context, &BTreeSet::new()),
        Guests::Without(choose) => {
            let left_out = choose(Seen { manifest: &manifest, guest_keys: &guest_keys, host: &host });
            guest_views(ev, context, &left_out)
        }
    };
    verdicts.extend(guests.values().flat_map(|view| view.verdicts.iter().cloned()));
    // Guests may lack modules, too.
    let more = errors_of(context);
    if !more.is_empty() && !ev.keeps_going() {
        return Err(more);
    }
    let mut findings = context.findings.borrow().clone();
    findings.extend(guests.iter().filter(|(_, view)| view.is_cut).map(|(name, _)| {
        let message =
            format!("the guest of `{name}` says more than is shown of it, or takes more memory than it may");
        Diagnostic::note(Code::UnknownValue, message)
            .help("where it imports a nixpkgs of its own, take packages from the argument `pkgs`")
    }));
    findings.extend(ev.take_warnings());
    findings.extend(errors.into_iter().filter(|error| !more.contains(error)));
    Ok(Evaluated {
        manifest,
        guest_keys,
        unknown_keys,
        guests,
        host,
        spans,
        missing_modules: context.is_missing_modules(),
        findings,
        verdicts,
        failed,
    })
}

/// What was found that Nix would refuse.
fn errors_of(context: &Context<'_>) -> Vec<Diagnostic> {
    let findings = context.findings.borrow();
    findings.iter().filter(|finding| finding.severity == Severity::Error).cloned().collect()
}

fn configuration<'e>(
    ev: &mut Evaluator<'e>,
    context: Context<'e>,
    modules: &[Source<'e>],
    special: Option<Value<'e>>,
) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let table = option::table(ev, &declarations::HOST);
    let context: &'e Context<'e> = ev.alloc(context);
    let mut scope = Scope::new(context, ScopeOwner::Host, context::Path::ROOT);
    scope.special = special;
    let scope: &'e Scope<'e> = ev.alloc(scope);
    let _ = context.host.set(scope);
    let modules = load::load(ev, scope, modules)?;
    let config = submodule::whole(ev, scope, Some(table), modules)?;
    // The very set that modules see: a guest's key knows it by that.
    let seen = scope.config.get().unwrap_or(config);
    Ok((context, ev.force(seen)?))
}

/// What the guests say, all but those in `left_out`.
fn guest_views<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    left_out: &BTreeSet<ContainerName>,
) -> BTreeMap<ContainerName, View> {
    let guests = context.guests.borrow().clone();
    let mut views = BTreeMap::new();
    for (symbol, definitions) in guests {
        let Ok(name) = ContainerName::new(ev.name(symbol)) else { continue };
        if !left_out.contains(&name) {
            views.insert(name, guest::view(ev, context, symbol, definitions));
        }
    }
    views
}
