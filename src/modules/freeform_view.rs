//! Turns definitions into a [`View`]: all of a guest's, and those of the host that lints need.
//!
//! Each option has the value that the configuration's definitions give it, without what nixpkgs adds. A value that fails or
//! is unknown is an unknown leaf, never an error.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::definition::{Definition, presence};
use super::embedded::is_built_in;
use super::firewall;
use super::path::Path;
use super::read::{failed_json, unknown_json};
use super::scope::Context;
use super::split::split;
use super::undeclared::undeclared;
use crate::eval::{EvalError, EvalResult, Evaluator, Value};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::view::View;
use crate::model::{AT_LEAST_KEY, UNKNOWN_KEY};
use crate::source::{Pos, Span};

/// The maximum nesting depth that is shown.
const DEEPEST: usize = 24;
/// The maximum number of values shown, of one option such as `services.nginx` with everything below it, and in total.
/// Handwritten configurations have a few thousand.
const MOST_VALUES_OF_OPTION: usize = 20_000;
const MOST_VALUES: usize = 200_000;
/// The depth at which values are counted per option.
const OPTION: usize = 2;
/// The memory limit for one view, in bytes. A configuration that imports nixpkgs evaluates packages.
const ROOM: usize = 1 << 30;
/// Parts of a host's configuration that lints need and the model lacks.
const OF_THE_HOST: [&[&str]; 9] = [
    &["services"],
    &["programs"],
    &["virtualisation"],
    &["nix", "sshServe"],
    &["networking"],
    &["boot", "kernel", "sysctl"],
    &["environment", "etc", "resolv.conf"],
    &["systemd", "tmpfiles"],
    &["systemd", "network"],
];

/// Returns the view of a whole guest configuration, and the values of the options in `extra_config`.
pub(super) fn whole<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    config: Value<'e>,
    extra_config: &[&[&str]],
) -> View {
    ev.with_room(ROOM, |ev| {
        let mut shown = Shown::new(ev, context);
        let options = shown.json(config);
        let mut beside = json!({});
        for path in extra_config {
            let mut value = Some(config);
            for name in *path {
                value = value.and_then(|value| shown.ev.select_optional(value, name).ok().flatten());
            }
            let Some(value) = value else { continue };
            let json = Shown::new(shown.ev, context).json(value);
            *path.iter().fold(&mut beside, |json, name| &mut json[*name]) = json;
        }
        View { extra_config: beside, ..shown.finish(options) }
    })
}

/// Returns the view of what a host defines outside the model.
pub(super) fn host<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> View {
    ev.with_room(ROOM, |ev| of_host(ev, context))
}

fn of_host<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> View {
    let mut shown = Shown::new(ev, context);
    let mut options = json!({});
    for path in OF_THE_HOST {
        let value = match definitions(shown.ev, context, path) {
            Ok(Some((value, pos))) => {
                shown.path = path.iter().map(|name| (*name).to_owned()).collect();
                shown.note(pos);
                shown.json(value)
            }
            Ok(None) => continue,
            Err(error) => failure(shown.ev, &error),
        };
        let mut inner = &mut options;
        for name in path {
            inner = &mut inner[*name];
        }
        *inner = value;
    }
    units(&mut shown, context, &mut options);
    shown.path.clear();
    shown.finish(options)
}

/// Adds the host's definitions of container units; all other units would make the view too large.
fn units<'e>(shown: &mut Shown<'_, 'e>, context: &'e Context<'e>, options: &mut Json) {
    let path = ["systemd", "services"];
    let Ok((definitions, at)) = definitions_at(shown.ev, context, &path) else { return };
    let Ok(split) = split(shown.ev, at, &definitions) else { return };
    for (symbol, definitions) in split.names {
        let name = shown.ev.heap.name(symbol).to_owned();
        if !name.starts_with("container@") {
            continue;
        }
        let pos = definitions.first().map_or(Pos::NONE, |definition| definition.pos);
        let at = at.join(shown.ev, symbol);
        shown.path = path.iter().map(|name| (*name).to_owned()).chain([name.clone()]).collect();
        shown.note(pos);
        let Some(host) = context.host.get() else { return };
        if matches!(presence(shown.ev, &definitions), Ok(Ok(false))) {
            continue;
        }
        let mut value = match undeclared(shown.ev, host, at, &definitions, true) {
            Ok(value) => shown.json(value),
            Err(error) => failure(shown.ev, &error),
        };
        leave_out_discarded(shown.ev, at, &definitions, &mut value);
        options[path[0]][path[1]][&name] = value;
    }
}

/// Removes definitions whose conditions do not hold, so that a lint does not see a unit as changed by them.
fn leave_out_discarded<'e>(ev: &mut Evaluator<'e>, at: Path<'e>, definitions: &[Definition<'e>], json: &mut Json) {
    let Some(members) = json.as_object_mut().filter(|members| !members.contains_key(UNKNOWN_KEY)) else { return };
    let Ok(split) = split(ev, at, definitions) else { return };
    for (symbol, definitions) in split.names {
        let name = ev.heap.name(symbol).to_owned();
        if matches!(presence(ev, &definitions), Ok(Ok(false))) {
            members.remove(&name);
        } else if let Some(member) = members.get_mut(&name) {
            leave_out_discarded(ev, at.join(ev, symbol), &definitions, member);
        }
    }
}

/// Returns the value and position of the host's definitions at `path`, if there are any.
fn definitions<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: &[&str],
) -> EvalResult<'e, Option<(Value<'e>, Pos)>> {
    let (definitions, at) = definitions_at(ev, context, path)?;
    let Some(first) = definitions.first() else { return Ok(None) };
    let pos = first.pos;
    let Some(host) = context.host.get() else { return Ok(None) };
    undeclared(ev, host, at, &definitions, true).map(|value| Some((value, pos)))
}

/// Returns the host's definitions at `path`.
fn definitions_at<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: &[&str],
) -> EvalResult<'e, (Vec<Definition<'e>>, Path<'e>)> {
    let all = context.host.get().and_then(|host| host.definitions.get());
    let (mut definitions, mut at) = (all.map(|all| all.to_vec()).unwrap_or_default(), Path::ROOT);
    for name in path {
        let symbol = ev.heap.symbol(name);
        let mut split = split(ev, at, &definitions)?;
        definitions = split.names.remove(&symbol).unwrap_or_default();
        definitions.extend(split.open);
        at = at.join(ev, symbol);
    }
    Ok((definitions, at))
}

/// Builds an unknown leaf that holds an error.
pub(super) fn failure<'e>(ev: &Evaluator<'e>, error: &EvalError<'e>) -> Json {
    let diagnostics = error.diagnostics();
    if ev.settings.keep_going {
        return failed_json(ev, &diagnostics);
    }
    let first = diagnostics.first();
    let reason = first.map_or("it does not evaluate", |diagnostic| diagnostic.message.as_str());
    let span = first.and_then(|diagnostic| diagnostic.labels.first()).map_or(Span::NONE, |label| label.span);
    unknown_json(ev, reason, span)
}

struct Shown<'a, 'e> {
    ev: &'a mut Evaluator<'e>,
    context: &'e Context<'e>,
    /// The path of the current value.
    path: Vec<String>,
    spans: OptionSpans,
    files: BTreeSet<OptionPath>,
    /// The number of values shown, and what it was at the start of the current option.
    values: usize,
    began: usize,
    is_cut: bool,
}

impl<'a, 'e> Shown<'a, 'e> {
    fn new(ev: &'a mut Evaluator<'e>, context: &'e Context<'e>) -> Self {
        let (spans, files) = (OptionSpans::default(), BTreeSet::new());
        Self { ev, context, path: Vec::new(), spans, files, values: 0, began: 0, is_cut: false }
    }

    /// Records that the value at `self.path` is set at `pos`.
    fn note(&mut self, pos: Pos) {
        if pos.is_some() && !is_built_in(self.ev, pos) {
            self.spans.add(&self.path, self.ev.report.attribute_span(pos));
        }
    }

    /// Converts a value to JSON.
    fn json(&mut self, value: Value<'e>) -> Json {
        let value = match self.ev.force(value) {
            Ok(value) => value,
            Err(error) => return failure(self.ev, &error),
        };
        if self.path.len() > DEEPEST {
            return unknown_json(self.ev, "nested too deeply to be shown", Span::NONE);
        }
        if self.path.len() <= OPTION {
            self.began = self.values;
        }
        self.values += 1;
        if self.values - self.began > MOST_VALUES_OF_OPTION || self.values > MOST_VALUES {
            self.is_cut = true;
            return unknown_json(self.ev, "not shown, since there is too much", Span::NONE);
        }
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => json!(value),
            Value::Int(value) => json!(value),
            Value::Float(value) => json!(value),
            Value::String(text) => json!(text.to_str_lossy()),
            Value::Path(text) => {
                self.files.insert(OptionPath::new(self.path.iter().cloned()));
                json!(text.to_str_lossy())
            }
            Value::List(items) => {
                if let Some(positions) = self.ev.provenance.elements_of(value) {
                    let is_ours = |pos: Pos| pos.is_some() && !is_built_in(self.ev, pos);
                    let span =
                        |pos: &Pos| if is_ours(*pos) { self.ev.report.attribute_span(*pos) } else { Span::NONE };
                    self.spans.add_elements(&self.path, positions.iter().map(span).collect());
                }
                let mut shown = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    let json = self.json(item);
                    shown.push(json);
                    self.path.pop();
                }
                Json::Array(shown)
            }
            Value::Attrs(attrs) => {
                if let Some(whole) = self.entered_never(value) {
                    return whole;
                }
                let mut shown = Map::new();
                for (name, value, pos) in attrs.iter() {
                    // A default has no position; what it becomes is up to nixpkgs.
                    if pos == Pos::NONE && attrs.rest().is_some() {
                        continue;
                    }
                    self.path.push(self.ev.heap.name(name).to_owned());
                    self.note(pos);
                    let json = self.json(value);
                    shown.insert(self.ev.heap.name(name).to_owned(), json);
                    self.path.pop();
                }
                for one in attrs.optional() {
                    self.path.push(self.ev.heap.name(one.name()).to_owned());
                    self.note(one.pos());
                    let json = unknown_json(self.ev, one.why().reason(), one.why().span());
                    shown.insert(self.ev.heap.name(one.name()).to_owned(), json);
                    self.path.pop();
                }
                Json::Object(shown)
            }
            Value::Unknown(unknown) => unknown_json(self.ev, unknown.reason(), unknown.span()),
            other => {
                let what = self.ev.report.describe(&self.ev.heap, other);
                unknown_json(self.ev, &what, Span::NONE)
            }
        }
    }

    /// Returns a summary of a set that is not entered: name and path of a derivation, an unknown leaf for a package set.
    fn entered_never(&mut self, value: Value<'e>) -> Option<Json> {
        let mut text = |name: &str| match self.ev.select_optional(value, name) {
            Ok(Some(Value::String(text))) => Some(text.to_str_lossy().into_owned()),
            _ => None,
        };
        if text("type").as_deref() == Some("derivation") {
            let parts = ["name", "outPath"].map(|name| {
                let part = match self.ev.select(value, name) {
                    Ok(part) => self.json(part),
                    Err(error) => failure(self.ev, &error),
                };
                (name.to_owned(), part)
            });
            let kind = ("type".to_owned(), json!("derivation"));
            return Some(Json::Object(parts.into_iter().chain([kind]).collect()));
        }
        // nixpkgs sets this `_type`; package sets that other overlays build keep at least these two names.
        let is_set = text("_type").as_deref() == Some("pkgs")
            || ["callPackage", "stdenv"].iter().all(|name| self.has(value, name));
        is_set.then(|| unknown_json(self.ev, "a package set", Span::NONE))
    }

    fn has(&self, value: Value<'e>, name: &str) -> bool {
        matches!(value, Value::Attrs(attrs) if attrs.get(self.ev.heap.symbol(name)).is_some())
    }

    /// Builds the view, with the certain elements of the firewall's lists.
    fn finish(mut self, mut options: Json) -> View {
        let mut bounds = BTreeMap::new();
        let known = self.context.bounds.borrow().clone();
        for (path, items, bound) in known {
            let items: Json = items.into_iter().map(|item| self.json(item)).collect();
            let names = path.names(self.ev);
            let inner = names.names().iter().try_fold(&mut options, |json, name| json.get_mut(&**name));
            if let Some(list) = inner.filter(|json| json.is_object()) {
                list[AT_LEAST_KEY] = items;
            }
            bounds.insert(names, bound);
        }
        // An argument that nothing here supplies comes from a module that is not available.
        let lacks_arguments =
            self.context.host.get().is_some_and(|host| host.lacks_arguments(self.ev).unwrap_or(true));
        let missing_modules = self.context.is_missing_modules() || lacks_arguments;
        let closed = firewall::opens_nothing(self.ev, self.context);
        let is_cut = self.is_cut || self.ev.limits.is_full();
        let (spans, files, extra_config) = (self.spans, self.files, Json::Null);
        let verdicts = Vec::new();
        View { options, extra_config, spans, bounds, files, closed, verdicts, missing_modules, is_cut }
    }
}
