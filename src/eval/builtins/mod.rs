//! `builtins`, by subject.
//!
//! A built-in function gets its arguments unevaluated and asks for what it needs with the methods below; one that meets
//! an unknown value there ends as unknown (see [`super::machine`]), so only those that can say more look for it.

mod attrs;
mod control;
mod lists;
mod numbers;
mod paths;
mod strings;
mod texts;
mod types;
mod versions;

use super::error::EvalResult;
use super::machine::Evaluator;
use super::value::{Attrs, Primop, PrimopCall, Str, Value};
use crate::source::Pos;

/// A built-in function of `$arity` arguments.
macro_rules! primops {
    ($($name:literal $arity:literal $run:path),* $(,)?) => {
        pub(super) static PRIMOPS: &[$crate::eval::value::Primop] = &[
            $($crate::eval::value::Primop { name: $name, arity: $arity, run: $run }),*
        ];
    };
}
use primops;

/// Those that have a name of their own outside `builtins` (Nix's `primops` without `__` before their names).
const GLOBAL: [&str; 19] = [
    "abort",
    "baseNameOf",
    "derivation",
    "derivationStrict",
    "dirOf",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "break",
];

/// Puts `builtins` and the global names into the evaluator.
pub(super) fn install(ev: &mut Evaluator<'_>) {
    let tables: [&'static [Primop]; 9] = [
        attrs::PRIMOPS,
        control::PRIMOPS,
        lists::PRIMOPS,
        numbers::PRIMOPS,
        paths::PRIMOPS,
        strings::PRIMOPS,
        texts::PRIMOPS,
        types::PRIMOPS,
        versions::PRIMOPS,
    ];
    let mut members = Vec::new();
    for primop in tables.into_iter().flatten() {
        let value = Value::Primop(ev.alloc(PrimopCall { primop, arguments: &[] }));
        members.push((primop.name, value));
    }
    for name in paths::ONLY_NIX {
        let value = ev.suspend(paths::OnlyNix { name });
        members.push((*name, value));
    }
    let system = format!("{}-linux", std::env::consts::ARCH);
    members.extend([
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("null", Value::Null),
        ("langVersion", Value::Int(6)),
        ("nixVersion", ev.string("2.26.3")),
        ("storeDir", ev.string("/nix/store")),
        ("currentSystem", ev.string(&system)),
        ("currentTime", ev.suspend(paths::CurrentTime)),
    ]);
    let search_path = ev.settings.search_path.clone();
    let entries = search_path.iter().map(|(prefix, path)| {
        let (prefix, path) = (ev.string(prefix), ev.string(&path.to_string_lossy()));
        ev.attrs([(ev.symbol("prefix"), prefix, Pos::NONE), (ev.symbol("path"), path, Pos::NONE)])
    });
    let entries: Vec<_> = entries.collect();
    members.push(("nixPath", ev.list(entries)));

    let builtins = ev.symbol("builtins");
    let knot = ev.suspend(Knot);
    let mut set: Vec<_> = members.iter().map(|(name, value)| (ev.symbol(name), *value, Pos::NONE)).collect();
    set.push((builtins, knot, Pos::NONE));
    let set = ev.attrs(set);

    define(ev, "builtins", set);
    for (name, value) in members {
        if GLOBAL.contains(&name) || matches!(name, "true" | "false" | "null") {
            define(ev, name, value);
        }
        // All of them are global under a longer name.
        if !matches!(name, "true" | "false" | "null") {
            define(ev, &format!("__{name}"), value);
        }
    }
}

fn define<'e>(ev: &mut Evaluator<'e>, name: &str, value: Value<'e>) {
    let symbol = ev.symbol(name);
    let index = u32::try_from(ev.globals.len()).expect("there are a few hundred");
    ev.globals.push(value);
    ev.global_names.insert(symbol, index);
}

/// `builtins.builtins`
struct Knot;

impl<'e> super::value::Suspend<'e> for Knot {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let index = ev.global_names[&ev.symbol("builtins")];
        Ok(ev.globals[index as usize])
    }
}

/// What built-in functions ask of their arguments.
impl<'e> Evaluator<'e> {
    fn int(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, i64> {
        match self.force(value)? {
            Value::Int(value) => Ok(value),
            other => Err(self.type_error("an integer", other, pos)),
        }
    }

    fn boolean(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, bool> {
        match self.force(value)? {
            Value::Bool(value) => Ok(value),
            other => Err(self.type_error("a Boolean", other, pos)),
        }
    }

    fn text(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Str<'e>> {
        match self.force(value)? {
            Value::String(text) => Ok(text),
            other => Err(self.type_error("a string", other, pos)),
        }
    }

    fn items(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e [Value<'e>]> {
        match self.force(value)? {
            Value::List(list) => Ok(list.items()),
            other => Err(self.type_error("a list", other, pos)),
        }
    }

    fn set(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
        match self.force(value)? {
            Value::Attrs(attrs) => Ok(attrs),
            other => Err(self.type_error("a set", other, pos)),
        }
    }

    /// A set all of whose names are known.
    fn closed_set(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
        let attrs = self.set(value, pos)?;
        match attrs.rest() {
            Some(unknown) => Err(self.unknown_error(unknown)),
            None => Ok(attrs),
        }
    }

    /// An evaluated value that is known.
    fn known(&mut self, value: Value<'e>) -> EvalResult<'e, Value<'e>> {
        match self.force(value)? {
            Value::Unknown(unknown) => Err(self.unknown_error(unknown)),
            value => Ok(value),
        }
    }

    /// What a predicate says of a value.
    fn holds(&mut self, predicate: Value<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, bool> {
        let result = self.apply(predicate, value, pos)?;
        self.boolean(result, pos)
    }
}
