//! Compares generated expressions in our evaluator and in real Nix.
//!
//! `DIFFERENTIAL_CASES` sets their number (2000), `DIFFERENTIAL_SEED` the seed (1). If the results differ, the expression is
//! shrunk and becomes a case of `nix-fixtures/lang`, with Nix's result.

mod generator;
mod tree;
mod values;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::compare::{MOUNT, Outcome, evaluate_expression, message_of};
use crate::reference::{Mount, Reference};
use generator::Generator;
use tree::Tree;

/// The maximal number of expressions for one process of Nix.
const BATCH: usize = 100;
/// Printed between two values, because a printed path may span several lines.
const BETWEEN: &str = "\"between two values\"";
/// The nesting depth of each value.
const NESTING: usize = 4;
/// The maximal number of differences to shrink and keep; more of them seldom say more.
const MOST_KEPT: usize = 12;
/// Every construct of the language, as the generator names it.
const CONSTRUCTS: [&str; 55] = [
    "addition",
    "and",
    "assert",
    "attribute path",
    "call",
    "concatenation",
    "concatenation of lists",
    "current position",
    "division",
    "dynamic name",
    "equal",
    "float",
    "function",
    "functor",
    "has",
    "if",
    "implication",
    "indented string",
    "inherit",
    "inherit from",
    "integer",
    "interpolation",
    "less",
    "less or equal",
    "let",
    "let body",
    "list",
    "more",
    "more or equal",
    "multiplication",
    "negation",
    "not",
    "not equal",
    "or",
    "out path",
    "overrides",
    "parentheses",
    "partial builtin",
    "path",
    "path to the store",
    "path with interpolation",
    "pattern",
    "pattern with ellipsis",
    "pattern with name",
    "pipe",
    "precedence",
    "rec",
    "recursion",
    "search path",
    "select",
    "select or",
    "set",
    "string",
    "subtraction",
    "update",
];
/// The remaining constructs.
const MORE_CONSTRUCTS: [&str; 4] = ["to string", "uri", "variable", "with"];

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/lang")
}

/// Nix's results. A process evaluates expressions until one fails; the next process continues after that one.
fn ask(reference: &Reference, directory: &Path, texts: &[String]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    while outcomes.len() < texts.len() {
        let rest = &texts[outcomes.len()..texts.len().min(outcomes.len() + BATCH)];
        let mut command = reference.nix_instantiate(directory);
        command.args(["--extra-experimental-features", "pipe-operators", "--eval", "--strict", "-I"]);
        command.arg(format!("fixtures={MOUNT}/files")).arg("--expr");
        command.args(rest.iter().flat_map(|text| [text, BETWEEN]));
        let output = command.output().expect("it was found");
        let printed = String::from_utf8_lossy(&output.stdout);
        let mut values: Vec<&str> = printed.split(&format!("{BETWEEN}\n")).collect();
        // The last separator is followed by nothing, and so is the failed expression.
        values.pop();
        outcomes.extend(values.iter().map(|value| Outcome::value(value.as_bytes())));
        if !output.status.success() {
            outcomes.push(Outcome::error(message_of(&String::from_utf8_lossy(&output.stderr))));
        }
    }
    outcomes
}

/// Nix's results, computed on all cores.
fn ask_in_parallel(reference: &Reference, directory: &Path, texts: &[String]) -> Vec<Outcome> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = texts.len().div_ceil(workers).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            texts.chunks(share).map(|texts| scope.spawn(move || ask(reference, directory, texts))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic in a worker")).collect()
    })
}

/// Our results, computed on all cores.
fn evaluate_in_parallel(directory: &Path, texts: &[String]) -> Vec<Outcome> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = texts.len().div_ceil(workers).max(1);
    let evaluate =
        |texts: &[String]| texts.iter().map(|text| evaluate_expression(directory, text)).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let threads: Vec<_> = texts.chunks(share).map(|texts| scope.spawn(move || evaluate(texts))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic in a worker")).collect()
    })
}

/// Shrinks a tree while the two evaluators still differ on it.
fn shrink(reference: &Reference, directory: &Path, mut tree: Tree) -> Tree {
    loop {
        let candidates = tree.smaller();
        let found = candidates.chunks(BATCH / 4).find_map(|candidates| {
            let texts: Vec<String> = candidates.iter().map(Tree::text).collect();
            let theirs = ask_in_parallel(reference, directory, &texts);
            let ours = evaluate_in_parallel(&fixtures(), &texts);
            let index = theirs.iter().zip(&ours).position(|(theirs, ours)| theirs != ours)?;
            // Check it alone too: earlier expressions in the same process must not matter.
            let alone = ask(reference, directory, &texts[index..=index]);
            (alone[0] != ours[index]).then(|| candidates[index].clone())
        });
        match found {
            Some(smaller) => tree = smaller,
            None => return tree,
        }
    }
}

/// The nesting depth of brackets in a printed value.
fn nesting(printed: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for c in printed.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// All builtins that Nix lists.
fn builtins() -> Vec<String> {
    let listed = std::fs::read_to_string(fixtures().join("builtin-builtins-names.exp")).expect("Nix listed them");
    listed.split('"').skip(1).step_by(2).map(|name| format!("builtins.{name}")).collect()
}

#[test]
fn the_generator_covers_every_construct_and_builtin() {
    let mut counts = BTreeMap::new();
    for seed in 0..4000 {
        Generator::new(seed).case(NESTING).count(&mut counts);
    }
    let wanted = CONSTRUCTS.iter().chain(&MORE_CONSTRUCTS).map(|&name| name.to_owned()).chain(builtins());
    let missing: Vec<String> =
        wanted.filter(|name| name != "builtins.throw" && !counts.contains_key(name.as_str())).collect();
    assert!(missing.is_empty(), "never generated: {missing:?}");
}

#[test]
#[ignore = "needs Nix: `make conformance`"]
fn generated_expressions_give_what_nix_gives() {
    let reference = Reference::find();
    let mount = Mount::new(&fixtures(), MOUNT);
    let (count, seed) = (number("DIFFERENTIAL_CASES", 2000), number("DIFFERENTIAL_SEED", 1));
    let trees: Vec<Tree> = (0..count).map(|index| Generator::new((seed << 32) + index).case(NESTING)).collect();
    let texts: Vec<String> = trees.iter().map(Tree::text).collect();
    let ours = evaluate_in_parallel(&fixtures(), &texts);
    let theirs = ask_in_parallel(&reference, &mount.path, &texts);
    report(&reference, &trees, &theirs);

    let differ: Vec<usize> = (0..trees.len())
        .filter(|&i| ours[i] != theirs[i])
        .filter(|&i| ask(&reference, &mount.path, &texts[i..=i])[0] != ours[i])
        .collect();
    let mut kept = BTreeMap::new();
    let mut errors = HashSet::new();
    for &index in &differ {
        if kept.len() == MOST_KEPT {
            break;
        }
        // Keep one per kind of error.
        if let Outcome::Error(message) = &ours[index]
            && !errors.insert(message.chars().take(30).collect::<String>())
        {
            continue;
        }
        let small = shrink(&reference, &mount.path, trees[index].clone()).text();
        let theirs = ask(&reference, &mount.path, std::slice::from_ref(&small)).remove(0);
        let ours = evaluate_expression(&fixtures(), &small);
        keep(&small);
        kept.insert(small, (theirs, ours));
    }
    let shown: Vec<String> =
        kept.iter().map(|(text, (theirs, ours))| format!("{text}\n  Nix:  {theirs}\n  ours: {ours}")).collect();
    assert!(
        differ.is_empty(),
        "{} of {count} expressions differ; the smallest of some are now cases (run `make lang-expected`):\n{}",
        differ.len(),
        shown.join("\n")
    );
}

/// Keeps an expression as a case, named after its contents.
fn keep(text: &str) {
    let name = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let path = fixtures().join(format!("found-{name:016x}.nix"));
    std::fs::write(path, format!("{text}\n")).expect("the fixtures' directory can be written to");
}

/// Prints the coverage, and checks that the generator covers what it should.
fn report(reference: &Reference, trees: &[Tree], theirs: &[Outcome]) {
    let values: Vec<&String> = theirs
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Value(value) => Some(value),
            Outcome::Error(_) => None,
        })
        .collect();
    let mut counts = BTreeMap::new();
    trees.iter().for_each(|tree| tree.count(&mut counts));
    let covered = builtins().iter().filter(|name| counts.contains_key(name.as_str())).count();
    let shallow = values.iter().filter(|value| nesting(value) < NESTING).count();
    println!(
        "{} expressions against Nix {}: {} evaluate ({} %), all but {shallow} nest {NESTING} deep or deeper; {} kinds of nodes, \
         {covered} of {} builtins",
        trees.len(),
        reference.version,
        values.len(),
        100 * values.len() / trees.len(),
        counts.len(),
        builtins().len(),
    );
    for (kind, count) in &counts {
        print!("{kind} {count}, ");
    }
    println!();
    assert!(100 * values.len() >= 70 * trees.len(), "too many of the expressions fail");
    // Printed paths may contain quotes and brackets, which distort the count.
    assert!(100 * shallow <= values.len(), "{shallow} results are shallow");
}
