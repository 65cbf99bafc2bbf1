//! How a built-in function is declared: once, with everything that is known of it.

use crate::eval::native::Primop;

/// A built-in function and where its name is visible.
pub(super) struct Builtin {
    pub(super) primop: Primop,
    /// Whether its name is global. Otherwise only its name after `__` is.
    pub(super) global: bool,
    /// Whether it reads something that its code does not name: its result may differ from run to run.
    pub(super) reads: bool,
}

/// Declares the built-in functions of a topic: `SCOPE "name" (argument: STRICTNESS, …) reads? => implementation;`.
///
/// SCOPE is `global`, or `prefixed` if the function is global only with a `__` prefix. STRICTNESS is `strict` if the
/// function evaluates the argument before it does anything else: the first one it evaluates, and the next one if
/// nothing can fail in between. Other arguments are `lazy`. `reads` marks those that read files, the environment or the
/// network.
macro_rules! primops {
    (@global global) => { true };
    (@global prefixed) => { false };
    (@reads) => { false };
    (@reads reads) => { true };
    (@strict strict) => { true };
    (@strict lazy) => { false };
    ($($scope:ident $name:literal ($($argument:ident: $strictness:ident),+) $($reads:ident)? => $run:path;)+) => {
        pub(super) static BUILTINS: &[$crate::eval::builtins::declare::Builtin] = &[
            $({
                const STRICT: &[bool] = &[$($crate::eval::builtins::declare::primops!(@strict $strictness)),+];
                $crate::eval::builtins::declare::Builtin {
                    primop: $crate::eval::native::Primop {
                        name: $name,
                        arity: STRICT.len(),
                        strict: $crate::eval::builtins::declare::mask(STRICT),
                        run: $run,
                    },
                    global: $crate::eval::builtins::declare::primops!(@global $scope),
                    reads: $crate::eval::builtins::declare::primops!(@reads $($reads)?),
                }
            }),+
        ];
    };
}
pub(super) use primops;

/// The bits of [`Primop::strict`].
pub(super) const fn mask(strict: &[bool]) -> u8 {
    let (mut mask, mut at) = (0, 0);
    while at < strict.len() {
        mask |= (strict[at] as u8) << at;
        at += 1;
    }
    mask
}
