//! The hosts that a flake or a file defines, by name. A host is evaluated on demand.
//!
//! A flake has them in `nixosConfigurations` and in the nodes of its colmena hive; a file may be a hive, a set of systems, or
//! one system. The set of hosts may be partial: optional hosts are kept, as is the reason why there may be more.

use std::path::{Path, PathBuf};

use super::system::{ARGUMENTS, Host};
use super::{Evaluated, Guests, flake, known, lib};
use crate::diag::{Code, Diagnostic};
use crate::eval::{Attrs, EvalError, EvalResult, Evaluator, Symbol, Unknown, Value};
use crate::source::{Pos, Span};

/// The hosts of a flake or a file; at least their names are known.
pub struct Hosts<'e> {
    hosts: Vec<One<'e>>,
    /// Why there may be more hosts, if so.
    more: Option<&'e Unknown>,
    /// Whether it is a single system, without a name.
    is_single: bool,
    lib: Value<'e>,
    /// The versions of the flake's inputs ([`flake::pins`]).
    pins: String,
}

/// A host.
struct One<'e> {
    name: Symbol,
    value: Value<'e>,
    /// The unknown value that decides whether it exists.
    optional: Option<&'e Unknown>,
}

impl<'e> Hosts<'e> {
    /// Opens the flake in `directory`; `overrides` maps inputs to directories.
    ///
    /// # Errors
    ///
    /// Fails if the flake does not evaluate, defines no hosts, or if its hosts are unknown.
    pub fn of_flake(
        ev: &mut Evaluator<'e>,
        directory: &Path,
        overrides: &[(String, PathBuf)],
    ) -> Result<Self, Vec<Diagnostic>> {
        let opened = Self::flake(ev, directory, overrides);
        opened.map_err(|error| error.diagnostics())
    }

    fn flake(ev: &mut Evaluator<'e>, directory: &Path, overrides: &[(String, PathBuf)]) -> EvalResult<'e, Self> {
        let lib = lib::load(ev)?;
        flake::provide(ev, lib);
        let outputs = flake::root(ev, lib, directory, overrides, None)?;
        let mut this = Self::none(lib);
        this.pins = flake::pins(ev, directory, overrides);
        let Value::Attrs(outputs) = outputs else {
            return match outputs {
                Value::Unknown(unknown) => Err(not_known(ev, unknown)),
                other => Err(ev.report.type_error(&ev.heap, "a set of outputs", other, Pos::NONE)),
            };
        };
        match output(ev, outputs, "nixosConfigurations")? {
            Some(Value::Attrs(hosts)) => this.add(hosts),
            Some(Value::Unknown(unknown)) => this.more = Some(unknown),
            Some(other) => return Err(ev.report.type_error(&ev.heap, "a set of hosts", other, Pos::NONE)),
            None if ["colmena", "colmenaHive"].iter().any(|name| outputs.get(ev.heap.symbol(name)).is_some()) => {}
            None => return Err(missing(ev, Value::Attrs(outputs))),
        }
        // Only the names of a hive's nodes are evaluated here.
        match this.hive(ev, outputs) {
            Ok(Some(nodes)) => this.add(nodes),
            Ok(None) => {}
            Err(error) if this.hosts.is_empty() => return Err(error),
            Err(_) => {}
        }
        match this.more {
            Some(unknown)
                if this.hosts.is_empty() && outputs.get(ev.heap.symbol("nixosConfigurations")).is_some() =>
            {
                Err(not_known(ev, unknown))
            }
            _ => Ok(this),
        }
    }

    /// Returns the nodes of `colmenaHive` or `colmena`.
    fn hive(&self, ev: &mut Evaluator<'e>, outputs: &'e Attrs<'e>) -> EvalResult<'e, Option<&'e Attrs<'e>>> {
        if let Some(Value::Attrs(hive)) = output(ev, outputs, "colmenaHive")?
            && let Some(Value::Attrs(nodes)) = output(ev, hive, "nodes")?
        {
            return Ok(Some(nodes));
        }
        match output(ev, outputs, "colmena")? {
            Some(hive @ Value::Attrs(_)) => match known::nodes(ev, self.lib, hive)? {
                Value::Attrs(nodes) => Ok(Some(nodes)),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// Returns the hosts that a file defines, or `None` if the file is a module.
    ///
    /// # Errors
    ///
    /// Fails if the built-in library or a hive does not evaluate.
    pub fn of_file(ev: &mut Evaluator<'e>, file: &Path) -> Result<Option<Self>, Vec<Diagnostic>> {
        let opened = Self::file(ev, file);
        opened.map_err(|error| error.diagnostics())
    }

    fn file(ev: &mut Evaluator<'e>, file: &Path) -> EvalResult<'e, Option<Self>> {
        let lib = lib::load(ev)?;
        flake::provide(ev, lib);
        // Errors in a module are reported when it is loaded as one.
        let Ok(value) = ev.import_at(&file.to_string_lossy(), Pos::NONE) else { return Ok(None) };
        let is_hive = file.file_name().is_some_and(|name| name == "hive.nix");
        let Value::Attrs(attrs) = value else {
            return match is_hive && ev.heap.is_function(value) {
                true => Self::of_hive(ev, lib, value).map(Some),
                false => Ok(None),
            };
        };
        let mut this = Self::none(lib);
        if attrs.get(ev.heap.symbol(ARGUMENTS)).is_some() {
            this.is_single = true;
            this.hosts.push(One { name: ev.heap.symbol(""), value, optional: None });
            return Ok(Some(this));
        }
        if is_hive || is_like_a_hive(ev, attrs) {
            return Self::of_hive(ev, lib, value).map(Some);
        }
        let of_flake = attrs.get(ev.heap.symbol("nixosConfigurations"));
        let hosts = match of_flake.map(|hosts| ev.force(hosts)) {
            Some(Ok(Value::Attrs(hosts))) => hosts,
            _ => attrs,
        };
        let arguments = ev.heap.symbol(ARGUMENTS);
        let is_system = |ev: &mut Evaluator<'e>, value| matches!(ev.force(value), Ok(Value::Attrs(set)) if set.get(arguments).is_some());
        let systems: Vec<_> = hosts.iter().filter(|(_, value, _)| is_system(ev, *value)).collect();
        this.hosts.extend(systems.into_iter().map(|(name, value, _)| One { name, value, optional: None }));
        Ok((!this.hosts.is_empty()).then_some(this))
    }

    fn of_hive(ev: &mut Evaluator<'e>, lib: Value<'e>, hive: Value<'e>) -> EvalResult<'e, Self> {
        let mut this = Self::none(lib);
        match known::nodes(ev, lib, hive)? {
            Value::Attrs(nodes) => this.add(nodes),
            Value::Unknown(unknown) => return Err(not_known(ev, unknown)),
            other => return Err(ev.report.type_error(&ev.heap, "a set of nodes", other, Pos::NONE)),
        }
        Ok(this)
    }

    fn none(lib: Value<'e>) -> Self {
        Self { hosts: Vec::new(), more: None, is_single: false, lib, pins: String::new() }
    }

    fn add(&mut self, hosts: &'e Attrs<'e>) {
        let certain = hosts.iter().map(|(name, value, _)| One { name, value, optional: None });
        let optional = hosts.optional().iter();
        let optional = optional.map(|one| One { name: one.name(), value: one.value(), optional: Some(one.why()) });
        for host in certain.chain(optional).collect::<Vec<_>>() {
            if !self.hosts.iter().any(|known| known.name == host.name) {
                self.hosts.push(host);
            }
        }
        self.more = self.more.or(hosts.any());
    }

    /// Returns the names of the hosts that certainly exist, sorted.
    pub fn names(&self, ev: &Evaluator<'e>) -> Vec<String> {
        let certain = self.hosts.iter().filter(|host| host.optional.is_none());
        let mut names: Vec<_> = certain.map(|host| ev.heap.name(host.name).to_owned()).collect();
        names.sort();
        names
    }

    /// Whether it is a single system, which has no name.
    pub fn is_single(&self) -> bool {
        self.is_single
    }

    /// Returns notes about hosts that might not exist, and about unavailable modules that may define others.
    pub fn notes(&self, ev: &Evaluator<'e>) -> Vec<Diagnostic> {
        let mut notes = ev.notes.remarks();
        for host in self.hosts.iter() {
            let Some(why) = host.optional else { continue };
            let message =
                format!("whether there is a host `{}` is not known: {}", ev.heap.name(host.name), why.reason());
            notes.push(at(Diagnostic::note(Code::UnknownValue, message), why.span()));
        }
        if let Some(why) = self.more {
            let message = format!("there may be more hosts, under names that are not known: {}", why.reason());
            notes.push(at(Diagnostic::note(Code::UnknownValue, message), why.span()));
        }
        notes
    }

    /// Evaluates the host called `host`.
    ///
    /// # Errors
    ///
    /// Fails if there is no such host, or with the errors of its configuration.
    pub fn evaluate(
        &self,
        ev: &mut Evaluator<'e>,
        host: &str,
        guests: Guests<'_>,
    ) -> Result<Evaluated, Vec<Diagnostic>> {
        let arguments = match self.arguments(ev, host) {
            Ok(arguments) => arguments,
            Err(error) => return Err(error.diagnostics()),
        };
        super::evaluate_system(ev, &arguments, &self.pins, guests)
    }

    /// Returns the arguments from which a host was made.
    fn arguments(&self, ev: &mut Evaluator<'e>, host: &str) -> EvalResult<'e, Host<'e>> {
        let symbol = ev.heap.symbol(host);
        let Some(found) = self.hosts.iter().find(|known| known.name == symbol) else {
            let names = self.names(ev).join(", ");
            let mut message = format!("the flake has no host `{host}`");
            let mut help = format!("its hosts are: {names}");
            if let Some(why) = self.more {
                message = format!("whether the flake has a host `{host}` is not known: {}", why.reason());
                help = format!("those that are known: {names}");
            } else if !ev.notes.remarks().is_empty() {
                help = format!("{help}; modules that are not here may define others");
            }
            return Err(ev.report.diagnostic_error(Diagnostic::error(Code::Usage, message).help(help)));
        };
        match ev.force(found.value)? {
            Value::Attrs(attrs) => match attrs.get(ev.heap.symbol(ARGUMENTS)) {
                Some(arguments) => {
                    let lib = attrs.get(ev.heap.symbol("lib")).unwrap_or(self.lib);
                    Ok(Host { lib: ev.force(lib)?, arguments: ev.force(arguments)? })
                }
                None => Err(ev.report.type_error(
                    &ev.heap,
                    "a host made by `nixosSystem`",
                    Value::Attrs(attrs),
                    Pos::NONE,
                )),
            },
            other => Err(ev.report.type_error(&ev.heap, "a host made by `nixosSystem`", other, Pos::NONE)),
        }
    }
}

/// Returns an attribute of a set, which may be unknown; `None` if it certainly does not exist.
fn output<'e>(ev: &mut Evaluator<'e>, outputs: &'e Attrs<'e>, name: &str) -> EvalResult<'e, Option<Value<'e>>> {
    let name = ev.heap.symbol(name);
    match outputs.get(name) {
        Some(value) => ev.force(value).map(Some),
        None => Ok(outputs.maybe(name).map(Value::Unknown)),
    }
}

/// Whether a set is a hive. The `meta` of a module never has these attributes.
fn is_like_a_hive<'e>(ev: &mut Evaluator<'e>, attrs: &'e Attrs<'e>) -> bool {
    let meta = ["meta", "network"].iter().find_map(|name| attrs.get(ev.heap.symbol(name)));
    let Some(Ok(Value::Attrs(meta))) = meta.map(|meta| ev.force(meta)) else { return false };
    ["nixpkgs", "nodeNixpkgs", "nodeSpecialArgs"].iter().any(|name| meta.get(ev.heap.symbol(name)).is_some())
}

fn missing<'e>(ev: &mut Evaluator<'e>, outputs: Value<'e>) -> EvalError<'e> {
    match ev.select(outputs, "nixosConfigurations") {
        Err(error) => error,
        Ok(other) => ev.report.type_error(&ev.heap, "a set of hosts", other, Pos::NONE),
    }
}

fn not_known<'e>(ev: &Evaluator<'e>, unknown: &'e Unknown) -> EvalError<'e> {
    let message = format!("which hosts the flake has is not known: {}", unknown.reason());
    let diagnostic = Diagnostic::error(Code::UnknownValue, message)
        .help("give the input that makes them: `--override-input NAME PATH`");
    ev.report.diagnostic_error(at(diagnostic, unknown.span()))
}

fn at(diagnostic: Diagnostic, span: Span) -> Diagnostic {
    if span == Span::NONE { diagnostic } else { diagnostic.at(span, "") }
}
