//! Finds path literals in a text: the value of a path does not record where it was written.

use rnix::{Root, SyntaxKind, TextSize};

use crate::source::{Pos, SourceMap, Span};

/// Longer texts are not searched.
const LONGEST: usize = 1 << 20;

/// The path literals of the definition around `pos`, in order, each with its text; those with interpolations are left
/// out.
pub fn path_literals(sources: &SourceMap, pos: Pos) -> Vec<(Span, String)> {
    let Some(file) = sources.file(pos).filter(|file| file.text.len() <= LONGEST) else { return Vec::new() };
    let Ok(offset) = TextSize::try_from(file.offset(pos)) else { return Vec::new() };
    let root = Root::parse(&file.text).syntax();
    let Some(token) = root.token_at_offset(offset).right_biased() else { return Vec::new() };
    let mut around = token.parent_ancestors();
    let around = around.find(|node| node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE).unwrap_or(root);
    let is_path = |kind| matches!(kind, SyntaxKind::NODE_PATH_REL | SyntaxKind::NODE_PATH_ABS);
    let literals = around.descendants().filter(|node| is_path(node.kind()) && node.first_child().is_none());
    let literals = literals.map(|node| {
        let range = node.text_range();
        let span = Span::new(file.pos(range.start().into()), file.pos(range.end().into()));
        (span, node.text().to_string())
    });
    literals.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_definition_around() {
        let text = "{\n  other = ./no.nix;\n  imports = [ ./a.nix ../b (f /c/d ./e/${x}.nix) <nixpkgs> ]; }";
        for (at, found) in [
            ("imports", &["./a.nix", "../b", "/c/d"][..]),
            ("other", &["./no.nix"]),
            ("/c/d", &["./a.nix", "../b", "/c/d"]),
        ] {
            let sources = SourceMap::new();
            let file = sources.add("/x.nix", text).expect("fits");
            let literals = path_literals(&sources, file.pos(text.find(at).expect("it is there")));
            assert_eq!(literals.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), found, "{at}");
            for (span, literal) in literals {
                assert_eq!(text[file.offset(span.start)..file.offset(span.end)], literal);
            }
        }
        assert!(path_literals(&SourceMap::new(), Pos::NONE).is_empty());
    }
}
