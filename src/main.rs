//! The `hikyaku` command.

use std::process::ExitCode;

/// Millions of short texts are made and dropped on several threads: imports take half the
/// processor time that they take with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    hikyaku::cli::main()
}
