//! From trees to expressions: variables resolved to frames and slots, curried functions made one, sugar gone.

use std::cell::Cell;

use bumpalo::Bump;

use super::expr::{
    AttrsExpr, Binding, BindingValue, Bindings, Expr, Formal, Lambda, Name, Node, NodeRef, Operator, Part, Pattern,
};
use super::scope::{Found, Scopes};
use super::sets::{Set, Value};
use super::symbol::{Symbol, Symbols};
use super::tree::{self, Kind, Piece, TreeRef};
use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, Span};

pub(super) struct Lowerer<'a, 'e> {
    pub(super) bump: &'e Bump,
    pub(super) symbols: &'a Symbols<'e>,
    pub(super) scopes: Scopes<'a>,
    pub(super) errors: Vec<Diagnostic>,
    /// How far down the stack may reach.
    pub(super) lowest_address: usize,
}

/// Nobody reads more errors than these.
const MOST_ERRORS: usize = 50;

/// The name that an operator stands for: whoever binds it means the operator as well.
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
                Expr::Apply { function, arguments: self.lower_all(arguments) }
            }
            Kind::Lambda(lambda) => self.lambda(lambda, span),
            Kind::Let(set, body) => self.lower_let(&set.borrow(), body),
            Kind::Set(set) => self.lower_set(&set.borrow()),
            Kind::List(items) => Expr::List(self.lower_all(items)),
            Kind::If(condition, then, otherwise) => {
                Expr::If(self.lower(condition), self.lower(then), self.lower(otherwise))
            }
            Kind::Assert(condition, body) => Expr::Assert(self.lower(condition), self.lower(body)),
            Kind::With(namespace, body) => {
                let namespace = self.lower(namespace);
                self.scopes.enter_with();
                let body = self.lower(body);
                self.scopes.leave();
                Expr::WithIn(namespace, body)
            }
            Kind::Not(operand) => Expr::Not(self.lower(operand)),
            Kind::Negate(operand) => self.negate(operand, span),
            Kind::Binary(operator, left, right) => self.binary(operator, left, right, span),
            Kind::CurPos => Expr::CurPos,
        };
        self.node(expr, span)
    }

    fn lower_all(&mut self, trees: &[TreeRef<'_, 'e>]) -> &'e [NodeRef<'e>] {
        // Filled in place: nothing is collected on the way.
        let mut trees = trees.iter();
        self.bump.alloc_slice_fill_with(trees.len(), |_| {
            let tree = trees.next().expect("as many as were counted");
            self.lower(tree)
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
            tree::Name::Static(name) => Name::Static(*name),
            tree::Name::Dynamic(tree) => Name::Dynamic(self.lower(tree)),
        })
    }

    fn variable(&mut self, name: Symbol, span: Span) -> Expr<'e> {
        let found = self.scopes.find(name);
        self.found(found, name, span)
    }

    fn found(&mut self, found: Found, name: Symbol, span: Span) -> Expr<'e> {
        match found {
            Found::Local { depth, slot } => Expr::Local { depth, slot },
            Found::Global(global) => Expr::Global(global),
            Found::With(frames) if !frames.is_empty() => {
                Expr::With { name, frames: self.bump.alloc_slice_copy(&frames) }
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
                format!("ask for it in the arguments of the module: `{{ {missing}, ... }}:`")
            }
            None => String::from("nothing around this place binds that name"),
        };
        let message = format!("undefined variable '{missing}'");
        self.errors.push(Diagnostic::error(Code::Evaluation, message).at(span, "").help(help));
    }

    /// What an operator stands for, where that is not the built-in function: then it is called like any other.
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

    fn search_path(&mut self, name: &'e super::Str<'e>, span: Span) -> Expr<'e> {
        let find = self.rebound("__findFile", span);
        let path = self.rebound("__nixPath", span);
        if find.is_none() && path.is_none() {
            return Expr::SearchPath(name.as_bytes());
        }
        let global = |this: &mut Self, name| {
            let symbol = this.symbol(name);
            let expr = this.variable(symbol, span);
            this.node(expr, span)
        };
        let function = find.unwrap_or_else(|| global(self, "__findFile"));
        let path = path.unwrap_or_else(|| global(self, "__nixPath"));
        let name = self.node(Expr::Str(name), span);
        Expr::Apply { function, arguments: self.bump.alloc_slice_copy(&[path, name]) }
    }

    fn negate(&mut self, operand: TreeRef<'_, 'e>, span: Span) -> Expr<'e> {
        let operand = self.lower(operand);
        match self.rebound("__sub", span) {
            None => Expr::Negate(operand),
            Some(function) => {
                let zero = self.node(Expr::Int(0), span);
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
        let left = self.lower(left);
        let right = self.lower(right);
        let function = name_of(operator).and_then(|name| self.rebound(name, span));
        let Some(function) = function else { return Expr::Binary(operator, left, right) };
        let swapped = matches!(operator, Operator::More | Operator::LessOrEqual);
        let arguments = if swapped { [right, left] } else { [left, right] };
        let call = Expr::Apply { function, arguments: self.bump.alloc_slice_copy(&arguments) };
        match operator {
            Operator::LessOrEqual | Operator::MoreOrEqual => Expr::Not(self.node(call, span)),
            _ => call,
        }
    }

    /// A function and those that it yields at once: `a: b: { c }: …` has one frame.
    fn lambda(&mut self, lambda: &tree::Lambda<'_, 'e>, span: Span) -> Expr<'e> {
        let mut leading = Vec::new();
        let mut places = vec![span.start];
        let mut last = lambda;
        while let tree::Lambda { argument: Some(argument), pattern: None, body } = last
            && let Kind::Lambda(inner) = body.kind
        {
            leading.push(*argument);
            places.push(body.span.start);
            last = inner;
        }
        let formals = last.pattern.as_ref().map_or(&[][..], |pattern| pattern.formals);
        let names = leading.iter().copied().chain(last.argument);
        self.scopes.enter(names.chain(formals.iter().map(|formal| formal.name)));
        let pattern = last.pattern.as_ref().map(|pattern| {
            let formals = formals.iter().map(|formal| Formal {
                name: formal.name,
                default: formal.default.map(|default| self.lower(default)),
                pos: formal.span.start,
            });
            let formals: Vec<_> = formals.collect();
            let formals = self.bump.alloc_slice_fill_iter(formals);
            &*self.bump.alloc(Pattern { formals, ellipsis: pattern.ellipsis })
        });
        let body = self.lower(last.body);
        self.scopes.leave();
        let leading = self.bump.alloc_slice_copy(&leading);
        let mut whole = None;
        for (given, pos) in places.into_iter().enumerate().rev() {
            let (argument, name) = (last.argument, Cell::new(None));
            let lambda = Lambda { leading, argument, pattern, body, given, after: whole, name, pos };
            whole = Some(&*self.bump.alloc(lambda));
        }
        Expr::Lambda(whole.expect("there is at least one argument"))
    }

    fn lower_set(&mut self, set: &Set<'_, 'e>) -> Expr<'e> {
        let entries = sorted(set);
        if set.recursive {
            self.scopes.enter(entries.iter().map(|entry| entry.name));
        }
        let bindings = self.bindings(&entries, set, set.recursive);
        let dynamic: Vec<_> =
            set.dynamic.iter().map(|(name, value, pos)| (self.lower(name), self.lower(value), *pos)).collect();
        if set.recursive {
            self.scopes.leave();
        }
        let dynamic = self.bump.alloc_slice_copy(&dynamic);
        let overrides = self.symbol("__overrides");
        let overrides = set
            .recursive
            .then(|| bindings.entries.binary_search_by_key(&overrides, |binding| binding.name).ok())
            .flatten();
        Expr::Attrs(self.bump.alloc(AttrsExpr { bindings, recursive: set.recursive, dynamic, overrides }))
    }

    fn lower_let(&mut self, set: &Set<'_, 'e>, body: TreeRef<'_, 'e>) -> Expr<'e> {
        let entries = sorted(set);
        self.scopes.enter(entries.iter().map(|entry| entry.name));
        let bindings = self.bindings(&entries, set, true);
        let body = self.lower(body);
        self.scopes.leave();
        Expr::Let { bindings: self.bump.alloc(bindings), body }
    }

    fn bindings(
        &mut self,
        entries: &[super::sets::Entry<'_, 'e>],
        set: &Set<'_, 'e>,
        recursive: bool,
    ) -> Bindings<'e> {
        let sources = self.lower_all(&set.sources);
        // Sources of a recursive frame stand behind its entries; others have a frame of their own.
        let first_source =
            if recursive { u32::try_from(entries.len()).expect("a text of 4 GiB holds fewer") } else { 0 };
        let mut entries = entries.iter();
        let lowered = self.bump.alloc_slice_fill_with(entries.len(), |_| {
            let entry = entries.next().expect("as many as were counted");
            let value = match entry.value {
                Value::Tree(tree) => {
                    let node = self.lower(tree);
                    node.expr.call_it(entry.name);
                    BindingValue::Inner(node)
                }
                Value::Inherited(span) => {
                    let found =
                        if recursive { self.scopes.find_outside(entry.name) } else { self.scopes.find(entry.name) };
                    let expr = self.found(found, entry.name, span);
                    BindingValue::Outer(self.node(expr, span))
                }
                Value::From(source, span) => {
                    let base = self.node(Expr::Local { depth: 0, slot: first_source + source }, span);
                    let path = self.bump.alloc_slice_fill_iter([Name::Static(entry.name)]);
                    let selection = self.node(Expr::Select { base, path, default: None }, span);
                    BindingValue::From { source, selection }
                }
            };
            Binding { name: entry.name, pos: entry.pos, value }
        });
        Bindings { entries: lowered, sources }
    }
}

fn sorted<'t, 'e>(set: &Set<'t, 'e>) -> Vec<super::sets::Entry<'t, 'e>> {
    let mut entries = set.entries.to_vec();
    entries.sort_unstable_by_key(|entry| entry.name);
    entries
}

/// What is said of a name that is defined twice, with the place of the first.
pub(super) fn defined_twice(
    symbols: &Symbols<'_>,
    path: &[Symbol],
    file: &crate::source::SourceFile,
    first: Pos,
) -> String {
    let path: Vec<_> = path.iter().map(|name| super::quote(symbols.name(*name))).collect();
    format!("attribute '{}' already defined at {}", path.join("."), file.place(first))
}

/// The attribute path that begins at `pos`, as far as its first name goes.
pub(super) fn name_span(file: &crate::source::SourceFile, pos: Pos) -> Span {
    let offset = file.offset(pos);
    let text = &file.text[offset..];
    let length = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
    Span::new(pos, file.pos(offset + length))
}
