//! Built-in functions on lists.

use rustc_hash::FxHashSet;

use super::arguments;
use super::declare::primops;
use super::partial::{
    concat_map_partial, concat_partial, element_partial, filter_partial, fold_partial, map_partial,
};
use crate::eval::error::{EvalError, EvalResult};
use crate::eval::evaluator::Evaluator;
use crate::eval::value::{Item, TaggedValue, Value};
use crate::source::{Pos, Span};

primops! {
    prefixed "all" (predicate: strict, list: lazy) => all;
    prefixed "any" (predicate: strict, list: lazy) => any;
    prefixed "concatLists" (lists: strict) => concat_lists;
    prefixed "concatMap" (function: strict, list: lazy) => concat_map;
    prefixed "elem" (value: lazy, list: strict) => elem;
    prefixed "elemAt" (list: lazy, index: strict) => elem_at;
    prefixed "filter" (predicate: lazy, list: strict) => filter;
    prefixed "foldl'" (function: strict, start: lazy, list: lazy) => foldl;
    prefixed "genList" (generator: lazy, length: strict) => gen_list;
    prefixed "genericClosure" (attrs: strict) => generic_closure;
    prefixed "groupBy" (function: strict, list: lazy) => group_by;
    prefixed "head" (list: strict) => head;
    prefixed "length" (list: strict) => length;
    global "map" (function: lazy, list: strict) => map;
    prefixed "partition" (predicate: strict, list: lazy) => partition;
    prefixed "sort" (comparator: lazy, list: strict) => super::sort::sort;
    prefixed "tail" (list: strict) => tail;
}

fn all<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    quantified(ev, args, pos, false)
}

/// `all` and `any`: one element for which the predicate returns `decides` settles the result, even if others are
/// unknown.
fn quantified<'e>(
    ev: &mut Evaluator<'e>,
    args: &[Value<'e>],
    pos: Pos,
    decides: bool,
) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, args[0], pos)?;
    let list = ev.force_partial(args[1])?;
    let items = match list {
        Value::List(list) => list.items(),
        _ => &[],
    };
    let others = if items.is_empty() { ev.partial_items(list, pos)? } else { Vec::new() };
    let mut optional = None;
    for item in items.iter().map(|item| Item { value: item.get(), optional: None }).chain(others) {
        let why = optional.or(item.optional);
        let holds = match why {
            None => arguments::holds(ev, function, item.value, pos),
            Some(why) => ev.guess(why, |ev| arguments::holds(ev, function, item.value, pos)),
        };
        match holds {
            Ok(holds) if holds == decides => match item.optional {
                None => return Ok(Value::Bool(decides)),
                Some(unknown) => optional = Some(unknown),
            },
            Ok(_) => {}
            Err(error) => match error.unknown().or(why) {
                Some(unknown) => optional = Some(unknown),
                None => return Err(error),
            },
        }
    }
    match optional {
        Some(unknown) => Err(ev.report.unknown_error(unknown)),
        None => Ok(Value::Bool(!decides)),
    }
}

fn any<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    quantified(ev, args, pos, true)
}

fn concat_lists<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut joined = Vec::new();
    let lists = match ev.force_partial(args[0])? {
        Value::PartialList(_) => return concat_partial(ev, args[0], pos),
        list => arguments::items(ev, list, pos)?,
    };
    for list in lists {
        match ev.force_partial(list.get())? {
            Value::PartialList(_) | Value::Unknown(_) => return concat_partial(ev, args[0], pos),
            list => {
                let items = arguments::items(ev, list, pos)?;
                ev.limits.reserve_items(joined.len() + items.len(), pos)?;
                joined.extend_from_slice(items);
            }
        }
    }
    Ok(ev.heap.list_of(ev.heap.alloc_slice(&joined)))
}

fn concat_map<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, args[0], pos)?;
    let mut joined = Vec::new();
    let items = match ev.force_partial(args[1])? {
        Value::PartialList(_) => return concat_map_partial(ev, function, args[1], pos),
        list => arguments::items(ev, list, pos)?,
    };
    for item in items {
        let list = ev.apply(function, item.get(), pos)?;
        match ev.force_partial(list)? {
            Value::PartialList(_) | Value::Unknown(_) => return concat_map_partial(ev, function, args[1], pos),
            list => {
                let items = arguments::items(ev, list, pos)?;
                ev.limits.reserve_items(joined.len() + items.len(), pos)?;
                joined.extend_from_slice(items);
            }
        }
    }
    Ok(ev.heap.list_of(ev.heap.alloc_slice(&joined)))
}

fn elem<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut optional = None;
    if let Value::PartialList(partial) = ev.force_partial(args[1])? {
        for item in partial.items() {
            match (ev.equal(args[0], item.value)?, item.optional) {
                (Ok(true), None) => return Ok(Value::Bool(true)),
                (Ok(false), _) => {}
                (Err(unknown), _) | (Ok(true), Some(unknown)) => optional = Some(unknown),
            }
        }
        return match optional {
            Some(unknown) => Err(ev.report.unknown_error(unknown)),
            None => Ok(Value::Bool(false)),
        };
    }
    for item in arguments::items(ev, args[1], pos)? {
        if ev.is_same(args[0], item.get())? {
            return Ok(Value::Bool(true));
        }
        match ev.equal(args[0], item.get())? {
            Ok(true) => return Ok(Value::Bool(true)),
            Ok(false) => {}
            Err(unknown) => optional = Some(unknown),
        }
    }
    match optional {
        Some(unknown) => Err(ev.report.unknown_error(unknown)),
        None => Ok(Value::Bool(false)),
    }
}

fn elem_at<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let index = arguments::int(ev, args[1], pos)?;
    let items = match ev.force_partial(args[0])? {
        Value::PartialList(partial) => return element_partial(ev, partial, index),
        list => arguments::items(ev, list, pos)?,
    };
    match usize::try_from(index).ok().and_then(|index| items.get(index)) {
        Some(item) => ev.evaluated(*item).map(TaggedValue::get),
        None => Err(out_of_bounds(ev, index, items.len(), pos)),
    }
}

fn out_of_bounds<'e>(ev: &Evaluator<'e>, index: i64, size: usize, pos: Pos) -> EvalError<'e> {
    ev.report.error(
        ev.report.word_span(pos),
        &format!("'builtins.elemAt' called with index {index} on a list of size {size}"),
    )
}

fn filter<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut kept = Vec::new();
    let items = match ev.force_partial(args[1])? {
        Value::PartialList(_) => return filter_partial(ev, args, pos),
        list => arguments::items(ev, list, pos)?,
    };
    if items.is_empty() {
        return ev.force(args[1]);
    }
    let function = arguments::function(ev, args[0], pos)?;
    for item in items {
        match arguments::holds(ev, function, item.get(), pos) {
            Ok(true) => kept.push(*item),
            Ok(false) => {}
            Err(error) if error.unknown().is_some() => return filter_partial(ev, args, pos),
            Err(error) => return Err(error),
        }
    }
    Ok(ev.heap.list_of(ev.heap.alloc_slice(&kept)))
}

fn foldl<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, args[0], pos)?;
    let items = match ev.force_partial(args[2])? {
        Value::PartialList(partial) => return fold_partial(ev, function, args[1], partial),
        list => arguments::items(ev, list, pos)?,
    };
    let mut folded = args[1];
    if items.is_empty() {
        return ev.force(folded);
    }
    for item in items {
        folded = ev.call2(function, folded, item.get())?;
    }
    Ok(folded)
}

fn gen_list<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let count = arguments::int(ev, args[1], pos)?;
    if !(0..=100_000_000).contains(&count) {
        return Err(ev.report.error(ev.report.word_span(pos), &format!("cannot create list of size {count}")));
    }
    let function = arguments::function(ev, args[0], pos)?;
    let count = usize::try_from(count).expect("not negative");
    // Each item is a delayed call: its slot in the list, and about four words of its own.
    ev.limits.reserve(count * (size_of::<TaggedValue<'_>>() + 4 * size_of::<usize>()), Span::at(pos))?;
    let mut indices = 0..;
    let items = ev.heap.bump.alloc_slice_fill_with(count, |_| {
        let index = indices.next().expect("there is always a next one");
        ev.heap.delay_call(function, ev.heap.pack(Value::Int(index)))
    });
    Ok(ev.heap.list_of(items))
}

fn generic_closure<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let input = arguments::set(ev, args[0], pos)?;
    let missing = |ev: &Evaluator<'e>, name: &str| {
        ev.report.error(ev.report.word_span(pos), &format!("attribute '{name}' missing"))
    };
    let start = input.get(ev.heap.symbol("startSet")).ok_or_else(|| missing(ev, "startSet"))?;
    let mut queue: std::collections::VecDeque<_> = arguments::items(ev, start, pos)?.iter().copied().collect();
    if queue.is_empty() {
        return ev.force(start);
    }
    let operator = input.get(ev.heap.symbol("operator")).ok_or_else(|| missing(ev, "operator"))?;
    let operator = arguments::function(ev, operator, pos)?;
    let mut keys = Keys::default();
    let mut found = Vec::new();
    while let Some(item) = queue.pop_front() {
        let attrs = arguments::set(ev, item.get(), pos)?;
        let key = attrs.get(ev.heap.symbol("key")).ok_or_else(|| missing(ev, "key"))?;
        let key = arguments::known(ev, key)?;
        if keys.insert(ev, key, pos)? {
            found.push(item);
            let more = ev.apply(operator, item.get(), pos)?;
            for item in arguments::items(ev, more, pos)? {
                ev.force_packed(*item)?;
                queue.push_back(*item);
            }
        }
    }
    Ok(ev.heap.list_of(ev.heap.alloc_slice(&found)))
}

/// Keys seen so far. Strings and integers, which most keys are, are looked up instead of searched for.
#[derive(Default)]
struct Keys<'e> {
    first: Option<Value<'e>>,
    texts: FxHashSet<&'e [u8]>,
    numbers: FxHashSet<i64>,
    others: Vec<Value<'e>>,
}

impl<'e> Keys<'e> {
    /// Adds a key; returns false if it is present already.
    fn insert(&mut self, ev: &mut Evaluator<'e>, key: Value<'e>, pos: Pos) -> EvalResult<'e, bool> {
        let span = Span::at(pos);
        // As in Nix, keys of different types cannot be ordered, which is an error.
        let first = *self.first.get_or_insert(key);
        match (key, first) {
            (Value::String(text), Value::String(_)) => return Ok(self.texts.insert(text.as_bytes())),
            (Value::Int(number), Value::Int(_)) if self.others.is_empty() => {
                return Ok(self.numbers.insert(number));
            }
            _ => {}
        }
        if matches!(first, Value::Int(_)) {
            let mut numbers: Vec<_> = self.numbers.drain().collect();
            numbers.sort_unstable();
            self.others.extend(numbers.into_iter().map(Value::Int));
        } else if !self.texts.is_empty() {
            ev.compare(key, first, span)?;
        }
        let (mut low, mut high) = (0, self.others.len());
        while low < high {
            let middle = low.midpoint(high);
            match ev.compare(key, self.others[middle], span)? {
                Some(std::cmp::Ordering::Less) => high = middle,
                Some(std::cmp::Ordering::Equal) => return Ok(false),
                _ => low = middle + 1,
            }
        }
        self.others.insert(low, key);
        Ok(true)
    }
}

fn group_by<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, args[0], pos)?;
    let mut groups = std::collections::BTreeMap::<_, Vec<_>>::new();
    for item in arguments::items(ev, args[1], pos)? {
        let name = ev.apply(function, item.get(), pos)?;
        let name = arguments::plain_text(ev, name, pos)?;
        groups.entry(ev.heap.symbol_of(name)).or_default().push(*item);
    }
    let groups: Vec<_> = groups
        .into_iter()
        .map(|(name, items)| (name, ev.heap.list_of(ev.heap.alloc_slice(&items)), Pos::NONE))
        .collect();
    Ok(ev.heap.attrs(groups))
}

fn head<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    if let Value::PartialList(partial) = ev.force_partial(args[0])? {
        return element_partial(ev, partial, 0);
    }
    match arguments::items(ev, args[0], pos)? {
        [first, ..] => ev.evaluated(*first).map(TaggedValue::get),
        [] => Err(ev.report.error(ev.report.word_span(pos), "'builtins.head' called on an empty list")),
    }
}

fn length<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let length = arguments::items(ev, args[0], pos)?.len();
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn map<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let items = match ev.force_partial(args[1])? {
        Value::PartialList(partial) => return map_partial(ev, args[0], partial, pos),
        list => arguments::items(ev, list, pos)?,
    };
    if items.is_empty() {
        return ev.force(args[1]);
    }
    let function = arguments::function(ev, args[0], pos)?;
    let items = ev.heap.bump.alloc_slice_fill_iter(items.iter().map(|item| ev.heap.delay_call(function, *item)));
    Ok(ev.heap.list_of(items))
}

fn partition<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let function = arguments::function(ev, args[0], pos)?;
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for item in arguments::items(ev, args[1], pos)? {
        // Nix evaluates them even if the function ignores them.
        ev.force(item.get())?;
        if arguments::holds(ev, function, item.get(), pos)? { right.push(*item) } else { wrong.push(*item) }
    }
    Ok(ev.heap.attrs([
        (ev.heap.symbol("right"), ev.heap.list_of(ev.heap.alloc_slice(&right)), Pos::NONE),
        (ev.heap.symbol("wrong"), ev.heap.list_of(ev.heap.alloc_slice(&wrong)), Pos::NONE),
    ]))
}

fn tail<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    if let Value::PartialList(partial) = ev.force_partial(args[0])?
        && let [Item { optional: None, .. }, rest @ ..] = partial.items()
    {
        return Ok(ev.heap.partial_list(rest));
    }
    match arguments::items(ev, args[0], pos)? {
        [_, rest @ ..] => Ok(ev.heap.list_of(rest)),
        [] => Err(ev.report.error(ev.report.word_span(pos), "'builtins.tail' called on an empty list")),
    }
}
