//! Turns fixes into edits of the text.
//!
//! A [`Fix`] becomes edits only if the way the text is written leaves no doubt what they must be. They are computed on
//! rnix's lossless tree, so that everything around them stays, comments included.
//!
//! Invariants:
//! - A text that was valid Nix stays valid Nix ([`applied`]).
//! - The edits of one fix do not overlap.

use std::collections::BTreeMap;
use std::rc::Rc;

use rnix::ast::{self, HasEntry as _, InterpolPart};
use rnix::{Root, SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, TextRange};
use rowan::ast::AstNode as _;

use super::quote;
use crate::diag::{Edit, Fix};
use crate::source::{Pos, SourceFile, SourceMap, Span};

/// Longer texts are not edited.
const LONGEST: usize = 1 << 20;
/// How many functions, `let`s and parentheses around a value to look through.
const DEEPEST: usize = 32;

/// Computes the edits of fixes; caches the trees of the texts it has parsed.
pub struct Mender<'a> {
    sources: &'a SourceMap,
    trees: BTreeMap<u32, Option<SyntaxNode>>,
}

/// A definition in a syntax tree.
struct Definition {
    file: Rc<SourceFile>,
    path: ast::Attrpath,
    value: ast::Expr,
}

impl<'a> Mender<'a> {
    /// A mender for these texts.
    pub fn new(sources: &'a SourceMap) -> Self {
        Self { sources, trees: BTreeMap::new() }
    }

    /// The edits that make this fix; `None` if they are not certain.
    pub fn edits(&mut self, fix: &Fix) -> Option<Vec<Edit>> {
        match fix {
            Fix::Text(span, text) => Some(vec![Edit { span: *span, text: text.clone() }]),
            Fix::Rename { at, from, to } => self.rename(*at, from, to),
            Fix::Replace { at, string, by } => self.replace(*at, string, by),
            Fix::Append { at, within, element } => self.append(*at, *within, element),
            Fix::Define { at, definition } => self.define(*at, definition),
            Fix::First(fixes) => fixes.iter().find_map(|fix| self.edits(fix)),
        }
    }

    /// The tree of a text that parses without errors.
    fn tree(&mut self, file: &SourceFile) -> Option<SyntaxNode> {
        let tree = self.trees.entry(file.base).or_insert_with(|| {
            let parsed = (file.text.len() <= LONGEST).then(|| Root::parse(&file.text))?;
            parsed.errors().is_empty().then(|| parsed.syntax())
        });
        tree.clone()
    }

    /// The definition whose attribute path begins at `at`.
    fn definition(&mut self, at: Pos) -> Option<Definition> {
        let file = self.sources.file(at)?;
        let offset = u32::try_from(file.offset(at)).ok()?.into();
        let token = self.tree(&file)?.token_at_offset(offset).right_biased()?;
        let path = token.parent_ancestors().find_map(ast::Attrpath::cast)?;
        if path.syntax().text_range().start() != offset {
            return None;
        }
        let whole = path.syntax().parent().and_then(ast::AttrpathValue::cast)?;
        Some(Definition { file, path, value: whole.value()? })
    }

    fn rename(&mut self, at: Pos, from: &[String], to: &str) -> Option<Vec<Edit>> {
        let Definition { file, path, .. } = self.definition(at)?;
        let attrs: Vec<ast::Attr> = path.attrs().collect();
        let names: Vec<Option<String>> = attrs.iter().map(name).collect();
        let mut found = names.windows(from.len()).enumerate().filter(|(_, window)| {
            window.iter().zip(from).all(|(name, from)| name.as_deref() == Some(from.as_str()))
        });
        let (first, _) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let last = first + from.len() - 1;
        let range =
            TextRange::new(attrs[first].syntax().text_range().start(), attrs[last].syntax().text_range().end());
        Some(vec![edit(&file, range, to.to_owned())])
    }

    fn replace(&mut self, at: Pos, string: &str, by: &str) -> Option<Vec<Edit>> {
        let Definition { file, value, .. } = self.definition(at)?;
        let strings = value.syntax().descendants().filter_map(ast::Str::cast);
        // A string that is a name in a nested set is not a value.
        let values = strings.filter(|string| {
            string.syntax().parent().is_none_or(|parent| parent.kind() != SyntaxKind::NODE_ATTRPATH)
        });
        let mut same = values.filter(|text| plain(text).as_deref() == Some(string));
        let only = same.next()?;
        same.next().is_none().then(|| vec![edit(&file, only.syntax().text_range(), by.to_owned())])
    }

    fn append(&mut self, at: Pos, within: Pos, element: &str) -> Option<Vec<Edit>> {
        let around = self.definition(within)?;
        let Definition { file, value, .. } = self.definition(at)?;
        let is_within = file.base == around.file.base
            && around.value.syntax().text_range().contains_range(value.syntax().text_range());
        let list = literal_list(value, DEEPEST).filter(|_| is_within)?;
        let close = list.r_brack_token()?;
        let items = list.items().map(|item| item.syntax().clone()).last();
        put_before(&file, list.syntax(), &close, items, element)
    }

    fn define(&mut self, at: Pos, definition: &str) -> Option<Vec<Edit>> {
        let Definition { file, value, .. } = self.definition(at)?;
        let mut set = literal_set(value, DEEPEST)?;
        // A module that puts its configuration under `config`.
        let names = |set: &ast::AttrSet| -> Vec<(String, ast::AttrpathValue)> {
            let entries = set.attrpath_values();
            entries.filter_map(|entry| Some((name(&entry.attrpath()?.attrs().next()?)?, entry))).collect()
        };
        let own = names(&set);
        let told: Vec<_> = own.iter().filter(|(name, _)| name == "config" || name == "options").collect();
        match told.as_slice() {
            [] => {}
            [(name, entry)] if name == "config" && entry.attrpath()?.attrs().count() == 1 => {
                set = literal_set(entry.value()?, DEEPEST)?;
            }
            _ => return None,
        }
        let close = set.r_curly_token()?;
        let last = set.entries().map(|entry| entry.syntax().clone()).last();
        put_before(&file, set.syntax(), &close, last, definition)
    }
}

/// The contents of a string without interpolations.
fn plain(string: &ast::Str) -> Option<String> {
    match string.normalized_parts().as_slice() {
        [] => Some(String::new()),
        [InterpolPart::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}

/// The name of an attribute path's part, if it is written out.
fn name(attr: &ast::Attr) -> Option<String> {
    match attr {
        ast::Attr::Ident(ident) => Some(ident.syntax().text().to_string()),
        ast::Attr::Str(string) => plain(string),
        ast::Attr::Dynamic(_) => None,
    }
}

/// The list literal that a value is, looking through `mkForce`, `mkBefore` and the like.
fn literal_list(value: ast::Expr, depth: usize) -> Option<ast::List> {
    let depth = depth.checked_sub(1)?;
    match value {
        ast::Expr::List(list) => Some(list),
        ast::Expr::Paren(paren) => literal_list(paren.expr()?, depth),
        ast::Expr::With(with) => literal_list(with.body()?, depth),
        ast::Expr::BinOp(both) if both.operator() == Some(ast::BinOpKind::Concat) => {
            literal_list(both.lhs()?, depth).or_else(|| literal_list(both.rhs()?, depth))
        }
        ast::Expr::Apply(call) => {
            let function = call.lambda()?.syntax().text().to_string();
            let ranks = ["mkForce", "mkDefault", "mkBefore", "mkAfter"];
            let is_rank = ranks.contains(&function.rsplit('.').next().unwrap_or_default());
            is_rank.then(|| literal_list(call.argument()?, depth)).flatten()
        }
        _ => None,
    }
}

/// The set literal that a module is, or that its function returns.
fn literal_set(value: ast::Expr, depth: usize) -> Option<ast::AttrSet> {
    let depth = depth.checked_sub(1)?;
    match value {
        ast::Expr::AttrSet(set) => Some(set),
        ast::Expr::Paren(paren) => literal_set(paren.expr()?, depth),
        ast::Expr::Lambda(lambda) => literal_set(lambda.body()?, depth),
        ast::Expr::LetIn(bindings) => literal_set(bindings.body()?, depth),
        ast::Expr::With(with) => literal_set(with.body()?, depth),
        _ => None,
    }
}

/// Inserts `what` before the closing bracket `close` of `around`, laid out like the existing contents.
fn put_before(
    file: &SourceFile,
    around: &SyntaxNode,
    close: &SyntaxToken,
    last: Option<SyntaxNode>,
    what: &str,
) -> Option<Vec<Edit>> {
    let is_space = |token: &SyntaxToken| token.kind() == SyntaxKind::TOKEN_WHITESPACE;
    let before =
        std::iter::successors(close.prev_token(), SyntaxToken::prev_token).find(|token| !is_space(token))?;
    let after = before.text_range().end();
    let at = TextRange::empty(after);
    let gap: &str = file.text.get(usize::from(after)..usize::from(close.text_range().start()))?;
    // The indentation of `node`, if it is the first thing on its line.
    let own_line = |node: &SyntaxNode| -> Option<String> {
        let start = usize::from(node.text_range().start());
        let line = file.text[..start].rfind('\n')? + 1;
        let indent = &file.text[line..start];
        indent.chars().all(char::is_whitespace).then(|| indent.to_owned())
    };
    let is_comment = before.kind() == SyntaxKind::TOKEN_COMMENT && before.text().starts_with('#');
    let text = match last.as_ref().and_then(own_line) {
        Some(indent) => format!("\n{indent}{what}{}", if gap.is_empty() { " " } else { "" }),
        // A comment runs to the end of the line, with other code before it.
        None if is_comment => {
            let indent = last.iter().find_map(|_| line_indent(file, around)).unwrap_or_default();
            format!("\n{indent}  {what}")
        }
        None if gap.contains('\n') && last.is_none() => {
            let indent = line_indent(file, around).unwrap_or_default();
            format!("\n{indent}  {what}")
        }
        None if gap.is_empty() => format!(" {what} "),
        None => format!(" {what}"),
    };
    Some(vec![edit(file, at, text)])
}

/// The indentation of the line that contains `node`.
fn line_indent(file: &SourceFile, node: &SyntaxNode) -> Option<String> {
    let start = usize::from(node.text_range().start());
    let line = file.text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    Some(file.text[line..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect())
}

fn edit(file: &SourceFile, range: TextRange, text: String) -> Edit {
    Edit { span: Span::new(file.pos(range.start().into()), file.pos(range.end().into())), text }
}

/// The text with the edits that belong to it; `None` if they overlap or would turn valid Nix into invalid.
pub fn applied(file: &SourceFile, edits: &[Edit]) -> Option<String> {
    let own = edits.iter().filter(|edit| (file.pos(0)..=file.pos(file.text.len())).contains(&edit.span.start));
    let mut ranges: Vec<(usize, usize, &str)> =
        own.map(|edit| (file.offset(edit.span.start), file.offset(edit.span.end), edit.text.as_str())).collect();
    ranges.sort();
    ranges.dedup();
    let (mut out, mut done) = (String::with_capacity(file.text.len()), 0);
    for (start, end, text) in ranges {
        if start < done {
            return None;
        }
        out.push_str(file.text.get(done..start)?);
        out.push_str(text);
        done = end;
    }
    out.push_str(file.text.get(done..)?);
    let is_nix = |text: &str| Root::parse(text).errors().is_empty();
    (!is_nix(&file.text) || is_nix(&out)).then_some(out)
}

/// A text as a Nix string literal.
pub fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// A name as it must be written in an attribute path.
pub fn written(name: &str) -> String {
    quote(name).into_owned()
}

/// Whether rnix reads a text as we do and keeps every byte of it, spaces and comments included.
pub fn is_lossless(text: &str) -> bool {
    let parsed = Root::parse(text);
    let tokens = parsed.syntax().descendants_with_tokens().filter_map(SyntaxElement::into_token);
    parsed.errors().is_empty() && tokens.map(|token| token.text().to_owned()).collect::<String>() == text
}
