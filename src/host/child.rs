//! Runs programs to completion within a time limit.

use std::io;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::waiting;

/// Runs a program with `input` and returns its output. It is killed if it takes longer than `limit`.
///
/// The program gets a process group of its own, so that it does not receive what the terminal sends us (Ctrl-C, a
/// hang-up).
pub(super) fn output(mut command: Command, input: &str, limit: Duration) -> io::Result<Output> {
    use std::os::unix::process::CommandExt;
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let stdin = child.stdin.take();
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A program that ignores its input reports that, if it matters, by its exit status.
                _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let work = async { futures_util::future::join(feed, child.wait_with_output()).await.1 };
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(waiting::no_answer(limit)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_its_input_and_gives_its_output() {
        let output = output(Command::new("cat"), "text", Duration::from_secs(60)).expect("run");
        assert!(output.status.success());
        assert_eq!(output.stdout, b"text");
    }

    #[test]
    fn a_program_that_does_not_end_is_killed() {
        let mut command = Command::new("sh");
        // It does not read its input either, which is more than a pipe holds.
        command.args(["-c", "exec sleep 1000"]);
        let error = output(command, &"x".repeat(1 << 20), Duration::from_millis(50)).expect_err("killed");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
