//! Any text: it is parsed and lowered, or refused with diagnostics that can be rendered.

#![no_main]

use container_rebuild::eval::{Arena, Evaluator, Settings};
use container_rebuild::source::{MemoryFiles, SourceMap};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (arena, files, sources) = (Arena::new(), MemoryFiles::new(), SourceMap::new());
    let mut evaluator = Evaluator::new(&arena, &files, &sources, Settings::default());
    // The body of a function that nobody calls: nothing is evaluated.
    if let Err(error) = evaluator.eval_text("/fuzz/input.nix", &format!("_: {text}")) {
        for diagnostic in error.diagnostics() {
            assert!(!diagnostic.message.contains('\n'), "a message is one line: {:?}", diagnostic.message);
            for label in &diagnostic.labels {
                assert!(sources.locate(label.span.start).is_some(), "a label is in a text");
            }
        }
    }
});
