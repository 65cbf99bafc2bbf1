//! Counts what Nix builds, copies and downloads, from its `internal-json` log.
//!
//! Takes: the activities that Nix begins and ends, and what they report. Gives: [`Counts`]. The numbers of activities and results
//! are those of Nix's `ActivityType` and `ResultType`.

use std::collections::BTreeMap;
use std::fmt;

/// Activities: a download, all copies between stores, all builds, a build.
const FILE_TRANSFER: u64 = 101;
const COPY_PATHS: u64 = 103;
const BUILDS: u64 = 104;
const BUILD: u64 = 105;
/// Results: a line of a builder's log, and how far an activity is.
const BUILD_LOG_LINE: u64 = 101;
const PROGRESS: u64 = 105;

/// How far Nix is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// How many derivations are built, and how many have to be.
    pub built: (u64, u64),
    /// How many store paths are copied from other stores, and how many have to be.
    pub copied: (u64, u64),
    /// The bytes downloaded.
    pub downloaded: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (built, to_build) = self.built;
        write!(f, "{built} of {to_build} built")?;
        let (copied, to_copy) = self.copied;
        if to_copy > 0 {
            write!(f, ", {copied} of {to_copy} copied")?;
        }
        if self.downloaded > 0 {
            let tenths = u128::from(self.downloaded) * 10 / (1 << 20);
            write!(f, ", {}.{} MiB downloaded", tenths / 10, tenths % 10)?;
        }
        Ok(())
    }
}

struct Activity {
    kind: u64,
    /// The name of the derivation, for a build.
    name: String,
    /// How much is done, and how much there is to do.
    done: u64,
    expected: u64,
}

/// Follows the activities of one run of Nix.
#[derive(Default)]
pub(super) struct Counter {
    ongoing: BTreeMap<u64, Activity>,
    /// What is done in activities that have ended: by their kind.
    ended: BTreeMap<u64, u64>,
}

impl Counter {
    /// An activity begins.
    pub(super) fn start(&mut self, id: u64, kind: u64, fields: &[serde_json::Value]) {
        // The derivation is the first field of a build.
        let derivation = fields.first().and_then(serde_json::Value::as_str).filter(|_| kind == BUILD);
        let name = derivation.map(name_of).unwrap_or_default().to_owned();
        self.ongoing.insert(id, Activity { kind, name, done: 0, expected: 0 });
    }

    /// An activity ends.
    pub(super) fn stop(&mut self, id: u64) {
        if let Some(activity) = self.ongoing.remove(&id) {
            let ended = self.ended.entry(activity.kind).or_default();
            *ended = ended.saturating_add(activity.done);
        }
    }

    /// An activity reports something. Returns a line of a builder's log.
    pub(super) fn result(&mut self, id: u64, kind: u64, fields: &[serde_json::Value]) -> Option<String> {
        let activity = self.ongoing.get_mut(&id)?;
        match kind {
            PROGRESS => {
                let number = |index: usize| fields.get(index).and_then(serde_json::Value::as_u64);
                activity.done = number(0)?;
                activity.expected = number(1)?;
                None
            }
            BUILD_LOG_LINE => {
                let line = fields.first()?.as_str()?;
                Some(format!("{}> {line}", activity.name))
            }
            _ => None,
        }
    }

    /// How far all activities are.
    pub(super) fn counts(&self) -> Counts {
        let sum = |kind: u64, of: fn(&Activity) -> u64| {
            let ended = self.ended.get(&kind).copied().unwrap_or_default();
            let ongoing = self.ongoing.values().filter(|activity| activity.kind == kind).map(of);
            ongoing.fold(ended, u64::saturating_add)
        };
        let pair = |kind| (sum(kind, |activity| activity.done), sum(kind, |activity| activity.expected));
        Counts { built: pair(BUILDS), copied: pair(COPY_PATHS), downloaded: sum(FILE_TRANSFER, |it| it.done) }
    }
}

/// The name in the store path of a derivation.
fn name_of(derivation: &str) -> &str {
    let file = derivation.rsplit('/').next().unwrap_or(derivation);
    let name = file.split_once('-').map_or(file, |(_, name)| name);
    name.strip_suffix(".drv").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(counter: &mut Counter, id: u64, kind: u64, fields: &serde_json::Value) -> Option<String> {
        counter.result(id, kind, fields.as_array().expect("a list"))
    }

    #[test]
    fn builds_copies_and_downloads_are_counted() {
        let mut counter = Counter::default();
        assert_eq!(counter.counts(), Counts::default());
        counter.start(1, BUILDS, &[]);
        counter.start(2, COPY_PATHS, &[]);
        result(&mut counter, 1, PROGRESS, &json!([0, 17, 1, 0]));
        result(&mut counter, 2, PROGRESS, &json!([1, 5, 2, 0]));
        for (id, bytes) in [(3, 1_500_000), (4, 250_000)] {
            counter.start(id, FILE_TRANSFER, &[json!("https://cache.example.org/nar/x")]);
            result(&mut counter, id, PROGRESS, &json!([bytes, 2_000_000, 0, 0]));
        }
        counter.stop(3);
        result(&mut counter, 1, PROGRESS, &json!([3, 17, 2, 0]));
        let counts = counter.counts();
        assert_eq!(counts, Counts { built: (3, 17), copied: (1, 5), downloaded: 1_750_000 });
        assert_eq!(counts.to_string(), "3 of 17 built, 1 of 5 copied, 1.6 MiB downloaded");
        assert_eq!(Counts { built: (0, 2), ..Counts::default() }.to_string(), "0 of 2 built");
        // What another version of Nix reports in another form is ignored.
        result(&mut counter, 1, PROGRESS, &json!(["many"]));
        result(&mut counter, 99, PROGRESS, &json!([9, 9]));
        assert_eq!(counter.counts(), counts);
    }

    #[test]
    fn a_line_of_a_builder_names_its_derivation() {
        let mut counter = Counter::default();
        counter.start(7, BUILD, &[json!("/nix/store/0c2b-nixos-system-web.drv"), json!(""), json!(1)]);
        let line = result(&mut counter, 7, BUILD_LOG_LINE, &json!(["checking"]));
        assert_eq!(line.as_deref(), Some("nixos-system-web> checking"));
        counter.stop(7);
        assert_eq!(result(&mut counter, 7, BUILD_LOG_LINE, &json!(["late"])), None);
    }
}
