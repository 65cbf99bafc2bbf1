//! Generations on disk, and the roots that hold what they and the containers run.
//!
//! Whoever calls this has the lock.
//!
//! Invariants:
//! - What a generation names is held before the generation is there, and as long as it is: a root without a generation costs
//!   room until the next run, a generation without its roots could not be brought up.
//! - The one that boots next, the one that this boot brought up and the last ones are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::num::NonZeroU32;
use std::path::Path;

use super::atomic_file;
use crate::apply::HostError;
use crate::model::ContainerName;
use crate::render::paths;
use crate::state::{Generation, Record};

/// Records a generation under the next free number, has it boot, and drops those that are too many; gives the number.
///
/// # Errors
/// When it cannot be recorded. What cannot be dropped is dropped by the next run.
pub(super) fn record(generation: &Generation) -> Result<u32, HostError> {
    let number = numbers()?.last().map_or(1, |last| last + 1);
    let generation = Generation { number, ..generation.clone() };
    // Those of a run that was killed before it came to name them.
    let directory = Path::new(paths::GC_ROOTS);
    let is_stale = |root: &String| matches!(Root::new(root), Some(Root::Generation(other)) if other == number);
    remove_all(directory, names(directory)?.into_iter().filter(is_stale))?;
    for (name, record) in &generation.records {
        hold(&paths::generation_root(number, name), &record.spec.system)?;
    }
    let path = paths::generation(number);
    let json = serde_json::to_string_pretty(&generation).expect("a generation has string keys only");
    atomic_file::write(&path, (json + "\n").as_bytes(), 0o644).map_err(file("write", &path))?;
    let link = paths::boot_generation();
    atomic_file::link(&path, &link).map_err(file("link", &link))?;
    let keep = generation.manifest.services.keep_generations();
    if let Err(error) = prune(keep, &generation.records) {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::warn!("old generations are left for the next run: {error}: {cause}");
    }
    Ok(number)
}

/// Notes that this boot brings up the generation `number`.
///
/// # Errors
/// When that cannot be written.
pub(super) fn note_booted(number: u32) -> Result<(), HostError> {
    let path = paths::booted_generation();
    atomic_file::write(&path, format!("{number}\n").as_bytes(), 0o644).map_err(file("write", &path))
}

/// Keeps a store path from the garbage collector under a name of ours.
///
/// # Errors
/// When the root cannot be made.
pub(super) fn hold(root: &str, path: &Path) -> Result<(), HostError> {
    let link = paths::gc_root(root);
    if path.starts_with("/nix/store") {
        atomic_file::link(path, &link).map_err(file("link", &link))
    } else {
        // The name may still hold what it stood for before.
        release(root)
    }
}

/// Lets it go again.
///
/// # Errors
/// When the root cannot be removed.
pub(super) fn release(root: &str) -> Result<(), HostError> {
    let link = paths::gc_root(root);
    atomic_file::remove(&link).map_err(file("remove", &link))
}

/// Drops generations but the last `keep` (all, where that is not known), and then all roots that nothing needs.
fn prune(keep: Option<NonZeroU32>, records: &BTreeMap<ContainerName, Record>) -> Result<(), HostError> {
    let numbers = numbers()?;
    let mut kept: BTreeSet<u32> = match keep.map(|keep| usize::try_from(keep.get()).unwrap_or(usize::MAX)) {
        Some(keep) => numbers.iter().rev().take(keep).copied().collect(),
        None => numbers.clone(),
    };
    kept.extend(boots_next());
    kept.extend(booted());
    let directory = paths::generations();
    let dropped = numbers.difference(&kept).map(|number| format!("{number}.json"));
    remove_all(&directory, dropped.chain(unfinished(&directory)?))?;
    let is_needed = |root: &str| match Root::new(root) {
        Some(Root::Generation(number)) => numbers.contains(&number) && kept.contains(&number),
        Some(Root::Container(name)) => {
            records.contains_key(&name) || paths::record(&name).exists() || paths::booted(&name).exists()
        }
        None => true,
    };
    let directory = Path::new(paths::GC_ROOTS);
    let unneeded = names(directory)?.into_iter().filter(|root| !is_needed(root));
    remove_all(directory, unneeded.chain(unfinished(directory)?))
}

/// What a root of ours holds.
enum Root {
    Generation(u32),
    Container(ContainerName),
}

impl Root {
    /// `None` where it is neither of these, and not ours to drop.
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

fn boots_next() -> Option<u32> {
    let path = fs::read_link(paths::boot_generation()).ok()?;
    path.file_stem()?.to_str()?.parse().ok()
}

fn booted() -> Option<u32> {
    fs::read_to_string(paths::booted_generation()).ok()?.trim().parse().ok()
}

/// What a killed run was about to name.
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

/// Removes files of a directory, for good before this is over.
fn remove_all(directory: &Path, names: impl Iterator<Item = String>) -> Result<(), HostError> {
    let mut is_changed = false;
    for name in names {
        let path = directory.join(name);
        match fs::remove_file(&path) {
            Ok(()) => is_changed = true,
            // A directory that was set aside is none of what is made here.
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

    /// A generation of these containers.
    fn generation(containers: &[&str], services: serde_json::Value) -> Generation {
        let records = containers.iter().map(|name| tests::record(name, Network::Host));
        Generation {
            number: 0,
            source: "/etc/nixos".to_owned(),
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

    /// The numbers of generations, and the names of roots.
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
                assert_eq!(record(&generation).expect("recorded"), number);
                assert_eq!(fs::read_link(paths::boot_generation()).ok(), Some(paths::generation(number)));
                let root = paths::gc_root(&format!("generation-{number}-a"));
                assert_eq!(fs::read_link(root).ok(), Some("/nix/store/3-system".into()));
            }
            fs::remove_file(paths::generation(1)).expect("removed");
            assert_eq!(record(&generation).expect("recorded"), 3, "a number is not used again");
        });
    }

    #[test]
    fn of_thirty_generations_the_last_ten_and_the_booted_one_are_kept_with_their_roots() {
        empty_host(|| {
            let generation = generation(&["a", "b-c"], serde_json::json!({}));
            for number in 1..=30 {
                assert_eq!(record(&generation).expect("recorded"), number);
                if number == 3 {
                    note_booted(3).expect("noted");
                }
            }
            let kept: Vec<u32> = [3].into_iter().chain(21..=30).collect();
            assert_eq!(there(), (kept.clone(), of(&kept, &["a", "b-c"])));
        });
    }

    #[test]
    fn how_many_are_kept_is_an_option_and_none_is_dropped_where_it_is_unknown() {
        empty_host(|| {
            for _ in 1..=12 {
                record(&generation(&["a"], keep(20))).expect("recorded");
            }
            assert_eq!(there().0.len(), 12);
            record(&generation(&["a"], keep(2))).expect("recorded");
            assert_eq!(there(), (vec![12, 13], of(&[12, 13], &["a"])));
            let unknown = serde_json::json!({ "container-rebuild": { "keepGenerations": { "_unknown": { "reason": "x" } } } });
            for _ in 0..12 {
                record(&generation(&["a"], unknown.clone())).expect("recorded");
            }
            assert_eq!(there().0.len(), 14);
            record(&generation(&["a"], keep(1))).expect("recorded");
            assert_eq!(there(), (vec![26], of(&[26], &["a"])));
        });
    }

    #[test]
    fn a_run_that_was_killed_anywhere_is_finished_by_the_next() {
        empty_host(|| {
            for _ in 1..=3 {
                record(&generation(&["a", "b"], keep(2))).expect("recorded");
            }
            let root = |name: &str| symlink("/nix/store/9-old", paths::gc_root(name)).expect("a symlink");
            // While generations were dropped: a file was gone, and its roots were not yet.
            root("generation-1-a");
            // While one was recorded: its roots were there, and nothing named it yet. Here it had another container.
            root("generation-4-c");
            root(".container-rebuild-x1y2z3");
            fs::write(paths::generations().join(".container-rebuild-a1b2c3"), "{").expect("written");
            // Others' are theirs.
            for theirs in ["generation-x-a", "generations", "kept-by-hand", paths::OWN_ROOT] {
                _ = fs::remove_file(paths::gc_root(theirs));
                root(theirs);
            }
            record(&generation(&["a"], keep(2))).expect("recorded");
            let mut expected = of(&[3], &["a", "b"]);
            expected.extend(
                ["generation-4-a", "generation-x-a", "generations", "kept-by-hand", paths::OWN_ROOT]
                    .map(str::to_owned),
            );
            let (numbers, mut roots) = there();
            // The program is in the store, or has no root.
            roots.insert(paths::OWN_ROOT.to_owned());
            assert_eq!((numbers, roots), (vec![3, 4], expected));
            assert_eq!(names(&paths::generations()).expect("listed").len(), 2);
        });
    }

    #[test]
    fn what_containers_ran_that_are_gone_is_let_go() {
        empty_host(|| {
            for name in ["gone", "stopped", "runs", "a"] {
                for root in ["booted", "current"] {
                    hold(&format!("{root}-{name}"), Path::new("/nix/store/1-x")).expect("held");
                }
            }
            let name = |name: &str| ContainerName::new(name).expect("a good name");
            atomic_file::write(&paths::record(&name("stopped")), b"", 0o644).expect("written");
            atomic_file::write(&paths::booted(&name("runs")), b"", 0o644).expect("written");
            record(&generation(&["a"], serde_json::json!({}))).expect("recorded");
            let (_, roots) = there();
            let of = |what: &str| roots.iter().filter_map(|root| root.strip_prefix(what)).collect::<Vec<_>>();
            assert_eq!(
                (of("booted-"), of("current-")),
                (vec!["a", "runs", "stopped"], vec!["a", "runs", "stopped"])
            );
        });
    }
}
