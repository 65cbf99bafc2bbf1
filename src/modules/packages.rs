//! The argument `pkgs` without nixpkgs: what it is made of is unknown, but not all that is said of it.
//!
//! `pkgs.lib` is `lib`, a host runs Linux, and its platform is what the configuration says. Packages are unknown values
//! that depend on nothing but their name.

use std::cell::Cell;

use super::context::Context;
use super::defaults::host_option;
use super::nixpkgs;
use crate::eval::{EvalResult, Evaluator, Primop, Suspend, Value};
use crate::source::{Pos, Span};

/// The argument `pkgs` of a host.
pub(super) fn packages<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> Value<'e> {
    if let Some(packages) = context.packages.get() {
        return packages;
    }
    let platform = ev.suspend(Platform { context });
    let system = ev.suspend(System { context });
    let packages = set(ev, context.lib, system, platform);
    context.packages.set(Some(packages));
    packages
}

/// A set of packages for a platform.
pub(super) fn set<'e>(ev: &Evaluator<'e>, lib: Value<'e>, system: Value<'e>, platform: Value<'e>) -> Value<'e> {
    let rest = ev.known_after_build("pkgs");
    let stdenv_rest = ev.known_after_build("pkgs.stdenv");
    let stdenv = ev.open_attrs(
        [
            (ev.symbol("hostPlatform"), platform, Pos::NONE),
            (ev.symbol("targetPlatform"), platform, Pos::NONE),
            (ev.symbol("system"), system, Pos::NONE),
            (ev.symbol("isLinux"), Value::Bool(true), Pos::NONE),
            (ev.symbol("isDarwin"), Value::Bool(false), Pos::NONE),
        ],
        stdenv_rest,
    );
    let nixos = ev.native(&nixpkgs::NIXOS_OF_PACKAGES, &[lib, system]);
    let parts = [
        (ev.symbol("nixos"), nixos, Pos::NONE),
        (ev.symbol("path"), ev.path(nixpkgs::SOURCE), Pos::NONE),
        (ev.symbol("_type"), ev.string("pkgs"), Pos::NONE),
        (ev.symbol("lib"), lib, Pos::NONE),
        (ev.symbol("stdenv"), stdenv, Pos::NONE),
        (ev.symbol("hostPlatform"), platform, Pos::NONE),
        (ev.symbol("system"), system, Pos::NONE),
    ];
    // What calls a function of the configuration's own with packages gives what that gives.
    let call_package = ev.native(&CALL_PACKAGE, &[ev.open_attrs(parts, rest)]);
    // The very same set, so that who walks along it comes to an end.
    let this: &'e Cell<Value<'e>> = ev.alloc(Cell::new(Value::Null));
    let itself = ev.suspend(Itself { this });
    let more = [(ev.symbol("callPackage"), call_package, Pos::NONE), (ev.symbol("pkgs"), itself, Pos::NONE)];
    this.set(ev.open_attrs(parts.into_iter().chain(more), rest));
    this.get()
}

/// `pkgs.pkgs`
struct Itself<'e> {
    this: &'e Cell<Value<'e>>,
}

impl<'e> Suspend<'e> for Itself<'e> {
    fn resume(&self, _: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        Ok(self.this.get())
    }
}

static CALL_PACKAGE: Primop = Primop { name: "callPackage", arity: 3, strict: 0, run: call_package };

/// `callPackage`: a function, or a file that has one, called with what it asks for. What it gives can be overridden in
/// nixpkgs; that is not known here.
fn call_package<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (packages, given) = (ev.force(args[0])?, ev.force(args[2])?);
    let mut function = ev.force(args[1])?;
    if let Some(path) = ev.path_text(function)? {
        function = ev.import_at(&path, pos)?;
    }
    let (Value::Attrs(given), Value::Lambda(_)) = (given, function) else {
        return Ok(ev.unknown("a package", ev.word_span(pos)));
    };
    let mut arguments: Vec<_> = given.iter().collect();
    for (name, _) in ev.formals(function) {
        if arguments.iter().any(|(known, ..)| *known == name) {
            continue;
        }
        let Value::Attrs(attrs) = packages else { continue };
        match attrs.get(name) {
            Some(value) => arguments.push((name, value, Pos::NONE)),
            // A default counts only where there is no such package, which is not known.
            None => {
                let unknown = ev.known_after_build(&format!("pkgs.{}", ev.name(name)));
                arguments.push((name, Value::Unknown(unknown), Pos::NONE));
            }
        }
    }
    let arguments = match given.rest() {
        Some(rest) => ev.open_attrs(arguments, rest),
        None => ev.attrs(arguments),
    };
    let result = ev.call(function, arguments, pos)?;
    match result {
        Value::Attrs(attrs) => {
            let rest = ev.unknown_reason("what `callPackage` adds to it", Span::NONE);
            Ok(ev.open_attrs(attrs.iter().collect::<Vec<_>>(), attrs.rest().unwrap_or(rest)))
        }
        other => Ok(other),
    }
}

/// The name of the platform, such as `x86_64-linux`.
struct System<'e> {
    context: &'e Context<'e>,
}

impl<'e> Suspend<'e> for System<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        system(ev, self.context)
    }
}

/// `nixpkgs.hostPlatform`, in each of its forms; what a flake names; else unknown.
fn system<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> EvalResult<'e, Value<'e>> {
    if let Some(host) = context.host.get() {
        for (option, names) in [("hostPlatform", &["system"][..]), ("localSystem", &["system"]), ("system", &[])] {
            let mut value = host_option(ev, host, &["nixpkgs", option])?;
            for name in names {
                if let Value::Attrs(_) = value {
                    value = ev.select(value, name)?;
                }
            }
            if let Value::String(_) = value {
                return Ok(value);
            }
        }
    }
    match context.system {
        Some(system) => match ev.force(system)? {
            system @ Value::String(_) => Ok(system),
            _ => Ok(Value::Unknown(ev.known_after_build("pkgs.stdenv.hostPlatform.system"))),
        },
        None => Ok(Value::Unknown(ev.known_after_build("pkgs.stdenv.hostPlatform.system"))),
    }
}

/// `pkgs.stdenv.hostPlatform`
struct Platform<'e> {
    context: &'e Context<'e>,
}

impl<'e> Suspend<'e> for Platform<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let system = system(ev, self.context)?;
        Ok(platform(ev, system))
    }
}

/// A platform as `lib.systems.elaborate` makes it, as far as its name says.
pub(super) fn platform<'e>(ev: &Evaluator<'e>, system: Value<'e>) -> Value<'e> {
    let rest = ev.known_after_build("pkgs.stdenv.hostPlatform");
    let mut parts = vec![
        (ev.symbol("system"), system, Pos::NONE),
        (ev.symbol("isLinux"), Value::Bool(true), Pos::NONE),
        (ev.symbol("isDarwin"), Value::Bool(false), Pos::NONE),
        (ev.symbol("isUnix"), Value::Bool(true), Pos::NONE),
    ];
    if let Value::String(text) = system {
        let text = text.to_str_lossy();
        let cpu = text.split('-').next().unwrap_or_default();
        for (name, cpus) in [
            ("isx86_64", &["x86_64"][..]),
            ("isAarch64", &["aarch64"]),
            ("isx86", &["x86_64", "i686"]),
            ("isi686", &["i686"]),
            ("isRiscV64", &["riscv64"]),
        ] {
            parts.push((ev.symbol(name), Value::Bool(cpus.contains(&cpu)), Pos::NONE));
        }
    }
    ev.open_attrs(parts, rest)
}
