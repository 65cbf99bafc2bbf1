//! NixOS systems: `lib.nixosSystem` and the other functions that make one, and the evaluation of its configuration.

use super::embedded::is_built_in;
use super::load::{self, Source};
use super::path::Path;
use super::scope::{Context, Scope, ScopeOwner};
use super::{declarations, lib, option, submodule};
use crate::eval::{EvalResult, Evaluator, KNOWN_BY, Primop, Suspend, Symbol, Value};
use crate::source::{Pos, Span};

/// The attribute of a host that holds the arguments of `nixosSystem`.
pub(super) const ARGUMENTS: &str = KNOWN_BY;

pub(super) static NIXOS_SYSTEM: Primop = Primop { name: "nixosSystem", arity: 2, strict: 0, run: nixos_system };

/// `lib.nixosSystem { modules = …; }`: returns a host, which is evaluated when its configuration is read.
fn nixos_system<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (lib, given) = (ev.force(args[0])?, ev.force(args[1])?);
    if let Value::Unknown(_) = given {
        return Ok(given);
    }
    let Value::Attrs(arguments) = given else { return Err(ev.report.type_error(&ev.heap, "a set", given, pos)) };
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

pub(super) static NIXOS: Primop = Primop { name: "nixos", arity: 2, strict: 0, run: nixos };

/// `import <nixpkgs/nixos> { configuration = …; }`: returns a host with one module, by default `<nixos-config>`.
fn nixos<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let given = match ev.force(args[1])? {
        Value::Attrs(given) => given,
        unknown @ Value::Unknown(_) => return Ok(unknown),
        other => return Err(ev.report.type_error(&ev.heap, "a set", other, pos)),
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
    let modules = match ev.force_partial(args[2])? {
        list @ (Value::List(_) | Value::PartialList(_)) => list,
        module => ev.heap.list([module]),
    };
    let arguments = ev
        .heap
        .attrs([(ev.heap.symbol("modules"), modules, Pos::NONE), (ev.heap.symbol("system"), args[1], Pos::NONE)]);
    nixos_system(ev, &[args[0], arguments], pos)
}

static EXTEND_MODULES: Primop = Primop { name: "extendModules", arity: 3, strict: 0, run: extend_modules };

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
    let mut special_args: Vec<(Symbol, Value<'e>, Pos)> = Vec::new();
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
        let (context, config) = evaluate(ev, self.host)?;
        match self.part {
            "config" => Ok(config),
            "pkgs" => context.packages(ev),
            _ => match context.host.get().and_then(|scope| scope.options.get()) {
                Some(options) => ev.force(options),
                None => Ok(ev.heap.unknown("the options of a host", Span::NONE)),
            },
        }
    }
}

/// Evaluates the configuration of a flake's host.
pub(super) fn evaluate<'e>(
    ev: &mut Evaluator<'e>,
    host: &Host<'e>,
) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let Value::Attrs(arguments) = ev.force(host.arguments)? else {
        return Err(ev.report.type_error(&ev.heap, "a set", host.arguments, Pos::NONE));
    };
    let argument = |name: &str| arguments.get(ev.heap.symbol(name));
    let with_pos = |name: &str| {
        let at = arguments.position(ev.heap.symbol(name)).filter(|at| !is_built_in(ev, *at));
        argument(name).map(|modules| (modules, at.unwrap_or(Pos::NONE)))
    };
    let (modules, extra, given) = (with_pos("modules"), with_pos("extraModules"), argument("pkgs"));
    let (special, system, extra_args) = (argument("specialArgs"), argument("system"), argument("extraArgs"));
    let mut sources = Vec::new();
    // The same order as in `eval-config.nix`.
    for (modules, at) in [extra, modules].into_iter().flatten() {
        match ev.force_partial(modules)? {
            list @ (Value::List(_) | Value::PartialList(_)) => sources.extend(Source::list(list, at)),
            unknown @ Value::Unknown(_) => sources.push(Source::import(unknown, at)),
            other => return Err(ev.report.type_error(&ev.heap, "a list of modules", other, at)),
        }
    }
    // `extraArgs`: the way to pass arguments to modules before `specialArgs` existed.
    if let Some(arguments) = extra_args {
        let arguments = ev.heap.attrs([(ev.heap.symbol("args"), arguments, Pos::NONE)]);
        let module = ev.heap.attrs([(ev.heap.symbol("_module"), arguments, Pos::NONE)]);
        sources.push(Source::import(module, Pos::NONE));
    }
    let mut context = Context::new(host.lib, system);
    context.given = match given.map(|packages| ev.force(packages)).transpose()? {
        Some(Value::Null) | None => None,
        given => given,
    };
    configuration(ev, context, &sources, special)
}

pub(super) fn configuration<'e>(
    ev: &mut Evaluator<'e>,
    context: Context<'e>,
    modules: &[Source<'e>],
    special: Option<Value<'e>>,
) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let table = option::table(ev, &declarations::HOST);
    let context: &'e Context<'e> = ev.heap.alloc(context);
    let mut scope = Scope::new(context, ScopeOwner::Host, Path::ROOT);
    scope.special = special;
    let scope: &'e Scope<'e> = ev.heap.alloc(scope);
    let _ = context.host.set(scope);
    let modules = load::load(ev, scope, modules)?;
    let config = submodule::whole(ev, scope, Some(table), modules)?;
    // Modules see this exact set, and the fingerprint of a guest recognises it by identity.
    let seen = scope.config.get().unwrap_or(config);
    Ok((context, ev.force(seen)?))
}
