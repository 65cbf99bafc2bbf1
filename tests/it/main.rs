//! The program as its users start it: arguments and files in, both streams and the exit code out.
//!
//! Each run has an empty environment, a directory of its own and no program to call. What needs a host (switch, status of
//! guests) is in `tests/lab/scenarios`.

mod ci;
mod commands;
mod completions;
mod diagnostics;
mod errors;
mod example;
mod handed_in;
mod keep_going;
mod large;
mod missing_imports;
mod output;
mod packages;
mod prerequisites;
mod program;
mod readme;
mod settings;
mod unknown;
mod ways;
