//! `firewall`: the rules that `switch` would load.

use super::context::Context;
use super::load::load;
use super::only::{Scope, require_known};
use super::options::ConfigOptions;
use crate::diag::{Diagnostic, Severity};
use crate::model::unknown_rules::unknown_rules;
use crate::modules::Guests;
use crate::render::nft::Ruleset;

/// The rules of a configuration; `None` if it has errors, which were shown. `--only` limits them to its containers.
///
/// # Errors
///
/// What keeps the configuration from being evaluated.
pub fn firewall(cx: &Context<'_>, config: &ConfigOptions) -> Result<Option<Ruleset>, Vec<Diagnostic>> {
    let configuration = load(cx, config, false, Guests::None)?;
    require_known(cx, configuration.manifest.containers.keys(), Scope::Configuration)?;
    let checked = configuration.check_model();
    cx.ui.findings(&configuration.findings);
    cx.ui.findings(&checked.findings);
    if checked.findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Ok(None);
    }
    let unknown = unknown_rules(&configuration.manifest).into_iter();
    let unknown = unknown.filter(|(name, _)| name.is_none_or(|name| cx.covers(name))).map(|(_, note)| note);
    cx.ui.findings(&unknown.collect::<Vec<_>>());
    let side = configuration.side(Some(&checked.spec), cx.sources);
    Ok(Some(side.ruleset_of_those(|name| cx.covers(name))))
}
