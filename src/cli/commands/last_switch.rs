//! What `status` reports about the last switch.

use super::status::duration;
use super::steps::now;
use crate::diag::{Code, Diagnostic};
use crate::host::last_switch;
use crate::state::{LastSwitch, SwitchOutcome};

/// The last switch of this host, and how it ended.
pub(super) fn observe() -> Option<(LastSwitch, SwitchOutcome)> {
    let last = last_switch::read()?;
    let is_running = last_switch::holds_lock(last.process);
    // It may have ended since the file was read.
    let last = if is_running { last } else { last_switch::read()? };
    let outcome = last.outcome(is_running);
    Some((last, outcome))
}

/// The last switch as JSON.
pub(super) fn json(last: &LastSwitch, outcome: SwitchOutcome) -> serde_json::Value {
    serde_json::json!({
        "begun": last.begun,
        "ended": last.ended,
        "source": last.source,
        "outcome": outcome,
        "messages": last.messages,
    })
}

/// The finding about the last switch, unless it succeeded.
pub(super) fn finding(last: &LastSwitch, outcome: SwitchOutcome) -> Option<Diagnostic> {
    let ago = |time: u64| duration(now().saturating_sub(time));
    let (source, messages) = (&last.source, last.messages.join("; "));
    let said = if messages.is_empty() { messages } else { format!(": {messages}") };
    let again = "run `switch` again; `journalctl -t container-rebuild` shows what the last one did";
    let warning = |message: String| Some(Diagnostic::warning(Code::LastSwitch, message).help(again));
    let ended = ago(last.ended.unwrap_or(last.begun));
    match outcome {
        SwitchOutcome::Done => None,
        SwitchOutcome::Failed => warning(format!("the last switch (to {source}) failed {ended} ago{said}")),
        SwitchOutcome::Interrupted => {
            warning(format!("the last switch (to {source}) was interrupted {ended} ago{said}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_did_not_finish_is_reported() {
        let last = LastSwitch {
            format_version: 1,
            begun: now() - 65,
            ended: Some(now() - 5),
            source: "/etc/nixos".to_owned(),
            process: 7,
            outcome: None,
            messages: vec!["a".to_owned(), "b".to_owned()],
        };
        let said = |outcome| finding(&last, outcome).map(|finding| finding.message);
        assert_eq!(said(SwitchOutcome::Done), None);
        assert_eq!(
            said(SwitchOutcome::Failed).as_deref(),
            Some("the last switch (to /etc/nixos) failed 5s ago: a; b")
        );
        let running = said(SwitchOutcome::Running);
        assert_eq!(running.as_deref(), Some("a switch to /etc/nixos has been running for 1min 5s (process 7)"));
        assert_eq!(last.outcome(true), SwitchOutcome::Running);
        assert_eq!(last.outcome(false), SwitchOutcome::Died);
    }
}
