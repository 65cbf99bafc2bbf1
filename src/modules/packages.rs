//! The argument `pkgs` without nixpkgs: packages are unknown, but some attributes are not.
//!
//! `pkgs.lib` is `lib`, a host runs Linux, and the configuration defines its platform. A package is an unknown value that
//! depends only on its name.

use std::cell::Cell;

use super::placeholder::NIXPKGS;
use super::platform::{Platform, System};
use super::scope::Context;
use super::system;
use crate::eval::{EvalResult, Evaluator, Primop, Suspend, Value};
use crate::source::{Pos, Span};

impl<'e> Context<'e> {
    /// Returns a host's `pkgs`: the packages that it was given, as with NixOS's `nixpkgs.pkgs`, or those of its platform.
    pub(super) fn packages(&'e self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        if let Some(packages) = self.packages.get() {
            return Ok(packages);
        }
        let packages = match self.given {
            // NixOS applies its overlays with `appendOverlays`, which drops attributes that a flake added with `//`. Overlays may
            // change any package.
            Some(given @ Value::Attrs(_)) if !has_overlays(ev, self)? => {
                let append = ev.select(given, "appendOverlays")?;
                ev.call(append, ev.heap.list([]), Pos::NONE)?
            }
            _ => of_platform(ev, self),
        };
        self.packages.set(Some(packages));
        Ok(packages)
    }
}

/// Returns packages of which only the platform is known. Guests always get these: NixOS passes only the platform to them.
pub(super) fn of_platform<'e>(ev: &Evaluator<'e>, context: &'e Context<'e>) -> Value<'e> {
    *context.guest_packages.get_or_init(|| {
        let platform = ev.heap.suspend(Platform { context });
        let system = ev.heap.suspend(System { context });
        set(ev, context.lib, system, platform)
    })
}

/// Whether a module may define `nixpkgs.overlays`.
fn has_overlays<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> EvalResult<'e, bool> {
    let Some(host) = context.host.get() else { return Ok(false) };
    // While modules are being loaded, nothing can depend on their definitions, so `defines` returns false.
    let defined = ev.unless_circular(|ev| host.defines(ev, &["nixpkgs", "overlays"]))?;
    Ok(defined.unwrap_or(true))
}

/// Builds the package set of a platform.
pub(super) fn set<'e>(ev: &Evaluator<'e>, lib: Value<'e>, system: Value<'e>, platform: Value<'e>) -> Value<'e> {
    let rest = ev.heap.known_after_build("pkgs");
    let stdenv_rest = ev.heap.known_after_build("pkgs.stdenv");
    let stdenv = ev.heap.open_attrs(
        [
            (ev.heap.symbol("hostPlatform"), platform, Pos::NONE),
            (ev.heap.symbol("targetPlatform"), platform, Pos::NONE),
            (ev.heap.symbol("system"), system, Pos::NONE),
            (ev.heap.symbol("isLinux"), Value::Bool(true), Pos::NONE),
            (ev.heap.symbol("isDarwin"), Value::Bool(false), Pos::NONE),
        ],
        stdenv_rest,
    );
    let nixos = ev.heap.native(&system::NIXOS_OF_PACKAGES, &[lib, system]);
    let parts = [
        (ev.heap.symbol("nixos"), nixos, Pos::NONE),
        (ev.heap.symbol("path"), ev.heap.path(NIXPKGS), Pos::NONE),
        (ev.heap.symbol("_type"), ev.heap.string("pkgs"), Pos::NONE),
        (ev.heap.symbol("lib"), lib, Pos::NONE),
        (ev.heap.symbol("stdenv"), stdenv, Pos::NONE),
        (ev.heap.symbol("hostPlatform"), platform, Pos::NONE),
        (ev.heap.symbol("system"), system, Pos::NONE),
    ];
    // With a function of the configuration's own, `callPackage` returns the function's result.
    let call_package = ev.heap.native(&CALL_PACKAGE, &[ev.heap.open_attrs(parts, rest)]);
    // The identical set, so that a recursive walk terminates.
    let this: &'e Cell<Value<'e>> = ev.heap.alloc(Cell::new(Value::Null));
    let itself = ev.heap.suspend(Itself { this });
    let append_overlays = ev.heap.native(&APPEND_OVERLAYS, &[itself, lib, platform]);
    let more = [
        (ev.heap.symbol("appendOverlays"), append_overlays, Pos::NONE),
        (ev.heap.symbol("callPackage"), call_package, Pos::NONE),
        (ev.heap.symbol("pkgs"), itself, Pos::NONE),
    ];
    this.set(ev.heap.open_attrs(parts.into_iter().chain(more), rest));
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

static APPEND_OVERLAYS: Primop = Primop { name: "appendOverlays", arity: 4, strict: 0, run: append_overlays };

/// `appendOverlays`: returns the same packages for an empty list, otherwise unknown ones for the same platform.
fn append_overlays<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(args[3])? {
        Value::List(overlays) if overlays.iter().len() == 0 => ev.force(args[0]),
        _ => {
            let system = ev.select(args[2], "system")?;
            Ok(set(ev, args[1], system, args[2]))
        }
    }
}

static CALL_PACKAGE: Primop = Primop { name: "callPackage", arity: 3, strict: 0, run: call_package };

/// `callPackage`: calls a function, or the function in a file, with the packages that it requests. The override functions
/// that nixpkgs adds to the result are unknown.
fn call_package<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (packages, given) = (ev.force(args[0])?, ev.force(args[2])?);
    let mut function = ev.force(args[1])?;
    if let Some(path) = ev.path_text(function)? {
        function = ev.import_at(&path, pos)?;
    }
    let (Value::Attrs(given), Value::Lambda(_)) = (given, function) else {
        return Ok(ev.heap.unknown("a package", ev.report.word_span(pos)));
    };
    let mut arguments: Vec<_> = given.iter().collect();
    for (name, _) in function.formals() {
        if arguments.iter().any(|(known, ..)| *known == name) {
            continue;
        }
        let Value::Attrs(attrs) = packages else { continue };
        match attrs.get(name) {
            Some(value) => arguments.push((name, value, Pos::NONE)),
            // The parameter's default applies only if nixpkgs has no such package, which is unknown here.
            None => {
                let unknown = ev.heap.known_after_build(&format!("pkgs.{}", ev.heap.name(name)));
                arguments.push((name, Value::Unknown(unknown), Pos::NONE));
            }
        }
    }
    let arguments = match given.rest() {
        Some(rest) => ev.heap.open_attrs(arguments, rest),
        None => ev.heap.attrs(arguments),
    };
    let result = ev.call(function, arguments, pos)?;
    match result {
        Value::Attrs(attrs) => {
            let rest = ev.heap.unknown_reason("what `callPackage` adds to it", Span::NONE);
            Ok(ev.heap.open_attrs(attrs.iter().collect::<Vec<_>>(), attrs.rest().unwrap_or(rest)))
        }
        other => Ok(other),
    }
}
