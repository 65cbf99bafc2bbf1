//! That known functions are known, and that plain cases are done natively.

use std::path::Path;

use super::find;
use crate::eval::{Arena, Evaluator, Settings};
use crate::host::files::RealFiles;
use crate::source::SourceMap;

/// Evaluates an expression with the library as `lib`; tells which native functions ran, and how often native code declined.
fn check(expression: &str) -> (Vec<&'static str>, u32) {
    let (arena, sources) = (Arena::new(), SourceMap::new());
    let mut ev = Evaluator::new(&arena, &RealFiles, &sources, Settings::default());
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/nixpkgs/lib");
    let text = format!("let lib = import {}; in {expression}", lib.display());
    let value = ev.text_value("«string»", Path::new("/"), &text);
    value.and_then(|value| ev.print(value)).expect("it has a value");
    let names = find::FUNCTIONS.iter().zip(&ev.known.last);
    (names.filter(|(_, last)| last.is_some()).map(|(known, _)| known.name).collect(), ev.known.all_declined)
}

#[test]
fn the_functions_of_the_library_are_known_and_plain_cases_are_native() {
    let (ran, declined) = check(
        r#"(lib.evalModules { modules = [
            ({ config, ... }: {
              options.a = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule {
                options.x = lib.mkOption { type = lib.types.nullOr lib.types.int; default = null; };
              }); };
              options.b.c = lib.mkOption { type = lib.types.str; default = "c"; };
              config.a.one.x = lib.mkIf (config.b.c == "c") (lib.mkForce 3);
            })
            { a.two = { }; b = lib.mkMerge [ { } { c = lib.mkDefault "c"; } ]; }
          ]; }).config"#,
    );
    let natives: Vec<_> =
        find::FUNCTIONS.iter().filter(|known| known.run.is_some()).map(|known| known.name).collect();
    // `evalOptionValue` is called by native code, as a part of merging modules.
    let expected: Vec<_> = natives.into_iter().filter(|name| *name != "evalOptionValue").collect();
    assert_eq!(ran, expected);
    assert_eq!(declined, 0);
    assert!(
        check("(lib.modules.evalOptionValue [ ] { type = lib.types.int; } [ ]).isDefined")
            .0
            .contains(&"evalOptionValue")
    );
}

#[test]
fn what_is_put_in_place_of_a_function_is_called() {
    let (ran, _) = check("((lib.extend (_: _: { min = a: b: a; })).evalModules { modules = [ ]; }).config");
    assert!(!ran.contains(&"mergeModules'"), "{ran:?}");
}
