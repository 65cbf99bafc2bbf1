//! The argument `lib`: nixpkgs' library as far as it needs no packages, built in.
//!
//! It is the library of the project's own small nixpkgs (`nix-fixtures/nixpkgs/lib`), where its tests are: one text for the
//! reference Nix and for us. A file of it is parsed when something of it is first asked for.
//!
//! What depends on the release of nixpkgs, or is nixpkgs' to decide, is left out of it here. A name that is not there is
//! unknown, not missing: nixpkgs may have it.

use std::cell::Cell;

use super::at_hand;
use crate::eval::{EvalResult, Evaluator, Primop, Suspend, Unknown, Value};
use crate::source::{Pos, Span};

/// The file that gives the library. Texts have paths under its directory, as far as messages are concerned.
const ROOT: &str = "/container-rebuild/lib/default.nix";

/// Whether a place is in `lib`, where nobody can change anything.
pub(super) fn is_built_in(ev: &Evaluator<'_>, pos: Pos) -> bool {
    ev.sources().file(pos).is_some_and(|file| file.path.starts_with("/container-rebuild"))
}

macro_rules! texts {
    ($($name:literal)*) => {
        [$((concat!("/container-rebuild/lib/", $name, ".nix"), include_str!(concat!("../../nix-fixtures/nixpkgs/lib/", $name, ".nix")))),*]
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

/// Why a part of it is unknown.
const UNKNOWN_PART: &str = "this part of `lib` is known only with nixpkgs";

/// Names that are nixpkgs' own affair.
const LEFT_OUT: [&str; 6] = ["__unfix__", "maintainers", "nixpkgsVersion", "teams", "version", "versionSuffix"];

/// The same of `lib.trivial`.
const LEFT_OUT_OF_TRIVIAL: [&str; 7] = [
    "codeName",
    "nixpkgsVersion",
    "oldestSupportedRelease",
    "release",
    "revisionWithDefault",
    "version",
    "versionSuffix",
];

/// Topics that are sets of functions and tables, which nixpkgs may have more of.
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

/// Sets within topics, of which the same is true.
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
        ev.embed(path, text);
    }
    at_hand::provide(ev);
    let lib = ev.import_at(ROOT, Pos::NONE)?;
    Ok(open(ev, lib))
}

/// The library of nixpkgs' flake, which has `nixosSystem` too, whatever extends it.
pub(super) fn of_flake<'e>(ev: &mut Evaluator<'e>, overlay: Value<'e>) -> EvalResult<'e, Value<'e>> {
    let lib = ev.import_at(ROOT, Pos::NONE)?;
    extend(ev, &[lib, overlay], Pos::NONE)
}

static EXTEND: Primop = Primop { name: "extend", arity: 2, strict: 0, run: extend };

/// `lib.extend`
fn extend<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let extend = ev.select(args[0], "extend")?;
    let overlay = ev.native(&OVERLAY, &[args[1]]);
    let extended = ev.call(extend, overlay, pos)?;
    Ok(open(ev, extended))
}

static OVERLAY: Primop = Primop { name: "overlay", arity: 3, strict: 0, run: overlay };

/// What extends the library sees it as everybody does, before and after.
fn overlay<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (of, library) = (args[0], ev.suspend(Opened { lib: args[1] }));
    let former = ev.suspend(Opened { lib: args[2] });
    let function = ev.call(of, library, pos)?;
    ev.call(function, former, pos)
}

/// The library that is yet to be evaluated.
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

/// The library as modules get it that it evaluates itself.
fn library<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let lib = ev.force(args[0])?;
    Ok(open(ev, lib))
}

/// [`library`], for the library to call.
pub(super) fn library_function<'e>(ev: &Evaluator<'e>) -> Value<'e> {
    ev.native(&LIBRARY, &[])
}

/// The library, which nixpkgs may have more of.
pub(super) fn open<'e>(ev: &Evaluator<'e>, lib: Value<'e>) -> Value<'e> {
    let Value::Attrs(attrs) = lib else { return lib };
    let rest = ev.unknown_beyond(UNKNOWN_PART);
    let left_out = ev.unknown(UNKNOWN_PART, Span::NONE);
    let mut parts = Vec::with_capacity(attrs.iter().len());
    for (name, value, pos) in attrs.iter() {
        let text = ev.name(name);
        if LEFT_OUT.contains(&text) {
            parts.push((name, left_out, Pos::NONE));
            continue;
        }
        let value = match text {
            "extend" => ev.native(&EXTEND, &[lib]),
            _ if TOPICS.contains(&text) => ev.suspend(Topic { set: value, left_out: left_out_of(text), rest }),
            _ => value,
        };
        parts.push((name, value, pos));
    }
    ev.open_attrs(parts, rest)
}

fn left_out_of(topic: &str) -> &'static [&'static str] {
    if topic == "trivial" { &LEFT_OUT_OF_TRIVIAL } else { &[] }
}

/// A topic of the library, which may have more names than these.
struct Topic<'e> {
    set: Value<'e>,
    left_out: &'static [&'static str],
    rest: &'e Unknown,
}

impl<'e> Suspend<'e> for Topic<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let set = ev.force(self.set)?;
        let Value::Attrs(attrs) = set else { return Ok(set) };
        let left_out = ev.unknown(UNKNOWN_PART, Span::NONE);
        let this: &'e Cell<Value<'e>> = ev.alloc(Cell::new(set));
        let parts: Vec<_> = attrs
            .iter()
            .map(|(name, value, pos)| {
                let text = ev.name(name);
                let value = if self.left_out.contains(&text) {
                    left_out
                } else if text == "types" {
                    ev.suspend(Itself { this })
                } else if WITHIN_TOPICS.contains(&text) {
                    ev.suspend(Self { set: value, left_out: &[], rest: self.rest })
                } else {
                    value
                };
                (name, value, pos)
            })
            .collect();
        this.set(ev.open_attrs(parts, self.rest));
        Ok(this.get())
    }
}

/// `lib.types.types`: the very same set, so that who walks along it comes to an end.
struct Itself<'e> {
    this: &'e Cell<Value<'e>>,
}

impl<'e> Suspend<'e> for Itself<'e> {
    fn resume(&self, _: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        Ok(self.this.get())
    }
}
