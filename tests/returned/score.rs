//! How what was read is held against the truth.

use hikyaku::classify::Classifier;
use hikyaku::model::{Returned, ReturnedKind};
use hikyaku::returned::read;
use std::collections::BTreeMap;
use std::fmt;

/// What is true of one recipient of one mail.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) file: String,
    pub(crate) kind: String,
    pub(crate) recipients: Vec<String>,
    pub(crate) action: String,
    pub(crate) statuses: Vec<String>,
    pub(crate) reason: String,
    pub(crate) reason_alt: Vec<String>,
    pub(crate) suppress: bool,
}

impl Row {
    /// A line of the corpus' `truth.tsv`.
    pub(crate) fn of_corpus(line: &str) -> Self {
        let cells: Vec<&str> = line.split('\t').collect();
        let list = |text: &str| -> Vec<String> {
            text.split(',')
                .filter(|part| !part.is_empty())
                .map(str::to_lowercase)
                .collect()
        };
        let mut recipients = list(cells[4]);
        recipients.extend(list(cells[5]));
        let mut statuses = list(cells[7]);
        statuses.extend(list(cells[8]));
        Self {
            file: cells[0].to_owned(),
            kind: cells[3].to_owned(),
            recipients,
            action: cells[6].to_owned(),
            statuses,
            reason: cells[10].to_owned(),
            reason_alt: list(cells[11]),
            suppress: cells[13] == "yes",
        }
    }
}

impl Row {
    /// A line of our own samples.
    pub(crate) fn of_samples(line: &str) -> Self {
        let cells: Vec<&str> = line.split('\t').collect();
        let list = |text: &str| -> Vec<String> {
            (!text.is_empty())
                .then(|| text.to_owned())
                .into_iter()
                .collect()
        };
        Self {
            file: cells[0].to_owned(),
            kind: cells[1].to_owned(),
            recipients: list(cells[2]),
            action: cells[3].to_owned(),
            statuses: list(cells[4]),
            reason: cells[5].to_owned(),
            reason_alt: Vec::new(),
            suppress: cells[6] == "yes",
        }
    }
}

/// Right ones of all.
#[derive(Debug, Default, Clone, Copy)]
struct Share {
    right: usize,
    all: usize,
}

impl Share {
    fn add(&mut self, right: bool) {
        self.all += 1;
        self.right += usize::from(right);
    }

    fn percent(self) -> f64 {
        if self.all == 0 {
            return 100.0;
        }
        100.0 * self.right as f64 / self.all as f64
    }
}

/// What came of the comparison.
#[derive(Debug, Default)]
pub(crate) struct Score {
    shares: BTreeMap<&'static str, Share>,
    pub(crate) wrong: Vec<String>,
    /// Mails that are no bounces and were taken for some.
    pub(crate) false_alarms: Vec<String>,
}

impl Score {
    pub(crate) fn of(rows: &[Row], octets: impl Fn(&str) -> Vec<u8>) -> Self {
        let mut score = Self::default();
        let mut mails: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            mails.entry(&row.file).or_default().push(row);
        }
        for (file, rows) in mails {
            let mail = read(&octets(file), Classifier::builtin());
            score.mail(&rows, &mail.recipients);
        }
        score
    }

    fn mail(&mut self, rows: &[&Row], found: &[Returned]) {
        let bounces = found.iter().any(|entry| entry.kind == ReturnedKind::Bounce);
        let file = &rows[0].file;
        if rows[0].kind != "bounce" {
            self.add(
                "kind",
                found
                    .iter()
                    .any(|entry| entry.kind.as_str() == rows[0].kind),
                file,
                || format!("kind {} not {}", rows[0].kind, found[0].kind),
            );
            if bounces {
                self.false_alarms.push(file.clone());
            }
        } else {
            self.add("bounces detected", bounces, file, || {
                format!("no bounce but {}", found[0].kind)
            });
        }
        for row in rows {
            self.row(row, found);
        }
        // Whoever is suppressed without being in the truth.
        for entry in found.iter().filter(|entry| entry.suppresses()) {
            let meant = rows.iter().any(|row| row.suppress && is_of(row, entry));
            self.add("suppress precision", meant, file, || {
                format!(
                    "suppresses {:?}: {}",
                    entry.recipient,
                    cut(&entry.diagnostic)
                )
            });
        }
    }

    fn row(&mut self, row: &Row, found: &[Returned]) {
        let entry = found.iter().find(|entry| is_of(row, entry));
        let is_about = row.kind == "bounce" || row.kind == "delivered";
        if is_about || !row.recipients.is_empty() {
            let names: Vec<_> = found
                .iter()
                .map(|entry| entry.recipient.clone().unwrap_or_default())
                .collect();
            self.add("recipient", entry.is_some(), &row.file, || {
                format!("recipient {:?} not {names:?}", row.recipients)
            });
        }
        if row.suppress {
            let did = entry.is_some_and(Returned::suppresses);
            self.add("suppress recall", did, &row.file, || {
                format!("does not suppress {:?}", row.recipients)
            });
        }
        if !is_about {
            return;
        }
        let entry = entry.or(found.first());
        let Some(entry) = entry else { return };
        let action = entry.action.map_or("", |action| action.as_str());
        self.add("action", action == row.action, &row.file, || {
            format!("action {} not {action}", row.action)
        });
        if !row.statuses.is_empty() {
            let status = entry
                .status
                .map(|status| status.to_string())
                .unwrap_or_default();
            self.add("status", row.statuses.contains(&status), &row.file, || {
                format!("status {:?} not {status}", row.statuses)
            });
        }
        if row.kind == "bounce" {
            let reason = entry
                .judgement
                .map_or("", |judgement| judgement.reason.as_str());
            let strict = row.reason == reason;
            self.shares.entry("reason strict").or_default().add(strict);
            let lenient = strict || row.reason_alt.iter().any(|alt| alt == reason);
            self.add("reason", lenient, &row.file, || {
                format!(
                    "reason {} not {reason}: {}",
                    row.reason,
                    cut(&entry.diagnostic)
                )
            });
        }
    }

    fn add(&mut self, what: &'static str, right: bool, file: &str, says: impl FnOnce() -> String) {
        self.shares.entry(what).or_default().add(right);
        if !right {
            self.wrong.push(format!("{file}\t{}", says()));
        }
    }

    /// Fails below a floor.
    pub(crate) fn assert_at_least(&self, floors: &[(&str, f64)]) {
        for (what, floor) in floors {
            let share = self.shares.get(what).copied().unwrap_or_default();
            assert!(
                share.percent() >= *floor,
                "{what}: {:.2} % is below {floor} %",
                share.percent()
            );
        }
    }
}

/// Whether an entry is about a row's recipient.
fn is_of(row: &Row, entry: &Returned) -> bool {
    row.recipients.is_empty()
        || entry
            .recipient
            .iter()
            .any(|address| row.recipients.contains(&address.to_lowercase()))
}

fn cut(text: &str) -> String {
    text.chars().take(160).collect()
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, share) in &self.shares {
            writeln!(
                f,
                "{what}: {:.2} % ({} of {})",
                share.percent(),
                share.right,
                share.all
            )?;
        }
        for wrong in &self.wrong {
            writeln!(f, "wrong\t{wrong}")?;
        }
        Ok(())
    }
}
