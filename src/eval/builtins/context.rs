//! Built-in functions on the context of strings.

use std::collections::BTreeMap;

use super::arguments;
use super::declare::primops;
use crate::code::{Context, Element};
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::store::path;
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::Pos;
use crate::syntax::quote;

primops! {
    prefixed "addDrvOutputDependencies" (text: lazy) => add_output_dependencies;
    prefixed "appendContext" (text: lazy, context: lazy) => append_context;
    prefixed "getContext" (text: lazy) => get_context;
    prefixed "hasContext" (text: lazy) => has_context;
    prefixed "unsafeDiscardOutputDependency" (text: lazy) => discard_output_dependency;
    prefixed "unsafeDiscardStringContext" (text: lazy) => discard_context;
}

fn coerced<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, Text<'e>> {
    let mut text = Text::default();
    let span = ev.report.word_span(pos);
    ev.coerce_to_string(value, Coercion::INTERPOLATION, &mut text, span)?;
    Ok(text)
}

fn discard_context<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = coerced(ev, args[0], pos)?;
    Ok(ev.heap.bytes(&text.bytes))
}

fn has_context<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    arguments::text(ev, args[0], pos).map(|text| Value::Bool(!text.context().is_empty()))
}

fn discard_output_dependency<'e>(
    ev: &mut Evaluator<'e>,
    args: &[Value<'e>],
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let text = coerced(ev, args[0], pos)?;
    let shallow = text.context.elements().iter().map(|element| match *element {
        Element::Deep(path) => Element::Path(path),
        other => other,
    });
    let context = ev.heap.context(shallow);
    Ok(ev.heap.text_with_context(&text.bytes, context))
}

fn add_output_dependencies<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = coerced(ev, args[0], pos)?;
    let fail = |message: String| Err(ev.report.error(ev.report.word_span(pos), &message));
    let context = match text.context.elements() {
        [Element::Path(path)] if path.ends_with(".drv") => ev.heap.context([Element::Deep(path)]),
        [Element::Path(path)] => return fail(format!("path '{path}' is not a derivation")),
        [Element::Output { output, .. }] => {
            let what = "can only act on derivations, not on a derivation output such as";
            return fail(format!("`addDrvOutputDependencies` {what} '{output}'"));
        }
        [Element::Deep(_)] => text.context,
        many => {
            let (text, count) = (text.to_str_lossy(), many.len());
            return fail(format!("context of string '{text}' must have exactly one element, but has {count}"));
        }
    };
    Ok(ev.heap.text_with_context(&text.bytes, context))
}

fn get_context<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut infos = BTreeMap::<_, Info<'e>>::new();
    for element in arguments::text(ev, args[0], pos)?.context().elements() {
        match *element {
            Element::Path(path) => infos.entry(path).or_default().path = true,
            Element::Deep(path) => infos.entry(path).or_default().all_outputs = true,
            Element::Output { derivation, output } => infos.entry(derivation).or_default().outputs.push(output),
        }
    }
    let infos = infos.into_iter().map(|(path, info)| {
        let mut parts = Vec::new();
        if info.path {
            parts.push((ev.heap.symbol("path"), Value::Bool(true), Pos::NONE));
        }
        if info.all_outputs {
            parts.push((ev.heap.symbol("allOutputs"), Value::Bool(true), Pos::NONE));
        }
        if !info.outputs.is_empty() {
            let outputs = ev.heap.list(info.outputs.iter().map(|output| ev.heap.string(output)));
            parts.push((ev.heap.symbol("outputs"), outputs, Pos::NONE));
        }
        (ev.heap.symbol(path), ev.heap.attrs(parts), Pos::NONE)
    });
    Ok(ev.heap.attrs(infos.collect::<Vec<_>>()))
}

/// The elements of a context for one path.
#[derive(Default)]
struct Info<'e> {
    path: bool,
    all_outputs: bool,
    outputs: Vec<&'e str>,
}

fn append_context<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = arguments::text(ev, args[0], pos)?;
    let added = arguments::closed_set(ev, args[1], pos)?;
    let mut elements: Vec<_> = text.context().elements().to_vec();
    for (name, info, info_pos) in added.iter() {
        let key = ev.heap.name(name);
        let span = ev.report.attribute_span(info_pos);
        let base = key.strip_prefix(path::STORE).and_then(|below| below.strip_prefix('/'));
        if base.is_none_or(|base| path::parse_base(base).is_err()) {
            return Err(ev.report.error(span, &format!("context key '{}' is not a store path", quote(key))));
        }
        let info = arguments::set(ev, info, info_pos)?;
        if let Some(value) = arguments::optional(ev, info, "path")?
            && arguments::boolean(ev, value, info_pos)?
        {
            elements.push(Element::Path(key));
        }
        let not_derivation = |ev: &Evaluator<'e>, what: &str| {
            ev.report.error(
                span,
                &format!("tried to add {what} context of \"{key}\", which is not a derivation, to a string"),
            )
        };
        if let Some(value) = arguments::optional(ev, info, "allOutputs")?
            && arguments::boolean(ev, value, info_pos)?
        {
            if !key.ends_with(".drv") {
                return Err(not_derivation(ev, "all-outputs"));
            }
            elements.push(Element::Deep(key));
        }
        if let Some(value) = arguments::optional(ev, info, "outputs")? {
            let outputs = arguments::items(ev, value, info_pos)?;
            if !outputs.is_empty() && !key.ends_with(".drv") {
                return Err(not_derivation(ev, "derivation output"));
            }
            for output in outputs {
                let output = arguments::plain_text(ev, output.get(), info_pos)?.to_str_lossy();
                let output =
                    std::str::from_utf8(ev.heap.alloc_slice(output.as_bytes())).expect("copied from a text");
                elements.push(Element::Output { derivation: key, output });
            }
        }
    }
    let context: Context<'e> = ev.heap.context(elements);
    Ok(ev.heap.text_with_context(text.as_bytes(), context))
}
