//! Compares what a plan announces with what happens.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::lab::{CommandOutput, Lab};

/// The state of the lab at one moment, as `observe.py` reports it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct World {
    /// All machines of machined.
    pub(crate) machines: BTreeMap<String, Machine>,
    /// The generation of nftables, which every transaction increments.
    pub(crate) nft_generation: u32,
    /// All calls of Nix so far.
    pub(crate) nix_calls: Vec<String>,
    /// Everything that containers and their rules leave behind, by kind.
    pub(crate) traces: BTreeMap<String, Vec<String>>,
}

/// A running machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Machine {
    /// The host's PID of its init.
    pub(crate) leader: u32,
    /// When its init was started, because PIDs are reused.
    started: u64,
    /// Whether its root is still the marked one.
    pub(crate) marked: bool,
}

impl Machine {
    fn is_same_process(self, other: Self) -> bool {
        (self.leader, self.started) == (other.leader, other.started)
    }
}

impl World {
    pub(super) fn parse(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"))
    }

    /// Whether nothing is configured and nothing is left behind.
    pub(crate) fn is_empty(&self) -> bool {
        self.machines.is_empty() && self.traces.values().all(Vec::is_empty)
    }

    /// The names of the running machines.
    pub(crate) fn running(&self) -> Vec<&str> {
        self.machines.keys().map(String::as_str).collect()
    }

    /// Whether a container runs in both, undisturbed.
    #[track_caller]
    pub(crate) fn kept(&self, later: &Self, name: &str) -> bool {
        let (before, after) = (self.machines.get(name), later.machines.get(name));
        let (before, after) = (before.expect("it ran before"), after.expect("it runs after"));
        before.is_same_process(*after)
    }
}

/// A finished switch, with the plan made before it.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) plan: Value,
    pub(crate) said: CommandOutput,
    pub(crate) before: World,
    pub(crate) after: World,
}

impl Applied {
    /// The planned change of a container.
    #[track_caller]
    pub(crate) fn change(&self, name: &str) -> &Value {
        let changes = self.plan["changes"].as_array().expect("a list");
        changes
            .iter()
            .find(|change| change["container"] == name)
            .unwrap_or_else(|| panic!("no {name}: {changes:#?}"))
    }

    /// The planned cost of a container's change.
    #[track_caller]
    pub(crate) fn cost(&self, name: &str) -> &str {
        self.change(name)["disruption"].as_str().expect("a word")
    }

    /// The options that cause a container's change.
    #[track_caller]
    pub(crate) fn reasons(&self, name: &str) -> Vec<&str> {
        let reasons = self.change(name)["reasons"].as_array().expect("a list");
        reasons.iter().map(|reason| reason["option"].as_str().expect("a path")).collect()
    }

    /// The containers that the plan changes.
    pub(crate) fn changed(&self) -> BTreeSet<&str> {
        let changes = self.plan["changes"].as_array().expect("a list");
        changes.iter().filter_map(|change| change["container"].as_str()).collect()
    }

    /// The calls of Nix during the switch.
    pub(crate) fn nix_calls(&self) -> &[String] {
        &self.after.nix_calls[self.before.nix_calls.len()..]
    }
}

impl Lab {
    /// Plans and switches to `configuration`, compares the announced costs with what happened, and checks that nothing is left
    /// to do afterwards.
    #[track_caller]
    pub(crate) fn switch(&self, configuration: &str) -> Applied {
        self.write("/root/host.nix", configuration);
        let before = self.mark();
        let plan = self.plan().0;
        let said = self.sh("container-rebuild switch --yes /root/host.nix");
        assert_eq!(said.code, 0, "{said:#?}");
        let applied = Applied { plan, said, before, after: self.observe() };
        self.compare(&applied);
        let (plan, code) = self.plan();
        assert_eq!((code, plan["changes"].as_array().map(Vec::len)), (0, Some(0)), "not done: {plan:#}");
        assert_eq!(plan["firewall"]["changed"], false, "not done: {plan:#}");
        applied
    }

    /// The plan for `/root/host.nix`, with the detailed exit code.
    #[track_caller]
    pub(crate) fn plan(&self) -> (Value, i32) {
        let said = self.sh("container-rebuild plan --format json --detailed-exitcode /root/host.nix");
        assert!(matches!(said.code, 0 | 2), "{said:#?}");
        (serde_json::from_str(&said.out).expect("JSON"), said.code)
    }

    /// Checks that the switch cost what its plan announced: processes, roots and rules.
    #[track_caller]
    fn compare(&self, applied: &Applied) {
        let Applied { plan, before, after, .. } = applied;
        let mut untouched: BTreeSet<_> = before.machines.keys().map(String::as_str).collect();
        for change in plan["changes"].as_array().expect("a list") {
            let Some(name) = change["container"].as_str() else { continue };
            untouched.remove(name);
            let (was, is) = (before.machines.get(name), after.machines.get(name));
            let restarted = matches!((was, is), (Some(was), Some(is)) if !was.is_same_process(*is));
            let kept = matches!((was, is), (Some(was), Some(is)) if was.is_same_process(*is));
            let actions = change["actions"].as_array().expect("a list");
            let context = || format!("{change:#}\nbefore: {was:?}\nafter: {is:?}");
            match change["disruption"].as_str().expect("a word") {
                "none" | "firewall" if was.is_none() => {
                    assert_eq!(is.is_some(), actions.contains(&"start".into()), "{}", context());
                }
                "none" | "firewall" | "reload" => assert!(kept, "{}", context()),
                "restart" => {
                    assert!(restarted, "{}", context());
                    let wiped = change["wipes_root"].as_bool().expect("a bool");
                    assert_eq!(is.map(|is| is.marked), Some(!wiped), "{}", context());
                }
                "stop" => assert!(is.is_none(), "{}", context()),
                other => panic!("{other} is no cost"),
            }
            for path in change["keeps"].as_array().expect("a list") {
                let path = path.as_str().expect("a path");
                assert_eq!(self.sh(&format!("[[ -e '{path}' ]]")).code, 0, "{path} is not kept: {}", context());
            }
        }
        for name in untouched {
            assert!(before.kept(after, name), "{name} is not in the plan, and was restarted");
            assert!(after.machines[name].marked, "{name} is not in the plan, and lost its root");
        }
        let transactions = after.nft_generation - before.nft_generation;
        let sides = ["add", "remove"].map(|side| plan["firewall"][side].as_array().expect("a list"));
        let is_sysctl = |line: &Value| line["rule"].as_str().is_some_and(|it| it.starts_with("sysctl "));
        let mut lines = sides.into_iter().flatten().peekable();
        // Sysctls alone leave the table as it is.
        let is_about_table = lines.peek().is_none() || !lines.all(is_sysctl);
        assert_eq!(
            plan["firewall"]["changed"] == true && is_about_table,
            transactions > 0,
            "{transactions} transactions\n{:#}",
            plan["firewall"]
        );
    }
}
