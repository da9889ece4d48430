//! `bounces read`: what returned mails say, a line for each mail and recipient.

use super::sources::{Mail, Sources, Unreadable};
use crate::classify::Classifier;
use crate::cli::args::ReadFormat;
use crate::cli::fail::{DONE, ERROR, Outcome};
use crate::cli::output::{data, say, unwritable};
use crate::model::{ReportedAction, Returned, ReturnedKind, ReturnedMail};
use crate::progress::text::cell;
use crate::returned::read;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

/// One recipient of one mail, in the keys of the interface.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    kind: &'static str,
    recipient: Option<&'a str>,
    action: Option<&'static str>,
    status: Option<String>,
    reason: Option<&'static str>,
    blame: Option<&'static str>,
    suppress: bool,
    diagnostic: Option<&'a str>,
    campaign: Option<&'a str>,
}

/// Mails that are read at a time, and their octets: enough for all cores, and bounded.
const BATCH: usize = 512;
const BATCH_OCTETS: usize = 32 << 20;

/// `hikyaku bounces read`
pub(super) fn run(paths: &[PathBuf], format: ReadFormat) -> Outcome {
    let mut unreadable = false;
    let mut counts: BTreeMap<(ReturnedKind, &'static str), u64> = BTreeMap::new();
    data(None, |out| {
        let mut sources = Sources::new(paths);
        loop {
            let batch = next_batch(&mut sources);
            if batch.is_empty() {
                return Ok(());
            }
            let read = read_all(&batch);
            for (item, returned) in batch.iter().zip(&read) {
                let (mail, returned) = match (item, returned) {
                    (Ok(mail), Some(returned)) => (mail, returned),
                    (Err(Unreadable { name, why }), _) => {
                        unreadable = true;
                        say(format_args!("error: {}: {why}", cell(name, 200)));
                        continue;
                    }
                    (Ok(_), None) => continue,
                };
                for entry in &returned.recipients {
                    let reason = entry
                        .judgement
                        .map_or("", |judgement| judgement.reason.as_str());
                    *counts.entry((entry.kind, reason)).or_default() += 1;
                    write(out, format, &mail.name, entry, returned).map_err(unwritable)?;
                }
            }
        }
    })?;
    if format == ReadFormat::Text {
        summarize(&counts);
    }
    Ok(if unreadable { ERROR } else { DONE })
}

fn next_batch(sources: &mut Sources) -> Vec<Result<Mail, Unreadable>> {
    let mut batch = Vec::new();
    let mut octets = 0;
    while batch.len() < BATCH && octets < BATCH_OCTETS {
        let Some(item) = sources.next() else {
            break;
        };
        octets += item.as_ref().map_or(0, |mail| mail.octets.len());
        batch.push(item);
    }
    batch
}

/// Reads mails on all cores, and gives what came of them in their order.
fn read_all(batch: &[Result<Mail, Unreadable>]) -> Vec<Option<ReturnedMail>> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = batch.len().div_ceil(cores).max(1);
    let one = |item: &Result<Mail, Unreadable>| {
        let mail = item.as_ref().ok()?;
        Some(read(&mail.octets, Classifier::builtin()))
    };
    let mut all = Vec::with_capacity(batch.len());
    thread::scope(|scope| {
        let tasks: Vec<_> = batch
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(one).collect::<Vec<_>>()))
            .collect();
        for (task, part) in tasks.into_iter().zip(batch.chunks(share)) {
            // Nothing in there panics; if it did, the other mails would still be told of.
            all.extend(
                task.join()
                    .unwrap_or_else(|_| part.iter().map(|_| None).collect()),
            );
        }
    });
    all
}

fn write(
    out: &mut dyn Write,
    format: ReadFormat,
    file: &str,
    entry: &Returned,
    mail: &ReturnedMail,
) -> std::io::Result<()> {
    match format {
        ReadFormat::Json => {
            let line = line_of(file, entry, mail);
            serde_json::to_writer(&mut *out, &line)?;
            writeln!(out)
        }
        ReadFormat::Text => {
            let reason = entry
                .judgement
                .map_or("-", |judgement| judgement.reason.as_str());
            let action = entry.action.map_or("-", |action| action.as_str());
            writeln!(
                out,
                "{:<11}  {:<40}  {reason:<17}  {action:<9}  {}",
                entry.kind.as_str(),
                cell(entry.recipient.as_deref().unwrap_or("-"), 60),
                cell(&entry.diagnostic, 120),
            )
        }
    }
}

fn line_of<'a>(file: &'a str, entry: &'a Returned, mail: &'a ReturnedMail) -> Line<'a> {
    Line {
        file,
        kind: entry.kind.as_str(),
        recipient: entry.recipient.as_deref(),
        action: entry.action.map(ReportedAction::as_str),
        status: entry.status.map(|status| status.to_string()),
        reason: entry.judgement.map(|judgement| judgement.reason.as_str()),
        blame: entry.judgement.map(|judgement| judgement.blame.as_str()),
        suppress: entry.suppresses(),
        diagnostic: Some(entry.diagnostic.as_str()).filter(|text| !text.is_empty()),
        campaign: mail.traces.campaign.as_deref(),
    }
}

fn summarize(counts: &BTreeMap<(ReturnedKind, &'static str), u64>) {
    let total: u64 = counts.values().sum();
    say(format_args!("{total} entries"));
    for ((kind, reason), count) in counts {
        say(format_args!("{count:>9}  {kind} {reason}"));
    }
}
