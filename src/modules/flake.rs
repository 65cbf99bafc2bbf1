//! Flakes: resolves their inputs and evaluates their outputs.
//!
//! Source: the behaviour of Nix's `call-flake.nix`. An input is looked up in `--override-input` first, then where the lock
//! file pins it (in the local store), then in the flake's own directories; `follows` is honoured. An input that is not found
//! is an unknown value, except that nixpkgs is built in (`nixpkgs`), and a few other flakes are known as far as they define
//! hosts (`known`).
//!
//! Invariant: an input is resolved only when something reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::known::Known;
pub(crate) use super::placeholder::FLAKE as SOURCE;
use super::{lock, nixpkgs};
use crate::diag::{Code, Diagnostic};
use crate::eval::{
    Attrs, EvalResult, Evaluator, Primop, Suspend, Symbol, Value, normal_path, source_path, unknown_feature,
};
use crate::source::{Pos, Span};

/// Shared by all flakes of an evaluation.
struct Shared<'e> {
    lib: Value<'e>,
    lock: Json,
    overrides: BTreeMap<String, PathBuf>,
    /// The inputs of the root flake, for `follows`.
    root: std::cell::OnceCell<&'e Attrs<'e>>,
}

/// A flake whose inputs are being resolved.
#[derive(Clone, Copy)]
struct Node<'e> {
    shared: &'e Shared<'e>,
    directory: &'e str,
    /// Its key in the lock file, if it has one.
    key: Option<&'e str>,
    /// `inputs.NAME.inputs` of the flake that uses it, which may replace its inputs.
    given: Option<Value<'e>>,
    /// The `locked` entry of the lock file, if the source is the tree that it pins.
    locked: Option<&'e Json>,
    /// The names of the inputs that lead to it from the root, each followed by a slash.
    way: &'e str,
}

/// Returns the pinned inputs of the flake in `directory`, and the overrides, as text for keys.
///
/// It covers all inputs, including those that a host does not read. Every host reads nixpkgs, and if an unrelated input
/// changes the text, Nix itself finds that nothing changed.
pub(super) fn pins(ev: &mut Evaluator<'_>, directory: &Path, overrides: &[(String, PathBuf)]) -> String {
    let text = ev.loader.read_text(&directory.join("flake.lock")).unwrap_or_default();
    let lock: Json = serde_json::from_str(&text).unwrap_or_default();
    let nodes = lock["nodes"].as_object().into_iter().flatten();
    let locked: Vec<_> = nodes.map(|(name, node)| (name, &node["locked"])).collect();
    format!("{locked:?} {overrides:?}")
}

/// Evaluates the flake in `directory`, which has its own lock file.
pub(super) fn root<'e>(
    ev: &mut Evaluator<'e>,
    lib: Value<'e>,
    directory: &Path,
    overrides: &[(String, PathBuf)],
    locked: Option<&'e Json>,
) -> EvalResult<'e, Value<'e>> {
    let lock = ev.loader.read_text(&directory.join("flake.lock")).and_then(|text| serde_json::from_str(&text).ok());
    let shared: &'e Shared<'e> = ev.heap.alloc(Shared {
        lib,
        lock: lock.unwrap_or(Json::Null),
        overrides: overrides.iter().cloned().collect(),
        root: std::cell::OnceCell::new(),
    });
    let key = shared.lock["root"].as_str();
    let directory = ev.heap.alloc(directory.to_string_lossy().into_owned()).as_str();
    call(ev, Node { shared, directory, key, given: None, locked, way: "" })
}

/// Provides `builtins.getFlake` and nixpkgs.
pub(super) fn provide<'e>(ev: &mut Evaluator<'e>, lib: Value<'e>) {
    nixpkgs::provide(ev, lib);
    let get_flake = ev.heap.native(&GET_FLAKE, &[lib]);
    ev.loader.provide_flakes(get_flake);
}

/// `builtins.getFlake`; its first argument is `lib`.
static GET_FLAKE: Primop = Primop { name: "getFlake", arity: 2, strict: 0, run: get_flake };

/// Evaluates a flake in a local directory, or one whose reference has the hash of a tree in the store.
fn get_flake<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let reference = match ev.force(args[1])? {
        Value::String(text) | Value::Path(text) => text.to_str_lossy().into_owned(),
        other => return Err(ev.report.type_error(&ev.heap, "a string", other, pos)),
    };
    let Some((directory, pinned)) =
        lock::referenced(&reference).filter(|(directory, _)| ev.loader.exists(directory))
    else {
        return Ok(ev.heap.unknown(&format!("the flake '{reference}' is not here"), ev.report.word_span(pos)));
    };
    let lib = ev.force(args[0])?;
    let pinned = pinned.map(|pinned| ev.heap.alloc(pinned));
    root(ev, lib, Path::new(&directory), &[], pinned)
}

/// Evaluates a flake: its outputs and the attributes of its source.
fn call<'e>(ev: &mut Evaluator<'e>, node: Node<'e>) -> EvalResult<'e, Value<'e>> {
    let file = format!("{}/flake.nix", node.directory);
    let source = ev.import_at(&file, Pos::NONE)?;
    let Value::Attrs(source) = source else {
        return Err(ev.report.type_error(&ev.heap, "a flake", source, Pos::NONE));
    };
    if node.way.is_empty() {
        enable_features(ev, source)?;
    }
    let outputs = source.get(ev.heap.symbol("outputs"));
    let Some(outputs) = outputs else {
        let message = format!("the flake {} has no `outputs`", node.directory);
        return Err(ev.report.diagnostic_error(Diagnostic::error(Code::Evaluation, message)));
    };
    let outputs = ev.force(outputs)?;
    let mut declared: BTreeMap<Symbol, Option<Value<'e>>> = BTreeMap::new();
    let this = ev.heap.symbol("self");
    for (name, _) in outputs.formals() {
        if name != this {
            declared.insert(name, None);
        }
    }
    if let Some(inputs) = source.get(ev.heap.symbol("inputs"))
        && let Value::Attrs(inputs) = ev.force(inputs)?
    {
        // `inputs.self` configures how the flake itself is fetched (`submodules`, `lfs`); it is not an input.
        let inputs = inputs.iter().filter(|(name, ..)| *name != this);
        declared.extend(inputs.map(|(name, value, _)| (name, Some(value))));
    }
    if node.way.is_empty() {
        check_overrides(ev, node, declared.keys().map(|name| ev.heap.name(*name)))?;
    }
    let inputs: Vec<_> = declared
        .into_iter()
        .map(|(name, declaration)| (name, ev.heap.suspend(Input { node, name, declaration }), Pos::NONE))
        .collect();
    let inputs = ev.heap.attrs(inputs);
    let Value::Attrs(input_set) = inputs else { return Ok(inputs) };
    if node.way.is_empty() {
        let _ = node.shared.root.set(input_set);
    }
    let result: &'e std::cell::Cell<Option<Value<'e>>> = ev.heap.alloc(std::cell::Cell::new(None));
    let itself = ev.heap.suspend(Itself { result });
    let arguments: Vec<_> = input_set.iter().chain([(this, itself, Pos::NONE)]).collect();
    let arguments = ev.heap.attrs(arguments);
    // As in Nix, `self` can be read only after the outputs function has returned.
    let called = ev.heap.suspend(Outputs { outputs, arguments, node, inputs });
    result.set(Some(called));
    ev.force(called)
}

/// `self`
struct Itself<'e> {
    result: &'e std::cell::Cell<Option<Value<'e>>>,
}

impl<'e> Suspend<'e> for Itself<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        match self.result.get() {
            Some(value) => ev.force(value),
            None => Ok(ev.heap.unknown("the flake itself", Span::NONE)),
        }
    }
}

struct Outputs<'e> {
    outputs: Value<'e>,
    arguments: Value<'e>,
    node: Node<'e>,
    inputs: Value<'e>,
}

impl<'e> Suspend<'e> for Outputs<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let outputs = ev.call(self.outputs, self.arguments, Pos::NONE)?;
        let Value::Attrs(attrs) = ev.force(outputs)? else { return ev.force(outputs) };
        let directory = ev.heap.string(self.node.directory);
        let source_info = source(ev, directory, self.node.locked);
        let Value::Attrs(info) = source_info else { return Ok(source_info) };
        let own = [
            (ev.heap.symbol("_type"), ev.heap.string("flake"), Pos::NONE),
            (ev.heap.symbol("inputs"), self.inputs, Pos::NONE),
            (ev.heap.symbol("outPath"), directory, Pos::NONE),
            (ev.heap.symbol("outputs"), outputs, Pos::NONE),
            (ev.heap.symbol("sourceInfo"), source_info, Pos::NONE),
        ];
        let mut parts: Vec<_> = own.to_vec();
        for part in info.iter().chain(attrs.iter()) {
            match parts.iter_mut().find(|(name, ..)| *name == part.0) {
                Some(_) if own.iter().any(|(name, ..)| *name == part.0) => {}
                Some(known) => *known = part,
                None => parts.push(part),
            }
        }
        Ok(match attrs.rest() {
            Some(rest) => ev.heap.open_attrs(parts, rest),
            None => ev.heap.attrs(parts),
        })
    }
}

/// The attributes of a source tree. Only the path is known without `locked`; revision and age come from the lock file or
/// git.
fn source<'e>(ev: &Evaluator<'e>, directory: Value<'e>, locked: Option<&Json>) -> Value<'e> {
    if let Some(locked) = locked {
        let out_path = (ev.heap.symbol("outPath"), directory, Pos::NONE);
        return ev.heap.attrs(lock::pinned_source(ev, locked).into_iter().chain([out_path]));
    }
    let unknown = |what: &str| ev.heap.unknown(&format!("the {what} of a flake's source"), Span::NONE);
    ev.heap.attrs([
        (ev.heap.symbol("lastModified"), unknown("age"), Pos::NONE),
        (ev.heap.symbol("lastModifiedDate"), unknown("age"), Pos::NONE),
        (ev.heap.symbol("narHash"), unknown("hash"), Pos::NONE),
        (ev.heap.symbol("outPath"), directory, Pos::NONE),
        (ev.heap.symbol("rev"), unknown("revision"), Pos::NONE),
        (ev.heap.symbol("shortRev"), unknown("revision"), Pos::NONE),
        (ev.heap.symbol("dirtyRev"), unknown("revision"), Pos::NONE),
        (ev.heap.symbol("dirtyShortRev"), unknown("revision"), Pos::NONE),
    ])
}

/// An input, resolved when it is read.
struct Input<'e> {
    node: Node<'e>,
    name: Symbol,
    declaration: Option<Value<'e>>,
}

impl<'e> Suspend<'e> for Input<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let name = ev.heap.name(self.name);
        let node = self.node;
        // What the using flake declares for this flake's inputs takes precedence.
        let given = match node.given {
            Some(given) => self.field(ev, Some(given), name)?,
            None => None,
        };
        let way = format!("{}{name}", node.way);
        let overridden = node.shared.overrides.get(&way).map(|path| path.to_string_lossy().into_owned());
        for declaration in [given, self.declaration] {
            if let Some(Value::String(path)) = self.field(ev, declaration, "follows")?
                && overridden.is_none()
            {
                return followed(ev, node, &path.to_str_lossy());
            }
        }
        let (key, locked) = self.locked(name);
        let url = match self.field(ev, given.or(self.declaration), "url")? {
            Some(Value::String(url)) => url.to_str_lossy().into_owned(),
            _ => String::new(),
        };
        let directory = overridden.or_else(|| self.directory(ev, locked, &url));
        let is_flake = !matches!(self.field(ev, self.declaration, "flake")?, Some(Value::Bool(false)));
        let has =
            |ev: &Evaluator<'e>, directory: &str, file: &str| ev.loader.exists(&format!("{directory}/{file}"));
        let is_nixpkgs = match &directory {
            Some(directory) => has(ev, directory, "nixos/lib/eval-config.nix"),
            None => is_nixpkgs(name, &url, locked),
        };
        if is_nixpkgs {
            let pinned = locked.map_or_else(Vec::new, |node| lock::pinned_source(ev, &node["locked"]));
            return nixpkgs::flake(ev, directory.as_deref(), pinned);
        }
        let Some(directory) = directory else {
            if let Some(known) =
                repository(name, &url, locked).as_deref().and_then(Known::named).filter(|_| is_flake)
            {
                return known.value(ev, node.shared.lib);
            }
            let reason = format!("the flake input `{name}` is not here");
            return Ok(ev.heap.unknown(&reason, Span::NONE));
        };
        let directory = ev.heap.alloc(directory).as_str();
        // A tree at another path than the pinned one has other contents, so the lock file says nothing about it.
        let locked = locked.map(|node| &node["locked"]).filter(|locked| lock::is_at(locked, directory));
        if !is_flake {
            let path = ev.heap.string(directory);
            return Ok(source(ev, path, locked));
        }
        let given = self.field(ev, self.declaration, "inputs")?;
        let way = ev.heap.alloc(format!("{way}/")).as_str();
        call(ev, Node { shared: node.shared, directory, key, given, locked, way })
    }
}

impl<'e> Input<'e> {
    fn field(
        &self,
        ev: &mut Evaluator<'e>,
        declaration: Option<Value<'e>>,
        name: &str,
    ) -> EvalResult<'e, Option<Value<'e>>> {
        let Some(declaration) = declaration else { return Ok(None) };
        let Value::Attrs(attrs) = ev.force(declaration)? else { return Ok(None) };
        attrs.get(ev.heap.symbol(name)).map(|value| ev.force(value)).transpose()
    }

    /// Returns the input's key and node in the lock file.
    fn locked(&self, name: &str) -> (Option<&'e str>, Option<&'e Json>) {
        let lock = &self.node.shared.lock;
        let Some(here) = self.node.key else { return (None, None) };
        let key = follow(lock, &lock["nodes"][here]["inputs"][name], 0);
        (key, key.map(|key| &lock["nodes"][key]))
    }

    /// Returns the directory of the input, if it exists locally.
    fn directory(&self, ev: &Evaluator<'e>, locked: Option<&Json>, url: &str) -> Option<String> {
        let beside = |path: &str| {
            let path = path.strip_prefix("path:").unwrap_or(path);
            let path = path.split('?').next().unwrap_or(path);
            let is_path = path.starts_with("./") || path.starts_with("../") || path == "." || path.starts_with('/');
            is_path.then(|| normal_path(&format!("{}/{path}", self.node.directory), path))
        };
        if let Some(locked) = locked.map(|node| &node["locked"]) {
            if locked["type"] == "path"
                && let Some(path) = locked["path"].as_str()
                && !path.starts_with('/')
            {
                return Some(normal_path(&format!("{}/{path}", self.node.directory), ""));
            }
            if let Some(path) = locked["narHash"].as_str().and_then(source_path)
                && ev.loader.exists(&path)
            {
                let below = locked["dir"].as_str().map_or(String::new(), |dir| format!("/{dir}"));
                return Some(format!("{path}{below}"));
            }
        }
        beside(url).filter(|directory| ev.loader.exists(directory))
    }
}

/// Returns the key of the node that an input refers to: directly, or by a path of names from the root.
fn follow<'a>(lock: &'a Json, input: &'a Json, depth: u32) -> Option<&'a str> {
    if let Some(key) = input.as_str() {
        return Some(key);
    }
    // Ends a cycle of `follows`.
    if depth > 32 {
        return None;
    }
    let mut key = lock["root"].as_str()?;
    for name in input.as_array()? {
        key = follow(lock, &lock["nodes"][key]["inputs"][name.as_str()?], depth + 1)?;
    }
    Some(key)
}

/// `follows = "a/b"`: input `b` of the root's input `a`.
fn followed<'e>(ev: &mut Evaluator<'e>, node: Node<'e>, path: &str) -> EvalResult<'e, Value<'e>> {
    let Some(root) = node.shared.root.get() else {
        return Ok(ev.heap.unknown("an input that follows another", Span::NONE));
    };
    let mut names = path.split('/').filter(|name| !name.is_empty());
    let first = names.next().unwrap_or_default();
    let mut value = match root.get(ev.heap.symbol(first)) {
        Some(value) => ev.force(value)?,
        None => return Ok(ev.heap.unknown(&format!("the flake input `{path}` is not here"), Span::NONE)),
    };
    for name in names {
        let inputs = ev.select(value, "inputs")?;
        value = ev.select(inputs, name)?;
    }
    Ok(value)
}

/// Applies `experimental-features` from a flake's `nixConfig`, and warns about unknown ones. They hold for all files
/// except the flake's own.
fn enable_features<'e>(ev: &mut Evaluator<'e>, flake: &'e Attrs<'e>) -> EvalResult<'e, ()> {
    let Some(config) = flake.get(ev.heap.symbol("nixConfig")) else { return Ok(()) };
    let Value::Attrs(config) = ev.force(config)? else { return Ok(()) };
    for setting in ["experimental-features", "extra-experimental-features"] {
        let setting = ev.heap.symbol(setting);
        let Some(value) = config.get(setting) else { continue };
        let values = match ev.force(value)? {
            Value::List(list) => list.iter().collect(),
            value => vec![value],
        };
        for value in values {
            if let Value::String(text) = ev.force(value)? {
                for name in text.to_str_lossy().split_whitespace() {
                    ev.settings.enable(name);
                    if let Some(warning) = unknown_feature(name) {
                        let span = config.position(setting).map_or(Span::NONE, |pos| ev.report.attribute_span(pos));
                        ev.notes.warn(Diagnostic::warning(Code::NixSetting, warning).at(span, ""));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Fails if an override names an input that the root lacks, or a path that does not exist.
fn check_overrides<'e, 'a>(
    ev: &Evaluator<'e>,
    node: Node<'e>,
    names: impl Iterator<Item = &'a str>,
) -> EvalResult<'e, ()> {
    let names: Vec<_> = names.collect();
    let lock = &node.shared.lock;
    for (way, path) in &node.shared.overrides {
        let (first, rest) = way.split_once('/').map_or((way.as_str(), None), |(first, rest)| (first, Some(rest)));
        // The lock file lists the inputs of a locked input; one that is not locked may have any.
        let locked = node.key.and_then(|key| follow(lock, &lock["nodes"][key]["inputs"][first], 0));
        let inner = locked.and_then(|key| lock["nodes"][key]["inputs"].as_object());
        let second = rest.map(|rest| rest.split('/').next().unwrap_or_default());
        let message = if !names.contains(&first) {
            format!("`--override-input {way}`: the flake has no input `{first}`")
        } else if let (Some(second), Some(inner)) = (second, inner)
            && !inner.contains_key(second)
            && !node.shared.overrides.contains_key(first)
        {
            format!("`--override-input {way}`: the input `{first}` has no input `{second}`")
        } else if !ev.loader.exists(&path.to_string_lossy()) {
            format!("`--override-input {way}`: there is nothing at {}", path.display())
        } else {
            continue;
        };
        let help = format!("its inputs are: {}", names.join(", "));
        return Err(ev.report.diagnostic_error(Diagnostic::error(Code::Usage, message).help(help)));
    }
    Ok(())
}

/// The name of an input's repository, from the lock file or the URL; the input's own name if there is neither.
fn repository(name: &str, url: &str, locked: Option<&Json>) -> Option<String> {
    if let Some(original) = locked.map(|node| &node["original"])
        && original.is_object()
    {
        let named = original["repo"].as_str().or(original["id"].as_str());
        return named.map(str::to_owned).or_else(|| original["url"].as_str().and_then(repository_of_url));
    }
    if url.is_empty() { Some(name.to_owned()) } else { repository_of_url(url) }
}

fn repository_of_url(url: &str) -> Option<String> {
    let path = url.split('?').next().unwrap_or(url);
    let repository = match path.split_once(':') {
        // `github:OWNER/REPOSITORY/REF`
        Some(("github" | "gitlab" | "sourcehut", rest)) => rest.split('/').nth(1)?,
        Some(("flake", rest)) => rest.split('/').next()?,
        // `https://HOST/OWNER/REPOSITORY`, FlakeHub's `https://flakehub.com/f/OWNER/REPOSITORY/VERSION`
        Some((_, rest)) => {
            let mut parts = rest.trim_start_matches("//").split('/').skip(1);
            let owner = parts.next()?;
            if owner == "f" { parts.nth(1)? } else { parts.next()? }
        }
        None => path.split('/').next()?,
    };
    Some(repository.trim_end_matches(".git").to_owned())
}

/// Whether an input is nixpkgs, judged by its name in the flake or the lock file.
fn is_nixpkgs(name: &str, url: &str, locked: Option<&Json>) -> bool {
    let is_repository = |repository: &str| matches!(repository, "nixpkgs" | "nixpkgs.lib");
    if let Some(original) = locked.map(|node| &node["original"])
        && original.is_object()
    {
        let named = original["repo"].as_str().or(original["id"].as_str()).unwrap_or_default();
        let url = original["url"].as_str().unwrap_or_default();
        return is_repository(named) || is_nixpkgs_url(url);
    }
    if url.is_empty() {
        return name == "nixpkgs";
    }
    is_nixpkgs_url(url)
}

fn is_nixpkgs_url(url: &str) -> bool {
    let path = url.split('?').next().unwrap_or(url);
    if path.contains("channels.nixos.org/") || path.contains("nixos.org/channels/") {
        return true;
    }
    match path.split_once(':') {
        // `github:OWNER/REPOSITORY/REF`
        Some(("github" | "gitlab" | "sourcehut", rest)) => {
            matches!(rest.split('/').nth(1), Some("nixpkgs" | "nixpkgs.lib"))
        }
        Some(("flake", rest)) => rest.split('/').next() == Some("nixpkgs"),
        Some((_, rest)) => rest.split('/').any(|part| matches!(part, "nixpkgs" | "nixpkgs.git")),
        // A name in the registry, with an optional branch.
        None => path.split('/').next() == Some("nixpkgs"),
    }
}

/// Returns the store paths that a lock file pins.
pub(crate) fn pinned(lock: &str) -> Vec<PathBuf> {
    let lock: Json = serde_json::from_str(lock).unwrap_or_default();
    let nodes = lock["nodes"].as_object().into_iter().flatten();
    nodes
        .filter_map(|(_, node)| node["locked"]["narHash"].as_str().and_then(source_path))
        .map(PathBuf::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nixpkgs_is_known_by_its_repository() {
        let table = [
            ("github:NixOS/nixpkgs/nixos-25.05", true),
            ("github:nix-community/nixpkgs.lib", true),
            ("nixpkgs/nixos-unstable", true),
            ("git+https://github.com/NixOS/nixpkgs?ref=master", true),
            ("https://channels.nixos.org/nixos-25.05/nixexprs.tar.xz", true),
            ("github:nix-community/nixpkgs-wayland", false),
            ("github:nix-community/home-manager", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_nixpkgs("x", url, None), expected, "{url}");
        }
        assert!(is_nixpkgs("nixpkgs", "", None));
        assert!(!is_nixpkgs("sops-nix", "", None));
    }

    #[test]
    fn the_repository_of_an_input_is_what_its_address_says() {
        for url in [
            "github:hercules-ci/flake-parts",
            "github:hercules-ci/flake-parts/main?dir=x",
            "git+https://github.com/hercules-ci/flake-parts.git?ref=main",
            "https://flakehub.com/f/hercules-ci/flake-parts/0.1.*.tar.gz",
            "https://github.com/hercules-ci/flake-parts/archive/main.tar.gz",
            "flake-parts",
            "flake:flake-parts",
        ] {
            assert_eq!(repository_of_url(url).as_deref(), Some("flake-parts"), "{url}");
        }
        assert_eq!(repository("flake-parts", "", None).as_deref(), Some("flake-parts"));
        let locked = serde_json::json!({ "original": { "owner": "x", "repo": "colmena", "type": "github" } });
        assert_eq!(repository("deploy", "", Some(&locked)).as_deref(), Some("colmena"));
        assert_eq!(repository_of_url("path:./x"), None);
    }

    #[test]
    fn follows_of_a_lock_file_lead_from_the_root() {
        let lock = serde_json::json!({
            "root": "root",
            "nodes": {
                "root": { "inputs": { "a": "a", "b": "b" } },
                "a": { "inputs": { "n": ["b", "m"] } },
                "b": { "inputs": { "m": "nixpkgs_2", "around": ["b", "around"] } },
            },
        });
        assert_eq!(follow(&lock, &lock["nodes"]["a"]["inputs"]["n"], 0), Some("nixpkgs_2"));
        assert_eq!(follow(&lock, &lock["nodes"]["b"]["inputs"]["around"], 0), None);
    }
}
