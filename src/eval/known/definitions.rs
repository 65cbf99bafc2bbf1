//! `mergeDefinitions`: what several definitions of an option come to.

use std::cell::Cell;

use super::tree::Tree;
use super::{Call, Declined, Evaluator, Library, Native, Ordinary, Packed};
use crate::eval::EvalResult;
use crate::eval::value::{Suspend, Value};
use crate::syntax::Symbol;

/// A definition, as `{ file, value }` is.
#[derive(Clone, Copy)]
pub(super) struct Definition<'e> {
    pub(super) file: Packed<'e>,
    pub(super) value: Packed<'e>,
    /// Whether the value is what something was overridden with.
    overriding: bool,
}

impl<'e> Definition<'e> {
    pub(super) fn new(file: Packed<'e>, value: Packed<'e>) -> Self {
        Self { file, value, overriding: false }
    }

    /// One of a list of `{ file, value }`.
    pub(super) fn of(set: Packed<'e>, library: &Library<'e>, ev: &mut Evaluator<'e>) -> Native<Self> {
        let set = ev.plain_set(set)?;
        let file = ev.plain_attr_of(set, library.names.file)?;
        Ok(Self::new(file, ev.plain_attr_of(set, library.names.value)?))
    }
}

/// Where definitions come from.
#[derive(Clone, Copy)]
pub(super) enum Source<'e> {
    /// A list of `{ file, value }`.
    List(Packed<'e>),
    /// Those of a name among what is merged.
    Tree(&'e Tree<'e>, Symbol),
}

/// The priority of a definition that says none, of an option's default, and the one that is below all.
const DEFAULT_OVERRIDE: i64 = 100;
const OPTION_DEFAULT: i64 = 1500;
const LOWEST: i64 = 9999;

/// A definition without the conditions and merges around it.
struct Discharged<'e> {
    definition: Definition<'e>,
    priority: i64,
    /// What is overridden with, where that is so.
    content: Option<Packed<'e>>,
}

/// The definitions of one option, merged as far as was asked for.
pub(super) struct Merging<'e> {
    pub(super) library: &'e Library<'e>,
    pub(super) loc: Packed<'e>,
    pub(super) option_type: Packed<'e>,
    /// The option's default, with the file that says so.
    pub(super) default: Option<Definition<'e>>,
    pub(super) definitions: Source<'e>,
    /// The highest priority, and the definitions that have it, as `{ file, value }`.
    filtered: Cell<Option<(i64, &'e [Definition<'e>])>>,
    sets: Cell<Option<Packed<'e>>>,
}

impl<'e> Merging<'e> {
    pub(super) fn new(
        library: &'e Library<'e>,
        [loc, option_type]: [Packed<'e>; 2],
        default: Option<Definition<'e>>,
        definitions: Source<'e>,
    ) -> Self {
        Self { library, loc, option_type, default, definitions, filtered: Cell::new(None), sets: Cell::new(None) }
    }

    /// How many definitions there are, the default among them.
    pub(super) fn count(&self, ev: &mut Evaluator<'e>) -> Native<usize> {
        let given = match self.definitions {
            Source::List(list) => ev.plain_list(list)?.len(),
            Source::Tree(tree, name) => tree.definitions(name, ev)?.len(),
        };
        Ok(given + usize::from(self.default.is_some()))
    }

    /// `filterOverrides'` of what the conditions and merges leave.
    pub(super) fn filtered(&self, ev: &mut Evaluator<'e>) -> Native<(i64, &'e [Definition<'e>])> {
        if let Some(filtered) = self.filtered.get() {
            return Ok(filtered);
        }
        let mut all = Vec::new();
        if let Some(default) = self.default {
            all.push(Discharged { definition: default, priority: OPTION_DEFAULT, content: Some(default.value) });
        }
        match self.definitions {
            Source::Tree(tree, name) => {
                for (_, definition) in tree.definitions(name, ev)? {
                    self.discharge(definition.file, definition.value, &mut all, ev)?;
                }
            }
            Source::List(list) => {
                for definition in ev.plain_list(list)? {
                    let definition = Definition::of(*definition, self.library, ev)?;
                    self.discharge(definition.file, definition.value, &mut all, ev)?;
                }
            }
        }
        let highest = all.iter().map(|one| one.priority).min().unwrap_or(LOWEST).min(LOWEST);
        let kept = all.iter().filter(|one| one.priority == highest);
        let kept: Vec<_> = kept
            .map(|one| match one.content {
                Some(content) => Definition { value: ev.own_cell(content), overriding: true, ..one.definition },
                None => Definition { value: ev.own_cell(one.definition.value), ..one.definition },
            })
            .collect();
        let filtered = (highest, ev.alloc_slice(&kept));
        self.filtered.set(Some(filtered));
        Ok(filtered)
    }

    /// `dischargeProperties`
    fn discharge(
        &self,
        file: Packed<'e>,
        value: Packed<'e>,
        into: &mut Vec<Discharged<'e>>,
        ev: &mut Evaluator<'e>,
    ) -> Native<()> {
        ev.check_stack(crate::source::Span::NONE)?;
        let names = &self.library.names;
        let mut plain = |priority, content| {
            into.push(Discharged { definition: Definition::new(file, value), priority, content });
        };
        match ev.kind_of(value, names)? {
            b"definition" => return Err(Declined),
            b"merge" => {
                let set = ev.plain_set(value)?;
                let contents = ev.plain_attr_of(set, names.contents)?;
                for content in ev.plain_list(contents)? {
                    self.discharge(file, *content, into, ev)?;
                }
            }
            b"if" => {
                let set = ev.plain_set(value)?;
                let condition = ev.plain_attr_of(set, names.condition)?;
                if ev.evaluated(condition)?.truth().ok_or(Declined)? {
                    let content = ev.plain_attr_of(set, names.content)?;
                    self.discharge(file, content, into, ev)?;
                }
            }
            b"override" => {
                let set = ev.plain_set(value)?;
                let priority = ev.plain_attr_of(set, names.priority)?;
                let Value::Int(priority) = ev.evaluated(priority)?.get() else { return Err(Declined) };
                plain(priority, Some(ev.plain_attr_of(set, names.content)?));
            }
            _ => plain(DEFAULT_OVERRIDE, None),
        }
        Ok(())
    }

    /// The definitions that count, as a list of sets.
    pub(super) fn final_sets(&self, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        if let Some(sets) = self.sets.get() {
            return Ok(sets);
        }
        let (_, definitions) = self.finals(ev)?;
        let library = self.library;
        let sets: Vec<_> = definitions
            .iter()
            .map(|definition| {
                let made = if definition.overriding { library.overriding_definition } else { library.definition };
                ev.make(made, |name| if name == 0 { definition.file } else { definition.value })
            })
            .collect();
        let sets = ev.plain_list_of(&sets);
        self.sets.set(Some(sets));
        Ok(sets)
    }

    /// The definitions that count. An order among them is left to the code.
    pub(super) fn finals(&self, ev: &mut Evaluator<'e>) -> Native<(i64, &'e [Definition<'e>])> {
        let (highest, definitions) = self.filtered(ev)?;
        for definition in definitions {
            if ev.kind_of(definition.value, &self.library.names)? == b"order" {
                return Err(Declined);
            }
        }
        Ok((highest, definitions))
    }

    /// `mergedValue`
    pub(super) fn value(&self, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        let (_, definitions) = self.finals(ev)?;
        if definitions.is_empty() {
            return Err(Declined);
        }
        let names = &self.library.names;
        let option_type = ev.plain_set(self.option_type)?;
        let check = ev.plain_attr_of(option_type, names.check)?;
        let check = ev.evaluated(check)?.get();
        for definition in definitions {
            let result = ev.apply(check, definition.value.get(), crate::source::Pos::NONE)?;
            if !matches!(result, Value::Bool(true)) {
                return Err(Declined);
            }
        }
        let merge = ev.plain_attr_of(option_type, names.merge)?;
        let sets = self.final_sets(ev)?;
        let merged = ev.call2(merge.get(), self.loc.get(), sets.get())?;
        Ok(ev.pack(merged))
    }
}

/// The parts of what `mergeDefinitions` gives.
pub(super) const PARTS: [&str; 6] =
    ["defsFinal", "isDefined", "mergedValue", "highestPrio", "defsFinal'", "optionalValue"];
const FINAL: u32 = 0;
const IS_DEFINED: u32 = 1;
const VALUE: u32 = 2;
const HIGHEST: u32 = 3;
const FINAL_WITH_PRIORITY: u32 = 4;

/// A call of `mergeDefinitions`.
struct Merged<'e> {
    call: Call<'e>,
    merging: Merging<'e>,
    /// The thunks of its parts, by their numbers.
    parts: Cell<[Packed<'e>; PARTS.len()]>,
    ordinary: Ordinary<'e>,
}

impl<'e> Merged<'e> {
    fn native(&self, part: u32, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        let merging = &self.merging;
        let library = self.call.library;
        let parts = self.parts.get();
        Ok(match part {
            FINAL => merging.final_sets(ev)?,
            IS_DEFINED => Packed::bool(!merging.finals(ev)?.1.is_empty()),
            VALUE => merging.value(ev)?,
            HIGHEST => {
                let (highest, _) = merging.filtered(ev)?;
                ev.pack(Value::Int(highest))
            }
            FINAL_WITH_PRIORITY => ev.make(library.final_with_priority, |name| match name {
                0 => parts[FINAL as usize],
                _ => parts[HIGHEST as usize],
            }),
            _ if merging.finals(ev)?.1.is_empty() => ev.pack(Value::Attrs(ev.no_attrs)),
            _ => ev.make(library.optional, |_| parts[VALUE as usize]),
        })
    }
}

impl<'e> Suspend<'e> for Merged<'e> {
    fn resume(&self, _: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        unreachable!("it has several values")
    }

    fn resume_part(&'e self, part: u32, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        match self.native(part, ev) {
            Ok(value) => Ok(value.get()),
            Err(Declined) => self.ordinary.attr(&self.call, PARTS[part as usize], ev).map(Packed::get),
        }
    }
}

/// `mergeDefinitions loc type defs`
pub(super) fn merge_definitions<'e>(ev: &mut Evaluator<'e>, call: Call<'e>) -> Native<Packed<'e>> {
    let [loc, option_type, definitions, _] = call.arguments;
    let merging = Merging::new(call.library, [loc, option_type], None, Source::List(definitions));
    let parts = Cell::new([Packed::NULL; PARTS.len()]);
    let record = &*ev.bump.alloc(Merged { call, merging, parts, ordinary: Ordinary::default() });
    let thunks = ev.parts(record);
    record.parts.set(thunks);
    Ok(ev.make(call.library.merged, |name| thunks[name]))
}
