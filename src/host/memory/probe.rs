//! What can be observed of a host in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{MemoryHost, PROGRAM, State};
use crate::model::ContainerName;
use crate::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING};
use crate::render::{loopback, paths, restore_unit, unit};
use crate::state::{
    AbsentMount, ActiveState, BootService, GuestNetwork, Installed, Interface, KeptRoot, Kernel, Machine,
    ObservedContainer, Owner, PathFacts, Probe, ProbeError, Program, Resolver, Rules, Snapshot, Unit, Unobserved,
};

impl State {
    fn observed(&self, name: &ContainerName) -> ObservedContainer {
        let running = self.running.get(name);
        let active = match running {
            Some(_) => ActiveState::Active,
            None if self.failed.contains(name) => ActiveState::Failed,
            None => ActiveState::Inactive,
        };
        let unit = Unit {
            fragment: self.loaded.contains_key(name).then(|| paths::unit(name)),
            is_unread: self.loaded.get(name).map(|files| &files.unit)
                != self.written.get(name).map(|files| &files.unit),
            active,
            active_since: running.map(|_| 0),
            memory: None,
        };
        let machine = running.map(|_| Machine {
            name: name.to_string(),
            class: "container".to_owned(),
            service: "systemd-nspawn".to_owned(),
            leader: 1,
            unit: name.unit(),
            addresses: vec![],
        });
        ObservedContainer {
            owner: self.theirs.get(name).copied().unwrap_or(Owner::Ours),
            is_hooked: false,
            unit: Some(unit),
            machine,
            // As on a real host, a damaged file is treated as missing.
            written: self.written.get(name).and_then(|files| serde_json::from_str(&files.record).ok()),
            booted: running.cloned(),
            unit_text: self.written.get(name).map(|files| files.unit.clone()),
            missing_program: self.missing_program(name),
            start_text: None,
            conf_text: self.written.get(name).map(|files| files.conf.clone()),
            damage: self.damage.get(name).cloned().unwrap_or_default(),
            moved_sources: self.moved_sources.get(name).filter(|_| running.is_some()).cloned().unwrap_or_default(),
            guest_network: self.lost_networks.contains(name).then(GuestNetwork::default),
        }
    }

    /// Whether a container's unit, as systemd has read it, calls a missing program.
    pub(super) fn calls_nothing(&self, name: &ContainerName) -> bool {
        let program = self.loaded.get(name).and_then(|files| unit::program(&files.unit));
        program.is_some_and(|program| self.is_gone(&program))
    }

    pub(super) fn is_gone(&self, program: &Path) -> bool {
        if program == Path::new(paths::PROGRAM) { self.program.is_none() } else { self.missing.contains(program) }
    }

    /// The program that a container's unit calls, if that is missing.
    fn missing_program(&self, name: &ContainerName) -> Option<PathBuf> {
        let program = self.written.get(name).and_then(|files| unit::program(&files.unit))?;
        self.is_gone(&program).then_some(program)
    }

    /// The interfaces with their sysctls. Rules are loaded after a start, and set those again.
    fn interfaces(&self) -> BTreeMap<String, Interface> {
        let is_on =
            |link: &str| self.sysctls.get(&format!("net.ipv4.conf.{}.route_localnet", link.replace('.', "/")));
        let interfaces = self.interfaces.clone().into_iter();
        interfaces
            .map(|(name, link)| {
                let routes_localnet = is_on(&name).is_some_and(|value| value == "1");
                (name, Interface { routes_localnet, ..link })
            })
            .collect()
    }

    pub(super) fn is_set(&self, sysctl: &str, value: &str) -> bool {
        self.sysctls.get(sysctl).is_some_and(|is| is == value)
    }
}

impl Probe for MemoryHost {
    fn snapshot(&self) -> Result<Snapshot, ProbeError> {
        let state = self.state();
        let names: BTreeSet<_> =
            state.written.keys().chain(state.running.keys()).chain(state.theirs.keys()).collect();
        let kept = |name: &ContainerName| (name.clone(), KeptRoot { path: paths::root(name) });
        Ok(Snapshot {
            host_name: "memory".to_owned(),
            systemd: true,
            containers: names.into_iter().map(|name| (name.clone(), state.observed(name))).collect(),
            foreign: vec![],
            rules: match state.lacks_nft {
                true => Err(Unobserved::NoProgram),
                false => Ok(state.rules.clone().map_or(Rules::Absent, Rules::Present)),
            },
            nspawn: !state.lacks_nspawn,
            interfaces: Some(state.interfaces()),
            roots: Some(state.roots.iter().map(kept).collect()),
            kernel: Kernel {
                forwards_ipv4: state.is_set(IPV4_FORWARDING, "1"),
                forwards_ipv6: state.is_set(IPV6_FORWARDING, "1"),
                keeps_advertisements: state.is_set("net.ipv6.conf.all.accept_ra", "2"),
            },
            generation: state
                .current
                .and_then(|number| state.generations.iter().find(|generation| generation.number == number))
                .filter(|_| !state.is_generation_lost)
                .cloned(),
            boot_generation: state.boots,
            resolver: Some(Resolver::new(&state.resolv_conf, state.upstream.clone())),
            unfinished: state.unfinished.clone(),
            is_generation_lost: state.is_generation_lost,
            open_directories: state.open_directories.clone(),
            dhcpcd: state.dhcpcd.clone(),
            nixos_nat: state.nixos_nat.clone(),
            hosts: Some(state.hosts.clone()),
            loopback: Some(state.proxied.keys().chain(&state.listening).copied().collect()),
            guarding_files: {
                let files = state.unmanaged.files().into_iter();
                let units = restore_unit::files(&state.restored_after);
                let proxies = loopback::files(&state.proxied);
                files.filter_map(|(_, path, text)| Some((path, text?))).chain(units).chain(proxies).collect()
            },
            boot_service: BootService {
                is_program_gone: state.boot_service.program.as_deref().is_some_and(|path| state.is_gone(path)),
                ..state.boot_service.clone()
            },
            program: Program {
                installed: match &state.program {
                    None => Installed::Nothing,
                    Some(program) if program == PROGRAM => Installed::Same,
                    Some(_) => Installed::Other,
                },
                running: PROGRAM.to_owned(),
                bytes: 1,
                obstacle: None,
            },
        })
    }

    fn details(&self, _: &mut Snapshot) -> Result<(), ProbeError> {
        Ok(())
    }

    fn missing_paths(&self, paths: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        paths.intersection(&self.state().missing).cloned().collect()
    }

    fn packet_filters(&self) -> Vec<serde_json::Value> {
        self.state().packet_filters.clone()
    }

    fn absent_mounts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, Vec<AbsentMount>> {
        let state = self.state();
        let absent = |path: &PathBuf| -> Vec<AbsentMount> {
            let mut mounts: Vec<_> =
                state.absent_mounts.iter().filter(|mount| path.starts_with(&mount.at)).cloned().collect();
            mounts.sort_by(|a, b| a.at.cmp(&b.at));
            mounts
        };
        let each = paths.iter().map(|path| (path.clone(), absent(path)));
        each.filter(|(_, mounts)| !mounts.is_empty()).collect()
    }

    fn path_facts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, PathFacts> {
        let facts = &self.state().paths;
        paths.iter().filter_map(|path| Some((path.clone(), *facts.get(path)?))).collect()
    }
}
