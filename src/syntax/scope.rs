//! Tracks scopes while a tree is lowered: a stack of bindings for each name, and the enclosing units with their
//! captures and frame sizes.

use rustc_hash::FxHashMap;

use crate::code::Symbol;
use crate::code::expr::Variable;

/// What a name refers to.
pub(super) enum Found {
    /// A variable that an enclosing scope binds.
    Local(Variable),
    /// A global name, by its index.
    Global(u32),
    /// An attribute of one of these `with`s, innermost first; undefined if the list is empty.
    With(Vec<Variable>),
}

struct Bound {
    name: Symbol,
    level: u32,
    home: Home,
    /// The binding that this one shadows.
    hidden: Option<u32>,
}

/// The unit that binds a variable, and the variable's slot in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Home {
    unit: u32,
    slot: u32,
}

/// Units with more captures keep an index of them.
const FEW: usize = 12;

/// A unit of code that is being lowered.
#[derive(Default)]
struct Unit {
    /// Its captures: where each is bound, and where the enclosing unit finds it.
    captures: Vec<(Home, Variable)>,
    index: FxHashMap<Home, u32>,
    slots: u32,
    most_slots: u32,
}

impl Unit {
    fn find(&self, home: Home) -> Option<u32> {
        if self.captures.len() > FEW {
            return self.index.get(&home).copied();
        }
        let at = self.captures.iter().position(|(captured, _)| *captured == home)?;
        u32::try_from(at).ok()
    }

    fn capture(&mut self, home: Home, variable: Variable) -> u32 {
        let at = u32::try_from(self.captures.len()).expect("a text of 4 GiB holds fewer");
        self.captures.push((home, variable));
        if self.captures.len() > FEW {
            let all = self.captures.iter().zip(0..).map(|((home, _), at)| (*home, at));
            match self.index.is_empty() {
                true => self.index.extend(all),
                false => self.index.extend([(home, at)]),
            }
        }
        at
    }
}

pub(super) struct Scopes<'a> {
    globals: &'a FxHashMap<Symbol, u32>,
    /// All bindings in scope, outermost first.
    bound: Vec<Bound>,
    /// The innermost binding of each name.
    innermost: FxHashMap<Symbol, u32>,
    /// The index of each scope's first binding.
    scopes: Vec<usize>,
    /// The levels of the enclosing `with`s, and where their namespaces are.
    withs: Vec<(u32, Home)>,
    units: Vec<Unit>,
}

impl<'a> Scopes<'a> {
    pub(super) fn new(globals: &'a FxHashMap<Symbol, u32>) -> Self {
        Self {
            globals,
            bound: Vec::new(),
            innermost: FxHashMap::default(),
            scopes: Vec::new(),
            withs: Vec::new(),
            units: Vec::new(),
        }
    }

    fn level(&self) -> u32 {
        u32::try_from(self.scopes.len()).expect("a text of 4 GiB nests less")
    }

    fn unit(&self) -> u32 {
        u32::try_from(self.units.len()).expect("a text of 4 GiB nests less") - 1
    }

    /// Begins a unit of code.
    pub(super) fn open_unit(&mut self) {
        self.units.push(Unit::default());
    }

    /// Ends the unit; returns its captures and the size of its frame.
    pub(super) fn close_unit(&mut self) -> (impl ExactSizeIterator<Item = Variable> + use<>, u32) {
        let unit = self.units.pop().expect("every unit is closed once");
        (unit.captures.into_iter().map(|(_, variable)| variable), unit.most_slots)
    }

    /// Takes slots of the unit's frame; returns the first.
    pub(super) fn take_slots(&mut self, count: usize) -> u32 {
        let count = u32::try_from(count).expect("a text of 4 GiB holds fewer");
        let unit = self.units.last_mut().expect("there is a unit");
        let first = unit.slots;
        unit.slots += count;
        unit.most_slots = unit.most_slots.max(unit.slots);
        first
    }

    /// Frees all slots from `first` on; their variables are out of scope.
    pub(super) fn free_slots(&mut self, first: u32) {
        self.units.last_mut().expect("there is a unit").slots = first;
    }

    /// Enters a scope whose names take one slot each from `first` on; a repeated name refers to its last slot.
    pub(super) fn enter(&mut self, names: impl Iterator<Item = Symbol>, first: u32) {
        self.scopes.push(self.bound.len());
        let level = self.level();
        let unit = self.unit();
        for (name, slot) in names.zip(first..) {
            let at = u32::try_from(self.bound.len()).expect("a text of 4 GiB holds fewer");
            let hidden = self.innermost.insert(name, at);
            self.bound.push(Bound { name, level, home: Home { unit, slot }, hidden });
        }
    }

    /// Enters the scope of a `with` whose namespace is in `slot`.
    pub(super) fn enter_with(&mut self, slot: u32) {
        self.scopes.push(self.bound.len());
        self.withs.push((self.level(), Home { unit: self.unit(), slot }));
    }

    pub(super) fn leave(&mut self) {
        let level = self.level();
        let start = self.scopes.pop().expect("every scope is left once");
        for bound in self.bound.drain(start..).rev() {
            match bound.hidden {
                Some(hidden) => self.innermost.insert(bound.name, hidden),
                None => self.innermost.remove(&bound.name),
            };
        }
        self.withs.pop_if(|(with, _)| *with == level);
    }

    pub(super) fn find(&mut self, name: Symbol) -> Found {
        self.find_from(name, self.level())
    }

    /// What a name refers to just outside the innermost scope.
    pub(super) fn find_outside(&mut self, name: Symbol) -> Found {
        self.find_from(name, self.level() - 1)
    }

    fn find_from(&mut self, name: Symbol, level: u32) -> Found {
        let mut at = self.innermost.get(&name).copied();
        while let Some(bound) = at.map(|at| &self.bound[at as usize]) {
            if bound.level <= level {
                let home = bound.home;
                return Found::Local(self.variable(home, self.unit()));
            }
            at = bound.hidden;
        }
        match self.globals.get(&name) {
            Some(global) => Found::Global(*global),
            None => {
                let withs = self.withs.iter().rev().filter(|(with, _)| *with <= level);
                let homes: Vec<_> = withs.map(|(_, home)| *home).collect();
                let unit = self.unit();
                Found::With(homes.into_iter().map(|home| self.variable(home, unit)).collect())
            }
        }
    }

    /// Whether a name is bound in one of these slots of the current unit.
    pub(super) fn is_own(&self, name: Symbol, slots: std::ops::Range<u32>) -> bool {
        let bound = self.innermost.get(&name).map(|at| self.bound[*at as usize].home);
        bound.is_some_and(|home| home.unit == self.unit() && slots.contains(&home.slot))
    }

    /// Captures a slot of the enclosing unit in the innermost one.
    pub(super) fn capture_slot(&mut self, slot: u32) -> Variable {
        let unit = self.unit();
        self.variable(Home { unit: unit - 1, slot }, unit)
    }

    /// Where `unit` finds the variable bound at `home`; every unit in between captures it.
    fn variable(&mut self, home: Home, unit: u32) -> Variable {
        if home.unit == unit {
            return Variable::Slot(home.slot);
        }
        if let Some(at) = self.units[unit as usize].find(home) {
            return Variable::Captured(at);
        }
        // A loop, because units nest as deeply as the text does.
        let mut below = unit;
        while below > home.unit && self.units[below as usize].find(home).is_none() {
            below -= 1;
        }
        let mut variable = match self.units[below as usize].find(home) {
            Some(at) if below > home.unit => Variable::Captured(at),
            _ => Variable::Slot(home.slot),
        };
        for unit in below + 1..=unit {
            variable = Variable::Captured(self.units[unit as usize].capture(home, variable));
        }
        variable
    }

    /// All names in scope.
    pub(super) fn names(&self) -> impl Iterator<Item = Symbol> {
        self.bound.iter().map(|bound| bound.name)
    }
}
