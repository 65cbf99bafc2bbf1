//! Generates expressions of given types. Most of them evaluate, because operators and builtins get operands of the types that
//! they expect.

use std::rc::Rc;

use super::tree::{Tree, Type};
use crate::random::Random;

/// Names of variables. There are few, so that they shadow each other.
const NAMES: [&str; 10] = ["a", "b", "c", "d", "f", "g", "x", "y'", "z-z", "_w"];
/// Names of attributes.
const FIELDS: [&str; 10] = ["a", "b", "c", "key", "name", "value", "B", "\"x y\"", "\"1\"", "or"];

/// One in so many nodes is wrong on purpose.
const ONE_WRONG_IN: usize = 200;

/// Generates expressions.
pub(crate) struct Generator {
    pub(crate) random: Random,
    pub(crate) scope: Vec<(String, Type)>,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), scope: Vec::new() }
    }

    /// An expression whose value nests at least `nesting` deep.
    pub(crate) fn case(&mut self, nesting: usize) -> Tree {
        if nesting == 0 {
            let ty = self.any_type(2);
            return self.expression(&ty, 4);
        }
        let beside = self.any_type(1);
        let beside = self.expression(&beside, 3);
        let inner = self.case(nesting - 1);
        let name = self.random.pick(&FIELDS);
        match self.random.below(6) {
            0 => {
                let ty = Type::List(Rc::new(inner.ty.clone()));
                Tree::new(ty, "list", true, "[ § § ]", [beside, inner])
            }
            1 => {
                let ty = Type::Record([(String::from("r"), inner.ty.clone())].into());
                Tree::new(ty, "rec", true, "rec { l = ¤; r = ¤; }", [beside, inner])
            }
            2 => {
                let ty = Type::Record([(name.to_owned(), inner.ty.clone())].into());
                Tree::new(ty, "update", false, &format!("{{ extra = ¤; }} // {{ {name} = ¤; }}"), [beside, inner])
            }
            _ => {
                let ty = Type::Record([(name.to_owned(), inner.ty.clone())].into());
                Tree::new(ty, "set", true, &format!("{{ extra = ¤; {name} = ¤; }}"), [beside, inner])
            }
        }
    }

    /// A random type.
    pub(crate) fn any_type(&mut self, depth: usize) -> Type {
        match self.random.below(if depth == 0 { 9 } else { 13 }) {
            0 | 1 | 8 => Type::Int,
            2 => Type::Float,
            3 => Type::Bool,
            4 | 5 => Type::Str,
            6 => Type::Null,
            7 => Type::Path,
            9 => Type::List(Rc::new(self.any_type(depth - 1))),
            10 => Type::Attrs(Rc::new(self.any_type(depth - 1))),
            11 => {
                let count = self.random.below(3) + 1;
                Type::Record(self.fields(count).into())
            }
            _ => Type::Function(Rc::new(self.any_type(depth - 1)), Rc::new(self.any_type(depth - 1))),
        }
    }

    fn fields(&mut self, count: usize) -> Vec<(String, Type)> {
        let mut fields = Vec::new();
        for _ in 0..count {
            let name = self.fresh_field(&fields);
            let ty = self.any_type(0);
            fields.push((name, ty));
        }
        fields
    }

    fn fresh_field(&mut self, taken: &[(String, Type)]) -> String {
        loop {
            let name = self.random.pick(&FIELDS);
            if taken.iter().all(|(other, _)| other != name) {
                return name.to_owned();
            }
        }
    }

    pub(crate) fn name(&mut self) -> String {
        self.random.pick(&NAMES).to_owned()
    }

    /// An expression of the given type.
    pub(crate) fn expression(&mut self, ty: &Type, depth: usize) -> Tree {
        if self.random.below(ONE_WRONG_IN) == 0 {
            return self.wrong(ty);
        }
        if depth == 0 || self.random.chance(12) {
            return self.leaf(ty);
        }
        if self.random.chance(30) {
            return self.anything(ty, depth - 1);
        }
        let depth = depth - 1;
        match ty {
            Type::Int => self.int(depth),
            Type::Float => self.float(depth),
            Type::Bool => self.bool(depth),
            Type::Str => self.string(depth),
            Type::Null => self.null(depth),
            Type::Path => self.path(depth),
            Type::List(item) => self.list(item, depth),
            Type::Attrs(item) => self.attrs(item, depth),
            Type::Record(fields) => self.record(fields, depth),
            Type::Function(from, to) => self.function(from, to, depth),
        }
    }

    /// An expression of the given type, with more names in scope.
    pub(crate) fn inside(&mut self, names: Vec<(String, Type)>, ty: &Type, depth: usize) -> Tree {
        let before = self.scope.len();
        self.scope.extend(names);
        let tree = self.expression(ty, depth);
        self.scope.truncate(before);
        tree
    }

    /// A variable of the given type that is not shadowed.
    fn variable(&mut self, ty: &Type) -> Option<Tree> {
        let visible: Vec<String> = (0..self.scope.len())
            .filter(|&i| self.scope[i].1 == *ty)
            .filter(|&i| self.scope[i + 1..].iter().all(|(name, _)| *name != self.scope[i].0))
            .map(|i| self.scope[i].0.clone())
            .collect();
        if visible.is_empty() {
            return None;
        }
        Some(Tree::new(ty.clone(), "variable", true, &self.random.pick(&visible), []))
    }

    fn leaf(&mut self, ty: &Type) -> Tree {
        if self.random.chance(70)
            && let Some(variable) = self.variable(ty)
        {
            return variable;
        }
        let (kind, text): (_, &str) = match ty {
            Type::Int => ("integer", self.random.pick(&["0", "1", "2", "3", "7", "10", "42", "1000000007"])),
            Type::Float => {
                ("float", self.random.pick(&["0.5", "1.0", "2.25", ".1", "1.5e3", "1.e-3", "123456.789"]))
            }
            Type::Bool => ("variable", self.random.pick(&["true", "false"])),
            Type::Str => self.random.pick(&[
                ("string", "\"\""),
                ("string", "\"a\""),
                ("string", "\"b c\""),
                ("string", "\"key\""),
                ("string", "\"a.b-1.2\""),
                ("string", "\"é\\n\\t\\\\\\\"\\${x}\""),
                ("string", "\"$\""),
                ("indented string", "''indented ''$ '''\n    two\n      three\n  ''"),
                ("uri", "http://example.org/x?y=z"),
            ]),
            Type::Null => ("variable", "null"),
            Type::Path => self.random.pick(&[
                ("path", "/a/b"),
                ("path", "./files"),
                ("path", "./files/text"),
                ("path", "/x/../y"),
                ("search path", "<fixtures/text>"),
            ]),
            Type::List(_) => ("list", "[ ]"),
            Type::Attrs(_) => ("set", "{ }"),
            Type::Record(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, ty)| (name.clone(), self.leaf(ty))).collect();
                return Tree::set("set", "{ ", fields, ty.clone());
            }
            Type::Function(from, to) => {
                let name = self.name();
                let body = self.inside(vec![(name.clone(), (**from).clone())], to, 0);
                return Tree::new(ty.clone(), "function", false, &format!("{name}: ¤"), [body]);
            }
        };
        Tree::new(ty.clone(), kind, true, text, [])
    }

    /// An expression that has another type or fails.
    fn wrong(&mut self, ty: &Type) -> Tree {
        let text = match self.random.below(18) {
            0 | 1 => ("throw", "throw \"thrown\""),
            2 => ("builtins.abort", "abort \"aborted\""),
            3 => ("assert", "assert false; 1"),
            4 => ("select", "{ a = 1; }.missing"),
            5 => ("builtins.head", "builtins.head [ ]"),
            6 => ("division", "1 / 0"),
            7 => ("list", "[ 1 { a = 2; } ]"),
            8 => ("set", "{ a = \"s\"; b = [ null ]; }"),
            9 => ("function", "{ a, b ? 1 }: a"),
            10 => ("string", "\"wrong\""),
            11 => ("variable", "null"),
            12 => ("integer", "9223372036854775807"),
            _ => self.random.pick(&OUTSIDE),
        };
        Tree::new(ty.clone(), text.0, false, text.1, [])
    }

    /// An expression form that works for every type.
    fn anything(&mut self, ty: &Type, depth: usize) -> Tree {
        let of =
            |kind, atom, template: &str, children: Vec<Tree>| Tree::new(ty.clone(), kind, atom, template, children);
        match self.random.below(27) {
            0 | 1 => {
                let children = vec![
                    self.expression(&Type::Bool, depth),
                    self.expression(ty, depth),
                    self.expression(ty, depth),
                ];
                of("if", false, "if § then § else ¤", children)
            }
            2..=4 => self.let_in(ty, depth),
            5 => {
                let condition = self.random.pick(&["true", "1 < 2", "{ } == { }", "!false"]).to_owned();
                let body = self.expression(ty, depth);
                of("assert", false, &format!("assert {condition}; ¤"), vec![body])
            }
            6 => {
                let bound = self.any_type(1);
                let name = format!("w{}", self.scope.len());
                let value = self.expression(&bound, depth);
                let body = self.inside(vec![(name.clone(), bound)], ty, depth);
                of("with", false, &format!("with {{ {name} = ¤; }}; ¤"), vec![value, body])
            }
            7 | 8 => {
                let from = self.any_type(1);
                let function = self.expression(&Type::Function(Rc::new(from.clone()), Rc::new(ty.clone())), depth);
                let argument = self.expression(&from, depth);
                of("call", false, "§ §", vec![function, argument])
            }
            9 => self.pattern_call(ty, depth),
            10 => {
                let mut fields = self.fields(1);
                let name = self.fresh_field(&fields);
                fields.push((name.clone(), ty.clone()));
                let record = self.expression(&Type::Record(fields.into()), depth);
                let select = match self.random.below(3) {
                    0 => format!("§.${{{}}}", if name.starts_with('"') { name } else { format!("\"{name}\"") }),
                    _ => format!("§.{name}"),
                };
                of("select", true, &select, vec![record])
            }
            11 => {
                let set = self.expression(&Type::Attrs(Rc::new(ty.clone())), depth);
                let default = self.expression(ty, depth);
                let name = self.random.pick(&FIELDS);
                of("select or", false, &format!("§.{name} or §"), vec![set, default])
            }
            12 => {
                let first = self.expression(ty, depth);
                let rest = self.expression(&Type::List(Rc::new(ty.clone())), depth);
                of("builtins.head", false, "builtins.head ([ § ] ++ §)", vec![first, rest])
            }
            13 => {
                let items =
                    vec![self.expression(ty, depth), self.expression(ty, depth), self.expression(ty, depth)];
                let index = self.random.below(3);
                of("builtins.elemAt", false, &format!("builtins.elemAt [ § § § ] {index}"), items)
            }
            14 => {
                let other = self.any_type(1);
                let children = vec![self.expression(&other, depth), self.expression(ty, depth)];
                let (kind, template) = self.random.pick(&[
                    ("builtins.seq", "builtins.seq § §"),
                    ("builtins.deepSeq", "builtins.deepSeq § §"),
                    ("builtins.trace", "builtins.trace \"t\" (builtins.seq § §)"),
                    ("builtins.traceVerbose", "builtins.traceVerbose § §"),
                ]);
                of(kind, false, template, children)
            }
            15 => {
                let value = self.expression(ty, depth);
                let (kind, template) = self.random.pick(&[
                    ("builtins.addErrorContext", "builtins.addErrorContext \"while\" §"),
                    ("builtins.break", "builtins.seq (builtins.break 1) §"),
                    ("builtins.warn", "builtins.warn \"w\" §"),
                    ("parentheses", "((§))"),
                    ("let body", "let { body = §; }"),
                ]);
                of(kind, false, template, vec![value])
            }
            16 => {
                let value = self.expression(ty, depth);
                of("builtins.tryEval", false, "(builtins.tryEval §).value", vec![value])
            }
            17 => {
                let step = self.any_type(0);
                let (accumulator, item) = (self.name(), String::from("i"));
                let names = vec![(accumulator.clone(), ty.clone()), (item.clone(), step.clone())];
                let body = self.inside(names, ty, depth);
                let start = self.expression(ty, depth);
                let items = self.expression(&Type::List(Rc::new(step)), depth);
                of(
                    "builtins.foldl'",
                    false,
                    &format!("builtins.foldl' ({accumulator}: {item}: ¤) § §"),
                    vec![body, start, items],
                )
            }
            18 => {
                let value = self.expression(ty, depth);
                of("builtins.getAttr", false, "builtins.getAttr \"k\" { k = ¤; }", vec![value])
            }
            19 => {
                let name = self.name();
                let bound = self.any_type(1);
                let argument = self.expression(&bound, depth);
                let body = self.inside(vec![(name.clone(), bound)], ty, depth);
                of("functor", false, &format!("{{ __functor = self: {name}: ¤; k = 1; }} §"), vec![body, argument])
            }
            20 => {
                let count = self.random.below(4);
                let (step, start) =
                    (self.inside(vec![(String::from("acc"), ty.clone())], ty, depth), self.expression(ty, depth));
                let template =
                    format!("let loop = n: acc: if n == 0 then acc else loop (n - 1) §; in loop {count} §");
                of("recursion", false, &template, vec![step, start])
            }
            21 => {
                let value = self.expression(ty, depth);
                let names = self.name();
                of("rec", true, &format!("(rec {{ {names} = ¤; r = {names}; }}).r"), vec![value])
            }
            22 => {
                let value = self.expression(ty, depth);
                of("inherit from", true, "(let s = { k = ¤; }; in { inherit (s) k; }).k", vec![value])
            }
            23 => {
                let value = self.expression(ty, depth);
                let other = self.any_type(1);
                let ignored = self.expression(&other, depth);
                let (kind, template) = self.random.pick(&[
                    ("update", "({ k = ¤; } // { k = ¤; }).k"),
                    ("builtins.removeAttrs", "(removeAttrs { l = ¤; k = ¤; } [ \"l\" ]).k"),
                    ("builtins.intersectAttrs", "(builtins.intersectAttrs { k = ¤; } { k = ¤; }).k"),
                    ("overrides", "(rec { k = ¤; __overrides = { k = ¤; }; }).k"),
                ]);
                of(kind, true, template, vec![ignored, value])
            }
            24 => {
                let value = self.expression(ty, depth);
                of("builtins.builtins", false, "(builtins.builtins.head) [ § ]", vec![value])
            }
            25 => {
                let value = self.expression(ty, depth);
                let template = self.random.pick(&["§ |> (x: x)", "(x: x) <| §", "§ |> builtins.seq 1"]);
                of("pipe", false, template, vec![value])
            }
            _ => {
                let value = self.expression(ty, depth);
                let k = self.expression(&Type::Str, depth);
                of("dynamic name", true, "(let n = §; in { ${n} = ¤; }.${n})", vec![k, value])
            }
        }
    }

    fn let_in(&mut self, ty: &Type, depth: usize) -> Tree {
        let count = self.random.below(3) + 1;
        let mut names: Vec<(String, Type)> = Vec::new();
        for _ in 0..count {
            let name = self.name();
            if names.iter().all(|(other, _)| *other != name) {
                let bound = self.any_type(2);
                names.push((name, bound));
            }
        }
        let before = self.scope.len();
        let mut template = String::from("let ");
        let mut children = Vec::new();
        // A value sees only the names before it, so there are no cycles. All names hide outer ones.
        for (index, (name, bound)) in names.clone().into_iter().enumerate() {
            let hidden: Vec<_> = names[index..].iter().map(|(name, _)| name.clone()).collect();
            let kept = self.scope.clone();
            self.scope.retain(|(name, _)| !hidden.contains(name));
            children.push(self.expression(&bound, depth));
            self.scope = kept;
            self.scope.push((name.clone(), bound));
            template += &format!("{name} = ¤; ");
        }
        if self.random.chance(10) {
            template += "inherit; ";
        }
        children.push(self.expression(ty, depth));
        self.scope.truncate(before);
        Tree::new(ty.clone(), "let", false, &(template + "in ¤"), children)
    }

    /// A function with a pattern, applied to an argument.
    fn pattern_call(&mut self, ty: &Type, depth: usize) -> Tree {
        let (given, defaulted) = (self.any_type(1), self.any_type(1));
        let argument = self.expression(&given, depth);
        let default = self.inside(vec![(String::from("p"), given.clone())], &defaulted, depth);
        let mut names = vec![(String::from("p"), given), (String::from("q"), defaulted)];
        let (kind, head) = self.random.pick(&[
            ("pattern", "{ p, q ? § }"),
            ("pattern with ellipsis", "{ p, q ? §, ... }"),
            ("pattern with name", "{ p, q ? § }@args"),
            ("pattern with name", "args@{ p, q ? §, ... }"),
            ("pattern", "{ p, q ? §, }"),
        ]);
        if head.contains("args") {
            let fields = [(String::from("p"), names[0].1.clone())];
            names.push((String::from("args"), Type::Record(fields.into())));
        }
        let body = self.inside(names, ty, depth);
        let extra = if head.contains("...") { "extra = 1; " } else { "" };
        Tree::new(ty.clone(), kind, false, &format!("({head}: ¤) {{ p = ¤; {extra}}}"), [default, body, argument])
    }
}

/// Builtins that access the outside or the store, called so that they fail before they do.
const OUTSIDE: [(&str, &str); 11] = [
    ("builtins.fetchGit", "builtins.fetchGit 1"),
    ("builtins.fetchMercurial", "builtins.fetchMercurial [ ]"),
    ("builtins.fetchTarball", "builtins.fetchTarball { }"),
    ("builtins.fetchurl", "builtins.fetchurl { }"),
    ("builtins.getFlake", "builtins.getFlake 1"),
    ("builtins.parseFlakeRef", "builtins.parseFlakeRef 1"),
    ("builtins.flakeRefToString", "builtins.flakeRefToString 1"),
    ("builtins.storePath", "builtins.storePath /a"),
    ("builtins.readFile", "builtins.readFile ./nothing"),
    ("builtins.import", "import ./nothing.nix"),
    ("builtins.toPath", "builtins.toPath \"relative\""),
];
