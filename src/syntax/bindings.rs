//! The bindings of sets and `let`s: `a.b.c = 1; a.b = { … };` brought together before anything is lowered.
//!
//! Source: `addAttr` of Nix's parser: a set that is written out may be continued by further paths into it, and keeps the
//! `rec` of its first definition.

use rnix::ast;
use rowan::ast::AstNode;

use super::expr::{AttrsExpr, Binding, BindingValue, Bindings, Expr, Name, NodeRef};
use super::lower::Lowerer;
use super::symbol::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, Span};

/// Bindings on their way to being lowered.
#[derive(Default)]
pub(super) struct Builder {
    /// Whether they see each other.
    pub(super) recursive: bool,
    entries: Vec<(Symbol, Pos, Entry)>,
    dynamic: Vec<(ast::Attr, Pos, Entry)>,
    sources: Vec<(Option<ast::Expr>, Span)>,
    span: Option<Span>,
}

enum Entry {
    Expr(ast::Expr),
    Set(Box<Builder>),
    Inherited(Span),
    InheritedFrom(u32, Span),
}

impl Builder {
    /// Reads what is written between the braces.
    pub(super) fn read(low: &mut Lowerer<'_, '_>, written: &impl ast::HasEntry) -> Self {
        let mut builder = Self { span: Some(low.span(written.syntax())), ..Self::default() };
        builder.fill(low, written, &mut Vec::new());
        builder
    }

    fn fill(&mut self, low: &mut Lowerer<'_, '_>, written: &impl ast::HasEntry, around: &mut Vec<Symbol>) {
        for entry in written.entries() {
            match entry {
                ast::Entry::Inherit(inherit) => self.inherit(low, &inherit, around),
                ast::Entry::AttrpathValue(binding) => {
                    let pos = low.pos(binding.syntax());
                    let (Some(path), Some(value)) = (binding.attrpath(), binding.value()) else {
                        low.error("this definition is not complete", low.span(binding.syntax()));
                        continue;
                    };
                    let depth = around.len();
                    self.bind(low, &mut path.attrs().collect::<Vec<_>>().into_iter(), value, pos, around);
                    around.truncate(depth);
                }
            }
        }
    }

    fn inherit(&mut self, low: &mut Lowerer<'_, '_>, inherit: &ast::Inherit, around: &[Symbol]) {
        let source = inherit.from().map(|from| {
            let span = low.span(from.syntax());
            self.sources.push((from.expr(), span));
            u32::try_from(self.sources.len() - 1).expect("a text of 4 GiB holds fewer")
        });
        for attr in inherit.attrs() {
            let span = low.span(attr.syntax());
            let Name::Static(name) = low.attr_name(attr) else {
                low.error("dynamic attributes are not allowed in inherit", span);
                continue;
            };
            if self.refuse_twice(low, name, span.start, around) {
                continue;
            }
            let entry = source.map_or(Entry::Inherited(span), |source| Entry::InheritedFrom(source, span));
            self.entries.push((name, span.start, entry));
        }
    }

    fn bind(
        &mut self,
        low: &mut Lowerer<'_, '_>,
        path: &mut std::vec::IntoIter<ast::Attr>,
        value: ast::Expr,
        pos: Pos,
        around: &mut Vec<Symbol>,
    ) {
        let Some(first) = path.next() else { return };
        let is_last = path.len() == 0;
        let Some(name) = static_name(low, &first) else {
            let mut inner = Self::default();
            let entry = if is_last {
                value_entry(low, value)
            } else {
                inner.bind(low, path, value, pos, &mut Vec::new());
                Entry::Set(Box::new(inner))
            };
            self.dynamic.push((first, pos, entry));
            return;
        };
        around.push(name);
        let existing = self.entries.iter().position(|(other, ..)| *other == name);
        match (existing, is_last) {
            (None, true) => {
                let entry = value_entry(low, value);
                self.entries.push((name, pos, entry));
            }
            (None, false) => {
                let mut inner = Self::default();
                inner.bind(low, path, value, pos, around);
                self.entries.push((name, pos, Entry::Set(Box::new(inner))));
            }
            (Some(index), is_last) => match (&mut self.entries[index].2, is_last, literal_set(&value)) {
                (Entry::Set(inner), false, _) => inner.bind(low, path, value, pos, around),
                (Entry::Set(inner), true, Some(set)) => inner.fill(low, &set, around),
                _ => twice(low, around, self.entries[index].1, pos),
            },
        }
    }

    fn refuse_twice(&self, low: &mut Lowerer<'_, '_>, name: Symbol, pos: Pos, around: &[Symbol]) -> bool {
        let Some((_, first, _)) = self.entries.iter().find(|(other, ..)| *other == name) else { return false };
        let path: Vec<_> = around.iter().copied().chain([name]).collect();
        twice(low, &path, *first, pos);
        true
    }

    /// A set.
    pub(super) fn lower_set<'e>(self, low: &mut Lowerer<'_, 'e>) -> Expr<'e> {
        let Self { recursive, mut entries, dynamic, sources, .. } = self;
        entries.sort_by_key(|(name, ..)| *name);
        let names: Vec<_> = entries.iter().map(|(name, ..)| *name).collect();
        let lower_all = |low: &mut Lowerer<'_, 'e>| {
            let bindings = lower_bindings(low, entries, sources, recursive);
            let dynamic: Vec<_> = dynamic
                .into_iter()
                .map(|(name, pos, entry)| {
                    let span = low.span(name.syntax());
                    let name = match low.attr_name(name) {
                        Name::Dynamic(node) => node,
                        Name::Static(symbol) => {
                            let text = low.bump.alloc_slice_copy(low.name(symbol).as_bytes());
                            low.node(Expr::Str(text), span)
                        }
                    };
                    (name, lower_entry(low, entry, span), pos)
                })
                .collect();
            (bindings, &*low.bump.alloc_slice_copy(&dynamic))
        };
        let (bindings, dynamic) = if recursive { low.within(names.into_iter(), lower_all) } else { lower_all(low) };
        Expr::Attrs(low.bump.alloc(AttrsExpr { bindings, recursive, dynamic }))
    }

    /// `let … in body`
    pub(super) fn lower_let<'e>(
        self,
        low: &mut Lowerer<'_, 'e>,
        body: impl FnOnce(&mut Lowerer<'_, 'e>) -> NodeRef<'e>,
    ) -> Expr<'e> {
        let Self { mut entries, dynamic, sources, .. } = self;
        for (name, ..) in &dynamic {
            let span = low.span(name.syntax());
            low.error("dynamic attributes are not allowed in let", span);
        }
        entries.sort_by_key(|(name, ..)| *name);
        let names: Vec<_> = entries.iter().map(|(name, ..)| *name).collect();
        low.within(names.into_iter(), |low| {
            let bindings = low.bump.alloc(lower_bindings(low, entries, sources, true));
            Expr::Let { bindings, body: body(low) }
        })
    }
}

fn lower_bindings<'e>(
    low: &mut Lowerer<'_, 'e>,
    entries: Vec<(Symbol, Pos, Entry)>,
    sources: Vec<(Option<ast::Expr>, Span)>,
    recursive: bool,
) -> Bindings<'e> {
    let sources: Vec<_> = sources.into_iter().map(|(source, span)| low.required(source, span)).collect();
    let mut lowered = Vec::with_capacity(entries.len());
    for (name, pos, entry) in entries {
        let value = match entry {
            Entry::InheritedFrom(source, span) => BindingValue::From(source, span),
            Entry::Inherited(span) => {
                let variable = |low: &mut Lowerer<'_, 'e>| low.variable(name, span);
                let expr = if recursive { low.outside(variable) } else { variable(low) };
                BindingValue::Outer(low.node(expr, span))
            }
            entry => BindingValue::Inner(lower_entry(low, entry, Span::at(pos))),
        };
        lowered.push(Binding { name, pos, value });
    }
    Bindings { entries: low.bump.alloc_slice_fill_iter(lowered), sources: low.bump.alloc_slice_copy(&sources) }
}

fn lower_entry<'e>(low: &mut Lowerer<'_, 'e>, entry: Entry, around: Span) -> NodeRef<'e> {
    match entry {
        Entry::Expr(expr) => low.expr(expr),
        Entry::Set(builder) => {
            let span = builder.span.unwrap_or(around);
            let set = builder.lower_set(low);
            low.node(set, span)
        }
        Entry::Inherited(span) | Entry::InheritedFrom(_, span) => low.required(None, span),
    }
}

/// A set that is written out stays open for further paths into it.
fn value_entry(low: &mut Lowerer<'_, '_>, value: ast::Expr) -> Entry {
    match literal_set(&value) {
        Some(set) => {
            let mut builder = Builder::read(low, &set);
            builder.recursive = set.rec_token().is_some();
            Entry::Set(Box::new(builder))
        }
        None => Entry::Expr(value),
    }
}

fn literal_set(value: &ast::Expr) -> Option<ast::AttrSet> {
    match value {
        ast::Expr::AttrSet(set) => Some(set.clone()),
        ast::Expr::Paren(paren) => literal_set(&paren.expr()?),
        _ => None,
    }
}

fn static_name(low: &mut Lowerer<'_, '_>, attr: &ast::Attr) -> Option<Symbol> {
    match attr {
        ast::Attr::Ident(ident) => Some(low.symbol(&ident.syntax().text().to_string())),
        ast::Attr::Str(text) => plain_string(low, text),
        ast::Attr::Dynamic(dynamic) => match dynamic.expr()? {
            ast::Expr::Str(text) => plain_string(low, &text),
            _ => None,
        },
    }
}

fn plain_string(low: &mut Lowerer<'_, '_>, text: &ast::Str) -> Option<Symbol> {
    let is_plain = !text.parts().any(|part| matches!(part, ast::InterpolPart::Interpolation(_)));
    if !is_plain {
        return None;
    }
    match low.string(text) {
        Expr::Str(text) => Some(low.symbol(&String::from_utf8_lossy(text))),
        _ => None,
    }
}

fn twice(low: &mut Lowerer<'_, '_>, path: &[Symbol], first: Pos, second: Pos) {
    let path: Vec<_> = path.iter().map(|name| super::quote(low.name(*name))).collect();
    let message = format!("attribute '{}' already defined", path.join("."));
    low.errors.push(
        Diagnostic::error(Code::Syntax, message)
            .at(low.name_span(second), "defined again here")
            .at(low.name_span(first), "first defined here")
            .help("remove one of them"),
    );
}
