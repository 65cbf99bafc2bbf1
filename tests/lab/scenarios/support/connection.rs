//! A TCP connection that stays open while things change.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use super::lab::Lab;

/// A connection from the client on the LAN to a web server, kept alive between requests.
pub(crate) struct Connection {
    client: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Lab {
    /// Opens a connection from the client on the LAN.
    pub(crate) fn connect(&self, address: &str, port: u16) -> Connection {
        let target = format!("TCP:{address}:{port},connect-timeout=5");
        let mut client = self.spawn(&["ip", "netns", "exec", "lan", "socat", "-t5", "-T30", "STDIO", &target]);
        let (to, from) = (client.stdin.take().expect("a pipe"), client.stdout.take().expect("a pipe"));
        Connection { client, to, from: BufReader::new(from) }
    }
}

impl Connection {
    /// Requests a page on this connection, and returns the head and body of the response.
    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n");
        self.to.write_all(request.as_bytes()).and_then(|()| self.to.flush()).expect("the connection is open");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            // socat has a timeout, so this loop ends.
            assert_ne!(
                self.from.read_line(&mut head).expect("text"),
                0,
                "the connection was closed after {head:?}"
            );
        }
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
        let mut body = vec![0; length.parse().expect("a number")];
        self.from.read_exact(&mut body).expect("the whole body");
        head + &String::from_utf8(body).expect("UTF-8")
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The client may have exited already.
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}
