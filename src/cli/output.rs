//! The two output streams. Everything that this program prints goes through here.
//!
//! Takes: bytes, and lines with a level. Gives: what was lost of them, and why.
//!
//! Invariants:
//! - No write panics, whatever a stream is connected to.
//! - Before [`stop_blocking`], a write waits for its reader as in any program. After it, no write blocks: a thread writes
//!   from a bounded queue, and what does not fit or is not read in time is dropped and counted.
//! - The writes of one thread keep their order, across both streams.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;
use tracing::Level;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// How long a reader may read nothing before it counts as stalled.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 200 } else { 5000 });
/// How many bytes are queued for a slow reader.
const QUEUE: usize = 1 << 20;
/// How much a pipe takes without blocking once poll(2) reports it writable (pipe(7), `PIPE_BUF`).
const CHUNK: usize = 4096;

/// One of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output: the result of a command.
    Results = 0,
    /// Standard error: everything else.
    Messages = 1,
}

/// What was lost of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lost {
    /// Whether the reader has left, by closing a pipe or a terminal. That is not an error.
    pub(super) reader_left: bool,
    /// The first error of another kind.
    pub(super) failed: Option<Errno>,
    /// How many writes were dropped because the reader had stalled.
    pub(super) dropped: usize,
}

impl Lost {
    /// Whether everything was written.
    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

struct Target {
    /// A copy of the standard descriptor. `None` if it was closed, or if the process may not open any more.
    descriptor: Option<OwnedFd>,
    is_terminal: bool,
}

impl Target {
    fn new(stream: impl AsFd + IsTerminal) -> Self {
        // Ask now: after a hangup, a terminal is no longer recognized as one.
        Self { is_terminal: stream.is_terminal(), descriptor: stream.as_fd().try_clone_to_owned().ok() }
    }

    /// Whether the stream is writable now or within `wait`. True on errors, which the write itself will report.
    fn is_ready(&self, wait: Option<Duration>) -> bool {
        let Some(descriptor) = &self.descriptor else { return true };
        let wait = match wait {
            Some(wait) => PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX),
            None => PollTimeout::NONE,
        };
        let mut polled = [PollFd::new(descriptor.as_fd(), PollFlags::POLLOUT)];
        loop {
            match poll(&mut polled, wait) {
                Err(Errno::EINTR) => {}
                Err(_) => return true,
                Ok(ready) => return ready > 0,
            }
        }
    }
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Stream, Vec<u8>)>,
    /// The number of bytes in the queue and in the current write.
    waiting: usize,
    /// Whether writes must not block any more.
    never_blocks: bool,
    /// Whether the writer thread is running.
    has_writer: bool,
    lost: [Lost; 2],
    /// Whether the reader of each stream has stalled, and how many dropped writes it has not been told about.
    stalled: [bool; 2],
    skipped: [usize; 2],
}

/// The output streams of the process.
struct Output {
    targets: [Target; 2],
    is_json: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
    /// Held during a write, so that lines do not mix.
    writing: Mutex<()>,
}

static OUTPUT: LazyLock<Output> =
    LazyLock::new(|| Output::new([Target::new(io::stdout()), Target::new(io::stderr())]));

/// Makes each line on stderr a JSON object.
pub(super) fn use_json() {
    OUTPUT.is_json.store(true, Ordering::Relaxed);
}

/// Writes bytes as they are.
pub(super) fn bytes(stream: Stream, bytes: &[u8]) {
    OUTPUT.write(stream, bytes);
}

/// Writes a line to stderr, as text or as JSON.
pub(super) fn line(level: Level, message: &str) {
    OUTPUT.write(Stream::Messages, OUTPUT.format(level, message).as_bytes());
}

/// From now on, no write waits for its reader.
pub(super) fn stop_blocking() {
    OUTPUT.stop_blocking();
}

/// Whether a stream takes a few lines now, without waiting for its reader.
pub(super) fn is_ready(stream: Stream) -> bool {
    OUTPUT.targets[stream as usize].is_ready(Some(Duration::ZERO))
}

/// The columns and rows of the terminal that a stream is connected to, if it reports them.
pub(super) fn size(stream: Stream) -> Option<(u16, u16)> {
    let descriptor = OUTPUT.targets[stream as usize].descriptor.as_ref()?;
    terminal_size::terminal_size_of(descriptor).map(|(columns, rows)| (columns.0, rows.0))
}

/// What was lost of a stream so far.
pub(super) fn lost(stream: Stream) -> Lost {
    OUTPUT.state().lost[stream as usize]
}

/// Waits until everything is written, unless a reader stalls.
pub(super) fn finish() {
    OUTPUT.finish();
}

/// A JSON line of the log: the time, the level, and the `fields`.
pub(super) fn json_line(level: Level, fields: serde_json::Map<String, serde_json::Value>) -> String {
    let mut time = String::new();
    // Writing to a string does not fail.
    _ = SystemTime.format_time(&mut Writer::new(&mut time));
    let mut line = serde_json::Map::new();
    line.insert("timestamp".to_owned(), time.into());
    line.insert("level".to_owned(), level.as_str().to_ascii_lowercase().into());
    line.extend(fields);
    format!("{}\n", serde_json::Value::Object(line))
}

impl Output {
    fn new(targets: [Target; 2]) -> Self {
        Self {
            targets,
            is_json: AtomicBool::new(false),
            state: Mutex::default(),
            changed: Condvar::new(),
            writing: Mutex::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn format(&self, level: Level, message: &str) -> String {
        if self.is_json.load(Ordering::Relaxed) {
            json_line(level, [("message".to_owned(), message.into())].into_iter().collect())
        } else {
            format!("{message}\n")
        }
    }

    fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.state();
        if !state.has_writer {
            let waits = !state.never_blocks;
            drop(state);
            self.write_now(stream, bytes, waits);
        } else if state.waiting + bytes.len() > QUEUE {
            state.lost[stream as usize].dropped += 1;
            state.skipped[stream as usize] += 1;
        } else {
            state.waiting += bytes.len();
            state.queue.push_back((stream, bytes.to_vec()));
            self.changed.notify_all();
        }
    }

    /// Writes on this thread. Unless `waits`, drops what the reader does not read in time.
    fn write_now(&self, stream: Stream, bytes: &[u8], waits: bool) {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (target, index) = (&self.targets[stream as usize], stream as usize);
        let (is_gone, is_stalled, skipped) = {
            let state = self.state();
            (state.lost[index].reader_left, state.stalled[index], state.skipped[index])
        };
        let Some(descriptor) = target.descriptor.as_ref().filter(|_| !is_gone) else { return };
        let mut missed = Vec::new();
        if skipped > 0 && stream == Stream::Messages {
            missed = self
                .format(Level::WARN, &format!("({skipped} lines were not read in time and are missing here)"))
                .into_bytes();
        }
        let all = [missed.as_slice(), bytes].concat();
        let mut rest = if missed.is_empty() { bytes } else { &all };
        let patience = if is_stalled { Duration::ZERO } else { PATIENCE };
        while !rest.is_empty() {
            if !waits && !target.is_ready(Some(patience)) {
                let mut state = self.state();
                state.stalled[index] = true;
                state.lost[index].dropped += 1;
                state.skipped[index] += 1;
                return;
            }
            let chunk = if waits { rest } else { &rest[..rest.len().min(CHUNK)] };
            match write(descriptor, chunk) {
                Ok(length) if length > 0 => rest = &rest[length..],
                Err(Errno::EINTR) => {}
                // Another process that shares the descriptor has made it non-blocking.
                Err(Errno::EAGAIN) => _ = target.is_ready(if waits { None } else { Some(patience) }),
                Err(Errno::EPIPE) => return self.state().lost[index].reader_left = true,
                Err(Errno::EIO | Errno::ENXIO) if target.is_terminal => {
                    return self.state().lost[index].reader_left = true;
                }
                Ok(_) => return self.fail(index, Errno::EIO),
                Err(errno) => return self.fail(index, errno),
            }
        }
        let mut state = self.state();
        state.stalled[index] = false;
        state.skipped[index] -= skipped;
    }

    fn fail(&self, index: usize, errno: Errno) {
        self.state().lost[index].failed.get_or_insert(errno);
    }

    fn stop_blocking(&'static self) {
        let mut state = self.state();
        if !std::mem::replace(&mut state.never_blocks, true) {
            let writer = std::thread::Builder::new().name("output".to_owned()).spawn(|| self.work());
            // Without the thread, each write blocks for a limited time.
            state.has_writer = writer.is_ok();
        }
    }

    /// Writes from the queue until the process ends.
    fn work(&self) {
        let mut state = self.state();
        loop {
            let Some((stream, bytes)) = state.queue.pop_front() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            self.write_now(stream, &bytes, false);
            state = self.state();
            state.waiting -= bytes.len();
            self.changed.notify_all();
        }
    }

    fn finish(&self) {
        let state = self.state();
        // Give a stalled reader one chance, and a write that hangs regardless a little longer.
        let limit = PATIENCE + Duration::from_secs(1);
        let ended = self.changed.wait_timeout_while(state, limit, |state| state.waiting > 0);
        let (mut state, _) = ended.unwrap_or_else(PoisonError::into_inner);
        let left: Vec<Stream> = state.queue.iter().map(|(stream, _)| *stream).collect();
        for stream in left {
            state.lost[stream as usize].dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::{PipeReader, Read};

    fn target(file: impl Into<OwnedFd>) -> Target {
        Target { descriptor: Some(file.into()), is_terminal: false }
    }

    /// An output whose messages go to a pipe.
    fn piped() -> (&'static Output, PipeReader) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let nowhere = File::options().write(true).open("/dev/null").expect("opened");
        (Box::leak(Box::new(Output::new([target(nowhere), target(writer)]))), reader)
    }

    fn lost(output: &Output) -> Lost {
        output.state().lost[Stream::Messages as usize]
    }

    #[test]
    fn writes_keep_their_order_with_and_without_the_thread() {
        let (output, mut reader) = piped();
        output.write(Stream::Messages, b"one\n");
        output.stop_blocking();
        output.write(Stream::Messages, b"two\n");
        output.finish();
        let mut read = [0; 8];
        reader.read_exact(&mut read).expect("written");
        assert_eq!(&read, b"one\ntwo\n");
        assert!(lost(output).is_nothing());
    }

    #[test]
    fn a_reader_that_leaves_is_not_an_error() {
        for holds_up in [true, false] {
            let (output, reader) = piped();
            drop(reader);
            if !holds_up {
                output.stop_blocking();
            }
            output.write(Stream::Messages, b"one\n");
            output.write(Stream::Messages, b"two\n");
            output.finish();
            assert_eq!(lost(output), Lost { reader_left: true, ..Lost::default() });
        }
    }

    #[test]
    fn a_full_disk_is_remembered() {
        let full = File::options().write(true).open("/dev/full").expect("opened");
        let null = File::options().write(true).open("/dev/null").expect("opened");
        let output = Output::new([target(full), target(null)]);
        output.write(Stream::Results, b"one\n");
        assert_eq!(output.state().lost[0].failed, Some(Errno::ENOSPC));
        assert!(lost(&output).is_nothing());
    }

    #[test]
    fn a_stalled_reader_blocks_nothing_and_is_told_what_it_missed() {
        let (output, mut reader) = piped();
        output.stop_blocking();
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<u8>>();
        // This is more than the pipe and the queue hold.
        for _ in 0..(2 * QUEUE / line.len()) {
            output.write(Stream::Messages, &line);
        }
        // Neither the writes nor this must block forever.
        output.finish();
        assert!(lost(output).dropped > QUEUE / line.len(), "{:?}", lost(output));
        // The reader resumes.
        let rest = std::thread::spawn(move || {
            let mut text = String::new();
            let mut buffer = [0; 1 << 16];
            while !text.ends_with("last\n") {
                let length = reader.read(&mut buffer).expect("read");
                text.push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
            text
        });
        output.write(Stream::Messages, b"last\n");
        let text = loop {
            // This write was dropped if the pipe still had no room.
            if rest.is_finished() {
                break rest.join().expect("read");
            }
            output.write(Stream::Messages, b"last\n");
            output.finish();
        };
        assert!(
            text.contains(" lines were not read in time and are missing here)\n"),
            "{}",
            &text[text.len() - 300..]
        );
    }
}
