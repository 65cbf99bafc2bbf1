//! Talks to systemd over D-Bus (org.freedesktop.systemd1(5)).
//!
//! Gives: jobs that are waited for, and the state of units. The end of a job is a signal, to which we subscribe before
//! the job starts; nothing here polls.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use zbus::Connection;
use zbus::fdo;
use zbus::proxy::CacheProperties;
use zbus::{OwnedObjectPath, OwnedVariant};

use super::waiting::{self, GaveUp};
use super::{boot_package, bus, damage, own_program};
use crate::render::boot_service::{self, WANTED_BY};
use crate::render::{paths, unit};
use crate::state::{ActiveState, BootService, Unit};

/// What a job does to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Stop it if it runs, then start it.
    Restart,
}

impl Job {
    /// The job's name in messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

/// Why a job did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobError {
    /// It failed.
    Failed(JobFailure),
    /// We stopped waiting; the job goes on.
    GaveUp(GaveUp),
}

/// How a job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobFailure {
    /// `failed`, `timeout`, `dependency` … (JobRemoved).
    pub result: String,
    /// What systemd and the unit say about it.
    pub log: Vec<String>,
    /// The `InvocationID` of the run that failed, if there was one.
    pub invocation: Option<String>,
}

/// An error of D-Bus or of systemd.
pub(crate) type BusError = zbus::Error;

type ListedUnit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
trait Manager {
    #[zbus(property)]
    fn version(&self) -> zbus::Result<String>;
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
    fn disable_unit_files(&self, files: &[&str], runtime: bool) -> zbus::Result<Vec<(String, String, String)>>;
    #[zbus(property)]
    fn system_state(&self) -> zbus::Result<String>;
    #[zbus(property)]
    fn unit_path(&self) -> zbus::Result<Vec<String>>;
    #[zbus(signal)]
    fn job_removed(&self, id: u32, job: OwnedObjectPath, unit: String, result: String) -> zbus::Result<()>;
}

/// Whether the host is shutting down.
///
/// # Errors
///
/// If systemd cannot be reached.
pub(crate) fn is_stopping() -> Result<bool, BusError> {
    let state = bus::with(async |connection| ManagerProxy::new(connection).await?.system_state().await)?;
    Ok(state == "stopping")
}

/// The version of the systemd that runs (its property `Version`).
///
/// # Errors
///
/// If systemd cannot be reached.
pub(super) fn version() -> Result<String, BusError> {
    bus::with(async |connection| ManagerProxy::new(connection).await?.version().await)
}

/// Makes systemd reload all unit files.
///
/// # Errors
///
/// If systemd cannot be reached, or refuses.
pub(crate) fn reload() -> Result<(), BusError> {
    tracing::debug!("systemd: Reload");
    bus::with_limit(waiting::RELOAD, async |connection| ManagerProxy::new(connection).await?.reload().await)
}

/// Runs a job and waits until it ends, as long as the unit itself allows. Stopping an unknown unit succeeds at once.
///
/// A unit whose start failed is stopped, so that `Restart=` does not keep trying.
///
/// # Errors
///
/// If systemd cannot be reached. A job that fails is the inner error.
pub(crate) fn run(unit: &str, job: Job) -> Result<Result<(), JobError>, BusError> {
    tracing::debug!(unit, job = job.as_str(), "systemd: begin a job");
    bus::shared(async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        match manager.subscribe().await {
            // Another thread has subscribed on the same connection.
            Err(zbus::Error::MethodError(name, ..)) if name.as_str() == ALREADY_SUBSCRIBED => {}
            result => result?,
        }
        if job != Job::Stop {
            // Failures of an earlier version must not count against this start limit. An unloaded unit has none.
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
            // If it is still up after this, the next start will find out.
            _ = wait(&manager, unit, Job::Stop).await?;
        }
        Ok(Err(JobError::Failed(failure)))
    })
}

/// Starts units without waiting for that.
///
/// # Errors
///
/// If systemd cannot be reached, or does not know one of them.
pub(super) fn begin(units: &[String]) -> Result<(), BusError> {
    if units.is_empty() {
        return Ok(());
    }
    tracing::debug!(?units, "systemd: StartUnit");
    bus::with(async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        for unit in units {
            manager.start_unit(unit, "replace").await?;
        }
        Ok(())
    })
}

/// Runs a job to its end; returns its result, or `None` if there is no such unit to stop.
async fn wait(manager: &ManagerProxy<'_>, unit: &str, job: Job) -> zbus::Result<Result<Option<String>, GaveUp>> {
    let mut removed = manager.receive_job_removed().await?;
    // "replace": conflicting jobs are cancelled, as with systemctl(1).
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
        // The bus went away.
        Err(zbus::Error::InputOutput(std::sync::Arc::new(std::io::ErrorKind::ConnectionAborted.into())))
    });
    match ended.await {
        Ok(ended) => ended.map(Ok),
        Err(gave_up) => Ok(Err(gave_up)),
    }
}

/// How long systemd itself lets the job take, and some more. A failed start is followed by a stop, and each signal of a
/// stop gets the full time.
async fn limit(manager: &ManagerProxy<'_>, unit: &str, job: Job) -> Duration {
    let times = async {
        let path = manager.load_unit(unit).await?;
        let connection = manager.inner().connection();
        let service = Properties::of(connection, &path, "org.freedesktop.systemd1.Service").await?;
        let time = |name| service.get(name).filter(|time: &u64| *time != u64::MAX).map(Duration::from_micros);
        zbus::Result::Ok((time("TimeoutStartUSec"), time("TimeoutStopUSec")))
    };
    let (start, stop) = match times.await {
        // Units without a limit get one of ours.
        Ok((start, stop)) => (start.unwrap_or(waiting::ENDLESS), stop.unwrap_or(waiting::ENDLESS)),
        // Not a service, or already gone.
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

/// What systemd says about the last runs of services, in the order of `names`; empty for those that cannot be queried.
///
/// # Errors
///
/// If systemd cannot be reached.
pub(crate) fn accounts(names: &[String]) -> Result<Vec<Vec<String>>, BusError> {
    bus::with(async |connection| {
        let asked = names.iter().map(|name| async { account(connection, name).await.unwrap_or_default().0 });
        Ok(futures_util::future::join_all(asked).await)
    })
}

/// What systemd says about a service's last run, and the ID of that run.
async fn account(connection: &Connection, unit: &str) -> zbus::Result<(Vec<String>, Option<String>)> {
    let path = ManagerProxy::new(connection).await?.load_unit(unit).await?;
    let invocation: Option<Vec<u8>> =
        Properties::of(connection, &path, "org.freedesktop.systemd1.Unit").await?.get("InvocationID");
    let invocation = invocation.filter(|id| !id.is_empty()).map(|id| data_encoding::HEXLOWER.encode(&id));
    let service = Properties::of(connection, &path, "org.freedesktop.systemd1.Service").await?;
    // nspawn always ends with "Terminating...".
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

/// Makes systemd forget that a unit has failed, if it has.
///
/// # Errors
///
/// If systemd cannot be reached.
pub(super) fn forget_failure(unit: &str) -> Result<(), BusError> {
    let forget = async |connection: &Connection| ManagerProxy::new(connection).await?.reset_failed_unit(unit).await;
    match bus::with(forget) {
        Err(error) if is_unknown(&error) => Ok(()),
        result => result,
    }
}

/// Stops a unit whose file is about to be removed, and makes systemd forget that it has failed, which it would remember without
/// the file. What prevents that is only a warning.
pub(super) fn stop_for_good(unit: &str) {
    if !bus::is_booted_with_systemd() {
        return;
    }
    let stopped = run(unit, Job::Stop);
    match stopped.and_then(|stopped| forget_failure(unit).map(|()| stopped)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(unit, ?error, "cannot stop a unit"),
        Err(error) => tracing::warn!(unit, %error, "cannot stop a unit"),
    }
}

/// Sends a signal to all processes of a unit.
///
/// # Errors
///
/// If systemd cannot be reached, or does not know the unit.
pub(crate) fn kill(unit: &str, signal: i32) -> Result<(), BusError> {
    tracing::debug!(unit, signal, "systemd: KillUnit");
    bus::with(async |connection| ManagerProxy::new(connection).await?.kill_unit(unit, "all", signal).await)
}

/// Lists all instances of a template such as `container@.service` by name: those that are loaded, and those that have a
/// file.
///
/// Properties that need a call for each unit (start time, memory) are left out. Files are searched for in systemd's own
/// directories (systemd.unit(5), *Unit File Load Path*), because `ListUnitFiles` would make systemd inspect every unit
/// file of the host.
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
        // Most of these directories do not exist.
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
            // A unit without a file still exists while it has processes; an instance of a template uses the template's
            // file.
            None if loaded != "not-found" || active != ActiveState::Inactive => {
                units.extend(unit(connection, &path).await?.map(|unit| (name, unit)));
            }
            None => {}
        }
    }
    units.remove(template);
    Ok(units)
}

/// Reads the units `names`, in that order; `None` for units that systemd cannot load.
///
/// # Errors
///
/// If systemd cannot be reached.
pub(crate) fn units(names: &[String]) -> Result<Vec<Option<Unit>>, BusError> {
    tracing::debug!(?names, "systemd: LoadUnit and GetAll");
    bus::with(async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        // All calls are sent at once: most of their time is the round trip.
        let manager = &manager;
        let looked_at =
            names.iter().map(|name| async move { unit(connection, &manager.load_unit(name).await?).await });
        futures_util::future::try_join_all(looked_at).await
    })
}

/// The names of all units that have a file and end with `suffix`.
///
/// # Errors
///
/// If systemd cannot be reached.
pub(super) fn files(suffix: &str) -> Result<BTreeSet<String>, BusError> {
    let mut names = BTreeSet::new();
    for directory in unit_path()? {
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        names.extend(entries.filter_map(|entry| entry.file_name().into_string().ok()));
    }
    names.retain(|name| name.ends_with(suffix));
    Ok(names)
}

/// The state of a unit, whatever its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoadedUnit {
    /// Its state.
    pub(super) active: ActiveState,
    /// Whether systemd could read its file, and it is not masked.
    pub(super) is_usable: bool,
}

/// Looks at the units `names`, in that order.
///
/// # Errors
///
/// If systemd cannot be reached.
pub(super) fn loaded(names: &[String]) -> Result<Vec<LoadedUnit>, BusError> {
    tracing::debug!(?names, "systemd: LoadUnit and GetAll");
    bus::with(async |connection| {
        let manager = &ManagerProxy::new(connection).await?;
        let looked_at = names.iter().map(|name| async move {
            let path = manager.load_unit(name).await?;
            let unit = Properties::of(connection, &path, "org.freedesktop.systemd1.Unit").await?;
            let active = unit.get::<String>("ActiveState").as_deref().and_then(active_state);
            let is_usable = unit.get("LoadState").is_some_and(|state: String| state == "loaded");
            Ok(LoadedUnit { active: active.unwrap_or(ActiveState::Inactive), is_usable })
        });
        futures_util::future::try_join_all(looked_at).await
    })
}

async fn unit(connection: &Connection, path: &OwnedObjectPath) -> zbus::Result<Option<Unit>> {
    let unit = Properties::of(connection, path, "org.freedesktop.systemd1.Unit").await?;
    let active = unit.get::<String>("ActiveState").as_deref().and_then(active_state);
    let active = active.unwrap_or(ActiveState::Inactive);
    let loaded: Option<String> = unit.get("LoadState");
    // A unit without a file still exists while it has processes.
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
        // systemd reports an unknown value as the largest number.
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

/// The directories in which systemd looks for units, by precedence.
pub(super) fn unit_path() -> Result<Vec<String>, BusError> {
    bus::with(async |connection| ManagerProxy::new(connection).await?.unit_path().await)
}

/// Reads the boot service as a boot would find it.
pub(super) fn boot_service() -> Result<BootService, BusError> {
    bus::with(async |connection| find_boot_service(connection).await)
}

/// Like [`boot_service()`], over an existing connection.
pub(super) async fn find_boot_service(connection: &Connection) -> Result<BootService, BusError> {
    tracing::debug!("systemd: LoadUnit, GetUnitFileState {}", paths::BOOT_SERVICE);
    let manager = ManagerProxy::new(connection).await?;
    let path = manager.load_unit(paths::BOOT_SERVICE).await?;
    let unit = Properties::of(connection, &path, "org.freedesktop.systemd1.Unit").await?;
    let is_loaded = unit.get("LoadState").is_some_and(|state: String| state == "loaded");
    // Queried separately, since the unit's own property is as old as the last reload.
    let state = match manager.get_unit_file_state(paths::BOOT_SERVICE).await {
        Err(zbus::Error::FDO(error)) if matches!(*error, fdo::Error::FileNotFound(_)) => String::new(),
        Err(error) if is_unknown(&error) => String::new(),
        state => state?,
    };
    let wanted_by: Vec<String> = unit.get("WantedBy").unwrap_or_default();
    let is_enabled = match state.as_str() {
        "enabled" => true,
        // Missing, or enabled only until the next boot.
        "" | "enabled-runtime" => false,
        // This state only considers symlinks below `/etc` and `/run`; a package brings its own.
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
    let is_installable = (is_loaded && is_enabled) || boot_package::is_installable(&manager.unit_path().await?);
    Ok(BootService {
        is_enabled: is_loaded && is_enabled,
        is_ours: is_loaded && is_ours,
        is_edited: is_ours && is_edited,
        is_program_gone: program.as_deref().is_some_and(own_program::is_gone),
        program,
        is_installable,
    })
}

/// Enables a unit file for all future boots, as its `[Install]` section says.
///
/// # Errors
///
/// If systemd cannot be reached, or refuses.
pub(crate) fn enable(file: &str) -> Result<(), BusError> {
    tracing::debug!(file, "systemd: EnableUnitFiles and Reload");
    bus::with_limit(waiting::RELOAD, async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        manager.enable_unit_files(&[file], false, true).await?;
        manager.reload().await
    })
}

/// Disables a unit file for all future boots.
///
/// # Errors
///
/// If systemd cannot be reached, or refuses.
pub(crate) fn disable(file: &str) -> Result<(), BusError> {
    tracing::debug!(file, "systemd: DisableUnitFiles");
    bus::with(async |connection| ManagerProxy::new(connection).await?.disable_unit_files(&[file], false).await)
        .map(drop)
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

    /// The ID of the unit's job (property `Job`); 0 if it has none.
    pub(super) fn job(&self) -> Option<u32> {
        let job: zbus::Structure<'_> = self.get("Job")?;
        job.fields().first().and_then(|number| u32::try_from(number).ok())
    }

    /// Returns a property; `None` if this version of systemd does not have it with this type.
    pub(super) fn get<T: TryFrom<OwnedVariant>>(&self, name: &str) -> Option<T> {
        T::try_from(self.0.get(name)?.try_clone().ok()?).ok()
    }
}
