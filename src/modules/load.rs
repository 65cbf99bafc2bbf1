//! Modules: from a path or a value to definitions.
//!
//! Source: `evalModules`, `loadModule` and `unifyModuleSyntax` of nixpkgs' `lib.modules`. A module that is not here
//! (an input without its source, `modulesPath + …`, a search path that leads nowhere) is passed over with a note, under
//! the assumption of the contract (§3, *Missing modules*).

use std::collections::BTreeSet;

use super::context::{Context, Path};
use super::definition::Definition;
use super::level::split;
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Suspend, Symbol, Value};
use crate::source::{Pos, Span};

/// Attributes of a module that are not configuration, where it has no `config` of its own (`unifyModuleSyntax`).
const STRUCTURE: [&str; 7] = ["_class", "_file", "key", "disabledModules", "require", "imports", "freeformType"];

/// All modules of a host configuration, loaded.
#[derive(Default)]
pub(super) struct Modules<'e> {
    /// Their definitions of the whole configuration.
    pub(super) config: Vec<Definition<'e>>,
    /// Definitions of `_module.args`, kept for the arguments of modules.
    pub(super) declared: Vec<Pos>,
    seen: BTreeSet<String>,
    disabled: BTreeSet<String>,
}

impl<'e> Modules<'e> {
    /// Loads a module and all that it imports, depth first, each file once.
    pub(super) fn load(
        &mut self,
        ev: &mut Evaluator<'e>,
        context: &'e Context<'e>,
        module: Value<'e>,
        at: Pos,
    ) -> EvalResult<'e, ()> {
        let mut value = ev.force(module)?;
        if let Some(path) = ev.module_path(value)? {
            if self.disabled.contains(&path) || !self.seen.insert(path.clone()) {
                return Ok(());
            }
            value = ev.import_at(&path, at)?;
        }
        if ev.is_function(value) {
            value = call(ev, context, value, at, &[])?;
        }
        let attrs = match value {
            Value::Attrs(attrs) => attrs,
            Value::Unknown(unknown) => {
                let message = format!(
                    "a module is not here ({}); it is assumed to define nothing for containers",
                    unknown.reason()
                );
                let mut note = Diagnostic::note(Code::MissingModule, message);
                let span = if at.is_some() { ev.word_span(at) } else { unknown.span() };
                if span != Span::NONE {
                    note = note.at(span, "imported here");
                }
                context.find(note);
                return Ok(());
            }
            other => {
                let message =
                    format!("a module is a set, a function or a path, but this is {}", ev.describe(other));
                let diagnostic = Diagnostic::error(Code::OptionType, message).at(ev.word_span(at), "imported here");
                return Err(ev.diagnostic_error(diagnostic));
            }
        };
        if let Some(disabled) = attrs.get(ev.symbol("disabledModules"))
            && let Value::List(items) = ev.force(disabled)?
        {
            for item in items.iter() {
                let item = ev.force(item)?;
                self.disabled.extend(ev.module_path(item)?);
            }
        }
        if let Some(imports) = attrs.get(ev.symbol("imports")) {
            let at = attrs.position(ev.symbol("imports")).unwrap_or(at);
            match ev.force(imports)? {
                Value::List(items) => {
                    for item in items.iter() {
                        let at = ev.value_pos(item).unwrap_or(at);
                        self.load(ev, context, item, at)?;
                    }
                }
                unknown @ Value::Unknown(_) => self.load(ev, context, unknown, at)?,
                other => {
                    let message = format!("`imports` is a list of modules, but this is {}", ev.describe(other));
                    let diagnostic = Diagnostic::error(Code::OptionType, message).at(ev.attribute_span(at), "");
                    return Err(ev.diagnostic_error(diagnostic));
                }
            }
        }
        let (config, options) = (ev.symbol("config"), ev.symbol("options"));
        if attrs.get(config).is_some() || attrs.get(options).is_some() {
            if let Some(value) = attrs.get(config) {
                self.config.push(Definition::new(value, attrs.position(config).unwrap_or(at)));
            }
            if attrs.get(options).is_some() {
                self.declared.push(attrs.position(options).unwrap_or(at));
            }
        } else {
            let structure: Vec<Symbol> = STRUCTURE.iter().map(|name| ev.symbol(name)).collect();
            let rest: Vec<_> = attrs.iter().filter(|(name, ..)| !structure.contains(name)).collect();
            let rest = ev.attrs(rest);
            self.config.push(Definition::new(rest, at));
        }
        Ok(())
    }
}

/// The definitions of `_module`, which supply further arguments to modules.
pub(super) fn arguments<'e>(
    ev: &mut Evaluator<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Vec<Definition<'e>>> {
    let module = ev.symbol("_module");
    Ok(split(ev, Path::ROOT, definitions)?.names.remove(&module).unwrap_or_default())
}

/// One definition of a submodule as definitions of its level: a set stands for itself, a function is called, a path
/// imported (`types.submodule`, `shorthandOnlyDefinesConfig`).
pub(super) fn submodule<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    definition: Definition<'e>,
    name: &str,
    into: &mut Vec<Definition<'e>>,
) -> EvalResult<'e, ()> {
    let mut value = definition.value;
    if let Some(path) = ev.module_path(value)? {
        value = ev.import_at(&path, definition.pos)?;
    }
    if !ev.is_function(value) {
        into.push(definition.with_value(value, Pos::NONE));
        return Ok(());
    }
    let name = ev.string(name);
    let value = call(ev, context, value, definition.pos, &[("name", name)])?;
    let config = match value {
        Value::Attrs(attrs) => {
            let (config, options) = (ev.symbol("config"), ev.symbol("options"));
            match attrs.get(config) {
                Some(config) if attrs.get(options).is_some() || attrs.iter().count() == 1 => config,
                _ => value,
            }
        }
        other => other,
    };
    definition.with_value(config, Pos::NONE).expand(ev, into)
}

/// Calls a module function with the arguments that it asks for.
fn call<'e>(
    ev: &mut Evaluator<'e>,
    context: &'e Context<'e>,
    function: Value<'e>,
    at: Pos,
    extra: &[(&str, Value<'e>)],
) -> EvalResult<'e, Value<'e>> {
    let mut arguments: Vec<(Symbol, Value<'e>, Pos)> = Vec::new();
    for (name, value) in extra {
        arguments.push((ev.symbol(name), *value, Pos::NONE));
    }
    for name in ["config", "lib", "options", "pkgs", "modulesPath"] {
        let symbol = ev.symbol(name);
        let value = match name {
            "lib" => context.lib,
            _ => ev.suspend(Argument { context, name: symbol }),
        };
        arguments.push((symbol, value, Pos::NONE));
    }
    for (formal, has_default) in ev.formals(function) {
        let given = arguments.iter().any(|(name, ..)| *name == formal);
        // A default of the function's own is what nixpkgs ignores as well: arguments come from `_module.args`, or fail.
        if !given && !has_default {
            arguments.push((formal, ev.suspend(Argument { context, name: formal }), Pos::NONE));
        }
    }
    let arguments = ev.attrs(arguments);
    let result = ev.call(function, arguments, at)?;
    ev.force(result)
}

/// An argument of a module, found when it is used: `_module.args` of the whole configuration may supply it.
struct Argument<'e> {
    context: &'e Context<'e>,
    name: Symbol,
}

impl<'e> Suspend<'e> for Argument<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let name = ev.name(self.name).to_owned();
        let config = self.context.config.get();
        match (name.as_str(), config) {
            ("config", Some(config)) => return ev.force(config),
            ("config", None) => {
                return Ok(ev.unknown("`config` cannot be used to decide what is imported", Span::NONE));
            }
            ("options", _) => return Ok(ev.unknown("`options` is known only with nixpkgs", Span::NONE)),
            ("modulesPath", _) => return Ok(ev.unknown("`modulesPath` is a folder of nixpkgs", Span::NONE)),
            _ => {}
        }
        if let Some(definitions) = self.context.arguments.borrow().as_deref() {
            let mut args = Vec::new();
            for definition in
                split(ev, Path::ROOT, definitions)?.names.remove(&ev.symbol("args")).unwrap_or_default()
            {
                definition.expand(ev, &mut args)?;
            }
            let given = split(ev, Path::ROOT, &args)?.names.remove(&self.name);
            if let Some([definition, ..]) = given.as_deref() {
                return ev.force(definition.value);
            }
        }
        let reason = if name == "pkgs" {
            String::from("`pkgs` is known only with nixpkgs")
        } else {
            format!("nothing here supplies the module argument `{name}`")
        };
        Ok(ev.unknown(&reason, Span::NONE))
    }
}
