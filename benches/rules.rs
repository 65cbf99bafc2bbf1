//! `make bench`, rules: what 10,000 forwards over 1,000 containers cost, when they are loaded and for each new connection. The
//! table goes to its own section of `docs/benchmarks.md`.
//!
//! All runs are in network namespaces of one lab (docs/lab.md, needs root): a client, a server that has the addresses of all
//! guests, and between them a router for each ruleset. A result is the median of the ratios of pairs that follow each other, so
//! other load on the machine affects both. `-- --short` does nothing, because scenarios and tests load the same rules.

#[allow(dead_code, reason = "each bench uses a part of it")]
mod lab;

use lab::{Lab, Table};

fn main() {
    if std::env::args().any(|argument| argument == "--short") {
        return;
    }
    let lab = Lab::up("bench-rules");
    let mut table = Table::new();
    lab.measure(MEASURE).iter().for_each(|row| table.pairs(row));
    let text = "Medians of runs in turn, in network namespaces of one lab; the ratio is the median of the ratios of the pairs, and is to \
                stay below its bound (`benches/rules.rs`). The rules written by hand are one map with a counter for each element.";
    table.publish("## Rules", text);
}

/// Measures inside the lab: loads rulesets in turn, and opens connections through routers with different rulesets in turn.
const MEASURE: &str = r#"
import json, os, random, select, socket, subprocess, time
LOADS, BATCHES, BATCH = 11, 101, 200
def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
def ip(*arguments):
    run("ip", *arguments)
def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path
def seconds(*command):
    start = time.perf_counter()
    run(*command)
    return time.perf_counter() - start

class Forwards:
    def __init__(self, containers, each):
        self.guests = [f"10.{1 + number // 200}.{number % 200}.2" for number in range(containers)]
        # No two lead to the same port: the kernel would have to choose other source ports for that.
        self.ports = [(1000 + number, self.guests[number // each], 80 + number % each) for number in range(containers * each)]
        self.each = each
    def ours(self):
        lines = []
        for number, guest in enumerate(self.guests):
            ports = self.ports[number * self.each : (number + 1) * self.each]
            forwards = " ".join(f"{{ hostPort = {port}; containerPort = {to}; }}" for port, _, to in ports)
            lines.append(f'  containers.c{number} = {{ path = "/nix/store/x"; privateNetwork = true; hostAddress = "{guest[:-1]}1"; '
                         f'localAddress = "{guest}"; forwardPorts = [ {forwards} ]; }};\n')
        configuration = write("/run/rules.nix", "{\n" + "".join(lines) + "}\n")
        return run("container-rebuild", "firewall", configuration)
    def by_hand(self):
        elements = ", ".join(f"tcp . {port} : {guest} . {to}" for port, guest, to in self.ports)
        chain = "priority {}; fib daddr type local dnat ip to meta l4proto . th dport map @to;"
        return (f"table ip hand\ndelete table ip hand\ntable ip hand {{\n"
                f"  map to {{ type inet_proto . inet_service : ipv4_addr . inet_service; counter; elements = {{ {elements} }}; }}\n"
                f"  chain prerouting {{ type nat hook prerouting {chain.format(-100)} }}\n"
                f"  chain output {{ type nat hook output {chain.format(-100)} }}\n}}\n")
    def rule_each(self):
        rules = "\n".join(f"    fib daddr type local tcp dport {port} dnat to {guest}:{to}" for port, guest, to in self.ports)
        return f"table ip each {{\n  chain prerouting {{\n    type nat hook prerouting priority -100;\n{rules}\n  }}\n}}\n"

few, many = Forwards(1, 10), Forwards(1000, 10)
rulesets = {"many": (many, many.ours()), "hand": (many, many.by_hand()), "few": (few, few.ours()), "each": (many, many.rule_each())}
for namespace in ("client", "server", *rulesets):
    ip("netns", "add", namespace)
    ip("-n", namespace, "link", "set", "lo", "up")
run("ip", "netns", "exec", "server", "ip", "route", "add", "local", "10.0.0.0/12", "dev", "lo")
for number, (name, (_, text)) in enumerate(rulesets.items()):
    ip("link", "add", "c", "netns", name, "type", "veth", "peer", "name", name, "netns", "client")
    ip("link", "add", "s", "netns", name, "type", "veth", "peer", "name", name, "netns", "server")
    for inside, interface, address in [(name, "c", f"172.16.{number}.1/24"), ("client", name, f"172.16.{number}.2/24"),
                                       (name, "s", f"172.17.{number}.1/24"), ("server", name, f"172.17.{number}.2/24")]:
        ip("-n", inside, "address", "add", address, "dev", interface)
        ip("-n", inside, "link", "set", interface, "up")
    ip("-n", name, "route", "add", "10.0.0.0/12", "via", f"172.17.{number}.2")
    ip("-n", "server", "route", "add", f"172.16.{number}.0/24", "via", f"172.17.{number}.1")
    run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    run("ip", "netns", "exec", name, "nft", "-f", write(f"/run/{name}.nft", text))

def inside(namespace):
    with open("/run/netns/" + namespace) as file:
        os.setns(file.fileno(), os.CLONE_NEWNET)
ready, tell = os.pipe()
server = os.fork()
if server == 0:
    inside("server")
    listeners = {listener.fileno(): listener for listener in (socket.create_server(("", 80 + number), backlog=1024) for number in range(10))}
    ready_ones = select.poll()
    for descriptor in listeners:
        ready_ones.register(descriptor, select.POLLIN)
    os.write(tell, b"x")
    while True:
        for descriptor, _ in ready_ones.poll():
            listeners[descriptor].accept()[0].close()
os.read(ready, 1)

def load(name):
    return seconds("ip", "netns", "exec", name, "nft", "-f", f"/run/{name}.nft")
loads = [(load("many"), load("hand")) for _ in range(LOADS)]

inside("client")
ADDRESSES = {name: f"172.16.{number}.1" for number, name in enumerate(rulesets)}
choose = random.Random(1)
def connect(name, count=BATCH):
    """Opens connections to forwards of a router, and returns the seconds of one."""
    ports = [choose.choice(rulesets[name][0].ports)[0] for _ in range(count)]
    start = time.perf_counter()
    for port in ports:
        with socket.create_connection((ADDRESSES[name], port), 5) as client:
            client.recv(1)
    return (time.perf_counter() - start) / count
for name in rulesets:
    connect(name)
def pairs(one, other, batches):
    both = []
    for number in range(batches):
        # Who is first takes turns, too.
        if number % 2:
            second = connect(other)
            both.append((connect(one), second))
        else:
            both.append((connect(one), connect(other)))
    # The seconds of 1,000 connections.
    return [(1000 * ours, 1000 * theirs) for ours, theirs in both]
rows = [
    ("10,000 forwards of 1,000 containers loaded by `nft -f`, beside maps that are written by hand", 2, loads),
    ("1,000 connections with 10,000 forwards, beside the same with 10", 1.05, pairs("many", "few", BATCHES)),
    ("1,000 connections with 10,000 forwards, beside one rule for each forward", 1, pairs("many", "each", 5)),
]
os.kill(server, 9)
print(json.dumps(rows))
"#;
