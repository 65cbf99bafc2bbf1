//! Plans changes to the host in memory, applies them, and checks that the next plan is empty.

mod health;

use std::sync::Mutex;

use super::*;
use crate::apply::{Applier, Event, Report};
use crate::model::spec::{Forward, NatSpec, Network, Private, Protocol, Users, Veth};
use crate::model::{
    self, BindMount, Boot, Container, ExtraVeth, ForwardPort, Manifest, PrivateUsers, PrivateUsersMode, System,
};
use crate::plan::{self, Action, Plan, StateView};
use crate::state::Probe as _;

mod live;

/// A container that starts at boot, with a network and a forward of its own.
fn wanted(name: &str, system: &str, last: u8, host_port: u16) -> Record {
    let mut container = Container::with_defaults(system.to_owned().into());
    container.auto_start = true.into();
    container.private_network = true.into();
    container.host_address = Some("192.168.100.10".to_owned()).into();
    container.local_address = Some(format!("192.168.100.{last}")).into();
    let port = ForwardPort {
        protocol: "tcp".to_owned().into(),
        host_port: host_port.into(),
        container_port: Some(80).into(),
    };
    container.forward_ports = vec![port.into()].into();
    let network = Network::Private(Private {
        veth: Some(Veth {
            host4: Some([192, 168, 100, 10].into()),
            local4: Some([192, 168, 100, last].into()),
            ..Veth::default()
        }),
        forwards: vec![Forward { protocol: Protocol::Tcp, host_port, container_port: 80 }],
        ..Private::default()
    });
    let record = crate::host::launch::tests::record(name, network);
    Record {
        spec: crate::model::spec::ContainerSpec { system: system.into(), ephemeral: false, ..record.spec },
        container,
        ..record
    }
}

/// Makes a container ephemeral, so that another system can only be booted.
fn ephemeral(record: Record) -> Record {
    let mut record = record;
    record.container.ephemeral = true.into();
    record.spec.ephemeral = true;
    record
}

fn generation(records: Vec<Record>) -> Generation {
    let records: BTreeMap<_, _> = records.into_iter().map(|record| (record.spec.name.clone(), record)).collect();
    Generation {
        number: 0,
        recorded: None,
        source: "/etc/nixos".to_owned(),
        revision: None,
        manifest: Manifest {
            format_version: 1,
            system: System {
                host_name: String::from("memory").into(),
                state_version: String::from("25.11").into(),
            },
            more_containers: None,
            misnamed: BTreeMap::new(),
            containers: records.iter().map(|(name, record)| (name.clone(), record.container.clone())).collect(),
            networking: Default::default(),
            boot: Boot { enable_containers: true.into() },
            services: Default::default(),
            positions: None,
        },
        records,
        nat: NatSpec::default(),
        guests: BTreeMap::new(),
    }
}

fn planned(host: &MemoryHost, wanted: &Generation) -> Plan {
    let snapshot = host.snapshot().expect("it is in memory");
    plan::plan(&StateView::host(&snapshot), &StateView::generation(wanted), &plan::Options::default())
}

/// Plans and applies the change from the host's state to `wanted`; returns the events as words.
fn apply(host: &MemoryHost, wanted: &Generation, workers: usize) -> (Report, Vec<String>) {
    let events = Mutex::new(Vec::new());
    let watch = |event: Event<'_>| {
        let word = |action: &Action| match action.container() {
            Some(name) => format!("{} {name}", action.as_str()),
            None => action.as_str().to_owned(),
        };
        let line = match event {
            Event::Begun(_) | Event::Checking(_) | Event::Restoring(_) | Event::RulesKept(_) => return,
            Event::Done(action) => word(action),
            Event::Failed(action, error) => format!("failed: {}: {error}", word(action)),
            Event::RestartWanted(name, why) => format!("restart wanted {name}: {why}"),
            Event::UnitsFailed(name) => format!("units failed {name}"),
            Event::Degraded(degraded) => {
                let units: Vec<_> = degraded.new.iter().chain(&degraded.old).map(ToString::to_string).collect();
                format!("degraded {}: {}", degraded.name, units.join(", "))
            }
            Event::Restored(name) => format!("restored {name}"),
            Event::NotRestored(name, error) => format!("not restored {name}: {error}"),
        };
        events.lock().expect("not poisoned").push(line);
    };
    let applier = Applier { host, at_once: workers, workers, stop: &|| false, watch: &watch, checks_health: true };
    let report = applier.apply(&planned(host, wanted));
    (report, events.into_inner().expect("not poisoned"))
}

fn applied(host: &MemoryHost, wanted: &Generation) -> Vec<String> {
    let (report, events) = apply(host, wanted, 1);
    assert!(report.is_complete(), "{events:#?}");
    let again = planned(host, wanted);
    assert!(again.is_empty(), "a second run has something to do: {:#?}", again.changes);
    events
}

fn name(name: &str) -> ContainerName {
    ContainerName::new(name).expect("a good name")
}

fn systems(host: &MemoryHost) -> Vec<String> {
    let running = |(name, record): (&ContainerName, &Record)| format!("{name}={}", record.spec.system.display());
    host.state().running.iter().map(running).collect()
}

#[test]
fn nothing_is_mounted_into_a_guest_with_private_users_while_it_runs() {
    let host = MemoryHost::new();
    let bound = |users: Option<Users>, binds: &[&str]| {
        let mut record = wanted("a", "/nix/store/1", 11, 80);
        if let Some(users) = users {
            record.container.private_users = PrivateUsers::Mode(PrivateUsersMode::Pick).into();
            record.spec.users = users;
        }
        let bind = |path: &&str| {
            let (mount_point, host_path) = ((*path).to_owned().into(), Some((*path).to_owned()).into());
            let bind = BindMount { mount_point, host_path, is_read_only: true.into() };
            ((*path).to_owned(), bind.into())
        };
        record.container.bind_mounts = binds.iter().map(bind).collect::<BTreeMap<_, _>>().into();
        let spec = |path: &&str| Bind { host: (*path).to_owned(), mount: (*path).to_owned(), read_only: true };
        record.spec.binds = binds.iter().map(spec).collect();
        generation(vec![record])
    };
    let restart = ["stop a", "update-unit a", "start a"];
    let users = Some(Users::Picked(0x0008_0000));
    applied(&host, &bound(None, &[]));
    assert_eq!(applied(&host, &bound(None, &["/x"])), ["update-unit a", "reload a"]);
    assert_eq!(applied(&host, &bound(users, &["/x"])), restart);
    assert_eq!(applied(&host, &bound(users, &["/x", "/y"])), restart);
    assert_eq!(applied(&host, &bound(users, &["/y"])), restart);
    // The fake refuses it like a real host.
    let bind = Bind { host: "/z".to_owned(), mount: "/z".to_owned(), read_only: true };
    let error = host.bind(&name("a"), &bind).expect_err("refused");
    assert!(error.to_string().contains("its users are private"), "{error}");
}

#[test]
fn containers_come_change_and_go_and_each_time_the_next_plan_is_empty() {
    let host = MemoryHost::new();
    let both = generation(vec![wanted("a", "/nix/store/1", 11, 80), wanted("b", "/nix/store/2", 12, 81)]);
    let events = applied(&host, &both);
    // Each container's forwards are loaded as soon as it is up.
    let at = |event: &str| events.iter().position(|other| other == event).expect("it happened");
    assert!(at("firewall a") == at("start a") + 1 && at("firewall b") == at("start b") + 1, "{events:#?}");
    assert_eq!(systems(&host), ["a=/nix/store/1", "b=/nix/store/2"]);
    assert!(host.state().is_set(IPV4_FORWARDING, "1"));
    assert_eq!(host.state().gc_roots["booted-a"], Path::new("/nix/store/1"));

    let changed = generation(vec![wanted("a", "/nix/store/3", 11, 80), wanted("b", "/nix/store/2", 12, 81)]);
    assert_eq!(applied(&host, &changed), ["update-unit a", "reload a"]);
    let held = |root: &str| host.state().gc_roots[root].clone();
    assert_eq!((held("booted-a"), held("current-a")), ("/nix/store/1".into(), "/nix/store/3".into()));
    assert_eq!(systems(&host), ["a=/nix/store/3", "b=/nix/store/2"]);

    let moved = generation(vec![wanted("a", "/nix/store/3", 11, 8080), wanted("b", "/nix/store/2", 12, 81)]);
    let events = applied(&host, &moved);
    assert!(events.contains(&"firewall".to_owned()) && !events.iter().any(|event| event.starts_with("stop")));

    let one = generation(vec![wanted("b", "/nix/store/2", 12, 81)]);
    assert_eq!(applied(&host, &one), ["withdraw a", "stop a", "remove a"]);
    applied(&host, &generation(vec![]));
    assert_eq!(host.state().rules, None);
    assert_eq!(host.state().gc_roots, BTreeMap::new());
    assert_eq!(host.state().roots.len(), 2, "what is kept stays");
}

#[test]
fn many_workers_share_the_reloads() {
    let host = MemoryHost::new();
    let records = (1..=20).map(|n| wanted(&format!("c{n}"), "/nix/store/1", n, 8000 + u16::from(n))).collect();
    let (report, _) = apply(&host, &generation(records), 4);
    assert!(report.is_complete(), "{report:?}");
    let state = host.state();
    assert_eq!(state.running.len(), 20);
    assert!(state.reloads <= 20, "{}", state.reloads);
}

#[test]
fn a_container_that_does_not_start_goes_back_and_holds_up_only_what_depends_on_it() {
    let host = MemoryHost::new();
    let before = vec![wanted("a", "/nix/store/1", 11, 80), wanted("b", "/nix/store/2", 12, 81)];
    applied(&host, &generation(before.into_iter().map(ephemeral).collect()));
    host.state().broken.insert("/nix/store/broken".into());
    let after = vec![wanted("a", "/nix/store/broken", 11, 8080), wanted("b", "/nix/store/4", 12, 8181)];
    let after = generation(after.into_iter().map(ephemeral).collect());
    let (report, events) = apply(&host, &after, 1);
    assert!(events.contains(&"restored a".to_owned()), "{events:#?}");
    assert_eq!(systems(&host), ["a=/nix/store/1", "b=/nix/store/4"]);
    assert_eq!(report.failed.iter().map(|(action, _)| action).collect::<Vec<_>>(), [&Action::Start(name("a"))]);
    assert_eq!(report.skipped, []);
    assert_eq!(host.state().gc_roots["current-a"], Path::new("/nix/store/1"), "what runs is held");
    // The rules match what runs: the former ones for one container, the new ones for the other.
    let runs = vec![wanted("a", "/nix/store/1", 11, 80), wanted("b", "/nix/store/4", 12, 8181)];
    let again = planned(&host, &generation(runs.into_iter().map(ephemeral).collect()));
    assert!(again.is_empty(), "{:#?} {:#?}", again.changes, again.firewall);
}

#[test]
fn a_panic_in_a_step_is_a_failed_step_and_what_ran_is_brought_back() {
    let host = MemoryHost::new();
    let before = vec![wanted("a", "/nix/store/1", 11, 80), wanted("b", "/nix/store/2", 12, 81)];
    applied(&host, &generation(before.into_iter().map(ephemeral).collect()));
    host.state().panics.insert("/nix/store/panics".into());
    let after = vec![wanted("a", "/nix/store/panics", 11, 8080), wanted("b", "/nix/store/4", 12, 8181)];
    let (report, events) = apply(&host, &generation(after.into_iter().map(ephemeral).collect()), 2);
    let failed = "failed: start a: internal error: a defect at the start of a; please report it".to_owned();
    assert!(events.contains(&failed), "{events:#?}");
    assert!(events.contains(&"restored a".to_owned()), "{events:#?}");
    assert_eq!(report.failed.iter().map(|(action, _)| action).collect::<Vec<_>>(), [&Action::Start(name("a"))]);
    assert_eq!(systems(&host), ["a=/nix/store/1", "b=/nix/store/4"]);
}

#[test]
fn on_a_full_disk_what_ran_runs_on() {
    let host = MemoryHost::new();
    let before = generation(vec![ephemeral(wanted("a", "/nix/store/1", 11, 80))]);
    applied(&host, &before);
    host.state().is_full = true;
    let after = generation(vec![ephemeral(wanted("a", "/nix/store/2", 11, 80))]);
    let (report, events) = apply(&host, &after, 1);
    assert_eq!(
        events,
        [
            "stop a",
            "failed: update-unit a: cannot write /run/container-rebuild/conf/a.conf",
            "not restored a: cannot write /run/container-rebuild/conf/a.conf",
        ]
    );
    assert!(!report.is_complete());
    assert_eq!(systems(&host), ["a=/nix/store/1"]);
    host.state().is_full = false;
    applied(&host, &after);
    assert_eq!(systems(&host), ["a=/nix/store/2"]);
}

#[test]
fn where_the_way_back_is_broken_too_that_is_said() {
    let host = MemoryHost::new();
    let before = generation(vec![ephemeral(wanted("a", "/nix/store/1", 11, 80))]);
    applied(&host, &before);
    host.state().broken.extend(["/nix/store/1".into(), "/nix/store/2".into()]);
    let (report, events) = apply(&host, &generation(vec![ephemeral(wanted("a", "/nix/store/2", 11, 80))]), 1);
    let last = events.last().map(String::as_str);
    assert_eq!(last, Some("not restored a: container@a.service: the start job ended with `failed`"));
    assert!(!report.is_complete());
    assert_eq!(systems(&host), Vec::<String>::new());
    host.state().broken.clear();
    applied(&host, &before);
    assert_eq!(systems(&host), ["a=/nix/store/1"]);
}

#[test]
fn a_guest_that_cannot_switch_goes_back_and_one_that_asks_for_it_is_restarted() {
    let host = MemoryHost::new();
    applied(&host, &generation(vec![wanted("a", "/nix/store/1", 11, 80)]));
    host.state().broken.insert("/nix/store/broken".into());
    let (report, events) = apply(&host, &generation(vec![wanted("a", "/nix/store/broken", 11, 80)]), 1);
    assert_eq!(events.last().map(String::as_str), Some("restored a"), "{events:#?}");
    assert!(!report.is_complete());
    assert_eq!(systems(&host), ["a=/nix/store/1"]);

    host.state().needs_restart.insert("/nix/store/2".into());
    let events = applied(&host, &generation(vec![wanted("a", "/nix/store/2", 11, 80)]));
    assert_eq!(
        events,
        ["update-unit a", "restart wanted a: its `switch-to-configuration` asks for a restart", "reload a"]
    );
    assert_eq!(host.state().gc_roots["booted-a"], Path::new("/nix/store/2"));
}

#[test]
fn what_somebody_else_did_to_a_container_is_named_and_put_right() {
    let host = MemoryHost::new();
    let one = generation(vec![wanted("a", "/nix/store/1", 11, 80)]);
    applied(&host, &one);
    type Meddle = fn(&mut State, &ContainerName);
    let table: [(Meddle, &str, &[&str]); 7] = [
        (
            |state, name| drop(state.running.remove(name)),
            "`a`: was stopped, although it starts by itself",
            &["start a"],
        ),
        (
            |state, name| state.written.get_mut(name).expect("written").unit.push_str("Nice=1\n"),
            "`a`: its unit file was changed or removed",
            &["update-unit a"],
        ),
        (
            |state, name| state.written.get_mut(name).expect("written").conf.clear(),
            "`a`: its .conf file was changed or removed",
            &["update-unit a"],
        ),
        (
            |state, _| state.interfaces.get_mut("ve-a").expect("an interface").up = false,
            "`a`: its interface on the host is down or has lost a route",
            &["reload a"],
        ),
        (
            |state, _| state.interfaces.get_mut("ve-a").expect("an interface").routes.clear(),
            "`a`: its interface on the host is down or has lost a route",
            &["reload a"],
        ),
        (|state, _| state.interfaces.clear(), "`a`: its interface on the host is gone", &["stop a", "start a"]),
        (
            |state, _| state.rules = None,
            "the nftables rules differ from those last applied: 12 missing, 0 unexpected",
            &["firewall"],
        ),
    ];
    for (meddle, said, done) in table {
        meddle(&mut host.state(), &name("a"));
        let messages: Vec<_> = planned(&host, &one).findings.into_iter().map(|finding| finding.message).collect();
        assert_eq!(messages, [said]);
        assert_eq!(applied(&host, &one), done);
        assert_eq!(planned(&host, &one).findings, []);
    }

    // The address of an interface is an option, and so it is shown as one.
    let other = [(std::net::IpAddr::from([10, 9, 9, 9]), 32)].into();
    host.state().interfaces.get_mut("ve-a").expect("an interface").addresses = other;
    let reasons = &planned(&host, &one).changes[0].reasons;
    assert_eq!((reasons[0].option.as_str(), &reasons[0].before), ("hostAddress", &"10.9.9.9".into()));
    assert_eq!(applied(&host, &one), ["reload a"]);
}

#[test]
fn how_far_running_containers_are_disturbed_is_the_users_choice() {
    use crate::plan::RestartMode::{Auto, Never, Reload, Restart};
    let host = MemoryHost::new();
    let records = |system: &str| vec![wanted("a", system, 11, 80), ephemeral(wanted("b", system, 12, 81))];
    applied(&host, &generation(records("/nix/store/1")));
    let snapshot = host.snapshot().expect("it is in memory");
    let generation = generation(records("/nix/store/2"));
    let wanted = StateView::generation(&generation);
    #[rustfmt::skip]
    let table = [
        (Auto,    "a: reload; b: restart"),
        (Reload,  "a: reload; b: update-unit"),
        (Restart, "a: restart; b: restart"),
        (Never,   "a: update-unit; b: update-unit"),
    ];
    for (restart_mode, expected) in table {
        let plan =
            plan::plan(&StateView::host(&snapshot), &wanted, &plan::Options { restart_mode, ..Default::default() });
        let lines = plan.changes.iter().map(|change| {
            assert_eq!(change.stays_stale.is_some(), change.verbs == [plan::Verb::UpdateUnit]);
            let name = change.container.as_ref().expect("no rules change");
            format!("{name}: {}", change.verbs.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(" "))
        });
        assert_eq!(lines.collect::<Vec<_>>().join("; "), expected);
    }
}

#[test]
fn rules_that_are_refused_leave_the_containers_up_and_are_planned_again() {
    let host = MemoryHost::new();
    let one = generation(vec![wanted("a", "/nix/store/1", 11, 80)]);
    host.state().refuses_rules = true;
    let (report, _) = apply(&host, &one, 1);
    assert_eq!(report.failed.len(), 1);
    assert_eq!(systems(&host), ["a=/nix/store/1"]);
    host.state().refuses_rules = false;
    assert_eq!(applied(&host, &one), ["firewall"]);
    // If a port cannot be taken back from a container, the container stays up: no other may get its address.
    host.state().refuses_rules = true;
    let other = generation(vec![wanted("b", "/nix/store/1", 11, 81)]);
    let (report, events) = apply(&host, &other, 1);
    assert!(events[0].starts_with("failed: withdraw a: "), "{events:#?}");
    assert_eq!((systems(&host), report.is_complete()), (vec!["a=/nix/store/1".to_owned()], false));
    host.state().refuses_rules = false;
    applied(&host, &other);
}

/// `record` with host interfaces in addition to its own.
fn with_interfaces(record: Record, bridge: &str, interface: &str) -> Record {
    let mut record = record;
    record.container.host_bridge = Some(bridge.to_owned()).into();
    record.container.interfaces = vec![interface.to_owned().into()].into();
    record.container.extra_veths = BTreeMap::from([("lan1".to_owned(), ExtraVeth::default().into())]).into();
    record.spec.network = model::network::network(&record.container).expect("all is known");
    record
}

#[test]
fn links_of_the_host_are_given_and_come_back_and_one_that_left_its_bridge_is_brought_back() {
    let host = MemoryHost::new();
    for (link, is_bridge) in [("br0", true), ("eth1", false)] {
        host.state().interfaces.insert(link.to_owned(), Interface { is_bridge, up: true, ..Interface::default() });
    }
    let one = with_interfaces(wanted("a", "/nix/store/1", 11, 8080), "br0", "eth1");
    applied(&host, &generation(vec![one.clone()]));
    let interfaces = || host.state().interfaces.keys().cloned().collect::<Vec<_>>();
    assert_eq!(interfaces(), ["br0", "lan1", "vb-a"]);
    for link in ["vb-a", "lan1"] {
        host.state().interfaces.get_mut(link).expect("an interface").up = false;
        assert_eq!(applied(&host, &generation(vec![one.clone()])), ["reload a"], "{link}");
    }
    host.state().interfaces.get_mut("vb-a").expect("an interface").bridge = None;
    assert_eq!(applied(&host, &generation(vec![one.clone()])), ["reload a"]);
    host.state().interfaces.remove("lan1");
    assert_eq!(applied(&host, &generation(vec![one.clone()])), ["stop a", "start a"]);

    // The interface moves from one container to another: the first stops before the second starts.
    let mut without = one.clone();
    without.container.interfaces = vec![].into();
    without.container.extra_veths = BTreeMap::new().into();
    without.spec.network = model::network::network(&without.container).expect("all is known");
    let other = with_interfaces(wanted("b", "/nix/store/1", 12, 8081), "br0", "eth1");
    let events = applied(&host, &generation(vec![without, other]));
    let at = |event: &str| events.iter().position(|other| other == event).expect("it happened");
    assert!(at("stop a") < at("start b"), "{events:#?}");
    applied(&host, &generation(vec![]));
    assert_eq!(interfaces(), ["br0", "eth1"]);
}

/// A host with a container that another program has applied.
fn applied_by_another() -> (MemoryHost, Generation) {
    let host = MemoryHost::new();
    let wanted = generation(vec![wanted("a", "/nix/store/1", 11, 8080)]);
    applied(&host, &wanted);
    host.state().program = Some("0.0.9, /opt/a".to_owned());
    (host, wanted)
}

#[test]
fn another_program_is_put_where_units_call_it_and_nothing_else_happens() {
    let (host, wanted) = applied_by_another();
    let before = host.state().clone();
    assert_eq!(applied(&host, &wanted), ["program"]);
    let after = host.state().clone();
    assert_ne!(before.program, after.program);
    assert_eq!((before.running, before.written, before.reloads), (after.running, after.written, after.reloads));
}

#[test]
fn a_program_that_cannot_be_put_there_stops_nothing() {
    let (host, _) = applied_by_another();
    host.state().is_full = true;
    let mut changed = wanted("a", "/nix/store/2", 11, 8080);
    changed = ephemeral(changed);
    let (report, events) = apply(&host, &generation(vec![changed]), 1);
    assert!(!report.is_complete());
    assert!(events.iter().all(|event| !event.starts_with("stop")), "{events:#?}");
    assert_eq!(systems(&host), ["a=/nix/store/1"]);
}

#[test]
fn units_of_a_former_version_whose_program_is_gone_start_again_after_a_switch() {
    let host = MemoryHost::new();
    let wanted = generation(vec![wanted("a", "/nix/store/1", 11, 8080)]);
    applied(&host, &wanted);
    {
        let mut state = host.state();
        let files = state.written.get_mut(&name("a")).expect("written");
        files.unit = files.unit.replace(paths::PROGRAM, "/opt/a");
        state.missing.insert("/opt/a".into());
        state.boot_service = BootService {
            is_enabled: true,
            is_ours: true,
            program: Some("/opt/a".into()),
            ..BootService::default()
        };
    }
    host.reload_units().expect("read");
    let running = host.state().running.clone();
    applied(&host, &wanted);
    assert_eq!(host.state().running, running, "nothing was restarted");
    assert!(host.snapshot().expect("looked at").boot_service.works());
    host.stop(&name("a")).expect("stopped");
    host.start(&name("a")).expect("it calls what is there");
}

#[test]
fn a_run_that_is_stopped_at_any_moment_leaves_no_container_down() {
    let before = || {
        generation(vec![
            ephemeral(wanted("a", "/nix/store/1-a", 11, 8081)),
            ephemeral(wanted("b", "/nix/store/1-b", 12, 8082)),
            ephemeral(wanted("c", "/nix/store/1-c", 13, 8083)),
        ])
    };
    // New systems, and `a` and `b` have each other's address.
    let after = generation(vec![
        ephemeral(wanted("a", "/nix/store/2-a", 12, 8081)),
        ephemeral(wanted("b", "/nix/store/2-b", 11, 8082)),
        ephemeral(wanted("c", "/nix/store/2-c", 13, 8083)),
    ]);
    let mut moments = 0;
    for moment in 0.. {
        let host = MemoryHost::new();
        applied(&host, &before());
        let plan = planned(&host, &after);
        let begun = std::sync::atomic::AtomicUsize::new(0);
        let stop = || begun.load(std::sync::atomic::Ordering::SeqCst) > moment;
        let watch = |event: Event<'_>| {
            if matches!(event, Event::Begun(_)) {
                begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        };
        let report =
            Applier { host: &host, at_once: 1, workers: 1, stop: &stop, watch: &watch, checks_health: true }
                .apply(&plan);
        assert!(report.failed.is_empty(), "stopped after {moment}: {report:?}");
        assert_eq!(systems(&host).len(), 3, "stopped after {moment}: {report:?}");
        applied(&host, &after);
        assert!(systems(&host).iter().all(|system| system.contains("/2-")), "{:?}", systems(&host));
        if report.is_complete() {
            break;
        }
        moments += 1;
    }
    assert!(moments > 5, "only {moments} moments");
}
