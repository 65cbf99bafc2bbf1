//! A replacement of the rules loses nothing: connections go on, and new ones are accepted at every moment of it.

use serde_json::Value;

use crate::support::{Lab, OWN_OPTIONS};

/// How often the rules are replaced in our way, and in the way that the comparison stands for.
const REPLACEMENTS: (u32, u32) = (1000, 200);

/// What one of the two configurations has more. It makes maps of its own, and rules in the chains of the other forwards.
const MORE: &str = "services.container-rebuild.containers.one.forwards.games = { protocol = \"udp\"; hostPort = \"27000:27010\"; };";

fn host(more: &str) -> String {
    format!(
        "{{\n{OWN_OPTIONS}  containers.one = {{ autoStart = true; privateNetwork = true;
    hostAddress = \"192.168.100.111\"; localAddress = \"192.168.100.11\";
    hostAddress6 = \"fd00::111\"; localAddress6 = \"fd00::11\";
    forwardPorts = [ {{ hostPort = 8080; containerPort = 80; }} {{ hostPort = 8080; containerPort = 80; protocol = \"udp\"; }} ];
    config.networking.firewall.enable = false; }};
  {more}
}}\n"
    )
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_thousand_replacements_of_the_rules_lose_no_connection() {
    let lab = Lab::empty();
    let (plain, more) = (host(""), host(MORE));
    lab.switch(&plain);
    // What switches load is kept, to be loaded again and again.
    lab.write(
        "/usr/local/sbin/nft",
        "#!/bin/bash\n[[ $* == '-f -' ]] && exec nft.real -f <(tee /run/loaded.nft)\nexec nft.real \"$@\"\n",
    );
    lab.sh(
        "chmod +x /usr/local/sbin/nft; ln -s \"$(PATH=/usr/sbin:/usr/bin type -P nft)\" /usr/local/sbin/nft.real",
    )
    .ok();
    for (configuration, file) in [(&more, "more"), (&plain, "plain")] {
        lab.switch(configuration);
        lab.sh(&format!(
            "mv /run/loaded.nft /run/{file}.nft; container-rebuild firewall /root/host.nix >/run/{file}-whole.nft"
        ))
        .ok();
    }
    lab.sh("rm /usr/local/sbin/nft /usr/local/sbin/nft.real; ip netns exec lan sysctl -qw net.ipv4.tcp_tw_reuse=1")
        .ok();
    lab.write("/root/traffic.py", TRAFFIC);
    lab.write("/root/switch", SWITCH);
    lab.write("/root/more.text", &more);
    lab.write("/root/plain.text", &plain);
    let (ours, flushes) = REPLACEMENTS;
    // Whole switches also delete connections of forwards that are gone.
    let measured = lab.sh(&format!(
        "python3 /root/traffic.py \
         '{ours} nft -f /run/more.nft ; nft -f /run/plain.nft' \
         '6 bash /root/switch more ; bash /root/switch plain' \
         '{flushes} nft flush ruleset ; nft -f /run/plain-whole.nft'"
    ));
    let measured: Vec<Value> =
        measured.ok().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    println!("{measured:#?}");
    let [replaced, switched, flushed] = &measured[..] else { panic!("three ways: {measured:#?}") };
    for (way, opened) in [(replaced, 1000), (switched, 100)] {
        assert_eq!(way["failed"], serde_json::json!({}), "{measured:#?}");
        assert_eq!(way["kept"], 50, "{measured:#?}");
        assert!(
            way["opened"].as_u64() >= Some(opened) && way["exchanges"].as_u64() >= Some(10 * opened),
            "{measured:#?}"
        );
    }
    // The traffic is dense enough to notice the moment without rules.
    assert!(!flushed["failed"].as_object().expect("a set").is_empty(), "{measured:#?}");
    lab.sh("rm /root/*.text /root/switch /root/traffic.py /run/*.nft").ok();
    lab.finish();
}

/// A switch to one of the two configurations.
const SWITCH: &str =
    "cp /root/$1.text /root/host.nix; exec container-rebuild --quiet switch --yes /root/host.nix\n";

/// `traffic.py 'COUNT COMMAND ; COMMAND'…`: runs each list of commands, one command after the other until COUNT have run, under
/// traffic from the LAN to the guest, and prints a line of JSON for each list. 50 connections exchange data all the time, half of
/// them over IPv6; five clients open new ones without pause, two of them over IPv6 and one over UDP.
const TRAFFIC: &str = r#"
import collections, itertools, json, os, socket, subprocess, sys, threading

PLACES = [(socket.AF_INET, "10.77.0.2"), (socket.AF_INET6, "fd77::2")]
def inside(namespace):
    with open("/run/netns/" + namespace) as file:
        os.setns(file.fileno(), os.CLONE_NEWNET)

def serve(ready):
    inside("container-one")
    server = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024)
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind(("::", 80))
    def echo(client):
        # The server ends a connection of one exchange, so that the client's port is free again.
        with client:
            while data := client.recv(64):
                client.sendall(data)
                if data == b"once":
                    break
    def echo_datagrams():
        while True:
            data, peer = datagrams.recvfrom(64)
            datagrams.sendto(data, peer)
    threading.Thread(target=echo_datagrams, daemon=True).start()
    os.write(ready, b"ready")
    while True:
        threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()

class Traffic:
    def __init__(self):
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.counts, self.failed = collections.Counter(), collections.Counter()
        self.started = threading.Semaphore(0)
        work = [(self.keep, PLACES[number % 2]) for number in range(50)] + [(self.open, PLACES[number % 2]) for number in range(4)]
        self.threads = [threading.Thread(target=run, args=where) for run, where in work + [(self.ask, PLACES[1])]]
        for thread in self.threads:
            thread.start()
        for _ in self.threads:
            assert self.started.acquire(timeout=10), "no traffic"
    def count(self, what):
        with self.lock:
            self.counts[what] += 1
    def fail(self, error):
        with self.lock:
            self.failed[type(error).__name__] += 1
    def connected(self, family, address, kind):
        client = socket.socket(family, kind)
        client.settimeout(5)
        client.connect((address, 8080))
        return client
    def exchange(self, client, data):
        client.sendall(data)
        if client.recv(64) != data:
            raise ConnectionError
    def keep(self, family, address):
        try:
            with self.connected(family, address, socket.SOCK_STREAM) as client:
                self.exchange(client, b"first")
                self.started.release()
                while not self.over.wait(0.002):
                    self.exchange(client, b"again")
                    self.count("exchanges")
                self.count("kept")
        except OSError as error:
            self.fail(error)
    def once(self, family, address, kind):
        try:
            with self.connected(family, address, kind) as client:
                self.exchange(client, b"once")
                if kind == socket.SOCK_STREAM:
                    client.recv(1)
            self.count("opened")
        except OSError as error:
            self.fail(error)
    def open(self, family, address):
        self.started.release()
        while not self.over.is_set():
            self.once(family, address, socket.SOCK_STREAM)
    def ask(self, family, address):
        self.started.release()
        while not self.over.wait(0.002):
            self.once(family, address, socket.SOCK_DGRAM)
    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive(), "traffic that does not end"
        return {"kept": 0, **self.counts, "failed": self.failed}

def measure(commands, results):
    inside("lan")
    for line in commands:
        traffic = Traffic()
        os.write(results, b"x")
        sys.stdin.readline()
        print(json.dumps({"commands": line, **traffic.end()}), flush=True)
        os.write(results, b"x")

reading, writing = os.pipe()
server = os.fork()
if server == 0:
    serve(writing)
assert os.read(reading, 5) == b"ready"
going, gone = os.pipe()
orders, order = os.pipe()
client = os.fork()
if client == 0:
    os.dup2(orders, 0)
    measure(sys.argv[1:], gone)
    os._exit(0)
try:
    for line in sys.argv[1:]:
        count, rest = line.split(" ", 1)
        os.read(going, 1)
        for command in itertools.islice(itertools.cycle(rest.split(" ; ")), int(count)):
            subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)
        os.write(order, b"\n")
        os.read(going, 1)
finally:
    for child in (server, client):
        os.kill(child, 9)
"#;
