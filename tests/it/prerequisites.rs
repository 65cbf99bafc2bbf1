//! The checks of `make test` before it builds anything.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Creates a program that records its arguments and then runs `script`.
fn program(directory: &Path, name: &str, script: &str) {
    let log = directory.join("calls");
    let text = format!("#!/bin/sh\necho {name} \"$*\" >>'{}'\n{script}\n", log.display());
    let file = directory.join("bin").join(name);
    std::fs::create_dir_all(directory.join("bin")).expect("a directory");
    std::fs::write(&file, text).expect("a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

/// Runs it with its own cache and programs, and returns its output and the recorded calls.
fn run(directory: &Path) -> (String, String) {
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", directory.join("bin").display());
    let output = Command::new("tests/prerequisites")
        .env_clear()
        .env("PATH", path)
        .env("HOME", directory)
        .env("CONTAINER_REBUILD_CACHE", directory.join("cache"))
        .output()
        .expect("bash is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    (said, std::fs::read_to_string(directory.join("calls")).unwrap_or_default())
}

#[test]
fn all_that_is_missing_is_said_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["cargo", "mmdebstrap", "apt-get"] {
        program(directory.path(), name, "exit 1");
    }
    let (said, _) = run(directory.path());
    for line in [
        "  - cargo fmt: a component of the Rust toolchain\n",
        "  - cargo clippy: a component of the Rust toolchain\n",
        "  - the registry of crates, which cannot be reached: what Cargo.toml depends on, what fuzz/Cargo.toml depends on, ",
        "  - the Debian archive, which cannot be reached: ",
        "the reference Nix, the lab's tree still to be fetched\n",
    ] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
    assert_eq!(said.contains("  - root: "), !nix::unistd::geteuid().is_root(), "{said}");
}

#[test]
fn where_everything_is_there_the_network_is_not_asked() {
    let directory = tempfile::tempdir().expect("a directory");
    let unused = ["mmdebstrap", "apt-get"];
    let present = ["cargo", "cargo-nextest", "cargo-deny", "cargo-fuzz", "nft", "systemd-nspawn"];
    for name in present.into_iter().chain(unused) {
        program(directory.path(), name, "exit 0");
    }
    let reference = directory.path().join("cache/reference");
    std::fs::create_dir_all(&reference).expect("a directory");
    std::fs::copy(directory.path().join("bin/nft"), reference.join("nix-instantiate")).expect("a program");
    let make_tree = "cache=$1/cache suite=trixie lab_dir=tests/lab guest_packages=nix-fixtures/nixpkgs/guest/packages; \
                     source tests/lab/lib/trees.sh; mkdir -p \"$(tree_path)\"";
    let made = Command::new("bash").args(["-euc", make_tree, "tree"]).arg(directory.path()).status();
    assert!(made.is_ok_and(|status| status.success()));

    let (said, calls) = run(directory.path());
    assert!(!said.contains("cannot be reached"), "{said}");
    for call in calls.lines() {
        let quiet = call.starts_with("cargo fetch --offline") || call.ends_with(" --version");
        assert!(quiet, "{call}");
    }
    assert!(calls.contains("cargo fetch --offline --locked --manifest-path fuzz/Cargo.toml\n"), "{calls}");
}
