//! The types of NixOS's own options: what they take, how they are called in messages, and the shape of a declaration.
//!
//! A closed subset of nixpkgs' `lib.types`: those of the options that bear on containers. It is constant data; what an
//! evaluation works with is made of it in `option`. How definitions of a type are merged is in `merge`.

/// The type of an option.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// `types.bool`
    Bool,
    /// `types.str`: one definition, or equal ones.
    Str,
    /// `types.lines`: definitions joined by newlines.
    Lines,
    /// `types.path`: an absolute path, or a value that coerces to one.
    Path,
    /// `types.ints.between`, under the name that nixpkgs gives the range.
    Int {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
        /// nixpkgs' description.
        name: &'static str,
    },
    /// `types.enum` of strings.
    Enum(&'static [&'static str]),
    /// `types.strMatching`.
    StrMatching {
        /// The pattern, as nixpkgs writes it.
        pattern: &'static str,
        /// Whether a text matches it.
        matches: fn(&str) -> bool,
    },
    /// `types.nullOr`
    NullOr(&'static Type),
    /// `types.either`
    Either(&'static Type, &'static Type),
    /// `types.listOf`: definitions are appended to each other.
    ListOf(&'static Type),
    /// `types.attrsOf`: definitions are merged name by name.
    AttrsOf(&'static Type),
    /// `types.submodule` with these options.
    Submodule(&'static Options),
    /// `containers.<name>.config`: a NixOS configuration of its own. It is kept, never looked into here.
    Guest,
    /// `types.anything`
    Anything,
}

impl Type {
    /// What a value of this type looks like, for those who wrote something else.
    pub fn example(&self) -> String {
        match self {
            Self::Bool => String::from("write `true` or `false`, without quotes"),
            Self::Str | Self::Lines | Self::StrMatching { .. } => String::from("write a text in double quotes"),
            Self::Path => String::from("write a path that begins with `/`"),
            Self::Int { min, max, .. } => format!("write a number from {min} to {max}, without quotes"),
            Self::Enum(values) => {
                format!(
                    "write {}",
                    values.iter().map(|value| format!("`\"{value}\"`")).collect::<Vec<_>>().join(" or ")
                )
            }
            Self::NullOr(inner) => format!("{}, or `null`", inner.example()),
            Self::Either(a, b) => format!("{}; or {}", a.example(), b.example()),
            Self::ListOf(_) => String::from("write a list: `[ … ]`"),
            Self::AttrsOf(_) | Self::Submodule(_) => String::from("write a set: `{ … }`"),
            Self::Guest => String::from("write a NixOS module: a set, or a function that gives one"),
            Self::Anything => String::from("write it once"),
        }
    }

    /// Whether a text is a value of it that somebody has put in quotes: a number, or `true` or `false`.
    pub fn is_written(&self, text: &str) -> bool {
        match self {
            Self::Bool => matches!(text, "true" | "false"),
            Self::Int { min, max, .. } => text
                .parse::<i64>()
                .is_ok_and(|number| (*min..=*max).contains(&number) && number >= 0 && number.to_string() == text),
            Self::NullOr(inner) => inner.is_written(text),
            _ => false,
        }
    }

    /// What nixpkgs calls it in messages (`description`).
    pub fn description(&self) -> String {
        match self {
            Self::Bool => String::from("boolean"),
            Self::Str => String::from("string"),
            Self::Lines => String::from("strings concatenated with \"\\n\""),
            Self::Path => String::from("absolute path"),
            Self::Int { name, .. } => String::from(*name),
            Self::Enum(values) => {
                let quoted: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
                format!("one of {}", quoted.join(", "))
            }
            Self::StrMatching { pattern, .. } => format!("string matching the pattern {pattern}"),
            Self::NullOr(inner) => format!("null or {}", inner.inner_description()),
            Self::Either(a, b) => format!("{} or {}", a.inner_description(), b.inner_description()),
            Self::ListOf(inner) => format!("list of {}", inner.inner_description()),
            Self::AttrsOf(inner) => format!("attribute set of {}", inner.inner_description()),
            Self::Submodule(_) => String::from("submodule"),
            Self::Guest => String::from("Toplevel NixOS config"),
            Self::Anything => String::from("anything"),
        }
    }

    /// The same inside another description: composed ones in parentheses.
    fn inner_description(&self) -> String {
        match self {
            Self::Submodule(_) | Self::ListOf(_) | Self::AttrsOf(_) | Self::NullOr(_) | Self::Either(..) => {
                format!("({})", self.description())
            }
            Self::Int { name, .. } if name.contains(';') => format!("({name})"),
            _ => self.description(),
        }
    }
}

/// `types.port`
pub const PORT: Type =
    Type::Int { min: 0, max: 65535, name: "16 bit unsigned integer; between 0 and 65535 (both inclusive)" };
/// `types.ints.u32`
pub const U32: Type = Type::Int {
    min: 0,
    max: 4_294_967_295,
    name: "32 bit unsigned integer; between 0 and 4294967295 (both inclusive)",
};
/// `types.int`
pub const INT: Type = Type::Int { min: i64::MIN, max: i64::MAX, name: "signed integer" };

/// What an option is when nothing defines it.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// It has to be defined.
    Mandatory,
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A string.
    Str(&'static str),
    /// `[ ]`
    EmptyList,
    /// `{ }`
    EmptySet,
    /// The name under which the submodule stands in its set.
    AttrName,
    /// `boot.enableContainers`: whether there are containers.
    EnableContainers,
    /// `networking.nftables.flushRuleset`: whether the host's state is older than 23.11.
    FlushRuleset,
    /// `containers.<name>.path`: built from `config`, or where `flake` puts it.
    SystemPath,
    /// Only nixpkgs knows it, for this reason.
    Unknown(&'static str),
}

/// What NixOS does with an option beside merging its definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Nothing.
    None,
    /// Ports of the firewall: sorted, each once; NixOS's service modules may add to those of the whole host.
    Ports {
        /// Whether they are sorted and freed of repeats (`apply`).
        sorted: bool,
        /// Whether NixOS's modules for services add to them.
        shared: bool,
    },
    /// `networking.firewall.trustedInterfaces`: NixOS trusts `lo` while the firewall is on.
    Loopback,
    /// `nixpkgs.hostPlatform`: a name becomes the platform of that name.
    Platform,
    /// `networking.firewall.checkReversePath`: some VPN services of NixOS loosen it.
    ReversePath,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Default,
    /// What else happens to it.
    pub extra: Extra,
}

/// A set of options, such as a submodule's.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Options of this very level.
    pub options: &'static [Declaration],
    /// Levels below, such as `networking`.
    pub groups: &'static [(&'static str, Options)],
    /// Whether nixpkgs declares more options here than are known to us. Names that are not declared are an error only in
    /// closed sets.
    pub open: bool,
}
