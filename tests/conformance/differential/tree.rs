//! Generated expressions as trees that can be shrunk.

use std::collections::BTreeMap;
use std::rc::Rc;

/// The intended type of an expression. Some expressions have another one on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Int,
    Float,
    Bool,
    Str,
    Null,
    Path,
    /// A list with elements of one type.
    List(Rc<Type>),
    /// A set with unknown names and values of one type.
    Attrs(Rc<Type>),
    /// A set with these names.
    Record(Rc<[(String, Type)]>),
    /// A function of one argument.
    Function(Rc<Type>, Rc<Type>),
}

impl Type {
    /// The smallest expression of the type.
    fn smallest(&self) -> Tree {
        let text = match self {
            Self::Int => "0",
            Self::Float => "0.5",
            Self::Bool => "true",
            Self::Str => "\"\"",
            Self::Null => "null",
            Self::Path => "/a",
            Self::List(_) => "[ ]",
            Self::Attrs(_) => "{ }",
            Self::Record(fields) => {
                let fields = fields.iter().map(|(name, ty)| (name.clone(), ty.smallest()));
                return Tree::set("set", "{ ", fields, self.clone());
            }
            Self::Function(_, result) => {
                return Tree::new(self.clone(), "function", false, "_: §", [result.smallest()]);
            }
        };
        Tree::new(self.clone(), "literal", true, text, [])
    }
}

/// An expression and its type.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) ty: Type,
    /// The construct or the builtin.
    kind: &'static str,
    /// Whether it never needs parentheses.
    atom: bool,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Child(Tree),
    /// A child that never gets parentheses.
    Bare(Tree),
}

impl Tree {
    /// Builds a tree from a template: `§` stands for a child, `¤` for a child that never gets parentheses.
    pub(crate) fn new(
        ty: Type,
        kind: &'static str,
        atom: bool,
        template: &str,
        children: impl IntoIterator<Item = Self>,
    ) -> Self {
        let mut children = children.into_iter();
        let mut pieces = Vec::new();
        let mut text = String::new();
        for c in template.chars() {
            if c == '§' || c == '¤' {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                let child = children.next().expect("a child for each hole");
                pieces.push(if c == '§' { Piece::Child(child) } else { Piece::Bare(child) });
            } else {
                text.push(c);
            }
        }
        pieces.push(Piece::Text(text));
        assert!(children.next().is_none(), "a hole for each child in {template:?}");
        Self { ty, kind, atom, pieces }
    }

    /// A set with named children; `open` is its opening text.
    pub(crate) fn set(
        kind: &'static str,
        open: &str,
        fields: impl IntoIterator<Item = (String, Self)>,
        ty: Type,
    ) -> Self {
        let mut template = String::from(open);
        let mut children = Vec::new();
        for (name, child) in fields {
            template += &format!("{name} = ¤; ");
            children.push(child);
        }
        template.push('}');
        Self::new(ty, kind, true, &template, children)
    }

    /// The text of the expression.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Child(child) if !child.atom => {
                    out.push('(');
                    child.write(out);
                    out.push(')');
                }
                Piece::Child(child) | Piece::Bare(child) => child.write(out),
            }
        }
    }

    fn children(&self) -> impl Iterator<Item = &Self> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Child(child) | Piece::Bare(child) => Some(child),
        })
    }

    /// Counts the constructs and builtins in it.
    pub(crate) fn count(&self, counts: &mut BTreeMap<&'static str, usize>) {
        *counts.entry(self.kind).or_default() += 1;
        self.children().for_each(|child| child.count(counts));
    }

    fn size(&self) -> usize {
        1 + self.children().map(Self::size).sum::<usize>()
    }

    /// Candidates for shrinking: parts of this tree, and copies of it in which one node is replaced by a descendant of the same
    /// type or by the smallest expression of its type.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let total = self.size();
        let part = |index| (total - self.node(index).size(), self.node(index).clone());
        let mut candidates: Vec<(usize, Self)> = (1..total).map(part).collect();
        for index in 0..total {
            let node = self.node(index);
            let mut replacements = vec![node.ty.smallest()];
            replacements
                .extend((1..node.size()).map(|inner| node.node(inner)).filter(|d| d.ty == node.ty).cloned());
            for replacement in replacements {
                if replacement.size() < node.size() {
                    let gone = node.size() - replacement.size();
                    let mut smaller = self.clone();
                    *smaller.node_mut(index) = replacement;
                    candidates.push((gone, smaller));
                }
            }
        }
        candidates.sort_by_key(|(gone, _)| std::cmp::Reverse(*gone));
        candidates.into_iter().map(|(_, tree)| tree).collect()
    }

    /// The node with the given number in pre-order.
    fn node(&self, mut index: usize) -> &Self {
        if index == 0 {
            return self;
        }
        index -= 1;
        for child in self.children() {
            let size = child.size();
            if index < size {
                return child.node(index);
            }
            index -= size;
        }
        unreachable!("numbers are below the size")
    }

    fn node_mut(&mut self, mut index: usize) -> &mut Self {
        if index == 0 {
            return self;
        }
        index -= 1;
        for piece in &mut self.pieces {
            if let Piece::Child(child) | Piece::Bare(child) = piece {
                let size = child.size();
                if index < size {
                    return child.node_mut(index);
                }
                index -= size;
            }
        }
        unreachable!("numbers are below the size")
    }
}
