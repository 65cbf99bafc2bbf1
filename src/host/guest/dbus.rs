//! Calls methods of a guest's systemd one at a time, with limits on time and size (D-Bus Specification).
//!
//! Messages are built and parsed by zbus, but its connections cannot be used: a systemd that is addressed without a bus
//! sets a sender that zbus considers an invalid name and refuses to read.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use zbus::wire::serialized::{Context, Data};
use zbus::{Message, Type};

/// The longest message that is accepted; no answer that we ask for is longer.
const LONGEST_MESSAGE: usize = 1 << 20;
/// The longest line of the authentication that is accepted.
const LONGEST_LINE: usize = 512;

/// The message types of answers: METHOD_RETURN and ERROR.
const RETURN: u8 = 2;
const ERROR: u8 = 3;

/// A connection to a guest's systemd or bus.
#[derive(Debug)]
pub(super) struct Peer {
    stream: UnixStream,
    /// When to stop waiting.
    end: Instant,
}

/// A received message.
struct Incoming {
    kind: u8,
    body: Vec<u8>,
    endian: zbus::wire::Endian,
}

impl Peer {
    /// Authenticates on a connection: as root, which the kernel confirms.
    pub(super) fn new(stream: UnixStream, end: Instant) -> io::Result<Self> {
        let mut peer = Self { stream, end };
        // "30" is the user "0" in hexadecimal digits. Sent all at once, as systemd's own clients do. The server does
        // not look at what it has read together with the end of the authentication until more arrives, so BEGIN and a
        // call must not come together.
        peer.send(b"\0AUTH EXTERNAL 30\r\nBEGIN\r\n")?;
        let line = peer.line()?;
        if !line.starts_with(b"OK ") {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it rejects our authentication"));
        }
        Ok(peer)
    }

    /// Calls a method of systemd or of the bus, and returns its result.
    pub(super) fn call<B, T>(
        &mut self,
        [destination, path, interface, method]: [&str; 4],
        arguments: &B,
    ) -> io::Result<T>
    where
        B: serde::Serialize + zbus::DynamicType,
        T: DeserializeOwned + Type,
    {
        let call =
            || Message::method_call(path, method).destination(destination).interface(interface).build(arguments);
        let call = call().map_err(io::Error::other)?;
        self.send(call.data().bytes())?;
        loop {
            // There is only one call at a time, so the next answer belongs to it. Signals may come in between.
            let Incoming { kind, body, endian } = self.next()?;
            match kind {
                RETURN => {
                    let body = Data::new(body, Context::new(endian, 0));
                    return body.deserialize().map(|(value, _)| value).map_err(io::Error::other);
                }
                ERROR => return Err(io::Error::other(format!("{method} was refused"))),
                _ => {}
            }
        }
    }

    /// Changes when to stop waiting.
    pub(super) fn set_end(&mut self, end: Instant) {
        self.end = end;
    }

    /// Waits for a message of any type.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        self.next().map(drop)
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write_all(bytes)
    }

    fn receive(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let mut read = 0;
        while read < bytes.len() {
            self.stream.set_read_timeout(Some(self.left()?))?;
            match self.stream.read(&mut bytes[read..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            if line.len() == LONGEST_LINE {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut byte = [0];
            self.receive(&mut byte)?;
            line.extend(byte);
        }
        Ok(line)
    }

    fn next(&mut self) -> io::Result<Incoming> {
        // The byte order, type, flags, version, body length, serial number, and length of the header fields.
        let mut head = [0; 16];
        self.receive(&mut head)?;
        let endian = match head[0] {
            b'l' => zbus::wire::Endian::Little,
            b'B' => zbus::wire::Endian::Big,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let number = |at: usize| {
            let bytes = [head[at], head[at + 1], head[at + 2], head[at + 3]];
            let number = match endian {
                zbus::wire::Endian::Little => u32::from_le_bytes(bytes),
                zbus::wire::Endian::Big => u32::from_be_bytes(bytes),
            };
            usize::try_from(number).ok().filter(|length| *length <= LONGEST_MESSAGE)
        };
        let too_long = || io::Error::new(io::ErrorKind::InvalidData, "its answer is too long");
        let (length, fields) = (number(4).ok_or_else(too_long)?, number(12).ok_or_else(too_long)?);
        // The body starts at a multiple of eight.
        self.receive(&mut vec![0; fields.next_multiple_of(8)])?;
        let mut body = vec![0; length];
        self.receive(&mut body)?;
        Ok(Incoming { kind: head[1], body, endian })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of a call if the guest sends `script` after the authentication.
    fn asked(script: Vec<u8>) -> io::Result<String> {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let guest = std::thread::spawn(move || {
            let mut theirs = theirs;
            drop(theirs.write_all(b"OK 0123456789abcdef0123456789abcdef\r\n"));
            drop(theirs.write_all(&script));
            // Keep the connection open until the other end is closed.
            drop(theirs.read_to_end(&mut Vec::new()));
        });
        let mut peer = Peer::new(ours, Instant::now() + Duration::from_millis(300))?;
        let answer = peer.call(["a.b", "/a", "a.b", "Get"], &("x",));
        drop(peer);
        guest.join().expect("no panic");
        answer
    }

    /// A message without fields.
    fn message(order: u8, kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).expect("short");
        let number = |number: u32| if order == b'l' { number.to_le_bytes() } else { number.to_be_bytes() };
        [&[order, kind, 0, 1][..], &number(length), &number(1), &number(0), body].concat()
    }

    #[test]
    fn answers_are_read_in_both_byte_orders_and_signals_skipped() {
        let little = message(b'l', 2, b"\x05\0\0\0hello\0");
        let big = message(b'B', 2, b"\0\0\0\x05hello\0");
        assert_eq!(asked(little.clone()).expect("answered"), "hello");
        assert_eq!(asked(big).expect("answered"), "hello");
        assert_eq!(asked([message(b'l', 4, b"signal"), little].concat()).expect("answered"), "hello");
    }

    #[test]
    fn nonsense_and_silence_are_errors_in_time() {
        let endless = [&b"l\x02\0\x01\xff\xff\xff\x7f\x01\0\0\0"[..], &[0; 4]].concat();
        let cut = message(b'l', 2, b"\xff\0\0\0hello\0");
        let table: [Vec<u8>; 6] = [
            vec![],
            b"nonsense that is long enough".to_vec(),
            endless,
            cut,
            message(b'l', 2, b""),
            message(b'l', 3, b""),
        ];
        for script in table {
            let begun = Instant::now();
            asked(script.clone()).expect_err("no answer");
            assert!(begun.elapsed() < Duration::from_secs(5), "{script:?}");
        }
    }
}
