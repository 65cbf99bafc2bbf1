//! Any text: it is parsed and evaluated, deeply but not without end.

#![no_main]

use container_rebuild::eval::{Arena, EvalResult, Evaluator, Settings, Value};
use container_rebuild::source::{MemoryFiles, SourceMap};
use libfuzzer_sys::fuzz_target;

/// How many values of a result are looked at.
const MOST_VALUES: u32 = 2000;

fn walk<'e>(evaluator: &mut Evaluator<'e>, value: Value<'e>, left: &mut u32, depth: u32) -> EvalResult<'e, ()> {
    if *left == 0 || depth == 50 {
        return Ok(());
    }
    *left -= 1;
    match evaluator.force(value)? {
        Value::List(list) => list.iter().try_for_each(|item| walk(evaluator, item, left, depth + 1)),
        Value::Attrs(attrs) => attrs.iter().try_for_each(|(_, item, _)| walk(evaluator, item, left, depth + 1)),
        Value::Unknown(_) => unreachable!("nothing is unknown unless it is asked for"),
        _ => Ok(()),
    }
}

fuzz_target!(|text: &str| {
    let files = MemoryFiles::new().with("/fuzz/a.nix", "{ a = 1; f = x: x + 1; }").with("/fuzz/dir/b", "text");
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let settings = Settings { max_call_depth: 300, ..Settings::default() };
    let mut evaluator = Evaluator::new(&arena, &files, &sources, settings);
    let result = evaluator
        .eval_text("/fuzz/input.nix", text)
        .and_then(|value| walk(&mut evaluator, value, &mut MOST_VALUES.clone(), 0));
    if let Err(error) = result {
        assert!(!error.diagnostics().is_empty(), "an error says something");
    }
});
