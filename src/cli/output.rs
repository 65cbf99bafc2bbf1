//! The two streams: the one way by which this program prints.
//!
//! Takes: bytes, and lines with a level. Gives: what of them was lost, and why.
//!
//! Invariants:
//! - No write panics, whatever a stream is connected to.
//! - Until [`hold_nothing_up`] a write waits for its reader, as in any program. From then on none waits: a thread writes
//!   what stands in a bounded queue; what does not fit, or nobody takes, is dropped and counted.
//! - What is written by one thread comes out in that order, on both streams.

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

/// How long a reader may take nothing before it counts as one that has stopped reading.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 200 } else { 5000 });
/// How many bytes wait for a slow reader.
const QUEUE: usize = 1 << 20;
/// As much as a pipe takes at once when poll(2) says that it takes something (pipe(7), `PIPE_BUF`).
const CHUNK: usize = 4096;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output: what was asked for.
    Results = 0,
    /// Standard error: all else.
    Messages = 1,
}

/// What could not be written to a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lost {
    /// Its reader left: a closed pipe, or a terminal that is gone. That is the reader's choice.
    pub(super) reader_left: bool,
    /// The first error of another kind.
    pub(super) failed: Option<Errno>,
    /// How many writes were dropped, because the reader had stopped reading.
    pub(super) dropped: usize,
}

impl Lost {
    /// Whether all of it was written.
    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

struct Target {
    /// A copy of the standard descriptor; none could be made of one where the process may open no more.
    descriptor: Option<OwnedFd>,
    is_terminal: bool,
}

impl Target {
    fn new(stream: impl AsFd + IsTerminal) -> Self {
        // Asked for now: one that has hung up is not known as a terminal any more.
        Self { is_terminal: stream.is_terminal(), descriptor: stream.as_fd().try_clone_to_owned().ok() }
    }

    /// Whether something can be written, now or within `wait`. An error counts: writing will tell.
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
    /// The bytes in it, and in what is being written.
    waiting: usize,
    /// Whether nothing may wait for a reader any more.
    holds_nothing_up: bool,
    /// Whether there is a thread that writes.
    has_writer: bool,
    lost: [Lost; 2],
    /// Streams whose reader has stopped reading, and how many writes it has not been told of that it missed.
    stalled: [bool; 2],
    unsaid: [usize; 2],
}

/// The streams of a process.
struct Output {
    targets: [Target; 2],
    is_json: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
    /// Held while something is written, so that lines do not mix.
    writing: Mutex<()>,
}

static OUTPUT: LazyLock<Output> =
    LazyLock::new(|| Output::new([Target::new(io::stdout()), Target::new(io::stderr())]));

/// Has each line on stderr be a JSON object.
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

/// From now on no write waits for its reader.
pub(super) fn hold_nothing_up() {
    OUTPUT.hold_nothing_up();
}

/// What of a stream was lost so far.
pub(super) fn lost(stream: Stream) -> Lost {
    OUTPUT.state().lost[stream as usize]
}

/// Waits until all is written, as long as the readers go on reading.
pub(super) fn finish() {
    OUTPUT.finish();
}

/// A JSON line of a log: when, how grave, and the `fields`.
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
            let waits = !state.holds_nothing_up;
            drop(state);
            self.write_now(stream, bytes, waits);
        } else if state.waiting + bytes.len() > QUEUE {
            state.lost[stream as usize].dropped += 1;
            state.unsaid[stream as usize] += 1;
        } else {
            state.waiting += bytes.len();
            state.queue.push_back((stream, bytes.to_vec()));
            self.changed.notify_all();
        }
    }

    /// Writes on this thread. Unless it `waits`, what a reader does not take in time is dropped.
    fn write_now(&self, stream: Stream, bytes: &[u8], waits: bool) {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (target, index) = (&self.targets[stream as usize], stream as usize);
        let (is_gone, is_stalled, unsaid) = {
            let state = self.state();
            (state.lost[index].reader_left, state.stalled[index], state.unsaid[index])
        };
        let Some(descriptor) = target.descriptor.as_ref().filter(|_| !is_gone) else { return };
        let mut missed = Vec::new();
        if unsaid > 0 && stream == Stream::Messages {
            missed = self
                .format(Level::WARN, &format!("({unsaid} lines were not read in time and are missing here)"))
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
                state.unsaid[index] += 1;
                return;
            }
            let chunk = if waits { rest } else { &rest[..rest.len().min(CHUNK)] };
            match write(descriptor, chunk) {
                Ok(length) if length > 0 => rest = &rest[length..],
                Err(Errno::EINTR) => {}
                // Somebody else has made it one that does not wait.
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
        state.unsaid[index] -= unsaid;
    }

    fn fail(&self, index: usize, errno: Errno) {
        self.state().lost[index].failed.get_or_insert(errno);
    }

    fn hold_nothing_up(&'static self) {
        let mut state = self.state();
        if !std::mem::replace(&mut state.holds_nothing_up, true) {
            let writer = std::thread::Builder::new().name("output".to_owned()).spawn(|| self.work());
            // Without it each write waits a moment at most.
            state.has_writer = writer.is_ok();
        }
    }

    /// Writes what stands in the queue, for ever.
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
        // A reader that has stopped reading is waited for once; a write that hangs all the same, a little longer.
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
    fn what_is_written_comes_out_in_order_whoever_writes_it() {
        let (output, mut reader) = piped();
        output.write(Stream::Messages, b"one\n");
        output.hold_nothing_up();
        output.write(Stream::Messages, b"two\n");
        output.finish();
        let mut read = [0; 8];
        reader.read_exact(&mut read).expect("written");
        assert_eq!(&read, b"one\ntwo\n");
        assert!(lost(output).is_nothing());
    }

    #[test]
    fn a_reader_that_leaves_is_no_error() {
        for holds_up in [true, false] {
            let (output, reader) = piped();
            drop(reader);
            if !holds_up {
                output.hold_nothing_up();
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
    fn a_reader_that_stops_reading_holds_nothing_up_and_is_told_what_it_missed() {
        let (output, mut reader) = piped();
        output.hold_nothing_up();
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<u8>>();
        // More than fits into the pipe and the queue.
        for _ in 0..(2 * QUEUE / line.len()) {
            output.write(Stream::Messages, &line);
        }
        // Neither came to wait for ever.
        output.finish();
        assert!(lost(output).dropped > QUEUE / line.len(), "{:?}", lost(output));
        // It reads again.
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
            // Dropped where the pipe had no room yet.
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
