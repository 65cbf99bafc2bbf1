//! Stores generations, and manages the roots that protect their systems and those of running containers.
//!
//! Callers hold the lock.
//!
//! Invariants:
//! - The systems of a generation are protected before it is written, and as long as it exists. A root without a
//!   generation wastes space until the next run; a generation without its roots could not be started.
//! - The generation that boots next, the one that this boot started, the current one, and the most recent ones are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{atomic_file, kill_point};
use crate::apply::HostError;
use crate::model::{ContainerName, GenerationAge};
use crate::render::paths;
use crate::state::{Activation, Generation, GenerationEntry, GenerationSummary};

/// Records a generation under the next free number, activates it, and removes surplus ones; returns the number.
///
/// # Errors
/// If it cannot be recorded. Surplus generations that cannot be removed are left for the next run.
pub(super) fn record(generation: &Generation, activation: Activation) -> Result<u32, HostError> {
    let number = numbers()?.last().map_or(1, |last| last + 1);
    let generation = Generation { number, ..generation.clone() };
    // Roots of a run that was killed before it wrote its generation.
    let directory = Path::new(paths::GC_ROOTS);
    let is_stale = |root: &String| matches!(Root::new(root), Some(Root::Generation(other)) if other == number);
    remove_all(directory, names(directory)?.into_iter().filter(is_stale))?;
    for (name, record) in &generation.records {
        hold(&paths::generation_root(number, name), &record.spec.system)?;
    }
    let path = paths::generation(number);
    let json = serde_json::to_string_pretty(&generation).expect("a generation has string keys only");
    atomic_file::write(&path, (json + "\n").as_bytes(), 0o644).map_err(file("write", &path))?;
    activate(number, activation)?;
    if let Err(error) = prune(&generation) {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::warn!("could not remove old generations, which the next run tries again: {error}: {cause}");
    }
    Ok(number)
}

/// Makes the generation `number` the current one, the one that boots, or both.
///
/// # Errors
/// If the symlink or the note cannot be written.
pub(super) fn activate(number: u32, activation: Activation) -> Result<(), HostError> {
    let (link, current) = (paths::boot_generation(), paths::current_generation());
    let note = |number: u32| {
        atomic_file::write(&current, format!("{number}\n").as_bytes(), 0o644).map_err(file("write", &current))
    };
    if activation.is_now() {
        note(number)?;
    } else if !current.exists() {
        // So far, what boots is what was applied.
        note(boots_next().unwrap_or_default())?;
    }
    let boots = if activation.boots() {
        number
    } else if linked().is_none() && numbers()?.into_iter().eq([number]) {
        // The first one: without this, what boots would count as lost.
        0
    } else {
        return Ok(());
    };
    atomic_file::link(&paths::generation(boots), &link).map_err(file("link", &link))
}

/// The file of the current generation; `None` if there is none.
pub(super) fn current() -> Option<PathBuf> {
    match number_in(&paths::current_generation()).or_else(linked) {
        Some(0) => None,
        Some(number) => Some(paths::generation(number)),
        None => Some(paths::boot_generation()),
    }
}

/// Whether what the current generation was, or which one boots, is not known any more. `read` is the current one, if that could be read.
pub(super) fn is_lost(read: Option<&Generation>) -> bool {
    let was_recorded = fs::symlink_metadata(paths::boot_generation()).is_ok()
        || numbers().is_ok_and(|numbers| !numbers.is_empty());
    was_recorded && (linked().is_none() || (read.is_none() && current().is_some()))
}

/// All generations, the oldest first.
///
/// # Errors
/// If their directory cannot be read. A generation that cannot be read is in the list, with the reason.
pub(super) fn list() -> Result<Vec<GenerationEntry>, HostError> {
    /// The part of a record that is listed.
    #[derive(serde::Deserialize)]
    struct Listed {
        spec: System,
    }
    #[derive(serde::Deserialize)]
    struct System {
        system: PathBuf,
    }
    #[derive(serde::Deserialize)]
    struct Summary {
        #[serde(default)]
        recorded: Option<u64>,
        source: String,
        #[serde(default)]
        revision: Option<String>,
        records: BTreeMap<ContainerName, Listed>,
    }
    let (boots, booted) = (boots_next(), booted());
    let current = number_in(&paths::current_generation()).or(boots);
    let entry = |number: u32| {
        let text = fs::read(paths::generation(number)).map_err(|error| error.to_string());
        let summary = text.and_then(|text| {
            let Summary { recorded, source, revision, records } =
                serde_json::from_slice(&text).map_err(|error| error.to_string())?;
            let systems = records.into_iter().map(|(name, record)| (name, record.spec.system)).collect();
            Ok(GenerationSummary { recorded, source, revision, systems })
        });
        let is = |other: Option<u32>| other == Some(number);
        GenerationEntry { number, summary, is_current: is(current), boots: is(boots), has_booted: is(booted) }
    };
    Ok(numbers()?.into_iter().map(entry).collect())
}

/// Notes that this boot starts the generation `number`.
///
/// # Errors
/// If the note cannot be written.
pub(super) fn note_booted(number: u32) -> Result<(), HostError> {
    let path = paths::booted_generation();
    atomic_file::write(&path, format!("{number}\n").as_bytes(), 0o644).map_err(file("write", &path))
}

/// Protects a store path from the garbage collector with a root of this name.
///
/// # Errors
/// If the root cannot be created.
pub(super) fn hold(root: &str, path: &Path) -> Result<(), HostError> {
    let link = paths::gc_root(root);
    if path.starts_with("/nix/store") {
        atomic_file::link(path, &link).map_err(file("link", &link))
    } else {
        // The root may still hold what it held before.
        release(root)
    }
}

/// Removes a root.
///
/// # Errors
/// If the root cannot be removed.
pub(super) fn release(root: &str) -> Result<(), HostError> {
    let link = paths::gc_root(root);
    atomic_file::remove(&link).map_err(file("remove", &link))
}

/// Removes the generations that the options of `newest` do not keep, and then the roots that nothing needs any more. If the
/// value of such an option is unknown, all generations are kept.
fn prune(newest: &Generation) -> Result<(), HostError> {
    let numbers = numbers()?;
    let keep = newest.manifest.services.keep_generations();
    let mut kept: BTreeSet<u32> = match keep.map(|keep| usize::try_from(keep.get()).unwrap_or(usize::MAX)) {
        Some(keep) => numbers.iter().rev().take(keep).copied().collect(),
        None => numbers.clone(),
    };
    match newest.manifest.services.generation_age() {
        GenerationAge::Any => {}
        GenerationAge::Days(days) => {
            let oldest = newest.recorded.unwrap_or_default().saturating_sub(u64::from(days) * 24 * 60 * 60);
            let is_older = |entry: &GenerationEntry| {
                let recorded = entry.summary.as_ref().ok().and_then(|summary| summary.recorded);
                recorded.is_some_and(|recorded| recorded < oldest)
            };
            let older: BTreeSet<u32> = list()?.iter().filter(|entry| is_older(entry)).map(|it| it.number).collect();
            kept.retain(|number| !older.contains(number));
        }
        GenerationAge::Unknown => kept.clone_from(&numbers),
    }
    kept.extend([boots_next(), booted(), number_in(&paths::current_generation())].into_iter().flatten());
    let directory = paths::generations();
    let dropped = numbers.difference(&kept).map(|number| format!("{number}.json"));
    remove_all(&directory, dropped.chain(unfinished(&directory)?))?;
    let is_needed = |root: &str| match Root::new(root) {
        Some(Root::Generation(number)) => numbers.contains(&number) && kept.contains(&number),
        Some(Root::Container(name)) => {
            newest.records.contains_key(&name) || paths::record(&name).exists() || paths::booted(&name).exists()
        }
        None => true,
    };
    let directory = Path::new(paths::GC_ROOTS);
    let unneeded = names(directory)?.into_iter().filter(|root| !is_needed(root));
    remove_all(directory, unneeded.chain(unfinished(directory)?))
}

/// Removes the roots of containers that do not exist. A run that is killed between protecting a new container's system and
/// writing its record leaves one.
///
/// # Errors
/// If the roots or generations cannot be listed, or a root cannot be removed.
pub(super) fn sweep_roots() -> Result<(), HostError> {
    let directory = Path::new(paths::GC_ROOTS);
    let mut orphans = names(directory)?;
    orphans.retain(|root| match Root::new(root) {
        Some(Root::Container(name)) => !paths::record(&name).exists() && !paths::booted(&name).exists(),
        Some(Root::Generation(_)) | None => false,
    });
    if orphans.is_empty() {
        return Ok(());
    }
    // After a boot, only generations say which containers there are.
    let generations = [current(), boots_next().map(paths::generation)].into_iter().flatten();
    let generations = generations.filter_map(|path| fs::read(path).ok());
    let configured: BTreeSet<ContainerName> = generations
        .filter_map(|text| serde_json::from_slice::<Generation>(&text).ok())
        .flat_map(|generation| generation.records.into_keys())
        .collect();
    orphans.retain(|root| match Root::new(root) {
        Some(Root::Container(name)) => !configured.contains(&name),
        Some(Root::Generation(_)) | None => false,
    });
    remove_all(directory, orphans.into_iter())
}

/// What one of our roots belongs to.
enum Root {
    Generation(u32),
    Container(ContainerName),
}

impl Root {
    /// `None` if it is neither of these, and not ours to remove.
    fn new(root: &str) -> Option<Self> {
        if let Some((number, name)) = root.strip_prefix("generation-").and_then(|rest| rest.split_once('-')) {
            ContainerName::new(name).ok()?;
            return number.parse().ok().map(Self::Generation);
        }
        let name = root.strip_prefix("booted-").or_else(|| root.strip_prefix("current-"))?;
        ContainerName::new(name).ok().map(Self::Container)
    }
}

/// The numbers of all generations.
fn numbers() -> Result<BTreeSet<u32>, HostError> {
    let names = names(&paths::generations())?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect())
}

/// The number of the generation that boots next.
pub(super) fn boots_next() -> Option<u32> {
    linked().filter(|number| *number != 0)
}

/// The number that the symlink to what boots names; 0 for nothing.
fn linked() -> Option<u32> {
    let path = fs::read_link(paths::boot_generation()).ok()?;
    path.file_stem()?.to_str()?.parse().ok()
}

fn booted() -> Option<u32> {
    number_in(&paths::booted_generation())
}

fn number_in(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Temporary files of a killed run.
fn unfinished(directory: &Path) -> Result<Vec<String>, HostError> {
    let mut names = names(directory)?;
    names.retain(|name| name.starts_with(atomic_file::PREFIX));
    Ok(names)
}

fn names(directory: &Path) -> Result<Vec<String>, HostError> {
    let failed = || file("list", directory);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed())?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed())?.file_name().into_string());
    }
    Ok(names)
}

/// Removes files from a directory, and syncs it.
fn remove_all(directory: &Path, names: impl Iterator<Item = String>) -> Result<(), HostError> {
    let mut is_changed = false;
    for name in names {
        let path = directory.join(name);
        kill_point::reach("prune");
        match fs::remove_file(&path) {
            Ok(()) => is_changed = true,
            // We never create directories here: it was set aside.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) => {}
            Err(error) => return Err(file("remove", &path)(error)),
        }
    }
    if is_changed { atomic_file::sync(directory).map_err(file("write", directory)) } else { Ok(()) }
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HostError {
    move |source| HostError::File { what, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::host::launch::tests;
    use crate::host::netns::tests::empty_host;
    use crate::model::spec::{NatSpec, Network};
    use crate::model::{Boot, Manifest, Services, System};

    /// A generation with these containers.
    fn generation(containers: &[&str], services: serde_json::Value) -> Generation {
        let records = containers.iter().map(|name| tests::record(name, Network::Host));
        Generation {
            number: 0,
            recorded: Some(1_700_000_000),
            source: "/etc/nixos".to_owned(),
            revision: None,
            manifest: Manifest {
                format_version: 1,
                system: System { host_name: String::from("h").into(), state_version: String::from("25.11").into() },
                more_containers: None,
                misnamed: BTreeMap::new(),
                containers: BTreeMap::new(),
                networking: Default::default(),
                boot: Boot { enable_containers: true.into() },
                services: serde_json::from_value::<Services>(services).expect("services"),
                positions: None,
            },
            records: records.map(|record| (record.spec.name.clone(), record)).collect(),
            nat: NatSpec::default(),
            guests: BTreeMap::new(),
        }
    }

    fn keep(keep: u32) -> serde_json::Value {
        serde_json::json!({ "container-rebuild": { "keepGenerations": keep } })
    }

    /// The numbers of all generations, and the names of all roots.
    fn there() -> (Vec<u32>, BTreeSet<String>) {
        let roots = names(Path::new(paths::GC_ROOTS)).expect("listed");
        (numbers().expect("listed").into_iter().collect(), roots.into_iter().collect())
    }

    fn of(numbers: &[u32], containers: &[&str]) -> BTreeSet<String> {
        let names = |number| containers.iter().map(move |name| format!("generation-{number}-{name}"));
        numbers.iter().flat_map(names).collect()
    }

    #[test]
    fn generations_count_up_and_the_last_one_boots() {
        empty_host(|| {
            let generation = generation(&["a"], serde_json::json!({}));
            for number in 1..=2 {
                assert_eq!(record(&generation, Activation::Switch).expect("recorded"), number);
                assert_eq!(fs::read_link(paths::boot_generation()).ok(), Some(paths::generation(number)));
                let root = paths::gc_root(&format!("generation-{number}-a"));
                assert_eq!(fs::read_link(root).ok(), Some("/nix/store/3-system".into()));
            }
            fs::remove_file(paths::generation(1)).expect("removed");
            assert_eq!(record(&generation, Activation::Switch).expect("recorded"), 3, "a number is not used again");
        });
    }

    #[test]
    fn a_tested_generation_is_current_and_one_for_the_next_boot_is_not() {
        empty_host(|| {
            let record = |activation| record(&generation(&["a"], keep(1)), activation).expect("recorded");
            let now = || {
                let list = list().expect("listed");
                let number = |is: fn(&GenerationEntry) -> bool| list.iter().find(|it| is(it)).map(|it| it.number);
                (number(|it| it.is_current), number(|it| it.boots))
            };
            record(Activation::Test);
            assert_eq!((now(), boots_next(), is_lost(None)), ((Some(1), None), None, true), "it cannot be read");
            activate(0, Activation::Test).expect("taken back");
            assert_eq!((now(), current(), is_lost(None)), ((None, None), None, false));
            fs::remove_file(paths::generation(1)).expect("removed");
            fs::remove_file(paths::boot_generation()).expect("removed");
            fs::remove_file(paths::current_generation()).expect("removed");
            record(Activation::Boot);
            assert_eq!((now(), current()), ((None, Some(1)), None), "nothing was applied yet");
            record(Activation::Switch);
            assert_eq!(now(), (Some(2), Some(2)));
            record(Activation::Test);
            record(Activation::Test);
            assert_eq!((now(), current()), ((Some(4), Some(2)), Some(paths::generation(4))));
            assert_eq!(there().0, [2, 4], "what boots is kept, whatever the number to keep");
            activate(2, Activation::Test).expect("activated");
            record(Activation::Boot);
            assert_eq!(now(), (Some(2), Some(5)));
            // As after a reboot.
            fs::remove_file(paths::current_generation()).expect("removed");
            assert_eq!((now(), current()), ((Some(5), Some(5)), Some(paths::generation(5))));
        });
    }

    #[test]
    fn the_list_says_what_a_generation_is_or_why_it_cannot_be_read() {
        empty_host(|| {
            for _ in 1..=2 {
                record(&generation(&["a", "b"], serde_json::json!({})), Activation::Switch).expect("recorded");
            }
            fs::write(paths::generation(1), "{").expect("written");
            let list = list().expect("listed");
            assert!(list[0].summary.as_ref().is_err_and(|reason| reason.contains("EOF")), "{list:?}");
            let summary = list[1].summary.as_ref().expect("read");
            assert_eq!((summary.source.as_str(), summary.recorded), ("/etc/nixos", Some(1_700_000_000)));
            assert_eq!(summary.systems.len(), 2);
        });
    }

    #[test]
    fn the_last_ten_generations_and_the_booted_one_are_kept_with_their_roots() {
        empty_host(|| {
            let generation = generation(&["a", "b-c"], serde_json::json!({}));
            for number in 1..=30 {
                assert_eq!(record(&generation, Activation::Switch).expect("recorded"), number);
                if number == 3 {
                    note_booted(3).expect("noted");
                }
            }
            let kept: Vec<u32> = [3].into_iter().chain(21..=30).collect();
            assert_eq!(there(), (kept.clone(), of(&kept, &["a", "b-c"])));
        });
    }

    #[test]
    fn the_number_to_keep_is_an_option_and_nothing_is_removed_if_it_is_unknown() {
        empty_host(|| {
            for _ in 1..=12 {
                record(&generation(&["a"], keep(20)), Activation::Switch).expect("recorded");
            }
            assert_eq!(there().0.len(), 12);
            record(&generation(&["a"], keep(2)), Activation::Switch).expect("recorded");
            assert_eq!(there(), (vec![12, 13], of(&[12, 13], &["a"])));
            let unknown = serde_json::json!({ "container-rebuild": { "keepGenerations": { "_unknown": { "reason": "x" } } } });
            for _ in 0..12 {
                record(&generation(&["a"], unknown.clone()), Activation::Switch).expect("recorded");
            }
            assert_eq!(there().0.len(), 14);
            record(&generation(&["a"], keep(1)), Activation::Switch).expect("recorded");
            assert_eq!(there(), (vec![26], of(&[26], &["a"])));
        });
    }

    #[test]
    fn old_generations_are_deleted_by_their_age_but_for_those_in_use() {
        empty_host(|| {
            let services = |age: serde_json::Value| serde_json::json!({ "container-rebuild": { "deleteGenerationsOlderThan": age } });
            let day = |day: u64, age: serde_json::Value| Generation {
                recorded: Some(1_700_000_000 + day * 24 * 60 * 60),
                ..generation(&["a"], services(age))
            };
            for number in 1..=4 {
                record(&day(number, serde_json::Value::Null), Activation::Switch).expect("recorded");
            }
            note_booted(2).expect("noted");
            record(&day(34, serde_json::json!("30d")), Activation::Switch).expect("recorded");
            assert_eq!(there().0, [2, 4, 5], "4 is 30 days old, 2 was booted");
            let unknown = serde_json::json!({ "_unknown": { "reason": "x" } });
            record(&day(99, unknown), Activation::Switch).expect("recorded");
            assert_eq!(there().0, [2, 4, 5, 6]);
        });
    }

    #[test]
    fn the_next_run_cleans_up_after_a_killed_one() {
        empty_host(|| {
            for _ in 1..=3 {
                record(&generation(&["a", "b"], keep(2)), Activation::Switch).expect("recorded");
            }
            let root = |name: &str| symlink("/nix/store/9-old", paths::gc_root(name)).expect("a symlink");
            // Killed while removing generations: a file was gone, but not its roots.
            root("generation-1-a");
            // Killed while recording one: its roots existed, but not its file. It had another container then.
            root("generation-4-c");
            root(".container-rebuild-x1y2z3");
            fs::write(paths::generations().join(".container-rebuild-a1b2c3"), "{").expect("written");
            // Roots with other names belong to others.
            for theirs in ["generation-x-a", "generations", "kept-by-hand", paths::OWN_ROOT] {
                _ = fs::remove_file(paths::gc_root(theirs));
                root(theirs);
            }
            record(&generation(&["a"], keep(2)), Activation::Switch).expect("recorded");
            let mut expected = of(&[3], &["a", "b"]);
            expected.extend(
                ["generation-4-a", "generation-x-a", "generations", "kept-by-hand", paths::OWN_ROOT]
                    .map(str::to_owned),
            );
            let (numbers, mut roots) = there();
            // The root of the program depends on whether the program is in the store.
            roots.insert(paths::OWN_ROOT.to_owned());
            assert_eq!((numbers, roots), (vec![3, 4], expected));
            assert_eq!(names(&paths::generations()).expect("listed").len(), 2);
        });
    }

    #[test]
    fn roots_of_containers_that_a_killed_run_was_creating_are_removed() {
        empty_host(|| {
            record(&generation(&["a"], serde_json::json!({})), Activation::Switch).expect("recorded");
            for root in ["current-a", "current-b", "current-runs", "booted-runs", "kept-by-hand"] {
                hold(root, Path::new("/nix/store/1-x")).expect("held");
            }
            let runs = ContainerName::new("runs").expect("a good name");
            atomic_file::write(&paths::booted(&runs), b"", 0o644).expect("written");
            sweep_roots().expect("swept");
            let (_, mut roots) = there();
            roots.remove(paths::OWN_ROOT);
            let expected = ["booted-runs", "current-a", "current-runs", "generation-1-a", "kept-by-hand"];
            assert_eq!(roots, expected.map(str::to_owned).into());
        });
    }

    #[test]
    fn roots_of_removed_containers_are_removed() {
        empty_host(|| {
            for name in ["gone", "stopped", "runs", "a"] {
                for root in ["booted", "current"] {
                    hold(&format!("{root}-{name}"), Path::new("/nix/store/1-x")).expect("held");
                }
            }
            let name = |name: &str| ContainerName::new(name).expect("a good name");
            atomic_file::write(&paths::record(&name("stopped")), b"", 0o644).expect("written");
            atomic_file::write(&paths::booted(&name("runs")), b"", 0o644).expect("written");
            record(&generation(&["a"], serde_json::json!({})), Activation::Switch).expect("recorded");
            let (_, roots) = there();
            let of = |what: &str| roots.iter().filter_map(|root| root.strip_prefix(what)).collect::<Vec<_>>();
            assert_eq!(
                (of("booted-"), of("current-")),
                (vec!["a", "runs", "stopped"], vec!["a", "runs", "stopped"])
            );
        });
    }
}
