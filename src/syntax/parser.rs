//! Parses tokens into trees: the grammar of Nix, with its precedences and its oddities (`f or`, `(x: x) or`, `a ? b ?
//! c`).
//!
//! Parsing stops at the first error; [`super::diagnose`] explains it.

use std::cell::RefCell;
use std::path::Path;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use rustc_hash::FxHashMap;

use super::lexer::{Fixed, Lexeme, Lexer, Token};
use super::literal_lints::LiteralLints;
use super::refusal::{Parsed, Refusal};
use super::tree::{Formal, Kind, Lambda, Name, Pattern, Tree, TreeRef};
use crate::code::Str;
use crate::code::Symbol;
use crate::code::Symbols;
use crate::code::expr::Operator;
use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, SourceFile, Span};

/// The deepest nesting. Nobody writes deeper code by hand, and it would overflow the stack.
const DEEPEST: u32 = 100_000;

/// How many sets one attribute path may create; the limit exists for the same reason as [`DEEPEST`].
pub(super) const LONGEST_PATH: usize = 10_000;

/// What a text sees of its surroundings, and how it is parsed.
pub struct Scope<'a> {
    /// The global names, with their indexes.
    pub globals: &'a FxHashMap<Symbol, u32>,
    /// The directory that relative paths start from.
    pub directory: &'a Path,
    /// The home directory, which `~` stands for; `None` if the result must not depend on it.
    pub home: Option<&'a Path>,
    /// Whether `|>` and `<|` are operators.
    pub pipe_operators: bool,
    /// The levels of Nix's lints for literals.
    pub literal_lints: LiteralLints,
    /// The lowest address that the stack may reach.
    pub lowest_address: usize,
    /// How many bytes the tree may take.
    pub most_memory: usize,
}

pub(super) struct Parser<'a, 't, 'e> {
    pub(super) bump: &'t Bump,
    pub(super) arena: &'e Bump,
    pub(super) symbols: &'a Symbols<'e>,
    pub(super) file: &'a SourceFile,
    pub(super) text: &'a [u8],
    lexer: Lexer<'a>,
    pub(super) home: Option<&'a Path>,
    pub(super) directory: &'a Path,
    /// Whether `|>` and `<|` are operators.
    pub(super) pipes: bool,
    pub(super) lints: LiteralLints,
    /// What Nix's lints found.
    pub(super) warnings: Vec<Diagnostic>,
    /// The token to read next.
    pub(super) next: Lexeme,
    pub(super) depth: u32,
    lowest_address: usize,
    most_memory: usize,
}

/// How tightly operators bind, as in Nix's grammar: higher is tighter.
const IMPLIES: u8 = 1;
const UPDATE: u8 = 6;
const NOT: u8 = 7;
const CONCAT: u8 = 10;
const QUESTION: u8 = 11;
const NEGATE: u8 = 12;

/// How operators of the same precedence group.
#[derive(PartialEq, Eq)]
enum Associativity {
    Left,
    Right,
    Neither,
}

fn operator(fixed: Fixed) -> Option<(Operator, u8, Associativity)> {
    Some(match fixed {
        Fixed::Implies => (Operator::Implies, IMPLIES, Associativity::Right),
        Fixed::OrOr => (Operator::Or, 2, Associativity::Left),
        Fixed::And => (Operator::And, 3, Associativity::Left),
        Fixed::Equal => (Operator::Equal, 4, Associativity::Neither),
        Fixed::NotEqual => (Operator::NotEqual, 4, Associativity::Neither),
        Fixed::Less => (Operator::Less, 5, Associativity::Neither),
        Fixed::More => (Operator::More, 5, Associativity::Neither),
        Fixed::LessEqual => (Operator::LessOrEqual, 5, Associativity::Neither),
        Fixed::MoreEqual => (Operator::MoreOrEqual, 5, Associativity::Neither),
        Fixed::Update => (Operator::Update, UPDATE, Associativity::Right),
        Fixed::Plus => (Operator::Add, 8, Associativity::Left),
        Fixed::Minus => (Operator::Sub, 8, Associativity::Left),
        Fixed::Times => (Operator::Mul, 9, Associativity::Left),
        Fixed::Slash => (Operator::Div, 9, Associativity::Left),
        Fixed::Concat => (Operator::Concat, CONCAT, Associativity::Right),
        _ => return None,
    })
}

impl<'a, 't, 'e> Parser<'a, 't, 'e> {
    pub(super) fn new(
        bump: &'t Bump,
        arena: &'e Bump,
        symbols: &'a Symbols<'e>,
        file: &'a SourceFile,
        scope: &Scope<'a>,
    ) -> Self {
        let text = file.text.as_bytes();
        let lexer = Lexer::new(text);
        Self {
            bump,
            arena,
            symbols,
            file,
            text,
            home: scope.home,
            directory: scope.directory,
            pipes: scope.pipe_operators,
            lints: scope.literal_lints,
            warnings: Vec::new(),
            next: lexer.token(0),
            lexer,
            depth: 0,
            lowest_address: scope.lowest_address,
            most_memory: scope.most_memory,
        }
    }

    /// Parses the whole text; returns the warnings of lints as well.
    pub(super) fn whole(mut self) -> Parsed<(TreeRef<'t, 'e>, Vec<Diagnostic>)> {
        let tree = self.expr()?;
        match self.next.token {
            Token::End => Ok((tree, self.warnings)),
            _ => Err(self.unexpected("end of file")),
        }
    }

    pub(super) fn pos(&self, offset: usize) -> Pos {
        self.file.pos(offset)
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file.pos(start), self.file.pos(end))
    }

    /// The span of a token.
    pub(super) fn span_of(&self, lexeme: Lexeme) -> Span {
        self.span(lexeme.start, lexeme.end)
    }

    pub(super) fn tree(&self, kind: Kind<'t, 'e>, span: Span) -> TreeRef<'t, 'e> {
        self.bump.alloc(Tree { kind, span })
    }

    #[cold]
    pub(super) fn refuse(&self, span: Span, message: impl Into<String>) -> Box<Refusal> {
        Box::new(Refusal::Syntax(span, message.into()))
    }

    #[cold]
    pub(super) fn refuse_literal(&self, code: Code, span: Span, message: String) -> Box<Refusal> {
        Box::new(Refusal::Literal(code, span, message))
    }

    #[cold]
    pub(super) fn unexpected(&self, expected: &str) -> Box<Refusal> {
        let found = self.next.token.describe();
        let expecting = if expected.is_empty() { String::new() } else { format!(", expecting {expected}") };
        self.refuse(self.span_of(self.next), format!("syntax error, unexpected {found}{expecting}"))
    }

    pub(super) fn advance(&mut self) -> Lexeme {
        let token = self.next;
        self.next = self.lexer.token(token.end);
        token
    }

    /// Continues with plain code at `offset`, after a string or a path.
    pub(super) fn resume(&mut self, offset: usize) {
        self.next = self.lexer.token(offset);
    }

    pub(super) fn at(&self, fixed: Fixed) -> bool {
        self.next.token == Token::Fixed(fixed)
    }

    pub(super) fn take(&mut self, fixed: Fixed) -> bool {
        let there = self.at(fixed);
        if there {
            self.advance();
        }
        there
    }

    pub(super) fn expect(&mut self, fixed: Fixed) -> Parsed<Lexeme> {
        if self.at(fixed) {
            return Ok(self.advance());
        }
        Err(self.unexpected(&format!("'{}'", fixed.text())))
    }

    pub(super) fn name_at(&self, lexeme: Lexeme) -> Symbol {
        self.symbols.intern(self.arena, &self.file.text[lexeme.start..lexeme.end])
    }

    fn ident(&mut self) -> Parsed<Lexeme> {
        if self.next.token != Token::Ident {
            return Err(self.unexpected("identifier"));
        }
        Ok(self.advance())
    }

    pub(super) fn alloc_str(&self, bytes: &[u8]) -> &'e Str<'e> {
        self.arena.alloc(Str::new(self.arena.alloc_slice_copy(bytes)))
    }

    /// Fails if the stack is nearly used up.
    pub(super) fn descend(&mut self) -> Parsed<()> {
        self.depth += 1;
        let here = 0_u8;
        if self.depth > DEEPEST || (&raw const here).addr() < self.lowest_address {
            return Err(Box::new(Refusal::TooDeep(self.span_of(self.next))));
        }
        Ok(())
    }

    /// Fails if the tree has become too large.
    pub(super) fn check_size(&self) -> Parsed<()> {
        if self.bump.allocated_bytes() > self.most_memory {
            return Err(Box::new(Refusal::TooLarge(self.span_of(self.next))));
        }
        Ok(())
    }

    /// Parses `expr` of the grammar.
    pub(super) fn expr(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        self.descend()?;
        let tree = self.expr_function()?;
        self.depth -= 1;
        Ok(tree)
    }

    fn expr_function(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        let start = self.next.start;
        match self.next.token {
            Token::Ident => match self.peek(1).token {
                Token::Fixed(Fixed::Colon) => {
                    let argument = self.ident()?;
                    self.advance();
                    return self.lambda(start, Some(argument), None);
                }
                Token::Fixed(Fixed::At) => {
                    let argument = self.ident()?;
                    self.advance();
                    let pattern = self.pattern()?;
                    self.expect(Fixed::Colon)?;
                    return self.lambda(start, Some(argument), Some(pattern));
                }
                _ => {}
            },
            Token::Fixed(Fixed::BraceOpen) if self.is_pattern() => {
                let pattern = self.pattern()?;
                let argument = if self.take(Fixed::At) { Some(self.ident()?) } else { None };
                self.expect(Fixed::Colon)?;
                return self.lambda(start, argument, Some(pattern));
            }
            Token::Fixed(Fixed::Assert) => {
                self.advance();
                let condition = self.expr()?;
                self.expect(Fixed::Semicolon)?;
                let body = self.expr()?;
                return Ok(self.tree(Kind::Assert(condition, body), self.span_to(start, body)));
            }
            Token::Fixed(Fixed::With) => {
                self.advance();
                let namespace = self.expr()?;
                self.expect(Fixed::Semicolon)?;
                let body = self.expr()?;
                return Ok(self.tree(Kind::With(namespace, body), self.span_to(start, body)));
            }
            Token::Fixed(Fixed::Let) if self.peek(1).token != Token::Fixed(Fixed::BraceOpen) => {
                self.advance();
                let bindings = self.bindings(Fixed::In, true)?;
                self.expect(Fixed::In)?;
                if let Some((name, ..)) = bindings.dynamic.first() {
                    return Err(self.refuse(name.span, "dynamic attributes not allowed in let"));
                }
                let body = self.expr()?;
                let bindings = self.bump.alloc(RefCell::new(bindings));
                return Ok(self.tree(Kind::Let(bindings, body), self.span_to(start, body)));
            }
            Token::Fixed(Fixed::If) => {
                self.advance();
                let condition = self.expr()?;
                self.expect(Fixed::Then)?;
                let then = self.expr()?;
                self.expect(Fixed::Else)?;
                let otherwise = self.expr()?;
                return Ok(self.tree(Kind::If(condition, then, otherwise), self.span_to(start, otherwise)));
            }
            _ => {}
        }
        let tree = self.operation(0)?;
        self.pipe(tree)
    }

    fn span_to(&self, start: usize, last: TreeRef<'t, 'e>) -> Span {
        Span::new(self.pos(start), last.span.end)
    }

    /// The token `count` tokens ahead.
    fn peek(&self, count: usize) -> Lexeme {
        (0..count).fold(self.next, |token, _| self.lexer.token(token.end))
    }

    /// Whether this brace opens a pattern.
    fn is_pattern(&self) -> bool {
        let first = self.peek(1);
        let second = || self.lexer.token(first.end).token;
        match first.token {
            Token::Fixed(Fixed::Ellipsis) => true,
            Token::Fixed(Fixed::BraceClose) => matches!(second(), Token::Fixed(Fixed::Colon | Fixed::At)),
            Token::Ident => {
                matches!(second(), Token::Fixed(Fixed::Comma | Fixed::Question | Fixed::BraceClose))
            }
            _ => false,
        }
    }

    fn pattern(&mut self) -> Parsed<Pattern<'t, 'e>> {
        self.expect(Fixed::BraceOpen)?;
        let mut formals = BumpVec::new_in(self.bump);
        let mut ellipsis = false;
        while !self.at(Fixed::BraceClose) {
            if self.take(Fixed::Ellipsis) {
                ellipsis = true;
                break;
            }
            let span = self.span_of(self.next);
            let name = self.ident()?;
            let default = if self.take(Fixed::Question) { Some(self.expr()?) } else { None };
            // Intern a name only once Nix's parser would have: symbols are ordered by first occurrence.
            formals.push(Formal { name: self.name_at(name), span, default });
            if !self.take(Fixed::Comma) {
                break;
            }
        }
        self.expect(Fixed::BraceClose)?;
        formals.sort_by_key(|formal| formal.name);
        Ok(Pattern { formals: formals.into_bump_slice(), ellipsis })
    }

    #[cold]
    fn twice_formal(&self, name: Symbol, span: Span) -> Box<Refusal> {
        self.refuse(span, format!("duplicate formal function argument '{}'", self.symbols.name(name)))
    }

    fn lambda(
        &mut self,
        start: usize,
        argument: Option<Lexeme>,
        pattern: Option<Pattern<'t, 'e>>,
    ) -> Parsed<TreeRef<'t, 'e>> {
        let body = self.expr()?;
        let argument = argument.map(|token| self.name_at(token));
        if let Some(pattern) = &pattern {
            let formals = pattern.formals;
            let duplicate = formals.windows(2).find(|pair| pair[0].name == pair[1].name).map(|pair| &pair[1]);
            let duplicate = duplicate.or_else(|| formals.iter().find(|formal| Some(formal.name) == argument));
            if let Some(formal) = duplicate {
                return Err(self.twice_formal(formal.name, formal.span));
            }
        }
        let lambda = self.bump.alloc(Lambda { argument, pattern, body });
        Ok(self.tree(Kind::Lambda(lambda), self.span_to(start, body)))
    }

    /// Parses `a |> f` and `f <| a`, which bind more weakly than all operators and cannot be mixed.
    fn pipe(&mut self, first: TreeRef<'t, 'e>) -> Parsed<TreeRef<'t, 'e>> {
        let forwards = match self.next.token {
            Token::Fixed(Fixed::PipeRight) => true,
            Token::Fixed(Fixed::PipeLeft) => false,
            _ => return Ok(first),
        };
        if !self.pipes {
            let message = "experimental Nix feature 'pipe-operators' is disabled; add \
                           '--extra-experimental-features pipe-operators' to enable it";
            return Err(self.refuse(self.span_of(self.next), message));
        }
        if forwards {
            let mut value = first;
            while self.take(Fixed::PipeRight) {
                let function = self.operation(0)?;
                value = self.call(function, &[value], Span::new(value.span.start, function.span.end));
            }
            return Ok(value);
        }
        self.advance();
        let second = self.operation(0)?;
        let argument = if self.at(Fixed::PipeLeft) { self.pipe(second)? } else { second };
        Ok(self.call(first, &[argument], Span::new(first.span.start, argument.span.end)))
    }

    fn call(&self, function: TreeRef<'t, 'e>, arguments: &[TreeRef<'t, 'e>], span: Span) -> TreeRef<'t, 'e> {
        self.tree(Kind::Apply(function, self.bump.alloc_slice_copy(arguments)), span)
    }

    /// Parses operators that bind at least as tightly as `least`.
    fn operation(&mut self, least: u8) -> Parsed<TreeRef<'t, 'e>> {
        self.descend()?;
        let start = self.next.start;
        let mut left = match self.next.token {
            Token::Fixed(Fixed::Not) => {
                self.advance();
                let operand = self.operation(NOT)?;
                self.tree(Kind::Not(operand), self.span_to(start, operand))
            }
            Token::Fixed(Fixed::Minus) => {
                self.advance();
                let operand = self.operation(NEGATE)?;
                self.tree(Kind::Negate(operand), self.span_to(start, operand))
            }
            _ => self.application()?,
        };
        // The precedence of a non-associative operator that was just used.
        let mut closed = None;
        while let Token::Fixed(fixed) = self.next.token {
            if fixed == Fixed::Question {
                if QUESTION < least {
                    break;
                }
                self.advance();
                let path = self.attr_path()?;
                let span = self.span(start, self.last_end());
                left = self.tree(Kind::HasAttr(left, path), span);
                continue;
            }
            let Some((operator, level, side)) = operator(fixed) else { break };
            if level < least {
                break;
            }
            if closed == Some(level) {
                return Err(self.unexpected(""));
            }
            self.advance();
            let right = self.operation(if side == Associativity::Right { level } else { level + 1 })?;
            closed = (side == Associativity::Neither).then_some(level);
            left = self.tree(Kind::Binary(operator, left, right), self.span_to(start, right));
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Where the previous token ended: an expression excludes trailing space.
    pub(super) fn last_end(&self) -> usize {
        let before = &self.text[..self.next.start];
        before.len() - before.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    fn application(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        let start = self.next.start;
        let function = self.selection()?;
        if !self.at_simple() {
            return Ok(function);
        }
        let mut arguments = BumpVec::new_in(self.bump);
        while self.at_simple() {
            arguments.push(self.selection()?);
        }
        let last = arguments[arguments.len() - 1];
        // `(f a) b` is one call with two arguments: only brackets tell it apart from `f a b`.
        Ok(self.tree(Kind::Apply(function, arguments.into_bump_slice()), self.span_to(start, last)))
    }

    /// Whether the next token starts an operand.
    fn at_simple(&self) -> bool {
        match self.next.token {
            Token::Ident
            | Token::Int
            | Token::Float
            | Token::Uri
            | Token::SearchPath
            | Token::Path
            | Token::Quote
            | Token::Indented => true,
            Token::Fixed(fixed) => {
                matches!(fixed, Fixed::ParenOpen | Fixed::BraceOpen | Fixed::BracketOpen | Fixed::Rec | Fixed::Let)
            }
            Token::DollarCurly | Token::End | Token::Wrong => false,
        }
    }

    /// Parses `a.b or c`.
    fn selection(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        let start = self.next.start;
        let base = self.simple()?;
        if self.take(Fixed::Dot) {
            let path = self.attr_path()?;
            let end = self.last_end();
            if self.take(Fixed::Or) {
                self.descend()?;
                let default = self.selection()?;
                self.depth -= 1;
                return Ok(self.tree(Kind::Select(base, path, Some(default)), self.span_to(start, default)));
            }
            return Ok(self.tree(Kind::Select(base, path, None), self.span(start, end)));
        }
        if self.at(Fixed::Or) {
            // `f or` calls `f` with a variable named `or`.
            let token = self.advance();
            let argument = self.tree(Kind::Variable(self.name_at(token)), self.span_of(token));
            return Ok(self.call(base, &[argument], self.span_to(start, argument)));
        }
        Ok(base)
    }

    fn simple(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        self.check_size()?;
        let token = self.next;
        let span = self.span_of(token);
        match token.token {
            Token::Ident => {
                self.advance();
                let kind = match &self.text[token.start..token.end] {
                    b"__curPos" => Kind::CurPos,
                    _ => Kind::Variable(self.name_at(token)),
                };
                Ok(self.tree(kind, span))
            }
            Token::Int | Token::Float => self.number(),
            Token::Quote => self.string(),
            Token::Indented => self.indented(),
            Token::Path => self.path(),
            Token::SearchPath => {
                self.advance();
                let name = self.alloc_str(&self.text[token.start + 1..token.end - 1]);
                Ok(self.tree(Kind::SearchPath(name), span))
            }
            Token::Uri => {
                self.advance();
                self.lint(self.lints.url(&self.file.text[token.start..token.end]), span)?;
                let text = self.alloc_str(&self.text[token.start..token.end]);
                Ok(self.tree(Kind::Str(text), span))
            }
            Token::Fixed(Fixed::ParenOpen) => {
                self.advance();
                let inner = self.expr()?;
                self.expect(Fixed::ParenClose)?;
                Ok(inner)
            }
            Token::Fixed(Fixed::BracketOpen) => {
                self.advance();
                self.descend()?;
                let mut items = BumpVec::new_in(self.bump);
                while self.at_simple() {
                    items.push(self.selection()?);
                }
                self.depth -= 1;
                let close = self.expect(Fixed::BracketClose)?;
                Ok(self.tree(Kind::List(items.into_bump_slice()), self.span(token.start, close.end)))
            }
            Token::Fixed(Fixed::Let) => {
                self.advance();
                self.expect(Fixed::BraceOpen)?;
                let set = self.set(token.start, true)?;
                let body = Name::Static(self.symbols.intern(self.arena, "body"));
                Ok(self.tree(Kind::Select(set, self.bump.alloc_slice_copy(&[body]), None), set.span))
            }
            Token::Fixed(Fixed::Rec) => {
                self.advance();
                self.expect(Fixed::BraceOpen)?;
                self.set(token.start, true)
            }
            Token::Fixed(Fixed::BraceOpen) => {
                self.advance();
                self.set(token.start, false)
            }
            _ => Err(self.unexpected("")),
        }
    }
}
