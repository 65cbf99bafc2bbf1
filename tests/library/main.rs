//! The library's layers together, without the program and without this machine's state: properties of plans, rules in a
//! kernel's namespace, keys of guests, locked inputs.

mod disruption;
mod fixes;
mod flake_store;
mod guest_keys;
#[path = "../namespaces/mod.rs"]
mod namespaces;
mod nft;
mod packets;
mod plan_properties;
mod saved_plans;
