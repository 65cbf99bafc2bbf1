//! Evaluates guests' own configurations from their definitions alone, for diffs and checks.
//!
//! Only nixpkgs knows a guest's options; here, each option has the value that its definitions give. The argument `config` is
//! the guest's; `lib` and `pkgs` are the host's. A value that fails or is unknown is an unknown leaf, never an error,
//! because nothing is built from it. Modules missing in the checkout are errors of the host. Definitions that NixOS passes
//! into a guest count, but have no position: a view leaves them out, except in [`View::extra_config`].

use super::definition::Definition;
use super::load::{self, Source};
use super::path::Path;
use super::scope::{Context, Scope, ScopeOwner};
use super::{declarations, freeform_view, option, packages, submodule, verdicts};
use crate::diag::Severity;
use crate::eval::{EvalResult, Evaluator, Suspend, Symbol, Value};
use crate::model::view::View;
use crate::source::{Pos, Span};

/// The priority of `lib.mkDefault`.
const MK_DEFAULT: i64 = 1000;
/// The priority for values that are option defaults in nixpkgs: just stronger than a default, because nixpkgs' own default is
/// not among the definitions here.
const DEFAULT: i64 = 1499;
/// The paths of the options that NixOS passes in.
const HANDED_IN: [&[&str]; 7] = [
    &["boot", "isContainer"],
    &["boot", "isNspawnContainer"],
    &["networking", "hostName"],
    &["networking", "interfaces", "eth0", "ipv4", "addresses"],
    &["networking", "interfaces", "eth0", "ipv6", "addresses"],
    &["networking", "useDHCP"],
    &["nixpkgs", "hostPlatform", "system"],
];

/// Returns the view of a container's guest.
pub(super) fn view<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
) -> View {
    match configuration(ev, host, container, definitions, ScopeOwner::GuestShown) {
        Ok((context, config)) => {
            let mut view = freeform_view::whole(ev, context, config, &HANDED_IN);
            view.verdicts = verdicts::of_guest(ev, config, ev.heap.name(container));
            host.find_errors_of(context);
            view
        }
        Err(error) => View { options: freeform_view::failure(ev, &error), ..View::default() },
    }
}

/// Finds modules that a guest lacks, without evaluating its options.
pub(super) fn find_missing_modules<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
) {
    // Whoever evaluates the guest gets the error of a module that fails.
    if let Ok((scope, _)) = modules(ev, host, container, definitions, ScopeOwner::GuestShown) {
        host.find_errors_of(scope.context);
    }
}

impl<'e> Context<'e> {
    /// Takes over the errors of a guest, which are the host's too.
    fn find_errors_of(&self, guest: &Context<'_>) {
        let findings = guest.findings.borrow();
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.for_each(|error| self.find(error.clone()));
    }

    /// Evaluates the guest's configuration as the host reads it (`config.containers.<name>.config`): its definitions, and those
    /// that NixOS's container module adds. Modules that the guest lacks are missing for the host too.
    pub(super) fn guest(
        &'e self,
        ev: &mut Evaluator<'e>,
        container: Symbol,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let (context, config) = configuration(ev, self, container, definitions, ScopeOwner::Guest)?;
        for finding in context.findings.borrow().iter() {
            self.find(finding.clone());
        }
        Ok(config)
    }
}

fn configuration<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
    of: ScopeOwner,
) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let (scope, modules) = modules(ev, host, container, definitions, of)?;
    let table = option::table(ev, &declarations::HOST);
    let config = submodule::whole(ev, scope, Some(table), modules)?;
    Ok((scope.context, ev.force(config)?))
}

/// The modules of a guest, in a scope of their own.
fn modules<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
    of: ScopeOwner,
) -> EvalResult<'e, (&'e Scope<'e>, load::Modules<'e>)> {
    let context: &'e Context<'e> = ev.heap.alloc(Context::new(host.lib, host.system));
    context.packages.set(Some(packages::of_platform(ev, host)));
    let mut scope = Scope::new(context, of, Path::ROOT);
    if host.host.get().is_some() {
        let name = ev.heap.name(container);
        scope.special = Some(host.host_option(ev, &["containers", name, "specialArgs"])?);
    }
    let scope: &'e Scope<'e> = ev.heap.alloc(scope);
    let _ = context.host.set(scope);
    let extra_config = Source::import(extra_config(ev, host, container), Pos::NONE);
    let own = definitions.iter().map(|definition| Source {
        value: definition.value,
        at: definition.pos,
        around: Some(*definition),
        shorthand: false,
        optional: None,
        wrapped: false,
    });
    let sources: Vec<_> = std::iter::once(extra_config).chain(own).collect();
    let modules = load::load(ev, scope, &sources)?;
    Ok((scope, modules))
}

/// Builds the module that NixOS puts before a guest's own modules (`extraConfig` of `nixos-containers.nix`).
fn extra_config<'e>(ev: &Evaluator<'e>, host: &'e Context<'e>, container: Symbol) -> Value<'e> {
    let set = |name: &str, value| ev.heap.attrs([(ev.heap.symbol(name), value, Pos::NONE)]);
    let with_priority = |priority, content| {
        ev.heap.attrs([
            (ev.heap.symbol("_type"), ev.heap.string("override"), Pos::NONE),
            (ev.heap.symbol("priority"), Value::Int(priority), Pos::NONE),
            (ev.heap.symbol("content"), content, Pos::NONE),
        ])
    };
    let name = with_priority(MK_DEFAULT, ev.heap.string(ev.heap.name(container)));
    let interfaces = ev.heap.suspend(Interfaces { host, container });
    let networking = ev.heap.attrs([
        (ev.heap.symbol("hostName"), name, Pos::NONE),
        (ev.heap.symbol("useDHCP"), Value::Bool(false), Pos::NONE),
        (ev.heap.symbol("interfaces"), interfaces, Pos::NONE),
    ]);
    let platform = ev.heap.suspend(Platform { host });
    let boot = ev.heap.attrs([
        (ev.heap.symbol("isContainer"), with_priority(DEFAULT, Value::Bool(true)), Pos::NONE),
        (ev.heap.symbol("isNspawnContainer"), Value::Bool(true), Pos::NONE),
    ]);
    ev.heap.attrs([
        (ev.heap.symbol("boot"), boot, Pos::NONE),
        (ev.heap.symbol("networking"), networking, Pos::NONE),
        (ev.heap.symbol("nixpkgs"), set("hostPlatform", platform), Pos::NONE),
    ])
}

/// The host's platform, evaluated on demand.
struct Platform<'e> {
    host: &'e Context<'e>,
}

impl<'e> Suspend<'e> for Platform<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let packages = packages::of_platform(ev, self.host);
        ev.select(packages, "hostPlatform")
    }
}

/// The guest's interfaces that a private network configures.
struct Interfaces<'e> {
    host: &'e Context<'e>,
    container: Symbol,
}

impl<'e> Suspend<'e> for Interfaces<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        if self.host.host.get().is_none() {
            return Ok(ev.heap.attrs([]));
        }
        let name = ev.heap.name(self.container);
        match self.host.host_option(ev, &["containers", name, "privateNetwork"])? {
            Value::Bool(false) => return Ok(ev.heap.attrs([])),
            unknown @ Value::Unknown(_) => return Ok(unknown),
            _ => {}
        }
        let mut families = Vec::new();
        for (family, option) in [("ipv4", "localAddress"), ("ipv6", "localAddress6")] {
            let addresses = match self.host.host_option(ev, &["containers", name, option])? {
                Value::Null => continue,
                unknown @ Value::Unknown(_) => unknown,
                text if family == "ipv4" => {
                    let address = ipv4(ev, text);
                    ev.heap.list([address])
                }
                text => {
                    let from_string = ["network", "ipv6", "fromString"];
                    let read = from_string.iter().try_fold(self.host.lib, |set, name| ev.select(set, name))?;
                    let address = ev.call(read, text, Pos::NONE)?;
                    ev.heap.list([address])
                }
            };
            let addresses = ev.heap.attrs([(ev.heap.symbol("addresses"), addresses, Pos::NONE)]);
            families.push((ev.heap.symbol(family), addresses, Pos::NONE));
        }
        if families.is_empty() {
            return Ok(ev.heap.attrs([]));
        }
        let interface = ev.heap.attrs(families);
        Ok(ev.heap.attrs([(ev.heap.symbol("eth0"), interface, Pos::NONE)]))
    }
}

/// Splits an address and its prefix length, as `ipv4FromString` of NixOS's module does.
fn ipv4<'e>(ev: &mut Evaluator<'e>, text: Value<'e>) -> Value<'e> {
    let Value::String(text) = text else { return text };
    let text = text.to_str_lossy().into_owned();
    let parts: Vec<&str> = text.split('/').collect();
    let length = match parts.as_slice() {
        [_, length] => length.parse().map_or_else(|_| ev.heap.unknown("no prefix length", Span::NONE), Value::Int),
        _ => Value::Int(32),
    };
    let address = ev.heap.string(parts[0]);
    ev.heap.attrs([
        (ev.heap.symbol("address"), address, Pos::NONE),
        (ev.heap.symbol("prefixLength"), length, Pos::NONE),
    ])
}
