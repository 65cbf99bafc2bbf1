//! Instances of submodule types.
//!
//! All instances share the options of the table. The configuration's own modules are called once for each instance, because
//! their declarations may depend on `name` and `config`.

use super::definition::Definition;
use super::load::{self, Modules, Source};
use super::option::{Submodule, Tree};
use super::path::Path;
use super::scope::{Context, Scope, ScopeOwner};
use super::{arguments, declare, view};
use crate::eval::{EvalResult, Evaluator, Suspend, Value};
use crate::source::Pos;

impl<'e> Context<'e> {
    /// Evaluates one instance: its definitions, merged over the type's options.
    pub(super) fn submodule(
        &'e self,
        ev: &mut Evaluator<'e>,
        path: Path<'e>,
        submodule: &'e Submodule<'e>,
        definitions: &[Definition<'e>],
    ) -> EvalResult<'e, Value<'e>> {
        let name = path.last().map(|name| ev.heap.string(ev.heap.name(name)));
        named_instance(ev, self, path, name, submodule, definitions)
    }

    /// Evaluates a submodule that nothing defines and that has no default: its own modules alone, without a real name
    /// (`emptyValue` of nixpkgs' `submoduleWith`).
    pub(super) fn empty_submodule(
        &'e self,
        ev: &mut Evaluator<'e>,
        path: Path<'e>,
        submodule: &'e Submodule<'e>,
    ) -> EvalResult<'e, Value<'e>> {
        let name = ev.heap.string("‹name›");
        named_instance(ev, self, path, Some(name), submodule, &[])
    }
}

fn named_instance<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    path: Path<'e>,
    name: Option<Value<'e>>,
    submodule: &'e Submodule<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Value<'e>> {
    let mut scope = Scope::new(context, ScopeOwner::Submodule, path);
    scope.special = submodule.special;
    scope.name = name;
    let scope: &'e Scope<'e> = ev.heap.alloc(scope);
    let is_plain = submodule.modules.is_empty()
        && submodule.shorthand
        && definitions.iter().all(|definition| matches!(definition.value, Value::Attrs(_)));
    if let (true, Some(table)) = (is_plain, submodule.table) {
        // Only definitions of options from the table, so there are no modules to load. Reversed, as `load` reverses what it
        // collects.
        let reversed: Vec<_> = definitions.iter().rev().copied().collect();
        let definitions = ev.heap.alloc_slice(&reversed);
        let _ = scope.tree.set(table);
        let _ = scope.definitions.set(definitions);
        let value = scope.level(ev, path, table, definitions)?;
        scope.config.set(Some(value));
        return Ok(value);
    }
    let mut sources: Vec<Source<'e>> = Vec::with_capacity(submodule.modules.len() + definitions.len());
    for (value, pos) in submodule.modules {
        sources.push(Source { wrapped: submodule.wrapped, ..Source::import(*value, *pos) });
    }
    sources.extend(definitions.iter().map(|definition| Source {
        value: definition.value,
        at: definition.pos,
        around: Some(*definition),
        shorthand: submodule.shorthand,
        optional: None,
        wrapped: !(submodule.shorthand && matches!(definition.value, Value::Attrs(_))),
    }));
    let modules = load::load(ev, scope, &sources)?;
    let whole = whole(ev, scope, submodule.table, modules)?;
    ev.force(whole)
}

/// Returns the configuration of a scope whose modules are loaded, as a lazy value.
pub(super) fn whole<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    table: Option<&'e Tree<'e>>,
    modules: Modules<'e>,
) -> EvalResult<'e, Value<'e>> {
    let definitions = ev.heap.alloc_slice(&modules.config);
    let _ = scope.definitions.set(definitions);
    let config = ev.heap.suspend(Config { scope });
    scope.config.set(Some(ev.heap.suspend(WithModule { scope, config })));
    scope.options.set(Some(ev.heap.suspend(view::Options { scope })));
    let tree = declare::tree(ev, scope, scope.path, table, &modules.options)?;
    let _ = scope.tree.set(tree);
    scope.freeform.set(declare::freeform(ev, scope, &modules.freeform)?);
    Ok(config)
}

/// The configuration of a scope, without `_module`.
struct Config<'e> {
    scope: &'e Scope<'e>,
}

impl<'e> Suspend<'e> for Config<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let (Some(tree), Some(definitions)) = (self.scope.tree.get(), self.scope.definitions.get()) else {
            return Err(ev.report.type_error(&ev.heap, "the options of the configuration", Value::Null, Pos::NONE));
        };
        self.scope.level(ev, self.scope.path, tree, definitions)
    }
}

/// The configuration as its modules see it, with `_module`.
struct WithModule<'e> {
    scope: &'e Scope<'e>,
    config: Value<'e>,
}

impl<'e> Suspend<'e> for WithModule<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let Value::Attrs(config) = ev.force(self.config)? else { return Ok(self.config) };
        let module = (ev.heap.symbol("_module"), arguments::module(ev, self.scope), Pos::NONE);
        let optional = config.optional().iter().map(|one| (one.name(), one.value(), one.pos(), one.why()));
        let optional: Vec<_> = optional.collect();
        Ok(ev.heap.partial_attrs(config.iter().chain([module]).collect::<Vec<_>>(), &optional, config.any()))
    }
}
