//! Collects the output of a command in a guest.
//!
//! The output goes to a file in memory. A pipe would end the command if this program is killed.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::diag::visible;

/// How much of the end of the output is read, in bytes.
const LIMIT: u64 = 64 << 10;
/// The longest line, in characters.
const LONGEST_LINE: usize = 1000;

/// What a command prints.
pub(super) struct Output(File);

impl Output {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(memfd_create("container-rebuild", MFdFlags::MFD_CLOEXEC)?.into()))
    }

    /// A descriptor for the command. All of them share one position, as those of a terminal do.
    pub(super) fn descriptor(&self) -> io::Result<OwnedFd> {
        Ok(self.0.try_clone()?.into())
    }

    /// The last lines, safe to show. Empty ones are left out.
    pub(super) fn lines(&self) -> Vec<String> {
        let length = self.0.metadata().map_or(0, |metadata| metadata.len());
        let begin = length.saturating_sub(LIMIT);
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        // The guest may still write, so its length is not asked for again.
        while let Ok(read @ 1..) = self.0.read_at(&mut buffer, begin + text.len() as u64) {
            text.extend_from_slice(&buffer[..read]);
            if text.len() as u64 >= LIMIT {
                break;
            }
        }
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().skip(usize::from(begin > 0)).filter(|line| !line.trim().is_empty());
        lines.map(|line| visible(&line.chars().take(LONGEST_LINE).collect::<String>())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_end_of_the_output_is_kept() {
        let output = Output::new().expect("made");
        assert_eq!(output.lines(), [] as [&str; 0]);
        let descriptors = [output.descriptor(), output.descriptor()];
        let [mut first, mut second] = descriptors.map(|descriptor| File::from(descriptor.expect("duplicated")));
        for number in 0..20_000 {
            writeln!(first, "out {number}").and_then(|()| writeln!(second, "err {number}\n")).expect("written");
        }
        write!(first, "\x1b[1mend").expect("written");
        let lines = output.lines();
        assert!(lines.len() < 10_000, "{}", lines.len());
        assert_eq!(lines[lines.len() - 3..], ["out 19999", "err 19999", "\\u{1b}[1mend"]);
    }
}
