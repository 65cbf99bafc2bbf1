//! Problems that a configuration reports itself: `assertions` and `warnings`.
//!
//! NixOS evaluates them when it builds a system. An assertion with an unknown condition reports nothing here.

use super::embedded::is_built_in;
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Value};
use crate::source::Span;

/// Returns the failed assertions and the warnings of a configuration.
pub(super) fn verdicts<'e>(ev: &mut Evaluator<'e>, config: Value<'e>) -> Vec<Diagnostic> {
    let mut verdicts = Vec::new();
    for assertion in items(ev, config, "assertions", &mut verdicts) {
        // Only an evaluated value has a position.
        let assertion = ev.force(assertion).unwrap_or(assertion);
        match failed(ev, assertion) {
            Ok(Some(message)) => {
                verdicts.push(verdict(ev, Diagnostic::error, Code::Assertion, &message, assertion))
            }
            Ok(None) => {}
            Err(error) => verdicts.extend(error.diagnostics()),
        }
    }
    let positions = match ev.select(config, "warnings") {
        Ok(list) => ev.provenance.elements_of(list).unwrap_or_default(),
        Err(_) => &[],
    };
    for (index, warning) in items(ev, config, "warnings", &mut verdicts).into_iter().enumerate() {
        match ev.force(warning) {
            Ok(Value::String(text)) => {
                let text = text.to_str_lossy();
                let mut verdict = verdict(ev, Diagnostic::warning, Code::UserWarning, &text, warning);
                // A string has no position of its own.
                if let (Value::Attrs(attrs), true) = (config, verdict.labels.is_empty()) {
                    let own = positions.get(index).copied().filter(|pos| pos.is_some());
                    let at = own
                        .or_else(|| attrs.position(ev.heap.symbol("warnings")))
                        .filter(|pos| !is_built_in(ev, *pos))
                        .map(|pos| ev.report.attribute_span(pos));
                    if let Some(at) = at.filter(|at| *at != Span::NONE) {
                        verdict = verdict.at(at, "");
                    }
                }
                verdicts.push(verdict);
            }
            Ok(_) => {}
            Err(error) => verdicts.extend(error.diagnostics()),
        }
    }
    verdicts
}

/// Returns a guest's verdicts. Evaluation failures are dropped, because nixpkgs decides what a guest's options are.
pub(super) fn of_guest<'e>(ev: &mut Evaluator<'e>, config: Value<'e>, container: &str) -> Vec<Diagnostic> {
    let mut verdicts = verdicts(ev, config);
    verdicts.retain(|verdict| matches!(verdict.code, Code::Assertion | Code::UserWarning));
    for verdict in &mut verdicts {
        verdict.message = format!("the guest of `{container}`: {}", verdict.message);
    }
    verdicts
}

fn items<'e>(
    ev: &mut Evaluator<'e>,
    config: Value<'e>,
    name: &str,
    verdicts: &mut Vec<Diagnostic>,
) -> Vec<Value<'e>> {
    match ev.select(config, name) {
        Ok(Value::List(list)) => list.iter().collect(),
        Ok(_) => Vec::new(),
        Err(error) => {
            verdicts.extend(error.diagnostics());
            Vec::new()
        }
    }
}

/// Returns the message of an assertion that is known to fail.
fn failed<'e>(ev: &mut Evaluator<'e>, assertion: Value<'e>) -> EvalResult<'e, Option<String>> {
    if !matches!(ev.select(assertion, "assertion")?, Value::Bool(false)) {
        return Ok(None);
    }
    Ok(Some(match ev.select(assertion, "message")? {
        Value::String(text) => text.to_str_lossy().into_owned(),
        _ => String::from("an assertion of the configuration does not hold"),
    }))
}

fn verdict<'e>(
    ev: &Evaluator<'e>,
    kind: fn(Code, String) -> Diagnostic,
    code: Code,
    text: &str,
    value: Value<'e>,
) -> Diagnostic {
    let mut lines = text.trim().lines();
    let diagnostic = kind(code, lines.next().unwrap_or_default().to_owned());
    let rest: Vec<_> = lines.collect();
    let diagnostic = if rest.is_empty() { diagnostic } else { diagnostic.help(rest.join("\n")) };
    let span = match value {
        Value::Attrs(attrs) => attrs
            .position(ev.heap.symbol("assertion"))
            .filter(|pos| !is_built_in(ev, *pos))
            .map(|pos| ev.report.attribute_span(pos)),
        _ => None,
    };
    match span.filter(|span| *span != Span::NONE) {
        Some(span) => diagnostic.at(span, ""),
        None => diagnostic,
    }
}
