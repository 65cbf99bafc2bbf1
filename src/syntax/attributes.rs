//! Parses sets and attribute paths.

use std::cell::RefCell;

use bumpalo::collections::Vec as BumpVec;

use super::lexer::{Fixed, Token};
use super::parser::{LONGEST_PATH, Parser};
use super::refusal::{Parsed, Refusal};
use super::tree::{Kind, Name, Set, TreeRef, Value};

impl<'t, 'e> Parser<'_, 't, 'e> {
    /// A set, after its opening brace.
    pub(super) fn set(&mut self, start: usize, recursive: bool) -> Parsed<TreeRef<'t, 'e>> {
        self.descend()?;
        let set = self.bindings(Fixed::BraceClose, recursive)?;
        self.depth -= 1;
        let close = self.expect(Fixed::BraceClose)?;
        let kind = Kind::Set(self.bump.alloc(RefCell::new(set)));
        Ok(self.tree(kind, self.span(start, close.end)))
    }

    pub(super) fn bindings(&mut self, until: Fixed, recursive: bool) -> Parsed<Set<'t, 'e>> {
        let mut set = Set::new(self.bump, recursive);
        let mut around = Vec::new();
        while !self.at(until) {
            if self.take(Fixed::Inherit) {
                self.inherit(&mut set)?;
                continue;
            }
            if !self.at_attr() {
                return Err(self.unexpected(&format!("'{}'", until.text())));
            }
            let pos = self.pos(self.next.start);
            let path = self.attr_path()?;
            if path.len() > LONGEST_PATH {
                return Err(Box::new(Refusal::TooDeep(self.span_of(self.next))));
            }
            self.expect(Fixed::Assign)?;
            let value = self.expr()?;
            self.expect(Fixed::Semicolon)?;
            around.clear();
            set.bind(self.bump, path, pos, value, &mut around)
                .map_err(|duplicate| Box::new(Refusal::Duplicate(duplicate)))?;
        }
        Ok(set)
    }

    fn inherit(&mut self, set: &mut Set<'t, 'e>) -> Parsed<()> {
        let source = if self.take(Fixed::ParenOpen) {
            let source = self.expr()?;
            self.expect(Fixed::ParenClose)?;
            set.sources.push(source);
            Some(u32::try_from(set.sources.len() - 1).expect("a text of 4 GiB holds fewer"))
        } else {
            None
        };
        // Like Nix, report a syntax error anywhere in the set before a duplicate name.
        let mut duplicate = None;
        while self.at_attr() {
            let start = self.next.start;
            let name = self.attr()?;
            let span = self.span(start, self.last_end());
            let Name::Static(name) = name else {
                return Err(self.refuse(span, "dynamic attributes not allowed in inherit"));
            };
            let value = source.map_or(Value::Inherited(span), |source| Value::From(source, span));
            duplicate = duplicate.or(set.inherit(name, span.start, value).err());
        }
        self.expect(Fixed::Semicolon)?;
        duplicate.map_or(Ok(()), |duplicate| Err(Box::new(Refusal::Duplicate(duplicate))))
    }

    fn at_attr(&self) -> bool {
        matches!(self.next.token, Token::Ident | Token::Fixed(Fixed::Or) | Token::Quote | Token::DollarCurly)
    }

    pub(super) fn attr_path(&mut self) -> Parsed<&'t [Name<'t, 'e>]> {
        let first = self.attr()?;
        if !self.at(Fixed::Dot) {
            return Ok(self.bump.alloc_slice_copy(&[first]));
        }
        let mut names = BumpVec::new_in(self.bump);
        names.push(first);
        while self.take(Fixed::Dot) {
            names.push(self.attr()?);
        }
        Ok(names.into_bump_slice())
    }

    /// A name in an attribute path. A plain string in `${…}` counts as a name that is written out.
    fn attr(&mut self) -> Parsed<Name<'t, 'e>> {
        let tree = match self.next.token {
            Token::Ident | Token::Fixed(Fixed::Or) => {
                let token = self.advance();
                return Ok(Name::Static(self.name_at(token)));
            }
            Token::Quote => self.string()?,
            Token::DollarCurly => {
                self.advance();
                let tree = self.expr()?;
                self.expect(Fixed::BraceClose)?;
                tree
            }
            _ => return Err(self.unexpected("identifier")),
        };
        Ok(match tree.kind {
            Kind::Str(text) => Name::Static(self.symbols.intern(self.arena, &text.to_str_lossy())),
            _ => Name::Dynamic(tree),
        })
    }
}
