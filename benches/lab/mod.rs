//! The lab (docs/lab.md), and the writer of `docs/benchmarks.md`, for benches that need a host.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The name, the bound of the ratio, and the seconds that ours and the other took.
pub(crate) type Row = (String, f64, Vec<(f64, f64)>);

/// A lab for one bench.
pub(crate) struct Lab(&'static str);

impl Lab {
    /// Boots the lab with this build of the program.
    pub(crate) fn up(name: &'static str) -> Self {
        let lab = Self(name);
        lab.run(&["up"]);
        lab.run(&["push", env!("CARGO_BIN_EXE_container-rebuild"), "/usr/local/bin/container-rebuild"]);
        lab
    }

    /// Runs a command of the lab's script and returns its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the lab is needed to look at a host: lab {arguments:?}: {err}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs a Python script in the lab, and returns the JSON that it prints: rows with a name, the bound of the ratio, and the
    /// seconds that ours and the other took, in pairs.
    pub(crate) fn measure(&self, script: &str) -> Vec<Row> {
        serde_json::from_str(&self.run(&["exec", "--", "python3", "-c", script])).expect("pairs of numbers")
    }

    fn command(&self, arguments: &[&str]) -> std::process::Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(root.join("tests/lab/lab"));
        command.args(arguments).env("LAB_NAME", self.0).stdin(Stdio::null()).output().expect("it can be run")
    }
}

/// Takes the lab down, even after a panic.
impl Drop for Lab {
    fn drop(&mut self) {
        let output = self.command(&["down"]);
        if !output.status.success() {
            eprintln!("lab down: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// A table that compares our times with others.
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn new() -> Self {
        Self(String::from("| | ours (ms) | beside it (ms) | ratio | bound |\n|---|---|---|---|---|\n"))
    }

    /// Adds a row whose ratio is that of the two times.
    pub(crate) fn row(&mut self, name: &str, ours: Duration, theirs: Duration, bound: f64) {
        self.row_of(name, ours, theirs, ours.as_secs_f64() / theirs.as_secs_f64(), bound);
    }

    /// Adds a row with the medians of pairs, and the median of their ratios.
    pub(crate) fn pairs(&mut self, (name, bound, pairs): &Row) {
        let of = |which: fn(&(f64, f64)) -> f64| {
            let mut numbers: Vec<f64> = pairs.iter().map(which).collect();
            numbers.sort_by(f64::total_cmp);
            numbers[numbers.len() / 2]
        };
        let (ours, theirs) = (Duration::from_secs_f64(of(|it| it.0)), Duration::from_secs_f64(of(|it| it.1)));
        self.row_of(name, ours, theirs, of(|it| it.0 / it.1), *bound);
    }

    fn row_of(&mut self, name: &str, ours: Duration, theirs: Duration, ratio: f64, bound: f64) {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let (ours, theirs) = (milliseconds(ours), milliseconds(theirs));
        writeln!(self.0, "| {name} | {ours:.0} | {theirs:.0} | {ratio:.2} | {bound} |").expect("text");
    }

    /// Prints the table and replaces the section of the page under `heading`.
    pub(crate) fn publish(&self, heading: &str, text: &str) {
        print!("{}", self.0);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/benchmarks.md");
        let page = std::fs::read_to_string(&path).unwrap_or_else(|_| String::from("# Benchmarks\n"));
        let (before, rest) = page.split_once(heading).unwrap_or((&page, ""));
        let after = rest.find("\n## ").map_or("", |at| &rest[at + 1..]);
        let page = format!("{}\n\n{heading}\n\n{text}\n\n{}\n{after}", before.trim_end(), self.0);
        std::fs::write(&path, page.trim_end().to_owned() + "\n").expect("docs/ can be written to");
        println!("written to {}", path.display());
    }
}
