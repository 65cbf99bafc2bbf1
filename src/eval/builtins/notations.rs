//! Conversion to and from JSON, TOML and XML.

use super::arguments;
use super::declare::primops;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::json;
use crate::eval::value::Value;
use crate::eval::xml::xml_with_context;
use crate::source::{Pos, Span};
use crate::syntax::null_bytes;

primops! {
    prefixed "fromJSON" (text: lazy) => from_json;
    global "fromTOML" (text: lazy) => from_toml;
    prefixed "toJSON" (value: lazy) => to_json;
    prefixed "toXML" (value: lazy) => to_xml;
}

fn to_json<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let span = ev.report.word_span(pos);
    let (json, context) = json::json_with_context(ev, args[0], span)?;
    Ok(ev.heap.text_with_context(&json, context))
}

fn from_json<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = arguments::plain_text(ev, args[0], pos)?.as_bytes();
    json::parse_json(ev, text).map_err(|message| ev.report.error(ev.report.word_span(pos), &message))
}

fn to_xml<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let span = ev.report.word_span(pos);
    let (xml, context) = xml_with_context(ev, args[0], span)?;
    Ok(ev.heap.text_with_context(&xml, context))
}

fn from_toml<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = arguments::plain_text(ev, args[0], pos)?.to_str_lossy();
    let span = ev.report.word_span(pos);
    let fail = |message: &str| ev.report.error(span, &format!("while parsing TOML: {message}"));
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
        let (line, column) =
            (before.matches('\n').count() + 1, before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1);
        let what = if error.message().is_empty() { "a value is missing" } else { error.message() };
        fail(&format!("{} (line {line}, column {column})", what.replace('\n', ", ")))
    })?;
    toml_table(ev, &table).map_err(|message| fail(&message))
}

fn toml_table<'e>(ev: &Evaluator<'e>, table: &toml::Table) -> Result<Value<'e>, String> {
    let mut members = Vec::with_capacity(table.len());
    for (name, value) in table {
        if let Some(message) = null_bytes(name.as_bytes()) {
            return Err(format!("error: {message}"));
        }
        members.push((ev.heap.symbol(name), toml_value(ev, value)?, Pos::NONE));
    }
    Ok(ev.heap.attrs(members))
}

fn toml_value<'e>(ev: &Evaluator<'e>, value: &toml::Value) -> Result<Value<'e>, String> {
    if ev.limits.check_stack(Span::NONE).is_err() {
        return Err(String::from("the text is nested too deeply"));
    }
    Ok(match value {
        toml::Value::String(text) => match null_bytes(text.as_bytes()) {
            None => ev.heap.string(text),
            Some(message) => return Err(format!("error: {message}")),
        },
        toml::Value::Integer(value) => Value::Int(*value),
        toml::Value::Float(value) => Value::Float(*value),
        toml::Value::Boolean(value) => Value::Bool(*value),
        toml::Value::Datetime(time) if ev.settings.toml_timestamps => {
            let parts = [("_type", "timestamp"), ("value", &timestamp(time))];
            ev.heap.attrs(parts.map(|(name, value)| (ev.heap.symbol(name), ev.heap.string(value), Pos::NONE)))
        }
        toml::Value::Datetime(_) => return Err(String::from("Dates and times are not supported")),
        toml::Value::Array(items) => {
            let items = items.iter().map(|item| toml_value(ev, item)).collect::<Result<Vec<_>, _>>()?;
            ev.heap.list(items)
        }
        toml::Value::Table(table) => toml_table(ev, table)?,
    })
}

/// A date or time as Nix prints it: with 3, 6 or 9 digits of a fraction.
fn timestamp(time: &toml::value::Datetime) -> String {
    let text = time.to_string();
    // An offset of zero is written as `Z`.
    let text = match text.strip_suffix("+00:00").or(text.strip_suffix("-00:00")) {
        Some(before) => format!("{before}Z"),
        None => text,
    };
    let Some((before, rest)) = text.split_once('.') else { return text };
    let (digits, zone) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let width = digits.len().div_ceil(3) * 3;
    format!("{before}.{digits:0<width$}{zone}")
}
