//! From the evaluated configuration to the manifest.
//!
//! Everything that is declared is read, so that all mistakes of a configuration are found in one run.

use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::declarations::CONTAINER;
use super::{flake, nixpkgs};
use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::{Evaluator, Unknown, Value};
use crate::model::check::check;
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::{AT_LEAST_KEY, FORMAT_VERSION, Manifest, UNKNOWN_KEY};
use crate::source::Span;

/// Options of the firewall that are part of the model.
const FIREWALL: [&str; 10] = [
    "enable",
    "allowPing",
    "allowedTCPPorts",
    "allowedUDPPorts",
    "allowedTCPPortRanges",
    "allowedUDPPortRanges",
    "interfaces",
    "trustedInterfaces",
    "checkReversePath",
    "filterForward",
];
/// Options of a container that have no JSON form (contract §5).
const WITHOUT_JSON: [&str; 3] = ["config", "nixpkgs", "specialArgs"];

/// Why what is wrong is not known.
const WRONG: &str = "it has an error";

/// Reads the manifest out of the configuration, and where its options stand; gives what is wrong where it is not one.
pub(super) fn read<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    config: Value<'e>,
) -> Result<(Manifest, OptionSpans), Vec<Diagnostic>> {
    let mut reader = Reader { ev, context, errors: Vec::new(), forwards: Vec::new() };
    let json = reader.manifest(config);
    let (mut errors, forwards) = (reader.errors, reader.forwards);
    let mut spans = context.spans(ev);
    for (list, names) in forwards {
        spans.name_elements(&list, &names);
    }
    for finding in context.findings.borrow().iter().filter(|f| f.severity == Severity::Error) {
        if !errors.contains(finding) {
            errors.push(finding.clone());
        }
    }
    if !errors.is_empty() {
        // What is wrong with the rest of the model is told in the same run.
        if let Ok(manifest) = Manifest::from_json(json) {
            errors.extend(check(&manifest, &spans).findings.into_iter().filter(|f| f.severity == Severity::Error));
        }
        errors.sort_by_key(|error| error.labels.first().map_or(Span::NONE, |label| label.span));
        return Err(errors);
    }
    let manifest = Manifest::from_json(json).map_err(|error| {
        let message = format!("the configuration does not fit the model: {error}");
        vec![Diagnostic::error(Code::Internal, message).help("please report this, with the configuration")]
    })?;
    Ok((manifest, spans))
}

struct Reader<'a, 'e> {
    ev: &'a mut Evaluator<'e>,
    context: &'e Context<'e>,
    errors: Vec<Diagnostic>,
    /// Lists of forwarded ports, with the names of their elements.
    forwards: Vec<(OptionPath, Vec<String>)>,
}

impl<'e> Reader<'_, 'e> {
    fn manifest(&mut self, config: Value<'e>) -> Json {
        let containers = self.containers(config);
        let state_version = self.option(config, &["system", "stateVersion"]);
        let mut firewall = self.options(config, &["networking", "firewall"], &FIREWALL);
        self.bounds(&mut firewall);
        let nftables = self.options(config, &["networking", "nftables"], &["enable", "flushRuleset"]);
        let enable = self.option(config, &["boot", "enableContainers"]);
        json!({
            "format_version": FORMAT_VERSION,
            "system": { "hostName": self.option(config, &["networking", "hostName"]), "stateVersion": state_version },
            "containers": containers,
            "networking": {
                "nat": self.options(config, &["networking", "nat"], &[
                    "enable", "enableIPv6", "internalInterfaces", "internalIPs", "internalIPv6s", "externalInterface",
                    "externalIP", "externalIPv6", "forwardPorts", "dmzHost", "extraCommands", "extraStopCommands",
                ]),
                "firewall": firewall,
                "nftables": nftables,
            },
            "boot": { "enableContainers": enable },
            "services": { "container-rebuild": self.option(config, &["services", "container-rebuild"]) },
        })
    }

    /// Adds what lists have at least that are not known.
    fn bounds(&mut self, firewall: &mut Json) {
        let bounds = self.context.bounds.borrow().clone();
        for (path, items, _) in bounds {
            let names = path.names(self.ev);
            let mut place = Some(&mut *firewall);
            for name in names.names().iter().skip(2) {
                place = place.and_then(|json| json.get_mut(name));
            }
            if let Some(list) = place.filter(|json| json.get(UNKNOWN_KEY).is_some()) {
                list[AT_LEAST_KEY] = items.into_iter().map(|item| self.json(item)).collect();
            }
        }
    }

    fn containers(&mut self, config: Value<'e>) -> Json {
        let containers = match self.get(config, &["containers"]) {
            Some(Value::Attrs(containers)) => containers,
            Some(Value::Unknown(unknown)) => return json!({ UNKNOWN_KEY: self.unknown(unknown)[UNKNOWN_KEY] }),
            _ => return json!({}),
        };
        let mut shown = Map::new();
        for (symbol, container, _) in containers.iter() {
            let name = self.ev.name(symbol).to_owned();
            let path = OptionPath::new(["containers", &name]);
            shown.insert(name.clone(), self.container(&name, container, &path));
        }
        for perhaps in containers.perhaps() {
            let name = self.ev.name(perhaps.name()).to_owned();
            let path = OptionPath::new(["containers", &name]);
            let container = self.container(&name, Value::Unknown(perhaps.why()), &path);
            shown.insert(name, container);
        }
        if let Some(unknown) = containers.any() {
            shown.insert(UNKNOWN_KEY.to_owned(), self.unknown(unknown)[UNKNOWN_KEY].take());
        }
        Json::Object(shown)
    }

    fn container(&mut self, name: &str, container: Value<'e>, path: &OptionPath) -> Json {
        let mut shown = Map::new();
        let container = match self.ev.force(container) {
            Ok(value) => value,
            Err(error) => {
                self.fail(error);
                self.ev.unknown(WRONG, Span::NONE)
            }
        };
        for option in CONTAINER.options {
            if option.name == "path" || WITHOUT_JSON.contains(&option.name) {
                continue;
            }
            let mut value = self.option_of(container, option.name);
            if option.name == "forwardPorts" {
                self.name_forwards(path, &value);
            }
            if option.name == "extraVeths"
                && let Some(veths) = value.as_object_mut()
            {
                for (veth, options) in veths {
                    self.name_forwards(&path.join("extraVeths").join(veth), &options["forwardPorts"]);
                }
            }
            shown.insert(option.name.to_owned(), value);
        }
        let system = self.system(name, container, path, &shown["flake"]);
        shown.insert(String::from("path"), system);
        Json::Object(shown)
    }

    /// `path`: given, or built from `config`, or where `flake` puts it.
    fn system(&mut self, name: &str, container: Value<'e>, path: &OptionPath, flake: &Json) -> Json {
        let guest = path.join("config");
        self.option_of(container, "config");
        let symbol = self.ev.symbol(name);
        let has_guest = self.context.guests.borrow().iter().any(|(guest, _)| *guest == symbol);
        let given = self.defined(container, "path");
        let has_flake = !flake.is_null() && flake.get(UNKNOWN_KEY).is_none();
        if has_guest && (given || has_flake) {
            let other = if given { "path" } else { "flake" };
            let message = format!("container `{name}` has both `config` and `{other}`");
            let diagnostic = Diagnostic::error(Code::Conflict, message)
                .at(self.place_of(&path.join(other)), "")
                .at(self.place_of(&guest), "and here")
                .help("remove one of them: both say which system it runs");
            self.errors.push(diagnostic);
            return self.wrong();
        }
        if !has_guest && !given && flake.is_null() && matches!(container, Value::Attrs(_)) {
            let message = format!("The option `{}' was accessed but has no value defined.", path.join("path"));
            let diagnostic = Diagnostic::error(Code::MissingOption, message).help(format!(
                "give `{name}` a `config = {{ … }};`, or a `path` to a system that is built already"
            ));
            let at = self.place_of(path);
            self.errors.push(place(diagnostic, at));
            return self.wrong();
        }
        self.option_of(container, "path")
    }

    fn place_of(&self, path: &OptionPath) -> Span {
        self.context.spans(self.ev).nearest(path).unwrap_or(Span::NONE)
    }

    /// Elements of `forwardPorts` are named by protocol and host port in option paths; until they are evaluated they go
    /// by their place in the list.
    fn name_forwards(&mut self, path: &OptionPath, forwards: &Json) {
        let list = path.join("forwardPorts");
        let Some(elements) = forwards.as_array() else { return };
        let names = elements.iter().map(|element| {
            let text = |value: &Json| match value {
                Json::String(text) => text.clone(),
                Json::Number(number) => number.to_string(),
                _ => String::from("?"),
            };
            format!("{}:{}", text(&element["protocol"]), text(&element["hostPort"]))
        });
        let names = names.collect();
        self.forwards.push((list, names));
    }

    fn defined(&mut self, container: Value<'e>, name: &str) -> bool {
        let Value::Attrs(attrs) = container else { return false };
        let symbol = self.ev.symbol(name);
        // What something unknown may define is not defined for certain.
        let is_known = |ev: &mut Evaluator<'e>, value| !matches!(ev.force(value), Ok(Value::Unknown(_)));
        attrs.position(symbol).is_some_and(crate::source::Pos::is_some)
            && attrs.get(symbol).is_some_and(|value| is_known(self.ev, value))
    }

    fn get(&mut self, config: Value<'e>, path: &[&str]) -> Option<Value<'e>> {
        let mut value = config;
        for name in path {
            let next = self.ev.select(value, name).and_then(|value| self.ev.force(value));
            match next {
                Ok(next) => value = next,
                Err(error) => {
                    self.fail(error);
                    return None;
                }
            }
        }
        Some(value)
    }

    fn option(&mut self, config: Value<'e>, path: &[&str]) -> Json {
        match self.get(config, path) {
            Some(value) => self.json(value),
            None => self.wrong(),
        }
    }

    fn option_of(&mut self, set: Value<'e>, name: &str) -> Json {
        self.option(set, &[name])
    }

    fn options(&mut self, config: Value<'e>, around: &[&str], names: &[&str]) -> Json {
        let set = self.get(config, around).unwrap_or_else(|| self.ev.unknown(WRONG, Span::NONE));
        Json::Object(names.iter().map(|name| ((*name).to_owned(), self.option_of(set, name))).collect())
    }

    /// A value as JSON. What fails in it is reported, and the rest goes on.
    fn json(&mut self, value: Value<'e>) -> Json {
        let value = match self.ev.force_partly(value) {
            Ok(value) => value,
            Err(error) => {
                self.fail(error);
                return self.wrong();
            }
        };
        match value {
            Value::Null => Json::Null,
            Value::Partly(partly) => {
                let certain = partly.items().iter().filter(|item| item.perhaps.is_none());
                let certain: Json = certain.map(|item| self.json(item.value)).collect();
                let mut json = self.unknown(partly.why());
                json[AT_LEAST_KEY] = certain;
                json
            }
            Value::Bool(value) => json!(value),
            Value::Int(value) => json!(value),
            Value::Float(value) => json!(value),
            Value::String(text) | Value::Path(text) => {
                let text = text.to_str_lossy();
                match stand_in(&text) {
                    Some(what) => {
                        let unknown = self.ev.unknown_reason(&format!("known to Nix only: {what}"), Span::NONE);
                        self.unknown(unknown)
                    }
                    None => json!(text),
                }
            }
            Value::List(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Attrs(attrs) => {
                if attrs.get(self.ev.symbol("outPath")).is_some() {
                    return self.option_of(value, "outPath");
                }
                let mut shown = Map::new();
                let mut rest = attrs.any();
                for perhaps in attrs.perhaps() {
                    let name = self.ev.name(perhaps.name()).to_owned();
                    shown.insert(name, self.unknown(perhaps.why()));
                }
                for (symbol, value, _) in attrs.iter() {
                    let name = self.ev.name(symbol);
                    if let Some(what) = stand_in(name) {
                        rest = Some(self.ev.unknown_reason(&format!("known to Nix only: {what}"), Span::NONE));
                        continue;
                    }
                    shown.insert(name.to_owned(), self.json(value));
                }
                if let Some(unknown) = rest {
                    let elements = json!(shown);
                    let mut json = self.unknown(unknown);
                    json[AT_LEAST_KEY] = elements;
                    return json;
                }
                Json::Object(shown)
            }
            Value::Unknown(unknown) => self.unknown(unknown),
            other => {
                let message = format!("{} has no JSON form", self.ev.describe(other));
                self.errors.push(Diagnostic::error(Code::OptionType, message));
                self.wrong()
            }
        }
    }

    /// Stands for what is wrong, so that the rest can be looked at.
    fn wrong(&self) -> Json {
        unknown_json(self.ev, WRONG, Span::NONE)
    }

    fn unknown(&mut self, unknown: &Unknown) -> Json {
        unknown_json(self.ev, unknown.reason(), unknown.span())
    }

    fn fail(&mut self, error: crate::eval::EvalError<'e>) {
        for diagnostic in self.ev.to_diagnostics(&error) {
            if !self.errors.contains(&diagnostic) {
                self.errors.push(diagnostic);
            }
        }
    }
}

/// An unknown leaf.
pub(super) fn unknown_json(ev: &Evaluator<'_>, reason: &str, span: Span) -> Json {
    let location = ev.sources().locate(span.start);
    let (file, line, column) =
        location.map_or((String::new(), 0, 0), |place| (place.file, place.line, place.column));
    json!({ UNKNOWN_KEY: { "reason": reason, "file": file, "line": line, "column": column } })
}

/// Which path of the store a text is made of that only stands for the real one.
fn stand_in(text: &str) -> Option<&'static str> {
    if text.contains(flake::SOURCE) {
        return Some("where the flake's source is in the store");
    }
    text.contains(nixpkgs::SOURCE).then_some("where nixpkgs is in the store")
}

fn place(diagnostic: Diagnostic, span: Span) -> Diagnostic {
    if span == Span::NONE { diagnostic } else { diagnostic.at(span, "") }
}
