//! `firewall`: prints the rules that `switch` would load.

use crate::app;
use crate::cli::args::ConfigArgs;
use crate::cli::session::{Outcome, Session};

/// Prints the ruleset as text for `nft -f`, or as JSON for `nft -j -f`.
pub(in crate::cli) fn firewall(session: &Session<'_>, config: &ConfigArgs, json: bool) -> Outcome {
    let Some(ruleset) = app::firewall(&session.context(), &session.config(config))? else { return Ok(1) };
    let text = if json { format!("{:#}\n", ruleset.json()) } else { ruleset.text() };
    session.terminal.result(&text);
    Ok(0)
}
