//! Random programs of the module system: options, and definitions in several modules.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::types::{Type, property};
use crate::random::Random;

/// The maximal number of options in a program.
const OPTIONS: usize = 6;
/// The nesting depth of types and values.
const DEPTH: usize = 2;

/// A program: options and their definitions.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    options: Vec<Declared>,
    definitions: Vec<Definition>,
}

/// An option of the set `t`.
#[derive(Debug, Clone)]
struct Declared {
    name: String,
    ty: Option<Type>,
    default: Option<String>,
    apply: bool,
    read_only: bool,
    /// Whether another module declares it again.
    twice: bool,
}

/// A definition of one option.
#[derive(Debug, Clone)]
struct Definition {
    option: String,
    /// The number of its module.
    module: usize,
    /// The value, with its properties.
    value: String,
    /// A condition on the set that contains it.
    around: Option<&'static str>,
}

impl Program {
    /// The program for a seed.
    pub(crate) fn random(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let (mut options, mut definitions) = (Vec::new(), Vec::new());
        for number in 0..1 + random.below(OPTIONS) {
            let ty = (!random.chance(5)).then(|| Type::random(random, DEPTH));
            let value =
                |random: &mut Random| ty.as_ref().map_or_else(|| String::from("1"), |ty| ty.value(random, DEPTH));
            let default = random.chance(45).then(|| value(random));
            let name = format!("o{number}");
            for _ in 0..[0, 1, 1, 2, 2, 3][random.below(6)] {
                let value = value(random);
                definitions.push(Definition {
                    option: name.clone(),
                    module: random.below(3),
                    value: property(random, value, 40),
                    around: random.chance(20).then(|| random.pick(&["true", "false", "config.t.flag"])),
                });
            }
            let (apply, read_only, twice) = (random.chance(10), random.chance(4), random.chance(6));
            options.push(Declared { name, ty, default, apply, read_only, twice });
        }
        Self { options, definitions }
    }

    /// The names of the options.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.options.iter().map(|option| option.name.as_str()).collect()
    }

    /// The program as a module. `containers.out.extraFlags` has the value of each option, ordered by name: JSON, or `ERROR` if it
    /// fails.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from(
            "{ lib, config, ... }:\nlet inherit (lib) types; in\n{\n  options.t.flag = lib.mkOption { type = types.bool; \
             default = true; };\n",
        );
        for option in &self.options {
            let _ = writeln!(text, "  options.t.{} = lib.mkOption {{ {}}};", option.name, option.text());
        }
        let again: Vec<_> = self.options.iter().filter(|option| option.twice).collect();
        text += "  imports = [\n";
        if !again.is_empty() {
            text += "    {";
            for option in again {
                let ty = option.ty.as_ref().map(|ty| format!("type = {}; ", ty.text())).unwrap_or_default();
                let _ = write!(text, " options.t.{} = lib.mkOption {{ {ty}}};", option.name);
            }
            text += " }\n";
        }
        for module in 1..3 {
            let _ = writeln!(text, "    {{ config = {}; }}", self.module(module));
        }
        let _ = writeln!(text, "  ];\n  config = lib.mkMerge [\n    ({})", self.module(0));
        let names = self.names().join("\" \"");
        text += "    {\n      containers.out.path = \"/nix/store/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-system\";\n      containers.out.extraFlags = map (name:\n        let result = builtins.tryEval (let json = \
                 builtins.toJSON config.t.${name}; in builtins.seq json json); in\n";
        let _ = write!(
            text,
            "        if result.success then result.value else \"ERROR\") [ \"{names}\" ];\n    }}\n  ];\n}}\n"
        );
        text
    }

    fn module(&self, number: usize) -> String {
        let mut text = String::from("lib.mkMerge [");
        for definition in self.definitions.iter().filter(|definition| definition.module == number) {
            let set = format!("{{ {} = {}; }}", definition.option, definition.value);
            let _ = match definition.around {
                Some(condition) => write!(text, "\n      {{ t = lib.mkIf {condition} {set}; }}"),
                None => write!(text, "\n      {{ t = {set}; }}"),
            };
        }
        text + " ]"
    }

    /// Candidates for shrinking: without an option, a definition, or a default.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for option in &self.options {
            let mut one = self.clone();
            one.options.retain(|other| other.name != option.name);
            one.definitions.retain(|definition| definition.option != option.name);
            if !one.options.is_empty() {
                all.push(one);
            }
        }
        for index in 0..self.definitions.len() {
            let mut one = self.clone();
            one.definitions.remove(index);
            all.push(one);
        }
        for index in 0..self.options.len() {
            let plain = |change: fn(&mut Declared)| {
                let mut one = self.clone();
                change(&mut one.options[index]);
                one
            };
            let option = &self.options[index];
            if option.default.is_some() {
                all.push(plain(|option| option.default = None));
            }
            if option.twice {
                all.push(plain(|option| option.twice = false));
            }
            if option.apply {
                all.push(plain(|option| option.apply = false));
            }
        }
        all
    }

    /// Counts the kinds of types, each with the properties in definitions of its options.
    pub(crate) fn count(&self, counts: &mut BTreeMap<(&'static str, &'static str), usize>) {
        const FEATURES: [&str; 7] =
            ["mkIf", "mkMerge", "mkOverride", "mkDefault", "mkForce", "mkBefore", "mkOrder"];
        for option in &self.options {
            let Some(ty) = &option.ty else { continue };
            let values: String = self
                .definitions
                .iter()
                .filter(|definition| definition.option == option.name)
                .map(|definition| definition.value.as_str())
                .collect();
            let mut features: Vec<_> = FEATURES.into_iter().filter(|feature| values.contains(feature)).collect();
            features.extend(option.default.is_some().then_some("default"));
            features.extend(option.apply.then_some("apply"));
            features.extend(option.twice.then_some("declared twice"));
            ty.kinds(&mut |kind| {
                *counts.entry((kind, "any")).or_default() += 1;
                for feature in &features {
                    *counts.entry((kind, feature)).or_default() += 1;
                }
            });
        }
    }
}

impl Declared {
    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(ty) = &self.ty {
            let _ = write!(text, "type = {}; ", ty.text());
        }
        if let Some(default) = &self.default {
            let _ = write!(text, "default = {default}; ");
        }
        if self.apply {
            text += "apply = x: [ x ]; ";
        }
        if self.read_only {
            text += "readOnly = true; ";
        }
        text
    }
}
