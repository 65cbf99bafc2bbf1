//! Checks our own options of a container, `services.container-rebuild.containers.<name>`.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use serde_json::Value;

use super::{Checker, resources};
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::settings::{self, CONTAINERS, Setting};
use crate::model::spec::{Credential, OwnOptions, UnitSettings};
use crate::model::{Container, ContainerName, UNKNOWN_KEY, Unknown};

/// Types of units that another one can depend on (systemd.unit(5)).
const UNIT_TYPES: [&str; 11] =
    ["automount", "device", "mount", "path", "scope", "service", "slice", "socket", "swap", "target", "timer"];

/// Whether systemd accepts this as the name of a credential, and no character of it means anything in a unit.
fn is_credential_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !matches!(name, "" | "." | "..") && name.len() <= 255 && name.chars().all(is_plain)
}

/// Whether systemd takes this as a path, unchanged but for `%`: absolute, in one line, and without `..`.
pub(super) fn is_path(path: &str) -> bool {
    let is_good = |name: &str| name != "..";
    path.starts_with('/') && path.trim() == path && !path.contains(char::is_control) && path.split('/').all(is_good)
}

impl Checker<'_> {
    /// Checks the settings of all containers, and returns those of each container that are known and valid.
    pub(super) fn settings(&mut self) -> BTreeMap<ContainerName, OwnOptions> {
        let manifest = self.manifest;
        let mut checked = BTreeMap::new();
        let path = OptionPath::new(["services", "container-rebuild", CONTAINERS]);
        let none = serde_json::Map::new();
        let all = match manifest.services.container_rebuild.get(CONTAINERS) {
            Some(value) => self.set(value, &path),
            None => Some(&none),
        };
        let Some(all) = all else { return checked };
        for name in all.keys().filter(|name| {
            !manifest.containers.keys().any(|known| known.as_str() == *name) && manifest.more_containers.is_none()
        }) {
            let message = format!("there is no container `{name}`");
            let help = "name a container of `containers`, or remove these settings";
            self.wrong(Diagnostic::error(Code::UnknownOption, message).help(help), &path.join(name));
        }
        let order = settings::order(manifest, self.guests);
        for (name, after) in order {
            let settings = match all.get(name.as_str()) {
                Some(value) => self.settings_of(name, value, &path.join(name.as_str())),
                None => Some(Default::default()),
            };
            checked.extend(settings.map(|own| {
                let unit = UnitSettings { after, ..own.unit };
                (name.clone(), OwnOptions { unit, ..own })
            }));
        }
        self.cycles(&path);
        checked
    }

    fn settings_of(&mut self, name: &ContainerName, value: &Value, path: &OptionPath) -> Option<OwnOptions> {
        let mut own = OwnOptions::default();
        let mut is_known = true;
        for (option, value) in self.set(value, path)? {
            let path = path.join(option);
            let mut take = |value: Option<Vec<String>>, into: &mut Vec<String>| match value {
                Some(values) => *into = values,
                None => is_known = false,
            };
            match Setting::named(option) {
                Some(Setting::After) => is_known &= self.container_names(name, value, &path).is_some(),
                Some(Setting::Requires) => match self.container_names(name, value, &path) {
                    Some(names) => {
                        self.pulled_in(name, &names, &path);
                        own.unit.requires = names;
                    }
                    None => is_known = false,
                },
                Some(Setting::AfterUnits) => take(self.units(value, &path), &mut own.unit.after_units),
                Some(Setting::RequiresUnits) => take(self.units(value, &path), &mut own.unit.requires_units),
                Some(Setting::WantsUnits) => take(self.units(value, &path), &mut own.unit.wants_units),
                Some(Setting::ResourceControl) => match self.resources(value, &path) {
                    Some(resources) => own.unit.resources = resources,
                    None => is_known = false,
                },
                Some(Setting::BindSources) => match self.bind_sources(name, value, &path) {
                    Some(sources) => own.new_sources = sources,
                    None => is_known = false,
                },
                Some(Setting::Forwards) => match self.own_forwards(name, value, &path) {
                    Some(forwards) => own.forwards = forwards,
                    None => is_known = false,
                },
                Some(Setting::CreateBridge) => match self.create_bridge(name, value, &path) {
                    Some(creates) => own.create_bridge = creates,
                    None => is_known = false,
                },
                Some(Setting::OpenFirewall) => is_known &= self.open_firewall(name, value, &path).is_some(),
                // Our NixOS module has it for "not set".
                Some(Setting::Mtu) if value.is_null() => {}
                Some(Setting::Mtu) => match self.mtu(name, value, &path) {
                    Some(number) => own.mtu = Some(number),
                    None => is_known = false,
                },
                Some(Setting::HealthCheck) => match self.health_check(value, &path) {
                    Some(check) => own.health = check,
                    None => is_known = false,
                },
                Some(setting @ (Setting::Credentials | Setting::EncryptedCredentials)) => {
                    let encrypted = setting == Setting::EncryptedCredentials;
                    match self.credentials(value, encrypted, &path) {
                        Some(more) => {
                            let twice =
                                more.iter().find(|one| own.credentials.iter().any(|it| it.name == one.name));
                            if let Some(Credential { name, .. }) = twice {
                                let message = format!("the credential `{name}` is set twice, plain and encrypted");
                                let diagnostic =
                                    Diagnostic::error(Code::Conflict, message).help("remove one of them");
                                self.wrong(diagnostic, &path.join(name));
                            }
                            own.credentials.extend(more);
                        }
                        None => is_known = false,
                    }
                }
                None => {
                    let names: Vec<_> = Setting::ALL.iter().map(|setting| setting.name()).collect();
                    let message = format!("there is no option `{option}` for a container here");
                    let help = format!("the options are {}", names.join(", "));
                    self.wrong(Diagnostic::error(Code::UnknownOption, message).help(help), &path);
                }
            }
        }
        own.credentials.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        is_known.then_some(own)
    }

    /// The credentials of a set of paths by name; `None` if one is unknown. Those that are wrong are reported.
    fn credentials(&mut self, value: &Value, encrypted: bool, path: &OptionPath) -> Option<Vec<Credential>> {
        let mut credentials = Vec::new();
        let mut is_known = true;
        for (name, value) in self.set(value, path)? {
            let path = path.join(name);
            if self.is_unknown(value, &path) {
                is_known = false;
                continue;
            }
            let Some(source) = value.as_str() else {
                self.wrong_type(value, "an absolute path", &path);
                continue;
            };
            if !is_credential_name(name) {
                let message = format!("`{}` is not the name of a credential", name.escape_debug());
                let help = "use at most 255 letters, digits, `.`, `-` and `_`";
                self.wrong(Diagnostic::error(Code::OptionType, message).help(help), &path);
            } else if !is_path(source) {
                // Not the value, which may be the secret.
                let message = format!("the credential `{name}` is not an absolute path");
                let help = "name a file of the host, such as `\"/run/secrets/db-password\"`: the secret itself must not stand here";
                self.wrong(Diagnostic::error(Code::OptionType, message).help(help), &path);
            } else {
                if source.starts_with("/nix/store/") && !encrypted {
                    let message = format!("the credential `{name}` lies in the store, where everybody can read it");
                    let help = "keep the file outside of the store, or encrypt it (systemd-creds(1)) and use `encryptedCredentials`";
                    self.wrong(Diagnostic::warning(Code::SecretInStore, message).help(help), &path);
                }
                credentials.push(Credential { name: name.clone(), source: source.into(), encrypted });
            }
        }
        is_known.then_some(credentials)
    }

    /// The containers of a list; `None` if one is unknown. Names that are wrong are reported.
    fn container_names(
        &mut self,
        of: &ContainerName,
        value: &Value,
        path: &OptionPath,
    ) -> Option<BTreeSet<ContainerName>> {
        let mut names = BTreeSet::new();
        for (index, text) in self.strings(value, path)?.into_iter().enumerate() {
            let known = self.manifest.containers.keys().find(|name| name.as_str() == text);
            let (message, help) = match known {
                Some(name) if name == of => {
                    (format!("`{of}` cannot start after itself"), String::from("remove it from this list"))
                }
                Some(name) => {
                    names.insert(name.clone());
                    continue;
                }
                None if self.manifest.more_containers.is_some() => continue,
                None if text.contains('@') || text.contains('.') => (
                    format!("there is no container `{text}`"),
                    String::from(
                        "write the name of a container only, as in `containers`; units of the host go into `afterUnits` or `requiresUnits`",
                    ),
                ),
                None => {
                    (format!("there is no container `{text}`"), format!("the containers are {}", self.others(of)))
                }
            };
            let diagnostic = Diagnostic::error(Code::OptionCombination, message).help(help);
            let placed = self.locate_element(diagnostic, path, index);
            self.out.findings.push(placed);
        }
        Some(names)
    }

    /// The names of all containers but one.
    fn others(&self, of: &ContainerName) -> String {
        let others: Vec<_> = self.manifest.containers.keys().filter(|name| *name != of).take(10).collect();
        if others.is_empty() {
            return String::from("only this one");
        }
        others.into_iter().map(ContainerName::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Warns if systemd starts containers at boot that do not start by themselves.
    fn pulled_in(&mut self, name: &ContainerName, required: &BTreeSet<ContainerName>, path: &OptionPath) {
        let manifest = self.manifest;
        let starts = |c: &Container| c.auto_start.known() == Some(&true);
        if !manifest.containers.get(name).is_some_and(starts) {
            return;
        }
        let stays = |name: &&ContainerName| {
            manifest.containers.get(*name).is_some_and(|c| c.auto_start.known() == Some(&false))
        };
        for other in required.iter().filter(stays) {
            let message = format!("`{name}` starts with the host and requires `{other}`, which has no `autoStart`");
            let help = format!("set `containers.{other}.autoStart = true;`: systemd starts it in any case");
            self.wrong(Diagnostic::warning(Code::OptionCombination, message).help(help), path);
        }
    }

    /// The names of units in a list; those that are wrong are reported.
    pub(super) fn units(&mut self, value: &Value, path: &OptionPath) -> Option<Vec<String>> {
        let units = self.strings(value, path)?;
        for (index, unit) in units.iter().enumerate() {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.' | '\\' | '@');
            let ends_well =
                unit.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && UNIT_TYPES.contains(&end));
            if !ends_well || !unit.chars().all(is_letter) || unit.len() > 255 {
                let message = format!("`{}` is not the name of a unit", unit.escape_debug());
                let help = "write it with its type, such as `postgresql.service` (systemd.unit(5))";
                let diagnostic = Diagnostic::error(Code::OptionType, message).help(help);
                let placed = self.locate_element(diagnostic, path, index);
                self.out.findings.push(placed);
            }
        }
        Some(units)
    }

    fn resources(&mut self, value: &Value, path: &OptionPath) -> Option<BTreeMap<String, Vec<String>>> {
        let mut values = BTreeMap::new();
        let mut is_known = true;
        for (setting, value) in self.set(value, path)? {
            let path = path.join(setting);
            if self.is_unknown(value, &path) {
                is_known = false;
                continue;
            }
            match resources::lines(setting, value) {
                Ok(lines) => _ = values.insert(setting.clone(), lines),
                Err(resources::Wrong { message, help }) => {
                    self.wrong(Diagnostic::error(Code::OptionType, message).help(help), &path);
                }
            }
        }
        is_known.then_some(values)
    }

    /// Reports containers that are to start after each other.
    fn cycles(&mut self, path: &OptionPath) {
        let manifest = self.manifest;
        let mut graph = DiGraph::new();
        let nodes: BTreeMap<_, _> = manifest.containers.keys().map(|name| (name, graph.add_node(name))).collect();
        for (name, node) in &nodes {
            let settings = manifest.services.settings(name.as_str());
            for before in settings.map(settings::predecessors).unwrap_or_default() {
                if let Some(before) = nodes.get(&before) {
                    graph.update_edge(*before, *node, ());
                }
            }
        }
        for cycle in tarjan_scc(&graph).into_iter().filter(|cycle| cycle.len() > 1) {
            let mut names: Vec<_> = cycle.into_iter().map(|node| graph[node]).collect();
            names.sort_unstable();
            let list = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("cannot order {list}: each of them is to start after another");
            let help = "remove one of them from `after` or `requires` of another";
            let diagnostic = Diagnostic::error(Code::OrderCycle, message).help(help);
            self.wrong(diagnostic, &path.join(names[0].as_str()));
        }
    }

    /// The set at `path`; `None` if it is unknown or something else, which is reported.
    pub(super) fn set<'v>(
        &mut self,
        value: &'v Value,
        path: &OptionPath,
    ) -> Option<&'v serde_json::Map<String, Value>> {
        if self.is_unknown(value, path) {
            return None;
        }
        if value.as_object().is_none() {
            self.wrong_type(value, "a set", path);
        }
        value.as_object()
    }

    /// The strings of the list at `path`; `None` if it is unknown or something else, which is reported.
    fn strings(&mut self, value: &Value, path: &OptionPath) -> Option<Vec<String>> {
        if self.is_unknown(value, path) {
            return None;
        }
        let strings: Option<Vec<_>> =
            value.as_array().and_then(|list| list.iter().map(|it| it.as_str().map(str::to_owned)).collect());
        if strings.is_none() {
            match value.as_array().and_then(|list| list.iter().find(|element| element.get(UNKNOWN_KEY).is_some())) {
                Some(unknown) => _ = self.is_unknown(unknown, path),
                None => self.wrong_type(value, "a list of strings", path),
            }
        }
        strings
    }

    pub(super) fn wrong_type(&mut self, value: &Value, expected: &str, path: &OptionPath) {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list of something else",
            Value::Object(_) => "a set",
        };
        let message = format!("`{path}` is {found}, but {expected} is expected");
        self.wrong(Diagnostic::error(Code::OptionType, message).help("see docs/settings.md"), path);
    }

    /// Whether a value is unknown, which is noted.
    pub(super) fn is_unknown(&mut self, value: &Value, path: &OptionPath) -> bool {
        let Some(unknown) = value.get(UNKNOWN_KEY) else { return false };
        match serde_json::from_value::<Unknown>(unknown.clone()) {
            Ok(unknown) => self.note_unknown(&unknown, path),
            Err(_) => self.wrong_type(value, "a known value", path),
        }
        true
    }

    pub(super) fn wrong(&mut self, diagnostic: Diagnostic, path: &OptionPath) {
        let placed = self.locate(diagnostic, path);
        self.out.findings.push(placed);
    }
}
