//! Which functions are known, and what they rely on.

use super::{Call, Evaluator, Library, Made, Names, Native, Packed, definitions, load, options, tree};
use crate::eval::value::Closure;
use crate::syntax::expr::Name;
use crate::syntax::expr::{AttrsExpr, BindingValue, Bindings, Expr, Function, NodeRef, Part};
use crate::syntax::{Key, Shape, Symbol, Unit};

/// A text of the library that has known functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Attrsets,
    Lists,
    Modules,
    Options,
    Properties,
    Trivial,
}

impl Text {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Attrsets, include_str!("../../../nix-fixtures/nixpkgs/lib/attrsets.nix")),
        (Self::Lists, include_str!("../../../nix-fixtures/nixpkgs/lib/lists.nix")),
        (Self::Modules, include_str!("../../../nix-fixtures/nixpkgs/lib/modules.nix")),
        (Self::Options, include_str!("../../../nix-fixtures/nixpkgs/lib/options.nix")),
        (Self::Properties, include_str!("../../../nix-fixtures/nixpkgs/lib/properties.nix")),
        (Self::Trivial, include_str!("../../../nix-fixtures/nixpkgs/lib/trivial.nix")),
    ];

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, own)| *own == text).map(|(which, _)| which)
    }
}

/// Whether a text is one of the library's that have known functions.
pub(in crate::eval) fn is_known(text: &str) -> bool {
    Text::of(text).is_some()
}

/// What a name has to be that a function captured.
pub(super) enum Relied {
    /// The built-in function of that name.
    Builtin,
    /// The known function of that name.
    Function,
    /// That known function with this number as its first argument.
    Given(&'static str, i64),
    /// This number.
    Is(i64),
    /// A set that has these known functions.
    Library(&'static [&'static str]),
}

/// Does a call natively.
type Run = for<'e> fn(&mut Evaluator<'e>, Call<'e>) -> Native<Packed<'e>>;

/// A known function.
pub(super) struct Known {
    text: Text,
    pub(super) name: &'static str,
    pub(super) relies_on: &'static [(&'static str, Relied)],
    /// What does it natively; others are only relied on.
    pub(super) run: Option<Run>,
}

/// How many there are.
pub(super) const COUNT: usize = 23;

/// All of them; a function is known by its place here, counted from 1.
pub(super) static FUNCTIONS: [Known; COUNT] = {
    use Relied::{Builtin, Function, Given, Is, Library};
    use Text::{Attrsets, Lists, Modules, Options, Properties, Trivial};
    const fn known(
        text: Text,
        name: &'static str,
        relies_on: &'static [(&'static str, Relied)],
        run: Option<Run>,
    ) -> Known {
        Known { text, name, relies_on, run }
    }
    [
        known(
            Modules,
            "mergeDefinitions",
            &[
                ("addErrorContext", Builtin),
                ("all", Builtin),
                ("any", Builtin),
                ("concatMap", Builtin),
                ("dischargeProperties", Function),
                ("filterOverrides'", Function),
            ],
            Some(definitions::merge_definitions),
        ),
        known(Modules, "dischargeProperties", &[("concatMap", Builtin), ("isBool", Builtin)], None),
        known(
            Modules,
            "filterOverrides'",
            &[("concatMap", Builtin), ("foldl'", Builtin), ("priorityOf", Function), ("lib", Library(&["min"]))],
            None,
        ),
        known(Modules, "priorityOf", &[("defaultOverridePriority", Is(100))], None),
        known(
            Modules,
            "evalOptionValue",
            &[
                ("addErrorContext", Builtin),
                ("head", Builtin),
                ("mkOptionDefault", Given("mkOverride", 1500)),
                ("mergeDefinitions", Function),
                ("lib", Library(&["warnIf"])),
            ],
            Some(options::eval_option_value),
        ),
        known(Modules, "mergeOptionDecls", &[("foldl'", Builtin), ("setDefaultModuleLocation", Function)], None),
        known(Modules, "setDefaultModuleLocation", &[], None),
        known(Modules, "fixupOptionType", &[], None),
        known(
            Modules,
            "mergeOption",
            &[
                ("filter", Builtin),
                ("isOption", Function),
                ("mergeModules'", Function),
                ("evalOptionValue", Function),
                ("fixupOptionType", Function),
                ("mergeOptionDecls", Function),
            ],
            None,
        ),
        known(
            Modules,
            "mergeModules'",
            &[
                ("attrNames", Builtin),
                ("concatLists", Builtin),
                ("concatMap", Builtin),
                ("isAttrs", Builtin),
                ("mapAttrs", Builtin),
                ("zipAttrsWith", Builtin),
                ("pushDownProperties", Function),
                ("mergeOption", Function),
                ("lib", Library(&["mapAttrsToList"])),
            ],
            Some(tree::merge_modules),
        ),
        known(
            Modules,
            "pushDownProperties",
            &[("concatMap", Builtin), ("mapAttrs", Builtin), ("mkIf", Function), ("mkOverride", Function)],
            None,
        ),
        known(
            Modules,
            "collectModules",
            &[
                ("checkClass", Function),
                ("concatMap", Builtin),
                ("loadModule", Function),
                ("lib", Library(&["imap1"])),
            ],
            Some(load::collect_modules),
        ),
        known(Modules, "checkClass", &[], None),
        known(
            Modules,
            "loadModule",
            &[("isAttrs", Builtin), ("unifyModuleSyntax", Function), ("lib", Library(&["isFunction"]))],
            None,
        ),
        known(
            Modules,
            "unifyModuleSyntax",
            &[("isAttrs", Builtin), ("attrNames", Builtin), ("removeAttrs", Builtin)],
            None,
        ),
        known(Properties, "mkIf", &[], None),
        known(Properties, "mkOverride", &[], None),
        known(Options, "isOption", &[], Some(options::is_option)),
        known(Lists, "imap1", &[("elemAt", Builtin), ("genList", Builtin), ("length", Builtin)], None),
        known(Trivial, "isFunction", &[], None),
        known(Trivial, "min", &[], None),
        known(Trivial, "warnIf", &[], None),
        known(Attrsets, "mapAttrsToList", &[("attrValues", Builtin), ("mapAttrs", Builtin)], None),
    ]
};

pub(super) fn function(id: u8) -> &'static Known {
    &FUNCTIONS[usize::from(id) - 1]
}

/// The known functions of a text: what its outermost `let` and the set that it gives bind.
pub(super) fn functions<'e>(
    text: Text,
    unit: &'e Unit<'e>,
    name_of: impl Fn(Symbol) -> &'e str,
) -> Vec<(u8, &'e Function<'e>)> {
    let mut found = Vec::new();
    let Expr::Lambda(file) = &unit.body.expr else { return found };
    let mut add = |bindings: &Bindings<'e>| {
        for entry in bindings.entries {
            let BindingValue::Inner(node) = entry.value else { continue };
            let Expr::Lambda(lambda) = &node.expr else { continue };
            let known = FUNCTIONS
                .iter()
                .zip(1..)
                .find(|(known, _)| known.text == text && known.name == name_of(entry.name));
            found.extend(known.map(|(_, id)| (id, lambda.function)));
        }
    };
    let mut body = file.body;
    if let Expr::Let { bindings, body: inner, .. } = &body.expr {
        add(bindings);
        body = inner;
    }
    while let Expr::Binary(_, left, _) = &body.expr {
        body = left;
    }
    if let Expr::Attrs(attrs) = &body.expr {
        add(&attrs.bindings);
    }
    found
}

impl<'e> Evaluator<'e> {
    /// What native code has to know of the text that a function is from; `around` are the functions that it relies on.
    pub(super) fn library(
        &mut self,
        function: &'e Function<'e>,
        around: &[&'e Closure<'e>],
    ) -> Option<&'e Library<'e>> {
        let text =
            self.known.texts.iter().find(|text| text.iter().any(|(_, other)| std::ptr::eq(*other, function)))?;
        let key = std::ptr::from_ref(text.first()?.1);
        if let Some(library) = self.known.libraries.get(&key) {
            return Some(library);
        }
        let named = |name: &str| {
            let around = around.iter().map(|closure| closure.lambda.function);
            let read = self.known.texts.iter().flatten().map(|(_, function)| *function);
            around.chain(read).find(|function| self::function(function.known.get()).name == name)
        };
        let made = |name: &str, names: &[&str]| -> Option<Made<'e>> {
            let mut sets = Vec::new();
            collect(named(name)?.body, &mut sets);
            sets.into_iter().find_map(|set| self.made(set, set.shape, names))
        };
        let symbol = |name: &str| self.symbol(name);
        const DEFINITION: [&str; 2] = ["file", "value"];
        let definition = made("mergeDefinitions", &DEFINITION)?;
        let overridden = self.updated(definition.shape, made("filterOverrides'", &["value"])?.shape);
        // What `//` makes of them one after the other.
        let [declared_names @ .., _] = options::DECLARED;
        let declared = made("mergeOptionDecls", &declared_names)?;
        let again = made("mergeOptionDecls", &["declarations", "declarationPositions", "options"])?;
        let declared_again = self.updated(declared.shape, again.shape);
        let typed = made("fixupOptionType", &["type"])?;
        let substituted = made("fixupOptionType", &["type", "options"])?;
        let unify = "unifyModuleSyntax";
        let unified = made(unify, &["_file", "_class", "key", "disabledModules", "imports"])?;
        let more = made(unify, &["options", "config"])?;
        let short = made(unify, &["imports", "options", "config"])?;
        let library = Library {
            names: Names {
                kind: symbol("_type"),
                file: symbol("file"),
                from: symbol("_file"),
                value: symbol("value"),
                options: symbol("options"),
                condition: symbol("condition"),
                content: symbol("content"),
                contents: symbol("contents"),
                priority: symbol("priority"),
                option_type: symbol("type"),
                default: symbol("default"),
                apply: symbol("apply"),
                read_only: symbol("readOnly"),
                declarations: symbol("declarations"),
                get_sub_modules: symbol("getSubModules"),
                subst_sub_modules: symbol("substSubModules"),
                deprecation: symbol("deprecationMessage"),
                check: symbol("check"),
                merge: symbol("merge"),
            },
            definition,
            overriding_definition: self.made(definition.set, overridden, &DEFINITION)?,
            merged: made("mergeDefinitions", &definitions::PARTS)?,
            final_with_priority: made("mergeDefinitions", &["values", "highestPrio"])?,
            optional: made("mergeDefinitions", &["value"])?,
            matched: made("mergeModules'", &tree::PARTS)?,
            declared: self.made(declared.set, self.updated(declared_again, typed.shape), &options::DECLARED)?,
            substituted: self.made(
                declared.set,
                self.updated(declared_again, substituted.shape),
                &options::DECLARED,
            )?,
            located: made("setDefaultModuleLocation", &["_file", "imports"])?,
            module: self.made(unified.set, self.updated(unified.shape, more.shape), &load::MODULE)?,
            short_module: self.made(unified.set, self.updated(unified.shape, short.shape), &load::MODULE)?,
            evaluated: made("evalOptionValue", &options::PARTS)?,
            condition: made("mkIf", &["_type", "condition", "content"])?,
            overriding: made("mkOverride", &["_type", "priority", "content"])?,
        };
        let library = &*self.bump.alloc(library);
        self.known.libraries.insert(key, library);
        Some(library)
    }
}

impl<'e> Evaluator<'e> {
    /// The set, if it has these names.
    fn made(&self, set: &'e AttrsExpr<'e>, shape: &'e Shape<'e>, names: &[&str]) -> Option<Made<'e>> {
        let number = |key: &Key| names.iter().position(|name| *name == self.name(key.name));
        let numbers: Option<Vec<_>> = shape.keys().iter().map(number).collect();
        let numbers = numbers.filter(|numbers| numbers.len() == names.len())?;
        Some(Made { shape, numbers: self.alloc_slice(&numbers), set })
    }

    /// The shape of `left // right`.
    fn updated(&self, left: &'e Shape<'e>, right: &'e Shape<'e>) -> &'e Shape<'e> {
        let kept = left.keys().iter().filter(|key| right.find(key.name).is_none());
        let mut keys: Vec<_> = kept.chain(right.keys()).copied().collect();
        keys.sort_by_key(|key| key.name);
        self.shape_of(keys.iter().copied())
    }
}

/// All sets that code makes, those of code within it included.
fn collect<'e>(node: NodeRef<'e>, into: &mut Vec<&'e AttrsExpr<'e>>) {
    let bindings = |bindings: &Bindings<'e>, into: &mut Vec<&'e AttrsExpr<'e>>| {
        for (node, _) in bindings.nodes() {
            collect(node, into);
        }
    };
    let path = |path: &'e [Name<'e>], into: &mut Vec<&'e AttrsExpr<'e>>| {
        for name in path {
            if let Name::Dynamic(node) = name {
                collect(node, into);
            }
        }
    };
    match &node.expr {
        Expr::Int(_)
        | Expr::Float(_)
        | Expr::Str(_)
        | Expr::Path(_)
        | Expr::SearchPath(_)
        | Expr::Slot(_)
        | Expr::Captured(_)
        | Expr::Global(_)
        | Expr::With { .. }
        | Expr::CurPos => {}
        Expr::Interpolated(parts) | Expr::InterpolatedPath(parts) => {
            for part in *parts {
                if let Part::Value(node) = part {
                    collect(node, into);
                }
            }
        }
        Expr::Delayed(unit) => collect(unit.body, into),
        Expr::Select { base, path: names, default } => {
            collect(base, into);
            path(names, into);
            default.iter().for_each(|default| collect(default, into));
        }
        Expr::HasAttr { base, path: names } => {
            collect(base, into);
            path(names, into);
        }
        Expr::Apply { function, arguments } => {
            collect(function, into);
            arguments.iter().for_each(|argument| collect(argument, into));
        }
        Expr::Lambda(lambda) => collect(lambda.body, into),
        Expr::Let { bindings: bound, body, .. } => {
            bindings(bound, into);
            collect(body, into);
        }
        Expr::Attrs(attrs) => {
            into.push(attrs);
            bindings(&attrs.bindings, into);
            for (name, value, _) in attrs.dynamic {
                collect(name, into);
                collect(value, into);
            }
        }
        Expr::List(items) => items.iter().for_each(|item| collect(item, into)),
        Expr::If(a, b, c) => [a, b, c].into_iter().for_each(|node| collect(node, into)),
        Expr::Assert(a, b) | Expr::Binary(_, a, b) => [a, b].into_iter().for_each(|node| collect(node, into)),
        Expr::WithIn { namespace, body, .. } => {
            collect(namespace, into);
            collect(body, into);
        }
        Expr::Not(operand) | Expr::Negate(operand) => collect(operand, into),
    }
}
