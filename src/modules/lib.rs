//! The module argument `lib`: nixpkgs' library, as far as it needs no packages, built into the program.
//!
//! The fixtures' small nixpkgs uses these files as its `lib` and holds their tests, so the reference Nix and this program
//! run the same text. A file is parsed when something in it is first used.
//!
//! Parts that depend on the nixpkgs release, or that only nixpkgs can decide, are left out. A name that is absent here is
//! unknown, not missing: nixpkgs may have it.

use std::cell::Cell;

use super::at_hand;
use crate::eval::{EvalResult, Evaluator, Primop, Suspend, Unknown, Value};
use crate::source::{Pos, Span};

/// The library's entry file. Messages show its files under this directory.
const ROOT: &str = "/container-rebuild/lib/default.nix";

macro_rules! texts {
    ($($name:literal)*) => {
        [$((concat!("/container-rebuild/lib/", $name, ".nix"), include_str!(concat!("lib/", $name, ".nix")))),*]
    };
}

const TEXTS: [(&str, &str); 47] = texts! {
    "asserts" "at-hand" "attrsets" "cli" "customisation" "debug" "default" "deprecated/misc" "derivations" "fetchers" "fileset"
    "filesystem" "fixed-points" "flakes" "generators" "gvariant" "kernel" "license-expressions" "licenses" "lists" "meta" "modules" "moved"
    "network" "options" "path" "properties" "source-types" "sources" "strings" "strings-with-deps"
    "systems/architectures" "systems/default" "systems/doubles" "systems/examples" "systems/flake-systems"
    "systems/inspect" "systems/parse" "trivial" "types/choices" "types/containers" "types/default" "types/making"
    "types/modules" "types/plain" "types/text" "versions"
};

/// Why a part of the library is unknown.
const UNKNOWN_PART: &str = "this part of `lib` is known only with nixpkgs";

/// Names whose values only nixpkgs knows.
const LEFT_OUT: [&str; 6] = ["__unfix__", "maintainers", "nixpkgsVersion", "teams", "version", "versionSuffix"];

/// Names in `lib.trivial` whose values only nixpkgs knows.
const LEFT_OUT_OF_TRIVIAL: [&str; 7] = [
    "codeName",
    "nixpkgsVersion",
    "oldestSupportedRelease",
    "release",
    "revisionWithDefault",
    "version",
    "versionSuffix",
];

/// Topics: sets of functions and tables to which nixpkgs may add names.
const TOPICS: [&str; 31] = [
    "asserts",
    "attrsets",
    "cli",
    "customisation",
    "debug",
    "derivations",
    "fetchers",
    "fileset",
    "filesystem",
    "fixedPoints",
    "generators",
    "gvariant",
    "kernel",
    "licenses",
    "licensesSpdx",
    "lists",
    "meta",
    "misc",
    "modules",
    "network",
    "options",
    "path",
    "platforms",
    "sourceTypes",
    "sources",
    "strings",
    "stringsWithDeps",
    "systems",
    "trivial",
    "types",
    "versions",
];

/// Sets inside topics to which nixpkgs may add names.
const WITHIN_TOPICS: [&str; 15] = [
    "abis",
    "architectures",
    "cpuTypes",
    "doubles",
    "examples",
    "inspect",
    "ints",
    "ipv6",
    "kernels",
    "licensesSpdx",
    "numbers",
    "parse",
    "patterns",
    "predicates",
    "vendors",
];

/// Evaluates the library.
pub(super) fn load<'e>(ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
    for (path, text) in TEXTS {
        ev.loader.embed(path, text);
    }
    at_hand::provide(ev, ev.heap.native(&LIBRARY, &[]));
    let lib = ev.import_at(ROOT, Pos::NONE)?;
    Ok(open(ev, lib))
}

/// Evaluates the library of nixpkgs' flake: extended by `overlay`, which adds `nixosSystem`.
pub(super) fn of_flake<'e>(ev: &mut Evaluator<'e>, overlay: Value<'e>) -> EvalResult<'e, Value<'e>> {
    let lib = ev.import_at(ROOT, Pos::NONE)?;
    extend(ev, &[lib, overlay], Pos::NONE)
}

static EXTEND: Primop = Primop { name: "extend", arity: 2, strict: 0, run: extend };

/// `lib.extend`
fn extend<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let extend = ev.select(args[0], "extend")?;
    let overlay = ev.heap.native(&OVERLAY, &[args[1]]);
    let extended = ev.call(extend, overlay, pos)?;
    Ok(open(ev, extended))
}

static OVERLAY: Primop = Primop { name: "overlay", arity: 3, strict: 0, run: overlay };

/// Passes `final` and `prev` to the overlay as open libraries, as everyone else sees them.
fn overlay<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (of, library) = (args[0], ev.heap.suspend(Opened { lib: args[1] }));
    let former = ev.heap.suspend(Opened { lib: args[2] });
    let function = ev.call(of, library, pos)?;
    ev.call(function, former, pos)
}

/// An open library, evaluated on demand.
struct Opened<'e> {
    lib: Value<'e>,
}

impl<'e> Suspend<'e> for Opened<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let lib = ev.force(self.lib)?;
        Ok(open(ev, lib))
    }
}

static LIBRARY: Primop = Primop { name: "library", arity: 1, strict: 0, run: library };

/// Opens the library that `evalModules` passes to modules.
fn library<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let lib = ev.force(args[0])?;
    Ok(open(ev, lib))
}

/// Opens the library: nixpkgs may have more names.
pub(super) fn open<'e>(ev: &Evaluator<'e>, lib: Value<'e>) -> Value<'e> {
    let Value::Attrs(attrs) = lib else { return lib };
    let rest = ev.heap.unknown_beyond(UNKNOWN_PART);
    let left_out = ev.heap.unknown(UNKNOWN_PART, Span::NONE);
    let mut parts = Vec::with_capacity(attrs.iter().len());
    for (name, value, pos) in attrs.iter() {
        let text = ev.heap.name(name);
        if LEFT_OUT.contains(&text) {
            parts.push((name, left_out, Pos::NONE));
            continue;
        }
        let value = match text {
            "extend" => ev.heap.native(&EXTEND, &[lib]),
            _ if TOPICS.contains(&text) => ev.heap.suspend(Topic { set: value, left_out: left_out_of(text), rest }),
            _ => value,
        };
        parts.push((name, value, pos));
    }
    ev.heap.open_attrs(parts, rest)
}

fn left_out_of(topic: &str) -> &'static [&'static str] {
    if topic == "trivial" { &LEFT_OUT_OF_TRIVIAL } else { &[] }
}

/// A topic of the library, opened on demand.
struct Topic<'e> {
    set: Value<'e>,
    left_out: &'static [&'static str],
    rest: &'e Unknown,
}

impl<'e> Suspend<'e> for Topic<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let set = ev.force(self.set)?;
        let Value::Attrs(attrs) = set else { return Ok(set) };
        let left_out = ev.heap.unknown(UNKNOWN_PART, Span::NONE);
        let this: &'e Cell<Value<'e>> = ev.heap.alloc(Cell::new(set));
        let parts: Vec<_> = attrs
            .iter()
            .map(|(name, value, pos)| {
                let text = ev.heap.name(name);
                let value = if self.left_out.contains(&text) {
                    left_out
                } else if text == "types" {
                    ev.heap.suspend(Itself { this })
                } else if WITHIN_TOPICS.contains(&text) {
                    ev.heap.suspend(Self { set: value, left_out: &[], rest: self.rest })
                } else {
                    value
                };
                (name, value, pos)
            })
            .collect();
        this.set(ev.heap.open_attrs(parts, self.rest));
        Ok(this.get())
    }
}

/// `lib.types.types`: the identical set, so that a recursive walk terminates.
struct Itself<'e> {
    this: &'e Cell<Value<'e>>,
}

impl<'e> Suspend<'e> for Itself<'e> {
    fn resume(&self, _: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        Ok(self.this.get())
    }
}
