//! Constructors for values and errors, for native code.

use std::cell::Cell;

use super::error::{EvalError, EvalResult, Failure, Kind};
use super::machine::Evaluator;
use super::partial::OpenAttrs;
use super::text::Text;
use super::value::{
    Attr, Attrs, CodeId, List, Primop, PrimopCall, State, Suspend, TaggedValue, Thunk, Unknown, Value,
};
use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, SourceMap, Span};
use crate::syntax::{Str, Symbol};

impl<'e> Evaluator<'e> {
    /// The symbol of a name.
    pub fn symbol(&self, name: &str) -> Symbol {
        self.symbols.intern(self.bump, name)
    }

    /// The symbol of a string.
    pub(super) fn symbol_of(&self, name: &Str<'e>) -> Symbol {
        name.symbol(|name| self.symbols.intern_bytes(self.bump, name.as_bytes()))
    }

    /// The name of a symbol.
    pub fn name(&self, symbol: Symbol) -> &'e str {
        self.symbols.name(symbol)
    }

    /// The name of a symbol as a value.
    pub(super) fn name_value(&self, symbol: Symbol) -> Value<'e> {
        Value::String(self.symbols.text(symbol))
    }

    /// The texts read so far.
    pub fn sources(&self) -> &'e SourceMap {
        self.sources
    }

    /// Moves a value into the arena; it is never dropped.
    pub fn alloc<T>(&self, value: T) -> &'e T {
        self.bump.alloc(value)
    }

    /// Copies a slice into the arena.
    pub fn alloc_slice<T: Copy>(&self, items: &[T]) -> &'e [T] {
        self.bump.alloc_slice_copy(items)
    }

    /// A string.
    pub fn string(&self, text: &str) -> Value<'e> {
        self.bytes(text.as_bytes())
    }

    /// A string of bytes.
    pub fn bytes(&self, bytes: &[u8]) -> Value<'e> {
        self.str_in_arena(self.bump.alloc_slice_copy(bytes))
    }

    pub(super) fn str_in_arena(&self, bytes: &'e [u8]) -> Value<'e> {
        Value::String(self.bump.alloc(Str::new(bytes)))
    }

    pub(super) fn path_in_arena(&self, path: &'e [u8]) -> Value<'e> {
        Value::Path(self.bump.alloc(Str::new(path)))
    }

    /// A list.
    pub fn list(&self, items: impl IntoIterator<Item = Value<'e>>) -> Value<'e> {
        let items: Vec<_> = items.into_iter().map(|item| self.pack(item)).collect();
        self.list_of(self.alloc_slice(&items))
    }

    pub(super) fn list_of(&self, items: &'e [TaggedValue<'e>]) -> Value<'e> {
        Value::List(if items.is_empty() { self.no_items } else { self.bump.alloc(List::new(items)) })
    }

    /// A set with these names, values and positions, in any order; names must be unique.
    pub fn attrs(&self, parts: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>) -> Value<'e> {
        self.attrs_from(parts, None)
    }

    /// A set with these attributes that may have further names.
    pub fn open_attrs(
        &self,
        parts: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>,
        rest: &'e Unknown,
    ) -> Value<'e> {
        self.attrs_from(parts, Some(rest))
    }

    pub(super) fn attrs_from(
        &self,
        parts: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>,
        rest: Option<&'e Unknown>,
    ) -> Value<'e> {
        let mut attrs: Vec<_> =
            parts.into_iter().map(|(name, value, pos)| Attr { name, pos, value: self.pack(value) }).collect();
        attrs.sort_by_key(|attr| attr.name);
        self.attrs_of(&attrs, rest)
    }

    pub(super) fn attrs_of(&self, sorted: &[Attr<'e>], rest: Option<&'e Unknown>) -> Value<'e> {
        self.attrs_rest(sorted, rest.map(OpenAttrs::any))
    }

    /// A value that native code computes on demand.
    pub fn suspend(&self, suspended: impl Suspend<'e>) -> Value<'e> {
        Value::Thunk(Thunk::native(self.bump, self.bump.alloc(suspended)))
    }

    /// A call that happens when its result is needed.
    pub(super) fn delay_call(&self, function: Value<'e>, argument: TaggedValue<'e>) -> TaggedValue<'e> {
        self.pack(Value::Thunk(Thunk::call(self.bump, function, argument)))
    }

    /// An unknown value.
    pub fn unknown(&self, reason: &str, span: Span) -> Value<'e> {
        Value::Unknown(self.unknown_reason(reason, span))
    }

    /// The reason for an unknown value.
    pub fn unknown_reason(&self, reason: &str, span: Span) -> &'e Unknown {
        self.bump.alloc(Unknown::new(reason, span))
    }

    /// Gives an unknown value the position `span`, unless it has one.
    pub(super) fn unknown_at(&self, unknown: &'e Unknown, span: Span) -> &'e Unknown {
        if unknown.span() == Span::NONE && span != Span::NONE {
            if unknown.is_named() {
                return self.bump.alloc(Unknown::named(unknown.reason(), span));
            }
            return self.unknown_reason(unknown.reason(), span);
        }
        unknown
    }

    /// A value, such as `pkgs`, that only a build determines; selections from it append to the name.
    pub fn known_after_build(&self, name: &str) -> &'e Unknown {
        self.unknown_named(&format!("known after build: {name}"))
    }

    /// The reason why a set may have further names. In a `with`, names of outer sets take precedence over these.
    pub fn unknown_beyond(&self, reason: &str) -> &'e Unknown {
        self.bump.alloc(Unknown::beyond(reason))
    }

    /// An unknown value whose reason ends with its name; selections from it append to the name.
    pub fn unknown_named(&self, reason: &str) -> &'e Unknown {
        self.bump.alloc(Unknown::named(reason, Span::NONE))
    }

    /// The attribute `name` of an unknown value.
    pub(super) fn unknown_member(&self, unknown: &'e Unknown, name: Symbol, span: Span) -> &'e Unknown {
        if unknown.is_named() {
            let reason = format!("{}.{}", unknown.reason(), crate::syntax::quote(self.name(name)));
            let span = if span == Span::NONE { unknown.span() } else { span };
            return self.bump.alloc(Unknown::named(&reason, span));
        }
        self.unknown_at(unknown, span)
    }

    /// A built-in function that another layer implements, with its first arguments.
    pub fn native(&self, primop: &'static Primop, arguments: &[Value<'e>]) -> Value<'e> {
        Value::Primop(self.bump.alloc(PrimopCall { primop, arguments: self.alloc_slice(arguments) }))
    }

    #[cold]
    pub(super) fn unknown_error(&self, unknown: &'e Unknown) -> EvalError<'e> {
        self.fail(Kind::Unknown(unknown), Vec::new())
    }

    fn fail(&self, kind: Kind<'e>, diagnostics: Vec<Diagnostic>) -> EvalError<'e> {
        let (failures, caught) = (self.failures, Cell::new(false));
        let index = failures.keep(diagnostics);
        EvalError(self.bump.alloc(Failure { kind, failures, index, caught }))
    }

    /// An error that `builtins.tryEval` does not catch.
    #[cold]
    pub(super) fn error(&self, span: Span, message: &str) -> EvalError<'e> {
        self.fail(Kind::Fatal, vec![self.evaluation_error(span, message)])
    }

    /// An error that `builtins.tryEval` catches.
    #[cold]
    pub(super) fn catchable(&self, span: Span, message: &str) -> EvalError<'e> {
        self.fail(Kind::Catchable, vec![self.evaluation_error(span, message)])
    }

    /// The error of `abort`, which nothing catches.
    #[cold]
    pub(super) fn aborted(&self, span: Span, message: &str) -> EvalError<'e> {
        self.fail(Kind::Aborted, vec![self.evaluation_error(span, message)])
    }

    /// The error of a value that depends on itself.
    #[cold]
    pub(super) fn circular(&self) -> EvalError<'e> {
        self.fail(Kind::Circular, vec![self.evaluation_error(Span::NONE, "infinite recursion encountered")])
    }

    fn evaluation_error(&self, span: Span, message: &str) -> Diagnostic {
        // The user's message may have several lines; a diagnostic has one, and the rest becomes its help.
        let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
        let mut diagnostic = Diagnostic::error(Code::Evaluation, first);
        if !rest.trim().is_empty() {
            diagnostic = diagnostic.help(rest.trim_end());
        }
        // Given only a position, label the word there. Its end is computed only now that something failed.
        if span != Span::NONE {
            let span = if span.is_empty() { self.word_span(span.start) } else { self.first_line(span) };
            diagnostic = diagnostic.at(span, "");
        }
        diagnostic
    }

    /// An error with the caller's diagnostic that nixpkgs' library would `throw`: `builtins.tryEval` catches it.
    pub fn thrown(&self, diagnostic: Diagnostic) -> EvalError<'e> {
        self.fail(Kind::Catchable, vec![diagnostic])
    }

    /// An error with the caller's diagnostic.
    pub fn diagnostic_error(&self, diagnostic: Diagnostic) -> EvalError<'e> {
        self.fail(Kind::Fatal, vec![diagnostic])
    }

    /// An error with several diagnostics.
    pub(super) fn diagnostics_error(&self, diagnostics: Vec<Diagnostic>) -> EvalError<'e> {
        self.fail(Kind::Fatal, diagnostics)
    }

    /// A type error such as "expected a Boolean but found an integer: 1". If the value is unknown, the operation is
    /// unknown instead.
    pub fn type_error(&self, expected: &str, found: Value<'e>, pos: Pos) -> EvalError<'e> {
        self.type_error_at(expected, found, self.word_span(pos))
    }

    #[cold]
    pub(super) fn type_error_at(&self, expected: &str, found: Value<'e>, span: Span) -> EvalError<'e> {
        match found {
            Value::Unknown(unknown) => self.unknown_error(self.unknown_at(unknown, span)),
            Value::PartialList(partly) => self.unknown_error(self.unknown_at(partly.why(), span)),
            found => {
                let message = format!("expected {expected} but found {}", self.describe(found));
                self.error(span, &message)
            }
        }
    }

    /// The diagnostics of an error.
    pub fn to_diagnostics(&self, error: &EvalError<'e>) -> Vec<Diagnostic> {
        error.diagnostics()
    }

    /// Adds "did you mean …" if the set has a similar name.
    pub(super) fn suggest(&self, error: EvalError<'e>, missing: &str, attrs: &Attrs<'e>) {
        self.suggest_of(error, missing, attrs.iter().map(|(name, ..)| self.name(name)));
    }

    /// Adds "did you mean …" if one of `names` is similar.
    pub(super) fn suggest_of<'a>(&self, error: EvalError<'e>, missing: &str, names: impl Iterator<Item = &'a str>) {
        let close = names
            .map(|name| (strsim::damerau_levenshtein(missing, name), name))
            .filter(|(distance, _)| *distance <= 2)
            .min();
        error.with(|diagnostics| {
            if let (Some((_, name)), Some(diagnostic)) = (close, diagnostics.first_mut()) {
                diagnostic.help = Some(format!("did you mean `{name}`?"));
            }
        });
    }

    /// Selects an attribute and forces it; an unknown set gives an unknown value.
    ///
    /// # Errors
    ///
    /// Fails if the attribute is missing or its evaluation fails.
    pub fn select(&mut self, set: Value<'e>, name: &str) -> EvalResult<'e, Value<'e>> {
        let set = self.force(set)?;
        let symbol = self.symbol(name);
        let value = self.select_symbol(set, symbol, Span::NONE)?;
        self.force(value)
    }

    /// Selects an attribute that the set may lack.
    ///
    /// # Errors
    ///
    /// Fails if the evaluation of the attribute does.
    pub fn select_optional(&mut self, set: Value<'e>, name: &str) -> EvalResult<'e, Option<Value<'e>>> {
        match self.force(set)? {
            Value::Attrs(attrs) => attrs.get(self.symbol(name)).map(|value| self.force(value)).transpose(),
            _ => Ok(None),
        }
    }

    /// Whether a value can be called.
    pub fn is_function(&self, value: Value<'e>) -> bool {
        match value {
            Value::Lambda(_) | Value::Primop(_) => true,
            Value::Attrs(attrs) => attrs.get(self.common.functor).is_some(),
            _ => false,
        }
    }

    /// The names in a function's pattern, and whether each has a default.
    pub fn formals(&self, function: Value<'e>) -> Vec<(Symbol, bool)> {
        match function {
            Value::Lambda(closure) => {
                let formals = closure.lambda.next_pattern().map_or(&[][..], |pattern| pattern.formals);
                formals.iter().map(|formal| (formal.name, formal.default.is_some())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Identifies the code of a function, wherever the closure was created; `None` for a set that can be called.
    pub fn code_id(&self, function: Value<'e>) -> Option<CodeId<'e>> {
        match function {
            Value::Lambda(closure) => Some(CodeId::Lambda(closure.lambda)),
            Value::Primop(call) => Some(CodeId::Primop(call.primop)),
            _ => None,
        }
    }

    /// Joins strings with a separator, which may be empty.
    ///
    /// # Errors
    ///
    /// Fails if one of the texts is not a string.
    pub fn concat_strings(&mut self, separator: &str, texts: &[Value<'e>]) -> EvalResult<'e, Value<'e>> {
        let mut joined = Text::default();
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                joined.push(separator.as_bytes());
            }
            match self.force(*text)? {
                Value::String(text) => joined.push_str(self, text),
                Value::Unknown(unknown) => return Ok(Value::Unknown(unknown)),
                other => return Err(self.type_error("a string", other, Pos::NONE)),
            }
        }
        Ok(self.finish(&joined))
    }

    /// Where a value was written, if that is still known.
    pub fn value_pos(&self, value: Value<'e>) -> Option<Pos> {
        match value {
            Value::Thunk(thunk) => match thunk.state() {
                State::Code(unit) => Some(unit.body.span.start),
                State::Done(value) => self.value_pos(value),
                _ => None,
            },
            Value::Lambda(closure) => Some(closure.lambda.pos),
            _ => None,
        }
    }

    /// Records where the elements of a merged list are defined.
    pub fn note_elements(&mut self, list: Value<'e>, positions: &[Pos]) {
        if let Value::List(list) = list
            && list.len() == positions.len()
            && !positions.is_empty()
        {
            self.element_positions.insert(std::ptr::from_ref(list), self.bump.alloc_slice_copy(positions));
        }
    }

    /// Where the elements of a merged list are defined.
    pub fn elements_of(&self, list: Value<'e>) -> Option<&'e [Pos]> {
        let Value::List(list) = list else { return None };
        self.element_positions.get(&std::ptr::from_ref(list)).copied()
    }

    /// The part of a span on its first line.
    pub(super) fn first_line(&self, span: Span) -> Span {
        let Some(file) = self.sources.file(span.start) else { return span };
        let (start, end) = (file.offset(span.start), file.offset(span.end));
        let text = file.text.get(start..end).unwrap_or_default();
        let length = text.find('\n').unwrap_or(text.len());
        Span::new(span.start, file.pos(start + text[..length].trim_end().len()))
    }

    /// The span of the attribute path that begins at `pos`.
    pub fn attribute_span(&self, pos: Pos) -> Span {
        self.span_of(pos, |text| {
            let end = text.find(['=', ';', '\n']).unwrap_or(text.len());
            // A quoted name may contain any of these.
            let quoted = text.find('"').filter(|quote| *quote < end);
            let end = match quoted {
                Some(open) => text[open + 1..].find('"').map_or(end, |close| open + 1 + close + 1),
                None => end,
            };
            let tail = text[end..].split(['=', ';', '\n', ' ']).next().filter(|_| quoted.is_some());
            text[..end].trim_end().len() + tail.map_or(0, |tail| tail.trim_end().len())
        })
    }

    /// The span of the word, path or bracket at `pos`.
    pub fn word_span(&self, pos: Pos) -> Span {
        self.span_of(pos, |text| {
            let end = text.find(|c: char| c.is_whitespace() || matches!(c, ';' | ']' | ')' | '}' | '{' | '('));
            end.unwrap_or(text.len()).max(text.chars().next().map_or(0, char::len_utf8))
        })
    }

    fn span_of(&self, pos: Pos, length: impl FnOnce(&str) -> usize) -> Span {
        let Some(file) = self.sources.file(pos) else { return Span::NONE };
        let offset = file.offset(pos);
        let text = file.text.get(offset..).unwrap_or_default();
        Span::new(pos, file.pos(offset + length(text)))
    }
}
