//! From the parser's tree to expressions: variables resolved, paths absolute, sugar gone.

use std::path::Path;

use bumpalo::Bump;
use rnix::ast::{self, AstToken, BinOpKind, InterpolPart, LiteralKind, UnaryOpKind};
use rowan::ast::AstNode;
use rustc_hash::FxHashMap;

use super::bindings::Builder;
use super::expr::{Expr, Formal, Lambda, Name, Node, NodeRef, Operator, Part, Pattern};
use super::strings::{self, Meant, Piece};
use super::symbol::{Symbol, Symbols};
use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, SourceFile, Span};

/// What a text can see around itself.
pub struct Scope<'a> {
    /// The global names, with their places.
    pub globals: &'a FxHashMap<Symbol, u32>,
    /// Where relative paths start.
    pub folder: &'a Path,
    /// Where `~` is; `None` where it must not matter.
    pub home: Option<&'a Path>,
    /// Whether `|>` and `<|` are operators.
    pub pipe_operators: bool,
}

/// Lowers the tree of `file`; gives all that is wrong with it.
pub fn lower<'e>(
    bump: &'e Bump,
    symbols: &Symbols<'e>,
    file: &SourceFile,
    root: ast::Root,
    scope: &Scope<'_>,
) -> Result<NodeRef<'e>, Vec<Diagnostic>> {
    let mut lowerer = Lowerer { bump, symbols, file, scope, frames: Vec::new(), errors: Vec::new() };
    let node = lowerer.required(root.expr(), Span::at(file.pos(0)));
    if lowerer.errors.is_empty() { Ok(node) } else { Err(lowerer.errors) }
}

/// A frame that code runs in.
enum Frame {
    /// Named slots.
    Names(FxHashMap<Symbol, u32>),
    /// The one slot of a `with`.
    With,
}

pub(super) struct Lowerer<'a, 'e> {
    pub(super) bump: &'e Bump,
    symbols: &'a Symbols<'e>,
    file: &'a SourceFile,
    scope: &'a Scope<'a>,
    frames: Vec<Frame>,
    pub(super) errors: Vec<Diagnostic>,
}

impl<'e> Lowerer<'_, 'e> {
    pub(super) fn symbol(&self, name: &str) -> Symbol {
        self.symbols.intern(self.bump, name)
    }

    pub(super) fn name(&self, symbol: Symbol) -> &'e str {
        self.symbols.name(symbol)
    }

    pub(super) fn span(&self, node: &rnix::SyntaxNode) -> Span {
        let range = node.text_range();
        Span::new(self.file.pos(range.start().into()), self.file.pos(range.end().into()))
    }

    pub(super) fn node(&self, expr: Expr<'e>, span: Span) -> NodeRef<'e> {
        self.bump.alloc(Node { expr, span })
    }

    pub(super) fn error(&mut self, message: impl Into<String>, span: Span) {
        self.errors.push(Diagnostic::error(Code::Syntax, message).at(span, ""));
    }

    /// Lowers with a frame of names around.
    pub(super) fn within<T>(
        &mut self,
        names: impl Iterator<Item = Symbol>,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let slots = names.zip(0..).collect();
        self.frames.push(Frame::Names(slots));
        let result = work(self);
        self.frames.pop();
        result
    }

    /// Lowers without the innermost frame.
    pub(super) fn outside<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let frame = self.frames.pop();
        let result = work(self);
        self.frames.extend(frame);
        result
    }

    /// An expression that the grammar demands: the parser has complained if it is not there.
    pub(super) fn required(&mut self, expr: Option<ast::Expr>, around: Span) -> NodeRef<'e> {
        match expr {
            Some(expr) => self.expr(expr),
            None => {
                self.error("an expression is missing here", around);
                self.node(Expr::List(&[]), around)
            }
        }
    }

    pub(super) fn expr(&mut self, expr: ast::Expr) -> NodeRef<'e> {
        let span = self.span(expr.syntax());
        let lowered = match expr {
            ast::Expr::Paren(paren) => return self.required(paren.expr(), span),
            ast::Expr::Root(root) => return self.required(root.expr(), span),
            ast::Expr::Literal(literal) => self.literal(&literal, span),
            ast::Expr::Str(text) => self.string(&text),
            ast::Expr::PathAbs(path) => self.path(path.parts(), span),
            ast::Expr::PathRel(path) => self.path(path.parts(), span),
            ast::Expr::PathHome(path) => self.path(path.parts(), span),
            ast::Expr::PathSearch(path) => {
                let text = path.syntax().text().to_string();
                let name = text.trim_start_matches('<').trim_end_matches('>');
                Expr::SearchPath(self.bump.alloc_slice_copy(name.as_bytes()))
            }
            ast::Expr::Ident(ident) => {
                let name = self.symbol(&ident.syntax().text().to_string());
                self.variable(name, span)
            }
            ast::Expr::Apply(apply) => self.apply(&apply, span),
            ast::Expr::Assert(assert) => {
                Expr::Assert(self.required(assert.condition(), span), self.required(assert.body(), span))
            }
            ast::Expr::IfElse(choice) => Expr::If(
                self.required(choice.condition(), span),
                self.required(choice.body(), span),
                self.required(choice.else_body(), span),
            ),
            ast::Expr::Select(select) => Expr::Select {
                base: self.required(select.expr(), span),
                path: self.names(select.attrpath()),
                default: select.default_expr().map(|default| self.expr(default)),
            },
            ast::Expr::HasAttr(has) => {
                Expr::HasAttr { base: self.required(has.expr(), span), path: self.names(has.attrpath()) }
            }
            ast::Expr::Lambda(lambda) => self.lambda(&lambda, span),
            ast::Expr::LetIn(binding) => {
                let builder = Builder::read(self, &binding);
                builder.lower_let(self, |this| this.required(binding.body(), span))
            }
            ast::Expr::LegacyLet(binding) => {
                let mut builder = Builder::read(self, &binding);
                builder.recursive = true;
                let attrs = builder.lower_set(self);
                let body = Name::Static(self.symbol("body"));
                Expr::Select { base: self.node(attrs, span), path: self.bump.alloc([body]), default: None }
            }
            ast::Expr::AttrSet(set) => {
                let mut builder = Builder::read(self, &set);
                builder.recursive = set.rec_token().is_some();
                builder.lower_set(self)
            }
            ast::Expr::List(list) => {
                let items: Vec<_> = list.items().map(|item| self.expr(item)).collect();
                Expr::List(self.bump.alloc_slice_copy(&items))
            }
            ast::Expr::BinOp(operation) => self.binary(&operation, span),
            ast::Expr::UnaryOp(operation) => {
                let operand = self.required(operation.expr(), span);
                match operation.operator() {
                    Some(UnaryOpKind::Invert) => Expr::Not(operand),
                    _ => Expr::Negate(operand),
                }
            }
            ast::Expr::With(with) => {
                let namespace = self.required(with.namespace(), span);
                self.frames.push(Frame::With);
                let body = self.required(with.body(), span);
                self.frames.pop();
                Expr::WithIn(namespace, body)
            }
            ast::Expr::CurPos(_) => Expr::CurPos,
            ast::Expr::Error(_) => {
                self.error("this is not Nix", span);
                Expr::List(&[])
            }
        };
        self.node(lowered, span)
    }

    fn literal(&mut self, literal: &ast::Literal, span: Span) -> Expr<'e> {
        match literal.kind() {
            LiteralKind::Integer(integer) => match integer.value() {
                Ok(value) => Expr::Int(value),
                Err(_) => {
                    self.error(format!("invalid integer '{}'", integer.syntax().text()), span);
                    Expr::Int(0)
                }
            },
            LiteralKind::Float(float) => Expr::Float(float.value().unwrap_or(f64::INFINITY)),
            LiteralKind::Uri(uri) => Expr::Str(self.bump.alloc_slice_copy(uri.syntax().text().as_bytes())),
        }
    }

    pub(super) fn string(&mut self, text: &ast::Str) -> Expr<'e> {
        let is_indented = text.syntax().first_token().is_some_and(|quote| quote.text() == "''");
        let pieces = text.parts().map(|part| match part {
            InterpolPart::Literal(text) => Piece::Raw(text.syntax().text().to_owned()),
            InterpolPart::Interpolation(hole) => Piece::Hole(hole),
        });
        let pieces: Vec<_> = pieces.collect();
        let meant = if is_indented { strings::indented(pieces) } else { strings::plain(pieces) };
        let mut parts = Vec::new();
        let mut pending = Vec::new();
        for part in meant {
            match part {
                Meant::Text(text) => pending.extend(text),
                Meant::Hole(hole) => {
                    if !pending.is_empty() {
                        parts.push(Part::Text(self.bump.alloc_slice_copy(&pending)));
                        pending.clear();
                    }
                    let span = self.span(hole.syntax());
                    parts.push(Part::Value(self.required(hole.expr(), span)));
                }
            }
        }
        if parts.is_empty() {
            return Expr::Str(self.bump.alloc_slice_copy(&pending));
        }
        if !pending.is_empty() {
            parts.push(Part::Text(self.bump.alloc_slice_copy(&pending)));
        }
        Expr::Interpolated(self.bump.alloc_slice_fill_iter(parts))
    }

    fn path(&mut self, parts: Vec<InterpolPart<ast::PathContent>>, span: Span) -> Expr<'e> {
        let single = parts.len() == 1;
        let mut lowered = Vec::with_capacity(parts.len());
        for (index, part) in parts.into_iter().enumerate() {
            match part {
                InterpolPart::Literal(text) if index == 0 => {
                    let text = text.syntax().text();
                    let absolute = match text.strip_prefix("~/") {
                        Some(below) => match self.scope.home {
                            Some(home) => home.join(below),
                            None => {
                                self.error("a path below `~` is another one for each user", span);
                                return Expr::Path(b"/");
                            }
                        },
                        None => self.scope.folder.join(text),
                    };
                    let mut absolute = clean(&absolute);
                    if !single && text.ends_with('/') && absolute != "/" {
                        absolute.push('/');
                    }
                    let bytes = self.bump.alloc_slice_copy(absolute.as_bytes());
                    if single {
                        return Expr::Path(bytes);
                    }
                    lowered.push(Part::Text(bytes));
                }
                InterpolPart::Literal(text) => {
                    lowered.push(Part::Text(self.bump.alloc_slice_copy(text.syntax().text().as_bytes())));
                }
                InterpolPart::Interpolation(hole) => {
                    lowered.push(Part::Value(self.required(hole.expr(), span)));
                }
            }
        }
        Expr::InterpolatedPath(self.bump.alloc_slice_fill_iter(lowered))
    }

    pub(super) fn variable(&mut self, name: Symbol, span: Span) -> Expr<'e> {
        let mut withs = Vec::new();
        for (depth, frame) in (0..).zip(self.frames.iter().rev()) {
            match frame {
                Frame::Names(slots) => {
                    if let Some(slot) = slots.get(&name) {
                        return Expr::Local { depth, slot: *slot };
                    }
                }
                Frame::With => withs.push(depth),
            }
        }
        if let Some(global) = self.scope.globals.get(&name) {
            return Expr::Global(*global);
        }
        if withs.is_empty() {
            self.undefined(name, span);
        }
        Expr::With { name, frames: self.bump.alloc_slice_copy(&withs) }
    }

    fn undefined(&mut self, name: Symbol, span: Span) {
        let missing = self.name(name);
        let names = self.frames.iter().filter_map(|frame| match frame {
            Frame::Names(slots) => Some(slots.keys()),
            Frame::With => None,
        });
        let close = names
            .flatten()
            .map(|known| self.name(*known))
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

    fn apply(&mut self, apply: &ast::Apply, span: Span) -> Expr<'e> {
        let mut arguments = Vec::new();
        let mut function = apply.lambda();
        arguments.extend(apply.argument());
        while let Some(ast::Expr::Apply(inner)) = &function {
            arguments.extend(inner.argument());
            function = inner.lambda();
        }
        let function = self.required(function, span);
        let arguments: Vec<_> = arguments.into_iter().rev().map(|argument| self.expr(argument)).collect();
        Expr::Apply { function, arguments: self.bump.alloc_slice_copy(&arguments) }
    }

    fn binary(&mut self, operation: &ast::BinOp, span: Span) -> Expr<'e> {
        let left = self.required(operation.lhs(), span);
        let right = self.required(operation.rhs(), span);
        if matches!(operation.operator(), Some(BinOpKind::PipeRight | BinOpKind::PipeLeft))
            && !self.scope.pipe_operators
        {
            let feature = "experimental Nix feature 'pipe-operators' is disabled";
            self.error(format!("{feature}; add '--extra-experimental-features pipe-operators' to enable it"), span);
        }
        let operator = match operation.operator() {
            Some(BinOpKind::Concat) => Operator::Concat,
            Some(BinOpKind::Update) => Operator::Update,
            Some(BinOpKind::Add) => Operator::Add,
            Some(BinOpKind::Sub) => Operator::Sub,
            Some(BinOpKind::Mul) => Operator::Mul,
            Some(BinOpKind::Div) => Operator::Div,
            Some(BinOpKind::And) => Operator::And,
            Some(BinOpKind::Or) => Operator::Or,
            Some(BinOpKind::Implication) => Operator::Implies,
            Some(BinOpKind::Equal) => Operator::Equal,
            Some(BinOpKind::NotEqual) => Operator::NotEqual,
            Some(BinOpKind::Less) => Operator::Less,
            Some(BinOpKind::LessOrEq) => Operator::LessOrEqual,
            Some(BinOpKind::More) => Operator::More,
            Some(BinOpKind::MoreOrEq) => Operator::MoreOrEqual,
            Some(BinOpKind::PipeRight) => {
                return Expr::Apply { function: right, arguments: self.bump.alloc([left]) };
            }
            Some(BinOpKind::PipeLeft) => {
                return Expr::Apply { function: left, arguments: self.bump.alloc([right]) };
            }
            None => {
                self.error("this is no operator of Nix", span);
                Operator::And
            }
        };
        Expr::Binary(operator, left, right)
    }

    fn lambda(&mut self, lambda: &ast::Lambda, span: Span) -> Expr<'e> {
        let (argument, pattern) = match lambda.param() {
            Some(ast::Param::IdentParam(param)) => (param.ident(), None),
            Some(ast::Param::Pattern(pattern)) => (pattern.pat_bind().and_then(|bind| bind.ident()), Some(pattern)),
            None => (None, None),
        };
        let argument = argument.map(|ident| self.symbol(&ident.syntax().text().to_string()));
        let mut formals: Vec<(Symbol, Option<ast::Expr>, Span)> = Vec::new();
        for entry in pattern.iter().flat_map(ast::Pattern::pat_entries) {
            let Some(ident) = entry.ident() else { continue };
            let name = self.symbol(&ident.syntax().text().to_string());
            let at = self.span(ident.syntax());
            if formals.iter().any(|(other, ..)| *other == name) || argument == Some(name) {
                self.error(format!("duplicate formal function argument '{}'", self.name(name)), at);
            }
            formals.push((name, entry.default(), at));
        }
        formals.sort_by_key(|(name, ..)| *name);
        let names: Vec<_> = argument.into_iter().chain(formals.iter().map(|(name, ..)| *name)).collect();
        let (formals, body) = self.within(names.into_iter(), |this| {
            let formals = formals.into_iter().map(|(name, default, at)| Formal {
                name,
                default: default.map(|default| this.expr(default)),
                pos: at.start,
            });
            let formals: Vec<_> = formals.collect();
            (formals, this.required(lambda.body(), span))
        });
        let pattern = pattern.map(|pattern| Pattern {
            formals: self.bump.alloc_slice_fill_iter(formals),
            ellipsis: pattern.ellipsis_token().is_some(),
        });
        Expr::Lambda(self.bump.alloc(Lambda { argument, pattern, body, pos: span.start }))
    }

    fn names(&mut self, path: Option<ast::Attrpath>) -> &'e [Name<'e>] {
        let names: Vec<_> = path.iter().flat_map(ast::Attrpath::attrs).map(|attr| self.attr_name(attr)).collect();
        self.bump.alloc_slice_fill_iter(names)
    }

    /// A name of an attribute path; one that is computed from a plain string is as good as written out.
    pub(super) fn attr_name(&mut self, attr: ast::Attr) -> Name<'e> {
        let span = self.span(attr.syntax());
        let node = match attr {
            ast::Attr::Ident(ident) => return Name::Static(self.symbol(&ident.syntax().text().to_string())),
            ast::Attr::Str(text) => {
                let lowered = self.string(&text);
                self.node(lowered, span)
            }
            ast::Attr::Dynamic(dynamic) => self.required(dynamic.expr(), span),
        };
        match &node.expr {
            Expr::Str(text) => Name::Static(self.symbol(&String::from_utf8_lossy(text))),
            _ => Name::Dynamic(node),
        }
    }

    pub(super) fn pos(&self, node: &rnix::SyntaxNode) -> Pos {
        self.span(node).start
    }

    /// The attribute path that begins at `pos`, as far as its first name goes.
    pub(super) fn name_span(&self, pos: Pos) -> Span {
        let offset = self.file.offset(pos);
        let text = &self.file.text[offset..];
        let length = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
        Span::new(pos, self.file.pos(offset + length))
    }
}

/// `.` and `..` taken off as text, as Nix's parser does.
fn clean(path: &Path) -> String {
    let mut names: Vec<&str> = Vec::new();
    let text = path.to_string_lossy();
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}
