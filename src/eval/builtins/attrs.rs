//! Sets.

use super::{EvalResult, Evaluator, Pos, Value, primops};
use crate::eval::value::Attr;

primops! {
    "attrNames" 1 attr_names, "attrValues" 1 attr_values, "catAttrs" 2 cat_attrs, "functionArgs" 1 function_args,
    "getAttr" 2 get_attr, "hasAttr" 2 has_attr, "intersectAttrs" 2 intersect_attrs, "listToAttrs" 1 list_to_attrs,
    "mapAttrs" 2 map_attrs, "removeAttrs" 2 remove_attrs, "unsafeGetAttrPos" 2 attr_pos, "zipAttrsWith" 2 zip_attrs_with,
}

fn attr_names<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = ev.closed_set(args[0], pos)?;
    let names: Vec<_> = ev.by_name(attrs).into_iter().map(|(name, ..)| ev.string(name)).collect();
    Ok(ev.list(names))
}

fn attr_values<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = ev.closed_set(args[0], pos)?;
    let values = ev.by_name(attrs).into_iter().map(|(_, value, _)| value);
    Ok(ev.list(values))
}

fn cat_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = ev.plain_text(args[0], pos)?.to_str_lossy();
    let symbol = ev.symbol(&name);
    let mut found = Vec::new();
    for set in ev.items(args[1], pos)? {
        let attrs = ev.set(*set, pos)?;
        match (attrs.get(symbol), attrs.rest()) {
            (Some(value), _) => found.push(value),
            (None, Some(unknown)) => return Err(ev.unknown_error(unknown)),
            (None, None) => {}
        }
    }
    Ok(ev.list(found))
}

fn function_args<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(args[0])? {
        Value::Lambda(closure) => {
            let formals = closure.lambda.next_pattern().map_or(&[][..], |pattern| pattern.formals);
            let formals =
                formals.iter().map(|formal| (formal.name, Value::Bool(formal.default.is_some()), formal.pos));
            Ok(ev.attrs(formals))
        }
        Value::Primop(_) => Ok(ev.attrs([])),
        Value::Unknown(unknown) => Err(ev.unknown_error(unknown)),
        _ => Err(ev.error(ev.word_span(pos), "'functionArgs' requires a function")),
    }
}

fn get_attr<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = ev.plain_text(args[0], pos)?.to_str_lossy();
    let set = ev.force(args[1])?;
    let symbol = ev.symbol(&name);
    let span = ev.word_span(pos);
    ev.select_symbol(set, symbol, span)
}

fn has_attr<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = ev.plain_text(args[0], pos)?.to_str_lossy();
    let attrs = ev.set(args[1], pos)?;
    match (attrs.get(ev.symbol(&name)), attrs.rest()) {
        (None, Some(unknown)) => Err(ev.unknown_error(unknown)),
        (found, _) => Ok(Value::Bool(found.is_some())),
    }
}

fn intersect_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let names = ev.closed_set(args[0], pos)?;
    let values = ev.set(args[1], pos)?;
    if let (Some(unknown), true) = (values.rest(), names.iter().any(|(name, ..)| values.get(name).is_none())) {
        return Err(ev.unknown_error(unknown));
    }
    // The smaller one is walked along, the larger one is looked into.
    let common: Vec<_> = if names.entries().len() < values.entries().len() {
        names.entries().iter().filter_map(|attr| values.find(attr.name)).copied().collect()
    } else {
        values.entries().iter().filter(|attr| names.find(attr.name).is_some()).copied().collect()
    };
    Ok(ev.attrs_of(&common, None))
}

fn list_to_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let items = ev.items(args[0], pos)?;
    let mut attrs = Vec::with_capacity(items.len());
    let mut rest = None;
    for item in items {
        let pair = match ev.force(*item)? {
            Value::Attrs(pair) => pair,
            // One pair that is not known may define any name, but hides none before it.
            Value::Unknown(unknown) => {
                rest = Some(unknown);
                continue;
            }
            other => return Err(ev.type_error("a set", other, pos)),
        };
        let missing =
            |ev: &Evaluator<'e>, what: &str| ev.error(ev.word_span(pos), &format!("attribute '{what}' missing"));
        let name = pair.get(ev.common.name).ok_or_else(|| missing(ev, "name"))?;
        let name = match ev.force(name)? {
            Value::Unknown(unknown) => {
                rest = Some(unknown);
                continue;
            }
            name => ev.plain_text(name, pos)?.to_str_lossy(),
        };
        let name = ev.symbol(&name);
        let attr = pair.find(ev.common.value).ok_or_else(|| missing(ev, "value"))?;
        let value = rest.map_or(attr.value, Value::Unknown);
        attrs.push(Attr { name, pos: attr.pos, value });
    }
    // Stable: of one name, the first counts.
    attrs.sort_by_key(|attr| attr.name);
    attrs.dedup_by_key(|attr| attr.name);
    Ok(ev.attrs_of(&attrs, rest))
}

fn map_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = ev.set(args[1], pos)?;
    // Nix forgets where the attributes were written; findings about a configuration had better not.
    let keeps_places = ev.settings.unknowns;
    let mapped: Vec<_> = attrs
        .entries()
        .iter()
        .map(|attr| {
            let name = ev.name_value(attr.name);
            let pos = if keeps_places { attr.pos } else { Pos::NONE };
            Attr { name: attr.name, pos, value: ev.delay_call2(args[0], name, attr.value) }
        })
        .collect();
    Ok(ev.attrs_of(&mapped, attrs.rest()))
}

fn remove_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = ev.set(args[0], pos)?;
    let mut removed = Vec::new();
    for name in ev.items(args[1], pos)? {
        let name = ev.plain_text(*name, pos)?.to_str_lossy();
        removed.push(ev.symbol(&name));
    }
    removed.sort_unstable();
    let stays = |attr: &&Attr<'e>| removed.binary_search(&attr.name).is_err();
    let kept: Vec<_> = attrs.entries().iter().filter(stays).copied().collect();
    Ok(ev.attrs_of(&kept, attrs.rest()))
}

fn attr_pos<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = ev.plain_text(args[0], pos)?.to_str_lossy();
    let attrs = ev.set(args[1], pos)?;
    Ok(attrs.position(ev.symbol(&name)).map_or(Value::Null, |pos| ev.position_value(pos)))
}

fn zip_attrs_with<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let function = ev.function(args[0], pos)?;
    let mut values = std::collections::BTreeMap::<_, Vec<_>>::new();
    for set in ev.items(args[1], pos)? {
        for (name, value, _) in ev.closed_set(*set, pos)?.iter() {
            values.entry(name).or_default().push(value);
        }
    }
    let zipped: Vec<_> = values
        .into_iter()
        .map(|(name, values)| {
            let zipped = ev.delay_call2(function, ev.name_value(name), ev.list(values));
            (name, zipped, Pos::NONE)
        })
        .collect();
    Ok(ev.attrs(zipped))
}
