//! `check --fix`: applies the certain fixes to the files of the checkout.

use super::check::{CheckOptions, fails};
use crate::app::{self, ConfigOptions, Fixed};
use crate::cli::args::{CheckFormat, LintArgs};
use crate::cli::session::{Outcome, Session};
use crate::diag::{Code, Diagnostic};

/// Shows the changes, asks, changes the files, and reports the findings that remain.
pub(in crate::cli) fn fix(
    session: &Session<'_>,
    config: &ConfigOptions,
    how: CheckOptions,
    (yes, lints): (bool, &LintArgs),
) -> Outcome {
    if how.format != CheckFormat::Text {
        let diagnostic = Diagnostic::error(Code::Usage, "`--fix` needs `--format text`, since it shows a diff")
            .help("`--format sarif` lists the same edits as `fixes`, for programs that apply them");
        return Err(vec![diagnostic]);
    }
    let fixed = app::fix(&session.context(), config, how.host(), (yes, &lints.allow))?;
    let Fixed { findings, sources, is_declined } = fixed;
    session.terminal.findings(&findings, &sources);
    if is_declined {
        session.terminal.progress("nothing was changed; `--yes` applies the fixes without asking");
        return Ok(1);
    }
    Ok(u8::from(fails(&findings, how)))
}
