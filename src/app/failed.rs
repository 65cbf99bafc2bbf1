//! `eval --keep-going`: puts `_error` in place of the values that failed.

use serde_json::{Value as Json, json};

use super::configuration::Configuration;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::path::OptionPath;
use crate::model::{ERROR_KEY, Failure, GUEST_KEY, UNKNOWN_KEY, Unknown};
use crate::source::{Location, SourceMap, Span};

/// Puts the errors of a configuration into `json`, its printed form. Returns the errors of guests, which are not reported yet.
pub(super) fn in_place(configuration: &Configuration, json: &mut Json, sources: &SourceMap) -> Vec<Diagnostic> {
    for (path, failed) in &configuration.failed {
        let target = path.names().iter().try_fold(&mut *json, |json, name| json.get_mut(&**name));
        // `--only` may have removed it.
        if let Some(target) = target {
            *target = failed.clone();
        }
    }
    let mut walk = Walk { configuration, sources, of_guests: Vec::new() };
    walk.replace(json, &mut Vec::new());
    walk.of_guests
}

/// The output for a configuration that fails as a whole.
pub(super) fn whole(errors: &[Diagnostic], sources: &SourceMap) -> Json {
    let first = errors.iter().find(|error| error.severity == Severity::Error).or(errors.first());
    let labels = first.into_iter().flat_map(|first| first.labels.iter().chain(&first.trace));
    let located = labels.filter_map(|label| sources.locate(label.span.start)).next();
    let location = located.or_else(|| first.and_then(|first| first.location.clone()));
    let location = location.unwrap_or(Location { file: String::new(), line: 0, column: 0 });
    let message = first.map_or_else(String::new, |first| first.message.clone());
    json!({ ERROR_KEY: Failure { column: location.column, file: location.file, line: location.line, message } })
}

struct Walk<'a> {
    configuration: &'a Configuration,
    sources: &'a SourceMap,
    of_guests: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn replace(&mut self, json: &mut Json, path: &mut Vec<String>) {
        if let Some(unknown) = failed(json) {
            let failure = json!(self.failure(unknown, path));
            // The other attributes of a set stay.
            json.as_object_mut().map(|set| set.remove(UNKNOWN_KEY));
            json[ERROR_KEY] = failure;
        }
        match json {
            Json::Object(set) => {
                for (name, json) in set.iter_mut().filter(|(name, _)| *name != ERROR_KEY) {
                    path.push(name.clone());
                    self.replace(json, path);
                    path.pop();
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.replace(item, path)),
            _ => {}
        }
    }

    fn failure(&mut self, unknown: Unknown, path: &[String]) -> Failure {
        let Unknown { column, file, line, reason: message, .. } = unknown;
        let mut failure = Failure { column, file, line, message };
        if line == 0 {
            // Without a position of its own, use the position of the option.
            let span = self.configuration.spans.nearest(&OptionPath::new(path)).unwrap_or(Span::NONE);
            if let Some(location) = self.sources.locate(span.start) {
                let Location { file, line, column } = location;
                failure = Failure { column, file, line, ..failure };
            }
        }
        if path.get(2).is_some_and(|name| name == GUEST_KEY) {
            let location = Location { file: failure.file.clone(), line: failure.line, column: failure.column };
            let error = Diagnostic::error(Code::Evaluation, failure.message.as_str());
            let error = if location.line == 0 { error } else { error.at_location(location) };
            if !self.of_guests.contains(&error) {
                self.of_guests.push(error);
            }
        }
        failure
    }
}

/// The error that a leaf stands for, if it does.
fn failed(json: &Json) -> Option<Unknown> {
    let unknown = json.get(UNKNOWN_KEY)?;
    serde_json::from_value(unknown.clone()).ok().filter(|unknown: &Unknown| unknown.failed)
}
