//! The platform of a host: its name, and the attributes that the name determines.

use super::scope::Context;
use crate::eval::{EvalResult, Evaluator, Suspend, Value};
use crate::source::Pos;

/// The name of the platform, such as `x86_64-linux`.
pub(super) struct System<'e> {
    pub(super) context: &'e Context<'e>,
}

impl<'e> Suspend<'e> for System<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        system(ev, self.context)
    }
}

/// Returns the platform of the given packages, or else `nixpkgs.hostPlatform` in any of its forms, or the flake's `system`.
fn system<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> EvalResult<'e, Value<'e>> {
    if let Some(platform) = given_platform(ev, context)? {
        return ev.select(platform, "system");
    }
    if context.host.get().is_some() {
        for (option, names) in [("hostPlatform", &["system"][..]), ("localSystem", &["system"]), ("system", &[])] {
            let mut value = context.host_option(ev, &["nixpkgs", option])?;
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
            _ => Ok(Value::Unknown(ev.heap.known_after_build("pkgs.stdenv.hostPlatform.system"))),
        },
        None => Ok(Value::Unknown(ev.heap.known_after_build("pkgs.stdenv.hostPlatform.system"))),
    }
}

/// `pkgs.stdenv.hostPlatform`
pub(super) struct Platform<'e> {
    pub(super) context: &'e Context<'e>,
}

impl<'e> Suspend<'e> for Platform<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        if let Some(platform) = given_platform(ev, self.context)? {
            return Ok(platform);
        }
        let system = system(ev, self.context)?;
        Ok(elaborate(ev, system))
    }
}

/// Returns the platform name of the packages that a host was given; its guests have the same one.
pub(super) fn given_system<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
) -> Option<EvalResult<'e, Value<'e>>> {
    match given_platform(ev, context) {
        Ok(platform) => platform.map(|platform| ev.select(platform, "system")),
        Err(error) => Some(Err(error)),
    }
}

/// Returns `stdenv.hostPlatform` of the packages that a host was given.
fn given_platform<'e>(ev: &mut Evaluator<'e>, context: &'e Context<'e>) -> EvalResult<'e, Option<Value<'e>>> {
    let Some(given @ Value::Attrs(_)) = context.given else { return Ok(None) };
    let stdenv = ev.select(given, "stdenv")?;
    ev.select(stdenv, "hostPlatform").map(Some)
}

/// Builds a platform like `lib.systems.elaborate`, with the attributes that its name determines.
pub(super) fn elaborate<'e>(ev: &Evaluator<'e>, system: Value<'e>) -> Value<'e> {
    let rest = ev.heap.known_after_build("pkgs.stdenv.hostPlatform");
    let mut parts = vec![
        (ev.heap.symbol("system"), system, Pos::NONE),
        (ev.heap.symbol("isLinux"), Value::Bool(true), Pos::NONE),
        (ev.heap.symbol("isDarwin"), Value::Bool(false), Pos::NONE),
        (ev.heap.symbol("isUnix"), Value::Bool(true), Pos::NONE),
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
            parts.push((ev.heap.symbol(name), Value::Bool(cpus.contains(&cpu)), Pos::NONE));
        }
    }
    ev.heap.open_attrs(parts, rest)
}
