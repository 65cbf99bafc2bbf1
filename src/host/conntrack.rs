//! Ends connections in the kernel's connection tracking table, over netlink (`linux/netfilter/nfnetlink_conntrack.h`).
//!
//! A connection that came through a forward goes on to the same address after the forward is gone, and a client that
//! sends UDP keeps it alive for as long as it likes. So when an address gets another holder, its connections must be
//! ended.
//!
//! This needs only two messages of ctnetlink, which no crate provides, so they are built here. Nothing waits longer
//! than [`PATIENCE`] for the kernel.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

/// The limit for an answer of the kernel, in seconds.
const PATIENCE: i64 = 10;

/// `NFNL_SUBSYS_CTNETLINK << 8`, to which the message types below are added.
const CONNTRACK: u16 = 1 << 8;
const NEW: u16 = CONNTRACK;
const GET: u16 = CONNTRACK | 1;
const DELETE: u16 = CONNTRACK | 2;

// Constants of linux/netlink.h.
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const REQUEST: u16 = 1;
const ACK: u16 = 4;
const INTERRUPTED: u16 = 0x10;
const DUMP: u16 = 0x300;
/// The bits of an attribute's type that are not flags.
const TYPE: u16 = 0x3fff;

// The attributes of a connection, and of the tuples in it.
const TUPLE_ORIG: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const ID: u16 = 12;
const ZONE: u16 = 18;
const TUPLE_IP: u16 = 1;

/// The sizes of `nlmsghdr`, and of `nlmsghdr` with `nfgenmsg`.
const HEADER: usize = 16;
const HEADERS: usize = HEADER + 4;

/// A tracked connection.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flow {
    /// `AF_INET` or `AF_INET6`.
    family: u8,
    /// The addresses of both ends, before and after translation.
    addresses: BTreeSet<IpAddr>,
    /// The attributes that identify it, as the kernel sent them.
    identity: Vec<u8>,
}

/// Ends all connections from or to these addresses. If the kernel cannot list connections, this logs a warning and
/// succeeds.
///
/// # Errors
///
/// If the kernel refuses a request.
pub(super) fn forget(addresses: &BTreeSet<IpAddr>) -> io::Result<()> {
    let kernel = match connect().and_then(|kernel| Ok((flows(&kernel)?, kernel))) {
        Err(error) if is_unsupported(&error) => {
            tracing::warn!(%error, "the kernel cannot list its connections; those to former guests may stay open");
            return Ok(());
        }
        result => result?,
    };
    let (flows, kernel) = kernel;
    for (number, flow) in (0..).zip(flows.iter().filter(|flow| !flow.addresses.is_disjoint(addresses))) {
        delete(&kernel, number, flow)?;
    }
    Ok(())
}

fn is_unsupported(error: &io::Error) -> bool {
    let unsupported = [Errno::EINVAL, Errno::EOPNOTSUPP, Errno::EPROTONOSUPPORT, Errno::EAFNOSUPPORT];
    error.raw_os_error().is_some_and(|number| unsupported.contains(&Errno::from_raw(number)))
}

fn connect() -> io::Result<OwnedFd> {
    let kernel =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkNetFilter)?;
    setsockopt(&kernel, sockopt::ReceiveTimeout, &TimeVal::seconds(PATIENCE))?;
    Ok(kernel)
}

/// Lists all connections.
fn flows(kernel: &OwnedFd) -> io::Result<Vec<Flow>> {
    /// The table may change while it is read, and the dump is then incomplete: so try again.
    const TRIES: u32 = 5;
    let mut flows = Vec::new();
    for number in 0..TRIES {
        flows.clear();
        send(kernel.as_raw_fd(), &message(GET, REQUEST | DUMP, number, 0, &[]), MsgFlags::empty())?;
        let mut was_interrupted = false;
        answers(kernel, number, |kind, flags, body| {
            was_interrupted |= flags & INTERRUPTED != 0;
            if kind == NEW {
                flows.extend(flow(body));
            }
        })?;
        if !was_interrupted {
            break;
        }
    }
    Ok(flows)
}

fn delete(kernel: &OwnedFd, number: u32, flow: &Flow) -> io::Result<()> {
    let request = message(DELETE, REQUEST | ACK, number, flow.family, &flow.identity);
    send(kernel.as_raw_fd(), &request, MsgFlags::empty())?;
    match answers(kernel, number, |_, _, _| ()) {
        // The connection has ended by itself.
        Err(error) if error.raw_os_error() == Some(Errno::ENOENT as i32) => Ok(()),
        result => result,
    }
}

fn message(kind: u16, flags: u16, number: u32, family: u8, attributes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADERS + attributes.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(HEADERS + attributes.len());
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(number.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    message.extend([family, 0, 0, 0]);
    message.extend(attributes);
    message
}

/// Reads the answers to a request up to the last one, and calls `each` with the type, the flags and the rest of each.
fn answers(kernel: &OwnedFd, number: u32, mut each: impl FnMut(u16, u16, &[u8])) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let received = recv(kernel.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
        let mut rest = &buffer[..received];
        while let Some(length) = u32_at(rest, 0).and_then(|length| usize::try_from(length).ok()) {
            let (Some(message), true) = (rest.get(..length), length >= HEADER) else { break };
            rest = rest.get(aligned(length)..).unwrap_or_default();
            let (kind, flags) = (u16_at(message, 4).unwrap_or(0), u16_at(message, 6).unwrap_or(0));
            // The rest of the answers to an earlier request.
            if u32_at(message, 8) != Some(number) {
                continue;
            }
            match (kind, u32_at(message, HEADER)) {
                (NLMSG_DONE, _) | (NLMSG_ERROR, None | Some(0)) => return Ok(()),
                (NLMSG_ERROR, Some(code)) => {
                    return Err(io::Error::from_raw_os_error(code.cast_signed().saturating_neg()));
                }
                _ => each(kind, flags, message.get(HEADER..).unwrap_or_default()),
            }
        }
    }
}

/// Parses a connection from the part of a message after its header.
fn flow(body: &[u8]) -> Option<Flow> {
    let (family, attributes) = (*body.first()?, body.get(HEADERS - HEADER..)?);
    let (mut addresses, mut identity) = (BTreeSet::new(), Vec::new());
    for attribute in Attributes(attributes) {
        if matches!(attribute.kind, TUPLE_ORIG | TUPLE_REPLY) {
            let ends = Attributes(attribute.value).filter(|within| within.kind == TUPLE_IP);
            addresses.extend(ends.flat_map(|ends| Attributes(ends.value)).filter_map(|end| address(end.value)));
        }
        if matches!(attribute.kind, TUPLE_ORIG | ID | ZONE) {
            identity.extend(attribute.whole);
            identity.resize(aligned(identity.len()), 0);
        }
    }
    Some(Flow { family, addresses, identity })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// Iterates over the attributes in some bytes.
struct Attributes<'a>(&'a [u8]);

struct Attribute<'a> {
    kind: u16,
    value: &'a [u8],
    /// The attribute with its header.
    whole: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let length = usize::from(u16_at(self.0, 0)?);
        let whole = self.0.get(..length)?;
        let attribute = Attribute { kind: u16_at(whole, 2)? & TYPE, value: whole.get(4..)?, whole };
        self.0 = self.0.get(aligned(length)..).unwrap_or_default();
        Some(attribute)
    }
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::host::netlink;
    use crate::host::netns::tests::isolated;

    #[test]
    fn connections_of_an_address_end_and_those_of_others_go_on() {
        isolated(|_| {
            netlink::set_lo_up(Path::new("/proc/thread-self/ns/net")).expect("lo is up");
            // A network namespace tracks connections only once a rule needs it.
            let rule = "add table inet t; add chain inet t c { type filter hook input priority 0; }; \
                        add rule inet t c ct state new accept";
            assert!(Command::new("nft").arg(rule).status().expect("nft runs").success());
            let [one, two, other] = [[127, 0, 0, 2], [127, 0, 0, 3], [127, 0, 0, 4]].map(Ipv4Addr::from);
            let to = |address: IpAddr| {
                let socket = UdpSocket::bind((address, 0)).expect("bound");
                socket.send_to(b"x", (address, 9)).expect("sent");
                socket
            };
            let _sockets = [to(one.into()), to(two.into()), to(other.into()), to(Ipv6Addr::LOCALHOST.into())];
            let kernel = connect().expect("a socket");
            let seen = || -> BTreeSet<IpAddr> {
                flows(&kernel).expect("listed").into_iter().flat_map(|flow| flow.addresses).collect()
            };
            assert_eq!(seen(), [one.into(), two.into(), other.into(), IpAddr::from(Ipv6Addr::LOCALHOST)].into());
            for _ in 0..2 {
                forget(&[two.into(), Ipv6Addr::LOCALHOST.into()].into()).expect("ended");
                assert_eq!(seen(), [one.into(), other.into()].into());
            }
        });
    }

    #[test]
    fn malformed_messages_are_ignored() {
        for body in [&[][..], &[2], &[2, 0, 0, 0, 3, 0], &[2, 0, 0, 0, 200, 0, 1, 0], &[2, 0, 0, 0, 0, 0, 0, 0]] {
            assert!(flow(body).is_none_or(|flow| flow.addresses.is_empty()), "{body:?}");
        }
    }
}
