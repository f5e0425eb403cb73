//! The `keyway` command: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyway::cli::run(std::env::args_os())
}
