//! `make bench`: compares the evaluator with the newest Nix, as whole processes in the same run.
//!
//! Each workload alternates between the two, their results must be equal, and the medians go to `docs/benchmarks.md`.
//! `-- --short` runs each workload once, checks the results, fails if one takes far longer than Nix, and writes nothing.

#[path = "../tests/reference/mod.rs"]
mod reference;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reference::Reference;
use wait4::Wait4 as _;

/// The default number of repetitions in a full run.
const RUNS: usize = 7;
/// The size of the generated source file.
const SOURCE_SIZE: usize = 3 << 20;

/// The lowest ratio of a short run, which is built with few optimisations: less is a regression of a kind that grows with the
/// workload.
const SHORT_BOUND: f64 = 0.3;

/// An expression or configuration to evaluate.
struct Workload {
    name: String,
    file: PathBuf,
    arguments: Vec<String>,
    /// A configuration that we evaluate with our own module system, and Nix with that of nixpkgs in `file`.
    configuration: Option<PathBuf>,
    /// The number of repetitions in a full run.
    runs: usize,
}

/// What one process consumed.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    peak: u64,
}

fn main() {
    let short = std::env::args().any(|argument| argument == "--short");
    let reference = Reference::find();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workloads = workloads(root);
    let mut table = String::new();
    for workload in &workloads {
        let ours = || measure(&mut our_command(root, workload));
        let theirs = || measure(&mut their_command(&reference, root, workload));
        let (our_result, first) = ours();
        let (their_result, their_first) = theirs();
        let same = match workload.configuration {
            None => our_result == their_result,
            Some(_) => containers_of(&our_result) == parsed(&their_result),
        };
        assert!(same, "{}: {:?} is not {:?}", workload.name, excerpt(&our_result), excerpt(&their_result));
        let (mut our_costs, mut their_costs) = (vec![first], vec![their_first]);
        if !short {
            (our_costs, their_costs) = (0..workload.runs).map(|_| (ours().1, theirs().1)).unzip();
        }
        let (our_cost, their_cost) = (median(&our_costs), median(&their_costs));
        let line = table_line(&workload.name, our_cost, their_cost);
        println!("{line}");
        let ratio = their_cost.wall.as_secs_f64() / our_cost.wall.as_secs_f64();
        assert!(!short || ratio > SHORT_BOUND, "{}: slower than {SHORT_BOUND} times Nix's speed", workload.name);
        writeln!(table, "{line}").expect("a string takes it");
    }
    if short {
        println!("{} workloads give what Nix {} gives", workloads.len(), reference.version);
        return;
    }
    let page = page(root, &reference, &workloads, &table);
    let path = root.join("docs/benchmarks.md");
    std::fs::write(&path, page).expect("docs/ can be written to");
    println!("written to {}", path.display());
}

fn workloads(root: &Path) -> Vec<Workload> {
    let directory = root.join("benches/nix");
    let workload = |name: &str, file: &str, arguments: &[&str]| Workload {
        name: name.to_owned(),
        file: directory.join(file),
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        configuration: None,
        runs: RUNS,
    };
    let containers = |n: &str| {
        let arguments = ["--arg", "n", n, "-A", "result", "--json"];
        workload(&format!("e-{n}: modules of {n} containers"), "containers.nix", &arguments)
    };
    let sized = |name: &str, file: &str, n: &str| workload(name, file, &["--arg", "n", n]);
    let host = |n: &str, runs: usize| {
        let configuration = root.join(format!("target/bench-host-{n}.nix"));
        let text = format!("import {} {n}\n", directory.join("host.nix").display());
        std::fs::write(&configuration, text).expect("target/ can be written to");
        let name = format!("a configuration of {n} containers, ours natively");
        let base = workload(&name, "host-by-nix.nix", &["--arg", "n", n, "--json"]);
        Workload { configuration: Some(configuration), runs, ..base }
    };
    let source = root.join("target/bench-source.nix");
    std::fs::write(&source, generated_source(SOURCE_SIZE)).expect("target/ can be written to");
    vec![
        workload("start-up, `1 + 1`", "start.nix", &[]),
        containers("10"),
        containers("100"),
        containers("1000"),
        sized("fib 30", "fib.nix", "30"),
        sized("function calls", "calls.nix", "27"),
        sized("attribute sets", "sets.nix", "50000"),
        sized("`//`", "update.nix", "50000"),
        sized("lists", "lists.nix", "200000"),
        sized("strings", "strings.nix", "50000"),
        sized("sort", "sort.nix", "50000"),
        sized("regular expressions", "regex.nix", "20000"),
        Workload { file: source, ..workload("reading 3 MB of source", "", &[]) },
        host("1000", RUNS),
        host("10000", 1),
    ]
}

fn our_command(root: &Path, workload: &Workload) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
    match &workload.configuration {
        Some(configuration) => command.args(["eval", "--json"]).arg(configuration),
        None => command.args(["eval", "--file"]).arg(&workload.file).args(&workload.arguments),
    };
    command.current_dir(root);
    command.env_clear();
    command
}

fn their_command(reference: &Reference, root: &Path, workload: &Workload) -> Command {
    let mut command = reference.nix_instantiate(root);
    command.args(["--eval", "--strict"]).arg(&workload.file).args(&workload.arguments);
    command
}

/// Runs a process to its end and returns its output and cost.
fn measure(command: &mut Command) -> (Vec<u8>, Cost) {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it can be run");
    let mut output = Vec::new();
    let mut stdout = child.stdout.take().expect("it was piped");
    stdout.read_to_end(&mut output).expect("it can be read");
    let end = child.wait4().expect("a child of this process");
    let wall = start.elapsed();
    assert!(end.status.success(), "{command:?} failed");
    (output, Cost { wall, peak: end.rusage.maxrss })
}

fn parsed(json: &[u8]) -> serde_json::Value {
    serde_json::from_slice(json).expect("it is JSON")
}

/// The containers of a model, without the paths of their systems, which are unknown before a build.
fn containers_of(model: &[u8]) -> serde_json::Value {
    let mut containers = parsed(model)["containers"].take();
    let all = containers.as_object_mut().expect("a model has containers");
    for container in all.values_mut() {
        container.as_object_mut().expect("a container is a set of options").remove("path");
    }
    containers
}

fn median(costs: &[Cost]) -> Cost {
    let mut walls: Vec<_> = costs.iter().map(|cost| cost.wall).collect();
    let mut peaks: Vec<_> = costs.iter().map(|cost| cost.peak).collect();
    walls.sort_unstable();
    peaks.sort_unstable();
    Cost { wall: walls[walls.len() / 2], peak: peaks[peaks.len() / 2] }
}

fn table_line(name: &str, ours: Cost, theirs: Cost) -> String {
    let milliseconds = |cost: Cost| cost.wall.as_secs_f64() * 1e3;
    let mebibytes = |cost: Cost| cost.peak as f64 / f64::from(1 << 20);
    format!(
        "| {name} | {:.1} | {:.1} | {:.2} | {:.0} | {:.0} |",
        milliseconds(ours),
        milliseconds(theirs),
        milliseconds(theirs) / milliseconds(ours),
        mebibytes(ours),
        mebibytes(theirs),
    )
}

fn page(root: &Path, reference: &Reference, workloads: &[Workload], table: &str) -> String {
    let mut page = String::from("# Benchmarks\n\nWritten by `make bench`; not by hand.\n\n");
    let version = env!("CARGO_PKG_VERSION");
    let nix = &reference.version;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let _ = write!(
        page,
        "container-rebuild {version} beside Nix {nix} (Debian unstable), whole processes on one machine with {cores} cores, \
         run\nalternately, medians of {RUNS} runs (of the largest, one). Both printed the same results. A ratio above 1 says how many times \
         faster\ncontainer-rebuild is. Peak is the largest resident set.\n\n\
         | workload | ms | ms, Nix | ratio | peak MiB | peak MiB, Nix |\n|---|---|---|---|---|---|\n{table}\n"
    );
    let named = |workload: &&Workload| workload.name.starts_with("e-");
    for workload in workloads.iter().filter(named) {
        let _ = writeln!(page, "- {}: {}", workload.name, size_of(reference, root, workload));
    }
    page.push_str(
        "\nThe workloads stand in `benches/nix/`; the 3 MB file is generated by `benches/evaluator.rs`.\n",
    );
    page
}

/// The size of a workload with containers, as Nix counts it: its options and calls.
fn size_of(reference: &Reference, root: &Path, workload: &Workload) -> String {
    let statistics = root.join("target/bench-statistics.json");
    let mut command = their_command(reference, root, workload);
    command.env("NIX_SHOW_STATS", "1").env("NIX_SHOW_STATS_PATH", &statistics);
    measure(&mut command);
    let text = std::fs::read(&statistics).expect("Nix wrote its statistics");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("Nix writes JSON");
    let n = workload.arguments.get(2).expect("--arg n N");
    let mut command = reference.nix_instantiate(root);
    command.args(["--eval", "benches/nix/containers.nix", "-A", "options", "--arg", "n", n]);
    let options = String::from_utf8_lossy(&measure(&mut command).0).trim().to_owned();
    format!(
        "{options} options; {} function calls, {} calls of builtins, {} thunks in Nix",
        json["nrFunctionCalls"], json["nrPrimOpCalls"], json["nrThunks"]
    )
}

/// A source file of about `size` bytes that resembles real ones, but whose value is small.
fn generated_source(size: usize) -> String {
    let mut text = String::from("let\n  packages = self: {\n");
    for number in 0.. {
        if text.len() > size {
            break;
        }
        let _ = write!(
            text,
            r#"
    # Package number {number}, with what a package has.
    "package-{number}" = self.build ({{ fetch, lib ? self.lib, enable ? true, ... }}@args: rec {{
      pname = "package-{number}";
      version = "{number}.{}.0";
      src = fetch {{ url = "mirror://source/${{pname}}-${{version}}.tar.gz"; hash = "sha256-{:032}"; }};
      inputs = [ self.zlib self."package-{}" ] ++ lib.optionals (enable && !args ? static) [ ./patches/{number}.patch ];
      flags = if lib.versionOlder version "2.0" then [ "--with-old" (toString ({number} * 2 + 1)) ] else [ ];
      install = ''
        mkdir -p $out/bin
        for file in *.so; do cp $file ''${{out}}/lib/${{pname}}; done
        echo "installed ${{toString {number}}}"
      '';
      inherit (self.meta) license maintainers;
      meta = {{ description = "The {number}th"; platforms = with lib.platforms; linux ++ darwin; broken = false; }};
    }});
"#,
            number % 17,
            number,
            number / 2,
        );
    }
    text.push_str("  };\nin\nbuiltins.length (builtins.attrNames (packages { }))\n");
    text
}

fn excerpt(output: &[u8]) -> String {
    String::from_utf8_lossy(&output[..output.len().min(200)]).into_owned()
}
