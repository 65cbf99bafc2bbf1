//! Messages of failed evaluations: one of each class of errors, with its location, callers and help.

use insta::assert_snapshot;

use crate::program::Directory;

/// Everything that is printed, except the exit code, which is always 1.
fn said_of(files: &[(&str, &str)], arguments: &[&str]) -> String {
    let directory = Directory::with(files);
    let said = directory.run(arguments);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said}");
    assert!(said.err.lines().next().is_some_and(|line| line.contains("error[")), "{said}");
    said.err
}

fn said(text: &str) -> String {
    said_of(&[("e.nix", text)], &["eval", "--file", "e.nix"])
}

/// One snapshot for several errors of a class: each text and its message.
fn class(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("{}\n----\n{}\n", text.trim_end(), said(text))).collect()
}

#[test]
fn names() {
    assert_snapshot!(class(&[
        "let enable = true; in enabel",
        "{ apple.core = 1; }.apple.cork",
        "({ enable ? true, ... }: enable) { }.enabel",
        "let f = { enable ? true }: enable; in f { enabel = false; }",
        "let f = { host, port }: host; in f { host = \"a\"; }",
        "with { a = 1; }; b",
        "{ a.b = 1;\n  a = { b = 2; }; }",
        "let k = \"a\"; in {\n  ${k} = 1;\n  a = 2;\n}",
        "builtins.getAttr \"aple\" { apple = 1; }",
        "({ a, a }: a) { a = 1; }",
    ]));
}

#[test]
fn types() {
    assert_snapshot!(class(&[
        "1 + \"a\"",
        "\"port ${8080}\"",
        "[ 1 ] ++ { a = 1; }",
        "if \"yes\" then 1 else 2",
        "1 2",
        "{ a = 1; } < { a = 2; }",
        "builtins.length { }",
        "map (x: x) 1",
        "let s = { a = 1; }; in s.a.b",
        "assert 1; 2",
    ]));
}

#[test]
fn values() {
    assert_snapshot!(class(&[
        "1 / 0",
        "9223372036854775807 + 1",
        "builtins.elemAt [ 1 2 ] 5",
        "builtins.head [ ]",
        "builtins.fromJSON \"[ 1, \"",
        "builtins.fromTOML \"a = \"",
        "builtins.match \"(\" \"a\"",
        "builtins.substring (-1) 1 \"a\"",
        "builtins.hashString \"sha3\" \"\"",
        "derivation { name = \"n\"; system = \"s\"; }",
        "builtins.toJSON { a.b = x: x; }",
    ]));
}

#[test]
fn assertions_and_throws() {
    assert_snapshot!(class(&[
        "assert 1 < 0; 1",
        "assert { a = [ 1 2 ]; } == { a = [ 1 3 ]; }; 1",
        "throw \"the disk is full\"",
        "throw \"first line\nsecond line\n  third line\n\"",
        "abort \"no way\"",
        "let s = { a = throw \"deep\"; }; in { b = s.a; }",
    ]));
}

#[test]
fn circles() {
    assert_snapshot!(class(&[
        "let x = x; in x",
        "rec { a = b; b = c; c = a; }",
        "let f = x: f (x + 1); in f 0",
        "let s = { a = s; }; in builtins.toJSON s",
    ]));
}

#[test]
fn syntax() {
    assert_snapshot!(class(&[
        "{ a = 1 }",
        "[ 1 2",
        "\"abc",
        "''abc",
        "{ a = 1; b = ; }",
        "let a = 1; a",
        "1 + + 2",
        "if true then 1",
        "{ inherit a.b; }",
        "a: b: ",
        "1 |> 2",
    ]));
}

#[test]
fn files() {
    let files = [("e.nix", "import ./lib.nix 1"), ("lib.nix", "x:\nx + 1\n+ missing"), ("broken.nix", "{ a = ")];
    let of = |expression: &str| said_of(&files, &["eval", "--expr", expression]);
    let all = [
        "import ./none.nix",
        "import ./e.nix",
        "import ./broken.nix",
        "<nowhere>",
        "builtins.readFile ./none",
        "builtins.readDir ./e.nix",
        "\"${./none}\"",
        "import 1",
    ];
    assert_snapshot!(all.iter().map(|text| format!("{text}\n----\n{}\n", of(text))).collect::<String>());
}

/// A call into another file, with a message of the user's.
#[test]
fn callers_are_named_innermost_first() {
    let files = [
        ("e.nix", "let lib = import ./lib.nix;\nin lib.describe { name = \"web\"; }\n"),
        (
            "lib.nix",
            "let\n  check = c: if c ? port then c else throw \"container '${c.name}' has no port\";\nin {\n  describe = c:\n    \
             builtins.addErrorContext \"while looking at the container '${c.name}':\" (check c).port;\n}\n",
        ),
    ];
    assert_snapshot!(said_of(&files, &["eval", "--file", "e.nix"]));
}

#[test]
fn many_callers_are_counted_unless_all_are_asked_for() {
    let even = "let\n  even = n: if n == 0 then throw \"zero\" else !(odd (n - 1));\n  odd = n: !(even (n - 1));\nin even 8\n";
    let files = [("e.nix", even)];
    assert_snapshot!("some", said_of(&files, &["eval", "--file", "e.nix"]));
    assert_snapshot!("all", said_of(&files, &["eval", "-v", "--file", "e.nix"]));
    assert_snapshot!("the_same_one", said("let f = n: if n == 0 then throw \"zero\" else 1 + f (n - 1); in f 100"));
}

/// A caught error has the callers of its origin, not those of everyone who encountered it.
#[test]
fn what_was_caught_before_has_no_new_callers() {
    let text = "let\n  bad = throw \"bad\";\n  try = x: builtins.tryEval x;\nin [ (try bad) (try bad) bad ]\n";
    assert_snapshot!(said(text));
}

#[test]
fn attribute_paths_of_the_command_line() {
    let files = [("e.nix", "{ a.b = { c, d ? 1 }: c + d; l = [ 1 2 ]; }")];
    let of = |arguments: &[&str]| said_of(&files, &[&["eval", "--file", "e.nix"], arguments].concat());
    let all: [&[&str]; 6] = [
        &["-A", "a.x"],
        &["-A", "a.b.c"],
        &["-A", "l.7"],
        &["-A", "a.\"b"],
        &["-A", "a.b", "--argstr", "d", "x"],
        &["-A", "a.b", "--arg", "c", "{ }"],
    ];
    assert_snapshot!(
        all.iter()
            .map(|arguments| format!("{}\n----\n{}\n", arguments.join(" "), of(arguments)))
            .collect::<String>()
    );
}
