//! Values in messages, in Nix's words: their type, as much of them as fits on a line, and what was evaluated when an
//! error occurred.

use super::error::EvalError;
use crate::code::expr::Node;
use crate::source::{Pos, SourceMap, Span};
use std::collections::HashSet;

use rustc_hash::FxBuildHasher;

use super::heap::Heap;
use super::print;
use super::report::Reporter;
use super::value::{Attr, Attrs, State, TaggedValue, Value};
use crate::syntax::quote;

/// How many attributes to show.
const MOST_ATTRIBUTES: usize = 10;
const MOST_ITEMS: usize = 10;
const MOST_BYTES: usize = 1024;
const DEEPEST: usize = 10;

impl Value<'_> {
    /// The type, with its article.
    pub(super) fn type_name(self) -> String {
        String::from(match self {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::String(text) if text.context().is_empty() => "a string",
            Value::String(_) => "a string with context",
            Value::Path(_) => "a path",
            Value::List(_) => "a list",
            Value::Attrs(_) => "a set",
            Value::Lambda(_) => "a function",
            Value::Primop(call) => {
                let partially = if call.arguments.is_empty() { "" } else { "partially applied " };
                return format!("the {partially}built-in function '{}'", call.primop.name);
            }
            Value::Thunk(thunk) => match thunk.state() {
                State::Done(value) => return value.get().type_name(),
                _ => "a thunk",
            },
            Value::PartialList(_) => "a list that is known in part",
            Value::Unknown(_) => "an unknown value",
        })
    }
}

impl<'e> Reporter<'e> {
    /// The type and the value, such as `a string: "a"`.
    pub fn describe(&self, heap: &Heap<'e>, value: Value<'e>) -> String {
        format!("{}: {}", value.type_name(), self.show(heap, value))
    }

    /// The value, as far as it is evaluated and fits.
    pub(super) fn show(&self, heap: &Heap<'e>, value: Value<'e>) -> String {
        let mut shown = Shown {
            heap,
            sources: self.sources,
            out: Vec::new(),
            attributes: 0,
            items: 0,
            seen: HashSet::default(),
        };
        shown.value(value, 0);
        String::from_utf8_lossy(&shown.out).into_owned()
    }

    /// A type error such as "expected a Boolean but found an integer: 1". If the value is unknown, the operation is
    /// unknown instead.
    pub fn type_error(&self, heap: &Heap<'e>, expected: &str, found: Value<'e>, pos: Pos) -> EvalError<'e> {
        self.type_error_at(heap, expected, found, self.word_span(pos))
    }

    #[cold]
    pub(super) fn type_error_at(
        &self,
        heap: &Heap<'e>,
        expected: &str,
        found: Value<'e>,
        span: Span,
    ) -> EvalError<'e> {
        match found {
            Value::Unknown(unknown) => self.unknown_error(heap.unknown_at(unknown, span)),
            Value::PartialList(partial) => self.unknown_error(heap.unknown_at(partial.why(), span)),
            found => {
                let message = format!("expected {expected} but found {}", self.describe(heap, found));
                self.error(span, &message)
            }
        }
    }

    /// A position as the set that `unsafeGetAttrPos` and `__curPos` return.
    pub(super) fn position_value(&self, heap: &Heap<'e>, pos: Pos) -> Value<'e> {
        let (Some(location), Some(file)) = (self.sources.locate(pos), self.sources.file(pos)) else {
            return Value::Null;
        };
        // A text from the command line is not a file.
        if !file.path.is_absolute() {
            return Value::Null;
        }
        let path = file.path.to_string_lossy();
        heap.attrs([
            (heap.common.file, heap.string(&path), Pos::NONE),
            (heap.common.line, Value::Int(location.line.into()), Pos::NONE),
            (heap.common.column, Value::Int(location.column.into()), Pos::NONE),
        ])
    }

    /// Adds to an error which attribute was being evaluated.
    #[cold]
    pub(super) fn trace_attribute(&self, heap: &Heap<'e>, error: EvalError<'e>, attr: &Attr<'e>) -> EvalError<'e> {
        if error.unknown().is_none() && !self.is_internal(attr.pos) {
            let what = || format!("while evaluating the attribute '{}'", quote(heap.name(attr.name)));
            error.trace(self.attribute_span(attr.pos), what);
        }
        error
    }

    /// Adds a call to the trace of an error, unless it says nothing new: `throw` itself fails at the call.
    #[cold]
    pub(super) fn trace_call(&self, heap: &Heap<'e>, error: EvalError<'e>, function: Value<'e>, call: &Node<'e>) {
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
                Some(name) => format!("while calling '{}'", heap.name(name)),
                None => String::from("while calling an anonymous function"),
            },
            Value::Primop(primop) => format!("while calling the '{}' builtin", primop.primop.name),
            _ => String::from("while calling a set"),
        });
    }
}

/// A value that is being written.
struct Shown<'a, 'e> {
    heap: &'a Heap<'e>,
    sources: &'a SourceMap,
    out: Vec<u8>,
    attributes: usize,
    items: usize,
    seen: HashSet<usize, FxBuildHasher>,
}

impl<'e> Shown<'_, 'e> {
    fn push(&mut self, text: &str) {
        self.out.extend(text.bytes());
    }

    fn elided(&mut self, count: usize, what: &str) {
        let plural = if count == 1 { "" } else { "s" };
        self.push(&format!("«{count} {what}{plural} elided»"));
    }

    fn value(&mut self, value: Value<'e>, depth: usize) {
        match value {
            Value::Null => self.push("null"),
            Value::Bool(value) => self.push(if value { "true" } else { "false" }),
            Value::Int(value) => self.push(&value.to_string()),
            Value::Float(value) => self.push(&print::float(value)),
            Value::String(text) => {
                let bytes = text.as_bytes();
                print::string(&bytes[..bytes.len().min(MOST_BYTES)], &mut self.out);
                if bytes.len() > MOST_BYTES {
                    self.push(" ");
                    self.elided(bytes.len() - MOST_BYTES, "byte");
                }
            }
            Value::Path(path) => self.out.extend(path.as_bytes()),
            Value::List(list) if list.items().is_empty() => self.push("[ ]"),
            Value::List(list) => self.list(list.items(), depth),
            Value::Attrs(attrs) if attrs.count() == 0 => self.push("{ }"),
            Value::Attrs(attrs) => self.attrs(attrs, depth),
            Value::Lambda(closure) => {
                let location = self.sources.file(closure.lambda.pos);
                let location = location
                    .map_or_else(String::new, |file| format!(" @ {}", file.location_of(closure.lambda.pos)));
                let name = closure.lambda.name.get().map(|name| format!(" {}", quote(self.heap.name(name))));
                self.push(&format!("«lambda{}{location}»", name.unwrap_or_default()));
            }
            Value::Primop(call) => {
                let partially = if call.arguments.is_empty() { "" } else { "partially applied " };
                self.push(&format!("«{partially}primop {}»", call.primop.name));
            }
            Value::Thunk(thunk) => match thunk.state() {
                State::Done(value) => self.value(value.get(), depth),
                _ => self.push("«thunk»"),
            },
            Value::PartialList(_) | Value::Unknown(_) => self.push("«unknown»"),
        }
    }

    /// Writes an element or an attribute. A function is shown as a thunk, because Nix creates it lazily.
    fn part(&mut self, value: Value<'e>, depth: usize) {
        match value {
            Value::Lambda(_) => self.push("«thunk»"),
            value => self.value(value, depth),
        }
    }

    fn list(&mut self, items: &'e [TaggedValue<'e>], depth: usize) {
        if !self.seen.insert(items.as_ptr().addr()) {
            return self.push("«repeated»");
        }
        if depth >= DEEPEST {
            return self.push("[ ... ]");
        }
        self.push("[ ");
        for (index, item) in items.iter().enumerate() {
            if self.items >= MOST_ITEMS {
                self.elided(items.len() - index, "item");
                self.push(" ");
                break;
            }
            self.part(item.get(), depth + 1);
            self.items += 1;
            self.push(" ");
        }
        self.push("]");
    }

    fn attrs(&mut self, attrs: &'e Attrs<'e>, depth: usize) {
        if !self.seen.insert(std::ptr::from_ref(attrs).addr()) {
            return self.push("«repeated»");
        }
        if depth >= DEEPEST {
            return self.push("{ ... }");
        }
        let mut named: Vec<_> = attrs.iter().map(|(name, value, _)| (self.heap.name(name), value)).collect();
        // `type` and the like identify the set, so they come first.
        named.sort_unstable_by_key(|(name, _)| (!matches!(*name, "type" | "_type"), *name));
        let count = named.len();
        self.push("{ ");
        for (index, (name, value)) in named.into_iter().enumerate() {
            if self.attributes >= MOST_ATTRIBUTES {
                self.elided(count - index, "attribute");
                self.push(" ");
                break;
            }
            self.push(&format!("{} = ", quote(name)));
            self.part(value, depth + 1);
            self.attributes += 1;
            self.push("; ");
        }
        self.push("}");
    }
}
