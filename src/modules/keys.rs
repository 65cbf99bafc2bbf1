//! Keys that show, without Nix, that a guest or an unknown option is unchanged.
//!
//! A key is a hash of the code of the definitions and everything that this code can reach ([`Fingerprint`]). The key of a
//! guest also covers what NixOS passes into the guest.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::definition::Definition;
use super::platform;
use super::scope::Context;
use crate::eval::{EvalResult, Evaluator, Fingerprint, Value};
use crate::model::path::OptionPath;
use crate::model::{ContainerName, Manifest};

/// The container options that NixOS passes into a guest, besides its name (`extraConfig` of `nixos-containers.nix`, and the
/// arguments of `eval-config.nix`). A change to any of them changes the guest.
const HANDED_IN: [&[&str]; 2] = [&["nixpkgs"], &["specialArgs"]];
/// The options that also affect a guest with a private network: the addresses of `networking.interfaces.eth0`.
const OF_PRIVATE_NETWORK: [&[&str]; 2] = [&["localAddress"], &["localAddress6"]];
/// The host options that affect a guest.
const OF_HOST: [&[&str]; 1] = [&["nixpkgs", "hostPlatform"]];

/// What every key depends on, besides its definitions.
pub(super) struct Inputs<'a, 'e> {
    pub(super) lib: Value<'e>,
    pub(super) config: Value<'e>,
    pub(super) search_path: Vec<(String, String)>,
    /// The versions of a flake's inputs.
    pub(super) pins: &'a str,
}

impl<'e> Inputs<'_, 'e> {
    /// Starts a key that contains these inputs.
    fn begin<'b>(&self, ev: &'b mut Evaluator<'e>) -> Fingerprint<'b, 'e> {
        let mut key = Fingerprint::new(ev, self.config);
        key.root(self.lib, "lib");
        key.text(env!("CARGO_PKG_VERSION"));
        for (prefix, path) in &self.search_path {
            key.text(prefix);
            key.text(path);
        }
        key.text(self.pins);
        key
    }
}

/// Returns the keys of all guests built from `config`. A guest has no key if its code reads something that no literal names.
pub(super) fn of_guests<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    inputs: &Inputs<'_, 'e>,
) -> BTreeMap<ContainerName, String> {
    let guests = context.guests.borrow().clone();
    let (mut keys, mut kept) = (BTreeMap::new(), Kept::default());
    for (name, definitions) in guests {
        let Ok(name) = ContainerName::new(ev.heap.name(name)) else { continue };
        let of_host = options_of_host(ev, context, &name);
        let unknown = of_host.iter().filter(|(_, value)| matches!(value, Ok(Value::Unknown(_))));
        let unknown: Vec<_> = unknown.map(|(path, _)| kept.of(ev, context, path)).collect();
        let given_system = platform::given_system(ev, context);
        let mut key = inputs.begin(ev);
        key.text(name.as_str());
        of_host.into_iter().for_each(|(_, value)| key.result(value));
        if let Some(system) = given_system {
            key.result(system);
        }
        unknown.iter().copied().flatten().for_each(|definition| definition.add_to(&mut key));
        for definition in definitions {
            key.value(definition.value);
        }
        if let Some(key) = key.finish() {
            keys.insert(name, key);
        }
    }
    keys
}

/// Returns the values of all options that are passed into a container's guest, by path.
fn options_of_host<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    name: &ContainerName,
) -> Vec<(OptionPath, EvalResult<'e, Value<'e>>)> {
    if context.host.get().is_none() {
        return Vec::new();
    }
    let mut option = |path: Vec<&str>| {
        let value = context.host_option(ev, &path);
        (path.into_iter().map(str::to_owned).collect(), value)
    };
    let of_container = |path: &[&'static str]| [&["containers", name.as_str()], path].concat();
    let private = option(of_container(&["privateNetwork"]));
    let of_network = if matches!(private.1, Ok(Value::Bool(false))) { &[][..] } else { &OF_PRIVATE_NETWORK };
    let paths = HANDED_IN.iter().chain(of_network).map(|path| of_container(path));
    let paths: Vec<_> = paths.chain(OF_HOST.iter().map(|path| path.to_vec())).collect();
    std::iter::once(private).chain(paths.into_iter().map(option)).collect()
}

/// The definitions that the context keeps, by option path: a search among those of all containers for each guest would take
/// quadratic time.
#[derive(Default)]
struct Kept<'e> {
    /// How many of the context's entries are indexed; evaluating an option may add more.
    indexed: usize,
    by_path: FxHashMap<OptionPath, &'e [Definition<'e>]>,
}

impl<'e> Kept<'e> {
    /// Returns the definitions of an option that is not fully known. Only those of containers are kept.
    fn of(&mut self, ev: &Evaluator<'e>, context: &'e Context<'e>, option: &OptionPath) -> &'e [Definition<'e>] {
        if option.names().first().is_none_or(|name| &**name != "containers") {
            return &[];
        }
        let defined = context.defined.borrow();
        for (path, definitions) in &defined[self.indexed..] {
            self.by_path.entry(path.names(ev)).or_insert(definitions);
        }
        self.indexed = defined.len();
        self.by_path.get(option).copied().unwrap_or(&[])
    }
}

/// Returns the keys of options that are not fully known.
pub(super) fn of_unknown_options<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    inputs: &Inputs<'_, 'e>,
    manifest: &Manifest,
) -> BTreeMap<String, String> {
    // The system itself is covered by the key of the guest.
    let unknown = manifest.containers.iter().filter(|(_, container)| container.has_unknown_option());
    let containers: BTreeSet<&str> = unknown.map(|(name, _)| name.as_str()).collect();
    if containers.is_empty() {
        return BTreeMap::new();
    }
    let defined = context.defined.borrow().clone();
    let mut keys = BTreeMap::new();
    for (path, definitions) in defined {
        let path = path.names(ev);
        if path.names().get(1).is_none_or(|name| !containers.contains(&**name)) {
            continue;
        }
        let mut key = inputs.begin(ev);
        definitions.iter().for_each(|definition| definition.add_to(&mut key));
        if let Some(key) = key.finish() {
            keys.insert(path.to_string(), key);
        }
    }
    keys
}
