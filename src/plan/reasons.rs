//! Compares two versions of a container option by option, and gives each difference its cost.
//!
//! Invariants:
//! - Equal versions give no reason. Versions that differ, or may differ, give at least one.
//! - No reason contains a secret of a guest ([`super::redact`]).

use std::borrow::Cow;

use serde_json::Value;

use super::change::Reason;
use super::cost::{Disruption, Row, Situation};
use super::diff::{self, Difference};
use super::version::{GuestOptions, GuestView, Version};
use super::{option, redact};
use crate::model::settings::Setting;
use crate::model::{ContainerOption, MayBeUnknown as _, Position, PrivateUsers};

/// The first name in the path of a guest's option, as in a configuration.
pub(super) const GUEST: &str = "config";

/// The reason for adding or removing a container as a whole.
pub(super) fn whole(before: Option<&Version>, after: Option<&Version>, disruption: Disruption) -> Reason {
    let options = |version: Option<&Version>| version.map(Version::options).unwrap_or_default();
    let position = |version: Option<&Version>| version.and_then(|version| version.locations.position(&[]));
    let (old_position, new_position) = (position(before), position(after));
    Reason {
        option: String::new(),
        before: options(before),
        after: options(after),
        position: new_position.or_else(|| old_position.clone()),
        old_position,
        may: false,
        disruption,
    }
}

/// Whether both guests are built from the same inputs, and so are the same system.
pub(super) fn is_same_guest(before: &Version, after: &Version) -> bool {
    before.guest_key.is_some() && before.guest_key == after.guest_key
}

/// The reasons why `before` differs from `after`.
pub(super) fn reasons(before: &Version, after: &Version) -> Vec<Reason> {
    let same_inputs = is_same_guest(before, after);
    let has_unknown_path = before.container.path.known().is_none() || after.container.path.known().is_none();
    let ignores_path = same_inputs && has_unknown_path;
    if before.is_plainly(after, ignores_path) {
        return Vec::new();
    }
    let (mut old, mut new) = (before.options(), after.options());
    let is_other_guest = !same_inputs && (has_unknown_path || before.container.path != after.container.path);
    let [old_guest, new_guest] = [before, after]
        .map(|version| version.guest.as_ref().filter(|_| is_other_guest).and_then(GuestOptions::open));
    let guest = match (&old_guest, &new_guest) {
        (Some(old), Some(new)) => guest_differences(old, new, has_unknown_path),
        _ => GuestDifferences::default(),
    };
    // Leave out `path` if the guest is the same, even if Nix has not given its path yet, or if the guest's own options already
    // show the difference.
    if ignores_path || (has_unknown_path && guest.explain) {
        for side in [&mut old, &mut new] {
            side.as_object_mut().and_then(|options| options.remove("path"));
        }
    }
    let situation = Situation {
        ephemeral: before.is_ephemeral() || after.is_ephemeral(),
        private_users: after.container.private_users.known().is_none_or(PrivateUsers::are_private),
        added: false,
        keeps_interface: before.has_interface() && after.has_interface(),
    };
    let reason = |difference: Difference| {
        let name = difference.path.first().map(String::as_str).unwrap_or_default();
        let added = difference.added && difference.path.len() == 2;
        let option = if name == GUEST { Some(ContainerOption::Path) } else { ContainerOption::named(name) };
        let effect = option.map(ContainerOption::effect).or_else(|| Setting::named(name).map(Setting::effect));
        let row = effect.map_or(Row::Other, |effect| Row::of(effect, Situation { added, ..situation }));
        // `position` falls back to the attribute around an option, which must not stand in for an added or removed one.
        let old_position = position(before, old_guest.as_ref(), &difference.path).filter(|_| !difference.added);
        let new_position = position(after, new_guest.as_ref(), &difference.path).filter(|_| !difference.removed);
        let option = option::path(&difference.path);
        let Difference { before, after, may, .. } = difference;
        Reason {
            option,
            before,
            after,
            position: new_position.or_else(|| old_position.clone()),
            old_position,
            may,
            disruption: row.cost(),
        }
    };
    let is_same = |path: &[String]| is_same_value(before, after, path);
    diff::differences(&old, &new, same_inputs, &is_same).into_iter().chain(guest.found).map(reason).collect()
}

/// Whether an unknown option, or one that contains it, is the same expression over the same inputs on both sides.
fn is_same_value(before: &Version, after: &Version, path: &[String]) -> bool {
    (1..=path.len()).rev().any(|length| {
        let option = &path[..length];
        let (before, after) = (before.unknown_keys.get(option), after.unknown_keys.get(option));
        before.is_some() && before == after
    })
}

/// Where an option is set. For an option of the guest, that is inside `config`; for `path`, it is `config` as a whole.
fn position(version: &Version, guest: Option<&GuestView>, path: &[String]) -> Option<Position> {
    let guest = match (path, guest) {
        ([first, inside @ ..], Some(guest)) if first == GUEST => guest.locations.position(inside),
        _ => None,
    };
    let whole = || version.locations.position(&[GUEST.to_owned()]).filter(|_| path == ["path"]);
    guest.or_else(|| version.position(path)).or_else(whole)
}

/// The differences between the options of two guests.
#[derive(Default)]
struct GuestDifferences {
    found: Vec<Difference>,
    /// Whether these differences explain why the guests differ.
    explain: bool,
}

/// Compares the options of two guests, as far as they were evaluated here, and redacts secrets.
///
/// A guest read from a generation has no secrets left to compare. If nothing else differs and the guest is `unbuilt`, each
/// redacted option may be the one that changed.
fn guest_differences(old: &GuestView, new: &GuestView, unbuilt: bool) -> GuestDifferences {
    let (old_redacted, new_redacted) = (redact::redacted_paths(&old.options), redact::redacted_paths(&new.options));
    let (mut old, mut new) = (Cow::Borrowed(&*old.options), Cow::Borrowed(&*new.options));
    if !old_redacted.is_empty() {
        redact::all(new.to_mut());
    }
    if !new_redacted.is_empty() {
        redact::all(old.to_mut());
    }
    let mut found = diff::leaf_differences(&old, &new);
    // An option that is unknown on both sides explains nothing: it may well be equal.
    found.retain(|difference| !(diff::is_unknown(&difference.before) && diff::is_unknown(&difference.after)));
    found.iter_mut().for_each(Difference::redact);
    let explain = !found.is_empty();
    if !explain && unbuilt {
        let on_both = old_redacted.union(&new_redacted).filter(|path| lookup(&old, path) == lookup(&new, path));
        found.extend(on_both.map(|path| Difference {
            path: path.clone(),
            before: lookup(&old, path).cloned().unwrap_or_default(),
            after: lookup(&new, path).cloned().unwrap_or_default(),
            may: true,
            added: false,
            removed: false,
        }));
    }
    for difference in &mut found {
        difference.path.insert(0, GUEST.to_owned());
    }
    GuestDifferences { found, explain }
}

fn lookup<'a>(options: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(options, |options, name| options.get(name))
}

impl Version<'_> {
    /// Where one of its options is set, or one of ours for it.
    pub(super) fn position(&self, path: &[String]) -> Option<Position> {
        let is_ours = path.first().is_some_and(|name| Setting::named(name).is_some());
        let ours = self.settings_locations.as_ref().filter(|_| is_ours);
        ours.unwrap_or(&self.locations).position(path)
    }

    /// Whether nothing is unknown and everything is equal. A fast path, since most containers do not change.
    fn is_plainly(&self, other: &Self, ignores_path: bool) -> bool {
        if self.settings != other.settings || self.settings.values().any(diff::has_unknown) {
            return false;
        }
        if ignores_path {
            self.container.is_same_but_for_path(&other.container)
        } else {
            self.container == other.container && !self.container.has_unknown()
        }
    }
}
