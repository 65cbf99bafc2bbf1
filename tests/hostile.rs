//! Input that wants to crash, hang or fill the machine: each ends in a diagnostic, within 2 seconds and 512 MB.
//!
//! In an optimised build, as users have it (`make conformance`).

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4 as _;

/// The most processor time.
const MOST_TIME: Duration = Duration::from_secs(2);
/// The largest resident set.
const MOST_MEMORY: u64 = 512_000_000;

/// Evaluates a text as a file; gives the exit code, standard error, and what is wrong with the end it came to.
fn run(name: &str, text: &str, arguments: &[&str]) -> Option<String> {
    let mut file = tempfile::NamedTempFile::with_suffix(".nix").expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    let mut child = Command::new("timeout")
        .args(["60", env!("CARGO_BIN_EXE_container-rebuild"), "eval", "--file"])
        .arg(file.path())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("timeout(1) can be run");
    let mut stderr = Vec::new();
    child.stderr.take().expect("it was piped").read_to_end(&mut stderr).expect("it can be read");
    let end = child.wait4().expect("a child of this process");
    let stderr = String::from_utf8_lossy(&stderr);
    let (time, memory) = (end.rusage.utime + end.rusage.stime, end.rusage.maxrss);
    let excerpt: String = stderr.chars().take(160).collect();
    println!("{name}: {time:.2?}, {} MB: {}", memory / 1_000_000, excerpt.lines().next().unwrap_or_default());
    let mut wrong = Vec::new();
    if end.status.code() != Some(1) {
        wrong.push(format!("ended with {}", end.status));
    }
    if !stderr.contains(": error[") || stderr.contains("panicked") {
        wrong.push(format!("said {excerpt:?}"));
    }
    if stderr.len() > 100_000 {
        wrong.push(format!("said {} bytes", stderr.len()));
    }
    if time > MOST_TIME {
        wrong.push(format!("took {time:.2?}"));
    }
    if memory > MOST_MEMORY {
        wrong.push(format!("took {} MB", memory / 1_000_000));
    }
    (!wrong.is_empty()).then(|| format!("{name}: {}", wrong.join(", ")))
}

#[test]
#[ignore = "in an optimised build: `make conformance`"]
fn hostile_input_ends_in_a_diagnostic() {
    let million = 1_000_000;
    let repeated = |text: &str, count: usize| text.repeat(count);
    let nested = |open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(million), close.repeat(million))
    };
    #[rustfmt::skip]
    let texts: Vec<(&str, String)> = vec![
        // Texts that nest.
        ("10 MB of [", repeated("[", 10 << 20)),
        ("10 MB of (", repeated("(", 10 << 20)),
        ("10 MB of {", repeated("{", 10 << 20)),
        ("10 MB of {a=", repeated("{a=", 3 << 20)),
        ("10 MB of -", repeated("-", 10 << 20)),
        ("10 MB of !", repeated("!", 10 << 20)),
        ("10 MB of x:", repeated("x:", 5 << 20)),
        ("10 MB of \"${", repeated("\"${", 3 << 20)),
        ("10 MB of ''${", repeated("''${", 3 << 20)),
        ("10 MB of let", repeated("let ", 3 << 20)),
        ("10 MB of if", repeated("if ", 3 << 20)),
        ("10 MB of 1+", repeated("1+", 5 << 20)),
        ("10 MB of a.", repeated("a.", 5 << 20)),
        ("10 MB of a:b", repeated("a b ", 2 << 20)),
        ("10 MB of with", repeated("with a;", 1 << 20)),
        ("10 MB of ++", repeated("[]++", 2 << 20)),
        ("10 MB of null bytes", repeated("\0", 10 << 20)),
        ("10 MB of quotes", repeated("'", 10 << 20)),
        ("10 MB of /*", repeated("/*", 5 << 20)),
        ("10 MB of one name", repeated("a", 10 << 20)),
        ("10 MB of digits", repeated("9", 10 << 20)),
        ("lists, a million deep", nested("[", "", "]")),
        ("parentheses, a million deep", nested("(", "x", ")")),
        ("sets, a million deep", nested("{a=", "x", ";}")),
        ("strings, a million deep", nested("\"${", "x", "}\"")),
        ("functions, a million deep", format!("({} 1) 1", repeated("x:", million))),
        ("lets, a million deep", format!("{} y", repeated("let x=1;in ", million))),
        ("attribute path, a million long", format!("{{ a{} = 1; }}.b", repeated(".a", million))),
        ("attribute twice in a million", format!("{{ {} a=1; a=2; }}", repeated("a.b={};", 10_000))),
        // Values that are circles.
        ("a name that is itself", String::from("let x = x; in x")),
        ("toJSON of a circle", String::from("let x = { a = x; }; in builtins.toJSON x")),
        ("toXML of a circle", String::from("let x = { a = x; }; in builtins.toXML x")),
        ("toString of a circle", String::from("let x = [ x ]; in toString x")),
        ("equality of circles", String::from("let x = { a = x; }; y = { a = y; }; in x == y")),
        ("order of circles", String::from("let x = [ x ]; y = [ y ]; in x < y")),
        ("functor of a functor", String::from("let f = { __functor = f; }; in f 1")),
        ("__toString of a circle", String::from("let x = { __toString = _: x; }; in \"${x}\"")),
        ("outPath of a circle", String::from("let x = { outPath = x; }; in \"${x}\"")),
        ("an endless call", String::from("let f = x: f (x + 1); in f 0")),
        ("two endless calls", String::from("let f = x: g x; g = x: f x; in f 0")),
        ("an endless set", String::from("let f = n: { a = f (n + 1); }; in f 0")),
        ("an endless list", String::from("let f = n: [ n (f (n + 1)) ]; in f 0")),
        ("an endless set as JSON", String::from("let f = n: { a = f (n + 1); }; in builtins.toJSON (f 0)")),
        ("a long chain of sums", String::from("let l = builtins.genList (i: i) 1000000; in (builtins.foldl' (a: b: { v = a.v + b; w = throw a.v; }) { v = 0; } l).w")),
        ("an endless closure", String::from("builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; })")),
        ("an import of itself", String::from("import ./.")),
        ("an endless sort", String::from("builtins.sort (a: b: builtins.sort (c: d: true) [ a b ] == throw \"end\") (builtins.genList (i: i) 1000)")),
        // Things that grow.
        ("a huge genList", String::from("builtins.length (builtins.genList (i: i) 9000000000)")),
        ("a large genList of lists", String::from("builtins.deepSeq (builtins.genList (i: builtins.genList (j: j) 1000000) 1000000) 1")),
        ("doubled strings", String::from("let f = n: s: if n == 0 then s else f (n - 1) (s + s); in builtins.stringLength (f 60 \"x\")")),
        ("doubled interpolation", String::from("let f = n: s: if n == 0 then s else f (n - 1) \"${s}${s}\"; in builtins.stringLength (f 60 \"x\")")),
        ("doubled lists", String::from("let f = n: l: if n == 0 then l else f (n - 1) (l ++ l); in builtins.length (f 60 [ 1 ])")),
        ("doubled concatLists", String::from("let f = n: l: if n == 0 then l else f (n - 1) (builtins.concatLists [ l l ]); in builtins.length (f 60 [ 1 ])")),
        ("doubled replaceStrings", String::from("let f = n: s: if n == 0 then s else f (n - 1) (builtins.replaceStrings [ \"x\" ] [ \"xx\" ] s); in f 60 \"x\"")),
        ("replaceStrings of nothing", String::from("let big = builtins.concatStringsSep \"x\" (builtins.genList toString 100000); in builtins.stringLength (builtins.replaceStrings [ \"\" ] [ big ] big)")),
        ("doubled concatStringsSep", String::from("let f = n: s: if n == 0 then s else f (n - 1) (builtins.concatStringsSep s [ \"\" s \"\" ]); in builtins.stringLength (f 60 \"x\")")),
        ("toJSON of doubled sets", String::from("let f = n: s: if n == 0 then s else f (n - 1) { a = s; b = s; }; in builtins.stringLength (builtins.toJSON (f 40 1))")),
        ("toXML of doubled sets", String::from("let f = n: s: if n == 0 then s else f (n - 1) { a = s; b = s; }; in builtins.stringLength (builtins.toXML (f 40 1))")),
        ("toString of doubled lists", String::from("let f = n: s: if n == 0 then s else f (n - 1) [ s s ]; in builtins.stringLength (toString (f 40 \"x\"))")),
        ("equality of doubled sets", String::from("let f = n: s: if n == 0 then s else f (n - 1) { a = s; b = s; }; in f 40 1 == f 40 1.0 && throw \"end\"")),
        ("growing sets", String::from("let f = n: s: f (n + 1) (s // { \"a${toString n}\" = n; }); in f 0 { }")),
        ("concatMap that grows", String::from("let f = n: l: if n == 0 then l else f (n - 1) (builtins.concatMap (x: [ x x ]) l); in builtins.length (f 60 [ 1 ])")),
        // Regular expressions.
        ("a regular expression (a*)*b", String::from("builtins.match \"(a*)*b\" (builtins.concatStringsSep \"a\" (builtins.genList (_: \"\") 5000)) || true")),
        ("a regular expression (a|a)*b", String::from("builtins.match \"(a|a)*b\" (builtins.concatStringsSep \"a\" (builtins.genList (_: \"\") 5000)) || true")),
        ("a regular expression with huge counts", String::from("builtins.match \"((a{1,100}){1,100}){1,100}\" \"a\"")),
        ("a regular expression of 1 MB", String::from("builtins.match (builtins.concatStringsSep \"(\" (builtins.genList (_: \"\") 1000000)) \"a\"")),
        ("split (x+x+)+y", String::from("builtins.split \"(x+x+)+y\" (builtins.concatStringsSep \"x\" (builtins.genList (_: \"\") 3000)) || true")),
        ("split by nested alternatives", String::from("builtins.split \"((a|b|ab)*|c)*d\" (builtins.concatStringsSep \"ab\" (builtins.genList (_: \"\") 3000)) || true")),
        // Data.
        ("JSON, a million deep", String::from("builtins.fromJSON (builtins.concatStringsSep \"[\" (builtins.genList (_: \"\") 1000000))")),
        ("TOML, a hundred thousand deep", String::from("builtins.fromTOML (\"a=\" + builtins.concatStringsSep \"[\" (builtins.genList (_: \"\") 100000))")),
        ("a version of 1 MB", String::from("builtins.compareVersions (builtins.concatStringsSep \"1.\" (builtins.genList (_: \"\") 500000)) \"1\" || true")),
    ];
    let wrong: Vec<String> =
        texts.iter().filter_map(|(name, text)| run(name, text, &["--max-memory", "400"])).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}
