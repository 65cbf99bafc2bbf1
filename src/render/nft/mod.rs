//! Builds the nftables rules of a host's containers, all in one table of their own.
//!
//! Takes: the networks of all containers and NAT. Gives: a [`Ruleset`], which prints itself for `nft -f` and for
//! `nft -j -f`, and compares itself with what the kernel lists.
//!
//! What the rules do, and why:
//! - A forward is an element of a map, not a rule: ten thousand of them cost one lookup. Address and port are in two
//!   maps with the same keys, because nft 1.0 cannot read concatenated *data* from JSON.
//! - Forwards apply to every address of the host (`fib daddr type local`), for packets from outside, from other guests
//!   and from the host itself, 127.0.0.1 included.
//! - Connections from the host's 127.0.0.1, and connections between two guests, are masqueraded. Otherwise the answers
//!   would not find their way back.
//! - `route_localnet`, which forwards of 127.0.0.1 need, would also let a guest reach the host's own loopback services.
//!   Chain `guard` drops such packets before anything else sees them.
//! - `networking.nat` is here as well: its forwards are elements of maps, too, whatever their number. Ranges have a map of their
//!   own, because nft refuses a map whose values mix single ports and ranges.
//! - Our own forwards may ask for an address of the host, an interface or source networks. Those that ask for the same things
//!   share their maps, with these things in the keys, so that a connection costs one lookup for each kind of condition in use.
//! - Guests that NAT is not for reach the host alone, although it forwards packets ([`isolation`]).
//! - A set counts the packets of each forward; the counters go on when the table is replaced.
//! - Rules match only the exact names of our own interfaces and their bridges, so another tool's `ve-…` is left alone.
//!   Packets that come in through a bridge for a guest on the same bridge are masqueraded, too: the guest would answer
//!   directly, bypassing the host.
//!
//! Invariants:
//! - Loading is one transaction, which never names other tables. It changes what differs from the table that is loaded, since
//!   connections would get lost if the whole was deleted and defined again (`update.rs`).
//! - Text and JSON are made from the same objects, and so is the comparison.
//!
//! Not here: running `nft` (that is `host`).

mod differences;
mod host_nat;
mod isolation;
mod objects;
mod own;
mod parts;
mod ruleset;
mod text;
mod traffic;
mod update;

pub use differences::{RuleLine, RulesDifference};
pub use isolation::Before;
pub use own::Condition;
pub use parts::TABLE;
pub use ruleset::{IPV4_FORWARDING, IPV6_FORWARDING, OwnTarget, Ruleset, Sysctl, Target};
pub use traffic::{Counters, Traffic};

#[cfg(test)]
mod tests;
