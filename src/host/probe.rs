//! Observes a Linux host: combines what systemd, machined, the kernel and our own files say into a [`Snapshot`].
//!
//! It changes nothing. What an ordinary user may not read is `None`; any other failure is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use serde::de::DeserializeOwned;

use super::linux::Linux;
use super::nft::NftError;
use super::{
    apply_journal, bind_source, bus, damage, dhcpcd, generations, guest_network, hook, hosts_file, idmap, loopback,
    machined, managers, mount_units, netlink, nft, own_program, programs, resolver, restore_unit, sysctl, systemd,
};
use crate::model::spec::Network;
use crate::model::{ContainerName, FORMAT_VERSION};
use crate::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING};
use crate::render::{paths, unit};
use crate::state::{
    AbsentMount, BootService, Damage, Generation, KeptRoot, Kernel, Machine, NixosNat, ObservedContainer, Owner,
    PathFacts, Probe, ProbeError, Record, Rules, Snapshot, Unit, Unobserved,
};

impl Probe for Linux {
    fn snapshot(&self) -> Result<Snapshot, ProbeError> {
        let systemd = bus::is_booted_with_systemd();
        let stage = tracing::Span::current();
        // These are independent, and some wait for other processes, so they run in parallel.
        let (services, rules, nixos_nat, generation, program, interfaces, written, booted) =
            std::thread::scope(|scope| {
                let services =
                    scope.spawn(|| stage.in_scope(|| if systemd { Services::ask().map(Some) } else { Ok(None) }));
                let rules = scope.spawn(|| stage.in_scope(rules));
                let nixos_nat = scope.spawn(|| stage.in_scope(nixos_nat));
                let generation = scope.spawn(|| stage.in_scope(current_generation));
                let program = scope.spawn(|| stage.in_scope(own_program::look));
                let interfaces = netlink::interfaces();
                let (written, booted) = (records(&paths::records()), records(&paths::booted_records()));
                let (rules, nixos_nat) = (joined(rules), joined(nixos_nat));
                let (services, generation, program) = (joined(services), joined(generation), joined(program));
                (services, rules, nixos_nat, generation, program, interfaces, written, booted)
            });
        let generation = generation?;
        let (containers, foreign, boot_service) = match services? {
            Some(Services { machines, units, boot_service }) => {
                let on_record = OnRecord { written: &written?, booted: &booted?, generation: generation.as_ref() };
                let (containers, foreign) = containers(machines, units, &on_record)?;
                (containers, foreign, boot_service)
            }
            None => Default::default(),
        };
        let unfinished =
            apply_journal::read().map_err(|source| ProbeError::Read { path: paths::journal(), source })?;
        let interfaces =
            interfaces.map_err(|error| ProbeError::Netlink { what: "interfaces", source: error.into() });
        Ok(Snapshot {
            host_name: nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned(),
            systemd,
            containers,
            foreign,
            rules: rules?,
            nspawn: programs::nspawn(),
            interfaces: Some(interfaces?),
            roots: roots(Path::new(paths::ROOTS))?,
            kernel: Kernel {
                forwards_ipv4: sysctl::is_on(IPV4_FORWARDING),
                forwards_ipv6: sysctl::is_on(IPV6_FORWARDING),
                keeps_advertisements: sysctl::keeps_advertisements(),
            },
            resolver: resolver::look().ok().map(|read| read.map(|(_, resolver)| resolver).unwrap_or_default()),
            unfinished,
            is_generation_lost: generations::is_lost(generation.as_ref()),
            boot_generation: generations::boots_next(),
            generation,
            open_directories: damage::directories(),
            dhcpcd: dhcpcd::look(),
            nixos_nat,
            hosts: hosts_file::read(),
            loopback: loopback::listening(),
            guarding_files: managers::files()
                .into_iter()
                .chain(restore_unit::files())
                .chain(loopback::files())
                .collect(),
            boot_service,
            program,
        })
    }

    fn details(&self, snapshot: &mut Snapshot) -> Result<(), ProbeError> {
        let containers = snapshot.containers.values_mut();
        let machines = containers.filter_map(|container| container.machine.as_mut());
        machined::add_addresses(machines.chain(&mut snapshot.foreign)).map_err(asking("systemd-machined"))?;
        let running = snapshot.containers.iter_mut().filter(|(_, container)| container.is_running());
        let running: Vec<_> = running.collect();
        let names: Vec<_> = running.iter().map(|(name, _)| name.unit()).collect();
        let units = systemd::units(&names).map_err(asking("systemd"))?;
        for ((_, container), unit) in running.into_iter().zip(units) {
            container.unit = unit.or_else(|| container.unit.take());
        }
        Ok(())
    }

    fn missing_paths(&self, paths: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let is_missing = |path: &&PathBuf| match fs::metadata(path) {
            Err(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
            Ok(_) => false,
        };
        paths.iter().filter(is_missing).cloned().collect()
    }

    fn packet_filters(&self) -> Vec<serde_json::Value> {
        nft::packet_filters().unwrap_or_else(|error| {
            tracing::debug!(%error, "cannot list the tables that filter packets");
            Vec::new()
        })
    }

    fn absent_mounts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, Vec<AbsentMount>> {
        if paths.is_empty() || !bus::is_booted_with_systemd() {
            return BTreeMap::new();
        }
        mount_units::absent(paths).unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot ask systemd for the mounts that bind mounts lie on");
            BTreeMap::new()
        })
    }

    fn path_facts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, PathFacts> {
        let facts = paths.iter().filter_map(|path| {
            let metadata = fs::metadata(path).ok()?;
            let is_mappable = idmap::is_mappable(path);
            let (owner, group, mode) = (metadata.uid(), metadata.gid(), metadata.mode());
            Some((path.clone(), PathFacts { owner, group, mode, is_mappable }))
        });
        facts.collect()
    }
}

fn asking(service: &'static str) -> impl FnOnce(systemd::BusError) -> ProbeError {
    move |source| ProbeError::Bus { service, source: source.into() }
}

/// The result of a thread.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The answers of systemd and machined.
struct Services {
    machines: Vec<Machine>,
    /// The instances of the container template, by name.
    units: BTreeMap<String, Unit>,
    boot_service: BootService,
}

impl Services {
    /// Asks both at the same time over one connection.
    fn ask() -> Result<Self, ProbeError> {
        let asked = bus::with(async |connection| {
            let machines = async { machined::listed(connection).await.map_err(asking("systemd-machined")) };
            let units =
                async { systemd::instances(connection, "container@.service").await.map_err(asking("systemd")) };
            let boot_service = async { systemd::find_boot_service(connection).await.map_err(asking("systemd")) };
            Ok(futures_util::future::try_join3(machines, units, boot_service).await)
        });
        let (machines, units, boot_service) = asked.map_err(asking("systemd"))??;
        Ok(Self { machines, units, boot_service })
    }
}

/// What our own files say about containers.
struct OnRecord<'a> {
    /// The records that their next starts bring up.
    written: &'a BTreeMap<ContainerName, Record>,
    /// The records that they booted with; a stopped container may have left one behind.
    booted: &'a BTreeMap<ContainerName, Record>,
    /// The generation that the next boot starts.
    generation: Option<&'a Generation>,
}

impl OnRecord<'_> {
    /// Whether the files of this boot show that a container is ours.
    fn has(&self, name: &ContainerName) -> bool {
        self.written.contains_key(name) || self.booted.contains_key(name)
    }

    fn boots(&self, name: &ContainerName) -> bool {
        self.generation.is_some_and(|generation| generation.records.contains_key(name))
    }
}

/// All containers by name, and the machines that are not containers of these.
fn containers(
    machines: Vec<Machine>,
    mut units: BTreeMap<String, Unit>,
    on_record: &OnRecord<'_>,
) -> Result<(BTreeMap<ContainerName, ObservedContainer>, Vec<Machine>), ProbeError> {
    let of_units = units.keys().filter_map(|unit| unit.strip_prefix("container@")?.strip_suffix(".service"));
    let mut confs = names_in(Path::new(paths::CONFS), |name| name.strip_suffix(".conf"))?.unwrap_or_default();
    // Our own containers are known by their records. After a reboot our symlinks dangle, and so may others. A `.conf`
    // that someone edited is a regular file by now, of a container that is in the generation but was not started.
    let is_edited = |name: &ContainerName| on_record.boots(name) && !units.contains_key(&name.unit());
    confs.retain(|name| {
        let conf = paths::conf(name);
        conf.exists() && fs::read_link(&conf).ok() != Some(paths::conf_target(name)) && !is_edited(name)
    });
    // A name that is invalid for us belongs to another program's container; if that runs, it is among the machines.
    let mut names: BTreeSet<ContainerName> = of_units.filter_map(|name| ContainerName::new(name).ok()).collect();
    names.extend(confs.iter().cloned());
    names.extend(on_record.written.keys().cloned());

    let mut machines: BTreeMap<String, Machine> =
        machines.into_iter().map(|machine| (machine.name.clone(), machine)).collect();
    let mut containers = BTreeMap::new();
    for name in names {
        let unit = units.remove(&name.unit());
        // A machine of that name may have been started by hand.
        let machine = match machines.get(name.as_str()) {
            Some(machine) if machine.unit == name.unit() => machines.remove(name.as_str()),
            _ => None,
        };
        let observed = observed(&name, unit, machine, on_record);
        if is_there(&observed, on_record.written.contains_key(&name) || confs.contains(&name)) {
            containers.insert(name, observed);
        }
    }
    Ok((containers, machines.into_values().collect()))
}

fn observed(
    name: &ContainerName,
    mut unit: Option<Unit>,
    machine: Option<Machine>,
    on_record: &OnRecord<'_>,
) -> ObservedContainer {
    if let Some(unit) = &mut unit {
        unit.is_unread = paths::unread_units().join(name.as_str()).exists();
    }
    let fragment = unit.as_ref().and_then(|unit| unit.fragment.as_deref());
    let unit_text = fragment.and_then(|path| fs::read_to_string(path).ok());
    let mask = fragment.and_then(|path| damage::mask(name, path));
    let is_hooked = mask.is_none()
        && fragment == Some(&paths::outranking_unit(name))
        && unit_text.as_deref().is_some_and(unit::is_of_hook);
    let owner = match &mask {
        _ if is_hooked => Owner::Ours,
        // A mask does not show whose unit it hides.
        Some(_) if on_record.has(name) || on_record.boots(name) => Owner::Ours,
        Some(_) => Owner::Foreign,
        None => owner(name, fragment, unit_text.as_deref(), on_record.has(name)),
    };
    let unit_text = if is_hooked { hook::text(name) } else { unit_text };
    if let Some(unit) = unit.as_mut().filter(|_| is_hooked) {
        // What the host declares does not override ours: the drop-in has the last word.
        unit.fragment = Some(paths::unit(name));
    }
    let ours = |record: Option<&Record>| record.filter(|_| owner == Owner::Ours).cloned();
    let (written, booted) = (on_record.written.get(name), on_record.booted.get(name));
    // If `/etc` is read-only, only the target exists.
    let confs = [paths::conf(name), paths::conf_target(name)];
    let conf_text = confs.iter().find_map(|path| fs::read_to_string(path).ok());
    let mut container = ObservedContainer {
        owner,
        is_hooked,
        unit,
        machine,
        written: ours(written),
        booted: None,
        missing_program: unit_text
            .as_deref()
            .filter(|_| owner == Owner::Ours)
            .and_then(unit::program)
            .filter(|program| own_program::is_gone(program)),
        start_text: unit_text.as_deref().filter(|_| owner == Owner::Native).and_then(start_script),
        unit_text,
        conf_text,
        damage: Damage::default(),
        moved_sources: BTreeSet::new(),
        guest_network: None,
    };
    // A container that was killed together with the host's systemd may have left its record.
    container.booted = ours(booted).filter(|_| container.is_running());
    let damage = match owner {
        Owner::Ours => damage::of(
            name,
            &damage::Known {
                fragment: container.unit.as_ref().and_then(|unit| unit.fragment.as_deref()),
                written,
                booted: container.booted.as_ref(),
                generation: on_record.generation,
            },
        ),
        Owner::Native | Owner::Foreign => Damage::default(),
    };
    container.damage = Damage { mask, ..damage };
    if container.booted.is_some() {
        container.moved_sources = bind_source::moved(name);
    }
    let machine = container.machine.as_ref().filter(|_| owner == Owner::Ours && !container.is_starting());
    container.guest_network = machine.and_then(|machine| guest_network::read(machine.leader));
    let network = container.booted.as_ref().map(|booted| &booted.spec.network);
    let has_passed = matches!(network, Some(Network::Private(private)) if private.has_passed());
    if let Some(network) = container.guest_network.as_mut().filter(|_| has_passed) {
        // Only root may enter the namespace.
        network.links = netlink::guest_links(&paths::namespace(name)).ok();
    }
    container
}

/// The text of the program that a native container's unit runs: with NixOS, a script.
fn start_script(unit: &str) -> Option<String> {
    let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart="))?;
    let program = command.split_whitespace().next()?.trim_matches('"');
    fs::read_to_string(program).ok()
}

/// Whether a container exists. systemd remembers failed units long after their files are gone.
fn is_there(container: &ObservedContainer, has_files: bool) -> bool {
    has_files || container.is_running() || container.unit.as_ref().is_some_and(|unit| unit.fragment.is_some())
}

/// The owner of a container (contract §7).
fn owner(name: &ContainerName, fragment: Option<&Path>, text: Option<&str>, has_record: bool) -> Owner {
    let Some(fragment) = fragment else {
        return if has_record { Owner::Ours } else { Owner::Foreign };
    };
    if text.is_some_and(|text| text.starts_with(unit::HEADER)) {
        return Owner::Ours;
    }
    // On NixOS, too, an instance of the template is an imperative container.
    let is_instance = fragment.file_name() == Some(OsStr::new(&name.unit()));
    if is_instance && fragment.starts_with(paths::NATIVE_UNITS) {
        return Owner::Native;
    }
    // Our file was edited beyond recognition, or removed. In the latter case systemd uses the file of the template, if
    // there is one.
    if has_record && (fragment == paths::unit(name) || !is_instance) { Owner::Ours } else { Owner::Foreign }
}

/// Reads the records in a directory.
fn records(directory: &Path) -> Result<BTreeMap<ContainerName, Record>, ProbeError> {
    let mut records = BTreeMap::new();
    for name in names_in(directory, |name| name.strip_suffix(".json"))?.unwrap_or_default() {
        // It may have been removed since the directory was listed.
        let record = read_json::<Record>(&directory.join(format!("{name}.json")))?;
        records.extend(record.map(|record| (name, record)));
    }
    Ok(records)
}

/// A JSON document that we write.
trait Document: DeserializeOwned {
    /// The position of its format version (JSON Pointer, RFC 6901).
    const VERSION: &'static str;
    /// Its format version.
    fn version(&self) -> u32;
}

impl Document for Record {
    const VERSION: &'static str = "/format_version";
    fn version(&self) -> u32 {
        self.format_version
    }
}

impl Document for Generation {
    const VERSION: &'static str = "/manifest/format_version";
    fn version(&self) -> u32 {
        self.manifest.format_version
    }
}

/// Reads our own JSON; `None` if it is missing or damaged, in which case the next switch writes it again. A document of
/// a later version is an error, since we must not replace it.
fn read_json<T: Document>(path: &Path) -> Result<Option<T>, ProbeError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            tracing::warn!("{} is a directory, so it is treated as missing", path.display());
            return Ok(None);
        }
        bytes => bytes.map_err(reading(path))?,
    };
    let document = serde_json::from_slice::<T>(&bytes);
    let version = match &document {
        Ok(document) => Some(document.version().into()),
        // Only that later version may be able to read the rest.
        Err(_) => {
            let json = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
            json.and_then(|mut json| json.pointer_mut(T::VERSION).map(serde_json::Value::take))
        }
    };
    if let Some(other) = version.filter(|version| *version != FORMAT_VERSION) {
        let reason = format!("its format is {other}, and this version knows {FORMAT_VERSION}");
        return Err(ProbeError::Corrupt { path: path.to_owned(), reason });
    }
    match document {
        Ok(document) => Ok(Some(document)),
        Err(error) => {
            tracing::warn!("{} is damaged, so it is treated as missing: {error}", path.display());
            Ok(None)
        }
    }
}

fn reading(path: &Path) -> impl FnOnce(io::Error) -> ProbeError {
    move |source| ProbeError::Read { path: path.to_owned(), source }
}

/// The names of containers among the entries of a directory; `None` if it may not be read.
fn names_in(
    directory: &Path,
    name: impl Fn(&str) -> Option<&str>,
) -> Result<Option<BTreeSet<ContainerName>>, ProbeError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(BTreeSet::new())),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
        entries => entries.map_err(reading(directory))?,
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(reading(directory))?.file_name();
        let name = entry.to_str().and_then(&name).and_then(|name| ContainerName::new(name).ok());
        names.extend(name);
    }
    Ok(Some(names))
}

/// Reads the current generation.
fn current_generation() -> Result<Option<Generation>, ProbeError> {
    generations::current().map_or(Ok(None), |path| read_json(&path))
}

/// Reads the generation `number`.
pub(super) fn generation(number: u32) -> Result<Option<Generation>, ProbeError> {
    read_json(&paths::generation(number))
}

fn roots(directory: &Path) -> Result<Option<BTreeMap<ContainerName, KeptRoot>>, ProbeError> {
    let names = names_in(directory, |name| Some(name))?;
    let kept = |name: ContainerName| {
        let path = directory.join(name.as_str());
        (name, KeptRoot { path })
    };
    Ok(names.map(|names| names.into_iter().map(kept).collect()))
}

/// NixOS's own NAT. Whoever may not list tables is told so about ours.
fn nixos_nat() -> NixosNat {
    nft::nixos_nat().unwrap_or_else(|error| {
        tracing::debug!(%error, "cannot list the tables of NixOS's NAT");
        NixosNat::Absent
    })
}

/// Reads our rules, or says why they cannot be read.
fn rules() -> Result<Result<Rules, Unobserved>, ProbeError> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(Err(Unobserved::NotPermitted));
    }
    match nft::rules() {
        Ok(rules) => Ok(Ok(rules)),
        Err(NftError::Run { source }) if source.kind() == io::ErrorKind::NotFound => Ok(Err(Unobserved::NoProgram)),
        Err(error) => Err(ProbeError::Nft { source: error.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::atomic_file;
    use crate::host::launch::tests::record;
    use crate::host::netns::tests::empty_host;
    use crate::model::spec::Network;

    #[test]
    fn the_owner_follows_from_the_units_path_text_and_record() {
        let name = ContainerName::new("a").expect("a good name");
        let ours = Some(unit::HEADER);
        #[rustfmt::skip]
        let table = [
            // fragment                                     its text         record  owner
            (Some("/run/systemd/system/container@a.service"), ours,            true,  Owner::Ours),
            (Some("/run/systemd/system/container@a.service"), ours,            false, Owner::Ours),
            (Some("/run/systemd/system/container@a.service"), None,            true,  Owner::Ours),
            (Some("/run/systemd/system/container@a.service"), Some("[Unit]"),  true,  Owner::Ours),
            (Some("/run/systemd/system/container@a.service"), Some("[Unit]"),  false, Owner::Foreign),
            (Some("/run/systemd/transient/container@a.service"), Some("[Unit]"), true, Owner::Foreign),
            (Some("/etc/systemd/system/container@.service"),  Some("[Unit]"),  true,  Owner::Ours),
            (Some("/etc/systemd/system/container@a.service"), Some("[Unit]"),  true,  Owner::Native),
            (Some("/etc/systemd/system/container@a.service"), None,            false, Owner::Native),
            (Some("/etc/systemd/system/container@a.service"), ours,            false, Owner::Ours),
            (Some("/etc/systemd/system/container@.service"),  Some("[Unit]"),  false, Owner::Foreign),
            (Some("/lib/systemd/system/container@.service"),  Some("[Unit]"),  false, Owner::Foreign),
            (None,                                            None,            true,  Owner::Ours),
            (None,                                            None,            false, Owner::Foreign),
        ];
        for (fragment, text, has_record, expected) in table {
            let got = owner(&name, fragment.map(Path::new), text, has_record);
            assert_eq!(got, expected, "{fragment:?} {text:?} {has_record}");
        }
    }

    #[test]
    fn a_host_without_systemd_has_no_containers() {
        empty_host(|| {
            let snapshot = Linux::new().snapshot().expect("looked at");
            assert!(!snapshot.systemd && !snapshot.boot_service.is_enabled);
            assert!(snapshot.containers.is_empty() && snapshot.foreign.is_empty());
            assert_eq!(snapshot.roots, Some(BTreeMap::new()));
            assert_eq!(
                snapshot.interfaces.map(|interfaces| interfaces.into_keys().collect::<Vec<_>>()),
                Some(vec!["lo".to_owned()])
            );
            assert_eq!(snapshot.rules, Err(Unobserved::NoProgram));
        });
    }

    #[test]
    fn damaged_records_are_treated_as_missing() {
        let directory = tempfile::tempdir().expect("a directory");
        let record = record("a", Network::Host);
        let json = serde_json::to_vec(&record).expect("a record has string keys only");
        for (file, content) in [("a.json", &json[..]), (".hidden.json", b"{"), ("b_c.json", b"{"), ("note", b"")] {
            atomic_file::write(&directory.path().join(file), content, 0o644).expect("written");
        }
        let read = records(directory.path()).expect("read");
        assert_eq!(read, BTreeMap::from([(record.spec.name.clone(), record)]));
        fs::create_dir(directory.path().join("d.json")).expect("made");
        for damaged in ["[]", "{", "", "{ \"format_version\": 1 }"] {
            atomic_file::write(&directory.path().join("z.json"), damaged.as_bytes(), 0o644).expect("written");
            assert_eq!(records(directory.path()).expect("treated as missing"), read, "{damaged}");
        }
        atomic_file::write(&directory.path().join("z.json"), b"{ \"format_version\": 2 }", 0o644).expect("written");
        let error = records(directory.path()).expect_err("a later version's");
        assert!(
            error.to_string().contains("z.json is not a record of container-rebuild: its format is 2"),
            "{error}"
        );
        let kept = roots(directory.path()).expect("read").expect("readable");
        assert!(kept.keys().any(|name| name.as_str() == "note"));
    }

    #[test]
    fn missing_paths_are_found() {
        let paths = ["/proc/self", "/nowhere", "/proc/version/x"].map(PathBuf::from);
        let missing = Linux::new().missing_paths(&paths.clone().into());
        assert_eq!(missing, [paths[1].clone(), paths[2].clone()].into());
    }
}
