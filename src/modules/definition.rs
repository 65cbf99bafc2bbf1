//! Definitions: the values that modules give an option, with the properties around them.
//!
//! `mkIf`, `mkMerge`, `mkOverride` and `mkOrder` are sets with a `_type`; this module removes them from a value and stores
//! them beside it. Source: `pushDownProperties`, `dischargeProperties`, `filterOverrides` and `sortProperties` of nixpkgs'
//! `lib`.

use crate::eval::{EvalResult, Evaluator, Fingerprint, OptionalAttr, Unknown, Value};
use crate::source::Pos;

/// The priority of a definition without `mkOverride` (`lib.modules.defaultOverridePriority`).
pub(super) const DEFAULT_PRIORITY: i64 = 100;
/// The priority of an option's own default (`lib.mkOptionDefault`).
pub(super) const OPTION_DEFAULT_PRIORITY: i64 = 1500;
/// The order of a definition without `mkOrder` (`lib.modules.defaultOrderPriority`).
pub(super) const DEFAULT_ORDER: i64 = 1000;

/// One definition of an option or of a set of options.
#[derive(Clone, Copy)]
pub(super) struct Definition<'e> {
    /// The value, not evaluated yet; properties may still be around it.
    pub(super) value: Value<'e>,
    /// Where its attribute path is written.
    pub(super) pos: Pos,
    /// The `mkIf` conditions around it.
    condition: Option<&'e Condition<'e>>,
    /// Its `mkOverride` priority: the lowest wins.
    pub(super) priority: i64,
    /// Its `mkOrder` priority: lower comes first.
    pub(super) order: i64,
    /// Whether it might not exist, because a name in its attribute path is optional or unknown.
    pub(super) doubtful: bool,
    /// The properties that may still be around the value.
    layer: Layer,
}

/// A chain of `mkIf` conditions, innermost first. They stay unevaluated until their definition is needed.
struct Condition<'e> {
    holds: Value<'e>,
    around: Option<&'e Condition<'e>>,
}

/// Which properties may still be removed from a value. nixpkgs removes one kind after the other, each once; a property
/// nested deeper is part of the value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// Around a set of options: everything except `mkOrder`, in any nesting.
    OfSet,
    /// Around the value of an option: `mkMerge` and `mkIf`, then the kinds below.
    Condition,
    /// `mkOverride`, then the kind below.
    Override,
    /// `mkOrder` only.
    Order,
    /// No properties.
    Value,
}

impl Layer {
    fn has_conditions(self) -> bool {
        self <= Self::Condition
    }
}

/// Whether a definition counts.
#[derive(Clone, Copy)]
pub(super) enum Active<'e> {
    /// All its conditions hold.
    Yes,
    /// One of its conditions does not hold.
    No,
    /// One of its conditions is unknown, and none is false.
    OptionalAttr(&'e Unknown),
}

impl<'e> Definition<'e> {
    /// Adds its value, priorities and conditions to a key.
    pub(super) fn add_to(&self, key: &mut Fingerprint<'_, 'e>) {
        key.value(self.value);
        key.text(&format!("{} {}", self.priority, self.order));
        let mut next = self.condition;
        while let Some(condition) = next {
            key.text("if");
            key.value(condition.holds);
            next = condition.around;
        }
    }

    /// Creates a definition without properties.
    pub(super) fn new(value: Value<'e>, pos: Pos) -> Self {
        Self {
            value,
            pos,
            condition: None,
            priority: DEFAULT_PRIORITY,
            order: DEFAULT_ORDER,
            doubtful: false,
            layer: Layer::Condition,
        }
    }

    /// Creates the definition for an option's default, with the lowest priority. `mkOverride` is already removed from it.
    pub(super) fn of_default(value: Value<'e>, pos: Pos) -> Self {
        Self { priority: OPTION_DEFAULT_PRIORITY, layer: Layer::Order, ..Self::new(value, pos) }
    }

    /// Adds a condition inside the existing ones.
    pub(super) fn under(self, ev: &Evaluator<'e>, holds: Value<'e>) -> Self {
        Self { condition: Some(ev.heap.alloc(Condition { holds, around: self.condition })), ..self }
    }

    /// Whether it counts regardless of any condition.
    pub(super) fn is_certain(&self) -> bool {
        self.condition.is_none() && !self.doubtful
    }

    /// Returns this definition without its conditions.
    pub(super) fn certainly(self) -> Self {
        Self { condition: None, ..self }
    }

    /// Returns this definition as one that might not exist.
    pub(super) fn doubted(self) -> Self {
        Self { doubtful: true, ..self }
    }

    /// Returns the definition that an optional attribute of this one makes.
    pub(super) fn under_name(self, ev: &Evaluator<'e>, optional: &OptionalAttr<'e>) -> Self {
        let inner = self.with_value(optional.value(), optional.pos());
        Self { doubtful: true, ..inner.under(ev, Value::Unknown(optional.why())) }
    }

    /// Returns a definition with these properties and another value, such as one attribute of this one's.
    pub(super) fn with_value(self, value: Value<'e>, pos: Pos) -> Self {
        Self { value, pos: if pos.is_some() { pos } else { self.pos }, layer: Layer::Condition, ..self }
    }

    /// Returns the value with its properties put back around it, for types that merge a set as a whole and need them.
    pub(super) fn whole(&self, ev: &Evaluator<'e>) -> Value<'e> {
        let property = |kind: &str, name: &str, value: Value<'e>, content: Value<'e>| {
            let parts = [("_type", ev.heap.string(kind)), (name, value), ("content", content)];
            ev.heap.attrs(parts.map(|(name, value)| (ev.heap.symbol(name), value, self.pos)))
        };
        let mut value = self.value;
        if self.order != DEFAULT_ORDER {
            value = property("order", "priority", Value::Int(self.order), value);
        }
        if self.priority != DEFAULT_PRIORITY {
            value = property("override", "priority", Value::Int(self.priority), value);
        }
        let mut next = self.condition;
        while let Some(condition) = next {
            value = property("if", "condition", condition.holds, value);
            next = condition.around;
        }
        value
    }

    /// Removes the properties around a set of options, as far as the value can be evaluated; `mkOrder` is not one of them
    /// (`pushDownProperties`). The resulting values are evaluated to their outermost constructor.
    pub(super) fn expand(self, ev: &mut Evaluator<'e>, into: &mut Vec<Self>) -> EvalResult<'e, ()> {
        self.expand_with(ev, into, Layer::OfSet)
    }

    /// Splits the `mkMerge`s around it, as far as they can be evaluated.
    pub(super) fn parts(self, ev: &mut Evaluator<'e>, into: &mut Vec<Self>) {
        let Ok(Value::Attrs(attrs)) = ev.force(self.value) else { return into.push(self) };
        let kind = attrs.get(ev.heap.symbol("_type")).map(|kind| ev.force(kind));
        let contents = match kind {
            Some(Ok(Value::String(kind))) if kind.as_bytes() == b"merge" => attrs.get(ev.heap.symbol("contents")),
            _ => None,
        };
        match contents.map(|contents| ev.force(contents)) {
            Some(Ok(Value::List(items))) => {
                items.iter().for_each(|item| self.with_value(item, self.pos).parts(ev, into));
            }
            _ => into.push(self),
        }
    }

    /// Removes properties like [`expand`](Self::expand), but skips the contents of conditions that do not hold.
    fn discharge(self, ev: &mut Evaluator<'e>, into: &mut Vec<Self>) -> EvalResult<'e, ()> {
        match self.active(ev)? {
            Active::No => Ok(()),
            Active::Yes => self.expand_with(ev, into, self.layer),
            Active::OptionalAttr(unknown) => {
                let mut found = Vec::new();
                match self.expand_with(ev, &mut found, self.layer) {
                    Ok(()) => into.append(&mut found),
                    // Nix evaluates this only if the condition holds.
                    Err(error) if error.is_guard() => into.push(Self { value: Value::Unknown(unknown), ..self }),
                    Err(error) => return Err(error),
                }
                Ok(())
            }
        }
    }

    fn expand_with(self, ev: &mut Evaluator<'e>, into: &mut Vec<Self>, layer: Layer) -> EvalResult<'e, ()> {
        let value = ev.force_partial(self.value)?;
        let this = Self { value, ..self };
        let Value::Attrs(attrs) = value else {
            into.push(this);
            return Ok(());
        };
        let Some(kind) = attrs.get(ev.heap.symbol("_type")) else {
            into.push(this);
            return Ok(());
        };
        let kind = match ev.force(kind)? {
            Value::String(kind) => kind.to_str_lossy().into_owned(),
            unknown @ Value::Unknown(_) => {
                into.push(Self { value: unknown, priority: i64::MIN, ..self });
                return Ok(());
            }
            _ => String::new(),
        };
        let field = |ev: &mut Evaluator<'e>, name: &str| ev.select(value, name);
        // Conditions and contents stay lazy.
        let part = |ev: &mut Evaluator<'e>, name: &str| match attrs.get(ev.heap.symbol(name)) {
            Some(part) => Ok(part),
            None => ev.select(value, name),
        };
        match kind.as_str() {
            "merge" if layer.has_conditions() => {
                let contents = part(ev, "contents")?;
                match ev.force_partial(contents)? {
                    Value::PartialList(partial) => {
                        for item in partial.items() {
                            let this = this.with_value(item.value, this.pos);
                            match item.optional {
                                Some(why) => this.under(ev, Value::Unknown(why)).expand_with(ev, into, layer)?,
                                None => this.expand_with(ev, into, layer)?,
                            }
                        }
                    }
                    Value::List(items) => {
                        for item in items.iter() {
                            this.with_value(item, this.pos).expand_with(ev, into, layer)?;
                        }
                    }
                    // An unknown list of definitions: treat it as one definition that may be anything.
                    other => into.push(Self { value: other, ..this }),
                }
            }
            "if" if layer.has_conditions() => {
                let holds = part(ev, "condition")?;
                let condition = ev.heap.alloc(Condition { holds, around: this.condition });
                let content = part(ev, "content")?;
                let inner = Self { condition: Some(condition), ..this }.with_value(content, this.pos);
                match layer {
                    Layer::OfSet => inner.expand_with(ev, into, layer)?,
                    _ => inner.discharge(ev, into)?,
                }
            }
            "override" if layer <= Layer::Override => {
                let priority = match field(ev, "priority")? {
                    Value::Int(number) => number,
                    // It may have any priority, so assume that it wins.
                    unknown @ Value::Unknown(_) => {
                        into.push(Self { value: unknown, priority: i64::MIN, ..this });
                        return Ok(());
                    }
                    other => return Err(ev.report.type_error(&ev.heap, "an integer", other, this.pos)),
                };
                let content = part(ev, "content")?;
                let inner = if layer == Layer::OfSet { layer } else { Layer::Order };
                Self { priority, ..this }.with_value(content, this.pos).expand_with(ev, into, inner)?;
            }
            "order" if layer != Layer::OfSet && layer <= Layer::Order => {
                let order = match field(ev, "priority")? {
                    Value::Int(number) => number,
                    // It may come anywhere in the order, so make it win: the whole option becomes unknown.
                    unknown @ Value::Unknown(_) => {
                        into.push(Self { value: unknown, priority: i64::MIN, ..this });
                        return Ok(());
                    }
                    other => return Err(ev.report.type_error(&ev.heap, "an integer", other, this.pos)),
                };
                let content = part(ev, "content")?;
                Self { order, ..this }.with_value(content, this.pos).expand_with(ev, into, Layer::Value)?;
            }
            "definition" if layer.has_conditions() => {
                let value = part(ev, "value")?;
                let inner = if layer == Layer::OfSet { layer } else { Layer::Override };
                this.with_value(value, this.pos).expand_with(ev, into, inner)?;
            }
            _ => into.push(this),
        }
        Ok(())
    }

    /// Evaluates its conditions, the outermost first, as nested `mkIf`s would be.
    pub(super) fn active(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Active<'e>> {
        let mut conditions = Vec::new();
        let mut next = self.condition;
        while let Some(condition) = next {
            conditions.push(condition.holds);
            next = condition.around;
        }
        let mut optional = None;
        for holds in conditions.into_iter().rev() {
            match ev.force(holds)? {
                Value::Bool(true) => {}
                Value::Bool(false) => return Ok(Active::No),
                Value::Unknown(unknown) => optional = optional.or(Some(unknown)),
                other => return Err(ev.report.type_error(&ev.heap, "a Boolean", other, self.pos)),
            }
        }
        Ok(optional.map_or(Active::Yes, Active::OptionalAttr))
    }
}

/// The definitions of an option that count.
pub(super) struct Selected<'e> {
    /// Those with the winning priority, sorted by order, with priority and order reset. If `unknown` is set, some keep an
    /// unknown condition.
    pub(super) definitions: Vec<Definition<'e>>,
    /// A condition that is unknown.
    pub(super) unknown: Option<&'e Unknown>,
    /// The priority that the definitions had.
    pub(super) priority: i64,
    /// Whether a definition under an unknown condition would outrank the others.
    pub(super) outranked: bool,
    /// If exactly one definition is under an unknown condition and outranks the others: that one, and the others.
    pub(super) alternatives: Option<(Definition<'e>, Vec<Definition<'e>>)>,
}

/// Removes all properties and keeps the definitions that count: their conditions hold, and they have the winning priority.
pub(super) fn select<'e>(ev: &mut Evaluator<'e>, definitions: &[Definition<'e>]) -> EvalResult<'e, Selected<'e>> {
    let mut expanded = Vec::with_capacity(definitions.len());
    for definition in definitions {
        definition.discharge(ev, &mut expanded)?;
    }
    if let [only] = expanded.as_slice()
        && only.condition.is_none()
    {
        return Ok(Selected {
            definitions: vec![Definition::new(only.value, only.pos)],
            unknown: None,
            priority: only.priority,
            outranked: false,
            alternatives: None,
        });
    }
    let mut counted = Vec::with_capacity(expanded.len());
    for definition in expanded {
        match definition.active(ev)? {
            Active::Yes => counted.push((Definition { condition: None, ..definition }, None)),
            Active::No => {}
            Active::OptionalAttr(unknown) => counted.push((definition, Some(unknown))),
        }
    }
    let certain = counted.iter().filter(|(_, optional)| optional.is_none()).map(|(d, _)| d.priority).min();
    // A definition that might not count is kept unless a certain one outranks it.
    counted.retain(|(definition, optional)| match (certain, optional) {
        (Some(best), None) => definition.priority == best,
        (Some(best), Some(_)) => definition.priority <= best,
        (None, _) => true,
    });
    let best = counted.iter().map(|(definition, _)| definition.priority).min();
    let outranked = counted.iter().any(|(definition, _)| Some(definition.priority) != best);
    let unknown = counted.iter().find_map(|(_, optional)| *optional);
    counted.sort_by_key(|(definition, _)| definition.order);
    let plain =
        |definition: Definition<'e>| Definition { priority: DEFAULT_PRIORITY, order: DEFAULT_ORDER, ..definition };
    let mut alternatives = None;
    if outranked && counted.iter().filter(|(_, optional)| optional.is_some()).count() == 1 {
        let doubtful = counted.iter().find(|(_, optional)| optional.is_some());
        let others =
            counted.iter().filter(|(_, optional)| optional.is_none()).map(|(definition, _)| plain(*definition));
        alternatives = doubtful.map(|(definition, _)| (plain(definition.certainly()), others.collect()));
    }
    Ok(Selected {
        definitions: counted.into_iter().map(|(definition, _)| plain(definition)).collect(),
        unknown,
        priority: best.unwrap_or(DEFAULT_PRIORITY),
        outranked,
        alternatives,
    })
}

/// Where something is defined: the first known position, because definitions that NixOS adds have none.
pub(super) fn position_of(definitions: &[Definition<'_>]) -> Pos {
    definitions.iter().map(|definition| definition.pos).find(|pos| pos.is_some()).unwrap_or(Pos::NONE)
}

/// Whether at least one definition counts, and with it the name that they define.
pub(super) fn presence<'e>(
    ev: &mut Evaluator<'e>,
    definitions: &[Definition<'e>],
) -> EvalResult<'e, Result<bool, &'e Unknown>> {
    let mut expanded = Vec::new();
    for definition in definitions {
        definition.discharge(ev, &mut expanded)?;
    }
    let mut optional = None;
    for definition in expanded {
        match definition.active(ev)? {
            Active::Yes => return Ok(Ok(true)),
            Active::No => {}
            Active::OptionalAttr(unknown) => optional = Some(unknown),
        }
    }
    Ok(optional.map_or(Ok(false), Err))
}
