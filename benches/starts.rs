//! `make bench`, starts: compares the time in which `switch` starts or restarts containers with the time in which systemd does
//! so with bare systemd-nspawn units of the same guests. The table goes to its own section of `docs/benchmarks.md`.
//!
//! Both run alternately in one lab (docs/lab.md, needs root), each time from nothing. A result is the median of the ratios of
//! the pairs, so other load on the machine affects both. `-- --short` does nothing, because scenarios test the same code.

#[allow(dead_code, reason = "each bench uses a part of it")]
mod lab;

use lab::{Lab, Table};

fn main() {
    if std::env::args().any(|argument| argument == "--short") {
        return;
    }
    let lab = Lab::up("bench-starts");
    let mut table = Table::new();
    lab.measure(MEASURE).iter().for_each(|row| table.pairs(row));
    let text = "Medians of runs in turn, in one lab; the ratio is the median of the ratios of the pairs, and is to stay below its bound \
                (`benches/starts.rs`).";
    table.publish("## Starts", text);
}

/// Measures inside the lab: builds the guests once, then lets us and systemd start them alternately, each time from nothing.
const MEASURE: &str = r#"
import json, os, subprocess, time
RUNS = 5
def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
def seconds(*command):
    start = time.perf_counter()
    run(*command)
    return time.perf_counter() - start
def write(path, text):
    with open(path, "w") as file:
        file.write(text)
def options(number):
    return (f'autoStart = true; ephemeral = true; privateNetwork = true; hostAddress = "10.0.0.{number}"; '
            f'localAddress = "10.0.1.{number}"; forwardPorts = [ {{ hostPort = {9000 + number}; containerPort = 80; }} ];')
def host(containers):
    lines = "".join(f"  containers.{name} = {{ {text} }};\n" for name, text in containers.items())
    write("/root/host.nix", "{\n" + lines + "}\n")
def switch():
    return seconds("container-rebuild", "--quiet", "switch", "--yes", "--allow-remove", "/root/host.nix")
SERVED = 'config = { services.httpd.enable = true; services.httpd.adminAddr = "a@example.org"; '
WAIT = 'systemd.services.wait = { wantedBy = [ "multi-user.target" ]; serviceConfig = { Type = "oneshot"; ExecStart = "/bin/sleep 5"; }; }; '
def processor_seconds():
    times = os.times()
    return times.children_user + times.children_system
def measure(prefix, count, more, then=lambda *_: None):
    names = {f"{prefix}{number}": number for number in range(1, count + 1)}
    host({name: options(number) + SERVED + more + "};" for name, number in names.items()})
    switch()
    systems = {}
    for name in names:
        with open(f"/run/container-rebuild/containers/{name}.json") as record:
            systems[name] = json.load(record)["spec"]["system"]
        run("ln", "-sfn", systems[name], f"/nix/var/nix/gcroots/bench-{name}")
    units = []
    for name, system in systems.items():
        root = f"/var/lib/bench/{name}"
        for directory in ("usr", "etc"):
            os.makedirs(f"{root}/{directory}", exist_ok=True)
        for file in ("os-release", "machine-id"):
            write(f"{root}/etc/{file}", "")
        units.append(f"bare-{name}.service")
        write(f"/run/systemd/system/bare-{name}.service", f"""[Service]
Type=notify
NotifyAccess=main
Environment=SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
ExecStart=systemd-nspawn --keep-unit -M bare-{name} -D {root} --ephemeral --notify-ready=yes --kill-signal=SIGRTMIN+3 --bind-ro=/nix/store --network-veth --resolv-conf=off {system}/init
Slice=machine.slice
Delegate=yes
KillMode=mixed
KillSignal=TERM
DevicePolicy=closed
""")
    run("systemctl", "daemon-reload")
    wanted = {name: options(number) + f' path = "{systems[name]}";' for name, number in names.items()}
    pairs = []
    for _ in range(RUNS):
        host({})
        switch()
        host(wanted)
        ours = switch()
        host({})
        switch()
        theirs = seconds("systemctl", "start", *units)
        run("systemctl", "stop", *units)
        pairs.append((ours, theirs))
    then(wanted, units)
    return pairs
idle, restarts = [], []
def running(wanted, units):
    host(wanted)
    switch()
    # Ten runs together: the kernel counts in steps of 10 ms.
    before = processor_seconds()
    for _ in range(10):
        switch()
    idle.append(((processor_seconds() - before) / 10, 0.15))
    changed = dict(wanted)
    for run_number in range(RUNS):
        # An option that a running guest cannot get, so that this one restarts and no other.
        capability = ["CAP_SYS_TIME", "CAP_WAKE_ALARM"][run_number % 2]
        changed["c7"] = wanted["c7"] + f' additionalCapabilities = [ "{capability}" ];'
        host(changed)
        restarts.append([switch()])
    host({})
    switch()
    run("systemctl", "start", *units)
    for pair in restarts:
        pair.append(seconds("systemctl", "restart", units[6]))
    run("systemctl", "stop", *units)
starts = measure("c", 20, "", running)
rows = [
    ("`switch` that starts 20 containers, beside systemd that starts 20 bare nspawn units", 1.15, starts),
    ("`switch` that restarts one of 20 containers, beside systemd that restarts one of 20 such units", 1.1, restarts),
    ("`switch` with nothing to do for 20 running containers (processor time), beside what it may use", 1, idle),
    ("`switch` that starts 8 containers that wait 5 s, beside systemd that starts 8 such units", 1.15,
     measure("w", 8, WAIT)),
]
print(json.dumps(rows))
"#;
