//! The program as users start it: arguments and files in, both streams and the exit code out.
//!
//! Each run has an empty environment, its own directory and no programs to call. `tests/lab/scenarios` tests what needs a
//! host (`switch`, the status of guests).

mod ci;
mod commands;
mod completions;
mod diagnostics;
mod errors;
mod example;
mod extra_config;
mod fixes;
mod keep_going;
mod large;
mod lints;
mod missing_imports;
#[path = "../namespaces/mod.rs"]
mod namespaces;
mod nix_module;
mod output;
mod packages;
mod prerequisites;
mod program;
mod readme;
mod revisions;
mod saved_plans;
mod settings;
mod unknown;
mod ways;
