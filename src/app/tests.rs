//! Workflows from the configuration's text to the host's state, in memory.

mod files;
mod filters;
mod generations;
mod guests;
mod installation;
mod managers;
mod network;
mod refusals;
mod resolver;
mod restore;
mod runs;
mod sources;
mod trials;

use std::path::PathBuf;
use std::time::Duration;

use super::{
    ApplyOptions, Check, ConfigOptions, Context, Environment, Job, LiveHost as _, SwitchOptions, SwitchResult,
    boot, doctor, firewall, lifecycle, plan, plan_from, purge, rollback, status, switch,
};
use crate::diag::Diagnostic;
use crate::host::memory::{MemoryBuilder, MemoryClock, MemoryDisk, MemoryHost, MemoryUi};
use crate::model::ContainerName;
use crate::plan::{Plan, RestartMode};
use crate::source::{MemoryFiles, SourceMap};
use crate::state::Activation;

/// A container whose system is a store path, with a port of the host.
const WEB: &str = r#"
    containers.web = {
      autoStart = true;
      path = "/nix/store/1-web";
      privateNetwork = true;
      hostAddress = "192.168.100.10";
      localAddress = "192.168.100.11";
      forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    };"#;
/// A container whose system has to be built.
const DB: &str = r#"containers.db = { autoStart = true; config.networking.hostName = "one"; };"#;

fn name(name: &str) -> ContainerName {
    ContainerName::new(name).expect("a good name")
}

/// A host, and everything around it.
struct World {
    host: MemoryHost,
    builder: MemoryBuilder,
    ui: MemoryUi,
    files: MemoryFiles,
    only: Vec<ContainerName>,
    is_remove_allowed: bool,
    keeps_going: bool,
    confirm: Option<Duration>,
}

impl World {
    /// A fresh host, whose configuration has these definitions.
    fn new(definitions: &[&str]) -> Self {
        let system = |container: &str| (name(container), PathBuf::from(format!("/nix/store/1-{container}")));
        let mut this = Self {
            host: MemoryHost::new(),
            builder: MemoryBuilder::new([system("db"), system("mail")]),
            ui: MemoryUi::new(),
            files: MemoryFiles::new(),
            only: Vec::new(),
            is_remove_allowed: false,
            keeps_going: false,
            confirm: None,
        };
        this.host.state().boot_service.is_enabled = true;
        this.configure(definitions);
        this
    }

    /// Replaces the configuration.
    fn configure(&mut self, definitions: &[&str]) {
        let version = r#"system.stateVersion = "25.11";"#;
        let text = format!("{{ {version} {} }}\n", definitions.concat());
        self.files.insert("/etc/nixos/configuration.nix", text);
    }

    fn with<T>(&self, work: impl FnOnce(&Context<'_>) -> T) -> T {
        self.with_disk(&MemoryDisk::new(self.files.clone()), work)
    }

    fn with_disk<T>(&self, disk: &MemoryDisk, work: impl FnOnce(&Context<'_>) -> T) -> T {
        let environment = Environment {
            directory: PathBuf::from("/home"),
            host_name: String::from("memory"),
            memory: usize::MAX,
            ..Environment::default()
        };
        let sources = SourceMap::new();
        work(&Context {
            environment: &environment,
            disk,
            clock: &MemoryClock { now: 1000 },
            sources: &sources,
            only: &self.only,
            ui: &self.ui,
        })
    }

    /// How to apply a plan.
    fn apply(&self) -> ApplyOptions {
        ApplyOptions {
            yes: false,
            keep_going: self.keeps_going,
            wait: false,
            confirm: self.confirm,
            restart_mode: RestartMode::Auto,
        }
    }

    /// Switches, and returns the words for how that ended.
    fn switch(&self) -> Result<&'static str, Vec<Diagnostic>> {
        self.activate(Activation::Switch)
    }

    /// Switches, tests, or records for the next boot.
    fn activate(&self, activation: Activation) -> Result<&'static str, Vec<Diagnostic>> {
        let allow_remove = self.is_remove_allowed;
        let how = SwitchOptions { activation, apply: self.apply(), allow_remove, allow: &[], kept: None };
        self.with(|cx| switch(cx, &config(), (&self.host, &self.builder), &how)).map(ended)
    }

    /// Goes back.
    fn rollback(&self, number: Option<u32>) -> Result<&'static str, Vec<Diagnostic>> {
        self.with(|cx| rollback(cx, &self.host, number, &self.apply())).map(ended)
    }

    /// The numbers of the current generation and of the one that boots.
    fn numbers(&self) -> (Option<u32>, Option<u32>) {
        let state = self.host.state();
        (state.current, state.boots)
    }

    /// The plan for the host.
    fn plan(&self) -> Plan {
        self.with(|cx| {
            let planned = plan(cx, &config(), &self.host, (RestartMode::Auto, false)).expect("planned");
            planned.shown(cx, &[])
        })
    }

    /// What the host has and lacks.
    fn doctor(&self) -> Vec<Check> {
        self.with(|cx| doctor(cx, &self.host)).expect("observed")
    }

    /// The states of all containers, and what is said about the last switch.
    fn status(&self) -> Vec<String> {
        let status = self.with(|cx| status(cx, &self.host, &[])).expect("observed");
        let rows = status.rows.iter().map(|row| format!("{}: {}", row.name, row.state));
        rows.chain(status.finding.map(|finding| finding.message)).collect()
    }
}

/// The words for how a switch or rollback ended.
fn ended(result: SwitchResult) -> &'static str {
    match result {
        SwitchResult::Refused(_) => "refused",
        SwitchResult::UpToDate(_) => "up to date",
        SwitchResult::Recorded(_) => "recorded",
        SwitchResult::Declined(_) => "declined",
        SwitchResult::Applied { applied, .. } if applied.is_interrupted => "applied, though interrupted",
        SwitchResult::Applied { applied, .. } if applied.degraded.is_empty() => "applied",
        SwitchResult::Applied { .. } => "applied, degraded",
    }
}

fn config() -> ConfigOptions {
    ConfigOptions { config: String::from("/etc/nixos"), ..ConfigOptions::default() }
}

/// The messages of findings.
fn messages(findings: Vec<Diagnostic>) -> Vec<String> {
    findings.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn the_firewall_has_the_rules_of_the_covered_containers() {
    let mut world = World::new(&[WEB, DB]);
    let text = |world: &World| {
        world.with(|cx| firewall(cx, &config())).expect("evaluated").expect("without errors").text()
    };
    assert!(text(&world).contains("8080"), "{}", text(&world));
    world.only = vec![name("db")];
    assert!(!text(&world).contains("8080"), "{}", text(&world));
    world.configure(&[WEB, r#"containers.web.localAddress = "nowhere";"#]);
    world.with(|cx| firewall(cx, &config())).expect_err("a conflict");
}

#[test]
fn a_plan_between_files_looks_at_no_host() {
    let mut world = World::new(&[WEB]);
    world.files.insert("/before.nix", "{ }\n");
    let planned = world.with(|cx| {
        let planned = plan_from(cx, &config(), "/before.nix", RestartMode::Auto).expect("planned");
        assert!(planned.saved(cx, &config()).is_none(), "there is nothing to apply it to");
        planned.shown(cx, &[])
    });
    assert_eq!(planned.changes.len(), 1);
    let unknown = world.with(|cx| plan_from(cx, &config(), "main", RestartMode::Auto).map(drop));
    let unknown = messages(unknown.expect_err("no repository"));
    assert_eq!(unknown, ["before (`main`): no such file, and /etc/nixos is not in a git repository"]);
}
