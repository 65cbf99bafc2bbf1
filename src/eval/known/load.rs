//! `collectModules`: modules are loaded, and what they import after them, each once.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::{Call, Declined, Evaluator, Library, Native, Packed};
use crate::eval::value::{Attrs, Closure, Value};
use crate::source::Pos;

/// What every module is made into.
pub(super) const MODULE: [&str; 7] = ["_file", "_class", "key", "disabledModules", "imports", "options", "config"];

/// What a module that has `options` or `config` may have besides.
const KEYWORDS: [&str; 7] = ["_class", "_file", "key", "disabledModules", "imports", "options", "config"];
/// What is no configuration in a module that has neither.
const NO_CONFIG: [&str; 7] = ["_class", "_file", "key", "disabledModules", "require", "imports", "freeformType"];
/// What moves into the configuration, or makes it another one.
const ADDED: [&str; 3] = ["meta", "freeformType", "require"];

/// A module that was loaded.
struct Loaded<'e> {
    set: Packed<'e>,
    file: Packed<'e>,
    key: &'e [u8],
    imports: Packed<'e>,
}

/// How modules are loaded in one call.
struct Loader<'e> {
    library: &'e Library<'e>,
    apply: &'e Closure<'e>,
    arguments: Packed<'e>,
    /// Whether modules of any class are taken.
    any_class: bool,
}

/// `collectModules class modulesPath initial args`
pub(super) fn collect_modules<'e>(ev: &mut Evaluator<'e>, call: Call<'e>) -> Native<Packed<'e>> {
    let [class, _, initial, arguments] = call.arguments;
    let load_module = ev.captured_function(call.closure, "loadModule")?;
    let loader = Loader {
        library: call.library,
        apply: ev.captured_function(load_module, "applyModuleArgs")?,
        arguments,
        any_class: matches!(ev.evaluated(class)?.get(), Value::Null),
    };
    let unknown = ev.captured(call.closure, "unknownModule")?;
    let mut waiting = VecDeque::new();
    loader.below(unknown, b"", initial, &mut waiting, ev)?;
    let mut seen = FxHashSet::default();
    let mut collected = Vec::new();
    while let Some(module) = waiting.pop_front() {
        if seen.insert(module.key) {
            collected.push(module.set);
            loader.below(module.file, module.key, module.imports, &mut waiting, ev)?;
        }
    }
    Ok(ev.plain_list_of(&collected))
}

impl<'e> Loader<'e> {
    /// Loads what a module imports.
    fn below(
        &self,
        file: Packed<'e>,
        key: &[u8],
        modules: Packed<'e>,
        into: &mut VecDeque<Loaded<'e>>,
        ev: &mut Evaluator<'e>,
    ) -> Native<()> {
        for (module, number) in ev.plain_list(modules)?.iter().zip(1_u32..) {
            let key = [key, b":anon-", number.to_string().as_bytes()].concat();
            let key = ev.alloc_slice(&key);
            into.push_back(self.load(file, key, *module, ev)?);
        }
        Ok(())
    }

    /// `loadModule` of functions and sets.
    fn load(
        &self,
        file: Packed<'e>,
        key: &'e [u8],
        module: Packed<'e>,
        ev: &mut Evaluator<'e>,
    ) -> Native<Loaded<'e>> {
        let kind = ev.symbol("_type");
        match ev.evaluated(module)?.get() {
            Value::Lambda(_) | Value::Primop(_) => {
                let name = ev.pack(ev.str_in_arena(key));
                let module = ev.call_with(self.apply, &[name, module, self.arguments], Pos::NONE)?;
                self.unify(file, key, module, ev)
            }
            Value::Attrs(attrs) if attrs.find(ev.common.functor).is_none() && attrs.find(kind).is_none() => {
                self.unify(file, key, module, ev)
            }
            _ => Err(Declined),
        }
    }

    /// `unifyModuleSyntax`
    fn unify(
        &self,
        file: Packed<'e>,
        key: &'e [u8],
        module: Packed<'e>,
        ev: &mut Evaluator<'e>,
    ) -> Native<Loaded<'e>> {
        let set = ev.plain_set(module)?;
        let attr = |ev: &Evaluator<'e>, name: &str| set.find(ev.symbol(name)).map(|attr| attr.value);
        if ADDED.iter().any(|name| attr(ev, name).is_some()) {
            return Err(Declined);
        }
        let file = self.text(attr(ev, "_file").unwrap_or(file), ev)?;
        let key = match attr(ev, "key") {
            None => ev.pack(ev.str_in_arena(key)),
            Some(key) => self.text(key, ev)?,
        };
        let Value::String(key_text) = key.get() else { return Err(Declined) };
        if !key_text.context().is_empty() {
            return Err(Declined);
        }
        let class = attr(ev, "_class").unwrap_or(Packed::NULL);
        if !self.any_class && !matches!(ev.evaluated(class)?.get(), Value::Null) {
            return Err(Declined);
        }
        let empty = ev.plain_list_of(&[]);
        let disabled = attr(ev, "disabledModules").unwrap_or(empty);
        // Whatever is disabled is left to the code.
        if !ev.plain_list(disabled)?.is_empty() {
            return Err(Declined);
        }
        let imports = attr(ev, "imports").unwrap_or(empty);
        let nothing = ev.pack(Value::Attrs(ev.no_attrs));
        let (options, config) = (attr(ev, "options"), attr(ev, "config"));
        let (made, config) = match options.is_some() || config.is_some() {
            true => {
                if set.entries().any(|attr| !KEYWORDS.contains(&ev.name(attr.name))) {
                    return Err(Declined);
                }
                (self.library.module, config.unwrap_or(nothing))
            }
            false => (self.library.short_module, self.without(set, ev)),
        };
        let values = [file, class, key, disabled, imports, options.unwrap_or(nothing), config];
        Ok(Loaded { set: ev.make(made, |name| values[name]), file, key: key_text.as_bytes(), imports })
    }

    /// `toString` of a string or a path.
    fn text(&self, value: Packed<'e>, ev: &mut Evaluator<'e>) -> Native<Packed<'e>> {
        let value = ev.evaluated(value)?;
        match value.get() {
            Value::String(_) => Ok(value),
            Value::Path(path) => Ok(ev.pack(ev.str_in_arena(path.as_bytes()))),
            _ => Err(Declined),
        }
    }

    /// What a module of neither `options` nor `config` configures.
    fn without(&self, set: &'e Attrs<'e>, ev: &Evaluator<'e>) -> Packed<'e> {
        let kept = set.entries().filter(|attr| !NO_CONFIG.contains(&ev.name(attr.name)));
        let kept: Vec<_> = kept.collect();
        ev.pack(ev.attrs_of(&kept, None))
    }
}
