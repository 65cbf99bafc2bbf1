//! Tells the host's network managers which interfaces to leave alone ([`Unmanaged`]).
//!
//! Invariant: once an interface exists, its manager has read the file that names it. A manager that does not run reads the files
//! when it starts; one that runs is told. If this process is killed in between, a mark makes the next one tell it.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zbus::fdo;
use zbus::names::BusName;

use super::{atomic_file, bus, kill_point};
use crate::model::ContainerName;
use crate::model::spec::Network;
use crate::render::paths;
use crate::render::unmanaged::{Manager, Unmanaged};
use crate::state::Record;

/// A file that could not be written or removed.
type Failed = (PathBuf, io::Error);

#[zbus::proxy(
    interface = "org.freedesktop.network1.Manager",
    default_service = "org.freedesktop.network1",
    default_path = "/org/freedesktop/network1"
)]
trait Networkd {
    fn reload(&self) -> zbus::Result<()>;
}

#[zbus::proxy(
    interface = "org.freedesktop.NetworkManager",
    default_service = "org.freedesktop.NetworkManager",
    default_path = "/org/freedesktop/NetworkManager"
)]
trait NetworkManager {
    fn reload(&self, flags: u32) -> zbus::Result<()>;
}

/// The flag of `Reload` by which NetworkManager reads its configuration, and does nothing else (`NM_MANAGER_RELOAD_FLAG_CONF`).
const CONFIGURATION: u32 = 1;

/// The files that exist.
pub(super) fn files() -> BTreeMap<PathBuf, String> {
    let files = Unmanaged::default().files().into_iter();
    files.filter_map(|(_, path, _)| Some((path.clone(), fs::read_to_string(path).ok()?))).collect()
}

/// Makes the managers leave exactly these interfaces alone.
///
/// # Errors
///
/// If a file cannot be written or removed. A manager that cannot be told is only a warning: it is told next time.
pub(super) fn leave_alone(interfaces: &Unmanaged) -> Result<(), Failed> {
    let there = files();
    for (manager, path, text) in interfaces.files() {
        if there.get(&path) == text.as_ref() {
            continue;
        }
        // First: from now on, the manager has something to read.
        let mark = mark(manager);
        atomic_file::write(&mark, b"", 0o644).map_err(at(&mark))?;
        match &text {
            Some(text) => make_directory(&path).and_then(|()| atomic_file::write(&path, text.as_bytes(), 0o644)),
            None => atomic_file::remove(&path),
        }
        .map_err(at(&path))?;
        if text.is_none() {
            remove_directories(&path);
        }
    }
    tell_all()
}

/// Makes sure that the managers leave the interfaces of a container alone, which is about to start. They do, unless somebody
/// removed a file.
pub(super) fn leave_alone_at_start(name: &ContainerName, network: &Network) -> Result<(), Failed> {
    let own = Unmanaged::of([(name, network)]);
    if own.is_empty() {
        return Ok(());
    }
    let (there, paths) = (files(), own.files().map(|(_, path, _)| path));
    let texts = paths.each_ref().map(|path| there.get(path).map(String::as_str).unwrap_or_default());
    if own.are_in(texts) {
        return tell_all();
    }
    let records: Vec<Record> = records(&paths::records()).chain(records(&paths::booted_records())).collect();
    let all = Unmanaged::of(records.iter().map(|record| (&record.spec.name, &record.spec.network)));
    leave_alone(&own.with(&all))
}

fn records(directory: &Path) -> impl Iterator<Item = Record> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| serde_json::from_slice(&fs::read(entry.path()).ok()?).ok())
}

/// The file that exists while a manager has something to read.
fn mark(manager: Manager) -> PathBuf {
    paths::unread_managers().join(manager.name())
}

/// Makes the managers that have something to read read it.
fn tell_all() -> Result<(), Failed> {
    let managers = [Manager::Networkd, Manager::NetworkManager].into_iter();
    managers.filter(|manager| mark(*manager).exists()).try_for_each(tell)
}

/// Makes a manager read its configuration, if it runs.
fn tell(manager: Manager) -> Result<(), Failed> {
    if bus::is_booted_with_systemd() {
        kill_point::reach("reload a network manager");
        if let Err(error) = reload(manager) {
            tracing::warn!(%error, "cannot make {} leave the interfaces of containers alone", manager.name());
            return Ok(());
        }
        kill_point::reach("network manager reloaded");
    }
    let mark = mark(manager);
    atomic_file::remove(&mark).map_err(at(&mark))
}

fn reload(manager: Manager) -> zbus::Result<()> {
    tracing::debug!(manager = manager.name(), "D-Bus: Reload");
    bus::with(async |connection| {
        let service = match manager {
            Manager::Networkd => "org.freedesktop.network1",
            Manager::NetworkManager => "org.freedesktop.NetworkManager",
        };
        // A call would start it.
        if !fdo::DBusProxy::new(connection).await?.name_has_owner(BusName::try_from(service)?).await? {
            return Ok(());
        }
        match manager {
            Manager::Networkd => NetworkdProxy::new(connection).await?.reload().await,
            Manager::NetworkManager => NetworkManagerProxy::new(connection).await?.reload(CONFIGURATION).await,
        }
    })
}

/// Creates the directory of a file, in which other users may read, whatever our umask is: networkd is one of them.
fn make_directory(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().skip(1).take_while(|path| !path.exists()).collect();
    for directory in missing.into_iter().rev() {
        match fs::create_dir(directory) {
            // Another container that starts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.and_then(|()| fs::set_permissions(directory, Permissions::from_mode(0o755)))?,
        }
    }
    Ok(())
}

/// Removes the directories of a removed file if they are empty: they may be ours, and nobody misses them.
fn remove_directories(path: &Path) {
    let mut directories = path.ancestors().skip(1).take_while(|directory| *directory != Path::new("/run"));
    _ = directories.try_for_each(fs::remove_dir);
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Failed {
    move |source| (path.to_owned(), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::launch::tests::record;
    use crate::host::netns::tests::empty_host;
    use crate::model::spec::{Private, Veth};

    fn private() -> Network {
        let veth = Veth { local4: Some([192, 168, 100, 11].into()), ..Veth::default() };
        Network::Private(Private { veth: Some(veth), ..Private::default() })
    }

    #[test]
    fn the_files_come_and_go_with_the_interfaces() {
        empty_host(|| {
            let name = ContainerName::new("wasabi").expect("a good name");
            let network = private();
            let own = Unmanaged::of([(&name, &network)]);
            for _ in 0..2 {
                leave_alone(&own).expect("written");
                let paths: Vec<PathBuf> = files().into_keys().collect();
                assert_eq!(paths, [PathBuf::from(paths::NETWORK_MANAGER), paths::NETWORKD.into()]);
                assert_eq!(fs::read_dir(paths::unread_managers()).map(Iterator::count).ok(), Some(0));
            }
            leave_alone(&Unmanaged::default()).expect("removed");
            assert!(files().is_empty() && !Path::new("/run/NetworkManager").exists());
        });
    }

    #[test]
    fn a_start_writes_what_is_missing_for_all_containers() {
        empty_host(|| {
            let records = ["wasabi", "sambal"].map(|name| record(name, private()));
            for record in &records {
                let bytes = serde_json::to_vec(record).expect("a record has string keys only");
                atomic_file::write(&paths::record(&record.spec.name), &bytes, 0o644).expect("written");
            }
            let start = || leave_alone_at_start(&records[0].spec.name, &records[0].spec.network).expect("written");
            start();
            let all = Unmanaged::of(records.iter().map(|record| (&record.spec.name, &record.spec.network)));
            let whole = files();
            assert_eq!(whole.get(Path::new(paths::NETWORKD)), all.files()[0].2.as_ref());
            // What is complete is left as it is.
            fs::write(paths::NETWORKD, "Name=other ve-wasabi\n").expect("written");
            start();
            assert_ne!(files(), whole);
            fs::write(paths::NETWORKD, "Name=ve-wasabi-2 ve-sambal\n").expect("written");
            start();
            assert_eq!(files(), whole);
        });
    }
}
