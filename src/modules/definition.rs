//! Definitions: what a module says of an option, with the properties around it.
//!
//! `mkIf`, `mkMerge`, `mkOverride` and `mkOrder` are sets with a `_type`; here they are taken off a value and kept beside
//! it. Source: `pushDownProperties`, `dischargeProperties`, `filterOverrides` and `sortProperties` of nixpkgs' `lib`.

use crate::eval::{EvalResult, Evaluator, Unknown, Value};
use crate::source::Pos;

/// The priority of a definition without `mkOverride` (`lib.modules.defaultOverridePriority`).
pub(super) const DEFAULT_PRIORITY: i64 = 100;
/// The order of a definition without `mkOrder` (`lib.modules.defaultOrderPriority`).
pub(super) const DEFAULT_ORDER: i64 = 1000;

/// One definition of an option or of a level of options.
#[derive(Clone, Copy)]
pub(super) struct Definition<'e> {
    /// What is said, not evaluated yet; properties may still be around it.
    pub(super) value: Value<'e>,
    /// The attribute path that says it.
    pub(super) pos: Pos,
    /// The `mkIf` conditions around it.
    condition: Option<&'e Condition<'e>>,
    /// Its `mkOverride` priority: less wins.
    pub(super) priority: i64,
    /// Its `mkOrder` place among its equals.
    pub(super) order: i64,
}

/// A chain of `mkIf` conditions, innermost first; none is evaluated before its definition is asked for.
struct Condition<'e> {
    holds: Value<'e>,
    around: Option<&'e Condition<'e>>,
}

/// Whether a definition counts.
#[derive(Clone, Copy)]
pub(super) enum Active<'e> {
    /// All its conditions hold.
    Yes,
    /// One does not.
    No,
    /// One is unknown.
    Perhaps(&'e Unknown),
}

impl<'e> Definition<'e> {
    /// A definition without properties.
    pub(super) fn new(value: Value<'e>, pos: Pos) -> Self {
        Self { value, pos, condition: None, priority: DEFAULT_PRIORITY, order: DEFAULT_ORDER }
    }

    /// The same properties around another value, such as one attribute of this one's.
    pub(super) fn with_value(self, value: Value<'e>, pos: Pos) -> Self {
        Self { value, pos: if pos.is_some() { pos } else { self.pos }, ..self }
    }

    /// Takes the properties off, as far as the value shows them; the values given are evaluated to their outermost
    /// constructor.
    pub(super) fn expand(self, ev: &mut Evaluator<'e>, into: &mut Vec<Self>) -> EvalResult<'e, ()> {
        let value = ev.force(self.value)?;
        let this = Self { value, ..self };
        let Value::Attrs(attrs) = value else {
            into.push(this);
            return Ok(());
        };
        let kind = match attrs.get(ev.symbol("_type")) {
            Some(kind) => match ev.force(kind)? {
                Value::String(kind) => kind.to_str_lossy().into_owned(),
                _ => String::new(),
            },
            None => String::new(),
        };
        let field = |ev: &mut Evaluator<'e>, name: &str| ev.select(value, name);
        match kind.as_str() {
            "merge" => {
                let contents = field(ev, "contents")?;
                match ev.force(contents)? {
                    Value::List(items) => {
                        for item in items.iter() {
                            this.with_value(item, this.pos).expand(ev, into)?;
                        }
                    }
                    // An unknown list of definitions: one that may say anything.
                    other => into.push(Self { value: other, ..this }),
                }
            }
            "if" => {
                let holds = field(ev, "condition")?;
                let condition = ev.alloc(Condition { holds, around: this.condition });
                let content = field(ev, "content")?;
                Self { condition: Some(condition), ..this }.with_value(content, this.pos).expand(ev, into)?;
            }
            "override" => {
                let priority = int_field(ev, value, "priority")?.unwrap_or(this.priority);
                let content = field(ev, "content")?;
                Self { priority, ..this }.with_value(content, this.pos).expand(ev, into)?;
            }
            "order" => {
                let order = int_field(ev, value, "priority")?.unwrap_or(this.order);
                let content = field(ev, "content")?;
                Self { order, ..this }.with_value(content, this.pos).expand(ev, into)?;
            }
            _ => into.push(this),
        }
        Ok(())
    }

    /// Whether its conditions hold; the outermost one is asked first, as nested `mkIf`s would be.
    pub(super) fn active(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Active<'e>> {
        let mut conditions = Vec::new();
        let mut next = self.condition;
        while let Some(condition) = next {
            conditions.push(condition.holds);
            next = condition.around;
        }
        let mut perhaps = None;
        for holds in conditions.into_iter().rev() {
            match ev.force(holds)? {
                Value::Bool(true) => {}
                Value::Bool(false) => return Ok(Active::No),
                Value::Unknown(unknown) => perhaps = perhaps.or(Some(unknown)),
                other => return Err(ev.type_error("a Boolean", other, self.pos)),
            }
        }
        Ok(perhaps.map_or(Active::Yes, Active::Perhaps))
    }
}

fn int_field<'e>(ev: &mut Evaluator<'e>, set: Value<'e>, name: &str) -> EvalResult<'e, Option<i64>> {
    let value = ev.select(set, name)?;
    Ok(match ev.force(value)? {
        Value::Int(number) => Some(number),
        _ => None,
    })
}

/// The definitions of an option that count, taken apart.
pub(super) struct Selected<'e> {
    /// Those of the winning priority, in their order.
    pub(super) definitions: Vec<Definition<'e>>,
    /// Why the option is unknown although these are known: a definition that may count, or may not.
    pub(super) unknown: Option<&'e Unknown>,
}

/// Takes off all properties and keeps what counts: conditions that hold, the best priority, sorted.
pub(super) fn select<'e>(ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Selected<'e>> {
    let mut expanded = Vec::new();
    for definition in definitions {
        definition.expand(ev, &mut expanded)?;
    }
    let mut certain = Vec::new();
    let mut perhaps = Vec::new();
    for definition in expanded {
        match definition.active(ev)? {
            Active::Yes => certain.push(definition),
            Active::No => {}
            Active::Perhaps(unknown) => perhaps.push((definition.priority, unknown)),
        }
    }
    let best = certain.iter().map(|definition| definition.priority).min();
    // One that may count matters unless something certain outranks it.
    let unknown = perhaps
        .iter()
        .filter(|(priority, _)| best.is_none_or(|best| *priority <= best))
        .map(|(_, unknown)| *unknown)
        .next();
    certain.retain(|definition| Some(definition.priority) == best);
    certain.sort_by_key(|definition| definition.order);
    Ok(Selected { definitions: certain, unknown })
}
