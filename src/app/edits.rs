//! The edits of findings that have a certain fix.

use crate::diag::Diagnostic;
use crate::source::SourceMap;
use crate::syntax::mend::Mender;

/// Computes the edits of all findings that have a fix.
pub fn with_edits(mut findings: Vec<Diagnostic>, sources: &SourceMap) -> Vec<Diagnostic> {
    let mut mender = Mender::new(sources);
    for finding in &mut findings {
        if let Some(fix) = &finding.fix {
            finding.edits = mender.edits(fix).unwrap_or_default();
        }
    }
    findings
}
