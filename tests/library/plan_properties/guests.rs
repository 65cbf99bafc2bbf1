//! Random guest configurations: compares a plan against a host, which stores them without secrets, with one between files.

use std::collections::BTreeMap;

use container_rebuild::apply::{Applier, Host as _};
use container_rebuild::host::memory::MemoryHost;
use container_rebuild::model::check::check;
use container_rebuild::model::path::OptionSpans;
use container_rebuild::model::spec::HostSpec;
use container_rebuild::model::view::View;
use container_rebuild::model::{
    Boot, Container, ContainerName, Field, Manifest, Networking, Position, Positions, System, Unknown,
};
use container_rebuild::plan::{
    self, Configuration, Endpoint, EndpointKind, Options, Plan, Reason, StateView, show,
};
use container_rebuild::state::{Activation, Generation, Probe};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::world::name;

/// A marker in every secret string.
const HUSH: &str = "hush";

/// Names of options; digits are valid names too.
const NAMES: [&str; 9] =
    ["services", "enable", "password", "apiTokens", "secretKeyFile", "0", "x", "dbPassphrase", "a.b"];

fn is_secret(name: &str) -> bool {
    ["password", "apiTokens", "dbPassphrase"].contains(&name)
}

/// A tree of options. The last name that is not a number decides whether a string is secret.
fn options() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3_u8).prop_map(Value::from),
        (0..3_u8).prop_map(|number| Value::from(format!("s{number}"))),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::btree_map(prop::sample::select(&NAMES[..]), inner.clone(), 0..4);
        let set = members.prop_map(|members| {
            Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
        });
        prop_oneof![3 => set, 1 => prop::collection::vec(inner, 0..3).prop_map(Value::from)]
    });
    let members = prop::collection::btree_map(prop::sample::select(&NAMES[..]), tree, 0..5);
    members.prop_map(|members| {
        let mut options =
            Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        hide(&mut options, false);
        options
    })
}

fn hide(value: &mut Value, secret: bool) {
    match value {
        Value::String(text) if secret => text.insert_str(0, HUSH),
        Value::Array(elements) => elements.iter_mut().for_each(|element| hide(element, secret)),
        Value::Object(members) => {
            for (name, member) in members {
                hide(member, is_secret(name) || (secret && name == "0"));
            }
        }
        _ => {}
    }
}

/// Two guests; often the second differs only a little from the first.
fn two_guests() -> impl Strategy<Value = (Value, Value)> {
    let near = (options(), options(), prop::sample::select(&NAMES[..])).prop_map(|(before, other, name)| {
        let mut after = before.clone();
        match other.get(name) {
            Some(value) => after[name] = value.clone(),
            None => drop(after.as_object_mut().expect("a set").remove(name)),
        }
        (before, after)
    });
    prop_oneof![3 => near, 1 => (options(), options()), 1 => options().prop_map(|same| (same.clone(), same))]
}

/// A host configuration with one container and this guest, built or not.
struct Guest {
    manifest: Manifest,
    spec: HostSpec,
    keys: BTreeMap<ContainerName, String>,
    guests: BTreeMap<ContainerName, View>,
}

impl Guest {
    fn new(options: &Value, built: bool) -> Self {
        let key = format!(
            "/nix/store/{:x}-guest",
            options
                .to_string()
                .bytes()
                .fold(7_u64, |sum, byte| { sum.wrapping_mul(1_000_003).wrapping_add(byte.into()) })
        );
        let unknown =
            Unknown { reason: "r".into(), file: "f".into(), line: 1, column: 1, failed: false, at_least: None };
        let path = if built { Field::Known(key.clone()) } else { Field::Unknown(unknown) };
        let mut container = Container::with_defaults(path);
        container.auto_start = true.into();
        let manifest = Manifest {
            format_version: 1,
            system: System { host_name: String::from("h").into(), state_version: String::from("25.11").into() },
            containers: BTreeMap::from([(name("a"), container)]),
            more_containers: None,
            misnamed: BTreeMap::new(),
            networking: Networking::default(),
            boot: Boot { enable_containers: true.into() },
            services: Default::default(),
            positions: Some(Positions::from([(
                "containers.a.config".to_owned(),
                Position { file: "host.nix".into(), line: 3, column: 1 },
            )])),
        };
        let spec = check(&manifest, &OptionSpans::default()).spec;
        let keys = BTreeMap::from([(name("a"), key)]);
        let view = View { options: options.clone(), ..View::default() };
        let guests = BTreeMap::from([(name("a"), view)]);
        Self { manifest, spec, keys, guests }
    }

    fn side(&self) -> StateView<'_> {
        StateView::configuration(&Configuration {
            endpoint: Endpoint { kind: EndpointKind::File, name: "host.nix".to_owned() },
            manifest: &self.manifest,
            guest_keys: &self.keys,
            unknown_keys: const { &BTreeMap::new() },
            guests: &self.guests,
            sources: None,
            spec: Some(&self.spec),
            missing_modules: false,
        })
    }

    /// A host with this configuration, and the text of its generation; the host has what was read back from that text.
    fn host(&self) -> (MemoryHost, String) {
        let (host, side) = (MemoryHost::new(), self.side());
        let plan = plan::plan(&StateView::host(&host.snapshot().expect("in memory")), &side, &Options::default());
        let report =
            Applier { host: &host, at_once: 1, workers: 1, stop: &|| false, watch: &|_| (), checks_health: true }
                .apply(&plan);
        assert!(report.is_complete(), "{report:?}");
        let generation = Generation {
            number: 1,
            recorded: None,
            source: "host.nix".to_owned(),
            revision: None,
            manifest: self.manifest.clone(),
            records: side.records(),
            nat: Default::default(),
            guests: side.guests(),
        };
        let text = serde_json::to_string_pretty(&generation).expect("JSON");
        let read: Generation = serde_json::from_str(&text).expect("reads back");
        host.record_generation(&read, Activation::Switch).expect("recorded");
        (host, text)
    }
}

/// The reasons that are guest options.
fn of_guest(plan: &Plan) -> Vec<&Reason> {
    let reasons = plan.changes.iter().flat_map(|change| &change.reasons);
    reasons.filter(|reason| reason.option.starts_with("config")).collect()
}

fn told(reasons: &[&Reason]) -> Vec<(String, Value, Value)> {
    reasons.iter().map(|it| (it.option.clone(), it.before.clone(), it.after.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_host_tells_of_its_guests_what_two_configurations_tell_but_for_their_secrets((before, after) in two_guests()) {
        let (host, kept) = Guest::new(&before, true).host();
        prop_assert!(!kept.contains(HUSH), "{kept}");
        let snapshot = host.snapshot().expect("in memory");
        let offline =
            plan::plan(&Guest::new(&before, false).side(), &Guest::new(&after, false).side(), &Options::default());
        let live = plan::plan(&StateView::host(&snapshot), &Guest::new(&after, false).side(), &Options::default());
        let built = plan::plan(&StateView::host(&snapshot), &Guest::new(&after, true).side(), &Options::default());
        for plan in [&offline, &live, &built] {
            prop_assert_eq!(plan.is_empty(), before == after);
            for shown in [show::json(plan), show::markdown(plan), show::text(plan, show::Style::default())] {
                prop_assert!(!shown.contains(HUSH), "{shown}");
            }
        }
        // A host cannot tell two secrets apart, so their reasons may look the same.
        let offline = told(&of_guest(&offline));
        let visible: Vec<_> = offline.iter().filter(|(_, before, after)| before != after).cloned().collect();
        prop_assert_eq!(&told(&of_guest(&built)), &visible);
        if before != after && visible.is_empty() {
            let change = &live.changes[0];
            prop_assert!(change.may && change.reasons.iter().all(|reason| reason.may), "{change:#?}");
            prop_assert!(change.reasons.iter().any(|reason| reason.option == "path"));
            for (option, ..) in &offline {
                prop_assert!(change.reasons.iter().any(|reason| option.starts_with(&reason.option)
                    || reason.option.starts_with(option)), "{option}: {change:#?}");
            }
        } else {
            prop_assert_eq!(&told(&of_guest(&live)), &visible);
            prop_assert!(live.changes.iter().all(|change| !change.may));
        }
    }
}
