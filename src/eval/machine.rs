//! The machine: evaluates expressions, forces thunks, calls functions.
//!
//! Invariants:
//! - [`Evaluator::eval`] gives a value in weak head normal form, never a thunk.
//! - A strict operation that meets an unknown value ends as an [`EvalError`] of kind `Unknown`; the thunk, or the call
//!   from native code, around it becomes that unknown value. So no operation has to know about unknown operands, and
//!   none takes one for something known.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bumpalo::Bump;
use rustc_hash::FxHashMap;

use super::builtins;
use super::error::{EvalError, EvalResult};
use super::names;
use super::operators::Coercion;
use super::regex::Regex;
use super::stack;
use super::text::Text;
use super::value::{Closure, Env, State, Thunk, Unknown, Value};
use super::written::Written;
use crate::source::{Files, Pos, SourceMap, Span};
use crate::syntax::expr::{BindingValue, Bindings, Expr, Node, NodeRef, Part};
use crate::syntax::{Str, Symbol, Symbols};

/// Where everything that an evaluation makes lives; nothing of it is freed before the arena is.
#[derive(Default)]
pub struct Arena {
    pub(super) bump: Bump,
}

impl Arena {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

/// How a configuration is evaluated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What `<name>` looks through: a prefix, which may be empty, and the path that it stands for.
    pub search_path: Vec<(String, PathBuf)>,
    /// What `builtins.getEnv` and `~` see of the environment; empty where it must not matter.
    pub environment: BTreeMap<OsString, OsString>,
    /// What `builtins.currentTime` gives, in seconds; `None` where another evaluation must give the same.
    pub current_time: Option<i64>,
    /// Whether what only nixpkgs, Nix or the network knows is an unknown value (else it is an error, as in Nix).
    pub unknowns: bool,
    /// Whether `|>` and `<|` are operators (Nix's experimental feature `pipe-operators`).
    pub pipe_operators: bool,
    /// Takes what `builtins.trace` and `builtins.warn` say, a message each.
    pub log: Option<fn(&str)>,
    /// Nix's `max-call-depth`.
    pub max_call_depth: u32,
    /// How many bytes an evaluation may take.
    pub most_memory: usize,
    /// Set by somebody else when the evaluation has taken too long.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            search_path: Vec::new(),
            environment: BTreeMap::new(),
            current_time: None,
            unknowns: false,
            pipe_operators: false,
            log: None,
            max_call_depth: 10_000,
            most_memory: 8 << 30,
            stop: None,
        }
    }
}

/// Names that the machine itself looks for.
pub(super) struct Common {
    pub(super) functor: Symbol,
    pub(super) out_path: Symbol,
    pub(super) to_string: Symbol,
    pub(super) kind: Symbol,
    pub(super) name: Symbol,
    pub(super) value: Symbol,
    pub(super) file: Symbol,
    pub(super) line: Symbol,
    pub(super) column: Symbol,
}

/// One evaluation.
pub struct Evaluator<'e> {
    pub(super) bump: &'e Bump,
    pub(super) symbols: Symbols<'e>,
    pub(super) files: &'e (dyn Files + 'e),
    pub(super) sources: &'e SourceMap,
    pub(super) settings: Settings,
    pub(super) common: Common,
    pub(super) globals: Vec<Value<'e>>,
    pub(super) global_names: FxHashMap<Symbol, u32>,
    pub(super) imports: FxHashMap<PathBuf, Value<'e>>,
    pub(super) parsed: FxHashMap<PathBuf, NodeRef<'e>>,
    pub(super) embedded: FxHashMap<PathBuf, &'static str>,
    /// What was computed to be in the store, by its path.
    pub(super) written: FxHashMap<&'e str, Written<'e>>,
    /// Store paths of copies of paths.
    pub(super) copies: FxHashMap<&'e [u8], &'e Str<'e>>,
    pub(super) stand_in: Option<(String, PathBuf)>,
    pub(super) patterns: FxHashMap<&'e [u8], std::rc::Rc<Regex>>,
    pub(super) root_env: &'e Env<'e>,
    pub(super) depth: u32,
    /// How many branches that Nix may not take are being evaluated within each other, and how many were so far.
    pub(super) guessing: u32,
    pub(super) guesses: u32,
    /// Steps until memory and time are looked at again.
    pub(super) until_check: u32,
    pub(super) growing: Option<super::append::Growing>,
    pub(super) lowest_address: usize,
    /// Where the stack stood at the beginning.
    pub(super) first_address: usize,
}

impl<'e> Evaluator<'e> {
    /// An evaluator whose values live in `arena`, which reads through `files` and keeps the texts in `sources`.
    pub fn new(arena: &'e Arena, files: &'e (dyn Files + 'e), sources: &'e SourceMap, settings: Settings) -> Self {
        let bump = &arena.bump;
        let symbols = Symbols::default();
        let symbol = |name| symbols.intern(bump, name);
        for name in names::FIRST.split(' ') {
            symbol(name);
        }
        let common = Common {
            functor: symbol("__functor"),
            out_path: symbol("outPath"),
            to_string: symbol("__toString"),
            kind: symbol("type"),
            name: symbol("name"),
            value: symbol("value"),
            file: symbol("file"),
            line: symbol("line"),
            column: symbol("column"),
        };
        let mut evaluator = Self {
            bump,
            symbols,
            files,
            sources,
            settings,
            common,
            globals: Vec::new(),
            global_names: FxHashMap::default(),
            imports: FxHashMap::default(),
            parsed: FxHashMap::default(),
            embedded: FxHashMap::default(),
            written: FxHashMap::default(),
            copies: FxHashMap::default(),
            stand_in: None,
            patterns: FxHashMap::default(),
            root_env: bump.alloc(Env { up: None, slots: &[] }),
            depth: 0,
            guessing: 0,
            guesses: 0,
            until_check: 0,
            growing: None,
            lowest_address: stack::lowest_address(),
            first_address: stack::address(),
        };
        builtins::install(&mut evaluator);
        evaluator
    }

    /// A value's outermost constructor: never a thunk.
    pub fn force(&mut self, value: Value<'e>) -> EvalResult<'e, Value<'e>> {
        let value = match value {
            Value::Thunk(thunk) => self.force_thunk(thunk)?,
            value => value,
        };
        match value {
            Value::Partly(partly) => Ok(Value::Unknown(partly.why())),
            value => Ok(value),
        }
    }

    pub(super) fn force_thunk(&mut self, thunk: &'e Thunk<'e>) -> EvalResult<'e, Value<'e>> {
        let state = thunk.state.get();
        match state {
            State::Done(value) => return Ok(value),
            State::Failed(error) => return Err(error),
            State::Running => return Err(self.error(Span::NONE, "infinite recursion encountered")),
            State::Code(..) | State::Native(_) | State::Call(_) => {}
        }
        thunk.state.set(State::Running);
        let result = match state {
            State::Code(node, env) => self.eval(node, env).inspect_err(|error| self.locate(*error, node.span)),
            State::Native(suspended) => suspended.resume(self).and_then(|value| self.force_partly(value)),
            State::Call((function, argument)) => self.apply(*function, *argument, Pos::NONE),
            State::Done(_) | State::Failed(_) | State::Running => unreachable!("returned above"),
        };
        let result = self.settle(result);
        thunk.state.set(match result {
            Ok(value) => State::Done(value),
            Err(error) if self.may_keep(error) => State::Failed(error),
            // Nix may come here another way.
            Err(_) => state,
        });
        result
    }

    /// Turns "a strict operation met an unknown value" into that value.
    pub(super) fn settle(&self, result: EvalResult<'e, Value<'e>>) -> EvalResult<'e, Value<'e>> {
        match result {
            Err(error) => error.unknown().map(Value::Unknown).ok_or(error),
            ok => ok,
        }
    }

    /// Evaluates an expression to weak head normal form.
    pub(super) fn eval(&mut self, mut node: NodeRef<'e>, mut env: &'e Env<'e>) -> EvalResult<'e, Value<'e>> {
        self.check(node.span)?;
        loop {
            return match &node.expr {
                Expr::Int(value) => Ok(Value::Int(*value)),
                Expr::Float(value) => Ok(Value::Float(*value)),
                Expr::Str(text) => Ok(Value::String(text)),
                Expr::Path(path) => Ok(Value::Path(path)),
                Expr::Interpolated(parts) => self.interpolate(parts, env),
                Expr::InterpolatedPath(parts) => self.interpolate_path(parts, env, node.span),
                Expr::SearchPath(name) => self.find_in_search_path(name, node.span),
                Expr::Local { depth, slot } => {
                    let cell = &env.ancestor(*depth).slots[*slot as usize];
                    match cell.get() {
                        Value::Thunk(thunk) => {
                            let value = self.force_thunk(thunk)?;
                            // Functions, lists and numbers that equal nothing are told by their cells, which they stay.
                            if !matches!(
                                value,
                                Value::Lambda(_) | Value::Primop(_) | Value::Float(_) | Value::List(_)
                            ) {
                                cell.set(value);
                            }
                            Ok(value)
                        }
                        value => Ok(value),
                    }
                }
                Expr::Global(index) => {
                    let value = self.globals[*index as usize];
                    self.force_partly(value)
                }
                Expr::With { name, frames } => self.lookup_with(*name, frames, env, node.span),
                Expr::Select { base, path, default } => {
                    match self.select_path(base, path, default.is_some(), env, node.span)? {
                        Some(value) => Ok(value),
                        None => {
                            node = default.expect("only a select with a default gives nothing");
                            continue;
                        }
                    }
                }
                Expr::HasAttr { base, path } => self.has_attr(base, path, env),
                Expr::Apply { function, arguments } => {
                    let function = self.eval(function, env)?;
                    self.call_nodes(function, arguments, env, node)
                }
                Expr::Lambda(lambda) => Ok(Value::Lambda(self.bump.alloc(Closure { lambda, env }))),
                Expr::Let { bindings, body } => {
                    env = self.recursive_frame(bindings, env, false);
                    node = body;
                    continue;
                }
                Expr::Attrs(attrs) => self.eval_attrs(attrs, env),
                Expr::List(items) => {
                    let items = self.bump.alloc_slice_fill_iter(items.iter().map(|item| self.delay(item, env)));
                    Ok(self.list_of(items))
                }
                Expr::If(condition, then, otherwise) => {
                    let decided = self.decided(condition, env)?;
                    node = match decided {
                        Ok(true) => then,
                        Ok(false) => otherwise,
                        Err(why) => {
                            return self.one_of(why, |ev| ev.eval(then, env), |ev| ev.eval(otherwise, env));
                        }
                    };
                    continue;
                }
                Expr::Assert(condition, body) => {
                    // Where it does not hold there is no value at all.
                    if self.decided(condition, env)? == Ok(false) {
                        return Err(self.failed_assertion(condition, env, node.span));
                    }
                    node = body;
                    continue;
                }
                Expr::WithIn(namespace, body) => {
                    let namespace = self.delay(namespace, env);
                    env = self.frame(env, [namespace]);
                    node = body;
                    continue;
                }
                Expr::Not(operand) => Ok(Value::Bool(!self.eval_bool(operand, env)?)),
                Expr::Negate(operand) => self.negate(operand, env),
                Expr::Binary(operator, left, right) => self.binary(*operator, left, right, env, node.span),
                Expr::CurPos => Ok(self.position_value(node.span.start)),
            };
        }
    }

    /// The value of an expression, to be evaluated when it is needed; at once where that cannot fail and costs nothing.
    pub(super) fn delay(&self, node: NodeRef<'e>, env: &'e Env<'e>) -> Value<'e> {
        match &node.expr {
            Expr::Local { depth, slot } => env.ancestor(*depth).slots[*slot as usize].get(),
            Expr::Global(index) => self.globals[*index as usize],
            _ => self.delay_in_frame(node, env),
        }
    }

    /// The same in a frame whose slots are being filled: none of them may be read yet.
    pub(super) fn delay_in_frame(&self, node: NodeRef<'e>, env: &'e Env<'e>) -> Value<'e> {
        match &node.expr {
            Expr::Int(value) => Value::Int(*value),
            Expr::Float(value) => Value::Float(*value),
            Expr::Str(text) => Value::String(text),
            Expr::Path(path) => Value::Path(path),
            Expr::Lambda(lambda) => Value::Lambda(self.bump.alloc(Closure { lambda, env })),
            Expr::List([]) => self.list_of(&[]),
            _ => self.thunk(State::Code(node, env)),
        }
    }

    /// The same in a frame whose first `filled` slots may be read: a name that stands for one of those shares its cell.
    pub(super) fn delay_beside(&self, node: NodeRef<'e>, env: &'e Env<'e>, filled: usize) -> Value<'e> {
        match &node.expr {
            Expr::Local { depth: 0, slot } if (*slot as usize) < filled => env.slots[*slot as usize].get(),
            Expr::Local { depth: 1.., .. } | Expr::Global(_) => self.delay(node, env),
            _ => self.delay_in_frame(node, env),
        }
    }

    pub(super) fn thunk(&self, state: State<'e>) -> Value<'e> {
        Value::Thunk(self.bump.alloc(Thunk { state: Cell::new(state) }))
    }

    pub(super) fn frame<const N: usize>(&self, up: &'e Env<'e>, values: [Value<'e>; N]) -> &'e Env<'e> {
        let slots = self.bump.alloc_slice_fill_iter(values.into_iter().map(Cell::new));
        self.bump.alloc(Env { up: Some(up), slots })
    }

    /// The frame of a `let` or a `rec { … }`: one slot for each binding, then one for each source of an `inherit (…)`.
    /// Names that stand for each other share cells, unless `overrides` may change what is behind them.
    pub(super) fn recursive_frame(
        &mut self,
        bindings: &'e Bindings<'e>,
        up: &'e Env<'e>,
        overrides: bool,
    ) -> &'e Env<'e> {
        let count = bindings.entries.len() + bindings.sources.len();
        let slots: &'e [Cell<Value<'e>>] = self.bump.alloc_slice_fill_with(count, |_| Cell::new(Value::Null));
        let env: &'e Env<'e> = self.bump.alloc(Env { up: Some(up), slots });
        for (slot, source) in slots[bindings.entries.len()..].iter().zip(bindings.sources) {
            slot.set(self.delay_in_frame(source, env));
        }
        for (index, (slot, binding)) in slots.iter().zip(bindings.entries).enumerate() {
            slot.set(match binding.value {
                BindingValue::Inner(node) if overrides => self.delay_in_frame(node, env),
                BindingValue::Inner(node) => self.delay_beside(node, env, index),
                BindingValue::Outer(node) => self.delay(node, up),
                BindingValue::From { selection, .. } => self.delay_in_frame(selection, env),
            });
        }
        env
    }

    fn lookup_with(
        &mut self,
        name: Symbol,
        frames: &'e [u32],
        env: &'e Env<'e>,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        for depth in frames {
            let cell = &env.ancestor(*depth).slots[0];
            let namespace = self.force(cell.get())?;
            cell.set(namespace);
            match namespace {
                Value::Attrs(attrs) => {
                    if let Some(value) = attrs.get(name) {
                        return self.force_partly(value);
                    }
                    // The name may be in this set, or in one further out.
                    if let Some(rest) = attrs.maybe(name) {
                        return Err(self.unknown_error(self.unknown_at(rest, span)));
                    }
                }
                Value::Unknown(unknown) => return Err(self.unknown_error(self.unknown_at(unknown, span))),
                other => return Err(self.type_error_at("a set", other, span)),
            }
        }
        let name = self.name(name);
        Err(self.error(span, &format!("undefined variable '{name}'")))
    }

    /// Notes who called what fails, unless that is all that there is to say: `throw` itself fails where it is called.
    #[cold]
    pub(super) fn called(&self, error: EvalError<'e>, function: Value<'e>, call: &Node<'e>) {
        if error.unknown().is_some() {
            return;
        }
        self.locate(error, call.span);
        if self.is_internal(call.span.start) {
            return;
        }
        if !matches!(function, Value::Lambda(_)) && error.is_just_at(call.span.start) {
            return;
        }
        error.trace(call.span, || match function {
            Value::Lambda(closure) => match closure.lambda.name.get() {
                Some(name) => format!("while calling '{}'", self.name(name)),
                None => String::from("while calling an anonymous function"),
            },
            Value::Primop(primop) => format!("while calling the '{}' builtin", primop.primop.name),
            _ => String::from("while calling a set"),
        });
    }

    /// Whether a place is in a text of Nix's own, which nobody can look at.
    pub(super) fn is_internal(&self, pos: Pos) -> bool {
        self.sources.file(pos).is_some_and(|file| file.path.starts_with("«nix-internal»"))
    }

    /// Gives an error that has no place yet the place where it came up.
    #[cold]
    pub(super) fn locate(&self, error: EvalError<'e>, span: Span) {
        let mut diagnostics = error.0.diagnostics.borrow_mut();
        if let [diagnostic] = diagnostics.as_mut_slice()
            && diagnostic.labels.is_empty()
            && span != Span::NONE
        {
            diagnostic.labels.push(crate::diag::Label { span: self.first_line(span), text: String::new() });
        }
    }

    pub(super) fn eval_bool(&mut self, node: NodeRef<'e>, env: &'e Env<'e>) -> EvalResult<'e, bool> {
        let value = self.eval(node, env)?;
        match value {
            Value::Bool(value) => Ok(value),
            other => Err(self.type_error_at("a Boolean", other, node.span)),
        }
    }

    /// A condition, or what it depends on that is not known.
    pub(super) fn decided(
        &mut self,
        node: NodeRef<'e>,
        env: &'e Env<'e>,
    ) -> EvalResult<'e, Result<bool, &'e Unknown>> {
        match self.eval(node, env) {
            Ok(Value::Bool(value)) => Ok(Ok(value)),
            Ok(Value::Unknown(unknown)) => Ok(Err(self.unknown_at(unknown, node.span))),
            Ok(other) => Err(self.type_error_at("a Boolean", other, node.span)),
            Err(error) => error.unknown().map(Err).ok_or(error),
        }
    }

    fn interpolate(&mut self, parts: &'e [Part<'e>], env: &'e Env<'e>) -> EvalResult<'e, Value<'e>> {
        if let [Part::Value(first), rest @ ..] = parts {
            let value = self.eval(first, env)?;
            if let Value::String(front) = value {
                let back = self.joined(rest, Coercion::INTERPOLATION, env)?;
                return self.appended(front, &back, first.span);
            }
            let mut text = Text::default();
            self.coerce_to_string(value, Coercion::INTERPOLATION, &mut text, first.span)?;
            let rest = self.joined(rest, Coercion::INTERPOLATION, env)?;
            text.push(&rest.bytes);
            text.context = self.merge_contexts(text.context, rest.context);
            return Ok(self.finish(&text));
        }
        let text = self.joined(parts, Coercion::INTERPOLATION, env)?;
        Ok(self.finish(&text))
    }

    fn joined(&mut self, parts: &'e [Part<'e>], how: Coercion, env: &'e Env<'e>) -> EvalResult<'e, Text<'e>> {
        let mut joined = Text::default();
        for part in parts {
            match part {
                Part::Text(text) => joined.push(text),
                Part::Value(node) => {
                    let value = self.eval(node, env)?;
                    self.coerce_to_string(value, how, &mut joined, node.span)?;
                }
            }
        }
        Ok(joined)
    }

    fn interpolate_path(
        &mut self,
        parts: &'e [Part<'e>],
        env: &'e Env<'e>,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        let text = self.joined(parts, Coercion::PLAIN, env)?;
        self.path_of_text(&text, span)
    }
}
