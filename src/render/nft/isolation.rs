//! The chain that keeps guests without NAT to the host.
//!
//! Forwards and NAT need a host that forwards packets, and the kernel then forwards all: a guest could reach other guests and the
//! networks of the host, and machines of these networks the guest, past its forwards. NixOS leaves it at that. Here, an
//! interface of a guest that `networking.nat` does not translate takes part in forwarded connections and their answers only.
//!
//! - `networking.nat` is a wish to route: what it translates goes everywhere, and is reached from everywhere, as with NixOS.
//! - If the host forwarded packets before our rules needed it, somebody else wants it to route, and the chain accepts that. This is
//!   a fact of the host, added when the rules are loaded, so it counts for no comparison.
//! - A bridge is left to whoever uses it: machines that are not our guests may be attached to it.

use nftables::expr::{CT, Expression, MetaKey, NamedExpression};
use nftables::schema::{NfListObject, SetType};
use nftables::stmt::{Match, Operator, Statement};

use super::host_nat;
use super::parts::{Family, Statements, V4, V6, is, is_forwarded, meta, named, set, string};
use super::ruleset::Ruleset;
use super::traffic::Counters;

/// The name of the chain.
pub(super) const CHAIN: &str = "forward";

/// What a host has before rules are loaded, and what they go on with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// What was counted.
    pub counted: Counters,
    /// Whether the host forwards packets without our doing: those of IPv4, and those of IPv6.
    pub routes: [bool; 2],
}

fn name(family: Family) -> String {
    format!("alone{}", family.suffix)
}

fn families(ruleset: &Ruleset) -> impl Iterator<Item = Family> {
    [V4, V6].into_iter().filter(|family| !ruleset.alone[usize::from(family.is_v6)].is_empty())
}

/// The sets of interfaces.
pub(super) fn objects(ruleset: &Ruleset) -> Vec<NfListObject<'static>> {
    let set_of = |family: Family| {
        let names = ruleset.alone[usize::from(family.is_v6)].iter().map(|name| string(name.clone()));
        set(name(family), &[SetType::Ifname], names.collect(), false)
    };
    families(ruleset).map(set_of).collect()
}

/// The rules for packets that are forwarded.
pub(super) fn rules(ruleset: &Ruleset, routes: [bool; 2]) -> Vec<Statements> {
    let families: Vec<_> = families(ruleset).collect();
    if families.is_empty() {
        return Vec::new();
    }
    // Most packets get no further than this one.
    let mut rules = vec![vec![is_open(), accept()], vec![is_forwarded(), accept()]];
    rules.extend([V4, V6].into_iter().filter(|family| routes[usize::from(family.is_v6)]).map(router));
    for family in families {
        let set = || named(&name(family));
        rules.push(vec![family.is_it(), is(meta(MetaKey::Iifname), set()), Statement::Drop(None)]);
        let translated = ruleset.nat.iter().flat_map(|nat| host_nat::inside(nat, family));
        rules.extend(translated.map(|inside| [inside, vec![accept()]].concat()));
        rules.push(vec![family.is_it(), is(meta(MetaKey::Oifname), set()), Statement::Drop(None)]);
    }
    rules
}

/// The rule of a host that routes a family without our doing.
pub(super) fn router(family: Family) -> Statements {
    vec![family.is_it(), accept()]
}

/// Whether the packet belongs to a connection that was let through before, or reports an error of one.
fn is_open() -> Statement<'static> {
    let left = Expression::Named(NamedExpression::CT(CT { key: "state".into(), family: None, dir: None }));
    let right = Expression::List(vec![string("established"), string("related")]);
    Statement::Match(Match { left, right, op: Operator::IN })
}

fn accept() -> Statement<'static> {
    Statement::Accept(None)
}
