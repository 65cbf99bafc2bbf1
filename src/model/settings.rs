//! Our own options of a container: `services.container-rebuild.containers.<name>`.
//!
//! NixOS has no such options, so they are no part of [`super::Container`], whose JSON form is that of NixOS.
//! [`super::check`] says what is wrong with them, and turns them into [`super::spec::OwnOptions`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::servers::servers;
use super::spec::HealthCheck;
use super::view::View;
use super::{Container, ContainerName, Effect, Manifest, Services};

/// The options that are set, by name, with their values as written.
pub type Settings = serde_json::Map<String, Value>;

/// The option of `services.container-rebuild` that holds the settings, by the container's name.
pub(crate) const CONTAINERS: &str = "containers";

/// The directory of the roots that are kept.
const ROOTS: &str = "/var/lib/nixos-containers/";

macro_rules! declare_setting {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal, $effect:ident;)+) => {
        /// An option of ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Setting { $($(#[$doc])+ $variant,)+ }

        impl Setting {
            /// All of them, in the order of their names.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The option called `name`.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            /// What takes up a change.
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect,)+ }
            }
        }
    };
}

declare_setting! {
    /// Containers that start before it and stop after it, if they start or stop at the same time.
    After = "after", NextStart;
    /// Units of the host that start before it (`After=`).
    AfterUnits = "afterUnits", NextStart;
    /// Sources of bind mounts that are created if they are missing, by path.
    BindSources = "bindSources", NextStart;
    /// Whether bridges that it is attached to are created if they are missing.
    CreateBridge = "createBridge", NextStart;
    /// Credentials that systemd reads from files of the host, by name (`LoadCredential=`).
    Credentials = "credentials", Start;
    /// The same, encrypted by systemd-creds(1) (`LoadCredentialEncrypted=`).
    EncryptedCredentials = "encryptedCredentials", Start;
    /// Ports of the host that lead to its guest, beyond what `forwardPorts` can say, by a name of their own.
    Forwards = "forwards", Rules;
    /// What a guest must do after a start or a reload, or else the container goes back to its former state.
    HealthCheck = "healthCheck", NextStart;
    /// The MTU of its `eth0`, and of the other end on the host.
    Mtu = "mtu", HostAddress;
    /// Whether the host's firewall is to let in what its guest opens, if that is in the host's network.
    OpenFirewall = "openFirewall", NextStart;
    /// Containers that must run before it starts. It stops when one of them stops.
    Requires = "requires", NextStart;
    /// Units of the host that must run before it starts (`Requires=` and `After=`).
    RequiresUnits = "requiresUnits", NextStart;
    /// Resource limits, by their names in systemd.resource-control(5).
    ResourceControl = "resourceControl", NextStart;
    /// Units of the host that start with it (`Wants=`).
    WantsUnits = "wantsUnits", NextStart;
}

impl Services {
    /// Removes the settings that are as if they were not set. Our NixOS module sets all of them, those of each container and
    /// those inside of a setting.
    pub(crate) fn remove_defaults(&mut self) {
        let all = self.container_rebuild.get_mut(CONTAINERS).and_then(Value::as_object_mut);
        for settings in all.into_iter().flat_map(|all| all.values_mut()).filter_map(Value::as_object_mut) {
            settings.retain(|option, value| match Setting::named(option) {
                Some(setting) => !remove_default(setting, value),
                None => true,
            });
        }
    }

    /// What is set for a container; `None` if nothing is, or if that is unknown.
    pub fn settings(&self, name: &str) -> Option<&Settings> {
        self.container_rebuild.get(CONTAINERS)?.get(name)?.as_object()
    }
}

/// Removes the members of a setting that have their defaults. Returns whether it is then as if the whole was not set.
fn remove_default(setting: Setting, value: &mut Value) -> bool {
    match (setting, value) {
        (Setting::BindSources, Value::Object(sources)) => {
            for source in sources.values_mut().filter_map(Value::as_object_mut) {
                let defaults = [("user", "root"), ("group", "root"), ("mode", "0755")];
                source.retain(|option, value| {
                    !defaults.contains(&(option.as_str(), value.as_str().unwrap_or_default()))
                });
            }
            sources.is_empty()
        }
        (Setting::Forwards, Value::Object(forwards)) => {
            for forward in forwards.values_mut().filter_map(Value::as_object_mut) {
                forward.retain(|option, value| match option.as_str() {
                    "protocol" => value != "tcp",
                    "containerPort" | "hostAddress" | "interface" => !value.is_null(),
                    "sources" => value.as_array().is_none_or(|list| !list.is_empty()),
                    "hairpin" => *value != true,
                    _ => true,
                });
            }
            forwards.is_empty()
        }
        (Setting::HealthCheck, Value::Object(check)) => {
            // Somebody who writes an empty one is told that it checks nothing.
            let is_written = check.is_empty();
            check.retain(|option, value| match option.as_str() {
                "ports" | "units" => value.as_array().is_none_or(|list| !list.is_empty()),
                "timeoutSec" => *value != HealthCheck::TIMEOUT_SEC,
                _ => true,
            });
            check.is_empty() && !is_written
        }
        (Setting::CreateBridge | Setting::OpenFirewall, value) => *value == false,
        (Setting::Mtu, value) => value.is_null(),
        (_, Value::Array(list)) => list.is_empty(),
        (_, Value::Object(members)) => members.is_empty(),
        _ => false,
    }
}

/// The containers that a list in the settings names; those that are unknown or invalid are left out.
pub(crate) fn named(settings: &Settings, setting: Setting) -> impl Iterator<Item = ContainerName> {
    let list = settings.get(setting.name()).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|name| ContainerName::new(name.as_str()?).ok())
}

/// The containers after which the user wants a container to start.
pub(crate) fn predecessors(settings: &Settings) -> BTreeSet<ContainerName> {
    named(settings, Setting::After).chain(named(settings, Setting::Requires)).collect()
}

/// The containers that a path of the host belongs to, because it lies in their root.
pub(crate) fn owner_of(path: &str) -> Option<ContainerName> {
    let inside = path.strip_prefix(ROOTS)?.trim_start_matches('/');
    ContainerName::new(inside.split('/').next()?).ok()
}

/// For each container, those that start before it: the ones that the user names, those in whose roots its bind mounts lie, and
/// those that its guest names as servers. What would close a cycle is left out.
pub(crate) fn order<'m>(
    manifest: &'m Manifest,
    guests: &BTreeMap<ContainerName, View>,
) -> BTreeMap<&'m ContainerName, BTreeSet<ContainerName>> {
    let settings = |name: &ContainerName| manifest.services.settings(name.as_str());
    let wanted = |name| settings(name).map(predecessors).unwrap_or_default();
    let mut order: BTreeMap<_, _> = manifest.containers.keys().map(|name| (name, wanted(name))).collect();
    // Mounts come first: if there is a cycle, a server is more likely to be waited for.
    let mounts = manifest.containers.iter().map(|(name, container)| (name, mounted_from(container)));
    let holders = holders(manifest);
    let used = manifest.containers.keys().filter_map(|name| Some((name, used(guests.get(name)?, &holders))));
    for (name, others) in mounts.chain(used).collect::<Vec<_>>() {
        for other in others.into_iter().filter(|other| manifest.containers.contains_key(other)) {
            if !comes_after(&order, &other, name) {
                order.entry(name).or_default().insert(other);
            }
        }
    }
    order
}

/// The containers by their addresses in their own networks, as far as known.
fn holders(manifest: &Manifest) -> BTreeMap<IpAddr, &ContainerName> {
    let mut holders = BTreeMap::new();
    for (name, container) in &manifest.containers {
        for field in [&container.local_address, &container.local_address6] {
            let text = field.known().and_then(|address| address.as_deref()?.split('/').next());
            holders.extend(text.and_then(|text| text.parse().ok()).map(|address| (address, name)));
        }
    }
    holders
}

/// The containers that a guest uses as servers, by address or by the name `NAME.containers` that NixOS gives them on the host.
fn used(guest: &View, holders: &BTreeMap<IpAddr, &ContainerName>) -> BTreeSet<ContainerName> {
    let container = |server: &String| match server.strip_suffix(".containers") {
        Some(name) => ContainerName::new(name).ok(),
        None => holders.get(&server.parse().ok()?).copied().cloned(),
    };
    servers(guest).iter().filter_map(container).collect()
}

/// The containers in whose roots the bind mounts of a container lie.
fn mounted_from(container: &Container) -> BTreeSet<ContainerName> {
    let binds = container.bind_mounts.known().into_iter().flatten();
    binds.filter_map(|(key, bind)| owner_of(bind.known()?.source(key)?)).collect()
}

/// Whether `one` is `other`, or comes after it.
fn comes_after(
    order: &BTreeMap<&ContainerName, BTreeSet<ContainerName>>,
    one: &ContainerName,
    other: &ContainerName,
) -> bool {
    let (mut seen, mut rest) = (BTreeSet::new(), vec![one]);
    while let Some(name) = rest.pop() {
        if name == other {
            return true;
        }
        if seen.insert(name) {
            rest.extend(order.get(name).into_iter().flatten());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Boot, FORMAT_VERSION, System};

    #[test]
    fn what_has_its_default_is_as_if_it_was_not_set() {
        let mut services = Services::default();
        let all = json!({
            "after": [], "afterUnits": [], "bindSources": {}, "createBridge": false, "credentials": {},
            "encryptedCredentials": {}, "forwards": {}, "healthCheck": { "ports": [], "timeoutSec": 30, "units": [] },
            "mtu": null, "openFirewall": false, "requires": [], "requiresUnits": [], "resourceControl": {}, "wantsUnits": [],
        });
        assert!(all.as_object().expect("a set").keys().eq(Setting::ALL.iter().map(|setting| setting.name())));
        services.container_rebuild.insert(CONTAINERS.into(), json!({
            "all": all,
            "none": {
                "after": ["all"], "bindSources": {
                    "/a": { "group": "root", "mode": "0755", "user": "root" },
                    "/b": { "group": "a", "mode": "0700", "user": 0 },
                },
                "forwards": { "a": {
                    "containerPort": null, "hairpin": true, "hostAddress": null, "hostPort": 80, "interface": null,
                    "protocol": "tcp", "sources": [],
                } },
                "healthCheck": { "ports": [80], "timeoutSec": 31, "units": [] }, "resourceControl": { "CPUWeight": 1 },
                "typo": [],
            },
            "written": { "healthCheck": {}, "requires": { "_unknown": { "reason": "r" } } },
        }));
        services.remove_defaults();
        let left = json!({
            "all": {},
            "none": {
                "after": ["all"], "bindSources": { "/a": {}, "/b": { "group": "a", "mode": "0700", "user": 0 } },
                "forwards": { "a": { "hostPort": 80 } },
                "healthCheck": { "ports": [80], "timeoutSec": 31 }, "resourceControl": { "CPUWeight": 1 }, "typo": [],
            },
            "written": { "healthCheck": {}, "requires": { "_unknown": { "reason": "r" } } },
        });
        assert_eq!(services.container_rebuild[CONTAINERS], left);
    }

    #[test]
    fn a_container_comes_after_the_servers_that_its_guest_names() {
        let name = |name: &str| ContainerName::new(name).expect("a good name");
        let at = |number| {
            let mut container = Container::with_defaults(String::from("/nix/store/x").into());
            container.local_address = Some(format!("10.0.0.{number}/24")).into();
            container
        };
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            system: System { host_name: String::from("a").into(), state_version: String::from("25.11").into() },
            containers: [(name("app"), at(1)), (name("db"), at(2)), (name("proxy"), at(3))].into(),
            more_containers: None,
            misnamed: BTreeMap::new(),
            networking: Default::default(),
            boot: Boot { enable_containers: true.into() },
            services: Default::default(),
            positions: None,
        };
        let view = |options| View { options, ..View::default() };
        let server = |text: &str| json!({ "services": { "x": { "database": { "host": text } } } });
        let proxied =
            json!({ "services": { "nginx": { "upstreams": { "app": { "servers": { "10.0.0.1:80": {} } } } } } });
        let guests = [
            (name("app"), view(server("10.0.0.2:5432"))),
            (name("proxy"), view(proxied)),
            // That would be a cycle.
            (name("db"), view(server("proxy.containers"))),
        ];
        let order = order(&manifest, &guests.into());
        let after = |container: &str| order[&name(container)].iter().map(ContainerName::as_str).collect::<Vec<_>>();
        assert_eq!((after("app"), after("proxy"), after("db")), (vec!["db"], vec![], vec!["proxy"]));
    }
}
