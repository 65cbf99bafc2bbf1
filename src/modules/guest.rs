//! The guests' own configurations, evaluated freeform: what they say themselves, for diffs and checks.
//!
//! Nixpkgs decides what a guest's options are; here each of them is what its definitions say. The argument `config` is the
//! guest's, `lib` and `pkgs` are the host's. What fails or cannot be known is an unknown leaf, never an error: nothing
//! is built from this.

use serde_json::{Map, Value as Json, json};

use super::context::{Context, Path};
use super::defaults::host_option;
use super::definition::Definition;
use super::load::{self, Source};
use super::manifest::unknown_json;
use super::scope::{Of, Scope};
use super::{declarations, option, packages, submodule};
use crate::eval::{EvalError, EvalResult, Evaluator, Symbol, Value};
use crate::model::path::OptionSpans;
use crate::model::{AT_LEAST_KEY, UNKNOWN_KEY};
use crate::source::{Pos, Span};

/// How deep a configuration is shown.
const DEEPEST: usize = 24;

/// What the guest of a container says, as JSON, and where each of its options is set.
pub(super) fn view<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
) -> (Json, OptionSpans) {
    match configuration(ev, host, container, definitions) {
        Ok((context, config)) => {
            let mut shown = Shown { ev, context, path: Vec::new(), spans: OptionSpans::default() };
            let mut json = shown.json(config, 0);
            shown.bounds(&mut json);
            (json, shown.spans)
        }
        Err(error) => (failure(ev, error), OptionSpans::default()),
    }
}

fn configuration<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let context: &'e Context<'e> = ev.alloc(Context::new(host.lib, host.system));
    context.packages.set(Some(packages::packages(ev, host)));
    let mut scope = Scope::new(context, Of::Guest, Path::ROOT);
    if let Some(host) = host.host.get() {
        let name = ev.name(container);
        scope.special = Some(host_option(ev, host, &["containers", name, "specialArgs"])?);
    }
    let scope: &'e Scope<'e> = ev.alloc(scope);
    let _ = context.host.set(scope);
    let sources: Vec<_> = definitions
        .iter()
        .map(|definition| Source {
            value: definition.value,
            at: definition.pos,
            around: Some(*definition),
            shorthand: false,
            perhaps: None,
        })
        .collect();
    let modules = load::load(ev, scope, &sources)?;
    let table = option::table(ev, &declarations::HOST);
    let config = submodule::whole(ev, scope, Some(table), modules)?;
    Ok((context, ev.force(config)?))
}

fn failure<'e>(ev: &Evaluator<'e>, error: EvalError<'e>) -> Json {
    let diagnostics = ev.to_diagnostics(&error);
    let first = diagnostics.first();
    let reason = first.map_or("it does not evaluate", |diagnostic| diagnostic.message.as_str());
    let span = first.and_then(|diagnostic| diagnostic.labels.first()).map_or(Span::NONE, |label| label.span);
    unknown_json(ev, reason, span)
}

struct Shown<'a, 'e> {
    ev: &'a mut Evaluator<'e>,
    context: &'e Context<'e>,
    /// The names that lead to what is being shown.
    path: Vec<Symbol>,
    /// Where options are set: sets only where nothing is in them.
    spans: OptionSpans,
}

impl<'e> Shown<'_, 'e> {
    /// A value as JSON.
    fn json(&mut self, value: Value<'e>, depth: usize) -> Json {
        let value = match self.ev.force(value) {
            Ok(value) => value,
            Err(error) => return failure(self.ev, error),
        };
        if depth > DEEPEST {
            return unknown_json(self.ev, "nested too deeply to be shown", Span::NONE);
        }
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => json!(value),
            Value::Int(value) => json!(value),
            Value::Float(value) => json!(value),
            Value::String(text) | Value::Path(text) => json!(text.to_str_lossy()),
            Value::List(items) => items.iter().map(|item| self.json(item, depth + 1)).collect(),
            Value::Attrs(attrs) => {
                let mut shown = Map::new();
                for (name, value, pos) in attrs.iter() {
                    // Defaults have no place; they are nixpkgs' to say.
                    if pos == Pos::NONE && attrs.rest().is_some() {
                        continue;
                    }
                    self.path.push(name);
                    let json = self.json(value, depth + 1);
                    if pos.is_some() && !is_branch(&json) {
                        let path = self.path.iter().map(|name| self.ev.name(*name)).collect();
                        self.spans.add(path, self.ev.attribute_span(pos));
                    }
                    self.path.pop();
                    shown.insert(self.ev.name(name).to_owned(), json);
                }
                Json::Object(shown)
            }
            Value::Unknown(unknown) => unknown_json(self.ev, unknown.reason(), unknown.span()),
            other => {
                let what = self.ev.describe(other);
                unknown_json(self.ev, &what, Span::NONE)
            }
        }
    }

    /// Adds what the lists of the firewall have at least.
    fn bounds(&mut self, shown: &mut Json) {
        let bounds = self.context.bounds.borrow().clone();
        for (path, items) in bounds {
            let items: Json = items.into_iter().map(|item| self.json(item, 0)).collect();
            let names = path.names(self.ev);
            let place = names.names().iter().try_fold(&mut *shown, |json, name| json.get_mut(name));
            if let Some(list) = place.filter(|json| json.is_object()) {
                list[AT_LEAST_KEY] = items;
            }
        }
    }
}

/// Whether there are options below this, each of which has a place of its own.
fn is_branch(json: &Json) -> bool {
    json.as_object().is_some_and(|members| !members.is_empty() && !members.contains_key(UNKNOWN_KEY))
}
