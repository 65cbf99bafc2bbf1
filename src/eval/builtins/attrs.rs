//! Built-in functions on sets.

use super::arguments;
use super::declare::primops;
use super::partial::{intersect_partial, list_to_attrs_partial, remove_partial, zip_partial};
use crate::code::{Key, Symbol};
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::{Attr, Attrs, Item, OpenAttrs, OptionalAttr, Value};
use crate::source::{Pos, Span};

primops! {
    prefixed "attrNames" (set: strict) => attr_names;
    prefixed "attrValues" (set: strict) => attr_values;
    prefixed "catAttrs" (attr: strict, list: lazy) => cat_attrs;
    prefixed "functionArgs" (function: strict) => function_args;
    prefixed "getAttr" (name: strict, set: lazy) => get_attr;
    prefixed "hasAttr" (name: strict, set: lazy) => has_attr;
    prefixed "intersectAttrs" (a: strict, b: lazy) => intersect_attrs;
    prefixed "listToAttrs" (list: strict) => list_to_attrs;
    prefixed "mapAttrs" (function: lazy, set: strict) => map_attrs;
    global "removeAttrs" (set: strict, names: lazy) => remove_attrs;
    prefixed "unsafeGetAttrPos" (name: strict, set: lazy) => attr_pos;
    prefixed "zipAttrsWith" (function: strict, sets: lazy) => zip_attrs_with;
}

fn attr_names<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = arguments::set_of_names(ev, args[0], pos)?;
    if !attrs.optional().is_empty() {
        let names =
            ev.heap.all_by_name(attrs).into_iter().map(|(name, item)| Item { value: ev.heap.string(name), ..item });
        let names: Vec<_> = names.collect();
        return Ok(ev.heap.partial_list(&names));
    }
    let keys = attrs.shape().keys();
    let names = ev.heap.order(attrs).iter().map(|at| ev.heap.pack(ev.heap.name_value(keys[*at as usize].name)));
    Ok(ev.heap.list_of(ev.heap.bump.alloc_slice_fill_iter(names)))
}

fn attr_values<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = arguments::set_of_names(ev, args[0], pos)?;
    if !attrs.optional().is_empty() {
        let values: Vec<_> = ev.heap.all_by_name(attrs).into_iter().map(|(_, item)| item).collect();
        return Ok(ev.heap.partial_list(&values));
    }
    let values = attrs.values();
    let in_order = ev.heap.order(attrs).iter().map(|at| values[*at as usize]);
    Ok(ev.heap.list_of(ev.heap.bump.alloc_slice_fill_iter(in_order)))
}

fn cat_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = arguments::plain_text(ev, args[0], pos)?;
    let symbol = ev.heap.symbol_of(name);
    if let Value::List(list) = ev.force_partial(args[1])? {
        let mut found = Vec::new();
        for set in list.items() {
            let attrs = arguments::set(ev, set.get(), pos)?;
            match (attrs.find(symbol), attrs.rest()) {
                (Some(attr), _) => found.push(attr.value),
                (None, Some(_)) => return cat_partial(ev, symbol, args[1], pos),
                (None, None) => {}
            }
        }
        return Ok(ev.heap.list_of(ev.heap.alloc_slice(&found)));
    }
    cat_partial(ev, symbol, args[1], pos)
}

fn cat_partial<'e>(ev: &mut Evaluator<'e>, symbol: Symbol, sets: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut found = Vec::new();
    for set in ev.partial_items(sets, pos)? {
        let attrs = arguments::set(ev, set.value, pos)?;
        if let Some(unknown) = attrs.any().filter(|_| attrs.item(symbol).is_none()) {
            return Err(ev.report.unknown_error(unknown));
        }
        found.extend(attrs.item(symbol).map(|item| Item { optional: set.optional.or(item.optional), ..item }));
    }
    Ok(ev.heap.partial_list(&found))
}

fn function_args<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(args[0])? {
        Value::Lambda(closure) => {
            let formals = closure.lambda.next_pattern().map_or(&[][..], |pattern| pattern.formals);
            let formals =
                formals.iter().map(|formal| (formal.name, Value::Bool(formal.default.is_some()), formal.pos));
            Ok(ev.heap.attrs(formals))
        }
        Value::Primop(_) => Ok(ev.heap.attrs([])),
        Value::Unknown(unknown) => Err(ev.report.unknown_error(unknown)),
        _ => Err(ev.report.error(ev.report.word_span(pos), "'functionArgs' requires a function")),
    }
}

fn get_attr<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = arguments::plain_text(ev, args[0], pos)?;
    let set = ev.force(args[1])?;
    let symbol = ev.heap.symbol_of(name);
    let found = matches!(set, Value::Attrs(attrs) if attrs.find(symbol).is_some());
    let span = if found { Span::NONE } else { ev.report.word_span(pos) };
    ev.select_symbol(set, symbol, span)
}

fn has_attr<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = arguments::plain_text(ev, args[0], pos)?;
    let attrs = arguments::set(ev, args[1], pos)?;
    let symbol = ev.heap.symbol_of(name);
    match (attrs.get(symbol), attrs.maybe(symbol)) {
        (None, Some(unknown)) => Err(ev.report.unknown_error(unknown)),
        (found, _) => Ok(Value::Bool(found.is_some())),
    }
}

fn intersect_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let names = arguments::set(ev, args[0], pos)?;
    let values = arguments::set(ev, args[1], pos)?;
    if names.rest().or(values.rest()).is_some() {
        return Ok(intersect_partial(ev, names, values));
    }
    // Walk the smaller set and look names up in the larger one.
    let common: Vec<_> = if names.most() < values.most() {
        names.entries().filter_map(|attr| values.find(attr.name)).collect()
    } else {
        values.entries().filter(|attr| names.find(attr.name).is_some()).collect()
    };
    Ok(ev.heap.attrs_of(&common, None))
}

fn list_to_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let items = match ev.force_partial(args[0])? {
        Value::PartialList(partial) => return list_to_attrs_partial(ev, partial, pos),
        list => arguments::items(ev, list, pos)?,
    };
    let mut attrs = Vec::with_capacity(items.len());
    let mut rest = None;
    for item in items {
        let pair = match ev.force_packed(*item)? {
            Value::Attrs(pair) => pair,
            // An unknown pair may define any name, but does not override those before it.
            Value::Unknown(unknown) => {
                rest = Some(unknown);
                continue;
            }
            other => return Err(ev.report.type_error(&ev.heap, "a set", other, pos)),
        };
        let missing = |ev: &Evaluator<'e>, what: &str| {
            ev.report.error(ev.report.word_span(pos), &format!("attribute '{what}' missing"))
        };
        let name = pair.get(ev.heap.common.name).ok_or_else(|| missing(ev, "name"))?;
        let name = match ev.force(name)? {
            Value::Unknown(unknown) => {
                rest = Some(unknown);
                continue;
            }
            name => {
                let name = arguments::plain_text(ev, name, pos)?;
                ev.heap.symbol_of(name)
            }
        };
        let attr = pair.find(ev.heap.common.value).ok_or_else(|| missing(ev, "value"))?;
        let value = rest.map_or(attr.value, |unknown| ev.heap.pack(Value::Unknown(unknown)));
        attrs.push(Attr { name, pos: attr.pos, value });
    }
    // A stable sort: the first pair of each name wins.
    attrs.sort_by_key(|attr| attr.name);
    attrs.dedup_by_key(|attr| attr.name);
    Ok(ev.heap.attrs_of(&attrs, rest))
}

fn map_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = arguments::set(ev, args[1], pos)?;
    // Nix drops the positions here; our findings about a configuration need them.
    let shape = attrs.shape();
    let shape = if ev.settings.unknowns {
        shape
    } else {
        shape.without_positions(|keys| ev.heap.shape_of(keys.iter().map(|key| Key { pos: Pos::NONE, ..*key })))
    };
    let mapped = attrs.entries().map(|attr| ev.heap.delay_call_on(args[0], attr.name, attr.value));
    let rest = attrs.open().map(|rest| {
        let names = rest.names.iter().map(|optional| {
            let value = ev.heap.delay_call_on(args[0], optional.attr.name, optional.attr.value);
            OptionalAttr { attr: Attr { value, ..optional.attr }, ..*optional }
        });
        let names: Vec<_> = names.collect();
        ev.heap.alloc(OpenAttrs { names: ev.heap.alloc_slice(&names), ..*rest })
    });
    Ok(Value::Attrs(Attrs::new(ev.heap.bump, shape, mapped, rest)))
}

fn remove_attrs<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let attrs = arguments::set(ev, args[0], pos)?;
    let names = match ev.force_partial(args[1])? {
        Value::PartialList(partial) => return remove_partial(ev, attrs, partial, pos),
        list => arguments::items(ev, list, pos)?,
    };
    let mut removed = Vec::with_capacity(names.len());
    for name in names {
        let name = arguments::plain_text(ev, name.get(), pos)?;
        removed.push(ev.heap.symbol_of(name));
    }
    removed.sort_unstable();
    let stays = |attr: &Attr<'e>| removed.binary_search(&attr.name).is_err();
    let kept: Vec<_> = attrs.entries().filter(stays).collect();
    let optional = attrs.optional().iter().filter(|one| removed.binary_search(&one.name()).is_err()).copied();
    Ok(ev.heap.attrs_maybe(&kept, optional.collect(), attrs.any()))
}

fn attr_pos<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = arguments::plain_text(ev, args[0], pos)?;
    let attrs = arguments::set(ev, args[1], pos)?;
    Ok(attrs.position(ev.heap.symbol_of(name)).map_or(Value::Null, |pos| ev.report.position_value(&ev.heap, pos)))
}

fn zip_attrs_with<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, args[0], pos)?;
    let sets = match ev.force_partial(args[1])? {
        partial @ Value::PartialList(_) => return zip_partial(ev, function, partial, pos),
        list => arguments::items(ev, list, pos)?,
    };
    let mut all = Vec::new();
    for set in sets {
        match ev.force_packed(*set)? {
            Value::Attrs(attrs) if attrs.rest().is_none() => {
                all.extend(attrs.entries().map(|attr| (attr.name, attr.value)));
            }
            Value::Attrs(_) | Value::Unknown(_) => return zip_partial(ev, function, args[1], pos),
            other => return Err(ev.report.type_error(&ev.heap, "a set", other, pos)),
        }
    }
    // A stable sort: the values of a name keep the order of the sets.
    all.sort_by_key(|(name, _)| *name);
    let mut zipped = Vec::with_capacity(all.len());
    for group in all.chunk_by(|(a, _), (b, _)| a == b) {
        let values = ev.heap.bump.alloc_slice_fill_iter(group.iter().map(|(_, value)| *value));
        let (name, pos) = (group[0].0, Pos::NONE);
        let values = ev.heap.pack(ev.heap.list_of(values));
        zipped.push(Attr { name, pos, value: ev.heap.delay_call_on(function, name, values) });
    }
    Ok(ev.heap.attrs_of(&zipped, None))
}
