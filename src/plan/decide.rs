//! Decides what happens to each container.
//!
//! Containers are decided one at a time; how their steps depend on each other is for [`super::graph`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use super::change::{Change, Reason, Stale, Target, Verb};
use super::cost::{Disruption, Row};
use super::drift::{self, Drift};
use super::finding::Finding;
use super::reasons::{is_same_guest, reasons, whole};
use super::request::{Options, RestartMode};
use super::state_view::StateView;
use super::switching;
use super::version::{Configured, Version};
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::model::settings::Setting;
use crate::render::paths;
use crate::source::Location;
use crate::state::{Owner, native};

/// The decisions about all containers.
#[derive(Debug, Default)]
pub(super) struct Decisions<'a> {
    pub(super) changes: Vec<Change>,
    /// The steps of each container that has any, with its versions before and after.
    pub(super) steps: BTreeMap<ContainerName, Steps<'a>>,
    pub(super) targets: BTreeMap<ContainerName, Target>,
    pub(super) unchanged: usize,
    /// Containers whose guests must be built first.
    pub(super) builds: BTreeSet<ContainerName>,
    pub(super) findings: Vec<Finding>,
}

/// The steps of one container.
#[derive(Debug, Default, Clone)]
pub(super) struct Steps<'a> {
    pub(super) stop: bool,
    pub(super) create: bool,
    pub(super) update_unit: bool,
    pub(super) start: bool,
    pub(super) reload: bool,
    pub(super) remove: bool,
    /// What it runs with, or what was last written for it.
    pub(super) before: Option<Rc<Version<'a>>>,
    /// What it is changed to.
    pub(super) after: Option<Rc<Version<'a>>>,
}

pub(super) fn decide<'a>(from: &StateView<'a>, to: &StateView<'a>, options: &Options) -> Decisions<'a> {
    let mut decisions = Decisions::default();
    let mut names: Vec<&ContainerName> = from.containers.keys().chain(to.containers.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().filter(|name| options.covers(name)) {
        let (is, wanted) = (from.containers.get(name), to.containers.get(name).and_then(|to| to.written.as_ref()));
        let kept_root = from.kept_roots.contains(name);
        let drift = is.into_iter().flat_map(|is| {
            let moved = if wanted.is_some() { is.moved_sources.as_slice() } else { &[] };
            drift::findings(name, &is.drift, moved)
        });
        decisions.findings.extend(drift.map(Finding::from));
        match (is, wanted) {
            (Some(Configured { mask: Some(mask), .. }), Some(wanted)) => {
                decisions.refuse_masked(name, mask, wanted)
            }
            (None, Some(wanted)) => decisions.create(name, wanted, kept_root),
            (Some(is), Some(wanted)) if is.owner == Owner::Ours => decisions.update(name, is, wanted, options),
            (Some(is), Some(wanted)) => decisions.leave(name, is, wanted),
            (Some(Configured { owner: Owner::Ours, mask: Some(mask), is_running: true, .. }), None) => {
                decisions.refuse_stop(name, mask);
            }
            (Some(is), None) if is.owner == Owner::Ours => decisions.remove(name, is, to.missing_modules),
            // Somebody else's container that the configuration does not mention: leave it alone.
            (Some(_) | None, None) => {}
        }
    }
    decisions.stop_dependents(from, to, options);
    if let Some(unknown) = &to.may_be_off {
        decisions.changes.iter_mut().for_each(|change| change.may = true);
        let message = format!(
            "whether there are containers at all is not known: `boot.enableContainers`: {}",
            unknown.reason
        );
        let location = Location { file: unknown.file.clone(), line: unknown.line, column: unknown.column };
        let note = Diagnostic::note(Code::UnknownValue, message);
        decisions.findings.push(if location.file.is_empty() { note } else { note.at_location(location) }.into());
    }
    decisions
}

impl<'a> Decisions<'a> {
    fn create(&mut self, name: &ContainerName, wanted: &Rc<Version<'a>>, kept_root: bool) {
        let auto_start = wanted.container.auto_start.known();
        let starts = auto_start == Some(&true);
        // An unknown `autoStart` may turn out true. Under an unknown `mkIf`, all options are unknown.
        let may = auto_start.is_none();
        let verbs = if starts || may { vec![Verb::Create, Verb::Start] } else { vec![Verb::Create] };
        let reason = Reason { may, ..whole(None, Some(wanted), Row::Appears.cost()) };
        let root = (kept_root && !wanted.is_ephemeral()).then(|| root_path(name));
        let steps = Steps { create: true, start: starts, after: Some(Rc::clone(wanted)), ..Steps::default() };
        self.push(
            name,
            steps,
            Change {
                may,
                keeps: root.into_iter().collect(),
                ..change(name, verbs, Row::Appears.cost(), vec![reason])
            },
        );
    }

    fn remove(&mut self, name: &ContainerName, is: &Configured<'a>, may: bool) {
        let verbs = if is.is_running { vec![Verb::Stop, Verb::Remove] } else { vec![Verb::Remove] };
        let before = is.running.as_ref().or(is.written.as_ref());
        let reason = Reason { may, ..whole(before.map(Rc::as_ref), None, Row::Goes.cost()) };
        let steps = Steps { stop: is.is_running, remove: true, before: before.cloned(), ..Steps::default() };
        self.push(
            name,
            steps,
            Change {
                may,
                wipes_root: is.is_running && before.is_some_and(|before| before.is_ephemeral()),
                keeps: keeps(name, [before.map(Rc::as_ref), None]),
                ..change(name, verbs, Row::Goes.cost(), vec![reason])
            },
        );
    }

    /// Reports a container that is configured here but belongs to somebody else.
    ///
    /// Such a container is never touched. For one of nixos-rebuild's, the plan shows what nixos-rebuild would do.
    fn leave(&mut self, name: &ContainerName, is: &Configured, wanted: &Version) {
        if let Some(written) = &is.written {
            let seen = native::visible(&wanted.container, &written.container);
            let reasons = reasons(written, &Version { container: Cow::Owned(seen), ..wanted.clone() });
            if wanted.container.path.known().is_none() {
                let message = format!("`{name}` is owned by nixos-rebuild: cannot tell whether its guest changed");
                self.findings.push(Diagnostic::note(Code::NotObserved, message).into());
            }
            if reasons.is_empty() {
                self.unchanged += 1;
                return;
            }
            // nixos-rebuild restarts a changed container only if it has `autoStart`.
            let restarts = is.is_running && wanted.container.auto_start.known() == Some(&true);
            let (verb, cost) =
                if restarts { (Verb::Restart, Disruption::Restart) } else { (Verb::UpdateUnit, Disruption::None) };
            self.changes.push(Change {
                may: reasons.iter().all(|reason| reason.may),
                wipes_root: restarts && written.is_ephemeral(),
                keeps: keeps(name, [Some(written), Some(wanted)]),
                ..change(name, vec![verb], cost, reasons)
            });
        }
        let (whose, help) = match is.owner {
            Owner::Native => (
                "belongs to nixos-rebuild, which wrote its unit",
                "remove it from the host's configuration and run nixos-rebuild, then run this again",
            ),
            Owner::Foreign | Owner::Ours => (
                "was created by another tool",
                "destroy it (`nixos-container destroy`), or give this one another name",
            ),
        };
        let finding = Diagnostic::error(Code::NotOurs, format!("the container `{name}` {whose}")).help(help);
        self.findings.push(Finding::from(finding).at(wanted.locations.position(&[])));
    }

    /// Refuses to change a container whose unit is masked.
    ///
    /// systemd does not start it, so the plan would fail halfway. Whoever masked the unit had a reason, so `switch` does not
    /// unmask it either.
    fn refuse_masked(&mut self, name: &ContainerName, mask: &Path, wanted: &Version) {
        let message = format!("`{name}` is masked by {}: systemd does not start it", mask.display());
        let help = format!(
            "unmask it (`{}`), remove it from the configuration, or select other containers with `--only`",
            unmask(name, mask)
        );
        let finding = Diagnostic::error(Code::Masked, message).help(help);
        self.findings.push(Finding::from(finding).at(wanted.locations.position(&[])));
    }

    /// Refuses to remove a masked container that is running.
    ///
    /// systemd no longer knows the stop command of a masked unit. It would send SIGTERM to every process of the guest,
    /// which the
    /// guest's init does not take as a request to shut down, and kill them all after the timeout.
    fn refuse_stop(&mut self, name: &ContainerName, mask: &Path) {
        let message = format!("`{name}` is masked and running: its guest would be killed instead of shut down");
        let help = format!("unmask it first: `{}`", unmask(name, mask));
        self.findings.push(Diagnostic::error(Code::Masked, message).help(help).into());
    }

    fn update(&mut self, name: &ContainerName, is: &Configured<'a>, wanted: &Rc<Version<'a>>, options: &Options) {
        let mode = options.restart_mode;
        let on_disk = is.written.as_ref().map(|written| reasons(written, wanted));
        let drifted = is.drift.iter().any(|drift| drift.is_of_files());
        let outdated = drifted || on_disk.as_ref().is_none_or(|reasons| !reasons.is_empty());
        let starts = wanted.container.auto_start.known() == Some(&true) || is.drift.contains(&Drift::NotStarted);
        // A guest whose change was cut short runs its former record, the attempted one, or a mixture. If the attempted one is
        // wanted, repeat the change; otherwise start from the attempted one, so that whatever was done is undone.
        let attempted = is.attempted.as_ref().filter(|attempted| !reasons(attempted, wanted).is_empty());
        let running = attempted.or(is.running.as_ref());
        let before = running.or(is.written.as_ref());
        let steps = Steps {
            update_unit: outdated,
            before: before.cloned(),
            after: Some(Rc::clone(wanted)),
            ..Steps::default()
        };

        if !is.is_running {
            let reasons = on_disk.unwrap_or_else(|| vec![whole(None, Some(wanted), Row::Appears.cost())]);
            let mut verbs = Vec::new();
            verbs.extend((drifted || outdated_beyond_rules(&reasons)).then_some(Verb::UpdateUnit));
            verbs.extend(starts.then_some(Verb::Start));
            if verbs.is_empty() && reasons.is_empty() {
                self.unchanged += 1;
                return;
            }
            // Nothing runs that a change could disrupt. The firewall rules exist even so.
            let cost = without_restart(&reasons);
            let may = !starts && !reasons.is_empty() && reasons.iter().all(|reason| reason.may);
            let steps = Steps { start: starts, ..steps };
            let drift = is.drift.clone();
            self.push(name, steps, Change { may, drift, ..change(name, verbs, cost, reasons) });
            return;
        }

        let (cost, mut reasons) = match running {
            Some(running) => {
                let reasons = match (&is.written, &on_disk) {
                    // This side is not a host: what is written counts as what runs.
                    (Some(written), Some(on_disk)) if Rc::ptr_eq(written, running) => on_disk.clone(),
                    _ => reasons(running, wanted),
                };
                (highest(&reasons), reasons)
            }
            None => (Row::Other.cost(), vec![whole(None, Some(wanted), Row::Other.cost())]),
        };
        let no_switch = running.filter(|_| cost == Disruption::Reload);
        let no_switch = no_switch.and_then(|running| switching::obstacle(running, wanted, &options.systems));
        if no_switch.is_some() {
            switching::raise(&mut reasons);
        }
        let cost = cost.max(highest(&reasons));
        // A repair is certain, even if all other reasons depend on unknown values.
        let repair = is.drift.iter().map(|drift| drift.cost()).max().unwrap_or_default();
        let cost = cost.max(repair);
        let change = |verbs, cost, reasons| Change {
            keeps: keeps(name, [before.map(Rc::as_ref), Some(wanted)]),
            drift: is.drift.clone(),
            no_switch: no_switch.clone(),
            ..change(name, verbs, cost, reasons)
        };
        if cost <= Disruption::Firewall {
            // What runs is what is wanted, but the written files may still differ from it.
            let reasons = if reasons.is_empty() { on_disk.unwrap_or_default() } else { reasons };
            if reasons.is_empty() && !drifted && !is.is_starting {
                self.unchanged += 1;
                return;
            }
            let writes = drifted || outdated_beyond_rules(&reasons);
            let mut verbs = if writes { vec![Verb::UpdateUnit] } else { vec![] };
            // The container is still starting, for example since a run that was killed. Wait for it: the start may fail.
            verbs.extend(is.is_starting.then_some(Verb::Start));
            let steps = Steps { start: is.is_starting, ..steps };
            let may =
                !is.is_starting && !reasons.is_empty() && certain(&reasons).is_none_or(|certain| certain < cost);
            self.push(name, steps, Change { may, ..change(verbs, cost, reasons) });
        } else if let Some(stale) = stale(cost, wanted, mode) {
            self.keep_stale(name, steps, stale, change(vec![], cost, reasons));
        } else {
            let may = repair < cost && certain(&reasons).is_none_or(|certain| certain < cost);
            let in_place = cost == Disruption::Reload && mode != RestartMode::Restart;
            let (verb, cost) = if in_place { (Verb::Reload, cost) } else { (Verb::Restart, Disruption::Restart) };
            let wipes_root = !in_place && before.is_none_or(|before| before.is_ephemeral());
            let steps = Steps { reload: in_place, stop: !in_place, start: !in_place, ..steps };
            self.push(name, steps, Change { may, wipes_root, ..change(vec![verb], cost, reasons) });
        }
    }

    /// Restarts what requires a container that stops: systemd stops it with that one.
    fn stop_dependents(&mut self, from: &StateView<'a>, to: &StateView<'a>, options: &Options) {
        let mut dependents: BTreeMap<ContainerName, Vec<(&ContainerName, &Configured<'a>)>> = BTreeMap::new();
        let running = from.containers.iter().filter(|(_, is)| is.owner == Owner::Ours && is.is_running);
        for (name, is) in running {
            let order = is.written.as_ref().map(|written| written.order()).unwrap_or_default();
            for (other, _) in order.into_iter().filter(|(_, required)| *required) {
                dependents.entry(other).or_default().push((name, is));
            }
        }
        let stops = self.steps.iter().filter(|(_, steps)| steps.stop);
        let mut stopping: BTreeSet<ContainerName> = stops.map(|(name, _)| name.clone()).collect();
        while let Some(required) = stopping.pop_first() {
            for (name, is) in dependents.remove(&required).unwrap_or_default() {
                if self.steps.get(name).is_some_and(|steps| steps.stop) {
                    continue;
                }
                let wanted = to.containers.get(name).and_then(|to| to.written.as_ref());
                if !options.covers(name) {
                    let message = format!("`{name}` requires `{required}`, and would stop with it");
                    let help = format!("add `{name}` to `--only`: it restarts when `{required}` does");
                    self.findings.push(Diagnostic::error(Code::OptionCombination, message).help(help).into());
                } else if let (Some(wanted), None) = (wanted, is.mask) {
                    self.restart_with(name, is, wanted, &required);
                    stopping.insert(name.clone());
                }
            }
        }
    }

    fn restart_with(
        &mut self,
        name: &ContainerName,
        is: &Configured<'a>,
        wanted: &Rc<Version<'a>>,
        with: &ContainerName,
    ) {
        let position =
            |name: &ContainerName| self.changes.iter().position(|change| change.container.as_ref() == Some(name));
        let may = position(with).is_some_and(|index| self.changes[index].may);
        let known = position(name);
        let before = is.running.as_ref().or(is.written.as_ref());
        let mut change = match known {
            Some(index) => self.changes.remove(index),
            None => {
                self.unchanged = self.unchanged.saturating_sub(1);
                Change {
                    may,
                    keeps: keeps(name, [before.map(Rc::as_ref), Some(wanted)]),
                    ..change(name, Vec::new(), Disruption::None, Vec::new())
                }
            }
        };
        let note = format!("`{name}` requires `{with}`, and so restarts with it");
        self.findings.push(Diagnostic::note(Code::OptionCombination, note).into());
        let option = Setting::Requires.name().to_owned();
        let value = serde_json::json!([with.as_str()]);
        let position = wanted.position(std::slice::from_ref(&option));
        change.reasons.push(Reason {
            option,
            before: value.clone(),
            after: value,
            position: position.clone(),
            old_position: position,
            may,
            disruption: Disruption::Restart,
        });
        change.may &= may;
        change.verbs = vec![Verb::Restart];
        change.disruption = Disruption::Restart;
        change.stays_stale = None;
        change.wipes_root = before.is_none_or(|before| before.is_ephemeral());
        let steps = self.steps.remove(name).unwrap_or_default();
        let steps = Steps {
            stop: true,
            start: true,
            reload: false,
            before: before.cloned(),
            after: Some(Rc::clone(wanted)),
            ..steps
        };
        self.push(name, steps, change);
        self.changes.sort_by(|a, b| a.container.cmp(&b.container));
    }

    /// Leaves a container running as it is, and says which changes wait for its next start.
    fn keep_stale(&mut self, name: &ContainerName, steps: Steps<'a>, stale: Stale, change: Change) {
        let former: Vec<&str> = change
            .reasons
            .iter()
            .filter(|reason| reason.disruption > Disruption::Firewall)
            .map(|reason| reason.option.as_str())
            .collect();
        let kept =
            (!former.is_empty()).then(|| format!("`{name}` keeps running with its former {}", former.join(", ")));
        let drift = change.drift.iter().filter(|drift| drift.cost() > Disruption::Firewall);
        let drift = drift.map(|drift| format!("`{name}`: {}; not repaired", drift.as_str()));
        let help = format!("{}; to bring it up to date: container-rebuild restart {name}", stale.as_str());
        for message in kept.into_iter().chain(drift) {
            self.findings.push(Diagnostic::note(Code::NotSupported, message).help(help.clone()).into());
        }
        if !steps.update_unit {
            self.unchanged += 1;
            return;
        }
        let disruption = without_restart(&change.reasons);
        let may = change.reasons.iter().all(|reason| reason.may);
        let verbs = vec![Verb::UpdateUnit];
        self.push(name, steps, Change { verbs, disruption, may, stays_stale: Some(stale), ..change });
    }

    fn push(&mut self, name: &ContainerName, steps: Steps<'a>, change: Change) {
        let record = |version: &Option<Rc<Version>>| version.as_deref().and_then(Version::record);
        if let Some(after) = &steps.after
            && after.container.path.known().is_none()
            && !steps.before.as_ref().is_some_and(|before| is_same_guest(before, after))
        {
            self.builds.insert(name.clone());
        }
        self.targets.insert(name.clone(), Target { record: record(&steps.after), former: record(&steps.before) });
        self.steps.insert(name.clone(), steps);
        self.changes.push(change);
    }
}

/// The command that unmasks the container's unit.
fn unmask(name: &ContainerName, mask: &Path) -> String {
    let runtime = if mask.starts_with("/run") { " --runtime" } else { "" };
    format!("systemctl unmask{runtime} {}", name.unit())
}

fn change(name: &ContainerName, verbs: Vec<Verb>, disruption: Disruption, reasons: Vec<Reason>) -> Change {
    Change {
        container: Some(name.clone()),
        verbs,
        disruption,
        may: false,
        wipes_root: false,
        stays_stale: None,
        no_switch: None,
        keeps: Vec::new(),
        drift: Vec::new(),
        reasons,
    }
}

/// Why a running container is left as it is, if it is. Only called for changes that cost at least a reload.
fn stale(cost: Disruption, wanted: &Version, mode: RestartMode) -> Option<Stale> {
    if wanted.container.restart_if_changed.known() == Some(&false) {
        return Some(Stale::RestartIfChanged);
    }
    let goes_far_enough = match mode {
        RestartMode::Auto | RestartMode::Restart => true,
        RestartMode::Reload => cost <= Disruption::Reload,
        RestartMode::Never => false,
    };
    (!goes_far_enough).then_some(Stale::RestartMode)
}

fn highest(reasons: &[Reason]) -> Disruption {
    reasons.iter().map(|reason| reason.disruption).max().unwrap_or_default()
}

/// The cost of the changes that do not touch a running guest.
fn without_restart(reasons: &[Reason]) -> Disruption {
    let costs = reasons.iter().map(|reason| reason.disruption);
    costs.filter(|cost| *cost <= Disruption::Firewall).max().unwrap_or_default()
}

/// The cost of the certain changes, or `None` if every change may turn out to be none.
fn certain(reasons: &[Reason]) -> Option<Disruption> {
    reasons.iter().filter(|reason| !reason.may).map(|reason| reason.disruption).max()
}

/// Whether anything changed besides firewall rules, which need no action on the container itself.
fn outdated_beyond_rules(reasons: &[Reason]) -> bool {
    reasons.iter().any(|reason| reason.disruption != Disruption::Firewall)
}

/// The host paths that hold data of a container, before or after the change.
fn keeps<const N: usize>(name: &ContainerName, versions: [Option<&Version>; N]) -> Vec<String> {
    let mut paths = BTreeSet::new();
    for version in versions.into_iter().flatten() {
        paths.extend(version.host_paths());
        if !version.is_ephemeral() {
            paths.insert(root_path(name));
        }
    }
    paths.into_iter().collect()
}

fn root_path(name: &ContainerName) -> String {
    paths::root(name).to_string_lossy().into_owned()
}
