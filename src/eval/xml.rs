//! Prints values as XML (`builtins.toXML`).

use std::collections::BTreeSet;
use std::io::Write as _;

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::text::Text;
use super::value::{Attrs, Value};
use crate::code::Context;
use crate::source::Span;

/// An XML document under construction.
struct Document<'e> {
    out: Text<'e>,
    /// Where each line begins, and its depth. Indentation is added once the document is complete, so that an
    /// infinitely nested value needs no memory for it.
    lines: Vec<(usize, usize)>,
    depth: usize,
    /// Derivations whose attributes have been printed.
    seen: BTreeSet<Vec<u8>>,
    span: Span,
}

/// Prints a value as XML; also returns the context of its strings.
pub(super) fn xml_with_context<'e>(
    ev: &mut Evaluator<'e>,
    value: Value<'e>,
    span: Span,
) -> EvalResult<'e, (Vec<u8>, Context<'e>)> {
    let mut document = Document { out: Text::default(), lines: Vec::new(), depth: 0, seen: BTreeSet::new(), span };
    document.out.push(b"<?xml version='1.0' encoding='utf-8'?>\n");
    document.open("expr", &[]);
    document.value(ev, value)?;
    document.close("expr");
    ev.limits.reserve(document.indented_len(), span)?;
    Ok((document.indented(), document.out.context))
}

impl<'e> Document<'e> {
    fn indented_len(&self) -> usize {
        self.out.bytes.len() + self.lines.iter().map(|(_, depth)| depth * 2).sum::<usize>()
    }

    /// The indented document.
    fn indented(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.indented_len());
        let mut from = 0;
        for (start, depth) in &self.lines {
            text.extend(&self.out.bytes[from..*start]);
            text.resize(text.len() + depth * 2, b' ');
            from = *start;
        }
        text.extend(&self.out.bytes[from..]);
        text
    }

    fn begin_line(&mut self) {
        self.lines.push((self.out.bytes.len(), self.depth));
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &[u8])], end: &str) {
        self.begin_line();
        write!(self.out.bytes, "<{name}").expect("writing to memory cannot fail");
        for (name, value) in attributes {
            write!(self.out.bytes, " {name}=\"").expect("writing to memory cannot fail");
            for byte in *value {
                match byte {
                    b'"' => self.out.push(b"&quot;"),
                    b'<' => self.out.push(b"&lt;"),
                    b'>' => self.out.push(b"&gt;"),
                    b'&' => self.out.push(b"&amp;"),
                    b'\n' => self.out.push(b"&#xA;"),
                    byte => self.out.push(&[*byte]),
                }
            }
            self.out.push(b"\"");
        }
        self.out.push(end.as_bytes());
        self.out.push(b"\n");
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &[u8])]) {
        self.tag(name, attributes, ">");
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.begin_line();
        writeln!(self.out.bytes, "</{name}>").expect("writing to memory cannot fail");
    }

    fn leaf(&mut self, name: &str, value: &[u8]) {
        self.tag(name, &[("value", value)], " />");
    }

    fn value(&mut self, ev: &mut Evaluator<'e>, value: Value<'e>) -> EvalResult<'e, ()> {
        ev.limits.reserve_text(self.out.bytes.len(), self.span)?;
        match ev.force(value)? {
            Value::Null => self.tag("null", &[], " />"),
            Value::Bool(value) => self.leaf("bool", if value { b"true" } else { b"false" }),
            Value::Int(value) => self.leaf("int", value.to_string().as_bytes()),
            Value::Float(value) => self.leaf("float", super::print::float(value).as_bytes()),
            Value::String(text) => {
                self.out.context = ev.heap.merge_contexts(self.out.context, text.context());
                self.leaf("string", text.as_bytes());
            }
            Value::Path(path) => self.leaf("path", path.as_bytes()),
            Value::List(list) => {
                self.open("list", &[]);
                for item in list.iter() {
                    ev.deeper(self.span, |ev| self.value(ev, item))?;
                }
                self.close("list");
            }
            Value::Attrs(attrs) if ev.is_derivation(attrs)? => self.derivation(ev, attrs)?,
            Value::Attrs(attrs) => {
                if let Some(unknown) = attrs.rest() {
                    return Err(ev.report.unknown_error(unknown));
                }
                self.open("attrs", &[]);
                self.attributes(ev, attrs)?;
                self.close("attrs");
            }
            function @ Value::Lambda(closure) => {
                self.open("function", &[]);
                let argument = closure.lambda.next_argument().map(|argument| ev.heap.name(argument));
                if let Some(pattern) = closure.lambda.next_pattern() {
                    let mut attributes: Vec<(&str, &[u8])> = Vec::new();
                    if pattern.ellipsis {
                        attributes.push(("ellipsis", b"1"));
                    }
                    attributes.extend(argument.map(|name| ("name", name.as_bytes())));
                    self.open("attrspat", &attributes);
                    let mut names: Vec<_> =
                        function.formals().into_iter().map(|(name, _)| ev.heap.name(name)).collect();
                    names.sort_unstable();
                    for name in names {
                        self.tag("attr", &[("name", name.as_bytes())], " />");
                    }
                    self.close("attrspat");
                } else {
                    self.tag("varpat", &[("name", argument.unwrap_or_default().as_bytes())], " />");
                }
                self.close("function");
            }
            Value::Primop(_) | Value::Thunk(_) => self.tag("unevaluated", &[], " />"),
            Value::PartialList(partial) => return Err(ev.report.unknown_error(partial.why())),
            Value::Unknown(unknown) => return Err(ev.report.unknown_error(unknown)),
        }
        Ok(())
    }

    fn attributes(&mut self, ev: &mut Evaluator<'e>, attrs: &'e Attrs<'e>) -> EvalResult<'e, ()> {
        for (name, value, _) in ev.heap.by_name(attrs) {
            self.open("attr", &[("name", name.as_bytes())]);
            ev.deeper(self.span, |ev| self.value(ev, value))?;
            self.close("attr");
        }
        Ok(())
    }

    /// Prints a derivation; its attributes appear only at its first occurrence.
    fn derivation(&mut self, ev: &mut Evaluator<'e>, attrs: &'e Attrs<'e>) -> EvalResult<'e, ()> {
        let mut paths = Vec::new();
        for name in ["drvPath", "outPath"] {
            if let Some(value) = attrs.get(ev.heap.symbol(name))
                && let Value::String(text) = ev.force(value)?
            {
                paths.push((name, text.as_bytes()));
            }
        }
        let path = paths.iter().find(|(name, _)| *name == "drvPath").map(|(_, path)| path.to_vec());
        self.open("derivation", &paths);
        match path.filter(|path| !path.is_empty() && self.seen.insert(path.clone())) {
            Some(_) => self.attributes(ev, attrs)?,
            None => self.tag("repeated", &[], " />"),
        }
        self.close("derivation");
        Ok(())
    }
}
