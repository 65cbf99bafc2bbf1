//! The resolv.conf of guests that cannot reach the host's loopback.
//!
//! Source: resolv.conf(5): a keyword starts its line, `#` and `;` start comments, at most three name servers count, and
//! `trust-ad` is for servers that are trusted and reached by a secure path.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

/// How many name servers count (`MAXNS`).
const COUNTED: usize = 3;

/// What guests with a private network get as their `/etc/resolv.conf`, given the host's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Resolver {
    /// A copy: it names no loopback address.
    #[default]
    Copy,
    /// The host's file with other servers.
    Upstream {
        /// The loopback addresses that the host's file names.
        loopback: Vec<IpAddr>,
        /// The servers instead, those of the host's file that a guest may reach included.
        servers: Vec<IpAddr>,
        /// Where the host has its upstream servers, unless those of its own file are all there are.
        from: Option<PathBuf>,
        /// The text of the file.
        text: String,
    },
    /// A copy, though a guest can reach none of its servers: the host's upstream servers are not known.
    Unreachable {
        /// The loopback addresses that the host's file names.
        loopback: Vec<IpAddr>,
    },
}

impl Resolver {
    /// Decides by the text of the host's `/etc/resolv.conf`, and by files in the same format that may list the servers
    /// behind its loopback addresses. The first of these `sources` with a server that a guest may reach is used.
    pub fn new(host: &str, sources: impl IntoIterator<Item = (PathBuf, String)>) -> Self {
        let named: Vec<IpAddr> = servers(host).take(COUNTED).collect();
        let is_loopback = |server: &&IpAddr| leads_back(**server);
        let loopback: Vec<IpAddr> = named.iter().filter(is_loopback).copied().collect();
        if loopback.is_empty() {
            return Self::Copy;
        }
        let mut upstream = sources.into_iter().map(|(from, text)| {
            let reached: Vec<IpAddr> = servers(&text).filter(|server| may_reach(*server)).collect();
            (from, reached)
        });
        let (from, upstream) = upstream.find(|(_, reached)| !reached.is_empty()).unzip();
        // They stand where the first loopback address stood: its order is that in which the host asks.
        let mut upstream = upstream.into_iter().flatten().collect::<Vec<_>>();
        let mut servers = Vec::new();
        for server in named {
            let by = if leads_back(server) { std::mem::take(&mut upstream) } else { vec![server] };
            for server in by.into_iter().filter(|server| may_reach(*server)) {
                if servers.len() < COUNTED && !servers.contains(&server) {
                    servers.push(server);
                }
            }
        }
        if servers.is_empty() {
            return Self::Unreachable { loopback };
        }
        let text = with_servers(host, &servers);
        Self::Upstream { loopback, servers, from, text }
    }
}

/// The name servers in a text, in order. One with a scope (`fe80::1%eth0`) has none in a guest.
fn servers(text: &str) -> impl Iterator<Item = IpAddr> {
    text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let is_server = line.starts_with("nameserver") && words.next() == Some("nameserver");
        words.next().filter(|_| is_server)?.split('%').next()?.parse().ok()
    })
}

/// Whether packets to an address stay on the machine that sends them. Linux takes the unspecified address for its own.
fn leads_back(server: IpAddr) -> bool {
    let server = server.to_canonical();
    server.is_loopback() || server.is_unspecified()
}

/// Whether a guest may reach a server of the host. A link-local address belongs to an interface of the host; those of
/// IPv4 are routed nevertheless, and clouds have their servers there.
fn may_reach(server: IpAddr) -> bool {
    let is_link_local = matches!(server, IpAddr::V6(server) if server.is_unicast_link_local());
    !leads_back(server) && !is_link_local
}

/// The host's file with other servers, and without comments, which are about the host.
///
/// Without `trust-ad` too: it says that the path to the server is secure, which the host says of its loopback.
fn with_servers(host: &str, servers: &[IpAddr]) -> String {
    let mut text = String::new();
    for server in servers {
        let _ = writeln!(text, "nameserver {server}");
    }
    for line in host.lines().filter(|line| !line.starts_with(['#', ';'])) {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            None | Some("nameserver") => {}
            Some("options") => {
                let kept: Vec<_> = words.filter(|option| *option != "trust-ad").collect();
                if !kept.is_empty() {
                    let _ = writeln!(text, "options {}", kept.join(" "));
                }
            }
            Some(_) => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn new(host: &str, sources: &[(&str, &str)]) -> Resolver {
        Resolver::new(host, sources.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())))
    }

    fn text(resolver: Resolver) -> String {
        match resolver {
            Resolver::Upstream { text, .. } => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn upstream_servers_replace_a_stub() {
        let stub = "# of systemd-resolved\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan example.org\n";
        let sources = [
            ("/empty", "search x\n"),
            ("/a", "nameserver 192.0.2.1\nnameserver 2001:db8::1\n"),
            ("/b", "nameserver 192.0.2.9\n"),
        ];
        let resolver = new(stub, &sources);
        assert_eq!(
            resolver,
            Resolver::Upstream {
                loopback: vec![[127, 0, 0, 53].into()],
                servers: vec![[192, 0, 2, 1].into(), "2001:db8::1".parse().expect("an address")],
                from: Some("/a".into()),
                text: "nameserver 192.0.2.1\nnameserver 2001:db8::1\noptions edns0\nsearch lan example.org\n"
                    .to_owned(),
            }
        );
    }

    #[test]
    fn servers_that_a_guest_may_reach_keep_their_order() {
        let sources = [("/a", "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 127.0.0.1\n")];
        let host = "nameserver 192.0.2.2\nnameserver ::1\nnameserver 192.0.2.3\noptions trust-ad\n";
        let all = "nameserver 192.0.2.2\nnameserver 192.0.2.1\nnameserver 192.0.2.3\n";
        assert_eq!(text(new(host, &sources)), all);
        // Without a source, the others remain.
        assert_eq!(text(new(host, &[])), "nameserver 192.0.2.2\nnameserver 192.0.2.3\n");
        // A fourth server does not count in the host's file, nor in the guest's.
        let many =
            [("/a", "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n")];
        assert_eq!(text(new("nameserver 127.0.0.1\n", &many)).lines().count(), 3);
        let fourth = "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 127.0.0.1\n";
        assert_eq!(new(fourth, &many), Resolver::Copy);
    }

    #[test]
    fn link_local_servers_are_the_hosts_alone() {
        let sources =
            [("/a", "nameserver fe80::1%eth0\nnameserver 127.0.0.1\n"), ("/b", "nameserver 169.254.169.253\n")];
        assert_eq!(text(new("nameserver 127.0.0.1\n", &sources)), "nameserver 169.254.169.253\n");
        let none = new("nameserver 127.0.0.1\nnameserver fe80::1%eth0\n", &sources[..1]);
        assert_eq!(none, Resolver::Unreachable { loopback: vec![[127, 0, 0, 1].into()] });
    }

    #[test]
    fn loopback_has_several_forms() {
        let sources = [("/a", "nameserver 192.0.2.1\n")];
        for loopback in ["127.0.0.53", "127.1.2.3", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
            assert!(
                matches!(new(&format!("nameserver\t{loopback}\n"), &sources), Resolver::Upstream { .. }),
                "{loopback}"
            );
        }
        for other in ["192.0.2.1", "fe80::1%eth0", "localhost", ""] {
            assert_eq!(new(&format!("nameserver {other}\n"), &sources), Resolver::Copy, "{other}");
        }
        for text in [
            "",
            "#nameserver 127.0.0.1\n",
            ";nameserver 127.0.0.1\n",
            " nameserver 127.0.0.1\n",
            "nameservers 127.0.0.1\n",
        ] {
            assert_eq!(new(text, &sources), Resolver::Copy, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_new_file_has_servers_outside_only(
            host in prop::collection::vec("(nameserver (127\\.0\\.0\\.[0-9]|10\\.0\\.0\\.[0-9]|::1|fe80::1%a)|search [a-z]{1,3}|options edns0|#.{0,5}|\\PC{0,8})", 0..8),
            source in prop::collection::vec("nameserver (127\\.0\\.0\\.1|10\\.1\\.0\\.[0-9]|fe80::2%b)", 0..6),
        ) {
            let (host, source) = (host.join("\n"), source.join("\n"));
            match new(&host, &[("/a", &source)]) {
                Resolver::Upstream { text, servers: new_servers, .. } => {
                    let written: Vec<_> = servers(&text).collect();
                    prop_assert_eq!(&written, &new_servers);
                    prop_assert!((1..=COUNTED).contains(&written.len()));
                    prop_assert!(written.iter().all(|server| may_reach(*server)));
                    prop_assert_eq!(new(&text, &[("/a", &source)]), Resolver::Copy, "once is enough");
                }
                Resolver::Copy => prop_assert!(servers(&host).take(COUNTED).all(|server| !leads_back(server))),
                Resolver::Unreachable { .. } => {
                    prop_assert!(servers(&source).all(|server| !may_reach(server)));
                    prop_assert!(servers(&host).take(COUNTED).all(|server| !may_reach(server)));
                }
            }
        }
    }
}
