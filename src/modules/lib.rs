//! The argument `lib`: nixpkgs' library as far as it needs no packages, built in.
//!
//! It is the library of the project's own small nixpkgs (`nix-fixtures/nixpkgs/lib`), where its tests are: one text for the
//! reference Nix and for us. A file of it is parsed when something of it is first asked for.
//!
//! What depends on the release of nixpkgs, or is nixpkgs' to decide, is left out of it here. A name that is not there is
//! unknown, not missing: nixpkgs may have it.

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

const TEXTS: [(&str, &str); 46] = texts! {
    "asserts" "at-hand" "attrsets" "cli" "customisation" "debug" "default" "deprecated/misc" "derivations" "fetchers" "fileset"
    "filesystem" "fixed-points" "flakes" "generators" "gvariant" "kernel" "licenses" "lists" "meta" "modules" "moved"
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

/// Topics that are sets of functions and tables, which nixpkgs may have more of. (`types` is not among them: below
/// `with lib; with types;` all names of `lib` would be unknown.)
const TOPICS: [&str; 20] = [
    "asserts",
    "attrsets",
    "cli",
    "customisation",
    "debug",
    "fetchers",
    "fileset",
    "filesystem",
    "fixedPoints",
    "generators",
    "gvariant",
    "licenses",
    "lists",
    "meta",
    "network",
    "path",
    "sources",
    "strings",
    "systems",
    "trivial",
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
    let extended = ev.call(extend, args[1], pos)?;
    Ok(open(ev, extended))
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
        let parts: Vec<_> = attrs
            .iter()
            .map(|(name, value, pos)| match self.left_out.contains(&ev.name(name)) {
                true => (name, left_out, pos),
                false => (name, value, pos),
            })
            .collect();
        Ok(ev.open_attrs(parts, self.rest))
    }
}
