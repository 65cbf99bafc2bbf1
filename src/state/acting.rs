//! What a running container acts as: the one answer to "what runs?", for plan, apply and `status` alike.
//!
//! Takes: the record that a container booted with (or was reloaded to), and the one that was written since. Gives: the
//! [`Record`] that describes it at this moment.
//!
//! Invariants:
//! - An option that takes effect without touching the guest is taken from what was written; every other one from what was
//!   booted. Neither is copied into the other file, so a run that is killed between the two leaves nothing that disagrees.
//! - The options taken from what was written are those whose change costs at most `firewall` (a test of `plan::cost` holds
//!   them together).

use std::borrow::Cow;

use super::{ObservedContainer, Record};
use crate::model::Positions;
use crate::model::spec::Network;

/// The options that take effect without touching the guest.
const LIVE: [&str; 4] = ["autoStart", "timeoutStartSec", "restartIfChanged", "forwardPorts"];

impl ObservedContainer {
    /// What the container acts as while it runs; `None` where it does not run, or where what it booted with is not known.
    pub fn acts_as(&self) -> Option<Cow<'_, Record>> {
        let booted = self.booted.as_ref()?;
        let Some(written) = &self.written else { return Some(Cow::Borrowed(booted)) };
        Some(if is_same(booted, written) {
            Cow::Borrowed(booted)
        } else {
            Cow::Owned(with_live_options(booted.clone(), written))
        })
    }
}

/// Whether `booted` has the live options that were written.
fn is_same(booted: &Record, written: &Record) -> bool {
    let options = |record: &Record| {
        let container = &record.container;
        let container = (
            container.auto_start.clone(),
            container.timeout_start_sec.clone(),
            container.restart_if_changed.clone(),
        );
        (container, record.spec.auto_start, record.spec.timeout_start.clone())
    };
    booted.container.forward_ports == written.container.forward_ports
        && forwards(booted) == forwards(written)
        && options(booted) == options(written)
        && live_positions(&booted.positions).eq(live_positions(&written.positions))
}

fn with_live_options(mut acting: Record, written: &Record) -> Record {
    let (into, from) = (&mut acting.container, &written.container);
    into.auto_start = from.auto_start.clone();
    into.timeout_start_sec = from.timeout_start_sec.clone();
    into.restart_if_changed = from.restart_if_changed.clone();
    into.forward_ports = from.forward_ports.clone();
    acting.spec.auto_start = written.spec.auto_start;
    acting.spec.timeout_start = written.spec.timeout_start.clone();
    // Between two kinds of network there is no link that a forward could lead through.
    if let (Network::Private(into), Network::Private(from)) = (&mut acting.spec.network, &written.spec.network) {
        into.forwards = from.forwards.clone();
    }
    acting.positions.retain(|option, _| !is_live(option));
    acting
        .positions
        .extend(live_positions(&written.positions).map(|(option, position)| (option.clone(), position.clone())));
    acting
}

fn forwards(record: &Record) -> &[crate::model::spec::Forward] {
    match &record.spec.network {
        Network::Private(private) => &private.forwards,
        Network::Host | Network::Named(_) => &[],
    }
}

fn live_positions(positions: &Positions) -> impl Iterator<Item = (&String, &crate::model::Position)> {
    positions.iter().filter(|(option, _)| is_live(option))
}

/// Whether the option at this path is one of them, or inside of one.
fn is_live(option: &str) -> bool {
    LIVE.iter().any(|name| option.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}
