//! The argument `lib`: the part of nixpkgs' library that configurations compute with, built in.
//!
//! It is the library of the project's own small nixpkgs (`nix-fixtures/nixpkgs/lib`), where its tests are. What depends on
//! the release of nixpkgs, or is nixpkgs' to decide, is left out of it here; a name that is not there is unknown.

use crate::eval::{EvalResult, Evaluator, Value};
use crate::source::Span;

/// Where the texts are, as far as messages are concerned.
const FOLDER: &str = "/container-rebuild/lib";

macro_rules! texts {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../nix-fixtures/nixpkgs/lib/", $name, ".nix")))),*]
    };
}

const TEXTS: [(&str, &str); 15] = texts! {
    "asserts" "attrsets" "debug" "default" "fixed-points" "generators" "lists" "meta" "modules" "options" "properties"
    "strings" "trivial" "types" "versions"
};

/// Names that are nixpkgs' own affair.
const LEFT_OUT: [&str; 3] = ["maintainers", "nixosSystem", "version"];

/// Evaluates the library.
pub(super) fn load<'e>(ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
    for (name, text) in TEXTS {
        ev.embed(&format!("{FOLDER}/{name}.nix"), text);
    }
    let lib = ev.import_at(&format!("{FOLDER}/default.nix"), crate::source::Pos::NONE)?;
    let Value::Attrs(attrs) = lib else { return Ok(lib) };
    let parts: Vec<_> = attrs.iter().filter(|(name, ..)| !LEFT_OUT.contains(&ev.name(*name))).collect();
    let rest = ev.unknown_reason("this part of `lib` is known only with nixpkgs", Span::NONE);
    Ok(ev.open_attrs(parts, rest))
}
