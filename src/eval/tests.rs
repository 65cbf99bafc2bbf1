//! What expressions evaluate to, each checked with Nix 2.34.8.

use std::path::Path;

use super::{Settings, print_text};
use crate::source::{MemoryFiles, SourceMap};

fn print(text: &str) -> Result<String, String> {
    let printed = super::on_big_stack(|| {
        let (files, sources) = (MemoryFiles::new(), SourceMap::new());
        print_text(&files, &sources, Settings::default(), Path::new("/here"), text)
            .map(|printed| String::from_utf8_lossy(&printed).trim_end().to_owned())
            .map_err(|found| found[0].message.clone())
    });
    printed.expect("a thread can be started")
}

#[track_caller]
fn check(cases: &[(&str, Result<&str, &str>)]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, expected.map(str::to_owned).map_err(str::to_owned), print(text)))
        .filter(|(_, expected, found)| expected != found)
        .collect();
    assert!(wrong.is_empty(), "expression, expected, found: {wrong:#?}");
}

#[test]
fn the_language_has_its_traps() {
    check(&[
        (
            r#"let B = builtins; in B.attrNames { b = 1; B = 2; a0 = 3; "a-b" = 4; "é" = 5; }"#,
            Ok(r#"[ "B" "a-b" "a0" "b" "é" ]"#),
        ),
        (r#"let B = builtins; in let e7 = 5; in [ 1e7 (B.typeOf (1.0/3)) ]"#, Ok(r#"[ 1 5 "path" ]"#)),
        (
            r#"let B = builtins; in [ 1.0e7 1.0e-5 123456789.123 2.0 (toString 0.1) (B.toJSON 1.0) (B.toJSON 1.0e-7) ]"#,
            Ok(r#"[ 1e+07 1e-05 1.23457e+08 2 "0.100000" "1.0" "1e-07" ]"#),
        ),
        (r#"[ ((-7) / 2) (1 == 1.0) (9007199254740993 == 9007199254740992.0) ]"#, Ok(r#"[ -3 true true ]"#)),
        (
            r#"let f = x: x; in [ (f == f) ([ f ] == [ f ]) ({ a = f; } == { a = f; }) ]"#,
            Ok(r#"[ false true true ]"#),
        ),
        (r#"let n = 1.0e308 * 10 - 1.0e308 * 10; in [ (n == n) ([ n ] == [ n ]) ]"#, Ok(r#"[ false true ]"#)),
        (r#"let d = { type = "derivation"; outPath = "/x"; }; in d == d // { a = throw "no"; }"#, Ok(r#"true"#)),
        (r#"let or = 1; in [ (x: x) or ]"#, Ok(r#"[ 1 ]"#)),
        (r#"{ a = null; }.a.b or "d""#, Ok(r#""d""#)),
        (r#"let B = builtins; in [ (B.typeOf (x:x)) (B.typeOf (x: x)) ]"#, Ok(r#"[ "string" "lambda" ]"#)),
        (
            r#"''
	  a
    b
  ''"#,
            Ok(r#""\t  a\n    b\n""#),
        ),
        (
            r#"''
    ${"  c\n  d"}
      e''"#,
            Ok(r#""  c\n  d\n  e""#),
        ),
        (r#"''x''$y''\t$${z} ''' ''"#, Ok(r#""x$y\t$\${z} '' ""#)),
        (
            r#"[ ({ a = throw "x"; } // { a = 1; }).a ({ a.b = 1; } // { a.c = 2; }) ]"#,
            Ok(r#"[ 1 { a = { c = 2; }; } ]"#),
        ),
        (r#"let x = 1; in with { x = 2; y = 2; }; with { y = 3; }; [ x y ]"#, Ok(r#"[ 1 3 ]"#)),
        (
            r#"[ (with { true = 5; }; true) (let true = 5; in true) (with throw "never"; 1) ]"#,
            Ok(r#"[ true 5 1 ]"#),
        ),
        (r#"let B = builtins; in B.attrNames { inherit (throw "a") x; }"#, Ok(r#"[ "x" ]"#)),
        (r#"let k = "x"; x = 0; in [ { ${null} = 1; } (rec { ${k} = 1; y = x; }).y ]"#, Ok(r#"[ { } 0 ]"#)),
        (r#"{ a.${"b"} = 1; a.c = 2; }"#, Ok(r#"{ a = { b = 1; c = 2; }; }"#)),
        (
            r#"{ a.b.c = 1; a.b = { d = 2; }; a = { b.e = 3; }; }"#,
            Ok(r#"{ a = { b = { c = 1; d = 2; e = 3; }; }; }"#),
        ),
        (r#"rec { a = rec { x = 1; }; a.y = x; x = 5; }"#, Ok(r#"{ a = { x = 1; y = 1; }; x = 5; }"#)),
        (
            r#"[ (rec { a = 1; b = a; __overrides.a = 2; }).b (let a = 1; __overrides.a = 2; in a) ]"#,
            Ok(r#"[ 2 1 ]"#),
        ),
        (r#"let __sub = a: b: 42; __lessThan = a: b: true; in [ (2 - 1) (-1) (2 < 1) ]"#, Ok(r#"[ 42 42 true ]"#)),
        (r#"({ a, b ? 1 }@s: s ? b) { a = 1; }"#, Ok(r#"false"#)),
        (
            r#"let B = builtins; in let f = { __functor = s: x: x + s.n; n = 10; }; in [ (map f [ 1 ]) (B.isFunction f) ]"#,
            Ok(r#"[ [ 11 ] false ]"#),
        ),
        (r#"[ (/a + "/b") (/a + "b") (/a + /b) (/a/b/../c) (/a < /b) ]"#, Ok(r#"[ /a/b /ab /a/b /a/c true ]"#)),
        (
            r#"[ (toString [ 1 [ 2 [ ] 3 ] ]) (toString true) (toString false) (toString null) ]"#,
            Ok(r#"[ "1 2 3" "1" "" "" ]"#),
        ),
        (
            r#"let B = builtins; in map (x: B.compareVersions x "2.3") [ "2.3pre1" "2.3.1" "2.3a" "2.3." "2.10" ]"#,
            Ok(r#"[ -1 1 1 0 1 ]"#),
        ),
        (
            r#"let B = builtins; in [ (B.match "(.)" "é") (B.match "a.c" "a\nc") (B.match "(x)?y" "y") ]"#,
            Ok(r#"[ null [ ] [ null ] ]"#),
        ),
        (
            r#"let B = builtins; in [ (B.match "(a+?)(a*)" "aaa") (B.match "[a\\-z]" "\\") ]"#,
            Ok(r#"[ [ "aaa" "" ] [ ] ]"#),
        ),
        (
            r#"let B = builtins; in let t = B.tryEval (B.sort (a: b: true) [ (throw "e") ]); in [ (B.sort (a: b: true) [ 1 2 3 ]) t.success ]"#,
            Ok(r#"[ [ 3 2 1 ] false ]"#),
        ),
        (
            r#"let B = builtins; in map (x: x.success) [ (B.tryEval (throw "x")) (B.tryEval (assert false; 1)) (B.tryEval <no-such>) (B.tryEval [ (throw "x") ]) ]"#,
            Ok(r#"[ false false false true ]"#),
        ),
        (
            r#"let B = builtins; in [ (B.fromJSON ''{"a":1,"a":2}'').a (B.typeOf (B.fromJSON "1e2")) ]"#,
            Ok(r#"[ 2 "float" ]"#),
        ),
        (
            r#"let B = builtins; in let c = B.appendContext "a" { "/nix/store/000000000000000000000000000000000-x".path = true; }; in map B.hasContext ([ (B.substring 0 0 c) ] ++ B.match "(.)" c)"#,
            Ok(r#"[ true false ]"#),
        ),
        (
            r#"let B = builtins; in [ (B.listToAttrs [ { name = "a"; value = 1; } { name = "a"; value = 2; } ]) (B.intersectAttrs { a = 1; } { a = 2; }) ]"#,
            Ok(r#"[ { a = 1; } { a = 2; } ]"#),
        ),
        (r#"let x = { a = 1; }; in [ x x [ ] [ ] ]"#, Ok(r#"[ { a = 1; } «repeated» [ ] [ ] ]"#)),
    ]);
}

#[test]
fn errors_are_named_as_nix_names_them() {
    check(&[
        (r#"9223372036854775807 + 1"#, Err(r#"integer overflow in adding 9223372036854775807 + 1"#)),
        (r#"{ zb = throw "b"; za = 1; } == { za = 2; zb = throw "c"; }"#, Err(r#"b"#)),
        (r#"{ a.b = 1; a = rec { e = 4; f = e; }; }"#, Err(r#"undefined variable 'e'"#)),
        (r#"{ a = { b = 1; }; a = { b = 2; }; }"#, Err(r#"attribute 'a.b' already defined at «string»:1:9"#)),
        (r#""${1}""#, Err(r#"cannot coerce an integer to a string: 1"#)),
        (r#"let B = builtins; in B.match "\\d" "1""#, Err(r#"invalid regular expression '\d'"#)),
        (r#"let B = builtins; in B.tryEval { }.a"#, Err(r#"attribute 'a' missing"#)),
        (r#"let x = x + 1; in x"#, Err(r#"infinite recursion encountered"#)),
        (
            r#"let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 10100"#,
            Err(r#"stack overflow; max-call-depth exceeded"#),
        ),
        (r#"let B = builtins; in B.toJSON /no/such"#, Err(r#"path '/no/such' does not exist"#)),
        (r#"true && 1"#, Err(r#"expected a Boolean but found an integer: 1"#)),
    ]);
}

#[test]
#[cfg_attr(miri, ignore = "too much work for Miri")]
fn hostile_input_ends_in_an_error() {
    let deep = 110_000;
    for text in ["[", "(", "{ a = ", "-", "!", "x: ", "\"${", "a ++ ", "if 1 then 1 else ", "with a; ", "a.b or "] {
        assert_eq!(print(&text.repeat(deep)), Err(String::from("the text is nested too deeply")), "{text}");
    }
    assert_eq!(print(&("1".to_owned() + &"+1".repeat(50_000))), Ok(String::from("50001")));
    let calls = Err("stack overflow; max-call-depth exceeded");
    check(&[
        ("let x = x; in x", Err("infinite recursion encountered")),
        ("let x = { a = x; }; in builtins.toJSON x", calls),
        ("let x = { __functor = x; }; in x 1", calls),
        ("let f = { __functor = s: f; }; in f 1 2 3", calls),
        ("let x = { __toString = s: x; }; in \"${x}\"", calls),
        ("let x = [ x ]; y = [ y ]; in x == y", calls),
        ("let f = x: f (x + 1); in f 0", calls),
    ]);
}

#[test]
#[cfg_attr(miri, ignore = "too much work for Miri")]
fn limits_of_memory_and_time_are_errors() {
    let (files, sources) = (MemoryFiles::new(), SourceMap::new());
    let endless =
        "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }";
    let fails = |settings: Settings, text: &str| {
        let found = print_text(&files, &sources, settings, Path::new("/here"), text);
        found.expect_err("it must end").remove(0).message
    };
    let small = Settings { most_memory: 1 << 20, ..Settings::default() };
    let doubling = "builtins.foldl' (s: x: s + s) \"abcdefgh\" (builtins.genList (x: x) 30)";
    assert_eq!(fails(small.clone(), endless), "out of memory; the evaluation may use 1 MiB");
    assert_eq!(fails(small, doubling), "out of memory; the evaluation may use 1 MiB");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let stopped = Settings { stop: Some(stop), ..Settings::default() };
    assert_eq!(fails(stopped, endless), "out of time; the evaluation takes too long");
}
