//! The preflight from its facts to its findings.

use super::dns;
use super::letters::{self, Letters, Watching};
use crate::cli::campaign::letter;
use crate::cli::context::Opened;
use crate::cli::dkim::signers;
use crate::cli::fail::Failure;
use crate::engine::{Origin, Row, each_row};
use crate::model::{Finding, Timestamp};
use crate::net::Resolver;
use crate::preflight::{self, Audience, Findings, Rows, Sending, Shares};
use crate::render::Tokens;
use crate::report::{CheckReport, Recipients, Sizes};
use crate::store::{Problem, Reader};
use std::path::Path;
use std::time::Duration;

/// What the preflight came to.
pub(in crate::cli) struct Checked {
    pub(in crate::cli) findings: Vec<Finding>,
    rows: Rows,
    made: u64,
    samples: u64,
    letter: Option<(u64, u64, u64)>,
    message: Option<(u64, u64)>,
    destinations: Vec<(String, u64)>,
    asked_dns: bool,
}

/// Checks a campaign. With a resolver, DNS is asked while the letters are made.
pub(in crate::cli) async fn run(
    opened: &Opened,
    origin: Origin,
    resolver: Option<Resolver>,
    now: Timestamp,
    watching: Watching,
) -> Result<Checked, Failure> {
    let sending = Sending::of(&opened.campaign, &opened.settings);
    let store = opened.settings.store.path.clone();
    let letter = letter(opened, "check", Tokens::sample())?;
    let signers = signers(&opened.settings.dkim)?;
    let work = {
        let sending = sending.clone();
        tokio::task::spawn_blocking(move || {
            let audience = audience(&store)?;
            letters::all(&letter, &origin, audience, (&sending, now), watching)
        })
    };
    let asked = async {
        match resolver.filter(|_| !sending.is_example()) {
            Some(resolver) => Some(dns::ask(&resolver, &sending, &signers, DNS).await),
            None => None,
        }
    };
    let (letters, facts) = tokio::join!(work, asked);
    let letters = match letters {
        Ok(letters) => letters?,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    let Letters {
        audience,
        mut findings,
        columns,
        sizes,
        messages,
        samples,
        made,
    } = letters;
    judge_campaign(&sending, &columns, &mut findings);
    if let Some(facts) = &facts {
        preflight::judge_domain(facts, &sending, &mut findings);
    }
    Ok(Checked {
        findings: findings.finish(&audience.shares, samples, &opened.settings.check.ignore),
        rows: audience.counts,
        made,
        samples,
        letter: sizes,
        message: messages,
        destinations: audience.shares.destinations(),
        asked_dns: facts.is_some(),
    })
}

fn judge_campaign(sending: &Sending, columns: &[String], findings: &mut Findings) {
    preflight::judge_settings(sending, findings);
    preflight::consent(columns, sending, findings);
    sending.judge_schedule(findings);
}

/// A list before its first row: who is suppressed is known.
fn audience(store: &Path) -> Result<Audience, Failure> {
    let mut audience = Audience::default();
    let reader = match Reader::open(store) {
        Ok(reader) => reader,
        // Nothing was ever imported, suppressed or sent.
        Err(error) if matches!(error.problem(), Problem::Missing) => return Ok(audience),
        Err(error) => return Err(error.into()),
    };
    for suppression in reader.suppressions()? {
        audience.suppress(&suppression?.target);
    }
    Ok(audience)
}

/// How many recipients each domain of a list has, without making their letters. Blocks.
pub(in crate::cli) fn shares(origin: &Origin, store: &Path) -> Result<Shares, Failure> {
    let (mut audience, mut findings) = (audience(store)?, Findings::default());
    each_row(origin, |row| {
        if let Row::Valid { row, address, .. } = row {
            audience.address(row, &address, &mut findings);
        }
        Ok::<_, Failure>(true)
    })?;
    Ok(audience.shares)
}

impl Checked {
    /// Whether a letter was made for every recipient.
    pub(in crate::cli) fn is_complete(&self) -> bool {
        self.made == self.rows.valid
    }

    /// What is printed of it.
    pub(in crate::cli) fn report<'a>(&'a self, campaign: &'a str) -> CheckReport<'a> {
        let Rows {
            rows,
            valid,
            invalid,
            duplicates,
            suppressed,
        } = self.rows;
        CheckReport {
            campaign,
            recipients: Recipients {
                rows,
                valid,
                invalid,
                duplicates,
                suppressed,
                rendered: self.made,
            },
            findings: &self.findings,
            destinations: &self.destinations,
            sizes: Sizes {
                letter: self.letter,
                message: self.message,
                samples: self.samples,
            },
            asked_dns: self.asked_dns,
        }
    }
}

/// How long all questions of DNS together may take.
const DNS: Duration = Duration::from_secs(10);
