//! Redacts secrets of guests (contract §6, *Secrets*).
//!
//! A string option of a guest is secret if the last part of its name says so, regardless of its value. Paths are not secret:
//! the plan may name a file that holds a secret.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diag::is_secret;

/// The JSON key that stands in place of a secret.
pub(super) const REDACTED_KEY: &str = "_redacted";

/// Redacts the secrets in values of the option at `path`.
pub(super) fn option<const N: usize>(path: &[String], values: [&mut Value; N]) {
    let name = path.iter().rev().find(|name| name.parse::<usize>().is_err());
    let secret = name.is_some_and(|name| is_secret(name));
    for value in values {
        redact_value(value, secret);
    }
}

/// Redacts every secret in a tree of options.
pub(super) fn all(options: &mut Value) {
    redact_value(options, false);
}

/// Whether this JSON stands for a secret.
pub(super) fn is_redacted(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.contains_key(REDACTED_KEY))
}

/// The paths of redacted secrets in a tree of options. For an element of a list, the path of the list.
pub(super) fn redacted_paths(options: &Value) -> BTreeSet<Vec<String>> {
    fn walk(value: &Value, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
        match value {
            value if is_redacted(value) => drop(found.insert(path.clone())),
            Value::Array(elements) => elements.iter().for_each(|element| walk(element, path, found)),
            Value::Object(members) => {
                for (name, member) in members {
                    path.push(name.clone());
                    walk(member, path, found);
                    path.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(options, &mut Vec::new(), &mut found);
    found
}

fn redact_value(value: &mut Value, secret: bool) {
    match value {
        Value::String(_) if secret => *value = json!({ REDACTED_KEY: true }),
        Value::Array(elements) => elements.iter_mut().for_each(|element| redact_value(element, secret)),
        Value::Object(members) => {
            for (name, member) in members {
                let is_number = name.parse::<usize>().is_ok();
                redact_value(member, is_secret(name) || (secret && is_number));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::diff::Difference;

    #[test]
    fn only_strings_are_redacted_at_any_depth() {
        let mut difference = Difference {
            path: vec!["services".into(), "x".into()],
            before: json!({ "password": "a", "passwordFile": "/run/p", "tokens": ["b"], "secret": true }),
            after: json!(null),
            may: false,
            added: false,
            removed: false,
        };
        difference.redact();
        let redacted = json!({ "_redacted": true });
        let shown = json!({ "password": redacted, "passwordFile": "/run/p", "tokens": [redacted], "secret": true });
        assert_eq!(difference.before, shown);
        difference.path = vec!["apiToken".into()];
        (difference.before, difference.after) = (json!("a"), json!("b"));
        difference.redact();
        assert_eq!((&difference.before, &difference.after), (&redacted, &redacted));
    }
}
