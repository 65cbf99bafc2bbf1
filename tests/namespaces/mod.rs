//! Tests that need root or nft: an ordinary user's run in a user namespace, and what cannot be run says so.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::ffi::OsString;
use std::io::Write as _;
use std::process::Command;
use std::sync::OnceLock;

/// Says that the test on this thread is not run. Continuous integration has all that tests need, so there it is a failure.
pub(crate) fn not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "not run, and CI is set: {why}");
    let thread = std::thread::current();
    // Past libtest's capture, which hides what passing tests print.
    let _ = writeln!(std::io::stderr(), "not run: {}: {why}", thread.name().unwrap_or_default());
}

/// Whether this process is root of the machine, and not only of a user namespace, whose files have one owner. If not, says
/// what root is needed for.
pub(crate) fn is_root(why: &str) -> bool {
    let users = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let is_root = nix::unistd::geteuid().is_root() && users.split_whitespace().eq(["0", "0", "4294967295"]);
    if !is_root {
        not_run(&format!("needs root, {why}"));
    }
    is_root
}

/// Whether this process can be root of a namespace. If not, says so.
pub(crate) fn are_possible() -> bool {
    static WHY_NOT: OnceLock<Option<String>> = OnceLock::new();
    let why_not = WHY_NOT.get_or_init(|| match as_root("true").args(["--version"]).output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    });
    if let Some(why) = why_not {
        not_run(&format!("needs root, or user namespaces ({why})"));
    }
    why_not.is_none()
}

/// A command for a program in namespaces of its own, in which it is root.
pub(crate) fn as_root(program: &str) -> Command {
    // By its path: what the program's search path will be is up to the caller.
    let found =
        std::env::split_paths(&path()).map(|directory| directory.join("unshare")).find(|file| file.is_file());
    let mut command = Command::new(found.unwrap_or_else(|| "unshare".into()));
    command.args(["--user", "--map-root-user", "--net", "--mount", "--", program]).env("PATH", path());
    command
}

/// Whether nft is installed. If not, says so.
pub(crate) fn has_nft() -> bool {
    let has_nft = Command::new("nft").arg("--version").env("PATH", path()).output().is_ok();
    if !has_nft {
        not_run("needs nft (on Debian: apt install nftables)");
    }
    has_nft
}

/// The search path with the directories for root's programs, such as nft. An ordinary user's may lack them.
pub(crate) fn path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}
