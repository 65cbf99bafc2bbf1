//! Random option types and values of them, as Nix expressions.

use crate::random::Random;

/// A type of `lib.types`.
#[derive(Debug, Clone)]
pub(crate) enum Type {
    /// A type without parameters: its expression, and expressions of its values.
    Plain(&'static str, &'static [&'static str]),
    /// `types.ints.between` and the like: the expression and the bounds.
    Integer(&'static str, i64, i64),
    /// `types.attrs`, `anything` …: any set.
    Sets(&'static str),
    /// A type with one inner type, such as `nullOr`.
    Around(Wrapper, Box<Type>),
    /// `types.either` and `oneOf`.
    Either(Vec<Type>),
    /// `types.coercedTo`: its expression, a value that it coerces, and the type that it takes unchanged.
    Coerced(&'static str, &'static str, Box<Type>),
    /// `types.submodule`.
    Submodule(Submodule),
    /// `types.attrTag`.
    Tag(Vec<(&'static str, Type)>),
}

/// A type constructor with one inner type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapper {
    NullOr,
    ListOf,
    NonEmptyListOf,
    AttrsOf,
    LazyAttrsOf,
    AttrsWith,
    AttrListOf,
    AttrListWith,
    Uniq,
    Unique,
    AddCheck,
}

/// A submodule's options and form.
#[derive(Debug, Clone)]
pub(crate) struct Submodule {
    pub(crate) options: Vec<(&'static str, Type, Option<String>)>,
    /// The type of undeclared options.
    pub(crate) freeform: Option<Box<Type>>,
    /// A definition inside the submodule, by option name.
    pub(crate) config: Option<(&'static str, String)>,
    /// Whether it is a function of its name.
    pub(crate) names_itself: bool,
    pub(crate) constructor: &'static str,
}

const PLAIN: [Type; 17] = [
    Type::Plain("types.bool", &["true", "false"]),
    Type::Plain("types.boolByOr", &["true", "false"]),
    Type::Plain("types.int", &["0", "7", "-3"]),
    Type::Plain("types.float", &["0.5", "2.0", "-1.25"]),
    Type::Plain("types.number", &["1", "1.5"]),
    Type::Plain("types.str", &["\"\"", "\"a\"", "\"two words\"", "\"\\n\""]),
    Type::Plain("types.nonEmptyStr", &["\"a\"", "\"b c\"", "\" \""]),
    Type::Plain("types.singleLineStr", &["\"a\"", "\"a\\n\"", "\"a\\nb\""]),
    Type::Plain("types.lines", &["\"one\"", "\"two\\n\"", "\"\""]),
    Type::Plain("types.commas", &["\"one\"", "\"two\""]),
    Type::Plain("types.envVar", &["\"x\"", "\"y:z\""]),
    Type::Plain("(types.separatedString \"; \")", &["\"a\"", "\"b\"", "\"\""]),
    Type::Plain("(types.strMatching \"[a-c]+\")", &["\"abc\"", "\"d\"", "\"c\""]),
    Type::Plain("(types.enum [ \"a\" 2 null ])", &["\"a\"", "2", "null", "\"b\""]),
    Type::Plain("types.port", &["80", "65535", "65536"]),
    Type::Plain("types.path", &["\"/etc/x\"", "\"/\"", "\"x\""]),
    Type::Plain("(types.passwdEntry types.str)", &["\"a\"", "\"a:b\""]),
];
const INTEGERS: [Type; 6] = [
    Type::Integer("types.ints.u8", 0, 255),
    Type::Integer("types.ints.s16", -32768, 32767),
    Type::Integer("types.ints.unsigned", 0, 99),
    Type::Integer("types.ints.positive", 1, 99),
    Type::Integer("(types.ints.between (-3) 7)", -3, 7),
    Type::Integer("(types.numbers.between 1 3)", 1, 3),
];
const SETS: [Type; 6] = [
    Type::Sets("types.attrs"),
    Type::Sets("types.anything"),
    Type::Sets("types.raw"),
    Type::Sets("types.unspecified"),
    Type::Sets("types.json"),
    Type::Sets("types.toml"),
];
const WRAPPERS: [Wrapper; 9] = [
    Wrapper::NullOr,
    Wrapper::ListOf,
    Wrapper::ListOf,
    Wrapper::AttrsOf,
    Wrapper::AttrsOf,
    Wrapper::LazyAttrsOf,
    Wrapper::NonEmptyListOf,
    Wrapper::AttrsWith,
    Wrapper::Uniq,
];
const RARE_WRAPPERS: [Wrapper; 4] =
    [Wrapper::Unique, Wrapper::AddCheck, Wrapper::AttrListOf, Wrapper::AttrListWith];
const COERCED: [(&str, &str, usize); 3] = [
    ("(types.coercedTo types.int toString types.str)", "5", 5),
    ("(types.coercedTo types.str (x: x != \"\") types.bool)", "\"yes\"", 0),
    ("(types.coercedTo types.str (x: { inherit x; }) types.attrs)", "\"text\"", usize::MAX),
];
/// The names of options and of other attributes.
pub(crate) const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
/// The kinds that a run must cover, as in [`Type::kinds`].
pub(crate) const KINDS: [&str; 25] = [
    "addCheck",
    "attrListOf",
    "attrListWith",
    "attrTag",
    "attrsOf",
    "attrsWith",
    "coercedTo",
    "either",
    "integers",
    "lazyAttrsOf",
    "listOf",
    "nonEmptyListOf",
    "nullOr",
    "submodule",
    "freeform submodule",
    "types.anything",
    "types.attrs",
    "types.raw",
    "types.unspecified",
    "types.enum",
    "types.json",
    "types.lines",
    "types.toml",
    "uniq",
    "unique",
];

impl Type {
    /// A random type with at most this nesting depth.
    pub(crate) fn random(random: &mut Random, depth: usize) -> Self {
        let choice = random.below(if depth == 0 { 55 } else { 100 });
        match choice {
            0..35 => random.pick(&PLAIN),
            35..45 => random.pick(&INTEGERS),
            45..55 => random.pick(&SETS),
            55..78 => {
                let rare = random.chance(15);
                let wrapper = if rare { random.pick(&RARE_WRAPPERS) } else { random.pick(&WRAPPERS) };
                Self::Around(wrapper, Box::new(Self::random(random, depth - 1)))
            }
            // Inside `either`, an invalid submodule value would be a value of another type.
            78..84 => Self::Either((0..2 + random.below(2)).map(|_| Self::random(random, 0)).collect()),
            84..88 => {
                let (text, value, plain) = random.pick(&COERCED);
                let taken = PLAIN.get(plain).cloned().unwrap_or(SETS[0].clone());
                Self::Coerced(text, value, Box::new(taken))
            }
            88..90 => Self::Tag(vec![("one", Self::random(random, depth - 1)), ("other", PLAIN[5].clone())]),
            _ => Self::Submodule(Submodule::random(random, depth - 1)),
        }
    }

    /// The Nix expression of the type.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Plain(text, _) | Self::Integer(text, ..) | Self::Sets(text) | Self::Coerced(text, ..) => {
                (*text).to_owned()
            }
            Self::Around(wrapper, inner) => wrapper.text(&inner.text()),
            Self::Either(types) => {
                let texts: Vec<_> = types.iter().map(Self::text).collect();
                match &texts[..] {
                    [one, other] => format!("(types.either {one} {other})"),
                    _ => format!("(types.oneOf [ {} ])", texts.join(" ")),
                }
            }
            Self::Submodule(submodule) => submodule.text(),
            Self::Tag(tags) => {
                let tags =
                    tags.iter().map(|(name, ty)| format!("{name} = lib.mkOption {{ type = {}; }}; ", ty.text()));
                format!("(types.attrTag {{ {}}})", tags.collect::<String>())
            }
        }
    }

    /// A random value of the type, or sometimes of another one.
    pub(crate) fn value(&self, random: &mut Random, depth: usize) -> String {
        if random.chance(3) {
            // Not a path: a submodule would import it as a module, and the file does not exist.
            return random.pick(&PLAIN[..15]).plain_value(random);
        }
        match self {
            Self::Plain(..) | Self::Integer(..) => self.plain_value(random),
            Self::Sets(text) => any_value(random, depth, *text == "types.attrs"),
            Self::Around(wrapper, inner) => wrapper.value(inner, random, depth),
            Self::Either(types) => random.pick(types).value(random, depth),
            Self::Coerced(_, coerced, taken) => {
                if random.chance(50) {
                    (*coerced).to_owned()
                } else {
                    taken.value(random, depth)
                }
            }
            Self::Submodule(submodule) => submodule.value(random, depth),
            Self::Tag(tags) => {
                let (name, ty) = random.pick(tags);
                format!("{{ {name} = {}; }}", ty.value(random, depth))
            }
        }
    }

    fn plain_value(&self, random: &mut Random) -> String {
        match self {
            Self::Plain(_, values) => random.pick(values).to_owned(),
            Self::Integer(_, low, high) => {
                let values = [*low, *high, low + (high - low) / 2, high + 1];
                // The last value is out of bounds.
                let choices = if random.chance(10) { 4 } else { 3 };
                let value = values[random.below(choices)];
                if value < 0 { format!("({value})") } else { value.to_string() }
            }
            _ => String::from("null"),
        }
    }

    /// Calls `met` for the kind of the type and of each of its parts.
    pub(crate) fn kinds(&self, met: &mut impl FnMut(&'static str)) {
        match self {
            Self::Plain(text, _) if text.contains("enum") => met("types.enum"),
            Self::Plain(text, _) | Self::Sets(text) => met(text),
            Self::Integer(..) => met("integers"),
            Self::Around(wrapper, inner) => {
                met(wrapper.name());
                inner.kinds(met);
            }
            Self::Either(types) => {
                met("either");
                types.iter().for_each(|ty| ty.kinds(met));
            }
            Self::Coerced(..) => met("coercedTo"),
            Self::Submodule(submodule) => {
                met(if submodule.freeform.is_some() { "freeform submodule" } else { "submodule" });
                submodule.options.iter().for_each(|(_, ty, _)| ty.kinds(met));
            }
            Self::Tag(tags) => {
                met("attrTag");
                tags.iter().for_each(|(_, ty)| ty.kinds(met));
            }
        }
    }
}

impl Wrapper {
    fn name(self) -> &'static str {
        match self {
            Self::NullOr => "nullOr",
            Self::ListOf => "listOf",
            Self::NonEmptyListOf => "nonEmptyListOf",
            Self::AttrsOf => "attrsOf",
            Self::LazyAttrsOf => "lazyAttrsOf",
            Self::AttrsWith => "attrsWith",
            Self::AttrListOf => "attrListOf",
            Self::AttrListWith => "attrListWith",
            Self::Uniq => "uniq",
            Self::Unique => "unique",
            Self::AddCheck => "addCheck",
        }
    }

    fn text(self, inner: &str) -> String {
        match self {
            Self::AttrsWith => format!("(types.attrsWith {{ elemType = {inner}; placeholder = \"x\"; }})"),
            Self::AttrListWith => format!("(types.attrListWith {{ elemType = {inner}; asAttrs = true; }})"),
            Self::Unique => format!("(types.unique {{ message = \"one\"; }} {inner})"),
            Self::AddCheck => format!("(types.addCheck {inner} (x: x != 7))"),
            _ => format!("(types.{} {inner})", self.name()),
        }
    }

    fn value(self, inner: &Type, random: &mut Random, depth: usize) -> String {
        match self {
            Self::NullOr if random.chance(30) => String::from("null"),
            Self::NullOr | Self::Uniq | Self::Unique | Self::AddCheck => inner.value(random, depth),
            Self::ListOf | Self::NonEmptyListOf => {
                let mut text = String::from("[ ");
                for _ in 0..random.below(4) {
                    let item = inner.value(random, depth);
                    text += &format!("({}) ", property(random, item, 12));
                }
                text + "]"
            }
            Self::AttrListOf | Self::AttrListWith if random.chance(40) => {
                let mut text = String::from("[ ");
                for _ in 0..random.below(4) {
                    let value = inner.value(random, depth);
                    let value = property(random, value, 25);
                    let item = format!("{{ {} = {value}; }}", random.pick(&NAMES));
                    text += &if random.chance(20) { format!("(lib.mkBefore {item}) ") } else { format!("{item} ") };
                }
                text + "]"
            }
            Self::AttrsOf | Self::LazyAttrsOf | Self::AttrsWith | Self::AttrListOf | Self::AttrListWith => {
                set(random, |random| {
                    let value = inner.value(random, depth);
                    property(random, value, 25)
                })
            }
        }
    }
}

/// A set with some of the names.
fn set(random: &mut Random, mut value: impl FnMut(&mut Random) -> String) -> String {
    let mut text = String::from("{ ");
    for name in NAMES {
        if random.chance(35) {
            text += &format!("{name} = {}; ", value(random));
        }
    }
    text + "}"
}

/// Any value, or any set.
fn any_value(random: &mut Random, depth: usize, is_set: bool) -> String {
    if depth > 0 && (is_set || random.chance(50)) {
        return set(random, |random| {
            let value = any_value(random, depth - 1, false);
            property(random, value, 15)
        });
    }
    match random.below(6) {
        _ if is_set => String::from("{ a = 1; }"),
        0 => String::from("[ 1 { a = 2; } ]"),
        1 => String::from("(lib.mkDefault 3)"),
        2 => random.pick(&PLAIN[..15]).plain_value(random),
        _ => random.pick(&PLAIN).plain_value(random),
    }
}

/// A value, wrapped in a property with a probability of `percent`.
pub(crate) fn property(random: &mut Random, value: String, percent: usize) -> String {
    if !random.chance(percent) {
        return value;
    }
    let value = property(random, value, percent / 2);
    // Around a submodule's value, nixpkgs of July 2026 fails on `mkOrder` itself, and any other property may be one. Inside
    // `mkOverride`, a property is not recognised any more: it becomes a module that defines undeclared names.
    let choice = match (value.contains('{'), value.starts_with("lib.mk")) {
        (true, true) => random.below(6),
        (true, false) | (false, true) => random.below(9),
        (false, false) => random.below(12),
    };
    match choice {
        0 => format!("lib.mkIf true ({value})"),
        1 => format!("lib.mkIf false ({value})"),
        2 | 3 => format!("lib.mkIf config.t.flag ({value})"),
        4 => format!("lib.mkMerge [ ({value}) ]"),
        5 => format!("lib.mkMerge [ (lib.mkIf false ({value})) ({value}) ]"),
        6 => format!("lib.mkDefault ({value})"),
        7 => format!("lib.mkForce ({value})"),
        8 => format!("lib.mkOverride {} ({value})", [50, 100, 1000, 1500, 2000][random.below(5)]),
        9 => format!("lib.mkBefore ({value})"),
        10 => format!("lib.mkAfter ({value})"),
        _ => format!("lib.mkOrder {} ({value})", [400, 700, 1200][random.below(3)]),
    }
}

impl Submodule {
    fn random(random: &mut Random, depth: usize) -> Self {
        let mut options = Vec::new();
        for name in NAMES {
            if random.chance(45) {
                let ty = Type::random(random, depth);
                let default = random.chance(45).then(|| ty.value(random, depth));
                options.push((name, ty, default));
            }
        }
        let freeform = random.chance(30).then(|| Box::new(freeform(random, depth)));
        let config = (random.chance(30) && !options.is_empty()).then(|| {
            let (name, ty, _) = random.pick(&options);
            let value = ty.value(random, depth);
            (name, property(random, format!("lib.mkDefault ({value})"), 20))
        });
        let names_itself = random.chance(25);
        let constructors =
            ["types.submodule", "types.submodule", "types.submoduleWith", "types.submoduleWith shorthand"];
        Self { options, freeform, config, names_itself, constructor: random.pick(&constructors) }
    }

    fn text(&self) -> String {
        let mut module = String::new();
        for (name, ty, default) in &self.options {
            let default = default.as_ref().map(|value| format!(" default = {value};")).unwrap_or_default();
            module += &format!("options.{name} = lib.mkOption {{ type = {};{default} }}; ", ty.text());
        }
        if let Some(freeform) = &self.freeform {
            module += &format!("freeformType = {}; ", freeform.text());
        }
        if let Some((name, value)) = &self.config {
            module += &format!("config.{name} = {value}; ");
        }
        if self.names_itself {
            module += "options.named = lib.mkOption { type = types.str; default = name; }; ";
        }
        let module =
            if self.names_itself { format!("({{ name, ... }}: {{ {module}}})") } else { format!("{{ {module}}}") };
        match self.constructor {
            "types.submodule" => format!("(types.submodule {module})"),
            "types.submoduleWith" => format!("(types.submoduleWith {{ modules = [ {module} ]; }})"),
            _ => format!("(types.submoduleWith {{ modules = [ {module} ]; shorthandOnlyDefinesConfig = true; }})"),
        }
    }

    /// A random value without undeclared names. For those, we report a finding about the whole configuration, while for Nix only
    /// the option fails.
    fn value(&self, random: &mut Random, depth: usize) -> String {
        let mut text = String::from("{ ");
        for (name, ty, default) in &self.options {
            if random.chance(if default.is_some() { 45 } else { 75 }) {
                let value = ty.value(random, depth);
                text += &format!("{name} = {}; ", property(random, value, 20));
            }
        }
        if let Some(freeform) = &self.freeform
            && random.chance(70)
        {
            let inner = match &**freeform {
                Type::Around(_, inner) => inner.value(random, depth),
                _ => any_value(random, depth.min(1), false),
            };
            text += &format!("free = {inner}; ");
        }
        text += "}";
        match random.below(20) {
            0 if self.constructor == "types.submoduleWith" => format!("{{ config = {text}; }}"),
            1 if self.constructor == "types.submoduleWith" => format!("{{ imports = [ {text} ]; }}"),
            2 => format!("({{ ... }}: {text})"),
            _ => text,
        }
    }
}

/// A type for undeclared options of a submodule.
fn freeform(random: &mut Random, depth: usize) -> Type {
    match random.below(4) {
        0 => Type::Sets("types.attrs"),
        1 => Type::Sets("types.anything"),
        2 => Type::Around(Wrapper::LazyAttrsOf, Box::new(Type::random(random, depth.min(1)))),
        _ => Type::Around(Wrapper::AttrsOf, Box::new(Type::random(random, depth.min(1)))),
    }
}
