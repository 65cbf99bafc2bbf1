//! Passes our standard streams to the guest's command, if they are not terminals.
//!
//! A file, pipe or socket is passed on as it is, so that it is binary safe and nothing is copied. A terminal is not
//! passed on: a pipe takes its place.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::thread::JoinHandle;

/// Copies data between our terminal and pipes to the guest.
#[derive(Debug, Default)]
pub(super) struct Streams {
    outputs: Vec<JoinHandle<()>>,
}

impl Streams {
    /// Opens the streams, and returns the three descriptors for the command.
    pub(super) fn open() -> io::Result<(Self, [OwnedFd; 3])> {
        let mut streams = Self::default();
        let input = if io::stdin().is_terminal() { input()? } else { io::stdin().as_fd().try_clone_to_owned()? };
        let output = match io::stdout() {
            stdout if stdout.is_terminal() => streams.output(stdout)?,
            stdout => stdout.as_fd().try_clone_to_owned()?,
        };
        let errors = match io::stderr() {
            stderr if stderr.is_terminal() => streams.output(stderr)?,
            stderr => stderr.as_fd().try_clone_to_owned()?,
        };
        Ok((streams, [input, output, errors]))
    }

    /// The write end of a pipe whose content goes to `destination`.
    fn output(&mut self, destination: impl Write + Send + 'static) -> io::Result<OwnedFd> {
        let (reader, writer) = io::pipe()?;
        self.outputs.push(std::thread::spawn(move || copy(reader, destination)));
        Ok(writer.into())
    }

    /// Waits until all output has been copied. The command and all processes that it left must have ended.
    pub(super) fn finish(self) {
        for output in self.outputs {
            // A thread that panicked has already reported it.
            drop(output.join());
        }
    }
}

/// The read end of a pipe with what is typed. Its thread ends with the process, since reading from a terminal cannot be
/// interrupted.
fn input() -> io::Result<OwnedFd> {
    let (reader, writer) = io::pipe()?;
    let terminal = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    std::thread::spawn(move || copy(terminal, writer));
    Ok(reader.into())
}

/// Copies until one of them ends. Reading a pseudo-terminal fails with EIO when all of its other ends are closed.
pub(super) fn copy(mut source: impl Read, mut destination: impl Write) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match source.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(length) => {
                let written = destination.write_all(&buffer[..length]).and_then(|()| destination.flush());
                if written.is_err() {
                    return;
                }
            }
        }
    }
}
