//! How a guest is: what its own systemd says of it.

use std::collections::BTreeSet;

use serde::Serialize;

/// A unit of a guest that failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FailedUnit {
    /// Its name.
    pub unit: String,
    /// Its `Result`, such as `exit-code` or `timeout` (org.freedesktop.systemd1(5)).
    pub result: String,
}

impl std::fmt::Display for FailedUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.unit, self.result)
    }
}

/// What a guest's systemd said when it was asked. A guest without one, or that gave no answer, has no health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The units that failed, by name.
    pub failed: BTreeSet<FailedUnit>,
}

impl Health {
    /// Whether anything failed.
    pub fn is_degraded(&self) -> bool {
        !self.failed.is_empty()
    }

    /// The failed units, told apart: those that have failed since `before`, and those that had failed then.
    pub fn since(&self, before: Option<&Self>) -> (Vec<FailedUnit>, Vec<FailedUnit>) {
        let had_failed = |unit: &&FailedUnit| {
            before.is_some_and(|before| before.failed.iter().any(|failed| failed.unit == unit.unit))
        };
        let (old, new): (Vec<_>, Vec<_>) = self.failed.iter().partition(had_failed);
        (new.into_iter().cloned().collect(), old.into_iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_had_failed_before_is_told_from_what_failed_since() {
        let failed = |unit: &str, result: &str| FailedUnit { unit: unit.to_owned(), result: result.to_owned() };
        let before = Health { failed: [failed("a.service", "exit-code"), failed("gone.service", "signal")].into() };
        let after = Health { failed: [failed("a.service", "timeout"), failed("b.mount", "exit-code")].into() };
        let (new, old) = after.since(Some(&before));
        assert_eq!((new, old), (vec![failed("b.mount", "exit-code")], vec![failed("a.service", "timeout")]));
        assert_eq!(after.since(None).0.len(), 2, "of what was not known nothing is excused");
    }
}
