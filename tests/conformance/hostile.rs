//! Input that tries to crash, hang or exhaust the machine: each ends in a diagnostic within 2 seconds and 512 MB.
//!
//! The limits hold for optimised builds, which users have (`make conformance`).

use std::io::{Read as _, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4 as _;

/// The maximal processor time.
const MOST_TIME: Duration = Duration::from_secs(2);
/// The maximal resident set.
const MOST_MEMORY: u64 = 512_000_000;

/// The maximal address space in bytes, which protects other processes from one that takes all memory. Much of it is reserved
/// for the stack.
const MOST_MAPPED: u64 = 4 << 30;
/// The maximal size of standard error in bytes.
const MOST_WORDS: usize = 20_000;

/// A text, generated piece by piece: a child's peak memory, as the kernel reports it, starts with that of its parent.
enum Text {
    Repeat(&'static str, usize),
    /// Nested a million times.
    Nest(&'static str, &'static str, &'static str),
    Plain(String),
}

impl Text {
    fn write(&self, mut to: impl Write) -> std::io::Result<()> {
        const MILLION: usize = 1_000_000;
        let mut repeat = |text: &str, count: usize| {
            let at_once = count.min(1000);
            let chunk = text.repeat(at_once);
            (0..count / at_once).try_for_each(|_| to.write_all(chunk.as_bytes()))?;
            to.write_all(text.repeat(count % at_once).as_bytes())
        };
        match self {
            Self::Repeat(text, count) => repeat(text, *count),
            Self::Nest(open, middle, close) => {
                repeat(open, MILLION)?;
                repeat(middle, 1)?;
                repeat(close, MILLION)
            }
            Self::Plain(text) => repeat(text, 1),
        }
    }
}

/// Evaluates a text as a file, and returns what is wrong with how it ended.
fn run(name: &str, text: &Text, arguments: &[&str]) -> Option<String> {
    let file = tempfile::NamedTempFile::with_suffix(".nix").expect("a temporary file");
    text.write(file.as_file()).expect("written");
    let mut child = Command::new("prlimit")
        .arg(format!("--as={MOST_MAPPED}"))
        .args(["timeout", "60", env!("CARGO_BIN_EXE_container-rebuild"), "eval", "--file"])
        .arg(file.path())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("prlimit(1) can be run");
    let mut stderr = Vec::new();
    let mut words = child.stderr.take().expect("it was piped");
    words.by_ref().take(MOST_WORDS as u64 + 1).read_to_end(&mut stderr).expect("it can be read");
    std::io::copy(&mut words, &mut std::io::sink()).expect("it can be read");
    let end = child.wait4().expect("a child of this process");
    let stderr = String::from_utf8_lossy(&stderr);
    let (time, memory) = (end.rusage.utime + end.rusage.stime, end.rusage.maxrss);
    let excerpt: String = stderr.chars().take(160).collect();
    println!("{name}: {time:.2?}, {} MB: {}", memory / 1_000_000, excerpt.lines().next().unwrap_or_default());
    let mut wrong = Vec::new();
    if end.status.code() != Some(1) {
        wrong.push(format!("ended with {}", end.status));
    }
    if !stderr.contains("error[") || stderr.contains("panicked") {
        wrong.push(format!("said {excerpt:?}"));
    }
    if stderr.len() > MOST_WORDS {
        wrong.push(String::from("said too much"));
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
    #[rustfmt::skip]
    let texts: Vec<(&str, Text)> = vec![
        // Deep nesting.
        ("10 MB of [", Text::Repeat("[", 10 << 20)),
        ("10 MB of (", Text::Repeat("(", 10 << 20)),
        ("10 MB of {", Text::Repeat("{", 10 << 20)),
        ("10 MB of {a=", Text::Repeat("{a=", 3 << 20)),
        ("10 MB of -", Text::Repeat("-", 10 << 20)),
        ("10 MB of !", Text::Repeat("!", 10 << 20)),
        ("10 MB of x: ", Text::Repeat("x: ", 3 << 20)),
        ("10 MB of \"${", Text::Repeat("\"${", 3 << 20)),
        ("10 MB of ''${", Text::Repeat("''${", 3 << 20)),
        ("10 MB of let", Text::Repeat("let ", 3 << 20)),
        ("10 MB of if", Text::Repeat("if ", 3 << 20)),
        ("10 MB of 1+", Text::Repeat("1+", 5 << 20)),
        ("10 MB of a.", Text::Repeat("a.", 5 << 20)),
        ("10 MB of a:b", Text::Repeat("a b ", 2 << 20)),
        ("10 MB of with", Text::Repeat("with a;", 1 << 20)),
        ("10 MB of ++", Text::Repeat("[]++", 2 << 20)),
        ("10 MB of null bytes", Text::Repeat("\0", 10 << 20)),
        ("10 MB of quotes", Text::Repeat("'", (10 << 20) + 1)),
        ("10 MB of /*", Text::Repeat("/*", 5 << 20)),
        ("10 MB of one name", Text::Repeat("a", 10 << 20)),
        ("10 MB of digits", Text::Repeat("9", 10 << 20)),
        ("lists, a million deep", Text::Nest("[", "", "]")),
        ("parentheses, a million deep", Text::Nest("(", "x", ")")),
        ("sets, a million deep", Text::Nest("{a=", "x", ";}")),
        ("strings, a million deep", Text::Nest("\"${", "x", "}\"")),
        ("functions, a million deep", Text::Plain(format!("({} 1) 1", "x:".repeat(million)))),
        ("a sum of a million", Text::Plain(format!("1{} + throw \"end\"", " + 1".repeat(million)))),
        ("a list added up a million times", Text::Plain(format!("[ ]{}.a", " ++ [ ]".repeat(million)))),
        ("lets, a million deep", Text::Plain(format!("{} y", "let x=1;in ".repeat(million)))),
        ("attribute path, a million long", Text::Plain(format!("{{ a{} = 1; }}.b", ".a".repeat(million)))),
        ("attribute twice in a million", Text::Plain(format!("{{ {} a=1; a=2; }}", "a.b={};".repeat(10_000)))),
        // Cyclic values.
        ("a name that is itself", Text::Plain("let x = x; in x".into())),
        ("toJSON of a circle", Text::Plain("let x = { a = x; }; in builtins.toJSON x".into())),
        ("toXML of a circle", Text::Plain("let x = { a = x; }; in builtins.toXML x".into())),
        ("toString of a circle", Text::Plain("let x = [ x ]; in toString x".into())),
        ("equality of circles", Text::Plain("let x = { a = x; }; y = { a = y; }; in x == y".into())),
        ("order of circles", Text::Plain("let x = [ x ]; y = [ y ]; in x < y".into())),
        ("functor of a functor", Text::Plain("let f = { __functor = f; }; in f 1".into())),
        ("__toString of a circle", Text::Plain("let x = { __toString = _: x; }; in \"${x}\"".into())),
        ("outPath of a circle", Text::Plain("let x = { outPath = x; }; in \"${x}\"".into())),
        ("an endless call", Text::Plain("let f = x: f (x + 1); in f 0".into())),
        ("two endless calls", Text::Plain("let f = x: g x; g = x: f x; in f 0".into())),
        ("an endless set", Text::Plain("let f = n: { a = f (n + 1); }; in f 0".into())),
        ("an endless list", Text::Plain("let f = n: [ n (f (n + 1)) ]; in f 0".into())),
        ("an endless set as JSON", Text::Plain("let f = n: { a = f (n + 1); }; in builtins.toJSON (f 0)".into())),
        ("a long chain of sums", Text::Plain("let l = builtins.genList (i: i) 1000000; in (builtins.foldl' (a: b: { v = a.v + b; w = throw a.v; }) { v = 0; } l).w".into())),
        ("an endless closure", Text::Plain("builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; })".into())),
        ("an import of itself", Text::Plain("import ./.".into())),
        ("an endless sort", Text::Plain("builtins.sort (a: b: builtins.sort (c: d: true) [ a b ] == throw \"end\") (builtins.genList (i: i) 1000)".into())),
        // Unbounded growth.
        ("a huge genList", Text::Plain("builtins.length (builtins.genList (i: i) 9000000000)".into())),
        ("a large genList of lists", Text::Plain("builtins.deepSeq (builtins.genList (i: builtins.genList (j: j) 1000000) 1000000) 1".into())),
        ("doubled strings", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) (s + s); in builtins.stringLength (f 60 \"x\")".into())),
        ("doubled interpolation", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) \"${s}${s}\"; in builtins.stringLength (f 60 \"x\")".into())),
        ("doubled lists", Text::Plain("let f = n: l: if n == 0 then l else f (n - 1) (l ++ l); in builtins.length (f 60 [ 1 ])".into())),
        ("doubled concatLists", Text::Plain("let f = n: l: if n == 0 then l else f (n - 1) (builtins.concatLists [ l l ]); in builtins.length (f 60 [ 1 ])".into())),
        ("doubled replaceStrings", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) (builtins.replaceStrings [ \"x\" ] [ \"xx\" ] s); in f 60 \"x\"".into())),
        ("replaceStrings of nothing", Text::Plain("let big = builtins.concatStringsSep \"x\" (builtins.genList toString 100000); in builtins.stringLength (builtins.replaceStrings [ \"\" ] [ big ] big)".into())),
        ("doubled concatStringsSep", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) (builtins.concatStringsSep s [ \"\" s \"\" ]); in builtins.stringLength (f 60 \"x\")".into())),
        ("toJSON of doubled sets", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) { a = s; b = s; }; in builtins.stringLength (builtins.toJSON (f 40 1))".into())),
        ("toXML of doubled sets", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) { a = s; b = s; }; in builtins.stringLength (builtins.toXML (f 40 1))".into())),
        ("toString of doubled lists", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) [ s s ]; in builtins.stringLength (toString (f 40 \"x\"))".into())),
        ("equality of doubled sets", Text::Plain("let f = n: s: if n == 0 then s else f (n - 1) { a = s; b = s; }; in f 40 1 == f 40 1.0 && throw \"end\"".into())),
        ("growing sets", Text::Plain("let f = n: s: f (n + 1) (s // { \"a${toString n}\" = n; }); in f 0 { }".into())),
        ("errors that are caught", Text::Plain("builtins.length (builtins.filter (i: (builtins.tryEval (throw (toString i))).success) (builtins.genList (i: i) 3000000)) == throw \"end\"".into())),
        ("sets that nest, printed", Text::Plain("builtins.foldl' (a: _: { inherit a; }) 1 (builtins.genList (i: i) 1000000)".into())),
        ("lists that nest, as XML", Text::Plain("builtins.toXML (builtins.foldl' (a: _: [ a ]) 1 (builtins.genList (i: i) 1000000))".into())),
        ("lists that nest, compared", Text::Plain("let f = x: builtins.foldl' (a: _: [ a ]) x (builtins.genList (i: i) 1000000); in f 1 == f 2".into())),
        ("sets that nest, deepSeq", Text::Plain("builtins.deepSeq (builtins.foldl' (a: _: { inherit a; }) 1 (builtins.genList (i: i) 1000000)) 1".into())),
        ("a deep chain of //", Text::Plain("builtins.attrNames (builtins.foldl' (a: i: a // { \"k${toString (i - i / 9 * 9)}\" = i; }) { } (builtins.genList (i: i) 200000)) == throw \"end\"".into())),
        ("a comparator that lies", Text::Plain("builtins.length (builtins.sort (a: b: true) (builtins.genList (i: i) 200000)) == throw \"end\"".into())),
        ("map of map of map", Text::Plain("let f = n: map (x: if n == 0 then throw \"end\" else builtins.head (f (n - 1))) [ 1 ]; in f 1000000".into())),
        ("concatMap that grows", Text::Plain("let f = n: l: if n == 0 then l else f (n - 1) (builtins.concatMap (x: [ x x ]) l); in builtins.length (f 60 [ 1 ])".into())),
        // Regular expressions.
        ("a regular expression (a*)*b", Text::Plain("builtins.match \"(a*)*b\" (builtins.concatStringsSep \"a\" (builtins.genList (_: \"\") 5000)) || true".into())),
        ("a regular expression (a|a)*b", Text::Plain("builtins.match \"(a|a)*b\" (builtins.concatStringsSep \"a\" (builtins.genList (_: \"\") 5000)) || true".into())),
        ("a regular expression with huge counts", Text::Plain("builtins.match \"((a{1,100}){1,100}){1,100}\" \"a\"".into())),
        ("a regular expression of 1 MB", Text::Plain("builtins.match (builtins.concatStringsSep \"(\" (builtins.genList (_: \"\") 1000000)) \"a\"".into())),
        ("split (x+x+)+y", Text::Plain("builtins.split \"(x+x+)+y\" (builtins.concatStringsSep \"x\" (builtins.genList (_: \"\") 3000)) || true".into())),
        ("split by nested alternatives", Text::Plain("builtins.split \"((a|b|ab)*|c)*d\" (builtins.concatStringsSep \"ab\" (builtins.genList (_: \"\") 3000)) || true".into())),
        // Data formats.
        ("JSON, a million deep", Text::Plain("builtins.fromJSON (builtins.concatStringsSep \"[\" (builtins.genList (_: \"\") 1000000))".into())),
        ("TOML, a hundred thousand deep", Text::Plain("builtins.fromTOML (\"a=\" + builtins.concatStringsSep \"[\" (builtins.genList (_: \"\") 100000))".into())),
        ("a version of 1 MB", Text::Plain("builtins.compareVersions (builtins.concatStringsSep \"1.\" (builtins.genList (_: \"\") 500000)) \"1\" || true".into())),
    ];
    let wrong: Vec<String> = texts
        .iter()
        .filter_map(|(name, text)| run(name, text, &["--max-memory", "400", "--max-time", "1"]))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}
