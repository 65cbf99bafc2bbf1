//! Whether a running guest can switch to its new system, as far as that is known before it tries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::change::Reason;
use super::cost::{Disruption, Row};
use super::reasons::{GUEST, is_same_guest};
use super::state_view::StateView;
use super::version::{GuestOptions, Version};
use crate::state::{GuestSystem, NoSwitch};

/// The systems that running containers may switch from and to, if they are built.
pub fn switched_systems(from: &StateView, to: &StateView) -> BTreeSet<PathBuf> {
    let pairs = from.containers.iter().filter_map(|(name, is)| {
        let wanted = to.containers.get(name)?.written.as_ref()?;
        let is = is.attempted.as_ref().or(is.running.as_ref())?;
        (!wanted.is_ephemeral() && system(is) != system(wanted)).then_some([system(is), system(wanted)])
    });
    pairs.flatten().flatten().map(Path::to_owned).collect()
}

/// Why a guest that runs as `is` cannot switch to the system of `wanted`.
///
/// `systems` has the facts about the systems that are built. For those that are not, the guest's options tell what they
/// can.
pub(super) fn obstacle(
    is: &Version,
    wanted: &Version,
    systems: &BTreeMap<PathBuf, GuestSystem>,
) -> Option<NoSwitch> {
    let (from, to) = (system(is), system(wanted));
    let is_same = if from.is_some() && to.is_some() { from == to } else { is_same_guest(is, wanted) };
    if is_same {
        return None;
    }
    let facts = |version: &Version| match system(version).and_then(|system| systems.get(system)) {
        Some(built) => Some(built.clone()),
        None => evaluated(version.guest.as_ref()?),
    };
    facts(wanted)?.obstacle(facts(is).as_ref())
}

/// Gives the reasons for another system the cost of a restart.
pub(super) fn raise(reasons: &mut [Reason]) {
    let of_guest = |reason: &&mut Reason| {
        let first = reason.option.split('.').next().unwrap_or_default();
        reason.disruption == Disruption::Reload && (first == GUEST || first == "path")
    };
    reasons.iter_mut().filter(of_guest).for_each(|reason| reason.disruption = Row::GuestNotInPlace.cost());
}

fn system<'a>(version: &'a Version) -> Option<&'a Path> {
    version.container.path.known().map(Path::new)
}

/// What the options of a guest say about its system.
fn evaluated(guest: &GuestOptions) -> Option<GuestSystem> {
    let view = guest.open()?;
    let switch = view.options.get("system")?.get("switch")?;
    let inhibitors = switch.get("inhibitors").and_then(Value::as_object).into_iter().flatten();
    let inhibitors = inhibitors.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let can_switch = switch.get("enable").and_then(Value::as_bool).unwrap_or(true);
    Some(GuestSystem { can_switch, inhibitors: inhibitors.collect() })
}
