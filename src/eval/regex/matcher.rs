//! Runs a program on a text: depth first, with a stack of its own.
//!
//! Source of the order in which things are tried, and of when an empty turn of a loop is let pass (twice): libstdc++'s
//! depth-first executor.

use rustc_hash::FxHashMap;

use super::TooMany;
use super::program::{Regex, State, Step};

/// Where something matches: from a byte to the one before another.
pub(in crate::eval) type Span = Option<(usize, usize)>;

/// What remains to be done when a branch has been tried.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// The second branch of an alternation.
    Second(State, usize),
    /// Both branches were tried; whether the first one matched.
    Both(bool),
    /// A loop: its turns are put back, and if nothing matched, it is left at this place.
    Leave(State, usize, Turns),
    /// The same of a loop that never takes an empty turn.
    LeavePlain(State, usize),
    /// A run of single bytes: given back one at a time, from the second place down to the first.
    Shorten(State, usize, usize),
    /// A group's beginning as it was.
    Opened(u32, usize),
    /// A group's end as it was.
    Closed(u32, usize),
    /// What was found from this state at this place, to be remembered.
    Remember(Key),
}

/// The last place where a loop took a turn, and how many it took there; none at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Turns {
    place: usize,
    count: u8,
}

/// A state, a place, and what loops could still do there.
type Key = (State, usize, u64);

/// Where a group was: `usize::MAX` where it was not. Beginning, end, and the beginning that belongs to the end.
#[derive(Debug, Clone, Copy)]
struct Group {
    open: usize,
    start: usize,
    end: usize,
}

const NOWHERE: usize = usize::MAX;
const UNMATCHED: Group = Group { open: NOWHERE, start: NOWHERE, end: NOWHERE };

/// How a match is looked for.
#[derive(Debug, Clone, Copy)]
struct Mode {
    /// It must end where the text ends.
    whole: bool,
    /// It must take a byte.
    not_empty: bool,
    /// `^` matches at this place.
    start: Option<usize>,
}

/// Steps that a search may take for each byte of the text before it begins to remember.
const PATIENCE: usize = 64;

/// How much a search remembers at most, and how much more for each byte of the text.
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

/// It backtracked too often, or remembers too much.
struct Exhausted;

impl Regex {
    /// The groups of a match of the whole text, the match itself first.
    pub(in crate::eval) fn match_whole(&self, text: &[u8]) -> Result<Option<Vec<Span>>, TooMany> {
        Machine::new(self, text).find(0..=0, Mode { whole: true, not_empty: false, start: Some(0) })
    }

    /// All matches in a text, one after another.
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
                    // After an empty match, one at the same place that is not, else one further on.
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
            // Only at the very beginning, and only until something was taken, `^` matches.
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

    /// The first match that begins at one of these places.
    fn find(&mut self, places: std::ops::RangeInclusive<usize>, mode: Mode) -> Result<Option<Vec<Span>>, TooMany> {
        self.mode = mode;
        self.memory = None;
        let length = self.text.len() - places.start() + self.regex.steps.len();
        self.budget = (length + places.end() - places.start()).saturating_mul(PATIENCE);
        self.search(places.clone()).or_else(|Exhausted| {
            self.memory = Some(FxHashMap::default());
            self.budget = usize::MAX;
            self.search(places).map_err(|Exhausted| TooMany)
        })
    }

    fn search(&mut self, places: std::ops::RangeInclusive<usize>) -> Result<Option<Vec<Span>>, Exhausted> {
        // The last search may have stopped in the midst of it.
        self.groups.fill(UNMATCHED);
        self.best = None;
        for state in &self.regex.loops {
            self.turns[*state as usize] = Turns::default();
        }
        for begin in places {
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

    /// Tries everything from a state at a place, until nothing remains or nothing can be better.
    fn try_from(&mut self, state: State, place: usize) -> Result<(), Exhausted> {
        self.frames.clear();
        self.found = false;
        let mut next = Some((state, place));
        loop {
            if let Some((state, place)) = next {
                self.advance(state, place)?;
                // Nothing can be longer than the rest, and without alternations the first match is the only one.
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

    /// Goes on until there is a match, or none this way.
    fn advance(&mut self, mut state: State, mut place: usize) -> Result<(), Exhausted> {
        loop {
            self.budget = self.budget.checked_sub(1).ok_or(Exhausted)?;
            match self.regex.steps[state as usize] {
                Step::Byte(byte, next) => {
                    if self.text.get(place) != Some(&byte) {
                        return Ok(());
                    }
                    (state, place) = (next, place + 1);
                }
                Step::Any(next) => {
                    if place == self.text.len() {
                        return Ok(());
                    }
                    (state, place) = (next, place + 1);
                }
                Step::Set(set, next) => {
                    let set = &self.regex.sets[set as usize];
                    if !self.text.get(place).is_some_and(|byte| set.contains(*byte)) {
                        return Ok(());
                    }
                    (state, place) = (next, place + 1);
                }
                Step::Start(next) if self.mode.start == Some(place) => state = next,
                Step::End(next) if place == self.text.len() => state = next,
                Step::Start(_) | Step::End(_) => return Ok(()),
                Step::Open(group, next) => {
                    let slot = &mut self.groups[group as usize];
                    self.frames.push(Frame::Opened(group, slot.open));
                    slot.open = place;
                    state = next;
                }
                Step::Close(group, next) => {
                    let slot = &mut self.groups[group as usize];
                    self.frames.push(Frame::Closed(group, slot.start));
                    self.frames.push(Frame::Closed(group, slot.end));
                    (slot.start, slot.end) = (slot.open, place);
                    state = next;
                }
                Step::Alternate(first, second) => {
                    if self.was_here(state, place) {
                        return Ok(());
                    }
                    self.frames.push(Frame::Second(second, place));
                    state = first;
                }
                Step::Repeat { body, next, empty } => {
                    if self.was_here(state, place) {
                        return Ok(());
                    }
                    if !empty {
                        self.frames.push(Frame::LeavePlain(state, place));
                        state = body;
                        continue;
                    }
                    let turns = self.turns[state as usize];
                    // An empty turn may be taken twice at one place.
                    let count = if turns.place == place { turns.count } else { 0 };
                    if count >= 2 {
                        state = next;
                        continue;
                    }
                    self.frames.push(Frame::Leave(state, place, turns));
                    self.turns[state as usize] = Turns { place, count: count + 1 };
                    state = body;
                }
                Step::Run { set, next } => {
                    if self.was_here(state, place) {
                        return Ok(());
                    }
                    let set = &self.regex.sets[set as usize];
                    let rest = &self.text[place..];
                    let length = rest.iter().position(|byte| !set.contains(*byte)).unwrap_or(rest.len());
                    if length > 0 {
                        self.frames.push(Frame::Shorten(next, place, place + length));
                    }
                    (state, place) = (next, place + length);
                }
                Step::Accept => {
                    self.accept(place);
                    return Ok(());
                }
            }
        }
    }

    fn accept(&mut self, place: usize) {
        if self.mode.whole && place != self.text.len() || self.mode.not_empty && place == self.begin {
            return;
        }
        self.found = true;
        // The longest one counts, and of those the first.
        if self.best.as_ref().is_none_or(|(end, _)| *end < place) {
            self.best = Some((place, self.groups.clone()));
        }
    }

    /// What is to be tried next, if that is what remained.
    fn resume(&mut self, frame: Frame) -> Option<(State, usize)> {
        match frame {
            Frame::Second(state, place) => {
                self.frames.push(Frame::Both(self.found));
                self.found = false;
                return Some((state, place));
            }
            Frame::Both(found) => self.found |= found,
            Frame::Leave(state, place, turns) => {
                self.turns[state as usize] = turns;
                return self.leave(state, place);
            }
            Frame::LeavePlain(state, place) => return self.leave(state, place),
            Frame::Shorten(next, shortest, place) => {
                if !self.found {
                    let place = place - 1;
                    if place > shortest {
                        self.frames.push(Frame::Shorten(next, shortest, place));
                    }
                    return Some((next, place));
                }
            }
            Frame::Opened(group, open) => self.groups[group as usize].open = open,
            // Pushed as a pair: the end comes off first.
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

    fn leave(&self, state: State, place: usize) -> Option<(State, usize)> {
        match self.regex.steps[state as usize] {
            Step::Repeat { next, .. } if !self.found => Some((next, place)),
            _ => None,
        }
    }

    /// Whether everything from here was tried before: then what was found is what would be found again.
    fn was_here(&mut self, state: State, place: usize) -> bool {
        let Some(memory) = &mut self.memory else { return false };
        // Loops with empty turns may behave differently at a place where they have taken one.
        let mut turns = 0_u64;
        for state in &self.regex.loops {
            let taken = self.turns[*state as usize];
            let count = if taken.place == place { taken.count } else { 0 };
            turns = turns.wrapping_mul(3).wrapping_add(u64::from(count));
        }
        let key = (state, place, turns);
        if let Some(found) = memory.get(&key) {
            self.found = *found;
            return true;
        }
        self.frames.push(Frame::Remember(key));
        false
    }
}
