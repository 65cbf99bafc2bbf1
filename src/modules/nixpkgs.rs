//! Substitutes for nixpkgs: the flake input, `import <nixpkgs> { }`, and `lib.nixosSystem`, as far as they are built in.
//!
//! The placeholder path of its source cannot exist, so a printed value that contains it is recognised as unknown.

use super::{flake, lib, packages};
use crate::eval::{EvalResult, Evaluator, Primop, Suspend, Symbol, Value};
use crate::source::{Pos, Span};

/// The placeholder path of nixpkgs' source. Real hashes never contain an `e`.
pub(super) const SOURCE: &str = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-nixpkgs";
/// The attribute of a host that holds the arguments of `nixosSystem`.
pub(super) const ARGUMENTS: &str = crate::eval::KNOWN_BY;

/// Provides nixpkgs' `default.nix`, library and `eval-config.nix` at the placeholder path.
pub(super) fn provide<'e>(ev: &mut Evaluator<'e>, lib: Value<'e>) {
    let import = ev.heap.native(&PACKAGES, &[lib]);
    ev.loader.provide(SOURCE, import);
    ev.loader.provide(&format!("{SOURCE}/default.nix"), import);
    let system = ev.heap.native(&NIXOS_SYSTEM, &[lib]);
    for file in ["lib", "lib/default.nix"] {
        ev.loader.provide(&format!("{SOURCE}/{file}"), lib);
    }
    let nixos = ev.heap.native(&NIXOS, &[lib]);
    ev.loader.provide_within("nixos/lib/eval-config.nix", system);
    ev.loader.provide_within("nixos/default.nix", nixos);
    for file in ["nixos", "nixos/default.nix"] {
        ev.loader.provide(&format!("{SOURCE}/{file}"), nixos);
    }
    ev.loader.provide(&format!("{SOURCE}/nixos/lib/eval-config.nix"), system);
    let get_flake = ev.heap.native(&flake::GET_FLAKE, &[lib]);
    ev.provide_flakes(get_flake);
    ev.loader.set_stand_in("nixpkgs", SOURCE);
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
    let path = ev.heap.string(source.unwrap_or(SOURCE));
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
        let platform = packages::platform(ev, self.system);
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
    let platform = packages::platform(ev, system);
    let overlay = ev.heap.native(&WITH_SYSTEM, &[]);
    let lib = lib::of_flake(ev, overlay)?;
    Ok(packages::set(ev, lib, system, platform))
}

static NIXOS_SYSTEM: Primop = Primop { name: "nixosSystem", arity: 2, strict: 0, run: nixos_system };
static EXTEND_MODULES: Primop = Primop { name: "extendModules", arity: 3, strict: 0, run: extend_modules };

/// `lib.nixosSystem { modules = …; }`: returns a host, which is evaluated when its configuration is read.
fn nixos_system<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (lib, given) = (ev.force(args[0])?, ev.force(args[1])?);
    if let Value::Unknown(_) = given {
        return Ok(given);
    }
    let Value::Attrs(arguments) = given else { return Err(ev.type_error("a set", given, pos)) };
    // Modules also see extensions of the library.
    let lib = match arguments.get(ev.heap.symbol("lib")) {
        Some(lib) => ev.force(lib)?,
        None => lib::open(ev, lib),
    };
    let host: &'e Host<'e> = ev.heap.alloc(Host { lib, arguments: given });
    let rest = ev.heap.unknown_reason("a part of a NixOS system", Span::NONE);
    let extend = ev.heap.native(&EXTEND_MODULES, &[lib, given]);
    Ok(ev.heap.open_attrs(
        [
            (ev.heap.symbol("_type"), ev.heap.string("configuration"), Pos::NONE),
            (ev.heap.symbol(ARGUMENTS), given, Pos::NONE),
            (ev.heap.symbol("config"), ev.heap.suspend(Part { host, part: "config" }), Pos::NONE),
            (ev.heap.symbol("options"), ev.heap.suspend(Part { host, part: "options" }), Pos::NONE),
            (ev.heap.symbol("pkgs"), ev.heap.suspend(Part { host, part: "pkgs" }), Pos::NONE),
            (ev.heap.symbol("lib"), lib, Pos::NONE),
            (ev.heap.symbol("extendModules"), extend, Pos::NONE),
        ],
        rest,
    ))
}

/// Returns `lib.nixosSystem` for the given library.
pub(super) fn nixos_system_function<'e>(ev: &Evaluator<'e>, lib: Value<'e>) -> Value<'e> {
    ev.heap.native(&NIXOS_SYSTEM, &[lib])
}

static NIXOS: Primop = Primop { name: "nixos", arity: 2, strict: 0, run: nixos };

/// `import <nixpkgs/nixos> { configuration = …; }`: returns a host with one module, by default `<nixos-config>`.
fn nixos<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let given = match ev.force(args[1])? {
        Value::Attrs(given) => given,
        unknown @ Value::Unknown(_) => return Ok(unknown),
        other => return Err(ev.type_error("a set", other, pos)),
    };
    let configuration = match given.get(ev.heap.symbol("configuration")) {
        Some(configuration) => configuration,
        None => ev.eval_text("/container-rebuild/nixos-config.nix", "<nixos-config>")?,
    };
    let kept = ["system", "specialArgs"].map(|name| ev.heap.symbol(name));
    let kept = given.iter().filter(|(name, ..)| kept.contains(name));
    let modules = (ev.heap.symbol("modules"), ev.heap.list([configuration]), Pos::NONE);
    let arguments = ev.heap.attrs(kept.chain([modules]).collect::<Vec<_>>());
    nixos_system(ev, &[args[0], arguments], pos)
}

/// `pkgs.nixos`: returns a host with one module, or a list of modules.
pub(super) static NIXOS_OF_PACKAGES: Primop = Primop { name: "nixos", arity: 3, strict: 0, run: nixos_of_packages };

fn nixos_of_packages<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let modules = match ev.force_partly(args[2])? {
        list @ (Value::List(_) | Value::PartialList(_)) => list,
        module => ev.heap.list([module]),
    };
    let arguments = ev
        .heap
        .attrs([(ev.heap.symbol("modules"), modules, Pos::NONE), (ev.heap.symbol("system"), args[1], Pos::NONE)]);
    nixos_system(ev, &[args[0], arguments], pos)
}

/// `extendModules { modules = …; specialArgs = …; }` of a host.
fn extend_modules<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (given, more) = (ev.force(args[1])?, ev.force(args[2])?);
    let (Value::Attrs(given), Value::Attrs(more)) = (given, more) else {
        return Ok(ev.heap.unknown("a host that is extended by something unknown", Span::NONE));
    };
    let (modules, special) = (ev.heap.symbol("modules"), ev.heap.symbol("specialArgs"));
    let mut items = Vec::new();
    for set in [given, more] {
        match set.get(modules).map(|value| ev.force(value)).transpose()? {
            Some(Value::List(list)) => items.extend(list.iter()),
            Some(other) => items.push(other),
            None => {}
        }
    }
    let mut special_args: Vec<(crate::eval::Symbol, Value<'e>, Pos)> = Vec::new();
    for set in [more, given] {
        if let Some(Value::Attrs(attrs)) = set.get(special).map(|value| ev.force(value)).transpose()? {
            for part in attrs.iter() {
                if !special_args.iter().any(|(name, ..)| *name == part.0) {
                    special_args.push(part);
                }
            }
        }
    }
    let kept = given.iter().filter(|(name, ..)| *name != modules && *name != special);
    let parts: Vec<_> = kept
        .chain([(modules, ev.heap.list(items), Pos::NONE), (special, ev.heap.attrs(special_args), Pos::NONE)])
        .collect();
    let extended = ev.heap.attrs(parts);
    nixos_system(ev, &[args[0], extended], pos)
}

/// A host of a flake.
pub(super) struct Host<'e> {
    pub(super) lib: Value<'e>,
    /// The arguments of `nixosSystem`.
    pub(super) arguments: Value<'e>,
}

/// An attribute of a host that other parts of the flake read.
struct Part<'e> {
    host: &'e Host<'e>,
    part: &'static str,
}

impl<'e> Suspend<'e> for Part<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let (context, config) = super::system(ev, self.host)?;
        match self.part {
            "config" => Ok(config),
            "pkgs" => packages::packages(ev, context),
            _ => match context.host.get().and_then(|scope| scope.options.get()) {
                Some(options) => ev.force(options),
                None => Ok(ev.heap.unknown("the options of a host", Span::NONE)),
            },
        }
    }
}
