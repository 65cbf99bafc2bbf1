//! What a configuration says about the units of its containers: `systemd.services."container@NAME"`.
//!
//! We write those units ourselves. What means the same as an option of ours ([`super::settings`]) is taken as if that option
//! were set: resource limits, and which units come first. Everything else is refused by name, since to ignore it would be
//! worse.

use serde_json::{Value, json};

use super::check::resources::is_resource;
use super::path::{OptionPath, OptionSpans};
use super::settings::{CONTAINERS, Setting};
use super::view::{View, is_unknown};
use super::{ContainerName, Manifest};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

const SERVICES: [&str; 2] = ["systemd", "services"];

/// What our NixOS module sets of the unit of each container that it has us run, by the set around it; empty for the unit itself. It
/// is what NixOS needs to do as we do anyway (`nix/hook.nix`).
const OF_HOOK: [(&str, &[&str]); 3] = [
    ("", &["postStart", "preStart", "restartIfChanged", "restartTriggers", "script", "wantedBy"]),
    (
        "serviceConfig",
        &["DeviceAllow", "EnvironmentFile", "ExecReload", "ExecStart", "ExecStopPost", "RuntimeDirectory"],
    ),
    ("unitConfig", &["RequiresMountsFor", HOOK_MARK, "X-StopOnRemoval"]),
];
/// The option by which the module marks these units.
const HOOK_MARK: &str = "X-ContainerRebuild";

/// One option of a unit.
struct UnitOption<'a> {
    /// The container; `None` for the template of all of them.
    container: Option<&'a ContainerName>,
    path: OptionPath,
    value: &'a Value,
    /// What it means as options of ours; empty if we have none for it.
    means: Vec<Meaning>,
}

/// An option of a unit as one of ours.
#[derive(Debug, Clone)]
struct Meaning {
    setting: Setting,
    /// The attribute of the setting that it is; `None` if it adds to the setting, a list.
    member: Option<String>,
    value: Value,
}

/// Takes what is said about units into our own options.
pub(crate) fn fold(manifest: &mut Manifest, spans: &mut OptionSpans, host: &View) {
    let mut found: Vec<(String, Meaning, Option<Span>)> = Vec::new();
    for UnitOption { container, path, means, .. } in options(manifest, host) {
        let Some(container) = container else { continue };
        found.extend(means.into_iter().map(|means| (container.to_string(), means, host.spans.nearest(&path))));
    }
    for (container, Meaning { setting, member, value }, span) in found {
        let path = ["services", "container-rebuild", CONTAINERS, &container, setting.name()];
        let spans_of = path.into_iter().chain(member.as_deref());
        let Some(at) = entry(manifest, &container, setting) else { continue };
        match (&member, value) {
            (Some(member), value) => {
                let Some(members) = or_empty(at, json!({})).as_object_mut() else { continue };
                members.entry(member.as_str()).or_insert(value);
            }
            (None, Value::Array(more)) => {
                let Some(list) = or_empty(at, json!([])).as_array_mut() else { continue };
                let new: Vec<_> = more.into_iter().filter(|one| !list.contains(one)).collect();
                list.extend(new);
            }
            (None, _) => continue,
        }
        if let Some(span) = span {
            spans.add(spans_of, span);
        }
    }
}

/// Where a setting of a container stands, null if it is not set; `None` if something around it is unknown or no set.
fn entry<'m>(manifest: &'m mut Manifest, container: &str, setting: Setting) -> Option<&'m mut Value> {
    let all = manifest.services.container_rebuild.entry(CONTAINERS).or_insert_with(|| json!({}));
    if is_unknown(all) {
        return None;
    }
    let settings = all.as_object_mut()?.entry(container).or_insert_with(|| json!({}));
    if is_unknown(settings) {
        return None;
    }
    Some(settings.as_object_mut()?.entry(setting.name()).or_insert(Value::Null)).filter(|at| !is_unknown(at))
}

/// The value, or `empty` if it is null.
fn or_empty(at: &mut Value, empty: Value) -> &mut Value {
    if at.is_null() {
        *at = empty;
    }
    at
}

/// What is said about units that is not taken, or that contradicts an option of ours; after [`fold`].
pub(crate) fn refused(manifest: &Manifest, host: &View) -> Vec<Diagnostic> {
    let refuse = |UnitOption { container, path, value, means }: UnitOption<'_>| {
        let diagnostic = if means.is_empty() {
            let message = format!("`{path}` is not supported yet");
            let help = if is_unknown(value) {
                "its value is not known without Nix; set `services.container-rebuild.containers` instead"
            } else {
                "remove it, or leave this container to nixos-rebuild; container-rebuild writes the units of containers itself, \
                 takes from here resource limits, `after`, `requires` and `wants` (of units that are no containers), and ignores \
                 no option silently"
            };
            Diagnostic::error(Code::NotSupported, message).help(help)
        } else {
            let settings = manifest.services.settings(container?.as_str());
            let is_other = |Meaning { setting, member, value }: &Meaning| {
                let there = settings.and_then(|settings| settings.get(setting.name())?.get(member.as_deref()?));
                there.is_some_and(|there| there != value)
            };
            means.iter().find(|mean| is_other(mean))?;
            let message = format!("`{path}` contradicts `services.container-rebuild.containers`");
            Diagnostic::error(Code::Conflict, message).help("set it in one of the two places")
        };
        Some(match host.spans.nearest(&path) {
            Some(span) => diagnostic.at(span, ""),
            None => diagnostic,
        })
    };
    options(manifest, host).into_iter().filter_map(refuse).collect()
}

/// All options that are set on units of containers.
fn options<'a>(manifest: &'a Manifest, host: &'a View) -> Vec<UnitOption<'a>> {
    let mut found = Vec::new();
    for (unit, options) in host.find(&SERVICES).members() {
        let Some(name) = unit.strip_prefix("container@") else { continue };
        let container = manifest.containers.keys().find(|known| known.as_str() == name);
        // The template or the unit of a configured container; other units are not ours.
        if !name.is_empty() && container.is_none() {
            continue;
        }
        let around = OptionPath::new(SERVICES).join(unit);
        let option = |path, value| UnitOption { container, path, value, means: Vec::new() };
        let Some(members) = options.as_object().filter(|_| !is_unknown(options)) else {
            found.push(option(around, options));
            continue;
        };
        let is_hooked =
            container.is_some() && options.get("unitConfig").is_some_and(|set| set.get(HOOK_MARK).is_some());
        let is_of_hook = |set: &str, option: &str| {
            is_hooked && OF_HOOK.iter().any(|(around, options)| *around == set && options.contains(&option))
        };
        for (name, value) in members.iter().filter(|(name, _)| !is_of_hook("", name)) {
            let path = around.join(name);
            let is_partial = host.bounds.contains_key(&path);
            match value.as_object().filter(|_| !is_unknown(value) && !is_partial) {
                Some(members) => found.extend(members.iter().filter(|(member, _)| !is_of_hook(name, member)).map(
                    |(member, value)| {
                        let is_limit = name == "serviceConfig" && is_resource(member) && !is_unknown(value);
                        let means = (is_limit && container.is_some()).then(|| Meaning {
                            setting: Setting::ResourceControl,
                            member: Some(member.clone()),
                            value: value.clone(),
                        });
                        UnitOption { means: means.into_iter().collect(), ..option(path.join(member), value) }
                    },
                )),
                None => {
                    let means = if is_partial || container.is_none() { None } else { units(manifest, name, value) };
                    found.push(UnitOption { means: means.unwrap_or_default(), ..option(path, value) });
                }
            }
        }
    }
    found
}

/// What a list of units means: containers, and other units.
fn units(manifest: &Manifest, option: &str, value: &Value) -> Option<Vec<Meaning>> {
    let (of_containers, of_others) = match option {
        "after" => (Some(Setting::After), Setting::AfterUnits),
        "requires" => (Some(Setting::Requires), Setting::RequiresUnits),
        "wants" => (None, Setting::WantsUnits),
        _ => return None,
    };
    let (mut containers, mut others) = (Vec::new(), Vec::new());
    for unit in value.as_array()? {
        let text = unit.as_str()?;
        match manifest.containers.keys().find(|name| name.unit() == text) {
            Some(name) => containers.push(json!(name.as_str())),
            None => others.push(unit.clone()),
        }
    }
    let list = |setting, units| Meaning { setting, member: None, value: Value::Array(units) };
    let containers = match of_containers {
        Some(setting) => Some(list(setting, containers)),
        // A start that the plan does not know about is none of a container's.
        None if !containers.is_empty() => return None,
        None => None,
    };
    Some(containers.into_iter().chain([list(of_others, others)]).collect())
}
