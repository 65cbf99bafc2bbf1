//! Details of containers that plans do not need, for `status`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{guest, last_words, systemd};
use crate::model::ContainerName;
use crate::state::{ActiveState, Health, Machine, ObservedContainer, Snapshot};

/// How many guests are asked at the same time: most of that time is spent waiting for answers.
const AT_ONCE: usize = 32;

/// The health of the running guests according to their own systemds; guests that do not answer are left out.
pub(crate) fn healths(snapshot: &Snapshot) -> BTreeMap<ContainerName, Health> {
    let machines =
        snapshot.containers.iter().filter_map(|(name, container)| Some((name, container.machine.as_ref()?)));
    let machines: Vec<_> = machines.collect();
    let stage = tracing::Span::current();
    let ask = |(name, machine): &(&ContainerName, &Machine)| {
        let _span = tracing::error_span!(parent: &stage, "health", container = name.as_str()).entered();
        Some(((*name).clone(), guest::health(machine, Duration::ZERO)?))
    };
    let mut healths = BTreeMap::new();
    for some in machines.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let asked: Vec<_> = some.iter().map(|one| scope.spawn(move || ask(one))).collect();
            healths.extend(asked.into_iter().filter_map(|asked| asked.join().ok().flatten()));
        });
    }
    healths
}

/// Why stopped containers have failed: from systemd if it knows, otherwise from the note of a failed start.
pub(crate) fn failures(snapshot: &Snapshot) -> BTreeMap<ContainerName, String> {
    let is = |container: &ObservedContainer, wanted: ActiveState| {
        container.unit.as_ref().is_some_and(|unit| unit.active == wanted)
    };
    let (mut failures, mut to_ask) = (BTreeMap::new(), Vec::new());
    for (name, container) in &snapshot.containers {
        if is(container, ActiveState::Failed) {
            to_ask.push(name);
        } else if is(container, ActiveState::Inactive) {
            failures.extend(last_words::failed_start(name).map(|reason| (name.clone(), reason)));
        }
    }
    let units: Vec<_> = to_ask.iter().map(|name| name.unit()).collect();
    let accounts = if units.is_empty() { Ok(Vec::new()) } else { systemd::accounts(&units) };
    for (name, account) in to_ask.into_iter().zip(accounts.unwrap_or_default()) {
        let own = format!("{}: ", name.unit());
        let words: Vec<_> = account.iter().map(|line| line.strip_prefix(&own).unwrap_or(line)).collect();
        failures.insert(name.clone(), words.join("; "));
    }
    failures
}
