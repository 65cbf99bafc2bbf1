//! `builtins`, one module for each topic.
//!
//! A built-in function receives its arguments unevaluated and evaluates those that it needs ([`arguments`]). If that
//! meets an unknown value, the call becomes unknown (see [`super::evaluate`]); only functions that can say
//! more handle unknown values themselves.

mod arguments;
mod attrs;
mod context;
mod control;
mod declare;
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
mod paths;
mod patterns;
mod sort;
mod store;
mod strings;
mod types;
mod versions;

use self::declare::Builtin;
use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::native::Suspend;
use super::value::Value;
use crate::source::Pos;

/// The version of Nix that we imitate.
const NIX_VERSION: &str = "2.34.8";

/// All built-in functions.
fn all() -> impl Iterator<Item = &'static Builtin> {
    let tables = [
        attrs::BUILTINS,
        context::BUILTINS,
        control::BUILTINS,
        derivation::BUILTINS,
        fetch::BUILTINS,
        fetch_git::BUILTINS,
        files::BUILTINS,
        flakes::BUILTINS,
        hashes::BUILTINS,
        lists::BUILTINS,
        notations::BUILTINS,
        numbers::BUILTINS,
        patterns::BUILTINS,
        store::BUILTINS,
        strings::BUILTINS,
        types::BUILTINS,
        versions::BUILTINS,
    ];
    tables.into_iter().flatten()
}

/// Whether the built-in function or constant of this name depends on more than the code that uses it.
pub(super) fn reads(name: &str) -> bool {
    name == "currentTime" || all().any(|builtin| builtin.reads && builtin.primop.name == name)
}

/// Adds `builtins` and the global names to the evaluator.
pub(super) fn install(ev: &mut Evaluator<'_>) {
    // Names, values, and whether the names are global without a prefix.
    let mut members = Vec::new();
    for builtin in all() {
        members.push((builtin.primop.name, ev.heap.native(&builtin.primop, &[]), builtin.global));
    }
    members.extend([
        ("true", Value::Bool(true), true),
        ("false", Value::Bool(false), true),
        ("null", Value::Null, true),
        ("langVersion", Value::Int(6), false),
        ("nixVersion", ev.heap.string(NIX_VERSION), false),
        ("storeDir", ev.heap.string(super::store::path::STORE), false),
        ("derivation", ev.heap.suspend(derivation::WrittenInNix), true),
    ]);
    if !ev.settings.pure {
        let system = format!("{}-linux", std::env::consts::ARCH);
        members.push(("currentSystem", ev.heap.string(&system), false));
        members.push(("currentTime", ev.heap.suspend(files::CurrentTime), false));
    }
    let search_path = ev.loader.search_path.clone();
    let entries = search_path.iter().map(|(prefix, path)| {
        let (prefix, path) = (ev.heap.string(prefix), ev.heap.string(&path.to_string_lossy()));
        ev.heap.attrs([(ev.heap.symbol("prefix"), prefix, Pos::NONE), (ev.heap.symbol("path"), path, Pos::NONE)])
    });
    let entries: Vec<_> = entries.collect();
    members.push(("nixPath", ev.heap.list(entries), false));

    ev.loader.embed("/<nix/fetchurl.nix>", include_str!("fetchurl.nix"));
    let builtins = ev.heap.symbol("builtins");
    let knot = ev.heap.suspend(Knot);
    let mut set: Vec<_> =
        members.iter().map(|(name, value, _)| (ev.heap.symbol(name), *value, Pos::NONE)).collect();
    set.push((builtins, knot, Pos::NONE));
    let set = ev.heap.attrs(set);

    define(ev, "builtins", set);
    for (name, value, global) in members {
        if global {
            define(ev, name, value);
        } else {
            define(ev, &format!("__{name}"), value);
        }
    }
}

fn define<'e>(ev: &mut Evaluator<'e>, name: &str, value: Value<'e>) {
    let index = ev.globals.push(ev.heap.pack(value));
    ev.globals.names.insert(ev.heap.symbol(name), index);
}

/// `builtins.builtins`
struct Knot;

impl<'e> Suspend<'e> for Knot {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let index = ev.globals.names[&ev.heap.symbol("builtins")];
        Ok(ev.globals.values[index as usize].get())
    }
}
