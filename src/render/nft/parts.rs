//! What objects and rules consist of, in the types of libnftables-json(5).

use std::borrow::Cow;

use nftables::expr::{
    CT, CTDir, Expression, Fib, FibFlag, FibResult, Map as Lookup, Meta, MetaKey, NamedExpression, Payload,
    PayloadField, Prefix as NfPrefix, Range, SetItem,
};
use nftables::schema::{Map, NfListObject, Set, SetFlag, SetType, SetTypeValue};
use nftables::stmt::{Match, NAT, NATFamily, Operator, Statement};
use nftables::types::NfFamily;

use crate::model::spec::{Ports, Prefix, Protocol};

/// The name of the only table that we ever touch.
pub const TABLE: &str = "container-rebuild";
/// The set of our own interfaces.
pub(super) const LINKS: &str = "links";

/// What differs between IPv4 and IPv6.
#[derive(Clone, Copy)]
pub(super) struct Family {
    pub(super) is_v6: bool,
    pub(super) suffix: char,
    pub(super) header: &'static str,
    pub(super) protocol: &'static str,
    pub(super) address: SetType,
    pub(super) nat: NATFamily,
}

pub(super) const V4: Family = Family {
    is_v6: false,
    suffix: '4',
    header: "ip",
    protocol: "ipv4",
    address: SetType::Ipv4Addr,
    nat: NATFamily::IP,
};
pub(super) const V6: Family = Family {
    is_v6: true,
    suffix: '6',
    header: "ip6",
    protocol: "ipv6",
    address: SetType::Ipv6Addr,
    nat: NATFamily::IP6,
};

impl Family {
    pub(super) fn is_it(self) -> Statement<'static> {
        is(meta(MetaKey::Nfproto), string(self.protocol))
    }
}

pub(super) type Statements = Vec<Statement<'static>>;

/// A map from keys of these types to data; `has_ranges` if any key is more than one port.
pub(super) fn typed_map(
    name: String,
    (key, data): (&[SetType], SetType),
    elements: Vec<(Expression<'static>, Expression<'static>)>,
    has_ranges: bool,
) -> NfListObject<'static> {
    let elements: Vec<_> = elements.into_iter().map(|(key, value)| Expression::List(vec![key, value])).collect();
    NfListObject::Map(Box::new(Map {
        family: NfFamily::INet,
        table: TABLE.into(),
        name: name.into(),
        set_type: set_type(key),
        map: SetTypeValue::Single(data),
        flags: has_ranges.then(|| [SetFlag::Interval].into()),
        elem: Some(elements.into()),
        ..Map::default()
    }))
}

pub(super) fn set(
    name: String,
    key: &[SetType],
    elements: Vec<Expression<'static>>,
    has_ranges: bool,
) -> NfListObject<'static> {
    NfListObject::Set(Box::new(Set {
        family: NfFamily::INet,
        table: TABLE.into(),
        name: name.into(),
        set_type: set_type(key),
        flags: has_ranges.then(|| [SetFlag::Interval].into()),
        elem: Some(elements.into()),
        ..Set::default()
    }))
}

fn set_type(key: &[SetType]) -> SetTypeValue<'static> {
    match key {
        [one] => SetTypeValue::Single(*one),
        several => SetTypeValue::Concatenated(several.to_vec().into()),
    }
}

/// A network, or a single address.
pub(super) fn network(prefix: &Prefix) -> Expression<'static> {
    let address = string(prefix.address.to_string());
    match prefix.is_one() {
        true => address,
        false => Expression::Named(NamedExpression::Prefix(NfPrefix {
            addr: Box::new(address),
            len: prefix.length.into(),
        })),
    }
}

/// Leads a connection where the maps say, or to the same port if none says otherwise.
pub(super) fn dnat(
    family: Family,
    key: &Expression<'static>,
    addresses: Option<String>,
    ports: Option<String>,
) -> Statement<'static> {
    let lookup = |map: String| {
        Expression::Named(NamedExpression::Map(Box::new(Lookup { key: key.clone(), data: named(&map) })))
    };
    let (addr, port) = (addresses.map(lookup), ports.map(lookup));
    Statement::DNAT(Some(NAT { addr, family: Some(family.nat), port, flags: None }))
}

/// Whether the destination is an address of the host.
pub(super) fn is_local() -> Statement<'static> {
    let fib = Fib { result: FibResult::Type, flags: [FibFlag::Daddr].into() };
    is(Expression::Named(NamedExpression::Fib(fib)), string("local"))
}

/// Every protocol that can be forwarded.
pub(super) fn any_protocol() -> Expression<'static> {
    let protocols = Protocol::ALL.into_iter().map(|protocol| SetItem::Element(string(protocol.as_str())));
    Expression::Named(NamedExpression::Set(protocols.collect()))
}

pub(super) fn concat(parts: Vec<Expression<'static>>) -> Expression<'static> {
    Expression::Named(NamedExpression::Concat(parts))
}

/// A port, or a range of ports.
pub(super) fn ports(ports: Ports) -> Expression<'static> {
    let number = |port: u16| Expression::Number(port.into());
    match ports.count() {
        1 => number(ports.first),
        _ => Expression::Range(Box::new(Range { range: [number(ports.first), number(ports.last)] })),
    }
}

/// The port to which the connection was opened, before its destination was changed.
pub(super) fn original_port() -> Expression<'static> {
    let dir = Some(CTDir::Original);
    Expression::Named(NamedExpression::CT(CT { key: "proto-dst".into(), family: None, dir }))
}

/// The address that answers: where the connection leads.
pub(super) fn answering_address(family: Family) -> Expression<'static> {
    let key = if family.is_v6 { "ip6 saddr" } else { "ip saddr" };
    Expression::Named(NamedExpression::CT(CT { key: key.into(), family: None, dir: Some(CTDir::Reply) }))
}

/// The port that answers.
pub(super) fn answering_port() -> Expression<'static> {
    Expression::Named(NamedExpression::CT(CT { key: "proto-src".into(), family: None, dir: Some(CTDir::Reply) }))
}

/// Whether the destination of the connection was changed, by whichever table.
pub(super) fn is_forwarded() -> Statement<'static> {
    let status = Expression::Named(NamedExpression::CT(CT { key: "status".into(), family: None, dir: None }));
    Statement::Match(Match { left: status, right: string("dnat"), op: Operator::IN })
}

pub(super) fn is(left: Expression<'static>, right: Expression<'static>) -> Statement<'static> {
    Statement::Match(Match { left, right, op: Operator::EQ })
}

pub(super) fn is_not(left: Expression<'static>, right: Expression<'static>) -> Statement<'static> {
    Statement::Match(Match { left, right, op: Operator::NEQ })
}

pub(super) fn meta(key: MetaKey) -> Expression<'static> {
    Expression::Named(NamedExpression::Meta(Meta { key }))
}

pub(super) fn payload(protocol: &'static str, field: &'static str) -> Expression<'static> {
    let field = PayloadField { protocol: protocol.into(), field: field.into() };
    Expression::Named(NamedExpression::Payload(Payload::PayloadField(field)))
}

pub(super) fn named(name: &str) -> Expression<'static> {
    string(format!("@{name}"))
}

pub(super) fn string(text: impl Into<Cow<'static, str>>) -> Expression<'static> {
    Expression::String(text.into())
}
