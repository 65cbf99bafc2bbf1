//! What objects and rules consist of, in the types of libnftables-json(5).

use std::borrow::Cow;

use nftables::expr::{CT, CTDir, Expression, Meta, MetaKey, NamedExpression, Payload, PayloadField, Range};
use nftables::schema::{Map, NfListObject, Set, SetFlag, SetType, SetTypeValue};
use nftables::stmt::{Match, Operator, Statement};
use nftables::types::NfFamily;

use crate::model::spec::Ports;

/// The name of the only table that we ever touch.
pub const TABLE: &str = "container-rebuild";

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
