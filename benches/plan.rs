//! `make bench`, plans: compares a plan with the evaluation it needs, and observing a host with programs that show the same.
//! The table goes to its own section of `docs/benchmarks.md`.
//!
//! Both results are ratios within one run, so a busy machine matters little. Observation runs in the lab (docs/lab.md), which
//! needs root. `-- --short` checks only that the plan is right and takes not much longer than its bound, and writes nothing.

#[allow(dead_code, reason = "each bench uses a part of it")]
mod lab;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use lab::{Lab, Table};
use wait4::Wait4 as _;

/// The number of repetitions.
const RUNS: usize = 9;
/// The number of containers in each of the two revisions.
const CONTAINERS: usize = 1000;
/// The bound of a plan of these, in processor time of one `eval --json`.
const BOUND: f64 = 2.2;
/// The bound of a single run.
const SHORT_BOUND: f64 = 3.0;
/// The number of containers on the host.
const UNITS: usize = 200;

fn main() {
    let short = std::env::args().any(|argument| argument == "--short");
    let directory = tempfile::tempdir().expect("a directory");
    for (file, changed) in [("before.nix", None), ("after.nix", Some(CONTAINERS / 2))] {
        std::fs::write(directory.path().join(file), revision(changed)).expect("a file");
    }
    let runs = if short { 1 } else { RUNS };
    let eval = || processor_time(directory.path(), &["eval", "--json", "after.nix"]).1;
    let plan =
        || processor_time(directory.path(), &["plan", "--from", "before.nix", "--format", "json", "after.nix"]);
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
        let ratio = median(plans).as_secs_f64() / median(evals).as_secs_f64();
        println!(
            "a plan of {CONTAINERS} containers of which one changed says so, in {ratio:.2} times one `eval --json`"
        );
        assert!(ratio < SHORT_BOUND, "the plan takes too long");
        return;
    }
    let mut table = Table::new();
    let name = format!("plan of {CONTAINERS} containers, one changed, beside one `eval --json` (processor time)");
    table.row(&name, median(plans), median(evals), BOUND);
    let (ours, theirs) = observation(directory.path());
    let name = format!(
        "plan on a host with {UNITS} containers, nothing to do, beside `systemctl list-units`, `nft -j list table` and \
         `ip -j addr`"
    );
    table.row(&name, ours, theirs, 3.0);
    let text = "Ratios within one run, of medians; a ratio is to stay below its bound (`benches/plan.rs`).";
    table.publish("## Plans", text);
}

/// A host with many containers, of which one may have a different guest.
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

/// Runs the program to its end and returns its output and processor time.
fn processor_time(directory: &Path, arguments: &[&str]) -> (Vec<u8>, Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_container-rebuild"));
    command.args(arguments).current_dir(directory).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
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

/// The median times of observing a host: ours, and those of the programs that show the same.
fn observation(directory: &Path) -> (Duration, Duration) {
    let containers = (0..UNITS).map(|number| {
        format!(
            "  containers.node{number} = {{ path = \"{STORE}\"; privateNetwork = true; hostAddress = \"10.0.0.1\"; \
             localAddress = \"10.0.1.{number}\"; forwardPorts = [ {{ hostPort = {}; }} ]; }};\n",
            10_000 + number
        )
    });
    let host = directory.join("host.nix");
    std::fs::write(&host, format!("{{\n{}}}\n", containers.collect::<String>())).expect("a file");
    let lab = Lab::up("bench");
    lab.run(&["push", host.to_str().expect("UTF-8"), "/root/host.nix"]);
    let set_up =
        format!("mkdir -p {STORE} && touch {STORE}/init && container-rebuild --quiet switch --yes /root/host.nix");
    lab.run(&["exec", "--", "bash", "-euc", &set_up]);
    let measured = lab.run(&["exec", "--", "python3", "-c", MEASURE]);
    let times: Vec<f64> = serde_json::from_str(&measured).expect("two numbers");
    (Duration::from_secs_f64(times[0]), Duration::from_secs_f64(times[1]))
}

/// A system that never runs.
const STORE: &str = "/nix/store/00000000000000000000000000000000-node";

/// Measures inside the lab, where the programs are: alternates between both and prints the medians.
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
