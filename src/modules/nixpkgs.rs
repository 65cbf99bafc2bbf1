//! Substitutes for nixpkgs: the flake input, `import <nixpkgs> { }`, and its files, as far as they are built in.

use super::placeholder::NIXPKGS;
use super::system::{NIXOS, NIXOS_SYSTEM};
use super::{lib, packages, platform};
use crate::eval::{EvalResult, Evaluator, Primop, Suspend, Symbol, Value};
use crate::source::{Pos, Span};

/// Provides nixpkgs' `default.nix`, library and `eval-config.nix` at the placeholder path.
pub(super) fn provide<'e>(ev: &mut Evaluator<'e>, lib: Value<'e>) {
    let import = ev.heap.native(&PACKAGES, &[lib]);
    ev.loader.provide(NIXPKGS, import);
    ev.loader.provide(&format!("{NIXPKGS}/default.nix"), import);
    let system = ev.heap.native(&NIXOS_SYSTEM, &[lib]);
    for file in ["lib", "lib/default.nix"] {
        ev.loader.provide(&format!("{NIXPKGS}/{file}"), lib);
    }
    let nixos = ev.heap.native(&NIXOS, &[lib]);
    ev.loader.provide_within("nixos/lib/eval-config.nix", system);
    ev.loader.provide_within("nixos/default.nix", nixos);
    for file in ["nixos", "nixos/default.nix"] {
        ev.loader.provide(&format!("{NIXPKGS}/{file}"), nixos);
    }
    ev.loader.provide(&format!("{NIXPKGS}/nixos/lib/eval-config.nix"), system);
    ev.loader.set_stand_in("nixpkgs", NIXPKGS);
}

/// Builds the flake input `nixpkgs`; `source` is its directory, if it exists locally.
pub(super) fn flake<'e>(
    ev: &mut Evaluator<'e>,
    source: Option<&str>,
    locked: impl IntoIterator<Item = (Symbol, Value<'e>, Pos)>,
) -> EvalResult<'e, Value<'e>> {
    let overlay = ev.heap.native(&WITH_SYSTEM, &[]);
    let of_flake = lib::of_flake(ev, overlay)?;
    let rest = ev.heap.unknown_reason("a part of nixpkgs, which is not here", Span::NONE);
    let systems = ["x86_64-linux", "aarch64-linux", "i686-linux", "armv7l-linux", "riscv64-linux"];
    let packages: Vec<_> = systems
        .iter()
        .map(|system| {
            let system = ev.heap.string(system);
            (ev.heap.symbol(&text(system)), ev.heap.suspend(PackagesOf { lib: of_flake, system }), Pos::NONE)
        })
        .collect();
    let packages = ev.heap.open_attrs(packages, rest);
    let path = ev.heap.string(source.unwrap_or(NIXPKGS));
    let locked: Vec<_> = locked.into_iter().collect();
    let out_path = (ev.heap.symbol("outPath"), path, Pos::NONE);
    let source_info = ev.heap.open_attrs(locked.iter().copied().chain([out_path]), rest);
    Ok(ev.heap.open_attrs(
        [
            (ev.heap.symbol("_type"), ev.heap.string("flake"), Pos::NONE),
            (ev.heap.symbol("lib"), of_flake, Pos::NONE),
            (ev.heap.symbol("legacyPackages"), packages, Pos::NONE),
            (ev.heap.symbol("outPath"), path, Pos::NONE),
            (ev.heap.symbol("sourceInfo"), source_info, Pos::NONE),
        ]
        .into_iter()
        .chain(locked),
        rest,
    ))
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::String(text) => text.to_str_lossy().into_owned(),
        _ => String::new(),
    }
}

static WITH_SYSTEM: Primop = Primop { name: "nixosSystem", arity: 2, strict: 0, run: with_system };

/// The overlay with which nixpkgs' flake extends its library: `final: prev: { nixosSystem = …; }`. Modules see the extended
/// library.
fn with_system<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let system = ev.heap.native(&NIXOS_SYSTEM, &[args[0]]);
    Ok(ev.heap.attrs([(ev.heap.symbol("nixosSystem"), system, Pos::NONE)]))
}

struct PackagesOf<'e> {
    lib: Value<'e>,
    system: Value<'e>,
}

impl<'e> Suspend<'e> for PackagesOf<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let platform = platform::elaborate(ev, self.system);
        Ok(packages::set(ev, self.lib, self.system, platform))
    }
}

static PACKAGES: Primop = Primop { name: "nixpkgs", arity: 2, strict: 0, run: import_packages };

/// `import nixpkgs { system = …; }`
fn import_packages<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let unknown = Value::Unknown(ev.heap.known_after_build("pkgs.stdenv.hostPlatform.system"));
    let mut system = unknown;
    if let Value::Attrs(given) = ev.force(args[1])? {
        for name in ["system", "localSystem"] {
            let Some(value) = given.get(ev.heap.symbol(name)) else { continue };
            system = match ev.force(value)? {
                name @ (Value::String(_) | Value::Unknown(_)) => name,
                Value::Attrs(attrs) => attrs.get(ev.heap.symbol("system")).unwrap_or(unknown),
                _ => unknown,
            };
        }
    }
    let system = ev.force(system)?;
    let platform = platform::elaborate(ev, system);
    let overlay = ev.heap.native(&WITH_SYSTEM, &[]);
    let lib = lib::of_flake(ev, overlay)?;
    Ok(packages::set(ev, lib, system, platform))
}
