//! Generations: what was applied, and how one is made current.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::record::Record;
use crate::model::spec::NatSpec;
use crate::model::{ContainerName, Manifest, Positions};

/// The result of one apply: what a reboot brings back, and what the next plan compares with if the host cannot be
/// observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Its number, counted from 1; 0 until it is recorded.
    pub number: u32,
    /// When it was recorded, in seconds since 1970.
    #[serde(default)]
    pub recorded: Option<u64>,
    /// The configuration that it came from: the argument of the command line as an absolute path.
    pub source: String,
    /// The commit of the git work tree that the configuration is in, with `-dirty` if tracked files differ from it.
    #[serde(default)]
    pub revision: Option<String>,
    /// The manifest, with the systems that Nix built as `path`.
    pub manifest: Manifest,
    /// The containers.
    pub records: BTreeMap<ContainerName, Record>,
    /// NAT.
    pub nat: NatSpec,
    /// The evaluated options of the guests that were built from `config`, for the next plan to compare with.
    #[serde(default)]
    pub guests: BTreeMap<ContainerName, KeptGuest>,
}

/// The freeform evaluation of a guest's `config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    /// Its options as a tree; an unknown value is a leaf `{"_unknown": …}`.
    pub options: serde_json::Value,
    /// The positions of their definitions, by path in that tree.
    pub positions: Positions,
}

/// A guest as a generation stores it: without secrets, since every user of the host may read generations.
///
/// It stays JSON text until [`open`](Self::open) is called, since most guests have not changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeptGuest(Box<RawValue>);

impl KeptGuest {
    /// Stores `guest`, whose secrets must already be redacted.
    pub fn new(guest: &Guest) -> Self {
        Self(serde_json::value::to_raw_value(guest).expect("it has string keys only"))
    }

    /// Parses the stored guest; `None` if it is not in our format.
    pub fn open(&self) -> Option<Guest> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl PartialEq for KeptGuest {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// How a generation takes effect; the names are those of nixos-rebuild(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Now, and at every boot.
    Switch,
    /// Now, until the host reboots.
    Test,
    /// At the next boot.
    Boot,
}

impl Activation {
    /// The command.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Switch => "switch",
            Self::Test => "test",
            Self::Boot => "boot",
        }
    }

    /// Whether it takes effect now.
    pub fn is_now(self) -> bool {
        self != Self::Boot
    }

    /// Whether it takes effect at the next boot.
    pub fn boots(self) -> bool {
        self != Self::Test
    }
}

/// A recorded generation in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationEntry {
    /// Its number.
    pub number: u32,
    /// What it consists of, or why that cannot be read.
    pub summary: Result<GenerationSummary, String>,
    /// Whether it was applied last in this boot.
    pub is_current: bool,
    /// Whether the next boot brings it up.
    pub boots: bool,
    /// Whether this boot brought it up.
    pub has_booted: bool,
}

/// What a generation consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationSummary {
    /// [`Generation::recorded`].
    pub recorded: Option<u64>,
    /// [`Generation::source`].
    pub source: String,
    /// [`Generation::revision`].
    pub revision: Option<String>,
    /// The guest systems of its containers.
    pub systems: BTreeMap<ContainerName, PathBuf>,
}
