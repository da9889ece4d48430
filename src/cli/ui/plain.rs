//! Progress on standard error: a bar where that is a terminal, a line now and then otherwise.

use crate::cli::output::say;
use crate::model::{Notice, RunState, State};
use crate::progress::{Progress, text, words};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// Shows progress until the run has ended.
pub(in crate::cli) async fn show_progress(mut progress: watch::Receiver<Arc<Progress>>) {
    let terminal = io::stderr().is_terminal();
    let bar = terminal.then(bar);
    let mut told = Told::default();
    let mut ticks = interval(if terminal { REDRAW } else { EVERY });
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once, before there is anything to say.
    ticks.tick().await;
    loop {
        tokio::select! {
            changed = progress.changed() => if changed.is_err() { break },
            _ = ticks.tick() => {
                let now = Arc::clone(&progress.borrow_and_update());
                match &bar {
                    Some(bar) => draw(bar, &now),
                    None => say(format_args!("{}", line(&now))),
                }
            }
        }
        let now = Arc::clone(&progress.borrow_and_update());
        for notice in told.news(&now) {
            let line = notice_line(notice);
            match &bar {
                Some(bar) => bar.suspend(|| say(format_args!("{line}"))),
                None => say(format_args!("{line}")),
            }
        }
        if now.finished().is_some() {
            break;
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// Which notices have been told.
#[derive(Default)]
struct Told {
    last: Option<Notice>,
}

impl Told {
    /// Notices that came since the last look, oldest first; of very many the latest.
    fn news<'a>(&mut self, progress: &'a Progress) -> Vec<&'a Notice> {
        let mut news: Vec<&Notice> = progress
            .notices()
            .iter()
            .rev()
            .take_while(|notice| Some(*notice) != self.last.as_ref())
            .take(AT_ONCE)
            .collect();
        news.reverse();
        if let Some(last) = progress.notices().iter().next_back() {
            self.last = Some(last.clone());
        }
        news
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    // The template is a literal of ours; should it be wrong, the bar has the default look.
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {wide_msg}") {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    let counts = progress.counts();
    bar.set_length(counts.total());
    bar.set_position(counts.total() - counts.open());
    bar.set_message(line(progress));
}

fn line(progress: &Progress) -> String {
    if progress.state() == RunState::Loading {
        let rows = progress.loading().map_or(0, |loading| loading.rows);
        return format!("reading and trying recipients: {} rows", words::count(rows));
    }
    let counts = progress.counts();
    let mut line = format!(
        "{} of {} delivered, {}",
        words::count(counts.delivered),
        words::count(counts.total()),
        words::rate(progress.rate_now()),
    );
    for state in [
        State::Deferred,
        State::Bounced,
        State::Expired,
        State::InDoubt,
    ] {
        if counts[state] > 0 {
            line.push_str(&format!(
                ", {} {}",
                words::count(counts[state]),
                words::state(state)
            ));
        }
    }
    if let Some(left) = progress.time_left() {
        line.push_str(&format!(", {} left", words::duration(left.left)));
    }
    line
}

fn notice_line(notice: &Notice) -> String {
    let said = text::clean(&notice.text);
    match &notice.destination {
        Some(destination) => format!("{}: {said}", text::clean(destination)),
        None => said.into_owned(),
    }
}

/// Between two lines where nobody watches.
const EVERY: Duration = Duration::from_secs(2);
/// Between two pictures of the bar.
const REDRAW: Duration = Duration::from_millis(100);
/// Notices told at once, at most.
const AT_ONCE: usize = 20;
