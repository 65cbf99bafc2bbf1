//! Loads configurations: finds what CONFIG names, decides what it may read, and evaluates it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::configuration::Configuration;
use super::context::Context;
use super::disk::{git_top_level, in_work_tree};
use super::options::ConfigOptions;
use super::reading::{Loaded, Reading, WithNotes};
use super::stage::Stage;
use super::target::{Reference, Target};
use crate::diag::{Code, Diagnostic};
use crate::modules::{Guests, flake};
use crate::source::{Files, RevisionError};

/// Finds and evaluates CONFIG. `restricted` is the default of `--restrict`.
pub fn load(
    cx: &Context<'_>,
    config: &ConfigOptions,
    restricted: bool,
    guests: Guests<'_>,
) -> Result<Configuration, Vec<Diagnostic>> {
    let mut read = read(cx, config, restricted, |reading| reading.one(true, guests))?.with_units();
    if !config.keep_going {
        return read.with_known_names();
    }
    read.findings.extend(read.unknown_names());
    Ok(read)
}

/// Like [`load`], but allows containers with unknown names, for a configuration that is only printed.
pub(crate) fn load_to_show(
    cx: &Context<'_>,
    config: &ConfigOptions,
    guests: Guests<'_>,
) -> Result<Configuration, Vec<Diagnostic>> {
    read(cx, config, false, |reading| reading.one(true, guests))
}

/// Like [`load`], but for a command that changes the host: does not fall back to the only host of a flake.
pub(super) fn load_for_change(cx: &Context<'_>, config: &ConfigOptions) -> Result<Configuration, Vec<Diagnostic>> {
    let read = read(cx, config, false, |reading| reading.one(false, Guests::All));
    read?.with_units().with_known_names()
}

/// Loads all hosts of a flake, with notes about unknown hosts.
pub(crate) fn load_hosts(
    cx: &Context<'_>,
    config: &ConfigOptions,
    guests: bool,
) -> Result<WithNotes<BTreeMap<String, Loaded>>, Vec<Diagnostic>> {
    read(cx, config, false, |reading| reading.all(guests))
}

/// The names of all hosts of a flake, with notes about unknown hosts.
pub(super) fn hosts_of(
    cx: &Context<'_>,
    config: &ConfigOptions,
) -> Result<WithNotes<BTreeSet<String>>, Vec<Diagnostic>> {
    read(cx, config, true, |reading| reading.hosts())
}

/// The names of all hosts of a flake in a revision. Empty if the flake does not exist there.
pub(super) fn hosts_of_revision(
    cx: &Context<'_>,
    config: &ConfigOptions,
    revision: &str,
) -> Result<WithNotes<BTreeSet<String>>, Vec<Diagnostic>> {
    let hosts = read_revision(cx, config, revision, |reading| reading.hosts())?;
    Ok(hosts.unwrap_or_default())
}

fn read<T>(
    cx: &Context<'_>,
    config: &ConfigOptions,
    restricted: bool,
    work: impl FnOnce(Reading<'_>) -> Result<T, Vec<Diagnostic>>,
) -> Result<T, Vec<Diagnostic>> {
    let _stage = Stage::Evaluate.begin();
    let Context { environment, disk, sources, .. } = *cx;
    let mut target = Target::find(cx, &config.config, disk.files()).map_err(|diagnostic| vec![*diagnostic])?;
    target.file = in_work_tree(disk, &target.file).unwrap_or(target.file);
    let file = &target.file;
    // `path:` includes files that git does not track.
    let top = if target.whole.is_some() { None } else { git_top_level(disk, file) };
    let around = || target.whole.clone().or_else(|| file.parent().map(Path::to_path_buf));
    let root = top.clone().or_else(around).unwrap_or_default();
    sources.set_root(&root);
    let restricted = config.restrict || (restricted && !config.no_restrict);
    let pure = target.flake && !config.impure;
    let search_path = config.search_path(environment, restricted || pure);
    let limited: Option<Box<dyn Files>> = if restricted || pure {
        let given = search_path.iter().map(|(_, path)| path.clone());
        let overrides = config.overrides(environment).into_iter().map(|(_, path)| path);
        let lock = disk.files().read(&file.with_file_name("flake.lock")).unwrap_or_default();
        let pinned = flake::pinned(&String::from_utf8_lossy(&lock));
        let roots = given.chain(overrides).chain(pinned).chain([root.clone()]).collect();
        Some(if restricted { disk.restricted(roots) } else { disk.pure(roots) })
    } else {
        None
    };
    let files = limited.as_deref().unwrap_or_else(|| disk.files());
    let tracked = top.filter(|_| target.flake).and_then(|top| disk.tracked(&top));
    work(Reading { cx, config, target, files, top: &root, tracked, search_path, restricted })
}

/// Loads CONFIG from the git revision `revision`. `None` if it does not exist there.
pub(super) fn load_revision(
    cx: &Context<'_>,
    config: &ConfigOptions,
    revision: &str,
    guests: Guests<'_>,
) -> Result<Option<Configuration>, Vec<Diagnostic>> {
    let read = read_revision(cx, config, revision, |reading| reading.one(true, guests))?;
    read.map(|read| read.with_units().with_known_names()).transpose()
}

fn read_revision<T>(
    cx: &Context<'_>,
    config: &ConfigOptions,
    revision: &str,
    work: impl FnOnce(Reading<'_>) -> Result<T, Vec<Diagnostic>>,
) -> Result<Option<T>, Vec<Diagnostic>> {
    let _stage = Stage::Evaluate.begin();
    let failed = |error: RevisionError| vec![*revision_diagnostic(&error)];
    let Context { environment, disk, sources, .. } = *cx;
    let exists = |path: &Path| disk.exists(path);
    let reference = Reference::parse(&config.config, environment, exists);
    let Reference { directory: path, host, .. } = reference.map_err(|diagnostic| vec![*diagnostic])?;
    let path = in_work_tree(disk, &path).unwrap_or(path);
    let host = host.map_or_else(String::new, |host| format!("#{host}"));
    let named = format!("{}{host}", path.display());
    let top = path.ancestors().find(|directory| exists(&directory.join(".git")));
    let top = top.ok_or_else(|| failed(RevisionError::NoRepository { path: path.clone() }))?;
    let restricted = !config.no_restrict;
    let search_path = config.search_path(environment, restricted);
    let outside: Box<dyn Files> = if restricted {
        let overrides = config.overrides(environment).into_iter().map(|(_, path)| path);
        let given = search_path.iter().map(|(_, path)| path.clone()).chain(overrides);
        // The revision's own lock file lists the store paths that it may read.
        let inside = disk.revision(top, revision, disk.restricted(Vec::new())).map_err(failed)?;
        let locks = [path.join("flake.lock"), path.with_file_name("flake.lock")];
        let lock = locks.iter().find_map(|lock| inside.read(lock).ok()).unwrap_or_default();
        disk.restricted(given.chain(flake::pinned(&String::from_utf8_lossy(&lock))).collect())
    } else {
        disk.all()
    };
    let files = disk.revision(top, revision, outside).map_err(failed)?;
    let is_missing =
        |path: &Path| files.kind(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    let files_of_directory = ["flake.nix", "configuration.nix", "default.nix"].map(|name| path.join(name));
    let is_empty = || files.read_dir(&path).is_ok() && files_of_directory.iter().all(|file| is_missing(file));
    if is_missing(&path) || is_empty() {
        return Ok(None);
    }
    let target = Target::find(cx, &named, files.as_ref()).map_err(|diagnostic| vec![*diagnostic])?;
    sources.set_root(top);
    let reading =
        Reading { cx, config, target, files: files.as_ref(), top, tracked: None, search_path, restricted };
    work(reading).map(Some)
}

/// The top level of the git work tree that contains CONFIG, or CONFIG's directory.
pub(super) fn checkout(cx: &Context<'_>, config: &ConfigOptions) -> Result<PathBuf, Vec<Diagnostic>> {
    let target = Target::find(cx, &config.config, cx.disk.files()).map_err(|diagnostic| vec![*diagnostic])?;
    let file = in_work_tree(cx.disk, &target.file).unwrap_or(target.file);
    let top = git_top_level(cx.disk, &file).or_else(|| file.parent().map(Path::to_path_buf));
    Ok(top.unwrap_or_default())
}

/// Why a revision cannot be read, and what to do about it.
fn revision_diagnostic(error: &RevisionError) -> Box<Diagnostic> {
    let (code, help) = match error {
        RevisionError::NoRepository { .. } => {
            (Code::Unreadable, String::from("pass a file, a directory or DIR#HOST to `--from`"))
        }
        RevisionError::Unknown { shallow: true, .. } => (
            Code::Usage,
            String::from(
                "this clone is shallow: fetch the whole history (`git fetch --unshallow`; in actions/checkout: \
                 `fetch-depth: 0`)",
            ),
        ),
        RevisionError::Unknown { branches, .. } if branches.is_empty() => {
            (Code::Usage, String::from("this repository has no branches yet"))
        }
        RevisionError::Unknown { branches, .. } => {
            (Code::Usage, format!("the branches of this repository are {}", branches.join(", ")))
        }
        RevisionError::Git { is_of_another_user: true, .. } => (
            Code::Unreadable,
            String::from(
                "it belongs to another user; if you trust it, run `git config --global --add safe.directory DIR`",
            ),
        ),
        RevisionError::Git { .. } => (Code::Unreadable, String::from("see `git fsck`")),
    };
    Box::new(Diagnostic::caused_by(code, error).help(help))
}
