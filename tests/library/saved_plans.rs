//! `plan --out FILE`, then `switch --plan FILE`: exactly what was shown, or nothing. These tests use a host in memory.
//! `tests/it/saved_plans.rs` and the lab test the commands themselves.

use std::collections::{BTreeMap, BTreeSet};

use container_rebuild::apply::Applier;
use container_rebuild::host::memory::MemoryHost;
use container_rebuild::model::check::check;
use container_rebuild::model::path::OptionSpans;
use container_rebuild::model::{Boot, Container, ContainerName, Field, Manifest, System, Unknown};
use container_rebuild::plan::saved::{Moved, Saved, Source, inputs};
use container_rebuild::plan::{self, Configuration, Endpoint, EndpointKind, Options, Plan, StateView};
use container_rebuild::state::Probe;

const SYSTEM: &str = "/nix/store/00000000000000000000000000000000-web";

fn name(name: &str) -> ContainerName {
    ContainerName::new(name).expect("a good name")
}

fn unknown() -> Unknown {
    let (reason, file) = ("known after build".to_owned(), "host.nix".to_owned());
    Unknown { reason, file, line: 1, column: 1, failed: false, at_least: None }
}

/// A configuration of two containers whose guests have the given keys.
#[derive(Clone)]
struct Wanted {
    manifest: Manifest,
    keys: BTreeMap<ContainerName, String>,
}

impl Wanted {
    fn new(change: impl Fn(&mut Container)) -> Self {
        let mut web = Container::with_defaults(SYSTEM.to_owned().into());
        web.auto_start = true.into();
        web.private_network = true.into();
        web.host_address = Some("10.0.0.1".to_owned()).into();
        web.local_address = Some("10.0.0.2".to_owned()).into();
        change(&mut web);
        let mut db = Container::with_defaults(SYSTEM.to_owned().into());
        db.auto_start = true.into();
        Self {
            manifest: Manifest {
                format_version: 1,
                system: System { host_name: "host".to_owned().into(), state_version: "25.11".to_owned().into() },
                containers: BTreeMap::from([(name("db"), db), (name("web"), web)]),
                more_containers: None,
                misnamed: Default::default(),
                networking: Default::default(),
                boot: Boot { enable_containers: true.into() },
                services: Default::default(),
                positions: None,
            },
            keys: BTreeMap::new(),
        }
    }

    fn inputs(&self) -> String {
        inputs(&self.manifest, &self.keys, &BTreeMap::new())
    }

    fn plan(&self, host: &MemoryHost, options: &Options) -> Plan {
        let spec = check(&self.manifest, &OptionSpans::default()).spec;
        let side = StateView::configuration(&Configuration {
            endpoint: Endpoint { kind: EndpointKind::File, name: "host.nix".to_owned() },
            manifest: &self.manifest,
            guest_keys: &self.keys,
            unknown_keys: const { &BTreeMap::new() },
            guests: const { &BTreeMap::new() },
            sources: None,
            spec: Some(&spec),
            missing_modules: false,
        });
        plan::plan(&StateView::host(&host.snapshot().expect("in memory")), &side, options)
    }

    /// The plan, written to a file and read back.
    fn saved(&self, host: &MemoryHost, options: &Options) -> Saved {
        let source = Source { config: "/etc/nixos".to_owned(), ..Source::default() };
        let saved = Saved::new(source, options, self.inputs(), &self.plan(host, options));
        let text = serde_json::to_string(&saved).expect("JSON");
        let read: Saved = serde_json::from_str(&text).expect("reads back");
        assert_eq!(read, saved);
        read
    }
}

fn host_with(wanted: &Wanted) -> MemoryHost {
    let host = MemoryHost::new();
    let plan = wanted.plan(&host, &Options::default());
    let report =
        Applier { host: &host, at_once: 1, workers: 1, stop: &|| false, watch: &|_| (), checks_health: true }
            .apply(&plan);
    assert!(report.is_complete(), "{report:?}");
    host
}

fn with_tmpfs(web: &mut Container) {
    web.tmpfs = vec![Field::Known("/scratch".to_owned())].into();
}

#[test]
fn what_nothing_moved_under_is_still_the_same_plan() {
    let host = host_with(&Wanted::new(|_| ()));
    let wanted = Wanted::new(with_tmpfs);
    let saved = wanted.saved(&host, &Options::default());
    let now = wanted.plan(&host, &Options::default());
    assert_eq!((saved.is_still(&wanted.inputs(), &now), saved.allows(&now)), (Ok(()), Ok(())));
    // A file of another version is not read as if it had this one's format.
    let mut other = saved;
    other.format_version = 2;
    assert_eq!(other.is_still(&wanted.inputs(), &now), Err(Moved::Version(2)));
}

#[test]
fn a_plan_for_another_host_is_refused_even_where_there_is_nothing_to_do() {
    for wanted in [Wanted::new(|_| ()), Wanted::new(with_tmpfs)] {
        let host = host_with(&Wanted::new(|_| ()));
        let saved = wanted.saved(&host, &Options::default());
        let mut now = wanted.plan(&host, &Options::default());
        assert_eq!(saved.is_still(&wanted.inputs(), &now), Ok(()));
        now.from.name = "other".to_owned();
        let elsewhere = Moved::Elsewhere { made: "memory".to_owned(), here: "other".to_owned() };
        assert_eq!(saved.is_still(&wanted.inputs(), &now), Err(elsewhere));
    }
}

#[test]
fn a_configuration_that_says_something_else_is_refused() {
    let host = host_with(&Wanted::new(|_| ()));
    let mut wanted = Wanted::new(with_tmpfs);
    wanted.keys.insert(name("web"), "one".to_owned());
    let saved = wanted.saved(&host, &Options::default());
    let mut other_guest = wanted.clone();
    other_guest.keys.insert(name("web"), "two".to_owned());
    let mut other_option = wanted.clone();
    other_option.manifest.containers.get_mut(&name("db")).expect("there").ephemeral = true.into();
    for moved in [other_guest, other_option] {
        let now = moved.plan(&host, &Options::default());
        assert_eq!(saved.is_still(&moved.inputs(), &now), Err(Moved::Configuration));
    }
}

#[test]
fn a_host_that_is_not_as_it_was_is_refused_and_what_moved_is_named() {
    type Meddle = fn(&MemoryHost);
    let table: [(Meddle, &[&str]); 4] = [
        (|host| drop(host.state().running.remove(&name("web"))), &["web"]),
        (|host| drop(host.state().running.remove(&name("db"))), &["db"]),
        (|host| host.state().written.get_mut(&name("db")).expect("written").conf.push('x'), &["db"]),
        (|host| drop(host.state().interfaces.remove("ve-web")), &["web"]),
    ];
    for (meddle, moved) in table {
        let host = host_with(&Wanted::new(|_| ()));
        let wanted = Wanted::new(with_tmpfs);
        let saved = wanted.saved(&host, &Options::default());
        meddle(&host);
        let now = wanted.plan(&host, &Options::default());
        let moved = moved.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(saved.is_still(&wanted.inputs(), &now), Err(Moved::Host(moved)));
    }
}

#[test]
fn after_the_build_less_may_be_done_than_was_shown_and_never_more() {
    let host = host_with(&Wanted::new(|_| ()));
    let unbuilt = Wanted::new(|web| web.path = Field::Unknown(unknown()));
    let saved = unbuilt.saved(&host, &Options::default());
    let same = Wanted::new(|_| ()).plan(&host, &Options::default());
    assert!(same.is_empty());
    let reloads = Wanted::new(|web| web.path = format!("{SYSTEM}2").into()).plan(&host, &Options::default());
    let restarts = Wanted::new(with_tmpfs).plan(&host, &Options::default());
    let more = |who: &str| Err(Moved::More(vec![who.to_owned()]));
    assert_eq!([saved.allows(&same), saved.allows(&reloads)], [Ok(()), Ok(())]);
    assert_eq!(saved.allows(&restarts), more("web"));
    // A plan that is limited to one container says nothing about the others.
    let only = Options { only: Some(BTreeSet::from([name("db")])), ..Options::default() };
    assert_eq!(unbuilt.saved(&host, &only).allows(&reloads), more("web"));
}
