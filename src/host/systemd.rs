//! systemd, over D-Bus (org.freedesktop.systemd1(5)).
//!
//! Gives: jobs that are waited for, and units as they are. A job's end is a signal that is asked for before the job is
//! begun; nothing here waits by looking again and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use zbus::Connection;
use zbus::fdo;
use zbus::proxy::CacheProperties;
use zbus::{OwnedObjectPath, OwnedVariant};

use super::waiting::{self, GaveUp};
use super::{bus, damage, install_boot, own_program};
use crate::render::boot_service::{self, WANTED_BY};
use crate::render::{paths, unit};
use crate::state::{ActiveState, BootService, Unit};

/// What a job is to do to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Stop it, if it runs, and start it.
    Restart,
}

impl Job {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

/// Why a job is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// It failed.
    Failed(JobFailure),
    /// It was not waited for any longer, and goes on.
    GaveUp(GaveUp),
}

/// How a job ended, when not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFailure {
    /// `failed`, `timeout`, `dependency` … (JobRemoved).
    pub result: String,
    /// What the unit says of itself.
    pub log: Vec<String>,
    /// The `InvocationID` of the run that failed, where there was one.
    pub invocation: Option<String>,
}

/// Why systemd did not answer, or not as expected.
pub type BusError = zbus::Error;

type ListedUnit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
trait Manager {
    fn subscribe(&self) -> zbus::Result<()>;
    fn reload(&self) -> zbus::Result<()>;
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn restart_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn reset_failed_unit(&self, name: &str) -> zbus::Result<()>;
    fn kill_unit(&self, name: &str, whom: &str, signal: i32) -> zbus::Result<()>;
    fn load_unit(&self, name: &str) -> zbus::Result<OwnedObjectPath>;
    fn list_units_by_patterns(&self, states: &[&str], patterns: &[&str]) -> zbus::Result<Vec<ListedUnit>>;
    fn get_unit_file_state(&self, file: &str) -> zbus::Result<String>;
    fn enable_unit_files(
        &self,
        files: &[&str],
        runtime: bool,
        force: bool,
    ) -> zbus::Result<(bool, Vec<(String, String, String)>)>;
    #[zbus(property)]
    fn unit_path(&self) -> zbus::Result<Vec<String>>;
    #[zbus(signal)]
    fn job_removed(&self, id: u32, job: OwnedObjectPath, unit: String, result: String) -> zbus::Result<()>;
}

/// Has systemd read all unit files again.
pub fn reload() -> Result<(), BusError> {
    tracing::debug!("systemd: Reload");
    bus::with_limit(waiting::RELOAD, async |connection| ManagerProxy::new(connection).await?.reload().await)
}

/// Runs a job and waits for its end, as long as the unit itself lets it take. Stopping a unit that nobody knows is done at once.
///
/// A unit whose start failed is not left to try on its own (`Restart=` would): it is stopped.
pub fn run(unit: &str, job: Job) -> Result<Result<(), JobError>, BusError> {
    tracing::debug!(unit, job = job.as_str(), "systemd: begin a job");
    bus::shared(async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        match manager.subscribe().await {
            // Somebody on the same connection was first.
            Err(zbus::Error::MethodError(name, ..)) if name.as_str() == ALREADY_SUBSCRIBED => {}
            result => result?,
        }
        if job != Job::Stop {
            // Failures of a former version do not count against this one. A unit that is not loaded has none.
            match manager.reset_failed_unit(unit).await {
                Err(error) if !is_unknown(&error) => return Err(error),
                _ => {}
            }
        }
        let result = match wait(&manager, unit, job).await? {
            Ok(result) => result,
            Err(gave_up) => return Ok(Err(JobError::GaveUp(gave_up))),
        };
        tracing::debug!(unit, job = job.as_str(), ?result, "systemd: the job ended");
        if matches!(result.as_deref(), None | Some("done")) {
            return Ok(Ok(()));
        }
        let (log, invocation) = account(connection, unit).await.unwrap_or_default();
        let failure = JobFailure { result: result.unwrap_or_default(), log, invocation };
        if job != Job::Stop {
            // Whether it is down by then is for whoever starts it next to find out.
            _ = wait(&manager, unit, Job::Stop).await?;
        }
        Ok(Err(JobError::Failed(failure)))
    })
}

/// Runs a job to its end; gives its result, or `None` where there is no such unit to be stopped.
async fn wait(manager: &ManagerProxy<'_>, unit: &str, job: Job) -> zbus::Result<Result<Option<String>, GaveUp>> {
    let mut removed = manager.receive_job_removed().await?;
    // "replace": a job that stands against this one gives way, as with systemctl(1).
    let path = match job {
        Job::Start => manager.start_unit(unit, "replace").await,
        Job::Stop => manager.stop_unit(unit, "replace").await,
        Job::Restart => manager.restart_unit(unit, "replace").await,
    };
    let path = match path {
        Err(error) if job == Job::Stop && is_unknown(&error) => return Ok(Ok(None)),
        path => path?,
    };
    let limit = limit(manager, unit, job).await;
    let ended = waiting::patiently(limit, async {
        while let Some(signal) = removed.next().await {
            let ended = signal.args()?;
            if ended.job == path {
                return Ok(Some(ended.result));
            }
        }
        // The bus went away under us.
        Err(zbus::Error::InputOutput(std::sync::Arc::new(std::io::ErrorKind::ConnectionAborted.into())))
    });
    match ended.await {
        Ok(ended) => ended.map(Ok),
        Err(gave_up) => Ok(Err(gave_up)),
    }
}

/// How long systemd itself lets the job take, and some more: a start that fails is followed by a stop, and each signal of a
/// stop is given the time once.
async fn limit(manager: &ManagerProxy<'_>, unit: &str, job: Job) -> Duration {
    let times = async {
        let path = manager.load_unit(unit).await?;
        let connection = manager.inner().connection();
        let service = Properties::of(connection, &path, "org.freedesktop.systemd1.Service").await?;
        let time = |name| service.get(name).filter(|time: &u64| *time != u64::MAX).map(Duration::from_micros);
        zbus::Result::Ok((time("TimeoutStartUSec"), time("TimeoutStopUSec")))
    };
    let (start, stop) = match times.await {
        // Without a limit of its own, one of ours.
        Ok((start, stop)) => (start.unwrap_or(waiting::ENDLESS), stop.unwrap_or(waiting::ENDLESS)),
        // A unit that is not a service, or is gone by now.
        Err(_) => (waiting::ENDLESS, waiting::ENDLESS),
    };
    let stop = stop.saturating_mul(2);
    let time = match job {
        Job::Start => start + stop,
        Job::Stop => stop,
        Job::Restart => stop + start + stop,
    };
    time + waiting::ANSWER
}

const ALREADY_SUBSCRIBED: &str = "org.freedesktop.systemd1.AlreadySubscribed";

fn is_unknown(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::MethodError(name, ..) if name.as_str() == "org.freedesktop.systemd1.NoSuchUnit")
}

/// What services say of their last run, in the order of `names`; nothing of those that cannot be asked.
pub fn accounts(names: &[String]) -> Result<Vec<Vec<String>>, BusError> {
    bus::with(async |connection| {
        let asked = names.iter().map(|name| async { account(connection, name).await.unwrap_or_default().0 });
        Ok(futures_util::future::join_all(asked).await)
    })
}

/// What a service says of its last run, and which run that was.
async fn account(connection: &Connection, unit: &str) -> zbus::Result<(Vec<String>, Option<String>)> {
    let path = ManagerProxy::new(connection).await?.load_unit(unit).await?;
    let invocation: Option<Vec<u8>> =
        Properties::of(connection, &path, "org.freedesktop.systemd1.Unit").await?.get("InvocationID");
    let invocation = invocation.filter(|id| !id.is_empty()).map(|id| data_encoding::HEXLOWER.encode(&id));
    let service = Properties::of(connection, &path, "org.freedesktop.systemd1.Service").await?;
    // "Terminating..." is nspawn's last word whatever happened.
    let status =
        service.get("StatusText").filter(|text: &String| !text.is_empty() && !text.starts_with("Terminating"));
    let mut lines: Vec<String> = status.into_iter().collect();
    let result: Option<String> = service.get("Result");
    let status: Option<i32> = service.get("ExecMainStatus");
    lines.extend(result.map(|result| match status {
        Some(status) if status != 0 => format!("{unit}: {result}, status {status}"),
        _ => format!("{unit}: {result}"),
    }));
    Ok((lines, invocation))
}

/// Sends a signal to all processes of a unit.
pub fn kill(unit: &str, signal: i32) -> Result<(), BusError> {
    tracing::debug!(unit, signal, "systemd: KillUnit");
    bus::with(async |connection| ManagerProxy::new(connection).await?.kill_unit(unit, "all", signal).await)
}

/// All instances of a template such as `container@.service`, by name: those that are loaded, and those that have a file.
///
/// What takes a call for each of them (since when, how much memory) is left out. Files are looked for as systemd does
/// (systemd.unit(5), *Unit File Load Path*): `ListUnitFiles` would have it look at the state of every file of the host.
pub(super) async fn instances(connection: &Connection, template: &str) -> Result<BTreeMap<String, Unit>, BusError> {
    let (prefix, suffix) = template.split_at(template.find('@').map_or(template.len(), |at| at + 1));
    let pattern = format!("{prefix}*{suffix}");
    let manager = ManagerProxy::new(connection).await?;
    let patterns = [pattern.as_str()];
    tracing::debug!(pattern, "systemd: ListUnitsByPatterns");
    let (loaded, directories) =
        futures_util::future::try_join(manager.list_units_by_patterns(&[], &patterns), manager.unit_path()).await?;
    let mut units = BTreeMap::new();
    for directory in directories {
        // Most of them are not there.
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.strip_prefix(prefix).is_some_and(|rest| rest.ends_with(suffix)) {
                let fragment = Some(entry.path());
                let active = ActiveState::Inactive;
                // The first directory wins.
                units.entry(name).or_insert(Unit {
                    fragment,
                    is_unread: false,
                    active,
                    active_since: None,
                    memory: None,
                });
            }
        }
    }
    for (name, _, loaded, active, _, _, path, ..) in loaded {
        let active = active_state(&active).unwrap_or(ActiveState::Inactive);
        match units.get_mut(&name) {
            Some(unit) => unit.active = active,
            // One whose file is gone is still there while its processes are; one of a template has that one's file.
            None if loaded != "not-found" || active != ActiveState::Inactive => {
                units.extend(unit(connection, &path).await?.map(|unit| (name, unit)));
            }
            None => {}
        }
    }
    units.remove(template);
    Ok(units)
}

/// The units called `names`, in their order; `None` for one that systemd cannot load.
pub fn units(names: &[String]) -> Result<Vec<Option<Unit>>, BusError> {
    tracing::debug!(?names, "systemd: LoadUnit and GetAll");
    bus::with(async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        // All calls are under way at the same time: what takes long is the way there and back.
        let manager = &manager;
        let looked_at =
            names.iter().map(|name| async move { unit(connection, &manager.load_unit(name).await?).await });
        futures_util::future::try_join_all(looked_at).await
    })
}

async fn unit(connection: &Connection, path: &OwnedObjectPath) -> zbus::Result<Option<Unit>> {
    let unit = Properties::of(connection, path, "org.freedesktop.systemd1.Unit").await?;
    let active = unit.get::<String>("ActiveState").as_deref().and_then(active_state);
    let active = active.unwrap_or(ActiveState::Inactive);
    let loaded: Option<String> = unit.get("LoadState");
    // One whose file is gone is still there while its processes are.
    if loaded.as_deref() == Some("not-found") && active == ActiveState::Inactive {
        return Ok(None);
    }
    let service = Properties::of(connection, path, "org.freedesktop.systemd1.Service").await?;
    let since = unit.get("ActiveEnterTimestamp").filter(|since: &u64| *since != 0);
    Ok(Some(Unit {
        fragment: unit.get("FragmentPath").filter(|path: &String| !path.is_empty()).map(PathBuf::from),
        is_unread: false,
        active,
        active_since: since.filter(|_| matches!(active, ActiveState::Active | ActiveState::Reloading)),
        // systemd says "not known" by the largest number.
        memory: service.get("MemoryCurrent").filter(|memory: &u64| *memory != u64::MAX),
    }))
}

fn active_state(word: &str) -> Option<ActiveState> {
    Some(match word {
        "active" => ActiveState::Active,
        "reloading" | "refreshing" => ActiveState::Reloading,
        "inactive" => ActiveState::Inactive,
        "failed" => ActiveState::Failed,
        "activating" => ActiveState::Activating,
        "deactivating" => ActiveState::Deactivating,
        "maintenance" => ActiveState::Maintenance,
        _ => return None,
    })
}

/// Where systemd looks for units, the first directory first.
pub(super) fn unit_path() -> Result<Vec<String>, BusError> {
    bus::with(async |connection| ManagerProxy::new(connection).await?.unit_path().await)
}

/// The boot service, as a boot would find it.
pub(super) fn boot_service() -> Result<BootService, BusError> {
    bus::with(async |connection| find_boot_service(connection).await)
}

/// The same over a connection that is there.
pub(super) async fn find_boot_service(connection: &Connection) -> Result<BootService, BusError> {
    tracing::debug!("systemd: LoadUnit, GetUnitFileState {}", paths::BOOT_SERVICE);
    let manager = ManagerProxy::new(connection).await?;
    let path = manager.load_unit(paths::BOOT_SERVICE).await?;
    let unit = Properties::of(connection, &path, "org.freedesktop.systemd1.Unit").await?;
    let is_loaded = unit.get("LoadState").is_some_and(|state: String| state == "loaded");
    // Asked for, since the unit's own property is as old as the last reload.
    let state = match manager.get_unit_file_state(paths::BOOT_SERVICE).await {
        Err(zbus::Error::FDO(error)) if matches!(*error, fdo::Error::FileNotFound(_)) => String::new(),
        Err(error) if is_unknown(&error) => String::new(),
        state => state?,
    };
    let wanted_by: Vec<String> = unit.get("WantedBy").unwrap_or_default();
    let is_enabled = match state.as_str() {
        "enabled" => true,
        // Gone, or enabled until the next boot only.
        "" | "enabled-runtime" => false,
        // That state knows of links below `/etc` and `/run` alone; a package brings its own.
        _ => wanted_by.iter().any(|unit| unit == WANTED_BY),
    };
    let fragment: String = unit.get("FragmentPath").unwrap_or_default();
    let drop_ins: Vec<String> = unit.get("DropInPaths").unwrap_or_default();
    let read = |path: &String| std::fs::read_to_string(path).unwrap_or_default();
    let text = read(&fragment);
    let is_ours = Path::new(&fragment) == paths::boot_service() && text.starts_with(unit::HEADER);
    let is_edited = text != boot_service::text() || damage::has_other_access(&paths::boot_service(), 0o644);
    let texts: Vec<String> = std::iter::once(text).chain(drop_ins.iter().map(read)).collect();
    let program = unit::program(&texts.join("\n")).filter(|_| is_loaded);
    let is_installable = (is_loaded && is_enabled) || install_boot::is_installable(&manager.unit_path().await?);
    Ok(BootService {
        is_enabled: is_loaded && is_enabled,
        is_ours: is_loaded && is_ours,
        is_edited: is_ours && is_edited,
        is_program_gone: program.as_deref().is_some_and(own_program::is_gone),
        program,
        is_installable,
    })
}

/// Enables a unit file for all boots to come (its `[Install]` section says how).
pub fn enable(file: &str) -> Result<(), BusError> {
    tracing::debug!(file, "systemd: EnableUnitFiles and Reload");
    bus::with_limit(waiting::RELOAD, async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        manager.enable_unit_files(&[file], false, true).await?;
        manager.reload().await
    })
}

/// All properties of one interface of an object, from one call.
pub(super) struct Properties(std::collections::HashMap<String, OwnedVariant>);

impl Properties {
    pub(super) async fn at(
        connection: &Connection,
        service: &str,
        path: &OwnedObjectPath,
        interface: &str,
    ) -> zbus::Result<Self> {
        let proxy = fdo::PropertiesProxy::builder(connection)
            .destination(service.to_owned())
            .path(path.clone())
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let interface = zbus::names::InterfaceName::try_from(interface)?;
        Ok(Self(proxy.get_all(interface).await?))
    }

    async fn of(connection: &Connection, path: &OwnedObjectPath, interface: &str) -> zbus::Result<Self> {
        Self::at(connection, "org.freedesktop.systemd1", path, interface).await
    }

    /// The number of the unit's job (property `Job`); 0 where it has none.
    pub(super) fn job(&self) -> Option<u32> {
        let job: zbus::Structure<'_> = self.get("Job")?;
        job.fields().first().and_then(|number| u32::try_from(number).ok())
    }

    /// A property; `None` where this version has none of the name and type.
    pub(super) fn get<T: TryFrom<OwnedVariant>>(&self, name: &str) -> Option<T> {
        T::try_from(self.0.get(name)?.try_clone().ok()?).ok()
    }
}
