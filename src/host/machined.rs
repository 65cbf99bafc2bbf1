//! Talks to systemd-machined over D-Bus (org.freedesktop.machine1(5)) about the machines that it has registered.

use std::net::IpAddr;
use std::os::fd::OwnedFd;

use futures_util::future::join_all;
use zbus::{Connection, OwnedObjectPath, fdo};

use super::bus;
use super::systemd::{BusError, Properties};
use crate::state::Machine;

const SERVICE: &str = "org.freedesktop.machine1";
/// Its error for an unknown machine.
const NO_MACHINE: &str = "org.freedesktop.machine1.NoSuchMachine";
/// The interface of a machine.
const INTERFACE: &str = "org.freedesktop.machine1.Machine";

#[zbus::proxy(
    interface = "org.freedesktop.machine1.Manager",
    default_service = "org.freedesktop.machine1",
    default_path = "/org/freedesktop/machine1"
)]
trait Manager {
    fn list_machines(&self) -> zbus::Result<Vec<(String, String, String, OwnedObjectPath)>>;
    fn get_machine(&self, name: &str) -> zbus::Result<OwnedObjectPath>;
    fn unregister_machine(&self, name: &str) -> zbus::Result<()>;
    #[zbus(name = "OpenMachinePTY")]
    fn open_machine_pty(&self, name: &str) -> zbus::Result<(zbus::OwnedFd, String)>;
    fn bind_mount_machine(
        &self,
        name: &str,
        source: &str,
        destination: &str,
        read_only: bool,
        make_destination: bool,
    ) -> zbus::Result<()>;
    fn get_machine_addresses(&self, name: &str) -> zbus::Result<Vec<(i32, Vec<u8>)>>;
}

/// Lists all machines except the host, by name and without their addresses. A machine that ends meanwhile is left out;
/// without machined the list is empty.
///
/// # Errors
///
/// If machined is installed but cannot be reached.
pub(crate) fn machines() -> Result<Vec<Machine>, BusError> {
    bus::with(listed)
}

/// Like [`machines`], over an existing connection.
pub(super) async fn listed(connection: &Connection) -> Result<Vec<Machine>, BusError> {
    let manager = ManagerProxy::new(connection).await?;
    tracing::debug!("machined: ListMachines");
    let listed = match manager.list_machines().await {
        Err(zbus::Error::FDO(error)) if matches!(*error, fdo::Error::ServiceUnknown(_)) => Vec::new(),
        listed => listed?,
    };
    // All calls are sent at once: most of their time is the round trip.
    let asked = listed.into_iter().filter(|(_, class, ..)| class != "host");
    let asked = asked.map(|(name, class, service, path)| async move {
        let properties = Properties::at(connection, SERVICE, &path, INTERFACE).await.ok()?;
        let (leader, unit) = (properties.get("Leader")?, properties.get("Unit")?);
        Some(Machine { name, class, service, leader, unit, addresses: Vec::new() })
    });
    let mut machines: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
    machines.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(machines)
}

/// Finds one machine by its name, without its addresses; `None` if it is not registered. Cheaper than [`machines`] on a
/// host with many.
pub(super) fn find(name: &str) -> Result<Option<Machine>, BusError> {
    bus::with(async |connection| {
        let Ok(path) = ManagerProxy::new(connection).await?.get_machine(name).await else { return Ok(None) };
        let properties = Properties::at(connection, SERVICE, &path, INTERFACE).await?;
        let found = || {
            let (class, service) = (properties.get("Class")?, properties.get("Service")?);
            let (leader, unit) = (properties.get("Leader")?, properties.get("Unit")?);
            Some(Machine { name: name.to_owned(), class, service, leader, unit, addresses: Vec::new() })
        };
        Ok(found())
    })
}

/// Adds the addresses that machines have in their own network namespaces. machined starts a process for each.
pub(super) fn add_addresses<'a>(machines: impl Iterator<Item = &'a mut Machine>) -> Result<(), BusError> {
    tracing::debug!("machined: GetMachineAddresses");
    bus::with(async |connection| {
        let manager = &ManagerProxy::new(connection).await?;
        let asked = machines.map(|machine| async move {
            // Fails for a guest in the host's network, and on some versions for ordinary users.
            let addresses = manager.get_machine_addresses(&machine.name).await.unwrap_or_default();
            machine.addresses = addresses.into_iter().filter_map(|(_, bytes)| address(&bytes)).collect();
        });
        join_all(asked).await;
        Ok(())
    })
}

/// Unregisters a dead machine that ran in `unit`. Otherwise machined would keep it until it notices, and register no
/// other machine of that name.
pub(super) fn forget(name: &str, unit: &str) -> Result<(), BusError> {
    bus::with(async |connection| {
        let manager = ManagerProxy::new(connection).await?;
        let path = match manager.get_machine(name).await {
            Err(zbus::Error::FDO(error)) if matches!(*error, fdo::Error::ServiceUnknown(_)) => return Ok(()),
            Err(zbus::Error::MethodError(error, ..)) if error.as_str() == NO_MACHINE => return Ok(()),
            path => path?,
        };
        let machine = Properties::at(connection, SERVICE, &path, "org.freedesktop.machine1.Machine").await?;
        if machine.get::<String>("Unit").as_deref() == Some(unit) {
            tracing::debug!(name, "machined: UnregisterMachine");
            manager.unregister_machine(name).await?;
        }
        Ok(())
    })
}

/// Mounts a path of the host in a running machine, creating the mount point if needed. Fails for a machine with a user
/// namespace.
pub(super) fn bind_mount(name: &str, host: &str, mount: &str, read_only: bool) -> Result<(), BusError> {
    tracing::debug!(name, host, mount, read_only, "machined: BindMountMachine");
    bus::with(async |connection| {
        ManagerProxy::new(connection).await?.bind_mount_machine(name, host, mount, read_only, true).await
    })
}

/// Opens a new pseudo-terminal of a machine: returns its master, and the path of the other end in the machine.
pub(super) fn open_terminal(name: &str) -> Result<(OwnedFd, String), BusError> {
    tracing::debug!(name, "machined: OpenMachinePTY");
    bus::with(async |connection| {
        let (master, path) = ManagerProxy::new(connection).await?.open_machine_pty(name).await?;
        Ok((master.into(), path))
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_decides_the_address_family() {
        assert_eq!(address(&[10, 0, 0, 1]).map(|address| address.to_string()).as_deref(), Some("10.0.0.1"));
        let mut six = [0; 16];
        six[15] = 1;
        assert_eq!(address(&six).map(|address| address.to_string()).as_deref(), Some("::1"));
        assert_eq!(address(&[1, 2, 3]), None);
    }
}
