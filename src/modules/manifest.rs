//! Reads the manifest from an evaluated configuration.
//!
//! All declared options are read, so that one run finds every mistake in a configuration.

use serde::Deserialize as _;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, IntoDeserializer as _, MapAccess};
use serde_json::{Error, Value as Json, json};

use super::declarations::CONTAINER;
use super::defaults::guest_of;
use super::read::{Read, Reader, Seen, unknown_json};
use super::scope::Context;
use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::{EvalError, EvalResult, Evaluator, Symbol, Unknown, Value};
use crate::model::check::{check, forward_key};
use crate::model::nat::nat_forward_key;
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::{
    AT_LEAST_KEY, Container, FORMAT_VERSION, Field, ForwardPort, List, Manifest, NatForward, UNKNOWN_KEY,
};
use crate::source::Span;

/// Options of the firewall that the model has.
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
/// Options of a container without a JSON form (contract §5).
const WITHOUT_JSON: [&str; 3] = ["config", "nixpkgs", "specialArgs"];

/// What could be read from a configuration.
pub(super) struct Whole {
    /// The manifest; options that failed are unknown in it.
    pub(super) manifest: Manifest,
    /// Where its options are set.
    pub(super) spans: OptionSpans,
    /// Sets of options that failed as a whole, each with the leaf that holds the error.
    pub(super) failed: Vec<(OptionPath, Json)>,
    /// The errors; empty unless the evaluation keeps going.
    pub(super) errors: Vec<Diagnostic>,
}

/// Reads the manifest from a configuration, or returns the errors.
pub(super) fn read<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    config: Value<'e>,
) -> Result<Whole, Vec<Diagnostic>> {
    let keeps_going = ev.settings.keep_going;
    let mut reader = ModelReader::new(ev, context);
    let manifest = reader.manifest(config);
    let ModelReader { values, failed, .. } = reader;
    let mut errors = values.errors;
    let mut spans = context.spans(ev);
    if let Ok(manifest) = &manifest {
        name_forwards(manifest, &mut spans);
    }
    for finding in context.findings.borrow().iter().filter(|f| f.severity == Severity::Error) {
        if !errors.contains(finding) {
            errors.push(finding.clone());
        }
    }
    if !errors.is_empty() && (!keeps_going || manifest.is_err()) {
        // Also report what is wrong with the rest of the model, in the same run.
        if let Ok(manifest) = manifest {
            errors.extend(check(&manifest, &spans).findings.into_iter().filter(|f| f.severity == Severity::Error));
        }
        errors.sort_by_key(|error| error.labels.first().map_or(Span::NONE, |label| label.span));
        return Err(errors);
    }
    let manifest = manifest.map_err(|error| {
        let message = format!("the configuration does not fit the model: {error}");
        vec![Diagnostic::error(Code::Internal, message).help("please report this, with the configuration")]
    })?;
    Ok(Whole { manifest, spans, failed, errors })
}

/// Renames the elements of `forwardPorts` in option paths, from their index to protocol and host port. Only evaluated
/// elements have the latter.
fn name_forwards(manifest: &Manifest, spans: &mut OptionSpans) {
    if let Some(forwards) = manifest.networking.nat.forward_ports.known().filter(|forwards| !forwards.is_empty()) {
        let name =
            |forward: &Field<NatForward>| forward.known().map_or_else(|| String::from("?:?"), nat_forward_key);
        let list = OptionPath::new(["networking", "nat", "forwardPorts"]);
        spans.name_elements(&list, &forwards.iter().map(name).collect::<Vec<_>>());
    }
    let mut name = |path: &OptionPath, forwards: &List<ForwardPort>| {
        let Some(forwards) = forwards.known().filter(|forwards| !forwards.is_empty()) else { return };
        let name = |forward: &Field<ForwardPort>| forward.known().map_or_else(|| String::from("?:?"), forward_key);
        spans.name_elements(&path.join("forwardPorts"), &forwards.iter().map(name).collect::<Vec<_>>());
    };
    let named = manifest.containers.iter().map(|(name, container)| (name.as_str(), container));
    for (container, options) in named.chain(manifest.misnamed.iter().map(|(name, it)| (name.as_str(), it))) {
        let path = OptionPath::new(["containers", container]);
        name(&path, &options.forward_ports);
        for (veth, options) in options.extra_veths.known().into_iter().flatten() {
            if let Some(options) = options.known() {
                name(&path.join("extraVeths").join(veth), &options.forward_ports);
            }
        }
    }
}

/// A container with its name, or the reason why it does not fit the model.
type Named<'e> = (&'e str, Result<Container, Error>);

struct ModelReader<'a, 'e> {
    values: Reader<'a, 'e>,
    context: &'e Context<'e>,
    /// The container options that the model has.
    options: Vec<(&'static str, Symbol)>,
    /// Sets of options that failed as a whole.
    failed: Vec<(OptionPath, Json)>,
}

impl<'a, 'e> ModelReader<'a, 'e> {
    fn new(ev: &'a mut Evaluator<'e>, context: &'e Context<'e>) -> Self {
        let all = CONTAINER.options.iter().map(|option| option.name);
        let shown = all.filter(|name| *name != "path" && !WITHOUT_JSON.contains(name));
        // `path` is last, because which system a container runs depends on the other options.
        let options = shown.chain(["path"]).map(|name| (name, ev.heap.symbol(name))).collect();
        Self { values: Reader { ev, errors: Vec::new() }, context, options, failed: Vec::new() }
    }

    fn manifest(&mut self, config: Value<'e>) -> Result<Manifest, Error> {
        // Read everything before any error is returned, so that one run reports all mistakes.
        let (containers, more) = self.containers(config);
        let state_version = self.option(config, &["system", "stateVersion"]);
        let mut firewall = self.options(config, &["networking", "firewall"], &FIREWALL);
        self.bounds(&mut firewall);
        let nftables = self.options(config, &["networking", "nftables"], &["enable", "flushRuleset"]);
        let enable = self.option(config, &["boot", "enableContainers"]);
        let mut manifest = Manifest::from_json(json!({
            "format_version": FORMAT_VERSION,
            "system": { "hostName": self.option(config, &["networking", "hostName"]), "stateVersion": state_version },
            "containers": more.unwrap_or(json!({})),
            "networking": {
                "nat": self.options(config, &["networking", "nat"], &[
                    "enable", "enableIPv6", "internalInterfaces", "internalIPs", "internalIPv6s", "externalInterface",
                    "externalIP", "externalIPv6", "forwardPorts", "dmzHost", "extraCommands", "extraStopCommands",
                ]),
                "firewall": firewall,
                "nftables": nftables,
            },
            "boot": { "enableContainers": enable },
            "services": { "container-rebuild": self.own_options(config) },
        }))?;
        for (name, container) in containers {
            manifest.add(name.to_owned(), container?);
        }
        Ok(manifest)
    }

    /// Reads our own options. Whether and with which package NixOS runs us says nothing about containers, and only nixpkgs can make
    /// the package.
    fn own_options(&mut self, config: Value<'e>) -> Json {
        let around = ["services", "container-rebuild"];
        let of_nixos = ["enable", "package"].map(|name| self.values.ev.heap.symbol(name));
        match self.get(config, &around) {
            Ok(Value::Attrs(set)) if of_nixos.iter().any(|name| set.get(*name).is_some()) => {
                let others = set.iter().filter(|(name, ..)| !of_nixos.contains(name));
                let names: Vec<_> = others.map(|(name, ..)| self.values.ev.heap.name(name)).collect();
                self.options(config, &around, &names)
            }
            _ => self.option(config, &around),
        }
    }

    /// Adds the certain elements to lists that are not fully known.
    fn bounds(&mut self, firewall: &mut Json) {
        let bounds = self.context.bounds.borrow().clone();
        for (path, items, _) in bounds {
            let names = path.names(self.values.ev);
            let mut inner = Some(&mut *firewall);
            for name in names.names().iter().skip(2) {
                inner = inner.and_then(|json| json.get_mut(&**name));
            }
            if let Some(list) = inner.filter(|json| json.get(UNKNOWN_KEY).is_some()) {
                list[AT_LEAST_KEY] = items.into_iter().map(|item| self.values.json(item)).collect();
            }
        }
    }

    /// Reads the containers; the leaf is present if there may be more.
    fn containers(&mut self, config: Value<'e>) -> (Vec<Named<'e>>, Option<Json>) {
        let leaf = |ev: &Evaluator<'e>, why: &Unknown| unknown_json(ev, why.reason(), why.span());
        let containers = match self.get(config, &["containers"]) {
            Ok(Value::Attrs(containers)) => containers,
            Ok(Value::Unknown(unknown)) => return (Vec::new(), Some(leaf(self.values.ev, unknown))),
            Ok(_) => return (Vec::new(), None),
            Err(error) => return (Vec::new(), Some(self.values.fail(&error))),
        };
        let certain = containers.iter().map(|(name, container, _)| (name, container));
        let optional = containers.optional().iter().map(|one| (one.name(), Value::Unknown(one.why())));
        let all = certain.chain(optional);
        let read = all.map(|(name, container)| (self.values.ev.heap.name(name), self.container(name, container)));
        let read = read.collect();
        let mut more = containers.any().map(|why| leaf(self.values.ev, why));
        for failing in self.context.failing.take() {
            if let Err(error) = self.values.ev.force(failing) {
                more = Some(self.values.fail(&error));
            }
        }
        (read, more)
    }

    fn container(&mut self, name: Symbol, container: Value<'e>) -> Result<Container, Error> {
        let (container, failed) = match self.values.ev.force(container) {
            Ok(container) => (container, None),
            Err(error) => {
                let path = OptionPath::new(["containers", self.values.ev.heap.name(name)]);
                (Value::Null, Some(self.failed(path, &error)))
            }
        };
        Container::deserialize(MapAccessDeserializer::new(ContainerOptions {
            reader: self,
            name,
            container,
            failed,
            next: 0,
        }))
    }

    /// Reads `path`: defined, built from `config`, or the profile that `flake` uses.
    fn system(&mut self, name: Symbol, container: Value<'e>) -> Seen<'e> {
        let path = OptionPath::new(["containers", self.values.ev.heap.name(name)]);
        let flake = self.seen(container, &["flake"]);
        let has_guest =
            matches!(container, Value::Attrs(_)) && guest_of(self.values.ev, self.context, name).is_some();
        let given = self.defined(container, "path");
        let no_flake = matches!(flake, Seen::Known(Value::Null));
        let has_flake = !no_flake && matches!(flake, Seen::Known(_));
        if has_guest && (given || has_flake) {
            let other = if given { "path" } else { "flake" };
            let name = self.values.ev.heap.name(name);
            let message = format!("container `{name}` has both `config` and `{other}`");
            let diagnostic = Diagnostic::error(Code::Conflict, message)
                .at(self.span_of(&path.join(other)), "")
                .at(self.span_of(&path.join("config")), "and here")
                .help("remove one of them: both say which system it runs");
            return self.values.wrong(diagnostic);
        }
        let may_be_given = self.is_defined(container, "path");
        if !has_guest && !may_be_given && no_flake && matches!(container, Value::Attrs(_)) {
            let name = self.values.ev.heap.name(name);
            let message = format!("The option `{}' was accessed but has no value defined.", path.join("path"));
            let diagnostic = Diagnostic::error(Code::MissingOption, message).help(format!(
                "give `{name}` a `config = {{ … }};`, or a `path` to a system that is built already"
            ));
            let at = self.span_of(&path);
            return self.values.wrong(at_span(diagnostic, at));
        }
        self.seen(container, &["path"])
    }

    fn span_of(&self, path: &OptionPath) -> Span {
        self.context.spans(self.values.ev).nearest(path).unwrap_or(Span::NONE)
    }

    /// Whether an option of a container has a definition with a known value.
    fn defined(&mut self, container: Value<'e>, name: &str) -> bool {
        let Value::Attrs(attrs) = container else { return false };
        let symbol = self.values.ev.heap.symbol(name);
        // A definition that depends on something unknown does not count.
        let is_known = |ev: &mut Evaluator<'e>, value| !matches!(ev.force(value), Ok(Value::Unknown(_)));
        self.is_defined(container, name) && attrs.get(symbol).is_some_and(|value| is_known(self.values.ev, value))
    }

    /// Whether an option of a container has a definition.
    fn is_defined(&self, container: Value<'e>, name: &str) -> bool {
        let Value::Attrs(attrs) = container else { return false };
        attrs.position(self.values.ev.heap.symbol(name)).is_some_and(crate::source::Pos::is_some)
    }

    fn get(&mut self, config: Value<'e>, path: &[&str]) -> EvalResult<'e, Value<'e>> {
        path.iter().try_fold(config, |value, name| self.values.ev.select(value, name))
    }

    /// Records that a set of options failed, and returns the leaf for each of them.
    fn failed(&mut self, path: OptionPath, error: &EvalError<'e>) -> Json {
        let failed = self.values.fail(error);
        self.failed.push((path, failed.clone()));
        failed
    }

    fn option_of(&mut self, container: Value<'e>, name: &str, symbol: Symbol) -> Seen<'e> {
        let at_hand = match container {
            Value::Attrs(options) => options.get(symbol).and_then(|value| self.values.ev.force_partial(value).ok()),
            _ => None,
        };
        match at_hand {
            Some(value) => self.values.see(value),
            // Selecting the option by name gives an error with more detail.
            None => self.seen(container, &[name]),
        }
    }

    fn seen(&mut self, config: Value<'e>, path: &[&str]) -> Seen<'e> {
        // Selecting a partial list would make it unknown as a whole.
        if let Some((name, around)) = path.split_last()
            && let Ok(Value::Attrs(attrs)) = self.get(config, around)
            && let Some(value) = attrs.get(self.values.ev.heap.symbol(name))
            && let Ok(partly @ Value::PartialList(_)) = self.values.ev.force_partial(value)
        {
            return self.values.see(partly);
        }
        match self.get(config, path) {
            Ok(value) => self.values.see(value),
            Err(error) => Seen::Failed(self.values.fail(&error)),
        }
    }

    fn option(&mut self, config: Value<'e>, path: &[&str]) -> Json {
        let seen = self.seen(config, path);
        self.values.json_of(seen)
    }

    fn options(&mut self, config: Value<'e>, around: &[&str], names: &[&str]) -> Json {
        let set = self.get(config, around);
        let set = set.map_err(|error| self.failed(OptionPath::new(around), &error));
        let mut leaf = |name: &str| match &set {
            Ok(set) => self.option(*set, &[name]),
            Err(failed) => failed.clone(),
        };
        Json::Object(names.iter().map(|name| ((*name).to_owned(), leaf(name))).collect())
    }
}

/// The options of one container, evaluated one by one on demand.
struct ContainerOptions<'r, 'a, 'e> {
    reader: &'r mut ModelReader<'a, 'e>,
    name: Symbol,
    container: Value<'e>,
    /// The leaf for every option, if the container failed as a whole.
    failed: Option<Json>,
    next: usize,
}

impl<'de> MapAccess<'de> for ContainerOptions<'_, '_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, _)) = self.reader.options.get(self.next) else { return Ok(None) };
        let name: StrDeserializer<'_, Error> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let (option, symbol) = self.reader.options[self.next];
        self.next += 1;
        let seen = match (&self.failed, option) {
            (Some(failed), _) => Seen::Failed(failed.clone()),
            (None, "path") => self.reader.system(self.name, self.container),
            (None, _) => self.reader.option_of(self.container, option, symbol),
        };
        seed.deserialize(Read { reader: &mut self.reader.values, seen })
    }
}

fn at_span(diagnostic: Diagnostic, span: Span) -> Diagnostic {
    if span == Span::NONE { diagnostic } else { diagnostic.at(span, "") }
}
