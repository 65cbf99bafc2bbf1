//! A guest's health, as reported by its own systemd.

use std::collections::BTreeSet;

use serde::Serialize;

/// A unit of a guest that failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FailedUnit {
    /// The unit's name.
    pub unit: String,
    /// The unit's `Result`, such as `exit-code` or `timeout` (org.freedesktop.systemd1(5)).
    pub result: String,
}

impl std::fmt::Display for FailedUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.unit, self.result)
    }
}

/// What a guest's systemd reported. A guest without systemd, or one that did not answer, has no health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The failed units, by name.
    pub failed: BTreeSet<FailedUnit>,
}

impl Health {
    /// Whether any unit failed.
    pub fn is_degraded(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Splits the failed units into those that failed since `before` and those that had failed already.
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
    fn since_separates_old_failures_from_new_ones() {
        let failed = |unit: &str, result: &str| FailedUnit { unit: unit.to_owned(), result: result.to_owned() };
        let before = Health { failed: [failed("a.service", "exit-code"), failed("gone.service", "signal")].into() };
        let after = Health { failed: [failed("a.service", "timeout"), failed("b.mount", "exit-code")].into() };
        let (new, old) = after.since(Some(&before));
        assert_eq!((new, old), (vec![failed("b.mount", "exit-code")], vec![failed("a.service", "timeout")]));
        assert_eq!(after.since(None).0.len(), 2, "without a former health all failures count as new");
    }
}
