//! `bounces`: what mail that came back says, and reply lines to reasons, as the engine sees them.

mod mbox;
mod read;
mod sources;

mod fetch;
mod fetcher;
mod notes;
mod round;
mod summary;
mod told;

pub(super) use fetcher::Fetcher;
pub(super) use told::Told;

use super::args::{Bounces as Args, BouncesAction, ClassifyFormat, Global};
use super::context::Context;
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, unwritable};
use super::run::on_runtime;
use crate::classify::Classifier;
use crate::model::{EnhancedCode, Judgement, Reply, Stage};
use serde::Serialize;
use std::io::{self, BufRead};

/// `hikyaku bounces`
pub(super) fn run(args: &Args, global: &Global) -> Outcome {
    match &args.action {
        BouncesAction::Read { paths, format } => read::run(paths, *format),
        BouncesAction::Classify { format } => classify(*format),
        BouncesAction::Notes(args) => notes::run(&Context::find(global)?, args),
        BouncesAction::Fetch(args) => on_runtime(fetch::run(&Context::find(global)?, args)),
    }
}

/// One answer, in the keys of the interface.
#[derive(Serialize)]
struct Line {
    reason: &'static str,
    blame: &'static str,
    action: &'static str,
}

fn classify(format: ClassifyFormat) -> Outcome {
    data(None, |out| {
        let mut input = io::stdin().lock();
        let mut octets = Vec::new();
        loop {
            octets.clear();
            let read = input
                .read_until(b'\n', &mut octets)
                .map_err(|error| Failure::new(format_args!("standard input: {error}")))?;
            if read == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&octets);
            let line = line_of(judge(text.trim_end_matches(['\r', '\n'])));
            match format {
                ClassifyFormat::Json => {
                    let json = serde_json::to_string(&line).map_err(unwritable)?;
                    writeln!(out, "{json}").map_err(unwritable)?;
                }
                ClassifyFormat::Text => {
                    writeln!(out, "{}\t{}\t{}", line.reason, line.blame, line.action)
                        .map_err(unwritable)?;
                }
            }
        }
    })?;
    Ok(DONE)
}

/// Every line gets an answer, so that the answers stay in step with the questions.
fn judge(line: &str) -> Judgement {
    let mut parts = line.splitn(5, '\t');
    let mut next = || parts.next().unwrap_or_default().trim();
    let (code, enhanced, text, provider, stage) = (next(), next(), next(), next(), next());
    let enhanced = EnhancedCode::parse(enhanced);
    let class = enhanced.map_or(550, |enhanced| u16::from(enhanced.class) * 100 + 50);
    let code = code.parse().unwrap_or(class);
    let reply = Reply {
        code,
        enhanced,
        text: text.to_owned(),
    };
    let stage: Option<Stage> = stage.to_ascii_lowercase().parse().ok();
    Classifier::builtin().judge(&reply, stage, provider)
}

fn line_of(judgement: Judgement) -> Line {
    Line {
        reason: judgement.reason.as_str(),
        blame: judgement.blame.as_str(),
        action: judgement.action.as_str(),
    }
}
