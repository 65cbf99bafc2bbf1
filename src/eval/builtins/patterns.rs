//! Regular expressions.

use std::rc::Rc;

use super::declare::primops;
use crate::eval::error::{EvalError, EvalResult};
use crate::eval::evaluator::Evaluator;
use crate::eval::regex::{PatternError, Regex, Span, TooMany};
use crate::eval::value::Value;
use crate::source::Pos;

primops! {
    prefixed "match" (pattern: strict, text: lazy) => match_;
    prefixed "split" (pattern: strict, text: lazy) => split;
}

impl<'e> Evaluator<'e> {
    fn pattern(&mut self, pattern: Value<'e>, pos: Pos) -> EvalResult<'e, Rc<Regex>> {
        let text = self.plain_text(pattern, pos)?;
        if let Some(regex) = self.patterns.get(text.as_bytes()) {
            return Ok(Rc::clone(regex));
        }
        let regex = Regex::new(text.as_bytes()).map_err(|error| {
            let what = match error {
                PatternError::Invalid => "invalid regular expression",
                PatternError::TooLarge => "memory limit exceeded by regular expression",
            };
            self.report.error(self.report.word_span(pos), &format!("{what} '{}'", text.to_str_lossy()))
        })?;
        let regex = Rc::new(regex);
        self.patterns.insert(text.as_bytes(), Rc::clone(&regex));
        Ok(regex)
    }

    #[cold]
    fn too_many(&mut self, pattern: Value<'e>, pos: Pos) -> EvalError<'e> {
        match self.text(pattern, pos) {
            Ok(text) => {
                let message = format!("memory limit exceeded by regular expression '{}'", text.to_str_lossy());
                self.report.error(self.report.word_span(pos), &message)
            }
            Err(error) => error,
        }
    }

    fn groups(&self, text: &'e [u8], groups: &[Span]) -> Value<'e> {
        self.heap.list(groups.iter().skip(1).map(|group| match group {
            Some((start, end)) => self.heap.str_in_arena(&text[*start..*end]),
            None => Value::Null,
        }))
    }
}

fn match_<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let regex = ev.pattern(args[0], pos)?;
    let text = ev.text(args[1], pos)?.as_bytes();
    let found = regex.match_whole(text).map_err(|TooMany| ev.too_many(args[0], pos))?;
    Ok(found.map_or(Value::Null, |groups| ev.groups(text, &groups)))
}

fn split<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let regex = ev.pattern(args[0], pos)?;
    let whole = ev.text(args[1], pos)?;
    let text = whole.as_bytes();
    let mut parts = Vec::new();
    let mut rest = 0;
    for groups in regex.matches(text) {
        let groups = groups.map_err(|TooMany| ev.too_many(args[0], pos))?;
        let Some((start, end)) = groups[0] else { continue };
        parts.push(ev.heap.str_in_arena(&text[rest..start]));
        parts.push(ev.groups(text, &groups));
        rest = end;
    }
    // A text without a match keeps its context and its cell.
    parts.push(if parts.is_empty() { Value::String(whole) } else { ev.heap.str_in_arena(&text[rest..]) });
    Ok(ev.heap.list(parts))
}
