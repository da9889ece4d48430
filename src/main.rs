//! The `hikyaku` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    hikyaku::cli::main()
}
