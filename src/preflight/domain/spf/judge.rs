//! Judges the SPF record of the return path.

use super::covers::{Verdict, verdict};
use super::everybody::everybody;
use super::lookups::{Found, STOP, Walk};
use super::record::{Flaw, VERSION, only_record};
use crate::preflight::domain::facts::{Answer, Facts, in_quotes, of_version};
use crate::preflight::domain::unanswered;
use crate::preflight::findings::Findings;
use crate::preflight::rules::domain::{
    SPF_ALLOWS_EVERYBODY, SPF_INVALID, SPF_MISSING, SPF_MISSING_FOR_FROM, SPF_SEVERAL_RECORDS,
    SPF_SOURCE_NOT_COVERED, SPF_TOO_MANY_LOOKUPS, SPF_USES_PTR,
};
use crate::preflight::sending::{Sending, Way};
use mail_auth::spf::Spf;

/// Judges the record, what it leads to, and whether it allows the addresses that mail leaves from.
///
/// A relay may replace the return path by one of its own: nothing is an error there.
pub(in crate::preflight::domain) fn judge(
    facts: &Facts,
    sending: &Sending,
    findings: &mut Findings,
) {
    let mut found = Findings::default();
    published(facts, sending, &mut found);
    if sending.way == Way::Relay {
        found.soften();
    }
    findings.join(found);
}

fn published(facts: &Facts, sending: &Sending, findings: &mut Findings) {
    let domain = sending.return_path.as_str();
    for_from(facts, sending, findings);
    let texts = match facts.spf.texts.get(domain) {
        Some(Answer::Found(texts)) => texts,
        Some(Answer::Nothing) => return findings.campaign(&SPF_MISSING, domain),
        Some(Answer::Unanswered(why)) => {
            return unanswered(&format!("SPF of {domain}"), why, findings);
        }
        None => return,
    };
    let record = match only_record(texts) {
        Ok(Some(record)) => record,
        Ok(None) => {
            let hint = in_quotes(texts, VERSION);
            return findings.campaign(&SPF_MISSING, format!("{domain}{hint}"));
        }
        Err(Flaw::Several(count)) => {
            return findings.campaign(&SPF_SEVERAL_RECORDS, format!("{domain}: {count} records"));
        }
        Err(Flaw::Unreadable(why)) => {
            return findings.campaign(&SPF_INVALID, format!("{domain}: {why}"));
        }
    };
    if let Some(how) = everybody(&facts.spf, domain, &record) {
        findings.campaign(&SPF_ALLOWS_EVERYBODY, how);
    }
    followed(facts, domain, &record, findings);
    for source in facts.sources.iter().map(|source| source.address) {
        if verdict(&facts.spf, domain, &record, source) == Verdict::Refused {
            findings.campaign(
                &SPF_SOURCE_NOT_COVERED,
                format!("{source} by the record of {domain}"),
            );
        }
    }
}

/// Judges what a receiver would look up for the record.
fn followed(facts: &Facts, domain: &str, record: &Spf, findings: &mut Findings) {
    let mut walk = Walk::new(&facts.spf);
    walk.visit(domain, record);
    for name in &walk.by_ptr {
        findings.campaign(&SPF_USES_PTR, format!("the record of {name}"));
    }
    if walk.lookups > LOOKUPS {
        let more = if walk.lookups >= STOP {
            "at least "
        } else {
            ""
        };
        findings.campaign(
            &SPF_TOO_MANY_LOOKUPS,
            format!("{domain}: {more}{} look-ups", walk.lookups),
        );
    }
    for flaw in walk.flaws {
        match flaw {
            Found::Broken(what) => findings.campaign(&SPF_INVALID, format!("{domain}: {what}")),
            Found::Silent(name, why) => unanswered(&format!("SPF of {name}"), &why, findings),
        }
    }
}

/// docomo looks at the domain of From as well.
fn for_from(facts: &Facts, sending: &Sending, findings: &mut Findings) {
    let from = sending.from.as_str();
    if sending.return_path == sending.from {
        return;
    }
    let missing = match facts.spf.texts.get(from) {
        Some(Answer::Nothing) => true,
        Some(Answer::Found(texts)) => of_version(texts, VERSION).is_empty(),
        Some(Answer::Unanswered(_)) | None => false,
    };
    if missing {
        findings.campaign(&SPF_MISSING_FOR_FROM, from);
    }
}

/// RFC 7208 section 4.6.4.
const LOOKUPS: u32 = 10;
