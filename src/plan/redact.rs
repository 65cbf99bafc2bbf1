//! What must not be shown (contract §6, *Secrets*).
//!
//! A string of a guest is secret when the last part of its name says so, whatever is in it. Paths are not: a file that
//! holds a secret may be named.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::diff::Difference;
use crate::diag::is_secret;

/// What marks the place of a secret.
pub(super) const REDACTED_KEY: &str = "_redacted";

/// Blots out the secrets on both sides.
pub(super) fn redact(difference: &mut Difference) {
    let name = difference.path.iter().rev().find(|name| name.parse::<usize>().is_err());
    let secret = name.is_some_and(|name| is_secret(name));
    for value in [&mut difference.before, &mut difference.after] {
        blot(value, secret);
    }
}

/// Blots out every secret in a tree of options.
pub(super) fn all(options: &mut Value) {
    blot(options, false);
}

/// Whether this stands for a secret.
pub(super) fn is_redacted(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.contains_key(REDACTED_KEY))
}

/// Where a tree has secrets that were blotted out, the elements of a list as that list.
pub(super) fn blots(options: &Value) -> BTreeSet<Vec<String>> {
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

fn blot(value: &mut Value, secret: bool) {
    match value {
        Value::String(_) if secret => *value = json!({ REDACTED_KEY: true }),
        Value::Array(elements) => elements.iter_mut().for_each(|element| blot(element, secret)),
        Value::Object(members) => {
            for (name, member) in members {
                let is_number = name.parse::<usize>().is_ok();
                blot(member, is_secret(name) || (secret && is_number));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strings_are_blotted_out_and_wherever_they_are() {
        let mut difference = Difference {
            path: vec!["services".into(), "x".into()],
            before: json!({ "password": "a", "passwordFile": "/run/p", "tokens": ["b"], "secret": true }),
            after: json!(null),
            may: false,
            added: false,
            removed: false,
        };
        redact(&mut difference);
        let blot = json!({ "_redacted": true });
        let shown = json!({ "password": blot, "passwordFile": "/run/p", "tokens": [blot], "secret": true });
        assert_eq!(difference.before, shown);
        difference.path = vec!["apiToken".into()];
        (difference.before, difference.after) = (json!("a"), json!("b"));
        redact(&mut difference);
        assert_eq!((&difference.before, &difference.after), (&blot, &blot));
    }
}
