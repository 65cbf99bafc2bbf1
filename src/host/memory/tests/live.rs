//! Tests of changes without a restart: afterwards what runs, what is recorded and what is shown agree.

use super::*;
use crate::model::ContainerOption;
use crate::model::spec::Bind;
use crate::plan::{RestartMode, standing};
use crate::state::GuestSystem;

fn name() -> ContainerName {
    ContainerName::new("a").expect("a good name")
}

fn planned_with(host: &MemoryHost, wanted: &Generation, restart_mode: RestartMode) -> Plan {
    let snapshot = host.snapshot().expect("it is in memory");
    let options = plan::Options { restart_mode, ..plan::Options::default() };
    plan::plan(&StateView::host(&snapshot), &StateView::generation(wanted), &options)
}

/// A complete switch to `wanted`; returns its cost.
fn switch(host: &MemoryHost, wanted: &Generation, mode: RestartMode) -> Option<plan::Disruption> {
    let plan = planned_with(host, wanted, mode);
    let report =
        Applier { host, at_once: 1, workers: 1, stop: &|| false, watch: &|_| (), checks_health: true }.apply(&plan);
    assert!(report.is_complete(), "{report:#?}");
    host.record_generation(wanted, Activation::Switch).expect("recorded");
    plan.changes.first().map(|change| change.disruption)
}

fn forwards(record: &mut Record, ports: &[u16]) {
    let port = |port: &u16| ForwardPort {
        protocol: "tcp".to_owned().into(),
        host_port: (*port).into(),
        container_port: Some(80).into(),
    };
    record.container.forward_ports = ports.iter().map(|it| port(it).into()).collect::<Vec<_>>().into();
    if let Network::Private(private) = &mut record.spec.network {
        let forward = |port: &u16| Forward { protocol: Protocol::Tcp, host_port: *port, container_port: 80 };
        private.forwards = ports.iter().map(forward).collect();
    }
}

fn host_address(record: &mut Record, last: u8) {
    record.container.host_address = Some(format!("192.168.100.{last}")).into();
    if let Network::Private(Private { veth: Some(veth), .. }) = &mut record.spec.network {
        veth.host4 = Some([192, 168, 100, last].into());
    }
}

fn bind(record: &mut Record, path: &str) {
    let mount = BindMount {
        mount_point: path.to_owned().into(),
        host_path: Some(path.to_owned()).into(),
        is_read_only: true.into(),
    };
    let mut binds = record.container.bind_mounts.known().cloned().unwrap_or_default();
    binds.insert(path.to_owned(), mount.into());
    record.container.bind_mounts = binds.into();
    record.spec.binds.push(Bind { host: path.to_owned(), mount: path.to_owned(), read_only: true });
}

fn system(record: &mut Record, system: &str) {
    record.container.path = system.to_owned().into();
    record.spec.system = system.into();
}

/// A change: its effect on a record, and its cost.
type Row = (&'static str, fn(&mut Record), plan::Disruption);

#[rustfmt::skip]
const LIVE: [Row; 10] = [
    ("forwardPorts: another",    |it| forwards(it, &[8081]),                                plan::Disruption::Firewall),
    ("forwardPorts: one more",   |it| forwards(it, &[8081, 8082]),                          plan::Disruption::Firewall),
    ("forwardPorts: none",       |it| forwards(it, &[]),                                    plan::Disruption::Firewall),
    ("autoStart",                |it| { it.container.auto_start = false.into(); it.spec.auto_start = false; }, plan::Disruption::None),
    ("timeoutStartSec",          |it| { it.container.timeout_start_sec = "5min".to_owned().into(); it.spec.timeout_start = "5min".into(); }, plan::Disruption::None),
    ("restartIfChanged",         |it| it.container.restart_if_changed = false.into(),       plan::Disruption::None),
    ("restartIfChanged again",   |it| it.container.restart_if_changed = true.into(),        plan::Disruption::None),
    ("hostAddress",              |it| host_address(it, 99),                                 plan::Disruption::Reload),
    ("bindMounts",               |it| bind(it, "/data"),                                    plan::Disruption::Reload),
    ("path",                     |it| system(it, "/nix/store/2-a"),                         plan::Disruption::Reload),
];

#[test]
fn after_every_live_change_what_runs_is_what_is_recorded_and_shown() {
    let host = MemoryHost::new();
    let mut record = wanted("a", "/nix/store/1-a", 11, 8080);
    switch(&host, &generation(vec![record.clone()]), RestartMode::Auto);
    for (what, change, cost) in LIVE {
        change(&mut record);
        let generation = generation(vec![record.clone()]);
        assert_eq!(switch(&host, &generation, RestartMode::Auto), Some(cost), "{what}");
        let snapshot = host.snapshot().expect("it is in memory");
        let container = &snapshot.containers[&name()];
        assert_eq!(container.acts_as().as_deref(), Some(&record), "{what}");
        let missing = standing::missing_forwards(&snapshot);
        assert_eq!(standing::of(&name(), &snapshot, &missing), [] as [String; 0], "{what}");
        for mode in [RestartMode::Auto, RestartMode::Never, RestartMode::Reload] {
            let plan = planned_with(&host, &generation, mode);
            assert!(plan.is_empty() && plan.findings.is_empty(), "{what}: {plan:#?}");
        }
    }
}

#[test]
fn what_is_kept_stale_on_purpose_is_named_option_by_option() {
    let more: [Row; 2] = [
        (
            "tmpfs",
            |it| {
                it.container.tmpfs = vec![String::from("/t").into()].into();
                it.spec.tmpfs = vec!["/t".into()];
            },
            plan::Disruption::None,
        ),
        ("forwardPorts", |it| forwards(it, &[9000]), plan::Disruption::Firewall),
    ];
    for not_by_mode in [false, true] {
        let host = MemoryHost::new();
        let mut record = wanted("a", "/nix/store/1-a", 11, 8080);
        record.container.restart_if_changed = (!not_by_mode).into();
        switch(&host, &generation(vec![record.clone()]), RestartMode::Auto);
        let mode = if not_by_mode { RestartMode::Auto } else { RestartMode::Never };
        let mut stale: Vec<String> = Vec::new();
        for (what, change, cost) in LIVE.into_iter().chain(more) {
            if what.starts_with("restartIfChanged") {
                continue;
            }
            change(&mut record);
            let generation = generation(vec![record.clone()]);
            let has_cost = switch(&host, &generation, mode);
            let waits = cost > plan::Disruption::Firewall || what == "tmpfs";
            if waits {
                stale.push(if what == "bindMounts" { "bindMounts.\"/data\"".to_owned() } else { what.to_owned() });
                stale.sort();
            }
            assert!(has_cost <= Some(plan::Disruption::Firewall), "{what}");
            let snapshot = host.snapshot().expect("it is in memory");
            let container = &snapshot.containers[&name()];
            // What needs no restart is applied, whatever else is pending.
            let acts = container.acts_as().expect("it runs");
            assert_eq!(acts.container.forward_ports, record.container.forward_ports, "{what}");
            assert_eq!(acts.spec.timeout_start, record.spec.timeout_start, "{what}");
            let standing = standing::of(&name(), &snapshot, &standing::missing_forwards(&snapshot));
            let expected =
                (!stale.is_empty()).then(|| format!("keeps its former {} until it is restarted", stale.join(", ")));
            assert_eq!(standing, Vec::from_iter(expected), "{what}");
            let again = planned_with(&host, &generation, mode);
            assert!(again.is_empty(), "{what}: {again:#?}");
            let said: Vec<_> = again.findings.iter().map(|finding| finding.message.clone()).collect();
            let expected =
                (!stale.is_empty()).then(|| format!("`a` keeps running with its former {}", stale.join(", ")));
            assert_eq!(said, Vec::from_iter(expected), "{what}");
        }
        host.stop(&name()).expect("stopped");
        host.start(&name()).expect("started");
        let snapshot = host.snapshot().expect("it is in memory");
        let standing = standing::of(&name(), &snapshot, &standing::missing_forwards(&snapshot));
        assert_eq!(standing, [] as [String; 0], "a start brings all of it");
    }
}

#[test]
fn a_repair_that_is_not_allowed_is_said_as_what_it_is() {
    let host = MemoryHost::new();
    let generation = generation(vec![wanted("a", "/nix/store/1-a", 11, 8080)]);
    switch(&host, &generation, RestartMode::Auto);
    host.state().interfaces.remove("ve-a");
    let plan = planned_with(&host, &generation, RestartMode::Never);
    let said: Vec<_> = plan.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(
        said,
        ["`a`: its interface on the host is gone", "`a`: its interface on the host is gone; not repaired"]
    );
}

#[test]
fn a_change_that_fails_later_does_not_bring_former_forwards_back() {
    let host = MemoryHost::new();
    let mut record = ephemeral(wanted("a", "/nix/store/1-a", 11, 8080));
    switch(&host, &generation(vec![record.clone()]), RestartMode::Auto);
    forwards(&mut record, &[8081]);
    let good = generation(vec![record.clone()]);
    switch(&host, &good, RestartMode::Auto);
    host.state().broken.insert("/nix/store/2-a".into());
    system(&mut record, "/nix/store/2-a");
    let (report, events) = apply(&host, &generation(vec![record]), 1);
    assert!(!report.is_complete() && events.contains(&"restored a".to_owned()), "{events:#?}");
    let plan = planned(&host, &good);
    assert!(plan.is_empty(), "{plan:#?}");
}

#[test]
fn a_forward_that_is_not_in_the_kernel_is_shown_with_its_container() {
    let host = MemoryHost::new();
    switch(&host, &generation(vec![wanted("a", "/nix/store/1-a", 11, 8080)]), RestartMode::Auto);
    host.state().rules = None;
    let snapshot = host.snapshot().expect("it is in memory");
    let standing = standing::of(&name(), &snapshot, &standing::missing_forwards(&snapshot));
    assert_eq!(standing, ["no rule forwards tcp:8080"]);
}

#[test]
fn exactly_the_options_that_touch_no_guest_act_as_soon_as_they_are_written() {
    let host = MemoryHost::new();
    let record = wanted("a", "/nix/store/1-a", 11, 8080);
    switch(&host, &generation(vec![record]), RestartMode::Auto);
    let snapshot = host.snapshot().expect("it is in memory");
    let mut container = snapshot.containers[&name()].clone();
    // Another value for every option: the default, for a container in which each option differs from it.
    let other = serde_json::json!({
        "additionalCapabilities": ["CAP_X"], "allowedDevices": [{"node": "/dev/x", "modifier": "r"}],
        "autoStart": false, "bindMounts": {"/x": {"mountPoint": "/x", "hostPath": null, "isReadOnly": true}},
        "copyResolvConf": false, "dropCapabilities": ["CAP_X"], "enableTun": true, "ephemeral": true,
        "extraFlags": ["-x"], "extraVeths": {"x": {"forwardPorts": [], "hostAddress": null, "hostAddress6": null,
        "hostBridge": null, "localAddress": null, "localAddress6": null, "localMacAddress": null}}, "flake": "x",
        "interfaces": ["x"], "macvlans": ["x"], "networkNamespace": "/x", "path": "/nix/store/9-x",
        "privateNetwork": false, "privateUsers": "pick", "restartIfChanged": false, "timeoutStartSec": "9min",
        "tmpfs": ["/x"], "forwardPorts": [], "hostAddress": "10.0.0.9", "hostAddress6": "fd00::9",
        "hostBridge": "x", "localAddress": "10.0.0.8", "localAddress6": "fd00::8", "localMacAddress": "02:00:00:00:00:09",
    });
    for option in ContainerOption::ALL {
        let booted = container.booted.clone().expect("it runs");
        let mut json = serde_json::to_value(&booted.container).expect("JSON");
        json[option.name()] = other[option.name()].clone();
        let written = Record { container: serde_json::from_value(json).expect("a container"), ..booted.clone() };
        assert_ne!(written.container, booted.container, "{}", option.name());
        let cost = plan::cost::Row::of(option.effect(), plan::cost::Situation::default()).cost();
        let acts = if cost <= plan::Disruption::Firewall { written.container.clone() } else { booted.container };
        container.written = Some(written);
        assert_eq!(container.acts_as().expect("it runs").container, acts, "{}", option.name());
    }
}

fn inhibited(value: &str) -> GuestSystem {
    GuestSystem { inhibitors: [("dbus".to_owned(), value.to_owned())].into(), ..GuestSystem::default() }
}

#[test]
fn a_guest_that_cannot_switch_is_restarted_and_that_is_said_first() {
    let host = MemoryHost::new();
    let [one, two, three] = ["/nix/store/1-a", "/nix/store/2-a", "/nix/store/3-a"];
    host.state().guest_systems.insert(one.into(), inhibited("dbus"));
    host.state().guest_systems.insert(two.into(), inhibited("broker"));
    let disabled = GuestSystem { can_switch: false, ..GuestSystem::default() };
    host.state().guest_systems.insert(three.into(), disabled);
    let to = |system: &str| generation(vec![wanted("a", system, 11, 8080)]);
    applied(&host, &to(one));
    let why = "restart wanted a: the switch inhibitor `dbus` changes from `dbus` to `broker`";
    assert_eq!(applied(&host, &to(two))[..2], ["update-unit a", why]);
    assert_eq!(systems(&host), ["a=/nix/store/2-a"]);
    let why = "restart wanted a: its new system has no `switch-to-configuration` (`system.switch.enable` is false)";
    assert_eq!(applied(&host, &to(three))[..2], ["update-unit a", why]);
    assert_eq!(systems(&host), ["a=/nix/store/3-a"]);
}

#[test]
fn a_failed_switch_goes_back_to_exactly_what_the_guest_ran() {
    let host = MemoryHost::new();
    let to = |system: &str| generation(vec![wanted("a", system, 11, 8080)]);
    applied(&host, &to("/nix/store/1-a"));
    // Somebody switched it from inside.
    host.state().strayed.insert(name(), "/nix/store/inside".into());
    host.state().broken.insert("/nix/store/2-a".into());
    let (report, events) = apply(&host, &to("/nix/store/2-a"), 1);
    assert!(!report.is_complete() && events.contains(&"restored a".to_owned()), "{events:#?}");
    assert_eq!(systems(&host), ["a=/nix/store/inside"]);
    let error = report.failed[0].1.to_string();
    assert_eq!(error, "`a` could not switch to /nix/store/2-a: its `switch-to-configuration` ended with 1");
}

#[test]
fn a_guest_that_cannot_switch_back_is_restarted() {
    for is_broken in [false, true] {
        let host = MemoryHost::new();
        let (former, new) = ("/nix/store/1-a", "/nix/store/2-a");
        let to = |system: &str| generation(vec![wanted("a", system, 11, 8080)]);
        applied(&host, &to(former));
        host.state().broken.insert(new.into());
        if is_broken {
            host.state().fails_to_switch.insert(former.into());
        } else {
            host.state().needs_restart.insert(former.into());
        }
        let (report, events) = apply(&host, &to(new), 1);
        assert!(!report.is_complete() && events.contains(&"restored a".to_owned()), "{events:#?}");
        assert_eq!(events.iter().any(|event| event.starts_with("restart wanted a")), !is_broken, "{events:#?}");
        assert_eq!(systems(&host), ["a=/nix/store/1-a"]);
        assert_eq!(host.state().starts[&name()], 2, "it was restarted");
    }
}

#[test]
fn what_a_guest_removed_from_its_interfaces_comes_back_while_it_runs() {
    let host = MemoryHost::new();
    let wanted = generation(vec![wanted("a", "/nix/store/1-a", 11, 8080)]);
    switch(&host, &wanted, RestartMode::Auto);
    host.state().lost_networks.insert(name());
    let snapshot = host.snapshot().expect("it is in memory");
    let standing = standing::of(&name(), &snapshot, &standing::missing_forwards(&snapshot));
    assert_eq!(standing, ["its guest has lost an address or a route"]);
    assert_eq!(switch(&host, &wanted, RestartMode::Auto), Some(plan::Disruption::Reload));
    assert_eq!(host.state().starts[&name()], 1);
    assert!(planned(&host, &wanted).is_empty());
}
