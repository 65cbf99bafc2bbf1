//! Compiles the tree of a pattern into a program: a graph of states, each naming its successor.

use super::bracket::Set;
use super::error::PatternError;
use super::parse::{Tree, parse};

/// The index of a state.
pub(super) type State = u32;

/// What a state does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Consumes this byte.
    Byte(u8, State),
    /// Consumes any byte.
    Any(State),
    /// Consumes a byte from the set with this index.
    Set(u32, State),
    /// Matches only at the start.
    Start(State),
    /// Matches only at the end.
    End(State),
    /// Starts a group.
    Open(u32, State),
    /// Ends a group.
    Close(u32, State),
    /// Tries the first branch, and then the second, even if the first matched.
    Alternate(State, State),
    /// Tries `body`, which leads back here or past here; if that fails, continues with `next`.
    Repeat {
        /// Another turn.
        body: State,
        /// The state after the loop.
        next: State,
        /// Whether a turn may consume nothing.
        empty: bool,
    },
    /// A loop whose body consumes one byte from a set.
    Run {
        /// The index of the set.
        set: u32,
        /// The state after the loop.
        next: State,
    },
    /// The end of the pattern.
    Accept,
}

/// A compiled pattern.
#[derive(Debug)]
pub(in crate::eval) struct Regex {
    pub(super) steps: Vec<Step>,
    pub(super) sets: Vec<Set>,
    pub(super) start: State,
    /// The number of groups.
    pub(super) groups: usize,
    /// The bytes a match can start with; `None` if it may be empty.
    pub(super) first: Option<Set>,
    /// The loops that can take an empty turn.
    pub(super) loops: Vec<State>,
    /// Whether the pattern has an alternation; only then may a later match be longer than the first.
    pub(super) alternates: bool,
}

/// The limit of libstdc++.
const MOST_STATES: usize = 100_000;

impl Regex {
    /// Compiles a pattern.
    pub(in crate::eval) fn new(pattern: &[u8]) -> Result<Self, PatternError> {
        let (tree, groups) = parse(pattern)?;
        let mut builder =
            Builder { steps: vec![Step::Accept], sets: Vec::new(), alternates: false, in_loop: false };
        let start = builder.emit(&tree, 0)?;
        let first = (!is_empty_possible(&tree)).then(|| first_bytes(&tree));
        let Builder { steps, sets, alternates, .. } = builder;
        let loops = (0..).zip(&steps).filter(|(_, step)| matches!(step, Step::Repeat { empty: true, .. }));
        let loops = loops.map(|(state, _)| state).collect();
        Ok(Self { steps, sets, start, groups, first, loops, alternates })
    }
}

struct Builder {
    steps: Vec<Step>,
    sets: Vec<Set>,
    alternates: bool,
    /// Whether the current tree is inside a loop.
    in_loop: bool,
}

impl Builder {
    fn push(&mut self, step: Step) -> Result<State, PatternError> {
        if self.steps.len() >= MOST_STATES {
            return Err(PatternError::TooLarge);
        }
        let state = State::try_from(self.steps.len()).map_err(|_| PatternError::TooLarge)?;
        self.steps.push(step);
        Ok(state)
    }

    fn set(&mut self, set: &Set) -> u32 {
        let known = self.sets.iter().position(|other| other == set);
        let number = known.unwrap_or_else(|| {
            self.sets.push(*set);
            self.sets.len() - 1
        });
        u32::try_from(number).expect("there are fewer sets than states")
    }

    /// Emits the states of a tree, with `next` as successor; returns the first.
    fn emit(&mut self, tree: &Tree, next: State) -> Result<State, PatternError> {
        match tree {
            Tree::Empty => Ok(next),
            Tree::Byte(byte) => self.push(Step::Byte(*byte, next)),
            Tree::Any => self.push(Step::Any(next)),
            Tree::Set(set) => {
                let set = self.set(set);
                self.push(Step::Set(set, next))
            }
            Tree::Start => self.push(Step::Start(next)),
            Tree::End => self.push(Step::End(next)),
            Tree::Group(number, inner) => {
                let number = u32::try_from(*number).map_err(|_| PatternError::TooLarge)?;
                let close = self.push(Step::Close(number, next))?;
                let inner = self.emit(inner, close)?;
                self.push(Step::Open(number, inner))
            }
            Tree::Concat(terms) => terms.iter().rev().try_fold(next, |next, term| self.emit(term, next)),
            Tree::Alternate(left, right) => {
                self.alternates = true;
                let (left, right) = (self.emit(left, next)?, self.emit(right, next)?);
                self.push(Step::Alternate(left, right))
            }
            Tree::Star(inner) => self.star(inner, next).map(|(state, _)| state),
            Tree::Plus(inner) => match single(inner) {
                Some(_) => {
                    let (star, _) = self.star(inner, next)?;
                    self.emit(inner, star)
                }
                None => self.star(inner, next).map(|(_, body)| body),
            },
            Tree::Optional(inner) => {
                let body = self.emit(inner, next)?;
                self.push(Step::Repeat { body, next, empty: self.in_loop && is_empty_possible(inner) })
            }
            Tree::Repeat(inner, least, most) => {
                let mut state = match most {
                    None => self.star(inner, next)?.0,
                    Some(most) => {
                        let mut state = next;
                        for _ in *least..*most {
                            let body = self.emit(inner, state)?;
                            let empty = self.in_loop && is_empty_possible(inner);
                            state = self.push(Step::Repeat { body, next, empty })?;
                        }
                        state
                    }
                };
                for _ in 0..*least {
                    let before = self.steps.len();
                    state = self.emit(inner, state)?;
                    // What emits nothing could be repeated forever.
                    if self.steps.len() == before {
                        break;
                    }
                }
                Ok(state)
            }
        }
    }

    /// Emits `inner*`; returns the deciding state and the first state of the body.
    fn star(&mut self, inner: &Tree, next: State) -> Result<(State, State), PatternError> {
        if let Some(set) = single(inner) {
            let set = self.set(&set);
            let state = self.push(Step::Run { set, next })?;
            return Ok((state, state));
        }
        let state = self.push(Step::Accept)?;
        let around = std::mem::replace(&mut self.in_loop, true);
        let body = self.emit(inner, state)?;
        self.in_loop = around;
        self.steps[state as usize] = Step::Repeat { body, next, empty: is_empty_possible(inner) };
        Ok((state, body))
    }
}

/// The set of bytes, if the tree matches exactly one byte.
fn single(tree: &Tree) -> Option<Set> {
    match tree {
        Tree::Byte(byte) => {
            let mut set = Set::default();
            set.insert(*byte);
            Some(set)
        }
        Tree::Any => Some(Set::ALL),
        Tree::Set(set) => Some(**set),
        Tree::Concat(terms) => match terms.as_slice() {
            [term] => single(term),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a tree can match the empty text.
fn is_empty_possible(tree: &Tree) -> bool {
    match tree {
        Tree::Byte(_) | Tree::Any | Tree::Set(_) => false,
        Tree::Empty | Tree::Start | Tree::End | Tree::Star(_) | Tree::Optional(_) => true,
        Tree::Group(_, inner) | Tree::Plus(inner) => is_empty_possible(inner),
        Tree::Concat(terms) => terms.iter().all(is_empty_possible),
        Tree::Alternate(left, right) => is_empty_possible(left) || is_empty_possible(right),
        Tree::Repeat(inner, least, _) => *least == 0 || is_empty_possible(inner),
    }
}

/// The bytes that a match of a tree can start with.
fn first_bytes(tree: &Tree) -> Set {
    let mut set = Set::default();
    match tree {
        Tree::Empty | Tree::Start | Tree::End => {}
        Tree::Byte(byte) => set.insert(*byte),
        Tree::Any => set = Set::ALL,
        Tree::Set(bytes) => set = **bytes,
        Tree::Group(_, inner)
        | Tree::Star(inner)
        | Tree::Plus(inner)
        | Tree::Optional(inner)
        | Tree::Repeat(inner, ..) => set = first_bytes(inner),
        Tree::Concat(terms) => {
            for term in terms {
                set.union(&first_bytes(term));
                if !is_empty_possible(term) {
                    break;
                }
            }
        }
        Tree::Alternate(left, right) => {
            set = first_bytes(left);
            set.union(&first_bytes(right));
        }
    }
    set
}
