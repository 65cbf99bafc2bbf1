//! `builtins`, one module for each topic.
//!
//! A built-in function receives its arguments unevaluated and requests what it needs through the methods below. If one
//! of these meets an unknown value, the call becomes unknown (see [`super::evaluate`]); only functions that can say
//! more handle unknown values themselves.

mod attrs;
mod context;
mod control;
mod derivation;
mod fetch;
mod fetch_git;
mod files;
mod flake_ref;
mod flakes;
mod hashes;
mod lists;
mod notations;
mod numbers;
mod partial;
mod patterns;
mod sort;
mod store;
mod strings;
mod types;
mod versions;

use super::error::{EvalError, EvalResult};
use super::machine::Evaluator;
use super::value::{Attrs, Primop, PrimopCall, TaggedValue, Thunk, Value};
use crate::source::Pos;
use crate::syntax::{Str, Symbol};

/// Declares built-in functions of a topic: name, `$arity`, implementation.
macro_rules! primops {
    ($($name:literal $arity:literal $run:path),* $(,)?) => {
        pub(super) static PRIMOPS: &[$crate::eval::value::Primop] = &[
            $($crate::eval::value::Primop {
                name: $name,
                arity: $arity,
                strict: $crate::eval::builtins::strict($name),
                run: $run,
            }),*
        ];
    };
}
use primops;

/// A bit mask of the arguments that a built-in function evaluates before it does anything else: the first one it
/// evaluates, and the next one if nothing can fail in between.
const fn strict(name: &str) -> u8 {
    match name.as_bytes() {
        b"add" | b"sub" | b"mul" | b"div" | b"lessThan" | b"seq" => 0b11,
        b"all" | b"any" | b"concatLists" | b"concatMap" | b"foldl'" | b"groupBy" | b"head" | b"length"
        | b"partition" | b"tail" | b"genericClosure" | b"attrNames" | b"attrValues" | b"catAttrs"
        | b"functionArgs" | b"getAttr" | b"hasAttr" | b"intersectAttrs" | b"listToAttrs" | b"removeAttrs"
        | b"unsafeGetAttrPos" | b"zipAttrsWith" | b"isNull" | b"isBool" | b"isInt" | b"isFloat" | b"isString"
        | b"isPath" | b"isList" | b"isAttrs" | b"isFunction" | b"typeOf" | b"toString" | b"stringLength"
        | b"concatStringsSep" | b"substring" | b"replaceStrings" | b"match" | b"split" | b"compareVersions"
        | b"bitAnd" | b"bitOr" | b"bitXor" | b"ceil" | b"floor" | b"throw" | b"abort" | b"trace" => 0b01,
        b"elem" | b"elemAt" | b"filter" | b"genList" | b"map" | b"sort" | b"mapAttrs" => 0b10,
        _ => 0,
    }
}

/// The functions that are global without a prefix; all others are global with a `__` prefix.
const GLOBAL: [&str; 21] = [
    "abort",
    "baseNameOf",
    "break",
    "derivation",
    "derivationStrict",
    "dirOf",
    "false",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "null",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "true",
];

/// The version of Nix that we imitate.
const NIX_VERSION: &str = "2.34.8";

/// Adds `builtins` and the global names to the evaluator.
pub(super) fn install(ev: &mut Evaluator<'_>) {
    let tables: [&'static [Primop]; 16] = [
        attrs::PRIMOPS,
        context::PRIMOPS,
        control::PRIMOPS,
        derivation::PRIMOPS,
        fetch::PRIMOPS,
        files::PRIMOPS,
        flakes::PRIMOPS,
        hashes::PRIMOPS,
        lists::PRIMOPS,
        notations::PRIMOPS,
        numbers::PRIMOPS,
        patterns::PRIMOPS,
        store::PRIMOPS,
        strings::PRIMOPS,
        types::PRIMOPS,
        versions::PRIMOPS,
    ];
    let mut members = Vec::new();
    for primop in tables.into_iter().flatten() {
        let value = Value::Primop(ev.alloc(PrimopCall { primop, arguments: &[] }));
        members.push((primop.name, value));
    }
    let system = format!("{}-linux", std::env::consts::ARCH);
    members.extend([
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("null", Value::Null),
        ("langVersion", Value::Int(6)),
        ("nixVersion", ev.string(NIX_VERSION)),
        ("storeDir", ev.string(super::store::path::STORE)),
        ("derivation", ev.suspend(derivation::WrittenInNix)),
    ]);
    if !ev.settings.pure {
        members.extend([("currentSystem", ev.string(&system)), ("currentTime", ev.suspend(files::CurrentTime))]);
    }
    let search_path = ev.settings.search_path.clone();
    let entries = search_path.iter().map(|(prefix, path)| {
        let (prefix, path) = (ev.string(prefix), ev.string(&path.to_string_lossy()));
        ev.attrs([(ev.symbol("prefix"), prefix, Pos::NONE), (ev.symbol("path"), path, Pos::NONE)])
    });
    let entries: Vec<_> = entries.collect();
    members.push(("nixPath", ev.list(entries)));

    ev.embed("/<nix/fetchurl.nix>", include_str!("fetchurl.nix"));
    let builtins = ev.symbol("builtins");
    let knot = ev.suspend(Knot);
    let mut set: Vec<_> = members.iter().map(|(name, value)| (ev.symbol(name), *value, Pos::NONE)).collect();
    set.push((builtins, knot, Pos::NONE));
    let set = ev.attrs(set);

    define(ev, "builtins", set);
    for (name, value) in members {
        if GLOBAL.contains(&name) {
            define(ev, name, value);
        } else {
            define(ev, &format!("__{name}"), value);
        }
    }
}

fn define<'e>(ev: &mut Evaluator<'e>, name: &str, value: Value<'e>) {
    let symbol = ev.symbol(name);
    let index = u32::try_from(ev.globals.len()).expect("there are a few hundred");
    ev.globals.push(ev.pack(value));
    ev.global_names.insert(symbol, index);
}

/// `builtins.builtins`
struct Knot;

impl<'e> super::value::Suspend<'e> for Knot {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let index = ev.global_names[&ev.symbol("builtins")];
        Ok(ev.globals[index as usize].get())
    }
}

/// A delayed call with two arguments.
struct Call2<'e> {
    function: Value<'e>,
    arguments: [Value<'e>; 2],
}

impl<'e> super::value::Suspend<'e> for Call2<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let [first, second] = self.arguments;
        ev.call2(self.function, first, second)
    }

    fn parts(&self) -> Option<[Value<'e>; 3]> {
        let [first, second] = self.arguments;
        Some([self.function, first, second])
    }
}

/// How built-in functions access their arguments.
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

    /// A string without context.
    fn plain_text(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Str<'e>> {
        let text = self.text(value, pos)?;
        if text.context().is_empty() {
            return Ok(text);
        }
        self.without_context(text, self.word_span(pos))
    }

    /// Checks that a value can be called. An unknown function makes every result unknown.
    fn function(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
        match self.force(value)? {
            function @ Value::Unknown(_) => Ok(function),
            function if self.is_function(function) => Ok(function),
            other => Err(self.type_error("a function", other, pos)),
        }
    }

    /// An attribute that the set must have.
    fn required(&mut self, attrs: &'e Attrs<'e>, name: &str, pos: Pos) -> EvalResult<'e, Value<'e>> {
        match self.optional(attrs, name)? {
            Some(value) => Ok(value),
            None => Err(self.error(self.word_span(pos), &format!("attribute '{name}' missing"))),
        }
    }

    /// An attribute that the set may lack.
    fn optional(&self, attrs: &'e Attrs<'e>, name: &str) -> EvalResult<'e, Option<Value<'e>>> {
        let symbol = self.symbol(name);
        match (attrs.get(symbol), attrs.maybe(symbol)) {
            (None, Some(unknown)) => Err(self.unknown_error(unknown)),
            (found, _) => Ok(found),
        }
    }

    /// The attributes in the byte order of their names.
    pub(super) fn by_name(&self, attrs: &Attrs<'e>) -> Vec<(&'e str, Value<'e>, Pos)> {
        let named = self.order(attrs).iter().map(|at| {
            let attr = attrs.attr(*at as usize);
            (self.name(attr.name), attr.value.get(), attr.pos)
        });
        named.collect()
    }

    /// Nix's error for an experimental feature that is not enabled.
    #[cold]
    fn feature_error(&self, feature: &str, what: &str, pos: Pos) -> EvalError<'e> {
        let message = format!("experimental Nix feature '{feature}' is disabled{what}");
        let help = format!("add '--extra-experimental-features {feature}' to enable it");
        self.error(self.word_span(pos), &format!("{message}; {help}"))
    }

    fn items(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e [TaggedValue<'e>]> {
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

    /// Evaluates a value to a set without partial names.
    fn closed_set(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
        let attrs = self.set(value, pos)?;
        match attrs.rest() {
            Some(unknown) => Err(self.unknown_error(unknown)),
            None => Ok(attrs),
        }
    }

    /// Evaluates a value to a set whose names are known, at least as optional ones.
    fn set_of_names(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
        let attrs = self.set(value, pos)?;
        match attrs.any() {
            Some(unknown) => Err(self.unknown_error(unknown)),
            None => Ok(attrs),
        }
    }

    /// Evaluates a value that must be known.
    fn known(&mut self, value: Value<'e>) -> EvalResult<'e, Value<'e>> {
        match self.force(value)? {
            Value::Unknown(unknown) => Err(self.unknown_error(unknown)),
            value => Ok(value),
        }
    }

    /// A delayed call of a function with the name and the value of an attribute.
    fn delay_call_on(&self, function: Value<'e>, name: Symbol, value: TaggedValue<'e>) -> TaggedValue<'e> {
        let function = match function {
            Value::Thunk(thunk) => thunk.done().map_or(function, TaggedValue::get),
            function => function,
        };
        self.pack(match function {
            Value::Lambda(closure) => Value::Thunk(Thunk::call_on(self.bump, closure, name, value)),
            _ => self.suspend(Call2 { function, arguments: [self.name_value(name), value.get()] }),
        })
    }

    /// Calls a predicate.
    fn holds(&mut self, predicate: Value<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, bool> {
        let result = self.apply(predicate, value, pos)?;
        self.boolean(result, pos)
    }
}
