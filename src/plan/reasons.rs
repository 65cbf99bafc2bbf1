//! Why a container is not what it is to be, option by option, each with its cost.
//!
//! Invariants:
//! - Equal versions give no reason, and versions that differ, or may, give at least one.
//! - What is secret in a guest stands in no reason ([`super::redact`]).

use std::borrow::Cow;

use serde_json::Value;

use super::cost::{ContainerOption, Disruption, Row, Situation};
use super::diff::{self, Difference};
use super::state_view::{GuestOptions, GuestView, Version};
use super::{Reason, option, redact};
use crate::model::{MayBeUnknown as _, Position, PrivateUsers};

/// Under which name the guest's options stand in reasons, as they do in a configuration.
const GUEST: &str = "config";

/// A container appears or goes as a whole.
pub(super) fn whole(before: Option<&Version>, after: Option<&Version>, disruption: Disruption) -> Reason {
    let options = |version: Option<&Version>| version.map(Version::options).unwrap_or_default();
    let position = |version: Option<&Version>| version.and_then(|version| version.places.position(&[]));
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

/// Whether both guests come from the same inputs, so that they are the same system.
pub(super) fn is_same_guest(before: &Version, after: &Version) -> bool {
    before.guest_key.is_some() && before.guest_key == after.guest_key
}

/// Why `before` is not `after`.
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
    // The same guest, whether or not Nix has been asked for its path yet; or one whose options say what is different.
    if ignores_path || (has_unknown_path && guest.explain) {
        for side in [&mut old, &mut new] {
            side.as_object_mut().and_then(|options| options.remove("path"));
        }
    }
    let situation = Situation {
        ephemeral: before.is_ephemeral() || after.is_ephemeral(),
        private_users: after.container.private_users.known().is_none_or(PrivateUsers::are_private),
        added: false,
        keeps_link: before.has_link() && after.has_link(),
    };
    let reason = |difference: Difference| {
        let name = difference.path.first().map(String::as_str).unwrap_or_default();
        let added = difference.added && difference.path.len() == 2;
        let option = if name == GUEST { Some(ContainerOption::Path) } else { ContainerOption::named(name) };
        let row = option.map_or(Row::Other, |option| Row::of(option, Situation { added, ..situation }));
        // What was not there had no place, whatever is around it.
        let old_position = place(before, old_guest.as_ref(), &difference.path).filter(|_| !difference.added);
        let new_position = place(after, new_guest.as_ref(), &difference.path).filter(|_| !difference.removed);
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

/// Whether an option that is not known, or one around it, is the same expression over the same inputs on both sides.
fn is_same_value(before: &Version, after: &Version, path: &[String]) -> bool {
    (1..=path.len()).rev().any(|length| {
        let option = &path[..length];
        let (before, after) = (before.unknown_keys.get(option), after.unknown_keys.get(option));
        before.is_some() && before == after
    })
}

/// Where an option is set; one of the guest inside of its configuration, the system where that is as a whole.
fn place(version: &Version, said: Option<&GuestView>, path: &[String]) -> Option<Position> {
    let guest = match (path, said) {
        ([first, inside @ ..], Some(said)) if first == GUEST => said.places.position(inside),
        _ => None,
    };
    let whole = || version.places.position(&[GUEST.to_owned()]).filter(|_| path == ["path"]);
    guest.or_else(|| version.places.position(path)).or_else(whole)
}

/// What differs inside of two guests.
#[derive(Default)]
struct GuestDifferences {
    found: Vec<Difference>,
    /// Whether that is why they are two.
    explain: bool,
}

/// What differs inside the guests, as far as their configurations are evaluated here; secrets blotted out.
///
/// A side that was kept is without its secrets. Where nothing else differs, it may be any of those, until it is `unbuilt`
/// no more.
fn guest_differences(old: &GuestView, new: &GuestView, unbuilt: bool) -> GuestDifferences {
    let (blots, new_blots) = (redact::blots(&old.options), redact::blots(&new.options));
    let (mut old, mut new) = (Cow::Borrowed(&*old.options), Cow::Borrowed(&*new.options));
    if !blots.is_empty() {
        redact::all(new.to_mut());
    }
    if !new_blots.is_empty() {
        redact::all(old.to_mut());
    }
    let mut found = diff::leaf_differences(&old, &new);
    // What is unknown on both sides says nothing: it may well be the same.
    found.retain(|difference| !(diff::is_unknown(&difference.before) && diff::is_unknown(&difference.after)));
    found.iter_mut().for_each(redact::redact);
    let explain = !found.is_empty();
    if !explain && unbuilt {
        let on_both = blots.union(&new_blots).filter(|path| lookup(&old, path) == lookup(&new, path));
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
    /// Whether nothing is unknown and all is the same, which for most containers is all that has to be found out.
    fn is_plainly(&self, other: &Self, ignores_path: bool) -> bool {
        if ignores_path {
            self.container.is_same_but_for_path(&other.container)
        } else {
            self.container == other.container && !self.container.has_unknown()
        }
    }
}
