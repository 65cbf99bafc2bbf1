//! The last switch: its record, and what `status` reports about it.

use super::context::Context;
use super::duration::duration;
use super::live_host::LiveHost;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::FORMAT_VERSION;
use crate::state::{Generation, LastSwitch, SwitchOutcome};

/// The last switch of this host, and how it ended.
pub(super) fn observe(host: &dyn LiveHost) -> Option<(LastSwitch, SwitchOutcome)> {
    let last = host.last_switch()?;
    let is_running = host.holds_lock(last.process);
    // It may have ended since the file was read.
    let last = if is_running { last } else { host.last_switch()? };
    let outcome = last.outcome(is_running);
    Some((last, outcome))
}

/// The finding about the last switch, unless it succeeded.
pub(super) fn finding(last: &LastSwitch, outcome: SwitchOutcome, now: u64) -> Option<Diagnostic> {
    let ago = |time: u64| duration(now.saturating_sub(time));
    let (source, messages) = (&last.source, last.messages.join("; "));
    let details = if messages.is_empty() { messages } else { format!(": {messages}") };
    let again = "run `switch` again; `journalctl -t container-rebuild` shows what the last one did";
    let warning = |message: String| Some(Diagnostic::warning(Code::LastSwitch, message).help(again));
    let ended = ago(last.ended.unwrap_or(last.begun));
    match outcome {
        SwitchOutcome::Done => None,
        SwitchOutcome::Failed => warning(format!("the last switch (to {source}) failed {ended} ago{details}")),
        SwitchOutcome::Interrupted => {
            warning(format!("the last switch (to {source}) was interrupted {ended} ago{details}"))
        }
        SwitchOutcome::Died => {
            warning(format!("the last switch (to {source}) started {ended} ago, and was killed before it finished"))
        }
        SwitchOutcome::Running => {
            let message =
                format!("a switch to {source} has been running for {} (process {})", ago(last.begun), last.process);
            Some(Diagnostic::note(Code::LastSwitch, message))
        }
    }
}

/// Records that the host is up to date now, if the last switch did not succeed.
pub(super) fn note_nothing_to_do(cx: &Context<'_>, host: &dyn LiveHost, source: &str) {
    if host.last_switch().is_none_or(|last| last.outcome == Some(SwitchOutcome::Done)) {
        return;
    }
    let noted = SwitchRecord(new(cx, source));
    noted.end(cx, host, SwitchOutcome::Done, &[]);
}

fn new(cx: &Context<'_>, source: &str) -> LastSwitch {
    LastSwitch {
        format_version: FORMAT_VERSION,
        begun: cx.clock.now(),
        ended: None,
        source: source.to_owned(),
        process: cx.environment.process,
        outcome: None,
        messages: Vec::new(),
    }
}

/// The record of an ongoing switch, which `status` reads.
pub(super) struct SwitchRecord(LastSwitch);

impl SwitchRecord {
    /// Records that a switch begins. If that fails, the switch goes on, and only `status` will not know about it.
    pub(super) fn begin(cx: &Context<'_>, host: &dyn LiveHost, generation: &Generation) -> Self {
        let noted = new(cx, &generation.source);
        if let Err(error) = host.note_switch(&noted) {
            let message = format!("`status` will not know about this switch: {error}");
            cx.ui.findings(&[Diagnostic::warning(Code::LastSwitch, message)]);
        }
        Self(noted)
    }

    /// Records how the switch ended.
    pub(super) fn end(
        self,
        cx: &Context<'_>,
        host: &dyn LiveHost,
        outcome: SwitchOutcome,
        findings: &[Diagnostic],
    ) {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let messages = errors.map(|finding| finding.message.clone()).collect();
        let last = LastSwitch { ended: Some(cx.clock.now()), outcome: Some(outcome), messages, ..self.0 };
        if let Err(error) = host.note_switch(&last) {
            tracing::warn!(%error, "cannot record how this switch ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_did_not_finish_is_reported() {
        let last = LastSwitch {
            format_version: 1,
            begun: 1000 - 65,
            ended: Some(1000 - 5),
            source: "/etc/nixos".to_owned(),
            process: 7,
            outcome: None,
            messages: vec!["a".to_owned(), "b".to_owned()],
        };
        let message = |outcome| finding(&last, outcome, 1000).map(|finding| finding.message);
        assert_eq!(message(SwitchOutcome::Done), None);
        assert_eq!(
            message(SwitchOutcome::Failed).as_deref(),
            Some("the last switch (to /etc/nixos) failed 5s ago: a; b")
        );
        let running = message(SwitchOutcome::Running);
        assert_eq!(running.as_deref(), Some("a switch to /etc/nixos has been running for 1min 5s (process 7)"));
        assert_eq!(last.outcome(true), SwitchOutcome::Running);
        assert_eq!(last.outcome(false), SwitchOutcome::Died);
    }
}
