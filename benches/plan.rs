//! `make bench`, plans: what a plan costs beside the evaluation that it needs, and what looking at a host costs beside the
//! programs that show the same. The table goes to `docs/benchmarks.md`, under its own heading.
//!
//! Both are ratios within one run, so that a busy machine matters little. Hosts are looked at in the lab (docs/lab.md), which
//! needs root. `-- --short` only checks that the plan is right, and writes nothing.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4 as _;

/// How often each is run.
const RUNS: usize = 9;
/// How many containers there are in the two revisions.
const CONTAINERS: usize = 1000;
/// How many containers the host has.
const UNITS: usize = 200;
/// The heading of our part of the page.
const HEADING: &str = "## Plans";
/// The lab of this bench.
const LAB: &str = "bench";

fn main() {
    let short = std::env::args().any(|argument| argument == "--short");
    let folder = tempfile::tempdir().expect("a folder");
    for (file, changed) in [("before.nix", None), ("after.nix", Some(CONTAINERS / 2))] {
        std::fs::write(folder.path().join(file), revision(changed)).expect("a file");
    }
    let runs = if short { 1 } else { RUNS };
    let eval = || processor_time(folder.path(), &["eval", "--json", "after.nix"]).1;
    let plan = || processor_time(folder.path(), &["plan", "--from", "before.nix", "--format", "json", "after.nix"]);
    let (mut evals, mut plans) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        evals.push(eval());
        let (printed, time) = plan();
        let printed: serde_json::Value = serde_json::from_slice(&printed).expect("JSON");
        let changes = printed["changes"].as_array().expect("a list");
        assert_eq!((changes.len(), &printed["summary"]["reload"]), (1, &1.into()), "{printed:#}");
        plans.push(time);
    }
    if short {
        println!("a plan of {CONTAINERS} containers of which one changed says so");
        return;
    }
    let mut table = String::from("| | ours (ms) | beside it (ms) | ratio | bound |\n|---|---|---|---|---|\n");
    let name = format!("plan of {CONTAINERS} containers, one changed, beside one `eval --json` (processor time)");
    line(&mut table, &name, median(plans), median(evals), 2.2);
    let (ours, theirs) = observation(folder.path());
    let name = format!(
        "plan on a host with {UNITS} containers, nothing to do, beside `systemctl list-units`, `nft -j list table` and \
         `ip -j addr`"
    );
    line(&mut table, &name, ours, theirs, 3.0);
    print!("{table}");
    write_page(&table);
}

/// A host with many containers; one has another guest.
fn revision(changed: Option<usize>) -> String {
    let mut text = String::from(
        "{ pkgs, ... }:\n{\n  networking.nat = { enable = true; internalInterfaces = [ \"ve-+\" ]; externalInterface = \"eth0\"; };\n",
    );
    for number in 0..CONTAINERS {
        let (net, last) = (number / 250, number % 250 + 2);
        let admin = if changed == Some(number) { "somebody" } else { "admin" };
        write!(
            text,
            r#"  containers.node{number} = {{
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.{net}.0.1";
    localAddress = "10.{net}.1.{last}";
    bindMounts."/data" = {{ hostPath = "/srv/node{number}"; isReadOnly = false; }};
    forwardPorts = [ {{ hostPort = {}; containerPort = 80; }} ];
    config = {{ pkgs, ... }}: {{
      networking.hostName = "node{number}";
      networking.firewall.allowedTCPPorts = [ 80 ];
      services.httpd = {{ enable = true; adminAddr = "{admin}@example.org"; virtualHosts."n{number}.example.org".documentRoot = "/data"; }};
      environment.systemPackages = [ pkgs.curl ];
      system.stateVersion = "25.11";
    }};
  }};
"#,
            10_000 + number
        )
        .expect("text");
    }
    text.push_str("}\n");
    text
}

/// Runs the program to its end; gives what it printed and the time that processors worked for it.
fn processor_time(folder: &Path, arguments: &[&str]) -> (Vec<u8>, Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it can be run");
    let mut printed = Vec::new();
    std::io::Read::read_to_end(&mut child.stdout.take().expect("a pipe"), &mut printed).expect("it can be read");
    let end = child.wait4().expect("a child of this process");
    assert!(end.status.success(), "{arguments:?} failed");
    (printed, end.rusage.utime + end.rusage.stime)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn line(table: &mut String, name: &str, ours: Duration, theirs: Duration, bound: f64) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let ratio = milliseconds(ours) / milliseconds(theirs);
    writeln!(table, "| {name} | {:.0} | {:.0} | {ratio:.2} | {bound} |", milliseconds(ours), milliseconds(theirs))
        .expect("text");
}

/// Medians of looking at a host: by us, and by the programs that show the same.
fn observation(folder: &Path) -> (Duration, Duration) {
    let containers = (0..UNITS).map(|number| {
        format!(
            "  containers.node{number} = {{ path = \"{STORE}\"; privateNetwork = true; hostAddress = \"10.0.0.1\"; \
             localAddress = \"10.0.1.{number}\"; forwardPorts = [ {{ hostPort = {}; }} ]; }};\n",
            10_000 + number
        )
    });
    let host = folder.join("host.nix");
    std::fs::write(&host, format!("{{\n{}}}\n", containers.collect::<String>())).expect("a file");
    let _down = Down;
    lab(&["up"]);
    lab(&["push", env!("CARGO_BIN_EXE_container-rebuild"), "/usr/local/bin/container-rebuild"]);
    lab(&["push", host.to_str().expect("UTF-8"), "/root/host.nix"]);
    let set_up =
        format!("mkdir -p {STORE} && touch {STORE}/init && container-rebuild --quiet switch --yes /root/host.nix");
    lab(&["exec", "--", "bash", "-euc", &set_up]);
    let measured = lab(&["exec", "--", "python3", "-c", MEASURE]);
    let times: Vec<f64> = serde_json::from_str(&measured).expect("two numbers");
    (Duration::from_secs_f64(times[0]), Duration::from_secs_f64(times[1]))
}

/// A system that nothing starts.
const STORE: &str = "/nix/store/00000000000000000000000000000000-node";

/// Measured inside, where the programs are: medians of both, run in turn.
const MEASURE: &str = r#"
import json, subprocess, time
def seconds(*commands):
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
open("/root/plan.nix", "w").write(open("/root/host.nix").read())
ours, theirs = [], []
for _ in range(15):
    ours.append(seconds(["container-rebuild", "--quiet", "plan", "/root/plan.nix"]))
    theirs.append(seconds(
        ["systemctl", "list-units", "--all", "--no-pager"],
        ["nft", "-j", "list", "table", "inet", "container-rebuild"],
        ["ip", "-j", "addr"],
    ))
print(json.dumps([sorted(times)[len(times) // 2] for times in (ours, theirs)]))
"#;

/// Takes the lab down, whatever happened.
struct Down;

impl Drop for Down {
    fn drop(&mut self) {
        lab(&["down"]);
    }
}

/// Runs a command of the lab; gives what it printed.
fn lab(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join("tests/lab/lab"));
    let output = command.args(arguments).env("LAB_NAME", LAB).stdin(Stdio::null()).output().expect("it can be run");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the lab is needed to look at a host: lab {arguments:?}: {err}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Puts the table under its heading, and leaves the rest of the page as it is.
fn write_page(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/benchmarks.md");
    let page = std::fs::read_to_string(&path).unwrap_or_else(|_| String::from("# Benchmarks\n"));
    let (before, rest) = page.split_once(HEADING).unwrap_or((&page, ""));
    let after = rest.find("\n## ").map_or("", |at| &rest[at + 1..]);
    let text = "Ratios within one run, of medians; a ratio is to stay below its bound (`benches/plan.rs`).";
    let page = format!("{}\n\n{HEADING}\n\n{text}\n\n{table}\n{after}", before.trim_end());
    std::fs::write(&path, page.trim_end().to_owned() + "\n").expect("docs/ can be written to");
    println!("written to {}", path.display());
}
