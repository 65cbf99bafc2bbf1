//! Prints expressions as Nix does in messages: every operation in parentheses, names in order.

use super::print;
use crate::code::expr::{AttrsExpr, Binding, BindingValue, Bindings, Expr, Lambda, Name, NodeRef, Operator, Part};
use crate::code::{Symbol, Symbols};
use crate::source::{SourceMap, Span};
use crate::syntax::quote;

/// Messages show nothing nested more deeply.
const DEEPEST: usize = 200;

/// Reconstructs the text of an expression from its meaning.
pub(super) fn show<'e>(node: NodeRef<'e>, symbols: &Symbols<'e>, sources: &SourceMap) -> String {
    let mut shown = Shown { symbols, sources, out: String::new(), depth: 0 };
    shown.node(node);
    shown.out
}

struct Shown<'a, 'e> {
    symbols: &'a Symbols<'e>,
    sources: &'a SourceMap,
    out: String,
    depth: usize,
}

impl<'e> Shown<'_, 'e> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, name: Symbol) {
        let quoted = quote(self.symbols.name(name));
        self.push(&quoted);
    }

    /// Variables are slots by now; only the source text has their names.
    fn variable(&mut self, span: Span) {
        let Some(file) = self.sources.file(span.start) else { return self.push("…") };
        let text = file.text.get(file.offset(span.start)..file.offset(span.end)).unwrap_or("…");
        self.push(text);
    }

    fn literal(&mut self, bytes: &[u8]) {
        let mut quoted = Vec::new();
        print::string(bytes, &mut quoted);
        self.push(&String::from_utf8_lossy(&quoted));
    }

    fn node(&mut self, node: NodeRef<'e>) {
        if self.depth == DEEPEST {
            return self.push("…");
        }
        self.depth += 1;
        self.expression(node);
        self.depth -= 1;
    }

    fn expression(&mut self, node: NodeRef<'e>) {
        match &node.expr {
            Expr::Int(value) => self.push(&value.to_string()),
            Expr::Float(value) => self.push(&print::float(*value)),
            Expr::Str(text) => self.literal(text.as_bytes()),
            Expr::Path(path) => self.push(&String::from_utf8_lossy(path.as_bytes())),
            Expr::Interpolated(parts) => self.parts(parts, false),
            Expr::InterpolatedPath(parts) => self.parts(parts, true),
            Expr::SearchPath(name) => {
                self.push("(__findFile __nixPath ");
                self.literal(name);
                self.push(")");
            }
            Expr::Slot(_) | Expr::Captured(_) | Expr::Global(_) => self.variable(node.span),
            Expr::Delayed(unit) => self.expression(unit.body),
            Expr::With { name, .. } => self.name(*name),
            Expr::Select { base, path, default } => {
                self.push("(");
                self.node(base);
                self.push(").");
                self.path(path);
                if let Some(default) = default {
                    self.push(" or (");
                    self.node(default);
                    self.push(")");
                }
            }
            Expr::HasAttr { base, path } => {
                self.push("((");
                self.node(base);
                self.push(") ? ");
                self.path(path);
                self.push(")");
            }
            Expr::Apply { function, arguments } => {
                self.push("(");
                self.node(function);
                for argument in *arguments {
                    self.push(" ");
                    self.node(argument);
                }
                self.push(")");
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Let { bindings, body, .. } => {
                self.push("(let ");
                self.bindings(bindings);
                self.push("in ");
                self.node(body);
                self.push(")");
            }
            Expr::Attrs(attrs) => self.attrs(attrs),
            Expr::List(items) => {
                self.push("[ ");
                for item in *items {
                    self.push("(");
                    self.node(item);
                    self.push(") ");
                }
                self.push("]");
            }
            Expr::If(condition, then, otherwise) => {
                self.around("(if ", condition, " then ");
                self.node(then);
                self.around(" else ", otherwise, ")");
            }
            Expr::Assert(condition, body) => {
                self.around("assert ", condition, "; ");
                self.node(body);
            }
            Expr::WithIn { namespace, body, .. } => {
                self.around("(with ", namespace, "; ");
                self.around("", body, ")");
            }
            Expr::Not(operand) => self.around("(! ", operand, ")"),
            Expr::Negate(operand) => self.around("(__sub 0 ", operand, ")"),
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right),
            Expr::CurPos => self.push("__curPos"),
        }
    }

    fn around(&mut self, before: &str, node: NodeRef<'e>, after: &str) {
        self.push(before);
        self.node(node);
        self.push(after);
    }

    /// Nix shows arithmetic and comparisons as calls of functions.
    fn binary(&mut self, operator: Operator, left: NodeRef<'e>, right: NodeRef<'e>) {
        let between = match operator {
            Operator::Concat => " ++ ",
            Operator::Update => " // ",
            Operator::Add => " + ",
            Operator::And => " && ",
            Operator::Or => " || ",
            Operator::Implies => " -> ",
            Operator::Equal => " == ",
            Operator::NotEqual => " != ",
            Operator::Sub => return self.call("(__sub ", left, right, ")"),
            Operator::Mul => return self.call("(__mul ", left, right, ")"),
            Operator::Div => return self.call("(__div ", left, right, ")"),
            Operator::Less => return self.call("(__lessThan ", left, right, ")"),
            Operator::More => return self.call("(__lessThan ", right, left, ")"),
            Operator::LessOrEqual => return self.call("(! (__lessThan ", right, left, "))"),
            Operator::MoreOrEqual => return self.call("(! (__lessThan ", left, right, "))"),
        };
        self.around("(", left, between);
        self.around("", right, ")");
    }

    fn call(&mut self, function: &str, first: NodeRef<'e>, second: NodeRef<'e>, end: &str) {
        self.around(function, first, " ");
        self.around("", second, end);
    }

    fn parts(&mut self, parts: &[Part<'e>], path: bool) {
        self.push("(");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(" + ");
            }
            match part {
                Part::Text(text) if path && index == 0 => self.push(&String::from_utf8_lossy(text)),
                Part::Text(text) => self.literal(text),
                Part::Value(node) => self.node(node),
            }
        }
        self.push(")");
    }

    fn path(&mut self, path: &[Name<'e>]) {
        for (index, name) in path.iter().enumerate() {
            if index > 0 {
                self.push(".");
            }
            match name {
                Name::Static(name, _) => self.name(*name),
                Name::Dynamic(node) => self.around("\"${", node, "}\""),
            }
        }
    }

    fn lambda(&mut self, lambda: &Lambda<'e>) {
        for argument in lambda.leading {
            self.push("(");
            self.name(*argument);
            self.push(": ");
        }
        self.push("(");
        if let Some(pattern) = lambda.pattern {
            let mut formals: Vec<_> = pattern.formals.iter().collect();
            formals.sort_unstable_by_key(|formal| self.symbols.name(formal.name));
            self.push("{ ");
            for (index, formal) in formals.iter().enumerate() {
                if index > 0 {
                    self.push(", ");
                }
                self.name(formal.name);
                if let Some(default) = formal.default {
                    self.around(" ? ", default, "");
                }
            }
            if pattern.ellipsis {
                self.push(if formals.is_empty() { "..." } else { ", ..." });
            }
            self.push(" }");
            if lambda.argument.is_some() {
                self.push(" @ ");
            }
        }
        if let Some(argument) = lambda.argument {
            self.name(argument);
        }
        self.around(": ", lambda.body, ")");
        self.push(&")".repeat(lambda.leading.len()));
    }

    fn attrs(&mut self, attrs: &AttrsExpr<'e>) {
        self.push(if attrs.recursive { "rec { " } else { "{ " });
        self.bindings(&attrs.bindings);
        for (name, value, _) in attrs.dynamic {
            self.around("${", name, "} = ");
            self.around("", value, "; ");
        }
        self.push("}");
    }

    /// Inherited names first, then definitions, each sorted by name.
    fn bindings(&mut self, bindings: &Bindings<'e>) {
        let mut entries: Vec<_> = bindings.entries.iter().collect();
        entries.sort_unstable_by_key(|entry| self.symbols.name(entry.name));
        let mut begun = false;
        for entry in &entries {
            if let BindingValue::Outer(_) = entry.value {
                self.push(if begun { " " } else { "inherit " });
                self.name(entry.name);
                begun = true;
            }
        }
        if begun {
            self.push("; ");
        }
        for (index, node) in bindings.sources.iter().enumerate() {
            let from = |entry: &Binding<'e>| match entry.value {
                BindingValue::From { source, .. } => source as usize == index,
                _ => false,
            };
            self.around("inherit (", node, ")");
            for entry in entries.iter().filter(|entry| from(entry)) {
                self.push(" ");
                self.name(entry.name);
            }
            self.push("; ");
        }
        for entry in &entries {
            if let BindingValue::Inner(node) = entry.value {
                self.name(entry.name);
                self.around(" = ", node, "; ");
            }
        }
    }
}
