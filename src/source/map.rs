//! Stores the texts and maps positions back to lines.

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A byte position in the common address space of a [`SourceMap`]; [`Pos::NONE`] belongs to no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos(pub u32);

impl Pos {
    /// The position of what no source text produced.
    pub const NONE: Self = Self(0);

    /// Whether this is a position in a source.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// A range of bytes in one text, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its first byte.
    pub start: Pos,
    /// The byte after its last.
    pub end: Pos,
}

impl Span {
    /// The span of what no source text produced.
    pub const NONE: Self = Self { start: Pos::NONE, end: Pos::NONE };

    /// The span from `start` to `end`.
    pub fn new(start: Pos, end: Pos) -> Self {
        Self { start, end }
    }

    /// The empty span at `pos`.
    pub fn at(pos: Pos) -> Self {
        Self { start: pos, end: pos }
    }

    /// Its length in bytes.
    pub fn len(self) -> usize {
        (self.end.0.saturating_sub(self.start.0)) as usize
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A position as people read it: `file:line:column`, both counted from 1. Columns count bytes, as in Nix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The name under which the file is shown (see [`SourceMap::add`]).
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One text of a [`SourceMap`].
#[derive(Debug)]
pub struct SourceFile {
    /// The position of its first byte in the common address space.
    pub base: u32,
    /// The absolute path of the file; for other texts, a `«…»` name.
    pub path: PathBuf,
    /// The name it is shown under.
    pub name: String,
    /// The whole text.
    pub text: Rc<str>,
    /// The offset of each line, computed when a location is first requested.
    lines: OnceCell<Vec<usize>>,
}

impl SourceFile {
    /// The position of the byte `offset` of this text.
    pub fn pos(&self, offset: usize) -> Pos {
        Pos(self.base + u32::try_from(offset).expect("`SourceMap::add` refuses larger texts"))
    }

    /// The offset in this text of one of its positions.
    pub fn offset(&self, pos: Pos) -> usize {
        (pos.0 - self.base) as usize
    }

    /// The location of the byte at `offset`, which may be one past the end.
    pub fn location(&self, offset: usize) -> Location {
        let offset = offset.min(self.text.len());
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= offset);
        let column = offset - lines[line - 1] + 1;
        Location { file: self.name.clone(), line: line as u32, column: column as u32 }
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        })
    }

    /// The position at a line and column, counted as in [`Location`]; `None` if the text has none there, or it falls
    /// inside a character.
    pub fn at(&self, line: u32, column: u32) -> Option<Pos> {
        let start = *self.lines().get((line as usize).checked_sub(1)?)?;
        let offset = start + (column as usize).checked_sub(1)?;
        self.text.is_char_boundary(offset).then(|| self.pos(offset))
    }

    /// A location with the full path, as Nix prints it within messages.
    pub fn location_of(&self, pos: Pos) -> Location {
        Location { file: self.path.display().to_string(), ..self.location(self.offset(pos)) }
    }
}

/// All texts read so far, laid end to end in one address space.
///
/// # Examples
///
/// ```
/// use container_rebuild::source::SourceMap;
///
/// let sources = SourceMap::new();
/// sources.set_root("/etc/nixos");
/// let file = sources.add("/etc/nixos/host.nix", "{\n  x = 1;\n}\n").expect("there is room");
/// let location = sources.locate(file.pos(4)).expect("it is in the text");
/// assert_eq!(location.to_string(), "host.nix:2:3");
/// ```
#[derive(Debug, Default)]
pub struct SourceMap {
    files: RefCell<Vec<Rc<SourceFile>>>,
    root: RefCell<Option<PathBuf>>,
}

impl SourceMap {
    /// A map without texts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the root directory: files below it are shown by their relative path (contract §5: the git top level of
    /// CONFIG). Affects only texts that are added later.
    pub fn set_root(&self, root: impl Into<PathBuf>) {
        *self.root.borrow_mut() = Some(root.into());
    }

    /// The root directory, if one was set.
    pub fn root(&self) -> Option<PathBuf> {
        self.root.borrow().clone()
    }

    /// The name under which a path is shown: relative if it is below the root, otherwise unchanged.
    pub fn display_name(&self, path: &Path) -> String {
        let root = self.root.borrow();
        let below = root.as_deref().and_then(|root| path.strip_prefix(root).ok());
        below.filter(|below| !below.as_os_str().is_empty()).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Adds a text; returns `None` once the address space of 4 GiB is full.
    pub fn add(&self, path: impl Into<PathBuf>, text: impl Into<Rc<str>>) -> Option<Rc<SourceFile>> {
        let path = path.into();
        let name = self.display_name(&path);
        self.add_named(path, name, text)
    }

    /// Like [`Self::add`], for a text that is shown under a name other than its path.
    pub fn add_named(
        &self,
        path: impl Into<PathBuf>,
        name: String,
        text: impl Into<Rc<str>>,
    ) -> Option<Rc<SourceFile>> {
        let (path, text) = (path.into(), text.into());
        let base = match self.files.borrow().last() {
            Some(last) => u64::from(last.base) + last.text.len() as u64 + 1,
            None => 1,
        };
        // One more than the length: the end of the text is a position too.
        if base + text.len() as u64 + 1 > u64::from(u32::MAX) {
            return None;
        }
        let file = Rc::new(SourceFile { base: base as u32, path, name, text, lines: OnceCell::new() });
        self.files.borrow_mut().push(Rc::clone(&file));
        Some(file)
    }

    /// The text that contains `pos`.
    pub fn file(&self, pos: Pos) -> Option<Rc<SourceFile>> {
        let files = self.files.borrow();
        let after = files.partition_point(|file| file.base <= pos.0);
        files.get(after.checked_sub(1)?).filter(|_| pos.is_some()).map(Rc::clone)
    }

    /// File, line and column of `pos`.
    pub fn locate(&self, pos: Pos) -> Option<Location> {
        let file = self.file(pos)?;
        Some(file.location(file.offset(pos)))
    }

    /// All texts, in the order they were added.
    pub fn files(&self) -> Vec<Rc<SourceFile>> {
        self.files.borrow().clone()
    }

    /// The paths of all texts, in the order they were added.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.borrow().iter().map(|file| file.path.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lead_back_to_lines() {
        let map = SourceMap::new();
        map.set_root("/etc/nixos");
        let a = map.add("/etc/nixos/a.nix", "one\ntwo\n").expect("fits");
        let b = map.add("/other/b.nix", "x").expect("fits");
        assert_eq!(a.at(2, 1), Some(a.pos(4)));
        assert_eq!(b.at(1, 2), Some(b.pos(1)));
        for (line, column) in [(0, 1), (1, 0), (4, 1), (3, 2)] {
            assert_eq!(a.at(line, column), None, "{line}:{column}");
        }
        let table = [
            (a.pos(0), "a.nix:1:1"),
            (a.pos(4), "a.nix:2:1"),
            (a.pos(6), "a.nix:2:3"),
            (a.pos(8), "a.nix:3:1"),
            (b.pos(0), "/other/b.nix:1:1"),
            (b.pos(1), "/other/b.nix:1:2"),
        ];
        for (pos, shown) in table {
            assert_eq!(map.locate(pos).expect("known").to_string(), shown);
        }
        assert_eq!(map.locate(Pos::NONE), None);
    }
}
