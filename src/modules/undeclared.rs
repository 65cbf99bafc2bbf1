//! The value of an option that only nixpkgs declares, as far as a configuration's own definitions determine it.
//!
//! A scalar is the value that the configuration defines. A set is open and a list is unknown, because nixpkgs may add to
//! both.

use super::definition::{Definition, OPTION_DEFAULT_PRIORITY, Selected, position_of, presence, select};
use super::path::Path;
use super::scope::Scope;
use super::split::split;
use crate::eval::{EvalResult, Evaluator, Suspend, Symbol, Value};
use crate::source::{Pos, Span};

/// Lists that nixpkgs does not add to, so the configuration's definitions are complete. `*` matches any name.
const OWN_LISTS: [&[&str]; 7] = [
    &["deployment", "tags"],
    &["networking", "bridges", "*", "interfaces"],
    &["networking", "interfaces", "*", "ipv4", "addresses"],
    &["networking", "interfaces", "*", "ipv6", "addresses"],
    &["networking", "wg-quick", "interfaces", "*", "address"],
    &["networking", "wireguard", "interfaces", "*", "ips"],
    &["services", "openssh", "ports"],
];
/// Interfaces to which nixpkgs modules add addresses.
const NAMED_BY_NIXPKGS: [&str; 2] = ["dummy0", "vboxnet0"];
/// The parent of home directories (`users.defaultUserHome`).
const HOMES: &str = "/home";

/// Returns the value of an undeclared option, or of a set of them. With `shown`, a list is what its definitions say, which
/// is enough to display it.
pub(super) fn undeclared<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
    shown: bool,
) -> EvalResult<'e, Value<'e>> {
    if let Some(selected) = ev.unless_circular(|ev| select(ev, definitions))? {
        return decided(ev, scope, path, &selected, shown);
    }
    // A condition needs a value that it governs, such as `services.x = mkIf config.services.x.enable …`. nixpkgs evaluates
    // the conditions of sets only for the options that are read.
    match ev.unless_circular(|ev| undecided(ev, scope, path, definitions, shown))? {
        Some(value) => Ok(value),
        None => Ok(not_here(ev, path, DEPENDS_ON_ITSELF, definitions.first().map_or(Pos::NONE, |first| first.pos))),
    }
}

/// Why an option is unknown whose definitions depend on its own value.
const DEPENDS_ON_ITSELF: &str = "its definitions depend on it";

/// Returns a set and leaves conditions to its attributes. Names that occur only under conditions are optional.
fn undecided<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    definitions: &[Definition<'e>],
    shown: bool,
) -> EvalResult<'e, Value<'e>> {
    let mut expanded = Vec::with_capacity(definitions.len());
    for definition in definitions {
        definition.expand(ev, &mut expanded)?;
    }
    let derivation = ev.heap.symbol("type");
    let priority = expanded.first().map_or(OPTION_DEFAULT_PRIORITY, |first| first.priority);
    let are_parts = priority < OPTION_DEFAULT_PRIORITY
        && expanded.iter().all(|definition| match definition.value {
            Value::Attrs(attrs) => definition.priority == priority && attrs.get(derivation).is_none(),
            _ => false,
        });
    let first = expanded.first().map_or(Pos::NONE, |first| first.pos);
    if !are_parts {
        return Ok(not_here(ev, path, DEPENDS_ON_ITSELF, first));
    }
    let mut split = split(ev, path, &expanded)?;
    let why = match split.rest {
        Some(rest) => rest,
        None => ev.heap.unknown_named(&format!("not known here: config.{}", path.names(ev))),
    };
    let (mut parts, mut optional) = (Vec::new(), Vec::new());
    for (symbol, mut defining) in std::mem::take(&mut split.names) {
        let (pos, is_certain) = (position_of(&defining), defining.iter().any(Definition::is_certain));
        defining.extend(split.maybe(symbol));
        let definitions = ev.heap.alloc_slice(&defining);
        let value = ev.heap.suspend(Below { scope, path: path.join(ev, symbol), definitions, shown });
        match is_certain {
            true => parts.push((symbol, value, pos)),
            false => optional.push((symbol, value, pos, why)),
        }
    }
    Ok(ev.heap.partial_attrs(parts, &optional, Some(why)))
}

/// Returns the value of definitions whose conditions are decided, as far as it is known.
fn decided<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    selected: &Selected<'e>,
    shown: bool,
) -> EvalResult<'e, Value<'e>> {
    let Some(first) = selected.definitions.first().copied() else {
        if is_whole(ev, path) {
            return Ok(ev.heap.attrs([]));
        }
        return Ok(not_here(ev, path, "its default is known only to nixpkgs", Pos::NONE));
    };
    if selected.priority >= OPTION_DEFAULT_PRIORITY {
        return Ok(not_here(ev, path, "nixpkgs' own default counts as much", first.pos));
    }
    let derivation = ev.heap.symbol("type");
    let sets = !selected.outranked
        && selected.definitions.iter().all(|definition| match definition.value {
            Value::Attrs(attrs) => attrs.get(derivation).is_none(),
            _ => false,
        });
    if sets {
        let mut split = split(ev, path, &selected.definitions)?;
        let names = std::mem::take(&mut split.names);
        let mut parts = Vec::new();
        let mut of_home: &'e [Definition<'e>] = &[];
        for (symbol, mut defining) in names {
            defining.extend(split.maybe(symbol));
            let definitions = ev.heap.alloc_slice(&defining);
            if symbol == ev.heap.symbol("home") {
                of_home = definitions;
            }
            let below = Below { scope, path: path.join(ev, symbol), definitions, shown };
            parts.push((symbol, ev.heap.suspend(below), position_of(definitions)));
        }
        if let Some(name) = account(ev, path)
            && !parts.iter().any(|(symbol, ..)| *symbol == ev.heap.symbol("name"))
        {
            parts.push((ev.heap.symbol("name"), name, Pos::NONE));
        }
        if is_user(ev, path) {
            let of =
                |name: &str| parts.iter().find(|(symbol, ..)| *symbol == ev.heap.symbol(name)).map(|part| part.1);
            if let (Some(name), Some(is_normal)) = (of("name"), of("isNormalUser")) {
                let home = Home { scope, path, name, is_normal, own: of("home"), definitions: of_home };
                let home = (ev.heap.symbol("home"), ev.heap.suspend(home), Pos::NONE);
                parts.retain(|(symbol, ..)| *symbol != home.0);
                parts.push(home);
            }
        }
        if split.rest.is_none() && is_whole(ev, path) {
            return Ok(ev.heap.attrs(parts));
        }
        let why = match split.rest {
            Some(rest) => rest,
            // Nothing else defines names here, so the reason names the attribute that is read.
            None => ev.heap.unknown_named(&format!("not known here: config.{}", path.names(ev))),
        };
        return Ok(ev.heap.open_attrs(parts, why));
    }
    if let Some(unknown) = selected.unknown {
        return Ok(Value::Unknown(unknown));
    }
    if let Some(unknown) = selected.definitions.iter().find_map(|definition| match definition.value {
        Value::Unknown(unknown) => Some(unknown),
        _ => None,
    }) {
        return Ok(Value::Unknown(unknown));
    }
    match first.value {
        Value::List(_) if shown || is_own_list(ev, path, &selected.definitions) => {
            let lists = selected.definitions.iter().filter_map(|definition| match definition.value {
                Value::List(list) => Some((list, definition.pos)),
                _ => None,
            });
            let (items, positions): (Vec<_>, Vec<_>) =
                lists.flat_map(|(list, pos)| list.iter().map(move |item| (item, pos))).unzip();
            let merged = ev.heap.list(items);
            if selected.definitions.len() > 1 {
                ev.provenance.note_elements(&ev.heap, merged, &positions);
            }
            Ok(merged)
        }
        Value::List(_) => Ok(not_here(ev, path, "nixpkgs may add to this list", first.pos)),
        Value::Attrs(_) if selected.definitions.len() > 1 => {
            Ok(not_here(ev, path, "only nixpkgs knows how its definitions are merged", first.pos))
        }
        value => {
            for other in &selected.definitions[1..] {
                match ev.equal(value, other.value)? {
                    Ok(true) => {}
                    Ok(false) => {
                        let why = "only nixpkgs knows how its definitions are merged";
                        return Ok(not_here(ev, path, why, first.pos));
                    }
                    Err(unknown) => return Ok(Value::Unknown(unknown)),
                }
            }
            Ok(value)
        }
    }
}

/// Whether nixpkgs adds nothing to this list.
fn is_own_list<'e>(ev: &mut Evaluator<'e>, path: Path<'e>, definitions: &[Definition<'e>]) -> bool {
    let names: Vec<_> = path.symbols().into_iter().map(|name| ev.heap.name(name)).collect();
    let is_like = |pattern: &&[&str]| {
        pattern.len() == names.len() && pattern.iter().zip(&names).all(|(part, name)| *part == "*" || part == name)
    };
    if !OWN_LISTS.iter().any(is_like) || names.iter().any(|name| NAMED_BY_NIXPKGS.contains(name)) {
        return false;
    }
    // An element may be an `mkIf`, which only the option's type would remove.
    let kind = ev.heap.symbol("_type");
    definitions.iter().all(|definition| match definition.value {
        Value::List(list) => {
            list.iter().all(|item| !matches!(ev.force(item), Ok(Value::Attrs(attrs)) if attrs.get(kind).is_some()))
        }
        _ => false,
    })
}

/// Whether a set has only the names that are defined: `nixpkgs.config`, whose defaults are declared elsewhere.
fn is_whole(ev: &Evaluator<'_>, path: Path<'_>) -> bool {
    matches!(path.symbols().as_slice(), [first, second] if ev.heap.name(*first) == "nixpkgs" && ev.heap.name(*second) == "config")
}

/// The name of a set below `path` that exists, empty, without any definition.
pub(super) fn empty_of_nixpkgs(ev: &Evaluator<'_>, path: Path<'_>) -> Option<Symbol> {
    let is_nixpkgs = matches!(path.symbols().as_slice(), [first] if ev.heap.name(*first) == "nixpkgs");
    is_nixpkgs.then(|| ev.heap.symbol("config"))
}

fn is_user(ev: &Evaluator<'_>, path: Path<'_>) -> bool {
    matches!(path.symbols().as_slice(), [users, kind, _] if ev.heap.name(*users) == "users" && ev.heap.name(*kind) == "users")
}

/// A user's home directory. If nothing defines it, a normal user gets one under the default parent.
struct Home<'e> {
    scope: &'e Scope<'e>,
    path: Path<'e>,
    name: Value<'e>,
    is_normal: Value<'e>,
    /// The defined value and its definitions, if any.
    own: Option<Value<'e>>,
    definitions: &'e [Definition<'e>],
}

impl<'e> Suspend<'e> for Home<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        if let Some(own) = self.own
            && !matches!(presence(ev, self.definitions)?, Ok(false))
        {
            return ev.force(own);
        }
        let name = ev.force(self.name)?;
        let homes =
            match self.scope.config.get().filter(|_| matches!(ev.force(self.is_normal), Ok(Value::Bool(true)))) {
                Some(config) => match ev.select(config, "users")? {
                    Value::Attrs(users) => {
                        users.get(ev.heap.symbol("defaultUserHome")).map(|homes| ev.force(homes)).transpose()?
                    }
                    other => Some(other),
                },
                None => return Ok(not_here(ev, self.path, "its default is known only to nixpkgs", Pos::NONE)),
            };
        let homes = homes.unwrap_or_else(|| ev.heap.string(HOMES));
        ev.concat_strings("/", &[homes, name])
    }
}

/// The name of a user or group: its attribute name, unless a definition overrides it.
fn account<'e>(ev: &Evaluator<'e>, path: Path<'e>) -> Option<Value<'e>> {
    let names = path.symbols();
    match names.as_slice() {
        [users, kind, name]
            if ev.heap.name(*users) == "users" && matches!(ev.heap.name(*kind), "users" | "groups") =>
        {
            Some(ev.heap.string(ev.heap.name(*name)))
        }
        _ => None,
    }
}

/// An attribute of an undeclared set, evaluated on demand.
struct Below<'e> {
    scope: &'e Scope<'e>,
    path: Path<'e>,
    definitions: &'e [Definition<'e>],
    shown: bool,
}

impl<'e> Suspend<'e> for Below<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        undeclared(ev, self.scope, self.path, self.definitions, self.shown)
    }
}

fn not_here<'e>(ev: &mut Evaluator<'e>, path: Path<'e>, why: &str, pos: Pos) -> Value<'e> {
    let reason = format!("`{}`: {why}", path.names(ev));
    ev.heap.unknown(&reason, Span::at(pos))
}
