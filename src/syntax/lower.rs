//! Lowers trees to expressions: resolves variables to slots and captures, merges curried functions, removes sugar.

use std::cell::Cell;

use bumpalo::Bump;

use super::scope::{Found, Scopes};
use super::tree::{self, Entry, Kind, Piece, Set, TreeRef, Value};
use crate::code::Symbol;
use crate::code::Symbols;
use crate::code::expr::{
    AttrsExpr, Binding, BindingValue, Bindings, Expr, Formal, Function, Lambda, Name, Node, NodeRef, Operator,
    Part, Pattern, Unit, Variable,
};
use crate::code::{InlineCache, Key, Shape};
use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, Span};

pub(super) struct Lowerer<'a, 'e> {
    pub(super) bump: &'e Bump,
    pub(super) symbols: &'a Symbols<'e>,
    pub(super) scopes: Scopes<'a>,
    pub(super) errors: Vec<Diagnostic>,
    /// The lowest address that the stack may reach.
    pub(super) lowest_address: usize,
}

/// How many errors to report.
const MOST_ERRORS: usize = 50;

/// The name of the builtin that an operator calls. As in Nix, a text that binds this name redefines the operator.
fn name_of(operator: Operator) -> Option<&'static str> {
    match operator {
        Operator::Sub => Some("__sub"),
        Operator::Mul => Some("__mul"),
        Operator::Div => Some("__div"),
        Operator::Less | Operator::LessOrEqual | Operator::More | Operator::MoreOrEqual => Some("__lessThan"),
        _ => None,
    }
}

impl<'e> Lowerer<'_, 'e> {
    fn symbol(&self, name: &str) -> Symbol {
        self.symbols.intern(self.bump, name)
    }

    fn node(&self, expr: Expr<'e>, span: Span) -> NodeRef<'e> {
        self.bump.alloc(Node { expr, span })
    }

    pub(super) fn lower(&mut self, tree: TreeRef<'_, 'e>) -> NodeRef<'e> {
        let span = tree.span;
        let here = 0_u8;
        if (&raw const here).addr() < self.lowest_address {
            self.too_deep(span);
            return self.node(Expr::CurPos, span);
        }
        let expr = match tree.kind {
            Kind::Int(value) => Expr::Int(value),
            Kind::Float(value) => Expr::Float(value),
            Kind::Str(text) => Expr::Str(text),
            Kind::Interpolated(pieces) => Expr::Interpolated(self.pieces(pieces)),
            Kind::Path(path) => Expr::Path(path),
            Kind::InterpolatedPath(pieces) => Expr::InterpolatedPath(self.pieces(pieces)),
            Kind::SearchPath(name) => self.search_path(name, span),
            Kind::Variable(name) => self.variable(name, span),
            Kind::Select(base, path, default) => Expr::Select {
                base: self.lower(base),
                path: self.names(path),
                default: default.map(|default| self.lower(default)),
            },
            Kind::HasAttr(base, path) => Expr::HasAttr { base: self.lower(base), path: self.names(path) },
            Kind::Apply(function, arguments) => {
                let function = self.lower(function);
                Expr::Apply { function, arguments: self.delay_all(arguments) }
            }
            Kind::Lambda(lambda) => self.lambda(lambda, span),
            Kind::Let(set, body) => self.lower_let(&set.borrow(), body),
            Kind::Set(set) => self.lower_set(&set.borrow()),
            Kind::List(items) => Expr::List(self.delay_all(items)),
            Kind::If(condition, then, otherwise) => {
                Expr::If(self.lower(condition), self.lower(then), self.lower(otherwise))
            }
            Kind::Assert(condition, body) => Expr::Assert(self.lower(condition), self.lower(body)),
            Kind::With(namespace, body) => {
                let namespace = self.delay(namespace);
                let slot = self.scopes.take_slots(1);
                self.scopes.enter_with(slot);
                let body = self.lower(body);
                self.scopes.leave();
                self.scopes.free_slots(slot);
                Expr::WithIn { namespace, slot, body }
            }
            Kind::Not(operand) => Expr::Not(self.lower(operand)),
            Kind::Negate(operand) => self.negate(operand, span),
            Kind::Binary(operator, left, right) => self.binary(operator, left, right, span),
            Kind::CurPos => Expr::CurPos,
        };
        self.node(expr, span)
    }

    /// Lowers a whole text to a unit that captures nothing.
    pub(super) fn lower_whole(&mut self, tree: TreeRef<'_, 'e>) -> &'e Unit<'e> {
        self.unit(|this| this.lower(tree))
    }

    fn unit(&mut self, lower: impl FnOnce(&mut Self) -> NodeRef<'e>) -> &'e Unit<'e> {
        self.scopes.open_unit();
        let body = lower(self);
        let (captures, slots) = self.scopes.close_unit();
        let captures = self.bump.alloc_slice_fill_iter(captures);
        self.bump.alloc(Unit { body, captures, slots })
    }

    /// Lowers an expression whose value may be lazy. What cannot fail and costs nothing gets no thunk.
    fn delay(&mut self, tree: TreeRef<'_, 'e>) -> NodeRef<'e> {
        match tree.kind {
            Kind::Int(_) | Kind::Float(_) | Kind::Str(_) | Kind::Path(_) | Kind::Lambda(_) | Kind::List([]) => {
                return self.lower(tree);
            }
            Kind::Variable(name) => match self.scopes.find(name) {
                Found::With(namespaces) if !namespaces.is_empty() => {}
                found => {
                    let expr = self.found(found, name, tree.span);
                    return self.node(expr, tree.span);
                }
            },
            _ => {}
        }
        let unit = self.unit(|this| this.lower(tree));
        self.node(Expr::Delayed(unit), tree.span)
    }

    /// Like [`Self::delay`], if the slots `own` are not filled yet: a variable in one of them needs a thunk of its
    /// own.
    fn delay_among(&mut self, tree: TreeRef<'_, 'e>, own: std::ops::Range<u32>) -> NodeRef<'e> {
        match tree.kind {
            Kind::Variable(name) if self.scopes.is_own(name, own) => {
                let unit = self.unit(|this| this.lower(tree));
                self.node(Expr::Delayed(unit), tree.span)
            }
            _ => self.delay(tree),
        }
    }

    fn delay_all(&mut self, trees: &[TreeRef<'_, 'e>]) -> &'e [NodeRef<'e>] {
        // Fill the slice in place instead of collecting first.
        let mut trees = trees.iter();
        self.bump.alloc_slice_fill_with(trees.len(), |_| {
            let tree = trees.next().expect("as many as were counted");
            self.delay(tree)
        })
    }

    fn pieces(&mut self, pieces: &[Piece<'_, 'e>]) -> &'e [Part<'e>] {
        let mut pieces = pieces.iter();
        self.bump.alloc_slice_fill_with(pieces.len(), |_| match pieces.next().expect("as many as were counted") {
            Piece::Text(text) => Part::Text(text.as_bytes()),
            Piece::Hole(tree) => Part::Value(self.lower(tree)),
        })
    }

    fn names(&mut self, path: &[tree::Name<'_, 'e>]) -> &'e [Name<'e>] {
        let mut path = path.iter();
        self.bump.alloc_slice_fill_with(path.len(), |_| match path.next().expect("as many as were counted") {
            tree::Name::Static(name) => Name::Static(*name, InlineCache::default()),
            tree::Name::Dynamic(tree) => Name::Dynamic(self.lower(tree)),
        })
    }

    fn variable(&mut self, name: Symbol, span: Span) -> Expr<'e> {
        let found = self.scopes.find(name);
        self.found(found, name, span)
    }

    fn found(&mut self, found: Found, name: Symbol, span: Span) -> Expr<'e> {
        match found {
            Found::Local(Variable::Slot(slot)) => Expr::Slot(slot),
            Found::Local(Variable::Captured(at)) => Expr::Captured(at),
            Found::Global(global) => Expr::Global(global),
            Found::With(namespaces) if !namespaces.is_empty() => {
                Expr::With { name, namespaces: self.bump.alloc_slice_copy(&namespaces) }
            }
            Found::With(_) => {
                self.undefined(name, span);
                Expr::List(&[])
            }
        }
    }

    #[cold]
    fn too_deep(&mut self, span: Span) {
        if self.errors.is_empty() {
            self.errors.push(Diagnostic::error(Code::Syntax, "the text is nested too deeply").at(span, ""));
        }
    }

    #[cold]
    fn undefined(&mut self, name: Symbol, span: Span) {
        if self.errors.len() >= MOST_ERRORS {
            return;
        }
        let missing = self.symbols.name(name);
        let close = self
            .scopes
            .names()
            .map(|known| self.symbols.name(known))
            .map(|known| (strsim::damerau_levenshtein(missing, known), known))
            .filter(|(distance, _)| *distance <= 2)
            .min();
        let help = match close {
            Some((_, known)) => format!("did you mean `{known}`?"),
            None if matches!(missing, "pkgs" | "lib" | "config") => {
                format!("add it to the module's arguments: `{{ {missing}, ... }}:`")
            }
            None => String::from("no enclosing scope binds this name"),
        };
        let message = format!("undefined variable '{missing}'");
        self.errors.push(Diagnostic::error(Code::Evaluation, message).at(span, "").help(help));
    }

    /// The variable that redefines an operator, if there is one: the operator is then an ordinary call.
    fn rebound(&mut self, name: &str, span: Span) -> Option<NodeRef<'e>> {
        let symbol = self.symbol(name);
        match self.scopes.find(symbol) {
            Found::Global(_) => None,
            found => {
                let expr = self.found(found, symbol, span);
                Some(self.node(expr, span))
            }
        }
    }

    /// Lowers a variable that is passed as an argument.
    fn delay_variable(&mut self, name: &str, span: Span) -> NodeRef<'e> {
        let symbol = self.symbol(name);
        let unit = self.unit(|this| {
            let expr = this.variable(symbol, span);
            this.node(expr, span)
        });
        self.node(Expr::Delayed(unit), span)
    }

    fn search_path(&mut self, name: &'e crate::code::Str<'e>, span: Span) -> Expr<'e> {
        let find = self.rebound("__findFile", span);
        if find.is_none() && self.rebound("__nixPath", span).is_none() {
            return Expr::SearchPath(name.as_bytes());
        }
        let function = find.unwrap_or_else(|| {
            let symbol = self.symbol("__findFile");
            let expr = self.variable(symbol, span);
            self.node(expr, span)
        });
        let path = self.delay_variable("__nixPath", span);
        let name = self.node(Expr::Str(name), span);
        Expr::Apply { function, arguments: self.bump.alloc_slice_copy(&[path, name]) }
    }

    fn negate(&mut self, operand: TreeRef<'_, 'e>, span: Span) -> Expr<'e> {
        match self.rebound("__sub", span) {
            None => Expr::Negate(self.lower(operand)),
            Some(function) => {
                let zero = self.node(Expr::Int(0), span);
                let operand = self.delay(operand);
                Expr::Apply { function, arguments: self.bump.alloc_slice_copy(&[zero, operand]) }
            }
        }
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: TreeRef<'_, 'e>,
        right: TreeRef<'_, 'e>,
        span: Span,
    ) -> Expr<'e> {
        let function = name_of(operator).and_then(|name| self.rebound(name, span));
        let Some(function) = function else {
            return Expr::Binary(operator, self.lower(left), self.lower(right));
        };
        let (left, right) = (self.delay(left), self.delay(right));
        let swapped = matches!(operator, Operator::More | Operator::LessOrEqual);
        let arguments = if swapped { [right, left] } else { [left, right] };
        let call = Expr::Apply { function, arguments: self.bump.alloc_slice_copy(&arguments) };
        match operator {
            Operator::LessOrEqual | Operator::MoreOrEqual => Expr::Not(self.node(call, span)),
            _ => call,
        }
    }

    /// Lowers a function together with those it returns directly: `a: b: { c }: …` gets one frame.
    fn lambda(&mut self, lambda: &tree::Lambda<'_, 'e>, span: Span) -> Expr<'e> {
        let mut leading = Vec::new();
        let mut positions = vec![span.start];
        let mut last = lambda;
        while let tree::Lambda { argument: Some(argument), pattern: None, body } = last
            && let Kind::Lambda(inner) = body.kind
        {
            leading.push(*argument);
            positions.push(body.span.start);
            last = inner;
        }
        let formals = last.pattern.as_ref().map_or(&[][..], |pattern| pattern.formals);
        let named = leading.iter().copied().chain(last.argument);
        let count = leading.len() + (usize::from(last.argument.is_some()) + formals.len()).max(1);
        self.scopes.open_unit();
        let first = self.scopes.take_slots(count);
        let length = |length: usize| u32::try_from(length).expect("a text of 4 GiB holds fewer");
        let own = first..first + length(count);
        let arguments = length(leading.len()) + 1;
        let first_formal = length(leading.len() + usize::from(last.argument.is_some()));
        self.scopes.enter(named.chain(formals.iter().map(|formal| formal.name)), first);
        let pattern = last.pattern.as_ref().map(|pattern| {
            let formals = formals.iter().zip(first_formal..).map(|(formal, slot)| Formal {
                name: formal.name,
                default: formal.default.map(|default| self.delay_among(default, slot..own.end)),
                pos: formal.span.start,
            });
            let formals: Vec<_> = formals.collect();
            let formals = self.bump.alloc_slice_fill_iter(formals);
            &*self.bump.alloc(Pattern { formals, ellipsis: pattern.ellipsis })
        });
        let body = self.lower(last.body);
        self.scopes.leave();
        let (captures, slots) = self.scopes.close_unit();
        let captures: &'e [Variable] = self.bump.alloc_slice_fill_iter(captures);
        let leading = self.bump.alloc_slice_copy(&leading);
        let argument = last.argument;
        let needed = match pattern {
            None => needed_arguments(body, arguments),
            Some(_) => vec![arguments - 1],
        };
        let needed = self.bump.alloc_slice_copy(&needed);
        let name = Cell::new(None);
        let function = Function { captures, slots, needed, leading, argument, pattern, body, name };
        let function = &*self.bump.alloc(function);
        let mut whole = None;
        for (given, pos) in positions.into_iter().enumerate().rev() {
            let lambda = Lambda { function, given, after: whole, pos };
            whole = Some(&*self.bump.alloc(lambda));
        }
        Expr::Lambda(whole.expect("there is at least one argument"))
    }

    fn lower_set(&mut self, set: &Set<'_, 'e>) -> Expr<'e> {
        let entries = sorted(set);
        let count = if set.recursive { entries.len() + set.sources.len() } else { set.sources.len() };
        let first = self.scopes.take_slots(count);
        if set.recursive {
            self.scopes.enter(entries.iter().map(|entry| entry.name), first);
        }
        let bindings = self.bindings(&entries, set, set.recursive, first);
        let dynamic: Vec<_> =
            set.dynamic.iter().map(|(name, value, pos)| (self.lower(name), self.delay(value), *pos)).collect();
        if set.recursive {
            self.scopes.leave();
        }
        self.scopes.free_slots(first);
        let dynamic = self.bump.alloc_slice_copy(&dynamic);
        let overrides = self.symbol("__overrides");
        let overrides = set
            .recursive
            .then(|| bindings.entries.binary_search_by_key(&overrides, |binding| binding.name).ok())
            .flatten();
        let keys = bindings.entries.iter().map(|binding| Key { name: binding.name, pos: binding.pos });
        let shape = self.bump.alloc(Shape::new(self.bump.alloc_slice_fill_iter(keys)));
        Expr::Attrs(self.bump.alloc(AttrsExpr { bindings, shape, recursive: set.recursive, dynamic, overrides }))
    }

    fn lower_let(&mut self, set: &Set<'_, 'e>, body: TreeRef<'_, 'e>) -> Expr<'e> {
        let entries = sorted(set);
        let first = self.scopes.take_slots(entries.len() + set.sources.len());
        self.scopes.enter(entries.iter().map(|entry| entry.name), first);
        let bindings = self.bindings(&entries, set, true, first);
        let body = self.lower(body);
        self.scopes.leave();
        self.scopes.free_slots(first);
        let first = first_binding(&bindings, body);
        Expr::Let { bindings: self.bump.alloc(bindings), body, first }
    }

    /// Lowers bindings whose slots begin at `first`: the entries' slots if the bindings see each other, then the
    /// sources'.
    fn bindings(
        &mut self,
        entries: &[Entry<'_, 'e>],
        set: &Set<'_, 'e>,
        recursive: bool,
        first: u32,
    ) -> Bindings<'e> {
        let length = |length: usize| u32::try_from(length).expect("a text of 4 GiB holds fewer");
        let first_source = if recursive { first + length(entries.len()) } else { first };
        let own = first..first_source + length(set.sources.len());
        let mut sources = set.sources.iter();
        let lowered_sources = self.bump.alloc_slice_fill_with(sources.len(), |_| {
            let source = sources.next().expect("as many as were counted");
            self.delay_among(source, own.clone())
        });
        let mut entries = entries.iter();
        let overrides = recursive && entries.as_slice().iter().any(|entry| self.is_overrides(entry.name));
        let lowered = self.bump.alloc_slice_fill_with(entries.len(), |index| {
            let entry = entries.next().expect("as many as were counted");
            let value = match entry.value {
                Value::Tree(tree) => {
                    let filled = if overrides { first } else { first + length(index) };
                    let node = self.delay_among(tree, filled..own.end);
                    node.expr.set_function_name(entry.name);
                    BindingValue::Inner(node)
                }
                Value::Inherited(span) => {
                    let found =
                        if recursive { self.scopes.find_outside(entry.name) } else { self.scopes.find(entry.name) };
                    BindingValue::Outer(self.inherited(found, entry.name, recursive, span))
                }
                Value::From(source, span) => {
                    let tree = set.sources[source as usize];
                    BindingValue::From {
                        source,
                        selection: self.selection(tree, first_source + source, entry.name, span),
                    }
                }
            };
            let alone = !overrides && !sees(value.node(), &own);
            Binding { name: entry.name, pos: entry.pos, value, alone }
        });
        Bindings { entries: lowered, sources: lowered_sources, first }
    }

    fn is_overrides(&self, name: Symbol) -> bool {
        self.symbols.name(name) == "__overrides"
    }

    /// Lowers `inherit name;`.
    fn inherited(&mut self, found: Found, name: Symbol, recursive: bool, span: Span) -> NodeRef<'e> {
        if !matches!(&found, Found::With(namespaces) if !namespaces.is_empty()) {
            let expr = self.found(found, name, span);
            return self.node(expr, span);
        }
        let unit = self.unit(|this| {
            let found = if recursive { this.scopes.find_outside(name) } else { this.scopes.find(name) };
            let expr = this.found(found, name, span);
            this.node(expr, span)
        });
        self.node(Expr::Delayed(unit), span)
    }

    /// Lowers `inherit (source) name;` with the source in `slot`. A source that is itself a variable is read directly.
    fn selection(&mut self, source: TreeRef<'_, 'e>, slot: u32, name: Symbol, span: Span) -> NodeRef<'e> {
        let unit = self.unit(|this| {
            let base = match source.kind {
                Kind::Variable(name) if !matches!(this.scopes.find(name), Found::With(_)) => this.lower(source),
                _ => match this.scopes.capture_slot(slot) {
                    Variable::Slot(slot) => this.node(Expr::Slot(slot), span),
                    Variable::Captured(at) => this.node(Expr::Captured(at), span),
                },
            };
            let path = this.bump.alloc_slice_fill_iter([Name::Static(name, InlineCache::default())]);
            this.node(Expr::Select { base, path, default: None }, span)
        });
        self.node(Expr::Delayed(unit), span)
    }
}

/// Whether a lazy expression captures one of these slots.
fn sees(node: NodeRef<'_>, slots: &std::ops::Range<u32>) -> bool {
    let captures = match &node.expr {
        Expr::Delayed(unit) => unit.captures,
        Expr::Lambda(lambda) => lambda.captures,
        _ => return false,
    };
    captures.iter().any(|variable| matches!(variable, Variable::Slot(slot) if slots.contains(slot)))
}

/// The binding that `body` needs first, if it becomes a thunk that captures no other binding.
fn first_binding(bindings: &Bindings<'_>, body: NodeRef<'_>) -> Option<u32> {
    let slot = needed_first(body)?;
    let at = slot.checked_sub(bindings.first)?;
    let binding = bindings.entries.get(at as usize)?;
    (binding.alone && matches!(binding.value.node().expr, Expr::Delayed(_))).then_some(at)
}

/// The slot whose value an expression needs before it can have any observable effect.
fn needed_first(node: NodeRef<'_>) -> Option<u32> {
    let mut node = node;
    loop {
        node = match &node.expr {
            Expr::Slot(slot) => return Some(*slot),
            Expr::Select { base, .. } | Expr::HasAttr { base, .. } => base,
            Expr::Apply { function, .. } => function,
            Expr::If(condition, ..) | Expr::Assert(condition, _) => condition,
            Expr::Not(operand) | Expr::Negate(operand) => operand,
            Expr::Binary(operator, left, right) => in_order(*operator, left, right).0,
            Expr::WithIn { slot, body, .. } => return needed_first(body).filter(|needed| needed != slot),
            Expr::Let { bindings, body, first } => {
                let count = bindings.entries.len() + bindings.sources.len();
                let needed = needed_first(body)?;
                if !(bindings.first as usize..bindings.first as usize + count).contains(&(needed as usize)) {
                    return Some(needed);
                }
                let Expr::Delayed(unit) = &bindings.entries[(*first)? as usize].value.node().expr else {
                    return None;
                };
                let Variable::Slot(slot) = unit.captures[captured_first(unit.body)? as usize] else { return None };
                return Some(slot);
            }
            _ => return None,
        };
    }
}

/// Like [`needed_first`], for captures.
fn captured_first(node: NodeRef<'_>) -> Option<u32> {
    let mut node = node;
    loop {
        node = match &node.expr {
            Expr::Captured(at) => return Some(*at),
            Expr::Select { base, .. } | Expr::HasAttr { base, .. } => base,
            Expr::Apply { function, .. } => function,
            Expr::If(condition, ..) | Expr::Assert(condition, _) => condition,
            Expr::Not(operand) | Expr::Negate(operand) => operand,
            Expr::Binary(operator, left, right) => in_order(*operator, left, right).0,
            _ => return None,
        };
    }
}

/// The operands in the order in which they are evaluated.
fn in_order<'e>(operator: Operator, left: NodeRef<'e>, right: NodeRef<'e>) -> (NodeRef<'e>, NodeRef<'e>) {
    match operator {
        Operator::LessOrEqual | Operator::More => (right, left),
        _ => (left, right),
    }
}

/// The arguments that a body needs first: one, or both operands of a comparison or of arithmetic.
fn needed_arguments(body: NodeRef<'_>, count: u32) -> Vec<u32> {
    let mut node = body;
    while let Expr::If(condition, ..) = &node.expr {
        node = condition;
    }
    let mut needed: Vec<_> = needed_first(node).into_iter().collect();
    if let Expr::Binary(operator, left, right) = &node.expr
        && !matches!(
            operator,
            Operator::Add | Operator::Concat | Operator::Update | Operator::And | Operator::Or | Operator::Implies
        )
        && let (Expr::Slot(_), second) = {
            let (first, second) = in_order(*operator, left, right);
            (&first.expr, second)
        }
        && let Some(slot) = needed_first(second)
        && !needed.contains(&slot)
    {
        needed.push(slot);
    }
    // An argument counts only if nothing else is evaluated before it.
    let arguments = needed.iter().take_while(|slot| **slot < count).count();
    needed.truncate(arguments);
    needed
}

fn sorted<'t, 'e>(set: &Set<'t, 'e>) -> Vec<Entry<'t, 'e>> {
    let mut entries = set.entries.to_vec();
    entries.sort_unstable_by_key(|entry| entry.name);
    entries
}

/// The message for a name that is defined twice, with the location of the first definition.
pub(super) fn defined_twice(
    symbols: &Symbols<'_>,
    path: &[Symbol],
    file: &crate::source::SourceFile,
    first: Pos,
) -> String {
    let path: Vec<_> = path.iter().map(|name| super::quote(symbols.name(*name))).collect();
    format!("attribute '{}' already defined at {}", path.join("."), file.location_of(first))
}

/// The span of the first name in the attribute path that begins at `pos`.
pub(super) fn name_span(file: &crate::source::SourceFile, pos: Pos) -> Span {
    let offset = file.offset(pos);
    let text = &file.text[offset..];
    let length = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
    Span::new(pos, file.pos(offset + length))
}
