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

mod context;
pub mod declarations;
mod definition;
mod level;
mod lib;
mod load;
mod manifest;
mod merge;
pub mod types;

use std::collections::BTreeMap;
use std::path::Path;

use context::Context;
use load::Modules;

use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Fingerprint, Value};
use crate::model::path::OptionSpans;
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
    /// Whether modules are not here.
    pub missing_modules: bool,
    /// Notes and warnings.
    pub findings: Vec<Diagnostic>,
}

/// Evaluates the host configuration in `file`, an absolute path.
pub fn evaluate(ev: &mut Evaluator<'_>, file: &Path) -> Result<Evaluated, Vec<Diagnostic>> {
    let (context, config) = match configuration(ev, file) {
        Ok(evaluated) => evaluated,
        Err(error) => return Err(ev.to_diagnostics(&error)),
    };
    let manifest = manifest::read(ev, context, config)?;
    let findings = context.findings.borrow().clone();
    Ok(Evaluated {
        manifest,
        guest_keys: guest_keys(ev, context, config),
        spans: context.spans.borrow().clone(),
        missing_modules: findings.iter().any(|finding| finding.code == Code::MissingModule),
        findings,
    })
}

fn configuration<'e>(ev: &mut Evaluator<'e>, file: &Path) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let lib = lib::load(ev)?;
    let context: &'e Context<'e> = ev.alloc(Context::new(lib));
    let mut modules = Modules::default();
    let root = ev.string(&file.to_string_lossy());
    modules.load(ev, context, root, Pos::NONE)?;
    if let Some(refused) = declared_options(ev, &modules) {
        context.find(refused);
    }
    let arguments = load::arguments(ev, &modules.config)?;
    *context.arguments.borrow_mut() = Some(arguments);
    let config = level::whole(ev, context, &declarations::HOST, &modules.config);
    context.config.set(Some(config));
    let forced = ev.force(config)?;
    Ok((context, forced))
}

/// Options that the configuration declares itself are not merged here; values under them are unknown.
fn declared_options<'e>(ev: &Evaluator<'e>, modules: &Modules<'e>) -> Option<Diagnostic> {
    let first = *modules.declared.first()?;
    let message =
        "options that a configuration declares itself are not evaluated yet: what is set through them is unknown";
    Some(Diagnostic::note(Code::NotSupported, message).at(ev.attribute_span(first), "declared here"))
}

fn guest_keys<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    config: Value<'e>,
) -> BTreeMap<ContainerName, String> {
    let nixpkgs = ev.search_path_entries();
    let guests = context.guests.borrow().clone();
    let mut keys = BTreeMap::new();
    for (name, definitions) in guests {
        let Ok(name) = ContainerName::new(name) else { continue };
        let mut fingerprint = Fingerprint::new(ev, config);
        fingerprint.root(context.lib, "lib");
        fingerprint.text(env!("CARGO_PKG_VERSION"));
        fingerprint.text(name.as_str());
        for (prefix, path) in &nixpkgs {
            fingerprint.text(prefix);
            fingerprint.text(path);
        }
        for definition in definitions {
            fingerprint.value(definition.value);
        }
        if let Some(key) = fingerprint.finish() {
            keys.insert(name, key);
        }
    }
    keys
}
