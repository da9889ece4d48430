//! From the command line to the exit code.

use super::args::{Cli, Command};
use super::context::Context;
use super::fail::{ERROR, Outcome};
use super::output;
use super::{
    bounces, check, dkim, generate, import, init, lists, logging, plan, preview, report, resend,
    sandbox, send, serve, status, steer, suppress, watch,
};
use clap::Parser;
use std::future::Future;
use std::process::ExitCode;

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // The service begins its log itself, when it knows in which form.
    if !matches!(cli.command, Command::Serve(_))
        && let Err(failure) = logging::start(&cli.global)
    {
        output::complain(&failure);
        return ExitCode::from(ERROR);
    }
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn run(cli: Cli) -> Outcome {
    let Cli { command, global } = cli;
    match command {
        Command::Init(args) => init::run(&args),
        Command::Bounces(args) => bounces::run(&args, &global),
        Command::Completions(args) => generate::completions(&args),
        Command::Man => generate::man(),
        command => with_context(command, &Context::find(&global)?),
    }
}

/// The commands that work in a workspace.
fn with_context(command: Command, context: &Context) -> Outcome {
    match command {
        Command::Import(args) => on_runtime(import::run(context, &args)),
        Command::Lists(args) => on_runtime(lists::run(context, &args)),
        Command::Suppress(args) => on_runtime(suppress::run(context, &args)),
        Command::Preview(args) => preview::run(context, &args),
        Command::Check(args) => on_runtime(check::run(context, &args)),
        Command::Plan(args) => on_runtime(plan::run(context, &args)),
        Command::Send(args) => on_runtime(send::run(context, &args)),
        Command::Resend(args) => on_runtime(resend::run(context, &args)),
        Command::Watch(args) => on_runtime(watch::run(context, &args)),
        Command::Pause(args) => on_runtime(steer::pause(context, &args)),
        Command::Resume(args) => on_runtime(steer::resume(context, &args)),
        Command::Cancel(args) => on_runtime(steer::cancel(context, &args)),
        Command::Status(args) => status::run(context, &args),
        Command::Report(args) => report::run(context, &args),
        Command::Serve(args) => on_runtime(serve::run(context, &args)),
        Command::Dkim(args) => dkim::run(context, &args),
        Command::Sandbox(args) => on_runtime(sandbox::run(&args)),
        Command::Init(_) | Command::Bounces(_) | Command::Completions(_) | Command::Man => {
            Ok(ERROR)
        }
    }
}

/// Runs a command that waits for things, on as many threads as there are cores.
pub(super) fn on_runtime(command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            super::fail::Failure::new(format_args!("no threads to be had: {error}"))
        })?;
    let outcome = runtime.block_on(command);
    // What still blocks (a key being waited for) must not keep the program from ending.
    runtime.shutdown_background();
    outcome
}
