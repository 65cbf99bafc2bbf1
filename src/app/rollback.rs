//! `generations` and `rollback`: what was applied before, and the way back to it.

use std::collections::BTreeMap;
use std::path::Path;

use super::carry_out::{ApplyOptions, guard};
use super::confirm;
use super::context::Context;
use super::generation::with_others;
use super::last_switch::note_nothing_to_do;
use super::live_host::LiveHost;
use super::only::{Scope, require_known};
use super::plan::{from_host, show_findings};
use super::ready;
use super::ready::not_observed;
use super::switch::{SwitchResult, ask_and_apply, require_systemd};
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::check::check;
use crate::model::path::OptionSpans;
use crate::plan::{StateView, facts};
use crate::state::{Activation, Generation, GenerationEntry, Snapshot};

/// All recorded generations, the oldest first.
///
/// # Errors
///
/// If they cannot be listed.
pub fn generations(host: &dyn LiveHost) -> Result<Vec<GenerationEntry>, Vec<Diagnostic>> {
    host.generations().map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])
}

/// Brings the host back to the generation `number`, or to the one before the current one. It becomes the one that boots.
/// Evaluates and builds nothing.
///
/// # Errors
///
/// What prevents it, and afterwards what did not succeed.
pub fn rollback(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    number: Option<u32>,
    how: &ApplyOptions,
) -> Result<SwitchResult, Vec<Diagnostic>> {
    let (_lock, snapshot) = ready::begin(cx, host, how.wait)?;
    if how.yes {
        cx.ui.stop_waiting();
    }
    require_systemd(&snapshot)?;
    let generation = find(host, number, &snapshot)?;
    require_known(cx, generation.records.keys().chain(snapshot.containers.keys()), Scope::GenerationAndHost)?;
    // Only a part of it makes another generation.
    let generation = match cx.only {
        [] => generation,
        _ => with_others(cx, Generation { number: 0, recorded: Some(cx.clock.now()), ..generation }, &snapshot),
    };
    let spec = check(&generation.manifest, &OptionSpans::default()).spec;
    let missing =
        facts::missing((&generation.manifest, &spec), &BTreeMap::new(), &OptionSpans::default(), host, &snapshot);
    let mut missing: Vec<_> = missing.into_iter().filter(|it| it.severity == Severity::Error).collect();
    missing.extend(gone(host, &generation));
    if !missing.is_empty() {
        return Err(missing);
    }
    let wanted = StateView::generation(&generation);
    let plan = from_host((cx, host), &snapshot, &wanted, how.restart_mode);
    show_findings(cx, &plan);
    if plan.is_refused() {
        return Ok(SwitchResult::Refused(plan));
    }
    cx.ui.plan(&plan);
    if plan.is_empty() {
        confirm::prepare(cx, host, None, &snapshot);
        guard(host, &plan)?;
        if generation.number != 0 {
            let activated = host.activate_generation(generation.number, Activation::Switch);
            activated.map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])?;
            note_nothing_to_do(cx, host, &generation.source);
        }
        return Ok(SwitchResult::UpToDate(plan));
    }
    ask_and_apply(cx, host, plan, (&generation, Activation::Switch), &snapshot, how)
}

/// The generation to go back to.
fn find(host: &dyn LiveHost, number: Option<u32>, snapshot: &Snapshot) -> Result<Generation, Vec<Diagnostic>> {
    let entries = generations(host)?;
    let current = snapshot.generation.as_ref().map(|current| current.number).or(snapshot.boot_generation);
    let error = |message: String| Diagnostic::error(Code::Usage, message);
    let number = match number {
        Some(number) if entries.iter().any(|entry| entry.number == number) => number,
        Some(number) => {
            let known: Vec<_> = entries.iter().map(|entry| entry.number.to_string()).collect();
            let error = error(format!("there is no generation {number}"));
            return Err(vec![match known.is_empty() {
                true => error.help("this host has no generations; `container-rebuild switch` records the first"),
                false => error.help(format!("this host has: {}", known.join(", "))),
            }]);
        }
        None => {
            let before = |entry: &&GenerationEntry| current.is_none_or(|current| entry.number < current);
            let former = entries.iter().rev().find(|entry| before(entry) && entry.summary.is_ok());
            let Some(former) = former else {
                let error = error(String::from("there is no generation before the current one"));
                return Err(vec![error.help("`container-rebuild generations` lists them")]);
            };
            former.number
        }
    };
    let read = host.generation(number).map_err(|error| vec![not_observed(&error)])?;
    read.ok_or_else(|| {
        let error = Diagnostic::error(Code::Host, format!("generation {number} is damaged"));
        vec![error.help("go back to another one: `container-rebuild generations` lists them")]
    })
}

/// The systems of the generation that are not in the store any more.
fn gone(host: &dyn LiveHost, generation: &Generation) -> Vec<Diagnostic> {
    let systems = generation.records.iter().map(|(name, record)| (name, record.spec.system.as_path()));
    let is_gone = |system: &Path| !host.exists(system);
    let gone = systems.filter(|(_, system)| is_gone(system));
    gone.map(|(name, system)| {
        let message = format!("the system of `{name}` does not exist any more: {}", system.display());
        Diagnostic::error(Code::Host, message).help("`switch` to a configuration that has it builds it again")
    })
    .collect()
}
