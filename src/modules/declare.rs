//! Options that a configuration declares itself: merges `options.…` of its modules into a tree on top of the table.
//!
//! Source: `mergeModules'` and `mergeOptionDecls` of nixpkgs' `lib.modules`. Several declarations of an option are joined
//! into one; declarations below a submodule option become options of the submodule.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use super::nix_type;
use super::option::{Declared, Default, Kind, Named, Node, Opt, Tree, Type, TypeRef};
use super::path::Path;
use super::scope::{Scope, ScopeOwner};
use super::types::{self, Extra};
use crate::diag::{Code, Diagnostic};
use crate::eval::{EvalError, EvalResult, Evaluator, Symbol, Unknown, Value};
use crate::source::Pos;

/// Top-level names below which nixpkgs declares options, sorted: from its module list and its image modules.
const NIXPKGS: [&str; 58] = [
    "amazonImage",
    "appstream",
    "assertions",
    "azureImage",
    "boot",
    "console",
    "containers",
    "digitalOceanImage",
    "documentation",
    "dysnomia",
    "ec2",
    "environment",
    "fileSystems",
    "fonts",
    "gtk",
    "hardware",
    "hyperv",
    "i18n",
    "ids",
    "image",
    "image-media",
    "installer",
    "isoImage",
    "jobs",
    "kubevirtImage",
    "lib",
    "location",
    "meta",
    "minimal-bootstrap",
    "netboot",
    "networking",
    "nix",
    "nixops",
    "nixpkgs",
    "openstackImage",
    "passthru",
    "power",
    "powerManagement",
    "programs",
    "proxmox",
    "proxmoxLXC",
    "qt",
    "qt5",
    "sdImage",
    "security",
    "services",
    "snapraid",
    "sound",
    "specialisation",
    "stubby",
    "swapDevices",
    "system",
    "systemd",
    "test",
    "testing",
    "time",
    "users",
    "virtualisation",
];
/// More top-level names below which nixpkgs declares options.
const NIXPKGS_TOO: [&str; 7] = ["facter", "oci", "virtualbox", "vmware", "warnings", "xdg", "zramSwap"];

/// Builds the tree of the `declared` sets of options on top of `table`.
pub(super) fn tree<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    path: Path<'e>,
    table: Option<&'e Tree<'e>>,
    declared: &[(Value<'e>, Pos)],
) -> EvalResult<'e, &'e Tree<'e>> {
    let mut names: BTreeMap<Symbol, Vec<(Value<'e>, Pos)>> = BTreeMap::new();
    let mut open = table.is_some_and(|table| table.open);
    for (options, pos) in declared {
        match ev.force(*options)? {
            Value::Attrs(attrs) => {
                for (name, value, at) in attrs.iter() {
                    names.entry(name).or_default().push((value, if at.is_some() { at } else { *pos }));
                }
                open |= attrs.rest().is_some();
            }
            // An unknown set may declare anything.
            Value::Unknown(_) => open = true,
            other => {
                let path = path.names(ev);
                let message = format!(
                    "the options below `{path}` are a set, but this is {}",
                    ev.report.describe(&ev.heap, other)
                );
                let diagnostic = Diagnostic::error(Code::OptionType, message)
                    .at(ev.report.attribute_span(*pos), "declared here");
                return Err(ev.report.thrown(diagnostic));
            }
        }
    }
    if names.is_empty()
        && let Some(table) = table
        && table.open == open
    {
        return Ok(table);
    }
    let mut entries: BTreeMap<Symbol, Node<'e>> =
        table.map(|table| table.entries).into_iter().flatten().copied().collect();
    let is_host = scope.of != ScopeOwner::Submodule && table.is_some_and(|table| table.open);
    for (name, values) in names {
        let known = entries.get(&name).copied().map(|node| ev.heap.alloc(node));
        let declared = ev.heap.alloc(Declared {
            table: known,
            values: ev.heap.alloc_slice(&values),
            path: path.join(ev, name),
            may_be_nixpkgs: is_host,
            resolved: OnceCell::new(),
        });
        entries.insert(name, Node::Declared(declared));
    }
    let entries: Vec<_> = entries.into_iter().collect();
    Ok(ev.heap.alloc(Tree { entries: ev.heap.alloc_slice(&entries), open }))
}

/// Resolves a node of the scope's tree; the result is never [`Node::Declared`].
pub(super) fn resolve<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    node: Node<'e>,
) -> EvalResult<'e, Node<'e>> {
    let Node::Declared(declared) = node else { return Ok(node) };
    if let Some(node) = declared.resolved.get() {
        return Ok(*node);
    }
    let table = declared.table.copied();
    let node = one(ev, scope, declared, table)?.unwrap_or(Node::Undeclared);
    Ok(*declared.resolved.get_or_init(|| node))
}

/// Whether modules of the scope declare the option at `path`, or options below it.
pub(super) fn is_declared<'e>(ev: &mut Evaluator<'e>, scope: &'e Scope<'e>, path: &[&str]) -> bool {
    let (mut tree, mut is_declared) = (scope.tree.get().copied(), false);
    for name in path {
        let node = tree.and_then(|tree| tree.get(ev.heap.symbol(name)));
        is_declared = matches!(node, Some(Node::Declared(_)));
        tree = match node.map(|node| resolve(ev, scope, node)) {
            Some(Ok(Node::Level(below))) => Some(below),
            _ => None,
        };
    }
    is_declared
}

/// Resolves the declarations of one name.
fn one<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    of: &'e Declared<'e>,
    known: Option<Node<'e>>,
) -> EvalResult<'e, Option<Node<'e>>> {
    let (path, declared) = (of.path, of.values);
    let mut options = Vec::new();
    let mut levels = Vec::new();
    for (value, pos) in declared {
        match ev.force(*value)? {
            set @ Value::Attrs(_) => {
                if is_option(ev, set)? {
                    options.push((set, *pos));
                } else {
                    levels.push((set, *pos));
                }
            }
            // An option of NixOS keeps its declaration; of any other, not even the type is known.
            Value::Unknown(unknown) => return Ok(Some(known.unwrap_or_else(|| unknown_option(ev, unknown)))),
            other => {
                levels.push((other, *pos));
            }
        }
    }
    if options.is_empty() {
        return match known {
            // The module is here: what it declares, it checks and merges by its own types.
            Some(Node::Option(option)) if option.extra == Extra::OfModule => {
                tree(ev, scope, path, None, &levels).map(|tree| Some(Node::Level(tree)))
            }
            // Options below an option of the table, such as `options.containers.…`, are ignored.
            Some(node @ (Node::Option(_) | Node::Declared(_) | Node::Undeclared)) => Ok(Some(node)),
            Some(Node::Level(table)) => {
                tree(ev, scope, path, Some(table), &levels).map(|tree| Some(Node::Level(tree)))
            }
            None => {
                // nixpkgs may declare options below this name too, so undeclared ones are accepted.
                let open = of.may_be_nixpkgs && others_may_declare(ev, scope, path)?;
                let empty: Option<&'e Tree<'e>> = open.then(|| ev.heap.alloc(Tree { entries: &[], open: true }));
                tree(ev, scope, path, empty, &levels).map(|tree| Some(Node::Level(tree)))
            }
        };
    }
    let mut option = Opt::declared(ev.heap.alloc_slice(&options));
    if let Some(Node::Option(table)) = known {
        if let Some(ty) = table.known_type() {
            option.set_type(ty);
        }
        option.default = table.default;
        option.extra = table.extra;
    }
    if !levels.is_empty() {
        option.below = ev.heap.alloc_slice(&levels);
    }
    for (set, _) in &options {
        let Value::Attrs(attrs) = set else { continue };
        // `mkOption` with an unknown argument.
        if let Some(unknown) = attrs.rest()
            && known.is_none()
        {
            return Ok(Some(unknown_option(ev, unknown)));
        }
        if let Some(default) = attrs.get(ev.heap.symbol("default")) {
            option.default = Default::Value(default);
        }
        if let Some(apply) = attrs.get(ev.heap.symbol("apply")) {
            option.apply = Some(apply);
        }
        if let Some(read_only) = attrs.get(ev.heap.symbol("readOnly")) {
            option.read_only |= matches!(ev.force(read_only)?, Value::Bool(true));
        }
    }
    if matches!(option.default, Default::Table(types::Default::Mandatory)) {
        option.default = Default::None;
    }
    Ok(Some(Node::Option(ev.heap.alloc(option))))
}

/// Builds a node for an option, or a set of options, of which nothing is known.
fn unknown_option<'e>(ev: &Evaluator<'e>, unknown: &'e Unknown) -> Node<'e> {
    let value = Value::Unknown(unknown);
    let mut option = Opt::declared(&[]);
    option.set_type(ev.heap.alloc(Type {
        kind: Cell::new(Kind::Unknown(unknown)),
        check: None,
        named: Named::Nix(value),
    }));
    option.default = Default::Value(value);
    Node::Option(ev.heap.alloc(option))
}

fn is_of_nixpkgs(name: &str) -> bool {
    NIXPKGS.contains(&name) || NIXPKGS_TOO.contains(&name)
}

/// Whether unavailable modules may declare options below `path`: nixpkgs' modules below nixpkgs' own names, missing ones
/// anywhere.
fn others_may_declare<'e>(ev: &mut Evaluator<'e>, scope: &'e Scope<'e>, path: Path<'e>) -> EvalResult<'e, bool> {
    let is_nixpkgs = path.symbols().first().is_none_or(|root| is_of_nixpkgs(ev.heap.name(*root)));
    Ok(is_nixpkgs || scope.context.is_missing_modules() || scope.lacks_arguments(ev)?)
}

/// `lib.isOption`
fn is_option<'e>(ev: &mut Evaluator<'e>, set: Value<'e>) -> EvalResult<'e, bool> {
    let Value::Attrs(attrs) = set else { return Ok(false) };
    Ok(match attrs.get(ev.heap.symbol("_type")) {
        Some(kind) => matches!(ev.force(kind)?, Value::String(text) if text.as_bytes() == b"option"),
        None => false,
    })
}

/// Merges the freeform types of several modules.
fn merged_freeform<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    of_modules: &[(Value<'e>, Pos)],
) -> EvalResult<'e, Option<Value<'e>>> {
    let mut types = of_modules.iter();
    let Some((first, _)) = types.next() else { return Ok(None) };
    let mut merged = *first;
    for (ty, _) in types {
        let (before, ty) = (ev.force(merged)?, ev.force(*ty)?);
        merged = match (before, ty) {
            (Value::Null, Value::Null) => Value::Null,
            (Value::Null, _) | (_, Value::Null) => return Err(freeform_conflict(ev, scope, of_modules)),
            (before, ty) => match nix_type::merged(ev, before, ty)? {
                Value::Null => return Err(freeform_conflict(ev, scope, of_modules)),
                merged => merged,
            },
        };
    }
    Ok(Some(merged))
}

fn freeform_conflict<'e>(ev: &Evaluator<'e>, scope: &Scope<'e>, types: &[(Value<'e>, Pos)]) -> EvalError<'e> {
    let message = format!("The freeform types of `{}' do not go together.", scope.path.names(ev));
    let conflict = Diagnostic::error(Code::Conflict, message);
    let labelled =
        types.iter().fold(conflict, |conflict, (_, pos)| conflict.at(ev.report.attribute_span(*pos), "set here"));
    ev.report.thrown(labelled)
}

/// Returns the `freeformType` of `_module`, or that of the modules, merged by the types' own `typeMerge`.
pub(super) fn freeform<'e>(
    ev: &mut Evaluator<'e>,
    scope: &'e Scope<'e>,
    of_modules: &[(Value<'e>, Pos)],
) -> EvalResult<'e, Option<TypeRef<'e>>> {
    let defined = scope.module_option(ev, "freeformType")?;
    let value = match defined.first() {
        Some(definition) => Some(definition.value),
        None => merged_freeform(ev, scope, of_modules)?,
    };
    match value {
        None => Ok(None),
        Some(value) => match ev.force(value)? {
            Value::Null => Ok(None),
            ty => {
                let ty = nix_type::recognise(ev, scope.context, ty)?;
                Ok(Some(nix_type::bare(ev, ty)))
            }
        },
    }
}
