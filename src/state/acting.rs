//! Which record a running container acts as: the one answer to "what runs?" for plan, apply and `status`.
//!
//! Takes: the record that a container booted with (or was reloaded to), and the one written since. Gives: the
//! [`Record`] that describes the container now.
//!
//! Invariants:
//! - Options that take effect without touching the guest are taken from the written record, all others from the booted
//!   one. Neither is copied into the other file, so a run that is killed between the two writes leaves no
//!   contradiction.
//! - The options taken from the written record are those whose change costs at most `firewall` (a test in `plan::cost`
//!   keeps the two lists equal).

use std::borrow::Cow;

use super::{ObservedContainer, Record};
use crate::model::settings::{Setting, Settings};
use crate::model::spec::{Forward, Network, OwnForward};
use crate::model::{Effect, Positions};

/// The options that take effect without touching the guest.
const LIVE: [&str; 4] = ["autoStart", "timeoutStartSec", "restartIfChanged", "forwardPorts"];

impl ObservedContainer {
    /// The record that the container acts as; `None` if it does not run, or if the record that it booted with is
    /// unknown.
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

/// Whether the live options of `booted` are those of `written`.
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
    booted.spec.unit == written.spec.unit
        && booted.spec.health == written.spec.health
        && booted.spec.new_sources == written.spec.new_sources
        && live_settings(&booted.settings).eq(live_settings(&written.settings))
        && booted.container.forward_ports == written.container.forward_ports
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
    acting.spec.unit = written.spec.unit.clone();
    acting.spec.health = written.spec.health.clone();
    acting.spec.new_sources = written.spec.new_sources.clone();
    acting.settings.retain(|option, _| !is_live(option));
    let settings = live_settings(&written.settings);
    acting.settings.extend(settings.map(|(option, value)| (option.clone(), value.clone())));
    // If the kind of network changes, there is no interface yet that a forward could use.
    if let (Network::Private(into), Network::Private(from)) = (&mut acting.spec.network, &written.spec.network) {
        into.forwards = from.forwards.clone();
        into.own_forwards = from.own_forwards.clone();
    }
    acting.positions.retain(|option, _| !is_live(option));
    acting
        .positions
        .extend(live_positions(&written.positions).map(|(option, position)| (option.clone(), position.clone())));
    acting
}

fn forwards(record: &Record) -> (&[Forward], &[OwnForward]) {
    match &record.spec.network {
        Network::Private(private) => (&private.forwards, &private.own_forwards),
        Network::Host | Network::Named(_) => (&[], &[]),
    }
}

fn live_settings(settings: &Settings) -> impl Iterator<Item = (&String, &serde_json::Value)> {
    settings.iter().filter(|(option, _)| is_live(option))
}

fn live_positions(positions: &Positions) -> impl Iterator<Item = (&String, &crate::model::Position)> {
    positions.iter().filter(|(option, _)| is_live(option))
}

/// Whether the option at this path is a live one, or lies inside one.
fn is_live(option: &str) -> bool {
    let is_live = |setting: &&Setting| matches!(setting.effect(), Effect::NextStart | Effect::Rules);
    let settings = Setting::ALL.iter().filter(is_live).map(|setting| setting.name());
    LIVE.into_iter()
        .chain(settings)
        .any(|name| option.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}
