//! The functions by which the types of `lib.types` are recognised.

use crate::eval::{CodeId, EvalResult, Evaluator, Value};
use crate::source::Pos;

/// The functions that identify `lib`'s types.
#[derive(Default)]
pub(super) struct Prototypes<'e> {
    pub(super) types: Vec<(Prototype, CodeId<'e>, Option<CodeId<'e>>)>,
}

/// A type that can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prototype {
    Equal,
    One,
    Joined,
    NullOr,
    Either,
    ListOf,
    AttrsOf,
    LazyAttrsOf,
    Submodule,
    Anything,
}

/// An expression for a type of each kind.
const EXAMPLES: [(Prototype, &str); 10] = [
    (Prototype::Equal, "types.str"),
    (Prototype::One, "types.raw"),
    (Prototype::Joined, "types.separatedString \",\""),
    (Prototype::NullOr, "types.nullOr types.str"),
    (Prototype::Either, "types.either types.str types.str"),
    (Prototype::ListOf, "types.listOf types.str"),
    (Prototype::AttrsOf, "types.attrsOf types.str"),
    (Prototype::LazyAttrsOf, "types.lazyAttrsOf types.str"),
    (Prototype::Submodule, "types.submodule { }"),
    (Prototype::Anything, "types.anything"),
];

impl<'e> Prototypes<'e> {
    pub(super) fn of_lib(ev: &mut Evaluator<'e>, lib: Value<'e>) -> EvalResult<'e, Self> {
        let mut prototypes = Self::default();
        for (prototype, example) in EXAMPLES {
            let text = format!("{{ types }}: {example}");
            let file = format!("/container-rebuild/types/{prototype:?}.nix");
            let function = ev.eval_text(&file, &text)?;
            let types = ev.select(lib, "types")?;
            let argument = ev.heap.attrs([(ev.heap.symbol("types"), types, Pos::NONE)]);
            // A `lib` may lack some of these types.
            let Ok(example) = ev.call(function, argument, Pos::NONE) else { continue };
            let (Ok(merge), Ok(check)) = (ev.select(example, "merge"), ev.select(example, "check")) else {
                continue;
            };
            if let Some(merge) = merge.code_id() {
                prototypes.types.push((prototype, merge, check.code_id()));
            }
        }
        Ok(prototypes)
    }
}
