//! The unit `container-rebuild-restore@UNIT.service`, which puts back rules and interfaces of containers that are lost when a unit
//! of the host is restarted, reloaded, or stopped and started: nftables.service flushes all rules, systemd-networkd.service and
//! others make bridges anew.
//!
//! - `UNIT.service.wants/` starts it with each start of the unit, and `PartOf=` stops it with each stop. `Requisite=` keeps it
//!   from being active while the unit is not: the unit's next start would not start it then.
//! - `ReloadPropagatedFrom=` reloads it. Only an active unit is reloaded, hence `RemainAfterExit=`.
//! - `After=` orders all of that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::nft::Ruleset;
use super::unmanaged::Unmanaged;
use super::{boot_service, interface, paths, unit};
use crate::model::ContainerName;
use crate::model::spec::{NatSpec, Network};

/// The units of each host that flush rules or make bridges anew: NixOS's and Debian's of nftables, systemd-networkd, ifupdown.
const UNITS: [&str; 3] = ["networking", "nftables", "systemd-networkd"];

/// The units of the host, without `.service`, after which something of these containers or of the host's NAT may be lost. None if
/// there is nothing to lose.
pub fn units<'a>(
    networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>,
    nat: &NatSpec,
) -> BTreeSet<String> {
    let networks: Vec<_> = networks.into_iter().collect();
    if Unmanaged::of(networks.iter().copied()).is_empty() && Ruleset::of(networks.iter().copied(), nat).is_empty() {
        return BTreeSet::new();
    }
    let pairs = networks.into_iter().flat_map(|(name, network)| interface::pairs(name, network));
    let bridges = pairs.filter_map(|pair| pair.veth.bridge).filter(|bridge| is_plain(bridge));
    // NixOS makes a bridge in a unit of its own, unless systemd-networkd makes it.
    let makers = bridges.map(|bridge| format!("{bridge}-netdev"));
    UNITS.into_iter().map(str::to_owned).chain(makers).collect()
}

/// Whether a name can be a part of a unit's name as it is.
fn is_plain(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

/// The instance for a unit of the host.
pub(crate) fn instance(unit: &str) -> String {
    format!("{}@{unit}.service", paths::RESTORE_UNIT)
}

/// The file of all instances, and for each unit of the host the symlink that starts its instance, with its target.
pub(crate) fn files(units: &BTreeSet<String>) -> BTreeMap<PathBuf, String> {
    let target = paths::restore_unit();
    let links = units.iter().map(|unit| (link(unit), target.display().to_string()));
    let file = (!units.is_empty()).then(|| (target.clone(), text()));
    links.chain(file).collect()
}

/// The symlink that makes systemd start the instance for a unit of the host together with that.
fn link(unit: &str) -> PathBuf {
    Path::new(paths::UNITS).join(format!("{unit}.service.wants")).join(instance(unit))
}

/// The text of the unit.
pub(crate) fn text() -> String {
    format!(
        "{header}

[Unit]
Description=Rules and interfaces of containers after %i.service
PartOf=%i.service
Requisite=%i.service
After=%i.service
ReloadPropagatedFrom=%i.service
StartLimitIntervalSec=0
CollectMode=inactive-or-failed

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=PATH={path}
ExecStart={program} internal restore
ExecReload={program} internal restore
SyslogIdentifier=container-rebuild
",
        header = unit::HEADER,
        path = boot_service::PATH,
        program = paths::PROGRAM,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spec::{Private, Veth};

    #[test]
    fn there_are_instances_as_long_as_something_can_be_lost() {
        let name = ContainerName::new("a").expect("a good name");
        let of = |network: &Network, nat: &NatSpec| units([(&name, network)], nat).into_iter().collect::<Vec<_>>();
        let off = NatSpec::default();
        assert_eq!(of(&Network::Host, &off), [""; 0]);
        assert_eq!(
            of(
                &Network::Host,
                &NatSpec { enable: true, internal_interfaces: vec![String::from("ve-*")], ..off.clone() }
            ),
            UNITS
        );
        let private = |bridge: Option<&str>| {
            let veth = Veth { bridge: bridge.map(str::to_owned), ..Veth::default() };
            Network::Private(Private { veth: Some(veth), ..Private::default() })
        };
        assert_eq!(of(&private(None), &off), UNITS);
        assert_eq!(
            of(&private(Some("br-lan")), &off),
            ["br-lan-netdev", "networking", "nftables", "systemd-networkd"]
        );
        assert_eq!(of(&private(Some("br@1")), &off), UNITS);
    }

    #[test]
    fn each_instance_follows_its_unit() {
        let files = files(&[String::from("nftables")].into());
        let file = paths::restore_unit();
        let link = "/run/systemd/system/nftables.service.wants/container-rebuild-restore@nftables.service";
        assert_eq!(files.keys().collect::<Vec<_>>(), [&file, Path::new(link)]);
        assert_eq!(files[Path::new(link)], file.display().to_string());
        insta::assert_snapshot!(files[&file], @r"
        # Written by container-rebuild. Changes made here are lost.

        [Unit]
        Description=Rules and interfaces of containers after %i.service
        PartOf=%i.service
        Requisite=%i.service
        After=%i.service
        ReloadPropagatedFrom=%i.service
        StartLimitIntervalSec=0
        CollectMode=inactive-or-failed

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        Environment=PATH=/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
        ExecStart=/var/lib/container-rebuild/bin/container-rebuild internal restore
        ExecReload=/var/lib/container-rebuild/bin/container-rebuild internal restore
        SyslogIdentifier=container-rebuild
        ");
        assert!(super::files(&BTreeSet::new()).is_empty());
    }
}
