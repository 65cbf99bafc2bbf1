//! Built-in functions on versions and package names.

use std::cmp::Ordering;

use super::arguments;
use super::declare::primops;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::Value;
use crate::source::Pos;

primops! {
    prefixed "compareVersions" (a: strict, b: lazy) => compare_versions;
    prefixed "splitVersion" (version: lazy) => split_version;
    prefixed "parseDrvName" (name: lazy) => parse_drv_name;
}

/// The components of a version: runs of digits or of letters, separated by dots and dashes.
fn components(mut version: &[u8]) -> Vec<&[u8]> {
    let mut components = Vec::new();
    loop {
        while let [b'.' | b'-', rest @ ..] = version {
            version = rest;
        }
        let Some(first) = version.first() else { return components };
        let digits = first.is_ascii_digit();
        let end = version
            .iter()
            .position(|byte| matches!(byte, b'.' | b'-') || byte.is_ascii_digit() != digits)
            .unwrap_or(version.len());
        components.push(&version[..end]);
        version = &version[end..];
    }
}

/// A component as a number; Nix treats numbers beyond 32 bits as text.
fn number(component: &[u8]) -> Option<i32> {
    std::str::from_utf8(component).ok()?.parse().ok()
}

fn component_less(a: &[u8], b: &[u8]) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a < b,
        (None, Some(_)) if a.is_empty() => true,
        _ if a == b"pre" && b != b"pre" => true,
        _ if b == b"pre" => false,
        // Numbers sort after text.
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => a < b,
    }
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (components(a), components(b));
    for index in 0..a.len().max(b.len()) {
        let (a, b) = (a.get(index).copied().unwrap_or_default(), b.get(index).copied().unwrap_or_default());
        if component_less(a, b) {
            return Ordering::Less;
        }
        if component_less(b, a) {
            return Ordering::Greater;
        }
    }
    Ordering::Equal
}

fn compare_versions<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (a, b) = (arguments::plain_text(ev, args[0], pos)?, arguments::plain_text(ev, args[1], pos)?);
    Ok(Value::Int(compare(a.as_bytes(), b.as_bytes()) as i64))
}

fn split_version<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let version = arguments::plain_text(ev, args[0], pos)?;
    let parts: Vec<_> = components(version.as_bytes()).into_iter().map(|part| ev.heap.bytes(part)).collect();
    Ok(ev.heap.list(parts))
}

/// `parseDrvName`: the version starts after the first dash that no letter follows.
fn parse_drv_name<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = arguments::plain_text(ev, args[0], pos)?.as_bytes();
    let dash = name.windows(2).position(|pair| pair[0] == b'-' && !pair[1].is_ascii_alphabetic());
    let (name, version) = dash.map_or((name, &b""[..]), |dash| (&name[..dash], &name[dash + 1..]));
    Ok(ev.heap.attrs([
        (ev.heap.common.name, ev.heap.bytes(name), Pos::NONE),
        (ev.heap.symbol("version"), ev.heap.bytes(version), Pos::NONE),
    ]))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn versions_are_ordered_as_nix_orders_them() {
        let table = [
            ("2.3pre1", "2.3", -1),
            ("2.3.1", "2.3", 1),
            ("2.3a", "2.3", 1),
            ("2.3.", "2.3", 0),
            ("2.10", "2.3", 1),
        ];
        for (a, b, expected) in table {
            assert_eq!(compare(a.as_bytes(), b.as_bytes()) as i64, expected, "{a} {b}");
        }
    }
}
