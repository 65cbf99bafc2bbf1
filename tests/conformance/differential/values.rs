//! The forms of expressions for each type.

use std::rc::Rc;

use super::generator::Generator;
use super::tree::{Tree, Type};

fn list_of(item: &Type) -> Type {
    Type::List(Rc::new(item.clone()))
}

fn attrs_of(item: &Type) -> Type {
    Type::Attrs(Rc::new(item.clone()))
}

fn function(from: &Type, to: &Type) -> Type {
    Type::Function(Rc::new(from.clone()), Rc::new(to.clone()))
}

/// A construct's name, its template, and the types of its holes.
type Form = (&'static str, &'static str, fn(&mut Generator) -> Vec<Type>);

impl Generator {
    fn form(&mut self, ty: &Type, forms: &[Form], depth: usize) -> Tree {
        let (kind, template, holes) = self.random.pick(forms);
        let children: Vec<Tree> = holes(self).iter().map(|hole| self.expression(hole, depth)).collect();
        Tree::new(ty.clone(), kind, false, template, children)
    }

    pub(crate) fn int(&mut self, depth: usize) -> Tree {
        use Type::{Attrs, Int, Str};
        const TWO: fn(&mut Generator) -> Vec<Type> = |_| vec![Type::Int, Type::Int];
        const ONE: fn(&mut Generator) -> Vec<Type> = |_| vec![Type::Int];
        const NONE: fn(&mut Generator) -> Vec<Type> = |_| vec![];
        const FORMS: &[Form] = &[
            ("addition", "§ + §", TWO),
            ("subtraction", "§ - §", TWO),
            ("multiplication", "§ * 3", ONE),
            ("division", "§ / 7", ONE),
            ("precedence", "§ + § * 2 - § / 3", |_| vec![Int, Int, Int]),
            ("negation", "-§", ONE),
            ("builtins.add", "builtins.add § §", TWO),
            ("builtins.sub", "builtins.sub § §", TWO),
            ("builtins.mul", "builtins.mul § 2", ONE),
            ("builtins.div", "builtins.div § 3", ONE),
            ("builtins.bitAnd", "builtins.bitAnd § §", TWO),
            ("builtins.bitOr", "builtins.bitOr § §", TWO),
            ("builtins.bitXor", "builtins.bitXor § §", TWO),
            ("builtins.length", "builtins.length §", |g| vec![list_of(&g.any_type(1))]),
            ("builtins.stringLength", "builtins.stringLength §", |_| vec![Str]),
            ("builtins.floor", "builtins.floor §", |_| vec![Type::Float]),
            ("builtins.ceil", "builtins.ceil §", |_| vec![Type::Float]),
            ("builtins.compareVersions", "builtins.compareVersions § §", |_| vec![Str, Str]),
            ("builtins.fromJSON", "builtins.fromJSON (toString §)", ONE),
            ("builtins.langVersion", "builtins.langVersion", NONE),
            (
                "builtins.genericClosure",
                "builtins.length (builtins.genericClosure { startSet = [ { key = ¤; } ]; operator = x: if x.key < 5 && x.key > 0 then [ { key = x.key + 1; } { key = x.key + 2; } ] else [ ]; })",
                ONE,
            ),
            ("builtins.scopedImport", "builtins.scopedImport { x = ¤; } ./files/scoped.nix", ONE),
            ("builtins.import", "import ./files/three.nix", NONE),
            ("builtins.import", "builtins.head (import ./files/function.nix { a = ¤; })", ONE),
            ("builtins.currentTime", "builtins.currentTime * 0", NONE),
            ("sum", "builtins.foldl' builtins.add § (builtins.attrValues §)", |_| vec![Int, Attrs(Rc::new(Int))]),
            ("closure", "(let add = a: b: a + b; addOne = add 1; in addOne §)", ONE),
        ];
        self.form(&Int, FORMS, depth)
    }

    pub(crate) fn float(&mut self, depth: usize) -> Tree {
        use Type::{Float, Int};
        const FORMS: &[Form] = &[
            ("addition", "§ + §", |_| vec![Float, Int]),
            ("subtraction", "§ - §", |_| vec![Int, Float]),
            ("multiplication", "§ * §", |_| vec![Float, Float]),
            ("division", "§ / 4", |_| vec![Float]),
            ("negation", "-§", |_| vec![Float]),
            ("builtins.div", "builtins.div § 0.5", |_| vec![Int]),
            ("builtins.fromJSON", "builtins.fromJSON \"1.25e2\" + §", |_| vec![Float]),
            ("builtins.fromTOML", "(builtins.fromTOML \"f = 1.5\").f * §", |_| vec![Float]),
        ];
        self.form(&Float, FORMS, depth)
    }

    pub(crate) fn bool(&mut self, depth: usize) -> Tree {
        use Type::{Bool, Float, Int, Path, Str};
        const TWO: fn(&mut Generator) -> Vec<Type> = |_| vec![Bool, Bool];
        const SAME: fn(&mut Generator) -> Vec<Type> = |g| {
            let ty = g.any_type(2);
            vec![ty.clone(), ty]
        };
        const ANY: fn(&mut Generator) -> Vec<Type> = |g| vec![g.any_type(2)];
        const FORMS: &[Form] = &[
            ("and", "§ && §", TWO),
            ("or", "§ || §", TWO),
            ("implication", "§ -> §", TWO),
            ("not", "!§", |_| vec![Bool]),
            ("equal", "§ == §", SAME),
            ("not equal", "§ != §", SAME),
            ("equal", "§ == §", |g| vec![g.any_type(1), g.any_type(1)]),
            ("equal", "(let e = §; in e == e || [ e ] == [ e ])", ANY),
            ("less", "§ < §", |_| vec![Int, Int]),
            ("less", "§ < §", |_| vec![list_of(&Int), list_of(&Int)]),
            ("less", "§ < §", |_| vec![Str, Str]),
            ("less or equal", "§ <= §", |_| vec![Int, Float]),
            ("more", "§ > §", |_| vec![Float, Int]),
            ("more or equal", "§ >= §", |_| vec![Str, Str]),
            ("less", "§ < §", |_| vec![Path, Path]),
            ("builtins.lessThan", "builtins.lessThan § §", |_| vec![Int, Int]),
            ("has", "§ ? a.b", |g| vec![attrs_of(&attrs_of(&g.any_type(0)))]),
            ("has", "§ ? \"x y\"", |g| vec![attrs_of(&g.any_type(0))]),
            ("has", "§ ? a", ANY),
            ("builtins.hasAttr", "builtins.hasAttr § §", |g| vec![Str, attrs_of(&g.any_type(0))]),
            ("builtins.elem", "builtins.elem § §", |g| {
                let ty = g.any_type(1);
                vec![ty.clone(), list_of(&ty)]
            }),
            ("builtins.all", "builtins.all § §", |g| {
                let ty = g.any_type(1);
                vec![function(&ty, &Bool), list_of(&ty)]
            }),
            ("builtins.any", "builtins.any § §", |g| {
                let ty = g.any_type(1);
                vec![function(&ty, &Bool), list_of(&ty)]
            }),
            ("builtins.isAttrs", "builtins.isAttrs §", ANY),
            ("builtins.isBool", "builtins.isBool §", ANY),
            ("builtins.isFloat", "builtins.isFloat §", ANY),
            ("builtins.isFunction", "builtins.isFunction §", ANY),
            ("builtins.isInt", "builtins.isInt §", ANY),
            ("builtins.isList", "builtins.isList §", ANY),
            ("builtins.isNull", "isNull §", ANY),
            ("builtins.isPath", "builtins.isPath §", ANY),
            ("builtins.isString", "builtins.isString §", ANY),
            ("builtins.pathExists", "builtins.pathExists §", |_| vec![Path]),
            ("builtins.hasContext", "builtins.hasContext §", |_| vec![Str]),
            ("builtins.tryEval", "(builtins.tryEval §).success", ANY),
            ("throw", "(builtins.tryEval (throw §)).success", |_| vec![Str]),
            ("builtins.match", "builtins.match \"[a-z]+([0-9])?.*\" § == null", |_| vec![Str]),
            ("builtins.true", "builtins.true && §", |_| vec![Bool]),
            ("builtins.false", "builtins.false || §", |_| vec![Bool]),
            ("builtins.nixPath", "builtins.isList builtins.nixPath && §", |_| vec![Bool]),
            ("builtins.currentSystem", "builtins.isString builtins.currentSystem || §", |_| vec![Bool]),
            ("builtins.nixVersion", "builtins.compareVersions builtins.nixVersion \"2.4\" > 0 && §", |_| {
                vec![Bool]
            }),
        ];
        self.form(&Bool, FORMS, depth)
    }

    pub(crate) fn string(&mut self, depth: usize) -> Tree {
        use Type::{Bool, Float, Int, Null, Path, Str};
        const TWO: fn(&mut Generator) -> Vec<Type> = |_| vec![Str, Str];
        const ONE: fn(&mut Generator) -> Vec<Type> = |_| vec![Str];
        const ANY: fn(&mut Generator) -> Vec<Type> = |g| vec![g.any_type(2)];
        const DATA: fn(&mut Generator) -> Vec<Type> = |g| {
            let leaf = g.random.pick(&[Int, Float, Bool, Str, Null]);
            vec![match g.random.below(3) {
                0 => list_of(&leaf),
                1 => attrs_of(&list_of(&leaf)),
                _ => leaf,
            }]
        };
        const FORMS: &[Form] = &[
            ("concatenation", "§ + §", TWO),
            ("interpolation", "\"a${¤}b${¤}\"", TWO),
            ("interpolation", "\"$ ${¤}\\${}\"", ONE),
            ("indented string", "''\n    a ${¤}\n      b\n    ''${c}\n  ''", ONE),
            ("indented string", "''${¤}\n\tx\n  y''", ONE),
            ("builtins.toString", "toString §", |g| vec![g.random.pick(&[Int, Float, Bool, Str, Null, Path])]),
            ("builtins.toString", "toString §", |g| vec![list_of(&g.random.pick(&[Int, Float, Bool, Str]))]),
            ("builtins.substring", "builtins.substring § § §", |_| vec![Int, Int, Str]),
            ("builtins.concatStringsSep", "builtins.concatStringsSep § §", |_| vec![Str, list_of(&Str)]),
            ("builtins.replaceStrings", "builtins.replaceStrings [ § \"b\" ] [ § \"\" ] §", |_| {
                vec![Str, Str, Str]
            }),
            ("builtins.typeOf", "builtins.typeOf §", ANY),
            ("current position", "builtins.typeOf __curPos", |_| vec![]),
            (
                "builtins.unsafeGetAttrPos",
                "builtins.typeOf (builtins.unsafeGetAttrPos \"a\" { b = ¤; a = 1; })",
                ANY,
            ),
            ("builtins.baseNameOf", "baseNameOf §", |g| vec![g.random.pick(&[Str, Path])]),
            ("builtins.dirOf", "dirOf §", ONE),
            ("builtins.toJSON", "builtins.toJSON §", DATA),
            ("builtins.toXML", "builtins.toXML §", DATA),
            ("builtins.hashString", "builtins.hashString \"sha256\" §", ONE),
            ("builtins.hashString", "builtins.hashString \"md5\" §", ONE),
            (
                "builtins.convertHash",
                "builtins.convertHash { hash = builtins.hashString \"sha1\" §; hashAlgo = \"sha1\"; toHashFormat = \"nix32\"; }",
                ONE,
            ),
            ("builtins.hashFile", "builtins.hashFile \"sha512\" ./files/text + §", ONE),
            ("builtins.readFile", "builtins.readFile ./files/text + §", ONE),
            ("builtins.readFileType", "builtins.readFileType ./files + §", ONE),
            ("builtins.placeholder", "builtins.placeholder §", ONE),
            ("builtins.storeDir", "builtins.storeDir + §", ONE),
            ("builtins.unsafeDiscardStringContext", "builtins.unsafeDiscardStringContext §", ONE),
            ("builtins.unsafeDiscardOutputDependency", "builtins.unsafeDiscardOutputDependency §", ONE),
            ("builtins.appendContext", "builtins.appendContext § { }", ONE),
            ("builtins.getEnv", "builtins.getEnv \"NO_SUCH_VARIABLE\" + §", ONE),
            ("to string", "\"${{ __toString = self: self.k; k = ¤; }}\"", ONE),
            ("out path", "\"${{ outPath = ¤; }}/x\"", ONE),
            ("builtins.match", "builtins.head (builtins.match \"(.?).*\" §)", ONE),
            ("builtins.split", "builtins.head (builtins.split \"[ab]+\" §)", ONE),
            ("builtins.parseDrvName", "(builtins.parseDrvName §).version", ONE),
            ("builtins.fromJSON", "builtins.fromJSON (builtins.toJSON §)", ONE),
            ("builtins.fromTOML", "(builtins.fromTOML \"a.b = 'c'\").a.b + §", ONE),
            ("uri", "x:y/z + §", ONE),
        ];
        // Many operations refuse strings with a context.
        const REFERRING: &[Form] = &[
            ("builtins.toFile", "builtins.toFile \"n\" §", ONE),
            (
                "builtins.addDrvOutputDependencies",
                "builtins.substring 0 9 (builtins.addDrvOutputDependencies (derivation { name = \"n\"; system = ¤; builder = \"b\"; }).drvPath)",
                ONE,
            ),
            ("builtins.derivation", "(derivation { name = \"n\"; system = ¤; builder = ¤; }).outPath", TWO),
            (
                "builtins.derivation",
                "\"${derivation { name = \"n\"; system = \"s\"; builder = \"b\"; arg = ¤; }}\"",
                |g| {
                    let ty = g.random.pick(&[Int, Float, Bool, Str, Null]);
                    vec![if g.random.chance(50) { list_of(&ty) } else { ty }]
                },
            ),
            (
                "builtins.derivationStrict",
                "(derivationStrict { name = \"n\"; system = \"s\"; builder = ¤; outputs = [ \"out\" \"dev\" ]; }).dev",
                ONE,
            ),
            (
                "structured attributes",
                "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; __structuredAttrs = true; data = ¤; }).drvPath",
                DATA,
            ),
            (
                "fixed output",
                "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; outputHashAlgo = \"sha256\"; outputHash = builtins.hashString \"sha256\" §; }).outPath",
                ONE,
            ),
            (
                "builtins.path",
                "builtins.path { path = ./files; name = \"n\"; filter = p: t: t == \"regular\"; } + §",
                ONE,
            ),
            ("builtins.filterSource", "builtins.filterSource (p: t: t == \"directory\") ./files + §", ONE),
            ("path to the store", "\"${./files/text}\" + §", ONE),
        ];
        let forms = if self.random.chance(5) { REFERRING } else { FORMS };
        self.form(&Str, forms, depth)
    }

    pub(crate) fn null(&mut self, depth: usize) -> Tree {
        use Type::{Null, Str};
        const FORMS: &[Form] = &[
            ("builtins.null", "builtins.null", |_| vec![]),
            ("builtins.match", "builtins.match \"no match\" §", |_| vec![Str]),
            ("builtins.unsafeGetAttrPos", "builtins.unsafeGetAttrPos § { }", |_| vec![Str]),
            ("builtins.fromJSON", "builtins.fromJSON \"null\"", |_| vec![]),
        ];
        self.form(&Null, FORMS, depth)
    }

    pub(crate) fn path(&mut self, depth: usize) -> Tree {
        use Type::{Path, Str};
        const FORMS: &[Form] = &[
            ("path with interpolation", "/a/${¤}/c", |_| vec![Str]),
            ("path with interpolation", "./files${¤}", |_| vec![Str]),
            ("concatenation", "§ + \"/x\"", |_| vec![Path]),
            ("concatenation", "§ + §", |_| vec![Path, Path]),
            ("builtins.dirOf", "dirOf §", |_| vec![Path]),
            ("search path", "<fixtures/three.nix>", |_| vec![]),
            (
                "builtins.findFile",
                "builtins.findFile [ { prefix = \"p\"; path = ./files; } ] \"p/text\"",
                |_| vec![],
            ),
        ];
        self.form(&Path, FORMS, depth)
    }

    pub(crate) fn list(&mut self, item: &Type, depth: usize) -> Tree {
        let ty = list_of(item);
        let (kind, template, holes): (&'static str, &str, Vec<Type>) = match self.random.below(16) {
            0..=4 => (
                "list",
                ["[ § ]", "[ § § ]", "[ § § § ]", "[ § /**/ §\n§ § ]"][self.random.below(4)],
                vec![item.clone(); 4],
            ),
            5 => ("concatenation of lists", "§ ++ §", vec![ty.clone(); 2]),
            6 => {
                let from = self.any_type(1);
                ("builtins.map", "map § §", vec![function(&from, item), list_of(&from)])
            }
            7 => ("builtins.filter", "builtins.filter § §", vec![function(item, &Type::Bool), ty.clone()]),
            8 => {
                let from = self.any_type(1);
                ("builtins.concatMap", "builtins.concatMap § §", vec![function(&from, &ty), list_of(&from)])
            }
            9 => ("builtins.concatLists", "builtins.concatLists [ § [ ] § ]", vec![ty.clone(); 2]),
            10 => ("builtins.genList", "builtins.genList § 3", vec![function(&Type::Int, item)]),
            11 => ("builtins.tail", "builtins.tail [ § § ]", vec![item.clone(); 2]),
            12 => ("builtins.attrValues", "builtins.attrValues §", vec![attrs_of(item)]),
            13 => (
                "builtins.catAttrs",
                "builtins.catAttrs \"k\" [ { k = ¤; } { } { k = ¤; } ]",
                vec![item.clone(); 2],
            ),
            14 => (
                "builtins.partition",
                "(builtins.partition § §).wrong",
                vec![function(item, &Type::Bool), ty.clone()],
            ),
            _ => match item {
                Type::Int | Type::Float if self.random.chance(50) => {
                    ("builtins.sort", "builtins.sort (a: b: a > b) §", vec![ty.clone()])
                }
                Type::Int | Type::Float => ("builtins.sort", "builtins.sort builtins.lessThan §", vec![ty.clone()]),
                Type::Str => match self.random.below(6) {
                    0 => ("builtins.attrNames", "builtins.attrNames §", vec![attrs_of(&Type::Int)]),
                    1 => ("builtins.splitVersion", "builtins.splitVersion §", vec![Type::Str]),
                    2 => (
                        "builtins.split",
                        "builtins.filter builtins.isString (builtins.split \"(a|b)|[[:space:]]\" §)",
                        vec![Type::Str],
                    ),
                    3 => ("builtins.match", "builtins.match \"(.*)(.*)\" §", vec![Type::Str]),
                    4 => ("builtins.getContext", "builtins.attrNames (builtins.getContext §)", vec![Type::Str]),
                    _ => ("builtins.sort", "builtins.sort builtins.lessThan §", vec![ty.clone()]),
                },
                _ => ("concatenation of lists", "[ § ] ++ §", vec![item.clone(), ty.clone()]),
            },
        };
        let count = template.matches(['§', '¤']).count();
        let children: Vec<Tree> = holes[..count].iter().map(|hole| self.expression(hole, depth)).collect();
        Tree::new(ty, kind, kind == "list", template, children)
    }

    pub(crate) fn attrs(&mut self, item: &Type, depth: usize) -> Tree {
        let ty = attrs_of(item);
        let (kind, template, holes): (&'static str, &str, Vec<Type>) = match self.random.below(18) {
            0 | 1 => ("set", "{ a = ¤; c = ¤; }", vec![item.clone(); 2]),
            2 => ("set", "{ \"x y\" = ¤; b = ¤; value = ¤; }", vec![item.clone(); 3]),
            3 => ("rec", "rec { name = ¤; key = name; ${\"k${\"l\"}\"} = ¤; }", vec![item.clone(); 2]),
            4 => ("inherit", "(let a = ¤; in { inherit a; b = a; })", vec![item.clone()]),
            5 => ("inherit from", "{ inherit ({ a = ¤; b = ¤; }) a b; }", vec![item.clone(); 2]),
            6 => ("update", "§ // §", vec![ty.clone(); 2]),
            7 => {
                let from = self.any_type(1);
                ("builtins.mapAttrs", "builtins.mapAttrs (n: §) §", vec![function(&from, item), attrs_of(&from)])
            }
            8 => (
                "builtins.listToAttrs",
                "builtins.listToAttrs [ { name = ¤; value = ¤; } { name = \"b\"; value = ¤; } ]",
                vec![Type::Str, item.clone(), item.clone()],
            ),
            9 => ("builtins.removeAttrs", "removeAttrs § [ \"a\" § ]", vec![ty.clone(), Type::Str]),
            10 => (
                "builtins.intersectAttrs",
                "builtins.intersectAttrs § §",
                vec![attrs_of(&self.any_type(0)), ty.clone()],
            ),
            11 => ("dynamic name", "{ ${¤} = ¤; ${null} = ¤; }", vec![Type::Str, item.clone(), item.clone()]),
            12 => (
                "builtins.zipAttrsWith",
                "builtins.zipAttrsWith (n: vs: builtins.head vs) [ § § ]",
                vec![ty.clone(); 2],
            ),
            13 => match item {
                Type::List(inner) => {
                    ("builtins.groupBy", "builtins.groupBy (x: builtins.typeOf x) §", vec![list_of(inner)])
                }
                Type::Bool => {
                    ("builtins.functionArgs", "builtins.functionArgs ({ a, b ? §, ... }: a)", vec![Type::Int])
                }
                Type::Str => ("builtins.readDir", "builtins.readDir ./files/folder // §", vec![ty.clone()]),
                Type::Int => ("builtins.fromTOML", "builtins.fromTOML \"a = 1\\nb = 0x10\" // §", vec![ty.clone()]),
                _ => ("set", "{ or = ¤; }", vec![item.clone()]),
            },
            14 => match item {
                Type::Attrs(inner) => {
                    ("attribute path", "{ a.b = ¤; a.c = ¤; b.\"x y\" = ¤; }", vec![(**inner).clone(); 3])
                }
                Type::Str => ("builtins.parseDrvName", "builtins.parseDrvName §", vec![Type::Str]),
                _ => ("builtins.fromJSON", "builtins.fromJSON \"{}\" // §", vec![ty.clone()]),
            },
            15 => ("nested update", "({ a = ¤; } // { b = ¤; } // { a = ¤; })", vec![item.clone(); 3]),
            // Only updates of large sets are layered; few of their names are printed.
            16 => (
                "update of a large set",
                "(builtins.intersectAttrs { a = 1; b = 2; n70 = 3; } (((builtins.listToAttrs (builtins.genList \
                 (n: { name = \"n${toString n}\"; value = ¤; }) 80) // { a = ¤; }) // §) // { b = ¤; }))",
                vec![item.clone(), item.clone(), ty.clone(), item.clone()],
            ),
            _ => ("with", "(with { a = ¤; }; { k = a; })", vec![item.clone()]),
        };
        let children: Vec<Tree> = holes.iter().map(|hole| self.expression(hole, depth)).collect();
        Tree::new(
            ty,
            kind,
            template.starts_with(['{', 'r', '(']) && template.ends_with(['}', ')']),
            template,
            children,
        )
    }

    pub(crate) fn record(&mut self, fields: &Rc<[(String, Type)]>, depth: usize) -> Tree {
        let ty = Type::Record(Rc::clone(fields));
        let way = self.random.below(6);
        let mut values = Vec::new();
        for (name, field) in fields.iter() {
            values.push((name.clone(), self.expression(field, depth)));
        }
        match way {
            0 if fields.iter().all(|(name, _)| !name.starts_with('"') && name != "or") && values.len() > 1 => {
                let (name, value) = values.pop().expect("two at least");
                let first = Tree::set("set", "{ ", values, ty.clone());
                Tree::new(ty, "update", false, &format!("§ // {{ {name} = ¤; }}"), [first, value])
            }
            1 => {
                let pairs: Vec<String> = values
                    .iter()
                    .map(|(name, _)| format!("{{ name = \"{}\"; value = ¤; }}", name.trim_matches('"')))
                    .collect();
                let template = format!("builtins.listToAttrs [ {} ]", pairs.join(" "));
                Tree::new(ty, "builtins.listToAttrs", false, &template, values.into_iter().map(|(_, value)| value))
            }
            2 => Tree::set("set", "{ _extra = 1; ", values, ty),
            _ => Tree::set("set", "{ ", values, ty),
        }
    }

    pub(crate) fn function(&mut self, from: &Rc<Type>, to: &Rc<Type>, depth: usize) -> Tree {
        let ty = Type::Function(Rc::clone(from), Rc::clone(to));
        if **from == Type::Int && **to == Type::Int && self.random.chance(30) {
            let number = self.expression(&Type::Int, depth);
            return Tree::new(ty, "partial builtin", false, "builtins.add §", [number]);
        }
        if let Type::Record(fields) = &**from
            && fields.iter().all(|(name, _)| !name.starts_with('"') && name != "or")
            && self.random.chance(70)
        {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            let head = format!("{{ {}, ... }}: ¤", names.join(", "));
            let body = self.inside(fields.to_vec(), to, depth);
            return Tree::new(ty, "pattern with ellipsis", false, &head, [body]);
        }
        let name = self.name();
        let body = self.inside(vec![(name.clone(), (**from).clone())], to, depth);
        if self.random.chance(10) {
            return Tree::new(ty, "functor", true, &format!("{{ __functor = _: {name}: ¤; }}"), [body]);
        }
        Tree::new(ty, "function", false, &format!("{name}: ¤"), [body])
    }
}
