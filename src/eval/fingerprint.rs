//! A key over code that is not evaluated here: what it says, and all that it can reach.
//!
//! The guest's configuration is nixpkgs' to evaluate. Whether it is still the same is decided by a hash over its
//! expressions (comments and layout aside), the values of the variables that it closes over, and the contents of the
//! files that it names. Code that reads what no literal names (`builtins.getEnv`, a path that is computed) has no key:
//! then Nix is asked each time.
//!
//! Not covered: what nixpkgs itself says, beyond the place where it is found (see [`Fingerprint::path`]).

mod files;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::machine::Evaluator;
use super::value::{Attrs, Closure, Env, State, Value};
use crate::syntax::Symbol;
use crate::syntax::expr::{BindingValue, Bindings, Expr, Name, NodeRef, Part};

/// Built-in functions that read something; only a path literal says what.
const READERS: [&str; 19] = [
    "import",
    "readFile",
    "readDir",
    "readFileType",
    "pathExists",
    "path",
    "filterSource",
    "hashFile",
    "findFile",
    "scopedImport",
    "getEnv",
    "currentTime",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fetchurl",
    "getFlake",
    "storePath",
];
/// A folder with more files than this has no key.
const MOST_FILES: usize = 4096;

/// A key in the making.
pub struct Fingerprint<'a, 'e> {
    ev: &'a mut Evaluator<'e>,
    hash: Sha256,
    roots: Vec<(&'e Attrs<'e>, &'static str)>,
    config: Option<&'e Attrs<'e>>,
    seen: FxHashMap<*const (), u32>,
    /// The names of the slots of each frame of the code's own, outermost first. Slots are in the order in which names were
    /// first met anywhere, which says nothing about this code: names do.
    frames: Vec<Vec<Symbol>>,
    files: usize,
    unknowable: bool,
}

impl<'a, 'e> Fingerprint<'a, 'e> {
    /// An empty key. `config` is the configuration around the code: selections from it count by their values.
    pub fn new(ev: &'a mut Evaluator<'e>, config: Value<'e>) -> Self {
        let config = match ev.force(config) {
            Ok(Value::Attrs(attrs)) => Some(attrs),
            _ => None,
        };
        let builtins = ev.global_names[&ev.symbol("builtins")];
        let builtins = ev.globals[builtins as usize];
        let mut this = Self {
            ev,
            hash: Sha256::new(),
            roots: Vec::new(),
            config,
            seen: FxHashMap::default(),
            frames: Vec::new(),
            files: 0,
            unknowable: false,
        };
        this.root(builtins, "builtins");
        this
    }

    /// Names a set that is known by its name, such as `lib`.
    pub fn root(&mut self, value: Value<'e>, name: &'static str) {
        if let Ok(Value::Attrs(attrs)) = self.ev.force(value) {
            self.roots.push((attrs, name));
        }
    }

    /// The key as hexadecimal digits; `None` where there is none.
    pub fn finish(self) -> Option<String> {
        (!self.unknowable).then(|| self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_le_bytes());
        self.hash.update(bytes);
    }

    fn tag(&mut self, tag: &str) {
        self.bytes(tag.as_bytes());
    }

    fn number(&mut self, number: impl Into<u64>) {
        self.hash.update(number.into().to_le_bytes());
    }

    /// Whether this was visited before: then its number stands for it.
    fn visit<T>(&mut self, what: &T) -> bool {
        let number = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        match self.seen.entry(std::ptr::from_ref(what).cast()) {
            std::collections::hash_map::Entry::Occupied(entry) => {
                let number = *entry.get();
                self.tag("again");
                self.number(number);
                true
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(number);
                false
            }
        }
    }

    /// Adds a value, as far as it has been evaluated, and as code beyond that.
    pub fn value(&mut self, value: Value<'e>) {
        match value {
            Value::Null => self.tag("null"),
            Value::Bool(value) => {
                self.tag("bool");
                self.number(u8::from(value));
            }
            Value::Int(value) => {
                self.tag("int");
                self.number(value.cast_unsigned());
            }
            Value::Float(value) => {
                self.tag("float");
                self.number(value.to_bits());
            }
            Value::String(text) => {
                self.tag("string");
                self.bytes(text.as_bytes());
            }
            Value::Path(path) => self.path(Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()))),
            Value::List(list) => {
                self.tag("list");
                if !self.visit(list) {
                    list.iter().for_each(|item| self.value(item));
                    self.number(list.items().len() as u64);
                }
            }
            Value::Attrs(attrs) => self.attrs(attrs),
            Value::Lambda(closure) => {
                self.tag("function");
                if !self.visit(closure) {
                    self.closure(closure);
                }
            }
            Value::Primop(call) => {
                self.tag("primop");
                self.primop(call.primop.name);
                call.arguments.iter().for_each(|argument| self.value(*argument));
            }
            Value::Thunk(thunk) => match thunk.state.get() {
                State::Done(value) => self.value(value),
                State::Code(node, env) => {
                    self.tag("code");
                    if !self.visit(thunk) {
                        self.code(node, env, 0);
                    }
                }
                State::Call(call) => {
                    self.tag("call");
                    if !self.visit(thunk) {
                        self.value(call.0);
                        self.value(call.1);
                    }
                }
                State::Native(_) => {
                    let forced = self.ev.force(value);
                    self.result(forced);
                }
                State::Running | State::Failed(_) => self.unknowable = true,
            },
            Value::Partly(partly) => {
                self.tag("partly known list");
                for item in partly.items() {
                    self.tag(if item.perhaps.is_some() { "perhaps" } else { "certain" });
                    self.value(item.value);
                }
                self.text(partly.why().reason());
            }
            Value::Unknown(unknown) => {
                self.tag("unknown");
                self.text(unknown.reason());
            }
        }
    }

    fn result(&mut self, result: super::EvalResult<'e, Value<'e>>) {
        match result {
            Ok(value) => self.value(value),
            // Nix may well evaluate what fails here.
            Err(_) => self.unknowable = true,
        }
    }

    fn attrs(&mut self, attrs: &'e Attrs<'e>) {
        if let Some((_, name)) = self.roots.iter().find(|(root, _)| std::ptr::eq(*root, attrs)) {
            let name = *name;
            return self.tag(name);
        }
        // All of the host's configuration: whatever any of its files says may matter.
        if self.config.is_some_and(|config| std::ptr::eq(config, attrs)) {
            self.tag("the whole configuration");
            for path in self.ev.sources.paths() {
                self.file(&path);
            }
            return;
        }
        self.tag("set");
        if self.visit(attrs) {
            return;
        }
        let mut named: Vec<_> = attrs.iter().map(|(name, value, _)| (self.ev.name(name), value)).collect();
        named.sort_by_key(|(name, _)| *name);
        for (name, value) in named {
            self.text(name);
            self.value(value);
        }
        if let Some(rest) = attrs.any() {
            self.text(rest.reason());
        }
        let mut perhaps: Vec<_> = attrs.perhaps().iter().map(|one| (self.ev.name(one.name()), one)).collect();
        perhaps.sort_by_key(|(name, _)| *name);
        for (name, one) in perhaps {
            self.tag("perhaps");
            self.text(name);
            self.text(one.why().reason());
            self.value(one.value());
        }
    }

    fn primop(&mut self, name: &str) {
        self.unknowable |= READERS.contains(&name);
        self.text(name);
    }

    fn name(&mut self, name: Symbol) {
        let name = self.ev.name(name);
        self.text(name);
    }

    fn closure(&mut self, closure: &'e Closure<'e>) {
        self.number(closure.lambda.given as u64);
        let mut env = closure.env;
        if closure.lambda.given > 0 {
            env.slots.iter().for_each(|argument| self.value(argument.get()));
            env = env.up.expect("what was given stands in a frame of its own");
        }
        self.lambda(closure.lambda, env, 0);
    }

    fn lambda(&mut self, lambda: &'e crate::syntax::expr::Lambda<'e>, env: &'e Env<'e>, inner: u32) {
        let formals = lambda.pattern.map_or(&[][..], |pattern| pattern.formals);
        let named: Vec<_> = lambda.leading.iter().copied().chain(lambda.argument).collect();
        named.iter().for_each(|argument| self.name(*argument));
        self.frames.push(named.into_iter().chain(formals.iter().map(|formal| formal.name)).collect());
        if let Some(pattern) = lambda.pattern {
            self.tag(if pattern.ellipsis { "open pattern" } else { "pattern" });
            let mut formals: Vec<_> = formals.iter().map(|formal| (self.ev.name(formal.name), formal)).collect();
            formals.sort_by_key(|(name, _)| *name);
            for (name, formal) in formals {
                self.text(name);
                if let Some(default) = formal.default {
                    self.code(default, env, inner + 1);
                }
            }
        }
        self.code(lambda.body, env, inner + 1);
        self.frames.pop();
    }

    fn slot(&mut self, depth: u32, slot: u32, env: &'e Env<'e>, inner: u32) {
        if depth < inner {
            self.tag("own");
            self.number(depth);
            let frame = self.frames.iter().rev().nth(depth as usize);
            match frame.and_then(|frame| frame.get(slot as usize)) {
                Some(name) => self.name(*name),
                // The sources of `inherit (source) …` have slots without names behind those that have one.
                None => self.number(u64::from(slot) - frame.map_or(0, |frame| frame.len() as u64)),
            }
        } else {
            let value = env.ancestor(depth - inner).slots[slot as usize].get();
            self.value(value);
        }
    }

    /// Adds an expression that runs in `env` with `inner` frames of its own around it.
    fn code(&mut self, node: NodeRef<'e>, env: &'e Env<'e>, inner: u32) {
        match &node.expr {
            Expr::Int(value) => self.value(Value::Int(*value)),
            Expr::Float(value) => self.value(Value::Float(*value)),
            Expr::Str(text) => {
                self.tag("string");
                self.bytes(text.as_bytes());
            }
            Expr::Path(path) => self.path(Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()))),
            Expr::Interpolated(parts) => self.parts(parts, env, inner),
            Expr::InterpolatedPath(_) => self.unknowable = true,
            Expr::SearchPath(name) => {
                self.tag("search path");
                self.bytes(name);
                match self.ev.find_in_search_path(name, node.span) {
                    Ok(Value::Path(path)) => {
                        let path = path.to_str_lossy().into_owned();
                        self.text(&path);
                    }
                    _ => self.tag("nowhere"),
                }
            }
            Expr::Local { depth, slot } => self.slot(*depth, *slot, env, inner),
            Expr::Global(index) => {
                let value = self.ev.globals[*index as usize];
                self.value(value);
            }
            Expr::With { name, frames } => {
                self.tag("with");
                self.name(*name);
                let name = self.ev.name(*name);
                self.unknowable |= READERS.contains(&name);
                for depth in *frames {
                    self.slot(*depth, 0, env, inner);
                }
            }
            Expr::Select { base, path, default } => self.select(base, path, *default, env, inner),
            Expr::HasAttr { base, path } => {
                self.tag("?");
                self.code(base, env, inner);
                self.names(path, env, inner);
            }
            Expr::Apply { function, arguments } => {
                self.tag("call");
                match (self.reader(function), arguments) {
                    (Some(name), [argument, ..]) if matches!(argument.expr, Expr::Path(_)) => self.text(name),
                    _ => self.code(function, env, inner),
                }
                arguments.iter().for_each(|argument| self.code(argument, env, inner));
            }
            Expr::Lambda(lambda) => {
                self.tag("function");
                self.lambda(lambda, env, inner);
            }
            Expr::Let { bindings, body } => {
                self.tag("let");
                self.bindings(bindings, env, inner, true);
                self.frames.push(names_of(bindings));
                self.code(body, env, inner + 1);
                self.frames.pop();
            }
            Expr::Attrs(attrs) => {
                self.tag(if attrs.recursive { "rec" } else { "set" });
                self.bindings(&attrs.bindings, env, inner, attrs.recursive);
                if attrs.recursive {
                    self.frames.push(names_of(&attrs.bindings));
                }
                let within = inner + u32::from(attrs.recursive);
                for (name, value, _) in attrs.dynamic {
                    self.code(name, env, within);
                    self.code(value, env, within);
                }
                if attrs.recursive {
                    self.frames.pop();
                }
            }
            Expr::List(items) => {
                self.tag("list");
                items.iter().for_each(|item| self.code(item, env, inner));
                self.number(items.len() as u64);
            }
            Expr::If(condition, then, otherwise) => {
                self.tag("if");
                [condition, then, otherwise].into_iter().for_each(|node| self.code(node, env, inner));
            }
            Expr::Assert(condition, body) => {
                self.tag("assert");
                self.code(condition, env, inner);
                self.code(body, env, inner);
            }
            Expr::WithIn(namespace, body) => {
                self.tag("with in");
                self.code(namespace, env, inner);
                self.frames.push(Vec::new());
                self.code(body, env, inner + 1);
                self.frames.pop();
            }
            Expr::Not(operand) => {
                self.tag("!");
                self.code(operand, env, inner);
            }
            Expr::Negate(operand) => {
                self.tag("-");
                self.code(operand, env, inner);
            }
            Expr::Binary(operator, left, right) => {
                self.text(&format!("{operator:?}"));
                self.code(left, env, inner);
                self.code(right, env, inner);
            }
            Expr::CurPos => {
                let place = self.ev.sources.locate(node.span.start).map(|place| place.to_string());
                self.text(&place.unwrap_or_default());
            }
        }
    }

    /// The built-in function that reads something, if this names one.
    fn reader(&self, function: NodeRef<'e>) -> Option<&'static str> {
        let builtin = |name: &str| READERS.into_iter().find(|reader| *reader == name);
        match &function.expr {
            Expr::Global(index) => match self.ev.globals[*index as usize] {
                Value::Primop(call) => builtin(call.primop.name),
                _ => None,
            },
            Expr::Select { base, path: [Name::Static(name)], default: None } => match base.expr {
                Expr::Global(index) if matches!(self.ev.globals[index as usize], Value::Attrs(_)) => {
                    builtin(self.ev.name(*name))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn select(
        &mut self,
        base: NodeRef<'e>,
        path: &'e [Name<'e>],
        default: Option<NodeRef<'e>>,
        env: &'e Env<'e>,
        inner: u32,
    ) {
        self.tag("select");
        if let Expr::Local { depth, slot } = base.expr
            && depth >= inner
            && let Some(value) =
                self.selected_from_config(env.ancestor(depth - inner).slots[slot as usize].get(), path)
        {
            return self.value(value);
        }
        if let (Expr::Global(_), [Name::Static(name), ..]) = (&base.expr, path) {
            let name = self.ev.name(*name);
            self.unknowable |= READERS.contains(&name);
        }
        self.code(base, env, inner);
        self.names(path, env, inner);
        if let Some(default) = default {
            self.tag("or");
            self.code(default, env, inner);
        }
    }

    /// The value of `config.a.b.c`, where that is what is selected.
    fn selected_from_config(&mut self, base: Value<'e>, path: &'e [Name<'e>]) -> Option<Value<'e>> {
        let config = self.config?;
        let mut value = match base {
            Value::Thunk(thunk) if matches!(thunk.state.get(), State::Native(_) | State::Done(_)) => {
                self.ev.force(base).ok()?
            }
            value => value,
        };
        match value {
            Value::Attrs(attrs) if std::ptr::eq(attrs, config) => {}
            _ => return None,
        }
        for name in path {
            let Name::Static(name) = name else { return None };
            match value {
                Value::Attrs(attrs) => value = self.ev.force(attrs.get(*name)?).ok()?,
                Value::Unknown(_) => self.name(*name),
                _ => return None,
            }
        }
        Some(value)
    }

    fn parts(&mut self, parts: &'e [Part<'e>], env: &'e Env<'e>, inner: u32) {
        self.tag("interpolated");
        for part in parts {
            match part {
                Part::Text(text) => self.bytes(text),
                Part::Value(node) => self.code(node, env, inner),
            }
        }
    }

    fn names(&mut self, path: &'e [Name<'e>], env: &'e Env<'e>, inner: u32) {
        for name in path {
            match name {
                Name::Static(name) => self.name(*name),
                Name::Dynamic(node) => self.code(node, env, inner),
            }
        }
    }

    /// Adds bindings that stand in `inner` frames, and have one of their own where they see each other.
    fn bindings(&mut self, bindings: &'e Bindings<'e>, env: &'e Env<'e>, inner: u32, recursive: bool) {
        let mut entries: Vec<_> = bindings.entries.iter().map(|entry| (self.ev.name(entry.name), entry)).collect();
        entries.sort_by_key(|(name, _)| *name);
        for (name, binding) in &entries {
            self.text(name);
            match binding.value {
                BindingValue::Inner(_) => self.tag("="),
                BindingValue::Outer(node) => self.code(node, env, inner),
                BindingValue::From { source, .. } => {
                    self.unknowable |= READERS.contains(name);
                    self.number(source);
                }
            }
        }
        let within = inner + u32::from(recursive);
        if recursive {
            self.frames.push(names_of(bindings));
        }
        bindings.sources.iter().for_each(|source| self.code(source, env, within));
        for (_, binding) in entries {
            if let BindingValue::Inner(node) = binding.value {
                self.code(node, env, within);
            }
        }
        if recursive {
            self.frames.pop();
        }
        self.number(bindings.entries.len() as u64);
    }
}

/// The names of the slots of bindings that see each other.
fn names_of(bindings: &Bindings<'_>) -> Vec<Symbol> {
    bindings.entries.iter().map(|binding| binding.name).collect()
}
