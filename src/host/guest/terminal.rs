//! Connects our terminal to a pseudo-terminal of a guest (pty(7), termios(3)).

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::thread::JoinHandle;

use nix::libc;
use nix::sys::termios::{self, SetArg, Termios};

use super::streams::copy;

nix::ioctl_read_bad!(window_size, libc::TIOCGWINSZ, libc::winsize);
nix::ioctl_write_ptr_bad!(set_window_size, libc::TIOCSWINSZ, libc::winsize);

/// Whether both our input and our output are a terminal, so that the command needs one.
pub(super) fn is_used() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A pseudo-terminal of a guest.
#[derive(Debug)]
pub(super) struct Terminal {
    master: File,
    /// The guest's end. Kept open because processes come and go, and reading the master fails while nobody has this end
    /// open.
    other: OwnedFd,
}

impl Terminal {
    /// Opens the guest's end of the pseudo-terminal `master`.
    pub(super) fn new(master: OwnedFd) -> io::Result<Self> {
        let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
        // SAFETY: the ioctl takes a number, and gives a new descriptor or -1 (ioctl_tty(2)).
        let other = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags) };
        if other < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: nobody else knows this descriptor.
        let other = unsafe { OwnedFd::from_raw_fd(other) };
        Ok(Self { master: File::from(master), other })
    }

    /// Connects both terminals: ours becomes raw, and data is copied both ways until [`Session::end`].
    pub(super) fn begin(self) -> io::Result<Session> {
        let keys = self.master.try_clone()?;
        let screen = self.master.try_clone()?;
        let session = Session { master: self.master, other: Some(self.other), raw: Raw::set()?, output: None };
        session.resize();
        // The thread ends with the process, since reading from a terminal cannot be interrupted.
        std::thread::spawn(move || copy(io::stdin(), keys));
        let output = std::thread::spawn(move || copy(screen, io::stdout()));
        Ok(Session { output: Some(output), ..session })
    }
}

/// A connection between two terminals.
#[derive(Debug)]
pub(super) struct Session {
    master: File,
    other: Option<OwnedFd>,
    raw: Raw,
    output: Option<JoinHandle<()>>,
}

impl Session {
    /// Gives the guest's terminal the size of ours.
    pub(super) fn resize(&self) {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: both take a pointer to a winsize that outlives the call.
        unsafe {
            // A terminal may have no size.
            if window_size(io::stdout().as_raw_fd(), &raw mut size).is_ok() {
                let _ = set_window_size(self.master.as_raw_fd(), &raw const size);
            }
        }
    }

    /// Waits for the last output, and restores our terminal. The guest's processes must have ended, or be about to.
    pub(super) fn end(mut self) {
        // With ours closed, reading ends when the guest's processes are gone.
        self.other = None;
        if let Some(output) = self.output.take() {
            // A thread that panicked has already reported it.
            drop(output.join());
        }
        drop(self.raw);
    }
}

/// Our terminal in raw mode, restored when this is dropped.
#[derive(Debug)]
struct Raw {
    before: Termios,
}

impl Raw {
    fn set() -> io::Result<Self> {
        let before = termios::tcgetattr(io::stdin().as_fd())?;
        let mut raw = before.clone();
        termios::cfmakeraw(&mut raw);
        termios::tcsetattr(io::stdin().as_fd(), SetArg::TCSADRAIN, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing can be done if even this fails.
        let _ = termios::tcsetattr(io::stdin().as_fd(), SetArg::TCSADRAIN, &self.before);
    }
}
