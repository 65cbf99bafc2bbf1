//! Module arguments: `config`, `options`, `lib`, `pkgs`, and those from `_module.args` and `specialArgs`.

use super::definition::{Definition, select};
use super::scope::{Scope, ScopeOwner};
use super::split::split;
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Suspend, Symbol, Value};
use crate::source::{Pos, Span};

/// Arguments that the modules of every host receive.
const SUPPLIED: [&str; 7] = ["config", "lib", "modulesPath", "options", "pkgs", "specialArgs", "utils"];

impl<'e> Scope<'e> {
    /// Calls a module that is a function.
    pub(super) fn call(
        &'e self,
        ev: &mut Evaluator<'e>,
        function: Value<'e>,
        at: Pos,
    ) -> EvalResult<'e, Value<'e>> {
        let mut names: Vec<Symbol> =
            ["config", "lib", "options", "specialArgs"].iter().map(|name| ev.heap.symbol(name)).collect();
        let mut rest = None;
        if let Some(special) = self.special {
            match ev.force(special)? {
                Value::Attrs(attrs) => {
                    names.extend(attrs.iter().map(|(name, ..)| name));
                    rest = attrs.rest();
                }
                Value::Unknown(unknown) => rest = Some(unknown),
                other => return Err(ev.report.type_error(&ev.heap, "a set", other, at)),
            }
        }
        // As in nixpkgs, the function's own defaults have no effect: an argument is supplied, or its use is an error.
        let formals = function.formals();
        names.extend(formals.iter().map(|(name, _)| *name));
        self.wanted.borrow_mut().extend(formals.iter().map(|(name, _)| (*name, at)));
        names.sort();
        names.dedup();
        let arguments: Vec<_> = names
            .into_iter()
            .map(|name| (name, ev.heap.suspend(Argument { scope: self, name, at }), Pos::NONE))
            .collect();
        let arguments = match rest {
            Some(rest) => ev.heap.open_attrs(arguments, rest),
            None => ev.heap.attrs(arguments),
        };
        ev.call(function, arguments, at)
    }

    /// Whether a module requests an argument that nothing supplies: the configuration is then part of a larger one.
    pub(super) fn lacks_arguments(&'e self, ev: &mut Evaluator<'e>) -> EvalResult<'e, bool> {
        // Resolving an argument may ask the same question again.
        if self.asking.replace(true) {
            return Ok(true);
        }
        let lacks = self.lacks(ev);
        self.asking.set(false);
        lacks
    }

    fn lacks(&'e self, ev: &mut Evaluator<'e>) -> EvalResult<'e, bool> {
        let mut wanted = self.wanted.borrow().clone();
        wanted.sort();
        wanted.dedup_by_key(|(name, _)| *name);
        for (name, at) in wanted {
            let argument = Argument { scope: self, name, at };
            if !SUPPLIED.contains(&ev.heap.name(name))
                && argument.special(ev)?.is_none()
                && argument.module_argument(ev)?.is_none()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a module may define the option at `path`. False while modules are still being loaded.
    pub(super) fn defines(&self, ev: &mut Evaluator<'e>, path: &[&str]) -> EvalResult<'e, bool> {
        let Some(all) = self.definitions.get() else { return Ok(false) };
        let mut definitions = all.to_vec();
        for name in path {
            let mut split = split(ev, self.path, &definitions)?;
            definitions = split.names.remove(&ev.heap.symbol(name)).unwrap_or_default();
        }
        Ok(!definitions.is_empty())
    }

    /// Returns the definitions of `_module.NAME`.
    pub(super) fn module_option(&self, ev: &mut Evaluator<'e>, name: &str) -> EvalResult<'e, Vec<Definition<'e>>> {
        // While modules are still being loaded, there are no definitions.
        let Some(all) = self.definitions.get() else { return Ok(Vec::new()) };
        let definitions = match self.module.get() {
            Some(definitions) => definitions,
            None => {
                let module = ev.heap.symbol("_module");
                let found = split(ev, self.path, all)?.names.remove(&module).unwrap_or_default();
                let found = ev.heap.alloc_slice(&found);
                self.module.get_or_init(|| found)
            }
        };
        if definitions.is_empty() {
            return Ok(Vec::new());
        }
        Ok(split(ev, self.path, definitions)?.names.remove(&ev.heap.symbol(name)).unwrap_or_default())
    }
}

/// Names in `_module.args` that NixOS itself adds.
const OF_NIXOS: [&str; 6] =
    ["baseModules", "extendModules", "extraModules", "moduleType", "modules", "noUserModules"];

/// Returns `config._module`, of which only the module arguments are known.
pub(super) fn module<'e>(ev: &Evaluator<'e>, scope: &'e Scope<'e>) -> Value<'e> {
    let rest = ev.heap.unknown_reason("this part of `config._module`", Span::NONE);
    ev.heap.open_attrs([(ev.heap.symbol("args"), ev.heap.suspend(Arguments { scope }), Pos::NONE)], rest)
}

/// `config._module.args`
struct Arguments<'e> {
    scope: &'e Scope<'e>,
}

impl<'e> Suspend<'e> for Arguments<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let scope = self.scope;
        let definitions = scope.module_option(ev, "args")?;
        let split = split(ev, scope.path, &definitions)?;
        let mut names: Vec<Symbol> = split.names.keys().copied().collect();
        match scope.of {
            ScopeOwner::Submodule => names.extend(scope.name.map(|_| ev.heap.symbol("name"))),
            ScopeOwner::Host | ScopeOwner::Guest | ScopeOwner::GuestShown => {
                names.extend(["pkgs", "utils"].map(|name| ev.heap.symbol(name)))
            }
        }
        names.sort_unstable();
        names.dedup();
        let argument = |name| (name, ev.heap.suspend(Argument { scope, name, at: Pos::NONE }), Pos::NONE);
        let mut parts: Vec<_> = names.into_iter().map(argument).collect();
        let unknown = ev.heap.unknown("an argument that NixOS gives its modules", Span::NONE);
        for name in OF_NIXOS.map(|name| ev.heap.symbol(name)) {
            if !parts.iter().any(|(known, ..)| *known == name) {
                parts.push((name, unknown, Pos::NONE));
            }
        }
        let mut why = split.why_more();
        if scope.of != ScopeOwner::Submodule && scope.context.is_missing_modules() {
            why = why.or(Some(ev.heap.unknown_reason("modules that are not here may supply it", Span::NONE)));
        }
        Ok(ev.heap.partial_attrs(parts, &[], why))
    }
}

/// A module argument, resolved on demand.
struct Argument<'e> {
    scope: &'e Scope<'e>,
    name: Symbol,
    at: Pos,
}

impl<'e> Argument<'e> {
    fn special(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Option<Value<'e>>> {
        let Some(special) = self.scope.special else { return Ok(None) };
        match ev.force(special)? {
            Value::Attrs(attrs) => match attrs.get(self.name) {
                Some(value) => ev.force(value).map(Some),
                None => Ok(attrs.maybe(self.name).map(Value::Unknown)),
            },
            unknown @ Value::Unknown(_) => Ok(Some(unknown)),
            _ => Ok(None),
        }
    }

    /// Returns the value from `_module.args`.
    fn module_argument(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Option<Value<'e>>> {
        let arguments = self.scope.module_option(ev, "args")?;
        if arguments.is_empty() {
            return Ok(None);
        }
        let mut split = split(ev, self.scope.path, &arguments)?;
        let Some(definitions) = split.names.remove(&self.name) else {
            // An unknown definition may supply it.
            return Ok(split.open.first().map(|definition| definition.value).or(split.rest.map(Value::Unknown)));
        };
        let selected = select(ev, &definitions)?;
        match (selected.unknown, selected.definitions.first()) {
            (Some(unknown), _) => Ok(Some(Value::Unknown(unknown))),
            (None, Some(definition)) => Ok(Some(definition.value)),
            (None, None) => Ok(None),
        }
    }
}

impl<'e> Suspend<'e> for Argument<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        if let Some(value) = self.special(ev)? {
            return Ok(value);
        }
        let name = ev.heap.name(self.name);
        let scope = self.scope;
        match name {
            "lib" => return Ok(scope.context.lib),
            "specialArgs" => return Ok(scope.special.unwrap_or_else(|| ev.heap.attrs([]))),
            "config" | "options" => {
                let value = if name == "config" { scope.config.get() } else { scope.options.get() };
                return match value {
                    Some(value) => ev.force(value),
                    None => Ok(ev.heap.unknown(&format!("`{name}` cannot decide what is imported"), Span::NONE)),
                };
            }
            "modulesPath" if scope.of != ScopeOwner::Submodule => {
                return Ok(ev.heap.unknown("`modulesPath` is a directory of nixpkgs", Span::NONE));
            }
            _ => {}
        }
        if let Some(value) = self.module_argument(ev)? {
            return Ok(value);
        }
        match (name, scope.name, scope.of) {
            ("name", Some(value), _) => return Ok(value),
            ("pkgs", _, ScopeOwner::Host | ScopeOwner::Guest | ScopeOwner::GuestShown) => {
                return scope.context.packages(ev);
            }
            ("utils", ..) => return Ok(ev.heap.unknown("`utils` is a part of nixpkgs", Span::NONE)),
            _ => {}
        }
        let message = format!("nothing here supplies the module argument `{name}`: what depends on it is unknown");
        let mut note = Diagnostic::note(Code::MissingArgument, message);
        let span = ev.report.word_span(self.at);
        if span != Span::NONE {
            note = note.at(span, "the module that takes it");
        }
        scope.context.find_once(note);
        Ok(ev.heap.unknown(&format!("nothing here supplies the module argument `{name}`"), Span::NONE))
    }
}
