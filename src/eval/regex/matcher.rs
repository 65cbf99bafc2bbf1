//! Matches a compiled pattern against a text: depth first, with an explicit stack.
//!
//! Source: libstdc++'s depth-first executor determines the order of attempts, and that a loop may take an empty turn
//! twice.

use rustc_hash::FxHashMap;

use super::error::TooMany;
use super::program::{Regex, State, Step};

/// Where something matched: start and end, end exclusive.
pub(in crate::eval) type Span = Option<(usize, usize)>;

/// What is left to do after a branch has been tried.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// Try the second branch of an alternation at this offset.
    Second(State, usize),
    /// Both branches were tried; holds whether the first one matched.
    Both(bool),
    /// Restore a loop's turns and, if nothing matched, leave the loop at this offset.
    Leave(State, usize, Turns),
    /// Leave a loop that cannot take an empty turn, if nothing matched.
    LeavePlain(State, usize),
    /// Shorten a run of single bytes one by one, from the second offset down to the first.
    Shorten(State, usize, usize),
    /// Restore the start of a group.
    Opened(u32, usize),
    /// Restore the end of a group.
    Closed(u32, usize),
    /// Remember what was found from this state and offset.
    Remember(Key),
}

/// The last offset at which a loop took a turn, and how many it took there; zero at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Turns {
    offset: usize,
    count: u8,
}

/// A state, an offset, and the turns that loops have taken there.
type Key = (State, usize, u64);

/// Where a group matched: start of the attempt, then start and end of the last match. `usize::MAX` means unmatched.
#[derive(Debug, Clone, Copy)]
struct Group {
    open: usize,
    start: usize,
    end: usize,
}

const NOWHERE: usize = usize::MAX;
const UNMATCHED: Group = Group { open: NOWHERE, start: NOWHERE, end: NOWHERE };

/// What counts as a match.
#[derive(Debug, Clone, Copy)]
struct Mode {
    /// It must end at the end of the text.
    whole: bool,
    /// It must not be empty.
    not_empty: bool,
    /// The offset at which `^` matches.
    start: Option<usize>,
}

/// How many steps a search may take for each byte of the text before it starts to remember.
const PATIENCE: usize = 64;

/// How many entries a search may remember, and how many more for each byte of the text.
const MOST_REMEMBERED: usize = 2 << 20;
const MORE_REMEMBERED: usize = 16;

struct Machine<'a> {
    regex: &'a Regex,
    text: &'a [u8],
    mode: Mode,
    begin: usize,
    groups: Vec<Group>,
    turns: Vec<Turns>,
    frames: Vec<Frame>,
    found: bool,
    best: Option<(usize, Vec<Group>)>,
    memory: Option<FxHashMap<Key, bool>>,
    budget: usize,
}

/// The search backtracked too often or ran out of memory.
struct Exhausted;

impl Regex {
    /// Matches the whole text; returns the match and its groups.
    pub(in crate::eval) fn match_whole(&self, text: &[u8]) -> Result<Option<Vec<Span>>, TooMany> {
        Machine::new(self, text).find(0..=0, Mode { whole: true, not_empty: false, start: Some(0) })
    }

    /// All successive matches in a text.
    pub(in crate::eval) fn matches<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = Result<Vec<Span>, TooMany>> + 'a {
        let mut machine = Machine::new(self, text);
        let mut last: Option<(usize, usize)> = None;
        let mut start = Some(0);
        let mut next = move || -> Result<Option<Vec<Span>>, TooMany> {
            let anywhere = |start| Mode { whole: false, not_empty: false, start };
            let found = match last {
                None => machine.find(0..=text.len(), anywhere(start))?,
                Some((begin, end)) if begin == end => {
                    // After an empty match, look for a non-empty one at the same offset, then continue one byte
                    // further.
                    if begin == text.len() {
                        return Ok(None);
                    }
                    let again = Mode { whole: false, not_empty: true, start };
                    match machine.find(begin..=begin, again)? {
                        Some(found) => Some(found),
                        None => machine.find(begin + 1..=text.len(), anywhere(None))?,
                    }
                }
                Some((_, end)) => machine.find(end..=text.len(), anywhere(None))?,
            };
            let Some(found) = found else { return Ok(None) };
            // `^` matches only at the start of the text, and only until something has been consumed.
            if last.is_some() || found[0].is_some_and(|(begin, end)| begin != end) {
                start = None;
            }
            last = found[0];
            Ok(Some(found))
        };
        std::iter::from_fn(move || next().transpose())
    }
}

impl<'a> Machine<'a> {
    fn new(regex: &'a Regex, text: &'a [u8]) -> Self {
        Self {
            regex,
            text,
            mode: Mode { whole: false, not_empty: false, start: None },
            begin: 0,
            groups: vec![UNMATCHED; regex.groups + 1],
            turns: if regex.loops.is_empty() { Vec::new() } else { vec![Turns::default(); regex.steps.len()] },
            frames: Vec::new(),
            found: false,
            best: None,
            memory: None,
            budget: 0,
        }
    }

    /// The first match that starts in this range of offsets.
    fn find(&mut self, starts: std::ops::RangeInclusive<usize>, mode: Mode) -> Result<Option<Vec<Span>>, TooMany> {
        self.mode = mode;
        self.memory = None;
        let length = self.text.len() - starts.start() + self.regex.steps.len();
        self.budget = (length + starts.end() - starts.start()).saturating_mul(PATIENCE);
        self.search(starts.clone()).or_else(|Exhausted| {
            self.memory = Some(FxHashMap::default());
            self.budget = usize::MAX;
            self.search(starts).map_err(|Exhausted| TooMany)
        })
    }

    fn search(&mut self, starts: std::ops::RangeInclusive<usize>) -> Result<Option<Vec<Span>>, Exhausted> {
        // The previous search may have been aborted halfway.
        self.groups.fill(UNMATCHED);
        self.best = None;
        for state in &self.regex.loops {
            self.turns[*state as usize] = Turns::default();
        }
        for begin in starts {
            if let Some(first) = &self.regex.first
                && !self.text.get(begin).is_some_and(|byte| first.contains(*byte))
            {
                continue;
            }
            self.begin = begin;
            self.try_from(self.regex.start, begin)?;
            if let Some((end, groups)) = self.best.take() {
                let group = |group: &Group| (group.end != NOWHERE).then_some((group.start, group.end));
                let inner = groups.iter().skip(1).map(group);
                return Ok(Some(std::iter::once(Some((begin, end))).chain(inner).collect()));
            }
        }
        Ok(None)
    }

    /// Explores everything from a state and an offset, until nothing is left or no better match is possible.
    fn try_from(&mut self, state: State, offset: usize) -> Result<(), Exhausted> {
        self.frames.clear();
        self.found = false;
        let mut next = Some((state, offset));
        loop {
            if let Some((state, offset)) = next {
                self.advance(state, offset)?;
                // No match can be longer than the text, and without alternations the first match is the only
                // candidate.
                if self.found
                    && let Some((end, _)) = &self.best
                    && (*end == self.text.len() || !self.regex.alternates)
                {
                    return Ok(());
                }
            }
            match self.frames.pop() {
                None => return Ok(()),
                Some(frame) => next = self.resume(frame),
            }
        }
    }

    /// Follows states until there is a match or a dead end.
    fn advance(&mut self, mut state: State, mut offset: usize) -> Result<(), Exhausted> {
        loop {
            self.budget = self.budget.checked_sub(1).ok_or(Exhausted)?;
            match self.regex.steps[state as usize] {
                Step::Byte(byte, next) => {
                    if self.text.get(offset) != Some(&byte) {
                        return Ok(());
                    }
                    (state, offset) = (next, offset + 1);
                }
                Step::Any(next) => {
                    if offset == self.text.len() {
                        return Ok(());
                    }
                    (state, offset) = (next, offset + 1);
                }
                Step::Set(set, next) => {
                    let set = &self.regex.sets[set as usize];
                    if !self.text.get(offset).is_some_and(|byte| set.contains(*byte)) {
                        return Ok(());
                    }
                    (state, offset) = (next, offset + 1);
                }
                Step::Start(next) if self.mode.start == Some(offset) => state = next,
                Step::End(next) if offset == self.text.len() => state = next,
                Step::Start(_) | Step::End(_) => return Ok(()),
                Step::Open(group, next) => {
                    let slot = &mut self.groups[group as usize];
                    self.frames.push(Frame::Opened(group, slot.open));
                    slot.open = offset;
                    state = next;
                }
                Step::Close(group, next) => {
                    let slot = &mut self.groups[group as usize];
                    self.frames.push(Frame::Closed(group, slot.start));
                    self.frames.push(Frame::Closed(group, slot.end));
                    (slot.start, slot.end) = (slot.open, offset);
                    state = next;
                }
                Step::Alternate(first, second) => {
                    if self.was_explored(state, offset) {
                        return Ok(());
                    }
                    self.frames.push(Frame::Second(second, offset));
                    state = first;
                }
                Step::Repeat { body, next, empty } => {
                    if self.was_explored(state, offset) {
                        return Ok(());
                    }
                    if !empty {
                        self.frames.push(Frame::LeavePlain(state, offset));
                        state = body;
                        continue;
                    }
                    let turns = self.turns[state as usize];
                    // A loop may take two empty turns at one offset.
                    let count = if turns.offset == offset { turns.count } else { 0 };
                    if count >= 2 {
                        state = next;
                        continue;
                    }
                    self.frames.push(Frame::Leave(state, offset, turns));
                    self.turns[state as usize] = Turns { offset, count: count + 1 };
                    state = body;
                }
                Step::Run { set, next } => {
                    if self.was_explored(state, offset) {
                        return Ok(());
                    }
                    let set = &self.regex.sets[set as usize];
                    let rest = &self.text[offset..];
                    let length = rest.iter().position(|byte| !set.contains(*byte)).unwrap_or(rest.len());
                    if length > 0 {
                        self.frames.push(Frame::Shorten(next, offset, offset + length));
                    }
                    (state, offset) = (next, offset + length);
                }
                Step::Accept => {
                    self.accept(offset);
                    return Ok(());
                }
            }
        }
    }

    fn accept(&mut self, offset: usize) {
        if self.mode.whole && offset != self.text.len() || self.mode.not_empty && offset == self.begin {
            return;
        }
        self.found = true;
        // The longest match wins, and the first among equals.
        if self.best.as_ref().is_none_or(|(end, _)| *end < offset) {
            self.best = Some((offset, self.groups.clone()));
        }
    }

    /// Resumes at a frame; returns what to try next, if anything.
    fn resume(&mut self, frame: Frame) -> Option<(State, usize)> {
        match frame {
            Frame::Second(state, offset) => {
                self.frames.push(Frame::Both(self.found));
                self.found = false;
                return Some((state, offset));
            }
            Frame::Both(found) => self.found |= found,
            Frame::Leave(state, offset, turns) => {
                self.turns[state as usize] = turns;
                return self.leave(state, offset);
            }
            Frame::LeavePlain(state, offset) => return self.leave(state, offset),
            Frame::Shorten(next, shortest, offset) => {
                if !self.found {
                    let offset = offset - 1;
                    if offset > shortest {
                        self.frames.push(Frame::Shorten(next, shortest, offset));
                    }
                    return Some((next, offset));
                }
            }
            Frame::Opened(group, open) => self.groups[group as usize].open = open,
            // The two are pushed as a pair: this one holds the end, the next one the start.
            Frame::Closed(group, value) => {
                let slot = &mut self.groups[group as usize];
                slot.end = value;
                if let Some(Frame::Closed(_, start)) = self.frames.pop() {
                    slot.start = start;
                }
            }
            Frame::Remember(key) => {
                if let Some(memory) = &mut self.memory {
                    memory.insert(key, self.found);
                    if memory.len() > MOST_REMEMBERED + MORE_REMEMBERED * self.text.len() {
                        self.budget = 0;
                    }
                }
            }
        }
        None
    }

    fn leave(&self, state: State, offset: usize) -> Option<(State, usize)> {
        match self.regex.steps[state as usize] {
            Step::Repeat { next, .. } if !self.found => Some((next, offset)),
            _ => None,
        }
    }

    /// Whether this state and offset were explored before; the result would be the same.
    fn was_explored(&mut self, state: State, offset: usize) -> bool {
        let Some(memory) = &mut self.memory else { return false };
        // The key includes loops' empty turns at this offset, because they restrict what the loops may still do.
        let mut turns = 0_u64;
        for state in &self.regex.loops {
            let taken = self.turns[*state as usize];
            let count = if taken.offset == offset { taken.count } else { 0 };
            turns = turns.wrapping_mul(3).wrapping_add(u64::from(count));
        }
        let key = (state, offset, turns);
        if let Some(found) = memory.get(&key) {
            self.found = *found;
            return true;
        }
        self.frames.push(Frame::Remember(key));
        false
    }
}
