//! Any text: it is parsed and evaluated, deeply but not without end.
//!
//! What an evaluation may take is limited as for a text that nobody trusts, so a step that goes on after its limits is a
//! hang or a blow-up, and no correct answer to an expression that asks for much.

#![no_main]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use container_rebuild::eval::{Arena, EvalResult, Evaluator, Settings, Value};
use container_rebuild::source::{MemoryFiles, SourceMap};
use libfuzzer_sys::fuzz_target;

/// How many values of a result are looked at.
const MOST_VALUES: u32 = 2000;
/// What an evaluation may take: three of these, in the worst case.
const MOST_TIME: Duration = Duration::from_secs(2);
const MOST_MEMORY: usize = 400 << 20;

/// How many texts were begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Set while the text in hand has taken too long; one thread watches over all of them.
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    std::thread::spawn(move || {
        let mut before = 0;
        loop {
            std::thread::sleep(MOST_TIME);
            let now = BEGUN.load(Ordering::Relaxed);
            if now == before {
                raised.store(true, Ordering::Relaxed);
            }
            before = now;
        }
    });
    stop
});

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
    let stop = Arc::clone(&STOP);
    BEGUN.fetch_add(1, Ordering::Relaxed);
    stop.store(false, Ordering::Relaxed);
    let files = MemoryFiles::new().with("/fuzz/a.nix", "{ a = 1; f = x: x + 1; }").with("/fuzz/dir/b", "text");
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let settings =
        Settings { max_call_depth: 300, most_memory: MOST_MEMORY, stop: Some(stop), ..Settings::default() };
    let mut evaluator = Evaluator::new(&arena, &files, &sources, settings);
    let result = evaluator
        .eval_text("/fuzz/input.nix", text)
        .and_then(|value| walk(&mut evaluator, value, &mut MOST_VALUES.clone(), 0));
    if let Err(error) = result {
        assert!(!error.diagnostics().is_empty(), "an error says something");
    }
});
