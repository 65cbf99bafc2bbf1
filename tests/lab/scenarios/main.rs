//! The product end to end: a throwaway systemd host, real Nix, real guests, real packets.
//!
//! Each test is a scenario in the lab of `tests/lab/lab`, and needs root and about two seconds for the first boot.
//! `make scenarios` runs them all; `make scenario NAME=…` runs some of them in a lab that stays up. Every switch is compared
//! with its plan (`support::world`): which guests restarted, which roots were emptied, whether rules were loaded.

mod accidents;
mod attack;
mod changes;
mod doctor;
mod drift;
mod flake;
mod forwards;
mod generations;
mod guest;
mod health;
mod health_checks;
mod hook;
mod hosts;
mod isolation;
mod journal;
mod live;
mod loopback;
mod main_job;
mod managers;
mod misbehaving;
mod nat;
mod native;
mod network;
mod others;
mod own_forwards;
mod preconditions;
mod private_users;
mod program;
mod readme;
mod refusals;
mod reloads;
mod resolver;
mod restore;
mod saved;
mod settings;
mod sources;
mod starts;
mod support;
mod switching;
mod terminals;
mod trials;
mod users;
mod wiping;
