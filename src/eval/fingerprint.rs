//! A key for code that is not evaluated here: hashes the code and everything it can reach.
//!
//! Only nixpkgs can evaluate a guest's configuration. To decide whether it has changed, this module hashes its
//! expressions (ignoring comments and layout), the values of captured variables, and the contents of the files it
//! names. Code that reads something without naming it in a literal (`builtins.getEnv`, a computed path) has no key:
//! Nix is then asked every time.
//!
//! The key does not cover the contents of nixpkgs, only where it is (see [`Fingerprint::path`]).

mod files;
mod library;
mod scope;
mod variables;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use data_encoding::HEXLOWER;
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use self::scope::{Scope, names_of};
use super::builtins;
use super::evaluator::Evaluator;
use super::native;
use super::value::{Attrs, Closure, Frame, State, Value};
use crate::code::Symbol;
use crate::code::expr::{BindingValue, Bindings, Expr, Lambda, Name, NodeRef, Part, Unit, Variable};

/// The most files that code with a key may reach.
const MOST_FILES: usize = 4096;
/// The most text that code with a key may reach; more means that it captures nixpkgs itself.
const MOST_BYTES: usize = 64 << 20;

/// A key under construction. It is hashed once at the end, because its parts are many and small.
pub struct Fingerprint<'a, 'e> {
    ev: &'a mut Evaluator<'e>,
    hashed: Vec<u8>,
    roots: Vec<(&'e Attrs<'e>, &'static str)>,
    config: Option<&'e Attrs<'e>>,
    seen: FxHashMap<*const (), u32>,
    /// The scopes that the code itself opens, outermost first.
    scopes: Vec<Scope>,
    /// What each unit captures from the one around it, outermost first. The outermost unit captured values.
    units: Vec<&'e [Variable]>,
    files: usize,
    unknowable: bool,
}

/// An attribute that stands for a whole set made by native code: the rest of the set follows from it.
pub const KNOWN_BY: &str = "_nixosSystem";

impl<'a, 'e> Fingerprint<'a, 'e> {
    /// An empty key. `config` is the surrounding configuration: selections from it are covered by their values.
    pub fn new(ev: &'a mut Evaluator<'e>, config: Value<'e>) -> Self {
        let config = match ev.force(config) {
            Ok(Value::Attrs(attrs)) => Some(attrs),
            _ => None,
        };
        let builtins = ev.globals.values[ev.globals.names[&ev.heap.symbol("builtins")] as usize].get();
        let mut this = Self {
            ev,
            hashed: Vec::new(),
            roots: Vec::new(),
            config,
            seen: FxHashMap::default(),
            scopes: Vec::new(),
            units: Vec::new(),
            files: 0,
            unknowable: false,
        };
        this.root(builtins, "builtins");
        this
    }

    /// Registers a set, such as `lib`, that is covered by its name.
    pub fn root(&mut self, value: Value<'e>, name: &'static str) {
        if let Ok(Value::Attrs(attrs)) = self.ev.force(value) {
            self.roots.push((attrs, name));
        }
    }

    /// The key in hexadecimal; `None` if the code has no key.
    pub fn finish(self) -> Option<String> {
        (!self.unknowable).then(|| HEXLOWER.encode(&Sha256::digest(self.hashed)))
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.hashed.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.hashed.extend_from_slice(bytes);
    }

    fn tag(&mut self, tag: &str) {
        self.text(tag);
    }

    fn number(&mut self, number: impl Into<u64>) {
        self.hashed.extend_from_slice(&number.into().to_le_bytes());
    }

    /// Whether something was visited before; if so, adds its number instead.
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

    /// Adds a value: evaluated parts as values, the rest as code.
    pub fn value(&mut self, value: Value<'e>) {
        self.unknowable |= self.hashed.len() > MOST_BYTES;
        if self.unknowable {
            return;
        }
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
            Value::Thunk(thunk) => match self.made_by(thunk).state() {
                State::Done(value) => self.value(value.get()),
                State::Code(code) => {
                    self.tag("code");
                    if !self.visit(thunk) {
                        self.whole(code.unit(), &Frame { slots: &[], captured: code.captured() });
                    }
                }
                State::Call(function, argument) => {
                    self.tag("call");
                    if !self.visit(thunk) {
                        self.value(function.get());
                        self.value(argument.get());
                    }
                }
                State::Native(code) if native::code(code).parts().is_some() => {
                    self.tag("pending");
                    if !self.visit(thunk) {
                        native::code(code).parts().into_iter().flatten().for_each(|part| self.value(part));
                    }
                }
                State::CallOn(closure, name, of) => {
                    self.tag("pending");
                    if !self.visit(thunk) {
                        self.value(Value::Lambda(closure));
                        self.name(name);
                        self.value(of.get());
                    }
                }
                State::Native(..) => {
                    let forced = self.ev.force(value);
                    self.result(forced);
                }
                State::Running | State::Failed(..) => self.unknowable = true,
            },
            Value::PartialList(partial) => {
                self.tag("partly known list");
                for item in partial.items() {
                    self.tag(if item.optional.is_some() { "optional" } else { "certain" });
                    self.value(item.value);
                }
                self.text(partial.why().reason());
            }
            Value::Unknown(unknown) => {
                self.tag("unknown");
                self.text(unknown.reason());
            }
        }
    }

    /// Adds the result of an evaluation; after an error there is no key.
    pub fn result(&mut self, result: super::EvalResult<'e, Value<'e>>) {
        match result {
            Ok(value) => self.value(value),
            // Nix may succeed where our evaluation fails.
            Err(_) => self.unknowable = true,
        }
    }

    fn attrs(&mut self, attrs: &'e Attrs<'e>) {
        if let Some((_, name)) = self.roots.iter().find(|(root, _)| std::ptr::eq(*root, attrs)) {
            let name = *name;
            return self.tag(name);
        }
        // The code uses the whole configuration of the host, so any of its files may matter.
        if self.config.is_some_and(|config| std::ptr::eq(config, attrs)) {
            self.tag("the whole configuration");
            for path in self.ev.report.sources.paths() {
                self.file(&path);
            }
            return;
        }
        if let Some(value) = attrs.get(self.ev.heap.symbol(KNOWN_BY)) {
            self.tag("known by");
            return self.value(value);
        }
        self.tag("set");
        if self.visit(attrs) {
            return;
        }
        if self.is_library(attrs) {
            return self.library(attrs);
        }
        let mut named: Vec<_> = attrs.iter().map(|(name, value, _)| (self.ev.heap.name(name), value)).collect();
        named.sort_by_key(|(name, _)| *name);
        for (name, value) in named {
            self.text(name);
            self.value(value);
        }
        if let Some(rest) = attrs.any() {
            self.text(rest.reason());
        }
        let mut optional: Vec<_> =
            attrs.optional().iter().map(|one| (self.ev.heap.name(one.name()), one)).collect();
        optional.sort_by_key(|(name, _)| *name);
        for (name, one) in optional {
            self.tag("optional");
            self.text(name);
            self.text(one.why().reason());
            self.value(one.value());
        }
    }

    fn primop(&mut self, name: &str) {
        self.unknowable |= builtins::reads(name);
        self.text(name);
    }

    fn name(&mut self, name: Symbol) {
        let name = self.ev.heap.name(name);
        self.text(name);
    }

    fn closure(&mut self, closure: &'e Closure<'e>) {
        self.number(closure.lambda.given as u64);
        closure.given().iter().for_each(|argument| self.value(argument.get().get()));
        self.outermost(|this| this.lambda(closure.lambda, &Frame { slots: &[], captured: closure.captured() }));
    }

    /// Adds a unit of code with its captures.
    fn whole(&mut self, unit: &'e Unit<'e>, frame: &Frame<'e, 'e>) {
        self.outermost(|this| {
            this.units.push(unit.captures);
            this.code(unit.body, frame);
            this.units.pop();
        });
    }

    /// Adds code that is independent of the surrounding scopes.
    fn outermost(&mut self, part: impl FnOnce(&mut Self)) {
        let (scopes, units) = (std::mem::take(&mut self.scopes), std::mem::take(&mut self.units));
        part(self);
        (self.scopes, self.units) = (scopes, units);
    }

    fn lambda(&mut self, lambda: &'e Lambda<'e>, frame: &Frame<'e, 'e>) {
        let formals = lambda.pattern.map_or(&[][..], |pattern| pattern.formals);
        let named: Vec<_> = lambda.leading.iter().copied().chain(lambda.argument).collect();
        named.iter().for_each(|argument| self.name(*argument));
        self.units.push(lambda.captures);
        self.enter(0, named.into_iter().chain(formals.iter().map(|formal| formal.name)).collect(), 1);
        if let Some(pattern) = lambda.pattern {
            self.tag(if pattern.ellipsis { "open pattern" } else { "pattern" });
            let mut formals: Vec<_> =
                formals.iter().map(|formal| (self.ev.heap.name(formal.name), formal)).collect();
            formals.sort_by_key(|(name, _)| *name);
            for (name, formal) in formals {
                self.text(name);
                if let Some(default) = formal.default {
                    self.code(default, frame);
                }
            }
        }
        self.code(lambda.body, frame);
        self.scopes.pop();
        self.units.pop();
    }

    /// Adds an expression of the innermost unit; `frame` holds the captures of the outermost one.
    fn code(&mut self, node: NodeRef<'e>, frame: &Frame<'e, 'e>) {
        match &node.expr {
            Expr::Int(value) => self.value(Value::Int(*value)),
            Expr::Float(value) => self.value(Value::Float(*value)),
            Expr::Str(text) => {
                self.tag("string");
                self.bytes(text.as_bytes());
            }
            Expr::Path(path) => self.path(Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()))),
            Expr::Interpolated(parts) => self.parts(parts, frame),
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
            Expr::Slot(slot) => self.variable(Variable::Slot(*slot), frame),
            Expr::Captured(at) => self.variable(Variable::Captured(*at), frame),
            Expr::Delayed(unit) => {
                self.units.push(unit.captures);
                self.code(unit.body, frame);
                self.units.pop();
            }
            Expr::Global(index) => {
                let value = self.ev.globals.values[*index as usize].get();
                self.value(value);
            }
            Expr::With { name, namespaces } => {
                self.tag("with");
                self.name(*name);
                let name = self.ev.heap.name(*name);
                self.unknowable |= builtins::reads(name);
                for namespace in *namespaces {
                    self.variable(*namespace, frame);
                }
            }
            Expr::Select { base, path, default } => self.select(base, path, *default, frame),
            Expr::HasAttr { base, path } => {
                self.tag("?");
                self.code(base, frame);
                self.names(path, frame);
            }
            Expr::Apply { function, arguments } => {
                self.tag("call");
                match (self.reader(function), arguments) {
                    (Some(name), [argument, ..]) if matches!(argument.expr, Expr::Path(_)) => self.text(name),
                    _ => self.code(function, frame),
                }
                arguments.iter().for_each(|argument| self.code(argument, frame));
            }
            Expr::Lambda(lambda) => {
                self.tag("function");
                self.lambda(lambda, frame);
            }
            Expr::Let { bindings, body, .. } => {
                self.tag("let");
                self.bindings(bindings, frame, true);
                self.enter(bindings.first, names_of(bindings), bindings.sources.len());
                self.code(body, frame);
                self.scopes.pop();
            }
            Expr::Attrs(attrs) => {
                self.tag(if attrs.recursive { "rec" } else { "set" });
                self.bindings(&attrs.bindings, frame, attrs.recursive);
                if attrs.recursive {
                    let bindings = &attrs.bindings;
                    self.enter(bindings.first, names_of(bindings), bindings.sources.len());
                }
                for (name, value, _) in attrs.dynamic {
                    self.code(name, frame);
                    self.code(value, frame);
                }
                if attrs.recursive {
                    self.scopes.pop();
                }
            }
            Expr::List(items) => {
                self.tag("list");
                items.iter().for_each(|item| self.code(item, frame));
                self.number(items.len() as u64);
            }
            Expr::If(condition, then, otherwise) => {
                self.tag("if");
                [condition, then, otherwise].into_iter().for_each(|node| self.code(node, frame));
            }
            Expr::Assert(condition, body) => {
                self.tag("assert");
                self.code(condition, frame);
                self.code(body, frame);
            }
            Expr::WithIn { namespace, slot, body } => {
                self.tag("with in");
                self.code(namespace, frame);
                self.enter(*slot, Vec::new(), 1);
                self.code(body, frame);
                self.scopes.pop();
            }
            Expr::Not(operand) => {
                self.tag("!");
                self.code(operand, frame);
            }
            Expr::Negate(operand) => {
                self.tag("-");
                self.code(operand, frame);
            }
            Expr::Binary(operator, left, right) => {
                self.text(&format!("{operator:?}"));
                self.code(left, frame);
                self.code(right, frame);
            }
            Expr::CurPos => {
                let location = self.ev.report.sources.locate(node.span.start).map(|location| location.to_string());
                self.text(&location.unwrap_or_default());
            }
        }
    }

    /// The reading built-in function that an expression names, if it names one.
    fn reader(&self, function: NodeRef<'e>) -> Option<&'e str> {
        let builtin = |name: &'e str| Some(name).filter(|name| builtins::reads(name));
        match &function.expr {
            Expr::Global(index) => match self.ev.globals.values[*index as usize].get() {
                Value::Primop(call) => builtin(call.primop.name),
                _ => None,
            },
            Expr::Select { base, path: [Name::Static(name, _)], default: None } => match base.expr {
                Expr::Global(index) if matches!(self.ev.globals.values[index as usize].get(), Value::Attrs(_)) => {
                    builtin(self.ev.heap.name(*name))
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
        frame: &Frame<'e, 'e>,
    ) {
        self.tag("select");
        let variable = match base.expr {
            Expr::Slot(slot) => Some(Variable::Slot(slot)),
            Expr::Captured(at) => Some(Variable::Captured(at)),
            _ => None,
        };
        if let Some(Ok(base)) = variable.map(|variable| self.find(variable, frame))
            && let Some(value) = self.selected_from_config(base, path)
        {
            return self.value(value);
        }
        if let (Expr::Global(_), [Name::Static(name, _), ..]) = (&base.expr, path) {
            let name = self.ev.heap.name(*name);
            self.unknowable |= builtins::reads(name);
        }
        self.code(base, frame);
        self.names(path, frame);
        if let Some(default) = default {
            self.tag("or");
            self.code(default, frame);
        }
    }

    /// The value of `config.a.b.c`, if the expression selects that.
    fn selected_from_config(&mut self, base: Value<'e>, path: &'e [Name<'e>]) -> Option<Value<'e>> {
        let config = self.config?;
        let mut value = match base {
            Value::Thunk(thunk)
                if matches!(thunk.state(), State::Native(..) | State::CallOn(..) | State::Done(_)) =>
            {
                self.ev.force(base).ok()?
            }
            value => value,
        };
        match value {
            Value::Attrs(attrs) if std::ptr::eq(attrs, config) => {}
            _ => return None,
        }
        for name in path {
            let Name::Static(name, _) = name else { return None };
            match value {
                Value::Attrs(attrs) => value = self.ev.force(attrs.get(*name)?).ok()?,
                Value::Unknown(_) => self.name(*name),
                _ => return None,
            }
        }
        Some(value)
    }

    fn parts(&mut self, parts: &'e [Part<'e>], frame: &Frame<'e, 'e>) {
        self.tag("interpolated");
        for part in parts {
            match part {
                Part::Text(text) => self.bytes(text),
                Part::Value(node) => self.code(node, frame),
            }
        }
    }

    fn names(&mut self, path: &'e [Name<'e>], frame: &Frame<'e, 'e>) {
        for name in path {
            match name {
                Name::Static(name, _) => self.name(*name),
                Name::Dynamic(node) => self.code(node, frame),
            }
        }
    }

    /// Adds bindings; recursive ones open a scope.
    fn bindings(&mut self, bindings: &'e Bindings<'e>, frame: &Frame<'e, 'e>, recursive: bool) {
        let mut entries: Vec<_> =
            bindings.entries.iter().map(|entry| (self.ev.heap.name(entry.name), entry)).collect();
        entries.sort_by_key(|(name, _)| *name);
        for (name, binding) in &entries {
            self.text(name);
            match binding.value {
                BindingValue::Inner(_) => self.tag("="),
                BindingValue::Outer(node) => self.code(node, frame),
                BindingValue::From { source, .. } => {
                    self.unknowable |= builtins::reads(name);
                    self.number(source);
                }
            }
        }
        if recursive {
            self.enter(bindings.first, names_of(bindings), bindings.sources.len());
        }
        bindings.sources.iter().for_each(|source| self.code(source, frame));
        for (_, binding) in entries {
            if let BindingValue::Inner(node) = binding.value {
                self.code(node, frame);
            }
        }
        if recursive {
            self.scopes.pop();
        }
        self.number(bindings.entries.len() as u64);
    }
}
