//! The host under attack: two alternating configurations, what must hold after every switch, and what must never change.
//!
//! A switch between the two restarts a guest and wipes its root, switches a guest with a kept root to its new system and
//! gives it a mount (or restarts it to remove the mount), adds a container, removes another, and changes forwards. One of
//! our containers is the same in both, and one machine is not ours.

use std::collections::BTreeMap;
use std::time::Instant;

use super::tally::Findings;
use crate::support::{Lab, World, host, web, with};

/// The configuration that the host should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wanted {
    One,
    Other,
}

/// Whether something foreign is mounted in the root that is wiped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occupied {
    Never,
    UntilReboot,
    UntilNow,
}

/// Machines that no event but a reboot may disturb: our unchanged container, and a foreign machine.
const BYSTANDERS: [&str; 2] = ["bystander", "foreign"];

/// All host ports that either configuration forwards.
const PORTS: [u16; 6] = [8020, 8081, 8082, 8083, 8084, 8091];

impl Wanted {
    pub(super) fn next(self) -> Self {
        match self {
            Self::One => Self::Other,
            Self::Other => Self::One,
        }
    }

    /// The host file.
    fn file(self) -> String {
        let bystander = forwarded("bystander", 20, 8020, "one@example.org", "");
        let data = "bindMounts.\"/data\" = { hostPath = \"/mnt/data\"; isReadOnly = false; };";
        let kept = |version, mounts| kept(&forwarded("kept", 12, 8082, version, mounts));
        match self {
            Self::One => host(&[
                &bystander,
                &forwarded("wiped", 11, 8081, "one@example.org", data),
                &kept("one@example.org", data),
                &forwarded("coming", 13, 8083, "one@example.org", ""),
            ]),
            Self::Other => {
                let added = format!("{data} bindMounts.\"/added\".hostPath = \"/mnt/added\";");
                host(&[
                    &bystander,
                    &forwarded("wiped", 11, 8091, "other@example.org", data),
                    &kept("other@example.org", &added),
                    &self::kept(&forwarded("going", 14, 8084, "one@example.org", "")),
                ])
            }
        }
    }

    /// The page that a client outside gets from a host port.
    fn page(self, port: u16) -> Option<&'static str> {
        match (self, port) {
            (_, 8020) => Some("bystander one@example.org"),
            (Self::One, 8081) => Some("wiped one@example.org"),
            (Self::Other, 8091) => Some("wiped other@example.org"),
            (Self::One, 8082) => Some("kept one@example.org"),
            (Self::Other, 8082) => Some("kept other@example.org"),
            (Self::One, 8083) => Some("coming one@example.org"),
            (Self::Other, 8084) => Some("going one@example.org"),
            _ => None,
        }
    }
}

/// A container with a page and a forward to it.
fn forwarded(name: &str, last: u8, port: u16, version: &str, mounts: &str) -> String {
    let options = format!("{mounts} forwardPorts = [ {{ hostPort = {port}; containerPort = 80; }} ]; config =");
    with(&with(&web(name, last), "config =", &options), "one@example.org", version)
}

/// The container with a kept root.
fn kept(container: &str) -> String {
    with(container, "ephemeral = true; ", "")
}

/// What an undisturbed switch leaves on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settled {
    running: Vec<String>,
    traces: BTreeMap<String, Vec<String>>,
    host: Vec<String>,
}

/// The host under attack, with what was observed before any event.
pub(super) struct Host<'l> {
    pub(super) lab: &'l Lab,
    settled: BTreeMap<Wanted, Settled>,
    /// The duration of the slower of the two switches.
    seconds: f64,
    data: String,
    bystanders: World,
}

impl<'l> Host<'l> {
    /// Sets the host up, and switches back and forth once without events.
    pub(super) fn new(lab: &'l Lab) -> Self {
        lab.sh(include_str!("data.sh")).ok();
        lab.write("/usr/local/lib/lab/disturb.py", include_str!("disturb.py"));
        lab.sh("container-rebuild --quiet install-boot").ok();
        lab.sh(include_str!("foreign.sh")).ok();
        let bystanders = lab.observe();
        let mut this = Self { lab, settled: BTreeMap::new(), seconds: 0.0, data: String::new(), bystanders };
        for (n, wanted) in [Wanted::One, Wanted::Other, Wanted::One, Wanted::Other].into_iter().enumerate() {
            this.write(wanted);
            let begin = Instant::now();
            lab.exec(&COMMAND, b"").ok();
            // The first two switches also build.
            if n >= 2 {
                this.seconds = this.seconds.max(begin.elapsed().as_secs_f64());
                let settled = this.look(&lab.observe());
                this.settled.insert(wanted, settled);
            }
        }
        this.meet_bystanders();
        lab.sh("for name in kept going; do echo data >/var/lib/nixos-containers/$name/var/lib/marker; done").ok();
        this.data = this.look_at_data();
        let findings = this.examine(Wanted::Other);
        assert!(findings.is_empty(), "without any event: {findings}");
        this
    }

    pub(super) fn write(&self, wanted: Wanted) {
        self.lab.write("/root/host.nix", &wanted.file());
    }

    /// Starts the foreign machine if it does not run, and records which machines run.
    pub(super) fn meet_bystanders(&mut self) {
        self.lab.sh(include_str!("foreign.sh")).ok();
        self.bystanders = self.lab.observe();
    }

    /// Mounts something foreign in the root that is wiped.
    pub(super) fn occupy(&self) {
        self.lab.sh(include_str!("occupy.sh")).ok();
    }

    /// Switches once more, and reports what is wrong afterwards. `done` says that the switch before reported success, `problem`
    /// what was wrong with it.
    pub(super) fn converge(
        &self,
        wanted: Wanted,
        done: bool,
        problem: Option<String>,
        occupied: Occupied,
    ) -> Findings {
        let left = self.lab.plan();
        let said = self.lab.exec(&[&["timeout", "-s", "KILL", "60"], &COMMAND[..]].concat(), b"");
        let plan = self.lab.plan();
        let mut is_unmounted = false;
        if occupied != Occupied::Never {
            // A mount keeps its root alive; once it is gone, the guest's next stop removes the root.
            let mounts = self.lab.sh(include_str!("vacate.sh")).ok();
            is_unmounted = mounts.is_empty() && occupied == Occupied::UntilNow;
            self.lab.sh("container-rebuild restart wiped").ok();
        }
        let mut findings = self.examine(wanted);
        if is_unmounted {
            findings.touched.push("what somebody had mounted in a root was unmounted".to_owned());
        }
        if plan.1 != 0 {
            findings.not_converged.push(format!("the plan is not empty: {:#}", plan.0));
        }
        if done && left.1 != 0 {
            findings.not_converged.push(format!("it ended with 0 and had not done everything: {:#}", left.0));
        }
        if said.code != 0 {
            findings.not_converged.push(format!("the next switch: {said:#?}"));
        }
        findings.not_converged.extend(problem);
        findings
    }

    /// Repairs the host after an event that left something wrong, so that the run can go on; returns whether it worked.
    pub(super) fn recover(&mut self, wanted: Wanted) -> bool {
        let _ = self.lab.exec(&COMMAND, b"");
        self.lab.sh(&format!("{}\ncontainer-rebuild restart wiped", include_str!("vacate.sh"))).ok();
        self.data = self.look_at_data();
        self.meet_bystanders();
        self.examine(wanted).is_empty() && self.lab.plan().1 == 0
    }

    /// Removes what the run added to the host.
    pub(super) fn leave(self) {
        self.lab.sh("systemctl stop scenario-foreign && rm -r /srv/precious").ok();
    }

    /// Reports whatever differs from `wanted`, and anything else that changed.
    pub(super) fn examine(&self, wanted: Wanted) -> Findings {
        let mut findings = Findings::default();
        let world = self.lab.observe();
        let (is, should) = (self.look(&world), &self.settled[&wanted]);
        if is != *should {
            findings.not_converged.push(difference(&format!("{should:#?}"), &format!("{is:#?}")));
        }
        let pages = self.lab.sh(&format!(
            "for port in {}; do curl --silent --max-time 5 http://10.77.0.2:$port/ | sed -n 's/.*<.h1> \\(.*\\)<.body>.*/\\1/p' | tr -d '\\n'; echo; done",
            PORTS.map(|port| port.to_string()).join(" ")
        ));
        for (port, page) in PORTS.iter().zip(pages.out.lines()) {
            if page != wanted.page(*port).unwrap_or_default() {
                findings.not_converged.push(format!("port {port} answers {page:?}, not {:?}", wanted.page(*port)));
            }
        }
        let data = self.look_at_data();
        if data != self.data {
            findings.touched.push(difference(&self.data, &data));
        }
        for name in BYSTANDERS {
            let ran = self.bystanders.machines.contains_key(name) && world.machines.contains_key(name);
            if !ran || !self.bystanders.kept(&world, name) {
                findings.lost.push(format!("{name}: {:?}", world.machines.get(name)));
            }
        }
        findings
    }

    pub(super) fn seconds(&self) -> f64 {
        self.seconds
    }

    fn look(&self, world: &World) -> Settled {
        let running = world.machines.keys().filter(|name| *name != "foreign").cloned().collect();
        let traces = world.traces.iter().map(|(kind, names)| {
            let mut names: Vec<_> = names.iter().map(|name| without_chance(name)).collect();
            // Interfaces are listed in the order of their creation.
            names.sort();
            (kind.clone(), names)
        });
        let traces = traces.collect();
        let host = self.lab.sh(include_str!("host.sh")).ok().lines().map(String::from).collect();
        Settled { running, traces, host }
    }

    fn look_at_data(&self) -> String {
        self.lab.sh(include_str!("digest.sh")).ok()
    }
}

/// Switches to the host file.
pub(super) const COMMAND: [&str; 5] = ["container-rebuild", "switch", "--yes", "--allow-remove", "/root/host.nix"];

/// A name without the 16 random digits that systemd-nspawn adds.
fn without_chance(name: &str) -> String {
    let end = if name.ends_with(".lck") { ".lck" } else { "" };
    let stem = name.strip_suffix(end).unwrap_or(name);
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_hexdigit()).len();
    format!("{}{end}", &stem[..stem.len() - if digits >= 16 { 16 } else { 0 }])
}

/// The lines that are in only one of the two texts, counting repetitions.
fn difference(should: &str, is: &str) -> String {
    let only = |of: &str, other: &str, sign: char| -> String {
        let mut other: Vec<_> = other.lines().collect();
        let mut only = String::new();
        for line in of.lines() {
            match other.iter().position(|known| *known == line) {
                Some(at) => drop(other.swap_remove(at)),
                None => only += &format!("{sign} {line}\n"),
            }
        }
        only
    };
    only(should, is, '-') + &only(is, should, '+')
}
