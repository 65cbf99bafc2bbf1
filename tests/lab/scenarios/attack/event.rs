//! The events that interrupt switches: kinds, counts, order and moments follow from one seed.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use serde::Deserialize;

use super::host::COMMAND;
use crate::support::Lab;

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Kill,
    Reboot,
    Terminal,
    Pipe,
}

impl Kind {
    /// All kinds, with their counts at full scale.
    pub(super) const ALL: [(Self, usize); 4] =
        [(Self::Kill, 60), (Self::Reboot, 12), (Self::Terminal, 20), (Self::Pipe, 20)];

    /// The variants of this kind that `disturb.py` implements.
    fn ways(self) -> &'static [&'static str] {
        match self {
            Self::Kill => &["kill", "kill-group"],
            Self::Reboot => &["reboot"],
            Self::Terminal => &["hang-up", "sighup"],
            Self::Pipe => &["pipe-stdout", "pipe-stderr", "pipe-both", "full-stdout", "full-stderr", "full-both"],
        }
    }

    /// The exit codes that the switch may end with; 129 means that it lost its terminal before it changed anything.
    fn codes(self) -> &'static [i32] {
        match self {
            Self::Kill => &[0, 137],
            Self::Reboot => &[],
            Self::Terminal => &[0, 129],
            Self::Pipe => &[0],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kills",
            Self::Reboot => "reboots",
            Self::Terminal => "lost terminals",
            Self::Pipe => "closed pipes",
        }
    }
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) kind: Kind,
    way: &'static str,
    /// The moment, as a fraction of the duration of a switch.
    part: f64,
}

/// How the interrupted switch ended.
#[derive(Debug, Deserialize)]
pub(super) struct End {
    code: i32,
    /// Whether the switch was still running at that moment.
    disturbed: bool,
    hung: bool,
    seconds: f64,
    said: String,
    #[serde(skip)]
    pub(super) problem: Option<String>,
}

impl End {
    /// Whether the switch reports success.
    pub(super) fn is_success(&self) -> bool {
        self.code == 0
    }
}

impl Event {
    /// Starts a switch to the host file, and interrupts it.
    pub(super) fn happen(&self, lab: &Lab, seconds: f64) -> End {
        let after = self.part * seconds;
        if self.kind == Kind::Reboot {
            let mut switch = lab.spawn(&COMMAND);
            std::thread::sleep(Duration::from_secs_f64(after));
            let disturbed = switch.try_wait().expect("it can be waited for").is_none();
            lab.power_failure();
            switch.wait().expect("it went with the lab");
            return End { code: 137, disturbed, hung: false, seconds: after, said: String::new(), problem: None };
        }
        let after = after.to_string();
        let command = [&["python3", "/usr/local/lib/lab/disturb.py", self.way, &after], &COMMAND[..]].concat();
        let mut end: End = serde_json::from_str(&lab.exec(&command, b"").ok()).expect("JSON");
        let bad_code = !self.kind.codes().contains(&end.code);
        if end.hung || bad_code || end.said.contains("panicked") {
            end.problem = Some(format!("the interrupted switch: {end:#?}"));
        }
        end
    }
}

/// All events of a run.
pub(super) fn plan(seed: u64, scale: f64) -> Vec<Event> {
    let mut random = Random(seed);
    let mut events = Vec::new();
    for (kind, count) in Kind::ALL {
        let count = (count as f64 * scale).ceil() as usize;
        for n in 0..count {
            let ways = kind.ways();
            // Cycle through the variants, so that a short run leaves none out.
            events.push(Event { kind, way: ways[n % ways.len()], part: 0.0 });
        }
    }
    for n in (1..events.len()).rev() {
        events.swap(n, random.below(n + 1));
    }
    for event in &mut events {
        // Exceed 1 a little, because some switches take longer than others.
        event.part = random.unit() * 1.1;
    }
    events
}

pub(super) fn new_seed() -> u64 {
    RandomState::new().hash_one(std::process::id()) >> 32
}

/// SplitMix64: random enough for this purpose, and the same on all machines.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:.0} %", self.way, self.part * 100.0)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.disturbed { "" } else { " before the event" };
        write!(f, "ended{when} with {} after {:.2} s", self.code, self.seconds)
    }
}
