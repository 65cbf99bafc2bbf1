//! Strings: coercion, contexts and joins.

use super::error::{EvalError, EvalResult};
use super::evaluator::Evaluator;
use super::paths::path_text;
use super::text::Text;
use super::value::{Frame, Str, Value};
use crate::code::Element;
use crate::code::expr::NodeRef;
use crate::source::{Pos, Span};

/// What coercion to a string accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coercion {
    /// Also accept numbers, Booleans, null and lists.
    pub(super) more: bool,
    /// Turn a path into the store path of its copy instead of its own text.
    pub(super) copy_to_store: bool,
}

impl Coercion {
    /// `"${…}"`: accepts strings, paths and sets with `__toString` or `outPath`.
    pub(super) const INTERPOLATION: Self = Self { more: false, copy_to_store: true };
    /// `builtins.toString`
    pub(super) const TO_STRING: Self = Self { more: true, copy_to_store: false };
    /// Like interpolation, but does not copy paths to the store.
    pub(super) const PLAIN: Self = Self { more: false, copy_to_store: false };
}

impl<'e> Evaluator<'e> {
    /// `a + b` if `a` is a string, a path or a set that can be coerced.
    pub(super) fn append(
        &mut self,
        a: Value<'e>,
        a_span: Span,
        right: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
    ) -> EvalResult<'e, Value<'e>> {
        let mut text = Text::default();
        if let Value::Path(path) = a {
            text.push(path_text(path.as_bytes()));
            let b = self.eval(right, frame)?.get();
            self.coerce_to_string(b, Coercion::PLAIN, &mut text, right.span)?;
            return self.path_of_text(&text, right.span);
        }
        if let Value::String(front) = a {
            let b = self.eval(right, frame)?.get();
            self.coerce_to_string(b, Coercion::INTERPOLATION, &mut text, right.span)?;
            return self.appended(front, &text, right.span);
        }
        // Only what follows a string is copied to the store.
        self.coerce_to_string(a, Coercion::PLAIN, &mut text, a_span)?;
        let b = self.eval(right, frame)?.get();
        self.coerce_to_string(b, Coercion::PLAIN, &mut text, right.span)?;
        Ok(self.heap.finish(&text))
    }

    /// A string with `back` appended.
    pub(super) fn appended(
        &mut self,
        front: &'e Str<'e>,
        back: &Text<'e>,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        let total = front.as_bytes().len() + back.bytes.len();
        self.limits.reserve(total * 2, span)?;
        let bytes = self.heap.append_bytes(front.as_bytes(), &back.bytes);
        let context = self.heap.merge_contexts(front.context(), back.context);
        Ok(Value::String(self.heap.bump.alloc(Str::with_context(bytes, context))))
    }

    /// A path with this text, which must not have a context.
    pub(super) fn path_of_text(&self, text: &Text<'e>, span: Span) -> EvalResult<'e, Value<'e>> {
        if !text.context.is_empty() {
            let message = "a string that refers to a store path cannot be appended to a path";
            return Err(self.report.error(span, message));
        }
        Ok(self.heap.path_value(&text.bytes))
    }

    /// Appends the coerced value to `text`.
    pub(super) fn coerce_to_string(
        &mut self,
        value: Value<'e>,
        how: Coercion,
        into: &mut Text<'e>,
        span: Span,
    ) -> EvalResult<'e, ()> {
        self.limits.reserve_text(into.bytes.len(), span)?;
        match self.force(value)? {
            Value::String(text) => into.push_str(&self.heap, text),
            Value::Path(path) if how.copy_to_store => {
                let copy = self.path_in_store(path, span)?;
                into.push_str(&self.heap, copy);
            }
            Value::Path(path) => into.push(path_text(path.as_bytes())),
            set @ Value::Attrs(attrs) => {
                if let Some(to_string) = attrs.get(self.heap.common.to_string) {
                    let text = self.apply(to_string, set, Pos::NONE)?;
                    return self.deeper(span, |ev| ev.coerce_to_string(text, how, into, span));
                }
                match (attrs.get(self.heap.common.out_path), attrs.rest()) {
                    (Some(path), _) => return self.deeper(span, |ev| ev.coerce_to_string(path, how, into, span)),
                    (None, Some(unknown)) => return Err(self.report.unknown_error(unknown)),
                    (None, None) => return Err(self.no_string(set, span)),
                }
            }
            Value::Int(value) if how.more => into.push(value.to_string().as_bytes()),
            // C's `%f` writes these two in lower case.
            Value::Float(value) if how.more && !value.is_finite() => {
                into.push(super::print::float(value).as_bytes())
            }
            Value::Float(value) if how.more => into.push(format!("{value:.6}").as_bytes()),
            Value::Bool(value) if how.more => into.push(if value { b"1" } else { b"" }),
            Value::Null if how.more => {}
            Value::List(list) if how.more => {
                let count = list.items().len();
                for (index, item) in list.iter().enumerate() {
                    let item = self.force(item)?;
                    self.deeper(span, |ev| ev.coerce_to_string(item, how, into, span))?;
                    // An empty list adds no space.
                    if index + 1 < count && !matches!(item, Value::List(inner) if inner.items().is_empty()) {
                        into.push(b" ");
                    }
                }
            }
            Value::Unknown(unknown) => return Err(self.report.unknown_error(self.heap.unknown_at(unknown, span))),
            other => return Err(self.no_string(other, span)),
        }
        Ok(())
    }

    #[cold]
    fn no_string(&self, value: Value<'e>, span: Span) -> EvalError<'e> {
        self.report.error(
            span,
            &format!("cannot coerce {} to a string: {}", value.type_name(), self.report.show(&self.heap, value)),
        )
    }

    /// The string itself, or an error if it has a context where none is allowed.
    pub(super) fn without_context(&self, text: &'e Str<'e>, span: Span) -> EvalResult<'e, &'e Str<'e>> {
        let Some(element) = text.context().elements().first() else { return Ok(text) };
        let path = match *element {
            Element::Path(path) => path.to_owned(),
            Element::Deep(path) => format!("{path} (deep)"),
            Element::Output { derivation, output } => format!("{derivation}^{output}"),
        };
        let text = text.to_str_lossy();
        let message = format!("the string '{text}' is not allowed to refer to a store path (such as '{path}')");
        Err(self.report.error(span, &message))
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
                Value::String(text) => joined.push_str(&self.heap, text),
                Value::Unknown(unknown) => return Ok(Value::Unknown(unknown)),
                other => return Err(self.report.type_error(&self.heap, "a string", other, Pos::NONE)),
            }
        }
        Ok(self.heap.finish(&joined))
    }
}
