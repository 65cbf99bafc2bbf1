//! Parses patterns into trees.

use super::bracket::{self, Set};
use super::error::PatternError;

/// A pattern as a tree.
#[derive(Debug)]
pub(super) enum Tree {
    /// Matches the empty text.
    Empty,
    /// This byte.
    Byte(u8),
    /// Any byte.
    Any,
    /// One byte out of a set.
    Set(Box<Set>),
    /// `^`
    Start,
    /// `$`
    End,
    /// `(…)`, with its number.
    Group(usize, Box<Tree>),
    /// A sequence.
    Concat(Vec<Tree>),
    /// `left|right`
    Alternate(Box<Tree>, Box<Tree>),
    /// `*`: any number of times.
    Star(Box<Tree>),
    /// `+`: at least once.
    Plus(Box<Tree>),
    /// `?`: once or not at all.
    Optional(Box<Tree>),
    /// `{2,4}`: a minimum and a maximum; without the latter, unbounded.
    Repeat(Box<Tree>, u32, Option<u32>),
}

/// Characters that a backslash may escape.
const SPECIAL: &[u8] = b".[\\()*+?{|^$";
/// How deeply groups may nest.
const DEEPEST: usize = 1_000;

/// Parses a pattern; returns its tree and the number of its groups.
pub(super) fn parse(pattern: &[u8]) -> Result<(Tree, usize), PatternError> {
    let mut parser = Parser { pattern, at: 0, groups: 0, depth: 0 };
    let tree = parser.alternation()?;
    if parser.at < pattern.len() {
        return Err(PatternError::Invalid);
    }
    Ok((tree, parser.groups))
}

struct Parser<'a> {
    pattern: &'a [u8],
    at: usize,
    groups: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn alternation(&mut self) -> Result<Tree, PatternError> {
        let mut tree = self.branch()?;
        while self.eat(b'|') {
            tree = Tree::Alternate(Box::new(tree), Box::new(self.branch()?));
        }
        Ok(tree)
    }

    fn branch(&mut self) -> Result<Tree, PatternError> {
        let mut terms = Vec::new();
        while let Some(term) = self.term()? {
            terms.push(term);
        }
        Ok(if terms.is_empty() { Tree::Empty } else { Tree::Concat(terms) })
    }

    fn term(&mut self) -> Result<Option<Tree>, PatternError> {
        let Some(byte) = self.peek() else { return Ok(None) };
        let tree = match byte {
            // The end of a branch or a group, or a repetition of nothing, which the caller rejects.
            b'|' | b')' | b'*' | b'+' | b'?' | b'{' => return Ok(None),
            b'^' | b'$' => {
                self.at += 1;
                return Ok(Some(if byte == b'^' { Tree::Start } else { Tree::End }));
            }
            _ => self.atom(byte)?,
        };
        self.repetitions(tree).map(Some)
    }

    fn atom(&mut self, byte: u8) -> Result<Tree, PatternError> {
        self.at += 1;
        Ok(match byte {
            b'.' => Tree::Any,
            b'[' => Tree::Set(Box::new(bracket::parse(self.pattern, &mut self.at)?)),
            b'\\' => {
                let escaped = self.peek().filter(|byte| SPECIAL.contains(byte)).ok_or(PatternError::Invalid)?;
                self.at += 1;
                Tree::Byte(escaped)
            }
            b'(' => {
                self.groups += 1;
                let number = self.groups;
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(PatternError::TooLarge);
                }
                let tree = self.alternation()?;
                self.depth -= 1;
                if !self.eat(b')') {
                    return Err(PatternError::Invalid);
                }
                Tree::Group(number, Box::new(tree))
            }
            byte => Tree::Byte(byte),
        })
    }

    fn repetitions(&mut self, mut tree: Tree) -> Result<Tree, PatternError> {
        let mut count = 0;
        loop {
            tree = match self.peek() {
                Some(b'*') => Tree::Star(Box::new(tree)),
                Some(b'+') => Tree::Plus(Box::new(tree)),
                // Making an optional part optional again changes nothing but the number of attempts.
                Some(b'?') if matches!(tree, Tree::Optional(_)) => tree,
                Some(b'?') => Tree::Optional(Box::new(tree)),
                Some(b'{') => {
                    self.at += 1;
                    let least = self.number()?.ok_or(PatternError::Invalid)?;
                    let most = if self.eat(b',') { self.number()? } else { Some(least) };
                    if self.peek() != Some(b'}') || most.is_some_and(|most| most < least) {
                        return Err(PatternError::Invalid);
                    }
                    Tree::Repeat(Box::new(tree), least, most)
                }
                _ => return Ok(tree),
            };
            self.at += 1;
            count += 1;
            if count > DEEPEST {
                return Err(PatternError::TooLarge);
            }
        }
    }

    fn number(&mut self) -> Result<Option<u32>, PatternError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.pattern[start..self.at]).expect("digits are ASCII");
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| PatternError::Invalid)
    }
}
