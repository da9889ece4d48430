//! `send`'s own check: what must not go out does not.

use super::letters::Watching;
use super::outcome::{self, Checked};
use crate::cli::context::{Context, Opened};
use crate::cli::fail::Failure;
use crate::cli::output::{say, unwritable};
use crate::engine::Origin;
use crate::model::{Finding, Severity, Timestamp};
use crate::net::Resolver;
use crate::progress::{text, words};
use crate::report::write_stopping;
use std::io::{self, IsTerminal};

/// Whether a campaign may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Passage {
    /// It must not, and why has been said.
    Refused,
    /// It may.
    Free {
        /// Whether its letter has been made for every recipient.
        tried_out: bool,
    },
}

/// Checks a campaign that begins now, and says why where it must not be sent.
///
/// A rehearsal, in the sandbox or with `route.override`, asks nothing of DNS and is stopped only by
/// what no receiver could take.
pub(in crate::cli) async fn may_go(
    context: &Context,
    opened: &Opened,
    origin: Origin,
    now: Timestamp,
    sandbox: bool,
    silent: bool,
) -> Result<Passage, Failure> {
    let rehearsal = sandbox || opened.settings.route.override_to.is_some();
    // Without name servers nothing can be asked; the run says so itself where it needs them.
    let resolver = match rehearsal {
        true => None,
        false => Resolver::system(&opened.settings.dns.servers).ok(),
    };
    let watching = if silent {
        Watching::Nothing
    } else {
        Watching::Bar
    };
    let checked = outcome::run(opened, origin, resolver, now, watching).await?;
    let stopping: Vec<&Finding> = (checked.findings.iter())
        .filter(|finding| finding.stops(rehearsal))
        .collect();
    let name = text::clean(&opened.campaign.name);
    if stopping.is_empty() {
        if !silent {
            tell(&checked, &name);
        }
        return Ok(Passage::Free {
            tried_out: checked.is_complete(),
        });
    }
    let width = match io::stderr().is_terminal() {
        true => crate::dash::terminal_width().map_or(100, usize::from),
        false => 120,
    };
    let mut errors = io::stderr().lock();
    write_stopping(stopping, &mut errors, width, context.colour(&io::stderr()))
        .map_err(unwritable)?;
    drop(errors);
    say(format_args!(
        "error: nothing was sent: the preflight found errors\n\
         hint: `hikyaku check {name}` shows all of it; `--skip-check` sends all the same, \
         check.ignore = [\"RULE\"] leaves a rule out"
    ));
    Ok(Passage::Refused)
}

/// One line for what did not stop the run.
fn tell(checked: &Checked, name: &str) {
    let of = |severity| {
        checked
            .findings
            .iter()
            .filter(move |finding| finding.severity == severity)
    };
    let (errors, warnings) = (of(Severity::Error).count(), of(Severity::Warning).count());
    let count = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{} {what}s", words::count(number as u64))),
    };
    let found: Vec<String> = [count(errors, "error"), count(warnings, "warning")]
        .into_iter()
        .flatten()
        .collect();
    if !found.is_empty() {
        say(format_args!(
            "checked: {}; `hikyaku check {name}` shows them",
            found.join(" and ")
        ));
    }
}
