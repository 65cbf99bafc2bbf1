//! Properties that hold for all plans, checked on random pairs of runnable configurations.

mod guests;
mod moments;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use container_rebuild::apply::Applier;
use container_rebuild::diag::Code;
use container_rebuild::host::memory::MemoryHost;
use container_rebuild::model::ContainerName;
use container_rebuild::model::spec::{Network, Private, Protocol};
use container_rebuild::plan::{
    self, Action, Change, Disruption, Options, OrderRequest, Plan, RestartMode, StateView,
};
use container_rebuild::state::Probe;
use petgraph::algo::{has_path_connecting, is_cyclic_directed};
use petgraph::graph::NodeIndex;
use proptest::prelude::*;
use serde_json::Value;
use world::{Evaluated, NAMES, by_key, name, two_worlds, world};

fn planned(before: &Evaluated, after: &Evaluated, options: &Options) -> Plan {
    plan::plan(&before.side(), &after.side(), options)
}

fn find(plan: &Plan, action: &Action) -> Option<NodeIndex> {
    plan.order.graph.node_indices().find(|node| plan.order.graph[*node] == *action)
}

/// Whether the plan has both steps, but the second does not wait for the first.
fn unordered(plan: &Plan, first: &Action, then: &Action) -> bool {
    match (find(plan, first), find(plan, then)) {
        (Some(first), Some(then)) => !has_path_connecting(&plan.order.graph, first, then, None),
        _ => false,
    }
}

/// Everything that is wrong with the order of a plan.
fn disorder(plan: &Plan, before: &Evaluated, after: &Evaluated) -> Vec<String> {
    let mut wrong = Vec::new();
    if is_cyclic_directed(&plan.order.graph) {
        wrong.push("a circle".to_owned());
    }
    let mut expect = |first: Action, then: Action| {
        if unordered(plan, &first, &then) {
            wrong.push(format!("{then:?} does not wait for {first:?}"));
        }
    };
    for this in NAMES.map(name) {
        let (stop, start) = (Action::Stop(this.clone()), Action::Start(this.clone()));
        let [create, update] = [Action::Create(this.clone()), Action::UpdateUnit(this.clone())];
        let [reload, remove] = [Action::Reload(this.clone()), Action::Remove(this.clone())];
        let (withdraw, rules) = (Action::Withdraw(this.clone()), Action::Firewall(Some(this.clone())));
        for (first, then) in [
            (&withdraw, &stop),
            (&withdraw, &update),
            (&withdraw, &reload),
            (&stop, &remove),
            (&stop, &update),
            (&stop, &start),
            (&create, &start),
            (&update, &start),
            (&update, &reload),
            (&create, &rules),
            (&update, &rules),
            (&start, &rules),
            (&reload, &rules),
            (&withdraw, &rules),
            (&withdraw, &remove),
        ] {
            expect(first.clone(), then.clone());
        }
        for step in [&withdraw, &stop, &create, &update, &start, &reload, &rules, &remove, &Action::Firewall(None)]
        {
            expect(Action::Build, step.clone());
        }
        for other in NAMES.map(name).into_iter().filter(|other| *other != this) {
            let lets_go = Action::Withdraw(other.clone());
            if !before.addresses(&other).is_disjoint(&after.addresses(&this)) {
                expect(Action::Stop(other.clone()), start.clone());
                expect(lets_go.clone(), start.clone());
                expect(lets_go.clone(), rules.clone());
            }
            if !before.ports(&other).is_disjoint(&after.ports(&this)) {
                let is_own = find(plan, &rules).is_some();
                expect(lets_go, if is_own { rules.clone() } else { Action::Firewall(None) });
            }
        }
    }
    // If a container stops or loses its address, its forwards are withdrawn first.
    for this in NAMES.map(name).into_iter().filter(|name| !before.ports(name).is_empty()) {
        let goes = find(plan, &Action::Stop(this.clone())).is_some()
            && (before.addresses(&this) != after.addresses(&this)
                || !before.ports(&this).is_subset(&after.ports(&this)));
        if goes && find(plan, &Action::Withdraw(this.clone())).is_none() {
            wrong.push(format!("{this} stops while ports lead to it that will not"));
        }
    }
    wrong
}

/// The most disruptive thing that the plan does to a container.
fn done(plan: &Plan, name: &ContainerName) -> Disruption {
    let has = |action: fn(ContainerName) -> Action| find(plan, &action(name.clone())).is_some();
    match (has(Action::Stop), has(Action::Start), has(Action::Remove), has(Action::Reload)) {
        (_, _, true, _) => Disruption::Stop,
        (true, true, ..) => Disruption::Restart,
        (true, false, ..) => Disruption::Stop,
        (_, _, _, true) => Disruption::Reload,
        _ => Disruption::None,
    }
}

fn touched(plan: &Plan) -> BTreeSet<Option<String>> {
    plan.changes.iter().map(|change| change.container.as_ref().map(ToString::to_string)).collect()
}

/// The old options, changed as the reasons say.
fn replayed(mut options: BTreeMap<String, Value>, changes: &[Change]) -> BTreeMap<String, Value> {
    for change in changes {
        let Some(name) = &change.container else { continue };
        for reason in &change.reasons {
            if reason.option.is_empty() {
                let mut after = reason.after.clone();
                if after.is_null() {
                    options.remove(name.as_str());
                } else {
                    by_key(&mut after);
                    options.insert(name.to_string(), after);
                }
                continue;
            }
            let mut place = options.get_mut(name.as_str()).expect("it was there");
            let names = names_of(&reason.option);
            let (last, around) = names.split_last().expect("a name");
            for name in around {
                place = &mut place[name.as_str()];
            }
            let set = place.as_object_mut().expect("a set");
            let is_element = match names[0].as_str() {
                "forwardPorts" | "bindMounts" => names.len() == 2,
                // Of the options of ours, only what is set is there.
                option => option == "forwards",
            };
            assert_eq!(set.get(last).unwrap_or(&Value::Null), &reason.before, "{}", reason.option);
            if reason.after.is_null() && is_element {
                set.remove(last);
            } else {
                set.insert(last.clone(), reason.after.clone());
            }
        }
    }
    options
}

/// The names of an option's path as printed in reasons; these names need no quotes.
fn names_of(option: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    for c in option.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => names.push(String::new()),
            c => names.last_mut().expect("one at least").push(c),
        }
    }
    names
}

/// Plans from the state of the host and applies the plan; returns whether it completed.
fn apply(host: &MemoryHost, wanted: &Evaluated, workers: usize) -> (Plan, bool) {
    let snapshot = host.snapshot().expect("it is in memory");
    let plan = plan::plan(&StateView::host(&snapshot), &wanted.side(), &Options::default());
    let report = Applier { host, at_once: workers, workers, stop: &|| false, watch: &|_| (), checks_health: true }
        .apply(&plan);
    (plan, report.is_complete())
}

fn modes() -> impl Strategy<Value = RestartMode> {
    prop_oneof![
        Just(RestartMode::Auto),
        Just(RestartMode::Reload),
        Just(RestartMode::Restart),
        Just(RestartMode::Never)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn from_a_configuration_to_itself_nothing_changes(world in world(), mode in modes()) {
        let options = Options { restart_mode: mode, ..Options::default() };
        for side in [Evaluated::new(&world), Evaluated::unbuilt(&world)] {
            let plan = planned(&side, &side, &options);
            prop_assert!(plan.is_empty(), "{:#?}", plan.changes);
            prop_assert_eq!(plan.order.nodes().count(), 0);
            prop_assert_eq!(plan.summary.unchanged, side.manifest.containers.len());
        }
    }

    #[test]
    fn the_reasons_lead_from_one_side_to_the_other((before, after) in two_worlds()) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let plan = planned(&before, &after, &Options::default());
        prop_assert_eq!(replayed(before.options(), &plan.changes), after.options());
    }

    #[test]
    fn a_host_to_which_the_plan_is_applied_is_what_was_wanted(
        (before, after) in two_worlds(),
        workers in 1..4_usize,
    ) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let host = MemoryHost::new();
        for wanted in [&before, &after] {
            let (plan, complete) = apply(&host, wanted, workers);
            prop_assert!(complete, "{:#?}", plan.order);
            prop_assert_eq!(disorder(&plan, &before, &after), Vec::<String>::new());
            let (again, _) = apply(&host, wanted, 1);
            // A container that must not restart stays stale, which the plan does not count as a change.
            prop_assert!(again.is_empty(), "{:#?}", again.changes);
            let state = host.state();
            let configured: BTreeSet<_> = wanted.manifest.containers.keys().cloned().collect();
            prop_assert_eq!(state.written.keys().cloned().collect::<BTreeSet<_>>(), configured.clone());
            prop_assert!(state.running.keys().all(|name| configured.contains(name)));
            for spec in &wanted.spec.containers {
                let runs = state.running.get(&spec.name);
                prop_assert!(!spec.auto_start || runs.is_some(), "{} does not run", spec.name);
                let container = &wanted.manifest.containers[&spec.name];
                if let Some(record) = runs.filter(|_| container.restart_if_changed.known() == Some(&true)) {
                    // These options take effect only at the next start or switch.
                    let mut expected = spec.clone();
                    expected.auto_start = record.spec.auto_start;
                    expected.timeout_start.clone_from(&record.spec.timeout_start);
                    if let Network::Private(wanted) = &mut expected.network {
                        (wanted.forwards, wanted.own_forwards) = match &record.spec.network {
                            Network::Private(Private { forwards, own_forwards, .. }) => {
                                (forwards.clone(), own_forwards.clone())
                            }
                            Network::Host | Network::Named(_) => (vec![], vec![]),
                        };
                    }
                    let mut actual = record.spec.clone();
                    for binds in [&mut actual.binds, &mut expected.binds] {
                        binds.sort_by(|a, b| a.mount.cmp(&b.mount));
                    }
                    prop_assert_eq!(&actual, &expected);
                }
            }
        }
    }

    #[test]
    fn the_way_back_touches_the_same_containers((before, after) in two_worlds()) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let there = planned(&before, &after, &Options::default());
        let back = planned(&after, &before, &Options::default());
        prop_assert_eq!(touched(&there), touched(&back));
        // A container that stays stale keeps its address, and another's forward to that address waits.
        let stale = [&there, &back].iter().any(|plan| plan.changes.iter().any(|change| change.stays_stale.is_some()));
        prop_assert!(stale || there.firewall.changed == back.firewall.changed, "{:#?}", (&there.firewall, &back.firewall));
        prop_assert_eq!(there.summary.create, back.summary.remove);
        prop_assert_eq!(there.summary.unchanged, back.summary.unchanged);
    }

    #[test]
    fn every_order_keeps_the_constraints_and_costs_what_it_says(
        (before, after) in two_worlds(),
        mode in modes(),
        unbuilt in any::<bool>(),
    ) {
        let evaluate = if unbuilt { Evaluated::unbuilt } else { Evaluated::new };
        let (before, after) = (evaluate(&before), evaluate(&after));
        let plan = planned(&before, &after, &Options { restart_mode: mode, ..Options::default() });
        prop_assert_eq!(disorder(&plan, &before, &after), Vec::<String>::new());
        let of_rules = |action: &Action| matches!(action, Action::Withdraw(_) | Action::Firewall(_));
        prop_assert_eq!(plan.order.nodes().any(|(_, action)| of_rules(action)), plan.firewall.changed);
        for this in NAMES.map(name) {
            let change = plan.changes.iter().find(|change| change.container.as_ref() == Some(&this));
            let said = change.map_or(Disruption::None, |change| change.disruption);
            prop_assert!(done(&plan, &this) <= said, "{this}: {said:?}, {:#?}", plan.order);
            prop_assert_eq!(done(&plan, &this) >= Disruption::Reload, said >= Disruption::Reload);
            let is_wiped = change.is_some_and(|change| change.wipes_root);
            let was_ephemeral = before.manifest.containers.get(&this).is_some_and(|c| c.ephemeral == true.into());
            let stops = find(&plan, &Action::Stop(this.clone())).is_some();
            prop_assert_eq!(is_wiped, was_ephemeral && stops, "{}", this);
            let builds = plan.builds.contains(&this);
            prop_assert_eq!(builds, unbuilt && change.is_some() && after.has(&this) && before.keys.get(&this) != after.keys.get(&this));
        }
    }

    #[test]
    fn others_are_left_alone((before, after) in two_worlds(), only in prop::sample::subsequence(&NAMES[..], 0..=NAMES.len())) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let only: BTreeSet<ContainerName> = only.into_iter().map(name).collect();
        let plan = planned(&before, &after, &Options { only: Some(only.clone()), ..Options::default() });
        let whole = planned(&before, &after, &Options::default());
        let covered = |change: &&Change| change.container.as_ref().is_some_and(|name| only.contains(name));
        let expected: Vec<&Change> = whole.changes.iter().filter(covered).collect();
        prop_assert_eq!(plan.changes.iter().collect::<Vec<_>>(), expected);
        prop_assert!(plan.order.nodes().filter_map(|(_, action)| action.container()).all(|name| only.contains(name)));
        // Each container's forwards are the old ones or the new ones, depending on whether `only` names it.
        let forwards = |plan: &Plan| -> BTreeSet<(String, Protocol, u16)> {
            let forwards = plan.firewall.ruleset.forwards();
            forwards.iter().map(|to| (to.container.to_string(), to.protocol, to.host_port)).collect()
        };
        let standing = forwards(&planned(&before, &before, &Options::default()));
        let mut wanted: BTreeSet<_> = standing.into_iter().filter(|(name, ..)| !only.iter().any(|only| only.as_str() == name)).collect();
        wanted.extend(forwards(&whole).into_iter().filter(|(name, ..)| only.iter().any(|only| only.as_str() == name)));
        let ports: BTreeSet<_> = wanted.iter().map(|(_, protocol, port)| (*protocol, *port)).collect();
        // Skip models in which a container outside `only` still holds a port or address that one of `only` wants.
        prop_assume!(ports.len() == wanted.len());
        let keep = NAMES.map(name).into_iter().filter(|name| !only.contains(name));
        let kept: BTreeSet<_> = keep.flat_map(|name| before.addresses(&name)).collect();
        prop_assume!(only.iter().all(|name| after.addresses(name).is_disjoint(&kept)));
        prop_assert_eq!(forwards(&plan), wanted);
    }
}

/// Random requests about the order of containers: each `first` starts before its `then`.
fn stated() -> impl Strategy<Value = Vec<OrderRequest>> {
    let pair = (0..NAMES.len(), 0..NAMES.len());
    prop::collection::vec(pair, 0..8).prop_map(|pairs| {
        let option = |(number, (first, then)): (usize, (usize, usize))| OrderRequest {
            first: name(NAMES[first]),
            then: name(NAMES[then]),
            option: format!("order.{number}"),
            position: None,
        };
        pairs.into_iter().enumerate().map(option).collect()
    })
}

/// The options of all requests that are part of a cycle, computed from the definition: `then` leads back to `first`.
fn circular(stated: &[OrderRequest], there: &BTreeSet<ContainerName>) -> BTreeSet<String> {
    let counts: Vec<&OrderRequest> =
        stated.iter().filter(|said| there.contains(&said.first) && there.contains(&said.then)).collect();
    let leads = |from: &ContainerName, to: &ContainerName| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(here) = next.pop() {
            if here == to {
                return true;
            }
            if seen.insert(here) {
                next.extend(counts.iter().filter(|said| said.first == *here).map(|said| &said.then));
            }
        }
        false
    };
    counts.iter().filter(|said| leads(&said.then, &said.first)).map(|said| said.option.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stated_about_the_order_holds_unless_it_is_a_circle_which_is_named(
        (before, after) in two_worlds(),
        stated in stated(),
    ) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let plan = planned(&before, &after, &Options { stated: stated.clone(), ..Options::default() });
        prop_assert_eq!(disorder(&plan, &before, &after), Vec::<String>::new());
        let starts: BTreeSet<_> = NAMES.map(name).into_iter().filter(|name| {
            [Action::Start(name.clone()), Action::Reload(name.clone())].iter().any(|action| find(&plan, action).is_some())
        }).collect();
        let stops: BTreeSet<_> =
            NAMES.map(name).into_iter().filter(|name| find(&plan, &Action::Stop(name.clone())).is_some()).collect();
        let circles: BTreeSet<_> = circular(&stated, &starts).union(&circular(&stated, &stops)).cloned().collect();
        let named: BTreeSet<String> = plan
            .findings
            .iter()
            .filter(|finding| finding.code == Code::OrderCycle)
            .flat_map(|finding| finding.help.as_deref().expect("what to do").split([' ', ',']))
            .filter(|word| word.starts_with("order."))
            .map(str::to_owned)
            .collect();
        prop_assert_eq!(&named, &circles, "{:#?}", plan.findings);
        prop_assert_eq!(plan.is_refused(), !circles.is_empty());
        for said in stated.iter().filter(|said| !circles.contains(&said.option)) {
            let start = |name: &ContainerName| {
                let start = Action::Start(name.clone());
                if find(&plan, &start).is_some() { start } else { Action::Reload(name.clone()) }
            };
            prop_assert!(!unordered(&plan, &start(&said.first), &start(&said.then)), "{said:?}");
            prop_assert!(!unordered(&plan, &Action::Stop(said.then.clone()), &Action::Stop(said.first.clone())), "{said:?}");
        }
    }
}
