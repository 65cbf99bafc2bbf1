//! Loads modules: turns paths and values into declarations and definitions.
//!
//! Source: `collectModules`, `loadModule` and `unifyModuleSyntax` of nixpkgs' `lib.modules`. Modules are found breadth first,
//! each key once, and merged in the reverse of that order. A module that is not available (an input without its source,
//! `modulesPath + …`, a search path that leads nowhere, a file outside the checkout) is skipped with a note, under the
//! assumption of the contract (§3, *Missing modules*); one that is missing inside the checkout is an error.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;

use super::definition::{Active, Definition};
use super::placeholder::NIXPKGS;
use super::scope::{Scope, ScopeOwner};
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalResult, Evaluator, Item, OptionalAttr, Symbol, Unknown, Value, normal_path};
use crate::source::{Pos, Span};
use crate::syntax::path_literals;

/// Attributes that are not configuration, in a module without `config` and `options`.
const STRUCTURE: [&str; 6] = ["_class", "_file", "key", "disabledModules", "imports", "freeformType"];
/// Attributes that are allowed in a module with `config` or `options`.
const EXPLICIT: [&str; 9] =
    ["_class", "_file", "key", "disabledModules", "imports", "options", "config", "meta", "freeformType"];

/// What the modules of one configuration contain.
#[derive(Default)]
pub(super) struct Modules<'e> {
    /// Definitions of the whole configuration, in merge order.
    pub(super) config: Vec<Definition<'e>>,
    /// Sets of option declarations, in the same order.
    pub(super) options: Vec<(Value<'e>, Pos)>,
    /// The `freeformType` of each module that has one, in the same order.
    pub(super) freeform: Vec<(Value<'e>, Pos)>,
}

/// A module as written, with its position.
#[derive(Clone, Copy)]
pub(super) struct Source<'e> {
    /// A path, a function or a set.
    pub(super) value: Value<'e>,
    /// Where it is imported.
    pub(super) at: Pos,
    /// If the module is a definition of a submodule: that definition, with its conditions and properties.
    pub(super) around: Option<Definition<'e>>,
    /// Whether a set is only configuration.
    pub(super) shorthand: bool,
    /// The unknown value that decides whether it is imported at all.
    pub(super) optional: Option<&'e Unknown>,
    /// Whether nixpkgs puts it into the `imports` of a wrapper module (`setDefaultModuleLocation`); it is then found after its
    /// siblings.
    pub(super) wrapped: bool,
}

impl<'e> Source<'e> {
    /// Creates a module that is imported at `at`.
    pub(super) fn import(value: Value<'e>, at: Pos) -> Self {
        Self { value, at, around: None, shorthand: false, optional: None, wrapped: false }
    }

    /// Returns the elements of a list of modules.
    pub(super) fn list(list: Value<'e>, at: Pos) -> Vec<Self> {
        let items = list.items().into_iter();
        let source = |item: Item<'e>| Self {
            optional: item.optional,
            ..Self::import(item.value, item.value.pos().unwrap_or(at))
        };
        items.map(source).collect()
    }
}

/// An import: the index of a module, and the unknown value that decides whether it is imported.
type Edge<'e> = (usize, Option<&'e Unknown>);

/// A loaded module.
struct Loaded<'e> {
    key: String,
    /// Set if the module declares its own key; the inner value says why that key is unknown.
    own_key: Option<Option<&'e Unknown>>,
    imports: Vec<Edge<'e>>,
    disabled: Vec<(String, Option<&'e Unknown>)>,
    options: Option<(Value<'e>, Pos)>,
    config: Option<Definition<'e>>,
    /// Definitions apart from `config`.
    more: Vec<Definition<'e>>,
    freeform: Option<(Value<'e>, Pos)>,
}

/// Loads modules and everything that they import.
pub(super) fn load<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    roots: &[Source<'e>],
) -> EvalResult<'e, Modules<'e>> {
    let mut loader = Loader { scope, loaded: Vec::new(), keys: FxHashMap::default(), within: Vec::new() };
    let first = loader.all(ev, roots, "")?;
    let mut disabled = BTreeMap::new();
    for (index, optional) in loader.closure(&first, &disabled) {
        for (key, by_element) in &loader.loaded[index].disabled {
            let optional = optional.or(*by_element);
            let known = disabled.entry(key.clone()).or_insert(optional);
            *known = known.and(optional);
        }
    }
    let mut modules = Modules::default();
    for (index, optional) in loader.closure(&first, &disabled).into_iter().rev() {
        let module = &loader.loaded[index];
        let counts = |definition: Definition<'e>| match optional {
            Some(unknown) => definition.under(ev, Value::Unknown(unknown)),
            None => definition,
        };
        modules.config.extend(module.config.map(counts));
        modules.config.extend(module.more.iter().copied().map(counts));
        modules.options.extend(module.options);
        modules.freeform.extend(module.freeform);
    }
    Ok(modules)
}

struct Loader<'e> {
    scope: &'e Scope<'e>,
    loaded: Vec<Loaded<'e>>,
    /// Loaded files, with the index of their module.
    keys: FxHashMap<String, usize>,
    /// The module being loaded, preceded by those that import it.
    within: Vec<Source<'e>>,
}

impl<'e> Loader<'e> {
    fn all(
        &mut self,
        ev: &mut Evaluator<'e>,
        sources: &[Source<'e>],
        parent: &str,
    ) -> EvalResult<'e, Vec<Edge<'e>>> {
        let mut all = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let anonymous = format!("{parent}:anon-{}", index + 1);
            let loaded = self.loaded.len();
            self.within.push(*source);
            let module = self.one(ev, *source, &anonymous);
            self.within.pop();
            let module = match module {
                // An error in one module does not hide those of the others.
                Err(error) if self.scope.of == ScopeOwner::Host => {
                    error.diagnostics().into_iter().for_each(|found| self.scope.context.find(found));
                    self.scope.context.broken.set(true);
                    self.loaded.truncate(loaded);
                    self.keys.retain(|_, index| *index < loaded);
                    None
                }
                module => module?,
            };
            let module = match (module, source.wrapped) {
                (Some(module), true) => {
                    let wrapper = self.keep(format!("{anonymous}:wrapper"), None);
                    self.loaded[wrapper].imports.push((module, None));
                    Some(wrapper)
                }
                (module, _) => module,
            };
            all.extend(module.map(|module| (module, source.optional)));
        }
        Ok(all)
    }

    /// Returns the modules that count, breadth first, each key once, with the unknown value that each depends on.
    fn closure(
        &self,
        first: &[Edge<'e>],
        disabled: &BTreeMap<String, Option<&'e Unknown>>,
    ) -> Vec<(usize, Option<&'e Unknown>)> {
        let mut queue: VecDeque<Edge<'e>> = first.iter().copied().collect();
        let mut order: Vec<(usize, Option<&'e Unknown>)> = Vec::new();
        let mut indexes: FxHashMap<&str, usize> = FxHashMap::default();
        // A module with an unknown key may share it with any other that declares its own; then only one of the two counts.
        let mut any_key = None;
        while let Some((index, optional)) = queue.pop_front() {
            let module = &self.loaded[index];
            let optional = match module.own_key {
                Some(unknown) => {
                    any_key = any_key.or(unknown);
                    optional.or(any_key)
                }
                None => optional,
            };
            let optional = match disabled.get(&module.key) {
                Some(None) => continue,
                Some(Some(unknown)) => optional.or(Some(unknown)),
                None => optional,
            };
            match indexes.entry(&module.key) {
                Entry::Vacant(entry) => {
                    entry.insert(order.len());
                    order.push((index, optional));
                }
                // Now also imported unconditionally, so its own imports are certain too: walk them again.
                Entry::Occupied(entry) if optional.is_none() && order[*entry.get()].1.is_some() => {
                    order[*entry.get()].1 = None;
                }
                Entry::Occupied(_) => continue,
            }
            queue.extend(module.imports.iter().map(|(index, own)| (*index, optional.or(*own))));
        }
        order
    }

    /// Loads a module and its imports; `None` if the module is not available.
    fn one(
        &mut self,
        ev: &mut Evaluator<'e>,
        source: Source<'e>,
        anonymous: &str,
    ) -> EvalResult<'e, Option<usize>> {
        let mut value = ev.force(source.value)?;
        let mut key = anonymous.to_owned();
        if let Some(path) = ev.path_text(value)? {
            if let Some(index) = self.keys.get(&path) {
                return Ok(Some(*index));
            }
            if let Some(part) = path.strip_prefix(NIXPKGS) {
                let reason = format!("{}, a part of nixpkgs", part.trim_start_matches('/'));
                self.missing(ev, &reason, source.at, Span::NONE);
                return Ok(None);
            }
            if ev.loader.is_absent(&path) {
                self.absent(ev, &path, source.at);
                return Ok(None);
            }
            value = ev.import_at(&path, source.at)?;
            key = path;
        }
        let around = source.around.unwrap_or_else(|| Definition::new(value, source.at));
        if ev.heap.is_function(value) {
            let called = self.scope.call(ev, value, value.pos().unwrap_or(source.at))?;
            value = ev.force(called)?;
        } else if source.shorthand && matches!(value, Value::Attrs(_)) {
            let config = Some(around.with_value(value, Pos::NONE));
            return Ok(Some(self.keep(key, config)));
        }
        match value {
            Value::Attrs(attrs) => self.set(ev, value, attrs, source.at, key, around).map(Some),
            Value::Unknown(_) if source.around.is_some() => {
                // A definition of a submodule: it may define anything.
                let config = Some(around.with_value(value, Pos::NONE));
                Ok(Some(self.keep(key, config)))
            }
            Value::Unknown(unknown) => {
                self.missing(ev, unknown.reason(), source.at, unknown.span());
                Ok(None)
            }
            Value::List(_) => {
                let message = "a list stands where a module is expected: lists of modules do not nest";
                let diagnostic =
                    Diagnostic::error(Code::OptionType, message).at(ev.report.word_span(source.at), "");
                Err(ev.report.thrown(diagnostic.help("remove one level of brackets, or append with `++`")))
            }
            other => {
                let message = format!(
                    "a module is a set, a function or a path, but this is {}",
                    ev.report.describe(&ev.heap, other)
                );
                let diagnostic = Diagnostic::error(Code::OptionType, message)
                    .at(ev.report.word_span(source.at), "imported here");
                Err(ev.report.thrown(diagnostic))
            }
        }
    }

    fn keep(&mut self, key: String, config: Option<Definition<'e>>) -> usize {
        self.loaded.push(Loaded {
            key,
            own_key: None,
            imports: Vec::new(),
            disabled: Vec::new(),
            options: None,
            config,
            more: Vec::new(),
            freeform: None,
        });
        self.loaded.len() - 1
    }

    /// Notes that a module is not available.
    fn missing(&self, ev: &Evaluator<'e>, reason: &str, at: Pos, made_at: Span) {
        let message = format!("a module is not here ({reason}); it is assumed to define nothing for containers");
        let mut note = Diagnostic::note(Code::MissingModule, message);
        let span = if at.is_some() { ev.report.word_span(at) } else { made_at };
        if span != Span::NONE {
            note = note.at(span, "imported here");
        }
        self.scope.context.find(note);
    }

    /// Reports an imported file that does not exist. In the checkout, all files that Nix would read are present, so it is an
    /// error, as in Nix; elsewhere, the file may exist on the target host.
    fn absent(&self, ev: &mut Evaluator<'e>, path: &str, at: Pos) {
        let file = ev.loader.file_of_module(path);
        let name = ev.report.sources().display_name(&file);
        let why = ev.loader.why_absent(path);
        let finding = if ev.loader.is_in_checkout(&file) && !self.is_doubtful(ev) {
            let help = match why {
                Some(why) => format!("Nix refuses this import: {why}"),
                None => String::from(
                    "create it, or import it only where it is there: `lib.optional (builtins.pathExists FILE) FILE`",
                ),
            };
            Diagnostic::error(Code::MissingModule, format!("the module {name} does not exist")).help(help)
        } else {
            let message =
                format!("the module {name} does not exist here; it is assumed to define nothing for containers");
            let help = match why {
                Some(why) => format!("Nix refuses this import: {why}"),
                None => String::from("Nix refuses an import of a file that does not exist"),
            };
            Diagnostic::warning(Code::MissingModule, message).help(help)
        };
        self.scope.context.find(match written_at(ev, path, at) {
            Span::NONE => finding,
            span => finding.at(span, "imported here"),
        });
    }

    /// Whether the module being loaded might not count.
    fn is_doubtful(&self, ev: &mut Evaluator<'e>) -> bool {
        let mut is_active = |around: Definition<'e>| matches!(around.active(ev), Ok(Active::Yes));
        let mut counts =
            |source: &Source<'e>| source.optional.is_none() && source.around.is_none_or(&mut is_active);
        !self.within.iter().all(&mut counts)
    }

    fn set(
        &mut self,
        ev: &mut Evaluator<'e>,
        value: Value<'e>,
        attrs: &'e crate::eval::Attrs<'e>,
        at: Pos,
        key: String,
        around: Definition<'e>,
    ) -> EvalResult<'e, usize> {
        let field = |ev: &Evaluator<'e>, name: &str| {
            let name = ev.heap.symbol(name);
            attrs.get(name).map(|value| (value, attrs.position(name).unwrap_or(at)))
        };
        // A file is found by its path, even if the module declares another key.
        let from = key.clone();
        let mut own_key = None;
        let key = match field(ev, "key") {
            Some((key, _)) => {
                let key = ev.force(key)?;
                own_key = Some(match key {
                    Value::Unknown(unknown) => Some(unknown),
                    _ => None,
                });
                match key {
                    Value::String(text) => text.to_str_lossy().into_owned(),
                    key => ev.path_text(key)?.unwrap_or_else(|| from.clone()),
                }
            }
            None => key,
        };
        let index = self.keep(key.clone(), None);
        self.loaded[index].own_key = own_key;
        self.keys.insert(from, index);
        if let Some((disabled, at)) = field(ev, "disabledModules") {
            let disabled = ev.force_partial(disabled)?;
            if let Value::Unknown(unknown) = disabled {
                self.disables(ev, unknown, at);
            }
            for item in disabled.items() {
                let key = self.disabled_key(ev, item.value, at)?;
                self.loaded[index].disabled.extend(key.map(|key| (key, item.optional)));
            }
        }
        if let Some((imports, at)) = field(ev, "imports") {
            let sources = self.imports(ev, imports, at)?;
            self.loaded[index].imports = self.all(ev, &sources, &key)?;
        }
        let imports = ev.heap.symbol("imports");
        for optional in attrs.optional().iter().filter(|optional| optional.name() == imports) {
            let mut sources = self.imports(ev, optional.value(), optional.pos())?;
            sources.iter_mut().for_each(|source| source.optional = source.optional.or(Some(optional.why())));
            let more = self.all(ev, &sources, &key)?;
            self.loaded[index].imports.extend(more);
        }
        let (config, options) = (field(ev, "config"), field(ev, "options"));
        self.loaded[index].freeform = field(ev, "freeformType");
        let explicit = |one: &&OptionalAttr<'e>| matches!(ev.heap.name(one.name()), "config" | "options");
        if config.is_some() || options.is_some() || attrs.optional().iter().any(|one| explicit(&one)) {
            self.may_be_explicit(ev, attrs, index, around);
            for (name, _, pos) in attrs.iter() {
                if !EXPLICIT.contains(&ev.heap.name(name)) {
                    return Err(self.unsupported(ev, name, if pos.is_some() { pos } else { at }));
                }
            }
            if let Some((value, pos)) = config {
                self.loaded[index].config = Some(around.with_value(value, pos));
            }
            self.loaded[index].options = options.or(self.loaded[index].options);
            if let Some((meta, pos)) = field(ev, "meta") {
                let meta = ev.heap.attrs([(ev.heap.symbol("meta"), meta, pos)]);
                self.loaded[index].more.push(around.with_value(meta, pos));
            }
        } else {
            let optional = attrs.optional();
            let is_there = |name: &str| {
                let name = ev.heap.symbol(name);
                attrs.get(name).is_some() || optional.iter().any(|one| one.name() == name)
            };
            let structured = STRUCTURE.iter().any(|name| is_there(name));
            let config = if structured {
                let structure: Vec<Symbol> = STRUCTURE.iter().map(|name| ev.heap.symbol(name)).collect();
                let parts: Vec<_> = attrs.iter().filter(|(name, ..)| !structure.contains(name)).collect();
                let optional = attrs.optional().iter().filter(|one| !structure.contains(&one.name()));
                let optional: Vec<_> =
                    optional.map(|one| (one.name(), one.value(), one.pos(), one.why())).collect();
                ev.heap.partial_attrs(parts, &optional, attrs.any())
            } else {
                value
            };
            self.loaded[index].config = Some(around.with_value(config, at));
        }
        Ok(index)
    }

    /// Adds the optional `config`, `options` and other attributes of a module, each under a condition.
    fn may_be_explicit(
        &mut self,
        ev: &Evaluator<'e>,
        attrs: &'e crate::eval::Attrs<'e>,
        index: usize,
        around: Definition<'e>,
    ) {
        let loaded = &mut self.loaded[index];
        let mut others = Vec::new();
        for one in attrs.optional() {
            match ev.heap.name(one.name()) {
                "config" => loaded.config = Some(around.under_name(ev, one)),
                "options" => loaded.options = Some((one.value(), one.pos())),
                name if EXPLICIT.contains(&name) => {}
                _ => others.push((one.name(), one.value(), one.pos(), one.why())),
            }
        }
        if !others.is_empty() {
            loaded.more.push(around.with_value(ev.heap.partial_attrs([], &others, None), Pos::NONE));
        }
    }

    fn imports(&self, ev: &mut Evaluator<'e>, imports: Value<'e>, at: Pos) -> EvalResult<'e, Vec<Source<'e>>> {
        match ev.force_partial(imports)? {
            list @ (Value::List(_) | Value::PartialList(_)) => Ok(Source::list(list, at)),
            unknown @ Value::Unknown(_) => Ok(vec![Source::import(unknown, at)]),
            other => {
                let message =
                    format!("`imports` is a list of modules, but this is {}", ev.report.describe(&ev.heap, other));
                let diagnostic = Diagnostic::error(Code::OptionType, message).at(ev.report.attribute_span(at), "");
                Err(ev.report.diagnostic_error(diagnostic))
            }
        }
    }

    /// Returns the key that an element of `disabledModules` names. A string without a leading slash is a nixpkgs module.
    fn disabled_key(&self, ev: &mut Evaluator<'e>, item: Value<'e>, at: Pos) -> EvalResult<'e, Option<String>> {
        let item = ev.force(item)?;
        if let Value::Unknown(unknown) = item {
            self.disables(ev, unknown, at);
            return Ok(None);
        }
        if let Some(path) = ev.path_text(item)? {
            return Ok(Some(path));
        }
        let Value::Attrs(attrs) = item else { return Ok(None) };
        let Some(key) = attrs.get(ev.heap.symbol("key")) else { return Ok(None) };
        Ok(match ev.force(key)? {
            Value::String(text) => Some(text.to_str_lossy().into_owned()),
            Value::Unknown(unknown) => {
                self.disables(ev, unknown, at);
                None
            }
            key => ev.path_text(key)?,
        })
    }

    /// Notes that the name of a disabled module is unknown: it is assumed to be one that is not available here.
    fn disables(&self, ev: &Evaluator<'e>, unknown: &Unknown, at: Pos) {
        let message = format!(
            "which module is disabled is not known ({}); it is assumed to be one that is not here",
            unknown.reason()
        );
        let note = Diagnostic::note(Code::MissingModule, message);
        self.scope.context.find(match ev.report.attribute_span(at) {
            Span::NONE => note,
            span => note.at(span, "disabled here"),
        });
    }

    fn unsupported(&self, ev: &Evaluator<'e>, name: Symbol, pos: Pos) -> crate::eval::EvalError<'e> {
        let name = ev.heap.name(name);
        let message = format!(
            "the module has an unsupported attribute `{name}': beside `config` or `options` there is no other configuration"
        );
        let diagnostic = Diagnostic::error(Code::UnknownOption, message)
            .at(ev.report.attribute_span(pos), "")
            .help(format!("move `{name}` into the module's `config`"));
        ev.report.thrown(diagnostic)
    }
}

/// Where an imported path is written: the literal in the same definition, if one matches.
fn written_at(ev: &Evaluator<'_>, path: &str, at: Pos) -> Span {
    let file = ev.report.sources().file(at);
    let directory = file.as_ref().and_then(|file| file.path.parent()).unwrap_or(std::path::Path::new("/"));
    let is_it = |text: &str| normal_path(&format!("{}/{text}", directory.display()), text) == path;
    let literals = path_literals(ev.report.sources(), at);
    literals.iter().find(|(_, text)| is_it(text)).map_or_else(|| ev.report.word_span(at), |(span, _)| *span)
}
