//! Where options are set, as recorded in a manifest or record, or as read from the sources.

use std::borrow::Cow;

use super::path::{OptionSpans, quote};
use super::{Position, Positions};
use crate::source::{Location, SourceMap, Span};

/// Where an option and its suboptions are set. Looked up lazily: for most containers the locations are never needed.
#[derive(Debug, Clone)]
pub(crate) enum Locations<'a> {
    /// Recorded positions.
    Noted {
        /// All recorded positions, by full path.
        all: Cow<'a, Positions>,
        /// The path of the option.
        root: String,
    },
    /// Spans in sources that are loaded.
    Read {
        /// The option's subtree, or `None` if nothing in it is set.
        spans: Option<&'a OptionSpans>,
        /// The sources.
        sources: &'a SourceMap,
    },
}

impl<'a> Locations<'a> {
    /// No positions at all.
    pub(crate) fn none() -> Self {
        Self::Noted { all: Cow::Owned(Positions::new()), root: String::new() }
    }

    /// All recorded `positions`.
    pub(crate) fn noted(positions: &'a Positions) -> Self {
        Self::Noted { all: Cow::Borrowed(positions), root: String::new() }
    }

    /// All `spans`, to be looked up in `sources`.
    pub(crate) fn read(spans: &'a OptionSpans, sources: &'a SourceMap) -> Self {
        Self::Read { spans: Some(spans), sources }
    }

    /// The view of an option below this one.
    #[must_use]
    pub(crate) fn below<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Self {
        match self {
            Self::Noted { all, root } => Self::Noted { all: all.clone(), root: join(root, names) },
            Self::Read { spans, sources } => {
                Self::Read { spans: spans.and_then(|spans| spans.below(names)), sources }
            }
        }
    }

    /// Where the option at `path` below this one is set: itself, otherwise the first option in it, otherwise an enclosing one.
    pub(crate) fn position(&self, path: &[String]) -> Option<Position> {
        let above = || (1..path.len()).rev().find_map(|length| self.below(&path[..length]).itself());
        let option = self.below(path);
        option.itself().or_else(|| option.first()).or_else(above)
    }

    /// The positions of everything below this option, by relative path; its own has the empty path.
    pub(crate) fn positions(&self) -> Positions {
        match self {
            Self::Noted { all, root } if root.is_empty() => all.clone().into_owned(),
            Self::Noted { all, root } => {
                let itself = all.get(root).map(|at| (String::new(), at.clone()));
                itself
                    .into_iter()
                    .chain(inside(all, root).map(|(path, at)| (path.to_owned(), at.clone())))
                    .collect()
            }
            Self::Read { spans, sources } => {
                let mut positions = Positions::new();
                if let Some(spans) = spans {
                    spans.each(&mut |path, span| {
                        positions.extend(locate(sources, span).map(|position| (path.to_owned(), position)));
                    });
                }
                positions
            }
        }
    }

    fn itself(&self) -> Option<Position> {
        match self {
            Self::Noted { all, root } => all.get(root).cloned(),
            Self::Read { spans, sources } => {
                spans.and_then(OptionSpans::here).and_then(|span| locate(sources, span))
            }
        }
    }

    /// The first position of the option or anything in it.
    fn first(&self) -> Option<Position> {
        match self {
            Self::Noted { all, root } => inside(all, root).map(|(_, at)| at).min().cloned(),
            Self::Read { .. } => self.positions().into_values().min(),
        }
    }
}

fn locate(sources: &SourceMap, span: Span) -> Option<Position> {
    let Location { file, line, column } = sources.locate(span.start)?;
    Some(Position { file, line, column })
}

/// The path `root` extended by `names`.
fn join<S: AsRef<str>>(root: &str, names: impl IntoIterator<Item = S>) -> String {
    let mut path = root.to_owned();
    for name in names {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&quote(name.as_ref()));
    }
    path
}

/// The recorded positions of an option and everything below it, by relative path.
fn inside<'p>(all: &'p Positions, root: &str) -> impl Iterator<Item = (&'p str, &'p Position)> {
    let prefix = if root.is_empty() { String::new() } else { format!("{root}.") };
    let below = all.range(prefix.clone()..);
    below.map_while(move |(path, at)| Some((path.strip_prefix(&prefix)?, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: [&[&str]; 3] =
        [&["a", "forwardPorts"], &["a", "bindMounts", "/x", "hostPath"], &["b", "autoStart"]];

    fn owned(path: &[&str]) -> Vec<String> {
        path.iter().map(|&name| name.to_owned()).collect()
    }

    /// Checks three options in both forms, recorded and read; each option is on a line of its own.
    fn both(check: impl Fn(Locations<'_>)) {
        let (sources, mut spans, mut noted) = (SourceMap::new(), OptionSpans::default(), Positions::new());
        let file = sources.add("f", "1\n2\n3\n").expect("it fits");
        for (line, option) in OPTIONS.iter().enumerate() {
            spans.add(option.iter(), Span::at(file.pos(2 * line)));
            let at = Position { file: "f".to_owned(), line: line as u32 + 1, column: 1 };
            noted.insert(join("", option.iter()), at);
        }
        check(Locations::noted(&noted));
        check(Locations::read(&spans, &sources));
    }

    #[test]
    fn a_position_is_found_above_or_below() {
        both(|all| {
            let locations = all.below(["a"]);
            let find = |path: &[&str]| locations.position(&owned(path)).map(|at| at.line);
            assert_eq!(find(&["forwardPorts", "tcp:1", "containerPort"]), Some(1));
            assert_eq!(find(&["bindMounts", "/x"]), Some(2));
            assert_eq!(find(&["bindMounts"]), Some(2));
            assert_eq!(find(&["autoStart"]), None);
            assert_eq!(find(&[]), Some(1));
        });
    }

    #[test]
    fn positions_are_relative() {
        both(|all| {
            let paths = |below: &[&str]| all.below(below).positions().into_keys().collect::<Vec<_>>();
            assert_eq!(paths(&[]), ["a.bindMounts.\"/x\".hostPath", "a.forwardPorts", "b.autoStart"]);
            assert_eq!(paths(&["a"]), ["bindMounts.\"/x\".hostPath", "forwardPorts"]);
            assert_eq!(paths(&["a", "forwardPorts"]), [""]);
            assert!(paths(&["c"]).is_empty());
        });
    }
}
