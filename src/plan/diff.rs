//! Compares two configurations as JSON, option by option.

use serde_json::{Map, Value};

use super::redact::{self, REDACTED_KEY, is_redacted};
use crate::model::UNKNOWN_KEY;

/// One option that differs, or may differ.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// Its attribute path from the container (or another root) down. Elements of lists appear under their key.
    pub(super) path: Vec<String>,
    /// The old value; `null` if it is added.
    pub(super) before: Value,
    /// The new value; `null` if it is removed.
    pub(super) after: Value,
    /// Whether either value is unknown, so that the two may be equal after all.
    pub(super) may: bool,
    /// Whether the option has no old value.
    pub(super) added: bool,
    /// Whether the option has no new value.
    pub(super) removed: bool,
}

impl Difference {
    /// Redacts the secrets in both values.
    pub(super) fn redact(&mut self) {
        redact::option(&self.path, [&mut self.before, &mut self.after]);
    }
}

/// All differences between two values, sorted by path.
///
/// `same_inputs` says that the unknown values of both sides come from the same inputs, so that two equal-looking ones are
/// equal. `is_same` answers this for a single option, by its path.
pub(super) fn differences(
    before: &Value,
    after: &Value,
    same_inputs: bool,
    is_same: &dyn Fn(&[String]) -> bool,
) -> Vec<Difference> {
    let mut walk = Walk { same_inputs, is_same, to_leaves: false, path: Vec::new(), found: Vec::new() };
    walk.compare(Some(before), Some(after));
    walk.found
}

/// All differences between two trees of options, leaf by leaf, even if a whole branch is added or removed.
///
/// Unknown values at different positions count as equal.
pub(super) fn leaf_differences(before: &Value, after: &Value) -> Vec<Difference> {
    let (mut before, mut after) = (before.clone(), after.clone());
    strip_positions(&mut before);
    strip_positions(&mut after);
    let is_same = &|_: &[String]| false;
    let mut walk = Walk { same_inputs: true, is_same, to_leaves: true, path: Vec::new(), found: Vec::new() };
    walk.compare(Some(&before), Some(&after));
    walk.found
}

/// Strips the positions of unknown values and keeps only why they are unknown.
pub fn strip_positions(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(strip_positions),
        Value::Object(object) => match object.get_mut(UNKNOWN_KEY).and_then(Value::as_object_mut) {
            Some(unknown) => unknown.retain(|name, _| name == "reason"),
            None => object.values_mut().for_each(strip_positions),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether this JSON stands for an unknown value.
pub(super) fn is_unknown(value: &Value) -> bool {
    value.as_object().is_some_and(is_unknown_object)
}

fn is_unknown_object(object: &Map<String, Value>) -> bool {
    object.contains_key(UNKNOWN_KEY)
}

/// Whether this is an unknown value or contains one.
pub(super) fn has_unknown(value: &Value) -> bool {
    is_unknown(value)
        || match value {
            Value::Array(elements) => elements.iter().any(has_unknown),
            Value::Object(object) => object.values().any(has_unknown),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
}

struct Walk<'a> {
    same_inputs: bool,
    is_same: &'a dyn Fn(&[String]) -> bool,
    /// Whether to list an added or removed branch leaf by leaf.
    to_leaves: bool,
    path: Vec<String>,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn compare(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let (Some(old), Some(new)) = (before, after) else {
            return match before.or(after) {
                Some(Value::Object(object))
                    if self.to_leaves
                        && !object.is_empty()
                        && !is_unknown_object(object)
                        && !object.contains_key(REDACTED_KEY) =>
                {
                    let none = Map::new();
                    let side = |value: Option<&Value>| if value.is_some() { object.clone() } else { none.clone() };
                    self.objects(&side(before), &side(after));
                }
                _ => self.leaf(before, after),
            };
        };
        if old == new && (self.same_inputs || !has_unknown(old)) {
            return;
        }
        if has_unknown(old) && has_unknown(new) && (self.is_same)(&self.path) {
            return;
        }
        match (old, new) {
            _ if is_unknown(old) || is_unknown(new) || is_redacted(old) || is_redacted(new) => {
                self.leaf(before, after);
            }
            (Value::Object(old), Value::Object(new)) => self.objects(old, new),
            (Value::Array(old), Value::Array(new)) => match (self.keyed(old), self.keyed(new)) {
                (Some(old), Some(new)) => self.objects(&old, &new),
                _ => self.leaf(before, after),
            },
            _ => self.leaf(before, after),
        }
    }

    fn objects(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) {
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.path.push(name.clone());
            self.compare(old.get(name), new.get(name));
            self.path.pop();
        }
    }

    fn leaf(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let may = before.is_some_and(has_unknown) || after.is_some_and(has_unknown);
        self.found.push(Difference {
            path: self.path.clone(),
            before: before.cloned().unwrap_or_default(),
            after: after.cloned().unwrap_or_default(),
            // Adding or removing an option is certain, even if its value is unknown.
            may: may && before.is_some() && after.is_some(),
            added: before.is_none(),
            removed: after.is_none(),
        });
    }

    /// The elements of a list by their key. `None` for lists without keys, and if a key is unknown or occurs twice.
    fn keyed(&self, list: &[Value]) -> Option<Map<String, Value>> {
        let key = match self.path.last().map(String::as_str)? {
            "forwardPorts" => |element: &Value| match (&element["protocol"], &element["hostPort"]) {
                (Value::String(protocol), Value::Number(port)) => Some(format!("{protocol}:{port}")),
                // networking.nat.forwardPorts
                _ => match (&element["proto"], &element["sourcePort"]) {
                    (Value::String(protocol), Value::Number(port)) => Some(format!("{protocol}:{port}")),
                    (Value::String(protocol), Value::String(range)) => Some(format!("{protocol}:{range}")),
                    _ => None,
                },
            },
            "allowedDevices" => |element: &Value| element["node"].as_str().map(str::to_owned),
            _ => return None,
        };
        let mut elements = Map::new();
        for element in list {
            if elements.insert(key(element)?, element.clone()).is_some() {
                return None;
            }
        }
        Some(elements)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::option;
    use super::*;

    fn paths(before: Value, after: Value) -> Vec<String> {
        differences(&before, &after, false, &|_| false)
            .iter()
            .map(|difference| option::path(&difference.path))
            .collect()
    }

    #[test]
    fn elements_of_lists_go_by_their_keys() {
        let port = |host: u16, guest: u16| json!({"protocol": "tcp", "hostPort": host, "containerPort": guest});
        let forwards = |ports: Vec<Value>| json!({"forwardPorts": ports});
        assert_eq!(
            paths(forwards(vec![port(1, 1), port(2, 2)]), forwards(vec![port(2, 9), port(3, 3)])),
            ["forwardPorts.\"tcp:1\"", "forwardPorts.\"tcp:2\".containerPort", "forwardPorts.\"tcp:3\""],
        );
        // The order of forwards does not matter. With a duplicate key, the list is compared as a whole.
        assert!(paths(forwards(vec![port(1, 1), port(2, 2)]), forwards(vec![port(2, 2), port(1, 1)])).is_empty());
        assert_eq!(paths(forwards(vec![port(1, 1), port(1, 2)]), forwards(vec![])), ["forwardPorts"]);
        assert_eq!(paths(json!({"tmpfs": ["/a"]}), json!({"tmpfs": ["/a", "/b"]})), ["tmpfs"]);
    }

    #[test]
    fn unknown_values_are_equal_only_over_the_same_inputs() {
        let unknown = json!({"path": {"_unknown": {"reason": "r", "file": "f", "line": 1, "column": 1}}});
        assert!(differences(&unknown, &unknown, true, &|_| false).is_empty());
        let found = differences(&unknown, &unknown, false, &|_| false);
        assert!(found.len() == 1 && found[0].may);
        assert!(differences(&unknown, &json!({"path": "/nix/store/x"}), true, &|_| false)[0].may);
        // Or if they come from the same expression, even if its position changed.
        let moved = json!({"path": {"_unknown": {"reason": "r", "file": "f", "line": 9, "column": 1}}});
        assert!(differences(&unknown, &moved, false, &|path| path == ["path"]).is_empty());
    }

    #[test]
    fn a_branch_that_appears_is_told_leaf_by_leaf() {
        let unknown = |line| json!({"_unknown": {"reason": "r", "file": "f", "line": line, "column": 1}});
        let before = json!({ "services": {}, "x": unknown(1), "list": [unknown(1)] });
        let after = json!({ "services": { "httpd": { "enable": true, "hosts": {} } }, "x": unknown(2), "list": [unknown(3)] });
        let found = leaf_differences(&before, &after);
        let found: Vec<_> = found.iter().map(|difference| option::path(&difference.path)).collect();
        assert_eq!(found, ["services.httpd.enable", "services.httpd.hosts"]);
    }
}
