//! `firewall`: prints the rules that `switch` would load.

use crate::cli::args::ConfigArgs;
use crate::cli::configuration::Configuration;
use crate::cli::only::{Scope, require_known};
use crate::cli::{Outcome, Session};
use crate::diag::Severity;
use crate::model::unknown_rules::unknown_rules;
use crate::modules::Guests;
use crate::render::nft::Ruleset;

/// Prints the ruleset as text for `nft -f`, or as JSON for `nft -j -f`. `--only` limits it to the named containers.
pub(in crate::cli) fn firewall(session: &Session<'_>, config: &ConfigArgs, json: bool) -> Outcome {
    let configuration = Configuration::load(config, false, Guests::None, session.sources)?;
    require_known(session, configuration.manifest.containers.keys(), Scope::Configuration)?;
    let checked = configuration.check_model();
    session.terminal.findings(&configuration.findings, session.sources);
    session.terminal.findings(&checked.findings, session.sources);
    if checked.findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Ok(1);
    }
    let unknown = unknown_rules(&configuration.manifest).into_iter();
    let unknown = unknown.filter(|(name, _)| name.is_none_or(|name| session.covers(name))).map(|(_, note)| note);
    session.terminal.findings(&unknown.collect::<Vec<_>>(), session.sources);
    let side = configuration.side(Some(&checked.spec), session.sources);
    let ruleset: Ruleset = side.ruleset_of_those(|name| session.covers(name));
    let text = if json { format!("{:#}\n", ruleset.json()) } else { ruleset.text() };
    session.terminal.result(&text);
    Ok(0)
}
