//! Third-party flakes that are known without their sources, as far as hosts are defined with them.
//!
//! Their functions are written in Nix (`known/`); everything else in them is unknown.

use super::{at_hand, embedded, system};
use crate::eval::{EvalResult, Evaluator, Primop, Value};
use crate::source::{Pos, Span};

/// A third-party flake with a built-in substitute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// `github:hercules-ci/flake-parts`
    FlakeParts,
    /// `github:zhaofengli/colmena`
    Colmena,
}

const FLAKE_PARTS: (&str, &str) =
    ("/container-rebuild/known/flake-parts.nix", include_str!("known/flake-parts.nix"));
const COLMENA: (&str, &str) = ("/container-rebuild/known/colmena.nix", include_str!("known/colmena.nix"));

impl Known {
    /// Returns the flake whose repository has this name.
    pub(super) fn named(repository: &str) -> Option<Self> {
        match repository {
            "flake-parts" => Some(Self::FlakeParts),
            "colmena" => Some(Self::Colmena),
            _ => None,
        }
    }

    /// Builds the substitute.
    pub(super) fn value<'e>(self, ev: &mut Evaluator<'e>, lib: Value<'e>) -> EvalResult<'e, Value<'e>> {
        let rest = ev.heap.unknown_reason(&format!("a part of {self:?}, which is not here"), Span::NONE);
        let parts = match self {
            Self::FlakeParts => {
                let function = embedded::import(ev, FLAKE_PARTS)?;
                let opened = (ev.heap.symbol("opened"), at_hand::opened_as_function(ev), Pos::NONE);
                let arguments = ev.heap.attrs([(ev.heap.symbol("lib"), lib, Pos::NONE), opened]);
                match ev.call(function, arguments, Pos::NONE)? {
                    Value::Attrs(attrs) => attrs.iter().collect::<Vec<_>>(),
                    other => return Ok(other),
                }
            }
            Self::Colmena => {
                let make = ev.heap.native(&MAKE_HIVE, &[lib]);
                let functions = ev.heap.attrs([(ev.heap.symbol("makeHive"), make, Pos::NONE)]);
                vec![(ev.heap.symbol("lib"), functions, Pos::NONE)]
            }
        };
        let mut open = Vec::with_capacity(parts.len() + 1);
        for (name, value, pos) in parts {
            let value = match ev.force(value)? {
                Value::Attrs(attrs) => ev.heap.open_attrs(attrs.iter().collect::<Vec<_>>(), rest),
                other => other,
            };
            open.push((name, value, pos));
        }
        open.push((ev.heap.symbol("_type"), ev.heap.string("flake"), Pos::NONE));
        Ok(ev.heap.open_attrs(open, rest))
    }
}

static MAKE_HIVE: Primop = Primop { name: "makeHive", arity: 2, strict: 0, run: make_hive };

/// `colmena.lib.makeHive`: returns a set with the hosts in `nodes`.
fn make_hive<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let nodes = nodes(ev, args[0], args[1])?;
    let rest = ev.heap.unknown_reason("a part of a hive", Span::NONE);
    Ok(ev.heap.open_attrs([(ev.heap.symbol("nodes"), nodes, Pos::NONE)], rest))
}

/// Returns the nodes of a hive, each a host.
pub(super) fn nodes<'e>(ev: &mut Evaluator<'e>, lib: Value<'e>, hive: Value<'e>) -> EvalResult<'e, Value<'e>> {
    let function = embedded::import(ev, COLMENA)?;
    let system = system::nixos_system_function(ev, lib);
    let arguments = ev
        .heap
        .attrs([(ev.heap.symbol("lib"), lib, Pos::NONE), (ev.heap.symbol("nixosSystem"), system, Pos::NONE)]);
    let of_hive = ev.call(function, arguments, Pos::NONE)?;
    ev.call(of_hive, hive, Pos::NONE)
}
