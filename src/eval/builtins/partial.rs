//! Built-in functions on partial sets and lists (see [`crate::eval::partial`]).

use std::collections::BTreeMap;

use super::arguments;
use crate::code::Symbol;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::{Attr, Attrs, Item, OptionalAttr, PartialList, Unknown, Value};
use crate::source::Pos;

/// `intersectAttrs` of sets of which at least one is partial.
pub(super) fn intersect_partial<'e>(ev: &Evaluator<'e>, names: &'e Attrs<'e>, values: &'e Attrs<'e>) -> Value<'e> {
    let (mut certain, mut optional) = (Vec::new(), Vec::new());
    let of_values = values.entries().map(|attr| (attr, None));
    for (attr, why) in of_values.chain(values.optional().iter().map(|one| (one.attr, Some(one.why)))) {
        let wanted = match names.find(attr.name) {
            Some(_) => None,
            None => match names.maybe(attr.name) {
                Some(unknown) => Some(unknown),
                None => continue,
            },
        };
        match why.or(wanted) {
            Some(why) => optional.push(OptionalAttr { attr, why }),
            None => certain.push(attr),
        }
    }
    match (values.any(), names.any()) {
        // The values may have any of the names, whatever those are.
        (Some(unknown), Some(_)) => ev.heap.attrs_maybe(&certain, optional, Some(unknown)),
        (Some(unknown), None) => {
            let asked = names.entries().chain(names.optional().iter().map(|one| one.attr));
            let asked = asked.filter(|attr| values.item(attr.name).is_none());
            optional.extend(asked.map(|attr| OptionalAttr {
                attr: Attr { value: ev.heap.pack(Value::Unknown(unknown)), ..attr },
                why: unknown,
            }));
            ev.heap.attrs_maybe(&certain, optional, None)
        }
        (None, _) => ev.heap.attrs_maybe(&certain, optional, None),
    }
}

/// What is known of one name while pairs are collected into a set: the first pair that exists wins.
struct Slot<'e> {
    attr: Attr<'e>,
    optional: Option<&'e Unknown>,
}

/// `listToAttrs` of optional pairs.
pub(super) fn list_to_attrs_partial<'e>(
    ev: &mut Evaluator<'e>,
    pairs: &'e PartialList<'e>,
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let mut slots: BTreeMap<Symbol, Slot<'e>> = BTreeMap::new();
    let mut any = None;
    for item in pairs.items() {
        let pair = match ev.force(item.value)? {
            Value::Attrs(pair) => pair,
            Value::Unknown(unknown) => {
                any = Some(unknown);
                continue;
            }
            other => return Err(ev.report.type_error(&ev.heap, "a set", other, pos)),
        };
        let name = arguments::required(ev, pair, "name", pos)?;
        let name = match ev.force(name)? {
            Value::Unknown(unknown) => {
                any = Some(unknown);
                continue;
            }
            name => arguments::plain_text(ev, name, pos)?.to_str_lossy(),
        };
        let value = arguments::required(ev, pair, "value", pos)?;
        let at = pair.find(ev.heap.common.value).map_or(Pos::NONE, |attr| attr.pos);
        let attr =
            Attr { name: ev.heap.symbol(&name), pos: at, value: ev.heap.pack(any.map_or(value, Value::Unknown)) };
        match slots.entry(attr.name) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(Slot { attr, optional: item.optional });
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                let slot = slot.get_mut();
                if let Some(why) = slot.optional {
                    slot.attr.value = ev.heap.pack(ev.heap.either(why, slot.attr.value.get(), attr.value.get()));
                    slot.optional = item.optional;
                }
            }
        }
    }
    let certain: Vec<_> = slots.values().filter(|slot| slot.optional.is_none()).map(|slot| slot.attr).collect();
    let optional = slots.values().filter_map(|slot| Some(OptionalAttr { attr: slot.attr, why: slot.optional? }));
    Ok(ev.heap.attrs_maybe(&certain, optional.collect(), any))
}

/// `removeAttrs` with optional names.
pub(super) fn remove_partial<'e>(
    ev: &mut Evaluator<'e>,
    attrs: &'e Attrs<'e>,
    names: &'e PartialList<'e>,
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let mut removed: BTreeMap<Symbol, Option<&'e Unknown>> = BTreeMap::new();
    for item in names.items() {
        let name = arguments::plain_text(ev, item.value, pos)?.to_str_lossy();
        let removed = removed.entry(ev.heap.symbol(&name)).or_insert(item.optional);
        *removed = removed.and(item.optional);
    }
    let (mut certain, mut optional) = (Vec::new(), Vec::new());
    for attr in attrs.entries() {
        match removed.get(&attr.name) {
            None => certain.push(attr),
            Some(Some(why)) => optional.push(OptionalAttr { attr, why }),
            Some(None) => {}
        }
    }
    optional.extend(attrs.optional().iter().filter(|one| !matches!(removed.get(&one.name()), Some(None))));
    Ok(ev.heap.attrs_maybe(&certain, optional, attrs.any()))
}

/// `zipAttrsWith` of partial sets, or of a partial list of sets.
pub(super) fn zip_partial<'e>(
    ev: &mut Evaluator<'e>,
    function: Value<'e>,
    sets: Value<'e>,
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let (mut known, mut names) = (Vec::new(), Vec::new());
    let mut any = None;
    for item in ev.partial_items(sets, pos)? {
        let set = match ev.force(item.value)? {
            Value::Attrs(attrs) => Ok(attrs),
            Value::Unknown(unknown) => Err(unknown),
            other => return Err(ev.report.type_error(&ev.heap, "a set", other, pos)),
        };
        if let Ok(attrs) = set {
            names.extend(attrs.entries().map(|attr| attr.name));
            names.extend(attrs.optional().iter().map(|one| one.name()));
        }
        any = any.or(set.map_or_else(Some, Attrs::any));
        known.push((set, item.optional));
    }
    names.sort_unstable();
    names.dedup();
    let (mut certain, mut optional) = (Vec::new(), Vec::new());
    for name in names {
        let mut values = Vec::with_capacity(known.len());
        for (set, of_set) in &known {
            let item = match set {
                Ok(attrs) => attrs.item(name).or_else(|| attrs.any().map(Item::any)),
                Err(unknown) => Some(Item::any(unknown)),
            };
            values.extend(item.map(|item| Item { optional: of_set.or(item.optional), ..item }));
        }
        let is_certain = values.iter().any(|item| item.optional.is_none());
        let why = values.iter().find_map(|item| item.optional);
        let value = ev.heap.delay_call_on(function, name, ev.heap.pack(ev.heap.partial_list(&values)));
        let attr = Attr { name, pos: Pos::NONE, value };
        match why.filter(|_| !is_certain) {
            Some(why) => optional.push(OptionalAttr { attr, why }),
            None => certain.push(attr),
        }
    }
    Ok(ev.heap.attrs_maybe(&certain, optional, any))
}

/// `concatLists` of partial or unknown lists, or of a partial list of lists.
pub(super) fn concat_partial<'e>(ev: &mut Evaluator<'e>, lists: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
    let lists = ev.partial_items(lists, pos)?;
    concatenated(ev, lists, pos)
}

fn concatenated<'e>(ev: &mut Evaluator<'e>, lists: Vec<Item<'e>>, pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut joined = Vec::new();
    for list in lists {
        let items = match ev.force_partial(list.value)? {
            Value::Unknown(unknown) => vec![Item::any(unknown)],
            list => ev.partial_items(list, pos)?,
        };
        joined.extend(items.into_iter().map(|item| Item { optional: list.optional.or(item.optional), ..item }));
    }
    Ok(ev.heap.partial_list(&joined))
}

/// `concatMap` over a partial list, or with partial results.
pub(super) fn concat_map_partial<'e>(
    ev: &mut Evaluator<'e>,
    function: Value<'e>,
    items: Value<'e>,
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let items = ev.partial_items(items, pos)?;
    let lists = items
        .into_iter()
        .map(|item| Item { value: ev.heap.delay_call(function, ev.heap.pack(item.value)).get(), ..item });
    let lists: Vec<_> = lists.collect();
    concatenated(ev, lists, pos)
}

/// An element of a partial list: known only if every element before it certainly exists.
pub(super) fn element_partial<'e>(
    ev: &mut Evaluator<'e>,
    list: &'e PartialList<'e>,
    index: i64,
) -> EvalResult<'e, Value<'e>> {
    let certain: Vec<_> = list.items().iter().take_while(|item| item.optional.is_none()).collect();
    match usize::try_from(index).ok().and_then(|index| certain.get(index)) {
        Some(item) => ev.force_partial(item.value),
        None => Err(ev.report.unknown_error(list.why())),
    }
}

/// `filter` with an unknown predicate, or of a partial list.
pub(super) fn filter_partial<'e>(
    ev: &mut Evaluator<'e>,
    args: &[Value<'e>],
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, args[0], pos)?;
    let mut kept = Vec::new();
    for item in ev.partial_items(args[1], pos)? {
        let holds = match item.optional {
            None => arguments::holds(ev, function, item.value, pos),
            Some(why) => ev.guess(why, |ev| arguments::holds(ev, function, item.value, pos)),
        };
        match holds {
            Ok(true) => kept.push(item),
            Ok(false) => {}
            Err(error) => match error.unknown().or(item.optional) {
                Some(unknown) => kept.push(Item { optional: Some(unknown), ..item }),
                None => return Err(error),
            },
        }
    }
    Ok(ev.heap.partial_list(&kept))
}

/// `foldl'` over a partial list: both with and without each optional element.
pub(super) fn fold_partial<'e>(
    ev: &mut Evaluator<'e>,
    function: Value<'e>,
    start: Value<'e>,
    list: &'e PartialList<'e>,
) -> EvalResult<'e, Value<'e>> {
    let mut folded = start;
    for item in list.items() {
        folded = match item.optional {
            None => ev.call2(function, folded, item.value)?,
            Some(why) => {
                ev.one_of(why, |ev| ev.call2(function, folded, item.value), |ev| ev.force_partial(folded))?
            }
        };
    }
    ev.force_partial(folded)
}

/// `map` over a partial list.
pub(super) fn map_partial<'e>(
    ev: &mut Evaluator<'e>,
    function: Value<'e>,
    list: &'e PartialList<'e>,
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, function, pos)?;
    let items = list
        .items()
        .iter()
        .map(|item| Item { value: ev.heap.delay_call(function, ev.heap.pack(item.value)).get(), ..*item });
    let items: Vec<_> = items.collect();
    Ok(ev.heap.partial_list(&items))
}
