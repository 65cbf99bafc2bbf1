//! Which names are bound where, while a tree is lowered: a stack of bindings for each name.

use rustc_hash::FxHashMap;

use super::symbol::Symbol;

/// What a variable stands for.
pub(super) enum Found {
    /// A slot of a frame around.
    Local {
        /// Frames to go up.
        depth: u32,
        /// The place in it.
        slot: u32,
    },
    /// A name of the global scope.
    Global(u32),
    /// Nothing but one of these `with`s, innermost first, if any, can tell.
    With(Vec<u32>),
}

struct Bound {
    name: Symbol,
    level: u32,
    slot: u32,
    /// The binding that this one hides.
    hidden: Option<u32>,
}

pub(super) struct Scopes<'a> {
    globals: &'a FxHashMap<Symbol, u32>,
    /// All bindings around, outermost first.
    bound: Vec<Bound>,
    /// The innermost binding of each name.
    innermost: FxHashMap<Symbol, u32>,
    /// Where the bindings of each frame begin.
    frames: Vec<usize>,
    /// The levels of the `with`s.
    withs: Vec<u32>,
}

impl<'a> Scopes<'a> {
    pub(super) fn new(globals: &'a FxHashMap<Symbol, u32>) -> Self {
        Self { globals, bound: Vec::new(), innermost: FxHashMap::default(), frames: Vec::new(), withs: Vec::new() }
    }

    fn level(&self) -> u32 {
        u32::try_from(self.frames.len()).expect("a text of 4 GiB nests less")
    }

    /// Enters a frame of names, one slot each; a name that comes twice means its last slot.
    pub(super) fn enter(&mut self, names: impl Iterator<Item = Symbol>) {
        self.frames.push(self.bound.len());
        let level = self.level();
        for (name, slot) in names.zip(0..) {
            let at = u32::try_from(self.bound.len()).expect("a text of 4 GiB holds fewer");
            let hidden = self.innermost.insert(name, at);
            self.bound.push(Bound { name, level, slot, hidden });
        }
    }

    /// Enters the frame of a `with`.
    pub(super) fn enter_with(&mut self) {
        self.frames.push(self.bound.len());
        self.withs.push(self.level());
    }

    pub(super) fn leave(&mut self) {
        let level = self.level();
        let start = self.frames.pop().expect("every frame is left once");
        for bound in self.bound.drain(start..).rev() {
            match bound.hidden {
                Some(hidden) => self.innermost.insert(bound.name, hidden),
                None => self.innermost.remove(&bound.name),
            };
        }
        self.withs.pop_if(|with| *with == level);
    }

    pub(super) fn find(&self, name: Symbol) -> Found {
        self.find_from(name, self.level())
    }

    /// What a name means just outside the innermost frame.
    pub(super) fn find_outside(&self, name: Symbol) -> Found {
        self.find_from(name, self.level() - 1)
    }

    fn find_from(&self, name: Symbol, level: u32) -> Found {
        let mut at = self.innermost.get(&name).copied();
        while let Some(bound) = at.map(|at| &self.bound[at as usize]) {
            if bound.level <= level {
                return Found::Local { depth: level - bound.level, slot: bound.slot };
            }
            at = bound.hidden;
        }
        match self.globals.get(&name) {
            Some(global) => Found::Global(*global),
            None => {
                let withs = self.withs.iter().rev().filter(|with| **with <= level);
                Found::With(withs.map(|with| level - with).collect())
            }
        }
    }

    /// The names that are bound around.
    pub(super) fn names(&self) -> impl Iterator<Item = Symbol> {
        self.bound.iter().map(|bound| bound.name)
    }
}
