//! What a look through a mailbox came to.

use crate::intake::Taken;
use crate::model::{ReportedAction, ReturnedKind};
use crate::progress::{text, words};
use std::collections::BTreeMap;

/// Counts of a look through a mailbox.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Mails that were looked at.
    pub(super) mails: u64,
    /// Mails that were about recipients of ours.
    matched: u64,
    /// Mails whose message's outcome is not known yet.
    pub(super) early: u64,
    /// Final bounces by reason.
    bounces: BTreeMap<&'static str, u64>,
    delayed: u64,
    complaints: u64,
    unsubscribes: u64,
    /// Other matched mail by kind.
    others: BTreeMap<&'static str, u64>,
    bounced: u64,
    /// Recipients in doubt whose message had arrived.
    arrived: u64,
    suppressed: u64,
    /// Bounces of an earlier run, which were noted only.
    outdated: u64,
    /// Mail that was left alone by kind.
    left: BTreeMap<&'static str, u64>,
}

impl Summary {
    /// Counts a mail.
    pub(super) fn add(&mut self, taken: &Taken) {
        self.mails += 1;
        if taken.is_too_early() {
            self.early += 1;
            return;
        }
        if !taken.is_handled() {
            *self.left.entry(taken.kind().as_str()).or_default() += 1;
            return;
        }
        self.matched += 1;
        for entry in taken.entries.iter().filter(|entry| entry.matched.is_some()) {
            self.bounced += u64::from(entry.effect.bounced);
            self.arrived += u64::from(entry.effect.delivered);
            self.outdated += u64::from(entry.effect.outdated);
            self.suppressed += u64::from(entry.effect.suppressed);
            let returned = &entry.returned;
            match returned.kind {
                ReturnedKind::Bounce if returned.action == Some(ReportedAction::Delayed) => {
                    self.delayed += 1;
                }
                ReturnedKind::Bounce => {
                    let reason = returned.judgement.map_or("unknown", |j| j.reason.as_str());
                    *self.bounces.entry(reason).or_default() += 1;
                }
                ReturnedKind::Complaint => self.complaints += 1,
                ReturnedKind::Unsubscribe => self.unsubscribes += 1,
                kind => *self.others.entry(kind.as_str()).or_default() += 1,
            }
        }
    }
}

/// It in words, a few lines.
pub(super) fn write_summary(mailbox: &str, summary: &Summary, dry_run: bool) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    let (mails, matched) = (words::count(summary.mails), words::count(summary.matched));
    line(format!(
        "{}: {mails} looked at, {matched} about our mail{}",
        text::clean(mailbox),
        if dry_run {
            " (dry run: nothing was changed)"
        } else {
            ""
        }
    ));
    if !summary.bounces.is_empty() {
        let sum = summary.bounces.values().sum();
        line(format!(
            "  bounces       {} ({})",
            words::count(sum),
            list(&summary.bounces)
        ));
    }
    for (name, count) in [
        ("delayed", summary.delayed),
        ("complaints", summary.complaints),
        ("unsubscribes", summary.unsubscribes),
    ] {
        if count > 0 {
            line(format!("  {name:<13} {}", words::count(count)));
        }
    }
    if !summary.others.is_empty() {
        line(format!("  others        {}", list(&summary.others)));
    }
    if !dry_run && summary.matched > 0 {
        let (back, gone) = (summary.bounced, summary.suppressed);
        let (back, gone) = (words::count(back), words::count(gone));
        line(format!(
            "  in the ledger {back} bounced now, {gone} suppressed now"
        ));
    }
    if summary.arrived > 0 {
        let count = words::count(summary.arrived);
        line(format!("  in doubt      {count} had arrived after all"));
    }
    if summary.outdated > 0 {
        let count = words::count(summary.outdated);
        line(format!(
            "  earlier runs  {count} bounces, noted: the campaign was sent again since"
        ));
    }
    if summary.early > 0 {
        let early = words::count(summary.early);
        line(format!("  too early     {early}, to be looked at again"));
    }
    if !summary.left.is_empty() {
        let sum = summary.left.values().sum();
        line(format!(
            "  left alone    {} ({})",
            words::count(sum),
            list(&summary.left)
        ));
    }
    out
}

fn list(counts: &BTreeMap<&'static str, u64>) -> String {
    let each = counts.iter();
    let each = each.map(|(name, count)| format!("{name} {}", words::count(*count)));
    each.collect::<Vec<_>>().join(", ")
}
