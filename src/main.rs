//! The `container-rebuild` binary, a thin wrapper around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    container_rebuild::main()
}
