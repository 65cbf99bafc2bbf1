//! `mergeModules'`: the declarations of modules beside their definitions, name by name.

use std::cell::{Cell, OnceCell};

use super::definitions::{Definition, Source};
use super::options::{self, Origin};
use super::{Call, Declined, Evaluator, Library, Made, Native, Ordinary, Packed};
use crate::eval::EvalResult;
use crate::eval::value::{Attr, Closure, Frame, Suspend, Value};
use crate::source::{Pos, Span};
use crate::syntax::Symbol;

/// The parts of what `mergeModules'` gives.
pub(super) const PARTS: [&str; 2] = ["matchedOptions", "unmatchedDefns"];

/// Where a tree of options stands.
enum Place<'e> {
    /// A call of `mergeModules'`.
    Call(Call<'e>),
    /// Below a name of another one.
    Below(&'e Branch<'e>),
}

/// Modules that are merged, or parts of modules.
pub(super) struct Tree<'e> {
    library: &'e Library<'e>,
    eval_option_value: &'e Closure<'e>,
    place: Place<'e>,
    prefix: Packed<'e>,
    /// What is declared, by name.
    declared: OnceCell<&'e [&'e Branch<'e>]>,
    /// All definitions, by name, and those of a name in their order.
    defined: OnceCell<&'e [(Symbol, Definition<'e>)]>,
    ordinary: Ordinary<'e>,
}

/// What a module declares under a name.
#[derive(Clone, Copy)]
struct Declaration<'e> {
    name: Symbol,
    file: Packed<'e>,
    options: Packed<'e>,
    /// Where the name stands.
    pos: Pos,
}

/// A name of a tree.
pub(super) struct Branch<'e> {
    tree: &'e Tree<'e>,
    declarations: &'e [Declaration<'e>],
    outcome: Cell<Option<Outcome<'e>>>,
    /// What its parts are of: itself.
    own: Cell<Option<&'e &'e dyn Suspend<'e>>>,
}

/// What stands under a name.
#[derive(Clone, Copy)]
enum Outcome<'e> {
    Option,
    Tree(&'e Tree<'e>),
}

/// Conditions and priorities around a set of definitions, outermost first: what each is, and its condition or priority.
type Around<'e> = Vec<(Made<'e>, Packed<'e>)>;

impl<'e> Tree<'e> {
    fn new(
        library: &'e Library<'e>,
        eval_option_value: &'e Closure<'e>,
        place: Place<'e>,
        prefix: Packed<'e>,
    ) -> Self {
        let (declared, defined) = (OnceCell::new(), OnceCell::new());
        Self { library, eval_option_value, place, prefix, declared, defined, ordinary: Ordinary::default() }
    }

    /// What is declared.
    fn declared(&'e self, ev: &mut Evaluator<'e>) -> Native<&'e [&'e Branch<'e>]> {
        if let Some(declared) = self.declared.get() {
            return Ok(declared);
        }
        let names = &self.library.names;
        let mut modules = Vec::new();
        match &self.place {
            Place::Call(call) => {
                for module in ev.plain_list(call.arguments[1])? {
                    let module = ev.plain_set(*module)?;
                    let file = ev.plain_attr_of(module, names.from)?;
                    modules.push((file, ev.plain_attr_of(module, names.options)?));
                }
            }
            Place::Below(branch) => modules.extend(branch.declarations.iter().map(|it| (it.file, it.options))),
        }
        let mut all = Vec::new();
        for (file, options) in modules {
            let options = ev.plain_set(options)?;
            all.extend(options.entries().map(|attr| Declaration {
                name: attr.name,
                file,
                options: attr.value,
                pos: attr.pos,
            }));
        }
        all.sort_by_key(|declaration| declaration.name);
        let all = ev.alloc_slice(&all);
        let branches = all.chunk_by(|a, b| a.name == b.name).map(|declarations| {
            let branch = Branch { tree: self, declarations, outcome: Cell::new(None), own: Cell::new(None) };
            let branch = &*ev.bump.alloc(branch);
            branch.own.set(Some(ev.bump.alloc(branch as &dyn Suspend<'e>)));
            branch
        });
        let branches: Vec<_> = branches.collect();
        Ok(self.declared.get_or_init(|| ev.alloc_slice(&branches)))
    }

    /// The definitions of a name.
    pub(super) fn definitions(
        &self,
        name: Symbol,
        ev: &mut Evaluator<'e>,
    ) -> Native<&'e [(Symbol, Definition<'e>)]> {
        let defined = self.defined(ev)?;
        let start = defined.partition_point(|(other, _)| *other < name);
        let count = defined[start..].iter().take_while(|(other, _)| *other == name).count();
        Ok(&defined[start..start + count])
    }

    /// All definitions.
    fn defined(&self, ev: &mut Evaluator<'e>) -> Native<&'e [(Symbol, Definition<'e>)]> {
        if let Some(defined) = self.defined.get() {
            return Ok(defined);
        }
        let mut all = Vec::new();
        match &self.place {
            Place::Call(call) => {
                for definition in ev.plain_list(call.arguments[2])? {
                    let definition = Definition::of(*definition, self.library, ev)?;
                    self.push_down(definition.file, definition.value, &mut Vec::new(), &mut all, ev)?;
                }
            }
            Place::Below(branch) => {
                for (_, definition) in branch.tree.definitions(branch.name(), ev)? {
                    self.push_down(definition.file, definition.value, &mut Vec::new(), &mut all, ev)?;
                }
            }
        }
        all.sort_by_key(|(name, _)| *name);
        Ok(self.defined.get_or_init(|| ev.alloc_slice(&all)))
    }

    /// `pushDownProperties`: what stands around a set of definitions is put around each of its values.
    fn push_down(
        &self,
        file: Packed<'e>,
        value: Packed<'e>,
        around: &mut Around<'e>,
        into: &mut Vec<(Symbol, Definition<'e>)>,
        ev: &mut Evaluator<'e>,
    ) -> Native<()> {
        ev.check_stack(Span::NONE)?;
        let names = &self.library.names;
        let kind = ev.kind_of(value, names)?;
        let set = ev.plain_set(value)?;
        let (made, what) = match kind {
            b"" => {
                into.extend(set.entries().map(|attr| {
                    let wrapped = around.iter().rev().fold(attr.value, |value, (made, with)| {
                        ev.make(*made, |name| match name {
                            0 => ev.delay(
                                made.set.bindings.entries[made.place(0)].value.node(),
                                &Frame { slots: &[], captured: &[] },
                            ),
                            1 => *with,
                            _ => value,
                        })
                    });
                    (attr.name, Definition::new(file, wrapped))
                }));
                return Ok(());
            }
            b"merge" => {
                let contents = ev.plain_attr_of(set, names.contents)?;
                for content in ev.plain_list(contents)? {
                    self.push_down(file, *content, around, into, ev)?;
                }
                return Ok(());
            }
            b"if" => (self.library.condition, names.condition),
            b"override" => (self.library.overriding, names.priority),
            _ => return Err(Declined),
        };
        let with = ev.plain_attr_of(set, what)?;
        let content = ev.plain_attr_of(set, names.content)?;
        around.push((made, with));
        let result = self.push_down(file, content, around, into, ev);
        around.pop();
        result
    }

    /// `matchedOptions`
    fn matched(&'e self, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        let declared = self.declared(ev)?;
        let matched = declared.iter().map(|branch| Attr {
            name: branch.name(),
            pos: Pos::NONE,
            value: branch.part(MATCHED, ev),
        });
        let matched: Vec<_> = matched.collect();
        let matched = ev.attrs_of(&matched, None);
        Ok(ev.pack(matched))
    }

    /// Whether anything is defined that is not declared.
    fn has_unmatched(&'e self, ev: &mut Evaluator<'e>) -> Native<bool> {
        let empty = match &self.place {
            Place::Call(call) => ev.plain_list(call.arguments[2])?.is_empty(),
            Place::Below(branch) => branch.tree.definitions(branch.name(), ev)?.is_empty(),
        };
        if empty {
            return Ok(false);
        }
        let declared = self.declared(ev)?;
        let defined = self.defined(ev)?;
        let is_declared = |name| declared.binary_search_by_key(&name, |branch| branch.name()).is_ok();
        if !defined.iter().all(|(name, _)| is_declared(*name)) {
            return Ok(true);
        }
        for branch in declared {
            if let Outcome::Tree(tree) = branch.outcome(ev)?
                && tree.has_unmatched(ev)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the library's code gives for `matchedOptions`.
    #[cold]
    fn by_code(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Packed<'e>> {
        match &self.place {
            Place::Call(call) => self.ordinary.attr(call, PARTS[0], ev),
            Place::Below(branch) => branch.by_code(ev),
        }
    }
}

impl<'e> Suspend<'e> for Tree<'e> {
    fn resume(&self, _: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        unreachable!("it has several values")
    }

    fn resume_part(&'e self, part: u32, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let native = match part {
            0 => self.matched(ev),
            _ => self.has_unmatched(ev).and_then(|unmatched| match unmatched {
                false => Ok(ev.plain_list_of(&[])),
                true => Err(Declined),
            }),
        };
        if let Ok(value) = native {
            return Ok(value.get());
        }
        let Place::Call(call) = &self.place else { unreachable!("parts are asked of calls alone") };
        self.ordinary.attr(call, PARTS[part as usize], ev).map(Packed::get)
    }
}

/// The parts of a branch: what it comes to, and what that refers to.
const MATCHED: u32 = 0;
const LOC: u32 = 1;
const POSITIONS: u32 = 2;
const TYPE: u32 = 3;

impl<'e> Branch<'e> {
    fn name(&self) -> Symbol {
        self.declarations[0].name
    }

    fn part(&self, part: u32, ev: &Evaluator<'e>) -> Packed<'e> {
        ev.part(self.own.get().expect("it was made with it"), part)
    }

    fn outcome(&'e self, ev: &mut Evaluator<'e>) -> Native<Outcome<'e>> {
        if let Some(outcome) = self.outcome.get() {
            return Ok(outcome);
        }
        let names = &self.tree.library.names;
        let mut proper = 0;
        for declaration in self.declarations {
            let options = ev.plain_set(declaration.options)?;
            if options.find(names.kind).is_some() {
                if ev.kind_of(declaration.options, names)? != b"option" {
                    return Err(Declined);
                }
                proper += 1;
            }
        }
        let outcome = match self.declarations.len() - proper {
            0 => Outcome::Option,
            _ if proper == 0 => {
                let loc = self.part(LOC, ev);
                let tree = Tree::new(self.tree.library, self.tree.eval_option_value, Place::Below(self), loc);
                Outcome::Tree(ev.bump.alloc(tree))
            }
            _ => return Err(Declined),
        };
        self.outcome.set(Some(outcome));
        Ok(outcome)
    }

    fn native(&'e self, part: u32, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        Ok(match part {
            MATCHED => match self.outcome(ev)? {
                Outcome::Tree(tree) => tree.matched(ev)?,
                Outcome::Option => self.option(ev)?,
            },
            LOC => {
                let mut loc = ev.plain_list(self.tree.prefix)?.to_vec();
                loc.push(ev.pack(ev.name_value(self.name())));
                ev.plain_list_of(&loc)
            }
            POSITIONS => match ev.position_value(self.declarations[0].pos) {
                Value::Null => ev.plain_list_of(&[]),
                pos => ev.plain_list_of(&[ev.pack(pos)]),
            },
            _ => self.substituted(ev)?,
        })
    }

    /// The option: `evalOptionValue loc (fixupOptionType loc (mergeOptionDecls loc decls)) defs`.
    fn option(&'e self, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        let library = self.tree.library;
        let names = &library.names;
        let [declaration] = self.declarations else { return Err(Declined) };
        let declared = ev.plain_set(declaration.options)?;
        let option_type = ev.plain_attr_of(declared, names.option_type)?;
        let of_type = ev.plain_set(option_type)?;
        let has_modules = match of_type.find(names.get_sub_modules) {
            None => false,
            Some(modules) => !matches!(ev.evaluated(modules.value)?.get(), Value::Null),
        };
        let (made, option_type) = match has_modules {
            true => (library.substituted, self.part(TYPE, ev)),
            false => (library.declared, option_type),
        };
        let loc = self.part(LOC, ev);
        let more = [
            loc,
            ev.plain_list_of(&[declaration.file]),
            self.part(POSITIONS, ev),
            ev.plain_list_of(&[]),
            option_type,
        ];
        let Value::Attrs(more) = ev.make(made, |name| more[name]).get() else { return Err(Declined) };
        let Value::Attrs(option) = ev.merge(declared, more) else { return Err(Declined) };
        let definitions = Source::Tree(self.tree, self.name());
        options::evaluate(ev, library, Origin::Tree(self), self.tree.eval_option_value, loc, option, definitions)
    }

    /// `opt.type.substSubModules opt.options`
    fn substituted(&self, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        let library = self.tree.library;
        let names = &library.names;
        let [declaration] = self.declarations else { return Err(Declined) };
        let declared = ev.plain_set(declaration.options)?;
        let option_type = ev.plain_attr_of(declared, names.option_type)?;
        let of_type = ev.plain_set(option_type)?;
        let modules = ev.plain_attr_of(of_type, names.get_sub_modules)?;
        let modules = ev.plain_list(modules)?.iter().map(|module| {
            let imports = ev.plain_list_of(&[*module]);
            ev.make(library.located, |name| if name == 0 { declaration.file } else { imports })
        });
        let modules: Vec<_> = modules.collect();
        let modules = ev.plain_list_of(&modules);
        let substitute = ev.plain_attr_of(of_type, names.subst_sub_modules)?;
        let substituted = ev.apply(substitute.get(), modules.get(), Pos::NONE)?;
        Ok(ev.pack(substituted))
    }

    /// What the library's code gives for it.
    #[cold]
    pub(super) fn by_code(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Packed<'e>> {
        let tree = self.tree.by_code(ev)?;
        let name = ev.name(self.name());
        ev.ordinary_attr(tree, name)
    }
}

impl<'e> Suspend<'e> for Branch<'e> {
    fn resume(&self, _: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        unreachable!("it has several values")
    }

    fn resume_part(&'e self, part: u32, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        if let Ok(value) = self.native(part, ev) {
            return Ok(value.get());
        }
        let option = self.by_code(ev)?;
        let name = match part {
            MATCHED => return Ok(option.get()),
            LOC => options::DECLARED[0],
            POSITIONS => options::DECLARED[2],
            _ => options::DECLARED[4],
        };
        ev.ordinary_attr(option, name).map(Packed::get)
    }
}

/// `mergeModules' prefix modules configs`
pub(super) fn merge_modules<'e>(ev: &mut Evaluator<'e>, call: Call<'e>) -> Native<Packed<'e>> {
    let merge_option = ev.captured_function(call.closure, "mergeOption")?;
    let eval_option_value = ev.captured_function(merge_option, "evalOptionValue")?;
    let tree = Tree::new(call.library, eval_option_value, Place::Call(call), call.arguments[0]);
    let tree = &*ev.bump.alloc(tree);
    let parts: [Packed<'e>; PARTS.len()] = ev.parts(tree);
    Ok(ev.make(call.library.matched, |name| parts[name]))
}
