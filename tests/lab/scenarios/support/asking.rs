//! A server that says who asked it at which address, and a client that asks once.

use super::Lab;

/// Answers over TCP and UDP, IPv4 and IPv6, with the address and port that were asked, and who asked.
const SERVER: &str = r#"
import os, socket, sys
def plain(address):
    return address.removeprefix("::ffff:")
def serve(server):
    while server.type == socket.SOCK_STREAM:
        client, peer = server.accept()
        with client:
            at = client.getsockname()
            client.sendall(f"{plain(at[0])} {at[1]} {plain(peer[0])}\n".encode())
    while True:
        peer = server.recvfrom(100)[1]
        server.sendto(f"{server.getsockname()[1]} {plain(peer[0])}\n".encode(), peer)
servers = []
for port in map(int, sys.argv[2:]):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        server = socket.socket(socket.AF_INET6, kind)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("::", port))
        if kind == socket.SOCK_STREAM:
            server.listen()
        servers.append(server)
for server in servers[1:]:
    if os.fork() == 0:
        serve(server)
os.write(int(sys.argv[1]), b"ready\n")
serve(servers[0])
"#;

/// Asks once, and prints the answer, or that there was none.
const CLIENT: &str = r#"
import socket, sys
how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
try:
    with socket.socket(family, socket.SOCK_STREAM if how == "tcp" else socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.connect((address, port))
        if how == "udp":
            client.send(b"who\n")
        print(client.recv(200).decode().strip())
except OSError:
    print("nobody")
"#;

/// What runs a command in a network namespace; the host's own is `""`.
fn inside(namespace: &str) -> String {
    if namespace.is_empty() { String::new() } else { format!("ip netns exec {namespace} ") }
}

/// Starts a server on these ports in a network namespace, and waits until it listens.
pub(crate) fn serve(lab: &Lab, namespace: &str, ports: &[u16]) {
    lab.write("/root/server.py", SERVER);
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    let (ports, inside) = (ports.join(" "), inside(namespace));
    lab.sh(&format!(
        "set -e
         mkfifo /run/ready-{namespace} && exec 3<>/run/ready-{namespace}
         systemd-run --quiet --unit=serving-{namespace} --property=StandardOutput=file:/run/ready-{namespace} \
             {inside}python3 /root/server.py 1 {ports}
         read -r -t 10 -u 3; rm /run/ready-{namespace}"
    ))
    .ok();
}

/// Stops the server in a network namespace.
pub(crate) fn stop_serving(lab: &Lab, namespace: &str) {
    lab.sh(&format!("systemctl stop serving-{namespace}")).ok();
}

/// What `how ADDRESS PORT` gets as an answer in a network namespace; the host's own is `""`.
#[track_caller]
pub(crate) fn ask(lab: &Lab, namespace: &str, question: &str) -> String {
    lab.write("/root/client.py", CLIENT);
    let inside = inside(namespace);
    lab.sh(&format!("{inside}python3 /root/client.py {question}")).ok().trim().to_owned()
}
