//! The guests' own configurations, evaluated freeform: what they say themselves, for diffs and checks.
//!
//! Nixpkgs decides what a guest's options are; here each of them is what its definitions say. The argument `config` is the
//! guest's, `lib` and `pkgs` are the host's. What fails or cannot be known is an unknown leaf, never an error: nothing
//! is built from this.

use super::context::{Context, Path};
use super::defaults::host_option;
use super::definition::Definition;
use super::load::{self, Source};
use super::scope::{Of, Scope};
use super::{declarations, option, packages, said, submodule};
use crate::eval::{EvalResult, Evaluator, Symbol, Value};
use crate::model::view::View;

/// What the guest of a container says.
pub(super) fn view<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
) -> View {
    match configuration(ev, host, container, definitions) {
        Ok((context, config)) => said::whole(ev, context, config),
        Err(error) => View { options: said::failure(ev, &error), ..View::default() },
    }
}

fn configuration<'e>(
    ev: &mut Evaluator<'e>,
    host: &'e Context<'e>,
    container: Symbol,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, (&'e Context<'e>, Value<'e>)> {
    let context: &'e Context<'e> = ev.alloc(Context::new(host.lib, host.system));
    context.packages.set(Some(packages::packages(ev, host)));
    let mut scope = Scope::new(context, Of::Guest, Path::ROOT);
    if let Some(host) = host.host.get() {
        let name = ev.name(container);
        scope.special = Some(host_option(ev, host, &["containers", name, "specialArgs"])?);
    }
    let scope: &'e Scope<'e> = ev.alloc(scope);
    let _ = context.host.set(scope);
    let sources: Vec<_> = definitions
        .iter()
        .map(|definition| Source {
            value: definition.value,
            at: definition.pos,
            around: Some(*definition),
            shorthand: false,
            perhaps: None,
            wrapped: false,
        })
        .collect();
    let modules = load::load(ev, scope, &sources)?;
    let table = option::table(ev, &declarations::HOST);
    let config = submodule::whole(ev, scope, Some(table), modules)?;
    Ok((context, ev.force(config)?))
}
