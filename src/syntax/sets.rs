//! Collects the bindings of sets and `let`s: merges `a.b.c = 1; a.b = { … };` while parsing.
//!
//! Source: `addAttr` in Nix's parser. Further paths may extend a set literal; it keeps the `rec` of its first
//! definition and loses the `rec` of later ones.

use std::cell::RefCell;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::tree::{Entry, Kind, Name, Set, Tree, TreeRef, Value};
use crate::code::Symbol;
use crate::source::{Pos, Span};

/// A name that is defined twice: its path, and both positions.
#[derive(Debug)]
pub(super) struct Duplicate {
    pub(super) path: Vec<Symbol>,
    pub(super) first: Pos,
    pub(super) second: Pos,
}

/// Sets with more names keep an index.
const FEW: usize = 12;

impl<'t, 'e> Set<'t, 'e> {
    pub(super) fn new(bump: &'t Bump, recursive: bool) -> Self {
        Self {
            recursive,
            entries: BumpVec::new_in(bump),
            dynamic: BumpVec::new_in(bump),
            sources: BumpVec::new_in(bump),
            index: None,
        }
    }

    fn find(&self, name: Symbol) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(&name).copied(),
            None => self.entries.iter().position(|entry| entry.name == name),
        }
    }

    fn push(&mut self, entry: Entry<'t, 'e>) {
        let at = self.entries.len();
        self.entries.push(entry);
        match &mut self.index {
            Some(index) => {
                index.insert(entry.name, at);
            }
            None if at >= FEW => {
                let mut index = HashMap::with_hasher_in(FxBuildHasher, self.entries.bump());
                index.extend(self.entries.iter().enumerate().map(|(at, entry)| (entry.name, at)));
                self.index = Some(index);
            }
            None => {}
        }
    }

    /// Adds a name that `inherit` lists.
    pub(super) fn inherit(&mut self, name: Symbol, pos: Pos, value: Value<'t, 'e>) -> Result<(), Duplicate> {
        match self.find(name) {
            Some(at) => Err(Duplicate { path: vec![name], first: self.entries[at].pos, second: pos }),
            None => {
                self.push(Entry { name, pos, value });
                Ok(())
            }
        }
    }

    /// Adds `path = value;`.
    pub(super) fn bind(
        &mut self,
        bump: &'t Bump,
        path: &[Name<'t, 'e>],
        pos: Pos,
        value: TreeRef<'t, 'e>,
        around: &mut Vec<Symbol>,
    ) -> Result<(), Duplicate> {
        let [first, rest @ ..] = path else { return Ok(()) };
        let nested = |around: &mut Vec<Symbol>| -> Result<TreeRef<'t, 'e>, Duplicate> {
            let mut inner = Self::new(bump, false);
            inner.bind(bump, rest, pos, value, around)?;
            let kind = Kind::Set(bump.alloc(RefCell::new(inner)));
            Ok(bump.alloc(Tree { kind, span: Span::new(pos, value.span.end) }))
        };
        let name = match *first {
            Name::Dynamic(name) => {
                let value = if rest.is_empty() { value } else { nested(&mut Vec::new())? };
                self.dynamic.push((name, value, pos));
                return Ok(());
            }
            Name::Static(name) => name,
        };
        around.push(name);
        let Some(at) = self.find(name) else {
            let value = if rest.is_empty() { value } else { nested(around)? };
            self.push(Entry { name, pos, value: Value::Tree(value) });
            return Ok(());
        };
        let there = self.entries[at];
        match (there.value, &value.kind) {
            (Value::Tree(Tree { kind: Kind::Set(inner), .. }), _) if !rest.is_empty() => {
                inner.borrow_mut().bind(bump, rest, pos, value, around)
            }
            (Value::Tree(Tree { kind: Kind::Set(inner), .. }), Kind::Set(more)) => {
                inner.borrow_mut().merge(&more.borrow(), around)
            }
            _ => Err(Duplicate { path: around.clone(), first: there.pos, second: pos }),
        }
    }

    /// Adds the names of another set.
    fn merge(&mut self, more: &Self, around: &mut Vec<Symbol>) -> Result<(), Duplicate> {
        let shift = u32::try_from(self.sources.len()).expect("a text of 4 GiB holds fewer");
        for entry in &more.entries {
            around.push(entry.name);
            let value = match entry.value {
                Value::From(source, span) => Value::From(source + shift, span),
                value => value,
            };
            match self.find(entry.name).map(|at| self.entries[at]) {
                None => self.push(Entry { value, ..*entry }),
                Some(there) => match (there.value, value) {
                    (
                        Value::Tree(Tree { kind: Kind::Set(inner), .. }),
                        Value::Tree(Tree { kind: Kind::Set(more), .. }),
                    ) => inner.borrow_mut().merge(&more.borrow(), around)?,
                    _ => return Err(Duplicate { path: around.clone(), first: there.pos, second: entry.pos }),
                },
            }
            around.pop();
        }
        self.dynamic.extend(more.dynamic.iter().copied());
        self.sources.extend(more.sources.iter().copied());
        Ok(())
    }
}
