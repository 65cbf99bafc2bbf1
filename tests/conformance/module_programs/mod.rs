//! Compares generated programs of the module system in our evaluator and in real Nix.
//!
//! Real Nix runs the library in `src/modules/lib`, or the one in `NIXPKGS_LIB`. `MODULE_PROGRAMS` sets the number of
//! programs (500), `MODULE_SEED` the seed (1). A program with different results is shrunk and shown.

mod program;
mod types;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use container_rebuild::eval::{Arena, Evaluator, Settings};
use container_rebuild::host::files::RealFiles;
use container_rebuild::model::{ContainerName, Field};
use container_rebuild::modules::{self, Guests};
use container_rebuild::source::SourceMap;

use crate::reference::Reference;
use program::Program;

/// The number of programs for one process of Nix.
const BATCH: usize = 50;
/// The maximal number of differences to shrink and show.
const MOST_SHOWN: usize = 12;
/// Stands for a value that fails.
const ERROR: &str = "ERROR";

/// The options of a program, each as JSON.
type Outcome = Vec<String>;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// The library for real Nix.
fn library() -> PathBuf {
    let ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join("src/modules/lib");
    std::env::var_os("NIXPKGS_LIB").map_or_else(ours, PathBuf::from)
}

/// Writes each program to its own file.
fn write(programs: &[Program]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().expect("a directory for programs");
    let files = programs.iter().enumerate().map(|(number, program)| {
        let file = directory.path().join(format!("p{number}.nix"));
        std::fs::write(&file, program.text()).expect("a program can be written");
        file
    });
    let files = files.collect();
    (directory, files)
}

/// Real Nix's results. One process evaluates many programs; if one of them ends it, each gets its own process.
fn ask(reference: &Reference, programs: &[Program]) -> Vec<Outcome> {
    let (directory, files) = write(programs);
    let run = |files: &[PathBuf]| -> Option<Vec<Outcome>> {
        let list: String = files.iter().map(|file| format!("{} ", file.display())).collect();
        let expression = format!(
            "let lib = import {}; in map (file: (lib.evalModules {{ modules = [ file {{ options.containers = lib.mkOption {{ \
             type = lib.types.lazyAttrsOf lib.types.anything; }}; }} ]; }}).config.containers.out.extraFlags) [ {list}]",
            library().display()
        );
        let mut command = reference.nix_instantiate(directory.path());
        let output =
            command.args(["--eval", "--strict", "--json", "--expr", &expression]).output().expect("it runs");
        output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("lists of strings"))
    };
    let alone = |(file, program): (&PathBuf, &Program)| {
        let outcome = run(std::slice::from_ref(file)).and_then(|mut all| all.pop());
        outcome.unwrap_or_else(|| vec![ERROR.to_owned(); program.names().len()])
    };
    run(&files).unwrap_or_else(|| files.iter().zip(programs).map(alone).collect())
}

/// Our result for a program. An unknown value is printed with its reason.
fn evaluate(program: &Program) -> Outcome {
    let (_directory, files) = write(std::slice::from_ref(program));
    let count = program.names().len();
    let evaluated = container_rebuild::eval::on_big_stack(|| {
        let (arena, sources) = (Arena::new(), SourceMap::new());
        let settings = Settings { unknowns: true, ..Settings::default() };
        let mut evaluator = Evaluator::new(&arena, &RealFiles, &sources, settings);
        let Ok(evaluated) = modules::evaluate(&mut evaluator, &files[0], Guests::None) else {
            return vec![ERROR.to_owned(); count];
        };
        let out = ContainerName::new("out").expect("a good name");
        let flags = evaluated.manifest.containers.get(&out).map(|container| container.extra_flags.clone());
        let flags = flags.unwrap_or_default();
        match flags.known() {
            None => vec![format!("unknown: {flags:?}"); count],
            Some(flags) => flags
                .iter()
                .map(|flag| match flag {
                    Field::Known(json) => json.clone(),
                    Field::Unknown(unknown) => format!("unknown: {unknown:?}"),
                })
                .collect(),
        }
    });
    evaluated.expect("a thread can be started")
}

/// Shrinks a program while the two evaluators still differ on it.
fn shrink(reference: &Reference, mut program: Program) -> Program {
    loop {
        let candidates = program.smaller();
        let theirs = if candidates.is_empty() { Vec::new() } else { ask(reference, &candidates) };
        let differs = |(candidate, theirs): (&Program, &Outcome)| evaluate(candidate) != *theirs;
        let Some(index) = candidates.iter().zip(&theirs).position(differs) else { return program };
        program = candidates[index].clone();
    }
}

#[test]
fn the_generator_covers_every_kind_of_type() {
    let mut counts = BTreeMap::new();
    (0..1000).for_each(|seed| Program::random(seed).count(&mut counts));
    let missing: Vec<_> = types::KINDS.iter().filter(|kind| !counts.contains_key(&(**kind, "any"))).collect();
    assert!(missing.is_empty(), "never generated: {missing:?}");
}

#[test]
#[ignore = "needs Nix: `make conformance`"]
fn generated_programs_give_what_nix_gives() {
    let reference = Reference::find();
    let (count, seed) = (number("MODULE_PROGRAMS", 500), number("MODULE_SEED", 1));
    let programs: Vec<Program> = (0..count).map(|index| Program::random((seed << 32) + index)).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = programs.len().div_ceil(workers).max(1);
    let compare = |programs: &[Program]| -> Vec<(Outcome, Outcome)> {
        let theirs = programs.chunks(BATCH).flat_map(|programs| ask(&reference, programs));
        programs.iter().map(evaluate).zip(theirs).collect()
    };
    let outcomes: Vec<(Outcome, Outcome)> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            programs.chunks(share).map(|programs| scope.spawn(move || compare(programs))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic in a worker")).collect()
    });
    report(&programs, &outcomes, &reference);

    let differ: Vec<&Program> = programs
        .iter()
        .zip(&outcomes)
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(program, _)| program)
        .collect();
    let mut shown = String::new();
    for program in differ.iter().take(MOST_SHOWN) {
        let small = shrink(&reference, Program::clone(program));
        let theirs = ask(&reference, std::slice::from_ref(&small)).remove(0);
        shown += &format!("{}\n  Nix:  {theirs:?}\n  ours: {:?}\n", small.text(), evaluate(&small));
    }
    assert!(differ.is_empty(), "{} of {count} programs differ; some of them, made small:\n{shown}", differ.len());
}

/// Prints the coverage, and checks that most generated programs have values.
fn report(programs: &[Program], outcomes: &[(Outcome, Outcome)], reference: &Reference) {
    let all: Vec<&String> = outcomes.iter().flat_map(|(_, theirs)| theirs).collect();
    let values = all.iter().filter(|value| **value != ERROR).count();
    println!(
        "{} programs with {} options against Nix {}: {values} have a value ({} %)",
        programs.len(),
        all.len(),
        reference.version,
        100 * values / all.len().max(1)
    );
    let mut counts = BTreeMap::new();
    programs.iter().for_each(|program| program.count(&mut counts));
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((kind, feature), count) in counts {
        rows.entry(kind).or_default().push(format!("{feature} {count}"));
    }
    for (kind, features) in rows {
        println!("  {kind}: {}", features.join(", "));
    }
    assert!(2 * values >= all.len(), "most of the options have no value");
}
