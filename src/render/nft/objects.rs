//! A ruleset as the objects of libnftables-json(5).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use nftables::expr::{Expression, MetaKey, NamedExpression, Prefix};
use nftables::schema::{Chain, NfCmd, NfListObject, NfObject, Nftables, Rule, SetType, Table as NfTable};
use nftables::stmt::Statement;
use nftables::types::{NfChainPolicy, NfChainType, NfFamily, NfHook};
use serde_json::Value;

use super::isolation::{self, Before};
use super::parts::{
    Family, LINKS, Statements, TABLE, V4, V6, concat, dnat, is, is_forwarded, is_local, is_not, meta, named,
    payload, set, string, typed_map,
};
use super::ruleset::Ruleset;
use super::traffic;
use super::{host_nat, own};

/// All objects of our table in the order in which they must be defined; empty if there should be no table.
pub(super) struct Table(pub(super) Vec<NfListObject<'static>>);

impl Table {
    /// The table for a host that has these things before.
    pub(super) fn new(ruleset: &Ruleset, before: &Before) -> Self {
        let mut objects = Vec::new();
        if ruleset.is_empty() {
            return Self(objects);
        }
        if !ruleset.forwards.is_empty() {
            for (family, data) in [(4, SetType::Ipv4Addr), (6, SetType::Ipv6Addr)] {
                let targets = targets(ruleset, family);
                if !targets.is_empty() {
                    let addresses = targets
                        .iter()
                        .map(|(key, (address, _))| (*key, Expression::String(Cow::Owned(address.to_string()))));
                    objects.push(map(format!("addr{family}"), data, addresses));
                    let ports = targets.iter().map(|(key, (_, port))| (*key, Expression::Number(*port)));
                    objects.push(map(format!("port{family}"), SetType::InetService, ports));
                }
            }
        }
        if ruleset.has_links() {
            let links = ruleset.links.iter().map(|link| string(link.clone()));
            objects.push(set(LINKS.to_owned(), &[SetType::Ifname], links.collect(), false));
        }
        objects.extend(isolation::objects(ruleset));
        objects.extend(own::objects(ruleset));
        objects.extend(ruleset.nat.iter().flat_map(host_nat::objects));
        objects.extend(traffic::objects(ruleset, &before.counted));
        let chains = chains(ruleset, before.routes);
        objects.extend(chains.iter().map(|(hook, _)| NfListObject::Chain(hook.object())));
        for (hook, rules) in chains {
            objects.extend(rules.into_iter().map(|expr| {
                NfListObject::Rule(Rule {
                    family: NfFamily::INet,
                    table: TABLE.into(),
                    chain: hook.name.into(),
                    expr: expr.into(),
                    ..Rule::default()
                })
            }));
        }
        Self(objects)
    }
}

/// Protocol and host port; also the order of the elements.
type Key = (&'static str, u32);

fn targets(ruleset: &Ruleset, family: u8) -> BTreeMap<Key, (IpAddr, u32)> {
    let targets = ruleset.forwards.iter().filter_map(|forward| {
        let address = match family {
            4 => forward.v4.map(IpAddr::V4),
            _ => forward.v6.map(IpAddr::V6),
        }?;
        let key = (forward.protocol.as_str(), u32::from(forward.host_port));
        Some((key, (address, u32::from(forward.container_port))))
    });
    targets.collect()
}

/// A base chain by what distinguishes it.
#[derive(Clone, Copy)]
struct Hook {
    name: &'static str,
    kind: NfChainType,
    hook: NfHook,
    priority: i32,
}

impl Hook {
    fn object(self) -> Chain<'static> {
        Chain {
            family: NfFamily::INet,
            table: TABLE.into(),
            name: self.name.into(),
            _type: Some(self.kind),
            hook: Some(self.hook),
            prio: Some(self.priority),
            policy: Some(NfChainPolicy::Accept),
            ..Chain::default()
        }
    }
}

const GUARD: Hook = Hook { name: "guard", kind: NfChainType::Filter, hook: NfHook::Prerouting, priority: -300 };
const PRE: Hook = Hook { name: "pre", kind: NfChainType::NAT, hook: NfHook::Prerouting, priority: -100 };
const COUNT: Hook =
    Hook { name: traffic::CHAINS[0], kind: NfChainType::Filter, hook: NfHook::Prerouting, priority: -90 };
const COUNT_OWN: Hook =
    Hook { name: traffic::CHAINS[1], kind: NfChainType::Filter, hook: NfHook::Output, priority: -90 };
const OUT: Hook = Hook { name: "out", kind: NfChainType::NAT, hook: NfHook::Output, priority: -100 };
const FORWARD: Hook =
    Hook { name: isolation::CHAIN, kind: NfChainType::Filter, hook: NfHook::Forward, priority: 0 };
const POST: Hook = Hook { name: "post", kind: NfChainType::NAT, hook: NfHook::Postrouting, priority: 100 };

fn chains(ruleset: &Ruleset, routes: [bool; 2]) -> Vec<(Hook, Vec<Statements>)> {
    let (v4, v6) = (
        ruleset.forwards.iter().any(|forward| forward.v4.is_some()),
        ruleset.forwards.iter().any(|forward| forward.v6.is_some()),
    );
    let mut chains = Vec::new();
    // A forward that asks for more goes before one that asks for less.
    let (mut pre, mut out, mut post) = (own::rules(ruleset, false), own::rules(ruleset, true), Vec::new());
    if !ruleset.exposed.is_empty() {
        chains.push((
            GUARD,
            vec![vec![
                is(meta(MetaKey::Iifname), named(LINKS)),
                is(payload("ip", "daddr"), loopback()),
                Statement::Drop(None),
            ]],
        ));
    }
    if v4 {
        let forward = |first: Statements| [first, to_target(V4)].concat();
        pre.push(forward(vec![V4.is_it()]));
        out.push(forward(vec![V4.is_it()]));
    }
    if v6 {
        let forward = |first: Statements| [first, to_target(V6)].concat();
        pre.push(forward(vec![is(meta(MetaKey::Nfproto), string("ipv6"))]));
        // Nothing routes ::1 out of the host. If the connection is refused at once, a client tries 127.0.0.1; if it
        // were forwarded, it would hang.
        out.push(forward(vec![is_not(payload("ip6", "daddr"), string("::1"))]));
    }
    if !ruleset.exposed.is_empty() {
        post.push(vec![
            is(meta(MetaKey::Oifname), named(LINKS)),
            is(payload("ip", "saddr"), loopback()),
            Statement::Masquerade(None),
        ]);
    }
    if v4 || v6 || !ruleset.own.is_empty() {
        post.push(vec![
            is(meta(MetaKey::Iifname), named(LINKS)),
            is(meta(MetaKey::Oifname), named(LINKS)),
            is_forwarded(),
            Statement::Masquerade(None),
        ]);
    }
    if let Some(nat) = &ruleset.nat {
        pre.extend(host_nat::incoming(nat));
        out.extend(host_nat::from_host(nat));
        post.extend(host_nat::leaving(nat));
    }
    let counting = traffic::rules(ruleset);
    let forward = isolation::rules(ruleset, routes);
    let wanted = [(PRE, pre), (OUT, out), (COUNT, counting.clone()), (COUNT_OWN, counting), (FORWARD, forward)];
    chains.extend(wanted.into_iter().filter(|(_, rules)| !rules.is_empty()));
    chains.push((POST, post));
    chains
}

/// The statements `fib daddr type local dnat … to` the target in the maps of `family`.
fn to_target(family: Family) -> Statements {
    let key = concat(vec![meta(MetaKey::L4proto), payload("th", "dport")]);
    let map = |what: &str| Some(format!("{what}{}", family.suffix));
    vec![is_local(), dnat(family, &key, map("addr"), map("port"))]
}

fn map(
    name: String,
    data: SetType,
    elements: impl Iterator<Item = (Key, Expression<'static>)>,
) -> NfListObject<'static> {
    let elements =
        elements.map(|((protocol, port), value)| (concat(vec![string(protocol), Expression::Number(port)]), value));
    typed_map(name, (&[SetType::InetProto, SetType::InetService], data), elements.collect(), false)
}

fn loopback() -> Expression<'static> {
    Expression::Named(NamedExpression::Prefix(Prefix { addr: Box::new(string("127.0.0.0")), len: 8 }))
}

fn table() -> NfListObject<'static> {
    NfListObject::Table(NfTable { family: NfFamily::INet, name: TABLE.into(), handle: None })
}

impl Ruleset {
    /// The rules as libnftables-json(5), for `nft -j -f`.
    pub fn json(&self) -> Value {
        transaction(&Table::new(self, &Before::default()))
    }

    /// The table as `nft -j list table` would print it after loading, except for handles. Other rulesets are compared
    /// with this if there is no kernel to ask.
    pub fn listing(&self) -> Value {
        listing(&Table::new(self, &Before::default()))
    }
}

/// Declares, deletes and defines the table: this replaces it in one transaction, and does not fail if it did not exist.
fn transaction(objects: &Table) -> Value {
    let mut commands = vec![NfCmd::Add(table()), NfCmd::Delete(table())];
    if !objects.0.is_empty() {
        commands.push(NfCmd::Add(table()));
        commands.extend(objects.0.iter().cloned().map(NfCmd::Add));
    }
    value(commands.into_iter().map(NfObject::CmdObject).collect())
}

/// The table as `nft -j list table` prints it; `null` if there should be no table.
fn listing(objects: &Table) -> Value {
    if objects.0.is_empty() {
        return Value::Null;
    }
    let objects = std::iter::once(table()).chain(objects.0.iter().cloned());
    value(objects.map(NfObject::ListObject).collect())
}

fn value(objects: Vec<NfObject<'static>>) -> Value {
    let mut value =
        serde_json::to_value(Nftables { objects: objects.into() }).expect("these types have string keys only");
    let objects = value["nftables"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
    for object in objects {
        match object.get_mut("add") {
            Some(object) => complete(object),
            None => complete(object),
        }
    }
    value
}

/// An object as JSON.
pub(super) fn object(object: &NfListObject<'static>) -> Value {
    let mut value = serde_json::to_value(object).expect("these types have string keys only");
    complete(&mut value);
    value
}

/// Removes from the elements of a map or set what is not given, where nft would read `null` as something else, and
/// adds the statement of sets that count, which the types cannot express.
fn complete(object: &mut Value) {
    let Some(body) = object.as_object_mut().and_then(|object| object.values_mut().next()) else { return };
    let is_given = |elem: &mut Value| {
        if let Some(elem) = elem.get_mut("elem").and_then(Value::as_object_mut) {
            elem.retain(|_, value| !value.is_null());
        }
    };
    for element in body.get_mut("elem").and_then(Value::as_array_mut).into_iter().flatten() {
        match element {
            Value::Array(parts) => parts.iter_mut().for_each(is_given),
            one => is_given(one),
        }
    }
    if body["name"].as_str().is_some_and(traffic::counts) {
        body["stmt"] = serde_json::json!([{ "counter": null }]);
    }
}
