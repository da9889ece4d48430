//! `completions` and `man`: made from the definition of the command line.

use super::args::{Cli, Completions};
use super::fail::{DONE, Outcome};
use super::output::{data, unwritable};
use clap::CommandFactory;

/// `hikyaku completions`
pub(super) fn completions(args: &Completions) -> Outcome {
    data(None, |mut out| {
        clap_complete::generate(args.shell, &mut Cli::command(), "hikyaku", &mut out);
        Ok(())
    })?;
    Ok(DONE)
}

/// `hikyaku man`: one page with every command.
pub(super) fn man() -> Outcome {
    data(None, |mut out| {
        let mut command = Cli::command();
        command.build();
        clap_mangen::Man::new(command.clone())
            .render(&mut out)
            .map_err(unwritable)?;
        for subcommand in command.get_subcommands() {
            clap_mangen::Man::new(subcommand.clone())
                .render(&mut out)
                .map_err(unwritable)?;
        }
        Ok(())
    })?;
    Ok(DONE)
}
