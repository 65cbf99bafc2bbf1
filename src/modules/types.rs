//! The types of NixOS's own options: accepted values, names in messages, and the form of a declaration.
//!
//! A closed subset of nixpkgs' `lib.types`, for the options that concern containers. It is constant data, from which
//! `option` builds what an evaluation uses; `merge` merges definitions by type.

/// The type of an option.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Type {
    /// `types.bool`
    Bool,
    /// `types.str`: all definitions must be equal.
    Str,
    /// `types.lines`: definitions joined by newlines.
    Lines,
    /// `types.path`: an absolute path, or a value that can be converted to one.
    Path,
    /// `types.ints.between`, with nixpkgs' name for the range.
    Int {
        /// The minimum.
        min: i64,
        /// The maximum.
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
        /// Whether a string matches the pattern.
        matches: fn(&str) -> bool,
    },
    /// `types.nullOr`
    NullOr(&'static Type),
    /// `types.either`
    Either(&'static Type, &'static Type),
    /// `types.listOf`: concatenates definitions.
    ListOf(&'static Type),
    /// `types.attrsOf`: merges definitions by name.
    AttrsOf(&'static Type),
    /// `types.submodule` with these options.
    Submodule(&'static Options),
    /// `containers.<name>.config`: a NixOS configuration of its own, which is kept unevaluated.
    Guest,
    /// `types.anything`
    Anything,
}

impl Type {
    /// Returns an example value, for the help of a type error.
    pub(crate) fn example(&self) -> String {
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

    /// Whether a string is a value of this type in quotes: a number, `true` or `false`.
    pub(crate) fn is_written(&self, text: &str) -> bool {
        match self {
            Self::Bool => matches!(text, "true" | "false"),
            Self::Int { min, max, .. } => text
                .parse::<i64>()
                .is_ok_and(|number| (*min..=*max).contains(&number) && number >= 0 && number.to_string() == text),
            Self::NullOr(inner) => inner.is_written(text),
            _ => false,
        }
    }

    /// Returns nixpkgs' name for the type in messages (`description`).
    pub(crate) fn description(&self) -> String {
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

    /// Returns the description for use inside another one: composed types in parentheses.
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
pub(crate) const PORT: Type =
    Type::Int { min: 0, max: 65535, name: "16 bit unsigned integer; between 0 and 65535 (both inclusive)" };
/// `types.ints.u32`
pub(crate) const U32: Type = Type::Int {
    min: 0,
    max: 4_294_967_295,
    name: "32 bit unsigned integer; between 0 and 4294967295 (both inclusive)",
};
/// `types.int`
pub(crate) const INT: Type = Type::Int { min: i64::MIN, max: i64::MAX, name: "signed integer" };

/// The value of an option that nothing defines.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Default {
    /// None: the option must be defined.
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
    /// The attribute name of the submodule.
    AttrName,
    /// `boot.enableContainers`: true if there are containers.
    EnableContainers,
    /// `networking.nftables.flushRuleset`: depends on `stateVersion` and on rules given as text.
    FlushRuleset,
    /// `containers.<name>.path`: built from `config`, or the profile that `flake` uses.
    SystemPath,
    /// Known only to nixpkgs, for this reason.
    Unknown(&'static str),
}

/// What NixOS does with an option apart from merging its definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    /// Nothing.
    None,
    /// Ports of the firewall.
    Ports {
        /// Whether `apply` sorts them and removes duplicates.
        sorted: bool,
        /// Whether NixOS's service modules may add to them.
        shared: bool,
    },
    /// `networking.firewall.trustedInterfaces`: NixOS adds `lo` while the firewall is enabled.
    Loopback,
    /// `nixpkgs.hostPlatform`: a string is converted to the platform of that name.
    Platform,
    /// `networking.firewall.checkReversePath`: some of NixOS's VPN services loosen it.
    ReversePath,
    /// Stands for the options that our NixOS module declares, as long as nothing declares them.
    OfModule,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declaration {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Default,
    /// What NixOS does with it apart from merging.
    pub extra: Extra,
}

/// A set of options, such as a submodule's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// Options on this level.
    pub options: &'static [Declaration],
    /// Nested levels, such as `networking`.
    pub groups: &'static [(&'static str, Options)],
    /// Whether nixpkgs declares more options here than this table. Undeclared names are an error only in closed sets.
    pub open: bool,
}
