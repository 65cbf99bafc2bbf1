//! What an apply has begun and not finished: the contents of the journal of the apply in hand.
//!
//! Most of what an apply does can be seen on the host, so a run after a killed one plans from what it sees. The journal has the
//! rest: which containers ran before they were stopped to be started again, and which running guests are being changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Record;
use crate::model::ContainerName;

/// What an apply may have left half done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unfinished {
    /// Containers that were stopped to be started again, and have not been since.
    pub stopped: BTreeSet<ContainerName>,
    /// Guests that were being changed while they run: each runs as before, as its record here says, or in between.
    pub changing: BTreeMap<ContainerName, Record>,
    /// Whether a part of the journal could not be read.
    pub is_damaged: bool,
}

/// An entry of the journal. All but the last kind are written before what they are about begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalEntry {
    /// The container is about to be stopped, and is to be started again.
    Stopping(ContainerName),
    /// The running guest is about to be changed to what the record says.
    Changing(ContainerName, Box<Record>),
    /// The container is up, down or removed, as somebody wanted it.
    Settled(ContainerName),
}

impl Unfinished {
    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.stopped.is_empty() && self.changing.is_empty()
    }

    /// Takes note of one more entry.
    pub fn note(&mut self, entry: JournalEntry) {
        match entry {
            JournalEntry::Stopping(name) => {
                self.stopped.insert(name);
            }
            JournalEntry::Changing(name, record) => {
                self.changing.insert(name, *record);
            }
            JournalEntry::Settled(name) => {
                self.stopped.remove(&name);
                self.changing.remove(&name);
            }
        }
    }
}
